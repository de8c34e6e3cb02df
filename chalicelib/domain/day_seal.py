"""The day's seal: all that the ledger took in on a day, under one signed hash.

The hashes of the day's events are the leaves of a Merkle tree (RFC 9162); its root is chained to
the seal of the day before and signed, so that nothing of a sealed day can be changed, dropped or
put in, and a single event can be shown to be in it by a proof of under a kilobyte.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING

from chalicelib.domain.audit import FORMAT, canonical

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True)
class DaySeal:
    """The signed end of a day: everything that was written on it, under one hash.

    Attributes:
        region: Kemendagri code of the region whose ledger it is.
        day: yyyymmdd, UTC.
        count: events and reads of the day.
        root: Merkle root over their hashes in key order (32 bytes).
        prev: hash of the seal of the day before; for the first, `first_seal_prev(region)`.
        key: SHA-256 of `public_key`, 32 bytes: names the signing key.
        hash: SHA-256 of the canonical form of the fields above (32 bytes).
        signature: ECDSA P-256 over that canonical form with SHA-256, DER.
        public_key: SubjectPublicKeyInfo, DER.
    """

    region: str
    day: str
    count: int
    root: bytes
    prev: bytes
    key: bytes
    hash: bytes
    signature: bytes
    public_key: bytes


def merkle_root(hashes: Iterable[bytes]) -> tuple[int, bytes]:
    """Count and Merkle root of a stream of event hashes, in memory of one hash a level.

    Hashing of RFC 9162 2.1.1: 0x00 before a leaf, 0x01 before two nodes; the root of nothing is
    SHA-256 of nothing.
    """
    count = 0
    full: list[bytes] = []  # roots of full trees, widest first: one for each bit of `count`
    for leaf in hashes:
        node = hashlib.sha256(b"\x00" + leaf).digest()
        width = count
        while width & 1:
            node = _parent(full.pop(), node)
            width >>= 1
        full.append(node)
        count += 1
    if not full:
        return 0, hashlib.sha256(b"").digest()
    root = full.pop()
    while full:
        root = _parent(full.pop(), root)
    return count, root


def _parent(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def first_seal_prev(region: str) -> bytes:
    """What the first seal of a region follows (32 bytes)."""
    return hashlib.sha256(f"tepat seal {FORMAT}\n{region}".encode()).digest()


def unsigned_seal(
    *, region: str, day: str, count: int, root: bytes, prev: bytes, public_key: bytes
) -> DaySeal:
    """Make a day's seal without its signature: `hash` is the digest to be signed.

    Args:
        region: Kemendagri code.
        day: yyyymmdd, UTC.
        count: number of hashes under `root`, in key order.
        root: result of `merkle_root`.
        prev: hash of the seal of the day before, or `first_seal_prev(region)`.
        public_key: SubjectPublicKeyInfo (DER) of the key that will sign.
    """
    key = hashlib.sha256(public_key).digest()
    seal = DaySeal(region, day, count, root, prev, key, b"", b"", public_key)
    return replace(seal, hash=hashlib.sha256(signed_text(seal)).digest())


def signed_text(seal: DaySeal) -> bytes:
    """The bytes that a seal's hash and signature are made over."""
    record = seal_record(seal)
    for name in ("hash", "signature", "public_key"):
        del record[name]
    return canonical(record)


def seal_record(seal: DaySeal) -> dict[str, str | int]:
    """The seal as it is published and exported: bytes in hex."""
    record: dict[str, str | int] = {"type": "seal", "v": FORMAT}
    for field in fields(seal):
        value = getattr(seal, field.name)
        record[field.name] = value.hex() if isinstance(value, bytes) else value
    return record
