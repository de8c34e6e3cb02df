"""`tepat monitor`: what the ground checks of a cycle say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from modelling.csv_tables import FileError
from modelling.monitoring_report import Limits
from modelling.stated_settings import options
from modelling.whole_files import write_all

LEAST_IN_REGION = 100

_file = click.Path(exists=True, dir_okay=False, path_type=Path)
_new = click.Path(dir_okay=False, path_type=Path)


@click.group(name="monitor")
def command() -> None:
    """Judge a cycle from its ground checks."""


@command.command()
@click.option("--checks", "checks_file", required=True, type=_file, help="Checked families.")
@click.option("--answers", type=_file, help="What they declared and what was found.")
@click.option("--questions", type=_file, help="Which answers are richer; needed with --answers.")
@click.option("--declared", type=_file, help="What all families of the cycle declared.")
@click.option("--training", type=_file, help="Answers of the training survey; with --declared.")
@click.option("--json", "json_file", type=_new, help="Write everything here as JSON.")
@click.option("--html", "html_file", type=_new, help="Write charts and tables here, as one page.")
@options(Limits)
def report(  # noqa: PLR0917 - click passes them by name
    checks_file: Path,
    answers: Path | None,
    questions: Path | None,
    declared: Path | None,
    training: Path | None,
    json_file: Path | None,
    html_file: Path | None,
    **given: Any,  # noqa: ANN401 - one float for each setting
) -> None:
    """Tell errors by region, drift of answers, gamed questions, and agents to look at.

    All files are CSV (or .csv.gz) with a header, in UTF-8:

    \b
    --checks     hh_id, region, stratum, probability (that this family was to be checked, above 0
                 and at most 1), agent, decided (in or out), eligible (yes or no, as found);
                 and village, if villages were drawn rather than families
    --answers    hh_id, question, declared, checked: a row for each family and question; an empty
                 cell is no answer
    --questions  question, poor_to_rich: up when a larger number is richer, down when a smaller
                 one is, or the answers from poorest to richest: earth|wood|tile
    --declared   hh_id, region, and a column for each variable; an empty cell is missing
    --training   as `tepat monitor training` writes it

    Figures that rest on fewer than --least families are not told, nor what would give them away.
    Alarms come first, each with its reason.

    \b
    Exit status: 0 told (with or without alarms), 1 a file cannot be used, 2 wrong use.
    """  # noqa: D301 - click needs the \b character itself
    from modelling import monitoring_files as files
    from modelling import monitoring_report as telling
    from modelling.monitoring_drift import drifts

    limits = Limits(**given)
    if faults := list(limits.faults()):
        raise click.ClickException("; ".join(faults))
    _together("--answers", answers, "--questions", questions)
    _together("--declared", declared, "--training", training)
    try:
        checks = files.read_checks(checks_file)
        pairs = files.read_pairs(answers, questions, checks) if answers and questions else []
        moved = []
        if declared and training:
            now = files.read_declared(declared)
            moved = drifts(
                files.read_training(training),
                now.answers,
                now.region,
                least=round(limits.least),
                design_effect=limits.design_effect,
            )
    except FileError as error:
        raise click.ClickException(str(error)) from error
    cycle = telling.judge(checks, pairs, moved, limits)
    wanted: dict[Path | None, Callable[[], str]] = {
        json_file: lambda: telling.as_json(cycle, limits),
        html_file: lambda: telling.as_html(cycle, limits),
    }
    write_all({path: made() for path, made in wanted.items() if path is not None})
    click.echo(telling.as_text(cycle, limits), nl=False)


@command.command()
@click.option("--survey", required=True, type=_file, help="The survey the model was trained on.")
@click.option("--meta", required=True, type=_file, help="JSON that describes its columns.")
@click.option("--out", required=True, type=_new, help="Write the distributions here, as CSV.")
def training(survey: Path, meta: Path, out: Path) -> None:
    """Write how the answers of a survey lie, for `tepat monitor report --training`.

    Numbers are cut into tenths, categories counted; each over all families and in every region
    with at least 100 of them, by the weights of the survey. Only shares leave the survey.
    """
    from modelling.monitoring_drift import describe
    from modelling.monitoring_files import write_training
    from modelling.survey_table import (
        Columns,
        SurveyFaultsError,
        read_description,
        read_table,
        texts_of,
    )

    try:
        described = read_description(meta)
        table = read_table(survey, described, Columns(welfare=None))
    except SurveyFaultsError as error:
        raise click.ClickException(str(error)) from error
    counted = Counter(table.region)
    regions = ["", *sorted(name for name, n in counted.items() if n >= LEAST_IN_REGION)]
    made = []
    for variable in (*described.numeric, *described.categorical):
        number = variable in described.numeric
        texts = texts_of(table, variable)
        for region in regions:
            rows = [n for n, place in enumerate(table.region) if region in {"", place}]
            some, weight = [texts[n] for n in rows], [float(table.weight[n]) for n in rows]
            made.append(describe(variable, region, some, weight, number=number))
    write_all({out: write_training(made)})
    click.echo(
        f"{len(described.numeric) + len(described.categorical)} variables, "
        f"{len(regions) - 1} regions beside the whole"
    )


def _together(name: str, one: Path | None, other_name: str, other: Path | None) -> None:
    if (one is None) != (other is None):
        raise click.UsageError(f"{name} and {other_name} go together")
