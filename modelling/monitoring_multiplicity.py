"""Many questions asked of the same data: keep the false alarms in hand."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def benjamini_hochberg(p: Sequence[float]) -> NDArray[np.float64]:
    """Adjusted p: alarming below x keeps false alarms at most a share x of the alarms.

    Source: Benjamini and Hochberg, Journal of the Royal Statistical Society B 57(1), 1995.
    """
    values = np.asarray(p, dtype=float)
    number = len(values)
    order = np.argsort(-values, kind="stable")
    ranked = values[order] * number / np.arange(number, 0, -1)
    adjusted = np.empty(number)
    adjusted[order] = np.minimum.accumulate(np.minimum(ranked, 1.0))
    return adjusted


def holm(p: Sequence[float]) -> NDArray[np.float64]:
    """Adjusted p: alarming below x makes any false alarm at all at most x likely.

    Source: Holm, Scandinavian Journal of Statistics 6(2), 1979.
    """
    values = np.asarray(p, dtype=float)
    number = len(values)
    order = np.argsort(values, kind="stable")
    ranked = values[order] * np.arange(number, 0, -1)
    adjusted = np.empty(number)
    adjusted[order] = np.maximum.accumulate(np.minimum(ranked, 1.0))
    return adjusted
