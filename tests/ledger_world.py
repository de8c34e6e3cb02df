"""Invented ledgers in memory, sealed and exported by the real use cases."""

from __future__ import annotations

import hashlib
import random
from dataclasses import dataclass, field, replace
from functools import cache
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils

from chalicelib.domain import audit
from chalicelib.domain.audit import DAY_MS, Act, Event, Head
from chalicelib.domain.receipt import ALPHABET
from chalicelib.usecases import export_ledger, seal_day

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chalicelib.domain.day_seal import DaySeal

REGION = "3510"
START = 1_793_491_200_000  # 2026-11-01T00:00:00Z


def of_format_1(event: Event) -> tuple[Event, Head]:
    """The same read as it was written before reads had an id."""
    record = audit.event_record(replace(event, id=None))
    del record["hash"]
    digest = hashlib.sha256(audit.canonical(record)).digest()
    return replace(event, id=None, hash=digest), Head(event.seq, digest, event.at)


class KeySigner:
    """A signing key in memory."""

    def __init__(self, secret: int) -> None:
        self._key = ec.derive_private_key(secret, ec.SECP256R1())

    def public_key(self) -> bytes:
        form = serialization.PublicFormat.SubjectPublicKeyInfo
        return self._key.public_key().public_bytes(serialization.Encoding.DER, form)

    def public_pem(self) -> bytes:
        form = serialization.PublicFormat.SubjectPublicKeyInfo
        return self._key.public_key().public_bytes(serialization.Encoding.PEM, form)

    def sign(self, digest: bytes) -> bytes:
        return self._key.sign(digest, ec.ECDSA(utils.Prehashed(hashes.SHA256())))


@cache
def signer(secret: int = 9901) -> KeySigner:
    return KeySigner(secret)


@dataclass
class MemoryLedger:
    """Ledger and registry heads in memory, keyed as in the tables."""

    items: dict[str, dict[str, Event]] = field(default_factory=dict)
    seals_by_day: dict[str, DaySeal] = field(default_factory=dict)
    chain_heads: dict[str, Head] = field(default_factory=dict)
    read_heads: bool = True

    def put(self, event: Event, head: Head) -> None:
        pk, sk = audit.event_key(event)
        partition = self.items.setdefault(pk, {})
        assert sk not in partition
        partition[sk] = event
        self.chain_heads[event.chain] = head

    def change(self, ref: str, at: int, actor: str, act: Act, state: str) -> Event:
        head = self.chain_heads.get(ref, audit.first_head(ref))
        commitment = audit.commit(bytes(16), {"at": at})
        event, head = audit.append(
            head, chain=ref, at=at, actor=actor, act=act, commitment=commitment, to_state=state
        )
        self.put(event, head)
        return event

    def read(self, actor: str, at: int, ref: str) -> Event:
        chain = audit.read_chain(actor, audit.day_of(at))
        head = self.chain_heads.get(chain, audit.first_head(chain))
        event, head = audit.append_read(
            head, at=at, actor=actor, ref=ref, reason="assigned_case", own_id=bytes(8)
        )
        if event.seq % 2:  # both formats, and chains that go from one to the other
            event, head = of_format_1(event)
        self.put(event, head)
        return event

    # The ports of sealing and exporting

    def day_events(self, day: str) -> Iterator[Event]:
        for pk in audit.day_partitions(day):
            partition = self.items.get(pk, {})
            for sk in sorted(partition):
                yield partition[sk]

    def day_hashes(self, day: str) -> Iterator[bytes]:
        return (event.hash for event in self.day_events(day))

    def last_seal(self) -> DaySeal | None:
        return self.seals_by_day[max(self.seals_by_day)] if self.seals_by_day else None

    def put_seal(self, seal: DaySeal) -> DaySeal:
        return self.seals_by_day.setdefault(seal.day, seal)

    def seals(self) -> Iterator[DaySeal]:
        return iter([self.seals_by_day[day] for day in sorted(self.seals_by_day)])

    def event(self, chain: str, at: int, seq: int) -> Event | None:
        pk, sk = audit.key_of(chain, at, seq)
        return self.items.get(pk, {}).get(sk)

    def heads(self) -> Iterator[tuple[str, Head]]:
        last = self.last_seal()
        for chain in sorted(self.chain_heads):
            day = chain.partition("#")[2]
            if not day or (self.read_heads and (last is None or day > last.day)):
                yield chain, self.chain_heads[chain]


@dataclass
class MemoryFiles:
    """Public files in memory."""

    files: dict[str, bytes] = field(default_factory=dict)

    def put(self, path: str, content: bytes, content_type: str) -> None:
        assert content_type == "application/json"
        self.files[path] = content


def locator(rng: random.Random) -> str:
    return "".join(rng.choices(ALPHABET, k=10))


_STEPS = (
    ("citizen", Act.RECEIVED, "received"),
    ("system:check_identity", Act.CHECKED, "matched"),
    ("system:score_household", Act.DECIDED, "decided"),
    ("staff:a1", Act.RECEIPT_REISSUED, "decided"),
    ("citizen", Act.WITHDRAWN, "withdrawn"),
    ("system:release_guards", Act.GUARDS_RELEASED, "withdrawn"),
)


def make_ledger(
    seed: int, *, days: int = 5, changes: int = 40, reads: int = 12, families: int = 10
) -> MemoryLedger:
    """A ledger of some days in which families move on and staff look at them."""
    rng = random.Random(seed)  # noqa: S311 - invented data, no secret
    ledger = MemoryLedger()
    refs = [locator(rng) for _ in range(families)]
    done = dict.fromkeys(refs, 0)
    moments = sorted(START + rng.randrange(days * DAY_MS) for _ in range(changes + reads))
    looks = set(rng.sample(range(len(moments)), reads))
    for place, at in enumerate(moments):
        ref = rng.choice(refs)
        if place in looks:
            ledger.read(rng.choice(("staff:a1", "staff:b-2", "agent:c_3")), at, ref)
        else:
            actor, act, state = _STEPS[done[ref] % len(_STEPS)]
            done[ref] += 1
            ledger.change(ref, at, actor, act, state)
    return ledger


def seal_ports(ledger: MemoryLedger, files: MemoryFiles | None = None) -> seal_day.Ports:
    return seal_day.Ports(REGION, ledger, signer(), files or MemoryFiles())


def export(ledger: MemoryLedger, until: int) -> list[bytes]:
    ports = export_ledger.Ports(REGION, ledger, ledger)
    since = audit.day_of(START)
    return list(export_ledger.export_ledger(until, ports, since=since))
