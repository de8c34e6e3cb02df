"""Cut-offs by two passes are those of a full sort, for scores fine and coarse."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.domain import lottery, pmt, ranking
from modelling import two_pass
from modelling.two_pass import Histogram, Part, Parts, Target

KEY = lottery.key(bytes(32), "cd" * 32)
BOTH = [False, True]


def whole(areas: dict[str, Histogram]) -> Histogram:
    nation = Histogram()
    for histogram in areas.values():
        nation.join(histogram)
    return nation


def in_parts(
    scores: list[int], weights: list[int] | None, chunk: int, regions: int = 3
) -> tuple[Parts, list[Part]]:
    """The families dealt out to regions and cut into parts."""
    ids = np.array([f"F{row:07}" for row in range(len(scores))], dtype="S8")
    all_scores = np.array(scores, dtype=np.int64)
    all_weights = None if weights is None else np.array(weights, dtype=np.int64)
    found = []
    for region in range(regions):
        rows = np.arange(region, len(scores), regions)
        for start in range(0, len(rows), chunk):
            own = rows[start : start + chunk]
            found.append(
                Part(
                    f"R{region}",
                    ids[own],
                    all_scores[own],
                    None if all_weights is None else all_weights[own],
                )
            )

    def again() -> Iterable[Part]:
        return iter(found)

    return again, found


def by_full_sort(parts: list[Part], quota: int) -> list[ranking.Point]:
    ids = [each.decode() for part in parts for each in part.ids.tolist()]
    scores = [each for part in parts for each in part.scores.tolist()]
    weights = [w for part in parts if part.weights is not None for w in part.weights.tolist()]
    ranked = ranking.order(ids, scores, KEY)
    cuts = ranking.cutoffs(ranked, ids, scores, KEY, weights=weights or None)
    row = ranked[min(quota, len(ranked)) - 1]
    return [*cuts, (scores[row], lottery.draw(KEY, ids[row]))]


def compare(parts: Parts, dealt: list[Part], quota: int) -> None:
    regions = two_pass.count(parts)
    areas = {**regions, "nation": whole(regions)}
    asked = {
        name: (histogram, [*two_pass.decile_targets(histogram), two_pass.quota_target(quota)])
        for name, histogram in areas.items()
    }
    found = two_pass.find(parts, asked, KEY, lambda area, region: area in {region, "nation"})
    assert found["nation"] == by_full_sort(dealt, quota)
    for region in regions:
        own = [part for part in dealt if part.region == region]
        assert found[region] == by_full_sort(own, quota)
        for part in own:
            cuts = found[region][:9]
            assert two_pass.deciles(part, cuts, KEY).tolist() == [
                pmt.decile(score, lottery.draw(KEY, name.decode()), cuts)
                for score, name in zip(part.scores.tolist(), part.ids.tolist(), strict=True)
            ]


@given(
    st.lists(st.integers(0, 5) | st.integers(-(2**62), 2**62), min_size=1, max_size=80),
    st.booleans(),
    st.integers(1, 30),
    st.integers(1, 90),
    st.data(),
)
def test_two_passes_find_what_a_full_sort_finds(
    scores: list[int], weighted: bool, chunk: int, quota: int, data: st.DataObject
) -> None:
    size = len(scores)
    sizes = st.lists(st.integers(1, 20), min_size=size, max_size=size)
    weights = data.draw(sizes) if weighted else None
    compare(*in_parts(scores, weights, chunk), quota)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32), st.sampled_from([5, 3_000, 400_000, 2**40]), st.sampled_from(BOTH))
def test_two_passes_on_larger_populations(seed: int, spread: int, weighted: bool) -> None:
    rng = np.random.default_rng(seed)
    scores = (8_000_000 + rng.normal(0, spread, 3_000)).astype(np.int64).tolist()
    weights = rng.integers(1, 12, 3_000).tolist() if weighted else None
    compare(*in_parts(scores, weights, 400), 700)


@pytest.mark.prove
@pytest.mark.parametrize("spread", [4, 2_000, 500_000])
@pytest.mark.parametrize("weighted", BOTH)
def test_two_passes_on_three_million_families(spread: int, weighted: bool) -> None:
    """Few scores with many ties, coarse ones, and fine ones."""
    rng = np.random.default_rng(spread)
    scores = (8_000_000 + rng.normal(0, spread, 3_000_000)).astype(np.int64).tolist()
    weights = rng.integers(1, 12, 3_000_000).tolist() if weighted else None
    parts, dealt = in_parts(scores, weights, 100_000)
    regions = two_pass.count(parts)
    nation = whole(regions)
    targets = [*two_pass.decile_targets(nation), two_pass.quota_target(1_234_567)]
    found = two_pass.find(parts, {"all": (nation, targets)}, KEY, lambda _area, _region: True)
    assert found["all"] == by_full_sort(dealt, 1_234_567)


@given(st.lists(st.lists(st.integers(-(2**62), 2**62), max_size=20), max_size=8))
def test_a_histogram_is_the_same_in_one_piece_and_joined(pieces: list[list[int]]) -> None:
    one, joined = Histogram(), Histogram()
    for piece in pieces:
        scores = np.array(piece, dtype=np.int64)
        one.add(scores, None)
        other = Histogram()
        other.add(scores, None)
        joined.join(other)
    assert int(one.families.sum()) == int(joined.families.sum()) == sum(map(len, pieces))
    assert len(one.families) <= two_pass.BINS
    for histogram in (one, joined):
        for score in {score for piece in pieces for score in piece}:
            place = (score >> histogram.shift) - histogram.base
            assert histogram.families[place] >= 1


def changed(scores: list[int]) -> None:
    parts, _ = in_parts([5, 6, 7, 8], None, 10, regions=1)
    areas = two_pass.count(parts)
    later, _ = in_parts(scores, None, 10, regions=1)
    asked = {"R0": (areas["R0"], two_pass.decile_targets(areas["R0"]))}
    two_pass.find(later, asked, KEY)


@pytest.mark.parametrize("scores", [[5, 6, 7], [5, 6, 7, 7], [5, 6, 7, 99]])
def test_families_that_change_between_the_passes_are_noticed(scores: list[int]) -> None:
    with pytest.raises(ranking.RankingError, match="changed"):
        changed(scores)
    changed([8, 7, 6, 5])


def test_a_quota_of_nobody_has_no_last_family() -> None:
    parts, _ = in_parts([5], None, 10, regions=1)
    with pytest.raises(ranking.RankingError, match="no family"):
        two_pass.find(parts, {"R0": (two_pass.count(parts)["R0"], [Target(0, False)])}, KEY)


def test_weights_beyond_what_counts_exactly_are_refused() -> None:
    parts, _ = in_parts([5, 5], [2**52, 2**52], 10, regions=1)
    with pytest.raises(ranking.RankingError, match="2\\*\\*53"):
        two_pass.count(parts)
