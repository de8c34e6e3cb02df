"""What has happened to a dispute and its case since an officer looked: read off their own chains.

Each step of either is one event, and the version counts them: what is missing between what was
seen and what stands is exactly the events after it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from chalicelib.usecases import show_status

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from chalicelib.domain.audit import Event, Head

MOST = 6  # events of a chain that are told, the latest first; each is one read


class Events(Protocol):
    """Reads one event of a chain."""

    def event(self, chain: str, at: int, seq: int) -> Event | None:
        """The event of a chain at a place, by its time (ms, UTC)."""
        ...


@dataclass(frozen=True, slots=True)
class Ports:
    """What the words rest on.

    Attributes:
        words: "changed", "you" and "officer" (data/words/staff, dispute).
    """

    ledger: Events
    words: Mapping[str, Any]
    status: show_status.Ports


def what_changed(
    chains: Iterable[tuple[str, Head, int]], viewer: str, ports: Ports
) -> list[dict[str, str]]:
    """The steps since then, the latest first: what, who in which role, and when.

    Args:
        chains: name, end and the version that was seen, of each thing that was looked at.
        viewer: "staff:<subject>" of the officer.
    """
    found = [
        event for chain, head, seen in chains for event in _since(chain, head, seen, ports.ledger)
    ]
    latest = sorted(found, key=lambda event: event.at, reverse=True)
    return [_told(event, viewer, ports) for event in latest]


def _since(chain: str, head: Head, seen: int, ledger: Events) -> Iterator[Event]:
    """Walk a chain back from its end to what was seen."""
    at, seq = head.at, head.seq
    while seq > max(seen, head.seq - MOST):
        event = ledger.event(chain, at, seq)
        if event is None:
            return
        yield event
        at, seq = event.prev_at, seq - 1


def _told(event: Event, viewer: str, ports: Ports) -> dict[str, Any]:
    words = ports.words["changed"]
    kind, _, subject = event.actor.partition(":")
    who = ports.words["officer"].format(kode=subject[:8]) if kind == "staff" else words["who"][kind]
    return {
        "what": words["acts"].get(event.act, words["other"]),
        "who": ports.words["you"] if event.actor == viewer else who,
        "at": show_status.moment(event.at, ports.status),
    }
