"""Invented people: the civil registry sandbox's population, and families that register.

    python -m infra.people --population FILE --families 20000 --seed 3510

The same seed gives the same people, so what `families` sends fits what `population` wrote.
"""

from __future__ import annotations

import json
import os
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from infra.people.forms import Draft, families
from infra.people.world import AS_OF, world

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

DEFAULT_FAMILIES = 20_000

__all__ = ["DEFAULT_FAMILIES", "Draft", "families", "population", "write_population"]


def population(seed: int, n: int, *, region: str, on: date = AS_OF) -> Iterator[dict[str, object]]:
    """What the civil registry holds about the first families of a seed's world.

    Args:
        seed: what everything follows from.
        n: how many families.
        region: four digits.
        on: the day on which ages are as drawn.

    Returns:
        One person at a time, as docs/civil-registry.md has a line of the population file.
    """
    for family in islice(world(seed, region, on), n):
        for person in family.people:
            if person.nik and person.record:
                yield {
                    "nik": person.nik,
                    "name": person.record.name,
                    "birth_date": person.record.birth_date,
                    "sex": person.record.sex,
                    "kk": person.record.kk,
                    "deceased": person.record.deceased,
                }


def write_population(path: Path, seed: int, n: int, *, region: str) -> int:
    """Write a population file as a whole or not at all.

    Returns:
        How many people it holds.

    Raises:
        OSError: it cannot be written.
        LookupError: there is no area file for the region.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f"{path.name}.{os.getpid()}")
    written = 0
    try:
        with unfinished.open("w", encoding="utf-8") as file:
            for person in population(seed, n, region=region):
                file.write(json.dumps(person, ensure_ascii=False, separators=(",", ":")) + "\n")
                written += 1
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
    return written
