"""The receipt: what a family holds to come back to its case (security: status without enumeration).

A receipt is a locator (10 letters), a secret (13) and one check character, shown in groups of
four. Locator and secret are derived from the request's own key, so a repeated request meets the
same receipt and no table row is needed for idempotency. The secret is stored only as a MAC.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # no 0 O 1 I L U: read aloud and copied by hand
LOCATOR_LENGTH = 10
SECRET_LENGTH = 13
VILLAGE_LENGTH = 4
GROUP = 4
_BASE = len(ALPHABET)
_LENGTH = LOCATOR_LENGTH + SECRET_LENGTH + 1
_PRIME = 31
_VALUE = {letter: value for value, letter in enumerate(ALPHABET)}
# Weights are powers of the primitive root 3 modulo 31. They all differ from each other and from
# the check character's own weight (-1 = 3^15), so one wrong letter and any two letters swapped,
# near or far, are always found.
_WEIGHTS = tuple(pow(3, 16 + place, _PRIME) for place in range(_LENGTH - 1))

Mac = Callable[[str, bytes], bytes]
"""(purpose, data) -> 32 bytes, keyed by a secret that never rests outside the key service."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """Locator, which finds the case, and secret, which opens it."""

    locator: str
    secret: str

    @property
    def text(self) -> str:
        """As printed: six groups of four, the last letter a check character."""
        body = self.locator + self.secret
        letters = body + ALPHABET[_check_value(body)]
        return "-".join(letters[i : i + GROUP] for i in range(0, _LENGTH, GROUP))


def derive(mac: Mac, request_key: str, village_index: int, attempt: int = 0) -> Receipt:
    """Derive the receipt of a request from its key.

    Args:
        mac: the keyed function of the stage.
        request_key: the client's idempotency key.
        village_index: place of the village in the national list, 0 to 83,761.
        attempt: 0, or more when the locator met another request's by chance.
    """
    seed = f"{attempt}|{request_key}".encode()
    locator = _letters(village_index, VILLAGE_LENGTH) + _letters(
        int.from_bytes(mac("locator", seed), "big"), LOCATOR_LENGTH - VILLAGE_LENGTH
    )
    return Receipt(locator, new_secret(mac, locator, seed))


def new_secret(mac: Mac, locator: str, seed: bytes) -> str:
    """Derive a secret for a locator; the seed is the request's, or fresh for a reissue."""
    turn = 0
    while True:
        number = int.from_bytes(mac("secret", b"%d|" % turn + seed), "big")
        secret = _letters(number, SECRET_LENGTH)
        if _check_value(locator + secret) < _BASE:  # 1 in 31 has no check letter: take the next
            return secret
        turn += 1


def secret_mac(mac: Mac, receipt: Receipt) -> bytes:
    """What is stored of the secret; bound to the locator so that it cannot be moved."""
    return mac("receipt", f"{receipt.locator}|{receipt.secret}".encode())


def parse(text: str) -> Receipt | None:
    """Read a receipt as people type it: any case, with or without hyphens and spaces.

    Returns:
        The receipt, or None when length, letters or check character are wrong.
    """
    letters = text.upper().translate({ord(" "): None, ord("-"): None})
    if len(letters) != _LENGTH or any(letter not in _VALUE for letter in letters):
        return None
    body = letters[:-1]
    if _check_value(body) != _VALUE[letters[-1]]:
        return None
    return Receipt(body[:LOCATOR_LENGTH], body[LOCATOR_LENGTH:])


def village_index(locator: str) -> int:
    """Place of the village in the national list, from the locator's first four letters."""
    number = 0
    for letter in locator[:VILLAGE_LENGTH]:
        number = number * _BASE + _VALUE[letter]
    return number


def is_locator(text: str) -> bool:
    """Tell whether a text has the form of a locator."""
    return len(text) == LOCATOR_LENGTH and all(letter in _VALUE for letter in text)


def _letters(number: int, length: int) -> str:
    letters = []
    for _ in range(length):
        number, value = divmod(number, _BASE)
        letters.append(ALPHABET[value])
    return "".join(reversed(letters))


def _check_value(body: str) -> int:
    pairs = zip(_WEIGHTS, body, strict=True)
    return sum(weight * _VALUE[letter] for weight, letter in pairs) % _PRIME
