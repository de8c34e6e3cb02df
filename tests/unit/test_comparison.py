"""Counting who would enter, leave and stay, against a count by hand, family by family."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from random import Random
from typing import Any

import pytest

from chalicelib.domain import closing, comparison, lottery, ranking
from chalicelib.domain.comparison import Part
from chalicelib.domain.suppression import hide

KEY = lottery.key(bytes(32), "ab" * 32)
CODES = ("PBI_JK", "PKH")
VILLAGES = {
    "3510152004": ("351015", "rural"),
    "3510151002": ("351015", "urban"),
    "3510012001": ("351001", "rural"),
    "3510021003": ("351002", "urban"),
}


def population(seed: int, families: int) -> list[Part]:
    """Villages of unlike size, families of 1 to 7, with and without each programme."""
    chance = Random(seed)  # noqa: S311 - a seeded population
    villages = chance.choices(list(VILLAGES), weights=[50, 30, 15, 5], k=families)
    parts = []
    for number, village in enumerate(VILLAGES):
        count = villages.count(village)
        parts.append(
            Part(
                village,
                ids=tuple(f"{number}{row:05}" for row in range(count)),
                scores=tuple(sorted(chance.randint(0, 60) for _ in range(count))),
                sizes=tuple(chance.randint(1, 7) for _ in range(count)),
                held=tuple(chance.randint(0, 3) for _ in range(count)),
                limits=tuple(chance.choice("034a") + chance.choice("0455a") for _ in range(count)),
            )
        )
    return parts


def by_hand(parts: list[Part], *, by_persons: bool) -> dict[str, object]:
    """The same as `told`, reckoned family by family."""
    rows = [
        (part.village, *each)
        for part in parts
        for each in zip(part.ids, part.scores, part.sizes, part.held, part.limits, strict=True)
    ]
    rows.sort(key=lambda row: (row[2], lottery.draw(KEY, row[1])))
    total = sum(row[3] for row in rows) if by_persons else len(rows)
    before, found = 0, Counter[tuple[str, ...]]()
    for village, _, _, size, held, limits in rows:
        decile = before * 10 // total + 1
        before += size if by_persons else 1
        district, kind = VILLAGES[village]
        small = "small" if size in {1, 2} else "middle" if size in {3, 4} else "large"
        for place, code in enumerate(CODES):
            has = (held // 2**place) % 2 == 1
            gets = decile <= "0123456789a".index(limits[place])
            move = {(0, 1): "enter", (1, 0): "leave", (1, 1): "stay", (0, 0): "out"}[has, gets]
            found[code, move] += 1
            for group in (("district", district), ("size", small), ("kind", kind)):
                found[code, move, *group] += 1
    programmes = {}
    for code in CODES:
        whole = shown({move: found[code, move] for move in ("enter", "leave", "stay", "out")})
        programmes[code] = {"all": whole}
        for grouping in ("district", "size", "kind"):
            names = sorted({key[3] for key in found if len(key) == 4 and key[2] == grouping})
            columns = {}
            for move in ("enter", "leave", "stay"):
                counts = {name: found[code, move, grouping, name] for name in names}
                hidden = whole[move] is None
                columns[move] = dict.fromkeys(names) if hidden else shown(counts)
            programmes[code][grouping] = {
                name: [columns[move][name] for move in ("enter", "leave", "stay")] for name in names
            }
    return {"families": len(rows), "unscored": 0, "gone": 0, "programmes": programmes}


def told_of(
    parts: list[Part], *, by_persons: bool = False
) -> tuple[tuple[ranking.Point, ...], dict[str, Any]]:
    gathered = closing.gather(parts)
    closed = closing.close(gathered, CODES, KEY, by_persons=by_persons, places={})
    return closed.cutoffs, comparison.told(gathered, closed, CODES)


def shown(counts: dict[str, int]) -> dict[str, int | None]:
    found = hide(counts, 10)
    if found.total:
        return dict.fromkeys(counts)
    return {name: None if name in found.parts else count for name, count in counts.items()}


@pytest.mark.parametrize("by_persons", [False, True])
@pytest.mark.parametrize(
    ("seed", "families"), [(1, 900), (2, 300), (3, 120), (4, 100), (6, 40), (9, 40), (32, 40)]
)
def test_who_enters_leaves_and_stays_is_told_by_group(
    seed: int, families: int, by_persons: bool
) -> None:
    parts = population(seed, families)
    cuts, told = told_of(parts, by_persons=by_persons)
    assert told == by_hand(parts, by_persons=by_persons)
    ids = [each for part in parts for each in part.ids]
    scores = [each for part in parts for each in part.scores]
    sizes = [each for part in parts for each in part.sizes] if by_persons else None
    ranked = ranking.order(ids, scores, KEY)
    assert cuts == ranking.cutoffs(ranked, ids, scores, KEY, weights=sizes)


def test_small_numbers_and_what_would_give_them_away_are_hidden() -> None:
    """The populations above hold what must be hidden, and enough that is told."""
    cells = []
    for seed, families in ((1, 900), (2, 300), (3, 120), (4, 100)):
        _, told = told_of(population(seed, families))
        for counts in told["programmes"].values():
            cells += counts["all"].values()
            for grouping in ("district", "size", "kind"):
                cells += [cell for row in counts[grouping].values() for cell in row]
    assert all(cell is None or cell == 0 or cell >= 10 for cell in cells)
    assert cells.count(None) > 10
    assert len(cells) - cells.count(None) > 100


def test_a_programme_alone_is_told_as_among_others() -> None:
    parts = population(1, 900)
    alone = [
        replace(
            part,
            held=tuple(held & 1 for held in part.held),
            limits=tuple(limits[0] for limits in part.limits),
        )
        for part in parts
    ]
    gathered = closing.gather(alone)
    closed = closing.close(gathered, CODES[:1], KEY, by_persons=False, places={})
    told = comparison.told(gathered, closed, CODES[:1])
    _, among = told_of(parts)
    assert told["programmes"] == {CODES[0]: among["programmes"][CODES[0]]}


@pytest.mark.parametrize(
    ("counts", "told"), [((0, 0), 0), ((3, 6), None), ((4, 6), 10), ((90, 1), 91)]
)
def test_who_cannot_be_scored_and_who_is_gone_are_counted(
    counts: tuple[int, int], told: int | None
) -> None:
    parts = population(5, 100)
    for place, count in enumerate(counts):
        parts[place] = replace(parts[place], unscored=count, gone=count)
    _, result = told_of(parts)
    assert (result["unscored"], result["gone"]) == (told, told)


def test_columns_of_unlike_length_are_no_part() -> None:
    (part, *_) = population(6, 100)
    with pytest.raises(ValueError, match="shorter"):
        told_of([replace(part, held=part.held[1:])])


def test_nobody_is_not_ranked() -> None:
    empty = Part("3510152004", (), (), (), (), (), unscored=12)
    with pytest.raises(ranking.RankingError):
        told_of([empty])


def named(parts: list[Part]) -> str:
    return closing.population_of({part.village: closing.hash_of(part) for part in parts})


def test_a_population_has_a_name_that_stays() -> None:
    """Pinned: whoever keeps the parts must be able to name them alike in ten years."""
    parts = [
        Part("3510152004", ("A", "B"), (5, 7), (2, 4), (0, 3), ("40", "a5"), unscored=1),
        Part("3510151002", ("C",), (6,), (1,), (1,), ("00",), gone=2),
    ]
    assert named(parts) == PINNED
    assert named(parts[::-1]) == PINNED
    first = parts[0]
    for other in (
        replace(first, ids=("A", "X")),
        replace(first, scores=(5, 8)),
        replace(first, sizes=(2, 5)),
        replace(first, held=(1, 3)),
        replace(first, limits=("40", "a4")),
        replace(first, unscored=2),
        replace(first, gone=1),
        replace(first, village="3510152005"),
    ):
        assert named([other, parts[1]]) != PINNED


PINNED = "4096f3c3bca284ccd3b1f6b477b50d11b63cf5f3d19ffe2bf3076a89bd6c86f4"
