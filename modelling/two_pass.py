"""Exact cut-offs of populations that do not fit in memory: two passes over parts, one histogram.

The first pass counts families (and their weight) by score, in bins; the bins tell in which of them
each cut-off lies. The second pass takes only the rows of those bins, and sorts them. Nothing is
sampled or approximated: the result is that of a full sort, ties and lottery included.

Bins are powers of two wide and begin at multiples of their width, so that two neighbours make one
bin of the next width without a loss: a histogram needs no range beforehand, and histograms of
regions add up to that of the nation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from chalicelib.domain.lottery import draw
from chalicelib.domain.ranking import DECILES, Point, RankingError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Numbers = NDArray[np.int64]
    Ids = NDArray[np.bytes_]

BINS = 2**13
_EXACT = 2**53  # up to here numpy's weighted counts, which are floats, are exact


@dataclass(frozen=True, slots=True)
class Part:
    """Families of one region, as many as fit at a time.

    Attributes:
        region: its code.
        ids: of the families, as ASCII.
        scores: points.
        weights: persons or survey weights, 1 or more; None counts families.
    """

    region: str
    ids: Ids
    scores: Numbers
    weights: Numbers | None = None


Parts = Callable[[], Iterable[Part]]
"""Gives the parts from the beginning; it is called once for each pass."""


@dataclass(slots=True)
class Histogram:
    """Families and weight by score.

    Attributes:
        shift: bins are 2**shift points wide.
        base: the first bin is that of scores from base * 2**shift.
        families: in each bin.
        weight: in each bin; the families again when they are not weighted.
    """

    shift: int = 0
    base: int = 0
    families: Numbers = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    weight: Numbers = field(default_factory=lambda: np.zeros(0, dtype=np.int64))

    def add(self, scores: Numbers, weights: Numbers | None) -> None:
        """Count these families."""
        if not len(scores):
            return
        self._cover(int(scores.min()), int(scores.max()))
        places = (scores >> self.shift) - self.base
        count = len(self.families)
        families = np.bincount(places, minlength=count)
        self.families += families
        if weights is None:
            self.weight += families
            return
        weight = np.bincount(places, weights=weights, minlength=count)
        if int(weight.sum()) >= _EXACT:
            raise RankingError("the weights of one part add up to 2**53 or more")
        self.weight += weight.astype(np.int64)

    def join(self, other: Histogram) -> None:
        """Count the families of another histogram."""
        if not len(other.families):
            return
        low = other.base << other.shift
        self._cover(low, ((other.base + len(other.families)) << other.shift) - 1, other.shift)
        places = (np.arange(len(other.families)) + other.base) >> (self.shift - other.shift)
        np.add.at(self.families, places - self.base, other.families)
        np.add.at(self.weight, places - self.base, other.weight)

    def places(self, scores: Numbers) -> Numbers:
        """The bin of each score, from 0."""
        return (scores >> self.shift) - self.base

    def _cover(self, low: int, high: int, least_shift: int = 0) -> None:
        """Widen so that these scores have bins, and `BINS` are enough."""
        if len(self.families):
            low = min(low, self.base << self.shift)
            high = max(high, ((self.base + len(self.families)) << self.shift) - 1)
        shift = max(self.shift, least_shift)
        while (high >> shift) - (low >> shift) >= BINS:
            shift += 1
        base, count = low >> shift, (high >> shift) - (low >> shift) + 1
        if (shift, base, count) == (self.shift, self.base, len(self.families)):
            return
        places = (np.arange(len(self.families)) + self.base) >> (shift - self.shift)
        families, weight = np.zeros(count, dtype=np.int64), np.zeros(count, dtype=np.int64)
        np.add.at(families, places - base, self.families)
        np.add.at(weight, places - base, self.weight)
        self.shift, self.base, self.families, self.weight = shift, base, families, weight


@dataclass(frozen=True, slots=True)
class Target:
    """A cut-off to be found: the last family before which there is less than `limit`.

    Attributes:
        weighted: `limit` counts weight; otherwise families.
    """

    limit: int
    weighted: bool


def count(parts: Parts) -> dict[str, Histogram]:
    """First pass: the histogram of each region, in the order of the codes."""
    found: dict[str, Histogram] = {}
    for part in parts():
        found.setdefault(part.region, Histogram()).add(part.scores, part.weights)
    return dict(sorted(found.items()))


def decile_targets(histogram: Histogram, parts: int = DECILES) -> list[Target]:
    """The cut-offs of tenths of equal weight, by the rule of `ranking.cutoffs`."""
    total = int(histogram.weight.sum())
    return [Target(-(-total * share // parts), weighted=True) for share in range(1, parts)]


def quota_target(places: int) -> Target:
    """The last of so many families."""
    return Target(places, weighted=False)


def find(
    parts: Parts,
    areas: Mapping[str, tuple[Histogram, Sequence[Target]]],
    key: bytes | Mapping[str, bytes],
    covers: Callable[[str, str], bool] = str.__eq__,
) -> dict[str, list[Point]]:
    """Second pass: the point of each target.

    Args:
        parts: the same as in the first pass.
        areas: name -> its histogram, of at least one family, and what is looked for.
        key: of the lottery; or of each region's own, where each was closed by itself.
        covers: whether an area (first) takes in a region (second).

    Returns:
        Name of the area -> points, in the order of its targets.

    Raises:
        RankingError: the parts are not those that were counted.
    """
    searches = {name: _Search(*asked) for name, asked in areas.items()}
    for part in parts():
        for name, search in searches.items():
            if covers(name, part.region):
                search.take(part)
    return {name: search.points(key) for name, search in searches.items()}


def deciles(part: Part, cutoffs: Sequence[Point], key: bytes) -> NDArray[np.int8]:
    """The part of each family among cut-offs, 1 to one more than there are, as `pmt.decile`."""
    borders = np.array([score for score, _ in cutoffs], dtype=np.int64)
    found = np.searchsorted(borders, part.scores, side="left")
    after = np.searchsorted(borders, part.scores, side="right")
    for row in np.flatnonzero(found != after).tolist():
        drawn = draw(key, part.ids[row].decode())
        found[row] += sum(drawn > cut for _, cut in cutoffs[found[row] : after[row]])
    return (found + 1).astype(np.int8)


class _Search:
    """Gathers the rows of the bins that hold a cut-off of one area, and finds it among them."""

    def __init__(self, histogram: Histogram, targets: Sequence[Target]) -> None:
        self._histogram = histogram
        self._targets = targets
        self._before = {
            weighted: np.concatenate(([0], np.cumsum(counts)))
            for weighted, counts in ((False, histogram.families), (True, histogram.weight))
        }
        self._bins = [self._bin(target) for target in targets]
        self._wanted = np.zeros(len(histogram.families), dtype=np.bool_)
        self._wanted[self._bins] = True
        self._taken: list[Part] = []

    def _bin(self, target: Target) -> int:
        """The last bin with families in which a family may still come before the limit."""
        starts = self._before[target.weighted][:-1]
        within = (starts < target.limit) & (self._histogram.families > 0)
        if not within.any():
            raise RankingError("a cut-off is looked for where there is no family")
        return int(np.flatnonzero(within)[-1])

    def take(self, part: Part) -> None:
        """Keep the rows that lie in a wanted bin."""
        places = self._histogram.places(part.scores)
        if len(places) and not 0 <= int(places.min()) <= int(places.max()) < len(self._wanted):
            raise RankingError(f"region {part.region} has changed since it was counted")
        rows = np.flatnonzero(self._wanted.take(places))
        weights = None if part.weights is None else part.weights[rows]
        self._taken.append(Part(part.region, part.ids[rows], part.scores[rows], weights))

    def points(self, key: bytes | Mapping[str, bytes]) -> list[Point]:
        """The points of the targets."""
        keys = [key if isinstance(key, bytes) else key[part.region] for part in self._taken]
        of = np.repeat(np.arange(len(keys)), [len(part.ids) for part in self._taken])
        ids = np.concatenate([part.ids for part in self._taken])
        scores = np.concatenate([part.scores for part in self._taken])
        ones = [
            np.ones(len(p.ids), np.int64) if p.weights is None else p.weights for p in self._taken
        ]
        weights = np.concatenate(ones)
        order = np.argsort(scores, kind="stable")
        ids, scores, weights, of = ids[order], scores[order], weights[order], of[order]
        places = self._histogram.places(scores)
        found = []
        for target, bin_ in zip(self._targets, self._bins, strict=True):
            rows = slice(*np.searchsorted(places, [bin_, bin_ + 1]).tolist())
            if rows.stop - rows.start != self._histogram.families[bin_]:
                raise RankingError("the families have changed since they were counted")
            sizes = weights[rows] if target.weighted else np.ones(rows.stop - rows.start, np.int64)
            before = int(self._before[target.weighted][bin_])
            rest = target.limit - before
            drawing = _Drawing(ids[rows], of[rows], keys)
            found.append(_last_before(rest, drawing, scores[rows], sizes))
        return found


@dataclass(frozen=True, slots=True)
class _Drawing:
    """Families that may draw, each under the key of the part that it came in."""

    ids: Ids
    of: Numbers
    keys: Sequence[bytes]

    def draws(self, rows: slice) -> list[str]:
        """The draws of some."""
        names, of = self.ids[rows].tolist(), self.of[rows].tolist()
        return [draw(self.keys[part], name.decode()) for name, part in zip(names, of, strict=True)]


def _last_before(limit: int, drawing: _Drawing, scores: Numbers, sizes: Numbers) -> Point:
    """The last family with less than `limit` before it, among families in order of score."""
    before = np.cumsum(sizes) - sizes
    last = int(np.searchsorted(before, limit, side="left")) - 1
    score = scores[last]
    tied = slice(
        int(np.searchsorted(scores, score, side="left")),
        int(np.searchsorted(scores, score, side="right")),
    )
    drawn = drawing.draws(tied)
    halves = np.frombuffer(bytes.fromhex("".join(drawn)), dtype=">u8").reshape(-1, 2)
    halves = halves.astype(np.uint64)
    order = np.lexsort((halves[:, 1], halves[:, 0]))
    own = sizes[tied][order]
    place = int(np.searchsorted(np.cumsum(own) - own, limit - int(before[tied.start]), "left")) - 1
    return int(score), drawn[order[place]]
