"""Records of a ledger export, read with no code of the writer.

Nothing of `chalicelib` is imported here: canonical form, hashes, Merkle tree and signatures are
written a second time from `docs/audit.md`, so that a mistake or a trick in the writer is not
repeated by the one who checks it.
"""

from __future__ import annotations

import json
import re
from datetime import date
from functools import lru_cache
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

if TYPE_CHECKING:
    from collections.abc import Mapping

Record = dict[str, str | int]

DAY_MS: Final = 86_400_000
LAST_MS: Final = 253_402_300_800_000  # the end of the year 9999
READS_RANK: Final = 16  # in a day, the sixteen shards come first and the reads after them
NOTHING: Final = sha256(b"").hexdigest()  # root of a day without events

_EPOCH: Final = date(1970, 1, 1)
_LOCATOR: Final = "[2-9A-HJKMNP-TV-Z]{10}"
_ACTOR: Final = "citizen|(?:agent|staff|system):[A-Za-z0-9_-]{1,64}"
_HEX: Final = re.compile("[0-9a-f]{64}")
_CODE: Final = re.compile("[a-z][a-z0-9_]{0,39}")
_DAY: Final = re.compile("[0-9]{8}")
_REGION: Final = re.compile("[0-9]{2,10}")
_ONE: Final = range(1, 2)
_WITH_ID: Final = 2
_TIME: Final = range(LAST_MS)
_COUNT: Final = range(2**53)

Shape = dict[str, re.Pattern[str] | range]

_LINK: Final[Shape] = {
    "v": _ONE,
    "seq": range(1, 100_000_000),
    "prev": _HEX,
    "prev_at": _TIME,
    "at": _TIME,
    "actor": re.compile(_ACTOR),
    "hash": _HEX,
}
_NEEDED: Final[dict[str, Shape]] = {
    "event": {
        **_LINK,
        "type": re.compile("event"),
        "chain": re.compile(_LOCATOR),
        "seq": range(1, 10_000),
        "act": re.compile("(?!read$)[a-z][a-z0-9_]{0,39}"),
        "commitment": _HEX,
    },
    "read": {
        **_LINK,
        "type": re.compile("read"),
        "v": range(1, _WITH_ID + 1),  # since a read has an id of its own
        "chain": re.compile(f"(?:{_ACTOR})#[0-9]{{8}}"),
        "act": re.compile("read"),
        "ref": re.compile(_LOCATOR),
        "reason": _CODE,
    },
    "seal": {
        "type": re.compile("seal"),
        "v": _ONE,
        "region": _REGION,
        "day": _DAY,
        "count": _COUNT,
        "root": _HEX,
        "prev": _HEX,
        "key": _HEX,
        "hash": _HEX,
        "signature": re.compile("(?:[0-9a-f]{2}){60,80}"),
        "public_key": re.compile("(?:[0-9a-f]{2}){80,200}"),
    },
    "head": {
        "type": re.compile("head"),
        "v": _ONE,
        "chain": re.compile(f"{_LOCATOR}|(?:{_ACTOR})#[0-9]{{8}}"),
        "seq": range(1, 100_000_000),
        "hash": _HEX,
        "at": _TIME,
    },
    "proof": {
        "type": re.compile("proof"),
        "v": _ONE,
        "day": _DAY,
        "index": _COUNT,
        "hash": _HEX,
        "path": re.compile("[A-Za-z0-9_-]{0,2000}"),
    },
    "end": {
        "type": re.compile("end"),
        "v": _ONE,
        "region": _REGION,
        "until": _TIME,
        "seals": _COUNT,
        "events": _COUNT,
        "reads": _COUNT,
        "heads": _COUNT,
    },
}
_OPTIONAL: Final[dict[str, Shape]] = {
    "event": {"reason": _CODE, "from": _CODE, "to": _CODE, "model": _HEX, "rules": _HEX},
    "read": {"id": re.compile("[0-9a-f]{16}")},
}
_ALLOWED: Final = {kind: {**shape, **_OPTIONAL.get(kind, {})} for kind, shape in _NEEDED.items()}


class BadRecordError(ValueError):
    """A record that is not of the form that `docs/audit.md` gives it."""


def canonical(record: Mapping[str, str | int]) -> bytes:
    """Write a flat record of ASCII text and whole numbers in its one form."""
    parts = []
    for name in sorted(record):
        value = record[name]
        parts.append(f'"{name}":"{value}"' if isinstance(value, str) else f'"{name}":{value}')
    return ("{" + ",".join(parts) + "}").encode()


def parse_line(line: bytes) -> Record:
    """Read a line of an export.

    Raises:
        BadRecordError: the line is not one record in canonical form, with the fields of its type.
    """
    record = parse_record(line)
    if canonical(record) != line.removesuffix(b"\n"):
        raise BadRecordError("it is not in canonical form (sorted fields, no spaces, once each)")
    return record


def parse_record(text: bytes) -> Record:
    """Read a record whose spacing does not matter, such as a published seal.

    Raises:
        BadRecordError: it is not a JSON object with the fields of its type.
    """
    try:
        record = json.loads(text)
    except (ValueError, RecursionError):
        raise BadRecordError("it cannot be read as JSON") from None
    if not isinstance(record, dict) or not isinstance(record.get("type"), str):
        raise BadRecordError("it is not a record with a type")
    kind = record["type"]
    allowed = _ALLOWED.get(kind)
    if allowed is None:
        raise BadRecordError("its type is unknown")
    _check_fields(record, kind, allowed)
    if kind == "read" and ("id" in record) != (record["v"] == _WITH_ID):
        raise BadRecordError("a read has an id in version 2, and in version 1 it has none")
    return record


def _check_fields(record: Mapping[str, object], kind: str, allowed: Shape) -> None:
    for name, value in record.items():
        rule = allowed.get(name)
        if rule is None:
            raise BadRecordError(f"a record of type {kind} has no field of that name: {name!r:.40}")
        if isinstance(rule, range):
            if type(value) is not int or value not in rule:
                raise BadRecordError(f"its {name} is not a number of the allowed range")
        elif not isinstance(value, str) or not rule.fullmatch(value):
            raise BadRecordError(f"its {name} is not of the allowed shape")
    missing = _NEEDED[kind].keys() - record.keys()
    if missing:
        raise BadRecordError(f"it lacks {', '.join(sorted(missing))}")


def text(record: Mapping[str, str | int], name: str) -> str:
    """A field that the shape of the record makes a text."""
    return str(record[name])


def number(record: Mapping[str, str | int], name: str) -> int:
    """A field that the shape of the record makes a number."""
    return int(record[name])


def hash_of(line: bytes, record: Mapping[str, str | int]) -> str:
    """SHA-256 (hex) of the canonical form of a record less its `hash`.

    Args:
        line: the record as `parse_line` took it, so in canonical form; `hash` is never its last
            field, and no value holds a quotation mark.
        record: the same record.
    """
    own = f'"hash":"{record["hash"]}",'.encode()
    return sha256(line.removesuffix(b"\n").replace(own, b"", 1)).hexdigest()


def day_of(at: int) -> str:
    """UTC day, yyyymmdd, of a time in ms."""
    return _name_of_day(at // DAY_MS)


@lru_cache(maxsize=64)
def _name_of_day(days: int) -> str:
    return date.fromordinal(_EPOCH.toordinal() + days).strftime("%Y%m%d")


def end_of(day: str) -> int:
    """The end of a day (yyyymmdd), ms UTC; of a day that does not exist, the beginning of time."""
    try:
        return (date.fromisoformat(day).toordinal() + 1 - _EPOCH.toordinal()) * DAY_MS
    except ValueError:
        return 0


def next_day(day: str) -> str:
    """The next day (yyyymmdd); for a day that does not exist, a text that no day equals."""
    try:
        return day_of((date.fromisoformat(day).toordinal() + 1 - _EPOCH.toordinal()) * DAY_MS)
    except ValueError:
        return f"{day}?"


def place_of(record: Record, day: str) -> tuple[str, int, str]:
    """Where a record stands among all others: its day, its part of the day, its place there."""
    chain, seq = text(record, "chain"), number(record, "seq")
    if record["type"] == "read":
        return day, READS_RANK, f"{chain.partition('#')[0]}#{seq:08}"
    return day, sha256(chain.encode()).digest()[0] >> 4, f"{chain}#{seq:04}"


def first_prev(kind: str, name: str) -> str:
    """What the first record of a chain (kind "chain") or of a region's seals ("seal") follows."""
    return sha256(f"tepat {kind} 1\n{name}".encode()).hexdigest()


class Tree:
    """Merkle tree of RFC 9162 that takes one leaf after another and keeps one node a level."""

    def __init__(self) -> None:
        """Begin with no leaf."""
        self.count = 0
        self._waiting: dict[int, bytes] = {}  # level -> left node that waits for its right one

    def add(self, leaf: bytes) -> None:
        """Take the next event's hash (32 bytes)."""
        node, level = sha256(b"\x00" + leaf).digest(), 0
        while level in self._waiting:
            node, level = sha256(b"\x01" + self._waiting.pop(level) + node).digest(), level + 1
        self._waiting[level] = node
        self.count += 1

    def root(self) -> str:
        """Root (hex) of what was taken so far."""
        node = b""
        for level in sorted(self._waiting):
            left = self._waiting[level]
            node = sha256(b"\x01" + left + node).digest() if node else left
        return node.hex() if node else NOTHING


def check_seal(seal: Record) -> list[str]:
    """What is wrong inside one seal: its hash, its key, its signature (empty when nothing is)."""
    wrong = []
    signed = canonical(
        {k: v for k, v in seal.items() if k not in ("hash", "signature", "public_key")}
    )
    if sha256(signed).hexdigest() != seal["hash"]:
        wrong.append("its hash does not fit its content: the seal was altered")
    der = bytes.fromhex(text(seal, "public_key"))
    if sha256(der).hexdigest() != seal["key"]:
        wrong.append("it carries another public key than it names")
    try:
        key = load_der_public_key(der)
        if not isinstance(key, ec.EllipticCurvePublicKey) or key.curve.name != "secp256r1":
            wrong.append("its key is not of the curve P-256")
        else:
            key.verify(bytes.fromhex(text(seal, "signature")), signed, ec.ECDSA(SHA256()))
    except (ValueError, UnsupportedAlgorithm):
        wrong.append("its public key cannot be read")
    except InvalidSignature:
        wrong.append("its signature is wrong")
    return wrong
