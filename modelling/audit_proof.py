"""Proof that one event is under a day's published seal, for the person whom it concerns.

Less than a kilobyte for a day of a million events, and checked against the public seal alone:
nobody needs the ledger, or to see anybody else's events.
"""

from __future__ import annotations

import base64
import binascii
from hashlib import sha256
from typing import TYPE_CHECKING

from modelling.audit_records import Record, number, text

if TYPE_CHECKING:
    from collections.abc import Sequence

_HASH_BYTES = 32


def make_proof(seal: Record, leaves: Sequence[bytes], index: int) -> Record:
    """Prove that an event is under a seal: the path of RFC 9162 2.1.3.1, in one short record.

    Args:
        seal: the day's seal.
        leaves: hashes (32 bytes) of all the day's events in the order of the seal.
        index: place of the event among them, from 0.
    """
    path = []
    nodes = [sha256(b"\x00" + leaf).digest() for leaf in leaves]
    place = index
    while len(nodes) > 1:
        beside = place ^ 1
        if beside < len(nodes):
            path.append(nodes[beside])
        paired = len(nodes) & ~1
        pairs = zip(nodes[0:paired:2], nodes[1:paired:2], strict=True)
        nodes = [_parent(left, right) for left, right in pairs] + nodes[paired:]
        place >>= 1
    return {
        "type": "proof",
        "v": 1,
        "day": seal["day"],
        "index": index,
        "hash": leaves[index].hex(),
        "path": base64.urlsafe_b64encode(b"".join(path)).decode().rstrip("="),
    }


def check_proof(proof: Record, seal: Record) -> str | None:
    """Check that a proof leads from its event to the seal (RFC 9162 2.1.3.2).

    Returns:
        None when it does, else in words why not. The seal itself is checked by `check_seal`.
    """
    if proof["day"] != seal["day"]:
        return "the proof is for another day's seal"
    if number(proof, "index") >= number(seal, "count"):
        return "the proof names a place that the day does not have"
    path = text(proof, "path")
    try:
        nodes = base64.urlsafe_b64decode(path + "=" * (-len(path) % 4))
    except binascii.Error:
        return "its path cannot be read"
    steps = [nodes[start : start + _HASH_BYTES] for start in range(0, len(nodes), _HASH_BYTES)]
    root = _climb(bytes.fromhex(text(proof, "hash")), steps, number(proof, "index"), seal)
    return None if root == seal["root"] else "the path does not lead to the seal's root"


def _climb(leaf: bytes, steps: Sequence[bytes], place: int, seal: Record) -> str | None:
    """The root (hex) that a path leads to; None when the path is too long or too short."""
    last = number(seal, "count") - 1
    node = sha256(b"\x00" + leaf).digest()
    for beside in steps:
        if last == 0:
            return None
        if place & 1 or place == last:
            node = _parent(beside, node)
            while place and not place & 1:
                place, last = place >> 1, last >> 1
        else:
            node = _parent(node, beside)
        place, last = place >> 1, last >> 1
    return node.hex() if last == 0 else None


def _parent(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()
