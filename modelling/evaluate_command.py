"""`tepat model evaluate`: judge a model, or any file of predictions, on a survey."""

from __future__ import annotations

import csv
import math
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from modelling.whole_files import write_all

if TYPE_CHECKING:
    from modelling.evaluation import Judging
    from modelling.evaluation_report import Section
    from modelling.survey_spec import Spec
    from modelling.survey_table import Description, Numbers, Table

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command(name="evaluate")
@click.argument("survey", type=FILE)
@click.option("--meta", required=True, type=FILE, help="JSON: which columns are what.")
@click.option("--artefact", type=FILE, help="The model to judge: a file named by its hash.")
@click.option("--predictions", type=FILE, help="Or any predictions: hh_id,score[,lo,hi] as CSV.")
@click.option("--against", "rival", type=FILE, help="Other predictions, to compare with.")
@click.option(
    "--refit/--no-refit",
    default=True,
    help="With waves: also fit earlier ones, to be judged on later ones.",
)
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder for report.html and report.json.",
)
@click.option(
    "--unweighted", is_flag=True, help="The survey has no weights: each family counts once."
)
def command(
    *,
    survey: Path,
    meta: Path,
    artefact: Path | None,
    predictions: Path | None,
    rival: Path | None,
    refit: bool,
    out: Path | None,
    unweighted: bool,
) -> None:
    r"""Judge a model or predictions on SURVEY, whose welfare is known.

    Prints the main figures; with --out writes a page with charts and the same as JSON: exclusion
    and inclusion error by quota and by line, in each region and in the nation, order, tenths,
    calibration, coverage of intervals, and everything by group and by region. With --against also
    how much better than other predictions of the same families, on the same villages drawn again.

    Where META names a column as `wave`, the report tells drift: the model in each wave, how answers
    moved, and what a fit on earlier waves is worth in later ones.

    A model judged on the survey that it was learned from looks better than it is. Judge it on
    another one, or judge held-out predictions.
    """
    from modelling.evaluation import Judging, evaluate
    from modelling.evaluation_report import as_html, as_json, as_text
    from modelling.paired import against
    from modelling.paired_report import FIGURES, compared
    from modelling.survey_table import (
        Columns,
        SurveyFaultsError,
        group_rows,
        known_welfare,
        read_description,
        read_table,
    )

    if (artefact is None) == (predictions is None):
        raise click.UsageError("give --artefact or --predictions, one of the two")
    columns = replace(Columns(), weight=None) if unweighted else Columns()
    try:
        described = read_description(meta)
        table = read_table(survey, described, columns)
        welfare = known_welfare(table)
        if artefact is not None:
            named, ends = _by_model(artefact, table)
        else:
            named, ends = _by_file(predictions or survey, table)
        judging = Judging(
            target=_log(welfare) if described.log_target else welfare,
            score=ends[0],
            low=ends[1],
            high=ends[2],
            weight=table.weight,
            region=table.region,
            village=table.cluster,
            groups={name: group_rows(table, rule) for name, rule in described.groups.items()},
        )
        other = _by_file(rival, table)[1][0] if rival else None
    except SurveyFaultsError as error:
        raise click.ClickException(str(error)) from error
    found = evaluate(judging)
    about = {"survey": table.name, "survey_sha256": table.sha256, **named}
    sections = []
    if rival and other is not None:
        names = ((predictions or artefact or survey).name, rival.name)
        gap = against(table, judging.target, [judging.score], [other], FIGURES)
        sections.append(compared("against", "Against other predictions", names, gap))
    if len(set(table.wave or ())) > 1:
        sections.append(_waves(judging, table, described, artefact, refit=refit))
    click.echo(as_text(found, sections), nl=False)
    if out:
        out.mkdir(parents=True, exist_ok=True)
        pages = {"report.json": as_json, "report.html": as_html}
        write_all({out / name: told(found, about, sections) for name, told in pages.items()})
        click.echo(f"wrote {out / 'report.html'} and {out / 'report.json'}")


def _waves(
    judging: Judging, table: Table, described: Description, artefact: Path | None, *, refit: bool
) -> Section:
    """What the report says of waves; refitted with the artefact's spec, or one made."""
    from modelling import waves
    from modelling.survey_automatic import automatic
    from modelling.survey_scoring import load
    from modelling.survey_table import Columns, SurveyFaultsError
    from modelling.waves_report import section

    def spec_of(part: Table) -> Spec:
        if artefact is None:
            return automatic(part, described, Columns())
        return load(artefact.read_bytes(), artefact.name.removesuffix(".json"))[1]

    def say(words: str) -> None:
        if not words.startswith(" "):
            click.echo(words, err=True)

    try:
        each = waves.per_wave(judging, table)
    except SurveyFaultsError as error:
        raise click.ClickException(str(error)) from error
    passed = waves.passed_on(table, spec_of, say) if refit else []
    return section(each, waves.moved(table, described), passed)


Ends = tuple["Numbers", "Numbers | None", "Numbers | None"]


def _log(welfare: Numbers) -> Numbers:
    import numpy as np

    found: Numbers = np.log(welfare)
    return found


def _by_model(path: Path, table: Table) -> tuple[dict[str, str], Ends]:
    """Predictions of an artefact, refused unless the file is named by its own hash."""
    import numpy as np

    from chalicelib.domain.pmt import ArtefactError
    from modelling.survey_scoring import inputs_of, load, score_table
    from modelling.survey_table import SurveyFaultsError

    data, sha256 = path.read_bytes(), path.name.removesuffix(".json")
    try:
        model, spec = load(data, sha256)
    except ArtefactError as error:
        raise SurveyFaultsError(f"{path.name}: {error}") from error
    rows = score_table(model, inputs_of(data, spec, table))
    if unknown := [row for row, scored in enumerate(rows) if scored.score is None]:
        raise SurveyFaultsError(
            f"{table.name}: row {unknown[0] + 2}: cannot be scored: {rows[unknown[0]].why} "
            f"({len(unknown)} such families)"
        )
    score, low, high = (
        np.array([getattr(row, end) for row in rows], dtype=float)
        for end in ("score", "low", "high")
    )
    return {"model": model.name, "model_sha256": sha256}, (score, low, high)


def _by_file(path: Path, table: Table) -> tuple[dict[str, str], Ends]:
    """Predictions of a file, put in the survey's order by the families' ids."""
    import numpy as np

    from modelling.survey_table import SurveyFaultsError

    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    have = set(rows[0]) if rows else set()
    if not {"hh_id", "score"} <= have:
        raise SurveyFaultsError(f"{path.name}: needs rows with the columns hh_id and score")
    names = ["score", *(["lo", "hi"] if {"lo", "hi"} <= have else [])]
    by_wave = table.wave if "wave" in have else None
    waves = by_wave or [""] * len(table)
    place = {key: row for row, key in enumerate(zip(table.ids, waves, strict=True))}
    if len(place) < len(table):
        raise SurveyFaultsError(
            f"{path.name}: families of {table.name} stand in several waves; a column wave is needed"
        )
    found = {name: np.full(len(table), math.nan) for name in names}
    for line, row in enumerate(rows, start=2):
        key = (row["hh_id"], (row["wave"] or "").strip() if by_wave else "")
        if key not in place:
            continue  # families that the survey does not hold are not judged
        if not math.isnan(found["score"][place[key]]):
            raise SurveyFaultsError(f"{path.name}: row {line}: {row['hh_id']} stands there before")
        for name in names:
            try:
                value = float(row[name] or "")
            except ValueError:
                value = math.nan
            if not math.isfinite(value):
                raise SurveyFaultsError(
                    f"{path.name}: row {line}, column {name}: {row[name]!r} is not a number"
                )
            found[name][place[key]] = value
    missing = np.flatnonzero(np.isnan(found["score"]))
    if len(missing):
        raise SurveyFaultsError(
            f"{path.name}: no prediction for {table.ids[missing[0]]} of {table.name} row "
            f"{missing[0] + 2} ({len(missing)} such families)"
        )
    return {"predictions": path.name}, (found["score"], found.get("lo"), found.get("hi"))
