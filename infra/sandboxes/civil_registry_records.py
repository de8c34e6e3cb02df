"""What the sandbox registry holds about people, and how it compares it with what is claimed."""

from __future__ import annotations

import json
import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

FIELDS: Final = ("name", "birth_date", "sex", "kk")


@dataclass(frozen=True, slots=True)
class Record:
    """What the registry holds about one person."""

    name: str
    birth_date: str
    sex: str
    kk: str | None
    deceased: bool


_TITLES: Final = frozenset({"h", "hj", "kh", "ny", "nyai", "tn", "sdr", "sdri", "dr", "drs", "dra"})
_TITLES_LONG: Final = frozenset({"ir", "prof", "haji", "hajjah", "kiai", "kyai", "ustadz"})
_SHORT_FORMS: Final = dict.fromkeys(
    (
        *("m", "mh", "muh", "moh", "moch", "mohd", "muhd", "much"),
        *("mohamad", "mohammad", "mochamad", "mochammad", "muhamad", "muchamad", "muchammad"),
    ),
    "muhammad",
) | {"abd": "abdul", "st": "siti", "sit": "siti", "nr": "nur"}
_OLD_SPELLING: Final = (("oe", "u"), ("tj", "c"), ("dj", "j"), ("sj", "sy"), ("nj", "ny"))


def normal_name(name: str) -> str:
    """Reduce a name to what is compared, so that ways of writing it do not count.

    Case, accents, spaces, dots and apostrophes do not count; titles before the name and degrees
    after a comma go; "Muh.", "Moh.", "Moch." and the other ways of writing Muhammad are one, as
    are the spellings from before 1972 ("Soeparno").
    """
    plain = unicodedata.normalize("NFKD", name.split(",", maxsplit=1)[0]).casefold()
    plain = "".join(c for c in plain if not unicodedata.combining(c))
    words = re.sub(r"[^a-z\s.]", "", plain.replace("-", " ")).replace(".", " ").split()
    while len(words) > 1 and words[0] in _TITLES | _TITLES_LONG:
        words.pop(0)
    joined = "".join(_SHORT_FORMS.get(w, w) if len(words) > 1 else w for w in words)
    for old, new in _OLD_SPELLING:
        joined = joined.replace(old, new)
    return joined


def read_population(path: Path) -> dict[str, Record]:
    """Read a population file.

    Returns:
        NIK -> record.

    Raises:
        OSError: the file cannot be read.
        ValueError: a line is not a person, or a NIK stands twice; tells the line's number only.
    """
    people: dict[str, Record] = {}
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, start=1):
            try:
                person = json.loads(line)
                nik = person.pop("nik")
                record = Record(**person)
            except (ValueError, TypeError, KeyError, AttributeError):
                raise ValueError(f"{path}: line {number} is not a person") from None
            if nik in people:
                raise ValueError(f"{path}: line {number} repeats a NIK")
            people[nik] = record
    return people


def answer(person: Mapping[str, Any], population: Mapping[str, Record]) -> dict[str, Any]:
    """What the registry says about one person who is asked for."""
    record = population.get(person["nik"])
    outcome, differing = "confirmed", list[str]()
    if record is None:
        outcome = "not_found"
    elif record.deceased:
        outcome = "deceased"
    else:
        differing = _differing(person, record)
        outcome = "mismatch" if differing else "confirmed"
    return {"ref": person["ref"], "outcome": outcome, "fields": differing}


def _differing(person: Mapping[str, Any], record: Record) -> list[str]:
    same = {
        "name": normal_name(person["name"]) == normal_name(record.name),
        "birth_date": person["birth_date"] == record.birth_date,
        "sex": person["sex"] == record.sex,
        "kk": person["kk"] in {None, record.kk},
    }
    return [field for field in FIELDS if not same[field]]
