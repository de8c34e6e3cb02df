"""Who would enter, leave and stay under a proposed model or rule set: counted, never listed.

Each village of the frozen population becomes one part, made once whatever is delivered again.
All parts together are ranked, give the region's nine cut-offs, and are counted by programme, and
by district, size of the family and kind of village within it. Small numbers are hidden.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from chalicelib.domain import pmt, programme, ranking
from chalicelib.domain.pmt import CannotScore
from chalicelib.domain.programme import RulesError
from chalicelib.domain.registration import State
from chalicelib.domain.rule_set import DECILES
from chalicelib.domain.suppression import hide

if TYPE_CHECKING:
    from chalicelib.domain.household import Household
    from chalicelib.domain.pmt import Artefact
    from chalicelib.domain.programme import RuleSet
    from chalicelib.domain.ranking import Point
    from chalicelib.domain.registration import Registration

LEAST: Final = 10
"""The smallest number of families that is told (security: publish)."""

MOVES: Final = ("enter", "leave", "stay", "out")
GROUPINGS: Final = ("district", "size", "kind")
_DISTRICT, _KIND = 6, 6  # of a village's code: its district, and where the digit of its kind is
_URBAN: Final = "1"  # kelurahan; a desa has 2 (Kemendagri's codes)
_SMALL, _MIDDLE = 2, 4  # members
_HEX: Final = "0123456789a"


@dataclass(frozen=True, slots=True)
class Part:
    """A village of the frozen population, in columns, the families in the order of their ids.

    Attributes:
        ids: locators; `scores` their points under the proposed model.
        sizes: members of each.
        held: for each a bit for each programme that its decision in hand gives it.
        limits: for each a digit (hexadecimal) for each programme: the highest decile in which
            the proposed rules would give it, 0 for none.
        unscored: families that the proposed model cannot score: somebody would have to visit.
        gone: families that were erased since the population was frozen.
    """

    village: str
    ids: tuple[str, ...]
    scores: tuple[int, ...]
    sizes: tuple[int, ...]
    held: tuple[int, ...]
    limits: tuple[str, ...]
    unscored: int = 0
    gone: int = 0


def belongs(case: Registration, frozen_at: int) -> bool:
    """Whether a case was decided when the population was frozen, whatever came after.

    Its timeline tells, so that a village read twice gives the same families. Only one that was
    erased since cannot be counted any more.
    """
    until = [step.state for step in case.steps if step.at <= frozen_at]
    return bool(until) and until[-1] is State.DECIDED


def programmes(*rule_sets: RuleSet) -> tuple[str, ...]:
    """Codes of all programmes of some rule sets, in order."""
    return tuple(sorted({each.code for rules in rule_sets for each in rules.programmes}))


@dataclass(frozen=True, slots=True)
class Proposed:
    """What families are compared under.

    Attributes:
        codes: of the programmes that are counted, as `programmes` gives them.
    """

    artefact: Artefact
    rules: RuleSet
    codes: tuple[str, ...]


def part_of(
    village: str, cases: Iterable[Registration], frozen_at: int, proposed: Proposed
) -> Part:
    """Score the frozen families of a village and note what they hold and what they would."""
    codes = proposed.codes
    rows: list[tuple[str, int, int, int, str]] = []
    unscored = gone = 0
    for case in cases:
        if not belongs(case, frozen_at):
            continue
        if case.household is None:
            gone += 1
            continue
        outcome = pmt.score(proposed.artefact, case.household)
        if isinstance(outcome, CannotScore):
            unscored += 1
            continue
        given = {each.programme for each in case.decisions if each.eligible}
        held = sum(1 << place for place, code in enumerate(codes) if code in given)
        limits = _limits(proposed.rules, case.household)
        digits = "".join(_HEX[limits.get(code, 0)] for code in codes)
        size = len(case.household.members)
        rows.append((case.ref.locator, outcome.score, size, held, digits))
    rows.sort()
    return Part(
        village,
        ids=tuple(row[0] for row in rows),
        scores=tuple(row[1] for row in rows),
        sizes=tuple(row[2] for row in rows),
        held=tuple(row[3] for row in rows),
        limits=tuple(row[4] for row in rows),
        unscored=unscored,
        gone=gone,
    )


def _limits(rules: RuleSet, household: Household) -> Mapping[str, int]:
    """For each programme that the rules would give in some decile, the highest one."""
    try:
        would = programme.decide(rules, household, 1, False, household.as_of)
    except RulesError:
        return {}
    return {each.programme: each.reasons[0].params[1] for each in would if each.eligible}


def population_of(parts: Iterable[Part]) -> str:
    """Name of a frozen population: SHA-256 of its parts, in the order of their villages."""
    digest = hashlib.sha256()
    for part in sorted(parts, key=lambda part: part.village):
        columns = [part.ids, part.scores, part.sizes, part.held, part.limits]
        told = [part.village, *columns, part.unscored, part.gone]
        digest.update(hashlib.sha256(json.dumps(told, separators=(",", ":")).encode()).digest())
    return digest.hexdigest()


def told(
    parts: Sequence[Part], codes: Sequence[str], key: bytes, *, by_persons: bool
) -> tuple[tuple[Point, ...], dict[str, object]]:
    """Rank the population, part it into deciles, and count who enters, leaves and stays.

    Args:
        key: of the lottery for this population (`lottery.key`).
        by_persons: whether deciles hold equally many persons, else families.

    Returns:
        The nine cut-offs, and what may be told: whole numbers, None where one is hidden.

    Raises:
        ranking.RankingError: there is nobody to rank.
    """
    ids = [each for part in parts for each in part.ids]
    scores = [each for part in parts for each in part.scores]
    sizes = [each for part in parts for each in part.sizes]
    weights = sizes if by_persons else None
    ranked = ranking.order(ids, scores, key)
    cuts = ranking.cutoffs(ranked, ids, scores, key, weights=weights)
    deciles = ranking.divide(ranked, weights=weights)
    counts = _count(parts, codes, deciles)
    result: dict[str, object] = {
        "families": len(ids),
        "unscored": _alone(sum(part.unscored for part in parts)),
        "gone": _alone(sum(part.gone for part in parts)),
        "programmes": {code: _programme(code, counts) for code in codes},
    }
    return cuts, result


_Counts = Counter[tuple[str, str, str, str]]
"""(programme, move, grouping, group) -> families; all of a programme under "" and ""."""


def _count(parts: Sequence[Part], codes: Sequence[str], deciles: Sequence[int]) -> _Counts:
    """Count each family once; alike ones are put together first."""
    alike: Counter[tuple[str, int, int, str, int]] = Counter()
    row = 0
    for part in parts:
        end = row + len(part.ids)
        place = part.village[: _KIND + 1]
        columns = (part.sizes, part.held, part.limits, deciles[row:end])
        alike.update((place, *each) for each in zip(*columns, strict=True))
        row = end
    counts: _Counts = Counter()
    for (place, size, held, limits, decile), families in alike.items():
        groups = {
            "": "",
            "district": place[:_DISTRICT],
            "size": "small" if size <= _SMALL else "middle" if size <= _MIDDLE else "large",
            "kind": "urban" if place[_KIND:] == _URBAN else "rural",
        }
        for bit, code in enumerate(codes):
            before, after = held >> bit & 1, decile <= int(limits[bit], DECILES + 1)
            move = MOVES[(2 if before else 0) if after else (1 if before else 3)]
            for grouping, group in groups.items():
                counts[code, move, grouping, group] += families
    return counts


def _programme(code: str, counts: _Counts) -> dict[str, object]:
    """What may be told of one programme: its four moves, and three of them by group."""
    whole = {move: counts[code, move, "", ""] for move in MOVES}
    all_told = _shown(whole)
    by_group: dict[str, object] = {}
    for grouping in GROUPINGS:
        groups = sorted({key[3] for key in counts if key[0] == code and key[2] == grouping})
        columns = {
            move: _shown(
                {group: counts[code, move, grouping, group] for group in groups},
                hidden=all_told[move] is None,
            )
            for move in MOVES[:3]
        }
        by_group[grouping] = {
            group: [columns[move][group] for move in MOVES[:3]] for group in groups
        }
    return {"all": all_told, **by_group}


def _shown(counts: Mapping[str, int], *, hidden: bool = False) -> dict[str, int | None]:
    """The parts of a total that may be told; all hidden where the total is."""
    found = hide(counts, LEAST)
    return {
        name: None if hidden or found.total or name in found.parts else count
        for name, count in counts.items()
    }


def _alone(count: int) -> int | None:
    return count if count == 0 or count >= LEAST else None
