"""A finding that would change a decision that stands: one officer recommends, another decides.

Where the two differ a third does, from elsewhere. Nobody twice, and nobody alone: a finding is
neither put into force nor put away by one person (product, invariant 4).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from chalicelib.domain.assignment import Role
from chalicelib.domain.audit import Act, Event
from chalicelib.domain.errors import Fault, InvalidRequest, NotAllowed, WrongState
from chalicelib.domain.ground_check import Check, Course, Opinion, step

if TYPE_CHECKING:
    from chalicelib.domain.registration import Stamp

REASONS: Final[Mapping[Course, tuple[str, ...]]] = {
    Course.REOPEN: ("found_differs", "family_confirms"),
    Course.KEEP: ("finding_doubtful", "changed_since", "case_ended"),
}
_TURNS: Final = (Role.RECOMMENDER, Role.DECIDER, Role.THIRD)


def turn(check: Check) -> Role:
    """Whose turn it is, by who has spoken."""
    return _TURNS[min(len(check.opinions), len(_TURNS) - 1)]


def since(check: Check) -> int:
    """Since when it is their turn (ms, UTC)."""
    return check.opinions[-1].at if check.opinions else check.received_at


def outcome(check: Check) -> Course | None:
    """What was decided; None while it is not, and for ever if the family was erased before."""
    held = [each.course for each in check.opinions]
    agreed = len(held) == len(_TURNS) or (len(held) == len(_TURNS) - 1 and held[0] is held[1])
    return held[-1] if agreed and not check.to_settle else None


def judge(check: Check, opinion: Opinion, stamp: Stamp) -> tuple[Check, Event]:
    """Keep an officer's opinion: the first recommends, two that agree decide, and so does a third.

    Raises:
        WrongState: nothing waits for officers.
        NotAllowed: by somebody who has spoken.
        InvalidRequest: the reason is not one of the course's.
    """
    if not check.to_settle:
        raise WrongState(Fault("check_settled"))
    if any(each.actor == stamp.actor for each in check.opinions):
        raise NotAllowed(Fault("check_same_person"))
    if opinion.reason not in REASONS[opinion.course]:
        raise InvalidRequest(Fault("field_not_an_option", "opinion"))
    role = turn(check)
    moved = replace(check, opinions=(*check.opinions, opinion))
    act = Act.RECOMMENDED
    if role is Role.THIRD or (role is Role.DECIDER and opinion.course is check.opinions[0].course):
        moved, act = replace(moved, to_settle=False), Act.CHECK_SETTLED
    elif role is Role.DECIDER:
        act = Act.SPLIT
    details = {"course": opinion.course.value, "reason": opinion.reason}
    return step(moved, check.stage, act, stamp, details, reason=opinion.reason)
