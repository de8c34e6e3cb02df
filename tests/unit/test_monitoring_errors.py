from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from modelling.monitoring_errors import Checks, Share, chance_above, exclusion, inclusion
from tests.monitoring_cycles import (
    Population,
    drawn,
    population,
    risk_and_random,
    villages_drawn,
)

Draw = Callable[[Population, np.random.Generator], Checks]


def everywhere(checks: Checks) -> np.ndarray:
    return np.ones(len(checks), dtype=bool)


def simple(hits: int, families: int) -> Share:
    """Exclusion when so many of the families, drawn alone from very many, are missed."""
    checks = Checks(
        ids=[str(n) for n in range(families)],
        region=["R"] * families,
        agent=["A"] * families,
        stratum=["S"] * families,
        unit=[str(n) for n in range(families)],
        probability=np.full(families, 1e-9),
        listed=np.arange(families) >= hits,
        eligible=np.ones(families, dtype=bool),
    )
    return exclusion(checks, everywhere(checks))


@pytest.mark.parametrize(("hits", "families"), [(0, 20), (3, 20), (20, 20), (1, 400), (150, 400)])
def test_families_drawn_alone_get_the_exact_interval(hits: int, families: int) -> None:
    found = simple(hits, families)
    exact = stats.binomtest(hits, families).proportion_ci(0.95, method="exact")
    assert found.value == pytest.approx(hits / families)
    assert found.low == pytest.approx(exact.low, abs=0.01)
    assert found.high == pytest.approx(exact.high, abs=0.01)
    assert found.families == families


DESIGNS: dict[str, Draw] = {
    "regions alike": lambda people, rng: drawn(people, rng, [40, 40, 40, 40]),
    "regions unlike": lambda people, rng: drawn(people, rng, [15, 100, 30, 30]),
    "few": lambda people, rng: drawn(people, rng, [10, 10, 10, 10]),
    "by risk and at random": lambda people, rng: risk_and_random(people, rng, 120, 60),
    "villages": lambda people, rng: villages_drawn(people, rng, 16),
}


@pytest.mark.parametrize("name", DESIGNS)
def test_estimates_are_unbiased_and_intervals_hold_the_truth_about_as_often_as_they_say(
    name: str,
) -> None:
    people = population(5, spread=0.15 if name == "villages" else 0.0)
    rng = np.random.default_rng(7)
    for judge, truth in ((exclusion, people.exclusion), (inclusion, people.inclusion)):
        found = []
        for _ in range(120):
            checks = DESIGNS[name](people, rng)
            found.append(judge(checks, everywhere(checks)))
        values = np.array([one.value for one in found], dtype=float)
        held = np.mean([one.low <= truth <= one.high for one in found])
        error = values.std() / np.sqrt(len(values))
        assert values.mean() == pytest.approx(truth, abs=4 * error + 0.008)  # a ratio's own bias
        assert 0.915 <= held <= 1.0
        width = np.mean([one.high - one.low for one in found])
        assert width < 3.2 * 2 * 1.96 * values.std()  # not by being uselessly wide


def test_counting_without_probabilities_would_be_far_off() -> None:
    people = population(5)
    rng = np.random.default_rng(7)
    plain, weighed = [], []
    for _ in range(60):
        checks = risk_and_random(people, rng, 120, 60)
        weighed.append(exclusion(checks, everywhere(checks)).value)
        equal = replace(checks, probability=np.full(len(checks), 0.01))
        plain.append(exclusion(equal, everywhere(equal)).value)
    assert np.mean(weighed) == pytest.approx(people.exclusion, abs=0.05)
    assert np.mean(plain) > people.exclusion + 0.2


def test_villages_tell_less_than_as_many_families_drawn_alone() -> None:
    people = population(5, spread=0.2)
    rng = np.random.default_rng(7)
    wider = []
    for _ in range(30):
        checks = villages_drawn(people, rng, 16)
        alone = replace(checks, unit=checks.ids)
        pair = [exclusion(one, everywhere(one)) for one in (checks, alone)]
        wider.append((pair[0].high - pair[0].low) / (pair[1].high - pair[1].low))
    assert np.mean(wider) > 1.3


def test_intervals_are_of_the_share_and_not_of_the_count() -> None:
    """How many are eligible differs between samples as well; that must not widen the share's."""
    people = population(9, exclusion=0.6)
    rng = np.random.default_rng(7)
    found = []
    for _ in range(150):
        checks = drawn(people, rng, [100, 100, 100, 100])
        found.append(exclusion(checks, everywhere(checks)))
    width = np.mean([one.high - one.low for one in found])
    assert width < 1.2 * 2 * 1.96 * np.std([one.value for one in found])


def test_five_villages_that_differ_much_still_hold_the_truth() -> None:
    people = population(9, spread=0.25)
    rng = np.random.default_rng(77)
    found = []
    for _ in range(150):
        checks = villages_drawn(people, rng, 5)
        found.append(exclusion(checks, everywhere(checks)))
    assert np.mean([one.low <= people.exclusion <= one.high for one in found]) >= 0.95


def test_a_domain_counts_its_own_families_only() -> None:
    people = population(5)
    checks = drawn(people, np.random.default_rng(1), [60, 60, 60, 60])
    here = np.array([region == "R2" for region in checks.region])
    found = exclusion(checks, here)
    own = here & checks.eligible
    assert found.families == own.sum()
    assert found.value == pytest.approx((~checks.listed[own]).mean())


def test_a_census_has_no_interval_to_speak_of_below_the_families_it_has() -> None:
    people = population(5, families=800)
    checks = drawn(people, np.random.default_rng(1), list(np.bincount(people.region)))
    found = exclusion(checks, everywhere(checks))
    assert found.value == pytest.approx(people.exclusion)
    assert found.high - found.low < 0.12


def test_nobody_to_judge_gives_no_value() -> None:
    checks = drawn(population(5), np.random.default_rng(1), [5, 5, 5, 5])
    found = exclusion(checks, ~everywhere(checks))
    assert (found.value, found.low, found.high, found.families) == (None, 0.0, 1.0, 0)
    assert chance_above(found, 0.1) == 1.0


@given(st.integers(0, 60), st.integers(1, 60), st.floats(0.05, 0.95))
def test_the_chance_is_that_of_the_binomial(hits: int, families: int, limit: float) -> None:
    hits = min(hits, families)
    found = simple(hits, families)
    if found.effective == pytest.approx(families):
        exact = stats.binom.sf(hits - 1, families, limit)
        assert chance_above(found, limit) == pytest.approx(exact, abs=1e-9)
    assert 0 <= found.low <= hits / families <= found.high <= 1


@given(st.integers(0, 100_000))
def test_any_checks_give_a_share_within_its_interval(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 30))
    checks = Checks(
        ids=[str(i) for i in range(n)],
        region=["R"] * n,
        agent=["A"] * n,
        stratum=[str(i) for i in rng.integers(0, 4, n)],
        unit=[str(i) for i in (rng.integers(0, 6, n) if rng.random() < 0.5 else range(n))],
        probability=np.where(rng.random(n) < 0.5, 1.0, rng.uniform(1e-4, 1, n)),
        listed=rng.random(n) < 0.5,
        eligible=rng.random(n) < rng.choice([0.0, 0.5, 1.0]),
    )
    for judge in (exclusion, inclusion):
        found = judge(checks, everywhere(checks))
        if found.value is None:
            assert found.families == 0
        else:
            assert 0 <= found.low <= found.value <= found.high <= 1
            assert 0 < found.effective <= found.families
            assert 0 <= chance_above(found, 0.2) <= 1


def test_an_error_at_the_limit_seldom_alarms_and_one_far_above_often() -> None:
    rng = np.random.default_rng(3)
    at_limit, above = [], []
    for seed in range(200):
        people = population(seed, families=2000)
        checks = drawn(people, rng, [40, 40, 40, 40])
        found = exclusion(checks, everywhere(checks))
        at_limit.append(chance_above(found, people.exclusion) < 0.05)
        above.append(chance_above(found, people.exclusion / 2.5) < 0.05)
    assert np.mean(at_limit) <= 0.09
    assert np.mean(above) > 0.8
