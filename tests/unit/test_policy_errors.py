from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelling import policy_study
from modelling.policy_errors import errors, poorest, true_line
from tests.policy_studies import columns, invented


def by_hand(
    values: np.ndarray, mass: np.ndarray, region: np.ndarray, quota: float, listed: np.ndarray
) -> np.ndarray:
    """The same, one family after the other."""
    chosen = np.zeros(len(values), dtype=bool)
    for place in set(region):
        rows = [i for i in range(len(values)) if region[i] == place]
        filled, goal = 0.0, quota * sum(mass[i] for i in rows)
        for i in sorted((i for i in rows if listed[i]), key=lambda i: (values[i], i)):
            if filled < goal - 1e-9 * mass.sum():
                chosen[i] = True
            filled += mass[i]
    return chosen


@given(st.integers(0, 10_000), st.integers(1, 40), st.sampled_from([0.1, 0.2, 0.4, 0.75]))
def test_the_quota_is_filled_in_order_as_by_hand(seed: int, families: int, quota: float) -> None:
    rng = np.random.default_rng(seed)
    values = rng.integers(0, 6, families).astype(float)  # with ties
    mass = rng.uniform(0.5, 3, families)
    region = rng.integers(0, 3, families)
    listed = rng.random(families) < 0.7
    chosen = poorest(values, mass, region, quota, listed)
    assert (chosen == by_hand(values, mass, region, quota, listed)).all()
    for place in range(3):
        here = region == place
        one_more = mass[here].max(initial=0.0)
        assert mass[here & chosen].sum() <= quota * mass[here].sum() + one_more


@given(st.integers(2, 400), st.sampled_from([0.1, 0.2, 0.3, 0.4]), st.floats(0.1, 7))
def test_a_whole_quota_of_equal_families_is_met_exactly(
    n: int, quota: float, weight: float
) -> None:
    chosen = poorest(np.arange(float(n)), np.full(n, weight), np.zeros(n, dtype=int), quota)
    assert chosen.sum() == -(-round(quota * 10) * n // 10)


def test_equal_quotas_make_exclusion_and_inclusion_equal() -> None:
    study = invented()
    eligible = poorest(study.welfare, study.mass, study.region, 0.4)
    chosen = poorest(study.score, study.mass, study.region, 0.4)
    found = errors(eligible, chosen, study.mass)
    assert found.exclusion == pytest.approx(found.inclusion)
    assert 0.1 < found.exclusion < 0.4


def test_a_score_without_information_misses_who_is_left_out_by_chance() -> None:
    study = invented(villages=200, size=50, own_sd=1.0)
    noise = np.random.default_rng(5).standard_normal(len(study))
    eligible = poorest(study.welfare, study.mass, study.region, 0.4)
    found = errors(eligible, poorest(noise, study.mass, study.region, 0.4), study.mass)
    assert found.exclusion == pytest.approx(0.6, abs=0.02)


def test_errors_of_one_hand_made_list() -> None:
    eligible = np.array([True, True, False, False])
    chosen = np.array([True, False, True, False])
    found = errors(eligible, chosen, np.array([3.0, 1.0, 1.0, 5.0]))
    assert (found.exclusion, found.inclusion) == (0.25, 0.25)


def test_who_is_not_listed_is_excluded_and_their_places_stay_empty() -> None:
    values, mass, region = np.arange(10.0), np.ones(10), np.zeros(10, dtype=int)
    eligible = poorest(values, mass, region, 0.4)
    listed = np.isin(np.arange(10), [0, 1])
    chosen = poorest(values, mass, region, 0.4, listed)
    assert chosen.sum() == 2
    found = errors(eligible, chosen, mass)
    assert (found.exclusion, found.inclusion) == (0.5, 0.0)


def test_nobody_chosen_excludes_everybody_and_includes_nobody_wrongly() -> None:
    eligible, nobody = np.array([True, False]), np.zeros(2, dtype=bool)
    found = errors(eligible, nobody, np.ones(2))
    assert (found.exclusion, found.inclusion) == (1.0, 0.0)


def test_quotas_by_persons_count_members() -> None:
    mass = np.array([6.0, 1.0, 1.0, 1.0, 1.0])
    assert poorest(np.arange(5.0), mass, np.zeros(5, dtype=int), 0.5).sum() == 1
    assert poorest(np.arange(5.0), np.ones(5), np.zeros(5, dtype=int), 0.5).sum() == 3


def test_a_fixed_line_excludes_more_and_includes_fewer_when_predictions_vary_less() -> None:
    study = invented(villages=100, size=40)
    eligible = study.welfare <= true_line(study.welfare, study.mass, 0.2)
    quota = errors(eligible, poorest(study.score, study.mass, study.region, 0.2), study.mass)
    line = true_line(study.welfare, study.mass, 0.2)
    fixed = errors(eligible, study.score <= line, study.mass)
    assert fixed.exclusion > quota.exclusion + 0.05
    assert fixed.inclusion < quota.inclusion - 0.05
    assert np.average(eligible, weights=study.mass) == pytest.approx(0.2, abs=0.001)


def test_the_order_of_the_file_changes_nothing_ties_included() -> None:
    made = columns(
        3, villages=12, size=8, regions=3, score_sd=0.5, village_sd=0.1, own_sd=0.3,
        weights=(1, 2), persons=True,
    )  # fmt: skip
    made["score"] = np.round(made["score"], 1)
    turned = {key: part[::-1] if part is not None else None for key, part in made.items()}
    first, second = (policy_study.make(**parts) for parts in (made, turned))
    for study in (first, second):
        assert len(set(study.score)) < len(study) / 2
    picks = [poorest(s.score, s.mass, s.region, 0.4) for s in (first, second)]
    assert (first.welfare == second.welfare).all()
    assert (picks[0] == picks[1]).all()


def test_villages_drawn_twice_are_two_and_stay_in_their_region() -> None:
    study = invented(villages=12, size=5, regions=3)
    drawn = policy_study.resample(study, np.random.default_rng(4))
    assert len(drawn) == len(study)
    assert len(set(drawn.village)) == 12
    for village in range(12):
        here = drawn.village == village
        assert here.sum() == 5
        assert len(set(drawn.region[here])) == 1
    assert len(set(drawn.welfare)) < len(study)
    assert (np.bincount(drawn.region) == np.bincount(study.region)).all()


@pytest.mark.parametrize("village_sd", [0.0, 0.3])
def test_the_variance_between_villages_is_found(village_sd: float) -> None:
    found = [
        policy_study.village_variance(invented(seed, villages=80, size=15, village_sd=village_sd))
        for seed in range(10)
    ]
    assert np.mean(found) == pytest.approx(village_sd**2, abs=0.012)
    assert min(found) >= 0
