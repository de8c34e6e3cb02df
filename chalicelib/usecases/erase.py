"""Forget a family: identity, its key, answers and guards go; that there was a case stays.

UU 27/2022 art. 43-44. The vault items and the guards are deleted and the answers overwritten in
one transaction, so that there is no half-erased case. The ledger's chain still verifies, but what
its events committed to can be shown by nobody, since the salt went with the vault items.
"""

from __future__ import annotations

from dataclasses import dataclass

from chalicelib.domain import registration
from chalicelib.domain.errors import Fault, NotFound, TryAgain
from chalicelib.domain.registration import Ref, Registration, Stamp, State
from chalicelib.usecases.ports import CaseStore, Clock, Randomness

REASONS = ("family_request", "no_consent", "court_order", "retention_over")
_SALT_SIZE = 16
_TURNS = 3  # a worker may move the case between reading and writing


@dataclass(frozen=True, slots=True)
class Ports:
    """What erasing needs."""

    clock: Clock
    random: Randomness
    store: CaseStore


def erase(ref: Ref, actor: str, reason: str, ports: Ports) -> Registration:
    """Erase a case; one that is erased stays so.

    Args:
        actor: "staff:<subject>"; whether the person may is settled before.
        reason: one of REASONS; stands in the ledger.

    Raises:
        NotFound: no such case.
        TryAgain: the store refused for now, and nothing was erased.
    """
    for _ in range(_TURNS):
        found = ports.store.load([ref]).get(ref)
        if found is None:
            raise NotFound(Fault("case_unknown", "locator"))
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
