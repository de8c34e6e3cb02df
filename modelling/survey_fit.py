"""Fit a survey: coefficients by evidence, blocks kept if villages not seen are better for them.

Everything is judged on villages that the coefficients have not seen. Villages go to folds by the
hash of their name, so the same survey gives the same model, byte for byte.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from modelling.evaluation import r2
from modelling.group_ridge import Solution, Sums, Variances, by_evidence, solve, sums
from modelling.survey_design import BLOCKS, Design, design, pieces
from modelling.survey_inputs import define, values
from modelling.survey_intervals import Cell, cells
from modelling.survey_table import SurveyFaultsError, known_welfare

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from modelling.survey_form import Form
    from modelling.survey_inputs import Inputs, Reads
    from modelling.survey_spec import Spec
    from modelling.survey_table import Numbers, Table

    Places = NDArray[np.int64]

FOLDS = 10
FEW_FAMILIES = 30


@dataclass(frozen=True, slots=True)
class Fitted:
    """A fit and what it was learned from.

    Attributes:
        form: what families are asked, or None for a model that scores files.
        reads, found, inputs: as `survey_inputs` gave them.
        hidden: reads that the fit knows and no score does: with a form, regions and villages it
            does not read. A prediction stands at their mean.
        design: the columns kept.
        solution: their coefficients; village effects by place in `villages`.
        target: what was modelled, one a family. held_out: the same as predicted by a model that
            had not seen the family's village.
        blocks: block -> held-out R2 lost without it (negative: it was left out for that).
        cells: 90 % intervals by group.
    """

    spec: Spec
    form: Form | None
    reads: Reads
    found: dict[tuple[str, str], str]
    inputs: Inputs
    hidden: frozenset[str]
    design: Design
    solution: Solution
    villages: list[str]
    weight: Numbers
    target: Numbers
    held_out: Numbers
    blocks: Mapping[str, float]
    cells: tuple[Cell, ...]


def fit(table: Table, spec: Spec, say: Callable[[str], None], form: Form | None = None) -> Fitted:
    """Fit a spec on a survey.

    Args:
        table: the survey, with welfare and the columns that the spec makes.
        spec: what may be used.
        say: told what is being done.
        form: what families will be asked; without one the model scores files like the survey.

    Raises:
        SurveyFaultsError: too few families or villages to hold any out.
    """
    welfare = known_welfare(table)
    villages = sorted(set(table.cluster))
    if len(table) < FEW_FAMILIES or len(villages) < FOLDS:
        raise SurveyFaultsError(
            f"{table.name}: {len(table)} families in {len(villages)} villages; at least "
            f"{FEW_FAMILIES} families in {FOLDS} villages are needed to judge a model"
        )
    target = np.log(welfare) if spec.log_target else welfare
    weight = table.weight / table.weight.mean()
    reads, found = define(spec, table, form)
    of_places = {key: read for key, read in found.items() if key[0] in ("region", "cluster")}
    hidden = frozenset(r for key, r in of_places.items() if form and key[0] not in form.reads)
    inputs = values(reads, spec.columns, table)
    full = design(pieces(spec, reads, found, inputs, weight), inputs, weight)
    say(f"  {len(full.pieces)} columns for {len(table):,} families in {len(villages):,} villages")
    known = np.array([piece.read not in hidden for piece in full.pieces])
    held = _Held(full, target, weight, table.cluster, villages, own=spec.village, known=known)
    everything = list(range(len(full.pieces)))
    solution = held.by_evidence(everything)
    say("  penalties by evidence: " + _told(solution.variances))
    kept, blocks = _without_useless(held, full, everything, solution.variances, say)
    if len(kept) < len(everything):
        solution = held.by_evidence(kept)
    guess = held.predict(kept, solution.variances)
    return Fitted(
        spec=spec,
        form=form,
        reads=reads,
        found=found,
        inputs=inputs,
        hidden=hidden,
        design=_part(full, kept),
        solution=solution,
        villages=villages,
        weight=weight,
        target=target,
        held_out=guess,
        blocks=blocks,
        cells=cells(spec, table, target - guess, weight),
    )


def folds(clusters: list[str], count: int, seed: int = 0) -> Places:
    """The fold of each family: whole villages, in the order of their hashes, dealt out in turn."""
    names = sorted(set(clusters), key=lambda c: hashlib.sha256(f"{seed}|{c}".encode()).digest())
    dealt = {name: place % count for place, name in enumerate(names)}
    return np.array([dealt[name] for name in clusters])


class _Held:
    """Sums of all rows and of each fold, so that a held-out fit is a subtraction."""

    def __init__(
        self,
        full: Design,
        target: Numbers,
        weight: Numbers,
        clusters: list[str],
        villages: list[str],
        *,
        own: bool,
        known: NDArray[np.bool_],
    ) -> None:
        place = {name: i for i, name in enumerate(villages)}
        village = np.array([place[name] for name in clusters])
        self._groups = np.array([piece.group for piece in full.pieces])
        self._matrix, self._target, self._weight = full.matrix, target, weight
        self._own, self._known = own, known
        self._rising = np.array([piece.rising for piece in full.pieces])
        self._fold = folds(clusters, FOLDS)
        self._folds: list[Sums] = []
        for fold in range(FOLDS):
            rows = np.flatnonzero(self._fold == fold)
            parts = (full.matrix[rows], target[rows], weight[rows], village[rows])
            self._folds.append(sums(*parts, len(villages)))
        self._all = self._folds[0]
        for part in self._folds[1:]:
            self._all = self._all.plus(part)

    def by_evidence(self, columns: list[int]) -> Solution:
        places = np.array(columns)
        groups, rising = list(self._groups[places]), self._rising[places]
        return by_evidence(self._all.of(places), groups, villages=self._own, rising=rising)

    def predict(self, columns: list[int], variances: Variances) -> Numbers:
        """Every family by a fit without its village."""
        places = np.array(columns)
        groups, rising = list(self._groups[places]), self._rising[places]
        known = self._known[places]
        seen = places[known]
        guess = np.zeros(len(self._target))
        for fold, part in enumerate(self._folds):
            found = solve(self._all.without(part).of(places), groups, variances, rising)
            rows = np.flatnonzero(self._fold == fold)
            told = self._matrix[np.ix_(rows, seen)] @ found.coefficients[known]
            guess[rows] = found.intercept + told
        return guess

    def r2(self, columns: list[int], variances: Variances) -> float:
        return r2(self._target, self.predict(columns, variances), self._weight)


def _without_useless(
    held: _Held,
    full: Design,
    everything: list[int],
    variances: Variances,
    say: Callable[[str], None],
) -> tuple[list[int], dict[str, float]]:
    """Leave out, one after the other, each block that held-out villages are better without."""
    kept = everything
    best = held.r2(kept, variances)
    say(f"  R2 on villages not seen: {best:.4f}")
    lost: dict[str, float] = {}
    for block in BLOCKS:
        without = [i for i in kept if full.pieces[i].group != block]
        if len(without) == len(kept) or not without:
            continue
        then = held.r2(without, variances)
        lost[block] = best - then
        say(f"    without {block:<14} {then:.4f}{'' if then <= best else ', so it is left out'}")
        if then > best:
            kept, best = without, then
    return kept, lost


def _part(full: Design, kept: list[int]) -> Design:
    places = np.array(kept)
    return Design(
        tuple(full.pieces[i] for i in kept),
        full.matrix[:, places],
        full.mean[places],
        full.scale[places],
    )


def _told(variances: Variances) -> str:
    spreads = {**variances.groups, "village": variances.village, "noise": variances.noise}
    return ", ".join(f"{name} {value**0.5:.3f}" for name, value in spreads.items())
