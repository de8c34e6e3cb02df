"""Tell what a simulated policy came to: as text, JSON, CSV and one HTML page with charts."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass

from modelling import charts
from modelling.policy_assumptions import Assumptions
from modelling.policy_simulation import Estimate, Simulation, reach
from modelling.stated_settings import as_lines, as_rows, listed

MILLION = 1_000_000
NOTES = (
    "Errors, by quota in each region: exclusion of the truly eligible, inclusion among the chosen.",
    "An eligible family that is not registered is excluded.",
    "Fixed line: chosen is whoever is predicted below the one line under which the quota lives.",
    "It answers another question; never compare it with the quota's errors.",
    "Intervals are 95 %: villages drawn anew within regions, and the policy played anew.",
    "A visit does not reveal consumption exactly; the curve of perfect visits is an upper bound.",
    "A result holds for families like the survey's. On a foreign survey it is about method only.",
)


@dataclass(frozen=True, slots=True)
class Told:
    """What the report says of its making, beside the result.

    Attributes:
        survey, predictions: names of the files.
        families, regions, villages: in the survey.
        unscored: families that the model could not score.
        covered: share of families whose welfare lies in the prediction's 90 % interval.
        unit: "families" or "persons".
        draws, replicates, seed: how it was played.
    """

    survey: str
    predictions: str
    families: int
    regions: int
    villages: int
    unscored: int
    covered: float
    unit: str
    draws: int
    replicates: int
    seed: int


def as_text(told: Told, given: Assumptions, result: Simulation) -> str:
    """Everything as plain tables for a terminal."""
    lines = [_headline(told), ""]
    lines += ["Assumptions (* changed from the default)", ""]
    lines += as_lines(given)
    lines += ["", "Step by step, each on top of the ones before", ""]
    lines += charts.aligned(*_steps(given, result))
    lines += ["", "Error against ground checks", ""]
    lines += charts.aligned(*_curve(given, result))
    lines += ["", f"Exclusion error of {charts.percent(given.target)}", ""]
    lines += [f"  {line}" for line in reached(given, result)]
    lines += [
        "",
        "Are the probabilities right? Families by their probability of being eligible",
        "",
    ]
    lines += charts.aligned(*_calibration(result))
    lines += ["", *NOTES]
    return "\n".join(lines) + "\n"


def as_json(told: Told, given: Assumptions, result: Simulation) -> str:
    """Everything as one JSON object; shares from 0 to 1, money in rupiah."""
    document = {
        "made_from": asdict(told),
        "assumptions": [asdict(one) for one in listed(given)],
        "steps": [asdict(step) | _priced(step.measures, given, result) for step in result.steps],
        "curves": {
            name: [asdict(point) | _priced(point.measures, given, result) for point in points]
            for name, points in result.curves.items()
        },
        "target": {
            "exclusion": given.target,
            "unregistered": result.unregistered,
            "share_of_checks_needed": {
                name: reach(points, given.target) for name, points in result.curves.items()
            },
        },
        "village_variance": result.village_variance,
        "visit_noise_sd": result.noise,
        "calibration": [
            {"mean_p": p, "eligible": share, "families": n} for p, share, n in result.calibration
        ],
        "notes": list(NOTES),
    }
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def as_csv(given: Assumptions, result: Simulation) -> str:
    """The curves, one row a rule and share; counts and rupiah scaled to the region."""
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\n")
    table.writerow(
        ["rule", "share_checked", "visits", "cost_rupiah"]
        + [f"{m}{end}" for m in ("exclusion", "inclusion") for end in ("", "_low", "_high")]
    )
    for name, points in result.curves.items():
        for point in points:
            priced = _priced(point.measures, given, result)
            row: list[object] = [name, point.share, round(priced["visits"]), round(priced["cost"])]
            for measure in ("exclusion", "inclusion"):
                one = point.measures[measure]
                row += [f"{v:.5f}" for v in (one.value, one.low, one.high)]
            table.writerow(row)
    return out.getvalue()


def as_html(told: Told, given: Assumptions, result: Simulation) -> str:
    """One page: charts, and every figure in a table beside them."""
    steps, curve, calibration = _steps(given, result), _curve(given, result), _calibration(result)
    goals = "".join(f"<li>{line}</li>" for line in reached(given, result))
    notes = "".join(f"<p>{note}</p>" for note in NOTES)
    return charts.page(
        "Tepat: the whole policy, simulated",
        [
            f"<p>{_headline(told)}</p>",
            "<h2>Error against ground checks</h2>",
            curve_chart(given, result),
            f"<ul>{goals}</ul>",
            charts.table(*curve, caption="Error against ground checks"),
            "<h2>Step by step</h2>",
            step_chart(result),
            charts.table(*steps, caption="Each step on top of the ones before"),
            "<h2>Are the probabilities right?</h2>",
            charts.table(*calibration, caption="Families by their probability of being eligible"),
            "<h2>What is assumed</h2>",
            charts.table(*as_rows(given), caption="Every assumption with its source", text=5),
            notes,
        ],
    )


def curve_chart(given: Assumptions, result: Simulation) -> str:
    """Exclusion error against ground checks, a line a rule."""
    ends = {name: points[-1] for name, points in result.curves.items()}
    first = next(iter(result.curves.values()))[0].measures["exclusion"].value
    told = "; ".join(
        f"{name}: {charts.percent(end.measures['exclusion'].value)} at {end.share:.0%} checked"
        for name, end in ends.items()
    )
    return charts.line_chart(
        [
            charts.Series(
                name,
                [(point.share, point.measures["exclusion"].value) for point in points],
                [
                    (point.measures["exclusion"].low, point.measures["exclusion"].high)
                    for point in points
                ],
            )
            for name, points in result.curves.items()
        ],
        title="Exclusion error against ground checks",
        description=f"Without checks {charts.percent(first)}; {told}. Whiskers are 95 % intervals.",
        x_label="ground checks, share of registered families",
        y_label="exclusion error",
        x_format=lambda share: f"{share:.0%}",
        level=(given.target, f"aim: {charts.percent(given.target)}"),
    )


def step_chart(result: Simulation) -> str:
    """Exclusion error after each step, as bars."""
    told = "; ".join(
        f"{step.name}: {charts.percent(step.measures['exclusion'].value)}" for step in result.steps
    )
    return charts.bar_chart(
        [
            charts.Bar(
                step.name,
                step.measures["exclusion"].value,
                (step.measures["exclusion"].low, step.measures["exclusion"].high),
            )
            for step in result.steps
        ],
        title="Exclusion error after each step",
        description=f"{told}. Lines are 95 % intervals.",
        x_label="exclusion error",
    )


def reached(given: Assumptions, result: Simulation) -> Iterator[str]:
    """In a sentence for each rule, whether the aim is within reach and at what price."""
    most = max(point.share for points in result.curves.values() for point in points)
    if result.unregistered >= given.target:
        yield (
            f"out of reach of any ground check: {charts.percent(result.unregistered)} of the "
            "eligible are not registered; register them first"
        )
    for name, points in result.curves.items():
        share = reach(points, given.target)
        if share is None:
            last = charts.percent(points[-1].measures["exclusion"].value)
            yield f"{name}: not reached with {most:.0%} of registered families checked ({last})"
            continue
        checks = share * points[0].measures["registered"].value * _scale(given, result)
        yield (
            f"{name}: reached with {charts.percent(share)} of registered families checked, "
            f"{checks:,.0f} checks, {_money(checks * given.visit_cost)}"
        )


def _headline(told: Told) -> str:
    return (
        f"Tried on {told.survey}: {told.families:,} families, {told.regions} regions, "
        f"{told.villages} villages; predictions {told.predictions}, whose 90 % intervals hold "
        f"{charts.percent(told.covered)}. Errors count {told.unit}. {told.draws} plays on the "
        f"survey, {told.replicates} on drawn villages, seed {told.seed}."
        + (
            f" {told.unscored:,} families could not be scored: not listed, and visited first."
            if told.unscored
            else ""
        )
    )


def _steps(given: Assumptions, result: Simulation) -> tuple[list[str], list[list[str]]]:
    headers = [
        "step", "exclusion", "change", "inclusion", "fixed line: exclusion", "inclusion", "visits",
        "cost",
    ]  # fmt: skip
    rows = []
    for step in result.steps:
        priced = _priced(step.measures, given, result)
        rows.append(
            [
                step.name,
                _interval(step.measures["exclusion"]),
                "" if step.change is None else _points(step.change),
                _interval(step.measures["inclusion"]),
                _interval(step.measures["line_exclusion"]),
                _interval(step.measures["line_inclusion"]),
                f"{priced['visits']:,.0f}",
                _money(priced["cost"]),
            ]
        )
    return headers, rows


def _curve(given: Assumptions, result: Simulation) -> tuple[list[str], list[list[str]]]:
    headers = [
        "ground checks chosen", "checked", "checks", "exclusion", "inclusion", "cost of checks",
        "for each family put right",
    ]  # fmt: skip
    rows = []
    for name, points in result.curves.items():
        first = points[0]
        for point in points:
            scale = _scale(given, result)
            checks = (point.measures["visits"].value - first.measures["visits"].value) * scale
            put_right = (
                (first.measures["exclusion"].value - point.measures["exclusion"].value)
                * given.quota
                * given.families
            )
            spent = checks * given.visit_cost
            rows.append(
                [
                    name,
                    charts.percent(point.share),
                    f"{checks:,.0f}",
                    _interval(point.measures["exclusion"]),
                    _interval(point.measures["inclusion"]),
                    _money(spent),
                    f"Rp{spent / put_right:,.0f}" if put_right > 0 else "-",
                ]
            )
    return headers, rows


def _calibration(result: Simulation) -> tuple[list[str], list[list[str]]]:
    headers = ["probability given", "truly eligible", "families in the survey"]
    return headers, [
        [charts.percent(p), charts.percent(share), f"{n:,}"] for p, share, n in result.calibration
    ]


def _priced(
    measures: Mapping[str, Estimate], given: Assumptions, result: Simulation
) -> dict[str, float]:
    """Families registered and visited, and what that costs, scaled to the region."""
    scale = _scale(given, result)
    registered = measures["registered"].value * scale
    visits = measures["visits"].value * scale
    return {
        "registered": registered,
        "visits": visits,
        "cost": registered * given.registration_cost + visits * given.visit_cost,
    }


def _scale(given: Assumptions, result: Simulation) -> float:
    return given.families / result.families


def _interval(one: Estimate) -> str:
    return f"{charts.percent(one.value)} ({100 * one.low:.1f}-{100 * one.high:.1f})"


def _points(one: Estimate) -> str:
    return f"{100 * one.value:+.1f} ({100 * one.low:+.1f} to {100 * one.high:+.1f})"


def _money(rupiah: float) -> str:
    return f"Rp{rupiah / MILLION:,.0f} million"
