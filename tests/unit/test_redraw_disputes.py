"""Drawing anew: who may ask, who may be drawn, and that nobody is ever chosen."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chalicelib.domain import adjudication
from chalicelib.domain.adjudication import MOST_PASSED
from chalicelib.domain.assignment import Judges
from chalicelib.domain.audit import Act
from chalicelib.domain.dispute import Dispute, Outcome, Stage
from chalicelib.domain.errors import Fault, TryAgain, WrongState
from chalicelib.domain.registration import Ref, Stamp
from chalicelib.usecases import redraw_disputes
from chalicelib.usecases.redraw_disputes import MOST, Picked, Redrawn
from tests.court import DAY_MS, STAFF, Court, officer
from tests.court import ELSEWHERE as FAR

SUPERVISOR = "staff:officer-9"
ELSEWHERE = "staff:officer-10"
NEAR = {f"officer-{number}" for number in range(1, 6)}


def waiting(court: Court) -> Dispute:
    """An appeal that an officer was drawn for."""
    there = court.appeal().dispute
    court.conduct(there.ref)
    return court.now(there)


def picked(there: Dispute) -> Picked:
    return Picked(there.ref.locator, there.ref, there.version)


def redrawn(court: Court, there: Dispute, actor: str = SUPERVISOR) -> Redrawn:
    (told,) = redraw_disputes.redraw([picked(there)], actor, "officer_away", court.redraw_ports())
    return told


def fault(told: Redrawn) -> str:
    assert told.fault is not None
    assert told.officer == ""
    return told.fault.code


def test_who_judged_a_finding_of_the_family_of_late_is_drawn_for_none_of_its_disputes() -> None:
    first = waiting(Court()).officer
    for months, drawn in ((13, True), (11, False)):
        court = Court()  # the same draw, but for who has judged
        there = court.appeal().dispute
        assert there.case is not None
        at = court.world.clock.now_ms() - months * 31 * DAY_MS
        court.world.aws.judges[there.case] = Judges(there.case, 1, {first: at})
        court.conduct(there.ref)
        assert (court.now(there).officer == first) is drawn
        assert drawn or redrawn(court, court.now(there)).officer not in {first, ""}


def test_another_officer_is_drawn_and_it_is_in_the_ledger() -> None:
    court = Court()
    there = waiting(court)
    told = redrawn(court, there)
    after = court.now(there)
    assert told == Redrawn(there.ref.locator, after.officer, None)
    assert after.officer in NEAR - {there.officer}
    assert (after.passed, after.version) == ((there.officer,), there.version + 1)
    assert (after.stage, after.due, after.level) == (there.stage, there.due, 0)
    assert not adjudication.may_open(after, f"staff:{there.officer}")
    event = court.world.aws.events[
        max(key for key, each in court.world.aws.events.items() if each.act is Act.REDRAWN)
    ]
    assert (event.actor, event.reason, event.chain) == (
        SUPERVISOR,
        "officer_away",
        there.ref.locator,
    )


def test_whoever_asks_the_same_officer_is_drawn() -> None:
    """A supervisor decides that it is drawn anew, and nothing about who gets it."""
    far = officer(12, district=FAR, roles="supervisor")  # both work elsewhere
    first, second = Court(staff=[*STAFF, far]), Court(staff=[*STAFF, far])
    one, two = waiting(first), waiting(second)
    assert one.ref == two.ref
    told = redrawn(first, one, ELSEWHERE), redrawn(second, two, "staff:officer-12")
    assert told[0] == told[1]
    assert not told[0].fault


def test_it_comes_back_to_nobody_and_ends_after_a_few() -> None:
    court = Court(staff=[*STAFF, *(officer(number) for number in range(11, 15))])
    there = waiting(court)
    had = [there.officer]
    had += [redrawn(court, court.now(there)).officer for _ in range(MOST_PASSED)]
    assert len(set(had)) == len(had) == MOST_PASSED + 1
    assert fault(redrawn(court, court.now(there))) == "redraw_too_often"
    assert court.now(there).officer == had[-1]
    # The next step begins anew.
    after = court.vote(there)
    assert (after.stage, after.passed) == (Stage.RECOMMENDED, ())


def test_who_voted_is_not_drawn_to_decide() -> None:
    court = Court()
    there = court.vote(waiting(court))
    recommender = there.votes[0].actor.partition(":")[2]
    seen = {there.officer}
    while not (told := redrawn(court, court.now(there))).fault:
        seen.add(told.officer)
    assert recommender not in seen
    assert len(seen) > 1


def test_whoever_voted_or_lives_there_draws_nothing_anew() -> None:
    court = Court(staff=[*STAFF, officer(11, roles="supervisor")])
    there = waiting(court)
    neighbour = replace(STAFF[8], village=there.ref.village)
    court.staff = [*STAFF[:8], neighbour, *STAFF[9:]]
    assert fault(redrawn(court, there)) == "redraw_interest"
    court.staff = [*STAFF[:8], replace(neighbour, kin_at=0), *STAFF[9:]]
    assert fault(redrawn(court, there)) == "redraw_profile"
    assert fault(redrawn(court, there, "staff:unknown")) == "redraw_profile"
    assert court.now(there) == there
    court.staff = STAFF
    voted = court.vote(there)
    assert fault(redrawn(court, voted, voted.votes[0].actor)) == "redraw_interest"


def test_who_asks_is_not_drawn_though_nobody_else_is_left() -> None:
    court = Court(staff=[officer(1)])
    there = waiting(court)
    court.staff = [officer(1), STAFF[8]]
    assert fault(redrawn(court, there)) == "redraw_nobody"
    assert court.now(there) == there


def test_what_the_region_has_goes_to_somebody_else_too() -> None:
    court = Court()
    there = waiting(court)
    court.world.clock.advance(40 * DAY_MS)
    court.conduct(there.ref)
    late = court.now(there)
    assert late.level == 2
    told = redrawn(court, late)
    after = court.now(there)
    assert told.fault is None
    assert after.officer not in {"", "officer-9", late.officer, *late.passed}
    assert there.officer in after.passed
    assert (after.level, after.stage) == (2, Stage.REVIEW)
    assert court.vote(after, Outcome.REJECTED, "claim_unproven").stage is Stage.RECOMMENDED


def test_what_nobody_was_drawn_for_is_drawn_as_soon_as_somebody_may() -> None:
    court = Court(staff=[])
    there = waiting(court)
    assert (there.level, there.officer) == (2, "")
    court.staff = STAFF
    told = redrawn(court, there)
    assert (told.fault, court.now(there).passed) == (None, ())
    assert court.now(there).officer == told.officer != ""


def test_a_supervisor_who_missed_the_term_comes_last_after_it() -> None:
    """Escalated to the supervisors: whoever had it before is drawn only if nobody else may."""
    court = Court(staff=[STAFF[8]])
    there = waiting(court)
    assert there.officer == "officer-9"
    court.world.clock.advance(8 * DAY_MS)
    court.conduct(there.ref)
    assert (court.now(there).officer, court.now(there).level) == ("officer-9", 1)
    again = Court(staff=[STAFF[8], officer(11, roles="supervisor")])
    there = waiting(again)
    again.world.clock.advance(8 * DAY_MS)
    again.conduct(there.ref)
    assert {there.officer, again.now(there).officer} == {"officer-9", "officer-11"}


def test_one_that_fails_leaves_the_others_done() -> None:
    court = Court()
    there = waiting(court)
    old = Picked("old", there.ref, there.version - 1)
    gone = Picked("gone", Ref(there.ref.village, "2222222222"), 1)
    nowhere = Picked("nowhere", None, 1)
    told = redraw_disputes.redraw(
        [nowhere, gone, old, picked(there)], SUPERVISOR, "officer_away", court.redraw_ports()
    )
    codes = [each.fault.code if each.fault else "" for each in told]
    assert codes == ["dispute_unknown", "dispute_unknown", "redraw_changed", ""]
    assert [each.number for each in told] == ["nowhere", "gone", "old", there.ref.locator]
    # The same form again: it has changed since, so it goes to nobody else.
    assert fault(redrawn(court, there)) == "redraw_changed"


def test_what_no_officer_has_to_do_is_not_drawn() -> None:
    court = Court()
    there = waiting(court)
    decided = court.vote(court.vote(there))
    assert decided.stage is Stage.DECIDED
    assert fault(redrawn(court, decided)) == "redraw_not_now"
    with pytest.raises(ValueError, match="at most"):
        redraw_disputes.redraw(
            [picked(there)] * (MOST + 1), SUPERVISOR, "officer_away", court.redraw_ports()
        )


def test_a_busy_store_is_told_of_the_one_it_refused() -> None:
    court = Court()
    there = waiting(court)

    class Busy:
        load, judges = court.disputes.load, court.disputes.judges

        def change(self, *_: object) -> None:
            raise TryAgain(Fault("busy"))

    told = redraw_disputes.redraw(
        [picked(there)],
        SUPERVISOR,
        "officer_away",
        replace(court.redraw_ports(), disputes=Busy()),  # type: ignore[arg-type]
    )
    assert fault(told[0]) == "busy"


@pytest.mark.parametrize("name", ["officer-3", "officer-2", "officer-9", ""])
def test_the_step_itself_takes_nobody_that_it_must_not(name: str) -> None:
    court = Court()
    there = replace(waiting(court), passed=("officer-3",), officer="officer-2")
    stamp = Stamp(there.head.at, SUPERVISOR, there.salt)
    with pytest.raises(ValueError, match="somebody else"):
        adjudication.redraw(there, name, stamp, level=0, reason="officer_away")


def test_no_step_without_an_officer_is_drawn_anew() -> None:
    court = Court()
    there = replace(waiting(court), stage=Stage.VISIT)
    stamp = Stamp(there.head.at, SUPERVISOR, there.salt)
    with pytest.raises(WrongState):
        adjudication.redraw(there, "officer-1", stamp, level=0, reason="officer_away")
