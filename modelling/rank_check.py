"""Compare, family by family, what the functions' ranking says with what SQL says of it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chalicelib.domain import lottery, pmt
from chalicelib.domain.ranking import order
from modelling import rank_sql
from modelling.rank_record import RecordError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from modelling.closed_region import Region


@dataclass(frozen=True, slots=True)
class Agreed:
    """What was compared, all of it alike.

    Attributes:
        families: rows.
        tied: of them, those that share their score with another.
        held: programme -> families with a place, and places.
    """

    families: int
    tied: int
    held: Mapping[str, tuple[int, int]]


def compare(region: Region, rows: Iterable[Sequence[Any]] | None = None) -> Agreed:
    """Hold each row of the SQL to the order, to the published borders and to the quotas.

    A family's decile and place are found as a function finds them: from its score, its own draw,
    nine borders and the line of a quota; its place in the order from one sort of all.

    Args:
        rows: of the query, for tests; DuckDB is asked without them.

    Raises:
        RecordError: the first row that differs.
    """
    told, found = region.manifest, list(rows or rank_sql.ranked(region))
    cutoffs = tuple((int(score), str(draw)) for score, draw in told["cutoffs"])
    if len(found) != told["families"]:
        raise RecordError(f"SQL ranks {len(found)} families, the manifest {told['families']}")
    ids, scores = [row[0] for row in found], [row[1] for row in found]
    in_order = order(ids, scores, region.key)
    quotas = [
        (told["quotas"].get(code), 5 + place) for place, code in enumerate(told["programmes"])
    ]
    held = dict.fromkeys(told["quotas"], 0)
    for place, row in enumerate(found):
        own = lottery.draw(region.key, row[0])
        decile = pmt.decile(row[1], own, cutoffs)
        if in_order[place] != place or (row[2], row[3], row[4]) != (own, place + 1, decile):
            raise RecordError(f"row {place + 1}: SQL and functions rank {row[0]} otherwise")
        for code, (quota, column) in zip(told["programmes"], quotas, strict=True):
            if quota is None or row[column] is None:
                continue
            by_sql = row[column] <= quota["places"]
            last = quota["last"]
            by_line = (row[1], own) <= tuple(last) if last else quota["places"] > 0
            if by_sql != by_line:
                raise RecordError(f"row {place + 1}: SQL and the line of {code} differ")
            held[code] += by_sql
    return Agreed(
        len(found),
        sum(count for count in Counter(scores).values() if count > 1),
        {code: (count, told["quotas"][code]["places"]) for code, count in held.items()},
    )
