"""Let the NIK of withdrawn families be registered again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from chalicelib.domain import registration
from chalicelib.domain.errors import TryAgain
from chalicelib.domain.registration import Stamp, State
from chalicelib.usecases.ports import CaseStore, Clock, Message

ACTOR = "system:release_guards"


@dataclass(frozen=True, slots=True)
class Ports:
    """What releasing needs."""

    clock: Clock
    store: CaseStore


def release_guards(messages: Sequence[Message], ports: Ports) -> list[Message]:
    """Release the guards of each withdrawn case, once.

    Returns:
        The messages that must come again, because the store refused or the case was just written.
    """
    loaded = ports.store.load(list({message.ref: None for message in messages}))
    failed: list[Message] = []
    for message in {message.ref: message for message in messages}.values():
        found = loaded.get(message.ref)
        if found is None or found.case.state is not State.WITHDRAWN:
            continue
        if found.torn:
            failed.append(message)
            continue
        stamp = Stamp(ports.clock.now_ms(), ACTOR, found.vault[0].salt)
        moved, event = registration.release_guards(found.case, stamp)
        try:
            # A conflict means that another delivery of this message was first.
            ports.store.release(moved, event, found.guards)
        except TryAgain:
            failed.append(message)
    return failed
