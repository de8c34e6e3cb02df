"""Export the ledger for auditors: seals, events, reads and heads, one JSON record a line.

The export shows the ledger as it stood at one instant although it goes on growing meanwhile:
events from that instant on are left out, and a head that has moved on is walked back along its
chain. It holds no personal data, since the ledger has none. Format: `docs/audit.md`.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from chalicelib.domain.audit import FORMAT, Event, Head, canonical, day_after, day_of, event_record
from chalicelib.domain.day_seal import DaySeal, seal_record

if TYPE_CHECKING:
    from collections.abc import Iterator


class ExportLedger(Protocol):
    """The ledger as the exporter sees it."""

    def seals(self) -> Iterator[DaySeal]:
        """All seals, in the order of their days."""
        ...

    def day_events(self, day: str) -> Iterator[Event]:
        """Events and reads of a day (yyyymmdd), page by page, in the order of the seal."""
        ...

    def event(self, chain: str, at: int, seq: int) -> Event | None:
        """One event by its key."""
        ...


class ExportHeads(Protocol):
    """The ends of all chains, from the registry and not from the ledger."""

    def heads(self) -> Iterator[tuple[str, Head]]:
        """(chain, head) of every registration, in ascending order of the chain."""
        ...


@dataclass(frozen=True, slots=True)
class Ports:
    """What exporting needs, and the region (Kemendagri code) whose ledger it is."""

    region: str
    ledger: ExportLedger
    registry: ExportHeads


def export_ledger(until: int, ports: Ports, *, since: str | None = None) -> Iterator[bytes]:
    """Write the ledger as it stood at an instant.

    Args:
        until: that instant, ms UTC; events from it on are left out. Fifteen minutes ago or more,
            so that every function that was writing then has ended.
        ports: ledger and registry of the region.
        since: first day (yyyymmdd), for a ledger that has no seal yet; else its first seal's day.

    Yields:
        Lines of canonical JSON: the seals of whole days, then each day's events and reads in the
        order of the seal, then the heads, then one `end` record that counts them.
    """
    counts: Counter[str] = Counter()
    last_day = day_of(until)
    seals = [seal for seal in ports.ledger.seals() if seal.day < last_day]  # a few thousand
    for seal in seals:
        yield _line(seal_record(seal), counts)
    day = seals[0].day if seals else since or last_day
    while day <= last_day:
        for event in ports.ledger.day_events(day):
            if event.at < until:
                yield _line(event_record(event), counts)
        day = day_after(day)
    for chain, newest in ports.registry.heads():
        head = _head_at(until, chain, newest, ports.ledger)
        if head.seq:
            yield _line(_head_record(chain, head), counts)
    end: dict[str, str | int] = {"type": "end", "v": FORMAT, "region": ports.region, "until": until}
    for kind in ("seal", "event", "read", "head"):
        end[f"{kind}s"] = counts[kind]
    yield canonical(end) + b"\n"


def _line(record: dict[str, str | int], counts: Counter[str]) -> bytes:
    counts[str(record["type"])] += 1
    return canonical(record) + b"\n"


def _head_at(until: int, chain: str, head: Head, ledger: ExportLedger) -> Head:
    """The head as it was at an instant; as it is, if the chain behind it is broken."""
    while head.at >= until:
        event = ledger.event(chain, head.at, head.seq)
        if event is None:
            break
        head = Head(event.seq - 1, event.prev, event.prev_at)
    return head


def _head_record(chain: str, head: Head) -> dict[str, str | int]:
    return {
        "type": "head",
        "v": FORMAT,
        "chain": chain,
        "seq": head.seq,
        "hash": head.hash.hex(),
        "at": head.at,
    }
