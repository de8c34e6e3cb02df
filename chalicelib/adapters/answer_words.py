"""Answers in few bytes: "code=3" and "code:option" lines, deflated with the words they are made of.

The first byte names the dictionary. A dictionary is never edited, since stored answers are read
with the one they were written with; a new questionnaire may bring a new one. Words that are not
in it cost a few bytes more and are as exact.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from chalicelib.adapters.packing import deflate, inflate

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
