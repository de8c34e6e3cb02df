"""How well a fit does on villages it has not seen, in the whole numbers that an artefact keeps.

With repeated cross-validation every figure is the mean over the repeats.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from modelling.evaluation import Evaluation, Figure, Judging, places, r2
from modelling.paired import EXCLUSION, against
from modelling.policy_errors import errors, poorest
from modelling.survey_baseline import ordinary_least_squares
from modelling.survey_held import FOLDS
from modelling.survey_intervals import widest
from modelling.survey_scoring import ONE, Row
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


def held_out(fitted: Fitted, table: Table) -> list[Judging]:
    """The held-out predictions of each repeat, to be judged like anybody's."""
    low, high = widest(fitted.cells, fitted.spec, table)
    groups = {name: group_rows(table, rule) for name, rule in fitted.spec.groups.items()}
    return [
        Judging(
            target=fitted.target,
            score=guess,
            low=guess + low,
            high=guess + high,
            weight=table.weight,
            region=table.region,
            village=table.cluster,
            groups=groups,
        )
        for guess in fitted.repeats.values()
    ]


def predictions(judging: Judging) -> list[Row]:
    """Predictions with their intervals, as a file of scores has them: rounded outward."""
    low, high = (
        judging.score if end is None else turn(ONE * end) / ONE
        for end, turn in ((judging.low, np.floor), (judging.high, np.ceil))
    )
    columns = (judging.score.tolist(), low.tolist(), high.tolist())
    return [Row(score, lo, hi, "") for score, lo, hi in zip(*columns, strict=True)]


def accuracy(fitted: Fitted, table: Table) -> Judged:
    """Judge the held-out predictions of a fit.

    Exclusion and inclusion errors are those of choosing the poorest 20 and 40 % of families (by
    weight) within each region; with equal quotas the two are the same figure.

    Args:
        fitted: the fit.
        table: its survey.
    """
    target, weight = fitted.target, fitted.weight
    guesses = list(fitted.repeats.values())
    region = places(table.region)
    low, high = widest(fitted.cells, fitted.spec, table)
    inside = np.mean([(target - g >= low) & (target - g <= high) for g in guesses], axis=0)
    explained = [r2(target, guess, weight) for guess in guesses]
    figures: dict[str, object] = {
        "judged_on": judged_on(len(guesses)),
        "r2_permille": _permille(explained),
        "interval_covers_permille": round(1000 * float(np.average(inside, weights=weight))),
    }
    lines = [f"on villages not seen: R2 {np.mean(explained):.3f}"]
    spread = {"r2": explained}
    for quota in QUOTAS:
        true = poorest(target, weight, region, quota)
        found = [errors(true, poorest(guess, weight, region, quota), weight) for guess in guesses]
        percent = round(100 * quota)
        exclusion, inclusion = ([getattr(f, s) for f in found] for s in ("exclusion", "inclusion"))
        figures[f"exclusion_at_{percent}_permille"] = _permille(exclusion)
        figures[f"inclusion_at_{percent}_permille"] = _permille(inclusion)
        spread[f"exclusion_at_{percent}"] = exclusion
        lines.append(
            f"at a quota of {percent} % in each region: exclusion error "
            f"{100 * np.mean(exclusion):.1f} %, inclusion error {100 * np.mean(inclusion):.1f} %"
        )
    if len(guesses) > 1:
        figures["repeats"] = len(guesses)
        figures["least_and_most_of_the_repeats_permille"] = {
            name: [round(1000 * min(values)), round(1000 * max(values))]
            for name, values in spread.items()
        }
    plain = [ordinary_least_squares(table, fitted.spec, target, seed) for seed in fitted.repeats]
    than = against(table, target, guesses, plain)[EXCLUSION]
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


def with_intervals(figures: Mapping[str, object], found: Evaluation) -> dict[str, object]:
    """The figures for an artefact, with 95 % intervals and errors by group from an evaluation."""
    ends: dict[str, object] = {
        f"{side}_at_{round(100 * quota)}_interval_permille": _ends(figure)
        for (quota, side), figure in found.quota.items()
    }
    groups = [
        {
            "group": part.name,
            "poor": part.poor,
            "exclusion_at_40_permille": round(1000 * part.exclusion.value),
            "exclusion_at_40_interval_permille": _ends(part.exclusion),
            "interval_covers_permille": round(1000 * (part.covers or 0.0)),
        }
        for part in found.by_group
        if not np.isnan(part.exclusion.value)
    ]
    return {**figures, **ends, "intervals": "95 %, villages drawn again", "groups": groups}


def _ends(figure: Figure) -> list[int]:
    return [round(1000 * figure.low), round(1000 * figure.high)]


def judged_on(repeats: int) -> str:
    """What the figures rest on."""
    once = f"villages not seen by the fit, {FOLDS} folds by the hash of their name"
    return once if repeats == 1 else f"{once}, means over {repeats} dealings of the villages"


def _permille(values: Sequence[float]) -> int:
    return round(1000 * float(np.mean(values)))


def _card(fitted: Fitted) -> dict[str, object]:
    return {
        "for": "ranking families within a region for a first list that people check",
        "not_for": "deciding alone, saying what a family spends, counting the poor of an area",
        "signed_by": [],
        "without": [block for block, lost in fitted.blocks.items() if lost < 0],
    }
