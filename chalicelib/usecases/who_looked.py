"""Tell a family who has looked at its data: when, in what role and why; never a name."""

from __future__ import annotations

from dataclasses import dataclass

from chalicelib.usecases.find_case import Caller, find_case
from chalicelib.usecases.find_case import Ports as FindPorts
from chalicelib.usecases.ports import ReadLedger

SHOWN = 50


@dataclass(frozen=True, slots=True)
class Look:
    """One look at a case.

    Attributes:
        at: ms, UTC.
        role: "staff" or "agent".
        reason: a code.
    """

    at: int
    role: str
    reason: str


def who_looked(receipt: str, caller: Caller, find: FindPorts, ledger: ReadLedger) -> list[Look]:
    """The looks at the case that a receipt opens, the latest first.

    Raises:
        NotFound, TooMany, TryAgain: as for a status look-up.
    """
    case = find_case(receipt, caller, find).case
    events = ledger.reads_of(case.ref.locator, SHOWN)
    return [Look(e.at, e.actor.partition(":")[0], e.reason or "") for e in events]
