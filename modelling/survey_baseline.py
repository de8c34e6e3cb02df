"""The plain model that every other must beat: ordinary least squares on the same columns.

Numbers count by level with missing ones at the mean and marked, categories and regions by dummies,
household size by logarithm as well. It is judged on the same folds of whole villages.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from modelling.survey_held import FIRST, FOLDS, folds

if TYPE_CHECKING:
    from modelling.survey_spec import Spec
    from modelling.survey_table import Numbers, Table


def ordinary_least_squares(table: Table, spec: Spec, target: Numbers, seed: str = FIRST) -> Numbers:
    """Held-out predictions of the plain model.

    Args:
        table: the survey.
        spec: its variables; transforms, products and village means are not used.
        target: what is modelled, one a family.
        seed: of the folds.
    """
    design = _design(table, spec)
    fold = folds(table.cluster, FOLDS, seed)
    root = np.sqrt(table.weight / table.weight.mean())
    guess = np.zeros(len(target))
    for held in range(FOLDS):
        seen = fold != held
        left = design[seen] * root[seen, None]
        goal = left.T @ (target[seen] * root[seen])
        found, *_ = np.linalg.lstsq(left.T @ left, goal, rcond=1e-12)
        guess[~seen] = design[~seen] @ found
    return guess


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
