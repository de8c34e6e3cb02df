"""Who would enter, leave and stay under a proposed model or rule set: counted, never listed.

Each village of the frozen population becomes one part, made once whatever is delivered again.
All parts together are ranked (`closing`), and are counted by programme, and by district, size of
the family and kind of village within it. Small numbers are hidden.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from chalicelib.domain import pmt, programme
from chalicelib.domain.adoption import LEAST
from chalicelib.domain.pmt import CannotScore
from chalicelib.domain.programme import Code, RulesError
from chalicelib.domain.registration import State
from chalicelib.domain.rule_set import DECILES
from chalicelib.domain.suppression import hide

if TYPE_CHECKING:
    from chalicelib.domain.closing import Closed, Gathered, Kind
    from chalicelib.domain.household import Household
    from chalicelib.domain.pmt import Artefact
    from chalicelib.domain.programme import RuleSet
    from chalicelib.domain.registration import Registration

MOVES: Final = ("enter", "leave", "stay", "out")
GROUPINGS: Final = ("district", "size", "kind")
_DISTRICT, _KIND = 6, 6  # of a village's code: its district, and where the digit of its kind is
_URBAN: Final = "1"  # kelurahan; a desa has 2 (Kemendagri's codes)
_SMALL, _MIDDLE = 2, 4  # members
_HEX: Final = "0123456789a"


@dataclass(frozen=True, slots=True)
class Part:
    """A village of the frozen population, in columns: a run, poorest first, equals by their ids.

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
    rows: list[_Row] = []
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
        limits = _limits(proposed.rules, case.household)
        size = len(case.household.members)
        rows.append((outcome.score, case.ref.locator, size, *_columns(given, limits, codes)))
    return _part(village, rows, unscored, gone)


class Standing(NamedTuple):
    """A family of the frozen population and what it was decided on, as far as a ranking needs it.

    Attributes:
        score: under that model; None when the family was erased since.
        size: members.
        decisions: as they are stored (`programme.to_compact`), one after another.
        model, rules: content hashes of what it was decided under; empty when it is not decided any
            more, so that the decision says nothing of what it has told since.
    """

    locator: str
    score: int | None
    size: int
    decisions: str
    model: bytes
    rules: bytes


def part_of_standing(village: str, families: Iterable[Standing], proposed: Proposed) -> Part | None:
    """The part of a village whose families were decided under what is proposed: no new scores.

    Returns:
        What `part_of` makes of the same families; None when one was decided under something else.
    """
    codes, rows, gone = proposed.codes, list[_Row](), 0
    under = bytes.fromhex(proposed.artefact.sha256), bytes.fromhex(proposed.rules.sha256)
    for locator, score, size, decisions, model, rules in families:
        if score is None:
            gone += 1
        elif model != under[0] or rules != under[1]:
            return None
        else:
            held, limits = _read(decisions, codes)
            rows.append((score, locator, size, held, limits))
    return _part(village, rows, 0, gone)


@lru_cache(maxsize=20_000)
def _read(decisions: str, codes: Sequence[str]) -> tuple[int, str]:
    """Programmes in hand and highest deciles, from decisions; few are unlike in a region."""
    given, limits = set[str](), dict[str, int]()
    for each in map(programme.from_compact, decisions.split()):
        (first, *more) = each.reasons
        if each.eligible:
            given.add(each.programme)
        if each.eligible or (first.code is Code.DECILE_ABOVE and not more):
            limits[each.programme] = first.params[1]
    return _columns(given, limits, codes)


_Row = tuple[int, str, int, int, str]
"""Score, locator, members, programmes in hand, highest deciles."""


def _columns(
    given: Collection[str], limits: Mapping[str, int], codes: Sequence[str]
) -> tuple[int, str]:
    held = sum(1 << place for place, code in enumerate(codes) if code in given)
    return held, "".join(_HEX[limits.get(code, 0)] for code in codes)


def _part(village: str, rows: list[_Row], unscored: int, gone: int) -> Part:
    rows.sort()
    scores, ids, sizes, held, limits = zip(*rows, strict=True) if rows else ((),) * 5
    return Part(village, ids, scores, sizes, held, limits, unscored, gone)


def _limits(rules: RuleSet, household: Household) -> Mapping[str, int]:
    """For each programme that the rules would give in some decile, the highest one."""
    try:
        would = programme.decide(rules, household, 1, False, household.as_of)
    except RulesError:
        return {}
    return {each.programme: each.reasons[0].params[1] for each in would if each.eligible}


def told(gathered: Gathered, closed: Closed, codes: Sequence[str]) -> dict[str, object]:
    """What may be told of a comparison: whole numbers, None where one is hidden.

    Args:
        codes: of the programmes, as the parts have them.
    """
    counts = _count(gathered.table, closed.alike, codes)
    return {
        "families": len(gathered.scores),
        "unscored": _alone(gathered.unscored),
        "gone": _alone(gathered.gone),
        "programmes": {code: _programme(code, counts) for code in codes},
    }


_Counts = Counter[tuple[str, str, str, str]]
"""(programme, move, grouping, group) -> families; all of a programme under "" and ""."""


def _count(table: Sequence[Kind], alike: Sequence[Counter[int]], codes: Sequence[str]) -> _Counts:
    """Count each family once; alike ones have been put together."""
    counts: _Counts = Counter()
    for decile, kinds in enumerate(alike, 1):
        for number, families in kinds.items():
            place, size, held, limits = table[number]
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
