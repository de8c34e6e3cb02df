"""Locators of one village in few bytes, for the cases that somebody disputes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from chalicelib.domain.receipt import ALPHABET, LOCATOR_LENGTH, VILLAGE_LENGTH

if TYPE_CHECKING:
    from collections.abc import Sequence

_OWN: Final = LOCATOR_LENGTH - VILLAGE_LENGTH  # letters that the village does not give
_SIZE: Final = 4  # bytes for them: 30 ** 6 is less than 2 ** 30


def pack_locators(locators: Sequence[str]) -> bytes:
    """Locators of one village: the letters that they share, then four bytes each.

    Raises:
        ValueError: they are not of one village, or no locators.
    """
    if not locators:
        return b""
    shared = locators[0][:VILLAGE_LENGTH]
    packed = bytearray(shared.encode())
    for locator in locators:
        if locator[:VILLAGE_LENGTH] != shared or len(locator) != LOCATOR_LENGTH:
            raise ValueError("locators of one village are packed together")
        number = 0
        for letter in locator[VILLAGE_LENGTH:]:
            number = number * len(ALPHABET) + ALPHABET.index(letter)
        packed += number.to_bytes(_SIZE, "big")
    return bytes(packed)


def unpack_locators(packed: bytes) -> tuple[str, ...]:
    """Read what `pack_locators` wrote."""
    shared, found = packed[:VILLAGE_LENGTH].decode(), []
    for start in range(VILLAGE_LENGTH, len(packed), _SIZE):
        number = int.from_bytes(packed[start : start + _SIZE], "big")
        letters = ""
        for _ in range(_OWN):
            number, place = divmod(number, len(ALPHABET))
            letters = ALPHABET[place] + letters
        found.append(shared + letters)
    return tuple(found)
