"""The filters that an officer keeps under a name: for their own use, and nothing of a person.

They are kept beside the counters that may vanish, one item an officer: a lost view costs a minute.
An officer's profile is no place for them, since it is a chain that administrators write, and a
cookie would end with the desk that they sat at.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from chalicelib.domain.audit import DAY_MS
from chalicelib.domain.errors import Fault, InvalidRequest, TryAgain
from chalicelib.usecases.ports import Clock
from chalicelib.usecases.view_ports import View, Views

MOST: Final = 10
KEPT_MS: Final = 400 * DAY_MS  # from the last change
LONGEST: Final = 30
_TRIES: Final = 3  # two windows of one officer
_NAME: Final = re.compile(r"[^\W_](?:[^\W_]|[ .,()/-])*")
_NUMBER: Final = re.compile(r"(?:\d[^\w]*){6}")  # it may be somebody's: no name of a view


@dataclass(frozen=True, slots=True)
class Ports:
    """What keeping views needs."""

    clock: Clock
    views: Views


def save(owner: str, view: View, ports: Ports) -> None:
    """Keep a view, in place of the one of that name if there is one.

    Args:
        owner: subject of the account.

    Raises:
        InvalidRequest: no name for a view, nothing asked for, or too many are kept.
        TryAgain: the store refused for now.
    """
    if not _NAME.fullmatch(view.name) or len(view.name) > LONGEST or _NUMBER.search(view.name):
        raise InvalidRequest(Fault("view_name", "name", {"most": LONGEST}))
    if not view.asked:
        raise InvalidRequest(Fault("view_empty", "name"))
    for _ in range(_TRIES):
        kept, version = ports.views.load(owner)
        others = [each for each in kept if (each.name, each.place) != (view.name, view.place)]
        if len(others) >= MOST:
            raise InvalidRequest(Fault("view_too_many", "name", {"most": MOST}))
        if _put(owner, [*others, view], version, ports):
            return
    raise TryAgain(Fault("busy"))


def forget(owner: str, name: str, place: str, ports: Ports) -> None:
    """Keep a view no longer; one that is gone already is fine.

    Raises:
        TryAgain: the store refused for now.
    """
    for _ in range(_TRIES):
        kept, version = ports.views.load(owner)
        left = [each for each in kept if (each.name, each.place) != (name, place)]
        if len(left) == len(kept) or _put(owner, left, version, ports):
            return
    raise TryAgain(Fault("busy"))


def _put(owner: str, views: Sequence[View], version: int, ports: Ports) -> bool:
    ordered = sorted(views, key=lambda each: each.name.casefold())
    return ports.views.put(owner, ordered, version + 1, ports.clock.now_ms() + KEPT_MS)
