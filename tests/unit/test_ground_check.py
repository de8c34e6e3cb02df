"""A ground check and its life: asked for, drawn, gone for, found; and what each step refuses."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain import audit, check_review, ground_check, visit
from chalicelib.domain.audit import Act, Event, Head
from chalicelib.domain.errors import InvalidRequest, NotAllowed, TepatError, WrongState
from chalicelib.domain.evidence import PieceState
from chalicelib.domain.ground_check import (
    Attempt,
    Check,
    Course,
    Missed,
    Opinion,
    Purpose,
    Stage,
    Verdict,
)
from chalicelib.domain.household import Occupation, Schooling
from chalicelib.domain.receipt import is_locator
from chalicelib.domain.visit import GRACE_MS, MOST_PIECES, OLDEST_MS
from tests import checking
from tests.builders import MINUTE
from tests.checking import AGENT, DAY, HOUR, OTHER, REQUEST, asked, assigned, at, finding, found
from tests.fakes import START, FakeBlindIndex

VERDICT = Verdict(("PKH",), checking.MODEL, checking.RULES)


def missed(check: Check, minutes: int, *, most: int = 2, apart: int = 0) -> Check:
    gone = Attempt(START + minutes * MINUTE, Missed.NOT_HOME)
    return visit.attempt(check, gone, (), at(minutes), request=REQUEST, most=most, apart=apart)[0]


def refused(
    code: str, error: type[TepatError], step: object, field: str = "", **params: int
) -> None:
    with pytest.raises(error) as caught:
        step()  # type: ignore[operator]
    (fault,) = caught.value.faults
    assert (fault.code, fault.field) == (code, field)
    assert json.dumps(fault.params) == json.dumps(params)  # a sentence says 12 hours, never 12.0


def kept(
    before: Check,
    done: tuple[Check, Event],
    details: Mapping[str, object],
    *,
    reason: str | None = None,
    under: bytes = checking.SALT,
    **changes: object,
) -> None:
    """A step changes these fields and no other, and its one event commits to these details."""
    after, event = done
    changes |= {"version": before.version + 1, "head": Head(event.seq, event.hash, event.at)}
    assert after == replace(before, **changes)  # type: ignore[arg-type]
    assert (event.chain, event.prev) == (before.ref.locator, before.head.hash)
    assert (event.commitment, event.reason) == (audit.commit(under, details), reason)


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


def test_only_who_was_drawn_may_answer() -> None:
    drawn = assigned()[0]
    for who in (f"agent:{OTHER}", f"staff:{AGENT}", "citizen"):
        stranger = at(90, who)
        refused(
            "check_not_yours",
            NotAllowed,
            lambda: visit.find(drawn, finding(), VERDICT, (), stranger, request=REQUEST),  # noqa: B023 - runs at once
        )
    waiting = asked()[0]
    refused(
        "check_not_yours",
        NotAllowed,
        lambda: visit.find(waiting, finding(), VERDICT, (), at(90, "agent:"), request=REQUEST),
    )


def test_a_second_finding_is_refused_and_the_first_stays() -> None:
    done = found()[0]
    refused("check_ended", WrongState, lambda: found(done))
    refused("check_ended", WrongState, lambda: missed(done, 100))
    refused("check_ended", WrongState, lambda: assigned(done, OTHER))


def test_not_at_home_twice_goes_back_to_an_officer_and_is_no_finding() -> None:
    drawn = assigned()[0]
    once = missed(drawn, 60)
    assert (once.stage, len(once.attempts)) == (Stage.ASSIGNED, 1)
    twice = missed(once, 120)
    assert (twice.stage, twice.finding, twice.verdict) == (Stage.NOT_MET, None, None)
    assert ground_check.checked_household(twice) is None
    assert not twice.to_settle
    assert missed(drawn, 60, most=1).stage is Stage.NOT_MET


def test_two_attempts_are_not_one() -> None:
    once = missed(assigned()[0], 60, apart=12 * HOUR)
    refused(
        "attempt_too_soon",
        InvalidRequest,
        lambda: missed(once, 120, apart=12 * HOUR),
        "taken_at",
        hours=12,
    )
    assert missed(once, 60 + 12 * 60, apart=12 * HOUR).stage is Stage.NOT_MET


def test_an_attempt_is_kept_with_its_photos_and_its_request() -> None:
    once = replace(assigned()[0], evidence=(checking.piece(1),))
    gone = Attempt(START + HOUR, Missed.REFUSED)
    kept(
        once,
        visit.attempt(once, gone, (checking.piece(2),), at(90), request=REQUEST, most=2, apart=0),
        {"why": "refused", "at": START + HOUR},
        reason="refused",
        attempts=(Attempt(START + HOUR, Missed.REFUSED, *REQUEST),),
        evidence=(checking.piece(1), checking.piece(2)),
        request_id=REQUEST[0],
        body_digest=REQUEST[1],
    )


@pytest.mark.parametrize("eligible", [None, (), ("PKH", "BPNT")])
@pytest.mark.parametrize(
    ("learned", "head"),
    [
        ({}, [None, None]),
        ({"schooling": Schooling.BACHELOR, "occupation": None}, ["bachelor", None]),
        ({"schooling": None, "occupation": Occupation.FARMER}, [None, "farmer"]),
    ],
)
def test_a_finding_commits_to_all_that_was_seen_and_to_what_follows(
    eligible: tuple[str, ...] | None, learned: dict[str, Schooling], head: list[str | None]
) -> None:
    drawn = assigned()[0]
    seen, verdict = replace(finding(), **learned), replace(VERDICT, eligible=eligible)  # type: ignore[arg-type]
    kept(
        drawn,
        visit.find(drawn, seen, verdict, (checking.piece(),), at(90), request=REQUEST),
        {
            "taken_at": START + HOUR,
            "answers": {"tenure": "owned", "rooms": 2, "toilet": "flush_tank"},
            "counts": {"people": 5, "under_5": 0},
            "head": head,
            "eligible": eligible,
        },
        stage=Stage.DONE,
        finding=seen,
        verdict=verdict,
        received_at=at(90).at,
        evidence=(checking.piece(),),
        request_id=REQUEST[0],
        body_digest=REQUEST[1],
    )


@pytest.mark.parametrize(
    ("taken", "sent", "code", "params"),
    [
        (HOUR, HOUR, None, {}),
        (HOUR + GRACE_MS, HOUR, None, {}),
        (HOUR + GRACE_MS + 1, HOUR, "taken_in_future", {}),
        (HOUR, HOUR + OLDEST_MS, None, {}),
        (HOUR, HOUR + OLDEST_MS + 1, "taken_too_old", {"days": 30}),
        (-GRACE_MS, HOUR, None, {}),
        (-GRACE_MS - 1, HOUR, "taken_before_asked", {}),
    ],
)
def test_a_finding_may_come_late_but_not_from_the_future(
    taken: int, sent: int, code: str | None, params: dict[str, int]
) -> None:
    drawn = assigned()[0]

    def step() -> Check:
        stamp = replace(at(0), at=START + sent)
        seen = finding(START + taken)
        return visit.find(drawn, seen, VERDICT, (), stamp, request=REQUEST)[0]

    if code is None:
        assert step().finding == finding(START + taken)
    else:
        refused(code, InvalidRequest, step, "taken_at", **params)


@pytest.mark.parametrize("purpose", Purpose)
def test_one_finding_alone_changes_no_decision_that_stands(purpose: Purpose) -> None:
    """Of families that have their decision an officer looks when it would be another."""
    drawn = assigned(asked(purpose, decided=("PKH", "BPNT"))[0])[0]
    weighed = purpose in {Purpose.SAMPLE, Purpose.NEAR_CUTOFF}
    assert found(drawn, ("PKH", "BPNT"))[0].to_settle is False
    assert found(drawn, ("PKH",))[0].to_settle is weighed
    assert found(drawn, None)[0].to_settle is weighed


def test_a_remark_is_made_once_by_who_went_and_changes_nothing_found() -> None:
    done = found()[0]
    said, event = visit.remark(done, b"m" * 16, at(95), {"digest": "x"})
    assert event.act is Act.CHECK_REMARKED
    kept(done, (said, event), {"digest": "x"}, remark_id=b"m" * 16)
    refused("check_remarked", WrongState, lambda: visit.remark(said, b"n" * 16, at(96), {}))
    stranger = at(96, f"agent:{OTHER}")
    refused("check_not_yours", NotAllowed, lambda: visit.remark(done, b"n" * 16, stranger, {}))
    drawn = assigned()[0]
    refused("check_not_done", WrongState, lambda: visit.remark(drawn, b"n", at(2), {}))


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


def test_too_many_photos_are_refused() -> None:
    drawn = replace(assigned()[0], evidence=(checking.piece(MOST_PIECES),))

    def find(photos: int) -> Check:
        pieces = tuple(checking.piece(number) for number in range(photos))
        return visit.find(drawn, finding(), VERDICT, pieces, at(90), request=REQUEST)[0]

    assert len(find(MOST_PIECES - 1).evidence) == MOST_PIECES
    refused(
        "evidence_too_many", InvalidRequest, lambda: find(MOST_PIECES), "photos", most=MOST_PIECES
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
