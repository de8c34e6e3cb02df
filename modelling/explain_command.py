"""`tepat model explain`: one family's score in words, down to the last unit."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

import click

from modelling.whole_files import write_all

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from chalicelib.domain.pmt import Artefact, Scored

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
MOST_BARS = 30  # more are no picture; the table tells them


@click.command(name="explain")
@click.argument("families", type=FILE)
@click.option("--meta", required=True, type=FILE, help="JSON: which columns are what.")
@click.option("--artefact", required=True, type=FILE, help="The model: a file named by its hash.")
@click.option("--id", "family", required=True, help="hh_id of the family.")
@click.option("--most", default=5, show_default=True, help="Reasons to tell each way.")
@click.option("--page", type=click.Path(dir_okay=False, path_type=Path), help="HTML with a chart.")
def command(
    *, families: Path, meta: Path, artefact: Path, family: str, most: int, page: Path | None
) -> None:
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
    lines = list(_lines(model, scored, interval(model, values), most))
    for line in lines:
        click.echo(line)
    if page:
        write_all({page: _page(model, scored, lines[:3])})
        click.echo(f"wrote {page}")


def _page(model: Artefact, scored: Scored, lines: Sequence[str]) -> str:
    """Every reason, strongest first, as a chart and as a table that adds up to the score."""
    from chalicelib.domain.pmt import largest
    from modelling import charts

    found = largest(model, scored, len(model.features))
    effects = sorted((*found.raises, *found.lowers), key=lambda one: -abs(one.contribution))
    parts = [f"<p>{escape(line)}</p>" for line in lines]
    title = "What raises and what lowers the score, against the mean family"
    if effects:
        bars = [charts.Bar(one.label[:36], float(one.percent)) for one in effects[:MOST_BARS]]
        text = f"Strongest: {effects[0].label}, {effects[0].percent:+d} per cent."
        parts.append(
            charts.bar_chart(
                bars,
                title=title,
                description=text,
                x_label="per cent of welfare",
                x_format=lambda share: f"{share:+.0f} %",
            )
        )
    rows = [["the mean family", f"{model.base:,}", ""]]
    rows += [[one.label, f"{one.contribution:+,}", f"{one.percent:+d} %"] for one in effects]
    rest = sum(scored.contributions) - sum(one.contribution for one in effects)
    rows.append(["all other reasons together, each below 1 %", f"{rest:+,}", ""])
    rows.append(["the score: the sum of all above", f"{scored.score:,}", ""])
    parts.append(charts.table(["reason", "points", "welfare"], rows, caption=title))
    return charts.page("Tepat: how a score comes about", parts)


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
