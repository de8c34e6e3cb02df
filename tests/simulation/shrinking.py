"""Make a failing schedule small: take out what it does not need to fail in the same way."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import groupby

from tests.simulation.plans import Plan
from tests.simulation.region import Region
from tests.simulation.schedule import Schedule

Make = Callable[[int], Region]


def shrink(plan: Plan, make: Make = Region) -> Plan:
    """Take out actions, faults, clients and simultaneity one at a time, while it still fails.

    The faults are written down first, so that each stays where it was when others go.
    """
    result = Schedule(plan, make).go()
    broken = result.broken
    kept = replace(plan, only=tuple(result.region.aws.fired.items()))
    if not broken or Schedule(kept, make).go().broken != broken:
        return plan
    smaller: Plan | None = kept
    while smaller is not None:
        kept = smaller
        smaller = next(
            (less for less in _less(kept) if Schedule(less, make).go().broken == broken), None
        )
    return kept


def story(plan: Plan, make: Make = Region) -> str:
    """What a person needs to see why a schedule fails."""
    result = Schedule(plan, make, tell=True).go()
    clients = ", ".join(f"client {number}: family {at}" for number, at in plan.clients.items())
    kinds = "; clocks differ" * plan.skewed + "; calls take no time" * plan.hurried
    told = (
        f"seed {plan.seed}: {clients}; {plan.width} at once{kinds}",
        f"actions: {' '.join(map(str, plan.actions))}",
        *_folded(result.region.aws.trace or ()),
        *(f"BROKEN {name}: {what}" for name, what in result.violations),
    )
    return "\n".join(told)


def _folded(lines: Iterable[str]) -> Iterator[str]:
    """Lines that are the same one after another, as one: a look at a day is sixteen queries."""
    for line, same in groupby(lines):
        count = sum(1 for _ in same)
        yield f"{line} x {count}" if count > 1 else line


def _less(plan: Plan) -> Iterator[Plan]:
    """Every plan that has one thing less."""
    for place in range(len(plan.actions)):
        yield replace(plan, actions=plan.actions[:place] + plan.actions[place + 1 :])
    for place in range(len(plan.only or ())):
        only = plan.only or ()
        yield replace(plan, only=only[:place] + only[place + 1 :])
    if plan.width > 1:
        yield replace(plan, width=plan.width - 1)
    if plan.skewed:
        yield replace(plan, skewed=False)
    if plan.hurried:
        yield replace(plan, hurried=False)
    if plan.lossy:
        yield replace(plan, lossy=False)
    used = {action.who for action in plan.actions}
    for number in plan.clients:
        if number not in used:
            rest = {other: family for other, family in plan.clients.items() if other != number}
            yield replace(plan, clients=rest)
