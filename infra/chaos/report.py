"""The table that ends a run: what was done to it, and what was found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

from infra.chaos.faults import Faults, Kind
from infra.chaos.findings import Findings

_SHOWN: Final = 5  # faults of a check


def faults_table(faults: Faults) -> list[str]:
    """Requests by operation, and how many met which kind of fault."""
    names = sorted(faults.requests)
    width = max(map(len, names), default=0)
    heads = [kind.value for kind in Kind]
    lines = [f"{'':{width}} {'requests':>9} " + " ".join(f"{head:>9}" for head in heads)]
    for name in names:
        counts = " ".join(f"{faults.counts[name, kind]:9}" for kind in Kind)
        lines.append(f"{name:{width}} {faults.requests[name]:9} {counts}")
    sums = [sum(faults.counts[name, kind] for name in names) for kind in Kind]
    total = " ".join(f"{count:9}" for count in sums)
    return [*lines, f"{'all':{width}} {sum(faults.requests.values()):9} {total}"]


def report(
    found: Findings,
    judged: Mapping[str, Sequence[str]],
    faults: Faults,
    deeds: Counter[str],
    more: Sequence[str],
) -> str:
    """Tell a run in words and numbers.

    Args:
        judged: what is wrong, by check.
        deeds: what was killed, stopped and repeated, and how often.
        more: what else was found wrong with the run itself.
    """
    states = Counter(case.state for case in found.cases)
    acts = Counter(act for _, act in found.done)
    lines = ["", "Faults on the way to AWS", *faults_table(faults), "", "Done to the stack"]
    lines += [f"  {count:3} x {name}" for name, count in sorted(deeds.items())]
    lines += ["", f"Families sent {found.families}, receipts printed {len(found.printed)}"]
    lines += [f"  {count:5} {state}" for state, count in states.most_common()]
    lines += [f"  {count:5} {act}, as told" for act, count in sorted(acts.items())]
    lines += [f"  {len(found.events):5} entries in the ledger, {len(found.parked)} parked messages"]
    lines += ["", "Judgement"]
    for name, wrong in judged.items():
        lines.append(f"  {'WRONG' if wrong else 'right':5}  {name.replace('_', ' ')}")
        lines += [f"           {each}" for each in wrong[:_SHOWN]]
        if len(wrong) > _SHOWN:
            lines.append(f"           ... and {len(wrong) - _SHOWN} more")
    lines += [f"  WRONG  {each}" for each in more]
    return "\n".join(lines)
