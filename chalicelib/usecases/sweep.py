"""Find work that got stuck, and put it on its queue again.

A stream keeps its records for a day and a queue may lose a message to its dead-letter queue; the
tables know better. Two sources: the index of work that waits for the civil registry, and the
ledger's last days, where each case's last event tells whether it should have moved on by now.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from chalicelib.domain import audit
from chalicelib.domain.registration import Ref, State, Work
from chalicelib.usecases.ports import CaseStore, Clock, Message, Queue, ReadLedger
from chalicelib.usecases.relay import CHECK, QUEUE_OF

STUCK_MS = 15 * 60_000
DAYS_BACK = 2
AT_MOST = 5_000  # messages a run and source: a backlog is worked off over several runs


@dataclass(frozen=True, slots=True)
class Ports:
    """What the sweep needs. `village_of` tells the village that a locator carries."""

    clock: Clock
    store: CaseStore
    ledger: ReadLedger
    queues: Mapping[str, Queue]
    region: str
    village_of: Callable[[str], str | None]


def sweep(ports: Ports) -> int:
    """Send what is stuck or due to its queue; the workers ignore what has moved on.

    Returns:
        How many messages were sent.
    """
    now = ports.clock.now_ms()
    due = [Message(ref, 0) for ref in ports.store.waiting(Work.CHECK, ports.region, now, AT_MOST)]
    if due:
        ports.queues[CHECK].send(due)
    sent = len(due)
    for queue, messages in _stuck(now, ports).items():
        ports.queues[queue].send(messages[:AT_MOST])
        sent += len(messages[:AT_MOST])
    return sent


def _stuck(now: int, ports: Ports) -> dict[str, list[Message]]:
    last: dict[str, tuple[State, int]] = {}
    for back in range(DAYS_BACK, -1, -1):
        for locator, state, at in ports.ledger.last_states(audit.day_of(now - back * audit.DAY_MS)):
            last[locator] = (state, at)
    stuck: dict[str, list[Message]] = {}
    for locator, (state, at) in last.items():
        village = ports.village_of(locator)
        if state in QUEUE_OF and at <= now - STUCK_MS and village is not None:
            message = Message(Ref(village, locator), 0)
            stuck.setdefault(QUEUE_OF[state], []).append(message)
    return stuck
