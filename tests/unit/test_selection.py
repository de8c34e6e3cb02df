from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.ranking import RankingError
from chalicelib.domain.selection import Family, MoveKind, Selection, depart, select


@st.composite
def cycles(draw: st.DrawFn, largest: int = 1) -> tuple[list[Family], int, frozenset[str], int]:
    """Families with ties, a quota that may be too small or too large, who receives, a band."""
    scores = draw(st.lists(st.integers(0, 30), max_size=40))
    sizes = draw(st.lists(st.integers(1, largest), min_size=len(scores), max_size=len(scores)))
    draws = draw(st.permutations(range(len(scores))))
    families = [
        Family(f"F{number:02}", (score, f"{drawn:02}"), size)
        for number, (score, drawn, size) in enumerate(zip(scores, draws, sizes, strict=True))
    ]
    receiving = draw(st.frozensets(st.sampled_from([f.id for f in families]))) if families else ()
    quota = draw(st.integers(0, sum(sizes) + 2))
    return families, quota, frozenset(receiving), draw(st.integers(0, 12))


def by_id(families: list[Family]) -> dict[str, Family]:
    return {family.id: family for family in families}


def used(chosen: Selection, families: list[Family]) -> int:
    return sum(by_id(families)[each].size for each in chosen.places.selected)


@given(cycles())
def test_every_place_is_given_and_none_too_many(
    cycle: tuple[list[Family], int, frozenset[str], int],
) -> None:
    families, quota, receiving, band = cycle
    chosen = select(families, quota, receiving, band)
    assert len(chosen.places.selected) == min(quota, len(families))
    assert {*chosen.places.selected, *chosen.places.waiting} == by_id(families).keys()
    assert chosen.places.free == quota - len(chosen.places.selected)


@given(cycles(largest=6))
def test_a_quota_of_persons_is_never_exceeded_and_nobody_is_overtaken(
    cycle: tuple[list[Family], int, frozenset[str], int],
) -> None:
    families, quota, _, _ = cycle
    chosen = select(families, quota)
    assert (chosen.places.quota, chosen.lines.band) == (quota, 0)
    assert used(chosen, families) + chosen.places.free == quota
    assert chosen.places.free >= 0
    order = [family.id for family in sorted(families, key=lambda family: family.point)]
    assert [*chosen.places.selected, *chosen.places.waiting] == order
    if chosen.places.waiting:
        assert by_id(families)[chosen.places.waiting[0]].size > chosen.places.free


@given(cycles(largest=4))
def test_nobody_inside_the_band_leaves(
    cycle: tuple[list[Family], int, frozenset[str], int],
) -> None:
    """Whoever leaves stands above the line of those who enter by at least the band."""
    families, quota, receiving, band = cycle
    chosen = select(families, quota, receiving, band)
    assert used(chosen, families) <= quota
    known = by_id(families)
    entered = [known[each] for each in chosen.places.selected if each not in receiving]
    for leaver in map(known.__getitem__, chosen.leaving):
        for newcomer in entered:
            assert newcomer.point[0] <= leaver.point[0] - band


@given(cycles(largest=4))
def test_no_newcomer_waits_behind_a_newcomer_who_entered(
    cycle: tuple[list[Family], int, frozenset[str], int],
) -> None:
    families, quota, receiving, band = cycle
    chosen = select(families, quota, receiving, band)
    known = by_id(families)
    for group in (receiving, known.keys() - receiving):
        have = [known[each].point for each in chosen.places.selected if each in group]
        wait = [known[each].point for each in chosen.places.waiting if each in group]
        assert not have or not wait or max(have) < min(wait)


@given(cycles())
def test_the_band_costs_as_many_as_it_keeps_and_both_are_told(
    cycle: tuple[list[Family], int, frozenset[str], int],
) -> None:
    families, quota, receiving, band = cycle
    chosen = select(families, quota, receiving, band)
    plain = select(families, quota)
    assert set(chosen.kept) == {*chosen.places.selected} - {*plain.places.selected}
    assert set(chosen.held_back) == {*plain.places.selected} - {*chosen.places.selected}
    assert len(chosen.kept) == len(chosen.held_back)
    assert receiving.issuperset(chosen.kept)
    assert receiving.isdisjoint(chosen.held_back)
    if not band:
        assert not chosen.kept


@given(cycles(largest=4))
def test_the_lines_say_of_each_family_what_the_list_says(
    cycle: tuple[list[Family], int, frozenset[str], int],
) -> None:
    families, quota, receiving, band = cycle
    chosen = select(families, quota, receiving, band)
    for family in families:
        alone = chosen.lines.has_place(family.point, receiving=family.id in receiving)
        assert alone == (family.id in chosen.places.selected)


@given(cycles(largest=4), st.randoms(use_true_random=False))
def test_the_sequence_of_families_is_nothing(
    cycle: tuple[list[Family], int, frozenset[str], int], shuffle: Random
) -> None:
    families, quota, receiving, band = cycle
    chosen = select(families, quota, receiving, band)
    shuffle.shuffle(families)
    assert select(families, quota, receiving, band) == chosen


def test_noise_within_the_band_moves_nobody_and_without_it_does() -> None:
    """Two families swap by 3 points: with a band of 5 the one that receives stays."""
    now = [Family("old", (103, "b")), Family("new", (100, "a"))]
    receiving = frozenset(["old"])
    steady = select(now, 1, receiving, band=5)
    assert (steady.places.selected, steady.kept, steady.held_back) == (("old",), ("old",), ("new",))
    assert steady.leaving == ()
    assert select(now, 1, receiving).leaving == ("old",)
    assert select(now, 1, receiving, band=2).leaving == ("old",)
    nearer = [Family("old", (101, "b")), Family("new", (100, "a"))]
    assert select(nearer, 1, receiving).leaving == ("old",)


def test_a_large_family_that_goes_makes_room_for_several() -> None:
    families = [Family("large", (1, "a"), 4), *(Family(f"s{n}", (2, f"{n}")) for n in range(5))]
    places, moves = depart(select(families, 4).places, ["large"])
    assert places.selected == ("s0", "s1", "s2", "s3")
    assert [(move.kind, move.family, move.freed_by) for move in moves[1:]] == [
        (MoveKind.PROMOTED, f"s{n}", "large") for n in range(4)
    ]


def test_a_smaller_quota_takes_the_place_of_the_least_poor() -> None:
    families = [Family(name, (score, name)) for score, name in enumerate("abcd")]
    chosen = select(families, 2, frozenset("abcd"), band=100)
    assert (chosen.places.selected, chosen.leaving) == (("a", "b"), ("c", "d"))


@given(cycles(largest=4), st.data())
def test_who_moves_up_does_not_depend_on_the_sequence_of_departures(
    cycle: tuple[list[Family], int, frozenset[str], int], data: st.DataObject
) -> None:
    families, quota, receiving, band = cycle
    places = select(families, quota, receiving, band).places
    gone = data.draw(st.lists(st.sampled_from([*by_id(families), "stranger"]), max_size=15))
    one_way, _ = depart(places, gone)
    other_way, _ = depart(places, data.draw(st.permutations(gone)))
    one_by_one = places
    for family in gone:
        one_by_one, _ = depart(one_by_one, [family])
    assert one_way == other_way == one_by_one
    assert depart(one_way, gone) == (one_way, ())


@given(cycles(largest=4), st.data())
def test_every_move_is_told_and_leads_from_the_old_list_to_the_new(
    cycle: tuple[list[Family], int, frozenset[str], int], data: st.DataObject
) -> None:
    families, quota, receiving, band = cycle
    places = select(families, quota, receiving, band).places
    gone = data.draw(st.lists(st.sampled_from([*by_id(families), "stranger"]), max_size=15))
    after, moves = depart(places, gone)
    selected, waiting = list(places.selected), list(places.waiting)
    for move in moves:
        if move.kind is MoveKind.LEFT:
            selected.remove(move.family)
        else:
            waiting.remove(move.family)
        if move.kind is MoveKind.PROMOTED:
            assert move.freed_by in gone
            selected.append(move.family)
    assert (tuple(selected), tuple(waiting)) == (after.selected, after.waiting)
    left = [move.family for move in moves if move.kind in {MoveKind.LEFT, MoveKind.LEFT_QUEUE}]
    assert left == [family for family in dict.fromkeys(gone) if family != "stranger"]
    assert sum(by_id(families)[each].size for each in after.selected) + after.free == quota
    assert after.free >= 0
    assert not {*gone} & {*after.selected, *after.waiting}


@given(cycles(largest=4), st.data())
def test_moving_up_gives_the_list_that_a_new_ranking_would_give(
    cycle: tuple[list[Family], int, frozenset[str], int], data: st.DataObject
) -> None:
    families, quota, _, _ = cycle
    gone = data.draw(st.lists(st.sampled_from([*by_id(families), "stranger"]), max_size=15))
    after, _ = depart(select(families, quota).places, gone)
    fresh = select([family for family in families if family.id not in gone], quota).places
    assert (after.selected, after.waiting) == (fresh.selected, fresh.waiting)


@pytest.mark.parametrize(
    ("families", "quota", "band", "told"),
    [
        ([Family("a", (1, "x")), Family("a", (2, "x"))], 1, 0, "twice"),
        ([Family("a", (1, "x")), Family("b", (1, "x"))], 1, 0, "a and b stand on one point"),
        ([Family("a", (1, "x"), 0)], 1, 0, "1 place or more"),
        ([Family("a", (1, "x"))], -1, 0, "0 or more"),
        ([Family("a", (1, "x"))], 1, -1, "0 or more"),
    ],
)
def test_what_cannot_be_given_out_is_told(
    families: list[Family], quota: int, band: int, told: str
) -> None:
    with pytest.raises(RankingError, match=told):
        select(families, quota, frozenset(), band)
