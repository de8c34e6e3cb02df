"""Find work that got stuck, and put it on its queue again.

A stream keeps its records for a day and a queue may lose a message to its dead-letter queue; the
tables know better. Two sources: the index of work that waits for the civil registry, for a term
to pass (a dispute, a report about an agent) or for nothing any more (a proposal that rests), and
the ledger's days, where each case's last event tells whether it should have moved on by now.

A day of the ledger is read whole, which costs the more the more families there are, and finds
something once in a hundred thousand times. So today is read four times an hour, yesterday once
an hour, and each day of the two weeks that a queue keeps its messages twice a day.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Final

from chalicelib.domain import audit
from chalicelib.domain.registration import Ref, State, Work
from chalicelib.usecases.ports import CaseStore, Clock, Message, Queue, ReadLedger
from chalicelib.usecases.relay import ADOPTION, CHECK, DISPUTE, queue_of

TICK_MS: Final = 5 * 60_000  # the schedule of the sweep
STUCK_MS: Final = 15 * 60_000
OLDEST: Final = 13  # days back
AT_MOST: Final = 5_000  # messages a run and source: a backlog is worked off over several runs
_TICKS_OF_TODAY: Final = 3
_TICKS_OF_ALL: Final = 12
_BY_DUE: Final = (
    (Work.CHECK, CHECK),
    (Work.ADOPTION, ADOPTION),
    (Work.DISPUTE, DISPUTE),
    (Work.REPORT, DISPUTE),
)


@dataclass(frozen=True, slots=True)
class Ports:
    """What the sweep needs. `village_of` tells the village that a locator carries."""

    clock: Clock
    store: CaseStore
    ledger: ReadLedger
    queues: Mapping[str, Queue]
    region: str
    village_of: Callable[[str], str | None]


def sweep(ports: Ports, looked_at: Sequence[int] | None = None) -> int:
    """Send what is stuck or due to its queue; the workers ignore what has moved on.

    Args:
        looked_at: which days to look at, as `days_looked_at` tells them; those whose turn it is
            if None.

    Returns:
        How many messages were sent.
    """
    now = ports.clock.now_ms()
    sent = 0
    for work, queue in _BY_DUE:
        due = [Message(ref, 0) for ref in ports.store.waiting(work, ports.region, now, AT_MOST)]
        if due:
            ports.queues[queue].send(due)
        sent += len(due)
    days = days_looked_at(now) if looked_at is None else looked_at
    for queue, messages in _stuck(now, days, ports).items():
        ports.queues[queue].send(_some(messages, now))
        sent += min(len(messages), AT_MOST)
    return sent


def days_looked_at(now: int) -> tuple[int, ...]:
    """Which days of the ledger a run looks at: how many days back each is, the oldest first.

    Args:
        now: time of the run, ms UTC. Runs are `TICK_MS` apart and no two in one tick.
    """
    tick = now // TICK_MS
    if tick % _TICKS_OF_TODAY:
        return ()
    if tick % _TICKS_OF_ALL:
        return (0,)
    return (OLDEST - tick // _TICKS_OF_ALL % (OLDEST - 1), 1, 0)


def _stuck(now: int, days: Sequence[int], ports: Ports) -> dict[str, list[Message]]:
    last: dict[str, tuple[State, int]] = {}
    for back in days:
        for locator, state, at in ports.ledger.last_states(audit.day_of(now - back * audit.DAY_MS)):
            last[locator] = (state, at)
    stuck: dict[str, list[Message]] = {}
    for locator, (state, at) in last.items():
        village = ports.village_of(locator)
        queue = queue_of(state)
        if queue is not None and at <= now - STUCK_MS and village is not None:
            stuck.setdefault(queue, []).append(Message(Ref(village, locator), 0))
    return stuck


def _some(messages: Sequence[Message], now: int) -> Sequence[Message]:
    """As many as a run sends, others in each run.

    Of an older day some have moved on since; they must not stand in the way of those who have not.
    """
    if len(messages) <= AT_MOST:
        return messages
    return Random(now).sample(messages, AT_MOST)  # noqa: S311 - any choice will do
