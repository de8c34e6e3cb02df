"""A batch of messages: each is taken as far as it goes now, whatever becomes of the others."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from chalicelib.domain.errors import TryAgain
from chalicelib.usecases.ports import Message


def unsettled(messages: Sequence[Message], go_on: Callable[[Message], bool]) -> list[Message]:
    """Take what each message is about as far as it goes.

    Args:
        messages: as they came; of several about one only the last is taken.
        go_on: False when it must come again, since somebody wrote meanwhile.

    Returns:
        Those that must come again; the store may have refused for now, too.
    """
    failed: list[Message] = []
    for message in {message.ref: message for message in messages}.values():
        try:
            settled = go_on(message)
        except TryAgain:
            settled = False
        if not settled:
            failed.append(message)
    return failed
