"""`tepat holidays`: the dated holiday files of the functions, from the `holidays` package."""

from __future__ import annotations

import json
from importlib.metadata import version
from pathlib import Path
from typing import Any

import click

FOLDER = Path(__file__).resolve().parent.parent / "chalicelib" / "data" / "holidays"
ESTIMATED = " (perkiraan)"  # the package's mark for a date that no decree has fixed yet
SATURDAY, SUNDAY = 6, 7


def holiday_file(year: int) -> bytes:
    """National holidays and joint leave (cuti bersama) of Indonesia in one year, as JSON.

    Raises:
        ValueError: the package knows no joint leave of that year, so no decree is out yet.
    """
    import holidays

    days: list[dict[str, Any]] = []
    for kind, category in (("national", "public"), ("joint_leave", "government")):
        found = holidays.country_holidays("ID", years=year, categories=(category,), language="id")
        if not found:
            raise ValueError(f"the decree on holidays of {year} is not in the package yet")
        for day, name in found.items():
            entry = {"date": day.isoformat(), "kind": kind, "name": name.replace(ESTIMATED, "")}
            days.append(entry | ({"estimated": True} if ESTIMATED in name else {}))
    document = {
        "format": 1,
        "year": year,
        "weekend": [SATURDAY, SUNDAY],
        "source": {
            "package": "holidays",
            "version": version("holidays"),
            "licence": "MIT",
            "address": "https://pypi.org/project/holidays/",
        },
        "days": sorted(days, key=lambda entry: (entry["date"], entry["kind"])),
    }
    return (json.dumps(document, indent=1, ensure_ascii=False) + "\n").encode()


@click.command("holidays")
@click.argument("years", nargs=-1, type=click.IntRange(2000, 2100), required=True)
def command(years: tuple[int, ...]) -> None:
    """Write the holiday file of each of YEARS, for example: tepat holidays 2026 2027.

    Run it again when a new decree (SKB Tiga Menteri) is out and the package has it.
    """
    for year in years:
        try:
            data = holiday_file(year)
        except ValueError as error:
            raise click.ClickException(str(error)) from error
        path = FOLDER / f"{year}.json"
        path.write_bytes(data)
        click.echo(
            f"{path.name}: {data.count(b'national')} national holidays,"
            f" {data.count(b'joint_leave')} days of joint leave"
        )
