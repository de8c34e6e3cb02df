"""Who a family is; what the civil registry is asked about a person, and what it may answer."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Outcome(StrEnum):
    """Answer of the civil registry for one person.

    `NOT_CHECKED` is a state and never a pass: the registry was down, slow or answered nonsense.
    """

    CONFIRMED = "confirmed"
    MISMATCH = "mismatch"
    NOT_FOUND = "not_found"
    DECEASED = "deceased"
    NOT_CHECKED = "not_checked"


MATCHED_FIELDS = ("name", "birth_date", "sex", "kk")


@dataclass(frozen=True, slots=True)
class Person:
    """The identity of one member, in the order of the household's members."""

    name: str
    nik: str | None
    birth_date: str
    sex: str


@dataclass(frozen=True, slots=True)
class Identity:
    """What is sealed: who the family is and where it lives."""

    people: tuple[Person, ...]
    kk: str | None
    line: str
    rt: str
    rw: str
    phone: str | None


@dataclass(frozen=True, slots=True)
class IdentityClaim:
    """What a family says of one member: the fields that the registry compares.

    Attributes:
        birth_date: ISO date, "1985-03-09".
        kk: number of the family card, or None when the family has none.
    """

    nik: str
    name: str
    birth_date: str
    sex: str
    kk: str | None


@dataclass(frozen=True, slots=True)
class IdentityAnswer:
    """The registry's answer; `fields` names what differs, only for a mismatch."""

    outcome: Outcome
    fields: tuple[str, ...] = ()
