"""What a step leaves for others to take up: a place that fell free, a register to be corrected.

It is worked out from the step itself, and the stores write it in the same transaction: whatever
writes such a step hands it over, and cannot forget to. It names a case by its locator, a programme
or a question by its code, and nobody.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from chalicelib.domain.audit import Act, Event
from chalicelib.domain.dispute import Dispute, Outcome, Stage
from chalicelib.domain.registration import Earlier, Ref, Registration, State

if TYPE_CHECKING:
    from collections.abc import Iterable

    from chalicelib.domain.programme import ProgrammeDecision


class Kind(StrEnum):
    """What is left, and for whom."""

    PLACE = "place"  # a family lost a programme: the next of the waiting list
    REGISTER = "register"  # somebody else's belonging stands with a family: whoever keeps that data


@dataclass(frozen=True, slots=True)
class Handover:
    """Something to take up.

    Attributes:
        ref: the case that it came from.
        at: when (ms, UTC).
        codes: of programmes, or of the question whose answer was not the family's.
        why: code of why the case was taken up again, or locator of the dispute.
    """

    kind: Kind
    ref: Ref
    at: int
    codes: tuple[str, ...]
    why: str


def of_case(case: Registration, event: Event) -> Handover | None:
    """The places that a new decision of a case that was taken up again sets free, if any.

    Args:
        case: as it becomes with the event.
    """
    if event.act is not Act.DECIDED or case.state is not State.DECIDED:
        return None
    codes = freed(case.earlier, case.decisions)
    why = case.earlier.why if case.earlier else ""
    return Handover(Kind.PLACE, case.ref, event.at, codes, why) if codes and why else None


def of_dispute(dispute: Dispute, event: Event) -> Handover | None:
    """The answer that an upheld dispute set apart, which some register holds wrongly, if any.

    Args:
        dispute: as it becomes with the event.
    """
    decided = event.act is Act.DISPUTE_DECIDED and dispute.stage is Stage.DECIDED
    if not decided or dispute.outcome is not Outcome.UPHELD or not dispute.attribute:
        return None
    ref = dispute.case or dispute.ref
    return Handover(Kind.REGISTER, ref, event.at, (dispute.attribute,), dispute.ref.locator)


def freed(before: Earlier | None, now: Iterable[ProgrammeDecision]) -> tuple[str, ...]:
    """Codes of the programmes that a family had and has no more, in the order of before."""
    has = {each.programme for each in now if each.eligible}
    had = before.decisions if before else ()
    return tuple(each.programme for each in had if each.eligible and each.programme not in has)
