"""Play a policy many times, on the survey and on villages drawn from it anew.

Figures are means over plays on the survey itself; intervals come from plays on resampled
villages, so that they hold both the luck of the sample and the luck of the play.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from modelling import policy_steps as steps
from modelling import policy_visits as visiting
from modelling.policy_assumptions import Assumptions
from modelling.policy_study import Study, resample, village_variance

STEPS = (
    "model alone, everyone registered",
    "registration gaps",
    "register matching",
    "appeals",
    "objections",
    "ground checks, mixed",
    "what checks teach about villages",
)
BEFORE_CHECKS = 4  # the place of the last step before ground checks
MEASURES = ("exclusion", "inclusion", "line_exclusion", "line_inclusion", "registered", "visits")
TAIL = 0.025


@dataclass(frozen=True, slots=True)
class Rule:
    """A way of choosing ground checks: its name, its random share, and what visits can do."""

    name: str
    random_share: float
    perfect: bool = False
    villages: bool = False


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure with its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Step:
    """A row of the table of steps: its measures, and the change from the row before."""

    name: str
    measures: dict[str, Estimate]
    change: Estimate | None


@dataclass(frozen=True, slots=True)
class Point:
    """A point of a curve: checks as a share of registered families, and the measures."""

    share: float
    measures: dict[str, Estimate]


@dataclass(frozen=True, slots=True)
class Simulation:
    """What came of it.

    Attributes:
        steps: errors after each step, each on top of the ones before.
        curves: by rule's name, errors against ground checks.
        families: in the survey, by weight; counts scale with it.
        unregistered: share of the eligible who are not registered; no list can go below it.
        village_variance, noise: what was found and used, on the scale of the score.
        calibration: (mean p, share truly eligible, families) by tenths of p.
    """

    steps: list[Step]
    curves: dict[str, list[Point]]
    families: float
    unregistered: float
    village_variance: float
    noise: float
    calibration: list[tuple[float, float, int]]


def rules(random_share: float) -> tuple[Rule, ...]:
    """The ways compared: by risk, mixed, at random; what villages teach; and the upper bound."""
    return (
        Rule("by risk", 0.0),
        Rule("mixed", random_share),
        Rule("at random", 1.0),
        Rule("mixed, checks teach about villages", random_share, villages=True),
        Rule("by risk, perfect visits (upper bound)", 0.0, perfect=True),
    )


def simulate(
    study: Study,
    given: Assumptions,
    *,
    shares: Sequence[float],
    draws: int,
    replicates: int,
    seed: int,
    say: Callable[[str], None],
) -> Simulation:
    """Play the policy `draws` times on the survey and `replicates` times on drawn villages.

    Args:
        study: the families.
        given: the assumptions, in range.
        shares: ground checks as shares of registered families, rising.
        draws, replicates: at least 1; how often.
        seed: the same seed gives the same figures.
        say: told how far it is.
    """
    between = village_variance(study)
    rng = np.random.default_rng(seed)
    drawn = np.array([_play(study, given, shares, between, rng) for _ in range(draws)])
    say(f"played {draws} times on the survey")
    again = []
    for number in range(replicates):
        again.append(_play(resample(study, rng), given, shares, between, rng))
        if (number + 1) % 50 == 0:
            say(f"played {number + 1} of {replicates} times on drawn villages")
    world = steps.begin(study, given, between, np.random.default_rng(seed))
    return Simulation(
        steps=_steps(drawn, np.array(again)),
        curves=_curves(drawn, np.array(again), shares, given),
        families=float(study.weight.sum()),
        unregistered=float(
            1
            - np.average(
                steps.chance_registered(world, given)[world.eligible],
                weights=study.mass[world.eligible],
            )
        ),
        village_variance=between,
        noise=world.noise,
        calibration=_calibration(world, given),
    )


def reach(curve: Sequence[Point], target: float, measure: str = "exclusion") -> float | None:
    """The smallest share of checks at which a curve comes down to the target; None if never.

    Between two points it runs straight.
    """
    before: tuple[float, float] | None = None
    for point in curve:
        value = point.measures[measure].value
        if value <= target:
            if before is None:
                return point.share
            return before[0] + (point.share - before[0]) * (before[1] - target) / (
                before[1] - value
            )
        before = (point.share, value)
    return None


def _play(
    study: Study,
    given: Assumptions,
    shares: Sequence[float],
    between: float,
    rng: np.random.Generator,
) -> NDArray[np.float64]:
    """One play: rows are the steps, then every rule at every share; columns the measures."""
    world = steps.begin(study, given, between, rng)
    belief = steps.score_alone(world)
    rows = [_measured(world, belief, given)]
    for step in (steps.register, steps.match, steps.appeal, steps.object_to):
        belief = step(world, belief, given, rng)
        rows.append(_measured(world, belief, given))
    registered = study.weight[belief.registered].sum()
    worth = {
        perfect: steps.worth_of_visits(world, belief, given, 0.0 if perfect else world.noise)
        for perfect in (False, True)
    }

    def checked(rule: Rule, share: float) -> NDArray[np.float64]:
        visits = visiting.choose(
            worth[rule.perfect],
            study.weight,
            share * registered,
            random_share=rule.random_share,
            candidates=steps.candidates(belief),
            stratum=study.region,
            rng=rng,
        ).visited
        if rule.villages:
            return _measured(world, steps.learn_villages(world, belief, visits), given)
        after = steps.visit(world, belief, visits, perfect=rule.perfect)
        return _measured(world, after, given)

    mixed = Rule("", given.random_share)
    rows.append(checked(mixed, given.budget))
    rows.append(checked(replace(mixed, villages=True), given.budget))
    rows += [checked(rule, share) for rule in rules(given.random_share) for share in shares]
    return np.array(rows)


def _measured(world: steps.World, belief: steps.Belief, given: Assumptions) -> NDArray[np.float64]:
    found = steps.outcome(world, belief, given)
    return np.array(
        [
            found.quota.exclusion,
            found.quota.inclusion,
            found.line.exclusion,
            found.line.inclusion,
            found.registered,
            found.visits,
        ]
    )


def _steps(drawn: NDArray[np.float64], again: NDArray[np.float64]) -> list[Step]:
    made = []
    for place, name in enumerate(STEPS):
        change = None
        if place:
            change = _estimate(
                drawn[:, place, 0] - drawn[:, place - 1, 0],
                again[:, place, 0] - again[:, place - 1, 0],
            )
        made.append(Step(name, _row(drawn, again, place), change))
    return made


def _curves(
    drawn: NDArray[np.float64],
    again: NDArray[np.float64],
    shares: Sequence[float],
    given: Assumptions,
) -> dict[str, list[Point]]:
    place = len(STEPS)
    curves: dict[str, list[Point]] = {}
    for rule in rules(given.random_share):
        curves[rule.name] = [
            Point(share, _row(drawn, again, place + number)) for number, share in enumerate(shares)
        ]
        place += len(shares)
    return curves


def _row(drawn: NDArray[np.float64], again: NDArray[np.float64], place: int) -> dict[str, Estimate]:
    return {
        measure: _estimate(drawn[:, place, column], again[:, place, column])
        for column, measure in enumerate(MEASURES)
    }


def _estimate(drawn: NDArray[np.float64], again: NDArray[np.float64]) -> Estimate:
    low, high = np.quantile(again, [TAIL, 1 - TAIL])
    value = float(drawn.mean())
    return Estimate(value, min(value, float(low)), max(value, float(high)))


def _calibration(world: steps.World, given: Assumptions) -> list[tuple[float, float, int]]:
    """How often families were truly eligible, by tenths of the probability given to them."""
    study = world.study
    lines = visiting.expected_lines(
        study.score, study.spread, study.mass * study.scored, study.region, given.quota
    )
    p = visiting.p_under(study.score, study.spread, lines[study.region])
    tenth = np.where(study.scored, np.minimum((10 * p).astype(int), 9), -1)
    made = []
    for place in range(10):
        here = tenth == place
        if here.any():
            mass = study.mass[here]
            made.append(
                (
                    float(np.average(p[here], weights=mass)),
                    float(np.average(world.eligible[here], weights=mass)),
                    int(here.sum()),
                )
            )
    return made
