"""Show a case to a member of staff: the read is in the ledger before the answer is given.

No entry, no data (product, invariant 5). Reads chain per actor and day, so no read can be taken
out afterwards without the seal of the day telling.
"""

from __future__ import annotations

from dataclasses import dataclass

from chalicelib.domain import audit
from chalicelib.domain.application import Identity
from chalicelib.domain.errors import Fault, NotFound, TryAgain
from chalicelib.domain.registration import Ref, Registration, Work
from chalicelib.usecases.open_identity import open_identity
from chalicelib.usecases.ports import CaseStore, Clock, Opener, ReadLedger

_PLACES_TO_TRY = 4  # two windows of one officer may race for a place in the chain


@dataclass(frozen=True, slots=True)
class Ports:
    """What showing a case needs."""

    clock: Clock
    opener: Opener
    store: CaseStore
    ledger: ReadLedger
    region: str


@dataclass(frozen=True, slots=True)
class OpenCase:
    """A case with its identity; `identity` is None for a proposal and an erased case."""

    case: Registration
    identity: Identity | None


def read_case(ref: Ref, actor: str, reason: str, ports: Ports) -> OpenCase:
    """Write the read to the ledger, then open the case.

    Args:
        actor: "staff:<subject>".
        reason: coded reason of the read, e.g. "queue".

    Raises:
        NotFound: no such case in this region.
        TryAgain: the ledger or the store refused for now; nothing was shown.
    """
    record_read(ref.locator, actor, reason, ports.clock, ports.ledger)
    found = ports.store.load([ref]).get(ref)
    if found is None:
        raise NotFound(Fault("case_unknown", "locator"))
    if found.case.household is None:
        return OpenCase(found.case, None)
    return OpenCase(found.case, open_identity(found, ports.opener))


def record_read(locator: str, actor: str, reason: str, clock: Clock, ledger: ReadLedger) -> None:
    """Append one read to the actor's chain of the day.

    Raises:
        TryAgain: others took the place each time.
    """
    for _ in range(_PLACES_TO_TRY):
        now = clock.now_ms()
        head = ledger.last_read(actor, audit.day_of(now))
        event, _ = audit.append_read(head, at=now, actor=actor, ref=locator, reason=reason)
        if ledger.put_read(event):
            return
    raise TryAgain(Fault("busy"))


def list_work(work: Work, ports: Ports, limit: int = 50) -> list[Ref]:
    """The cases that wait for a kind of work, the longest waiting first; no identity is read."""
    far = ports.clock.now_ms() + 366 * audit.DAY_MS
    return list(ports.store.waiting(work, ports.region, far, limit))
