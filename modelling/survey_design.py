"""From a spec to the columns that a fit learns on, each of which an artefact can hold.

A piece is one such column: straight lines over a number, a mark for a category, for a region or for
not being known, or the product of one of these with a number. Whatever is not known, or was never
seen, stands at the mean of its column, which is the "average" treatment of the spec.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from modelling.survey_inputs import as_numbers
from modelling.survey_spec import FEW_VALUES

if TYPE_CHECKING:
    from modelling.survey_inputs import Found, Inputs, Reads
    from modelling.survey_spec import Spec, Variable
    from modelling.survey_table import Numbers

TENTHS = (0.05, 0.1, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.7, 0.75, 0.8, 0.9, 0.95)
BENDS = (0.1, 0.25, 0.5, 0.75, 0.9)

# Groups of columns: each has one variance in the fit. Blocks are what may be left out as a whole.
LEVEL, BEND, CHOICE, REGION = "level", "bend", "choice", "region"
VILLAGE, WITH_SIZE, PRODUCT = "village mean", "with size", "product"
BLOCKS = (BEND, VILLAGE, WITH_SIZE, PRODUCT)


@dataclass(frozen=True, slots=True)
class Line:
    """Straight lines between whole numbers: knots and heights; flat outside."""

    knots: tuple[int, ...]
    heights: tuple[float, ...]

    def at(self, numbers: Numbers) -> Numbers:
        """The height at each number; NaN stays NaN."""
        found: Numbers = np.interp(numbers, self.knots, self.heights)
        return np.where(np.isnan(numbers), np.nan, found)


@dataclass(frozen=True, slots=True)
class Piece:
    """One column.

    Attributes:
        feature: what reports and reasons call it; pieces of one feature add up to one reason.
        group: whose variance it shares.
        read: the read it is taken from.
        line: of a number; None for a category.
        bands: True when the line is a step at its last knot instead (a bin).
        marks: the categories for which the column is 1; empty for a number.
        unknown: True for the mark of not being known.
        levels: every category of the read that is told apart.
        times: another read and its line: the column is the product.
        rising: True when its coefficient may not be negative.
    """

    feature: str
    group: str
    read: str
    line: Line | None = None
    bands: bool = False
    marks: frozenset[str] = frozenset()
    unknown: bool = False
    levels: frozenset[str] = frozenset()
    times: tuple[str, Line] | None = None
    rising: bool = False


@dataclass(frozen=True, slots=True)
class Design:
    """The columns of a survey.

    Attributes:
        matrix: families x pieces, every column with mean 0 over all and its scale taken out.
        mean, scale: of each column, in its own units.
    """

    pieces: tuple[Piece, ...]
    matrix: Numbers
    mean: Numbers
    scale: Numbers


def pieces(spec: Spec, reads: Reads, found: Found, inputs: Inputs, weight: Numbers) -> list[Piece]:
    """The columns that a spec asks for.

    Args:
        spec: the spec.
        reads, found: as `survey_inputs.define` gave them.
        inputs: values of the reads in the training survey; they place the knots.
        weight: of the families.
    """
    made: list[Piece] = []
    lines: dict[str, Line] = {}
    for variable in spec.variables:
        read = found["own", variable.name]
        column = inputs[read]
        if sum(value is None for value in column) >= variable.fewest:
            made.append(Piece(variable.name, LEVEL, read, unknown=True))
        if variable.kind == "number":
            numbers = as_numbers(column)
            scale = int(reads[read].get("scale", 1))
            grid = _grid(numbers, variable, scale)
            made += _number(variable, read, numbers, grid, scale)
            heights = np.array(grid) / scale
            if variable.name == spec.columns.size and grid[0] > 0:
                heights = np.log(heights)
            lines[variable.name] = (
                _share(grid, heights)
                if variable.direction
                else _standard(numbers, grid, heights, weight)
            )
        elif variable.order:
            made += _steps(variable, CHOICE, read)
        else:
            made += _levels(variable.name, CHOICE, read, column, variable.fewest)
    if spec.region:
        made += _levels("region", REGION, found["region", ""], inputs[found["region", ""]], 1)
    for (what, label), read in found.items():
        if what == "village":
            line = _straight(as_numbers(inputs[read]))
            if line:
                made.append(Piece(f"village: {label.partition('=')[0]}", VILLAGE, read, line))
    return made + _products(spec, found, inputs, lines)


def _products(spec: Spec, found: Found, inputs: Inputs, lines: dict[str, Line]) -> list[Piece]:
    made: list[Piece] = []
    variables = {variable.name: variable for variable in spec.variables}
    for one, other in spec.interactions:
        group = WITH_SIZE if one == spec.columns.size else PRODUCT
        read, second = found["own", other], variables[other]
        if second.order:
            plain = _steps(second, group, read)
        elif other in lines:
            line = lines[other]
            sign = -1.0 if second.direction == "down" else 1.0
            drawn = Line(line.knots, tuple(sign * height for height in line.heights))
            plain = [Piece(other, group, read, drawn, rising=second.direction is not None)]
        else:
            plain = _levels(other, group, read, inputs[read], second.fewest)
        together = bool(second.promised)  # one reason with what it gives by itself
        line = _together(variables[one], second, lines) if together else lines[one]
        by = (found["own", one], line)
        name = other if together else f"{other} x {one}"
        made += [replace(piece, feature=name, times=by) for piece in plain]
    return made


def design(made: Sequence[Piece], inputs: Inputs, weight: Numbers) -> Design:
    """Lay out the columns; those that are the same for every family are left out."""
    numbers: dict[str, Numbers] = {}

    def of(read: str) -> Numbers:
        if read not in numbers:
            numbers[read] = as_numbers(inputs[read])
        return numbers[read]

    kept, columns, means, scales = [], [], [], []
    for piece in made:
        raw = column_of(piece, inputs, of)
        known = ~np.isnan(raw)
        mean = float(np.average(raw[known], weights=weight[known])) if known.any() else 0.0
        filled = np.where(known, raw, mean) - mean
        spread = float(np.sqrt(np.average(filled**2, weights=weight)))
        if spread > 1e-9:  # noqa: PLR2004 - not the same for every family
            scale = 1.0 if piece.group == REGION else spread
            kept.append(piece)
            columns.append(filled / scale)
            means.append(mean)
            scales.append(scale)
    return Design(tuple(kept), np.array(columns).T.copy(), np.array(means), np.array(scales))


def laid_out(made: Design, inputs: Inputs) -> Numbers:
    """The same columns for other families."""
    numbers: dict[str, Numbers] = {}

    def of(read: str) -> Numbers:
        if read not in numbers:
            numbers[read] = as_numbers(inputs[read])
        return numbers[read]

    columns = []
    for piece, mean, scale in zip(made.pieces, made.mean, made.scale, strict=True):
        raw = column_of(piece, inputs, of)
        columns.append((np.where(np.isnan(raw), mean, raw) - mean) / scale)
    return np.array(columns).T.copy()


def column_of(piece: Piece, inputs: Inputs, numbers: Callable[[str], Numbers]) -> Numbers:
    """The values of a piece in its own units; NaN where it takes the mean."""
    if piece.unknown:
        return np.array([float(value is None) for value in inputs[piece.read]])
    if piece.line is not None:
        x = numbers(piece.read)
        if piece.bands:
            raw = np.where(np.isnan(x), np.nan, (x >= piece.line.knots[-1]).astype(float))
        else:
            raw = piece.line.at(x)
    else:
        raw = np.array(
            [
                float(value in piece.marks) if value in piece.levels else np.nan
                for value in inputs[piece.read]
            ]
        )
    if piece.times is not None:
        raw = raw * piece.times[1].at(numbers(piece.times[0]))
    return raw


def _grid(numbers: Numbers, variable: Variable, scale: int) -> list[int]:
    """The knots of a number: every value when there are few, tenths of the families otherwise."""
    if variable.knots:
        return [round(knot * scale) for knot in variable.knots]
    known = numbers[~np.isnan(numbers)]
    distinct = np.unique(known)
    if len(distinct) <= FEW_VALUES:
        return [int(value) for value in distinct]
    low, high = np.quantile(known, variable.winsorise)
    if not low < high:
        low, high = distinct[0], distinct[-1]
    inside = known[(known > low) & (known < high)]
    shares = np.quantile(known, TENTHS)
    if len(np.unique(np.rint(shares))) < len(BENDS) and len(inside):
        shares = np.concatenate([shares, np.quantile(inside, TENTHS)])
    clipped = np.rint(np.clip(shares, low, high))
    return sorted({int(low), int(high), *(int(value) for value in clipped)})


def _number(
    variable: Variable, read: str, numbers: Numbers, grid: list[int], scale: int
) -> Iterator[Piece]:
    knots = tuple(grid)

    sign = -1.0 if variable.direction == "down" else 1.0
    promised = variable.direction is not None

    def piece(group: str, heights: Numbers) -> Piece:
        line = Line(knots, tuple((sign * heights).tolist()))
        return Piece(variable.name, group, read, line, rising=promised)

    units = np.array(grid) / scale
    if "level" in variable.shapes:
        yield piece(LEVEL, units)
    if "log" in variable.shapes:
        yield piece(LEVEL, np.log1p(np.maximum(units, 0)))
    if "square" in variable.shapes:
        yield piece(LEVEL, (units - units.mean()) ** 2)
    if "bends" in variable.shapes:
        places = np.array(grid)
        if promised:  # a rise between two knots each, so that any rising line can be drawn
            for low, high in pairwise(grid if len(grid) > 2 else ()):  # noqa: PLR2004
                yield piece(BEND, np.clip(places, low, high) - float(low))
        else:
            for bend in _bends(numbers, grid):
                yield piece(BEND, np.maximum(places - bend, 0.0))
    for bound in variable.bins:
        at = round(bound * scale)
        yield Piece(variable.name, BEND, read, Line((at - 1, at), (0.0, 1.0)), bands=True)


def _bends(numbers: Numbers, grid: list[int]) -> list[int]:
    inner = grid[1:-1]
    if len(grid) <= FEW_VALUES:
        return inner
    wanted = np.quantile(numbers[~np.isnan(numbers)], BENDS)
    nearest = {min(inner, key=lambda knot: abs(knot - share)) for share in wanted}
    return sorted(nearest)


def _standard(numbers: Numbers, grid: list[int], heights: Numbers, weight: Numbers) -> Line:
    """A number as products use it: about its mean, in standard deviations."""
    known = ~np.isnan(numbers)
    shape = np.interp(numbers[known], grid, heights)
    mean = np.average(shape, weights=weight[known])
    spread = np.sqrt(np.average((shape - mean) ** 2, weights=weight[known])) or 1.0
    return Line(tuple(grid), tuple(((heights - mean) / spread).tolist()))


def _straight(numbers: Numbers) -> Line | None:
    known = numbers[~np.isnan(numbers)]
    if not len(known) or known.min() == known.max():
        return None
    low, high = int(known.min()), int(known.max())
    return Line((low, high), (float(low), float(high)))


def _levels(
    feature: str, group: str, read: str, column: Sequence[object], fewest: int
) -> list[Piece]:
    counts = Counter(column)
    frequent = sorted(str(v) for v, n in counts.items() if v is not None and n >= fewest)
    levels = frozenset(frequent)
    return [
        Piece(feature, group, read, marks=frozenset({level}), levels=levels) for level in frequent
    ]


def _steps(variable: Variable, group: str, read: str) -> list[Piece]:
    """For each step up in the order of a choice: who stands above it."""
    order = variable.order
    levels = frozenset(code for groups in order for code in groups)
    above = [frozenset(c for groups in order[n:] for c in groups) for n in range(1, len(order))]
    return [
        Piece(variable.name, group, read, marks=marks, levels=levels, rising=True)
        for marks in above
    ]


def _share(grid: list[int], heights: Numbers) -> Line:
    """A number with a direction as products use it: from 0 to 1 as the number grows."""
    share = (heights - heights[0]) / (heights[-1] - heights[0])
    return Line(tuple(grid), tuple(share.tolist()))


def _together(one: Variable, other: Variable, lines: Mapping[str, Line]) -> Line:
    """By what a product that keeps both directions multiplies what the other gives.

    What the other gives for the better is never below 0, and what it gives for the worse never
    above. So it is multiplied by a share from 0 to 1 that goes the way the first is promised to go.
    """
    share = lines[one.name]
    falls = (one.direction == "down") == (other.promised == "up")
    return Line(share.knots, tuple(1.0 - h for h in share.heights)) if falls else share
