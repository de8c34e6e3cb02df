"""Lose a pilot with all its tables, bring it back from files, and prove that it is the same.

    make drill              300 families
    make drill N=10000

On a local AWS of its own, in .local/drill, emptied at each start. What it shows and what only AWS
itself can show: docs/runbooks/restore.md.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import signal
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from tqdm import tqdm

from infra import deploy, local, stacks, stages
from infra.build import REGION
from infra.drill import served
from infra.drill.rehearsal import Pilot, Story, estimate, rehearse
from infra.layer import REPO, BuildError
from infra.local_aws.server import LocalAws, LocalRunError, port_is_free
from infra.resources import environment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from infra.drill.before import Family
    from infra.drill.served import Asked

STAGE: Final = "banyuwangi"
FOLDER: Final = REPO / ".local" / "drill"
_FEWEST: Final = 10
_TELLING: Final = 1000  # families; what fewer take is mostly not for them
_BROKEN_OFF: Final = 2
_SELF: Final = resource.RUSAGE_SELF
_CHILDREN: Final = resource.RUSAGE_CHILDREN


def run(count: int, port: int) -> int:
    """Hold the drill.

    Args:
        count: families.
        port: loopback port of its AWS.

    Returns:
        0 when nothing is wrong, else 1.

    Raises:
        LocalRunError: it cannot run here.
    """
    if not port_is_free(port):
        raise LocalRunError(f"Port {port} is taken; choose another: make drill DRILL_PORT=...")
    package = local.packaged(STAGE, local.KEPT)
    folder = FOLDER / str(port)
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "aws").mkdir(parents=True)
    aws = LocalAws(local.KEPT / "aws-venv/bin/python", port, folder / "aws", keeps=False)
    aws.start()
    try:
        account = aws.account()
        stage = stages.parameters(stages.read(STAGE)) | {"Protection": "off"}
        given = stage | deploy.deploy_resources(account, STAGE, stage)
        given["SiteOrigin"] = aws.endpoint
        os.environ |= _settings(aws, given)

        def serve(
            restored: dict[str, str],
            known: Sequence[Family],
            gone: Sequence[Family],
            late: Sequence[Family],
        ) -> Asked:
            address = served.serve(aws, STAGE, package, restored)
            return served.ask(address, given["Region"], known, gone, late)

        story = Story(lambda line: print(line, flush=True))
        print(f"A pilot is lost and restored: {STAGE}, {count:,} families, AWS on port {port}")
        pilot = Pilot(STAGE, account, given)
        verdict = rehearse(pilot, count, folder, story, serve, bar=_bar)
    finally:
        aws.stop()
    size = sum(path.stat().st_size for path in (folder / "backup").iterdir())
    own, aws_used = (resource.getrusage(of) for of in (_SELF, _CHILDREN))
    print(
        f"\n{own.ru_utime + own.ru_stime:.0f} s of CPU and at most {own.ru_maxrss / 1024:.0f} MB"
        f" here, {aws_used.ru_utime + aws_used.ru_stime:.0f} s in the local AWS and its functions."
    )
    for line in estimate(count, story.seconds, size) if count >= _TELLING else ():
        print(line)
    if verdict.wrong:
        print(f"\nWRONG, {len(verdict.wrong)} times; look into {folder}")
        for each in verdict.wrong[:20]:
            print(f"  {each}")
        return 1
    print("\nThe restored copy is the pilot that was lost: no row differs but those of the erased.")
    return 0


@contextmanager
def _bar(total: int) -> Iterator[Callable[[int], object]]:
    """A progress bar, gone once it is full."""
    with tqdm(total=total, unit=" families", leave=False, dynamic_ncols=True) as bar:
        yield bar.update


def _settings(aws: LocalAws, given: dict[str, str]) -> dict[str, str]:
    """What a function would find in its environment, for this process."""
    told = {"CivilRegistryUrl": "http://127.0.0.1:9/check", "CivilRegistryToken": "nobody-answers"}
    return environment(given | told | local.local_addresses(aws, given)) | {
        "AWS_ENDPOINT_URL": aws.endpoint,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": REGION,
    }


def main() -> None:
    """Run from the command line; a fault is told in words."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        prog="python -m infra.drill",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--families", type=int, default=300, help="how many (300)")
    parser.add_argument("--port", type=int, default=4850, help="of its AWS (4850)")
    given = parser.parse_args()
    if given.families < _FEWEST:
        parser.error(f"at least {_FEWEST} families, or there is nobody to erase and to keep")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(_BROKEN_OFF))
    try:
        sys.exit(run(given.families, given.port))
    except (LocalRunError, BuildError, stages.StageError, stacks.StackError) as error:
        print(f"\nThe drill broke off: {error}", file=sys.stderr)
        sys.exit(_BROKEN_OFF)
    except KeyboardInterrupt:
        sys.exit(_BROKEN_OFF)


if __name__ == "__main__":
    main()
