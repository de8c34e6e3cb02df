"""How a dispute comes before the officers: evidence in time, a family found and heard."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chalicelib.domain import dispute, hearing
from chalicelib.domain.dispute import MOST_PIECES, Kind, Outcome, Side, Stage
from chalicelib.domain.errors import Fault, InvalidRequest, NotAllowed, WrongState
from chalicelib.domain.evidence import PieceState
from tests.dispute_life import FAMILY, begun, reached, step
from tests.disputing import DAY, exhibits, piece


@pytest.mark.parametrize("stage", sorted(Stage))
def test_what_was_uploaded_in_time_is_screened_in_every_stage(stage: Stage) -> None:
    kind = Kind.OBJECTION if stage is Stage.HEARING else Kind.APPEAL
    life = reached(kind, stage)
    before = life.now
    assert not dispute.is_screened(before)
    for number, state in ((0, PieceState.RELEASED), (1, PieceState.REFUSED)):
        found = replace(piece(number), state=state, why="", tries=1)
        assert life.take(lambda: hearing.screened(life.now, found, life.stamp()))  # noqa: B023 - at once
        assert hearing.screened(life.now, found, life.stamp()) is None  # a repeat
        other = replace(found, state=PieceState.REFUSED, why="evidence_virus")
        assert hearing.screened(life.now, other, life.stamp()) is None
    assert dispute.is_screened(life.now)
    assert hearing.screened(life.now, piece(9), life.stamp()) is None  # none of its pieces
    assert (life.now.stage, life.now.due) == (before.stage, before.due)


def test_an_objection_is_heard_before_anybody_recommends_and_late_answers_count() -> None:
    life = begun(Kind.OBJECTION)
    with pytest.raises(WrongState):  # nobody knows yet whose it is
        hearing.hear(life.now, life.stamp(), answer_by=life.time)
    assert life.take(lambda: hearing.link(life.now, FAMILY, life.stamp(), due=life.time))
    assert (life.now.about, life.now.names, life.now.due) == (FAMILY, b"", life.time)
    with pytest.raises(WrongState) as refused:
        hearing.link(life.now, "3M3GBBBBBB", life.stamp(), due=life.time)
    assert refused.value.faults == (Fault("dispute_linked"),)
    assert life.take(lambda: hearing.hear(life.now, life.stamp(), answer_by=life.time + DAY))
    assert life.now.due == life.now.answer_by
    assert life.take(lambda: hearing.to_review(life.now, life.stamp(), due=life.time))
    late = life.now
    mine = exhibits(1, Side.FAMILY, 50)
    assert life.take(lambda: hearing.answer(late, mine, b"a" * 16, life.stamp("citizen"), {}))
    assert (life.now.stage, life.now.answered_at) == (Stage.REVIEW, life.time)
    assert life.now.evidence == late.evidence + mine
    with pytest.raises(WrongState) as twice:
        hearing.answer(life.now, (), b"b" * 16, life.stamp("citizen"), {})
    assert twice.value.faults == (Fault("dispute_answered"),)


def test_nobody_answers_who_was_not_asked() -> None:
    life = reached(Kind.APPEAL, Stage.REVIEW)
    with pytest.raises(WrongState):
        hearing.answer(life.now, (), b"a" * 16, life.stamp("citizen"), {})
    assert not life.take(lambda: hearing.hear(life.now, life.stamp(), answer_by=life.time))


def test_a_family_that_an_officer_found_is_heard_first() -> None:
    life = begun(Kind.OBJECTION)
    assert life.take(lambda: hearing.to_review(life.now, life.stamp(), due=0, concerns=("x",)))
    assert life.now.concerns == ("x",)
    assert life.take(lambda: step(life, "assign", 0, Outcome.UPHELD, 0))
    with pytest.raises(WrongState) as refused:
        step(life, "visit", 0, Outcome.UPHELD, 0)
    assert refused.value.faults == (Fault("dispute_not_linked"),)
    with pytest.raises(NotAllowed):
        step(life, "link", 1, Outcome.UPHELD, 0)
    assert life.take(lambda: step(life, "link", 0, Outcome.UPHELD, 0))
    assert (life.now.stage, life.now.officer, life.now.about) == (Stage.FILED, "", FAMILY)


@pytest.mark.parametrize("side", Side)
def test_there_is_a_most_of_pieces(side: Side) -> None:
    life = reached(Kind.OBJECTION, Stage.HEARING)
    room = MOST_PIECES - len(life.now.evidence)
    for bring in (
        lambda more: hearing.add_evidence(life.now, more, b"a" * 16, life.stamp("citizen")),
        lambda more: hearing.answer(life.now, more, b"a" * 16, life.stamp("citizen"), {}),
    ):
        with pytest.raises(InvalidRequest) as refused:
            bring(exhibits(room + 1, side, 50))
        assert refused.value.faults == (
            Fault("evidence_too_many", "photos", {"most": MOST_PIECES}),
        )
        assert len(bring(exhibits(room, side, 50))[0].evidence) == MOST_PIECES
