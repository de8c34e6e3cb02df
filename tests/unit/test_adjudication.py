"""What officers do with a dispute: who was drawn, nobody twice, nothing against the unheard."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256

import pytest

from chalicelib.domain import adjudication, hearing
from chalicelib.domain.audit import Act
from chalicelib.domain.dispute import WITH_OFFICER, Dispute, Kind, Opening, Outcome, Stage, Vote
from chalicelib.domain.errors import Fault, NotAllowed, WrongState
from tests.dispute_life import OPEN, PEOPLE, REASON, assert_becomes, begun, laden, reached, step
from tests.disputing import OFFICER, OTHER, THIRD, at
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


def opening(actor: str) -> Opening:
    return Opening(actor, "threat", START, b"a sealed note", b"its key")


def test_who_is_drawn_and_drawn_anew_is_told_and_its_level_never_falls() -> None:
    life = laden(Kind.OBJECTION, Stage.REVIEW)
    there, stamp = life.now, life.stamp("staff:overseer")
    for level in (0, 1, 2):
        most = max(1, level)
        assert_becomes(
            there,
            adjudication.assign(there, THIRD, stamp, level=level),
            stamp,
            Act.ASSIGNED,
            {"officer": THIRD, "level": level},
            officer=THIRD,
            level=most,
        )
        assert_becomes(
            there,
            adjudication.redraw(there, THIRD, stamp, level=level, reason=REASON),
            stamp,
            Act.REDRAWN,
            {"officer": THIRD, "before": OFFICER, "level": level},
            reason=REASON,
            officer=THIRD,
            level=most,
            passed=(OTHER, OFFICER),
        )


@pytest.mark.parametrize("officer", ["", OFFICER, OTHER, "overseer"])
def test_it_is_drawn_anew_to_nobody_who_had_it_or_who_asks(officer: str) -> None:
    life = laden(Kind.OBJECTION, Stage.REVIEW)
    with pytest.raises(ValueError, match="somebody else"):
        adjudication.redraw(life.now, officer, life.stamp("staff:overseer"), level=0, reason=REASON)


def test_a_step_is_taken_from_so_many_and_no_more() -> None:
    life = laden(Kind.OBJECTION, Stage.REVIEW)
    stamp = life.stamp("staff:overseer")
    had = tuple(f"officer-{number}" for number in range(11, 11 + adjudication.MOST_PASSED))
    last = replace(life.now, passed=had[1:])
    taken, _ = adjudication.redraw(last, THIRD, stamp, level=0, reason=REASON)
    assert taken.passed == (*had[1:], OFFICER)
    with pytest.raises(WrongState) as refused:
        adjudication.redraw(replace(last, passed=had), THIRD, stamp, level=0, reason=REASON)
    assert refused.value.faults == (Fault("redraw_too_often"),)
    nobody = replace(last, passed=had, officer="")  # it is taken from nobody
    assert adjudication.redraw(nobody, THIRD, stamp, level=0, reason=REASON)[0].passed == had


def test_what_a_deadline_and_a_visit_change() -> None:
    life = laden(Kind.OBJECTION, Stage.REVIEW)
    there, stamp = life.now, life.stamp(f"staff:{OFFICER}")
    assert_becomes(
        there,
        adjudication.escalate(there, 2, stamp, due=13),
        stamp,
        Act.ESCALATED,
        {"level": 2},
        level=2,
        officer="",
        passed=(OTHER, OFFICER),
        due=13,
    )
    visit = adjudication.ask_visit(there, stamp, due=17)
    assert_becomes(there, visit, stamp, Act.VISIT_ASKED, {}, stage=Stage.VISIT, due=17)


@pytest.mark.parametrize(
    ("stage", "voted", "outcome", "act", "changed"),
    [
        (Stage.REVIEW, (), Outcome.UPHELD, Act.RECOMMENDED, {"stage": Stage.RECOMMENDED}),
        (Stage.RECOMMENDED, (Outcome.UPHELD,), Outcome.REJECTED, Act.SPLIT, {"stage": Stage.SPLIT}),
        (Stage.RECOMMENDED, (Outcome.REJECTED,), Outcome.REJECTED, Act.DISPUTE_DECIDED, None),
        (
            Stage.SPLIT,
            (Outcome.UPHELD, Outcome.REJECTED),
            Outcome.PARTLY_UPHELD,
            Act.DISPUTE_DECIDED,
            None,
        ),
    ],
)
def test_a_vote_is_kept_and_told_and_nothing_else_changes(
    stage: Stage,
    voted: tuple[Outcome, ...],
    outcome: Outcome,
    act: Act,
    changed: dict[str, object] | None,
) -> None:
    """Once it is decided its outcome and reason stand, and no term runs (None here)."""
    life = laden(Kind.OBJECTION, stage)
    votes = tuple(Vote(f"staff:voter-{n}", each, REASON, 5) for n, each in enumerate(voted))
    there, stamp = replace(life.now, votes=votes), life.stamp(f"staff:{OFFICER}")
    mine = Vote(stamp.actor, outcome, "checked_agrees", stamp.at)
    take = adjudication.recommend if stage is Stage.REVIEW else adjudication.decide
    over = {"stage": Stage.DECIDED, "outcome": outcome, "why": "checked_agrees", "due": 0}
    assert_becomes(
        there,
        take(there, mine, stamp, due=19),
        stamp,
        act,
        {"outcome": outcome.value, "reason": "checked_agrees"},
        reason="checked_agrees",
        votes=(*votes, mine),
        officer="",
        **({"due": 19} | changed if changed else over),
    )


@pytest.mark.parametrize("stage", [Stage.FILED, Stage.REVIEW, Stage.DECIDED, Stage.WITHDRAWN])
def test_each_opening_of_who_objected_is_told_with_a_digest_of_what_was_written(
    stage: Stage,
) -> None:
    life = laden(Kind.OBJECTION, stage)
    actor = "staff:supervisor-1"
    there, stamp = replace(life.now, openings=(opening("staff:earlier"),)), life.stamp(actor)
    assert_becomes(
        there,
        adjudication.open_objector(there, opening(actor), stamp),
        stamp,
        Act.OBJECTOR_OPENED,
        {"reason": "threat", "note": sha256(b"a sealed note").hexdigest()},
        reason="threat",
        openings=(opening("staff:earlier"), opening(actor)),
    )


def test_who_objected_is_opened_nine_times_and_no_more() -> None:
    life = laden(Kind.OBJECTION, Stage.REVIEW)
    actor = "staff:supervisor-1"
    stamp = life.stamp(actor)
    most = (opening(actor),) * 9
    last = adjudication.open_objector(replace(life.now, openings=most[1:]), opening(actor), stamp)
    assert last[0].openings == most
    with pytest.raises(WrongState) as refused:
        adjudication.open_objector(last[0], opening(actor), stamp)
    assert refused.value.faults == (Fault("objector_opened_often"),)


def test_nobody_stands_behind_an_appeal_to_be_opened() -> None:
    life = laden(Kind.APPEAL, Stage.REVIEW)
    with pytest.raises(WrongState) as refused:
        adjudication.open_objector(life.now, opening("staff:x"), life.stamp("staff:x"))
    assert refused.value.faults == (Fault("objector_none"),)


def judged(there: Dispute, how: str) -> Dispute:
    """A dispute that somebody has, has voted on, or had."""
    vote = Vote("staff:judge", Outcome.UPHELD, REASON, 5)
    changed = {
        "has": {"officer": "judge"},
        "voted": {"votes": (vote,)},
        "had": {"passed": ("x", "judge")},
    }
    return replace(there, **changed[how])  # type: ignore[arg-type]


@pytest.mark.parametrize("how", ["has", "voted", "had"])
def test_who_judges_it_never_opens_who_objected(how: str) -> None:
    life = laden(Kind.OBJECTION, Stage.REVIEW)
    there = judged(life.now, how)
    with pytest.raises(NotAllowed) as refused:
        adjudication.open_objector(there, opening("staff:judge"), life.stamp("staff:judge"))
    assert refused.value.faults == (Fault("objector_not_by_judge"),)


@pytest.mark.parametrize(
    ("changed", "stranger"),
    [
        ({}, False),
        ({"about": ""}, True),
        ({"follows": "3M3GBBBBBB"}, True),
        ({"concerns": ("by_agent", "cluster:hour")}, True),
    ],
)
def test_somebody_from_elsewhere_acts_on_a_second_look_a_cluster_and_an_unknown_family(
    changed: dict[str, object], stranger: bool
) -> None:
    there = replace(laden(Kind.OBJECTION, Stage.REVIEW).now, **changed)  # type: ignore[arg-type]
    assert adjudication.needs_stranger(there) is stranger
