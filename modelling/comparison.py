"""Who would enter and who would leave under another model or quota, before anybody adopts it.

A population is frozen: the same families, the same answers. Under each of two choices the poorest
share of every region is chosen, and families are told apart by region and by group. Only counts
and shares come out, never a family; small counts are held back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from modelling.evaluation import places, tenths
from modelling.policy_errors import poorest

Numbers = NDArray[np.float64]
Marks = NDArray[np.bool_]

LEAST = 10  # families behind a figure; fewer are not told


@dataclass(frozen=True, slots=True)
class Choice:
    """A way to choose: scores (lower is poorer) and the share of each region's families."""

    name: str
    score: Numbers
    quota: float


@dataclass(frozen=True, slots=True)
class Moves:
    """Families of one region or group, by weight.

    Attributes:
        families: all; before, after: chosen under the first and the second choice.
        entering: chosen only under the second; leaving: only under the first. None when fewer than
            ten families stand behind the figure.
    """

    name: str
    families: float
    before: float | None
    after: float | None
    entering: float | None
    leaving: float | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """What changing from the first choice to the second would do.

    Attributes:
        flow: tenth before x tenth after, families by weight; None where too few.
    """

    whole: Moves
    by_region: Sequence[Moves]
    by_group: Sequence[Moves]
    flow: Sequence[Sequence[float | None]]


def compare(
    before: Choice,
    after: Choice,
    *,
    weight: Numbers,
    region: Sequence[str],
    groups: Mapping[str, Marks],
) -> Comparison:
    """Compare two choices on one population.

    Args:
        before, after: the two.
        weight: families that each row stands for.
        region: names, one a row.
        groups: name -> who is in it.
    """
    names = sorted(set(region))
    where = places(region)
    was = poorest(before.score, weight, where, before.quota)
    will = poorest(after.score, weight, where, after.quota)

    def moves(name: str, marks: Marks) -> Moves:
        def told(part: Marks) -> float | None:
            here = part & marks
            return None if 0 < here.sum() < LEAST else float(weight[here].sum())

        return Moves(
            name,
            float(weight[marks].sum()),
            told(was),
            told(will),
            told(will & ~was),
            told(was & ~will),
        )

    parted = [tenths(choice.score, weight) for choice in (before, after)]
    flow = []
    for row in range(10):
        cells = []
        for column in range(10):
            here = (parted[0] == row) & (parted[1] == column)
            cells.append(None if 0 < here.sum() < LEAST else float(weight[here].sum()))
        flow.append(cells)
    return Comparison(
        moves("all", np.ones(len(weight), dtype=bool)),
        [moves(name, where == place) for place, name in enumerate(names)],
        [moves(name, marks) for name, marks in groups.items()],
        flow,
    )
