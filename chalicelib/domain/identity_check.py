"""What the civil registry's answer does to a registration, and the family's one correction.

Pure, as `registration`: each step gives the case as it becomes, and its one ledger event.
"""

from __future__ import annotations

from dataclasses import replace

from chalicelib.domain.audit import Act, Event
from chalicelib.domain.household import Household
from chalicelib.domain.identity import IdentityAnswer, Outcome
from chalicelib.domain.registration import (
    HELD,
    Registration,
    Stamp,
    State,
    Waiting,
    WayIn,
    Work,
    held_concerns,
    is_held,
    stepped,
    with_event,
)

# What stays of the concerns when the identity check runs again.
_KEPT = frozenset({HELD, "warning"})
LETTER_MS = 30 * 86_400_000
"""How long a family of a list has to answer its letter before an officer looks for it."""


def check_identity(
    case: Registration,
    answers: tuple[IdentityAnswer, ...],
    stamp: Stamp,
    *,
    retry_at: int,
    officer_due: int,
) -> tuple[Registration, Event]:
    """Take the registry's answers and say where the case goes.

    Nobody passes unchecked: a single "not checked yet" keeps the case waiting. A head without a
    NIK, a deceased member and a second failed match go to an officer; the first failed match goes
    back to the family. Who came by a list may know nothing of it, so after a month an officer
    looks too: silence counts against nobody. A confirmed family whose NIK another family holds goes
    to an officer, and no sooner: until then its sender sees what anybody sees. Other members
    without NIK do not stop the family; they stay a concern for the officer and Dukcapil (product:
    registered without NIK is work, not a refusal).

    Args:
        answers: one per member, in order; members without a NIK carry NOT_CHECKED and are
            skipped.
        retry_at: when to ask again if the registry did not answer (ms, UTC).
        officer_due: when an officer should have looked (ms, UTC).
    """
    household = _household(case)
    asked = [
        (index, answer)
        for index, (member, answer) in enumerate(zip(household.members, answers, strict=True))
        if member.has_nik
    ]
    without = tuple(
        f"without_nik:{index}"
        for index, member in enumerate(household.members)
        if not member.has_nik
    )
    concerns = tuple(code for code in case.concerns if code.partition(":")[0] in _KEPT) + without
    waiting: Waiting | None = None
    if any(answer.outcome is Outcome.NOT_CHECKED for _, answer in asked):
        state, waiting = State.IDENTITY_CHECKING, Waiting(Work.CHECK, retry_at)
    else:
        found = tuple(code for index, answer in asked for code in _concerns_of(index, answer))
        concerns += found
        if not household.head.has_nik or any(code.startswith("deceased") for code in found):
            state, waiting = State.NEEDS_OFFICER, Waiting(Work.OFFICER, officer_due)
        elif found and case.corrections == 0:
            state, waiting = State.NEEDS_CORRECTION, _until_letter_is_old(case, stamp)
        elif found or is_held(case):
            state, waiting = State.NEEDS_OFFICER, Waiting(Work.OFFICER, officer_due)
        else:
            state = State.MATCHED
            waiting = Waiting(Work.OFFICER, officer_due) if without else None
    details: dict[str, object] = {
        "outcomes": [answer.outcome.value for answer in answers],
        "concerns": list(concerns),
    }
    moved = replace(case, identity=answers, concerns=concerns, waiting=waiting)
    return with_event(
        stepped(moved, state, stamp.at), Act.CHECKED, stamp, details, before=case.state
    )


def _until_letter_is_old(case: Registration, stamp: Stamp) -> Waiting | None:
    if case.way_in is not WayIn.IMPORT:
        return None
    return Waiting(Work.OFFICER, stamp.at + LETTER_MS)


def correct(
    case: Registration,
    household: Household,
    request_id: bytes,
    stamp: Stamp,
    held_by: tuple[str, ...] = (),
    *,
    names: bytes = b"",
) -> tuple[Registration, Event]:
    """Take the family's one correction and check again.

    Args:
        household: with the corrected birth months, sexes and NIK presence.
        held_by: locators of the cases that hold a corrected NIK.
        names: tags of the head's name if it was corrected, else nothing.
    """
    kept = tuple(code for code in case.concerns if code.partition(":")[0] in _KEPT)
    moved = replace(
        case,
        household=household,
        corrections=case.corrections + 1,
        last_request=request_id,
        identity=(),
        waiting=None,
        concerns=tuple(dict.fromkeys((*kept, *held_concerns(held_by)))),
        names=names or case.names,
    )
    return with_event(
        stepped(moved, State.RECEIVED, stamp.at),
        Act.CORRECTED,
        stamp,
        {"held": bool(held_by)},
        before=case.state,
    )


def _concerns_of(index: int, answer: IdentityAnswer) -> tuple[str, ...]:
    if answer.outcome is Outcome.MISMATCH:
        return tuple(f"mismatch:{index}:{name}" for name in answer.fields)
    if answer.outcome in (Outcome.NOT_FOUND, Outcome.DECEASED):
        return (f"{answer.outcome.value}:{index}",)
    return ()


def _household(case: Registration) -> Household:
    if case.household is None:
        raise ValueError("a proposal or an erased case has no household")
    return case.household
