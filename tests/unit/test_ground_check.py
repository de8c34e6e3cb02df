"""A ground check and its life: asked for, drawn, found, ended, forgotten; and what is refused."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain import audit, check_review, ground_check, visit
from chalicelib.domain.audit import Act, Event
from chalicelib.domain.errors import NotAllowed, WrongState
from chalicelib.domain.evidence import PieceState
from chalicelib.domain.ground_check import Check, Course, Opinion, Purpose, Stage
from chalicelib.domain.receipt import is_locator
from tests import checking
from tests.check_steps import kept, refused
from tests.checking import (
    AGENT,
    DAY,
    OTHER,
    REQUEST,
    VERDICT,
    asked,
    assigned,
    at,
    finding,
    found,
    missed,
)
from tests.fakes import START, FakeBlindIndex


def test_a_check_is_asked_for_drawn_and_found_each_step_in_its_own_chain() -> None:
    check, first = asked()
    drawn, second = assigned(check)
    done, third = found(drawn)
    assert [each.act for each in (first, second, third)] == [
        Act.CHECK_ASKED,
        Act.CHECK_ASSIGNED,
        Act.CHECK_DONE,
    ]
    assert {each.chain for each in (first, second, third)} == {check.ref.locator}
    assert [each.version for each in (check, drawn, done)] == [1, 2, 3]
    # The sweep reads states of cases in the ledger: a check names none.
    assert {each.to_state for each in (first, second, third)} == {None}
    assert (third.model, third.rules) == (checking.MODEL, checking.RULES)
    assert (done.stage, done.ended, done.received_at) == (Stage.DONE, True, third.at)


def test_the_first_event_says_of_whom_why_and_by_what_chance() -> None:
    told = {"about": checking.CASE, "purpose": "sample", "dispute": "D", "occasion": "sample 1"}
    drawn = replace(asked(Purpose.SAMPLE)[0], dispute="D", occasion="sample 1", chance=(3, 70))
    new = replace(drawn, version=0, head=audit.first_head(drawn.ref.locator))
    # Whatever chain and version it is handed, a check begins its own.
    elsewhere = replace(drawn, stage=Stage.DONE, version=7)
    kept(new, ground_check.ask(elsewhere, at(0, "system:x")), told | {"chance": [3, 70]})


def test_whoever_is_drawn_has_the_time_of_the_draw_and_nobody_higher_is_called_any_more() -> None:
    waiting = ground_check.escalate(asked()[0], 1, {"b": 2, "a": 1}, at(1, "system:x"))[0]
    kept(
        waiting,
        ground_check.assign(waiting, AGENT, at(2, "system:x"), due=START + 3 * DAY),
        {"officer": AGENT},
        stage=Stage.ASSIGNED,
        officer=AGENT,
        due=START + 3 * DAY,
        level=0,
        why=(),
    )


def test_somebody_higher_is_called_once_a_level_and_only_while_nobody_is_drawn() -> None:
    def call(check: Check, level: int) -> tuple[Check, Event]:
        return ground_check.escalate(check, level, {"b": 2, "a": 1}, at(5, "system:x"))

    waiting = asked()[0]
    told = {"level": 1, "why": {"a": 1, "b": 2}}
    kept(waiting, call(waiting, 1), told, level=1, why=(("a", 1), ("b", 2)))
    for level in (0, 1, 3):
        with pytest.raises(ValueError, match="rises"):
            call(call(waiting, 1)[0], level)
    assert call(call(waiting, 1)[0], 2)[0].level == 2
    refused("check_moved", WrongState, lambda: call(assigned()[0], 1))
    refused("check_ended", WrongState, lambda: call(found()[0], 1))


def test_the_same_need_has_the_same_locator_and_no_case_has_it() -> None:
    mac = FakeBlindIndex().mac
    one = ground_check.locator_of(mac, "dispute X 1", checking.CASE)
    assert one == ground_check.locator_of(mac, "dispute X 1", checking.CASE)
    assert one != ground_check.locator_of(mac, "dispute X 2", checking.CASE)
    assert is_locator(one)
    assert ground_check.village_index(one) == checking.VILLAGE_INDEX
    assert ground_check.village_index(checking.CASE) < 0


def test_nobody_goes_who_registered_the_family_or_went_before() -> None:
    check, _ = asked(not_by=("agent-9",))
    refused("check_not_by", NotAllowed, lambda: assigned(check, "agent-9"))
    refused("check_not_by", NotAllowed, lambda: assigned(check, ""))
    first = assigned(check)[0]
    second = assigned(first, OTHER)[0]
    assert (second.officer, second.not_by) == (OTHER, ("agent-9", AGENT))
    refused("check_not_by", NotAllowed, lambda: assigned(second, AGENT))
    assert assigned(second, OTHER)[0].not_by == ("agent-9", AGENT)


@pytest.mark.parametrize("purpose", Purpose)
def test_one_finding_alone_changes_no_decision_that_stands(purpose: Purpose) -> None:
    """Of families that have their decision an officer looks when it would be another."""
    drawn = assigned(asked(purpose, decided=("PKH", "BPNT"))[0])[0]
    weighed = purpose in {Purpose.SAMPLE, Purpose.NEAR_CUTOFF}
    assert found(drawn, ("PKH", "BPNT"))[0].to_settle is False
    assert found(drawn, ("PKH",))[0].to_settle is weighed
    assert found(drawn, None)[0].to_settle is weighed


def test_photos_are_screened_after_the_finding_and_only_once() -> None:
    done = found()[0]
    clean = replace(done.evidence[0].piece, state=PieceState.RELEASED, pages=1)
    step = ground_check.screened(done, clean, at(100, "system:screen_evidence"))
    assert step is not None
    after, event = step
    assert (after.evidence[0].piece, event.act) == (clean, Act.SCREENED)
    assert ground_check.screened(after, replace(clean, pages=2), at(101, "system:x")) is None
    assert ground_check.screened(done, replace(clean, id="f" * 32), at(101, "system:x")) is None


def test_the_ledger_commits_to_what_screening_found_of_which_photo() -> None:
    done = replace(found()[0], evidence=(checking.piece(1), checking.piece(2)))
    torn = replace(done.evidence[1].piece, state=PieceState.REFUSED, why="evidence_broken")
    step = ground_check.screened(done, torn, at(100, "system:screen_evidence"))
    assert step is not None
    kept(
        done,
        step,
        {"piece": torn.id, "state": "refused", "why": "evidence_broken"},
        evidence=(done.evidence[0], replace(done.evidence[1], piece=torn)),
    )


def test_what_nobody_needs_any_more_is_cancelled() -> None:
    there = assigned()[0]
    gone, event = ground_check.cancel(there, "withdrawn", at(5, "system:send_visits"))
    told = {"reason": "withdrawn"}
    kept(there, (gone, event), told, reason="withdrawn", stage=Stage.CANCELLED)
    refused(
        "check_ended", WrongState, lambda: ground_check.cancel(gone, "withdrawn", at(6, "system:x"))
    )


def test_erasing_forgets_how_the_family_lives() -> None:
    for there in (asked()[0], assigned()[0], found(assigned(asked(Purpose.SAMPLE)[0])[0])[0]):
        gone, event = ground_check.forget(
            there, replace(at(300, "staff:officer-1"), salt=b"n" * 16)
        )
        kept(
            there,
            (gone, event),
            {},
            under=b"n" * 16,
            salt=b"",
            stage=Stage.DONE if there.ended else Stage.CANCELLED,
            declared=None,
            finding=None,
            evidence=(),
            to_settle=False,
        )
        assert event.act is Act.FORGOTTEN
        assert ground_check.checked_household(gone) is None
        assert ground_check.differences(gone) == ()
        refused(
            "check_not_done" if gone.officer else "check_not_yours",
            WrongState if gone.officer else NotAllowed,
            lambda: visit.remark(gone, b"n" * 16, at(301), {}),  # noqa: B023 - runs at once
        )


STEPS = st.sampled_from(["assign", "missed", "found", "remark", "cancel", "settle"])


@given(st.sampled_from(Purpose), st.lists(STEPS, max_size=12))
def test_whatever_is_tried_silence_ends_nothing_but_the_visits(
    purpose: Purpose, tried: list[str]
) -> None:
    """Only a finding gives answers; attempts never do, and an ended check stays as it ended."""
    check = asked(purpose, decided=("PKH",))[0]
    met = False
    for minute, name in enumerate(tried, start=2):
        before = check
        stamp = at(minute)
        try:
            if name == "assign":
                check = ground_check.assign(check, AGENT, stamp, due=check.due)[0]
            elif name == "missed":
                check = missed(check, minute)
            elif name == "found":
                seen = finding(stamp.at)
                check = visit.find(check, seen, VERDICT, (), stamp, request=REQUEST)[0]
                met = True
            elif name == "remark":
                check = visit.remark(check, b"m" * 16, stamp, {})[0]
            elif name == "cancel":
                check = ground_check.cancel(check, "withdrawn", stamp)[0]
            else:
                stamp = at(minute, f"staff:officer-{minute % 3}")
                doubt = Opinion(stamp.actor, Course.KEEP, "finding_doubtful", stamp.at)
                check = check_review.judge(check, doubt, stamp)[0]
        except (NotAllowed, WrongState):
            assert check is before
            continue
        assert check.version == before.version + 1
        assert check.head.seq == before.head.seq + 1
        assert not before.ended or check.stage is before.stage
    assert (check.finding is not None) == met == (check.stage is Stage.DONE)
    assert len({each.actor for each in check.opinions}) == len(check.opinions)
    assert check.stage is not Stage.NOT_MET or len(check.attempts) == 2
