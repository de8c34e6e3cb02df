"""Predictions for villages that the coefficients have not seen.

Whole villages go to folds by the hash of a seed and their name; each fold is predicted by a fit on
the others. Another seed deals the villages anew: repeated cross-validation, drawn by nobody.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np

from modelling.evaluation import places, r2
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
    ) -> None:
        village = places(clusters)
        villages = int(village.max()) + 1
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

    def predict(self, columns: list[int], variances: Variances) -> Numbers:
        """Every family by a fit without its village."""
        kept = np.array(columns)
        groups, rising, known = list(self._groups[kept]), self._rising[kept], self._known[kept]
        seen = kept[known]
        guess = np.zeros(len(self._target))
        for fold, part in enumerate(self._folds):
            found = solve(self._all.without(part).of(kept), groups, variances, rising)
            rows = np.flatnonzero(self._fold == fold)
            told = self._matrix[np.ix_(rows, seen)] @ found.coefficients[known]
            guess[rows] = found.intercept + told
        return guess

    def r2(self, columns: list[int], variances: Variances) -> float:
        """What such predictions explain."""
        return r2(self._target, self.predict(columns, variances), self._weight)
