"""The same ridge for a quantile instead of the mean: where a threshold is to fall.

Least squares draws predictions to the middle, so that few fall below a poverty line. Fitting the
quantile at which the line is drawn centres them there (Brown, Ravallion and van de Walle, JDE 134,
2018). Under a quota nothing is gained: only the order counts.

The check function is smoothed with a normal kernel (Fernandes, Guerre and Horta, JBES 39, 2021), so
that its bend is bounded, and then minimised under the penalties of the mean fit by drawing least
squares above it again and again (Hunter and Lange, JCGS 9, 2000). Every step lowers it, and all
steps share one system of equations.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import ndtr

from modelling.group_ridge import Solution, Sums, Variances, answering

if TYPE_CHECKING:
    from collections.abc import Sequence

    from modelling.group_ridge import Marks, Numbers, Places

LEAST, MOST = 0.1, 0.9  # a 90 % interval holds any quantile between 5 and 95 %
SMOOTHED = 0.5  # width of the kernel, in standard deviations of what the mean fit leaves
ROUNDS = 200
SETTLED = 1e-3  # largest change of a prediction, in widths of the kernel


@dataclass(frozen=True, slots=True)
class Rows:
    """What is fitted, one a family: columns, target, weight and place of the village."""

    design: Numbers
    target: Numbers
    weight: Numbers
    village: Places


def at_quantile(
    rows: Rows,
    data: Sums,
    groups: Sequence[str],
    mean: Solution,
    *,
    quantile: float,
    rising: Marks | None = None,
) -> Solution:
    """The coefficients for a quantile.

    Args:
        rows: the families; data: their sums.
        groups: the group of each column.
        mean: the fit of the mean; its variances are kept, and it is where the steps begin.
        quantile: between LEAST and MOST.
        rising: columns whose coefficients may not be negative; None for none.

    Returns:
        Coefficients. The level is only nearly right, because the check function was smoothed and
        the villages were seen: it is to be set on villages not seen.
    """
    width = SMOOTHED * float(np.sqrt(mean.variances.noise))
    bend = 1.0 / (width * np.sqrt(2.0 * np.pi))  # the most that the smoothed check function bends
    left = rows.target - _predicted(mean, rows)
    scale = _check(left - weighted_quantile(left, rows.weight, quantile), rows.weight, quantile)
    variances = _scaled(mean.variances, scale / bend)
    answer = answering(data, groups, variances, rising)
    found, guess = mean, rows.target - left
    for _ in range(ROUNDS):
        pulled = guess + (quantile - ndtr((guess - rows.target) / width)) / bend
        weighed = rows.weight * pulled
        by_village = np.bincount(rows.village, weights=weighed, minlength=len(data.village))
        found = answer(float(weighed.sum()), rows.design.T @ weighed, by_village.astype(float))
        before, guess = guess, _predicted(found, rows)
        if np.abs(guess - before).max() < SETTLED * width:
            break
    return replace(found, variances=mean.variances)


def weighted_quantile(values: Numbers, weight: Numbers, quantile: float) -> float:
    """The value below which that share of the weight lies."""
    order = np.argsort(values, kind="stable")
    passed = np.cumsum(weight[order]) - weight[order] / 2
    return float(np.interp(quantile * weight.sum(), passed, values[order]))


def _predicted(found: Solution, rows: Rows) -> Numbers:
    guess: Numbers = (
        found.intercept + rows.design @ found.coefficients + found.villages[rows.village]
    )
    return guess


def _check(left: Numbers, weight: Numbers, quantile: float) -> float:
    """The mean of the check function: the scale of the law that belongs to it."""
    return float(np.average(left * (quantile - (left < 0)), weights=weight))


def _scaled(variances: Variances, noise: float) -> Variances:
    return replace(variances, noise=noise)
