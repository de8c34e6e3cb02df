"""Reads the committed area files, each at its first use and once (made by `tepat areas build`)."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from chalicelib.domain.areas import AreaCodes, Village

if TYPE_CHECKING:
    from collections.abc import Mapping

AREAS = Path(__file__).resolve().parent.parent / "data" / "areas"


@cache
def area_codes() -> AreaCodes:
    """Every province, regency and district, in force or retired, with its name."""
    return AreaCodes(live=_listed(_read("national")), retired=_listed(_read("retired")))


def _listed(content: Mapping[str, Any]) -> Mapping[str, str]:
    """Code -> name; a package carries the codes alone (`infra.build.leave_names_out`)."""
    names: dict[str, str] | None = content.get("areas")
    if names is None:
        names = {
            parent + children[place : place + 2]: "-"
            for parent, children in content["codes"].items()
            for place in range(0, len(children), 2)
        }
    return MappingProxyType(names)


@cache
def region_villages(regency: str) -> Mapping[str, Village]:
    """The villages of a region that is served, by code, in the order of their codes.

    Args:
        regency: four digits.

    Raises:
        LookupError: there is no cut file for it; `tepat areas build --regency` makes one.
    """
    return MappingProxyType(
        {
            f"{code}{tail}": Village(f"{code}{tail}", name, district, index)
            for code, (district, villages) in _cut(regency).items()
            for tail, (name, index) in villages.items()
        }
    )


@cache
def region_districts(regency: str) -> Mapping[str, str]:
    """Code of six digits -> name, of the districts of a region that is served.

    Args:
        regency: four digits.

    Raises:
        LookupError: as `region_villages`.
    """
    return MappingProxyType({code: district for code, (district, _) in _cut(regency).items()})


def village_at(regency: str, index: int) -> Village | None:
    """The village that a receipt's locator names, or None when the region has none there.

    Args:
        regency: four digits.
        index: place in the national list of villages.

    Raises:
        LookupError: as `region_villages`.
    """
    return _by_index(regency).get(index)


@cache
def _by_index(regency: str) -> Mapping[int, Village]:
    return {village.index: village for village in region_villages(regency).values()}


def _cut(regency: str) -> dict[str, tuple[str, dict[str, tuple[str, int]]]]:
    # The code becomes part of a path, so nothing but digits may pass.
    if not re.fullmatch(r"[0-9]{4}", regency, re.ASCII) or not (AREAS / f"{regency}.json").exists():
        message = f"no area file for regency {regency!r}"
        raise LookupError(message)
    areas: dict[str, tuple[str, dict[str, tuple[str, int]]]] = _read(regency)["areas"]
    return areas


def _read(stem: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((AREAS / f"{stem}.json").read_text(encoding="utf-8"))
    return content
