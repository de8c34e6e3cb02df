"""Seal every finished day of the ledger: one signed hash a day, published for everybody.

Safe to stop anywhere, to run twice at once and to run after weeks of silence: a day's seal is put
once and never over another, all that follows is rewritten from the stored seal, and the next run
goes on after the last one (architecture, Data: daily sealed root).
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Protocol

from chalicelib.domain.audit import day_after, day_of
from chalicelib.domain.day_seal import (
    DaySeal,
    first_seal_prev,
    merkle_root,
    seal_record,
    unsigned_seal,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

MARGIN_MS: Final = 3_600_000
"""After midnight UTC, the time in which a function that began before it has surely ended."""


class SealLedger(Protocol):
    """The ledger as the sealer sees it. All reads are strongly consistent."""

    def day_hashes(self, day: str) -> Iterator[bytes]:
        """Hashes of the day's events, page by page, partition by partition of `day_partitions`.

        Within a partition in the order of the sort key.
        """
        ...

    def last_seal(self) -> DaySeal | None:
        """The latest seal that is stored."""
        ...

    def put_seal(self, seal: DaySeal) -> DaySeal:
        """Store the seal unless its day has one; return the one that is stored then."""
        ...


class Signer(Protocol):
    """The key that signs seals; its private half never leaves the key service."""

    def public_key(self) -> bytes:
        """SubjectPublicKeyInfo, DER."""
        ...

    def sign(self, digest: bytes) -> bytes:
        """ECDSA P-256 signature (DER) over a SHA-256 digest."""
        ...


class PublicFiles(Protocol):
    """Files that everybody can read on the site."""

    def put(self, path: str, content: bytes, content_type: str) -> None:
        """Write a file, over an older one of that name."""
        ...


@dataclass(frozen=True, slots=True)
class Ports:
    """What sealing needs, and the region (Kemendagri code) whose ledger it is."""

    region: str
    ledger: SealLedger
    signer: Signer
    files: PublicFiles


class SealDiffersError(Exception):
    """A day holds other events than its stored seal says: somebody must look at it."""


def seal_day(now_ms: int, ports: Ports) -> tuple[str, ...]:
    """Seal every finished day that has no seal yet, in order, and publish the seals.

    Args:
        now_ms: now, ms UTC. Days up to yesterday are sealed, from one hour after midnight.
        ports: ledger, signing key and public files of the region.

    Returns:
        The days (yyyymmdd) that were sealed now.

    Raises:
        SealDiffersError: another run sealed a day with other contents. Its seal stands.
    """
    until = day_after(day_of(now_ms - MARGIN_MS), -1)
    last = ports.ledger.last_seal()
    if last is None:
        day = _first_day(until, ports.ledger)
    else:
        _publish(last, ports.files)  # a run that stopped may have stored it and no more
        day = day_after(last.day)
    sealed = []
    while day <= until:
        last = _seal(day, last.hash if last else first_seal_prev(ports.region), ports)
        _publish(last, ports.files)
        sealed.append(day)
        day = day_after(day)
    if last is not None:
        ports.files.put("audit/latest.json", _file(last), "application/json")
    return tuple(sealed)


def _first_day(until: str, ledger: SealLedger) -> str:
    """Where the first seal of a ledger belongs: the earliest day of those with events up to now."""
    day = until
    while next(ledger.day_hashes(day_after(day, -1)), None) is not None:
        day = day_after(day, -1)
    return day


def _seal(day: str, prev: bytes, ports: Ports) -> DaySeal:
    count, root = merkle_root(ports.ledger.day_hashes(day))
    seal = unsigned_seal(
        region=ports.region,
        day=day,
        count=count,
        root=root,
        prev=prev,
        public_key=ports.signer.public_key(),
    )
    stored = ports.ledger.put_seal(replace(seal, signature=ports.signer.sign(seal.hash)))
    if (stored.prev, stored.count, stored.root) != (prev, count, root):
        raise SealDiffersError(day)  # not compared by hash: the key may just have been rotated
    return stored


def _publish(seal: DaySeal, files: PublicFiles) -> None:
    day = f"{seal.day[:4]}-{seal.day[4:6]}-{seal.day[6:]}"
    files.put(f"audit/{day}.json", _file(seal), "application/json")


def _file(seal: DaySeal) -> bytes:
    return (json.dumps(seal_record(seal), indent=2) + "\n").encode("ascii")
