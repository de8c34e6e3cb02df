"""Ground checks of invented families, for the tests."""

from __future__ import annotations

from dataclasses import replace

from chalicelib.domain import audit, ground_check, visit
from chalicelib.domain.audit import Event
from chalicelib.domain.dispute import Exhibit, Side
from chalicelib.domain.evidence import FileKind, Piece
from chalicelib.domain.finding import Count, Finding
from chalicelib.domain.ground_check import (
    Attempt,
    Check,
    Missed,
    Purpose,
    Stage,
    Verdict,
)
from chalicelib.domain.household import Household
from chalicelib.domain.receipt import derive
from chalicelib.domain.registration import Ref, Stamp
from tests.builders import MINUTE, VILLAGE, VILLAGE_INDEX, household
from tests.fakes import START, FakeBlindIndex

SALT = b"c" * 16
AGENT, OTHER = "agent-1", "agent-2"
MODEL, RULES = "a" * 64, "b" * 64
HOUR = 60 * MINUTE
DAY = 24 * HOUR
CASE = derive(FakeBlindIndex().mac, "a family's key", VILLAGE_INDEX).locator
REQUEST = (b"r" * 16, b"d" * 16)
VERDICT = Verdict(("PKH",), MODEL, RULES)


def at(minutes: int, actor: str = f"agent:{AGENT}") -> Stamp:
    """So many minutes after the start."""
    return Stamp(START + minutes * MINUTE, actor, SALT)


def piece(number: int = 1) -> Exhibit:
    """A photo that may be sent."""
    return Exhibit(Side.FIELD, Piece(f"{number:032x}", FileKind.JPEG, 200_000))


def asked(
    purpose: Purpose = Purpose.CANNOT_SCORE,
    need: str = "cannot_score 1",
    *,
    about: str = CASE,
    declared: Household | None = None,
    decided: tuple[str, ...] = (),
    not_by: tuple[str, ...] = (),
    due: int = START + 14 * DAY,
) -> tuple[Check, Event]:
    """A check that nobody has been drawn for."""
    locator = ground_check.locator_of(FakeBlindIndex().mac, need, about)
    blank = Check(
        ref=Ref(VILLAGE, locator),
        stage=Stage.ASKED,
        version=0,
        about=about,
        purpose=purpose,
        asked_at=START,
        due=due,
        model=MODEL,
        declared=household() if declared is None else declared,
        head=audit.first_head(locator),
        salt=SALT,
        decided=decided,
        not_by=not_by,
    )
    return ground_check.ask(blank, at(0, "system:send_visits"))


def assigned(check: Check | None = None, officer: str = AGENT) -> tuple[Check, Event]:
    """A check that a field officer was drawn for."""
    there = check or asked()[0]
    return ground_check.assign(there, officer, at(1, "system:send_visits"), due=there.due)


def finding(taken_at: int = START + HOUR) -> Finding:
    """A family as it was found: another roof over more heads than were declared."""
    answers: dict[str, int | str] = {"tenure": "owned", "rooms": 2, "toilet": "flush_tank"}
    return Finding(taken_at, answers, {Count.PEOPLE: 5, Count.UNDER_5: 0})


def found(
    check: Check | None = None, eligible: tuple[str, ...] | None = ("PKH",)
) -> tuple[Check, Event]:
    """A check that is done."""
    there = check or assigned()[0]
    return visit.find(
        there,
        finding(),
        Verdict(eligible, MODEL, RULES),
        (piece(),),
        at(90),
        request=REQUEST,
    )


def missed(check: Check, minutes: int, *, most: int = 2, apart: int = 0) -> Check:
    """A check after an attempt at which nobody was at home."""
    gone = Attempt(START + minutes * MINUTE, Missed.NOT_HOME)
    return visit.attempt(check, gone, (), at(minutes), request=REQUEST, most=most, apart=apart)[0]


def with_salt_gone(check: Check) -> Check:
    """A check as it stands after erasure."""
    return replace(check, salt=b"")
