"""Every port in memory. All of them go through `FakeAws.call`, one call for each call of AWS.

That is the one place where a simulator steps in: it may refuse before the call, end the process
before or after it, carry it out twice, or let another worker run in between. The contract suite
holds these fakes and the adapters to the same behaviour.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils

from chalicelib.adapters.registry_table import TablesDisagreeError
from chalicelib.domain.audit import (
    READS,
    Event,
    Head,
    day_partitions,
    event_key,
    first_head,
    key_of,
    read_chain,
)
from chalicelib.domain.day_seal import DaySeal
from chalicelib.domain.registration import Ref, Registration, State, Work
from chalicelib.usecases.ports import (
    Bucket,
    Conflict,
    Cutoffs,
    Holder,
    Loaded,
    Looked,
    Message,
    Sealed,
    VaultItem,
)

T = TypeVar("T")

START = 1_763_712_000_000  # 21 November 2025, 08:00 UTC
SIGNING = ec.derive_private_key(3510, ec.SECP256R1())


@dataclass
class FakeAws:
    """What all fakes of one test share: the stored things, and the calls that were made.

    Attributes:
        calls: names of the calls in order, as AWS names them.
        vault: (locator, "0" as registered or "1" as corrected) -> item.
        events: ledger key (pk, sk) -> event.
        buckets: name -> the bucket, full again at its time.
        rights: name -> uses.
    """

    calls: list[str] = field(default_factory=list)
    cases: dict[Ref, Registration] = field(default_factory=dict)
    vault: dict[tuple[str, str], VaultItem] = field(default_factory=dict)
    guards: dict[str, Holder] = field(default_factory=dict)
    cutoffs: dict[str, Cutoffs] = field(default_factory=dict)
    events: dict[tuple[str, str], Event] = field(default_factory=dict)
    sealed_days: dict[str, DaySeal] = field(default_factory=dict)
    buckets: dict[str, Bucket] = field(default_factory=dict)
    rights: dict[str, int] = field(default_factory=dict)
    files: dict[str, tuple[bytes, str]] = field(default_factory=dict)

    def call(self, name: str, do: Callable[[], T]) -> T:
        """Carry out one call of AWS; simulators override this."""
        self.calls.append(name)
        return do()


@dataclass
class FakeClock:
    """A clock that moves when it is told to."""

    now: int = START

    def now_ms(self) -> int:
        return self.now

    def advance(self, ms: int) -> None:
        self.now += ms


@dataclass
class FakeRandomness:
    """Bytes that look random and are the same in every run of a seed."""

    seed: int = 0
    taken: int = 0

    def take(self, size: int) -> bytes:
        self.taken += 1
        return hashlib.shake_256(f"{self.seed}|{self.taken}".encode()).digest(size)


@dataclass
class FakeBlindIndex:
    """Digests under a known key."""

    aws: FakeAws = field(default_factory=FakeAws)
    version: str = "v1"
    key: bytes = b""

    def mac(self, purpose: str, data: bytes) -> bytes:
        if not self.key:
            self.key = self.aws.call("GenerateMac", lambda: b"a key of the tests")
        return hmac.digest(self.key, purpose.encode() + b"\0" + data, "sha256")


class FakeSealer:
    """Seals so that nobody reads it at a glance, and context and bytes are checked."""

    def seal(self, plain: bytes, context: str) -> Sealed:
        return Sealed(_tag(plain, context) + _mask(plain), b"a wrapped key")


@dataclass
class FakeOpener:
    """Opens what `FakeSealer` sealed."""

    aws: FakeAws = field(default_factory=FakeAws)

    def open(self, sealed: Sealed, context: str) -> bytes:
        self.aws.call("Decrypt", lambda: None)
        plain = _mask(sealed.blob[32:])
        if sealed.blob[:32] != _tag(plain, context):
            raise ValueError("sealed bytes or context are not what was sealed")
        return plain


def _mask(data: bytes) -> bytes:
    return bytes(byte ^ 0x5A for byte in data)


def _tag(plain: bytes, context: str) -> bytes:
    return hmac.digest(context.encode(), plain, "sha256")


@dataclass
class FakeCaseStore:
    """Cases in memory; a transaction looks at every condition, then does all or nothing."""

    aws: FakeAws = field(default_factory=FakeAws)

    def create(
        self, case: Registration, vault: VaultItem, event: Event, guards: Sequence[str]
    ) -> Conflict | None:
        def write() -> Conflict | None:
            conflict = self._conflict(case, 0, guards)
            if conflict is None and case.ref not in self.aws.cases:
                self._put(case, event, guards)
                self.aws.vault[case.ref.locator, "0"] = vault
            return conflict

        return self.aws.call("TransactWriteItems", write)

    def change(
        self,
        case: Registration,
        event: Event,
        *,
        vault: VaultItem | None = None,
        guards: Sequence[str] = (),
    ) -> Conflict | None:
        def write() -> Conflict | None:
            conflict = self._conflict(case, case.version - 1, guards)
            if conflict is None and self._is_next(case):
                if vault is not None:
                    if (case.ref.locator, "1") in self.aws.vault:
                        raise TablesDisagreeError("a correction never goes over another")
                    self.aws.vault[case.ref.locator, "1"] = vault
                self._put(case, event, guards)
            return conflict

        return self.aws.call("TransactWriteItems", write)

    def erase(self, case: Registration, event: Event, guards: Sequence[str]) -> Conflict | None:
        return self._write_and_release(case, event, guards, erased=True)

    def release(self, case: Registration, event: Event, guards: Sequence[str]) -> Conflict | None:
        return self._write_and_release(case, event, guards, erased=False)

    def load(self, refs: Sequence[Ref]) -> Mapping[Ref, Loaded]:
        return self.load_for_scoring(refs, "")[0]

    def load_for_scoring(
        self, refs: Sequence[Ref], region: str
    ) -> tuple[Mapping[Ref, Loaded], Cutoffs | None]:
        if not refs:
            return {}, None
        if len(set(refs)) != len(refs):
            raise ValueError("BatchGetItem refuses one key twice")

        def read() -> Mapping[Ref, Loaded]:
            return {ref: self._loaded(ref) for ref in refs if ref in self.aws.cases}

        return self.aws.call("BatchGetItem", read), self.aws.cutoffs.get(region)

    def look(self, ref: Ref | None, buckets: Sequence[str], region: str) -> Looked:
        def read() -> Looked:
            case = self.aws.cases.get(ref) if ref is not None else None
            kept = tuple(self.aws.buckets.get(name) for name in buckets)
            return Looked(case, kept, self.aws.cutoffs.get(region))

        return self.aws.call("BatchGetItem", read)

    def holder(self, guard: str) -> Holder | None:
        return self.aws.call("GetItem", lambda: self.aws.guards.get(guard))

    def waiting(self, work: Work, region: str, until: int, limit: int) -> Sequence[Ref]:
        def read() -> Sequence[Ref]:
            due = [
                (case.waiting.due, case.ref.village, case.ref.locator)
                for case in self.aws.cases.values()
                if case.waiting is not None
                and case.waiting.work is work
                and case.ref.village.startswith(region)
                and case.waiting.due <= until
            ]
            return [Ref(village, locator) for _, village, locator in sorted(due)[:limit]]

        return self.aws.call("Query", read)

    def heads(self) -> Iterator[tuple[str, Head]]:
        cases = self.aws.call("Scan", lambda: list(self.aws.cases.values()))
        return iter(sorted((case.ref.locator, case.head) for case in cases))

    def _loaded(self, ref: Ref) -> Loaded:
        items = (self.aws.vault.get((ref.locator, order)) for order in ("0", "1"))
        return Loaded(self.aws.cases[ref], tuple(item for item in items if item is not None))

    def _write_and_release(
        self, case: Registration, event: Event, guards: Sequence[str], *, erased: bool
    ) -> Conflict | None:
        """As the adapter: guards of others make it write again without them."""

        def write(released: Sequence[str]) -> Conflict | None:
            conflict = self._conflict(case, case.version - 1, released)
            if conflict is None and self._is_next(case):
                self._put(case, event, ())
                for guard in released:
                    self.aws.guards.pop(guard, None)
                for order in ("0", "1") if erased else ():
                    self.aws.vault.pop((case.ref.locator, order), None)
            return conflict

        conflict = self.aws.call("TransactWriteItems", lambda: write(guards))
        while conflict is not None and conflict.case is None and conflict.held:
            others = {holder.guard for holder in conflict.held}
            guards = [guard for guard in guards if guard not in others]
            conflict = self.aws.call("TransactWriteItems", lambda: write(guards))  # noqa: B023 - runs at once
        return conflict and Conflict(conflict.case, ())

    def _conflict(self, case: Registration, before: int, guards: Sequence[str]) -> Conflict | None:
        """Which conditions fail; a state that ends in this very event is this call's own."""
        there = self.aws.cases.get(case.ref)
        stale = (there.version if there else 0) != before
        if stale and there is not None and there.head == case.head:
            return None
        found = (self.aws.guards.get(guard) for guard in guards)
        held = tuple(
            holder
            for holder in found
            if holder
            and (holder.request_id, holder.ref.locator) != (case.request_id, case.ref.locator)
        )
        return Conflict(there if stale else None, held) if stale or held else None

    def _is_next(self, case: Registration) -> bool:
        return self.aws.cases[case.ref].version == case.version - 1

    def _put(self, case: Registration, event: Event, guards: Sequence[str]) -> None:
        self.aws.cases[case.ref] = case
        self.aws.events[event_key(event)] = event
        for guard in guards:
            self.aws.guards[guard] = Holder(guard, case.ref, case.request_id)


@dataclass
class FakeLedger:
    """The ledger in memory, for readers, sealer and exporter."""

    aws: FakeAws = field(default_factory=FakeAws)

    def last_read(self, actor: str, day: str) -> Head:
        def read() -> Head:
            chain = read_chain(actor, day)
            own = [event for event in self._partition(f"{day}#{READS}") if event.chain == chain]
            return Head(own[-1].seq, own[-1].hash, own[-1].at) if own else first_head(chain)

        return self.aws.call("Query", read)

    def put_read(self, event: Event) -> bool:
        key = event_key(event)
        stands = self.aws.call("PutItem", lambda: self.aws.events.setdefault(key, event))
        return stands.hash == event.hash

    def reads_of(self, locator: str, limit: int) -> Sequence[Event]:
        events = self.aws.call("Query", lambda: list(self.aws.events.values()))
        found = [event for event in events if event.ref == locator]
        return sorted(found, key=lambda event: (event.at, event.seq), reverse=True)[:limit]

    def last_states(self, day: str) -> Iterator[tuple[str, State, int]]:
        for pk in day_partitions(day)[:-1]:
            moved = self.aws.call("Query", lambda: self._partition(pk))  # noqa: B023 - runs at once
            last = {event.chain: event for event in moved if event.to_state is not None}
            for locator, event in last.items():
                yield locator, State(str(event.to_state)), event.at

    def day_hashes(self, day: str) -> Iterator[bytes]:
        return (event.hash for event in self.day_events(day))

    def last_seal(self) -> DaySeal | None:
        days = self.aws.sealed_days
        return self.aws.call("Query", lambda: days[max(days)] if days else None)

    def put_seal(self, seal: DaySeal) -> DaySeal:
        return self.aws.call("PutItem", lambda: self.aws.sealed_days.setdefault(seal.day, seal))

    def seals(self) -> Iterator[DaySeal]:
        days = self.aws.sealed_days
        return iter(self.aws.call("Query", lambda: [days[day] for day in sorted(days)]))

    def day_events(self, day: str) -> Iterator[Event]:
        for pk in day_partitions(day):
            yield from self.aws.call("Query", lambda: self._partition(pk))  # noqa: B023 - runs at once

    def event(self, chain: str, at: int, seq: int) -> Event | None:
        return self.aws.call("GetItem", lambda: self.aws.events.get(key_of(chain, at, seq)))

    def _partition(self, pk: str) -> list[Event]:
        return [event for key, event in sorted(self.aws.events.items()) if key[0] == pk]


@dataclass
class FakeLimits:
    """Limits in memory."""

    aws: FakeAws = field(default_factory=FakeAws)

    def spend(self, bucket: str, now: int, *, capacity: int, refill_ms: int) -> None:
        def write() -> None:
            full = max(self.aws.buckets.get(bucket, Bucket(0, now)).at, now)
            self.aws.buckets[bucket] = Bucket(capacity, full + refill_ms)

        self.aws.call("UpdateItem", write)

    def take(self, name: str, limit: int, until: int) -> bool:
        def write() -> bool:
            used = self.aws.rights.get(name, 0)
            self.aws.rights[name] = min(used + 1, limit)
            return used < limit

        return self.aws.call("UpdateItem", write)


@dataclass
class FakeQueue:
    """A queue that keeps what it was sent."""

    aws: FakeAws = field(default_factory=FakeAws)
    sent: list[Message] = field(default_factory=list)

    def send(self, messages: Sequence[Message]) -> None:
        for start in range(0, len(messages), 10):
            batch = messages[start : start + 10]
            self.aws.call("SendMessageBatch", lambda: self.sent.extend(batch))  # noqa: B023 - runs at once


@dataclass
class FakePublicFiles:
    """Files in memory: path -> (content, type)."""

    aws: FakeAws = field(default_factory=FakeAws)

    def put(self, path: str, content: bytes, content_type: str) -> None:
        self.aws.call("PutObject", lambda: self.aws.files.update({path: (content, content_type)}))


@dataclass
class FakeSigner:
    """A real P-256 key, the same in every run."""

    aws: FakeAws = field(default_factory=FakeAws)

    def public_key(self) -> bytes:
        form = serialization.PublicFormat.SubjectPublicKeyInfo
        public = SIGNING.public_key().public_bytes(serialization.Encoding.DER, form)
        return self.aws.call("GetPublicKey", lambda: public)

    def sign(self, digest: bytes) -> bytes:
        ecdsa = ec.ECDSA(utils.Prehashed(hashes.SHA256()))
        return self.aws.call("Sign", lambda: SIGNING.sign(digest, ecdsa))
