"""What officers do with a dispute: who was drawn, nobody twice, nothing against the unheard."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chalicelib.domain import adjudication, hearing
from chalicelib.domain.audit import Act
from chalicelib.domain.dispute import WITH_OFFICER, Kind, Outcome, Stage
from chalicelib.domain.errors import Fault, NotAllowed, WrongState
from tests.dispute_life import OPEN, PEOPLE, REASON, begun, reached, step
from tests.disputing import OFFICER, at
from tests.fakes import START


@pytest.mark.parametrize("outcome", Outcome)
def test_two_who_agree_decide_and_the_third_where_they_differ(outcome: Outcome) -> None:
    life = reached(Kind.APPEAL, Stage.RECOMMENDED)
    assert life.take(lambda: step(life, "decide", 1, outcome, 0))
    if outcome is Outcome.UPHELD:  # as the first
        assert (life.now.stage, life.now.outcome, life.now.why) == (Stage.DECIDED, outcome, REASON)
        assert life.events[-1].act is Act.DISPUTE_DECIDED
        return
    assert (life.now.stage, life.now.outcome, life.now.officer) == (Stage.SPLIT, None, "")
    assert life.take(lambda: step(life, "assign", 2, outcome, 0))
    assert life.take(lambda: step(life, "decide", 2, outcome, 0))
    assert (life.now.stage, life.now.outcome) == (Stage.DECIDED, outcome)
    assert [each.outcome for each in life.now.votes] == [Outcome.UPHELD, outcome, outcome]


@pytest.mark.parametrize("stage", [Stage.RECOMMENDED, Stage.SPLIT])
@pytest.mark.parametrize("person", [0, 1])
def test_who_has_voted_never_votes_again_though_they_were_drawn(stage: Stage, person: int) -> None:
    life = reached(Kind.APPEAL, stage)
    voted = [each.actor for each in life.now.votes]
    if f"staff:{PEOPLE[person]}" not in voted:
        return
    assert life.take(lambda: step(life, "assign", person, Outcome.UPHELD, 0))
    with pytest.raises(NotAllowed) as refused:
        step(life, "decide", person, Outcome.UPHELD, 0)
    assert refused.value.faults == (Fault("dispute_same_person"),)
    assert [each.actor for each in life.now.votes] == voted


@pytest.mark.parametrize(
    ("stage", "name"),
    [
        (Stage.REVIEW, "recommend"),
        (Stage.REVIEW, "visit"),
        (Stage.RECOMMENDED, "decide"),
        (Stage.SPLIT, "decide"),
    ],
)
def test_only_who_was_drawn_acts(stage: Stage, name: str) -> None:
    life = reached(Kind.APPEAL, stage)
    drawn = life.now.officer
    for person, sub in enumerate(PEOPLE):
        if sub != drawn:
            with pytest.raises(NotAllowed) as refused:
                step(life, name, person, Outcome.UPHELD, 0)
            assert refused.value.faults == (Fault("dispute_not_yours"),)
    assert life.take(lambda: step(life, "nobody", 0, Outcome.UPHELD, 0))
    for person in range(3):
        with pytest.raises(NotAllowed):
            step(life, name, person, Outcome.UPHELD, 0)


def test_who_was_drawn_and_who_has_voted_may_open_it_and_nobody_else() -> None:
    life = reached(Kind.APPEAL, Stage.SPLIT)
    assert all(adjudication.may_open(life.now, f"staff:{sub}") for sub in PEOPLE)
    assert not adjudication.may_open(life.now, "staff:officer-9")
    assert not adjudication.may_open(begun(Kind.APPEAL).now, "staff:")


@pytest.mark.parametrize("outcome", [Outcome.UPHELD, Outcome.PARTLY_UPHELD])
@pytest.mark.parametrize("rejected", [0, 1])
def test_an_unheard_family_loses_nothing_whoever_votes(outcome: Outcome, rejected: int) -> None:
    life = begun(Kind.OBJECTION)
    assert life.take(lambda: hearing.to_review(life.now, life.stamp(), due=life.time))
    for person, name in enumerate(("recommend", "decide")):
        assert life.take(lambda: step(life, "assign", person, outcome, 0))  # noqa: B023 - at once
        with pytest.raises(WrongState) as refused:
            step(life, name, person, outcome, 0)
        assert refused.value.faults == (Fault("dispute_not_heard"),)
        if rejected == person:
            break
        assert life.take(lambda: step(life, name, person, Outcome.REJECTED, 0))  # noqa: B023 - at once
    assert life.now.outcome is None


def test_stages_with_an_officer_are_those_in_which_one_is_drawn() -> None:
    for kind, stage in OPEN:
        life = reached(kind, stage)
        assert life.take(lambda: adjudication.assign(life.now, OFFICER, life.stamp(), level=0)) == (  # noqa: B023 - at once
            stage in WITH_OFFICER
        )


def test_an_officer_does_not_see_a_dispute_through_an_empty_name() -> None:
    assert not adjudication.may_open(replace(begun(Kind.APPEAL).now, officer=""), "staff:")
    assert at(START).at == START
