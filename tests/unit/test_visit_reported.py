"""What whoever went sends from a visit: a finding, an attempt, a remark; and what is refused."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chalicelib.domain import ground_check, visit
from chalicelib.domain.audit import Act
from chalicelib.domain.errors import InvalidRequest, NotAllowed, WrongState
from chalicelib.domain.ground_check import Attempt, Check, Missed, Stage
from chalicelib.domain.household import Occupation, Schooling
from chalicelib.domain.visit import GRACE_MS, MOST_PIECES, OLDEST_MS
from tests import checking
from tests.check_steps import kept, refused
from tests.checking import (
    AGENT,
    HOUR,
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
from tests.fakes import START


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


def test_too_many_photos_are_refused() -> None:
    drawn = replace(assigned()[0], evidence=(checking.piece(MOST_PIECES),))

    def find(photos: int) -> Check:
        pieces = tuple(checking.piece(number) for number in range(photos))
        return visit.find(drawn, finding(), VERDICT, pieces, at(90), request=REQUEST)[0]

    assert len(find(MOST_PIECES - 1).evidence) == MOST_PIECES
    refused(
        "evidence_too_many", InvalidRequest, lambda: find(MOST_PIECES), "photos", most=MOST_PIECES
    )
