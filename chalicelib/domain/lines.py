"""Where the places of a programme end: with it one family is judged alone (docs/ranking.md)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chalicelib.domain.ranking import Point


@dataclass(frozen=True, slots=True)
class Lines:
    """Where places end; with it one family is judged alone, as in the whole list.

    Attributes:
        entry: the last point that has a place; None when nobody has one.
        band: points by which a family that receives may stand above it.
        all_fit: everybody has a place; there is no line to be behind.
    """

    entry: Point | None
    band: int
    all_fit: bool

    def has_place(self, point: Point, *, receiving: bool) -> bool:
        """Tell whether a family of the ranked population has a place."""
        if self.all_fit or self.entry is None:
            return self.all_fit
        return judged(point, self.band, receiving) <= self.entry


def judged(point: Point, band: int, receiving: bool) -> Point:
    """Where a family stands for the entry line: those who receive stand `band` points before."""
    score, draw = point
    return (score - band if receiving else score), draw
