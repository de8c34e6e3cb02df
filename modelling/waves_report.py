"""Tell drift between waves: three charts, each with its table beside it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from html import escape
from typing import Any

from modelling import charts
from modelling.evaluation import MAIN_QUOTA, Figure
from modelling.evaluation_report import Section
from modelling.monitoring_drift import Drift
from modelling.waves import Passed, Wave

TITLE = "Drift between waves"
CHANGED, MUCH = 0.10, 0.25
SHOWN = 12  # variables in the chart
LINES = 6  # waves told apart by one chart
WORDS = (
    "Each wave has its own quota. The population stability index compares a wave's answers with "
    f"those of the first: below {CHANGED:.2f} little has changed, above {MUCH:.2f} much has "
    "(Siddiqi, Credit Risk Scorecards, 2006). A model of the waves before is compared with one "
    "fitted in the wave, both for villages that neither has seen in any wave; truth less score "
    "shows prices too."
)


def section(
    waves: Sequence[Wave], moved: Mapping[str, Sequence[Drift]], passed: Sequence[Passed]
) -> Section:
    """What the report says of waves.

    Args:
        waves: the model in each, in order.
        moved: later wave -> how its answers lie to those of the first.
        passed: later waves by earlier fits; empty where nothing was fitted again.
    """
    errors, answers, again = _waves(waves), _moved(moved), _passed(passed)
    html = [f"<h2>{TITLE}</h2><p>{escape(WORDS)}</p>", _error_chart(waves, passed)]
    html += [charts.table(*errors, caption="The model in each wave"), _calibration(waves)]
    html.append(charts.table(*_tenths(waves), caption="Mean truth less mean score by tenth"))
    if any(moved.values()):
        html += [_moved_chart(moved), charts.table(*answers, caption="Population stability index")]
    if passed:
        html.append(charts.table(*again, caption="Fitted on earlier waves, judged on later ones"))
    text = [TITLE, "", *charts.aligned(*errors)]
    if passed:
        text += ["", *charts.aligned(*again)]
    if moved:
        text += ["", *charts.aligned(answers[0], answers[1][:SHOWN])]
    return Section("waves", _document(waves, moved, passed), html, text)


Rows = tuple[list[str], list[list[str]]]


def _error(wave: Wave) -> Figure:
    return wave.found.quota[MAIN_QUOTA, "exclusion"]


def _waves(waves: Sequence[Wave]) -> Rows:
    header = [
        "wave",
        "families",
        "R2",
        "exclusion error at 40 %",
        "truth - score",
        "slope",
        "covered",
    ]
    return header, [
        [
            wave.name,
            f"{wave.found.families:,}",
            f"{wave.found.r2:.3f}",
            _told(_error(wave)),
            f"{wave.level:+.3f}",
            f"{wave.slope:.3f}",
            "" if wave.found.covers is None else charts.percent(wave.found.covers),
        ]
        for wave in waves
    ]


def _tenths(waves: Sequence[Wave]) -> Rows:
    most = max(len(wave.found.calibration) for wave in waves)
    header = ["wave", *(str(n) for n in range(1, most + 1))]
    return header, [
        [wave.name, *(f"{true - score:+.3f}" for score, true, _ in wave.found.calibration)]
        + [""] * (most - len(wave.found.calibration))
        for wave in waves
    ]


def _moved(moved: Mapping[str, Sequence[Drift]]) -> Rows:
    by_wave = {wave: {one.variable: one for one in found} for wave, found in moved.items()}
    highest: dict[str, float] = {}
    for found in by_wave.values():
        for name, one in found.items():
            highest[name] = max(one.psi, highest.get(name, 0.0))
    rows = []
    for name in sorted(highest, key=lambda name: (-highest[name], name)):
        cells = [
            f"{found[name].psi:.3f}{'' if found[name].adjusted < 0.05 else ' (chance)'}"  # noqa: PLR2004 - the usual level
            if name in found
            else ""
            for found in by_wave.values()
        ]
        last = next(found[name] for found in reversed(by_wave.values()) if name in found)
        bin_, then, now = last.largest
        rows.append([name, *cells, f"{bin_}: {charts.percent(then)} to {charts.percent(now)}"])
    return ["variable", *(f"wave {name}" for name in by_wave), "moved most in the last"], rows


def _passed(passed: Sequence[Passed]) -> Rows:
    header = ["wave", "fitted on", "R2", "R2, fitted there", "truth - score", "error"]
    header += ["error, fitted there", "lost by not fitting again", "95 %"]
    rows = []
    for one in passed:
        start = [one.wave, ", ".join(one.before)]
        if one.error is None or one.stale_r2 is None or one.fresh_r2 is None:
            rows.append([*start, one.why_not, *[""] * 6])
            continue
        gap = one.error
        rows.append(
            [
                *start,
                f"{one.stale_r2:.3f}",
                f"{one.fresh_r2:.3f}",
                f"{one.stale_bias or 0.0:+.3f}",
                charts.percent(gap.ours),
                charts.percent(gap.theirs),
                f"{100 * gap.difference:+.1f} points",
                f"{100 * gap.low:+.1f} to {100 * gap.high:+.1f}",
            ]
        )
    return header, rows


def _error_chart(waves: Sequence[Wave], passed: Sequence[Passed]) -> str:
    place = {wave.name: float(n) for n, wave in enumerate(waves)}
    series = [
        charts.Series(
            "the model judged",
            [(place[wave.name], _error(wave).value) for wave in waves],
            [(_error(wave).low, _error(wave).high) for wave in waves],
        )
    ]
    known = [(place[one.wave], one.error) for one in passed if one.error]
    if known:
        series.append(charts.Series("fitted on the waves before", [(x, e.ours) for x, e in known]))
        series.append(charts.Series("fitted in the wave", [(x, e.theirs) for x, e in known]))
    worst = max(waves, key=lambda wave: _error(wave).value)
    return charts.line_chart(
        series,
        title="Exclusion error by wave, quota of 40 % in each region",
        description=f"Highest in wave {worst.name}, {charts.percent(_error(worst).value)}.",
        x_label="wave",
        y_label="exclusion error",
        x_format=_named([wave.name for wave in waves]),
    )


def _calibration(waves: Sequence[Wave]) -> str:
    series = [
        charts.Series(f"wave {wave.name}", [(n + 1.0, t - s) for n, (s, t, _) in enumerate(points)])
        for wave in waves[-LINES:]
        if (points := wave.found.calibration)
    ]
    most = max(abs(y) for one in series for _, y in one.points)
    return charts.line_chart(
        series,
        title="Calibration by wave",
        description=f"Mean truth and mean score differ by at most {most:.3f} in any tenth.",
        x_label="tenth of the score",
        y_label="mean truth less mean score",
        x_format=lambda x: f"{x:g}",
        y_format=lambda y: f"{y:+.2f}",
    )


def _moved_chart(moved: Mapping[str, Sequence[Drift]]) -> str:
    wave, found = next((name, found) for name, found in reversed([*moved.items()]) if found)
    highest = found[0]
    return charts.bar_chart(
        [charts.Bar(one.variable, one.psi) for one in found[:SHOWN]],
        title=f"How far answers moved from the first wave to wave {wave}",
        description=f"Most for {highest.variable}, {highest.psi:.3f}.",
        x_label="population stability index",
        x_format=lambda x: f"{x:.2f}",
    )


def _named(names: Sequence[str]) -> Callable[[float], str]:
    def written(x: float) -> str:
        whole = round(x)
        return names[whole] if abs(x - whole) < 1e-9 and 0 <= whole < len(names) else ""  # noqa: PLR2004 - a tick between two waves has no name

    return written


def _told(figure: Figure) -> str:
    return f"{charts.percent(figure.value)} ({100 * figure.low:.1f} to {100 * figure.high:.1f})"


def _document(
    waves: Sequence[Wave], moved: Mapping[str, Sequence[Drift]], passed: Sequence[Passed]
) -> dict[str, Any]:
    return {
        "each": [
            {
                "wave": wave.name,
                "families": wave.found.families,
                "r2": wave.found.r2,
                "exclusion_at_40": asdict(_error(wave)),
                "truth_less_score": wave.level,
                "slope": wave.slope,
                "interval_covers": wave.found.covers,
                "calibration": [
                    {"predicted": p, "true": t, "share": s} for p, t, s in wave.found.calibration
                ],
            }
            for wave in waves
        ],
        "population_stability": {
            wave: [asdict(one) for one in found] for wave, found in moved.items()
        },
        "fitted_on_earlier_waves": [asdict(one) for one in passed],
    }
