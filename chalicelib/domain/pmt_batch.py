"""Score whole columns of inputs: the single path's points, reckoned once for each value there is.

A region re-scored family by family works out the same few points again and again. Here each
group of features that shares its inputs becomes a table, value -> points, filled by the single
path itself (`pmt_score.feature_points`) when a value is met for the first time; the rest is
look-ups and sums. So both paths agree by construction, to the last unit and in every refusal.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product, repeat
from math import prod
from operator import countOf, itemgetter
from types import NoneType
from typing import Any

from chalicelib.domain.pmt_artefact import Artefact, Feature
from chalicelib.domain.pmt_reads import Read, Value
from chalicelib.domain.pmt_score import CannotScore, feature_points, score_inputs

# Stands for "cannot be scored" in a sum. Points are below 2**53, terms at most 20 in at most 200
# features, so a sum without it never comes near.
_POISON = -(2**100)
_POISONED = -(2**99)
_BLOCK = 2048  # rows at a time, so that what is reckoned stays in the processor's cache
_BYTE = 256
_UNFIT = object()  # in place of a value of a type that its read never has


class ColumnsUnfitError(ValueError):
    """The columns do not belong to the model or to each other; the text says which."""


@dataclass(frozen=True, slots=True)
class Coded:
    """A column of few different values, a byte a row: how a whole region fits in memory.

    Attributes:
        levels: the values, None among them if some are not known; at most 256.
        codes: of each row the place of its value in `levels`.
    """

    levels: tuple[Value, ...]
    codes: bytes

    def __post_init__(self) -> None:
        """Refuse a code without a level."""
        if len(self.levels) > _BYTE or self.codes.translate(None, bytes(range(len(self.levels)))):
            raise ColumnsUnfitError("a column has a code without a level")

    def __len__(self) -> int:
        return len(self.codes)

    def __getitem__(self, row: int) -> Value:
        return self.levels[self.codes[row]]


Column = Sequence[Value] | Coded


@dataclass(frozen=True, slots=True)
class Batch:
    """Scores of many families.

    Attributes:
        scores: points, one a row; None where the family cannot be scored.
        refused: row -> every reason, for the rows without a score.
    """

    scores: list[int | None]
    refused: dict[int, CannotScore]


def score_columns(artefact: Artefact, columns: Mapping[str, Column]) -> Batch:
    """Score every row, as `score_inputs` would one by one.

    Args:
        artefact: the model.
        columns: name of the read -> its values, one a row (None: not known); one column for each
            read of the artefact, all of one length. Other columns are not looked at.

    Returns:
        The scores. Hashes of inputs are not made: a decision is made by the single path.

    Raises:
        ColumnsUnfitError: a read has no column, or the columns differ in length.
    """
    rows = _rows(artefact, columns)
    bundles, tables = _bundles(_tables(artefact), columns)
    scores: list[int | None] = []
    for start in range(0, rows, _BLOCK):
        block = slice(start, start + _BLOCK)
        parts = [bundle.points(block) for bundle in bundles]
        parts += [table.points(columns, block) for table in tables]
        scores += map(sum, zip(*parts, strict=True), repeat(artefact.intercept))
    refused = {}
    if min(scores, default=0) < _POISONED:  # type: ignore[type-var, operator]  # no None yet
        for row, total in enumerate(scores):
            if total < _POISONED:  # type: ignore[operator]
                values = {read.name: columns[read.name][row] for read in artefact.reads}
                scores[row], refused[row] = None, _refusal(artefact, values)
    return Batch(scores, refused)


def contribution_columns(
    artefact: Artefact, columns: Mapping[str, Column]
) -> list[tuple[Feature, list[int | None]]]:
    """Each feature with its column of contributions, in the artefact's order.

    In a row that can be scored they add up, with `artefact.base`, to its score. None stands where
    this feature cannot be reckoned.

    Raises:
        ColumnsUnfitError: as `score_columns`.
    """
    rows = _rows(artefact, columns)
    found = []
    for feature in artefact.features:
        table = _Table(artefact, (feature,), feature.needs)
        column: list[int | None] = []
        for start in range(0, rows, _BLOCK):
            points = table.points(columns, slice(start, start + _BLOCK))
            column += [None if p < _POISONED else p - feature.mean for p in points]
        found.append((feature, column))
    return found


class _Table(dict[object, int]):
    """Points that features with the same inputs give together, by value or by tuple of values.

    Each is reckoned when it is first asked for.
    """

    def __init__(
        self, artefact: Artefact, features: tuple[Feature, ...], needs: frozenset[str]
    ) -> None:
        super().__init__()
        self.reads = tuple(read for read in artefact.reads if read.name in needs)
        self._artefact = replace(artefact, features=features, reads=self.reads)

    def points(self, columns: Mapping[str, Column], block: slice) -> Sequence[int]:
        """The points of each row of a block."""
        values = [_values(read, columns[read.name], block) for read in self.reads]
        return _look_up(self, values[0] if len(values) == 1 else list(zip(*values, strict=True)))

    def __missing__(self, key: object) -> int:
        values: Iterable[object] = key if len(self.reads) > 1 else (key,)  # type: ignore[assignment]
        pairs = zip(self.reads, values, strict=True)
        seen: dict[str, Value] = {read.name: value for read, value in pairs}  # type: ignore[misc]
        points, reasons = feature_points(self._artefact, seen)
        self[key] = total = _POISON if reasons else sum(points)
        return total


class _Bundle:
    """Tables whose inputs are coded, and few enough that one byte tells all their levels at once.

    Columns of codes are multiplied and added as the one long number that their bytes are: no
    byte overflows into the next, since fewer than 256 combinations are bundled.
    """

    def __init__(self, tables: Sequence[_Table], columns: Mapping[str, Coded]) -> None:
        self._columns = tuple(columns.values())
        levels = {
            read.name: _typed(read, columns[read.name].levels)
            for table in tables
            for read in table.reads
        }
        self._points = []
        for values in product(*[levels[name] for name in columns]):
            of_read = dict(zip(columns, values, strict=True))
            keys = [tuple(of_read[read.name] for read in table.reads) for table in tables]
            self._points.append(
                sum(
                    table[key if len(key) > 1 else key[0]]
                    for table, key in zip(tables, keys, strict=True)
                )
            )

    def points(self, block: slice) -> Sequence[int]:
        """The points of each row of a block."""
        together, rows = 0, 0
        for column in self._columns:
            codes = column.codes[block]
            together = together * len(column.levels) + int.from_bytes(codes, "little")
            rows = len(codes)
        return _look_up(self._points, together.to_bytes(rows, "little"))


def _tables(artefact: Artefact) -> list[_Table]:
    groups: dict[frozenset[str], list[Feature]] = {}
    for feature in artefact.features:
        groups.setdefault(feature.needs, []).append(feature)
    read_by_features = frozenset[str]().union(*groups)
    for read in artefact.reads:  # a fault of an input stops the score even if no feature uses it
        if read.name not in read_by_features:
            groups[frozenset((read.name,))] = []
    return [_Table(artefact, tuple(features), needs) for needs, features in groups.items()]


def _bundles(
    tables: Sequence[_Table], columns: Mapping[str, Column]
) -> tuple[list[_Bundle], list[_Table]]:
    """Tables that share a byte, each in the first bundle with room, and those that stay alone."""
    shared: list[tuple[list[_Table], dict[str, Coded]]] = []
    alone = []
    for table in tables:
        own = {
            read.name: column
            for read in table.reads
            if isinstance(column := columns[read.name], Coded)
        }
        if len(own) < len(table.reads) or _combinations(own) > _BYTE:
            alone.append(table)
            continue
        for together, inputs in shared:
            if _combinations(inputs | own) <= _BYTE:
                together.append(table)
                inputs.update(own)
                break
        else:
            shared.append(([table], own))
    return [_Bundle(together, inputs) for together, inputs in shared], alone


def _combinations(columns: Mapping[str, Coded]) -> int:
    return prod(len(column.levels) for column in columns.values())


def _rows(artefact: Artefact, columns: Mapping[str, Column]) -> int:
    rows: dict[int, str] = {}
    for read in artefact.reads:
        if read.name not in columns:
            raise ColumnsUnfitError(f"there is no column for {read.name}")
        rows.setdefault(len(columns[read.name]), read.name)
    if len(rows) > 1:
        told = ", ".join(f"{name} has {count} rows" for count, name in sorted(rows.items()))
        raise ColumnsUnfitError(f"the columns differ in length: {told}")
    return max(rows, default=0)


def _values(read: Read, column: Column, block: slice) -> Sequence[object]:
    if isinstance(column, Coded):
        return _look_up(_typed(read, column.levels), column.codes[block])
    return _typed(read, column[block])


def _typed(read: Read, values: Sequence[Value]) -> Sequence[object]:
    """The values, those of a wrong type marked.

    In a table 1, True and 1.0 are one key; the single path tells them apart.
    """
    right: type = int if read.codes is None else str
    others = len(values) - countOf(map(type, values), right)
    if others and others != countOf(map(type, values), NoneType):
        return [value if value is None or type(value) is right else _UNFIT for value in values]
    return values


def _look_up(table: Any, keys: Sequence[object]) -> Sequence[Any]:  # noqa: ANN401 - of dict or list
    """Look up many keys: by itemgetter, the fastest way there is, which of one makes no tuple."""
    return itemgetter(*keys)(table) if len(keys) > 1 else (table[keys[0]],)


def _refusal(artefact: Artefact, values: Mapping[str, Value]) -> CannotScore:
    outcome = score_inputs(artefact, values)
    if not isinstance(outcome, CannotScore):
        raise AssertionError("batch and single path differ")  # noqa: TRY004 - a fault of ours
    return outcome
