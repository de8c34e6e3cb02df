"""What stands above the least that each unit could come to, and why."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from infra.cost.bill import Bill
from infra.cost.operations import Part

FLOOR = Path(__file__).with_name("floor.yaml")


@dataclass(frozen=True, slots=True)
class Above:
    """Units of an operation above their floor.

    Attributes:
        now, least: units once.
        usd: US dollars a year for what is above.
    """

    operation: str
    unit: str
    now: float
    least: float
    usd: float
    why: str


@cache
def floors() -> dict[str, dict[str, Any]]:
    """Operation -> unit -> `floor` and `why`."""
    found: dict[str, dict[str, Any]] = yaml.safe_load(FLOOR.read_text("utf-8"))
    return found


def above(bill: Bill) -> list[Above]:
    """Every unit above its floor, the dearest first."""
    found = []
    for line in bill.lines:
        if line.operation.part is not Part.USE:
            continue
        for unit, told in floors().get(line.operation.name, {}).items():
            now, least = line.operation.one[unit], float(told["floor"])
            if now > least:
                usd = line.usd[unit] * (1 - least / now)
                found.append(Above(line.operation.name, unit, now, least, usd, told["why"]))
    return sorted(found, key=lambda each: -each.usd)
