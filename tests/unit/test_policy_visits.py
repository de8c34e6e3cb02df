from __future__ import annotations

from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelling import policy_visits as visiting
from modelling.policy_errors import errors, poorest
from tests.policy_studies import invented


def everyone(n: int) -> np.ndarray:
    return np.ones(n, dtype=bool)


def nowhere(n: int) -> np.ndarray:
    return np.zeros(n, dtype=int)


def test_the_expected_line_has_the_quota_under_it_and_counting_scores_has_not() -> None:
    study = invented(villages=100, size=40)
    lines = visiting.expected_lines(study.score, study.spread, study.mass, study.region, 0.2)
    p = visiting.p_under(study.score, study.spread, lines[study.region])
    for place in range(4):
        assert p[study.region == place].mean() == pytest.approx(0.2, abs=1e-6)
    truly = (study.welfare <= lines[study.region]).mean()
    counted = (study.score <= lines[study.region]).mean()
    assert truly == pytest.approx(0.2, abs=0.015)
    assert counted < 0.17  # predictions vary less than the truth


def test_probabilities_are_true_when_the_model_is() -> None:
    study = invented(villages=200, size=50)
    lines = visiting.expected_lines(study.score, study.spread, study.mass, study.region, 0.4)
    p = visiting.p_under(study.score, study.spread, lines[study.region])
    eligible = poorest(study.welfare, study.mass, study.region, 0.4)
    for low in np.arange(0, 1, 0.2):
        here = (p >= low) & (p < low + 0.2)
        assert eligible[here].mean() == pytest.approx(p[here].mean(), abs=0.03)


def test_a_certain_family_is_certain() -> None:
    p = visiting.p_under(np.array([1.0, 3.0, 2.0]), np.zeros(3), np.full(3, 2.0))
    assert list(p) == [1.0, 0.0, 1.0]


def gains(
    p: np.ndarray, chosen: np.ndarray, noise: float, next_in: float, last_in: float
) -> np.ndarray:
    """Gains of families with probabilities p (line 0, spread 1)."""
    from scipy.special import ndtri

    n = len(p)
    return visiting.gain(
        -ndtri(p), np.ones(n), np.zeros(n), noise=noise, chosen=chosen,
        next_in=np.full(n, next_in), last_in=np.full(n, last_in),
    )  # fmt: skip


def test_a_perfect_visit_is_worth_the_chance_to_be_wrong_times_what_replaces() -> None:
    p, chosen = np.array([0.9, 0.6, 0.4, 0.1]), np.array([True, True, False, False])
    found = gains(p, chosen, 0.0, next_in=0.45, last_in=0.55)
    assert found == pytest.approx([0.1 * 0.45, 0.4 * 0.45, 0.4 * 0.45, 0.1 * 0.45])


@given(st.floats(0.02, 0.98), st.booleans(), st.floats(0.05, 2), st.floats(0.1, 0.9))
def test_a_worse_visit_is_worth_less(p: float, chosen: bool, noise: float, edge: float) -> None:
    marks = np.array([chosen])
    perfect = gains(np.array([p]), marks, 0.0, edge, edge)[0]
    good = gains(np.array([p]), marks, noise, edge, edge)[0]
    useless = gains(np.array([p]), marks, 1e6, edge, edge)[0]
    standing = max(0.0, edge - p if chosen else p - edge)  # what a swap gains without a visit
    assert 0 <= useless == pytest.approx(standing, abs=1e-4)
    coarse = 0.5 / visiting.NODES  # readings are taken at so many places only
    assert useless - coarse <= good <= perfect + standing + coarse


def test_a_nearly_perfect_visit_is_worth_nearly_as_much() -> None:
    p = np.linspace(0.05, 0.95, 19)
    chosen = p > 0.5
    perfect, near = (gains(p, chosen, noise, 0.5, 0.5) for noise in (0.0, 0.01))
    assert near == pytest.approx(perfect, abs=0.5 / visiting.NODES)


def test_the_edges_are_those_nearest_the_cut() -> None:
    estimate = np.arange(40.0)
    p = 1 - estimate / 40
    chosen = estimate < 20
    next_in, last_in = visiting.edges(p, estimate, nowhere(40), chosen, ~chosen)
    assert next_in[0] == pytest.approx(p[20:30].mean())
    assert last_in[0] == pytest.approx(p[10:20].mean())
    none, _ = visiting.edges(p, estimate, nowhere(40), everyone(40), ~everyone(40))
    assert none[0] == 0


@given(st.integers(0, 5000), st.integers(1, 9), st.integers(0, 9))
def test_with_equal_costs_no_other_choice_is_worth_more(seed: int, n: int, budget: int) -> None:
    rng = np.random.default_rng(seed)
    worth = rng.integers(0, 5, n).astype(float)
    able = rng.random(n) < 0.8
    picked = visiting.choose(
        worth, np.ones(n), budget, random_share=0, candidates=able, stratum=nowhere(n), rng=rng
    )
    best = max(
        sum(worth[i] for i in some)
        for k in range(min(budget, n) + 1)
        for some in combinations(np.flatnonzero(able), k)
    )
    assert worth[picked.visited].sum() == best
    assert picked.visited.sum() <= budget
    assert not (picked.visited & ~able).any()


@given(st.integers(0, 5000), st.integers(1, 9), st.floats(0.5, 12))
def test_with_unequal_costs_it_is_within_one_family_of_the_best(
    seed: int, n: int, budget: float
) -> None:
    rng = np.random.default_rng(seed)
    worth, cost = rng.random(n), rng.uniform(0.5, 3, n)
    picked = visiting.choose(
        worth, cost, budget, random_share=0, candidates=everyone(n), stratum=nowhere(n), rng=rng
    )
    assert cost[picked.visited].sum() <= budget + 1e-9
    total = worth * cost
    best = max(
        sum(total[i] for i in some)
        for k in range(n + 1)
        for some in combinations(range(n), k)
        if sum(cost[i] for i in some) <= budget
    )
    assert total[picked.visited].sum() >= best - total.max() - 1e-9


def expected_error(p: np.ndarray, visited: tuple[int, ...], places: int) -> float:
    """Expected wrongly refused after perfect visits, by every way the truth can be.

    Visited and eligible first, then the unvisited in order of p, then visited and not eligible.
    """
    truths = np.array(list(product((False, True), repeat=len(p))))
    chance = np.where(truths, p, 1 - p).prod(axis=1)
    seen = np.isin(np.arange(len(p)), visited)
    order = np.argsort(np.where(seen, np.where(truths, -2.0, 2.0), -p), axis=1, kind="stable")
    refused = np.take_along_axis(truths, order, axis=1)[:, places:].sum(axis=1)
    return float(chance @ refused)


def test_against_every_choice_of_visits_under_a_quota() -> None:
    """Gains are reckoned one by one; visits change each other's worth, a little."""
    removed, possible = [], []
    for seed in range(25):
        rng = np.random.default_rng(seed)
        n, places, number = 8, 3, 2 + seed % 3
        p = np.sort(rng.uniform(0.02, 0.98, n))[::-1]
        chosen = np.arange(n) < places
        gained = np.where(chosen, (1 - p) * p[places], p * (1 - p[places - 1]))
        picked = visiting.choose(
            gained, np.ones(n), number, random_share=0, candidates=everyone(n),
            stratum=nowhere(n), rng=rng,
        )  # fmt: skip
        before = expected_error(p, (), places)
        ours = expected_error(p, tuple(np.flatnonzero(picked.visited)), places)
        best = min(expected_error(p, some, places) for some in combinations(range(n), number))
        removed.append(before - ours)
        possible.append(before - best)
        assert before - ours >= 0.7 * (before - best)
    assert sum(removed) >= 0.95 * sum(possible)


def test_by_risk_removes_more_than_mixed_and_mixed_more_than_at_random() -> None:
    study = invented(villages=100, size=40)
    lines = visiting.expected_lines(study.score, study.spread, study.mass, study.region, 0.4)
    chosen = poorest(study.score, study.mass, study.region, 0.4)
    eligible = poorest(study.welfare, study.mass, study.region, 0.4)
    p = visiting.p_under(study.score, study.spread, lines[study.region])
    next_in, last_in = visiting.edges(p, study.score, study.region, chosen, ~chosen)
    gained = visiting.gain(
        study.score, study.spread, lines[study.region], noise=0, chosen=chosen,
        next_in=next_in[study.region], last_in=last_in[study.region],
    )  # fmt: skip
    left = []
    for share in (0.0, 0.3, 1.0):
        picked = visiting.choose(
            gained, study.weight, 400, random_share=share, candidates=everyone(len(study)),
            stratum=study.region, rng=np.random.default_rng(1),
        )  # fmt: skip
        assert picked.visited.sum() == pytest.approx(400, abs=1)
        known = np.where(picked.visited, study.welfare, study.score)
        left.append(errors(eligible, poorest(known, study.mass, study.region, 0.4), study.mass))
    by_risk, mixed, at_random = (found.exclusion for found in left)
    assert by_risk < mixed < at_random
    before = errors(eligible, chosen, study.mass).exclusion
    expected = gained[np.argsort(-gained)[:400]].sum() / eligible.sum()
    # visits take some of each other's worth, so the sum promises a little too much
    assert 0.7 * expected < before - by_risk < 1.1 * expected


def test_the_random_part_is_as_likely_as_it_says() -> None:
    rng = np.random.default_rng(3)
    n = 60
    stratum = np.repeat([0, 1, 2], [30, 20, 10])
    worth, able = rng.random(n), rng.random(n) < 0.9
    times = np.zeros(n)
    for _ in range(4000):
        picked = visiting.choose(
            worth, np.ones(n), 24, random_share=0.5, candidates=able, stratum=stratum, rng=rng
        )
        assert picked.by_risk.sum() == 12
        assert picked.at_random.sum() == 12
        assert not (picked.by_risk & picked.at_random).any()
        times += picked.visited
    assert (picked.probability[~able] == 0).all()
    assert picked.probability.sum() == pytest.approx(24)
    assert times / 4000 == pytest.approx(picked.probability, abs=0.04)


def test_what_the_random_share_estimates_is_unbiased_and_what_risk_alone_says_is_not() -> None:
    study = invented(villages=50, size=20)
    eligible = poorest(study.welfare, study.mass, study.region, 0.4)
    chosen = poorest(study.score, study.mass, study.region, 0.4)
    wrong = eligible & ~chosen
    worth = -np.abs(study.score - 8.0)
    rng = np.random.default_rng(11)
    estimates = []
    for _ in range(1500):
        picked = visiting.choose(
            worth, np.ones(len(study)), 200, random_share=0.15,
            candidates=everyone(len(study)), stratum=study.region, rng=rng,
        )  # fmt: skip
        seen = picked.visited
        estimates.append((wrong[seen] / picked.probability[seen]).sum())
    error = np.std(estimates) / np.sqrt(len(estimates))
    assert np.mean(estimates) == pytest.approx(wrong.sum(), abs=4 * error)
    assert 4 * error < 0.05 * wrong.sum()  # the test can tell a bias of 5 %
    naive = wrong[picked.by_risk].mean() * len(study)
    assert abs(naive - wrong.sum()) > 0.2 * wrong.sum()


def test_an_old_record_is_worth_more_for_one_year() -> None:
    factor = visiting.staleness(np.array([0.0, 365.0, 3650.0]))
    assert list(factor) == pytest.approx([1, 1.39, 1.39])


def test_doubt_stake_and_age_multiply() -> None:
    ranked = visiting.priority(np.array([0.5, 0.5, 0.9]), np.array([1, 2, 1]), np.array([1, 1, 1]))
    assert list(ranked) == pytest.approx([0.25, 0.5, 0.09])
