"""What staff are shown of a case in a world: its sheet, and the words of the pages."""

from __future__ import annotations

import json
from typing import Any

from chalicelib.adapters.area_files import region_villages
from chalicelib.usecases import read_case, show_case
from tests.world import DATA, REGION, World

WORDS = json.loads((DATA / "words" / "staff.id.json").read_bytes())


def ports(world: World) -> show_case.Ports:
    """What a sheet and the rows of the queue are made with."""
    return show_case.Ports(WORDS, region_villages(REGION), world.status_ports())


def sheet(world: World, viewer: str = "staff:officer-1", **how: Any) -> dict[str, Any]:
    """The one case, opened from the queue."""
    opened = read_case.read_case(world.only().ref, viewer, "queue", world.read_ports(), **how)
    return show_case.sheet(opened, viewer, ports(world))
