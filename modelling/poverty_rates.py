"""The share of poor families by area, from every family's chance of being under the line.

Predictions vary less than the truth, so counting who is predicted under the line finds too few poor
where the line is low (by 4.5 points in one measured case). The mean of the families' chances does
not lean that way: a family just above the line still counts as nearly half a poor one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from chalicelib.domain.suppression import hide

Numbers = NDArray[np.float64]

NINETY = float(2 * norm.ppf(0.95))  # standard deviations between the ends of a 90 % interval
NODES = 15  # of what a village has in common
LEAST = 30  # families in an area whose share is told


@dataclass(frozen=True, slots=True)
class Families:
    """Families with a prediction and its 90 % interval, in units of the score.

    Attributes:
        area, village: names, one a family.
        weight: families that each row stands for.
    """

    area: Sequence[str]
    village: Sequence[str]
    weight: Numbers
    score: Numbers
    low: Numbers
    high: Numbers


@dataclass(frozen=True, slots=True)
class Rate:
    """One area.

    Attributes:
        families: rows. rate: mean chance of being under the line, 0 to 1; NaN where it is hidden.
        error: its standard error.
    """

    area: str
    families: int
    rate: float
    error: float


def chances(families: Families, line: float) -> Numbers:
    """Each family's chance of being under the line.

    What the model does not know of a family is taken for normal, as wide as its interval says.

    Args:
        families: with intervals.
        line: on the scale of the score.
    """
    found: Numbers = norm.cdf(_distance(families, line))
    return found


def _distance(families: Families, line: float) -> Numbers:
    """How far the line lies above each score, in standard deviations of what is not known."""
    spread = np.maximum((families.high - families.low) / NINETY, 1e-9)
    found: Numbers = (line - families.score) / spread
    return found


def rates(
    families: Families, line: float, *, together: float, sample: bool, least: int = LEAST
) -> tuple[list[Rate], Rate]:
    """The share of poor families of each area, and of all.

    The standard error has two parts: what chance leaves open of families whose chances are known,
    and, of a sample, which villages were drawn. That a model may be wrong about a whole area in a
    way that its intervals do not know is in neither.

    Args:
        families: at least one.
        line: on the scale of the score.
        together: the share of what the model does not know of families (of its variance) that
            those of a village have in common, 0 to below 1.
        sample: True when the rows were drawn by villages from more families; False for all.
        least: families below which an area is hidden, and others with it so that the total gives
            none away.

    Returns:
        The areas in order of their names, and the total.
    """
    distance = _distance(families, line)
    area, village = np.array(families.area), np.array(families.village)
    counts = {
        str(name): int(n) for name, n in zip(*np.unique(area, return_counts=True), strict=True)
    }
    hidden = hide(counts, least)

    def rate(name: str, rows: NDArray[np.bool_], *, told: bool) -> Rate:
        if not told:
            return Rate(name, int(rows.sum()), float("nan"), float("nan"))
        share, error = _mean(
            distance[rows], families.weight[rows], village[rows], together=together, sample=sample
        )
        return Rate(name, int(rows.sum()), share, error)

    every = [rate(name, area == name, told=name not in hidden.parts) for name in counts]
    whole = rate("all", np.ones(len(area), dtype=bool), told=not hidden.total)
    return every, whole


def counted(families: Families, line: float) -> Mapping[str, float]:
    """The share predicted under the line, by area: biased, for comparison only."""
    under = families.score < line
    area = np.array(families.area)
    return {
        str(name): float(np.average(under[area == name], weights=families.weight[area == name]))
        for name in np.unique(area)
    }


def _mean(
    distance: Numbers,
    weight: Numbers,
    village: NDArray[np.str_],
    *,
    together: float,
    sample: bool,
) -> tuple[float, float]:
    """The mean chance and its standard error, villages' common part gone through by quadrature."""
    total, chance = weight.sum(), norm.cdf(distance)
    share = float(weight @ chance / total)
    _, place = np.unique(village, return_inverse=True)
    places, shares = np.polynomial.hermite_e.hermegauss(NODES)
    alone, mean, square = 0.0, np.zeros(place.max() + 1), np.zeros(place.max() + 1)
    for node, part in zip(places, shares / shares.sum(), strict=True):
        given = norm.cdf((distance - np.sqrt(together) * node) / np.sqrt(1 - together))
        alone += part * float(weight**2 @ (given * (1 - given)))
        poor = np.bincount(place, weights=weight * given)
        mean += part * poor
        square += part * poor**2
    variance = alone + float((square - mean**2).sum())
    villages = len(mean)
    if sample:
        if villages < 2:  # noqa: PLR2004 - one village tells nothing of how villages differ
            return share, float("nan")
        left = np.bincount(place, weights=weight * (chance - share))
        variance += float(left @ left) * villages / (villages - 1)
    return share, float(np.sqrt(variance) / total)
