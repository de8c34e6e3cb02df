"""`tepat map`: the share of poor families by area, with its error, as a page and as JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from modelling.whole_files import write_all

if TYPE_CHECKING:
    from modelling.csv_tables import Table
    from modelling.poverty_rates import Families, Rate

DIGITS = {"province": 2, "regency": 4, "district": 6, "village": 10, "area": None}
AREAS = Path(__file__).resolve().parent.parent / "chalicelib" / "data" / "areas" / "national.json"
MOST_BARS = 40
TOGETHER = 0.3


@click.command(name="map")
@click.argument("families", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--line", required=True, type=float, help="The poverty line, on the score's scale.")
@click.option(
    "--by",
    type=click.Choice(list(DIGITS)),
    default="area",
    show_default=True,
    help="Which digits of `area` are the area; `area` takes it as it stands.",
)
@click.option(
    "--sample", is_flag=True, help="The rows were drawn by villages, and stand for more families."
)
@click.option(
    "--together",
    type=click.FloatRange(0, 0.99),
    default=TOGETHER,
    show_default=True,
    help="What families of a village share of what the model does not know of them.",
)
@click.option(
    "--least",
    type=click.IntRange(2),
    default=30,
    show_default=True,
    help="Fewest families of an area that is told.",
)
@click.option(
    "--out",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder for map.html and map.json.",
)
def command(
    *, families: Path, line: float, by: str, sample: bool, together: float, least: int, out: Path
) -> None:
    r"""Map the share of poor families by area from their scores.

    FAMILIES is CSV with the columns area (a Kemendagri code, or any name with --by area), village,
    score, lo, hi and, if families count differently, weight. lo and hi are the ends of the 90 %
    interval, as `tepat model fit-score` writes them.

    The share of an area is the mean of its families' chances of being under the line, never the
    count of who is predicted under it. By province it is drawn as a tile map. Areas with few
    families are hidden, and others with them so that the total gives none away.
    """
    from modelling.csv_tables import FileError, read_csv
    from modelling.poverty_rates import rates

    try:
        table = read_csv(families, ("area", "village", "score", "lo", "hi"))
        given, unscored = _families(table, by)
        found, whole = rates(given, line, together=together, sample=sample, least=least)
    except FileError as error:
        raise click.ClickException(str(error)) from error
    names = _names(by)
    about = {
        "families": f"{len(given.area):,} with a score, {unscored:,} without, who are in no figure",
        "line": f"{line:g}",
        "error": "standard error: chance"
        + (" and the drawing of villages" if sample else "")
        + f"; families of a village share {together:g} of what the model does not know",
        "hidden": f"areas with fewer than {least} families, and those that would give them away",
    }
    document = {
        "about": about,
        "areas": [_as_json(rate, names) for rate in found],
        "all": _as_json(whole, names),
    }
    out.mkdir(parents=True, exist_ok=True)
    write_all(
        {
            out / "map.json": json.dumps(document, ensure_ascii=False, indent=1) + "\n",
            out / "map.html": _page(found, whole, names, about, by),
        }
    )
    click.echo(f"all: {_told(whole)}; {len(found)} areas")
    click.echo(f"wrote {out / 'map.html'} and map.json")


def _families(table: Table, by: str) -> tuple[Families, int]:
    """The families with a score, and how many have none."""
    import numpy as np

    from modelling.csv_tables import FileError
    from modelling.policy_files import scores_of
    from modelling.poverty_rates import Families

    score, low, high = scores_of(table)
    digits = DIGITS[by]
    areas = table.names("area")
    for row, area in enumerate(areas):
        if digits and not (area[:digits].isdigit() and len(area) >= digits):
            raise FileError(f"{table.where(row, 'area')}: {area!r} has no {digits} digits")
    weight = (
        table.numbers("weight", above=0.0) if "weight" in table.columns else np.ones(len(table))
    )
    rows = [int(row) for row in np.flatnonzero(~np.isnan(score))]
    villages = table.names("village")
    return (
        Families(
            area=[areas[row][:digits] for row in rows],
            village=[villages[row] for row in rows],
            weight=weight[rows],
            score=score[rows],
            low=low[rows],
            high=high[rows],
        ),
        len(table) - len(rows),
    )


def _names(by: str) -> Mapping[str, str]:
    if DIGITS[by] is None:
        return {}
    named: Mapping[str, str] = json.loads(AREAS.read_text("utf-8"))["areas"]
    return named


def _as_json(rate: Rate, names: Mapping[str, str]) -> dict[str, object]:
    hidden = math.isnan(rate.rate)
    return {
        "area": rate.area,
        "name": names.get(rate.area, rate.area),
        "families": None if hidden else rate.families,
        "share": None if hidden else round(rate.rate, 4),
        "standard_error": None if math.isnan(rate.error) else round(rate.error, 4),
    }


def _page(
    found: Sequence[Rate],
    whole: Rate,
    names: Mapping[str, str],
    about: Mapping[str, str],
    by: str,
) -> str:
    from modelling import charts
    from modelling.tile_map import tile_map

    told = [rate for rate in found if not math.isnan(rate.rate)]
    title = f"Share of families under the line, by {by}"
    shown = [list(row) for row in about.items()]
    parts = [charts.table(["", ""], shown, caption="What is shown", text=2)]
    if told:
        most = max(told, key=lambda rate: rate.rate)
        text = f"All {_told(whole)}; highest {names.get(most.area, most.area)}, {_told(most)}."
        if by == "province":
            shares = {rate.area: rate.rate for rate in found}
            parts.append(tile_map(shares, title=title, description=text))
        elif len(told) <= MOST_BARS:
            bars = [
                charts.Bar(names.get(one.area, one.area)[:36], one.rate, _ends(one)) for one in told
            ]
            parts.append(charts.bar_chart(bars, title=title, description=text, x_label="share"))
    rows = [
        [
            rate.area,
            names.get(rate.area, ""),
            "few" if math.isnan(rate.rate) else f"{rate.families:,}",
            "not told" if math.isnan(rate.rate) else charts.percent(rate.rate),
            "" if math.isnan(rate.error) else f"{100 * rate.error:.1f}",
        ]
        for rate in (*found, whole)
    ]
    header = ["area", "name", "families", "share", "standard error, points"]
    parts.append(charts.table(header, rows, caption=title, text=2))
    return charts.page("Tepat: poverty by area", parts)


def _ends(rate: Rate) -> tuple[float, float] | None:
    if math.isnan(rate.error):
        return None
    return max(rate.rate - 1.96 * rate.error, 0.0), min(rate.rate + 1.96 * rate.error, 1.0)


def _told(rate: Rate) -> str:
    if math.isnan(rate.rate):
        return "not told"
    error = "" if math.isnan(rate.error) else f" (standard error {100 * rate.error:.1f} points)"
    return f"{100 * rate.rate:.1f} %{error}"
