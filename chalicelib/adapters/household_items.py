"""A family in few bytes: six bytes a member, and its answers deflated.

Answers are "code=3" and "code:option" lines, deflated with the words they are made of; their first
byte names the dictionary. A dictionary is never edited, since stored answers are read
with the one they were written with; a new questionnaire may bring a new one. Words that are not
in it cost a few bytes more and are as exact.
"""

from __future__ import annotations

import re
import struct
from enum import StrEnum
from typing import TYPE_CHECKING, Final, TypeVar

from chalicelib.adapters.dynamo import Item, Value, data
from chalicelib.adapters.packing import deflate, inflate
from chalicelib.domain.household import (
    Attending,
    Disability,
    Household,
    Member,
    Occupation,
    Relation,
    Schooling,
    Sex,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

_LIMIT: Final = 16_384
_LINE: Final = re.compile(r"([^=:\n]+)(?:=(-?[0-9]+)|:([^=:\n]*))", re.ASCII)
_WRITTEN_WITH: Final = 1
_DICTIONARIES: Final[Mapping[int, bytes]] = {
    1: (
        b"flush_tank\ntoilet:flush_drain\ntoilet:flush_sewer\ntoilet:pit\ntoilet:none\nwater:bottled"
        b"\nwater:refill\nwater:tap\nwater:pump\nwater:hand_pump\nwater:well_protected\nwater:well_open"
        b"\nwater:spring\nwater:vendor\nwater:surface\nwater:rain\nland:from_1ha\nland:under_1ha\n"
        b"lighting:other_power\nlighting:shared\nlighting:none\ntenure:rented\ntenure:free\n"
        b"tenure:official\nfuel:electric\nfuel:solid\nfuel:no_cooking\ninternet:fixed\ninternet:none\n"
        b"computer=0\nfuel:gas\ninternet:mobile\nland:none\nlandline=0\nlaptop=0\nlighting:meter\n"
        b"mobile=1\nrooms=3\ntenure:owned\ntoilet:flush_tank\nwater:pump"
    ),
}

MEMBER: Final = struct.Struct(">HBBBB")
"""Birth month, relation, schooling and attending, occupation, and the rest in bits."""
_MONTH: Final = struct.Struct(">H")
_MONTHS: Final = 12
SEXES: Final = tuple(Sex)
RELATIONS: Final = tuple(Relation)
DISABILITIES: Final = tuple(Disability)
SCHOOLINGS: Final = tuple(Schooling)
ATTENDINGS: Final = tuple(Attending)
OCCUPATIONS: Final = tuple(Occupation)

_Choice = TypeVar("_Choice", bound=StrEnum)


def pack_household(household: Household, village: str) -> dict[str, Value]:
    """A family as attributes of an item: "m" month of the answers and members, "a" answers.

    Args:
        village: ten digits, of the case; the item's key says it, so it is not packed.

    Raises:
        ValueError: the family lives in another village, or its answers cannot be packed.
    """
    if household.village != village:
        raise ValueError("a case is stored in the village where the household lives")
    members = b"".join(map(_pack_member, household.members))
    return {
        "m": _MONTH.pack(_pack_month(household.as_of)) + members,
        "a": pack_answers(household.answers),
    }


def unpack_household(item: Item, village: str) -> Household | None:
    """Read what `pack_household` wrote into an item; None after erasure.

    Raises:
        ValueError: the answers are none of ours.
        KeyError: their dictionary is not known.
    """
    if "m" not in item:
        return None
    packed = data(item, "m")
    (as_of,) = _MONTH.unpack_from(packed)
    return Household(
        village=village,
        members=tuple(
            _unpack_member(*fields) for fields in MEMBER.iter_unpack(packed[_MONTH.size :])
        ),
        answers=unpack_answers(data(item, "a")),
        as_of=_unpack_month(as_of),
    )


def _pack_month(month: tuple[int, int]) -> int:
    return month[0] * _MONTHS + month[1] - 1


def _unpack_month(packed: int) -> tuple[int, int]:
    year, month = divmod(packed, _MONTHS)
    return year, month + 1


def _pack_member(member: Member) -> bytes:
    return MEMBER.pack(
        _pack_month(member.birth_month),
        pack_choice(member.relation, RELATIONS),
        pack_choice(member.schooling, SCHOOLINGS) << 4 | pack_choice(member.attending, ATTENDINGS),
        pack_choice(member.occupation, OCCUPATIONS),
        pack_choice(member.disability, DISABILITIES)
        | pack_choice(member.sex, SEXES) << 2
        | member.pregnant << 3
        | member.has_nik << 4,
    )


def _unpack_member(birth: int, relation: int, schools: int, occupation: int, flags: int) -> Member:
    return Member(
        relation=RELATIONS[relation],
        birth_month=_unpack_month(birth),
        sex=SEXES[flags >> 2 & 1],
        disability=DISABILITIES[flags & 3],
        pregnant=bool(flags >> 3 & 1),
        schooling=SCHOOLINGS[schools >> 4],
        attending=ATTENDINGS[schools & 15],
        occupation=OCCUPATIONS[occupation],
        has_nik=bool(flags >> 4 & 1),
    )


def pack_choice(choice: _Choice, among: tuple[_Choice, ...]) -> int:
    """Place of a code in its list."""
    return among.index(choice)


def pack_answers(answers: Mapping[str, int | str]) -> bytes:
    """Answers in the order of their codes; equal answers give equal bytes.

    Raises:
        ValueError: a code or an option that cannot be told apart from the marks around it.
    """
    lines = "\n".join(
        f"{code}={answer}" if isinstance(answer, int) else f"{code}:{answer}"
        for code, answer in sorted(answers.items())
    )
    if _read(lines) != dict(answers):
        raise ValueError("answers are codes with whole numbers or option codes")
    packed = deflate(lines.encode(), _DICTIONARIES[_WRITTEN_WITH])
    return bytes([_WRITTEN_WITH]) + packed


def unpack_answers(packed: bytes) -> dict[str, int | str]:
    """Read what `pack_answers` wrote.

    Raises:
        ValueError: the bytes are none of ours.
        KeyError: the dictionary is not known.
    """
    return _read(inflate(packed[1:], _LIMIT, _DICTIONARIES[packed[0]]).decode())


def _read(lines: str) -> dict[str, int | str]:
    answers: dict[str, int | str] = {}
    for line in lines.split("\n") if lines else ():
        match = _LINE.fullmatch(line)
        if not match:
            raise ValueError("stored answers cannot be read")
        code, count, option = match.groups()
        answers[code] = option if count is None else int(count)
    return answers
