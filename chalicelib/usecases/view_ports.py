"""What keeping filters under a name needs from outside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class View:
    """A filter under a name.

    Attributes:
        place: which list it is of, "mine" or "region".
        asked: what it asks for (`Filter.told`).
    """

    name: str
    place: str
    asked: Mapping[str, str]


class Views(Protocol):
    """The views of each officer. Raises TryAgain when the store refuses for now."""

    def load(self, owner: str) -> tuple[Sequence[View], int]:
        """What an officer keeps, and the version of it; none and 0 for nothing."""
        ...

    def put(self, owner: str, views: Sequence[View], version: int, until: int) -> bool:
        """Store what an officer keeps as that version, kept until then (ms, UTC).

        False when another change was stored meanwhile.
        """
        ...
