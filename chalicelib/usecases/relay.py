"""Which state change feeds which queue: the state change is the message (architecture, Data)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

from chalicelib.domain import dispute, misconduct
from chalicelib.domain.adoption import DRIVEN, SETTLED_MS, Stage
from chalicelib.domain.registration import State
from chalicelib.usecases.ports import Message, Queue

CHECK = "check"
SCORE = "score"
RELEASE = "release"
ADOPTION = "adoption"
DISPUTE = "dispute"

Moved: TypeAlias = State | Stage | dispute.Stage | misconduct.Stage
"""What a case, a proposal, a dispute or a report about an agent has come to."""

QUEUES: Mapping[type[Moved], Mapping[Moved, str]] = {
    State: {State.RECEIVED: CHECK, State.MATCHED: SCORE, State.WITHDRAWN: RELEASE},
    Stage: dict.fromkeys(DRIVEN, ADOPTION),
    dispute.Stage: dict.fromkeys(set(dispute.Stage) - dispute.ENDED, DISPUTE),
    misconduct.Stage: dict.fromkeys((misconduct.Stage.FILED, misconduct.Stage.REVIEW), DISPUTE),
}
"""By kind, since equal words of two kinds are equal: a case and a dispute can be "withdrawn"."""

DELAY_S: Mapping[Moved, int] = dict.fromkeys(
    (Stage.COMPARING, Stage.ADOPTED), SETTLED_MS // 1000 + 15
)
"""What follows these steps waits until functions that read earlier have ended."""


def queue_of(moved: Moved) -> str | None:
    """The queue that a state feeds; None when nothing follows from it."""
    return QUEUES[type(moved)].get(moved)


def relay(changes: Sequence[tuple[Moved, Message]], queues: Mapping[str, Queue]) -> int:
    """Send each change to the queue that its new state feeds.

    Sending twice is harmless, since every worker looks at the state before it acts; so a failure
    anywhere lets the whole batch come again.

    Args:
        changes: the state that something has come to, and what to send; version 0 stands for
            work that goes on without a new step, and is not delayed.
        queues: by name.

    Returns:
        How many messages were sent.

    Raises:
        TryAgain: a queue did not take a message.
    """
    sent = 0
    for name, queue in queues.items():
        by_delay: dict[int, list[Message]] = {}
        for state, message in changes:
            if queue_of(state) == name:
                delay = DELAY_S.get(state, 0) if message.version else 0
                by_delay.setdefault(delay, []).append(message)
        for delay, messages in by_delay.items():
            queue.send(messages, delay_s=delay)
            sent += len(messages)
    return sent
