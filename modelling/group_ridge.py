"""Ridge regression whose penalties the survey itself sets, with villages as they were drawn.

Columns stand in groups (levels, bends, categories, regions, village means, products). Each group
has one variance for its coefficients, each village an effect of its own, and both are found by the
evidence (MacKay 1992, "Bayesian interpolation"; the same as REML for a mixed model): a group that
does not help shrinks to nothing without anybody choosing a penalty. Coefficients may be held at
0 or above; the evidence is then that of those above 0. Nothing is drawn at random.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import lsq_linear

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]
    Places = NDArray[np.int64]
    Marks = NDArray[np.bool_]

ROUNDS = 25
SETTLED = 0.02  # relative change of every variance
_LEAST = 1e-9  # of the target's variance, for a group of which nothing is left


@dataclass(frozen=True, slots=True)
class Variances:
    """What the survey says of its own spread, in squared units of the target.

    Attributes:
        groups: group -> variance of its coefficients.
        village: of village effects; noise: of what is left within villages.
    """

    groups: Mapping[str, float]
    village: float
    noise: float


@dataclass(frozen=True, slots=True)
class Solution:
    """Coefficients, one a column, and the effect of each village that the fit has seen."""

    intercept: float
    coefficients: Numbers
    villages: Numbers
    variances: Variances


@dataclass(frozen=True, slots=True)
class Sums:
    """All that the fit needs to know of its rows: sums that add up over folds.

    Attributes:
        weight, target: sum of weights; of weight times target. `square` likewise of its square.
        first: sum of weight times column. inner: of column times column. cross: times target.
        village: families' weight by village; `village_target` and `village_first` sums by village.
    """

    weight: float
    target: float
    square: float
    first: Numbers
    inner: Numbers
    cross: Numbers
    village: Numbers
    village_target: Numbers
    village_first: Numbers

    def without(self, other: Sums) -> Sums:
        """These sums less those of a fold."""
        return Sums(*[getattr(self, n) - getattr(other, n) for n in self.__slots__])

    def plus(self, other: Sums) -> Sums:
        """The sums of both."""
        return Sums(*[getattr(self, n) + getattr(other, n) for n in self.__slots__])

    def of(self, columns: Places) -> Sums:
        """The same with some of the columns only."""
        return Sums(
            self.weight,
            self.target,
            self.square,
            self.first[columns],
            self.inner[np.ix_(columns, columns)],
            self.cross[columns],
            self.village,
            self.village_target,
            self.village_first[:, columns],
        )


def sums(design: Numbers, target: Numbers, weight: Numbers, village: Places, villages: int) -> Sums:
    """Add up rows.

    Args:
        design: families x columns.
        target, weight: one a family.
        village: its place among `villages`.
    """
    weighted = design * weight[:, None]
    by_village = np.zeros((villages, design.shape[1]))
    order = np.argsort(village, kind="stable")
    there, first = np.unique(village[order], return_index=True)
    by_village[there] = np.add.reduceat(weighted[order], first, axis=0)
    return Sums(
        float(weight.sum()),
        float(weight @ target),
        float(weight @ target**2),
        weighted.sum(axis=0),
        weighted.T @ design,
        weighted.T @ target,
        np.bincount(village, weights=weight, minlength=villages).astype(float),
        np.bincount(village, weights=weight * target, minlength=villages).astype(float),
        by_village,
    )


def solve(
    data: Sums, groups: Sequence[str], variances: Variances, rising: Marks | None = None
) -> Solution:
    """The coefficients under given variances.

    Args:
        data: sums over the rows.
        groups: the group of each column.
        variances: of the groups, villages and noise.
        rising: columns whose coefficients may not be negative; None for none.
    """
    centred = _centre(data)
    equations = _equations(centred, _penalties(groups, variances), variances)
    coefficients, _ = _solved(equations, rising)
    villages = _villages(centred, equations, coefficients)
    intercept = (data.target - data.first @ coefficients) / data.weight
    return Solution(float(intercept), coefficients, villages, variances)


Answer = Callable[[float, "Numbers", "Numbers"], Solution]


def answering(
    data: Sums, groups: Sequence[str], variances: Variances, rising: Marks | None = None
) -> Answer:
    """Solve for one target after another on the same rows: the columns are worked out once.

    Args:
        data, groups, variances, rising: as for `solve`; the target of `data` does not count.

    Returns:
        The solution for a target, of which it takes the weighted sum over the rows, the sum times
        each column, and the sum by village.
    """
    centred = _centre(data)
    equations = _equations(centred, _penalties(groups, variances), variances)
    held = rising is not None and bool(rising.any())
    whole = np.linalg.inv(equations.left) if not held else None

    def answer(target: float, cross: Numbers, village_target: Numbers) -> Solution:
        by_village = village_target - data.village * (target / data.weight)
        right = cross - data.first * (target / data.weight) - equations.scaled.T @ by_village
        coefficients = (
            whole @ right
            if whole is not None
            else _solved(replace(equations, right=right), rising)[0]
        )
        effects = equations.shrunk * (by_village - centred.village_first @ coefficients)
        intercept = (target - data.first @ coefficients) / data.weight
        return Solution(float(intercept), coefficients, effects, variances)

    return answer


def by_evidence(
    data: Sums,
    groups: Sequence[str],
    *,
    villages: bool,
    rising: Marks | None = None,
    rounds: int = ROUNDS,
) -> Solution:
    """The coefficients under the variances that make the survey most likely.

    Args:
        data: sums over all rows, weights with mean 1.
        groups: the group of each column.
        villages: whether villages have effects.
        rising: columns whose coefficients may not be negative; None for none.
        rounds: at most so many steps.
    """
    names = np.array(groups)
    members = {name: np.flatnonzero(names == name) for name in sorted(set(groups))}
    centred = _centre(data)
    spread = centred.square / centred.weight
    least = _LEAST * spread
    variances = Variances(
        {name: 0.1 * spread / len(places) for name, places in members.items()},
        0.05 * spread if villages else least,
        0.5 * spread,
    )
    for _ in range(rounds):
        before = variances
        penalties = _penalties(groups, variances)
        equations = _equations(centred, penalties, variances)
        coefficients, free = _solved(equations, rising)
        whole = _inverse(equations.left, free)
        effects = _villages(centred, equations, coefficients)
        inverse = np.diag(whole)
        through = (equations.scaled @ whole) * equations.scaled
        doubt = equations.shrunk + through.sum(axis=1)
        own = variances.noise / variances.village
        seen = centred.village > 0
        known = float(seen.sum() - own * doubt[seen].sum())
        used = float(free.sum()) - float(penalties @ inverse) + known
        left = _left(centred, coefficients, effects)
        found = {}
        for name, places in members.items():
            worth = float(free[places].sum()) - float(penalties[places] @ inverse[places])
            size = float(coefficients[places] @ coefficients[places])
            found[name] = max(size / max(worth, 1e-6), least)
        village = max(float(effects @ effects) / max(known, 1e-6), least) if villages else least
        noise = max(left / max(centred.weight - used, 1.0), least)
        variances = Variances(found, village, noise)
        if _moved(before, variances, least) < SETTLED:
            break
    return solve(data, groups, variances, rising)


@dataclass(frozen=True, slots=True)
class _Equations:
    left: Numbers  # the columns' equations once the villages are taken out of them
    right: Numbers
    shrunk: Numbers  # 1 / (weight + own penalty), by village
    scaled: Numbers  # `shrunk` times the villages' sums of columns


def _centre(data: Sums) -> Sums:
    """Sums about the mean of each column and of the target."""
    mean, target = data.first / data.weight, data.target / data.weight
    return Sums(
        data.weight,
        0.0,
        data.square - data.weight * target**2,
        np.zeros_like(data.first),
        data.inner - data.weight * np.outer(mean, mean),
        data.cross - data.weight * mean * target,
        data.village,
        data.village_target - data.village * target,
        data.village_first - np.outer(data.village, mean),
    )


def _penalties(groups: Sequence[str], variances: Variances) -> Numbers:
    return np.array([variances.noise / variances.groups[name] for name in groups])


def _equations(data: Sums, penalties: Numbers, variances: Variances) -> _Equations:
    shrunk = 1.0 / (data.village + variances.noise / variances.village)
    scaled = data.village_first * shrunk[:, None]
    left = data.inner + np.diag(penalties) - data.village_first.T @ scaled
    return _Equations(left, data.cross - scaled.T @ data.village_target, shrunk, scaled)


def _solved(equations: _Equations, rising: Marks | None) -> tuple[Numbers, Marks]:
    """The coefficients, and which of them are not held at 0."""
    left, right = equations.left, equations.right
    free = np.ones(len(right), dtype=bool)
    if rising is not None and rising.any():
        root = np.linalg.cholesky(left)
        least = np.where(rising, 0.0, -np.inf)
        goal = np.linalg.solve(root, right)
        held = lsq_linear(root.T, goal, bounds=(least, np.inf), method="bvls", tol=1e-12)
        free = held.active_mask != -1
    coefficients = np.zeros(len(right))
    coefficients[free] = np.linalg.solve(left[np.ix_(free, free)], right[free])
    return coefficients, free


def _inverse(left: Numbers, free: Marks) -> Numbers:
    """The inverse over the free columns; 0 for those that are held."""
    whole = np.zeros_like(left)
    whole[np.ix_(free, free)] = np.linalg.inv(left[np.ix_(free, free)])
    return whole


def _villages(data: Sums, equations: _Equations, coefficients: Numbers) -> Numbers:
    effects: Numbers = equations.shrunk * (data.village_target - data.village_first @ coefficients)
    return effects


def _left(data: Sums, coefficients: Numbers, effects: Numbers) -> float:
    """Weighted sum of squares that columns and villages leave."""
    fitted = data.cross @ coefficients
    left = data.square - 2 * fitted + coefficients @ data.inner @ coefficients
    by_village = data.village_target - data.village_first @ coefficients
    return float(left - 2 * effects @ by_village + data.village @ effects**2)


def _moved(before: Variances, after: Variances, least: float) -> float:
    """The largest relative change of a variance; those that are as good as nothing do not count."""
    pairs = [(before.noise, after.noise), (before.village, after.village)]
    pairs += [(before.groups[name], after.groups[name]) for name in after.groups]
    floor = 1000 * least
    return max(abs(new - old) / (old + floor) for old, new in pairs)
