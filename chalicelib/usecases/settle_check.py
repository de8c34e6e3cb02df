"""What visits found that would be decided otherwise: an officer looks, and says what comes of it.

Nothing of the family's result changes here. What should change goes the way of all changes, by
two people; this only keeps that somebody has looked, and empties the list.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from chalicelib.domain import ground_check
from chalicelib.domain.errors import Fault, InvalidRequest, NotFound, TryAgain
from chalicelib.domain.ground_check import Check
from chalicelib.domain.registration import Ref, Stamp
from chalicelib.usecases.check_ports import GroundChecks
from chalicelib.usecases.ports import Clock

REASONS: Final = ("family_told", "no_change", "register_asked")
MOST: Final = 60


@dataclass(frozen=True, slots=True)
class Ports:
    """What settling needs."""

    clock: Clock
    checks: GroundChecks
    region: str


def to_settle(ports: Ports) -> Sequence[Check]:
    """Checks that wait for an officer, the oldest first.

    Raises:
        TryAgain: the store refused for now.
    """
    refs = ports.checks.to_settle(ports.region, MOST)
    found = ports.checks.load(refs)
    # The index lags behind by moments: what was settled just now is left out.
    return [found[ref] for ref in refs if ref in found and found[ref].to_settle]


def settle(ref: Ref, actor: str, reason: str, ports: Ports) -> Check:
    """Keep that an officer has looked.

    Args:
        actor: "staff:<subject>"; whether the person may is settled before.
        reason: one of REASONS; stands in the ledger.

    Raises:
        InvalidRequest: another reason.
        NotFound: there is no such check.
        WrongState: nothing of it waits for an officer.
        TryAgain: the store refused for now, or somebody wrote meanwhile.
    """
    if reason not in REASONS:
        raise InvalidRequest(Fault("field_not_an_option", "reason"))
    there = ports.checks.load([ref]).get(ref)
    if there is None:
        raise NotFound(Fault("check_unknown"))
    stamp = Stamp(ports.clock.now_ms(), actor, there.salt)
    moved, event = ground_check.settle(there, reason, stamp)
    if ports.checks.change(moved, event) is not None:
        raise TryAgain(Fault("busy"))
    return moved
