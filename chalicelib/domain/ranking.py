"""Rank families: a total order, the cut-offs of deciles and quotas, and quotas shared out.

Order is by score, poorest first; among equal scores by lottery (`lottery.draw`); a family is
therefore one point `(score, draw)` on a line, and a cut-off is the point of the last family before
it. docs/ranking.md has the rules; `selection` gives out the places.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate, pairwise

from chalicelib.domain.lottery import draw

DECILES = 10

Point = tuple[int, str]
"""Score and draw of a family: where it stands in the order."""


class RankingError(ValueError):
    """The families cannot be ranked; the text says why."""


def order(ids: Sequence[str], scores: Sequence[int], key: bytes) -> list[int]:
    """The rows in order, poorest first, equal scores by lottery.

    The same families give the same order in whatever sequence they come: the last resort, two
    equal draws, is the id itself.

    Args:
        ids: one for each family, all different.
        scores: points, one for each family.
        key: of the lottery for this population.

    Returns:
        Row numbers in order.

    Raises:
        RankingError: an id stands twice, or ids and scores differ in number.
    """
    if len(ids) != len(scores):
        raise RankingError(f"{len(ids)} ids and {len(scores)} scores")
    if len(set(ids)) != len(ids):
        raise RankingError(f"the id {_twice(ids)} stands twice")
    rows = sorted(range(len(scores)), key=scores.__getitem__)
    start = 0
    for end in _ends([scores[row] for row in rows]):
        if end - start > 1:
            tied = [(draw(key, ids[row]), ids[row], row) for row in rows[start:end]]
            rows[start:end] = [row for _, _, row in sorted(tied)]
        start = end
    return rows


def cutoffs(
    ranked: Sequence[int],
    ids: Sequence[str],
    scores: Sequence[int],
    key: bytes,
    *,
    weights: Sequence[int] | None = None,
    parts: int = DECILES,
) -> tuple[Point, ...]:
    """The points that part the order into `parts` of equal weight: nine for deciles.

    A family belongs to the part that its first unit of weight falls into, so parts differ from
    equal by less than one family, and each cut-off is the last family of its part.

    Args:
        ranked: row numbers, as `order` gives them.
        ids, scores, key: as for `order`.
        weights: persons of each family, or survey weights in whole units; None counts families.
        parts: how many parts.

    Raises:
        RankingError: nobody to rank, or a weight below 1.
    """
    last = [ranked[count - 1] for count in _counts(ranked, weights, parts)]
    return tuple((scores[row], draw(key, ids[row])) for row in last)


def divide(
    ranked: Sequence[int], *, weights: Sequence[int] | None = None, parts: int = DECILES
) -> list[int]:
    """The part of each row, 1 (poorest) to `parts`: its decile; what `cutoffs` says of all at once.

    Raises:
        RankingError: as `cutoffs`.
    """
    found = [0] * len(ranked)
    start = 0
    for part, end in enumerate([*_counts(ranked, weights, parts), len(ranked)], 1):
        for row in ranked[start:end]:
            found[row] = part
        start = end
    return found


def apportion(places: int, sizes: Mapping[str, int]) -> dict[str, int]:
    """Share places out among regions by their size, whole and exact, by largest remainder.

    Hamilton's method: each region gets the whole part of its share; what is left goes one by one
    to the largest remainders, among equal ones to the larger region, then by the region's code.

    Args:
        places: to be shared, 0 or more.
        sizes: region -> its families, persons or poor, whichever the rule says; 0 or more.

    Returns:
        Region -> places, in the order of the codes; they add up to `places`.

    Raises:
        RankingError: places or a size below 0, or no region with a size.
    """
    total = sum(sizes.values())
    if places < 0 or total <= 0 or min(sizes.values()) < 0:
        raise RankingError("places and sizes must be 0 or more, and one size above 0")
    shares = {region: divmod(places * size, total) for region, size in sorted(sizes.items())}
    given = {region: whole for region, (whole, _) in shares.items()}
    by_remainder = sorted(shares, key=lambda region: (-shares[region][1], -sizes[region], region))
    for region in by_remainder[: places - sum(given.values())]:
        given[region] += 1
    return given


def _counts(ranked: Sequence[int], weights: Sequence[int] | None, parts: int) -> list[int]:
    """How many families there are up to each cut-off, exactly."""
    if not ranked:
        raise RankingError("there is no family to rank")
    shares = range(1, parts)
    if weights is None:
        return [-(-len(ranked) * share // parts) for share in shares]
    if min(weights) < 1:
        raise RankingError("every weight must be 1 or more")
    before = list(accumulate([weights[row] for row in ranked], initial=0))
    total = before.pop()
    return [bisect_left(before, -(-total * share // parts)) for share in shares]


def _ends(rising: Sequence[int]) -> Iterable[int]:
    """Where each run of equal numbers ends."""
    yield from (i for i, (one, next_) in enumerate(pairwise(rising), 1) if one != next_)
    yield len(rising)


def _twice(ids: Sequence[str]) -> str:
    seen = set[str]()
    return next(each for each in ids if each in seen or seen.add(each))  # type: ignore[func-returns-value]
