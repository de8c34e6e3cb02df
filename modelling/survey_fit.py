"""Fit a survey: coefficients by evidence, blocks kept if villages not seen are better for them.

Everything is judged on villages that the coefficients have not seen (`survey_held`). Nothing is
drawn at random, so the same survey and seed give the same model, byte for byte.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from modelling.group_ridge import Solution, Variances
from modelling.survey_design import BLOCKS, Design, design, pieces
from modelling.survey_held import FIRST, FOLDS, Held
from modelling.survey_inputs import define, values
from modelling.survey_intervals import Cell, cells
from modelling.survey_table import SurveyFaultsError, known_welfare

if TYPE_CHECKING:
    from modelling.survey_form import Form
    from modelling.survey_inputs import Inputs, Reads
    from modelling.survey_spec import Spec
    from modelling.survey_table import Numbers, Table

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
        repeats: seed of the folds -> such predictions; the first of them are `held_out`.
        mean_held_out: the same of the mean, where the spec asks for a quantile.
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
    repeats: Mapping[str, Numbers]
    mean_held_out: Numbers
    blocks: Mapping[str, float]
    cells: tuple[Cell, ...]


def fit(
    table: Table,
    spec: Spec,
    say: Callable[[str], None],
    form: Form | None = None,
    folded: Sequence[str] = (FIRST,),
) -> Fitted:
    """Fit a spec on a survey.

    Args:
        table: the survey, with welfare and the columns that the spec makes.
        spec: what may be used.
        say: told what is being done.
        form: what families will be asked; without one the model scores files like the survey.
        folded: seeds. By the first, villages are dealt into the folds that decide what is kept and
            how wide intervals are; by each other they are dealt anew, to judge the same model.

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
    held = Held(full, target, weight, table.cluster, folded[0], own=spec.village, known=known)
    everything = list(range(len(full.pieces)))
    solution = held.by_evidence(everything)
    say("  penalties by evidence: " + _told(solution.variances))
    kept, blocks = _without_useless(held, full, everything, solution.variances, say)
    if len(kept) < len(everything):
        solution = held.by_evidence(kept)
    guess = held.predict(kept, solution.variances)
    del held
    part = _part(full, kept)

    def deal(seed: str) -> Held:
        return Held(
            part,
            target,
            weight,
            table.cluster,
            seed,
            own=spec.village,
            known=known[kept],
            quantile=spec.quantile,
        )

    solution, repeats = _repeated(deal, folded, guess, solution, quantile=spec.quantile, say=say)
    return Fitted(
        spec=spec,
        form=form,
        reads=reads,
        found=found,
        inputs=inputs,
        hidden=hidden,
        design=part,
        solution=solution,
        villages=villages,
        weight=weight,
        target=target,
        held_out=repeats[folded[0]],
        repeats=repeats,
        mean_held_out=guess,
        blocks=blocks,
        cells=cells(spec, table, target - repeats[folded[0]], weight),
    )


def _without_useless(
    held: Held,
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


def _repeated(
    deal: Callable[[str], Held],
    folded: Sequence[str],
    first: Numbers,
    mean: Solution,
    *,
    quantile: float | None,
    say: Callable[[str], None],
) -> tuple[Solution, dict[str, Numbers]]:
    """The fit of what is asked for, and its predictions for each dealing of the villages.

    Args:
        deal: villages by a seed.
        folded: seeds; first: predictions of the mean by the first of them.
        mean: the fit of the mean.
        quantile: asked for instead, or None.
        say: told what is being done.
    """
    every = list(range(len(mean.coefficients)))
    repeats = {folded[0]: first}
    for seed in folded if quantile else folded[1:]:
        held = deal(seed)
        repeats[seed] = held.predict(every, mean.variances)
        say(f"  R2 with villages dealt anew: {held.explained(repeats[seed]):.4f}")
    if not quantile:
        return mean, repeats
    held = deal(folded[0])
    turned, shift = held.at_quantile(every, mean), held.level(repeats[folded[0]])
    say(f"  turned to the quantile {quantile:g}")
    shifted = {seed: guess + shift for seed, guess in repeats.items()}
    return replace(turned, intercept=turned.intercept + shift), shifted


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
