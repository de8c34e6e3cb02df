"""End a case at the family's wish. Its NIK are released afterwards, by a worker that may delete."""

from __future__ import annotations

from dataclasses import dataclass

from chalicelib.domain import blind_keys, registration
from chalicelib.domain.errors import Fault, TryAgain
from chalicelib.domain.registration import ENDED_STATES, Registration, Stamp
from chalicelib.usecases.find_case import Caller, find_case
from chalicelib.usecases.find_case import Ports as FindPorts
from chalicelib.usecases.ports import Randomness
from chalicelib.usecases.register import SALT_SIZE


@dataclass(frozen=True, slots=True)
class Ports:
    """What withdrawing needs."""

    find: FindPorts
    random: Randomness


def withdraw(key: str, receipt: str, caller: Caller, ports: Ports) -> Registration:
    """Withdraw the case that a receipt opens; a case that is withdrawn stays so.

    Raises:
        NotFound, TooMany: as for a status look-up.
        TryAgain: the store refused for now.
    """
    case = find_case(receipt, caller, ports.find).case
    if case.state in ENDED_STATES:
        return case
    own_id = blind_keys.request_id(ports.find.index.mac, key)
    # There are no details to disclose, so the salt of this commitment need not be kept.
    stamp = Stamp(ports.find.clock.now_ms(), "citizen", ports.random.take(SALT_SIZE))
    moved, event = registration.withdraw(case, own_id, stamp)
    conflict = ports.find.store.change(moved, event)
    if conflict is None:
        return moved
    if conflict.case is not None and conflict.case.state in ENDED_STATES:
        return conflict.case
    raise TryAgain(Fault("busy"))
