"""Show a case to a member of staff: the read is in the ledger before the answer is given.

No entry, no data (product, invariant 5). Reads chain per actor and day, so no read can be taken
out afterwards without the seal of the day telling.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from chalicelib.domain import audit
from chalicelib.domain.audit import Event
from chalicelib.domain.errors import Fault, NotFound, TryAgain
from chalicelib.domain.identity import Identity
from chalicelib.domain.registration import Ref, Registration, State
from chalicelib.usecases.open_identity import open_identity
from chalicelib.usecases.ports import (
    CaseStore,
    Clock,
    InForce,
    Loaded,
    Opener,
    Randomness,
    ReadLedger,
)

READS_SHOWN = 50
_PLACES_TO_TRY = 4  # two windows of one officer may race for a place in the chain


@dataclass(frozen=True, slots=True)
class Ports:
    """What showing a case needs."""

    clock: Clock
    random: Randomness
    opener: Opener
    store: CaseStore
    ledger: ReadLedger
    region: str


@dataclass(frozen=True, slots=True)
class OpenCase:
    """A case as a member of staff sees it.

    Attributes:
        identity: None for a proposal, an erased case, and whoever may not see it.
        proposal: what a neighbour wrote, as sent; None for all others.
        in_force: what the region has adopted, if anything.
        reads: who looked at it, the latest first.
    """

    case: Registration
    identity: Identity | None
    proposal: Mapping[str, Any] | None
    in_force: InForce | None
    reads: tuple[Event, ...]


def read_case(
    ref: Ref, actor: str, reason: str, ports: Ports, *, with_identity: bool = True
) -> OpenCase:
    """Write the read to the ledger, then open the case.

    Args:
        actor: "staff:<subject>".
        reason: coded reason of the read, e.g. "queue".
        with_identity: False leaves sealed what is sealed.

    Raises:
        NotFound: no such case in this region.
        TryAgain: the ledger or the store refused for now; nothing was shown.
    """
    record_read(
        ref.locator, actor, reason, clock=ports.clock, random=ports.random, ledger=ports.ledger
    )
    loaded, in_force = ports.store.load_for_scoring([ref], ports.region)
    found = loaded.get(ref)
    if found is None:
        raise NotFound(Fault("case_unknown", "locator"))
    if with_identity and found.torn:
        raise TryAgain(Fault("busy"))
    identity = proposal = None
    if with_identity and found.case.household is not None:
        identity = open_identity(found, ports.opener)
    elif with_identity and found.case.state is State.PROPOSED:
        proposal = _open_proposal(found, ports.opener)
    reads = tuple(ports.ledger.reads_of(ref.locator, READS_SHOWN))
    return OpenCase(found.case, identity, proposal, in_force, reads)


def _open_proposal(found: Loaded, opener: Opener) -> Mapping[str, Any]:
    sealed = found.vault[0].sealed
    proposal: Mapping[str, Any] = json.loads(opener.open(sealed, f"{found.case.ref.locator}|0"))
    return proposal


def record_read(
    locator: str, actor: str, reason: str, *, clock: Clock, random: Randomness, ledger: ReadLedger
) -> None:
    """Append one read to the actor's chain of the day, under an id of its own.

    Raises:
        TryAgain: others took the place each time.
    """
    own_id = random.take(audit.READ_ID_BYTES)
    for _ in range(_PLACES_TO_TRY):
        now = clock.now_ms()
        head = ledger.last_read(actor, audit.day_of(now))
        event, _ = audit.append_read(
            head, at=now, actor=actor, ref=locator, reason=reason, own_id=own_id
        )
        if ledger.put_read(event):
            return
    raise TryAgain(Fault("busy"))
