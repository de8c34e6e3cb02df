"""Calls of the ports beside the store of cases: ledger, limits, queue, files, keys."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.serialization import load_der_public_key

from chalicelib.domain import audit
from chalicelib.domain.audit import Head
from chalicelib.domain.day_seal import first_seal_prev, unsigned_seal
from chalicelib.domain.registration import Ref
from chalicelib.usecases.ports import Message, Sealed
from tests.builders import MINUTE, REGION, VILLAGE
from tests.faithful.calls import DAYS, NOTHING, Deed, Play, at
from tests.faithful.sides import Side

LEDGER = frozenset({"ledger"})
OPS = frozenset({"ops"})


@dataclass(frozen=True)
class Read:
    """An officer's look at a case is written down, after the actor's last look or `behind` it.

    A few whose reason has `size` bytes make a day that is read in pages.
    """

    actor: str
    request: int
    minute: int
    behind: int = 0
    size: int = 0
    parts: ClassVar = LEDGER

    def deed(self, play: Play) -> Deed:
        when, locator = at(self.minute), play.family(self.request).case.ref.locator
        chain = audit.read_chain(self.actor, audit.day_of(when))
        own = [event for event in play.fake.aws.events.values() if event.chain == chain]
        heads = [audit.first_head(chain), *(Head(e.seq, e.hash, e.at) for e in own)]
        head = heads[max(0, len(heads) - 1 - self.behind)]
        event, _ = audit.append_read(
            head,
            at=when,
            actor=self.actor,
            ref=locator,
            reason="queue",
            own_id=bytes([self.request]) * 8,
        )
        if self.size:
            event = replace(event, reason="x" * self.size)
        return lambda side: side.ports.ledger.put_read(event)


@dataclass(frozen=True)
class LastRead:
    """Where an actor's chain of a day ends."""

    actor: str
    day: int
    parts: ClassVar = NOTHING

    def deed(self, play: Play) -> Deed:
        return lambda side: side.ports.ledger.last_read(self.actor, DAYS[self.day])


@dataclass(frozen=True)
class ReadsOf:
    """Who looked at a case."""

    request: int
    limit: int
    parts: ClassVar = NOTHING

    def deed(self, play: Play) -> Deed:
        locator = play.family(self.request).case.ref.locator
        return lambda side: list(side.ports.ledger.reads_of(locator, self.limit))


@dataclass(frozen=True)
class OfDay:
    """All of a day: its events, their hashes, or where its cases ended."""

    what: str
    day: int
    parts: ClassVar = NOTHING

    def deed(self, play: Play) -> Deed:
        day = DAYS[self.day]
        if self.what == "events":
            return lambda side: list(side.ports.ledger.day_events(day))
        if self.what == "hashes":
            return lambda side: list(side.ports.ledger.day_hashes(day))
        return lambda side: list(side.ports.ledger.last_states(day))


@dataclass(frozen=True)
class EventOf:
    """One event of a case, by its key."""

    request: int
    back: int
    parts: ClassVar = NOTHING

    def deed(self, play: Play) -> Deed:
        case = play.case(self.request, self.back)
        key = case.ref.locator, case.head.at, case.head.seq
        return lambda side: side.ports.ledger.event(*key)


@dataclass(frozen=True)
class SealDay:
    """Seals of one day are put, each of so many events; the first must stay."""

    day: int
    counts: tuple[int, ...]
    parts: ClassVar = LEDGER

    def deed(self, play: Play) -> Deed:
        seals = [
            unsigned_seal(
                region=REGION,
                day=DAYS[self.day],
                count=count,
                root=bytes(32),
                prev=first_seal_prev(REGION),
                public_key=b"a key",
            )
            for count in self.counts
        ]
        return lambda side: [side.ports.ledger.put_seal(seal) for seal in seals]


@dataclass(frozen=True)
class Seals:
    """The last seal, or all."""

    last: bool
    parts: ClassVar = NOTHING

    def deed(self, play: Play) -> Deed:
        if self.last:
            return lambda side: side.ports.ledger.last_seal()
        return lambda side: list(side.ports.ledger.seals())


@dataclass(frozen=True)
class Spend:
    """Wrong tries at these times: a token of a bucket is taken each time."""

    bucket: str
    times: tuple[int, ...]
    refill_ms: int = MINUTE
    capacity: int = 10
    parts: ClassVar = OPS

    def deed(self, play: Play) -> Deed:
        how = {"capacity": self.capacity, "refill_ms": self.refill_ms}

        def spend(side: Side) -> None:
            for now in self.times:
                side.ports.limits.spend(self.bucket, now, **how)

        return spend


@dataclass(frozen=True)
class Take:
    """A counted right is used, each time under a (limit, end)."""

    name: str
    uses: tuple[tuple[int, int], ...]
    parts: ClassVar = OPS

    def deed(self, play: Play) -> Deed:
        return lambda side: [side.ports.limits.take(self.name, *use) for use in self.uses]


@dataclass(frozen=True)
class Send:
    """Messages go to a queue."""

    count: int
    version: int = 1
    locator: str = "ABCDEFGHJK"
    parts: ClassVar = frozenset({"queue"})

    def deed(self, play: Play) -> Deed:
        ref = Ref(VILLAGE, self.locator)
        messages = [Message(ref, self.version + place) for place in range(self.count)]
        return lambda side: side.ports.queue.send(messages)


@dataclass(frozen=True)
class PutFile:
    """A public file is written, each content over the one before, and read as anybody would."""

    path: str
    contents: tuple[bytes, ...]
    kind: str = "application/json"
    parts: ClassVar = NOTHING

    def deed(self, play: Play) -> Deed:
        def put(side: Side) -> object:
            for content in self.contents:
                side.ports.files.put(self.path, content, self.kind)
            asked = list(side.asked)
            found = side.file(self.path)
            side.asked[:] = asked  # what looking asked is no part of the port
            return found

        return put


@dataclass(frozen=True)
class Mac:
    """A digest; sides have other keys, so what is compared is which digests are equal."""

    purpose: str
    data: bytes
    parts: ClassVar = NOTHING

    def deed(self, play: Play) -> Deed:
        def mac(side: Side) -> object:
            digest = side.ports.index.mac(self.purpose, self.data)
            if digest not in side.digests:
                side.digests.append(digest)
            return len(digest), side.digests.index(digest)

        return mac


@dataclass(frozen=True)
class SealAndOpen:
    """Something is sealed, and opened in its context or another, whole or tampered with."""

    plain: bytes
    context: str
    opened_in: str
    tampered: str = ""
    parts: ClassVar = NOTHING

    def deed(self, play: Play) -> Deed:
        def seal_and_open(side: Side) -> bytes:
            ports = side.ports
            sealed = ports.sealer.seal(self.plain, self.context)
            other = ports.sealer.seal(self.plain + b" of another", self.context)
            return ports.opener.open(_tampered(sealed, other, self.tampered), self.opened_in)

        return seal_and_open


@dataclass(frozen=True)
class Sign:
    """A digest is signed, and the signature verified with the public key."""

    digest: bytes
    parts: ClassVar = NOTHING

    def deed(self, play: Play) -> Deed:
        def sign(side: Side) -> object:
            signature = side.ports.signer.sign(self.digest)
            key = load_der_public_key(side.ports.signer.public_key())
            assert isinstance(key, ec.EllipticCurvePublicKey)
            try:
                key.verify(signature, self.digest, ec.ECDSA(utils.Prehashed(hashes.SHA256())))
            except InvalidSignature:
                return "does not verify"
            return "verifies"

        return sign


def _tampered(whole: Sealed, other: Sealed, how: str) -> Sealed:
    if how == "last byte":
        return Sealed(bytes([*whole.blob[:-1], whole.blob[-1] ^ 1]), whole.wrapped_key)
    if how == "first byte":
        return Sealed(bytes([whole.blob[0] ^ 1, *whole.blob[1:]]), whole.wrapped_key)
    if how == "cut":
        return Sealed(whole.blob[:9], whole.wrapped_key)
    if how == "other key":
        return Sealed(whole.blob, other.wrapped_key)
    if how == "no key of ours":
        return Sealed(whole.blob, bytes(256))
    return whole
