"""`tepat model explain`: one family's score in words, down to the last unit."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chalicelib.domain.pmt import Artefact, Scored

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
ONE = 1_000_000


@click.command(name="explain")
@click.argument("families", type=FILE)
@click.option("--meta", required=True, type=FILE, help="JSON: which columns are what.")
@click.option("--artefact", required=True, type=FILE, help="The model: a file named by its hash.")
@click.option("--id", "family", required=True, help="hh_id of the family.")
@click.option("--most", default=5, show_default=True, help="Reasons to tell each way.")
def command(*, families: Path, meta: Path, artefact: Path, family: str, most: int) -> None:
    """Tell how the score of one family of FAMILIES comes about.

    Every reason is told against the mean family of the model's survey, strongest first; together
    they add up to the score, to the last unit. Village means are of the villages in FAMILIES.
    """
    from chalicelib.domain import pmt
    from chalicelib.domain.pmt_interval import interval
    from modelling.survey_scoring import inputs_of, load
    from modelling.survey_table import Columns, SurveyFaultsError, read_description, read_table

    data = artefact.read_bytes()
    try:
        model, spec = load(data, artefact.name.removesuffix(".json"))
        table = read_table(families, read_description(meta), Columns(), score_only=True)
        if family not in table.ids:
            raise click.ClickException(f"{families.name}: there is no family {family}")
        inputs = inputs_of(data, spec, table)
    except (pmt.ArtefactError, SurveyFaultsError) as error:
        raise click.ClickException(str(error)) from error
    row = table.ids.index(family)
    values = {name: column[row] for name, column in inputs.items()}
    scored = pmt.score_inputs(model, values)
    if isinstance(scored, pmt.CannotScore):
        reasons = ", ".join(f"{reason.field} ({reason.code})" for reason in scored.reasons)
        click.echo(f"Family {family} cannot be scored and must be visited: {reasons}.")
        return
    for line in _lines(model, scored, interval(model, values), most):
        click.echo(line)


def _lines(
    model: Artefact, scored: Scored, ends: tuple[int, int] | None, most: int
) -> Iterator[str]:
    from chalicelib.domain.pmt import decile, largest

    cuts = model.cutoffs
    place = decile(scored.score, "", cuts)
    yield f"Score {scored.score:,}: tenth {place} of 10 by the model's own cut-offs (1 is poorest)."
    if ends:
        low, high = scored.score + ends[0], scored.score + ends[1]
        first, last = decile(low, "", cuts), decile(high, "", cuts)
        yield f"90 % interval {low:,} to {high:,}: tenths {first} to {last}."
    nearest = min((cut for cut, _ in cuts), key=lambda cut: abs(cut - scored.score))
    yield f"The nearest boundary is {nearest:,}, {nearest - scored.score:+,} away."
    yield f"The mean family has {model.base:,}. Against it:"
    found = largest(model, scored, most)
    for effect in (*found.raises, *found.lowers):
        yield f"  {effect.contribution:+12,}  {effect.percent:+4d} %  {effect.label}"
    told = sum(effect.contribution for effect in (*found.raises, *found.lowers))
    rest = sum(scored.contributions) - told
    yield f"  {rest:+12,}          all other reasons together"
    yield f"  {scored.score - model.base:+12,}          in all; nothing is left over"
    yield f"Inputs {scored.inputs_hash[:12]}, model {model.sha256[:12]}."
