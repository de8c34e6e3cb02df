"""What must be true of appeals and objections whatever happened, by name (product: invariants)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from chalicelib.domain import assignment
from chalicelib.domain.audit import Act
from chalicelib.domain.dispute import OWN_PLACE, Kind, Outcome, Stage
from chalicelib.domain.registration import State
from chalicelib.usecases.interests import interests_of
from chalicelib.usecases.ports import Loaded
from tests.court import sanggah_rules
from tests.simulation.check_invariants import reopened_by_checks
from tests.simulation.dispute_deeds import stuck

if TYPE_CHECKING:
    from tests.simulation.schedule import Schedule

PLACES = sanggah_rules().periods[0].most_open_objections
ALONE = 1  # of votes: a recommendation


def what_was_filed_is_there(run: Schedule) -> Iterator[str]:
    """Whoever was told that a dispute was filed has one, and one request has one dispute (1)."""
    for ref in run.told.filed:
        if ref not in run.aws.disputes:
            yield f"{ref.locator} was acknowledged and is not there"
    requests = Counter(there.request_id for there in run.aws.disputes.values())
    for request, count in requests.items():
        if count > 1:
            yield f"one request has {count} disputes ({request.hex()[:8]})"
    for ref in run.told.taken_back:
        if run.aws.disputes[ref].stage is not Stage.WITHDRAWN:
            yield f"{ref.locator} was withdrawn and goes on"


def a_case_and_its_disputes_know_each_other(run: Schedule) -> Iterator[str]:
    """What is about a case stands in the case, and what stands there is about it."""
    about = {(there.about, ref.locator) for ref, there in run.aws.disputes.items() if there.about}
    known = {(case.ref.locator, each) for case in run.aws.cases.values() for each in case.disputes}
    for case, number in about ^ known:
        yield f"{number} and {case} do not know of each other"
    for case in run.aws.cases.values():
        if len(set(case.disputes)) != len(case.disputes):
            yield f"{case.ref.locator} names a dispute twice"


def nobody_decides_alone(run: Schedule) -> Iterator[str]:
    """Two who agree, or a third after two who do not; nobody twice, and never the machine (4)."""
    for there in run.aws.disputes.values():
        actors = [vote.actor for vote in there.votes]
        if len(set(actors)) != len(actors):
            yield f"{there.ref.locator}: somebody voted twice"
        if there.outcome is None:
            continue
        held = [vote.outcome for vote in there.votes]
        agreed = len(held) == ALONE + 1 and held[0] is held[1] is there.outcome
        third = len(held) == ALONE + 2 and held[0] is not held[1] and held[2] is there.outcome
        if not (agreed or third) or there.stage is not Stage.DECIDED:
            yield f"{there.ref.locator} is {there.outcome} after {held}"


def nobody_is_judged_unheard(run: Schedule) -> Iterator[str]:
    """Nothing is upheld against a family that was not told and asked (life of an objection)."""
    for there in run.aws.disputes.values():
        against = there.kind is Kind.OBJECTION and there.outcome is not Outcome.REJECTED
        told = any(step.stage is Stage.HEARING for step in there.steps)
        if there.stage is Stage.DECIDED and against and not told:
            yield f"{there.ref.locator} is {there.outcome}, and the family was not heard"


def a_vote_counts_once_and_stays(run: Schedule) -> Iterator[str]:
    """What an officer was told counts is among the votes, once, as it was (8)."""
    for ref, actor, outcome in run.told.voted:
        votes = [vote for vote in run.aws.disputes[ref].votes if vote.actor == actor]
        if [vote.outcome for vote in votes] != [outcome]:
            yield f"{ref.locator}: the vote of {actor} is {votes}"


def what_is_drawn_anew_goes_to_somebody_else(run: Schedule) -> Iterator[str]:
    """Not to who had it or asked, once and in the ledger, and with the vote of nobody (4)."""
    events = [each for each in run.aws.events.values() if each.act is Act.REDRAWN]
    for before, officer, asked in run.told.redrawn:
        number = before.ref.locator
        if officer in ("", before.officer, asked, *before.passed):
            yield f"{number} was drawn anew by {asked} for {officer or 'nobody'}"
        if f"staff:{officer}" in {vote.actor for vote in before.votes}:
            yield f"{number} was drawn anew for {officer}, who has voted"
        own = [each for each in events if each.chain == number and each.seq == before.head.seq + 1]
        if [each.actor for each in own] != [f"staff:{asked}"]:
            yield f"{number} was drawn anew by {asked}, and its chain does not say so"


def a_deadline_decides_nothing(run: Schedule) -> Iterator[str]:
    """A dispute ends by votes, or because whoever filed it took it back; never by time."""
    ended = {
        (event.chain, event.act)
        for event in run.aws.events.values()
        if event.act in (Act.DISPUTE_DECIDED, Act.WITHDRAWN) and event.actor.startswith("system:")
    }
    for chain, act in ended:
        yield f"a machine made {act} of {chain}"
    for there in run.aws.disputes.values():
        if there.stage is Stage.DECIDED and not there.votes:
            yield f"{there.ref.locator} was decided by nobody"


def who_votes_had_no_interest(run: Schedule) -> Iterator[str]:
    """Nobody voted who is kin, a neighbour, who registered it or who objected (4)."""
    officers = {f"staff:{officer.sub}": officer for officer in run.region.court.staff}
    for there in run.aws.disputes.values():
        case = run.aws.cases.get(there.case) if there.case else None
        if case is not None and case.state is State.ERASED:
            continue  # its numbers are gone, and with them whom it concerned
        vault = [run.aws.vault.get((there.about, order)) for order in ("0", "1")]
        loaded = Loaded(case, tuple(item for item in vault if item)) if case else None
        interests = interests_of(there, loaded, (), "", 0)
        for vote in there.votes:
            found = assignment.conflicts(officers[vote.actor], interests) - {"acted_before"}
            if found:
                yield f"{vote.actor} voted on {there.ref.locator}: {sorted(found)}"


def a_person_holds_few_places(run: Schedule) -> Iterator[str]:
    """What somebody who signed in has open holds a place of its own, and nobody has many."""
    slots = run.aws.slots
    for there in run.aws.disputes.values():
        if not there.place:
            continue
        slot = slots.get((there.person, there.place))
        mine = slot is not None and slot.ref == there.ref
        if not there.ended and not (mine and slot is not None and slot.held):
            yield f"{there.ref.locator} is open and holds no place"
        if there.ended and mine and slot is not None and slot.held:
            yield f"{there.ref.locator} has ended and holds a place"
    if any(not 1 <= place <= PLACES and place != OWN_PLACE for _, place in slots):
        yield f"somebody holds a place beyond {PLACES}"


def what_was_upheld_opened_its_case_once(run: Schedule) -> Iterator[str]:
    """Each upheld dispute opens its case once at most, and nothing else opens one (8)."""
    opened = Counter(event.chain for event in run.aws.events.values() if event.act is Act.REOPENED)
    upheld = Counter(
        there.about
        for there in run.aws.disputes.values()
        if there.outcome in (Outcome.UPHELD, Outcome.PARTLY_UPHELD)
    )
    checked = reopened_by_checks(run)
    for chain, count in opened.items():
        if count > upheld[chain] + checked[chain]:
            yield (
                f"{chain} was opened {count} times for {upheld[chain]} upheld disputes"
                f" and {checked[chain]} visits"
            )


def disputes_settle(run: Schedule) -> Iterator[str]:
    """No dispute waits for a machine (8)."""
    for there in run.aws.disputes.values():
        if stuck(run, there):
            yield f"{there.ref.locator} is still {there.stage}, drawn: {there.officer or 'nobody'}"


def evidence_stays_settled(run: Schedule) -> Iterator[str]:
    """A piece is settled once: one event of screening ends it."""
    for there in run.aws.disputes.values():
        done = sum(each.piece.settled for each in there.evidence)
        events = [e for e in run.aws.events.values() if e.chain == there.ref.locator]
        if sum(event.act is Act.SCREENED for event in events) != done and there.evidence:
            yield f"{there.ref.locator}: {done} pieces were settled by another number of events"
