"""Score arrays of a whole nation on a desk: the engine's points in look-up tables of numpy.

Never in a function of the cloud, which needs the standard library only. Points come from the
engine itself (`pmt_score.feature_points`), one call for each value there is, so the scores are the
single path's to the last unit; tests compare them on random models and families.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from chalicelib.domain.pmt_score import feature_points

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from chalicelib.domain.pmt_artefact import Artefact, Feature
    from chalicelib.domain.pmt_reads import Read, Value

    Integers = NDArray[np.integer]
    Numbers = NDArray[np.int64]
    Marks = NDArray[np.bool_]

MISSING = -(2**63)
"""A number that is not known; a code that is not known is -1."""

BLOCK = 16_384  # rows at a time, so that what is reckoned stays in the processor's cache
SMALL = 600  # states of one input that are reckoned at once
BUNDLE = 4096  # states of small groups that share a table
TABLE = 2**22  # states of a group that are kept in a table; above, each block's own are sorted out
_POISON = -(2**54)  # "cannot be scored" in a sum; 200 of them still fit 64 bits
_MOST = 2**53  # what all points together must stay below, so that a sum tells


@dataclass(frozen=True, slots=True)
class Scores:
    """Scores of many families.

    Attributes:
        scores: points, one a row; 0 where `refused`, which must be asked first.
        refused: rows that cannot be scored; `pmt_score.score_inputs` gives the reasons.
    """

    scores: Numbers
    refused: Marks


class ArrayScorer:
    """A model made ready for arrays; tables fill as values are met and serve the next arrays."""

    def __init__(self, artefact: Artefact, categories: Mapping[str, Sequence[str]]) -> None:
        """Make the tables.

        Args:
            artefact: the model.
            categories: name of each read of codes -> the texts that 0, 1, 2 ... stand for.

        Raises:
            KeyError: a read of codes has no categories.
        """
        groups: dict[frozenset[str], list[Feature]] = {}
        for feature in artefact.features:
            groups.setdefault(feature.needs, []).append(feature)
        for read in artefact.reads:  # a fault of an input that no feature uses stops the score too
            if not any(read.name in needs for needs in groups):
                groups[frozenset((read.name,))] = []
        self._intercept = artefact.intercept
        made = [_Group(artefact, tuple(f), needs, categories) for needs, f in groups.items()]
        self._names = [axis.name for group in made for axis in group.axes]
        self._parts: list[_Group | _Bundle] = [group for group in made if not group.small]
        self._parts += _bundles([group for group in made if group.small])

    def score(self, columns: Mapping[str, Integers]) -> Scores:
        """Score every row.

        Args:
            columns: name of the read -> its numbers (`MISSING` where not known), or places in its
                categories (-1 where not known); of any signed or unsigned integer type.

        Raises:
            KeyError: a read has no column.
            ValueError: columns differ in length or hold no integers, or a code has no category.
            ArithmeticError: the model's points do not fit 64 bits.
        """
        lengths = {len(columns[name]) for name in self._names}
        if len(lengths) != 1:
            raise ValueError(f"the columns differ in length: {sorted(lengths)}")
        if odd := [name for name in self._names if not _whole(columns[name])]:
            raise ValueError(f"{odd[0]} holds {columns[odd[0]].dtype}, not whole numbers")
        scores = np.full(lengths.pop(), self._intercept, dtype=np.int64)
        for start in range(0, len(scores), BLOCK):
            block = {name: columns[name][start : start + BLOCK] for name in self._names}
            total = scores[start : start + BLOCK]
            for part in self._parts:
                total += part.points(block)
        if abs(self._intercept) + sum(part.largest for part in self._parts) >= _MOST:
            raise ArithmeticError("the points of this model are too large for 64 bits")
        refused = scores < -_MOST
        scores[refused] = 0
        return Scores(scores, refused)


def _whole(column: Integers) -> bool:
    return column.dtype.kind in "iu" and np.can_cast(column.dtype, np.int64)


class _Axis:
    """The states of one read: each value it may have, then (numbers) all others, then not known."""

    def __init__(self, read: Read, categories: Mapping[str, Sequence[str]]) -> None:
        self.name = read.name
        self.codes = None if read.codes is None else list(categories[read.name])
        self.low = read.low
        self.high = read.high
        self.states = read.high - read.low + 3 if self.codes is None else len(self.codes) + 1

    def states_of(self, column: Integers) -> Integers:
        """The state of each row; -1 is the last state, as numpy counts from the end."""
        if not len(column):
            return column
        low, high = int(column.min()), int(column.max())
        if self.codes is not None:
            if low < -1 or high >= len(self.codes):
                raise ValueError(f"{self.name} has a code without a category")
            return column
        if self.low <= low and high <= self.high:
            return column if self.low == 0 else column.astype(np.int64) - self.low
        wide = column.astype(np.int64)
        states = np.where((wide < self.low) | (wide > self.high), self.high + 1, wide) - self.low
        states[wide == MISSING] = -1
        return states

    def value(self, state: int) -> Value:
        """A value that is in this state."""
        if state in {-1, self.states - 1}:
            return None
        return self.low + state if self.codes is None else self.codes[state]


class _Group:
    """The points that the features with the same inputs give together, by the inputs' states."""

    def __init__(
        self,
        artefact: Artefact,
        features: tuple[Feature, ...],
        needs: frozenset[str],
        categories: Mapping[str, Sequence[str]],
    ) -> None:
        reads = tuple(read for read in artefact.reads if read.name in needs)
        self.axes = [_Axis(read, categories) for read in reads]
        self.largest = 0
        self._artefact = replace(artefact, features=features, reads=reads)
        terms = [term for feature in features for term in feature.terms]
        self._terms = [term.points for term in terms]
        self._simple = (bool(features) and len(reads) == 1 and reads[0].codes is None) and not any(
            term.when or term.times for term in terms
        )
        states = math.prod(axis.states for axis in self.axes)
        kept = states if states <= TABLE else 0
        self._table = np.zeros(kept, dtype=np.int64)
        self._known = np.zeros(kept, dtype=np.bool_)
        self.small = states <= SMALL and len(reads) == 1
        if self.small:
            self._fill(np.arange(states))

    @property
    def table(self) -> Numbers:
        """The points by state; all are known when the group is small."""
        return self._table

    def points(self, columns: Mapping[str, Integers]) -> Numbers:
        """The points of each row, or poison."""
        by_axis = [axis.states_of(columns[axis.name]) for axis in self.axes]
        if not len(self._table):
            return self._sort_out(by_axis)
        if len(by_axis) == 1:
            states = by_axis[0]
        else:
            states = np.zeros(len(by_axis[0]), dtype=np.int64)
            for axis, own in zip(self.axes, by_axis, strict=True):
                states = states * axis.states + own.astype(np.int64) % axis.states
        if not self._known.take(states).all():
            self._fill(np.unique(states[~self._known.take(states)]))
        return self._table.take(states)

    def _sort_out(self, by_axis: Sequence[Integers]) -> Numbers:
        """Points without a table: each combination that occurs is reckoned once."""
        place = np.zeros(len(by_axis[0]), dtype=np.int64)
        first = place[:1]
        for own in by_axis:
            different, own_place = np.unique(own, return_inverse=True)
            _, first, place = np.unique(
                place * len(different) + own_place, return_index=True, return_inverse=True
            )
        met = [self._reckon([int(own[row]) for own in by_axis]) for row in first]
        return np.array(met, dtype=np.int64)[place]

    def _fill(self, states: Numbers) -> None:
        """Reckon these states; those of one number without conditions or products the short way."""
        axis = self.axes[0]
        rest = states
        if self._simple:
            rest = states[(states < 0) | (states >= axis.states - 2)]
            usual = states[(states >= 0) & (states < axis.states - 2)]
            met = [self._sum(axis.low + state) for state in usual.tolist()]
            self._table[usual] = met
            self.largest = max(self.largest, *map(abs, met), 0)
        for state in rest.tolist():
            self._table[state] = self._reckon(self._apart(state))
        self._known[states] = True

    def _sum(self, number: int) -> int:
        return sum(points(number) or 0 for points in self._terms)

    def _apart(self, state: int) -> list[int]:
        """The state of each axis."""
        own: list[int] = []
        for axis in reversed(self.axes):
            state, last = divmod(state, axis.states)
            own.insert(0, last)
        return own

    def _reckon(self, states: Sequence[int]) -> int:
        pairs = zip(self.axes, states, strict=True)
        points, reasons = feature_points(self._artefact, {a.name: a.value(s) for a, s in pairs})
        if reasons:
            return _POISON
        self.largest = max(self.largest, abs(sum(points)))
        return min(max(sum(points), -_MOST), _MOST)


class _Bundle:
    """Small groups of one input each whose states together are one place in one table."""

    def __init__(self, groups: Sequence[_Group]) -> None:
        self._axes = [group.axes[0] for group in groups]
        self.largest = sum(group.largest for group in groups)
        self._table = np.zeros(1, dtype=np.int64)
        for group in groups:
            self._table = np.add.outer(self._table, group.table).ravel()

    def points(self, columns: Mapping[str, Integers]) -> Numbers:
        """The points of each row, or poison."""
        together: NDArray[np.int16] | None = None
        for axis in self._axes:
            own = axis.states_of(columns[axis.name]).astype(np.int16)
            if len(own) and own.min() < 0:
                own[own < 0] = axis.states - 1
            together = own if together is None else together * np.int16(axis.states) + own
        return self._table.take(together)  # type: ignore[arg-type]  # there is an axis


def _bundles(groups: Sequence[_Group]) -> list[_Bundle]:
    """Groups that share a table, each in the first with room."""
    shared: list[list[_Group]] = []
    for group in groups:
        for together in shared:
            states = math.prod(other.axes[0].states for other in together)
            if states * group.axes[0].states <= BUNDLE:
                together.append(group)
                break
        else:
            shared.append([group])
    return [_Bundle(together) for together in shared]
