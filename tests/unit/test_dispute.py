"""A dispute's life: whatever is done in whatever order, silence and repeats decide nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.domain import adjudication, audit, dispute, hearing
from chalicelib.domain.audit import Act
from chalicelib.domain.dispute import ENDED, HIGHEST_LEVEL, LOST_MS, Kind, Outcome, Stage
from chalicelib.domain.errors import Fault, TepatError, WrongState
from chalicelib.domain.evidence import PieceState
from tests.builders import VILLAGE_INDEX
from tests.dispute_life import (
    FAMILY,
    NAMES,
    OPEN,
    REASON,
    assert_sound,
    begun,
    reached,
    step,
    untouched,
)
from tests.disputing import DAY, OFFICER, OTHER, mac, piece

TRIED = st.tuples(
    st.sampled_from(NAMES), st.integers(0, 2), st.sampled_from(Outcome), st.integers(0, 99)
)
LIVES = st.lists(TRIED, max_size=40)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(Kind), LIVES)
def test_nothing_ends_it_but_two_people_who_agree_a_third_or_its_filer(
    kind: Kind, tried: list[tuple[str, int, Outcome, int]]
) -> None:
    life = begun(kind)
    for name, person, outcome, number in tried:
        before = life.now
        changed = life.take(lambda: step(life, name, person, outcome, number))  # noqa: B023 - at once
        now = life.now
        if before.ended:
            assert not changed or name == "screened"
            assert (now.stage, now.outcome, now.votes) == (
                before.stage,
                before.outcome,
                before.votes,
            )
        if now.ended and not before.ended:
            assert name == ("decide" if now.stage is Stage.DECIDED else "withdraw")
            assert (now.due, now.officer) == (0, "")
        if name in ("escalate", "redraw") and changed:
            assert untouched(before, now)
        if name == "redraw" and changed:
            assert now.officer not in ("", before.officer, *now.passed)
        voted = [each.actor for each in now.votes]
        assert len(set(voted)) == len(voted) <= 3
        assert now.votes[: len(before.votes)] == before.votes
        if now.stage is Stage.DECIDED:
            last = now.votes[-1]
            assert (now.outcome, now.why) == (last.outcome, last.reason)
            agreed = len(voted) == 2 and now.votes[0].outcome is last.outcome
            assert agreed or len(voted) == 3
        else:
            assert now.outcome is None
    assert_sound(life)


@pytest.mark.parametrize(("kind", "stage"), OPEN)
def test_a_missed_deadline_never_closes_rejects_or_lapses_anything(
    kind: Kind, stage: Stage
) -> None:
    """In every stage, as often as it is missed (UU 25/2009; product, invariant 3)."""
    life = reached(kind, stage)
    for level in range(1, HIGHEST_LEVEL + 1):
        before = life.now
        assert life.take(lambda: adjudication.escalate(before, level, life.stamp(), due=life.time))  # noqa: B023 - at once
        assert untouched(before, life.now)
        assert (life.now.stage, life.now.outcome, life.now.level) == (stage, None, level)
        assert life.now.officer == ""
        assert life.events[-1].act is Act.ESCALATED
        assert dispute.wakes(life.now)
    for level in range(-1, HIGHEST_LEVEL + 2):
        assert not life.take(lambda: adjudication.escalate(life.now, level, life.stamp(), due=0))  # noqa: B023 - at once
    assert_sound(life)


@pytest.mark.parametrize(("kind", "stage"), OPEN)
def test_who_filed_it_may_end_it_in_every_stage_and_nobody_after_that(
    kind: Kind, stage: Stage
) -> None:
    life = reached(kind, stage)
    assert life.take(lambda: hearing.withdraw(life.now, b"w" * 16, life.stamp("citizen")))
    assert (life.now.stage, life.now.last_request) == (Stage.WITHDRAWN, b"w" * 16)
    with pytest.raises(WrongState) as refused:
        hearing.withdraw(life.now, b"w" * 16, life.stamp("citizen"))
    assert refused.value.faults == (Fault("dispute_ended"),)


@pytest.mark.parametrize("stage", sorted(ENDED))
@pytest.mark.parametrize("name", sorted(set(NAMES) - {"screened"}))
def test_nothing_happens_to_what_has_ended(stage: Stage, name: str) -> None:
    life = reached(Kind.APPEAL, stage)
    with pytest.raises(TepatError) as refused:
        step(life, name, 0, Outcome.UPHELD, 1)
    assert refused.value.faults[0].code in {"dispute_ended", "dispute_not_to_be_heard"}


def test_a_new_stage_begins_with_its_officers_and_a_stage_that_goes_on_keeps_its_level() -> None:
    life = reached(Kind.APPEAL, Stage.REVIEW)
    assert life.take(lambda: adjudication.escalate(life.now, 1, life.stamp(), due=0))
    assert life.take(lambda: adjudication.assign(life.now, OFFICER, life.stamp(), level=0))
    assert life.now.level == 1
    assert [reached.stage for reached in life.now.steps] == [Stage.FILED, Stage.REVIEW]
    assert life.take(lambda: step(life, "recommend", 0, Outcome.UPHELD, 0))
    assert life.now.level == 0


def test_a_machine_looks_again_soon_while_it_could_go_on_and_at_the_deadline_else() -> None:
    soon = LOST_MS
    life = begun(Kind.APPEAL)
    assert dispute.wakes(life.now) == life.now.due  # evidence is awaited
    for number in range(2):
        found = replace(piece(number), state=PieceState.RELEASED)
        assert life.take(lambda: hearing.screened(life.now, found, life.stamp()))  # noqa: B023 - at once
    assert dispute.wakes(life.now) == life.time + soon
    assert life.take(lambda: hearing.to_review(life.now, life.stamp(), due=life.time + DAY))
    assert dispute.wakes(life.now) == life.time + soon  # nobody is drawn
    assert life.take(lambda: step(life, "assign", 0, Outcome.UPHELD, 0))
    assert dispute.wakes(life.now) == life.now.due
    assert life.take(lambda: step(life, "visit", 0, Outcome.UPHELD, 0))
    assert dispute.wakes(life.now) == life.now.due
    objection = begun(Kind.OBJECTION)
    assert dispute.wakes(objection.now) == objection.now.head.at + soon  # a family to be found
    heard = reached(Kind.OBJECTION, Stage.HEARING)
    assert dispute.wakes(heard.now) == heard.now.due
    assert dispute.wakes(reached(Kind.APPEAL, Stage.DECIDED).now) == 0
    assert dispute.wakes(reached(Kind.APPEAL, Stage.WITHDRAWN).now) == 0


def test_a_heard_family_that_has_answered_is_not_waited_for() -> None:
    life = reached(Kind.OBJECTION, Stage.HEARING)
    for number in range(2):
        found = replace(piece(number), state=PieceState.RELEASED)
        assert life.take(lambda: hearing.screened(life.now, found, life.stamp()))  # noqa: B023 - at once
    assert dispute.wakes(life.now) == life.now.due
    assert life.take(lambda: hearing.answer(life.now, (), b"a" * 16, life.stamp("citizen"), {}))
    assert dispute.wakes(life.now) == life.time + LOST_MS


@pytest.mark.parametrize("stage", sorted(Stage))
def test_what_is_forgotten_leaves_the_chain_sound(stage: Stage) -> None:
    life = reached(Kind.APPEAL if stage is not Stage.HEARING else Kind.OBJECTION, stage)
    before = life.now
    salt = b"n" * 16
    stamp = replace(life.stamp("staff:supervisor-1"), salt=salt)
    assert life.take(lambda: hearing.forget(before, stamp))
    assert life.now.salt == salt
    assert life.events[-1].act is Act.FORGOTTEN
    assert life.events[-1].commitment == audit.commit(salt, {})
    if before.kind is Kind.APPEAL:
        assert life.now.stage is (before.stage if before.ended else Stage.WITHDRAWN)
        assert (life.now.evidence, life.now.outcome) == ((), before.outcome)
        assert not dispute.wakes(life.now)
    else:
        assert (life.now.stage, life.now.evidence) == (before.stage, before.evidence)
    assert_sound(life)


def test_a_dispute_s_number_is_no_case_s_and_tells_its_village() -> None:
    numbers = {dispute.locator_of(mac, f"key {n}", VILLAGE_INDEX) for n in range(50)}
    assert len(numbers) == 50
    assert {dispute.village_index(number) for number in numbers} == {VILLAGE_INDEX}
    assert dispute.village_index(FAMILY) < 0
    assert dispute.locator_of(mac, "key 1", VILLAGE_INDEX) in numbers


def test_each_step_commits_to_what_it_rests_on() -> None:
    """Whoever is shown the details and the salt can hold them to the ledger (ADR 7)."""
    told: dict[Act, tuple[dict[str, Any], str | None]] = {
        Act.FILED: ({"kind": "appeal", "reason": "data_wrong", "pieces": 2}, "data_wrong"),
        Act.TO_REVIEW: ({"concerns": []}, None),
        Act.ASSIGNED: ({"officer": OTHER, "level": 0}, None),
        Act.RECOMMENDED: ({"outcome": "upheld", "reason": REASON}, REASON),
        Act.DISPUTE_DECIDED: ({"outcome": "upheld", "reason": REASON}, REASON),
    }
    life = reached(Kind.APPEAL, Stage.DECIDED)
    last = {event.act: event for event in life.events}
    assert last.keys() == told.keys()
    for act, (details, reason) in told.items():
        assert last[act].commitment == audit.commit(life.now.salt, details), act
        assert last[act].reason == reason


def test_visits_that_were_asked_for_are_counted_and_no_other_step() -> None:
    life = reached(Kind.APPEAL, Stage.VISIT)
    assert dispute.visits(reached(Kind.APPEAL, Stage.REVIEW).now) == 0
    assert dispute.visits(life.now) == 1
    assert life.take(lambda: step(life, "to_review", 0, Outcome.UPHELD, 0))
    assert life.take(lambda: step(life, "assign", 0, Outcome.UPHELD, 0))
    assert life.take(lambda: step(life, "visit", 0, Outcome.UPHELD, 0))
    assert dispute.visits(life.now) == 2
