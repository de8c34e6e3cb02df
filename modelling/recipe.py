"""What a recipe says: which questions a model asks and how each may count.

A recipe is data about meaning; the numbers come from the fit. Every feature states on which
side its effect may lie, so that no reason shown to a family is the wrong way round.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from modelling.surveys import Survey

Inputs = dict[str, list[int | str]]
POINTS_PER_LOG = 1_000_000
GRID = 100  # points are rounded to 0.0001 log, far below the error of any coefficient


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the design.

    Attributes:
        values: one number a household.
        rising: True when its coefficient may not be negative; False leaves it free.
    """

    values: list[float]
    rising: bool


@dataclass(frozen=True, slots=True)
class Shape:
    """How a read counts.

    Attributes:
        columns: the columns to fit, from the values of the read.
        term: the artefact's term, from the fitted coefficients.
        direction: "up" or "down" along the values, which the artefact promises; None if free.
    """

    columns: Callable[[Sequence[int | str]], list[Column]]
    term: Callable[[Sequence[float]], dict[str, object]]
    direction: str | None


@dataclass(frozen=True, slots=True)
class Spec:
    """One feature to fit: its code, its Indonesian label, its read, its shape."""

    code: str
    label: str
    read: str
    shape: Shape


@dataclass(frozen=True, slots=True)
class Recipe:
    """All that makes an artefact but the numbers.

    Attributes:
        weighting: cut-offs part "persons" or "households" into tenths.
        mean_size: members of the mean family that the survey's weights are calibrated to, or
            None; `mean_size_source` says whose figure it is.
    """

    id: str
    version: str
    name: str
    notice: str
    effective_from: str
    population_unit: str
    weighting: str
    mean_size: float | None
    mean_size_source: str
    questions: Sequence[Mapping[str, object]]
    reads: Mapping[str, Mapping[str, object]]
    specs: Sequence[Spec]
    inputs: Callable[[Survey], Inputs]
    mapping: Sequence[Mapping[str, str]]
    dropped: Sequence[Mapping[str, str]] = field(default_factory=tuple)


def points(log: float) -> int:
    """Log units to whole points on the grid."""
    return round(log * POINTS_PER_LOG / GRID) * GRID


def number(
    low: int, high: int, *, down: bool = False, form: Callable[[float], float] = float
) -> Shape:
    """A number that counts by `form` (itself, its logarithm, its root), flat outside low..high.

    Args:
        low: the smallest value that counts as itself.
        high: the largest.
        down: True when a larger number may only lower the score.
        form: the transform, tabulated for every whole number in the artefact.
    """
    sign = -1.0 if down else 1.0

    def columns(values: Sequence[int | str]) -> list[Column]:
        return [Column([sign * form(min(max(int(v), low), high)) for v in values], rising=True)]

    def term(fitted: Sequence[float]) -> dict[str, object]:
        knots = [[x, points(sign * fitted[0] * form(x))] for x in range(low, high + 1)]
        if form is float:
            knots = [knots[0], knots[-1]]
        return {"kind": "curve", "knots": knots}

    return Shape(columns, term, "down" if down else "up")


def ordered(*groups: Sequence[str], unscored: Sequence[str] = ()) -> Shape:
    """Levels in groups from poorest to richest; each step up may only raise the score.

    A step whose sign would be the other way gets 0, which merges the two groups.
    """

    def columns(values: Sequence[int | str]) -> list[Column]:
        rank = {code: place for place, group in enumerate(groups) for code in group}
        return [
            Column([float(rank[str(v)] >= step) for v in values], rising=True)
            for step in range(1, len(groups))
        ]

    def term(fitted: Sequence[float]) -> dict[str, object]:
        heights = [points(sum(fitted[:place])) for place in range(len(groups))]
        given = {code: heights[place] for place, group in enumerate(groups) for code in group}
        return _levels(given, unscored)

    return Shape(columns, term, "up")


def unordered(
    reference: Sequence[str], *groups: Sequence[str], unscored: Sequence[str] = ()
) -> Shape:
    """Levels without an order, against a reference group."""

    def columns(values: Sequence[int | str]) -> list[Column]:
        return [Column([float(v in group) for v in values], rising=False) for group in groups]

    def term(fitted: Sequence[float]) -> dict[str, object]:
        given = dict.fromkeys(reference, 0)
        for group, height in zip(groups, fitted, strict=True):
            given.update(dict.fromkeys(group, points(height)))
        return _levels(given, unscored)

    return Shape(columns, term, None)


def logarithm(value: float) -> float:
    """Natural logarithm; the artefact tabulates it, so no machine takes it again."""
    return math.log(value)


def _levels(given: dict[str, int], unscored: Sequence[str]) -> dict[str, object]:
    term: dict[str, object] = {"kind": "levels", "points": given}
    if unscored:
        term["unscored"] = list(unscored)
    return term
