"""Forget a family: identity, its key, answers and guards go; that there was a case stays.

UU 27/2022 art. 43-44. The vault items and the guards are deleted and the answers overwritten in
one transaction, so that there is no half-erased case. The ledger's chain still verifies, but what
its events committed to can be shown by nobody, since the salt went with the vault items.
What the family said and showed in appeals, in answer to objections and on visits goes before it:
a case that is erased has nothing left anywhere.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chalicelib.domain import dispute, registration
from chalicelib.domain.dispute import Dispute, Kind
from chalicelib.domain.errors import Fault, NotFound, TryAgain
from chalicelib.domain.evidence import Piece, page_key
from chalicelib.domain.registration import Ref, Registration, Stamp, State
from chalicelib.usecases.dispute_ports import ANSWER, CLAIM, Disputes, Opened, held_slot
from chalicelib.usecases.forget_checks import forget_checks
from chalicelib.usecases.ports import CaseStore, Clock, Randomness

if TYPE_CHECKING:
    from chalicelib.usecases.check_ports import GroundChecks
    from chalicelib.usecases.evidence_ports import Copies

REASONS = ("family_request", "no_consent", "court_order", "retention_over")
_SALT_SIZE = 16
_TURNS = 3  # a worker may move the case, or a dispute, between reading and writing
_MOST_PAGES = 100  # clean copies that a piece may have while nobody has counted them


@dataclass(frozen=True, slots=True)
class Ports:
    """What erasing needs.

    Attributes:
        disputes: opens those of the region; few families ever had one.
    """

    clock: Clock
    random: Randomness
    store: CaseStore
    disputes: Callable[[], Disputes]
    copies: Copies
    checks: GroundChecks


def erase(ref: Ref, actor: str, reason: str, ports: Ports) -> Registration:
    """Erase a case; one that is erased stays so, and what came too late is forgotten now.

    Args:
        actor: "staff:<subject>"; whether the person may is settled before.
        reason: one of REASONS; stands in the ledger.

    Raises:
        NotFound: no such case.
        TryAgain: the store refused for now; the family is as it was, but for what it said in
            disputes or showed on visits, which may be forgotten already.
    """
    for _ in range(_TURNS):
        found = ports.store.load([ref]).get(ref)
        if found is None:
            raise NotFound(Fault("case_unknown", "locator"))
        for locator in found.case.disputes:
            _forget(Ref(ref.village, locator), actor, ports)
        forget_checks(
            ref, actor, ports.checks, ports.copies, clock=ports.clock, random=ports.random
        )
        if found.case.state is State.ERASED:
            return found.case
        if found.torn:
            continue  # a guard of the correction might be left behind
        # Nobody keeps this salt: what the event commits to is forgotten with the rest.
        stamp = Stamp(ports.clock.now_ms(), actor, ports.random.take(_SALT_SIZE))
        moved, event = registration.erase(found.case, stamp, reason)
        if ports.store.erase(moved, event, found.guards) is None:
            return moved
    raise TryAgain(Fault("busy"))


def _forget(ref: Ref, actor: str, ports: Ports) -> None:
    """Delete what the family wrote and showed in a dispute; nothing of it is left, or TryAgain."""
    from chalicelib.domain import hearing  # noqa: PLC0415 - few families ever had a dispute

    disputes = ports.disputes()
    for _ in range(_TURNS):
        opened = disputes.read(ref)
        if opened is None or not is_left(opened):
            return
        there = opened.dispute
        keys = [key for piece in dispute.of_family(there) for key in _copies(ref, piece)]
        if keys:
            ports.copies.erase(keys)
        stamp = Stamp(ports.clock.now_ms(), actor, ports.random.take(_SALT_SIZE))
        moved, event = hearing.forget(there, stamp)
        ends = moved.ended and not there.ended
        place = held_slot(there) if ends else None
        if disputes.forget(moved, event, [part_of_family(there)], gives_up=place) is None:
            return
    raise TryAgain(Fault("busy"))


def part_of_family(there: Dispute) -> str:
    """What the family wrote in a dispute about it."""
    return CLAIM if there.kind is Kind.APPEAL else ANSWER


def is_left(opened: Opened) -> bool:
    """Whether a dispute still holds something that the family wrote or showed."""
    there = opened.dispute
    return part_of_family(there) in opened.statements or bool(dispute.of_family(there))


def _copies(owner: Ref, piece: Piece) -> list[str]:
    """Keys of a piece's clean copies; of all it can have, while it is being screened."""
    pages = piece.pages if piece.settled else _MOST_PAGES
    return [page_key(owner, piece.id, page) for page in range(1, pages + 1)]
