"""Gradient boosting beside the model: what interpretability costs, and where the two disagree.

It never scores a family for a decision. It learns on the same inputs and is judged on the same
folds of whole villages; the difference is what additive reasons cost in accuracy. Families whom one
puts under the quota and the other does not are looked at first when ground checks are planned.

Runs on one thread, because sums over several are not always the same to the last bit.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from modelling.survey_held import FIRST, FOLDS, folds

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sklearn.ensemble import HistGradientBoostingRegressor

    from modelling.survey_fit import Fitted
    from modelling.survey_inputs import Inputs
    from modelling.survey_table import Numbers, Table

FEWEST = 1500  # families; with fewer a linear model wins (targeting.md 4, training size)
MOST_CATEGORIES = 250  # the library holds 255 of one column
SETTINGS = {
    "learning_rate": 0.05,
    "max_iter": 400,
    "max_leaf_nodes": 15,
    "min_samples_leaf": 30,
    "l2_regularization": 5.0,
    "max_features": 0.3,
    "early_stopping": False,
    "random_state": 0,
}


@dataclass(frozen=True, slots=True)
class Coding:
    """How inputs become columns of numbers.

    Attributes:
        reads: one column each.
        codes: read -> category -> its number; empty for a number. Others count as not known.
    """

    reads: tuple[str, ...]
    codes: Mapping[str, Mapping[str, int]]


def coding(fitted: Fitted) -> Coding:
    """The inputs that the model's scores use: its variables, village means, the region."""
    used = ("own", "village", "region")
    named = dict.fromkeys(r for (what, _), r in fitted.found.items() if what in used)
    reads = [read for read in named if read not in fitted.hidden]
    codes = {}
    for read in reads:
        counts = Counter(value for value in fitted.inputs[read] if isinstance(value, str))
        ranked = sorted(counts, key=lambda code: (-counts[code], code))[:MOST_CATEGORIES]
        codes[read] = {code: number for number, code in enumerate(ranked)}
    return Coding(tuple(reads), codes)


def matrix(coded: Coding, inputs: Inputs) -> Numbers:
    """Families x columns, NaN for what is not known."""
    columns = []
    for read in coded.reads:
        codes = coded.codes[read]
        column = [codes.get(v) if isinstance(v, str) else v for v in inputs[read]]
        columns.append(np.array(column, dtype=float))
    found: Numbers = np.array(columns).T
    return found


def held_out(fitted: Fitted, table: Table, seed: str = FIRST) -> Numbers:
    """Predictions for each village by a challenger that has not seen it, on the model's folds.

    Args:
        fitted: the model; the challenger has its inputs, target and weights.
        table: its survey.
        seed: of the folds.
    """
    coded = coding(fitted)
    every = matrix(coded, fitted.inputs)
    fold = folds(table.cluster, FOLDS, seed)
    guess = np.zeros(len(table))
    for held in range(FOLDS):
        seen = fold != held
        guess[~seen] = _learned(fitted, coded, every, seen, every[~seen])
    return guess


def scores(fitted: Fitted, inputs: Inputs) -> Numbers:
    """Predictions for other families by a challenger that has seen the whole survey."""
    coded = coding(fitted)
    every = matrix(coded, fitted.inputs)
    seen = np.ones(len(every), dtype=bool)
    return _learned(fitted, coded, every, seen, matrix(coded, inputs))


def _learned(
    fitted: Fitted, coded: Coding, every: Numbers, seen: np.ndarray[tuple[int], np.dtype[np.bool_]],
    others: Numbers,
) -> Numbers:  # fmt: skip
    known = ~np.isnan(every[seen]).all(axis=0)
    chosen = np.array([bool(coded.codes[read]) for read in coded.reads])[known]
    with threadpool_limits(1):
        boosted = _boosting(chosen, fitted.spec.quantile)
        boosted.fit(every[seen][:, known], fitted.target[seen], sample_weight=fitted.weight[seen])
        guess: Numbers = boosted.predict(others[:, known])
    return guess


def _boosting(
    chosen: np.ndarray[tuple[int], np.dtype[np.bool_]], quantile: float | None
) -> HistGradientBoostingRegressor:
    from sklearn.ensemble import HistGradientBoostingRegressor

    loss = {"loss": "quantile", "quantile": quantile} if quantile else {}
    return HistGradientBoostingRegressor(categorical_features=chosen, **SETTINGS, **loss)
