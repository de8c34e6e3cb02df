"""The steps of a policy: registration, register matching, appeals, objections, ground checks.

Each step changes what is believed of some families; then the quota is filled again in order of
belief. Whoever is not registered cannot be chosen and, if eligible, counts as excluded.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from modelling import policy_visits as visiting
from modelling.policy_assumptions import Assumptions
from modelling.policy_errors import Errors, errors, poorest, true_line
from modelling.policy_study import Marks, Numbers, Study

LEAST_VARIANCE = 1e-12  # of a surprise, when a score claims no error and a visit makes none


@dataclass(frozen=True, slots=True)
class World:
    """The truth, and the luck that falls on everybody once.

    Attributes:
        study: the families.
        eligible: truly the poorest share of their region.
        line: the one line of all regions under which the quota of families truly lives.
        ranks: true rank in the region, 0 poorest to 1.
        noise: standard deviation of a visit's reading around true welfare.
        readings: what a visit would find.
        village_variance: between villages, of what the model leaves unexplained.
    """

    study: Study
    eligible: Marks
    line: float
    ranks: Numbers
    noise: float
    readings: Numbers
    village_variance: float


@dataclass(frozen=True, slots=True)
class Belief:
    """What the region knows after some steps.

    Attributes:
        estimate, spread: of each family's welfare.
        registered: who is known at all.
        barred: refused because a register shows means; an upheld appeal lifts it.
        checked: visited, for a ground check, an appeal or an objection.
        visits: visits so far, in families of the survey's weights.
    """

    estimate: Numbers
    spread: Numbers
    registered: Marks
    barred: Marks
    checked: Marks
    visits: float


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a policy stands: errors at the quota and at the fixed line, registered, visits."""

    quota: Errors
    line: Errors
    registered: float
    visits: float


def begin(
    study: Study, given: Assumptions, village_variance: float, rng: np.random.Generator
) -> World:
    """The truth of a study, and the readings that visits would find."""
    eligible = poorest(study.welfare, study.mass, study.region, given.quota)
    deviation = study.welfare - np.average(study.welfare, weights=study.weight)
    variance = float(np.average(deviation**2, weights=study.weight))
    noise = float(np.sqrt(given.visit_noise * variance))
    return World(
        study=study,
        eligible=eligible,
        line=true_line(study.welfare, study.mass, given.quota),
        ranks=_ranks(study),
        noise=noise,
        readings=study.welfare + noise * rng.standard_normal(len(study)),
        village_variance=village_variance,
    )


def score_alone(world: World) -> Belief:
    """Everybody registered, nothing known but the model's score."""
    nobody = np.zeros(len(world.study), dtype=bool)
    return Belief(world.study.score, world.study.spread, ~nobody, nobody, nobody, 0.0)


def chance_registered(world: World, given: Assumptions) -> Numbers:
    """Each family's chance to be registered: straight from the poorest to the richest."""
    slope = given.registered_richest - given.registered_poorest
    chance: Numbers = given.registered_poorest + slope * world.ranks
    return chance


def register(world: World, belief: Belief, given: Assumptions, rng: np.random.Generator) -> Belief:
    """Leave out the families who are not registered."""
    chance = chance_registered(world, given)
    return replace(belief, registered=rng.random(len(chance)) < chance)


def match(world: World, belief: Belief, given: Assumptions, rng: np.random.Generator) -> Belief:
    """Bar the families whom a register shows to have means, rightly or wrongly."""
    above = world.ranks > given.register_line
    chance = np.where(above, given.register_coverage, given.register_error)
    return replace(belief, barred=belief.registered & (rng.random(len(chance)) < chance))


def appeal(world: World, belief: Belief, given: Assumptions, rng: np.random.Generator) -> Belief:
    """Some who were refused appeal, and are visited; the visit also lifts a register's bar."""
    refused = belief.registered & ~chosen(world, belief, given)
    chance = np.where(world.eligible, given.appeal_wrong, given.appeal_right)
    filed = refused & (rng.random(len(chance)) < chance)
    return visit(world, replace(belief, barred=belief.barred & ~filed), filed)


def object_to(world: World, belief: Belief, given: Assumptions, rng: np.random.Generator) -> Belief:
    """Somebody objects to some who are listed, and those are visited."""
    listed = chosen(world, belief, given)
    chance = np.where(world.eligible, given.objection_right, given.objection_wrong)
    return visit(world, belief, listed & (rng.random(len(chance)) < chance))


def worth_of_visits(world: World, belief: Belief, given: Assumptions, noise: float) -> Numbers:
    """What a visit to each family is expected to put right, from what is believed alone.

    Whom the model could not score is visited before all others: without a visit nothing is known.
    """
    study, able = world.study, listable(world, belief)
    lines = visiting.expected_lines(
        belief.estimate, belief.spread, study.mass * able, study.region, given.quota
    )
    line = lines[study.region]
    listed = chosen(world, belief, given)
    p = visiting.p_under(belief.estimate, belief.spread, line)
    next_in, last_in = visiting.edges(p, belief.estimate, study.region, listed, able & ~listed)
    gained = visiting.gain(
        belief.estimate,
        belief.spread,
        line,
        noise=noise,
        chosen=listed,
        next_in=next_in[study.region],
        last_in=last_in[study.region],
    )
    worth: Numbers = gained * study.mass / study.weight
    return np.where(study.scored | belief.checked, worth, np.inf)


def candidates(belief: Belief) -> Marks:
    """Who can get a ground check: on the list of registered, not barred, not yet visited."""
    return belief.registered & ~belief.barred & ~belief.checked


def listable(world: World, belief: Belief) -> Marks:
    """Who can be on the list: registered, not barred, and scored or seen."""
    known = world.study.scored | belief.checked
    listed: Marks = belief.registered & ~belief.barred & known
    return listed


def visit(world: World, belief: Belief, visited: Marks, *, perfect: bool = False) -> Belief:
    """Weigh what visits found against what was believed, each by its certainty.

    A perfect visit finds the truth. A family visited before is not visited again.
    """
    fresh = visited & ~belief.checked
    noise = 0.0 if perfect else world.noise
    found = world.study.welfare if perfect else world.readings
    certain = belief.spread**2 + noise**2
    trust = np.where(certain > 0, belief.spread**2 / np.where(certain > 0, certain, 1.0), 0.0)
    moved = belief.estimate + trust * (found - belief.estimate)
    return replace(
        belief,
        estimate=np.where(fresh, moved, belief.estimate),
        spread=np.where(fresh, belief.spread * np.sqrt(1 - trust), belief.spread),
        checked=belief.checked | fresh,
        visits=belief.visits + float(world.study.weight[fresh].sum()),
    )


def learn_villages(world: World, belief: Belief, visited: Marks) -> Belief:
    """Let ground checks teach about the other families of their villages (empirical Bayes).

    The visits' surprises share a part by village; it is estimated, shrunk, and added to everybody
    there. Families visited on appeal or objection are left out: who appeals is no sample.

    Args:
        visited: the ground checks, whose beliefs are still as before those visits.
    """
    study, share = world.study, world.village_variance
    if share <= 0 or not visited.any():
        return visit(world, belief, visited)
    rows = np.flatnonzero(visited)
    own = np.maximum(belief.spread**2 - share, 0.05 * belief.spread**2)
    certainty = 1 / np.maximum(own[rows] + world.noise**2, LEAST_VARIANCE)
    surprise = (world.readings - belief.estimate)[rows]
    villages = int(study.village.max()) + 1
    pulled = np.bincount(study.village[rows], weights=surprise * certainty, minlength=villages)
    held = np.bincount(study.village[rows], weights=certainty, minlength=villages) + 1 / share
    effect, left = (pulled / held)[study.village], (1 / held)[study.village]
    better = replace(
        belief,
        estimate=np.where(belief.checked, belief.estimate, belief.estimate + effect),
        spread=np.where(visited, np.sqrt(own), np.sqrt(own + left)),
    )
    better = replace(better, spread=np.where(belief.checked, belief.spread, better.spread))
    return visit(world, better, visited)


def chosen(world: World, belief: Belief, given: Assumptions) -> Marks:
    """Who is on the list: the poorest by belief of the registered and not barred, by quota."""
    study, able = world.study, listable(world, belief)
    return poorest(belief.estimate, study.mass, study.region, given.quota, able)


def outcome(world: World, belief: Belief, given: Assumptions) -> Outcome:
    """How wrong the list is now, by quota and by fixed line."""
    study = world.study
    below = listable(world, belief) & (belief.estimate <= world.line)
    return Outcome(
        quota=errors(world.eligible, chosen(world, belief, given), study.mass),
        line=errors(study.welfare <= world.line, below, study.mass),
        registered=float(study.weight[belief.registered].sum()),
        visits=belief.visits,
    )


def _ranks(study: Study) -> Numbers:
    """True rank in the region by mass, from 0 (poorest) to 1; the middle of each family."""
    order = np.lexsort((study.welfare, study.region))
    sizes = np.bincount(study.region, weights=study.mass)
    starts = np.concatenate([[0.0], np.cumsum(sizes)[:-1]])
    ranks = np.zeros(len(study))
    running = np.cumsum(study.mass[order]) - study.mass[order] / 2
    here = study.region[order]
    ranks[order] = (running - starts[here]) / sizes[here]
    return ranks
