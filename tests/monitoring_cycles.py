"""Invented populations whose errors are known, and ground checks drawn from them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from modelling.monitoring_errors import Checks


@dataclass
class Population:
    """Families with the truth: region, village, listed, eligible."""

    region: np.ndarray
    village: np.ndarray
    listed: np.ndarray
    eligible: np.ndarray

    @property
    def exclusion(self) -> float:
        return float(1 - self.listed[self.eligible].mean())

    @property
    def inclusion(self) -> float:
        return float(1 - self.eligible[self.listed].mean())


def population(
    seed: int,
    *,
    families: int = 4000,
    villages: int = 80,
    exclusion: float = 0.2,
    spread: float = 0,
) -> Population:
    """40 % are eligible; `exclusion` of them are not listed, in some villages more by `spread`."""
    rng = np.random.default_rng(seed)
    village = rng.integers(0, villages, families)
    eligible = rng.random(families) < 0.4
    miss = np.clip(exclusion + spread * rng.standard_normal(villages), 0, 1)[village]
    listed = np.where(eligible, rng.random(families) >= miss, rng.random(families) < 0.15)
    return Population(village % 4, village, listed, eligible)


def checked(
    people: Population,
    rows: np.ndarray,
    probability: np.ndarray,
    stratum: np.ndarray,
    **more: object,
) -> Checks:
    """Checks of some rows of a population; `village` True when villages were drawn."""
    ids = [f"f{row}" for row in rows]
    unit = [f"v{people.village[row]}" for row in rows] if more.get("village") else ids
    return Checks(
        ids=ids,
        region=[f"R{people.region[row]}" for row in rows],
        agent=[f"A{row % 7}" for row in rows],
        stratum=[str(stratum[row]) for row in rows],
        unit=unit,
        probability=probability[rows],
        listed=people.listed[rows],
        eligible=people.eligible[rows],
    )


def drawn(people: Population, rng: np.random.Generator, sizes: list[int]) -> Checks:
    """So many families of each region, each equally likely."""
    rows, probability = [], np.zeros(len(people.region))
    for region, number in enumerate(sizes):
        here = np.flatnonzero(people.region == region)
        probability[here] = number / len(here)
        rows.append(rng.choice(here, number, replace=False))
    return checked(people, np.concatenate(rows), probability, people.region)


def risk_and_random(people: Population, rng: np.random.Generator, risk: int, some: int) -> Checks:
    """The likeliest wrong ones surely, and some of the others at random."""
    wrong = people.eligible != people.listed
    order = np.argsort(-(wrong + rng.random(len(wrong))), kind="stable")
    first, rest = order[:risk], order[risk:]
    probability = np.full(len(wrong), some / len(rest))
    probability[first] = 1.0
    stratum = np.where(probability == 1, "risk", "random")
    rows = np.concatenate([first, rng.choice(rest, some, replace=False)])
    return checked(people, rows, probability, stratum)


def villages_drawn(people: Population, rng: np.random.Generator, number: int) -> Checks:
    """Whole villages, so many of all."""
    names = np.unique(people.village)
    some = rng.choice(names, number, replace=False)
    rows = np.flatnonzero(np.isin(people.village, some))
    probability = np.full(len(people.region), number / len(names))
    return checked(people, rows, probability, np.zeros(len(people.region)), village=True)
