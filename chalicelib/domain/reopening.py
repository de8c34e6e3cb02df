"""A case that is disputed, or was seen to be otherwise: noted, and taken up again.

Pure, as `registration`: each step gives the case as it becomes, and its one ledger event.
"""

from __future__ import annotations

from dataclasses import replace

from chalicelib.domain.audit import Act, Event
from chalicelib.domain.errors import Fault, WrongState
from chalicelib.domain.household import Household
from chalicelib.domain.registration import (
    ENDED_STATES,
    Registration,
    Stamp,
    State,
    Waiting,
    Work,
    decided_before,
    stepped,
    with_event,
)

MOST_DISPUTES = 12
"""Appeals and objections about one case; their locators stand in its item of 1,024 bytes."""
_REOPENED_FROM = frozenset({State.DECIDED, State.NEEDS_GROUND_CHECK, State.NEEDS_OFFICER})


def disputed(case: Registration, dispute: str, stamp: Stamp) -> tuple[Registration, Event]:
    """Note that an appeal or an objection is about the case; nothing of its result changes.

    Args:
        dispute: locator of the appeal or objection.

    Raises:
        WrongState: the case has ended, or too many have been about it.
    """
    if case.state in ENDED_STATES:
        raise WrongState(Fault("case_ended"))
    if len(case.disputes) >= MOST_DISPUTES:
        raise WrongState(Fault("disputes_too_many"))
    moved = replace(case, disputes=(*case.disputes, dispute), version=case.version + 1)
    return with_event(moved, Act.DISPUTED, stamp, {"dispute": dispute}, before=case.state)


def reopen(
    case: Registration,
    household: Household | None,
    reason: str,
    stamp: Stamp,
    *,
    officer_due: int,
) -> tuple[Registration, Event]:
    """Take up a decided case again, after an upheld dispute or a ground check.

    With checked answers it is scored and decided anew; without any it goes to an officer. What
    the family was told before stays beside the new decision.

    Args:
        household: as somebody saw it; None when answers are not what was wrong.
        reason: a code, kept as a concern when an officer has to act.

    Raises:
        WrongState: the case is neither decided nor waiting for a visit or an officer.
    """
    moved = _taken_up(case, reason)
    if household is None:
        moved = replace(
            moved,
            concerns=(*case.concerns, reason),
            waiting=Waiting(Work.OFFICER, officer_due),
        )
    else:
        waited_for = case.earlier.why if case.earlier else ""
        missing = ("missing", "ratio_part_missing", waited_for)
        kept = tuple(code for code in case.concerns if code.partition(":")[0] not in missing)
        moved = replace(moved, household=household, concerns=kept)
    state = State.NEEDS_OFFICER if household is None else State.MATCHED
    return _reopened(stepped(moved, state, stamp.at), reason, stamp, case.state)


def revisit(
    case: Registration, reason: str, stamp: Stamp, *, due: int
) -> tuple[Registration, Event]:
    """Take up a decided case again whose answers are wrong, though nobody has seen the right ones.

    Somebody goes and looks, and it is scored on what is found: no office waits for another.

    Args:
        reason: a code, kept as a concern until then.
        due: when somebody should have gone (ms, UTC).

    Raises:
        WrongState: as `reopen`.
    """
    moved = replace(
        _taken_up(case, reason),
        concerns=(*case.concerns, reason),
        waiting=Waiting(Work.VISIT, due),
    )
    return _reopened(stepped(moved, State.NEEDS_GROUND_CHECK, stamp.at), reason, stamp, case.state)


def _taken_up(case: Registration, reason: str) -> Registration:
    if case.state not in _REOPENED_FROM:
        raise WrongState(Fault("case_not_decided"))
    before = decided_before(case)
    return replace(
        case,
        earlier=replace(before, why=reason.partition(":")[0]) if before else None,
        scored=None,
        decisions=(),
        rules_hash="",
        waiting=None,
    )


def _reopened(
    moved: Registration, reason: str, stamp: Stamp, before: State
) -> tuple[Registration, Event]:
    code = reason.partition(":")[0]
    return with_event(moved, Act.REOPENED, stamp, {"reason": reason}, before=before, reason=code)
