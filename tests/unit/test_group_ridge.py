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
