"""Declared against checked: which questions are gamed, and at which agents it is more than chance.

Honest slips go both ways. A question whose answers are declared poorer than found more often than
richer is gamed, or asked badly (exact sign test on the answers that differ, as McNemar's). An
agent is told only when families recorded by that agent declared poorer than found more often than
families of other agents of the same regions, so often that chance would hardly do it for any
agent at all. That is a reason to look, never a proof: see docs/policy.md.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from modelling.monitoring_multiplicity import benjamini_hochberg, holm

POORER, SAME, RICHER = -1, 0, 1


@dataclass(frozen=True, slots=True)
class Pair:
    """One answer of one family, declared and found; `side` says how the declared one lies."""

    family: str
    question: str
    side: int


@dataclass(frozen=True, slots=True)
class Question:
    """How a question's declared answers lie to what was found.

    Attributes:
        families: with both answers; poorer, richer: of them, declared poorer or richer than found.
        p: chance of so lopsided an outcome from honest slips; adjusted: over all questions.
    """

    name: str
    families: int
    poorer: int
    richer: int
    p: float
    adjusted: float


@dataclass(frozen=True, slots=True)
class Agent:
    """How often an agent's families declared something poorer than found.

    Attributes:
        families: checked; poorer: of them, with at least one answer declared poorer than found.
        expected: of them, had they been like families of all agents in their regions.
        p: chance of as many or more; adjusted: over all agents told of.
    """

    name: str
    families: int
    poorer: int
    expected: float
    p: float
    adjusted: float


def questions(pairs: Sequence[Pair], least: int) -> list[Question]:
    """Judge every question with at least `least` families, the most lopsided first."""
    sides: dict[str, Counter[int]] = defaultdict(Counter)
    for pair in pairs:
        sides[pair.question][pair.side] += 1
    kept = sorted(name for name, counted in sides.items() if counted.total() >= least)
    p = [
        float(
            stats.binom.sf(sides[name][POORER] - 1, sides[name][POORER] + sides[name][RICHER], 0.5)
        )
        for name in kept
    ]
    found = [
        Question(
            name,
            sides[name].total(),
            sides[name][POORER],
            sides[name][RICHER],
            p[place],
            float(adjusted),
        )
        for place, (name, adjusted) in enumerate(zip(kept, benjamini_hochberg(p), strict=True))
    ]
    return sorted(found, key=lambda one: (one.p, one.name))


def agents(
    pairs: Sequence[Pair], agent: Mapping[str, str], region: Mapping[str, str], least: int
) -> list[Agent]:
    """Judge every agent with at least `least` checked families, the least likely first.

    Within each region the families who declared something poorer could have been anybody's; so
    many of them at one agent follow the hypergeometric law, and the sum over regions its
    convolution (exact, conditional on each region's count).

    Args:
        pairs: answers of checked families.
        agent, region: of each family.
        least: fewer families than this tell nothing of an agent.
    """
    gamed: dict[str, bool] = defaultdict(bool)
    for pair in pairs:
        gamed[pair.family] |= pair.side == POORER
    here: dict[str, Counter[str]] = defaultdict(Counter)
    hits: dict[str, Counter[str]] = defaultdict(Counter)
    for family, hit in gamed.items():
        place, who = region[family], agent[family]
        here[place][who] += 1
        hits[place][who] += hit
    total: Counter[str] = sum(here.values(), Counter())
    kept = sorted(name for name, families in total.items() if families >= least)
    judged = [_judged(name, here, hits) for name in kept]
    adjusted = holm([p for _, _, p in judged])
    found = [
        Agent(name, total[name], poorer, expected, p, float(adjusted[place]))
        for place, (name, (poorer, expected, p)) in enumerate(zip(kept, judged, strict=True))
    ]
    return sorted(found, key=lambda one: (one.p, one.name))


def _judged(
    name: str, here: Mapping[str, Counter[str]], hits: Mapping[str, Counter[str]]
) -> tuple[int, float, float]:
    """Families of one agent who declared poorer, how many were expected, and the chance."""
    law: NDArray[np.float64] = np.ones(1)
    poorer, expected = 0, 0.0
    for place in sorted(here):
        own, all_families, all_hits = here[place][name], here[place].total(), hits[place].total()
        if not own:
            continue
        law = np.convolve(law, stats.hypergeom.pmf(np.arange(own + 1), all_families, all_hits, own))
        poorer += hits[place][name]
        expected += own * all_hits / all_families
    return poorer, expected, float(min(1.0, law[poorer:].sum()))
