"""`tepat model`: fit, show and check proxy means test artefacts."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

import click

from chalicelib.domain import pmt
from modelling import (
    artefacts,
    compare_command,
    evaluate_command,
    explain_command,
    fit_command,
    fit_score_command,
    ground_command,
)

if TYPE_CHECKING:
    from chalicelib.domain.pmt_terms import Condition


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


@command.command()
@click.argument("sha256", required=False)
def show(sha256: str | None) -> None:
    """Print an artefact so that a person can read it; without a hash, the one in use."""
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
