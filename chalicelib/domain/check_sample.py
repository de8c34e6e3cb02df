"""The random sample of families that are visited whatever anybody thinks of them.

A month's seed is committed to while its decisions are still being made, in the ledger; when the
month is over the population (all families whose last decision of the month stood at its end) is
fixed by its hash, and the lottery of `lottery` draws so many of it, without replacement. So nobody
could know while deciding who would be visited, nobody could choose afterwards, and each family's
chance is known: `drawn` of `families`. Whoever has the seed and the population draws the same.
"""

from __future__ import annotations

import hashlib
import heapq
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from chalicelib.domain import audit, lottery
from chalicelib.domain.audit import Act, Event, Head
from chalicelib.domain.errors import Fault, WrongState
from chalicelib.domain.registration import Ref, Stamp


@dataclass(frozen=True, slots=True)
class Sample:
    """The draw of a month.

    Attributes:
        ref: region (four digits) and own locator, which names its chain.
        occasion: "3510 2026-11".
        commitment: of the seed, told before the month is over.
        seed: 32 bytes; b"" before the draw, since what is stored may be read.
        population: SHA-256 of the locators of all that could be drawn; "" before the draw.
        families, drawn: how many they were, and how many of them are visited.
        head, salt: of its chain.
        at: when it was drawn (ms, UTC); 0 for not yet.
    """

    ref: Ref
    version: int
    occasion: str
    commitment: str
    head: Head
    salt: bytes
    seed: bytes = b""
    population: str = ""
    families: int = 0
    drawn: int = 0
    at: int = 0


def begin(ref: Ref, occasion: str, seed: bytes, stamp: Stamp) -> tuple[Sample, Event]:
    """Commit to the seed of an occasion."""
    commitment = lottery.commit(seed, occasion)
    head = audit.first_head(ref.locator)
    blank = Sample(ref, 0, occasion, commitment, head, stamp.salt)
    details = {"occasion": occasion, "commitment": commitment}
    return _step(blank, Act.SAMPLE_COMMITTED, stamp, details)


def draw(
    sample: Sample, seed: bytes, families: Iterable[str], count: int, stamp: Stamp
) -> tuple[Sample, Event, tuple[str, ...]]:
    """Draw so many families of the population.

    Args:
        seed: the one that was committed to.
        families: locators, in any order.

    Returns:
        The sample as it becomes, its event, and who is visited, in the order of their draws.

    Raises:
        WrongState: it was drawn.
        ValueError: another seed.
    """
    if sample.at:
        raise WrongState(Fault("sample_drawn"))
    if not lottery.opens(sample.commitment, seed, sample.occasion):
        raise ValueError("another seed than the one that was committed to")
    known = sorted(set(families))
    population = population_of(known)
    chosen = _lowest(seed, population, known, count)
    moved = replace(
        sample,
        seed=seed,
        population=population,
        families=len(known),
        drawn=len(chosen),
        at=stamp.at,
    )
    details = {
        "occasion": sample.occasion,
        "seed": seed.hex(),
        "population": population,
        "families": len(known),
        "drawn": len(chosen),
    }
    return *_step(moved, Act.SAMPLE_DRAWN, stamp, details), chosen


def again(sample: Sample, families: Iterable[str]) -> tuple[str, ...]:
    """Who was drawn, from the same families; the same as then.

    Raises:
        ValueError: these are not the families that it was drawn from.
    """
    known = sorted(set(families))
    if population_of(known) != sample.population:
        raise ValueError("another population than the sample was drawn from")
    return _lowest(sample.seed, sample.population, known, sample.drawn)


def population_of(families: Iterable[str]) -> str:
    """Name of a population: SHA-256 of its locators in order, a line each."""
    return hashlib.sha256("".join(f"{each}\n" for each in sorted(families)).encode()).hexdigest()


def _lowest(seed: bytes, population: str, known: list[str], count: int) -> tuple[str, ...]:
    key = lottery.key(seed, population)
    drawn = ((lottery.draw(key, family), family) for family in known)
    return tuple(family for _, family in heapq.nsmallest(count, drawn))


def _step(
    sample: Sample, act: Act, stamp: Stamp, details: Mapping[str, object]
) -> tuple[Sample, Event]:
    event, head = audit.append(
        sample.head,
        chain=sample.ref.locator,
        at=stamp.at,
        actor=stamp.actor,
        act=act,
        commitment=audit.commit(sample.salt, details),
    )
    return replace(sample, version=sample.version + 1, head=head), event
