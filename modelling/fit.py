"""Fit a recipe on a survey: ridge with signs, judged on villages it has not seen.

The target is the logarithm of monthly consumption per person. Coefficients are learned within
regions of the survey (each region's mean is taken out), because the levels of another country's
provinces say nothing here. Nothing is drawn at random: villages go to folds by the hash of
their code, so that the same survey gives the same artefact, byte for byte.
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from modelling.recipe import Inputs, Recipe
    from modelling.surveys import Survey

    Numbers = NDArray[np.float64]
    Places = NDArray[np.int64]
    Marks = NDArray[np.bool_]

FOLDS = 10
CUTS = 9
PENALTIES = (0.0001, 0.0003, 0.001, 0.003, 0.01)
QUOTA = 0.40
_SETTLED = 1e-11
_SWEEPS = 20_000


@dataclass(frozen=True, slots=True)
class Sample:
    """The survey as the fit sees it.

    Attributes:
        design: households x columns.
        owner: for each column the place of its feature in the recipe.
        rising: for each column, whether its coefficient may not be negative.
        target: log consumption; weight: households' weights with mean 1.
        region, village, fold: places, one a household.
        persons: members of each household.
    """

    design: Numbers
    owner: Places
    rising: Marks
    target: Numbers
    weight: Numbers
    region: Places
    village: Places
    fold: Places
    persons: Numbers


@dataclass(frozen=True, slots=True)
class Accuracy:
    """Figures on villages that the model has not seen.

    Attributes:
        r2: share of the variance of log consumption explained.
        residual_sd: standard deviation of what is left, in log units.
        exclusion, inclusion: errors at a quota of 40 % of households within each region, and
            the standard error of each (between villages).
        groups: exclusion error by group of the survey's description, with the poor counted.
    """

    r2: float
    residual_sd: float
    exclusion: tuple[float, float]
    inclusion: tuple[float, float]
    groups: dict[str, tuple[float, int]]


@dataclass(frozen=True, slots=True)
class Fit:
    """Coefficients and how well they do."""

    penalty: float
    intercept: float
    coefficients: Numbers
    accuracy: Accuracy


def sample(survey: Survey, recipe: Recipe, inputs: Inputs) -> Sample:
    """Lay out the survey for the recipe."""
    columns: list[list[float]] = []
    owner: list[int] = []
    rising: list[bool] = []
    for place, spec in enumerate(recipe.specs):
        for column in spec.shape.columns(inputs[spec.read]):
            columns.append(column.values)
            owner.append(place)
            rising.append(column.rising)
    persons = np.array(survey.number("hhsize"))
    weight = calibrate(np.array(survey.number("weight")), persons, recipe.mean_size)
    villages = survey.text("cluster")
    return Sample(
        design=np.array(columns).T.copy(),
        owner=np.array(owner),
        rising=np.array(rising),
        target=np.log(np.array(survey.number("welfare"))),
        weight=weight,
        region=_places(survey.text("region")),
        village=_places(villages),
        fold=np.array([_fold(village) for village in villages]),
        persons=persons,
    )


def calibrate(weight: Numbers, persons: Numbers, mean_size: float | None) -> Numbers:
    """Weights with mean 1 under which households have the mean size wanted.

    Each weight is multiplied by exp(-t * persons) with the one t that gives the mean: of all
    weights with that mean these are the nearest to the survey's own (exponential tilting).

    Args:
        weight: the survey's weights.
        persons: members of each household.
        mean_size: the mean wanted; None leaves the weights as they are.

    Raises:
        ValueError: the mean is not between the smallest and the largest household.
    """
    if mean_size is not None:
        if not persons.min() < mean_size < persons.max():
            raise ValueError("no weights give this mean size")
        low, high = -5.0, 5.0
        for _ in range(80):
            tilt = (low + high) / 2
            tilted = weight * np.exp(-tilt * (persons - mean_size))
            if tilted @ persons > mean_size * tilted.sum():
                low = tilt
            else:
                high = tilt
        weight = tilted
    evened: Numbers = weight / weight.mean()
    return evened


def fit(data: Sample, survey: Survey, say: Callable[[str], None]) -> Fit:
    """Choose the penalty on held-out villages, then fit on all of them."""
    best: tuple[float, float, Numbers] | None = None
    for penalty in PENALTIES:
        guess = held_out(data, penalty)
        r2 = _r2(data, guess)
        say(f"  penalty {penalty:<7g} held-out R2 {r2:.4f}")
        if best is None or r2 > best[0]:
            best = (r2, penalty, guess)
    if best is None:
        raise ValueError("no penalty to try")
    everyone = np.ones(len(data.target), dtype=bool)
    intercept, coefficients = solve(data, everyone, best[1])
    return Fit(best[1], intercept, coefficients, judge(data, survey, best[2]))


def held_out(data: Sample, penalty: float, without: int | None = None) -> Numbers:
    """Predictions for every household by a model that has not seen its village.

    Args:
        data: the sample.
        penalty: of the ridge.
        without: leave out this feature (its place in the recipe).
    """
    guess = np.zeros(len(data.target))
    for fold in range(FOLDS):
        seen = data.fold != fold
        intercept, coefficients = solve(data, seen, penalty, without)
        guess[~seen] = intercept + data.design[~seen] @ coefficients
    return guess


def worth(data: Sample, penalty: float, features: Iterable[int]) -> Iterator[tuple[int, float]]:
    """For each feature (its place in the recipe), the held-out R2 that is lost without it."""
    whole = _r2(data, held_out(data, penalty))
    for place in features:
        yield place, whole - _r2(data, held_out(data, penalty, place))


def solve(
    data: Sample, rows: Marks, penalty: float, without: int | None = None
) -> tuple[float, Numbers]:
    """Weighted ridge within regions, `rising` coefficients held at 0 or above.

    Coordinate descent on the normal equations: the problem is strictly convex, so the answer is
    one and the same whatever the path.

    Returns:
        The intercept and the coefficients on the columns as given.
    """
    design, target, weight = data.design[rows], data.target[rows], data.weight[rows]
    total = weight.sum()
    centre = weight @ design / total
    inner = design - _region_means(design, weight, data.region[rows])
    left = target - _region_means(target[:, None], weight, data.region[rows])[:, 0]
    scale = np.sqrt(weight @ inner**2 / total)
    used = scale > 0
    if without is not None:
        used &= data.owner != without
    scaled = inner[:, used] / scale[used]
    normal = scaled.T @ (scaled * weight[:, None]) / total + penalty * np.eye(int(used.sum()))
    goal = scaled.T @ (left * weight) / total
    coefficients = np.zeros(design.shape[1])
    coefficients[used] = _descend(normal, goal, data.rising[used]) / scale[used]
    return float(weight @ target / total - centre @ coefficients), coefficients


def judge(data: Sample, survey: Survey, guess: Numbers) -> Accuracy:
    """Accuracy of predictions, with exclusion and inclusion apart (product invariant 10)."""
    poor, chosen = _poorest(data, data.target), _poorest(data, guess)
    missed, wrong = poor & ~chosen, chosen & ~poor
    groups = {}
    for name, members in _groups(survey):
        count = int((members & poor).sum())
        if count:
            share = data.weight[members & missed].sum() / data.weight[members & poor].sum()
            groups[name] = (float(share), count)
    return Accuracy(
        r2=_r2(data, guess),
        residual_sd=float(np.sqrt(np.average((data.target - guess) ** 2, weights=data.weight))),
        exclusion=_share(data, missed, poor),
        inclusion=_share(data, wrong, chosen),
        groups=groups,
    )


def weighted_cuts(scores: Sequence[int], weights: Sequence[float]) -> list[int]:
    """Nine scores that part the households, in order of score, into ten of equal weight.

    A household belongs to the tenth that its first member, in that order, falls into.
    """
    order = sorted(range(len(scores)), key=lambda i: scores[i])
    total, before, cuts = math.fsum(weights), 0.0, list[int]()
    for i in order:
        while len(cuts) < CUTS and before >= total * (len(cuts) + 1) / 10:
            cuts.append(scores[i])
        before += weights[i]
    return cuts + [scores[order[-1]] + 1] * (CUTS - len(cuts))


def _descend(normal: Numbers, goal: Numbers, rising: Marks) -> Numbers:
    found = np.zeros(len(goal))
    for _ in range(_SWEEPS):
        largest = 0.0
        for i in range(len(goal)):
            step = (goal[i] - normal[i] @ found) / normal[i, i]
            if rising[i] and found[i] + step < 0:
                step = -found[i]
            found[i] += step
            largest = max(largest, abs(step))
        if largest < _SETTLED:
            return found
    raise ArithmeticError("the fit did not settle")


def _region_means(values: Numbers, weight: Numbers, region: Places) -> Numbers:
    """Each row's weighted mean over its region."""
    sums = np.zeros((region.max() + 1, values.shape[1]))
    np.add.at(sums, region, values * weight[:, None])
    totals = np.bincount(region, weights=weight)
    means: Numbers = (sums / np.where(totals > 0, totals, 1)[:, None])[region]
    return means


def _poorest(data: Sample, welfare: Numbers) -> Marks:
    """The poorest 40 % of households (by weight) of each region; ties by place."""
    chosen = np.zeros(len(welfare), dtype=bool)
    for region in range(data.region.max() + 1):
        rows = np.flatnonzero(data.region == region)
        order = rows[np.argsort(welfare[rows], kind="stable")]
        before = np.cumsum(data.weight[order]) - data.weight[order]
        chosen[order[before < QUOTA * data.weight[order].sum() - 1e-9]] = True
    return chosen


def _share(data: Sample, part: Marks, whole: Marks) -> tuple[float, float]:
    """A share and its standard error with villages as the units that were drawn."""
    top = np.bincount(data.village, weights=data.weight * part)
    bottom = np.bincount(data.village, weights=data.weight * whole)
    share = top.sum() / bottom.sum()
    villages = len(top)
    spread = ((top - share * bottom) ** 2).sum() * villages / (villages - 1)
    return float(share), float(np.sqrt(spread) / bottom.sum())


def _r2(data: Sample, guess: Numbers) -> float:
    mean = np.average(data.target, weights=data.weight)
    left = data.weight @ (data.target - guess) ** 2
    return float(1 - left / (data.weight @ (data.target - mean) ** 2))


def _groups(survey: Survey) -> Iterator[tuple[str, Marks]]:
    """Groups such as `head_age>=60` of the survey's description."""
    described = survey.about.get("groups")
    for name, rule in (described if isinstance(described, dict) else {}).items():
        for sign, compare in (("==", np.equal), (">=", np.greater_equal), ("<=", np.less_equal)):
            column, found, bound = str(rule).partition(sign)
            if found:
                yield str(name), compare(np.array(survey.number(column)), float(bound))


def _fold(village: str) -> int:
    return int.from_bytes(hashlib.sha256(village.encode()).digest()[:8], "big") % FOLDS


def _places(texts: list[str]) -> Places:
    known = {text: place for place, text in enumerate(sorted(set(texts)))}
    return np.array([known[text] for text in texts])
