"""Forget what ground checks say of a family that is erased: declared, found, written, photographed.

That it was visited stays, and whether it was found eligible, so that an estimate of errors does
not change afterwards; no answer, no place and no photo does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from chalicelib.domain import ground_check
from chalicelib.domain.errors import Fault, TryAgain
from chalicelib.domain.evidence import page_key
from chalicelib.domain.registration import Stamp

if TYPE_CHECKING:
    from chalicelib.domain.registration import Ref
    from chalicelib.usecases.check_ports import GroundChecks, Opened
    from chalicelib.usecases.evidence_ports import Copies
    from chalicelib.usecases.ports import Clock, Randomness

_SALT_SIZE: Final = 16
_TURNS: Final = 3  # a phone may send between reading and writing
_MOST_PAGES: Final = 100  # clean copies that a photo may have while nobody has counted them


def forget_checks(
    case: Ref,
    actor: str,
    checks: GroundChecks,
    copies: Copies,
    *,
    clock: Clock,
    random: Randomness,
) -> None:
    """Forget all checks of a family; what is forgotten already stays so.

    Raises:
        TryAgain: the store refused for now; the same call may be made again.
    """
    for check in checks.about(case):
        for _ in range(_TURNS):
            opened = checks.read(check.ref)
            if opened is None or not is_left(opened):
                break
            there = opened.check
            keys = [
                page_key(there.ref, each.piece.id, page)
                for each in there.evidence
                for page in range(1, 1 + (each.piece.pages if each.piece.settled else _MOST_PAGES))
            ]
            if keys:
                copies.erase(keys)
            # Nobody keeps this salt: what the event commits to is forgotten with the rest.
            stamp = Stamp(clock.now_ms(), actor, random.take(_SALT_SIZE))
            if checks.forget(*ground_check.forget(there, stamp)) is None:
                break
        else:
            raise TryAgain(Fault("busy"))


def is_left(opened: Opened) -> bool:
    """Whether a check still says something of the family."""
    there = opened.check
    said = there.declared is not None or there.finding is not None
    return said or bool(there.evidence) or bool(opened.statements)
