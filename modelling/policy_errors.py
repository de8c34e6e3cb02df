"""Who is chosen, and how wrong that is: exclusion and inclusion error.

Quota: within each region the poorest share is chosen, so that errors measure the order alone.
Fixed line: whoever is predicted below one line is chosen, in all regions; predictions vary less
than the truth, so exclusion comes out high and inclusion low. The two are never compared.
(Definitions: docs/policy.md; Brown, Ravallion and van de Walle, NBER w22919, for the line.)
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from modelling.policy_study import Marks, Numbers, Places

_SLACK = 1e-9


@dataclass(frozen=True, slots=True)
class Errors:
    """Exclusion: share of the eligible not chosen. Inclusion: share of the chosen not eligible.

    A share of nothing is 0: who is chosen when nobody is, is not wrong.
    """

    exclusion: float
    inclusion: float


def poorest(
    values: Numbers, mass: Numbers, region: Places, quota: float, listed: Marks | None = None
) -> Marks:
    """The poorest families of each region, in order of value, until the quota is filled.

    A family is in when the mass before it is below the quota; ties fall by place.

    Args:
        values: lower is poorer, one a family.
        mass: what the quota counts; places: region of each family.
        quota: share of the region's whole mass, listed or not.
        listed: who can be chosen; None for everyone. Places stay empty when the list is short.
    """
    able = np.ones(len(values), dtype=bool) if listed is None else listed
    order = np.argsort(values, kind="stable")
    key = (2 * region + ~able).astype(np.min_scalar_type(2 * int(region.max()) + 1))
    order = order[np.argsort(key[order], kind="stable")]  # by region, who can be chosen first
    sizes = np.bincount(region, weights=mass)
    starts = np.concatenate([[0.0], np.cumsum(sizes)[:-1]])
    running = np.cumsum(mass[order]) - mass[order] - starts[region[order]]
    total = sizes.sum()
    chosen = np.zeros(len(values), dtype=bool)
    chosen[order] = running < quota * sizes[region[order]] - _SLACK * total
    chosen &= able
    return chosen


def errors(eligible: Marks, chosen: Marks, mass: Numbers) -> Errors:
    """Exclusion and inclusion error over all regions together."""
    right = mass[eligible & chosen].sum()
    return Errors(
        exclusion=_missing(right, mass[eligible].sum()),
        inclusion=_missing(right, mass[chosen].sum()),
    )


def true_line(welfare: Numbers, mass: Numbers, quota: float) -> float:
    """The fixed line: the welfare of the best-off of the truly poorest share of the whole land."""
    nation = np.zeros(len(welfare), dtype=np.int64)
    return float(welfare[poorest(welfare, mass, nation, quota)].max())


def _missing(right: float, whole: float) -> float:
    return float(1 - right / whole) if whole > 0 else 0.0
