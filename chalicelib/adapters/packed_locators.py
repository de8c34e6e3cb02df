"""Locators of one village in few bytes, for the cases that somebody disputes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from chalicelib.domain.receipt import ALPHABET, LOCATOR_LENGTH, VILLAGE_LENGTH

if TYPE_CHECKING:
    from collections.abc import Sequence

_OWN: Final = LOCATOR_LENGTH - VILLAGE_LENGTH  # letters that the village does not give
_SIZE: Final = 4  # bytes for them: 30 ** 6 is less than 2 ** 30


def pack_locators(locators: Sequence[str], beside: str) -> bytes:
    """Locators of one village in four bytes each: its letters stand in the one beside them.

    Raises:
        ValueError: a locator of another village.
    """
    packed = bytearray()
    for locator in locators:
        if locator[:VILLAGE_LENGTH] != beside[:VILLAGE_LENGTH] or len(locator) != LOCATOR_LENGTH:
            raise ValueError("a locator of another village")
        number = 0
        for letter in locator[VILLAGE_LENGTH:]:
            number = number * len(ALPHABET) + ALPHABET.index(letter)
        packed += number.to_bytes(_SIZE, "big")
    return bytes(packed)


def unpack_locators(packed: bytes, beside: str) -> tuple[str, ...]:
    """Read what `pack_locators` wrote beside the same locator."""
    found: list[str] = []
    for start in range(0, len(packed), _SIZE):
        number = int.from_bytes(packed[start : start + _SIZE], "big")
        letters = ""
        for _ in range(_OWN):
            number, place = divmod(number, len(ALPHABET))
            letters = ALPHABET[place] + letters
        found.append(beside[:VILLAGE_LENGTH] + letters)
    return tuple(found)
