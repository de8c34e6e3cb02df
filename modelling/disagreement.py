"""Families whom two models put on different sides of the quota, those furthest apart first."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from modelling.evaluation import places
from modelling.policy_errors import poorest

if TYPE_CHECKING:
    from modelling.survey_table import Numbers

QUOTA = 0.4
HEADER = ("hh_id", "region", "score", "challenger", "reason")


@dataclass(frozen=True, slots=True)
class Flagged:
    """Rows of the families, those furthest apart first, and the side that the model puts each on.

    Attributes:
        rows: places among the families.
        listed: whether the model puts the family under the quota, one a row.
    """

    rows: Sequence[int]
    listed: Sequence[bool]


def flagged(score: Numbers, rival: Numbers, region: Sequence[str], weight: Numbers) -> Flagged:
    """Families whom one puts among the poorest 40 % of their region and the other does not.

    Args:
        score, rival: by the model and by the challenger; NaN for who has no score.
        region, weight: one a family.
    """
    known = ~np.isnan(score)
    place = places(region)
    ours, theirs = (
        poorest(np.where(known, side, 0.0), weight, place, QUOTA, known) for side in (score, rival)
    )
    apart = np.flatnonzero(known & (ours != theirs))
    order = apart[np.argsort(-np.abs(score - rival)[apart], kind="stable")]
    return Flagged(order.tolist(), ours[order].tolist())


def as_csv(
    found: Flagged, ids: Sequence[str], region: Sequence[str], score: Numbers, rival: Numbers
) -> str:
    """The flagged families with both scores and the reason in words."""
    text = io.StringIO()
    out = csv.writer(text, lineterminator="\n")
    out.writerow(HEADER)
    for row, listed in zip(found.rows, found.listed, strict=True):
        gap = rival[row] - score[row]
        side = "under the quota for the model only" if listed else "for the challenger only"
        reason = f"{side}; the challenger sees {abs(gap):.2f} {'more' if gap > 0 else 'less'}"
        ends = (f"{score[row]:.6f}", f"{rival[row]:.6f}")
        out.writerow([ids[row], region[row], *ends, reason])
    return text.getvalue()
