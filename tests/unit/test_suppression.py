from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.suppression import hide

counts_of = st.dictionaries(st.sampled_from("abcdefgh"), st.integers(0, 40), min_size=1)


def test_nothing_small_nothing_hidden() -> None:
    found = hide({"a": 10, "b": 500, "c": 0}, 10)
    assert found.parts == frozenset()
    assert not found.total


def test_one_small_part_takes_the_next_smallest_with_it() -> None:
    found = hide({"a": 3, "b": 500, "c": 12, "d": 40}, 10)
    assert found.parts == {"a", "c"}
    assert not found.total


def test_small_parts_that_stay_small_together_take_one_more() -> None:
    assert hide({"a": 3, "b": 4, "c": 12, "d": 40}, 10).parts == {"a", "b", "c"}
    assert hide({"a": 8, "b": 9, "c": 12}, 10).parts == {"a", "b"}


def test_a_part_of_just_the_least_number_may_be_told_and_covers() -> None:
    assert hide({"a": 10, "b": 10}, 10).parts == frozenset()
    assert hide({"a": 1, "b": 10, "c": 30}, 10).parts == {"a", "b"}
    assert hide({"a": 3, "b": 7, "c": 30}, 10).parts == {"a", "b"}
    assert hide({"a": 5, "b": 4, "c": 10, "d": 30}, 10).parts == {"a", "b", "c"}
    assert hide({"a": 2, "b": 2, "c": 2, "d": 10, "e": 30}, 10).parts == {"a", "b", "c", "d"}


def test_one_part_alone_gives_itself_away_though_the_total_is_large() -> None:
    only = hide({"a": 3, "b": 0}, 3)
    assert (only.parts, only.total) == (frozenset(), False)
    two = hide({"a": 6, "b": 7}, 8)
    assert (two.parts, two.total) == ({"a", "b"}, False)
    both = hide({"a": 3, "b": 4}, 8)
    assert (both.parts, both.total) == ({"a", "b"}, True)


def test_where_no_part_can_cover_the_total_goes_too() -> None:
    assert hide({"a": 3}, 10).total
    assert hide({"a": 3, "b": 4}, 10).total
    assert not hide({"a": 3, "b": 12}, 10).total


@given(counts_of, st.integers(1, 15))
def test_what_is_told_never_gives_a_small_number_away(counts: dict[str, int], least: int) -> None:
    found = hide(counts, least)
    told = {name: n for name, n in counts.items() if name not in found.parts}
    assert all(n == 0 or n >= least for n in told.values())
    if not found.total:
        total = sum(counts.values())
        assert total == 0 or total >= least
        left = total - sum(told.values())
        assert left == 0 or (left >= least and len(found.parts) >= 2)


@given(counts_of, st.integers(1, 15))
def test_no_more_is_hidden_than_must_be(counts: dict[str, int], least: int) -> None:
    found = hide(counts, least)
    small = {name for name, n in counts.items() if 0 < n < least}
    assert small <= found.parts
    if not small:
        assert not found.parts
    extra = sorted(counts[name] for name in found.parts - small)
    if extra:  # without the largest of those taken along, the rest would be given away
        kept = found.parts - {max(found.parts - small, key=lambda name: (counts[name], name))}
        assert len(kept) < 2 or sum(counts[name] for name in kept) < least


def test_a_total_is_told_where_those_hidden_reach_the_least_number_and_nobody_is_told_of() -> None:
    just = hide({"a": 4, "b": 6, "c": 0}, 10)
    assert (just.parts, just.total) == ({"a", "b"}, False)
    under = hide({"a": 4, "b": 5, "c": 0}, 10)
    assert (under.parts, under.total) == ({"a", "b"}, True)
    one = hide({"a": 1, "b": 0}, 10)
    assert (one.parts, one.total) == ({"a"}, True)
    for nobody in ({"a": 0, "b": 0}, {}):
        found = hide(nobody, 10)
        assert (found.parts, found.total) == (frozenset(), False)
