"""An invented list of families, as an office would make one: for trials, demos and tests.

The people are those of `infra.people`: every NIK has a serial of 9901 or above.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import date
from itertools import islice
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

from infra.imports.columns import ANSWER, CHOICES, FAMILY, OF_PERSON, Words, label
from infra.people.answers import Answers, answering, current_artefact
from infra.people.world import AS_OF, Family, Person, world

if TYPE_CHECKING:
    from chalicelib.domain.pmt import Artefact


def write_example(
    path: Path, known: Words, families: int, *, region: str, seed: int = 3510, on: date = AS_OF
) -> int:
    """Write a list as a whole or not at all.

    Args:
        path: of the list.
        known: its columns.
        families: how many.
        region: four digits.
        seed: of the people, as for `infra.people`: the sandbox registry knows those of its own.
        on: the day that the list is of.

    Returns:
        How many people are in it.
    """
    unfinished, people = path.with_name(f"{path.name}.unfinished"), 0
    try:
        with unfinished.open("w", encoding="utf-8", newline="") as file:
            out = csv.DictWriter(file, known.columns, restval="", lineterminator="\n")
            out.writeheader()
            for row in example_rows(families, region=region, seed=seed, on=on):
                out.writerow(row)
                people += 1
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
    return people


def example_rows(
    families: int, *, region: str, seed: int = 3510, on: date = AS_OF, model: Artefact | None = None
) -> Iterator[dict[str, str]]:
    """The rows of such a list: column -> cell; what belongs to the family in its first row."""
    answer = answering(model or current_artefact())
    for number, family in enumerate(islice(world(seed, region, on), families), start=1):
        rng = Random(f"{seed}/{region}/list/{number}")  # noqa: S311 - must repeat, guards nothing
        common = _of_family(family, answer(rng, family.welfare))
        for person in family.people:
            yield {FAMILY: f"{region}-{number:07}"} | common | _of_person(person)
            common = {}


def _of_family(family: Family, answers: Answers) -> dict[str, str]:
    return {
        "no_kk": family.kk or "",
        "kode_desa": family.village,
        "alamat": family.line,
        "rt": family.rt,
        "rw": family.rw,
        "telepon": family.phone or "",
    } | {ANSWER + code: str(said) for code, said in answers.items()}


def _of_person(person: Person) -> dict[str, str]:
    life = person.life
    columns = {field: column for column, field in OF_PERSON.items()}
    chosen = {columns[field]: label(field, str(getattr(life, field))) for field in CHOICES}
    return chosen | {
        "nama": person.name,
        "nik": person.nik or "",
        "tanggal_lahir": f"{person.born:%d-%m-%Y}",
        "hamil": "Ya" if life.pregnant else "Tidak",
    }
