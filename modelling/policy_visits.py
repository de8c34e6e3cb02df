"""Whom to visit: those whose visit should put most families right, and some at random.

A visit is worth what it may change. With p the probability that a family is eligible given all
that is known, the family on the list with p near 1 and the one off it with p near 0 would stay
where they are. `gain` reckons how much wrongly placed mass a visit removes, with the error of
the visit itself (value of sample information: Raiffa and Schlaifer, Applied Statistical Decision
Theory, 1961, chapter 5). A share of the visits is drawn at random from everyone else, because
families chosen for their doubt say nothing about the rest; with the probabilities of that draw
the errors of the whole list can be estimated without bias (Horvitz and Thompson, JASA 47, 1952).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, ndtri

from modelling.policy_study import Marks, Numbers, Places

NEIGHBOURS = 10
NODES = 16
CHURN_A_YEAR = 0.39
DAYS_A_YEAR = 365
_BISECTIONS = 60
_WIDEST = 12.0


@dataclass(frozen=True, slots=True)
class Visits:
    """Whom to visit.

    Attributes:
        by_risk: chosen for what the visit may change.
        at_random: drawn from the other candidates.
        probability: of being visited: 1 by risk, the share drawn of its stratum for the other
            candidates, 0 for who is no candidate (or when nothing is drawn at random).
    """

    by_risk: Marks
    at_random: Marks
    probability: Numbers

    @property
    def visited(self) -> Marks:
        """Everyone visited."""
        return self.by_risk | self.at_random


def expected_lines(
    estimate: Numbers, spread: Numbers, mass: Numbers, region: Places, quota: float
) -> Numbers:
    """The line of each region under which the quota of families is expected to live.

    It solves mean(p) = quota. Counting scores below a line would not do: predictions vary less
    than the truth, and the count is off (by 4.5 points on one survey, docs/policy.md).
    """
    regions = int(region.max()) + 1
    goal = quota * np.bincount(region, weights=mass, minlength=regions)
    low = np.full(regions, np.inf)
    high = np.full(regions, -np.inf)
    np.minimum.at(low, region, estimate - _WIDEST * spread)
    np.maximum.at(high, region, estimate + _WIDEST * spread)
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        p = p_under(estimate, spread, middle[region])
        above = np.bincount(region, weights=mass * p, minlength=regions) > goal
        high, low = np.where(above, middle, high), np.where(above, low, middle)
    lines: Numbers = (low + high) / 2
    return lines


def p_under(estimate: Numbers, spread: Numbers, line: Numbers) -> Numbers:
    """Probability that welfare is below the line, one a family; normal around the estimate."""
    away = line - estimate
    p: Numbers = np.where(
        spread > 0, ndtr(away / np.where(spread > 0, spread, 1.0)), (away >= 0).astype(float)
    )
    return p


def priority(p: Numbers, stake: Numbers, staleness: Numbers) -> Numbers:
    """The plain order of doubt, p(1-p) x stake x staleness, for lists without a quota."""
    ranked: Numbers = p * (1 - p) * stake * staleness
    return ranked


def staleness(days: Numbers) -> Numbers:
    """How much more an old record is worth a visit: 1 when fresh, 1.39 from a year on.

    Of the poorest 40 % of Uganda's panel 39 % were no longer there after one year, 40 % after two
    (survey noise included), so the factor grows for one year and then stays.
    """
    factor: Numbers = 1 + CHURN_A_YEAR * np.clip(days / DAYS_A_YEAR, 0.0, 1.0)
    return factor


def edges(
    p: Numbers, estimate: Numbers, region: Places, chosen: Marks, waiting: Marks
) -> tuple[Numbers, Numbers]:
    """Probability of being eligible on both sides of each region's cut.

    Returns:
        (of the next to come in, of the last to have come in), by region: means over the ten
        families nearest the cut on either side. A region without a waiting list replaces nobody
        (0); one whose places are not filled pushes nobody out (0).
    """
    regions = int(region.max()) + 1
    return (
        _nearest(p, estimate, region, waiting, regions),
        _nearest(p, -estimate, region, chosen, regions),
    )


def gain(
    estimate: Numbers,
    spread: Numbers,
    line: Numbers,
    *,
    noise: float,
    chosen: Marks,
    next_in: Numbers,
    last_in: Numbers,
) -> Numbers:
    """Wrongly placed families that one visit is expected to put right, one a family.

    A chosen family found to be less likely eligible than the next of the waiting list is
    replaced by it; a waiting family found likelier than the last chosen takes its place.

    Args:
        estimate, spread: what is believed of each family's welfare.
        line: of its region.
        noise: standard deviation of a visit's reading around the truth; 0 for a perfect visit.
        chosen: who is on the list now.
        next_in, last_in: probability of being eligible of the next to come in and of the last
            to have come in, of its region.
    """
    p = p_under(estimate, spread, line)
    if noise <= 0:
        gained: Numbers = np.where(chosen, (1 - p) * next_in, p * (1 - last_in))
        return gained
    trust = spread**2 / (spread**2 + noise**2)
    moved, left = spread * np.sqrt(trust), spread * np.sqrt(1 - trust)
    gained = np.zeros(len(p))
    for node in ndtri((np.arange(NODES) + 0.5) / NODES):  # equally likely readings
        after = p_under(estimate + moved * node, left, line)
        gained += np.maximum(0.0, np.where(chosen, next_in - after, after - last_in))
    return gained / NODES


def choose(
    worth: Numbers,
    cost: Numbers,
    budget: float,
    *,
    random_share: float,
    candidates: Marks,
    stratum: Places,
    rng: np.random.Generator,
) -> Visits:
    """Spend a budget of visits: the most worth a visit first, a share at random.

    By risk the families of greatest worth a visit are taken until the next does not fit. With
    equal costs no other choice of as many is worth more; with unequal ones none that costs as
    much is worth more than what the next family would add. The random part is a simple random
    sample of the other candidates of each stratum, as many of each as its share of them.

    Args:
        worth: a visit's worth (gain x stake x staleness), one a family.
        cost: visits that a row takes (a row of a survey stands for many families), positive.
        budget: visits in all.
        random_share: of the budget, drawn at random.
        candidates: who may be visited.
        stratum: place of each family's stratum.
        rng: draws the random part.
    """
    by_risk = np.zeros(len(worth), dtype=bool)
    order = np.flatnonzero(candidates)
    order = order[np.argsort(-worth[order], kind="stable")]
    fits = np.cumsum(cost[order]) <= budget * (1 - random_share) * (1 + 1e-12)
    by_risk[order[fits]] = True
    rest = candidates & ~by_risk
    at_random = np.zeros(len(worth), dtype=bool)
    probability = by_risk.astype(float)
    if random_share > 0 and rest.any():
        wanted = budget * random_share / cost[rest].mean()
        for place, number in _shares(stratum[rest], min(round(wanted), int(rest.sum()))):
            here = np.flatnonzero(rest & (stratum == place))
            at_random[rng.choice(here, size=number, replace=False)] = True
            probability[here] = number / len(here)
    return Visits(by_risk, at_random, probability)


def _shares(strata: Places, number: int) -> list[tuple[int, int]]:
    """A number parted among strata in proportion to their size, by largest remainder."""
    places, sizes = np.unique(strata, return_counts=True)
    exact = number * sizes / sizes.sum()
    given = np.floor(exact).astype(int)
    most = np.argsort(-(exact - given), kind="stable")[: number - int(given.sum())]
    given[most] += 1
    return [(int(place), int(n)) for place, n in zip(places, given, strict=True)]


def _nearest(p: Numbers, order: Numbers, region: Places, among: Marks, regions: int) -> Numbers:
    """By region, mean of p over the NEIGHBOURS lowest in order among some; 0 where none is."""
    rows = np.flatnonzero(among)
    rows = rows[np.lexsort((order[rows], region[rows]))]
    place = np.arange(len(rows)) - np.searchsorted(region[rows], region[rows])
    rows = rows[place < NEIGHBOURS]
    counted = np.bincount(region[rows], minlength=regions)
    summed = np.bincount(region[rows], weights=p[rows], minlength=regions)
    means: Numbers = summed / np.maximum(counted, 1)
    return means
