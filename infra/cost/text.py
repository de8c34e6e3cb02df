"""The bill as text: what a ministry asks first, then where it comes from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from infra.cost import bill as bills
from infra.cost import floor
from infra.cost.bill import MILLION, Bill
from infra.cost.floor import Above
from infra.cost.inputs import Inputs
from infra.cost.moves import Move, moves
from infra.cost.operations import Part

MOVES_SHOWN = 0.05  # of the part's total
LEAST_TOLD = 0.01  # US dollars
REST = "a stage at rest"


@dataclass(frozen=True, slots=True)
class Told:
    """Everything that is told of a year.

    Attributes:
        thousand: the bill of a thousand registrations.
        year: the bill of the year.
        alone: (what, families, stages, bill) for comparison: a region, forty, the country.
    """

    inputs: Inputs
    families: float
    stages: int
    thousand: Bill
    year: Bill
    alone: Sequence[tuple[str, float, int, Bill]]
    moves: Sequence[Move]
    above: Sequence[Above]

    @property
    def per_million(self) -> float:
        """US dollars a year of use for a million families: what the target is about."""
        return self.year.of(Part.USE) / self.families * MILLION

    @property
    def at_floor(self) -> float:
        """The same if each unit were at its floor."""
        return self.per_million - sum(a.usd for a in self.above) / self.families * MILLION


def tell(inputs: Inputs, families: float, stages: int) -> Told:
    """Reckon everything that is told."""
    year = bills.of_year(inputs, families, stages)
    size = inputs["region_families"]
    scales = (("one region", size, 1), ("40 regions", 40 * size, 40), ("this", families, stages))
    return Told(
        inputs,
        families,
        stages,
        bills.per_thousand(inputs),
        year,
        [(name, n, s, bills.of_year(inputs, n, s)) for name, n, s in scales],
        moves(inputs, families, stages),
        floor.above(year),
    )


def lines(told: Told) -> Iterator[str]:
    """The text."""
    million = MILLION / told.families
    yield f"{told.families:,.0f} families in {told.stages:,} stages: a year, in US dollars"
    yield ""
    for part in Part:
        usd = told.year.of(part)
        yield f"  {part.value:<34}{usd:>12,.0f}{usd * million:>10,.2f} for a million families"
    yield f"  {'together':<34}{told.year.total:>12,.0f}{told.year.total * million:>10,.2f}"
    yield ""
    yield from _targets(told)
    yield ""
    yield f"{'operation':<38}{'times a year':>15}{'USD':>11}{'a million':>11}"
    for line in told.year.lines:
        one = line.operation
        yield f"{one.name:<38}{one.times:>15,.0f}{line.total:>11,.0f}{line.total * million:>11,.2f}"
    yield ""
    yield f"A stage at rest, a month: {at_rest(told)}"
    yield ""
    yield "What moves it by 5 % or more, one thing at a time (of its part; USD a year):"
    for move in told.moves:
        if abs(move.share) >= MOVES_SHOWN:
            yield f"  {move.name:<64}{move.share:>+8.0%}{move.usd:>+13,.0f}  {move.part.value}"
    yield ""
    yield "Above the floor (units once; USD for a million families):"
    for each in told.above:
        units = f"{each.now:.4g} / {each.least:.4g}"
        where = f"{each.operation}, {bills.SERVICES[each.unit]}"
        yield f"  {where:<62}{units:>16}{each.usd * million:>8.2f}"
    yield f"  {'all at their floor, a million families would be':<62}{told.at_floor:>24.2f}"
    yield ""
    yield f"{'':<14}{'families':>13}{'stages':>8}" + "".join(f"{p.value:>18}" for p in Part)
    for name, families, stages, year in told.alone:
        parts = "".join(f"{year.of(part):>18,.0f}" for part in Part)
        yield f"{name:<14}{families:>13,.0f}{stages:>8,}{parts}"


def at_rest(told: Told) -> str:
    """What one stage costs in a month when nobody comes, by service."""
    (line,) = [each for each in told.year.lines if each.operation.name == REST]
    months = 12 * line.operation.times
    by_service: dict[str, float] = {}
    for unit, usd in line.usd.items():
        service = bills.SERVICES[unit]
        by_service[service] = by_service.get(service, 0) + usd / months
    dearest = sorted(by_service.items(), key=lambda each: -each[1])
    parts = ", ".join(f"{name} {usd:.2f}" for name, usd in dearest if usd >= LEAST_TOLD)
    return f"{line.total / months:.2f} ({parts})"


def _targets(told: Told) -> Iterator[str]:
    held = told.inputs.targets
    for name, now, most in (
        ("use, a million families", told.per_million, held["usd_per_million_families"]),
        ("a thousand registrations", told.thousand.total, held["usd_per_thousand_registrations"]),
    ):
        said = "held" if now <= most else f"MISSED by {now / most - 1:.0%} (docs/cost.md says why)"
        yield f"  target: {name:<26}at most {most:<6g} now {now:<8.4g} {said}"
