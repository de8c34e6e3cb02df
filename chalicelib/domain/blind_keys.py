"""Keys under which a NIK or a family card is held, and the ids of requests: all keyed digests.

A plain hash of a NIK is no protection: a district has about 7 x 10^8 candidates (security, 0.10).
"""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from typing import Any

from chalicelib.domain.identity import Identity
from chalicelib.domain.receipt import Mac

MAC_SIZE = 16  # 128 bits: no two of 300 million numbers meet by chance


def person(mac: Mac, nik: str) -> bytes:
    """Who somebody is to us, 16 bytes: the digest that also makes the guard of the NIK.

    On purpose the same: whoever objects must be recognised when the NIK stands in the family that
    is objected to, and nothing else of a person is kept that could be compared.
    """
    return mac("nik", nik.encode())[:MAC_SIZE]


def nik_guard(mac: Mac, version: str, nik: str) -> str:
    """Key of the guard that one NIK has."""
    return guard_of(version, person(mac, nik))


def guard_of(version: str, person: bytes) -> str:
    """Key of the guard of a NIK, from the digest that stands for the person."""
    return f"N#{version}#{_text(person)}"


def kk_guard(mac: Mac, version: str, kk: str) -> str:
    """Key of the guard that one family card has."""
    return f"K#{version}#{_text(card(mac, kk))}"


def guards_of(mac: Mac, version: str, identity: Identity) -> tuple[str, ...]:
    """Keys of all guards that a family claims: each NIK, then the family card."""
    niks = tuple(nik_guard(mac, version, p.nik) for p in identity.people if p.nik is not None)
    return niks if identity.kk is None else (*niks, kk_guard(mac, version, identity.kk))


def card(mac: Mac, kk: str) -> bytes:
    """16 bytes that stand for a family card."""
    return mac("kk", kk.encode())[:MAC_SIZE]


def phone(mac: Mac, number: str) -> bytes:
    """16 bytes that stand for a telephone, whether it is written from 0 or from +62."""
    digits = "".join(letter for letter in number if letter.isascii() and letter.isdigit())
    return mac("phone", f"0{digits.removeprefix('62').removeprefix('0')}".encode())[:MAC_SIZE]


def request_id(mac: Mac, request_key: str) -> bytes:
    """The request's own id, which every claim carries; the client's key itself is not stored."""
    return mac("request", request_key.encode())[:MAC_SIZE]


def body_digest(mac: Mac, body: Mapping[str, Any]) -> bytes:
    """Keyed digest of a request's body, to refuse another body under the same key."""
    canonical = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return mac("body", canonical.encode())[:MAC_SIZE]


def _text(digest: bytes) -> str:
    return urlsafe_b64encode(digest[:MAC_SIZE]).decode().rstrip("=")
