"""A case that is disputed, looked at anew and decided again: what it keeps of before."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chalicelib.domain import audit, registration, reopening
from chalicelib.domain.audit import Act
from chalicelib.domain.errors import Fault, WrongState
from chalicelib.domain.pmt import CannotScore
from chalicelib.domain.programme import decide
from chalicelib.domain.registration import (
    ENDED_STATES,
    Earlier,
    Registration,
    State,
    Step,
    Waiting,
    Work,
)
from tests.case_steps import (
    DISPUTE,
    DUE,
    STAMP,
    WAITS_FOR_OFFICER,
    case,
    is_event_of,
    scored,
    without_nik,
    world,
)
from tests.world import World

__all__ = ["case", "world"]  # fixtures


@pytest.mark.parametrize("state", sorted(set(State) - ENDED_STATES))
def test_a_dispute_is_noted_and_nothing_of_the_case_changes(
    case: Registration, state: State
) -> None:
    before = replace(case, state=state, disputes=("3M3G222222",), waiting=WAITS_FOR_OFFICER)
    moved, event = reopening.disputed(before, DISPUTE, STAMP)
    assert moved.disputes == ("3M3G222222", DISPUTE)
    is_event_of(event, before, moved, Act.DISPUTED, {"dispute": DISPUTE})
    own = {"disputes": before.disputes, "version": before.version, "head": before.head}
    assert replace(moved, **own) == before


@pytest.mark.parametrize("state", sorted(ENDED_STATES))
def test_an_ended_case_is_not_disputed(case: Registration, state: State) -> None:
    with pytest.raises(WrongState) as refused:
        reopening.disputed(replace(case, state=state), DISPUTE, STAMP)
    assert refused.value.faults == (Fault("case_ended"),)


def test_a_case_is_disputed_so_often_and_no_more(case: Registration) -> None:
    for _ in range(reopening.MOST_DISPUTES):
        case, _ = reopening.disputed(case, DISPUTE, STAMP)
    with pytest.raises(WrongState) as refused:
        reopening.disputed(case, DISPUTE, STAMP)
    assert refused.value.faults == (Fault("disputes_too_many"),)


def decided(world: World, case: Registration) -> Registration:
    assert case.household is not None
    decisions = decide(world.rules, case.household, 5, provisional=False, as_of=(2026, 11))
    points = scored(world, case.household)
    return registration.decide(
        case, points, decisions, world.rules.sha256, STAMP, provisional=False, officer_due=DUE
    )[0]


def test_checked_answers_are_scored_anew_and_the_old_result_stays_beside(
    world: World, case: Registration
) -> None:
    before = replace(decided(world, case), concerns=("missing:rooms", "without_nik:1"))
    seen = without_nik(case, 1).household
    moved, event = reopening.reopen(before, seen, "answers_wrong:x", STAMP, officer_due=DUE)
    assert (moved.state, moved.household) == (State.MATCHED, seen)
    assert (moved.scored, moved.decisions, moved.rules_hash, moved.waiting) == (None, (), "", None)
    assert moved.concerns == ("without_nik:1",)
    assert before.scored is not None
    assert moved.earlier == Earlier(
        STAMP.at,
        before.scored.model_hash,
        before.rules_hash,
        before.decisions,
        "answers_wrong",
    )
    is_event_of(event, before, moved, Act.REOPENED, {"reason": "answers_wrong:x"})
    assert event.reason == "answers_wrong"
    anew = decided(world, moved)
    assert anew.earlier == moved.earlier


def test_a_decision_that_is_taken_again_keeps_the_last_one_and_its_day(
    world: World, case: Registration
) -> None:
    first = decided(world, case)
    assert (first.under, first.earlier) == (0, None)
    assert first.scored is not None
    steps = (*case.steps, Step(State.MATCHED, 5), Step(State.DECIDED, 9))
    before = replace(first, steps=steps)
    last = Earlier(9, first.scored.model_hash, first.rules_hash, first.decisions)
    again, _ = registration.decide(
        before,
        first.scored,
        (),
        world.rules.sha256,
        STAMP,
        provisional=True,
        officer_due=DUE,
        under=7,
    )
    assert (again.state, again.under, again.earlier) == (State.NEEDS_OFFICER, 7, last)
    assert registration.decided_before(again) == last  # what no rule decided is no decision
    verdict = CannotScore((), world.model.sha256)
    assert registration.send_to_visit(before, verdict, STAMP, due=DUE)[0].earlier == last


def test_what_was_missing_and_what_was_waited_for_are_concerns_no_more(
    world: World, case: Registration
) -> None:
    answered = ("missing:rooms", "ratio_part_missing:members", "not_met:kitchen")
    waiting = replace(
        decided(world, case),
        state=State.NEEDS_GROUND_CHECK,
        earlier=Earlier(1, "0f" * 32, "f0" * 32, (), "not_met"),
        concerns=(*answered, "without_nik:1", "warning:0:missing"),
    )
    moved, event = reopening.reopen(waiting, case.household, "visited", STAMP, officer_due=DUE)
    assert moved.concerns == ("without_nik:1", "warning:0:missing")
    is_event_of(event, waiting, moved, Act.REOPENED, {"reason": "visited"})


@pytest.mark.parametrize("state", [State.DECIDED, State.NEEDS_OFFICER, State.NEEDS_GROUND_CHECK])
def test_wrong_answers_are_looked_at_at_home_whatever_was_decided(
    world: World, case: Registration, state: State
) -> None:
    result = decided(world, case)
    steps = (*result.steps[:-1], Step(state, STAMP.at - 5))
    before = replace(result, state=state, steps=steps, concerns=("without_nik:1",))
    moved, event = reopening.revisit(before, "answers_wrong:x", STAMP, due=DUE)
    assert (moved.state, moved.waiting) == (State.NEEDS_GROUND_CHECK, Waiting(Work.VISIT, DUE))
    assert moved.concerns == ("without_nik:1", "answers_wrong:x")
    assert (moved.scored, moved.decisions, moved.rules_hash) == (None, (), "")
    assert moved.household == before.household
    assert (moved.earlier is not None) == (state is State.DECIDED)
    told = (event.act, event.reason, event.from_state, event.to_state)
    assert told == (Act.REOPENED, "answers_wrong", state, State.NEEDS_GROUND_CHECK)
    assert event.commitment == audit.commit(STAMP.salt, {"reason": "answers_wrong:x"})
    assert moved.version == before.version + 1
    with pytest.raises(WrongState) as refused:
        reopening.revisit(replace(before, state=State.MATCHED), "x", STAMP, due=DUE)
    assert refused.value.faults == (Fault("case_not_decided"),)


def test_what_no_answer_settles_is_an_officer_s(world: World, case: Registration) -> None:
    before = replace(decided(world, case), concerns=("missing:rooms",))
    moved, _ = reopening.reopen(before, None, "identity_wrong", STAMP, officer_due=DUE)
    assert (moved.state, moved.waiting) == (State.NEEDS_OFFICER, WAITS_FOR_OFFICER)
    assert moved.household == before.household
    assert moved.concerns == ("missing:rooms", "identity_wrong")


def test_a_visited_family_is_decided_from_what_was_seen(case: Registration) -> None:
    waiting = replace(
        case, state=State.NEEDS_GROUND_CHECK, waiting=Waiting(Work.VISIT, DUE), earlier=None
    )
    moved, _ = reopening.reopen(waiting, case.household, "visited", STAMP, officer_due=DUE)
    assert (moved.state, moved.waiting, moved.earlier) == (State.MATCHED, None, None)


@pytest.mark.parametrize(
    "state",
    sorted(set(State) - {State.DECIDED, State.NEEDS_GROUND_CHECK, State.NEEDS_OFFICER}),
)
def test_a_case_without_a_result_is_not_reopened(case: Registration, state: State) -> None:
    with pytest.raises(WrongState) as refused:
        reopening.reopen(replace(case, state=state), case.household, "x", STAMP, officer_due=DUE)
    assert refused.value.faults == (Fault("case_not_decided"),)
