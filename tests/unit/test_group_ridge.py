"""The ridge that takes its penalties from the survey, against sums worked out the long way."""

from typing import Any

import numpy as np
import pytest

from modelling.group_ridge import Variances, by_evidence, solve, sums

Numbers = np.ndarray[Any, Any]


def drawn(
    seed: int = 1, villages: int = 120, each: int = 20
) -> tuple[Numbers, Numbers, Numbers, Numbers]:
    """A mixed model: ten columns that matter (sd 0.3), ten that do not, villages 0.5, noise 0.8."""
    draw = np.random.default_rng(seed)
    rows = villages * each
    village = np.repeat(np.arange(villages), each)
    design = draw.normal(size=(rows, 20))
    truth = np.concatenate([draw.normal(0, 0.3, 10), np.zeros(10)])
    effects = draw.normal(0, 0.5, villages)
    target = 3 + design @ truth + effects[village] + draw.normal(0, 0.8, rows)
    return design, target, draw.uniform(0.5, 1.5, rows), village


GROUPS = ["matters"] * 10 + ["does not"] * 10


def test_it_solves_the_equations_with_a_column_for_every_village() -> None:
    design, target, weight, village = drawn(villages=12, each=8)
    variances = Variances({"matters": 0.09, "does not": 0.01}, 0.25, 0.64)
    found = solve(sums(design, target, weight, village, 12), GROUPS, variances)
    marks = (village[:, None] == np.arange(12)).astype(float)
    centre = (weight @ design) / weight.sum()
    wide = np.hstack([design - centre, marks])
    left = target - (weight @ target) / weight.sum()
    penalty = np.diag([0.64 / 0.09] * 10 + [0.64 / 0.01] * 10 + [0.64 / 0.25] * 12)
    equations = wide.T @ (wide * weight[:, None]) + penalty
    expected = np.linalg.solve(equations, wide.T @ (weight * left))
    assert found.coefficients == pytest.approx(expected[:20], abs=1e-9)
    assert found.villages == pytest.approx(expected[20:], abs=1e-9)


def test_the_evidence_finds_the_spreads_the_data_were_drawn_with() -> None:
    design, target, weight, village = drawn()
    found = by_evidence(sums(design, target, weight, village, 120), GROUPS, villages=True)
    spread = found.variances
    assert spread.village**0.5 == pytest.approx(0.5, rel=0.2)
    assert spread.noise**0.5 == pytest.approx(0.8, rel=0.05)
    assert 0.15 < spread.groups["matters"] ** 0.5 < 0.5
    assert spread.groups["does not"] ** 0.5 < 0.05
    assert np.abs(found.coefficients[10:]).max() < 0.03


def test_without_villages_no_village_has_an_effect() -> None:
    design, target, weight, village = drawn(villages=30, each=10)
    found = by_evidence(sums(design, target, weight, village, 30), GROUPS, villages=False)
    assert np.abs(found.villages).max() < 1e-6


def test_sums_add_up_and_take_away() -> None:
    design, target, weight, village = drawn(villages=6, each=5)
    first, second = slice(0, 17), slice(17, None)
    one, other, both = (
        sums(design[s], target[s], weight[s], village[s], 6) for s in (first, second, slice(None))
    )
    for name in both.__slots__:
        assert getattr(one.plus(other), name) == pytest.approx(getattr(both, name))
        assert getattr(both.without(other), name) == pytest.approx(getattr(one, name))


def test_a_column_counts_the_same_wherever_it_stands() -> None:
    design, target, weight, village = drawn(villages=20, each=10)
    order = np.random.default_rng(5).permutation(20)
    plain = by_evidence(sums(design, target, weight, village, 20), GROUPS, villages=True)
    turned = by_evidence(
        sums(design[:, order], target, weight, village, 20),
        [GROUPS[i] for i in order],
        villages=True,
    )
    assert turned.coefficients == pytest.approx(plain.coefficients[order], abs=1e-9)


def test_coefficients_that_may_only_rise_are_the_best_of_those_allowed() -> None:
    design, target, weight, village = drawn(villages=30, each=10)
    variances = Variances({"matters": 0.09, "does not": 0.01}, 0.25, 0.64)
    rising = np.arange(20) % 2 == 0
    data = sums(design, target, weight, village, 30)
    found = solve(data, GROUPS, variances, rising).coefficients
    free = solve(data, GROUPS, variances).coefficients
    assert found[rising].min() == 0
    assert free[rising].min() < 0

    def loss(coefficients: Numbers) -> float:
        marks = (village[:, None] == np.arange(30)).astype(float)
        left = target - (weight @ target) / weight.sum()
        left = left - (design - weight @ design / weight.sum()) @ coefficients
        own = 0.64 / 0.25
        count, total = marks.T @ weight, marks.T @ (weight * left)
        effects = total / (count + own)
        inner = weight @ (left - effects[village]) ** 2 + own * effects @ effects
        penalty = np.array([0.64 / 0.09] * 10 + [0.64 / 0.01] * 10)
        return float(inner + penalty @ coefficients**2)

    best = loss(found)
    for place in range(20):
        for step in (-1e-3, 1e-3):
            moved = found.copy()
            moved[place] += step
            if not rising[place] or moved[place] >= 0:
                assert loss(moved) > best


def test_the_evidence_of_what_is_held_at_nothing_does_not_count() -> None:
    design, target, weight, village = drawn(villages=60, each=10)
    data = sums(design, target, weight, village, 60)
    wrong = -np.sign(
        solve(data, GROUPS, Variances({"matters": 1, "does not": 1}, 1, 1)).coefficients
    )
    turned = sums(design * np.where(np.arange(20) < 10, 1.0, wrong), target, weight, village, 60)
    found = by_evidence(turned, GROUPS, villages=True, rising=np.arange(20) >= 10)
    assert np.abs(found.coefficients[10:]).max() == pytest.approx(0, abs=1e-9)
    assert found.variances.groups["does not"] < 1e-6
