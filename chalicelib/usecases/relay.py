"""Which state change feeds which queue: the state change is the message (architecture, Data)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from chalicelib.domain.registration import State
from chalicelib.usecases.ports import Message, Queue

CHECK = "check"
SCORE = "score"
RELEASE = "release"

QUEUE_OF: Mapping[State, str] = {
    State.RECEIVED: CHECK,
    State.MATCHED: SCORE,
    State.WITHDRAWN: RELEASE,
}


def relay(changes: Sequence[tuple[State, Message]], queues: Mapping[str, Queue]) -> int:
    """Send each change to the queue that its new state feeds.

    Sending twice is harmless, since every worker looks at the state before it acts; so a failure
    anywhere lets the whole batch come again.

    Returns:
        How many messages were sent.

    Raises:
        TryAgain: a queue did not take a message.
    """
    sent = 0
    for name, queue in queues.items():
        messages = [message for state, message in changes if QUEUE_OF.get(state) == name]
        if messages:
            queue.send(messages)
            sent += len(messages)
    return sent
