"""What must be true of how findings of visits are judged whatever happened, by name."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING

from chalicelib.domain import assignment
from chalicelib.domain.audit import Act
from chalicelib.domain.check_review import outcome
from chalicelib.domain.ground_check import Check, Course, Opinion
from chalicelib.domain.registration import ENDED_STATES, State
from tests.court import terms
from tests.simulation.check_deeds import whose_turn
from tests.simulation.check_invariants import interests_in
from tests.simulation.dispute_deeds import anybody_may, who_acted
from tests.world import REGION

if TYPE_CHECKING:
    from tests.simulation.schedule import Schedule

THIRD = 2  # place of the opinion after two that differ
FEW = 60


def an_opinion_counts_once_and_stays(run: Schedule) -> Iterator[str]:
    """What an officer was told counts is among the opinions, once, as it was, with an event (8)."""
    for ref, actor, course in run.told.judged:
        held = [each.course for each in run.aws.checks[ref].opinions if each.actor == actor]
        if held != [course]:
            yield f"{ref.locator}: the opinion of {actor} is {held}"
    for check in run.aws.checks.values():
        if not check.opinions:
            continue
        acts = (Act.RECOMMENDED, Act.SPLIT, Act.CHECK_SETTLED)
        chain = (each for each in run.aws.events.values() if each.chain == check.ref.locator)
        told = sorted((each.seq, each.actor) for each in chain if each.act in acts)
        if [actor for _, actor in told] != [each.actor for each in check.opinions]:
            yield f"{check.ref.locator}: the ledger tells of other opinions than there are"


def nobody_settles_a_finding_alone(run: Schedule) -> Iterator[str]:
    """What nobody has decided waits on; nobody is asked only where a family was erased (4)."""
    for check in run.aws.checks.values():
        open_ones = check.opinions and check.finding is not None and outcome(check) is None
        if open_ones and not check.to_settle:
            yield f"{check.ref.locator} was settled by {[each.actor for each in check.opinions]}"


def who_has_judged_is_remembered(run: Schedule) -> Iterator[str]:
    """Each opinion about a family stands with the family, in the same write (4)."""
    last: dict[object, dict[str, int]] = defaultdict(dict)
    count: dict[object, int] = defaultdict(int)
    for check in run.aws.checks.values():
        for each in check.opinions:
            sub = each.actor.partition(":")[2]
            last[check.case][sub] = max(each.at, last[check.case].get(sub, 0))
            count[check.case] += 1
    for case in {*last, *run.aws.judges}:
        kept = run.aws.judges.get(case)  # type: ignore[call-overload]
        if kept is None or set(kept.last) != set(last[case]) or kept.version != count[case]:
            yield f"{count[case]} opinions, and {kept} is remembered"


def who_judges_had_no_interest(run: Schedule) -> Iterator[str]:
    """Nobody judged who is kin, a neighbour or registered it, or judged this family before (4)."""
    officers = {f"staff:{each.sub}": each for each in run.region.patrol.officers}
    for check in run.aws.checks.values():
        case = run.aws.cases.get(check.case)
        if not check.opinions or case is None or case.state is State.ERASED or case.corrections:
            continue
        interests = interests_in(run, check, case, check.agent)
        for place, each in enumerate(check.opinions):
            officer = officers[each.actor]
            found = assignment.conflicts(officer, interests)
            here = check.ref.village[:6] in officer.districts
            stands_in = "supervisor" in officer.roles
            if (place == THIRD and here) or (place < THIRD and not (here or stands_in)):
                found |= {"other_place"}
            found |= {"decided_before"} if _decided_before(run, check, each) else set()
            if found:
                yield f"{each.actor} judged {check.ref.locator}: {sorted(found)}"


def _decided_before(run: Schedule, check: Check, opinion: Opinion) -> bool:
    """Whether somebody had judged another visit to the family; none of these is a year ago."""
    return any(
        each.actor == opinion.actor and each.at < opinion.at
        for other in run.aws.checks.values()
        if other.case == check.case and other.ref != check.ref
        for each in other.opinions
    )


def a_late_turn_is_a_supervisors(run: Schedule) -> Iterator[str]:
    """Whoever lets the term pass has lost the turn to a supervisor, if any may; nothing lapses."""
    if run.told.went_back or run.plan.skewed:
        return
    officers = {f"staff:{each.sub}": each for each in run.region.patrol.officers}
    for check in run.aws.checks.values():
        since = check.received_at
        for place, each in enumerate(check.opinions):
            days = terms().today(each.at).terms
            turn = (days.recommend, days.decide, days.third)[place]
            due = terms().calendar.term(since, turn, days)
            late = due.level(each.at) and "supervisor" not in officers[each.actor].roles
            if late and _supervisors_free(run, check, place):
                yield f"{each.actor} judged {check.ref.locator} after the term"
            since = each.at


def _supervisors_free(run: Schedule, check: Check, place: int) -> bool:
    """Whether a supervisor had neither judged the family nor voted about it."""
    opinions = [
        each.actor
        for other in run.aws.checks.values()
        if other.case == check.case
        for each in (other.opinions[:place] if other.ref == check.ref else other.opinions)
    ]
    there = (each for each in run.aws.disputes.values() if each.about == check.about)
    acted = {*opinions, *(vote.actor for each in there for vote in each.votes)}
    return any(
        f"staff:{each.sub}" not in acted
        for each in run.region.patrol.officers
        if "supervisor" in each.roles
        and not (place == THIRD and check.ref.village[:6] in each.districts)
    )


def no_finding_is_forgotten(run: Schedule) -> Iterator[str]:
    """What waits for officers is in the list, and it is somebody's turn while anybody may (8)."""
    waiting = {check.ref: check for check in run.aws.checks.values() if check.to_settle}
    listed = run.region.patrol.checks.to_settle(REGION, FEW) if waiting else ()
    if set(listed) != set(waiting):
        yield f"{len(waiting)} findings wait, and {len(listed)} are listed"
    for check in waiting.values():
        acted = who_acted(run, check.about, set())
        third = len(check.opinions) == THIRD
        left = anybody_may(run, check.ref.village, acted, elsewhere=third)
        if left and not whose_turn(run, check):
            yield f"{check.ref.locator} is nobody's turn"


def what_two_found_takes_effect(run: Schedule) -> Iterator[str]:
    """A case opens again in the write in which a finding is settled, unless it has ended (8)."""
    for check in run.aws.checks.values():
        if outcome(check) is not Course.REOPEN:
            continue
        last = check.opinions[-1]
        own = (each for each in run.aws.events.values() if each.chain == check.about)
        chain = sorted((each for each in own if each.ref is None), key=lambda each: each.seq)
        opened = {(each.actor, each.at) for each in chain if each.act is Act.REOPENED}
        if (last.actor, last.at) in opened:
            continue
        # Where calls take no time, or clocks differ, nobody can tell what came before.
        unclear = run.plan.skewed or run.plan.hurried or run.told.went_back
        before = [each.to_state for each in chain if each.to_state and each.at <= last.at]
        if before and before[-1] not in ENDED_STATES and not unclear:
            yield f"{check.ref.locator} was settled, and {check.about} stays {before[-1]}"
