"""What a pilot's file changes in the data that its functions carry.

That is the window for objections and the working days. Where the file says what everybody's data
says, the data stays as it is, to the byte.
"""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

from chalicelib.domain.sanggah_rules import load_sanggah
from chalicelib.domain.working_days import load_holidays

WINDOW = "window_months"


def write_region_data(data: Path, stage: dict[str, Any]) -> None:
    """Change the data of a package into that of a pilot.

    Args:
        data: `chalicelib/data` of the tree that is packaged; a surface may do without a part.
        stage: what the pilot's file says.

    Raises:
        chalicelib.domain.strict_json.ShapeError: what would be packaged cannot be read.
    """
    # A region's own dated rules say the window themselves; the form has seen that they agree.
    own, default = (data / f"sanggah/{name}.json" for name in (stage["region"], "default"))
    if default.is_file() and not own.is_file():
        text = with_window(default.read_bytes(), stage["objection"][WINDOW])
        load_sanggah(text)
        default.write_bytes(text)
    years = sorted((data / "holidays").glob("*.json"))
    texts = [with_days(path.read_bytes(), **stage["working_days"]) for path in years]
    load_holidays(texts)
    for path, text in zip(years, texts, strict=True):
        path.write_bytes(text)


def with_window(rules: bytes, months: int) -> bytes:
    """Return sanggah rules with another window; it is the region's choice then, and says so.

    Args:
        rules: a file of `data/sanggah`.
        months: after a decision in which it may be appealed or objected to.
    """
    told = json.loads(rules)
    if all(period[WINDOW] == months for period in told["periods"]):
        return rules
    for period in told["periods"]:
        period[WINDOW] = months
        period["published"].pop(WINDOW, None)
        period["reported"].pop(WINDOW, None)
    others = [choice for choice in told["choices"] if choice["figure"] != WINDOW]
    told["choices"] = [{"figure": WINDOW, "why": "The pilot's file says so."}, *others]
    return _written(told)


def with_days(year: bytes, weekend: list[int], holidays: dict[date, str]) -> bytes:
    """Return a year's holidays with a region's own, and with its weekend.

    Args:
        year: a file of `data/holidays`.
        weekend: ISO weekdays, 1 Monday.
        holidays: day -> name; those of other years are left out.
    """
    told = json.loads(year)
    known = {entry["date"] for entry in told["days"]}
    own = [
        {"date": day.isoformat(), "kind": "regional", "name": name}
        for day, name in holidays.items()
        if day.year == told["year"] and day.isoformat() not in known
    ]
    if told["weekend"] == weekend and not own:
        return year
    told["weekend"] = weekend
    told["days"] = sorted([*told["days"], *own], key=lambda entry: entry["date"])
    return _written(told)


def _written(told: dict[str, Any]) -> bytes:
    return (json.dumps(told, indent=1, ensure_ascii=False) + "\n").encode()
