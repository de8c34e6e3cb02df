"""Wrongs that are put into a copy of the findings: a judgement that misses one proves nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from infra.chaos.findings import Findings
from infra.chaos.judgement import judge, locator_of


def planted(found: Findings) -> Iterator[tuple[str, str, Findings]]:
    """Give one wrong after another.

    Args:
        found: findings with at least one decided case.

    Yields:
        What was done, the name of the check that must see it, and the spoilt findings.
    """
    case = next(case for case in found.cases if case.state == "decided")
    receipt = next(receipt for _, receipt in found.printed if locator_of(receipt) == case.locator)
    chain = [event for event in found.events if event.chain == case.locator]
    last = max(chain, key=lambda event: event.seq)
    others = [other for other in found.cases if other is not case]

    yield "a registration is lost", "every_receipt_is_there_once", replace(found, cases=others)
    doubled = replace(found, cases=[*found.cases, case])
    yield "a registration is there twice", "every_receipt_is_there_once", doubled
    second = replace(last, seq=last.seq + 1, before="decided", hash="0" * 64)
    events = [*found.events, second]
    yield "a family is scored twice", "scored_once", replace(found, events=events)
    events = [event for event in found.events if event is not last]
    yield "an entry is cut from the ledger", "one_chain_each", replace(found, events=events)
    again = [replace(other, locator="2222222222") for other in found.cases if other is case]
    more = replace(found, cases=[*found.cases, *again])
    yield "a registration that nobody was told of", "nothing_else_is_there", more
    stuck = replace(found, cases=[*others, replace(case, state="matched")])
    yield "a case waits for ever", "everything_settles", stuck
    shown = {**found.shown, receipt: replace(found.shown[receipt], state="received")}
    yield "the status page is behind", "the_status_page_is_right", replace(found, shown=shown)
    free = [(guard, locator) for guard, locator in found.guards if locator != case.locator]
    yield "its numbers are free", "a_live_case_holds_its_guards", replace(found, guards=free)


def unseen(found: Findings) -> list[str]:
    """The wrongs that the judgement of these findings would not see."""
    before = judge(found)
    return [what for what, check, spoilt in planted(found) if judge(spoilt)[check] == before[check]]
