"""What a field officer is shown: the own list without anybody in it, and one family to be found.

Whose family it is and where it lives is opened for whoever was drawn, while the visit is open,
and each opening is in the ledger before it is answered. What the family declared is not shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from chalicelib.domain.errors import Fault, NotAllowed, NotFound, TryAgain, WrongState
from chalicelib.domain.ground_check import Check
from chalicelib.domain.registration import Ref
from chalicelib.usecases.check_ports import GroundChecks
from chalicelib.usecases.open_identity import open_identity
from chalicelib.usecases.ports import CaseStore, Clock, Opener, Randomness, ReadLedger
from chalicelib.usecases.read_case import record_read

MOST: Final = 60
REASON: Final = "visit"


@dataclass(frozen=True, slots=True)
class Ports:
    """What the list and the opening need."""

    clock: Clock
    random: Randomness
    opener: Opener
    store: CaseStore
    checks: GroundChecks
    ledger: ReadLedger
    region: str


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """Whom to ask for, and where."""

    check: Check
    name: str
    line: str
    rt: str
    rw: str


def mine(officer: str, ports: Ports) -> Sequence[Check]:
    """The open checks that somebody was drawn for, by deadline.

    Raises:
        TryAgain: the store refused for now.
    """
    refs = ports.checks.of_officer(ports.region, officer, MOST)
    found = ports.checks.load(refs)
    own = (found[ref] for ref in refs if ref in found)
    # The index lags behind by moments: what has ended or is another's since is left out.
    return [check for check in own if check.officer == officer and not check.ended]


def whereabouts(ref: Ref, officer: str, ports: Ports) -> Whereabouts:
    """Write the read to the ledger, then open whom to visit.

    Raises:
        NotFound: there is no such check, or no such family any more.
        NotAllowed: by who was not drawn for it.
        WrongState: the visit is over.
        TryAgain: the ledger, the store or the key service refused for now; nothing was shown.
    """
    check = ports.checks.load([ref]).get(ref)
    if check is None:
        raise NotFound(Fault("check_unknown"))
    if check.officer != officer:
        raise NotAllowed(Fault("check_not_yours"))
    if check.ended:
        raise WrongState(Fault("check_ended"))
    record_read(
        check.about,
        f"agent:{officer}",
        REASON,
        clock=ports.clock,
        random=ports.random,
        ledger=ports.ledger,
    )
    found = ports.store.load([check.case]).get(check.case)
    if found is None or found.case.household is None:
        raise NotFound(Fault("check_unknown"))
    if found.torn:
        raise TryAgain(Fault("busy"))
    identity = open_identity(found, ports.opener)
    return Whereabouts(check, identity.people[0].name, identity.line, identity.rt, identity.rw)
