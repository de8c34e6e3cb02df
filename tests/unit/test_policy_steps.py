from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelling import policy_steps as steps
from modelling import policy_study
from modelling.policy_assumptions import Assumptions
from modelling.policy_study import village_variance
from tests.policy_studies import columns, invented

PLAIN = Assumptions(registered_poorest=1.0, registered_richest=1.0)


def begun(given: Assumptions = PLAIN, **study: object) -> tuple[steps.World, steps.Belief]:
    made = invented(**study)  # type: ignore[arg-type]
    world = steps.begin(made, given, village_variance(made), np.random.default_rng(2))
    return world, steps.score_alone(world)


def wrong(world: steps.World, belief: steps.Belief, given: Assumptions = PLAIN) -> float:
    return steps.outcome(world, belief, given).quota.exclusion


def test_who_is_not_registered_is_excluded() -> None:
    world, belief = begun()
    rng = np.random.default_rng(1)
    given = replace(PLAIN, registered_poorest=0.0, registered_richest=0.0)
    nobody = steps.register(world, belief, given, rng)
    found = steps.outcome(world, nobody, given)
    assert (found.quota.exclusion, found.quota.inclusion) == (1.0, 0.0)
    assert found.registered == 0


def test_with_perfect_knowledge_the_error_is_the_gap_in_registration() -> None:
    world, belief = begun(villages=100, size=40, own_sd=1e-6)
    given = replace(PLAIN, registered_poorest=0.777, registered_richest=0.777)
    known = steps.register(world, belief, given, np.random.default_rng(1))
    assert wrong(world, known, given) == pytest.approx(0.223, abs=0.02)


def test_registration_runs_straight_from_the_poorest_to_the_richest() -> None:
    world, belief = begun(villages=100, size=40)
    given = replace(PLAIN, registered_poorest=0.9, registered_richest=0.1)
    known = steps.register(world, belief, given, np.random.default_rng(1))
    for low in (0.0, 0.4, 0.8):
        here = (world.ranks >= low) & (world.ranks < low + 0.2)
        assert known.registered[here].mean() == pytest.approx(0.9 - 0.8 * (low + 0.1), abs=0.04)


def test_a_register_without_error_bars_the_rich_and_only_them() -> None:
    world, belief = begun()
    given = replace(PLAIN, register_coverage=1.0, register_error=0.0)
    matched = steps.match(world, belief, given, np.random.default_rng(1))
    assert (matched.barred == (world.ranks > given.register_line)).all()
    assert wrong(world, matched) < wrong(world, belief)


def test_a_register_in_error_excludes_and_appeals_bring_back() -> None:
    world, belief = begun()
    given = replace(
        PLAIN, register_coverage=0.0, register_error=0.5, appeal_wrong=1.0, appeal_right=0.0,
        visit_noise=0.0,
    )  # fmt: skip
    rng = np.random.default_rng(1)
    world = steps.begin(world.study, given, 0.0, rng)
    matched = steps.match(world, belief, given, rng)
    assert wrong(world, matched) > wrong(world, belief) + 0.2
    appealed = steps.appeal(world, matched, given, rng)
    assert wrong(world, appealed) < wrong(world, matched) - 0.2
    assert not (appealed.barred & world.eligible).any()
    assert appealed.visits == (appealed.checked * world.study.weight).sum() > 0


def test_objections_to_the_wrongly_listed_make_room() -> None:
    given = replace(PLAIN, objection_wrong=1.0, objection_right=0.0, visit_noise=0.0)
    world, belief = begun(given)
    objected = steps.object_to(world, belief, given, np.random.default_rng(1))
    listed = steps.chosen(world, belief, given)
    assert (objected.checked == (listed & ~world.eligible)).all()
    assert wrong(world, objected) < wrong(world, belief)


def test_perfect_visits_to_everybody_leave_no_error() -> None:
    world, belief = begun()
    after = steps.visit(world, belief, steps.candidates(belief), perfect=True)
    assert wrong(world, after) == 0
    assert after.visits == pytest.approx(world.study.weight.sum())


def test_a_visit_does_not_reveal_consumption_exactly() -> None:
    given = replace(PLAIN, visit_noise=0.25)
    world, belief = begun(given, villages=100, size=40)
    assert world.noise == pytest.approx(0.5 * world.study.welfare.std())
    after = steps.visit(world, belief, steps.candidates(belief))
    assert 0.1 < wrong(world, after) < wrong(world, belief)
    off = np.abs(after.estimate - world.study.welfare).mean()
    assert off < np.abs(belief.estimate - world.study.welfare).mean()
    assert off < np.abs(world.readings - world.study.welfare).mean()  # two sources beat one
    assert (after.spread < belief.spread).all()
    honest = (after.estimate - world.study.welfare).std() / after.spread.mean()
    assert honest == pytest.approx(1, abs=0.05)


def test_nobody_is_visited_twice() -> None:
    world, belief = begun()
    everyone = steps.candidates(belief)
    once = steps.visit(world, belief, everyone)
    twice = steps.visit(world, once, everyone)
    assert twice.visits == once.visits
    assert (twice.estimate == once.estimate).all()
    assert not steps.candidates(once).any()


@pytest.mark.parametrize(("village_sd", "least"), [(0.4, 0.02), (0.0, -0.01)])
def test_checks_teach_about_villages_where_villages_differ(village_sd: float, least: float) -> None:
    brought = []
    for seed in range(4):
        world, belief = begun(seed=seed, villages=60, size=30, village_sd=village_sd)
        visited = np.random.default_rng(seed).random(len(world.study)) < 0.2
        plain = steps.visit(world, belief, visited)
        taught = steps.learn_villages(world, belief, visited)
        assert taught.visits == plain.visits
        brought.append(wrong(world, plain) - wrong(world, taught))
    assert np.mean(brought) > least


def test_what_villages_teach_says_how_sure_it_is() -> None:
    world, belief = begun(villages=120, size=25, village_sd=0.4)
    visited = np.random.default_rng(1).random(len(world.study)) < 0.3
    taught = steps.learn_villages(world, belief, visited)
    for some in (visited, ~visited):
        surprise = (world.study.welfare - taught.estimate)[some] / taught.spread[some]
        assert surprise.std() == pytest.approx(1, abs=0.1)


def with_gaps() -> tuple[steps.World, steps.Belief]:
    """A tenth of the families could not be scored."""
    made = columns(
        1, villages=40, size=20, regions=4, score_sd=0.5, village_sd=0.0, own_sd=0.4,
        weights=(1, 1), persons=False,
    )  # fmt: skip
    for part in ("score", "low", "high"):
        made[part] = np.where(np.arange(800) % 10 == 0, np.nan, made[part])
    study = policy_study.make(**made)
    world = steps.begin(study, PLAIN, village_variance(study), np.random.default_rng(2))
    return world, steps.score_alone(world)


def test_who_cannot_be_scored_is_not_listed_unseen_and_is_visited_first() -> None:
    world, belief = with_gaps()
    unscored = ~world.study.scored
    assert unscored.sum() == 80
    assert not (steps.chosen(world, belief, PLAIN) & unscored).any()
    worth = steps.worth_of_visits(world, belief, PLAIN, 0.0)
    assert set(np.argsort(-worth)[:80]) == set(np.flatnonzero(unscored))
    seen = steps.visit(world, belief, unscored, perfect=True)
    listed = steps.chosen(world, seen, PLAIN)
    assert (listed & unscored).sum() > 20
    assert wrong(world, seen) < wrong(world, belief)
    assert np.isfinite(steps.worth_of_visits(world, seen, PLAIN, 0.0)).all()


shares = st.floats(0, 1)


@settings(max_examples=40)
@given(shares, shares, shares, shares, shares, shares, st.integers(0, 99))
def test_the_quota_is_never_exceeded_and_nobody_barred_or_unknown_is_listed(  # noqa: PLR0917
    poorest: float, richest: float, cover: float, error: float, wrongly: float, rightly: float,
    seed: int,
) -> None:  # fmt: skip
    given = Assumptions(
        registered_poorest=poorest, registered_richest=richest, register_coverage=cover,
        register_error=error, appeal_wrong=wrongly, appeal_right=rightly,
        objection_wrong=wrongly, objection_right=rightly,
    )  # fmt: skip
    world, belief = begun(given, seed=seed, villages=6, size=10, regions=2, weights=(1, 3))
    rng = np.random.default_rng(seed)
    study = world.study
    places = 0.4 * np.bincount(study.region, weights=study.mass)
    for step in (steps.register, steps.match, steps.appeal, steps.object_to):
        belief = step(world, belief, given, rng)
        listed = steps.chosen(world, belief, given)
        filled = np.bincount(study.region, weights=study.mass * listed)
        assert (filled <= places + study.mass.max()).all()
        assert not (listed & (belief.barred | ~belief.registered)).any()
        found = steps.outcome(world, belief, given)
        for one in (found.quota, found.line):
            assert 0 <= one.exclusion <= 1
            assert 0 <= one.inclusion <= 1
