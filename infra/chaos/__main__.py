"""Break a whole Tepat for some minutes while families register, and judge what is left.

    make chaos N=300 SEED=1 MINUTES=10

What it does, and what it cannot show: docs/local.md.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Final

from infra import local, stacks, stages
from infra.chaos.crowd import Crowd
from infra.chaos.faults import Faults
from infra.chaos.findings import Findings
from infra.chaos.judgement import judge, wrong
from infra.chaos.plan import carry_out, plan
from infra.chaos.planted import unseen
from infra.chaos.reading import moving, read, verdict
from infra.chaos.report import report
from infra.chaos.stack import QUEUES, STAGE, Ports, Stack, fresh_folder
from infra.demo import Api, Case
from infra.layer import BuildError
from infra.local_aws.server import LocalRunError
from infra.people.forms import families

WORLD: Final = 3510  # the seed of the sandbox registry's people
BROKEN_OFF: Final = 2  # exit code
RATE: Final = 0.15  # of the requests meet a fault
SETTLES_WITHIN: Final = 3600.0  # seconds: what is lost waits up to half an hour for the sweep
_EVERY: Final = 20.0  # seconds between two looks at what still moves

Say = Callable[[str], None]


def run(total: int, seed: int, minutes: float, first_port: int, folder: Path) -> int:
    """Start, break, mend, wait, judge.

    Args:
        total: families that register.
        seed: of faults and deeds.
        minutes: of chaos; settling comes after them.
        first_port: of four in a row.
        folder: for everything the run keeps; emptied first.

    Returns:
        Exit code: 0 when nothing is wrong, else 1.

    Raises:
        LocalRunError: it cannot run here.
    """
    ports = Ports(first_port)
    ports.check()
    faults = Faults(seed, RATE)
    stack = Stack(fresh_folder(folder), ports, faults, total)
    began = time.monotonic()
    with stack.running():
        stack.tick("SealDay")  # as when a region is set up: its seals begin before its records
        crowd = Crowd(Api(f"{stack.site}/v1"), stack.folder / "receipts.jsonl")
        _say(f"{total} families in {minutes:g} minutes of chaos, seed {seed}")
        try:
            deeds = _break(stack, crowd, total, seed, minutes * 60)
            _say("faults have ended; waiting until everything has settled")
            _say("settled" if _settles(stack, crowd) else "NOT settled; reading all the same")
            found = read(stack, crowd, total)
        finally:
            crowd.leave.set()
            crowd.api.close()
    (folder / "findings.json").write_text(json.dumps(asdict(found), indent=1))
    judged = judge(found)
    amiss = _amiss(found, faults, folder)
    if not stack.proxy.swept:
        amiss.append("the sweep was never needed")
    deeds["message sent by the sweep"] = stack.proxy.swept
    print(report(found, judged, faults, deeds, amiss))
    bad = bool(wrong(judged) or amiss)
    look = f"WRONG. Look into {folder}: findings.json, ledger.jsonl, aws/aws.log, aws/state"
    took = (time.monotonic() - began) / 60
    print(f"\nSeed {seed}, {took:.0f} minutes: {look if bad else 'nothing is wrong'}.")
    return 1 if bad else 0


def _break(stack: Stack, crowd: Crowd, total: int, seed: int, seconds: float) -> Counter[str]:
    """Let families come while faults happen; returns what was done to the stack."""
    drafts = families(
        WORLD,
        total,
        region=stages.read(STAGE)["region"],
        consent=crowd.api.consent_version(),
    )
    cases = (Case(number, draft) for number, draft in enumerate(drafts))
    stack.faults.begin()
    coming = threading.Thread(target=crowd.come, args=(cases, total, seconds))
    following = threading.Thread(target=crowd.follow)
    coming.start()
    following.start()
    try:
        deeds = carry_out(plan(seed), stack, seed, seconds, _say)
        coming.join()
    except BaseException:
        crowd.leave.set()
        raise
    finally:
        stack.faults.end()
    return deeds


def _settles(stack: Stack, crowd: Crowd) -> bool:
    """Wait until nothing moves any more; returns whether that came within the bound."""
    stack.map_all_sources()
    began = time.monotonic()
    while (waited := time.monotonic() - began) < SETTLES_WITHIN:
        left = moving(stack)
        queued = sum(stack.waiting(stack.queue_url(queue)) for queue in QUEUES)
        unseen_ends = len(crowd.still_moving())
        _say(f"{waited:4.0f} s  {left} cases move, {queued} messages, {unseen_ends} families wait")
        if not (left or queued or unseen_ends):
            return True
        time.sleep(_EVERY)
    return False


def _amiss(found: Findings, faults: Faults, folder: Path) -> list[str]:
    """What is wrong with the run itself: faults that never fired, wrongs that would not be seen."""
    amiss = [f"no request was ever {kind}" for kind in faults.never_happened()]
    amiss += [f"planted and not seen: {what}" for what in unseen(found)]
    lines = (folder / "ledger.jsonl").read_bytes().splitlines(keepends=True)
    entries = [place for place, line in enumerate(lines) if b'"type":"event"' in line]
    del lines[entries[len(entries) // 2]]
    cut = folder / "cut.jsonl"
    cut.write_bytes(b"".join(lines))
    if not verdict(cut, folder / "seals"):
        amiss.append("planted and not seen: tepat audit verify takes a ledger without one entry")
    return amiss


def _say(what: str) -> None:
    print(f"  {what}", flush=True)


def main(argv: Sequence[str] | None = None) -> int:
    """Run from the command line; a fault of the machinery is told in words."""
    parser = argparse.ArgumentParser(description=__doc__, prog="python -m infra.chaos")
    parser.add_argument("--families", type=int, default=300, help="how many register (300)")
    parser.add_argument("--seed", type=int, default=1, help="of faults and deeds (1)")
    parser.add_argument("--minutes", type=float, default=10, help="of chaos (10)")
    parser.add_argument("--port", type=int, default=4780, help="first of four ports (4780)")
    given = parser.parse_args(argv)
    folder = local.KEPT / "chaos" / str(given.port)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())  # through every `finally`
    try:
        return run(given.families, given.seed, given.minutes, given.port, folder)
    except (LocalRunError, BuildError, stages.StageError, stacks.StackError) as error:
        print(f"\nThe run broke off: {error}", file=sys.stderr)
    except KeyboardInterrupt:
        print("\nStopped; nothing was judged.", file=sys.stderr)
    return BROKEN_OFF


if __name__ == "__main__":
    sys.exit(main())
