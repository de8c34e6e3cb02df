"""`tepat model fit`: a model and its report from any survey."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from modelling.whole_files import write_all

if TYPE_CHECKING:
    from modelling.survey_form import Form
    from modelling.survey_spec import Spec
    from modelling.survey_table import Columns, Description, Table

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command(name="fit")
@click.argument("survey", type=FILE)
@click.option("--meta", required=True, type=FILE, help="JSON: which columns are what.")
@click.option("--spec", "spec_path", type=FILE, help="YAML spec; without it one is made.")
@click.option(
    "--form", "form_path", type=FILE, help="YAML form: the model can be asked of any family."
)
@click.option(
    "--out",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder for the model, its spec and its report.",
)
@click.option("--id", "model_id", default="survey", show_default=True, help="What it is called.")
@click.option("--version", default="1", show_default=True, help="Of the model.")
@click.option("--name", help="Its name on screen; without it the survey's.")
@click.option(
    "--from", "effective_from", required=True, help="Day from which it may be used, YYYY-MM-DD."
)
@click.option(
    "--weighting",
    type=click.Choice(["persons", "households"]),
    default="persons",
    show_default=True,
    help="What the cut-offs part into tenths.",
)
@click.option("--unweighted", is_flag=True, help="The survey has no weights: families count once.")
@click.option(
    "--repeats",
    type=click.IntRange(1, 100),
    default=5,
    show_default=True,
    help="Times that villages are dealt into folds anew, to judge the model.",
)
@click.option("--seed", default=0, show_default=True, help="Deals the villages; any whole number.")
@click.option("--challenger", is_flag=True, help="Also judge gradient boosting on the same folds.")
def command(
    *,
    survey: Path,
    meta: Path,
    spec_path: Path | None,
    form_path: Path | None,
    out: Path,
    model_id: str,
    version: str,
    name: str | None,
    effective_from: str,
    weighting: str,
    unweighted: bool,
    repeats: int,
    seed: int,
    challenger: bool,
) -> None:
    """Fit a model on SURVEY; write it, the spec it used and its report to OUT.

    The model is `<sha256>.json`, named by its own hash. The report judges predictions for villages
    that the fit had not seen, against ordinary least squares on the same folds; every figure is the
    mean over --repeats dealings of the villages. `held-out.csv` has such predictions, of the first.
    Nobody has approved a model by fitting it: its `approver` is empty.

    With --challenger the report says what interpretability costs, `challenger.csv` has the other
    predictions, and `disagreements.csv` the families whom the two put on different sides of a quota
    of 40 %, those furthest apart first.

    With a form, the columns of SURVEY that are named like a read of the form, as they stand or made
    by the spec, are those reads, and the model can be put into the app; without one it scores
    files.
    """
    from chalicelib.domain.pmt import ArtefactError
    from modelling.challenger_report import cost
    from modelling.evaluation_repeats import evaluate_repeats
    from modelling.evaluation_report import as_html, as_json, as_text
    from modelling.objective_report import beside_the_mean
    from modelling.survey_artefact import Called, build
    from modelling.survey_fit import fit
    from modelling.survey_held import seeds
    from modelling.survey_judge import accuracy, held_out, judged_on, predictions, with_intervals
    from modelling.survey_scoring import as_csv
    from modelling.survey_spec import to_yaml
    from modelling.survey_table import Columns, SurveyFaultsError, read_description, read_table

    columns = replace(Columns(), weight=None) if unweighted else Columns()
    try:
        described = read_description(meta)
        table = read_table(survey, described, columns)
        spec, table = _specified(spec_path, table, described, columns)
        form = _form(form_path, spec_path.name if spec_path else "the spec made", spec)
        click.echo(f"fitting {table.name}")
        fitted = fit(table, spec, click.echo, form, seeds(seed, repeats))
        judged = accuracy(fitted, table)
        click.echo("judging it on villages not seen")
        predicted = held_out(fitted, table)
        found, sections = evaluate_repeats(predicted)
        figures = with_intervals(judged.figures, found)
        title = (name or table.name)[:120]
        called = Called(model_id, version, title, effective_from, figures, judged.card, weighting)
        data = build(fitted, table, described, called)
    except (SurveyFaultsError, ArtefactError) as error:
        raise click.ClickException(str(error)) from error
    sha256 = hashlib.sha256(data).hexdigest()
    sections += beside_the_mean(fitted, table)
    files: dict[str, str] = {}
    if challenger:
        click.echo("judging gradient boosting on the same folds")
        told, files = cost(fitted, table, next(iter(fitted.repeats)))
        sections.append(told)
    about = {
        "model": f"{title} ({model_id} {version})",
        "model_sha256": sha256,
        "survey": table.name,
        "survey_sha256": table.sha256,
        "judged on": judged_on(repeats),
        "against ordinary least squares": judged.than,
    }
    rows = predictions(predicted[0])
    out.mkdir(parents=True, exist_ok=True)
    texts = {
        out / f"{sha256}.json": data.decode(),
        out / "spec.yaml": to_yaml(spec),
        out / "report.html": as_html(found, about, sections),
        out / "report.json": as_json(found, about, sections),
        out / "held-out.csv": as_csv(table.ids, rows),
        **{out / name: text for name, text in files.items()},
    }
    write_all(texts)
    click.echo(as_text(found, sections) + f"\n{judged.than}")
    click.echo(f"wrote {', '.join(sorted(path.name for path in texts))} to {out}")


def _specified(
    path: Path | None, table: Table, described: Description, columns: Columns
) -> tuple[Spec, Table]:
    """The spec of a file, or one made; and the survey with the columns that it makes."""
    from modelling.survey_automatic import automatic
    from modelling.survey_made import prepared
    from modelling.survey_spec import check_columns, read_spec

    if path is None:
        return automatic(table, described, columns), table
    spec = read_spec(path.name, path.read_text(encoding="utf-8"))
    table = prepared(table, spec.made, spec.like)
    check_columns(path.name, spec, table)
    return spec, table


def _form(path: Path | None, spec_name: str, spec: Spec) -> Form | None:
    from modelling.survey_form import check_form, read_form

    if path is None:
        return None
    form = read_form(path.name, path.read_text(encoding="utf-8"))
    check_form(spec_name, spec, form)
    return form
