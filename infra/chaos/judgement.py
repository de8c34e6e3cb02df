"""Is every receipt that was printed there once, scored once, with one chain? Pure; a function each.

Each takes the findings and yields what is wrong in words; nothing is what everybody hopes for.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import pairwise
from typing import Final

from infra.chaos.findings import Event, Findings

Check = Callable[[Findings], Iterator[str]]

MOVING: Final = frozenset({"received", "identity_checking", "matched", "withdrawn"})
ENDED: Final = frozenset({"withdrawn", "released", "erased"})
_SCORER: Final = "system:score_household"
_WITHDRAWN: Final = frozenset({"withdrawn", "released"})
_LOCATOR: Final = 10


def locator_of(receipt: str) -> str:
    """The part of a receipt that finds its case."""
    return receipt.replace("-", "")[:_LOCATOR]


def every_family_was_answered(found: Findings) -> Iterator[str]:
    """Each holds a receipt: nobody was turned away by what is ours to bear."""
    printed = {number for number, _ in found.printed}
    for number in range(found.families):
        if number not in printed:
            codes = ", ".join(found.refused.get(number, ())) or "no answer"
            yield f"family {number} holds no receipt ({codes})"


def every_receipt_is_there_once(found: Findings) -> Iterator[str]:
    """One family, one receipt, one case."""
    rows = Counter(case.locator for case in found.cases)
    for number, receipts in _by_family(found).items():
        if len(receipts) > 1:
            yield f"family {number} was given {len(receipts)} receipts"
    for locator, families in _families_of(found).items():
        if rows[locator] != 1:
            yield f"{locator} was printed and is there {rows[locator]} times"
        if len(families) > 1:
            yield f"{locator} was printed for {len(families)} families"


def nothing_else_is_there(found: Findings) -> Iterator[str]:
    """What no family holds a receipt of is in no table and not in the ledger."""
    printed = set(_families_of(found))
    kept = {
        "the registry": {case.locator for case in found.cases},
        "the vault": {item.locator for item in found.sealed},
        "the ledger": {event.chain for event in found.events},
        "a guard": {locator for _, locator in found.guards},
    }
    for where, locators in kept.items():
        for locator in sorted(locators - printed):
            yield f"{locator} stands in {where} and was never printed"


def a_repeat_gets_the_same_receipt(found: Findings) -> Iterator[str]:
    """The same form under the same key, sent again when all is over, is the same registration."""
    for number, receipts in _by_family(found).items():
        if {found.again.get(number, "nothing")} != receipts:
            yield f"family {number} sent its form again and got another answer"


def what_was_told_done_is_done(found: Findings) -> Iterator[str]:
    """An acknowledged correction or withdrawal is there, once."""
    cases = {case.locator: case for case in found.cases}
    acts = Counter((event.chain, event.act) for event in found.events)
    for receipt, act in found.done:
        locator = locator_of(receipt)
        case = cases.get(locator)
        entry = "withdrawn" if act == "withdrew" else act
        kept = case is not None and (
            case.state in _WITHDRAWN if act == "withdrew" else case.corrections == 1
        )
        if not kept or acts[locator, entry] != 1:
            yield f"{locator} {act}, and that is in its chain {acts[locator, entry]} times"


def everything_settles(found: Findings) -> Iterator[str]:
    """No case waits for a machine, and no message is left."""
    for case in found.cases:
        if case.state in MOVING:
            yield f"{case.locator} is still {case.state}"
    for queue, count in found.queued.items():
        if count:
            yield f"the {queue} queue still holds {count}"


def parked_messages_are_explained(found: Findings) -> Iterator[str]:
    """A message that failed five times is of a case that has gone on without it."""
    cases = {case.locator: case for case in found.cases}
    for queue, locator in found.parked:
        case = cases.get(locator)
        if case is None or case.state in MOVING:
            yield f"{queue} holds a message of {locator}, which has not gone on"


def scored_once(found: Findings) -> Iterator[str]:
    """A case is scored once if it was ever found to match, and else never."""
    for locator, events in _chains(found).items():
        scored = sum(event.actor == _SCORER for event in events)
        matched = sum(event.after == "matched" for event in events)
        ended_first = any(event.before == "matched" and event.after in ENDED for event in events)
        if scored != matched - ended_first:
            yield f"{locator} was scored {scored} times and found to match {matched} times"
    chains = _chains(found)
    for case in found.cases:
        entries = sum(event.act == "decided" for event in chains.get(case.locator, ()))
        if case.state == "decided" and not (case.scored and case.eligible and entries == 1):
            yield f"{case.locator} is decided, with {entries} entries of it"


def checked_once(found: Findings) -> Iterator[str]:
    """The civil registry's word counts once, and once more after a correction."""
    cases = {case.locator: case for case in found.cases}
    for locator, events in _chains(found).items():
        checked = sum(e.act == "checked" and e.after != "identity_checking" for e in events)
        case = cases.get(locator)
        if case is not None and checked > 1 + case.corrections:
            yield f"{locator} was checked {checked} times"


def one_chain_each(found: Findings) -> Iterator[str]:
    """One chain for each case, whole, and told alike by the ledger, the head and the timeline."""
    chains = _chains(found)
    for case in found.cases:
        events = chains.get(case.locator, [])
        if [event.seq for event in events] != list(range(1, len(events) + 1)) or not events:
            yield f"{case.locator} has the entries {[event.seq for event in events]}"
            continue
        if (events[-1].seq, events[-1].hash) != case.head or case.version != case.head[0]:
            yield f"{case.locator}: the registry ends at {case.head[0]}, the ledger elsewhere"
        if any(b.before != a.after for a, b in pairwise(events)):
            yield f"{case.locator}: an entry begins where the one before did not end"
        if _without_repeats(event.after for event in events) != case.steps:
            yield f"{case.locator}: its timeline is not what the ledger tells"


def counters_equal_rows(found: Findings) -> Iterator[str]:
    """As many receipts, cases, sealed identities and first entries."""
    counts = {
        "receipts": len(_families_of(found)),
        "cases": len(found.cases),
        "sealed identities": sum(item.order == "0" for item in found.sealed),
        "first entries": sum(event.act == "received" for event in found.events),
    }
    if len(set(counts.values())) > 1:
        yield ", ".join(f"{count} {what}" for what, count in counts.items())
    corrected = Counter(item.locator for item in found.sealed if item.order == "1")
    for case in found.cases:
        if case.corrections != corrected[case.locator]:
            yield f"{case.locator} was corrected {case.corrections} times, in the vault otherwise"


def a_live_case_holds_its_guards(found: Findings) -> Iterator[str]:
    """One number is in one live case, and a case that has ended holds none."""
    holder = dict(found.guards)
    cases = {case.locator: case for case in found.cases}
    for item in found.sealed:
        case = cases.get(item.locator)
        if case is not None and case.state not in ENDED and not case.held:
            lacking = sum(holder.get(guard) != item.locator for guard in item.guards)
            if lacking:
                yield f"{item.locator} lives and lacks {lacking} of its guards"
    for guard, locator in found.guards:
        case = cases.get(locator)
        if case is not None and case.state in ENDED:
            yield f"{locator} has ended and holds {guard[:8]}..."


def the_status_page_is_right(found: Findings) -> Iterator[str]:
    """A family reads what the registry holds."""
    cases = {case.locator: case for case in found.cases}
    for _, receipt in found.printed:
        case, shown = cases.get(locator_of(receipt)), found.shown.get(receipt)
        if case is None:
            continue
        told = dict(case.eligible) if case.state == "decided" else {}  # an ended case tells none
        if shown is None:
            yield f"the receipt of {case.locator} opens nothing"
        elif (shown.state, dict(shown.eligible)) != (case.state, told):
            yield f"{case.locator}: {case.state}, {told}; shown as {shown.state}, {shown.eligible}"


def the_ledger_verifies(found: Findings) -> Iterator[str]:
    """`tepat audit verify`, which shares no code with the writer, finds nothing wrong."""
    if found.verdict:
        yield found.verdict


CHECKS: Final[tuple[Check, ...]] = (
    every_family_was_answered,
    every_receipt_is_there_once,
    nothing_else_is_there,
    a_repeat_gets_the_same_receipt,
    what_was_told_done_is_done,
    everything_settles,
    parked_messages_are_explained,
    scored_once,
    checked_once,
    one_chain_each,
    counters_equal_rows,
    a_live_case_holds_its_guards,
    the_status_page_is_right,
    the_ledger_verifies,
)


def judge(found: Findings) -> Mapping[str, list[str]]:
    """All that is wrong, by the name of the check; a check that is content has an empty list."""
    return {check.__name__: list(check(found)) for check in CHECKS}


def wrong(judged: Mapping[str, list[str]]) -> set[str]:
    """Names of the checks that found something."""
    return {name for name, faults in judged.items() if faults}


def _families_of(found: Findings) -> dict[str, set[int]]:
    families: dict[str, set[int]] = defaultdict(set)
    for number, receipt in found.printed:
        families[locator_of(receipt)].add(number)
    return families


def _by_family(found: Findings) -> dict[int, set[str]]:
    receipts: dict[int, set[str]] = defaultdict(set)
    for number, receipt in found.printed:
        receipts[number].add(receipt)
    return receipts


def _chains(found: Findings) -> dict[str, list[Event]]:
    chains: dict[str, list[Event]] = defaultdict(list)
    for event in found.events:
        chains[event.chain].append(event)
    return {chain: sorted(events, key=lambda e: e.seq) for chain, events in chains.items()}


def _without_repeats(states: Iterable[str]) -> tuple[str, ...]:
    kept: list[str] = []
    for state in states:
        if not kept or kept[-1] != state:
            kept.append(state)
    return tuple(kept)
