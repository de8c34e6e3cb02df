"""Give out places by rank: who is selected, who waits in which order, who moves up.

Two lines, one band. A family that does not receive is selected up to the entry line; a family
that receives keeps its place up to the leaving line, `band` points above. The entry line is put
where the places are filled, so a quota is never exceeded, and nobody inside the band leaves: a
family loses its place only to families poorer by more than the band. With a band of 0 both lines
are one. docs/ranking.md says what a band costs and how wide it may be.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import pairwise

from chalicelib.domain.lines import Lines, judged
from chalicelib.domain.ranking import Point, RankingError


@dataclass(frozen=True, slots=True)
class Family:
    """A family in the order.

    Attributes:
        id: its locator.
        point: score and draw.
        size: how many places it takes: 1, or its persons when places are counted by persons.
    """

    id: str
    point: Point
    size: int = 1


@dataclass(frozen=True, slots=True)
class Places:
    """Who has a place and who waits.

    Attributes:
        quota: places there are.
        selected: families with a place, in order; those who moved up stand behind.
        waiting: the others, in order: the first is the next to move up.
        free: places that nobody has, because nobody is left or the next family is too large.
        sizes: places each family takes; families of size 1 are left out.
    """

    quota: int
    selected: tuple[str, ...]
    waiting: tuple[str, ...]
    free: int
    sizes: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Selection:
    """The outcome of one cycle.

    Attributes:
        places: who has a place and who waits.
        lines: the lines that say the same of each family alone.
        kept: families that receive on, and without the band would not.
        held_back: families that wait, and without the band would not: the price of the band.
        leaving: families that received and do not any more.
    """

    places: Places
    lines: Lines
    kept: tuple[str, ...]
    held_back: tuple[str, ...]
    leaving: tuple[str, ...]


class MoveKind(StrEnum):
    """What happened to a family's place."""

    LEFT = "left"
    LEFT_QUEUE = "left_queue"
    PROMOTED = "promoted"


@dataclass(frozen=True, slots=True)
class Move:
    """One change of the list, for the ledger.

    Attributes:
        kind: what happened.
        family: to whom.
        freed_by: the family whose going let this one move up; empty for departures.
    """

    kind: MoveKind
    family: str
    freed_by: str = ""


def select(
    families: Iterable[Family], quota: int, receiving: frozenset[str] = frozenset(), band: int = 0
) -> Selection:
    """Give out places, poorest first, nobody passed over.

    Giving stops at the first family that does not fit: a smaller one behind it never overtakes.

    Args:
        families: all that are eligible, in any sequence.
        quota: places, in the unit of `Family.size`.
        receiving: ids of those that hold a place now.
        band: points, 0 or more.

    Raises:
        RankingError: an id or a point stands twice, a size below 1, a negative quota or band.
    """
    found = sorted(families, key=lambda family: family.point)
    _check(found, quota, band)
    by_lines = sorted(found, key=lambda f: judged(f.point, band, f.id in receiving))
    chosen = _fill(by_lines, quota)
    plain = {family.id for family in _fill(found, quota)}
    has = {family.id for family in chosen}
    last = chosen[-1] if chosen else None
    entry = judged(last.point, band, last.id in receiving) if last else None
    sizes = {family.id: family.size for family in found if family.size != 1}
    places = Places(
        quota,
        tuple(family.id for family in found if family.id in has),
        tuple(family.id for family in found if family.id not in has),
        quota - sum(family.size for family in chosen),
        sizes,
    )
    return Selection(
        places,
        Lines(entry, band, all_fit=len(chosen) == len(found)),
        kept=tuple(each for each in places.selected if each not in plain),
        held_back=tuple(each for each in places.waiting if each in plain),
        leaving=tuple(each for each in places.waiting if each in receiving),
    )


def depart(places: Places, gone: Collection[str]) -> tuple[Places, tuple[Move, ...]]:
    """Let families go, from a place or from the queue, and move others up into what falls free.

    Who has a place in the end does not depend on the sequence in which families go, and somebody
    who is gone already changes nothing: the same message twice does nothing twice.

    Args:
        places: as they stand.
        gone: ids of families that died, moved, withdrew, rose above need or lost an objection.

    Returns:
        The places afterwards, and every move in the order in which it happened.
    """
    selected = dict.fromkeys(places.selected)
    waiting = dict.fromkeys(places.waiting)
    free = places.free
    moves: list[Move] = []
    for family in dict.fromkeys(gone):
        if family in selected:
            del selected[family]
            free += places.sizes.get(family, 1)
            moves.append(Move(MoveKind.LEFT, family))
        elif family in waiting:
            del waiting[family]
            moves.append(Move(MoveKind.LEFT_QUEUE, family))
        else:
            continue
        while waiting and places.sizes.get(first := next(iter(waiting)), 1) <= free:
            del waiting[first]
            selected[first] = None
            free -= places.sizes.get(first, 1)
            moves.append(Move(MoveKind.PROMOTED, first, freed_by=family))
    after = replace(places, selected=tuple(selected), waiting=tuple(waiting), free=free)
    return after, tuple(moves)


def _fill(families: Sequence[Family], quota: int) -> list[Family]:
    """The first families, as long as they fit."""
    chosen: list[Family] = []
    free = quota
    for family in families:
        if family.size > free:
            break
        chosen.append(family)
        free -= family.size
    return chosen


def _check(found: Sequence[Family], quota: int, band: int) -> None:
    if quota < 0 or band < 0:
        raise RankingError("a quota and a band must be 0 or more")
    if any(family.size < 1 for family in found):
        raise RankingError("a family takes 1 place or more")
    for one, after in pairwise(found):
        if one.point == after.point:
            raise RankingError(f"{one.id} and {after.id} stand on one point")
    if len({family.id for family in found}) != len(found):
        raise RankingError("an id stands twice")
