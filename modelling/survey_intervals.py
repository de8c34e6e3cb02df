"""90 % intervals from what went wrong on villages not seen, group by group.

One interval for everybody covers small households badly (targeting.md measured .736 of one- and
two-member households). So families stand in bands of household size, and each group that the
survey names may only widen the interval of those in it. The share of tails is then set so that,
over all held-out families, the intervals cover what they promise (conformal prediction by group,
Vovk 2013, calibrated on whole villages).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from modelling.survey_table import group_rows

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from modelling.survey_spec import Spec
    from modelling.survey_table import Numbers, Table

    Marks = NDArray[np.bool_]

COVER = 0.90
BANDS = 5
FEWEST_IN_CELL = 60
_HALVINGS = 40


@dataclass(frozen=True, slots=True)
class Cell:
    """One group's interval.

    Attributes:
        name: for reports.
        size: from and to, household sizes inclusive, for a band; None for a group.
        group: the name of the group; None for a band.
        low, high: what to add to the prediction; low is negative.
    """

    name: str
    size: tuple[float, float] | None
    group: str | None
    low: float
    high: float


def cells(spec: Spec, table: Table, residual: Numbers, weight: Numbers) -> tuple[Cell, ...]:
    """Intervals that cover 90 % of held-out families, each group as well as can be.

    Args:
        spec: its groups.
        table: the survey.
        residual: target less held-out prediction.
        weight: of the families.
    """
    bands = _bands(table.size, weight)
    rows = [(table.size >= low) & (table.size <= high) for low, high in bands]
    named = {name: group_rows(table, rule) for name, rule in spec.groups.items()}
    named = {name: marks for name, marks in named.items() if marks.sum() >= FEWEST_IN_CELL}
    rows += list(named.values())
    least, most = 0.0, 0.5
    for _ in range(_HALVINGS):
        tails = (least + most) / 2
        ends = [_ends(residual[marks], weight[marks], tails) for marks in rows]
        if _covered(residual, weight, rows, ends) >= COVER:
            least = tails
        else:
            most = tails
    ends = [_ends(residual[marks], weight[marks], least) for marks in rows]
    whole = [
        Cell(_band_name(band), band, None, *end) for band, end in zip(bands, ends, strict=False)
    ]
    return (
        *whole,
        *(
            Cell(name, None, name, *end)
            for name, end in zip(named, ends[len(bands) :], strict=True)
        ),
    )


def widest(found: tuple[Cell, ...], spec: Spec, table: Table) -> tuple[Numbers, Numbers]:
    """The ends for every family of a table: the widest of the cells that it is in."""
    low, high = np.zeros(len(table)), np.zeros(len(table))
    for cell in found:
        if cell.size:
            marks = (table.size >= cell.size[0]) & (table.size <= cell.size[1])
        else:
            marks = group_rows(table, spec.groups[cell.group or ""])
        low[marks] = np.minimum(low[marks], cell.low)
        high[marks] = np.maximum(high[marks], cell.high)
    return low, high


def _covered(
    residual: Numbers, weight: Numbers, rows: list[Marks], ends: list[tuple[float, float]]
) -> float:
    low, high = np.zeros(len(residual)), np.zeros(len(residual))
    for marks, (below, above) in zip(rows, ends, strict=True):
        low[marks] = np.minimum(low[marks], below)
        high[marks] = np.maximum(high[marks], above)
    return float(weight[(residual >= low) & (residual <= high)].sum() / weight.sum())


def _ends(residual: Numbers, weight: Numbers, tails: float) -> tuple[float, float]:
    """Weighted quantiles that leave half of `tails` on each side; never on the wrong side of 0."""
    order = np.argsort(residual, kind="stable")
    share = np.cumsum(weight[order]) / weight.sum()
    below = int(np.searchsorted(share, tails / 2))
    above = min(int(np.searchsorted(share, 1 - tails / 2)), len(order) - 1)
    return min(float(residual[order[below]]), 0.0), max(float(residual[order[above]]), 0.0)


def _bands(size: Numbers, weight: Numbers) -> list[tuple[float, float]]:
    """Bands of household size with about equal shares of families, from 0 to beyond any size."""
    order = np.argsort(size, kind="stable")
    share = np.cumsum(weight[order]) / weight.sum()
    tops = []
    for nth in range(1, BANDS):
        top = float(size[order[int(np.searchsorted(share, nth / BANDS))]])
        if top not in tops:
            tops.append(top)
    low, bands = 0.0, list[tuple[float, float]]()
    for top in [*tops, float("inf")]:
        if ((size >= low) & (size <= top)).sum() < FEWEST_IN_CELL and bands:
            bands[-1] = (bands[-1][0], top)
        else:
            bands.append((low, top))
        low = float(np.nextafter(top, np.inf))
    return bands


def _band_name(band: tuple[float, float]) -> str:
    low, high = band
    if high == float("inf"):
        return f"more than {np.floor(low):g} members" if low else "every household"
    return (
        f"up to {high:g} members"
        if low == 0
        else f"up to {high:g} members, more than {np.floor(low):g}"
    )
