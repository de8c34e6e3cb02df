"""`tepat model compare`: who would enter and leave under another model or quota."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from modelling.whole_files import write_all

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from modelling.comparison import Comparison, Moves
    from modelling.survey_table import Numbers, Table

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
MOST_BARS = 60  # more are no picture; the table tells them
SHARE = click.FloatRange(0, 1, min_open=True, max_open=True)


@click.command(name="compare")
@click.argument("families", type=FILE)
@click.option("--meta", required=True, type=FILE, help="JSON: which columns are what.")
@click.option(
    "--before", required=True, type=FILE, help="The model in use: a file named by its hash."
)
@click.option("--after", type=FILE, help="The model proposed; without it the same one.")
@click.option(
    "--quota", default=0.4, show_default=True, type=SHARE, help="Share chosen in a region."
)
@click.option("--quota-after", type=SHARE, help="The quota proposed; without it the same one.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="JSON to write.")
@click.option("--page", type=click.Path(dir_okay=False, path_type=Path), help="HTML with charts.")
def command(
    *,
    families: Path,
    meta: Path,
    before: Path,
    after: Path | None,
    quota: float,
    quota_after: float | None,
    out: Path | None,
    page: Path | None,
) -> None:
    """Compare two models or quotas on the frozen population FAMILIES.

    Prints how many families would enter and leave, by region and by group, and how families move
    between tenths. Counts with fewer than ten families behind them are not told.
    """
    from chalicelib.domain.pmt import ArtefactError
    from modelling import charts
    from modelling.comparison import Choice, compare
    from modelling.survey_table import (
        Columns,
        SurveyFaultsError,
        group_rows,
        read_description,
        read_table,
    )

    try:
        described = read_description(meta)
        table = read_table(families, described, Columns(), score_only=True)
        first = Choice("before", _scores(before, table), quota)
        second = Choice("after", _scores(after or before, table), quota_after or quota)
        found = compare(
            first,
            second,
            weight=table.weight,
            region=table.region,
            groups={name: group_rows(table, rule) for name, rule in described.groups.items()},
        )
    except (ArtefactError, SurveyFaultsError) as error:
        raise click.ClickException(str(error)) from error
    header = ["", "families", "before", "after", "enter", "leave"]
    click.echo("\n".join(charts.aligned(header, _rows([found.whole]))))
    for name, parts in (("region", found.by_region), ("group", found.by_group)):
        if parts:
            click.echo(f"\nBy {name}")
            click.echo("\n".join(charts.aligned(header, _rows(parts))))
    click.echo("\nFamilies by tenth before (down) and after (across), 1 poorest")
    flow = [
        [str(place + 1), *(_told(cell) for cell in row)] for place, row in enumerate(found.flow)
    ]
    click.echo("\n".join(charts.aligned(["", *(str(n) for n in range(1, 11))], flow)))
    models = {"before": before.name, "after": (after or before).name}
    about = {**models, "quota": quota, "quota_after": quota_after or quota}
    texts = {}
    if out:
        text = json.dumps({"about": about, **asdict(found)}, ensure_ascii=False, indent=1)
        texts[out] = text + "\n"
    if page:
        texts[page] = _page(found, about, header, flow)
    write_all(texts)
    for file in texts:
        click.echo(f"wrote {file}")


def _scores(path: Path, table: Table) -> Numbers:
    """Scores of a model; a family that cannot be scored stops the comparison, by its row."""
    import numpy as np

    from chalicelib.domain.pmt_batch import score_columns
    from modelling.survey_scoring import inputs_of, load
    from modelling.survey_table import SurveyFaultsError

    data = path.read_bytes()
    model, spec = load(data, path.name.removesuffix(".json"))
    batch = score_columns(model, inputs_of(data, spec, table))
    if batch.refused:
        row, why = next(iter(batch.refused.items()))
        raise SurveyFaultsError(
            f"{table.name}: row {row + 2}: {path.name[:12]} cannot score it: "
            f"{why.reasons[0].field} {why.reasons[0].code} ({len(batch.refused)} such families)"
        )
    return np.array(batch.scores, dtype=float)


def _page(
    found: Comparison, about: Mapping[str, object], header: list[str], flow: list[list[str]]
) -> str:
    from modelling import charts

    shown = [[name, str(value)] for name, value in about.items()]
    parts = [
        charts.table(["", ""], shown, caption="What is compared", text=2),
        charts.table(header, _rows([found.whole]), caption="All families"),
    ]
    for name, moves in (("region", found.by_region), ("group", found.by_group)):
        if moves:
            title = f"Families that enter and leave, by {name}"
            parts += [_chart(moves, title), charts.table(header, _rows(moves), caption=title)]
    caption = "Families by tenth before (down) and after (across), 1 poorest"
    tenths = ["tenth before", *(str(n) for n in range(1, 11))]
    parts.append(charts.table(tenths, flow, caption=caption))
    return charts.page("Tepat: who would enter and who would leave", parts)


def _chart(moves: Sequence[Moves], title: str) -> str:
    """Who enters to the right, who leaves to the left; nothing where it is not told or too long."""
    from modelling import charts

    bars = []
    for part in moves:
        if part.entering is not None and part.leaving is not None:
            bars += [
                charts.Bar(f"{part.name[:28]}: enter", part.entering),
                charts.Bar("leave", -part.leaving),
            ]
    if not bars or len(bars) > MOST_BARS:
        return ""
    entering = sum(bar.value for bar in bars if bar.value > 0)
    leaving = -sum(bar.value for bar in bars if bar.value < 0)
    return charts.bar_chart(
        bars,
        title=title,
        description=f"Of those told, {entering:,.0f} enter and {leaving:,.0f} leave.",
        x_label="families that leave (left) and enter (right)",
        x_format=lambda count: f"{abs(count):,.0f}",
    )


def _rows(parts: Sequence[Moves]) -> list[list[str]]:
    return [
        [
            part.name,
            _told(part.families),
            *(_told(n) for n in (part.before, part.after, part.entering, part.leaving)),
        ]
        for part in parts
    ]


def _told(count: float | None) -> str:
    return "<10" if count is None else f"{count:,.0f}"
