"""Exclusion and inclusion error from ground checks, with intervals that respect the design.

Each checked family stands for 1/probability families (Horvitz and Thompson, JASA 47, 1952); a
share is a ratio of two such sums (Hajek). Its variance is linearised, within strata, between
villages when they were drawn, else between families. The interval is Clopper and Pearson's with
the effective number of families (Korn and Graubard, Survey Methodology 24, 1998; the standard of
the US National Center for Health Statistics since 2017), because few families and rare errors make
the usual one too short.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

Numbers = NDArray[np.float64]
Marks = NDArray[np.bool_]

CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class Checks:
    """Checked families in columns.

    Attributes:
        ids, region, agent: one a family.
        stratum: within which families (or villages) were drawn.
        unit: what was drawn: the village, or the family itself.
        probability: that this family was to be checked, above 0 and at most 1.
        listed: decided in.
        eligible: as found by the check.
    """

    ids: Sequence[str]
    region: Sequence[str]
    agent: Sequence[str]
    stratum: Sequence[str]
    unit: Sequence[str]
    probability: Numbers
    listed: Marks
    eligible: Marks

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True, slots=True)
class Share:
    """A share of families, its interval, and how many checked families it rests on.

    `effective` is how many families drawn alone would tell as much. A share of no family at all
    has no value: `value` is None, and the interval is 0 to 1.
    """

    value: float | None
    low: float
    high: float
    families: int
    effective: float


def exclusion(checks: Checks, within: Marks) -> Share:
    """Share of the eligible who are not listed, among families of a domain."""
    base = within & checks.eligible
    return share(checks, base & ~checks.listed, base)


def inclusion(checks: Checks, within: Marks) -> Share:
    """Share of the listed who are not eligible, among families of a domain."""
    base = within & checks.listed
    return share(checks, base & ~checks.eligible, base)


def chance_above(found: Share, limit: float) -> float:
    """How likely so large a share, or a larger one, is when the true share is at the limit."""
    if found.value is None or found.value <= 0:
        return 1.0
    hits = found.value * found.effective
    return float(stats.beta.cdf(limit, hits, found.effective - hits + 1))


def share(checks: Checks, part: Marks, base: Marks) -> Share:
    """The share that a part has in its base, in the population the checks were drawn from."""
    families = int(base.sum())
    if not families:
        return Share(None, 0.0, 1.0, 0, 0.0)
    weight = 1 / checks.probability
    whole = float(weight[base].sum())
    value = float(weight[part].sum()) / whole
    surprise = weight * (part - value * base) / whole
    variance, freedom = _variance(checks, surprise, base)
    # Few families give an unsteady variance; what unequal weights leave (Kish) bounds it.
    effective = min(float(families), whole**2 / float((weight[base] ** 2).sum()))
    if variance > 0 and 0 < value < 1:
        effective = min(effective, value * (1 - value) / variance)
    if freedom > 0:
        tails = stats.t.ppf((1 + CONFIDENCE) / 2, [families - 1 or 1, freedom])
        effective *= min(1.0, float(tails[0] / tails[1]) ** 2)
    low, high = _clopper_pearson(value * effective, effective)
    return Share(value, min(low, value), max(high, value), families, effective)


def _variance(checks: Checks, surprise: Numbers, base: Marks) -> tuple[float, int]:
    """Variance of the sum of surprises, and its degrees of freedom.

    Families surely checked add none. A stratum of one unit is measured against 0, the mean of all.
    """
    pairs = list(zip(checks.stratum, checks.unit, strict=True))
    places = {pair: n for n, pair in enumerate(sorted(set(pairs)))}
    unit = np.array([places[pair] for pair in pairs])
    totals = np.bincount(unit, weights=surprise, minlength=len(places))
    alone = np.bincount(unit, minlength=len(places)) == 1
    chance = np.bincount(unit, weights=checks.probability, minlength=len(places))
    # A village's own chance is not known from its families'; only single families are corrected.
    left = np.where(alone, 1 - chance, 1.0)
    sure = np.bincount(unit, weights=checks.probability < 1, minlength=len(places)) == 0
    left[sure] = 0.0
    strata = np.unique([stratum for stratum, _ in sorted(places)], return_inverse=True)[1]
    told = np.setdiff1d(np.unique(unit[base]), np.flatnonzero(sure))
    variance = 0.0
    for stratum in range(int(strata.max()) + 1):
        here = np.flatnonzero(strata == stratum)
        number = len(here)
        mean = totals[here].mean() if number > 1 else 0.0
        spread = (left[here] * (totals[here] - mean) ** 2).sum()
        variance += spread * number / max(1, number - 1)
    return float(variance), len(told) - len(np.unique(strata[told]))


def _clopper_pearson(hits: float, families: float) -> tuple[float, float]:
    tail = (1 - CONFIDENCE) / 2
    misses = families - hits
    low = 0.0 if hits <= 0 else float(stats.beta.ppf(tail, hits, misses + 1))
    high = 1.0 if misses <= 0 else float(stats.beta.ppf(1 - tail, hits + 1, misses))
    return low, high
