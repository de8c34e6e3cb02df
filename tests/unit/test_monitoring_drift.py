from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelling.monitoring_drift import MISSING, OTHER, Drift, describe, drifts


def asked(rng: np.random.Generator, families: int, roof: float = 0.3) -> dict[str, list[str]]:
    return {
        "roof": list(np.where(rng.random(families) < roof, "tile", "zinc")),
        "rooms": [str(n) for n in rng.poisson(3, families)],
        "age": [f"{x:.1f}" for x in rng.normal(45, 12, families)],
    }


def judged(
    then: dict[str, list[str]], now: dict[str, list[str]], region: list[str] | None = None
) -> list[Drift]:
    training = [
        describe(name, "", texts, [1.0] * len(texts), number=name != "roof")
        for name, texts in then.items()
    ]
    families = len(next(iter(now.values())))
    return drifts(training, now, region or ["R"] * families, least=10, design_effect=1.0)


def alarms(found: list[Drift]) -> list[str]:
    return [one.variable for one in found if one.psi >= 0.1 and one.adjusted < 0.05]


def test_the_index_of_a_hand_made_shift() -> None:
    then, now = ["a"] * 5000 + ["b"] * 5000, ["a"] * 7000 + ["b"] * 3000
    found = judged({"roof": then}, {"roof": now})[0]
    hand = (0.7 - 0.5) * np.log(0.7 / 0.5) + (0.3 - 0.5) * np.log(0.3 / 0.5)
    assert found.psi == pytest.approx(hand, abs=0.001)
    assert found.largest[0] == "b"
    assert found.largest[1:] == pytest.approx((0.5, 0.3), abs=0.001)
    assert alarms([found]) == ["roof"]


def test_without_drift_small_samples_do_not_alarm_though_their_index_is_large() -> None:
    rng = np.random.default_rng(1)
    large, alarmed = [], []
    for _ in range(200):
        found = judged(asked(rng, 400), asked(rng, 60))
        large.append(any(one.psi >= 0.1 for one in found))
        alarmed.append(bool(alarms(found)))
    assert np.mean(large) > 0.4  # by the rule of thumb alone, false alarms all the time
    assert np.mean(alarmed) <= 0.08


def test_drift_is_found_where_it_is() -> None:
    rng = np.random.default_rng(2)
    hits, others = 0, 0
    for _ in range(50):
        found = alarms(judged(asked(rng, 2000), asked(rng, 500, roof=0.6)))
        hits += "roof" in found
        others += found not in (["roof"], [])
    assert hits >= 48
    assert others <= 4


def test_villages_in_the_survey_make_it_know_less() -> None:
    rng = np.random.default_rng(3)
    then, now = asked(rng, 500), asked(rng, 200, roof=0.45)
    training = [describe("roof", "", then["roof"], [1.0] * 500, number=False)]
    p = [
        drifts(training, now, ["R"] * 200, least=10, design_effect=effect)[0].p
        for effect in (1.0, 3.0)
    ]
    assert p[1] > 2 * p[0]


def test_answers_never_seen_and_missing_ones_count() -> None:
    found = judged({"roof": ["a", "b"] * 200}, {"roof": ["a"] * 150 + ["new"] * 30 + [""] * 20})[0]
    assert found.strange == pytest.approx(50 / 200)  # nothing was ever missing in training
    assert found.psi > 0.25
    number = judged({"age": ["1", "2", "3"] * 100}, {"age": ["2"] * 30 + ["old"] * 10})[0]
    assert number.strange == pytest.approx(0.25)


def test_missing_answers_that_training_had_are_a_bin() -> None:
    made = describe("roof", "", ["a", "", "b", ""], [1.0] * 4, number=False)
    assert made.shares == {"a": 0.25, MISSING: 0.5, "b": 0.25}
    found = drifts([made], {"roof": ["", "a"] * 20}, ["R"] * 40, least=10, design_effect=1)[0]
    assert found.strange == 0


def test_weights_of_the_survey_count() -> None:
    made = describe("roof", "", ["a", "b"], [3.0, 1.0], number=False)
    assert made.shares == {"a": 0.75, "b": 0.25}
    heavy = describe("age", "", ["1", "2", "3"], [98.0, 1.0, 1.0], number=True)
    assert heavy.edges == (1.0,)


def test_regions_are_compared_with_their_own_training() -> None:
    then = {"north": ["a"] * 300, "south": ["b"] * 300}
    training = [
        describe("roof", place, texts, [1.0] * 300, number=False) for place, texts in then.items()
    ]
    now = ["a"] * 50 + ["b"] * 50
    region = ["north"] * 50 + ["south"] * 50
    found = drifts(training, {"roof": now}, region, least=10, design_effect=1)
    assert [one.region for one in found] == ["north", "south"]
    assert all(one.psi < 0.05 for one in found)
    swapped = drifts(training, {"roof": now[::-1]}, region, least=10, design_effect=1)
    assert all(one.psi > 1 and one.strange == 1 for one in swapped)


def test_few_families_are_not_compared() -> None:
    training = [describe("roof", "", ["a", "b"], [1.0, 1.0], number=False)]
    assert drifts(training, {"roof": ["a"] * 9}, ["R"] * 9, least=10, design_effect=1) == []
    assert drifts(training, {"wall": ["a"] * 20}, ["R"] * 20, least=10, design_effect=1) == []


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=200))
def test_bins_of_a_number_hold_every_answer_once(values: list[float]) -> None:
    texts = [repr(value) for value in values]
    made = describe("x", "", texts, [1.0] * len(texts), number=True)
    assert made.edges is not None
    assert len(made.edges) <= 9
    assert list(made.edges) == sorted(set(made.edges))
    assert sum(made.shares.values()) == pytest.approx(1)
    assert all(0 <= int(place) <= len(made.edges) for place in made.shares)
    assert OTHER not in made.shares


def test_tenths_are_about_tenths() -> None:
    made = describe("x", "", [str(n) for n in range(1000)], [1.0] * 1000, number=True)
    assert len(made.shares) == 10
    assert all(share == pytest.approx(0.1, abs=0.002) for share in made.shares.values())
