"""Visits that nobody may make, for whoever has to find somebody: no family's identity is read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from chalicelib.domain.areas import Village
from chalicelib.domain.ground_check import Check, Stage
from chalicelib.usecases import show_status
from chalicelib.usecases.check_ports import GroundChecks

MOST: Final = 60


@dataclass(frozen=True, slots=True)
class Ports:
    """What listing needs.

    Attributes:
        words: of the list, by code.
        excluded: why somebody may not go, by code of `assignment.may_act`.
        status: for days in the region's own zone.
    """

    checks: GroundChecks
    words: Mapping[str, Any]
    excluded: Mapping[str, str]
    villages: Mapping[str, Village]
    status: show_status.Ports
    region: str


def rows(now: int, ports: Ports) -> list[dict[str, Any]]:
    """The visits for which somebody higher was called, by deadline.

    Args:
        now: ms, UTC, to tell what is late.

    Raises:
        TryAgain: the store refused for now.
    """
    refs = ports.checks.unassigned(ports.region, MOST)
    found = ports.checks.load(refs)
    # The index lags behind by moments: for some of them somebody was drawn just now.
    called = (found[ref] for ref in refs if ref in found)
    return [_row(each, now, ports) for each in called if each.stage is Stage.ASKED and each.level]


def _row(check: Check, now: int, ports: Ports) -> dict[str, Any]:
    village = ports.villages.get(check.ref.village)
    why = [
        ports.words["count"].format(sebab=ports.excluded.get(code, code), orang=count)
        for code, count in check.why
    ]
    return {
        "number": check.ref.locator,
        "village": f"{village.name}, {village.district}" if village else check.ref.village,
        "due": show_status.moment(check.due, ports.status),
        "late": check.due <= now,
        "level": ports.words["levels"][str(check.level)],
        "why": why or [ports.words["nobody"]],
    }
