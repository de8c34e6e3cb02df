"""Tell a paired comparison of two predictions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from html import escape
from types import MappingProxyType

from modelling import charts
from modelling.evaluation_report import Section
from modelling.paired import EXCLUSION, EXPLAINED, ORDER, Difference

FIGURES = (EXPLAINED, ORDER, EXCLUSION)


def compared(
    key: str,
    title: str,
    names: tuple[str, str],
    found: Mapping[str, Difference],
    *,
    words: str = "",
    more: Mapping[str, object] = MappingProxyType({}),
) -> Section:
    """A section with the figures of both and the difference of each.

    Args:
        key: of the JSON.
        title: of the section.
        names: of the two sides.
        found: figure -> difference.
        words: what else is to be said; more: what else the JSON holds.
    """
    header = ["", *names, "first less second", "95 % interval"]
    rows = [
        [name, *(_told(name, v) for v in (one.ours, one.theirs)), *_difference(name, one)]
        for name, one in found.items()
    ]
    spoken = [words] if words else []
    return Section(
        key,
        {
            "first": names[0],
            "second": names[1],
            **{name: asdict(one) for name, one in found.items()},
            **more,
        },
        [
            f"<h2>{escape(title)}</h2>",
            *(f"<p>{escape(line)}</p>" for line in spoken),
            charts.table(header, rows, caption=title),
        ],
        [title, "", *charts.aligned(header, rows), *spoken],
    )


def _told(name: str, value: float) -> str:
    return charts.percent(value) if name == EXCLUSION else f"{value:.3f}"


def _difference(name: str, one: Difference) -> tuple[str, str]:
    if name == EXCLUSION:
        ends = f"{100 * one.low:+.1f} to {100 * one.high:+.1f}"
        return f"{100 * one.difference:+.1f} points", ends
    return f"{one.difference:+.3f}", f"{one.low:+.3f} to {one.high:+.3f}"
