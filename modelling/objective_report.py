"""A quantile beside the mean: what it moves, and what it leaves as it was."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import TYPE_CHECKING

import numpy as np

from modelling import charts
from modelling.evaluation import QUOTAS, Evaluation, Figure, evaluate
from modelling.evaluation_report import Section
from modelling.paired import EXCLUSION, against
from modelling.survey_judge import held_out

if TYPE_CHECKING:
    from modelling.survey_fit import Fitted
    from modelling.survey_table import Numbers, Table


def beside_the_mean(fitted: Fitted, table: Table) -> list[Section]:
    """A section that judges both objectives on the same folds; none for a model of the mean."""
    quantile = fitted.spec.quantile
    if quantile is None:
        return []
    ours = held_out(fitted, table)[0]
    mean = replace(ours, score=fitted.mean_held_out, low=None, high=None)
    both = (evaluate(ours), evaluate(mean))
    names = (f"{quantile:g} quantile", "mean")
    below = [_below(fitted, guess) for guess in (fitted.held_out, fitted.mean_held_out)]
    rows = [["families below their prediction", *map(charts.percent, below)]]
    rows += [[name, *(_told(figure) for figure in pair)] for name, pair in _figures(both)]
    gap = against(table, fitted.target, [fitted.held_out], [fitted.mean_held_out])[EXCLUSION]
    words = (
        f"Under a quota of 40 % in each region the two differ by {100 * gap.difference:+.1f} "
        f"points of exclusion error (95 % {100 * gap.low:+.1f} to {100 * gap.high:+.1f}): only the "
        "order counts there. Under a fixed line the quantile moves where it falls among families."
    )
    title = "The objective, beside the mean"
    header = ["", *names]
    return [
        Section(
            "objective",
            {
                "quantile": quantile,
                "below_their_prediction": below,
                **{name: [asdict(figure) for figure in pair] for name, pair in _figures(both)},
                "difference_under_quota": asdict(gap),
            },
            [f"<h2>{title}</h2>", f"<p>{words}</p>", charts.table(header, rows, caption=title)],
            [title, "", *charts.aligned(header, rows), words],
        )
    ]


def _figures(both: tuple[Evaluation, Evaluation]) -> list[tuple[str, list[Figure]]]:
    found = []
    for quota in QUOTAS:
        name = f"quota in each region {100 * quota:.0f} %, exclusion"
        found.append((name, [one.quota[quota, "exclusion"] for one in both]))
    for quota in QUOTAS:
        for side in ("exclusion", "inclusion"):
            name = f"fixed line {100 * quota:.0f} %, {side}"
            found.append((name, [one.line[quota, side] for one in both]))
    return found


def _told(figure: Figure) -> str:
    return f"{charts.percent(figure.value)} ({100 * figure.low:.1f} to {100 * figure.high:.1f})"


def _below(fitted: Fitted, guess: Numbers) -> float:
    return float(np.average(fitted.target < guess, weights=fitted.weight))
