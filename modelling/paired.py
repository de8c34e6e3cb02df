"""How much better one prediction is than another on the same families, with an interval.

Both are judged on the same villages drawn again (paired bootstrap), so that what makes a survey
easy or hard falls out of the difference. With repeated cross-validation each side has a prediction
for every repeat, and figures are means over the repeats.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from modelling.evaluation import DRAWS, Places, places, r2, rank_correlation, redrawn
from modelling.policy_errors import errors, poorest

if TYPE_CHECKING:
    from modelling.survey_table import Numbers, Table

QUOTA = 0.4
EXCLUSION, EXPLAINED, ORDER = "exclusion error at 40 %", "R2", "rank correlation"


@dataclass(frozen=True, slots=True)
class Difference:
    """Our figure less theirs.

    Attributes:
        ours, theirs: the figure of each.
        difference: the first less the second; low and high are its 95 % interval.
    """

    ours: float
    theirs: float
    difference: float
    low: float
    high: float


def against(
    table: Table,
    target: Numbers,
    ours: Sequence[Numbers],
    theirs: Sequence[Numbers],
    figures: Sequence[str] = (EXCLUSION,),
) -> dict[str, Difference]:
    """Compare two predictions: exclusion error at a quota of 40 % in each region, R2, order.

    Args:
        table: the survey.
        target: the truth, one a family.
        ours, theirs: the predictions of each repeat of cross-validation, as many of either.
        figures: which of EXCLUSION, EXPLAINED and ORDER.
    """
    region, village = places(table.region), places(table.cluster)

    def measured(times: Numbers) -> dict[str, tuple[float, float]]:
        found = {}
        for name in figures:
            figure = _FIGURES[name](target, region, table.weight * times)
            one, other = ([figure(guess, times) for guess in side] for side in (ours, theirs))
            found[name] = (float(np.mean(one)), float(np.mean(other)))
        return found

    whole = measured(np.ones(len(table)))
    drawn: dict[str, list[float]] = {name: [] for name in figures}
    for times in redrawn(region, village, DRAWS):
        for name, (one, other) in measured(times).items():
            drawn[name].append(one - other)
    made = {}
    for name, (one, other) in whole.items():
        low, high = np.quantile(drawn[name], (0.025, 0.975))
        made[name] = Difference(one, other, one - other, float(low), float(high))
    return made


Figure = Callable[["Numbers", "Numbers"], float]


def _exclusion(target: Numbers, region: Places, weight: Numbers) -> Figure:
    true = poorest(target, weight, region, QUOTA)
    return lambda guess, _: errors(true, poorest(guess, weight, region, QUOTA), weight).exclusion


def _explained(target: Numbers, _region: Places, weight: Numbers) -> Figure:
    return lambda guess, _: r2(target, guess, weight)


def _order(target: Numbers, region: Places, weight: Numbers) -> Figure:
    def figure(guess: Numbers, times: Numbers) -> float:
        rows = np.repeat(np.arange(len(target)), times.astype(np.int64))
        return rank_correlation(target[rows], guess[rows], region[rows], weight[rows])

    return figure


_FIGURES = {EXCLUSION: _exclusion, EXPLAINED: _explained, ORDER: _order}
