"""Settings that say what they mean, in what unit, and where their default comes from.

A command turns each into an option and prints all of them with their sources, so that no figure
rests on a number nobody saw.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, fields
from typing import Any

import click


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting as it stands; `standard` is its default."""

    name: str
    value: float
    standard: float
    unit: str
    meaning: str
    source: str
    low: float
    high: float

    @property
    def option(self) -> str:
        """Its name on the command line, without the dashes."""
        return self.name.replace("_", "-")


def stated(standard: float, unit: str, meaning: str, source: str, high: float = math.inf) -> Any:  # noqa: ANN401 - a dataclass field
    """A field of a dataclass of settings: a number from 0 to `high`."""
    about = {"unit": unit, "meaning": meaning, "source": source, "low": 0.0, "high": high}
    return field(default=standard, metadata=about)


def stated_share(standard: float, meaning: str, source: str) -> Any:  # noqa: ANN401 - a dataclass field
    """A field that is a share from 0 to 1."""
    return stated(standard, "share", meaning, source, 1.0)


def listed(settings: Any) -> Iterator[Setting]:  # noqa: ANN401 - any dataclass of such fields
    """Every setting with its value and source, in order."""
    for one in fields(settings):
        about = one.metadata
        yield Setting(
            name=one.name,
            value=getattr(settings, one.name),
            standard=float(one.default),  # type: ignore[arg-type] # `stated` gives every field one
            unit=about["unit"],
            meaning=about["meaning"],
            source=about["source"],
            low=about["low"],
            high=about["high"],
        )


def faults(settings: Any) -> Iterator[str]:  # noqa: ANN401 - any dataclass of such fields
    """What is out of range, named as on the command line."""
    for one in listed(settings):
        if not one.low <= one.value <= one.high or math.isinf(one.value):
            bounds = f"at {one.low:g} or above"
            if one.high < math.inf:
                bounds = f"from {one.low:g} to {one.high:g}"
            yield f"--{one.option} is {one.value:g}; it must lie {bounds}"


def as_lines(settings: Any) -> Iterator[str]:  # noqa: ANN401 - any dataclass of such fields
    """Every setting as text, with a star where it is not the default."""
    for one in listed(settings):
        mark = "*" if one.value != one.standard else " "
        yield f"{mark} {one.option:<20}{one.value:>10,g} {one.unit}"
        yield f"      {one.meaning}"
        yield f"      source: {one.source}"


def as_rows(settings: Any) -> tuple[list[str], list[list[str]]]:  # noqa: ANN401 - any dataclass of such fields
    """Every setting as a row of a table, after its headers."""
    rows = [
        [
            one.option,
            f"{one.value:,g} {one.unit}",
            "default" if one.value == one.standard else f"default {one.standard:,g}",
            one.meaning,
            one.source,
        ]
        for one in listed(settings)
    ]
    return ["setting", "value", "", "meaning", "source"], rows


def options(kind: type) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """A decorator that gives a command an option for every setting of a dataclass."""

    def give(function: Callable[..., None]) -> Callable[..., None]:
        for one in reversed(fields(kind)):
            function = click.option(
                f"--{one.name.replace('_', '-')}",
                one.name,
                type=float,
                default=one.default,
                show_default=True,
                help=f"{one.metadata['meaning']} ({one.metadata['unit']}).",
            )(function)
        return function

    return give
