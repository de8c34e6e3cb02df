from __future__ import annotations

from fractions import Fraction
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain import lottery, pmt, ranking

KEY = lottery.key(bytes(32), "cd" * 32)

few_scores = st.lists(st.integers(-3, 3), min_size=1, max_size=60)  # many ties
any_scores = st.lists(st.integers(-(2**60), 2**60), min_size=1, max_size=60)
populations = few_scores | any_scores


def names(count: int) -> list[str]:
    return [f"F{number:04}" for number in range(count)]


def in_order(ids: list[str], scores: list[int], key: bytes = KEY) -> list[str]:
    return [ids[row] for row in ranking.order(ids, scores, key)]


@given(populations)
def test_the_order_is_by_score_and_then_by_draw(scores: list[int]) -> None:
    ids = names(len(scores))
    points = [(scores[row], lottery.draw(KEY, ids[row])) for row in ranking.order(ids, scores, KEY)]
    assert points == sorted(points)
    assert len(set(points)) == len(scores)


@given(populations, st.randoms(use_true_random=False))
def test_the_order_does_not_depend_on_the_sequence_of_rows(
    scores: list[int], shuffle: Random
) -> None:
    ids = names(len(scores))
    expected = in_order(ids, scores)
    rows = list(range(len(scores)))
    shuffle.shuffle(rows)
    assert in_order([ids[r] for r in rows], [scores[r] for r in rows]) == expected


@given(few_scores, st.binary(min_size=32, max_size=32))
def test_another_seed_parts_only_equal_scores_anew(scores: list[int], seed: bytes) -> None:
    ids = names(len(scores))
    other = lottery.key(seed, "cd" * 32)
    score_of = dict(zip(ids, scores, strict=True))
    ours, theirs = in_order(ids, scores), in_order(ids, scores, other)
    assert [score_of[each] for each in ours] == [score_of[each] for each in theirs]


def test_a_family_in_a_tie_is_first_with_some_seeds_and_last_with_others() -> None:
    ids = ["2222AAAAAA", "ZZZZZZZZZZ"]
    firsts = {in_order(ids, [5, 5], lottery.key(bytes([n]) * 32, "cd" * 32))[0] for n in range(20)}
    assert firsts == set(ids)


@given(populations, st.integers(2, 12), st.data())
def test_each_family_is_in_the_part_of_its_first_person(
    scores: list[int], parts: int, data: st.DataObject
) -> None:
    size = len(scores)
    weights = data.draw(
        st.none() | st.lists(st.integers(1, 40), min_size=size, max_size=size), label="weights"
    )
    ids = names(size)
    ranked = ranking.order(ids, scores, KEY)
    cuts = ranking.cutoffs(ranked, ids, scores, KEY, weights=weights, parts=parts)
    assert len(cuts) == parts - 1
    divided = ranking.divide(ranked, weights=weights, parts=parts)
    total = sum(weights) if weights else size
    before = 0
    for row in ranked:
        point = (scores[row], lottery.draw(KEY, ids[row]))
        part = 1 + sum(cut < point for cut in cuts)
        assert part == divided[row] == Fraction(before * parts, total) // 1 + 1
        before += weights[row] if weights else 1


@given(populations)
def test_nine_cutoffs_serve_the_engine_and_deciles_of_families_are_equal(scores: list[int]) -> None:
    ids = names(len(scores))
    ranked = ranking.order(ids, scores, KEY)
    cuts = ranking.cutoffs(ranked, ids, scores, KEY)
    sizes = [0] * 11
    for row in ranked:
        sizes[pmt.decile(scores[row], lottery.draw(KEY, ids[row]), cuts)] += 1
    assert sum(sizes) == len(scores)
    assert max(sizes[1:]) - min(sizes[1:]) <= 1


def test_persons_and_families_part_the_same_order_elsewhere() -> None:
    ids, scores = names(10), list(range(10))
    ranked = ranking.order(ids, scores, KEY)
    half = ranking.cutoffs(ranked, ids, scores, KEY, parts=2)
    large_poor = [9, *[1] * 9]
    by_persons = ranking.cutoffs(ranked, ids, scores, KEY, weights=large_poor, parts=2)
    assert [half[0][0], by_persons[0][0]] == [4, 0]


@pytest.mark.parametrize(
    ("ids", "scores", "told"),
    [(["b", "a", "a"], [1, 2, 3], "id a stands twice"), (["a"], [1, 2], "1 ids and 2 scores")],
)
def test_what_cannot_be_ranked_is_told(ids: list[str], scores: list[int], told: str) -> None:
    with pytest.raises(ranking.RankingError, match=told):
        ranking.order(ids, scores, KEY)


def test_nobody_and_no_weight_give_no_cutoffs() -> None:
    with pytest.raises(ranking.RankingError, match="no family"):
        ranking.cutoffs([], [], [], KEY)
    with pytest.raises(ranking.RankingError, match="1 or more"):
        ranking.cutoffs([0, 1], ["a", "b"], [1, 2], KEY, weights=[1, 0])


class TestShares:
    sizes = st.dictionaries(
        st.sampled_from([f"{n:04}" for n in range(3501, 3530)]), st.integers(0, 10**6), min_size=1
    ).filter(lambda sizes: sum(sizes.values()) > 0)

    @given(st.integers(0, 10**7), sizes)
    def test_places_are_given_out_to_the_last_and_near_the_exact_share(
        self, places: int, sizes: dict[str, int]
    ) -> None:
        given_out = ranking.apportion(places, sizes)
        assert sum(given_out.values()) == places
        total = sum(sizes.values())
        for region, share in given_out.items():
            assert abs(share - Fraction(places * sizes[region], total)) < 1

    @given(st.integers(0, 10**7), sizes)
    def test_the_largest_remainders_get_the_rest(self, places: int, sizes: dict[str, int]) -> None:
        given_out = ranking.apportion(places, sizes)
        total = sum(sizes.values())
        rest = {region: places * size % total for region, size in sizes.items()}
        more = [rest[r] for r in sizes if given_out[r] > places * sizes[r] // total]
        fewer = [rest[r] for r in sizes if given_out[r] == places * sizes[r] // total]
        assert not more or not fewer or min(more) >= max(fewer)

    @given(st.integers(0, 1000), sizes)
    def test_shares_do_not_depend_on_the_sequence_of_regions(
        self, places: int, sizes: dict[str, int]
    ) -> None:
        backwards = dict(reversed(sizes.items()))
        assert ranking.apportion(places, backwards) == ranking.apportion(places, sizes)

    @given(sizes, st.data())
    def test_no_region_has_more_places_than_families(
        self, sizes: dict[str, int], data: st.DataObject
    ) -> None:
        places = data.draw(st.integers(0, sum(sizes.values())))
        assert all(sizes[r] >= share for r, share in ranking.apportion(places, sizes).items())

    def test_an_example_by_hand(self) -> None:
        """Shares 5.4, 2.3, 1.3 of 9 places: 5, 2, 1, and the ninth to the remainder of 0.4."""
        assert ranking.apportion(9, {"A": 54, "B": 23, "C": 13}) == {"A": 6, "B": 2, "C": 1}

    def test_equal_remainders_go_to_the_larger_region_and_then_to_the_lower_code(self) -> None:
        assert ranking.apportion(2, {"A": 1, "B": 3}) == {"A": 0, "B": 2}
        assert ranking.apportion(1, {"B": 5, "A": 5}) == {"A": 1, "B": 0}

    def test_one_family_in_all_has_a_share(self) -> None:
        assert ranking.apportion(3, {"A": 1, "B": 0}) == {"A": 3, "B": 0}

    @pytest.mark.parametrize(
        "case", [(-1, {"A": 1}), (1, {}), (1, {"A": 0}), (1, {"A": 2, "B": -1})]
    )
    def test_what_cannot_be_shared_is_told(self, case: tuple[int, dict[str, int]]) -> None:
        with pytest.raises(ranking.RankingError):
            ranking.apportion(*case)
