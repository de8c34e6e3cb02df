"""How far the truth may lie from a score: the widest interval of the groups a family is in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalicelib.domain.pmt_score import holds

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chalicelib.domain.pmt_artefact import Artefact
    from chalicelib.domain.pmt_reads import Value


def interval(artefact: Artefact, values: Mapping[str, Value]) -> tuple[int, int] | None:
    """What to add to the score for the ends of its 90 % interval.

    Args:
        artefact: the model.
        values: the inputs by name of the read, as for the score.

    Returns:
        Points for the lower end (0 or below) and the upper end (0 or above); None when the model
        states no interval for such a family.
    """
    ends = [
        (stated.low, stated.high)
        for stated in artefact.intervals
        if all(holds(condition, values.get(condition.read)) for condition in stated.when)
    ]
    if not ends:
        return None
    return min(low for low, _ in ends), max(high for _, high in ends)
