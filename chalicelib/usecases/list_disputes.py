"""The disputes that wait: those that an officer was drawn for, and all of a region.

Nothing is opened for a list: what a dispute's own item holds is shown, and that names nobody. A
list looks at no more than so many disputes, in the order in which something is to be done about
them, so it costs at most one query and five reads however many there are, and tells when it left
some out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from chalicelib.domain.dispute import Dispute
from chalicelib.domain.region_calendar import RegionCalendar
from chalicelib.domain.registration import Ref, Work
from chalicelib.domain.sanggah_rules import Terms
from chalicelib.usecases import filing
from chalicelib.usecases.dispute_filter import Filter
from chalicelib.usecases.dispute_ports import Disputes
from chalicelib.usecases.ports import CaseStore, Clock

MOST: Final = 300  # disputes that one list looks at
SOON_DAYS: Final = 2  # working days
_KEYS: Final = 6_000  # of the index, 80 bytes each: still one page of one query
_A_CALL: Final = 60
_EVER: Final = 10**13 - 1  # the index keeps those there that no machine waits for


@dataclass(frozen=True, slots=True)
class Ports:
    """What listing needs."""

    clock: Clock
    store: CaseStore
    disputes: Disputes
    terms: filing.Terms
    region: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """A dispute that waits.

    Attributes:
        ends: when the term of its step is over (ms, UTC).
        late: whether that has passed.
        soon: whether it passes within two working days.
    """

    there: Dispute
    ends: int
    late: bool
    soon: bool


@dataclass(frozen=True, slots=True)
class DisputeList:
    """What a list shows.

    Attributes:
        found: those that the filter asks for, what ends first first.
        looked_at: all that were looked at, to be counted.
        more: whether more wait than were looked at.
        now: when it was read (ms, UTC).
    """

    found: tuple[Waiting, ...]
    looked_at: tuple[Waiting, ...]
    more: bool
    now: int


def mine(officer: str, asked: Filter, ports: Ports) -> DisputeList:
    """The disputes that an officer was drawn for.

    Args:
        officer: subject of the account.

    Raises:
        TryAgain: the store refused for now.
    """
    return _listed(ports.disputes.drawn_for(ports.region, officer, MOST + 1), asked, ports)


def of_region(asked: Filter, ports: Ports) -> DisputeList:
    """All disputes of the region that have not ended.

    The index has them in the order in which a machine looks at them again: those that nobody
    could be drawn for and those that the region has come first.

    Raises:
        TryAgain: the store refused for now.
    """
    refs = ports.store.waiting(Work.DISPUTE, ports.region, _EVER, _KEYS)
    return _listed([ref for ref in refs if asked.is_there(ref)], asked, ports)


def _listed(refs: Sequence[Ref], asked: Filter, ports: Ports) -> DisputeList:
    now = ports.clock.now_ms()
    rules = ports.terms.today(now)
    until = ports.terms.calendar.term(now, SOON_DAYS, rules.terms).at
    looked_at = []
    for there in _load(refs[:MOST], ports):
        end = _ends(there, rules.terms, ports.terms.calendar)
        looked_at.append(Waiting(there, end, end <= now, now < end <= until))
    looked_at.sort(key=lambda each: (each.ends, each.there.ref.locator))
    found = (e for e in looked_at if asked.matches(e.there, late=e.late, soon=e.soon))
    return DisputeList(tuple(found), tuple(looked_at), len(refs) > MOST, now)


def _ends(there: Dispute, terms: Terms, calendar: RegionCalendar) -> int:
    """When the term of its step is over (ms, UTC).

    After that `Dispute.due` tells of the next escalation and no longer of the term.
    """
    days = terms.of_stage(there.stage)
    return there.due if days is None else calendar.term(there.steps[-1].at, days, terms).at


def _load(refs: Sequence[Ref], ports: Ports) -> list[Dispute]:
    """Those that still wait: the index lags behind by moments."""
    found: list[Dispute] = []
    for start in range(0, len(refs), _A_CALL):
        found += ports.disputes.load(refs[start : start + _A_CALL]).values()
    return [there for there in found if not there.ended]
