"""Predictions for villages that the coefficients have not seen.

Whole villages go to folds by the hash of a seed and their name; each fold is predicted by a fit on
the others. Another seed deals the villages anew: repeated cross-validation, drawn by nobody.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np

from modelling.evaluation import places, r2
from modelling.group_quantile import Rows, at_quantile, weighted_quantile
from modelling.group_ridge import Solution, Sums, Variances, by_evidence, solve, sums

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from modelling.survey_design import Design
    from modelling.survey_table import Numbers

    Places = NDArray[np.int64]

FOLDS = 10
FIRST = "0"


def seeds(seed: int, repeats: int) -> tuple[str, ...]:
    """The seed of each repeat; those of one whole number are no other's."""
    return (str(seed), *(f"{seed}.{nth}" for nth in range(1, repeats)))


def folds(clusters: list[str], count: int, seed: str = FIRST) -> Places:
    """The fold of each family: whole villages, in the order of their hashes, dealt out in turn."""
    names = sorted(set(clusters), key=lambda c: hashlib.sha256(f"{seed}|{c}".encode()).digest())
    dealt = {name: place % count for place, name in enumerate(names)}
    return np.array([dealt[name] for name in clusters])


class Held:
    """Sums of all rows and of each fold, so that a held-out fit is a subtraction.

    Args:
        full: the columns.
        target, weight, clusters: one a family; clusters are villages.
        seed: of the folds.
        own: whether villages have effects.
        quantile: what is predicted; None for the mean.
        known: columns that a score knows; the others stand at their mean in a prediction.
    """

    def __init__(
        self,
        full: Design,
        target: Numbers,
        weight: Numbers,
        clusters: list[str],
        seed: str,
        *,
        own: bool,
        known: NDArray[np.bool_],
        quantile: float | None = None,
    ) -> None:
        village = places(clusters)
        villages = int(village.max()) + 1
        self._village, self._clusters, self._quantile = village, clusters, quantile
        self._groups = np.array([piece.group for piece in full.pieces])
        self._matrix, self._target, self._weight = full.matrix, target, weight
        self._own, self._known = own, known
        self._rising = np.array([piece.rising for piece in full.pieces])
        self._fold = folds(clusters, FOLDS, seed)
        self._folds: list[Sums] = []
        for fold in range(FOLDS):
            rows = np.flatnonzero(self._fold == fold)
            parts = (full.matrix[rows], target[rows], weight[rows], village[rows])
            self._folds.append(sums(*parts, villages))
        self._all = self._folds[0]
        for part in self._folds[1:]:
            self._all = self._all.plus(part)

    def by_evidence(self, columns: list[int]) -> Solution:
        """A fit of some columns on every family."""
        kept = np.array(columns)
        groups, rising = list(self._groups[kept]), self._rising[kept]
        return by_evidence(self._all.of(kept), groups, villages=self._own, rising=rising)

    def at_quantile(self, columns: list[int], mean: Solution) -> Solution:
        """The fit of the quantile on every family, from that of the mean."""
        everybody = np.ones(len(self._target), dtype=bool)
        return self._turned(self._all, np.array(columns), everybody, mean)

    def predict(self, columns: list[int], variances: Variances) -> Numbers:
        """Every family by a fit without its village."""
        return self._by_fold(columns, variances, self._matrix, self._fold)

    def predict_others(self, variances: Variances, matrix: Numbers, clusters: list[str]) -> Numbers:
        """Other families, in the same columns, likewise by a fit without their village."""
        fold_of = dict(zip(self._clusters, self._fold.tolist(), strict=True))
        fold = np.array([fold_of.get(name, 0) for name in clusters])
        return self._by_fold(list(range(matrix.shape[1])), variances, matrix, fold)

    def _by_fold(
        self, columns: list[int], variances: Variances, matrix: Numbers, fold: Places
    ) -> Numbers:
        """Each family of a matrix by a fit without its fold."""
        kept = np.array(columns)
        groups, rising, known = list(self._groups[kept]), self._rising[kept], self._known[kept]
        seen = kept[known]
        guess = np.zeros(len(matrix))
        for nth, part in enumerate(self._folds):
            seen_data = self._all.without(part)
            found = solve(seen_data.of(kept), groups, variances, rising)
            if self._quantile is not None:
                found = self._turned(seen_data, kept, self._fold != nth, found)
            rows = np.flatnonzero(fold == nth)
            told = matrix[np.ix_(rows, seen)] @ found.coefficients[known]
            guess[rows] = found.intercept + told
        return guess

    def level(self, guess: Numbers) -> float:
        """What to add to predictions so that the quantile's share of families lies below them."""
        return weighted_quantile(self._target - guess, self._weight, self._quantile or 0.5)

    def explained(self, guess: Numbers) -> float:
        """The share of the target's variance that predictions explain."""
        return r2(self._target, guess, self._weight)

    def r2(self, columns: list[int], variances: Variances) -> float:
        """What such predictions explain."""
        return self.explained(self.predict(columns, variances))

    def _turned(
        self, data: Sums, columns: Places, among: NDArray[np.bool_], mean: Solution
    ) -> Solution:
        """The fit of the quantile among some families."""
        if self._quantile is None:
            return mean
        rows = Rows(
            self._matrix[np.ix_(among, columns)],
            self._target[among],
            self._weight[among],
            self._village[among],
        )
        groups, rising = list(self._groups[columns]), self._rising[columns]
        own = data.of(columns)
        return at_quantile(rows, own, groups, mean, quantile=self._quantile, rising=rising)
