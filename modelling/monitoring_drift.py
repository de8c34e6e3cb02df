"""Have the answers drifted away from those of the survey that the model was trained on?

The population stability index is the usual measure; below 0.10 little has changed, above 0.25
much has (rule of thumb of credit scoring: Siddiqi, Credit Risk Scorecards, 2006). Few families
give large values by chance, so an alarm also asks that the index be beyond chance: with n families
against m of the survey, index x n x m / (n + m) follows about the chi-square law (Yurdakul and
Naranjo, Journal of Risk Model Validation 14(4), 2020).
"""

from __future__ import annotations

import bisect
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from modelling.monitoring_multiplicity import benjamini_hochberg

MISSING = "(missing)"
OTHER = "(other)"
BINS = 10


@dataclass(frozen=True, slots=True)
class Training:
    """How a variable's answers lay in the training survey, in one region or in all.

    Attributes:
        variable, region: region "" is the whole survey.
        families: of the survey who answered or left it out.
        edges: of a number: bins are up to edges[0], up to edges[1], ..., above the last; None for
            a category.
        shares: bin -> share; a number's bins are "0", "1", ...; MISSING may be among them.
    """

    variable: str
    region: str
    families: int
    edges: tuple[float, ...] | None
    shares: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Drift:
    """How far a variable has moved.

    Attributes:
        families: who answer now; psi: population stability index.
        strange: share of answers that the survey never had.
        p: chance of such an index without any drift; adjusted: over all compared.
        largest: the bin that moved most, with its share then and now.
    """

    variable: str
    region: str
    families: int
    psi: float
    strange: float
    p: float
    adjusted: float
    largest: tuple[str, float, float]


def describe(
    variable: str, region: str, answers: Sequence[str], weight: Sequence[float], *, number: bool
) -> Training:
    """How answers lie, in bins that a later cycle can be put into.

    Args:
        variable, region: their names.
        answers: texts; empty ones are missing.
        weight: of each family.
        number: cut into tenths; otherwise every answer is its own bin.
    """
    edges = _tenths(answers, weight) if number else None
    masses: dict[str, float] = {}
    for text, mass in zip(answers, weight, strict=True):
        place = _bin(text, edges)
        masses[place] = masses.get(place, 0.0) + mass
    total = sum(masses.values())
    shares = {place: mass / total for place, mass in masses.items()}
    return Training(variable, region, len(answers), edges, shares)


def drifts(
    training: Sequence[Training],
    answers: Mapping[str, Sequence[str]],
    region: Sequence[str],
    *,
    least: int,
    design_effect: float,
    weight: Sequence[float] | None = None,
    effect_now: float = 1.0,
) -> list[Drift]:
    """Compare answers with training, each variable over all and in each region that has both.

    Args:
        training: what to compare with.
        answers: variable -> texts, one a family.
        region: of each family.
        least: fewer families than this are not compared.
        design_effect: by how much a survey of villages knows less than its families count.
        weight: of each family, where these are of a survey too; None counts each once.
        effect_now: the design effect of these families.
    """
    weight = [1.0] * len(region) if weight is None else weight
    found: list[tuple[Training, int, float, float, float, tuple[str, float, float]]] = []
    for one in training:
        if one.variable not in answers:
            continue
        whole = zip(answers[one.variable], weight, region, strict=True)
        here = [(text, mass) for text, mass, place in whole if one.region in {"", place}]
        if len(here) >= least:
            known = one.families / design_effect
            found.append((one, len(here), *_compared(one, here, known, len(here) / effect_now)))
    adjusted = benjamini_hochberg([row[4] for row in found])
    return sorted(
        (
            Drift(one.variable, one.region, families, psi, strange, p, float(q), largest)
            for (one, families, psi, strange, p, largest), q in zip(found, adjusted, strict=True)
        ),
        key=lambda drift: (-drift.psi, drift.variable, drift.region),
    )


def _compared(
    one: Training, here: Sequence[tuple[str, float]], known: float, families: float
) -> tuple[float, float, float, tuple[str, float, float]]:
    """Index, share of strange answers, chance, and the bin that moved most."""
    counts = _count(one, here, families)
    bins = [*one.shares, *([OTHER] if OTHER in counts else [])]
    # Half a family in every bin keeps an empty one from weighing without end.
    then = np.array([one.shares.get(b, 0.0) * known + 0.5 for b in bins])
    now = np.array([counts.get(b, 0.0) + 0.5 for b in bins])
    then, now = then / then.sum(), now / now.sum()
    parts = (now - then) * np.log(now / then)
    psi = float(parts.sum())
    freedom = max(1, len(bins) - 1)
    p = float(stats.chi2.sf(psi * families * known / (families + known), freedom))
    most = int(np.argmax(parts))
    largest = (_bin_name(bins[most], one.edges), float(then[most]), float(now[most]))
    return psi, counts.get(OTHER, 0.0) / families, p, largest


def _count(one: Training, here: Sequence[tuple[str, float]], families: float) -> dict[str, float]:
    """So many families, by weight, in the bins of training; what is in none of them is OTHER."""
    counts: dict[str, float] = {}
    for text, mass in here:
        place = _bin(text, one.edges)
        if place not in one.shares:
            place = OTHER
        counts[place] = counts.get(place, 0.0) + mass
    share = families / (sum(counts.values()) or 1.0)
    return {place: mass * share for place, mass in counts.items()}


def _tenths(answers: Sequence[str], weight: Sequence[float]) -> tuple[float, ...]:
    """Answers at which a tenth more of the weight is passed; not the largest, nothing is above."""
    known = sorted((float(text), mass) for text, mass in zip(answers, weight, strict=True) if text)
    total = sum(mass for _, mass in known)
    passed, edges = 0.0, set[float]()
    for value, mass in known:
        before, passed = passed, passed + mass
        if int(BINS * before / total) < int(BINS * passed / total + 1e-9) and value < known[-1][0]:
            edges.add(value)
    return tuple(sorted(edges))


def _bin(text: str, edges: tuple[float, ...] | None) -> str:
    if text == "":
        return MISSING
    return text if edges is None else _number_bin(text, edges)


def _number_bin(text: str, edges: tuple[float, ...]) -> str:
    try:
        value = float(text)
    except ValueError:
        return OTHER
    if not math.isfinite(value):
        return OTHER
    return str(bisect.bisect_left(edges, value))


def _bin_name(name: str, edges: tuple[float, ...] | None) -> str:
    if edges is None or name in {MISSING, OTHER} or not edges:
        return name
    place = int(name)
    if place == 0:
        return f"up to {edges[0]:g}"
    if place == len(edges):
        return f"above {edges[-1]:g}"
    return f"{edges[place - 1]:g} to {edges[place]:g}"
