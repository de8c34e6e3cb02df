"""Deciles within regions of arrays in memory: one sort, and the lottery only where it decides."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from chalicelib.domain.lottery import draw
from chalicelib.domain.ranking import DECILES, RankingError

if TYPE_CHECKING:
    from numpy.typing import NDArray

_BITS = 62
_SIDES: tuple[Literal["left"], Literal["right"]] = ("left", "right")


def deciles(
    regions: NDArray[np.integer], scores: NDArray[np.int64], ids: NDArray[np.bytes_], key: bytes
) -> NDArray[np.int8]:
    """The decile of each family within its region, by families, as `ranking.divide` gives it.

    Args:
        regions: of each family, as small whole numbers from 0.
        scores: points.
        ids: ASCII, all different.
        key: of the lottery.

    Raises:
        RankingError: regions and scores are too far apart for 64 bits together.
    """
    if not len(scores):
        return np.zeros(0, dtype=np.int8)
    low = int(scores.min())
    span = int(scores.max()) - low + 1
    families = np.bincount(regions)
    if (len(families) * span).bit_length() > _BITS:
        raise RankingError("regions and scores are too far apart for 64 bits")
    points = regions.astype(np.int64) * span + (scores - low)
    order = np.argsort(points)
    shares = np.arange(DECILES + 1)
    counts = -(-families[:, np.newaxis] * shares // DECILES)  # of each region, up to each cut-off
    in_order = np.repeat(
        np.tile(shares[1:].astype(np.int8), len(families)), np.diff(counts).ravel()
    )
    begins = np.cumsum(families) - families
    cuts = (begins[:, np.newaxis] + counts[:, 1:DECILES]).ravel()
    cuts = cuts[(cuts > 0) & (cuts < len(points))]
    behind = points[order[cuts]]
    torn = np.unique(behind[behind == points[order[cuts - 1]]])
    if len(torn):
        ordered = points[order]
        runs = zip(*(np.searchsorted(ordered, torn, side=side) for side in _SIDES), strict=True)
        for first, end in runs:
            rows = order[first:end]
            drawn = [draw(key, name.decode()) for name in ids[rows].tolist()]
            order[first:end] = rows[np.argsort(np.array(drawn))]
    found = np.empty(len(points), dtype=np.int8)
    found[order] = in_order
    return found
