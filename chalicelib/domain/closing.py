"""Close a region: merge the sorted runs of its villages, and find where deciles and quotas end.

A village's part is a run, poorest first. Its columns are kept narrow and the runs are merged as
they stand; of the merged order only row numbers are kept. Draws are made where a border falls among
equal scores and nowhere else. What is found is what one sort of all families finds
(`ranking.order`, `selection.select`; docs/ranking.md, "Closing a region").
"""

from __future__ import annotations

import hashlib
import json
from array import array
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from heapq import merge
from itertools import accumulate, compress, islice, pairwise, repeat
from operator import gt, lshift, or_
from typing import TYPE_CHECKING, Final, NamedTuple

from chalicelib.domain.lines import Lines
from chalicelib.domain.lottery import draw
from chalicelib.domain.ranking import DECILES, Point, RankingError

if TYPE_CHECKING:
    from chalicelib.domain.comparison import Part

_KIND: Final = 7  # of a village's code: its district and the digit of its kind
_ROW_BITS: Final = 32
_ROW: Final = 2**_ROW_BITS - 1


class Kind(NamedTuple):
    """What families are counted by; families alike in all of it are one kind.

    Attributes:
        place: first seven digits of the village's code.
        size: members.
        held: a bit for each programme that the decision in hand gives.
        limits: a digit (hexadecimal) for each programme: the highest decile in which the rules
            would give it, 0 for none.
    """

    place: str
    size: int
    held: int
    limits: str


@dataclass(frozen=True, slots=True)
class Gathered:
    """A frozen population in narrow columns, village after village: 14 bytes a family and its id.

    Attributes:
        villages: code -> SHA-256 of its part, in the order of the codes.
        starts: first row of each village, and the number of all rows.
        ids: all ids, one behind another, `width` signs each.
        scores, kinds: of each row; a kind is a place in `table`.
        unscored, gone: as in the parts, added up.
    """

    villages: Mapping[str, str]
    starts: Sequence[int]
    ids: str
    width: int
    scores: array[int]
    kinds: array[int]
    table: Sequence[Kind]
    unscored: int
    gone: int

    @property
    def population(self) -> str:
        """Name of the population: SHA-256 of its parts' hashes."""
        return population_of(self.villages)

    def id(self, row: int) -> str:
        """The id of a row."""
        return self.ids[row * self.width : (row + 1) * self.width]


@dataclass(frozen=True, slots=True)
class Quota:
    """Where a programme's places end.

    Attributes:
        places: there are.
        given: that somebody has.
        last: who has the last one; None when nobody has a place, or everybody has who may.
    """

    places: int
    given: int
    last: Point | None

    @property
    def lines(self) -> Lines:
        """What judges one family alone (`lines.Lines`)."""
        return Lines(self.last, 0, all_fit=self.given < self.places)


@dataclass(frozen=True, slots=True)
class Closed:
    """A region that is closed.

    Attributes:
        weight: families, or persons where deciles hold equally many persons.
        cutoffs: nine points.
        alike: decile -> kind (place in the table) -> families, poorest decile first.
        quotas: programme -> where its places end.
    """

    weight: int
    cutoffs: tuple[Point, ...]
    alike: tuple[Counter[int], ...]
    quotas: Mapping[str, Quota]


def hash_of(part: Part) -> str:
    """Hash of a village's part: what it says, however it is stored."""
    columns = [part.ids, part.scores, part.sizes, part.held, part.limits]
    told = [part.village, *columns, part.unscored, part.gone]
    return hashlib.sha256(json.dumps(told, separators=(",", ":")).encode()).hexdigest()


def population_of(villages: Mapping[str, str]) -> str:
    """Name of a frozen population: SHA-256 of its parts' hashes, in the order of the villages."""
    hashes = (bytes.fromhex(told) for _, told in sorted(villages.items()))
    return hashlib.sha256(b"".join(hashes)).hexdigest()


def gather(parts: Iterable[Part]) -> Gathered:
    """Take in the parts one by one; none of them is kept.

    Raises:
        RankingError: a part is no run, a village comes twice, or ids differ in length.
        ValueError: columns of a part differ in length.
    """
    villages: dict[str, str] = {}
    starts, ids = [0], list[str]()
    scores, kinds = array("q"), array("I")
    table: list[Kind] = []
    numbers: dict[str, _Numbers] = {}
    width = unscored = gone = 0
    for part in parts:
        if part.village in villages:
            raise RankingError(f"village {part.village} comes twice")
        villages[part.village] = hash_of(part)
        unscored, gone = unscored + part.unscored, gone + part.gone
        columns = part.ids, part.scores, part.sizes, part.held, part.limits
        if len(set(map(len, columns))) != 1:
            raise ValueError(f"a column of village {part.village} is shorter than another")
        known = numbers.setdefault(part.village[:_KIND], _Numbers(part.village[:_KIND], table))
        kinds.extend(map(known.__getitem__, zip(part.sizes, part.held, part.limits, strict=True)))
        if any(map(gt, part.scores, islice(part.scores, 1, None))):
            raise RankingError(f"the part of village {part.village} is not in order")
        scores.extend(part.scores)
        width = width or len(part.ids[0]) if part.ids else width
        ids.append("".join(part.ids))
        if len(ids[-1]) != width * len(part.ids):
            raise RankingError(f"ids of village {part.village} differ in length")
        starts.append(len(scores))
    return Gathered(villages, starts, "".join(ids), width, scores, kinds, table, unscored, gone)


class _Numbers(dict[tuple[int, int, str], int]):
    """Numbers of the kinds of a place; one that is new is put into the table."""

    def __init__(self, place: str, table: list[Kind]) -> None:
        super().__init__()
        self._place, self._table = place, table

    def __missing__(self, kind: tuple[int, int, str]) -> int:
        self._table.append(Kind(self._place, *kind))
        self[kind] = number = len(self._table) - 1
        return number


def close(
    gathered: Gathered,
    codes: Sequence[str],
    key: bytes,
    *,
    by_persons: bool,
    places: Mapping[str, int],
) -> Closed:
    """Rank the population, part it into deciles, and find where quotas end.

    Args:
        codes: of the programmes, in the order of the digits of `Kind.limits`.
        key: of the lottery for this population (`lottery.key`).
        by_persons: whether deciles hold equally many persons, else families.
        places: programme -> its places, counted in families; not all programmes have a quota.

    Raises:
        RankingError: there is nobody to rank.
    """
    if not gathered.scores:
        raise RankingError("there is no family to rank")
    ranked = _Ranked(gathered, key, _merged(gathered))
    weights = [kind.size if by_persons else 1 for kind in gathered.table]
    for end in _lasts(ranked.before(weights)):
        ranked.part_equals(end - 1)
    before = ranked.before(weights)
    ends = _lasts(before)
    bounds = [0, *ends, len(ranked.order)]
    tenths = [range(start, end) for start, end in pairwise(bounds)]
    alike = tuple(Counter(ranked.kinds(tenth)) for tenth in tenths)
    quotas = {
        code: _quota(ranked, tenths, alike, codes.index(code), wanted)
        for code, wanted in sorted(places.items())
    }
    return Closed(before[-1], tuple(ranked.point(end - 1) for end in ends), alike, quotas)


@dataclass(frozen=True, slots=True)
class _Ranked:
    """Rows in order; equal scores in that of villages and ids until somebody parts them."""

    gathered: Gathered
    key: bytes
    order: array[int]

    def kinds(self, places: range) -> Iterator[int]:
        """The kinds of the families in these places."""
        return map(self.gathered.kinds.__getitem__, self.order[places.start : places.stop])

    def before(self, weights: Sequence[int]) -> list[int]:
        """Weight before each family, and at the end the weight of all."""
        kinds = self.kinds(range(len(self.order)))
        return list(accumulate(map(weights.__getitem__, kinds), initial=0))

    def part_equals(self, place: int) -> None:
        """Put the families that have the score of this one in the order of their draws."""
        score_of = self.gathered.scores.__getitem__
        score = score_of(self.order[place])
        start = bisect_left(self.order, score, key=score_of)
        end = bisect_right(self.order, score, key=score_of)
        if end - start > 1:
            rows = self.order[start:end]
            drawn = sorted((draw(self.key, self.gathered.id(row)), row) for row in rows)
            self.order[start:end] = array("I", (row for _, row in drawn))

    def point(self, place: int) -> Point:
        """Score and draw of the family in a place."""
        row = self.order[place]
        return self.gathered.scores[row], draw(self.key, self.gathered.id(row))


def _merged(gathered: Gathered) -> array[int]:
    """Row numbers in the order of the scores, equal scores in that of the villages and ids."""
    scores = gathered.scores
    runs = (
        map(or_, map(lshift, scores[start:end], repeat(_ROW_BITS)), range(start, end))
        for start, end in pairwise(gathered.starts)
    )
    return array("I", map(_ROW.__and__, merge(*runs)))


def _lasts(before: Sequence[int]) -> list[int]:
    """How many families there are up to each border of a decile (`ranking.cutoffs`)."""
    total, families = before[-1], len(before) - 1
    return [
        bisect_left(before, -(-total * share // DECILES), hi=families)
        for share in range(1, DECILES)
    ]


def _quota(
    ranked: _Ranked, tenths: Sequence[range], alike: Sequence[Counter[int]], bit: int, places: int
) -> Quota:
    """Where the places of a programme end among those whom the rules would give it."""
    given = 0
    for decile, (tenth, families) in enumerate(zip(tenths, alike, strict=True), 1):
        may = [decile <= int(kind.limits[bit], DECILES + 1) for kind in ranked.gathered.table]
        here = sum(count for kind, count in families.items() if may[kind])
        if given < places <= given + here:
            ranked.part_equals(_nth(places - given, ranked, tenth, may))
            last = _nth(places - given, ranked, tenth, may)
            return Quota(places, places, ranked.point(last))
        given += here
    return Quota(places, min(given, places), None)


def _nth(count: int, ranked: _Ranked, tenth: range, may: Sequence[bool]) -> int:
    """The place in a tenth of the so-manieth family of a kind that may."""
    hits = compress(tenth, map(may.__getitem__, ranked.kinds(tenth)))
    return next(islice(hits, count - 1, None))
