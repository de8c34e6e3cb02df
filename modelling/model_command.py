"""`tepat model`: fit, show and check proxy means test artefacts."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

import click

from chalicelib.domain import pmt
from modelling import (
    compare_command,
    evaluate_command,
    explain_command,
    fit_command,
    fit_score_command,
    ground_command,
)

if TYPE_CHECKING:
    from chalicelib.domain.pmt_artefact import Condition
    from modelling.fit import Accuracy

RECIPES = ("demonstration-pk",)


@click.group(name="model")
def command() -> None:
    """Fit, show and check proxy means test artefacts.

    An artefact is a JSON file named by its own SHA-256. docs/model.md describes the format.
    """


command.add_command(compare_command.command)
command.add_command(explain_command.command)
command.add_command(fit_command.command)
command.add_command(fit_score_command.command)
command.add_command(evaluate_command.command)
command.add_command(ground_command.command)


@command.command(name="fit-form")
@click.option(
    "--survey",
    "path",
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The survey as NAME.csv.gz, with its description NAME.json beside it.",
)
@click.option("--recipe", "name", required=True, type=click.Choice(RECIPES), help="What to fit.")
@click.option(
    "--out",
    "folder",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder to write the artefact to.",
)
@click.option("--use", is_flag=True, help="Also name it in `current`: the model in use.")
def fit_form(path: Path, name: str, folder: Path, *, use: bool) -> None:
    """Fit a recipe, whose questions are the form's, and write the artefact, named by its hash.

    The same survey and recipe give the same file. The report says how well the model does on
    villages it has not seen, with exclusion and inclusion apart.
    """
    from modelling import artefacts, demonstration_pk
    from modelling.fit import fit as fit_sample
    from modelling.fit import sample, worth
    from modelling.surveys import SurveyError, read_survey

    recipe = {"demonstration-pk": demonstration_pk.RECIPE}[name]
    click.echo(f"reading {path.name}")
    try:
        survey = read_survey(path)
        inputs = recipe.inputs(survey)
    except SurveyError as error:
        raise click.ClickException(str(error)) from error
    except KeyError as error:
        raise click.ClickException(
            f"the survey has a level the recipe does not know: {error}"
        ) from error
    data = sample(survey, recipe, inputs)
    click.echo(f"fitting {recipe.id} on {len(survey)} households")
    fitted = fit_sample(data, survey, click.echo)
    _report(fitted.accuracy)
    click.echo("held-out R2 lost without a feature, in thousandths")
    for place, lost in worth(data, fitted.penalty, range(len(recipe.specs))):
        click.echo(f"  {recipe.specs[place].code:<20}{1000 * lost:6.1f}")
    sha256 = artefacts.write(artefacts.build(survey, recipe, inputs, data, fitted), folder)
    if use:
        artefacts.make_current(sha256, folder)
    click.echo(f"wrote {folder / sha256}.json")


@command.command()
@click.argument("sha256", required=False)
def show(sha256: str | None) -> None:
    """Print an artefact so that a person can read it; without a hash, the one in use."""
    from modelling import artefacts

    try:
        artefact = artefacts.read(sha256 or artefacts.current())
    except (OSError, pmt.ArtefactError) as error:
        raise click.ClickException(str(error)) from error
    _show(artefact)


@command.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def check(file: Path) -> None:
    """Check that a file is a complete, consistent artefact with the name of its hash."""
    data = file.read_bytes()
    sha256 = hashlib.sha256(data).hexdigest()
    if file.name != f"{sha256}.json":
        raise click.ClickException(f"{file.name}: the content hash is {sha256}")
    try:
        artefact = pmt.load_artefact(data, sha256)
    except pmt.ArtefactError as error:
        raise click.ClickException(f"{file.name}: {error}") from error
    click.echo(
        f"{artefact.id} version {artefact.version}: {len(artefact.questions)} questions, "
        f"{len(artefact.features)} features, in order"
    )


def _report(judged: Accuracy) -> None:
    click.echo("on villages not seen by the fit:")
    click.echo(f"  R2                {judged.r2:.3f}")
    click.echo(f"  residual sd       {judged.residual_sd:.3f} log units")
    for name, (share, error) in (("exclusion", judged.exclusion), ("inclusion", judged.inclusion)):
        low, high = 100 * (share - 1.96 * error), 100 * (share + 1.96 * error)
        click.echo(
            f"  {name} error   {100 * share:.1f} % at a quota of 40 % in each region "
            f"(95 % interval {low:.1f} to {high:.1f})"
        )
    for group, (share, count) in judged.groups.items():
        click.echo(f"    exclusion, {group:<22}{100 * share:5.1f} % of {count} poor")


def _show(artefact: pmt.Artefact) -> None:
    about = artefact.about
    click.echo(f"{artefact.name} ({artefact.id} version {artefact.version})")
    click.echo(f"  sha256          {artefact.sha256}")
    click.echo(f"  demonstration   {'yes' if artefact.demonstration else 'no'}")
    click.echo(f"  in force from   {artefact.effective_from}")
    click.echo(f"  approved by     {artefact.approver or 'nobody'}")
    click.echo(f"  notice          {artefact.notice}")
    for heading in ("target", "training", "accuracy"):
        click.echo(f"\n{heading}")
        found = about[heading]
        for key, value in (found if isinstance(found, dict) else {}).items():
            click.echo(f"  {key}: {value}")
    click.echo(
        f"\nintercept {artefact.intercept:,}; a family with the survey's means {artefact.base:,}"
    )
    for feature in artefact.features:
        asked = f"; asked: {artefact.question(feature.question).text}" if feature.question else ""
        click.echo(f"\n{feature.code}: {feature.label} (mean {feature.mean:,}{asked})")
        for term in feature.terms:
            for value, points in (*term.levels, *term.knots):
                click.echo(f"  {value!s:<20}{points:>12,}")
            for condition in term.when:
                click.echo(f"  only when {condition.read} is {_stated(condition)}")
    click.echo("\ncut-offs, poorest tenth first")
    click.echo("  " + " ".join(f"{score:,}" for score, _ in artefact.cutoffs))


def _stated(condition: Condition) -> str:
    if condition.codes:
        return ", ".join(sorted(condition.codes))
    return f"{condition.low} to {condition.high}"
