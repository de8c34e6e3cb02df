from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelling import policy_report, policy_study
from modelling.policy_assumptions import Assumptions
from modelling.policy_errors import errors, poorest
from modelling.policy_simulation import STEPS, Estimate, Point, Simulation, reach, simulate
from modelling.policy_study import Study
from modelling.stated_settings import listed
from tests.policy_studies import invented


def played(study: Study, assumed: Assumptions = Assumptions(), **how: object) -> Simulation:  # noqa: B008 - frozen
    plan = {"shares": [0.0, 0.1, 0.3], "draws": 6, "replicates": 6, "seed": 1} | how
    return simulate(study, assumed, say=lambda words: None, **plan)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def result() -> Simulation:
    return played(invented(villages=80, size=25, village_sd=0.2))


def test_the_steps_stand_in_order_and_begin_with_the_model_alone(result: Simulation) -> None:
    assert [step.name for step in result.steps] == list(STEPS)
    study = invented(villages=80, size=25, village_sd=0.2)
    eligible = poorest(study.welfare, study.mass, study.region, 0.4)
    alone = errors(eligible, poorest(study.score, study.mass, study.region, 0.4), study.mass)
    assert result.steps[0].measures["exclusion"].value == pytest.approx(alone.exclusion)
    assert result.steps[0].measures["inclusion"].value == pytest.approx(alone.inclusion)


def test_changes_add_up_from_the_first_step_to_the_last(result: Simulation) -> None:
    changes = [step.change.value for step in result.steps if step.change is not None]
    assert len(changes) == len(STEPS) - 1
    first, last = (result.steps[i].measures["exclusion"].value for i in (0, -1))
    assert first + sum(changes) == pytest.approx(last)


def test_gaps_hurt_and_the_other_steps_help(result: Simulation) -> None:
    change = {step.name: step.change.value for step in result.steps if step.change is not None}
    assert change["registration gaps"] > 0
    assert change["register matching"] < 0
    assert change["appeals"] < 0
    assert change["ground checks, mixed"] < 0


def test_more_checks_leave_less_error_and_perfect_ones_least(result: Simulation) -> None:
    ends = {}
    for name, points in result.curves.items():
        values = [point.measures["exclusion"].value for point in points]
        assert values == sorted(values, reverse=True), name
        ends[name] = values[-1]
    assert ends["by risk, perfect visits (upper bound)"] == min(ends.values())
    assert ends["at random"] == max(ends.values())
    assert ends["mixed, checks teach about villages"] < ends["mixed"]


def test_all_curves_begin_where_the_steps_before_checks_end(result: Simulation) -> None:
    before = result.steps[4].measures["exclusion"].value
    for points in result.curves.values():
        assert points[0].measures["exclusion"].value == pytest.approx(before)


def test_the_table_of_steps_and_the_curve_tell_the_same(result: Simulation) -> None:
    step = result.steps[5].measures
    point = result.curves["mixed"][1].measures
    assert step["exclusion"].value == pytest.approx(point["exclusion"].value, abs=0.01)
    assert step["visits"].value == pytest.approx(point["visits"].value, rel=0.02)


def test_the_same_seed_gives_the_same_and_more_replicates_move_no_figure() -> None:
    study = invented(villages=16, size=8)
    one, two, more = (played(study, replicates=n, draws=2) for n in (3, 3, 5))
    assert one == two
    for step, again in zip(one.steps, more.steps, strict=True):
        assert step.measures["exclusion"].value == again.measures["exclusion"].value
    assert played(study, seed=2, draws=2).steps != one.steps


def test_who_cannot_be_reached_is_told() -> None:
    study = invented(villages=16, size=20)
    found = played(
        study, replace(Assumptions(), registered_poorest=0.7, registered_richest=0.7), draws=2
    )
    assert found.unregistered == pytest.approx(0.3)
    assert all(
        point.measures["exclusion"].value > 0.2
        for curve in found.curves.values()
        for point in curve
    )


def test_probabilities_are_told_beside_the_truth(result: Simulation) -> None:
    assert len(result.calibration) > 5
    assert sum(families for _, _, families in result.calibration) == 2000
    for p, share, families in result.calibration:
        assert share == pytest.approx(p, abs=4 * 0.5 / np.sqrt(families) + 0.02)


ALONE = replace(
    Assumptions(),
    registered_poorest=1.0,
    registered_richest=1.0,
    register_coverage=0.0,
    register_error=0.0,
    appeal_wrong=0.0,
    appeal_right=0.0,
)


def land(seed: int, villages: int) -> Study:
    return invented(seed, villages=villages, size=12, regions=1, village_sd=0.3)


def alone(study: Study) -> float:
    eligible = poorest(study.welfare, study.mass, study.region, 0.4)
    chosen = poorest(study.score, study.mass, study.region, 0.4)
    return errors(eligible, chosen, study.mass).exclusion


def test_intervals_are_as_wide_as_surveys_differ() -> None:
    """Drawing villages anew from one survey spreads as much as surveys of new villages do."""
    spread = np.std([alone(land(seed, 30)) for seed in range(200)])
    widths = []
    for seed in range(3):
        found = played(land(seed, 30), ALONE, shares=[0.0], draws=1, replicates=80)
        interval = found.steps[0].measures["exclusion"]
        widths.append((interval.high - interval.low) / (2 * 1.96))
    assert np.mean(widths) == pytest.approx(spread, rel=0.35)


@pytest.mark.prove
def test_intervals_hold_the_truth_of_the_land_the_villages_come_from() -> None:
    """Surveys of 30 villages: their 95 % intervals hold the error of 4,000 villages."""
    truth = alone(land(0, 4000))
    held = []
    for seed in range(100):
        found = played(land(seed + 1, 30), ALONE, shares=[0.0], draws=1, replicates=80)
        interval = found.steps[0].measures["exclusion"]
        held.append(interval.low <= truth <= interval.high)
    assert np.mean(held) >= 0.88


@settings(max_examples=40)
@given(st.integers(0, 100_000))
def test_any_study_and_any_assumptions_give_shares_that_can_be_told(seed: int) -> None:
    """Two families, empty regions, no spread, nobody registered, huge weights: all go through."""
    rng = np.random.default_rng(seed)
    n, odd = int(rng.integers(2, 40)), rng.random(6) < 0.4
    score = np.full(n, 8.0) if odd[0] else rng.normal(8, 0.5, n)
    half = np.zeros(n) if odd[1] else rng.uniform(0, 1, n)
    gap = np.where(odd[2] & (np.arange(n) > 0) & (rng.random(n) < 0.4), np.nan, 0.0)
    study = policy_study.make(
        [f"h{i}" for i in range(n)],
        [f"R{i}" for i in rng.integers(0, 3, n)],
        [f"V{i}" for i in rng.integers(0, 5, n)],
        weight=rng.uniform(0.1, 1000, n) if odd[3] else np.ones(n),
        persons=rng.integers(1, 9, n).astype(float) if odd[4] else None,
        welfare=rng.normal(8, 0.6, n),
        score=score + gap,
        low=score - half + gap,
        high=score + half + gap,
    )
    ends = {
        one.name: float(rng.choice([0.0, 0.5, 1.0]))
        for one in listed(Assumptions())
        if one.unit == "share" and one.name not in {"quota", "target"}
    }
    given_ = replace(Assumptions(), quota=0.05 if odd[5] else 0.4, **ends)
    given_ = replace(given_, visit_noise=float(rng.choice([0.0, 0.25, 5.0])))
    found = played(study, given_, shares=[0.0, 1.0], draws=1, replicates=2)
    told = policy_report.Told("s", "p", n, 3, 5, int(np.isnan(gap).sum()), 0.9, "families", 1, 2, 1)
    assert "nan" not in policy_report.as_text(told, given_, found)
    assert policy_report.as_html(told, given_, found).count("<svg") == 2
    for points in found.curves.values():
        for one in points:
            for measure in ("exclusion", "inclusion"):
                assert 0 <= one.measures[measure].value <= 1


def point(share: float, value: float) -> Point:
    return Point(share, {"exclusion": Estimate(value, value, value)})


def test_the_price_of_an_aim_is_read_between_two_points() -> None:
    curve = [point(0.0, 0.3), point(0.1, 0.2), point(0.3, 0.1)]
    assert reach(curve, 0.15) == pytest.approx(0.2)
    assert reach(curve, 0.3) == 0.0
    assert reach(curve, 0.1) == pytest.approx(0.3)
    assert reach(curve, 0.05) is None


def test_every_assumption_says_what_it_means_and_where_it_comes_from() -> None:
    assert len(list(listed(Assumptions()))) == len(fields(Assumptions))
    for one in listed(Assumptions()):
        assert one.value == one.standard
        assert one.meaning
        assert one.source
        if one.unit == "share":
            assert one.high == 1.0


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"quota": 0.0}, "--quota"),
        ({"registered_poorest": 1.2}, "--registered-poorest is 1.2; it must lie from 0 to 1"),
        ({"visit_cost": -1.0}, "--visit-cost is -1; it must lie at 0 or above"),
        ({"visit_noise": float("nan")}, "--visit-noise"),
        ({"families": float("inf")}, "--families"),
        ({"families": 0.0}, "--families must be above 0"),
    ],
)
def test_assumptions_out_of_range_are_named(change: dict[str, float], told: str) -> None:
    assert not list(Assumptions().faults())
    assert told in " ".join(replace(Assumptions(), **change).faults())
