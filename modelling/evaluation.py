"""Judge predictions on a survey with known welfare: errors, order, calibration, coverage, groups.

Definitions (docs/model.md repeats them with their sources):

- quota errors: the poorest share of the families (by weight) is chosen by prediction, within each
  region or in the whole nation; with equal quotas exclusion and inclusion are nearly one figure;
- line errors: chosen is whoever is predicted below the welfare of the poorest share; predictions
  vary less than the truth, so exclusion is high and inclusion low. Never compare the two kinds;
- severe misses: the truly poorest tenth that a quota of 40 % leaves out.

Intervals are 95 %, from villages drawn again within their regions.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from modelling.policy_errors import errors, poorest, true_line

Numbers = NDArray[np.float64]
Places = NDArray[np.int64]
Marks = NDArray[np.bool_]

QUOTAS = (0.2, 0.4)
MAIN_QUOTA = 0.4
TENTHS = 10
DRAWS = 200
FEWEST = 30  # families of a region or group, for a figure of its own


@dataclass(frozen=True, slots=True)
class Judging:
    """Families with known welfare and a prediction of it.

    Attributes:
        target: what is predicted (log welfare, say); higher is better off.
        score: the prediction. low, high: ends of its 90 % interval, or None without intervals.
        weight: families that each row stands for.
        region, village: names, one a family.
        groups: name -> who is in it.
    """

    target: Numbers
    score: Numbers
    low: Numbers | None
    high: Numbers | None
    weight: Numbers
    region: Sequence[str]
    village: Sequence[str]
    groups: Mapping[str, Marks]


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure with its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Part:
    """Errors of one region or group at the main quota.

    Attributes:
        families: rows of the survey; poor: rows among the truly poorest.
        bias: mean of target less score. covers: share in the 90 % interval, or None.
    """

    name: str
    families: int
    poor: int
    exclusion: Figure
    inclusion: Figure
    bias: float
    covers: float | None


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Everything judged.

    Attributes:
        families, villages, regions: how many.
        r2, rank_correlation: of the target; ranks within regions, weighted by families.
        quota, nation, line: (quota, "exclusion" or "inclusion") -> figure, for the three kinds.
        severe: severe misses.
        tenths_exact, tenths_within_one: shares of families put in their tenth of the nation, or
            next to it. confusion: true tenth x predicted tenth, shares of all families.
        calibration: (mean prediction, mean target, share of families) by predicted tenth.
        covers, width: share of families in their 90 % interval; its mean width.
        by_region, by_group: at the main quota in each region; too few families are left out.
        untold: regions and groups left out for being too few.
    """

    families: int
    villages: int
    regions: int
    r2: float
    rank_correlation: float
    quota: Mapping[tuple[float, str], Figure]
    nation: Mapping[tuple[float, str], Figure]
    line: Mapping[tuple[float, str], Figure]
    severe: Figure
    tenths_exact: float
    tenths_within_one: float
    confusion: NDArray[np.float64]
    calibration: Sequence[tuple[float, float, float]]
    covers: float | None
    width: float | None
    by_region: Sequence[Part]
    by_group: Sequence[Part]
    untold: Sequence[str]


def evaluate(judging: Judging, draws: int = DRAWS) -> Evaluation:
    """Judge.

    Args:
        judging: the families.
        draws: times that villages are drawn again for the intervals.
    """
    weight, target, score = judging.weight, judging.target, judging.score
    region, village = places(judging.region), places(judging.village)
    parts, untold = _parts(judging, region)
    measured = _measured(judging, region, weight, parts)
    again: dict[str, list[float]] = {name: [] for name in measured}
    for drawn in redrawn(region, village, draws):
        for name, value in _measured(judging, region, weight * drawn, parts).items():
            again[name].append(value)

    def figure(name: str) -> Figure:
        known = [value for value in again[name] if not np.isnan(value)]
        low, high = np.quantile(known, (0.025, 0.975)) if known else (np.nan, np.nan)
        return Figure(measured[name], float(low), float(high))

    def kind(word: str) -> dict[tuple[float, str], Figure]:
        sides = ("exclusion", "inclusion")
        return {(q, side): figure(f"{word} {q} {side}") for q in QUOTAS for side in sides}

    true, guessed = tenths(target, weight), tenths(score, weight)
    confusion = np.zeros((TENTHS, TENTHS))
    np.add.at(confusion, (true, guessed), weight / weight.sum())
    inside, covers, width = None, None, None
    if judging.low is not None and judging.high is not None:
        inside = (target >= judging.low) & (target <= judging.high)
        covers = float(np.average(inside, weights=weight))
        width = float(np.average(judging.high - judging.low, weights=weight))
    poor = poorest(target, weight, region, MAIN_QUOTA)
    told = []
    for name, marks in parts.items():
        seen = inside[marks] if inside is not None else None
        part = Part(
            name=name,
            families=int(marks.sum()),
            poor=int((marks & poor).sum()),
            exclusion=figure(f"{name} exclusion"),
            inclusion=figure(f"{name} inclusion"),
            bias=float(np.average((target - score)[marks], weights=weight[marks])),
            covers=None if seen is None else float(np.average(seen, weights=weight[marks])),
        )
        told.append(part)
    return Evaluation(
        families=len(target),
        villages=int(village.max()) + 1,
        regions=int(region.max()) + 1,
        r2=r2(target, score, weight),
        rank_correlation=rank_correlation(target, score, region, weight),
        quota=kind("quota"),
        nation=kind("nation"),
        line=kind("line"),
        severe=figure("severe"),
        tenths_exact=float(np.trace(confusion)),
        tenths_within_one=float(sum(np.trace(confusion, k) for k in (-1, 0, 1))),
        confusion=confusion,
        calibration=_calibration(target, score, weight, guessed),
        covers=covers,
        width=width,
        by_region=[part for part in told if part.name.startswith("region ")],
        by_group=[part for part in told if not part.name.startswith("region ")],
        untold=untold,
    )


def r2(target: Numbers, score: Numbers, weight: Numbers) -> float:
    """The share of the weighted variance of the target that the score explains."""
    left = np.average((target - score) ** 2, weights=weight)
    whole = np.average((target - np.average(target, weights=weight)) ** 2, weights=weight)
    return float(1 - left / whole)


def rank_correlation(target: Numbers, score: Numbers, region: Places, weight: Numbers) -> float:
    """Spearman's within each region, averaged by the regions' families."""
    found, shares = [], []
    for place in range(int(region.max()) + 1):
        rows = np.flatnonzero(region == place)
        ranks = np.array([_ranks(values[rows]) for values in (target, score)])
        if len(rows) > 2 and ranks.std(axis=1).min() > 0:  # noqa: PLR2004
            found.append(float(np.corrcoef(ranks)[0, 1]))
            shares.append(float(weight[rows].sum()))
    return float(np.average(found, weights=shares)) if found else float("nan")


def _measured(
    judging: Judging, region: Places, weight: Numbers, parts: Mapping[str, Marks]
) -> dict[str, float]:
    """Every figure that has an interval, under given weights."""
    target, score = judging.target, judging.score
    nation = np.zeros_like(region)
    found: dict[str, float] = {}
    for quota in QUOTAS:
        for word, where in (("quota", region), ("nation", nation)):
            both = errors(
                poorest(target, weight, where, quota), poorest(score, weight, where, quota), weight
            )
            found[f"{word} {quota} exclusion"] = both.exclusion
            found[f"{word} {quota} inclusion"] = both.inclusion
        line = true_line(target, weight, quota)
        both = errors(target <= line, score <= line, weight)
        found[f"line {quota} exclusion"] = both.exclusion
        found[f"line {quota} inclusion"] = both.inclusion
    true = poorest(target, weight, region, MAIN_QUOTA)
    chosen = poorest(score, weight, region, MAIN_QUOTA)
    worst = poorest(target, weight, region, 1 / TENTHS)
    found["severe"] = errors(worst, chosen, weight).exclusion
    for name, marks in parts.items():
        both = errors(true & marks, chosen & marks, weight)
        some = weight[true & marks].sum() > 0, weight[chosen & marks].sum() > 0
        found[f"{name} exclusion"] = both.exclusion if some[0] else np.nan
        found[f"{name} inclusion"] = both.inclusion if some[1] else np.nan
    return found


def _parts(judging: Judging, region: Places) -> tuple[dict[str, Marks], list[str]]:
    """Regions and groups with enough families, and the names of the others."""
    names = sorted(set(judging.region))
    every = {f"region {name}": region == place for place, name in enumerate(names)}
    every |= dict(judging.groups)
    told = {name: marks for name, marks in every.items() if marks.sum() >= FEWEST}
    return told, [name for name in every if name not in told]


def redrawn(region: Places, village: Places, draws: int) -> Iterator[Numbers]:
    """How often each family's village is drawn, villages with replacement within regions."""
    draw = np.random.default_rng(20261122)
    home = np.zeros(int(village.max()) + 1, dtype=np.int64)
    home[village] = region
    of_region = [np.flatnonzero(home == place) for place in range(int(region.max()) + 1)]
    for _ in range(draws):
        times = np.zeros(len(home))
        for members in of_region:
            if len(members):
                again = draw.integers(0, len(members), len(members))
                times[members] = np.bincount(again, minlength=len(members))
        yield times[village]


def tenths(values: Numbers, weight: Numbers) -> Places:
    """The tenth of the nation, 0 poorest, that each family falls into."""
    order = np.argsort(values, kind="stable")
    before = np.cumsum(weight[order]) - weight[order]
    found = np.zeros(len(values), dtype=np.int64)
    found[order] = np.minimum(TENTHS * before / weight.sum(), TENTHS - 1).astype(np.int64)
    return found


def _calibration(
    target: Numbers, score: Numbers, weight: Numbers, tenth: Places
) -> list[tuple[float, float, float]]:
    rows = []
    for place in range(TENTHS):
        marks = tenth == place
        if weight[marks].sum() > 0:
            predicted, true = (np.average(v[marks], weights=weight[marks]) for v in (score, target))
            share = float(weight[marks].sum() / weight.sum())
            rows.append((float(predicted), float(true), share))
    return rows


def _ranks(values: Numbers) -> Numbers:
    """Ranks, ties at their mean."""
    _, place, count = np.unique(values, return_inverse=True, return_counts=True)
    top = np.cumsum(count)
    middle: Numbers = top - (count - 1) / 2
    return middle[place]


def places(names: Sequence[str]) -> Places:
    """The place of each name among all of them, in order."""
    known = {name: place for place, name in enumerate(sorted(set(names)))}
    return np.array([known[name] for name in names])
