"""How a dispute comes before the officers: evidence in time, a family found and heard."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chalicelib.domain import dispute, hearing
from chalicelib.domain.audit import Act, first_head
from chalicelib.domain.dispute import (
    ENDED,
    MOST_PIECES,
    UNCLEAR,
    UNPROVEN,
    Kind,
    Opening,
    Outcome,
    Reached,
    Side,
    Stage,
)
from chalicelib.domain.errors import Fault, InvalidRequest, NotAllowed, WrongState
from chalicelib.domain.evidence import PieceState
from tests.dispute_life import FAMILY, assert_becomes, begun, laden, reached, step
from tests.disputing import DAY, OFFICER, blank, exhibits, piece


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
    assert life.now.follows == ""
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


def test_what_is_filed_begins_its_own_chain_and_commits_to_what_was_told() -> None:
    made, stamp = blank(Kind.APPEAL, FAMILY), begun(Kind.APPEAL).stamp("agent:9901")
    assert_becomes(
        made,
        hearing.file(
            replace(made, head=first_head("2222222222")), stamp, due=7, told={"agreed": True}
        ),
        stamp,
        Act.FILED,
        {"kind": "appeal", "reason": "data_wrong", "pieces": 2, "agreed": True},
        reason="data_wrong",
        due=7,
        steps=(Reached(Stage.FILED, stamp.at),),
    )


def test_what_is_added_and_answered_changes_nothing_else() -> None:
    life = laden(Kind.OBJECTION, Stage.HEARING)
    there, stamp, more = life.now, life.stamp("citizen"), exhibits(2, Side.FAMILY, 50)
    brought = {"evidence": there.evidence + more, "last_request": b"a" * 16}
    added = hearing.add_evidence(there, more, b"a" * 16, stamp)
    assert_becomes(there, added, stamp, Act.EVIDENCE_ADDED, {"pieces": 2}, **brought)
    said: dict[str, object] = {"answer": "0f" * 32}
    answered = hearing.answer(there, more, b"a" * 16, stamp, said)
    assert_becomes(there, answered, stamp, Act.ANSWERED, said, answered_at=stamp.at, **brought)


def test_what_screening_found_changes_its_piece_only() -> None:
    life = laden(Kind.OBJECTION, Stage.HEARING)
    there, stamp = life.now, life.stamp()
    found = replace(piece(1), state=PieceState.REFUSED, why="evidence_virus", tries=1)
    first, second = there.evidence
    told: dict[str, object] = {"piece": found.id, "state": "refused", "why": "evidence_virus"}
    made = hearing.screened(there, found, stamp)
    kept = (first, replace(second, piece=found))
    assert_becomes(there, made, stamp, Act.SCREENED, told, evidence=kept)


@pytest.mark.parametrize("earlier", ["", "3M3GCCCCCC"])
def test_a_family_that_is_found_is_the_only_thing_that_changes(earlier: str) -> None:
    life = laden(Kind.OBJECTION, Stage.FILED)
    there, stamp = replace(life.now, about="", follows=earlier), life.stamp()
    made = hearing.link(
        there, FAMILY, stamp, due=9, follows="3M3GBBBBBB", concerns=("cluster:hour",)
    )
    assert_becomes(
        there,
        made,
        stamp,
        Act.LINKED,
        {"about": FAMILY},
        about=FAMILY,
        names=b"",
        officer="",
        due=9,
        follows=earlier or "3M3GBBBBBB",
        concerns=(UNPROVEN, "by_agent", "cluster:hour"),
    )


@pytest.mark.parametrize("concerns", [(), ("cluster:device",)])
def test_a_family_that_is_heard_is_the_only_thing_that_changes(concerns: tuple[str, ...]) -> None:
    life = laden(Kind.OBJECTION, Stage.FILED)
    there, stamp = life.now, life.stamp()
    until = stamp.at + DAY
    told: dict[str, object] = {"answer_by": until}
    if concerns:
        told["concerns"] = list(concerns)
    assert_becomes(
        there,
        hearing.hear(there, stamp, answer_by=until, concerns=concerns),
        stamp,
        Act.HEARD,
        told,
        stage=Stage.HEARING,
        device=b"",
        street=b"",
        answer_by=until,
        due=until,
        officer="",
        concerns=(UNCLEAR, "by_agent", *concerns),
    )


def test_what_goes_to_the_officers_or_is_withdrawn_keeps_nothing_to_compare() -> None:
    life = laden(Kind.OBJECTION, Stage.HEARING)
    there, stamp = life.now, life.stamp()
    plain = {"device": b"", "street": b"", "officer": ""}
    assert_becomes(
        there,
        hearing.to_review(there, stamp, due=11, concerns=("x",)),
        stamp,
        Act.TO_REVIEW,
        {"concerns": ["x"]},
        **plain,
        stage=Stage.REVIEW,
        due=11,
        concerns=(*there.concerns, "x"),
    )
    assert_becomes(
        there,
        hearing.withdraw(there, b"w" * 16, stamp),
        stamp,
        Act.WITHDRAWN,
        {},
        **plain,
        stage=Stage.WITHDRAWN,
        due=0,
        last_request=b"w" * 16,
    )


@pytest.mark.parametrize("noted", [False, True])
def test_who_has_it_loses_it_to_a_stranger_when_it_is_first_suspected(noted: bool) -> None:
    """Somebody from elsewhere has it from then on, and keeps it whatever else is noted."""
    life = laden(Kind.OBJECTION, Stage.REVIEW)
    stamp = life.stamp()
    before = (*life.now.concerns, *(["cluster:hour"] if noted else []))
    there = replace(life.now, concerns=before)
    assert_becomes(
        there,
        hearing.flag(there, (*before, "cluster:street"), stamp),
        stamp,
        Act.FLAGGED,
        {"concerns": ["cluster:street"]},
        concerns=(*before, "cluster:street"),
        officer=OFFICER if noted else "",
    )
    assert hearing.flag(there, before, stamp) is None


@pytest.mark.parametrize("stage", sorted(ENDED))
def test_what_has_ended_is_suspected_no_more(stage: Stage) -> None:
    life = reached(Kind.OBJECTION, stage)
    assert hearing.flag(life.now, ("cluster:street",), life.stamp()) is None


@pytest.mark.parametrize("stage", sorted(set(Stage) - {Stage.HEARING}))
def test_an_appeal_of_an_erased_family_ends_with_nothing_that_it_brought(stage: Stage) -> None:
    life = laden(Kind.APPEAL, stage)
    there, stamp = life.now, replace(life.stamp("staff:supervisor-1"), salt=b"n" * 16)
    assert_becomes(
        there,
        hearing.forget(there, stamp),
        stamp,
        Act.FORGOTTEN,
        {},
        stage=stage if stage in ENDED else Stage.WITHDRAWN,
        salt=b"n" * 16,
        evidence=(),
        body_digest=b"",
        concerns=(),
        due=0,
        officer="",
    )


def test_an_objection_to_an_erased_family_goes_on_without_what_the_family_brought() -> None:
    life = laden(Kind.OBJECTION, Stage.HEARING)
    kept = life.now.evidence
    opened = Opening("staff:supervisor-1", "threat", 5, b"a sealed note", b"its key")
    there = replace(life.now, evidence=(*kept, *exhibits(2, Side.FAMILY, 50)), openings=(opened,))
    stamp = replace(life.stamp("staff:supervisor-1"), salt=b"n" * 16)
    assert_becomes(
        there,
        hearing.forget(there, stamp),
        stamp,
        Act.FORGOTTEN,
        {},
        salt=b"n" * 16,
        evidence=kept,
        openings=(replace(opened, note=b"", key=b""),),
    )


@pytest.mark.parametrize("stage", [Stage.HEARING, Stage.REVIEW, Stage.VISIT])
def test_a_family_may_answer_until_somebody_recommends(stage: Stage) -> None:
    life = reached(Kind.OBJECTION, stage)
    assert life.take(lambda: hearing.answer(life.now, (), b"a" * 16, life.stamp("citizen"), {}))


@pytest.mark.parametrize("stage", [Stage.RECOMMENDED, Stage.SPLIT])
def test_a_family_answers_no_more_when_somebody_has_recommended(stage: Stage) -> None:
    life = reached(Kind.OBJECTION, stage)
    with pytest.raises(WrongState) as refused:
        hearing.answer(life.now, (), b"a" * 16, life.stamp("citizen"), {})
    assert refused.value.faults == (Fault("dispute_moved"),)


@pytest.mark.parametrize("changed", [{"kind": Kind.APPEAL}, {"about": ""}, {"answer_by": 1}])
def test_only_a_found_family_of_an_objection_is_heard_and_once(changed: dict[str, object]) -> None:
    life = laden(Kind.OBJECTION, Stage.FILED)
    there = replace(life.now, **changed)  # type: ignore[arg-type]
    with pytest.raises(WrongState) as refused:
        hearing.hear(there, life.stamp(), answer_by=5)
    assert refused.value.faults == (Fault("dispute_not_to_be_heard"),)
