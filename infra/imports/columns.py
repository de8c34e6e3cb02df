"""Columns of a list of families, as an office makes it from its DTSEN or DTKS extract.

One row is one person; the rows of a family stand together under its `id_keluarga`. What belongs
to the family may stand in each of its rows or in the first alone. The questions are those of the
model in force, so a list is made for a model. docs/bulk.md has the columns in words.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Final

import yaml

LABELS: Final = Path(__file__).resolve().parents[2] / "frontend" / "content" / "id.yaml"
FAMILY: Final = "id_keluarga"
ANSWER: Final = "jawab_"
# What a family has one of: column -> field of the form.
OF_FAMILY: Final[Mapping[str, str]] = {
    "no_kk": "kk",
    "kode_desa": "village",
    "alamat": "address.line",
    "rt": "address.rt",
    "rw": "address.rw",
    "telepon": "phone",
}
OF_PERSON: Final[Mapping[str, str]] = {
    "hubungan": "relation",
    "nama": "name",
    "nik": "nik",
    "tanggal_lahir": "birth_date",
    "jenis_kelamin": "sex",
    "disabilitas": "disability",
    "hamil": "pregnant",
    "pendidikan": "schooling",
    "sekolah": "attending",
    "pekerjaan": "occupation",
}
CHOICES: Final = ("relation", "sex", "disability", "schooling", "attending", "occupation")
_YES, _NO = ("ya", "yes", "1", "true"), ("tidak", "no", "0", "false", "")
_DAY_FIRST: Final = re.compile(r"([0-9]{1,2})[-/.]([0-9]{1,2})[-/.]([0-9]{4})", re.ASCII)
_MIDNIGHT: Final = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})[ T]00:00:00(?:\.0+)?", re.ASCII)
_COUNT: Final = re.compile(r"-?[0-9]{1,9}", re.ASCII)
_NAME: Final = re.compile(r"[a-z][a-z_]{0,39}", re.ASCII)


class ListError(ValueError):
    """A file is no list of families; one sentence says why, without repeating what is in it."""


@dataclass(frozen=True, slots=True)
class Words:
    """What may stand in the cells of a list.

    Attributes:
        choices: field of a person -> what may be written (lower case) -> code.
        answers: code of a question -> the same, the answer as the form has it; None for a
            question that takes a number.
    """

    choices: Mapping[str, Mapping[str, str]]
    answers: Mapping[str, Mapping[str, int | str] | None]

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column of a list, in the order of the template."""
        asked = (ANSWER + code for code in self.answers)
        return (FAMILY, *OF_FAMILY, *asked, *OF_PERSON)


def words(questions: Sequence[Mapping[str, Any]]) -> Words:
    """What may stand in a list: the codes, and the words that the form has for them.

    Args:
        questions: of the model in force, as its file has them.
    """
    answers: dict[str, Mapping[str, int | str] | None] = {}
    for question in questions:
        options = {option["code"]: option["text"] for option in question.get("options", ())}
        if question["kind"] == "yes_no":
            answers[question["code"]] = {**dict.fromkeys(_YES, 1), **dict.fromkeys(_NO, 0)}
        else:
            answers[question["code"]] = {**_either(options)} or None
    choices = {
        field: {**_either(_labels()[field]), **_OF_CARDS.get(field, {})} for field in CHOICES
    }
    return Words(choices, answers)


def check_header(header: Sequence[str], known: Words) -> dict[str, int]:
    """Where each column stands.

    A name is repeated in the sentence only where the line is a header for certain: the first line
    of a file without one is somebody's.

    Raises:
        ListError: columns are missing, unknown or there twice; all of them are named.
    """
    names = [name.strip().lower() for name in header]
    missing = [column for column in known.columns if column not in names]
    if len(missing) * 2 > len(known.columns):
        raise ListError(
            f"its first line is no header of a list: {len(missing)} of {len(known.columns)}"
            " columns are missing"
        )
    others = [place for place, name in enumerate(names) if name not in known.columns]
    twice = sorted({name for name in names if name in known.columns and names.count(name) > 1})
    faults = []
    if missing:
        faults.append(f"columns are missing: {', '.join(missing)}")
    if others:
        told = (names[at] if _NAME.fullmatch(names[at]) else f"number {at + 1}" for at in others)
        faults.append(f"columns are unknown: {', '.join(told)}")
    if twice:
        faults.append(f"columns are there twice: {', '.join(twice)}")
    if faults:
        raise ListError("; ".join(faults))
    return {name: place for place, name in enumerate(names)}


def day(text: str) -> str:
    """A date as the form has it; one written day first, or with midnight, is turned round."""
    if midnight := _MIDNIGHT.fullmatch(text):
        return midnight[1]
    found = _DAY_FIRST.fullmatch(text)
    return f"{found[3]}-{found[2]:0>2}-{found[1]:0>2}" if found else text


def choice(text: str, among: Mapping[str, str]) -> str:
    """The code of what was written; what is none stays as it is, and the schema refuses it."""
    return among.get(_plain(text), text)


def yes(text: str) -> bool | str:
    """Whether something was said to be so; what says neither stays as it is."""
    said = _plain(text)
    return True if said in _YES else False if said in _NO else text


def answer(text: str, among: Mapping[str, int | str] | None) -> int | str:
    """An answer as the form has it: a whole number, or the code of an option."""
    if among is None:
        return int(text) if _COUNT.fullmatch(text) else text
    return among.get(_plain(text), text)


def is_head(text: str) -> bool:
    """Whether what was written of a person is that it is the head of the family."""
    return choice(text, _either(_labels()["relation"])) == "head"


def label(field: str, code: str) -> str:
    """The form's words for a code."""
    return _labels()[field][code]


@cache
def _labels() -> Mapping[str, Mapping[str, str]]:
    found: Mapping[str, Mapping[str, str]] = yaml.safe_load(LABELS.read_text("utf-8"))["labels"]
    return found


def _either(options: Mapping[str, str]) -> dict[str, str]:
    """Code or words -> code."""
    return {_plain(text): code for code, label in options.items() for text in (code, label)}


@lru_cache(4_096)
def _plain(text: str) -> str:
    return " ".join(text.lower().split())


# As family cards have it, where that differs from the form's words.
_OF_CARDS: Final[Mapping[str, Mapping[str, str]]] = {
    "relation": {
        **dict.fromkeys(("istri", "isteri", "suami"), "spouse"),
        **dict.fromkeys(("famili lain", "famili lainnya"), "other_relative"),
        **dict.fromkeys(("lainnya", "pembantu"), "other"),
        "orangtua": "parent",
    },
    "sex": {"laki laki": "L", "lakilaki": "L"},
    "disability": {"": "none", "ya": "mild"},
    "attending": {"": "no", "tidak": "no"},
}
