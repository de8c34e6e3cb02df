"""Tell an evaluation: JSON for machines, text for a terminal, one HTML page for everybody."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from html import escape
from typing import Any

from modelling import charts
from modelling.evaluation import MAIN_QUOTA, QUOTAS, Evaluation, Figure, Part

DEFINITIONS = (
    (
        "Exclusion error: the share of the truly poorest that are not chosen. Inclusion error: "
        "the share of the chosen that are not among the truly poorest (Brown, Ravallion and van "
        "de Walle, Journal of Development Economics 134, 2018)."
    ),
    (
        "Quota: the poorest share of families by prediction is chosen, within each region or in "
        "the whole nation. Fixed line: whoever is predicted below the line under which the "
        "poorest share of the nation truly lives. The two answer different questions and are "
        "never compared."
    ),
    (
        "Severe misses: of the truly poorest tenth of each region, the share that a quota of 40 % "
        "leaves out."
    ),
    (
        "R2 and coverage are of the predicted quantity; rank correlation is Spearman's within "
        "regions."
    ),
    (
        "Intervals are 95 %, from whole villages drawn again within their regions; they say how "
        "far the survey's own sampling may mislead, and nothing of how another country differs."
    ),
)


@dataclass(frozen=True, slots=True)
class Section:
    """One more part of a report: in JSON under its key, on the page, and as lines of text."""

    key: str
    document: object
    html: Sequence[str]
    text: Sequence[str]


def as_json(
    evaluation: Evaluation, about: Mapping[str, object], sections: Sequence[Section] = ()
) -> str:
    """Everything, shares from 0 to 1, to the sixth decimal: more than any survey can tell."""

    def kinds(found: Mapping[tuple[float, str], Figure]) -> dict[str, Any]:
        return {f"{side}_at_{round(100 * q)}": asdict(one) for (q, side), one in found.items()}

    document = {
        "about": dict(about),
        "families": evaluation.families,
        "villages": evaluation.villages,
        "regions": evaluation.regions,
        "r2": evaluation.r2,
        "rank_correlation_in_region": evaluation.rank_correlation,
        "quota_in_each_region": kinds(evaluation.quota),
        "quota_in_the_nation": kinds(evaluation.nation),
        "fixed_line": kinds(evaluation.line),
        "severe_misses_at_40": asdict(evaluation.severe),
        "tenths_exact": evaluation.tenths_exact,
        "tenths_within_one": evaluation.tenths_within_one,
        "tenths_true_by_predicted": evaluation.confusion.tolist(),
        "calibration": [
            {"predicted": p, "true": t, "share": s} for p, t, s in evaluation.calibration
        ],
        "interval_covers": evaluation.covers,
        "interval_width": evaluation.width,
        "by_region": [asdict(part) for part in evaluation.by_region],
        "by_group": [asdict(part) for part in evaluation.by_group],
        "too_few_to_tell": list(evaluation.untold),
        **{section.key: section.document for section in sections},
        "definitions": list(DEFINITIONS),
    }
    return json.dumps(_rounded(document), ensure_ascii=False, indent=1) + "\n"


def _rounded(value: object) -> object:
    if isinstance(value, float):
        return round(value, 6)
    if isinstance(value, dict):
        return {name: _rounded(each) for name, each in value.items()}
    return [_rounded(each) for each in value] if isinstance(value, list | tuple) else value


def as_text(evaluation: Evaluation, sections: Sequence[Section] = ()) -> str:
    """The main figures as aligned tables."""
    lines = [_headline(evaluation), ""]
    lines += charts.aligned(*_errors(evaluation))
    if evaluation.by_group:
        lines += ["", "At a quota of 40 % in each region, by group", ""]
        lines += charts.aligned(*_parts(evaluation.by_group))
    for section in sections:
        lines += ["", *section.text]
    return "\n".join(lines) + "\n"


def as_html(
    evaluation: Evaluation, about: Mapping[str, object], sections: Sequence[Section] = ()
) -> str:
    """One page with charts, each with its table beside it."""
    groups, regions = evaluation.by_group, evaluation.by_region
    parts = [
        f"<p>{escape(_headline(evaluation))}</p>",
        charts.table(["", ""], [[k, str(v)] for k, v in about.items()], caption="What was judged"),
        "<h2>Who is missed, and who is chosen wrongly</h2>",
        charts.table(*_errors(evaluation), caption="Errors with 95 % intervals", text=2),
    ]
    for name, found in (("group", groups), ("region", regions)):
        if any(not math.isnan(part.exclusion.low) for part in found):
            title = f"Exclusion error by {name}, quota of 40 % in each region"
            parts += [
                f"<h2>By {name}</h2>",
                _bars(found, evaluation, title),
                charts.table(*_parts(found), caption=title),
            ]
    if evaluation.untold:
        parts.append(f"<p>Too few families to tell: {escape(', '.join(evaluation.untold))}.</p>")
    parts += [
        "<h2>Calibration</h2>",
        _calibration_chart(evaluation),
        charts.table(
            ["predicted tenth", "mean prediction", "mean truth", "share of families"],
            [
                [str(place + 1), f"{p:.3f}", f"{t:.3f}", charts.percent(s)]
                for place, (p, t, s) in enumerate(evaluation.calibration)
            ],
            caption="Mean prediction and mean truth by tenth of the prediction",
        ),
        "<h2>Tenths</h2>",
        charts.table(
            ["true tenth", *(str(n) for n in range(1, 11))],
            [
                [str(place + 1), *(f"{100 * share:.1f}" for share in row)]
                for place, row in enumerate(evaluation.confusion)
            ],
            caption="Per cent of all families by true tenth (down) and predicted tenth (across)",
        ),
        *(part for section in sections for part in section.html),
        "<h2>Definitions</h2>",
        *(f"<p>{words}</p>" for words in DEFINITIONS),
    ]
    return charts.page("Tepat: how good a model is", parts)


def _headline(evaluation: Evaluation) -> str:
    covers = (
        f"; 90 % intervals cover {charts.percent(evaluation.covers)}, mean width "
        f"{evaluation.width:.2f}"
        if evaluation.covers is not None
        else "; no intervals were given"
    )
    return (
        f"{evaluation.families:,} families in {evaluation.villages:,} villages of "
        f"{evaluation.regions} regions. R2 {evaluation.r2:.3f}; rank correlation within regions "
        f"{evaluation.rank_correlation:.3f}; {charts.percent(evaluation.tenths_exact)} in their "
        f"tenth, {charts.percent(evaluation.tenths_within_one)} within one{covers}."
    )


def _errors(evaluation: Evaluation) -> tuple[list[str], list[list[str]]]:
    rows = []
    kinds = (
        ("quota in each region", evaluation.quota),
        ("quota in the nation", evaluation.nation),
        ("fixed line", evaluation.line),
    )
    for name, found in kinds:
        for quota in QUOTAS:
            both = [_told(found[quota, side]) for side in ("exclusion", "inclusion")]
            rows.append([name, f"{100 * quota:.0f} %", *both])
    rows.append(["severe misses", f"{100 * MAIN_QUOTA:.0f} %", _told(evaluation.severe), ""])
    return ["chosen by", "share", "exclusion error", "inclusion error"], rows


def _parts(found: Sequence[Part]) -> tuple[list[str], list[list[str]]]:
    header = ["", "families", "poor", "exclusion", "inclusion", "mean truth - score", "covered"]
    return header, [
        [
            part.name,
            f"{part.families:,}",
            f"{part.poor:,}",
            _told(part.exclusion),
            _told(part.inclusion),
            f"{part.bias:+.3f}",
            "" if part.covers is None else charts.percent(part.covers),
        ]
        for part in found
    ]


def _bars(found: Sequence[Part], evaluation: Evaluation, title: str) -> str:
    whole = evaluation.quota[MAIN_QUOTA, "exclusion"].value
    known = [part for part in found if not math.isnan(part.exclusion.low)]
    worst = max(known, key=lambda part: part.exclusion.value)
    return charts.bar_chart(
        [
            charts.Bar(part.name, part.exclusion.value, (part.exclusion.low, part.exclusion.high))
            for part in known
        ],
        title=title,
        description=(
            f"All families {charts.percent(whole)}; highest for {worst.name}, "
            f"{charts.percent(worst.exclusion.value)}."
        ),
        x_label="exclusion error",
    )


def _calibration_chart(evaluation: Evaluation) -> str:
    points = [(p, t) for p, t, _ in evaluation.calibration]
    ends = [points[0][0], points[-1][0]]
    largest = max(abs(t - p) for p, t in points)
    return charts.line_chart(
        [
            charts.Series("mean truth by tenth of the prediction", points),
            charts.Series("where truth and prediction agree", [(end, end) for end in ends]),
        ],
        title="Calibration",
        description=f"The means differ by at most {largest:.3f} in any tenth.",
        x_label="mean prediction",
        y_label="mean truth",
        x_format=lambda x: f"{x:.1f}",
        y_format=lambda y: f"{y:.1f}",
        from_zero=False,
    )


def _told(figure: Figure) -> str:
    if math.isnan(figure.value):  # nobody of the kind
        return "-"
    ends = f"{100 * figure.low:.1f} to {100 * figure.high:.1f}"
    return f"{charts.percent(figure.value)} ({ends})"
