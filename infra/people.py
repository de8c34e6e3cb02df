"""Invented people: the civil registry sandbox's population, and families that register.

    python -m infra.people --population FILE --families 20000 --seed 3510

The same seed gives the same people, so what `families` sends fits what `population` wrote.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from chalicelib.adapters.area_files import region_villages
from infra.people_forms import Draft, families
from infra.people_world import AS_OF, world

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
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


def main(argv: Sequence[str] | None = None) -> int:
    """Write a population file from the command line.

    Returns:
        Exit code: 0, or 1 when the region is unknown or the file cannot be written.
    """
    parser = argparse.ArgumentParser(
        prog="python -m infra.people",
        description="Write the population of the civil registry sandbox: invented people only, "
        "every NIK with a serial of 9901 or above. The same seed gives the same file.",
    )
    parser.add_argument("--population", type=Path, required=True, help="the file to write")
    parser.add_argument(
        "--families", type=int, default=DEFAULT_FAMILIES, help=f"how many ({DEFAULT_FAMILIES})"
    )
    parser.add_argument("--seed", type=int, default=3510, help="whole number (3510)")
    parser.add_argument("--region", default="3510", help="Kemendagri code, four digits (3510)")
    options = parser.parse_args(argv)
    try:
        region_villages(options.region)
        written = write_population(
            options.population, options.seed, options.families, region=options.region
        )
    except (OSError, LookupError) as fault:
        print(f"No population was written: {fault}", file=sys.stderr)
        return 1
    print(f"{written} people of {options.families} families in {options.population}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
