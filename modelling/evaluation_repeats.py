"""One evaluation from many: repeated cross-validation judges the same model on other folds."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np

from modelling import charts
from modelling.evaluation import MAIN_QUOTA, QUOTAS, Evaluation, Judging, evaluate
from modelling.evaluation_report import Section

Told = Callable[[float], str]


def evaluate_repeats(judging: Sequence[Judging]) -> tuple[Evaluation, list[Section]]:
    """Judge every repeat; the report has the means, and a section with how far repeats differ.

    Ends of intervals are means too: each is of one repeat, so they hold for any.

    Args:
        judging: the same families and weights, a prediction for each repeat.
    """
    found = [evaluate(one) for one in judging]
    if len(found) == 1:
        return found[0], []
    return _averaged(found), [_spread(found)]


def _averaged(values: Sequence[Any]) -> Any:  # noqa: ANN401 - an evaluation, down to its figures
    """Numbers by their mean, everything else part by part; what all have alike stays."""
    first = values[0]
    if isinstance(first, float):
        return float(np.mean(values))
    if isinstance(first, np.ndarray):
        return np.mean(values, axis=0)
    if is_dataclass(first) and not isinstance(first, type):
        parts = {f.name: _averaged([getattr(v, f.name) for v in values]) for f in fields(first)}
        return type(first)(**parts)
    if isinstance(first, Mapping):
        return {key: _averaged([value[key] for value in values]) for key in first}
    if isinstance(first, list | tuple):
        return type(first)(_averaged(part) for part in zip(*values, strict=True))
    return first


def _spread(found: Sequence[Evaluation]) -> Section:
    def share(name: str) -> tuple[str, Told]:
        return name, charts.percent

    def number(name: str) -> tuple[str, Told]:
        return name, lambda value: f"{value:.3f}"

    rows: list[tuple[tuple[str, Told], list[float]]] = [
        (number("R2"), [one.r2 for one in found]),
        (number("rank correlation in regions"), [one.rank_correlation for one in found]),
        *(
            (
                share(f"exclusion error, quota of {100 * quota:.0f} % in each region"),
                [one.quota[quota, "exclusion"].value for one in found],
            )
            for quota in QUOTAS
        ),
        (share(f"severe misses at {100 * MAIN_QUOTA:.0f} %"), [one.severe.value for one in found]),
        (share("covered by 90 % intervals"), [one.covers for one in found if one.covers]),
    ]
    header = ["", "mean", "least", "most", "standard deviation"]
    told = [
        [name, *(as_text(v) for v in (float(np.mean(vs)), min(vs), max(vs), _sd(vs)))]
        for (name, as_text), vs in rows
        if vs
    ]
    title = f"How far {len(found)} repeats differ"
    words = (
        "Each repeat deals the villages into folds anew and judges the same model; all other "
        "figures are means over the repeats."
    )
    return Section(
        "repeats",
        {
            "repeats": len(found),
            "figures": {
                name: {"mean": float(np.mean(vs)), "sd": _sd(vs), "each": vs}
                for (name, _), vs in rows
                if vs
            },
        },
        ["<h2>Repeats</h2>", f"<p>{words}</p>", charts.table(header, told, caption=title)],
        [title, "", *charts.aligned(header, told)],
    )


def _sd(values: Sequence[float]) -> float:
    return float(np.std(values, ddof=1))
