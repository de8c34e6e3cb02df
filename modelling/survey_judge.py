"""How well a fit does on villages it has not seen, in the whole numbers that an artefact keeps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from modelling.evaluation import Judging, places, r2
from modelling.paired import EXCLUSION, against
from modelling.policy_errors import errors, poorest
from modelling.survey_baseline import ordinary_least_squares
from modelling.survey_fit import FOLDS
from modelling.survey_intervals import widest
from modelling.survey_table import group_rows

if TYPE_CHECKING:
    from modelling.survey_fit import Fitted
    from modelling.survey_table import Table

QUOTAS = (0.2, 0.4)


@dataclass(frozen=True, slots=True)
class Judged:
    """Figures for the artefact, a card of what it is for, and lines for the screen.

    Attributes:
        than: one line, the comparison with ordinary least squares.
    """

    figures: Mapping[str, object]
    card: Mapping[str, object]
    lines: Sequence[str]
    than: str


def held_out(fitted: Fitted, table: Table) -> Judging:
    """The held-out predictions of a fit, to be judged like anybody's."""
    low, high = widest(fitted.cells, fitted.spec, table)
    return Judging(
        target=fitted.target,
        score=fitted.held_out,
        low=fitted.held_out + low,
        high=fitted.held_out + high,
        weight=table.weight,
        region=table.region,
        village=table.cluster,
        groups={name: group_rows(table, rule) for name, rule in fitted.spec.groups.items()},
    )


def accuracy(fitted: Fitted, table: Table) -> Judged:
    """Judge the held-out predictions of a fit.

    Exclusion and inclusion errors are those of choosing the poorest 20 and 40 % of families (by
    weight) within each region; with equal quotas the two are the same figure.

    Args:
        fitted: the fit.
        table: its survey.
    """
    target, guess, weight = fitted.target, fitted.held_out, fitted.weight
    region = places(table.region)
    low, high = widest(fitted.cells, fitted.spec, table)
    inside = (target - guess >= low) & (target - guess <= high)
    figures: dict[str, object] = {
        "judged_on": f"villages not seen by the fit, {FOLDS} folds by the hash of their name",
        "r2_permille": round(1000 * r2(target, guess, weight)),
        "interval_covers_permille": round(1000 * float(np.average(inside, weights=weight))),
    }
    lines = [f"on villages not seen: R2 {r2(target, guess, weight):.3f}"]
    for quota in QUOTAS:
        true = poorest(target, weight, region, quota)
        found = errors(true, poorest(guess, weight, region, quota), weight)
        percent = round(100 * quota)
        figures[f"exclusion_at_{percent}_permille"] = round(1000 * found.exclusion)
        figures[f"inclusion_at_{percent}_permille"] = round(1000 * found.inclusion)
        lines.append(
            f"at a quota of {percent} % in each region: exclusion error "
            f"{100 * found.exclusion:.1f} %, inclusion error {100 * found.inclusion:.1f} %"
        )
    plain = ordinary_least_squares(table, fitted.spec, target)
    than = against(table, target, [guess], [plain])[EXCLUSION]
    figures["against_ols"] = {
        "exclusion_at_40_permille": round(1000 * than.theirs),
        "difference_permille": round(1000 * than.difference),
        "interval_permille": [round(1000 * than.low), round(1000 * than.high)],
    }
    told = (
        f"ordinary least squares on the same folds: {100 * than.theirs:.1f} %; this model less "
        f"that: {100 * than.difference:+.1f} points (95 % {100 * than.low:+.1f} to "
        f"{100 * than.high:+.1f})"
    )
    lines.append(told)
    groups = []
    for name, rule in fitted.spec.groups.items():
        marks = group_rows(table, rule)
        if weight[marks].sum() > 0:
            share = float(np.average(inside[marks], weights=weight[marks]))
            groups.append({"group": name, "interval_covers_permille": round(1000 * share)})
            lines.append(f"90 % intervals cover {100 * share:.1f} % of {name}")
    covered = float(np.average(inside, weights=weight))
    lines.append(f"90 % intervals cover {100 * covered:.1f} % of all")
    return Judged({**figures, "groups": groups}, _card(fitted), lines, told)


def _card(fitted: Fitted) -> dict[str, object]:
    return {
        "for": "ranking families within a region for a first list that people check",
        "not_for": "deciding alone, saying what a family spends, counting the poor of an area",
        "signed_by": [],
        "without": [block for block, lost in fitted.blocks.items() if lost < 0],
    }
