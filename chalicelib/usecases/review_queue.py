"""The cases that wait for a person, the longest waiting first. No identity is read for it."""

from __future__ import annotations

from dataclasses import dataclass

from chalicelib.domain import audit
from chalicelib.domain.registration import Registration, Work
from chalicelib.usecases.ports import CaseStore, Clock

PAGE = 30
MOST_PAGES = 100
KINDS = (Work.OFFICER, Work.VISIT)
_FAR_MS = 366 * audit.DAY_MS


@dataclass(frozen=True, slots=True)
class Ports:
    """What listing needs."""

    clock: Clock
    store: CaseStore
    region: str


@dataclass(frozen=True, slots=True)
class QueuePage:
    """One page of a queue.

    Attributes:
        number: from 1.
        more: whether there is a next page.
        now: when it was read (ms, UTC), to tell what is late.
    """

    cases: tuple[Registration, ...]
    number: int
    more: bool
    now: int


def list_cases(work: Work, number: int, ports: Ports) -> QueuePage:
    """Read one page of the cases that wait for a kind of work.

    The index is asked from its start for each page: its entries are keys of 80 bytes, and what
    is worked off leaves it, so that a remembered place would skip cases.

    Args:
        number: from 1; beyond the last page the page is empty.

    Raises:
        TryAgain: the store refused for now.
    """
    number = min(max(number, 1), MOST_PAGES)
    now = ports.clock.now_ms()
    refs = ports.store.waiting(work, ports.region, now + _FAR_MS, number * PAGE + 1)
    shown = refs[(number - 1) * PAGE : number * PAGE]
    loaded = ports.store.load(shown)
    cases = tuple(loaded[ref].case for ref in shown if ref in loaded)
    return QueuePage(cases, number, len(refs) > number * PAGE, now)
