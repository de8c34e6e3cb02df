"""What a simulated policy is tried on: families with known welfare and a model's prediction."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
Places = NDArray[np.int64]
Marks = NDArray[np.bool_]

INTERVAL_SDS = 2 * 1.6448536269514722  # width of a normal 90 % interval in standard deviations


@dataclass(frozen=True, slots=True)
class Study:
    """Families in columns, in the order in which ties fall.

    Attributes:
        region, village: places, one a family; region_names by place.
        weight: families that each row stands for.
        mass: what quotas and errors count: the weight (families), or weight x members (persons).
        welfare: the truth, on the scale of the score (log consumption, say); higher is better off.
        score: the model's prediction of it.
        spread: standard deviation of welfare around the score, from the 90 % interval.
        scored: False for families whom the model could not score; their score is then the mean
            of the others, with all the spread there is. They are never listed unseen.
        covered: share of families (by weight) whose welfare lies in its interval.
    """

    region: Places
    region_names: Sequence[str]
    village: Places
    weight: Numbers
    mass: Numbers
    welfare: Numbers
    score: Numbers
    spread: Numbers
    scored: Marks
    covered: float

    def __len__(self) -> int:
        return len(self.score)


def make(
    ids: Sequence[str],
    region: Sequence[str],
    village: Sequence[str],
    *,
    weight: Numbers,
    persons: Numbers | None,
    welfare: Numbers,
    score: Numbers,
    low: Numbers,
    high: Numbers,
) -> Study:
    """Lay families out in the order in which ties fall: by the hash of their id.

    So the result does not depend on the order of the file.

    Args:
        ids, region, village: one a family; village codes may repeat between regions.
        weight: of the survey.
        persons: members of each family, when quotas count persons; None when they count families.
        welfare, score, low, high: on one scale; low and high are a 90 % interval; NaN for a
            family that could not be scored.
    """
    scored = ~np.isnan(score)
    spread = (high - low) / INTERVAL_SDS
    told = weight * scored
    middle = np.average(np.where(scored, score, 0.0), weights=told)
    around = np.where(scored, (score - middle) ** 2 + spread**2, 0.0)
    score = np.where(scored, score, middle)
    spread = np.where(scored, spread, np.sqrt(np.average(around, weights=told)))
    order = np.argsort([hashlib.sha256(name.encode()).hexdigest() for name in ids], kind="stable")
    names = sorted(set(region))
    known = {name: place for place, name in enumerate(names)}
    places = np.array([known[name] for name in region], dtype=np.int64)
    pairs = {pair: n for n, pair in enumerate(sorted(set(zip(region, village, strict=True))))}
    villages = np.array([pairs[pair] for pair in zip(region, village, strict=True)], dtype=np.int64)
    inside = (low <= welfare) & (welfare <= high)
    return Study(
        region=places[order],
        region_names=names,
        village=villages[order],
        weight=weight[order],
        mass=(weight if persons is None else weight * persons)[order],
        welfare=welfare[order],
        score=score[order],
        spread=spread[order],
        scored=scored[order],
        covered=float(np.average(inside, weights=told)),
    )


def resample(study: Study, rng: np.random.Generator) -> Study:
    """Draw as many villages as there are, with replacement, within each region.

    A village drawn twice becomes two villages, so that what is learned in one stays there.
    """
    first = np.zeros(int(study.village.max()) + 1, dtype=np.int64)
    first[study.village] = study.region
    members: list[list[int]] = [[] for _ in first]
    for row, village in enumerate(study.village):
        members[village].append(row)
    rows: list[int] = []
    drawn_as: list[int] = []
    copies = 0
    for region in range(len(study.region_names)):
        here = np.flatnonzero(first == region)
        for village in rng.choice(here, size=len(here)):
            rows.extend(members[village])
            drawn_as.extend([copies] * len(members[village]))
            copies += 1
    chosen = np.array(rows, dtype=np.int64)
    order = np.argsort(chosen, kind="stable")
    chosen = chosen[order]
    return Study(
        region=study.region[chosen],
        region_names=study.region_names,
        village=np.array(drawn_as, dtype=np.int64)[order],
        weight=study.weight[chosen],
        mass=study.mass[chosen],
        welfare=study.welfare[chosen],
        score=study.score[chosen],
        spread=study.spread[chosen],
        scored=study.scored[chosen],
        covered=study.covered,
    )


def village_variance(study: Study) -> float:
    """Variance between villages of what the score leaves unexplained (moments, unbalanced).

    Source: the analysis-of-variance estimator of a random intercept (Searle, Casella and
    McCulloch, Variance Components, 1992, section 3.6). Never below 0.
    """
    left = (study.welfare - study.score)[study.scored]
    villages = study.village[study.scored]
    _, place, size = np.unique(villages, return_inverse=True, return_counts=True)
    groups, rows = len(size), len(left)
    if groups < 2 or rows <= groups:  # noqa: PLR2004 - no variance between fewer than two
        return 0.0
    means = np.bincount(place, weights=left) / size
    within = ((left - means[place]) ** 2).sum() / (rows - groups)
    between = (size * (means - left.mean()) ** 2).sum() / (groups - 1)
    typical = (rows - (size**2).sum() / rows) / (groups - 1)
    return max(0.0, float((between - within) / typical))
