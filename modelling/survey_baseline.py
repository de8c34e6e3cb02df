"""The plain model that every other must beat: ordinary least squares on the same columns.

Numbers count by level with missing ones at the mean and marked, categories and regions by dummies,
household size by logarithm as well. It is judged on the same folds of whole villages, and the
difference in error is told with an interval from villages drawn again (paired bootstrap).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from modelling.evaluation import DRAWS, places, redrawn
from modelling.policy_errors import errors, poorest
from modelling.survey_fit import FOLDS, folds

if TYPE_CHECKING:
    from modelling.survey_spec import Spec
    from modelling.survey_table import Numbers, Table

QUOTA = 0.4


@dataclass(frozen=True, slots=True)
class Difference:
    """Our error less theirs, as shares; below 0 is better.

    Attributes:
        ours, theirs: exclusion error at the quota.
        difference: the first less the second; low and high are its 95 % interval.
    """

    ours: float
    theirs: float
    difference: float
    low: float
    high: float


def ordinary_least_squares(table: Table, spec: Spec, target: Numbers) -> Numbers:
    """Held-out predictions of the plain model.

    Args:
        table: the survey.
        spec: its variables; transforms, products and village means are not used.
        target: what is modelled, one a family.
    """
    design = _design(table, spec)
    fold = folds(table.cluster, FOLDS)
    root = np.sqrt(table.weight / table.weight.mean())
    guess = np.zeros(len(target))
    for held in range(FOLDS):
        seen = fold != held
        left = design[seen] * root[seen, None]
        goal = left.T @ (target[seen] * root[seen])
        found, *_ = np.linalg.lstsq(left.T @ left, goal, rcond=1e-12)
        guess[~seen] = design[~seen] @ found
    return guess


def against(table: Table, target: Numbers, ours: Numbers, theirs: Numbers) -> Difference:
    """Compare two predictions by exclusion error at a quota of 40 % in each region.

    Args:
        table: the survey.
        target, ours, theirs: the truth and both predictions, one a family.
    """
    region, village = places(table.region), places(table.cluster)

    def gap(weight: Numbers) -> tuple[float, float]:
        true = poorest(target, weight, region, QUOTA)
        return (
            errors(true, poorest(ours, weight, region, QUOTA), weight).exclusion,
            errors(true, poorest(theirs, weight, region, QUOTA), weight).exclusion,
        )

    mine, other = gap(table.weight)
    drawn = []
    for times in redrawn(region, village, DRAWS):
        one, two = gap(table.weight * times)
        drawn.append(one - two)
    low, high = np.quantile(drawn, (0.025, 0.975))
    return Difference(mine, other, mine - other, float(low), float(high))


def _design(table: Table, spec: Spec) -> Numbers:
    columns = [np.ones(len(table)), np.log(table.size)]
    for variable in spec.variables:
        if variable.kind == "number":
            values = table.numbers[variable.column]
            unknown = np.isnan(values)
            columns.append(np.where(unknown, np.nanmean(values), values))
            if unknown.any():
                columns.append(unknown.astype(float))
        else:
            columns += _dummies(["" if c is None else c for c in table.codes[variable.column]])
    columns += _dummies(table.region)
    return np.array(columns).T


def _dummies(texts: list[str]) -> list[Numbers]:
    given = np.array(texts)
    return [(given == level).astype(float) for level in sorted(set(texts))[1:]]
