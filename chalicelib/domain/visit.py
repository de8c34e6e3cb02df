"""What a field officer brings back from a visit: an attempt, a finding, a remark on it.

Steps of a ground check as those of `ground_check`, but of whoever was drawn to go alone. A phone
sends them when it has a network again: their times and photos are looked at before they are kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from chalicelib.domain.audit import DAY_MS, Act, Event
from chalicelib.domain.dispute import Exhibit
from chalicelib.domain.errors import Fault, InvalidRequest, NotAllowed, WrongState
from chalicelib.domain.finding import Finding
from chalicelib.domain.ground_check import (
    WEIGHED,
    Attempt,
    Check,
    Stage,
    Verdict,
    refuse_ended,
    step,
)
from chalicelib.domain.registration import Stamp

_HOUR_MS: Final = 3_600_000
OLDEST_MS: Final = 30 * DAY_MS
"""A finding is sent when there is a network again, at most so much later (security 2, offline)."""
GRACE_MS: Final = 5 * 60_000
"""How far the clock of a phone may be ahead of ours."""
MOST_PIECES: Final = 20
"""Photos that one check may have, over all its attempts."""


def attempt(
    check: Check,
    missed: Attempt,
    pieces: tuple[Exhibit, ...],
    stamp: Stamp,
    *,
    request: tuple[bytes, bytes],
    most: int,
    apart: int,
) -> tuple[Check, Event]:
    """Keep that nobody was met; the last attempt of the region's number ends the check.

    Args:
        request: id and body digest of the request.
        most: attempts that the region makes.
        apart: time (ms) between two of them, so that two are not one.

    Raises:
        WrongState: it has ended.
        NotAllowed: by who was not drawn for it.
        InvalidRequest: its time or its photos cannot be.
    """
    _his(check, stamp)
    _check_time(check, missed.at, stamp.at)
    if check.attempts and missed.at < check.attempts[-1].at + apart:
        hours = apart // _HOUR_MS
        raise InvalidRequest(Fault("attempt_too_soon", "taken_at", {"hours": hours}))
    _check_pieces(check, pieces)
    moved = replace(
        check,
        attempts=(
            *check.attempts,
            replace(missed, request_id=request[0], body_digest=request[1]),
        ),
        evidence=check.evidence + pieces,
        request_id=request[0],
        body_digest=request[1],
    )
    stage = Stage.NOT_MET if len(moved.attempts) >= most else check.stage
    details = {"why": missed.why.value, "at": missed.at}
    return step(moved, stage, Act.ATTEMPTED, stamp, details, reason=missed.why.value)


def find(
    check: Check,
    seen: Finding,
    verdict: Verdict,
    pieces: tuple[Exhibit, ...],
    stamp: Stamp,
    *,
    request: tuple[bytes, bytes],
) -> tuple[Check, Event]:
    """Keep what was found, beside what was declared; it cannot be changed any more.

    Where the family has its decision and the finding would give it another, or none, an officer
    has to look: one person's finding changes no decision.

    Args:
        request: id and body digest of the request.

    Raises:
        WrongState: it has ended.
        NotAllowed: by who was not drawn for it.
        InvalidRequest: its time or its photos cannot be.
    """
    _his(check, stamp)
    _check_time(check, seen.taken_at, stamp.at)
    _check_pieces(check, pieces)
    weighed = check.purpose in WEIGHED
    moved = replace(
        check,
        finding=seen,
        verdict=verdict,
        received_at=stamp.at,
        evidence=check.evidence + pieces,
        request_id=request[0],
        body_digest=request[1],
        to_settle=weighed and verdict.eligible != check.decided,
    )
    return step(
        moved,
        Stage.DONE,
        Act.CHECK_DONE,
        stamp,
        _told(seen, verdict),
        model=verdict.model,
        rules=verdict.rules,
    )


def remark(
    check: Check, request_id: bytes, stamp: Stamp, details: Mapping[str, object]
) -> tuple[Check, Event]:
    """Keep that whoever went has remarked on the differences, once; the finding stays.

    Args:
        details: what the event commits to: a digest of the remark.

    Raises:
        WrongState: nothing is found yet, or it was remarked on.
        NotAllowed: by somebody else.
    """
    if stamp.actor != f"agent:{check.officer}":
        raise NotAllowed(Fault("check_not_yours"))
    if check.stage is not Stage.DONE or check.finding is None:
        raise WrongState(Fault("check_not_done"))
    if check.remark_id:
        raise WrongState(Fault("check_remarked"))
    return step(
        replace(check, remark_id=request_id), check.stage, Act.CHECK_REMARKED, stamp, details
    )


def _told(seen: Finding, verdict: Verdict) -> Mapping[str, object]:
    return {
        "taken_at": seen.taken_at,
        "answers": dict(seen.answers),
        "counts": {code.value: number for code, number in seen.counts.items()},
        "head": [
            seen.schooling and seen.schooling.value,
            seen.occupation and seen.occupation.value,
        ],
        "eligible": None if verdict.eligible is None else list(verdict.eligible),
    }


def _his(check: Check, stamp: Stamp) -> None:
    if not check.officer or stamp.actor != f"agent:{check.officer}":
        raise NotAllowed(Fault("check_not_yours"))
    refuse_ended(check)


def _check_time(check: Check, taken_at: int, now: int) -> None:
    if taken_at > now + GRACE_MS:
        raise InvalidRequest(Fault("taken_in_future", "taken_at"))
    if taken_at < now - OLDEST_MS:
        days = OLDEST_MS // DAY_MS
        raise InvalidRequest(Fault("taken_too_old", "taken_at", {"days": days}))
    if taken_at < check.asked_at - GRACE_MS:
        raise InvalidRequest(Fault("taken_before_asked", "taken_at"))


def _check_pieces(check: Check, pieces: tuple[Exhibit, ...]) -> None:
    if len(check.evidence) + len(pieces) > MOST_PIECES:
        raise InvalidRequest(Fault("evidence_too_many", "photos", {"most": MOST_PIECES}))
