"""Every port in memory. All of them go through `FakeAws.call`, one call for each call of AWS.

That is the one place where a simulator steps in: it may refuse before the call, end the process
before or after it, carry it out twice, or let another worker run in between. The contract suite
holds these fakes and the adapters to the same behaviour.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from chalicelib.adapters import vault_items
from chalicelib.adapters.registry_table import MAX_LOADED, TablesDisagreeError
from chalicelib.domain import handover, misconduct
from chalicelib.domain.audit import (
    Event,
    Head,
    event_key,
)
from chalicelib.domain.dispute import wakes
from chalicelib.domain.errors import Fault, TryAgain
from chalicelib.domain.registration import Ref, Registration, Work
from chalicelib.usecases.ports import (
    Bucket,
    Conflict,
    Holder,
    InForce,
    Loaded,
    Looked,
    Message,
    VaultItem,
)
from tests.fakes_keys import FakeBlindIndex, FakeOpener, FakeSealer, FakeSigner
from tests.fakes_memory import FakeAws
from tests.fakes_refusals import (
    check_batch,
    check_key,
    check_numbers,
    check_path,
    check_write,
)

__all__ = ["FakeAws", "FakeBlindIndex", "FakeOpener", "FakeSealer", "FakeSigner"]

START = 1_763_712_000_000  # 21 November 2025, 08:00 UTC
_NO_REGION = "-"
_DAY_S = 86_400
_TRIES = 3
MAX_DELAY_S = 900  # of SQS


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
class FakeCaseStore:
    """Cases in memory; a transaction looks at every condition, then does all or nothing."""

    aws: FakeAws = field(default_factory=FakeAws)
    check = staticmethod(check_write)

    def create(
        self, case: Registration, vault: VaultItem, event: Event, guards: Sequence[str]
    ) -> Conflict | None:
        item = vault_items.REGISTERED, vault
        return self.aws.call(
            "TransactWriteItems", lambda: self._write(case, None, event, guards, item)
        )

    def change(
        self,
        case: Registration,
        event: Event,
        *,
        vault: VaultItem | None = None,
        guards: Sequence[str] = (),
    ) -> Conflict | None:
        item = None if vault is None else (vault_items.CORRECTED, vault)
        before = case.version - 1
        return self.aws.call(
            "TransactWriteItems", lambda: self._write(case, before, event, guards, item)
        )

    def erase(self, case: Registration, event: Event, guards: Sequence[str]) -> Conflict | None:
        return self._write_and_release(case, event, guards, erased=True)

    def release(self, case: Registration, event: Event, guards: Sequence[str]) -> Conflict | None:
        return self._write_and_release(case, event, guards, erased=False)

    def load(self, refs: Sequence[Ref]) -> Mapping[Ref, Loaded]:
        return self.load_for_scoring(refs, _NO_REGION)[0]

    def load_for_scoring(
        self, refs: Sequence[Ref], region: str
    ) -> tuple[Mapping[Ref, Loaded], InForce | None]:
        if len(refs) > MAX_LOADED:
            raise ValueError("at most 30 cases are read in one call")
        if not refs:
            return {}, None

        def read() -> Mapping[Ref, Loaded]:
            check_batch([(ref.village, ref.locator) for ref in refs])
            check_key("BatchGetItem", sk=region)
            return {ref: self._loaded(ref) for ref in refs if ref in self.aws.cases}

        return self.aws.call("BatchGetItem", read), self.aws.adopted.get(region)

    def look(self, ref: Ref | None, buckets: Sequence[str], region: str) -> Looked:
        def read() -> Looked:
            check_batch([(name, "B") for name in buckets])
            check_key("BatchGetItem", sk=region)
            case = self.aws.cases.get(ref) if ref is not None else None
            kept = tuple(self.aws.buckets.get(name) for name in buckets)
            return Looked(case, kept, self.aws.adopted.get(region))

        return self.aws.call("BatchGetItem", read)

    def holder(self, guard: str) -> Holder | None:
        def read() -> Holder | None:
            check_key("GetItem", pk=guard)
            return self.aws.guards.get(guard)

        return self.aws.call("GetItem", read)

    def waiting(self, work: Work, region: str, until: int, limit: int) -> Sequence[Ref]:
        def read() -> Sequence[Ref]:
            due = [
                (case.waiting.due, case.ref.village, case.ref.locator)
                for case in self.aws.cases.values()
                if case.waiting is not None
                and case.waiting.work is work
                and case.ref.village[:4] == region
                and case.waiting.due <= until
            ]
            due += [
                (each.due, each.ref.village, each.ref.locator)
                for each in self.aws.proposals.values()
                if work is Work.ADOPTION and 0 < each.due <= until and each.ref.village == region
            ]
            due += [
                (wakes(each), each.ref.village, each.ref.locator)
                for each in self.aws.disputes.values()
                if work is Work.DISPUTE and not each.ended and each.ref.village[:4] == region
                if 0 < wakes(each) <= until
            ]
            due += [
                (misconduct.wakes(each), each.ref.village, each.ref.locator)
                for each in self.aws.reports.values()
                if work is Work.REPORT and not each.ended and each.ref.village[:4] == region
                if misconduct.wakes(each) <= until
            ]
            return [Ref(village, locator) for _, village, locator in sorted(due)[:limit]]

        return self.aws.call("Query", read) if limit > 0 else []

    def heads(self) -> Iterator[tuple[str, Head]]:
        aws = self.aws
        kept = aws.call(
            "Scan",
            lambda: [
                *aws.cases.values(),
                *aws.proposals.values(),
                *aws.disputes.values(),
                *aws.checks.values(),
                *aws.samples.values(),
                *aws.officers.values(),
                *aws.reports.values(),
            ],
        )
        return iter(sorted((each.ref.locator, each.head) for each in kept))

    def _loaded(self, ref: Ref) -> Loaded:
        items = (self.aws.vault.get((ref.locator, order)) for order in ("0", "1"))
        return Loaded(self.aws.cases[ref], tuple(item for item in items if item is not None))

    def _write(
        self,
        case: Registration,
        before: int | None,
        event: Event,
        guards: Sequence[str],
        vault: tuple[str, VaultItem] | None,
    ) -> Conflict | None:
        self.check(case, event, vault and vault[1], guards, 2 + (vault is not None))
        conflict = self._conflict(case, before, guards)
        if conflict is None and not self._stale(case, before):
            key = (case.ref.locator, vault[0]) if vault else None
            self._refuse_what_is_there(event, key)
            if key and vault:
                self.aws.vault[key] = vault[1]
            self._put(case, event, guards)
            told = handover.of_case(case, event)
            if told is not None:
                self.aws.handovers.append(told)
        return conflict

    def _write_and_release(
        self, case: Registration, event: Event, guards: Sequence[str], *, erased: bool
    ) -> Conflict | None:
        """As the adapter: guards of others make it write again without them."""
        orders = (vault_items.REGISTERED, vault_items.CORRECTED) if erased else ()

        def write(released: Sequence[str]) -> Conflict | None:
            self.check(case, event, None, released, 2 + len(orders))
            conflict = self._conflict(case, case.version - 1, released)
            if self._stale(case, case.version - 1):
                return conflict and Conflict(conflict.case, ())
            self._refuse_what_is_there(event, None)
            if conflict is None:
                self._put(case, event, ())
                for guard in released:
                    self.aws.guards.pop(guard, None)
                for order in orders:
                    self.aws.vault.pop((case.ref.locator, order), None)
            return conflict

        conflict = self.aws.call("TransactWriteItems", lambda: write(guards))
        while conflict is not None and conflict.held:
            others = {holder.guard for holder in conflict.held}
            guards = [guard for guard in guards if guard not in others]
            conflict = self.aws.call("TransactWriteItems", lambda: write(guards))  # noqa: B023 - runs at once
        return conflict

    def _conflict(
        self, case: Registration, before: int | None, guards: Sequence[str]
    ) -> Conflict | None:
        """Which conditions fail; a state that ends in this very event is this call's own."""
        there = self.aws.cases.get(case.ref)
        stale = self._stale(case, before)
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

    def _stale(self, case: Registration, before: int | None) -> bool:
        """Whether another version than `before` stands there; None stands for no case at all."""
        there = self.aws.cases.get(case.ref)
        if before is None:
            return there is not None
        return there is None or there.version != before

    def _refuse_what_is_there(self, event: Event, vault: tuple[str, str] | None) -> None:
        """Vault and ledger are never written over, by whatever the registry knows."""
        if event_key(event) in self.aws.events or vault in self.aws.vault:
            raise TablesDisagreeError("vault or ledger hold what the registry does not know")

    def _put(self, case: Registration, event: Event, guards: Sequence[str]) -> None:
        self.aws.cases[case.ref] = case
        self.aws.events[event_key(event)] = event
        for guard in guards:
            self.aws.guards[guard] = Holder(guard, case.ref, case.request_id)


@dataclass
class FakeLimits:
    """Limits in memory."""

    aws: FakeAws = field(default_factory=FakeAws)

    def spend(self, bucket: str, now: int, *, capacity: int, refill_ms: int) -> None:
        """As the adapter: a bucket that was full again and still kept takes a second update."""

        def update(*, start: bool) -> bool:
            check_key("UpdateItem", pk=bucket)
            there = self.aws.buckets.get(bucket)
            if (there is not None and there.at < now) is not start:
                return False
            full = (now if start or there is None else there.at) + refill_ms
            kept_until = (now + 1000 * refill_ms) // 1000 + _DAY_S
            check_numbers("UpdateItem", now, refill_ms, capacity, kept_until, full)
            self.aws.buckets[bucket] = Bucket(capacity, full)
            self.aws.kept_until[bucket, "B"] = kept_until
            return True

        for _ in range(_TRIES):
            for start in (False, True):
                if self.aws.call("UpdateItem", lambda: update(start=start)):  # noqa: B023 - runs at once
                    return
        raise TryAgain(Fault("busy"))

    def take(self, name: str, limit: int, until: int) -> bool:
        def write() -> bool:
            check_key("UpdateItem", pk=name)
            check_numbers("UpdateItem", limit, until // 1000)
            used = self.aws.rights.get(name, 0)
            if used >= limit:
                return False
            self.aws.rights[name] = used + 1
            self.aws.kept_until[name, "L"] = until // 1000
            return True

        return self.aws.call("UpdateItem", write) if limit > 0 else False


@dataclass
class FakeQueue:
    """A queue that keeps what it was sent."""

    aws: FakeAws = field(default_factory=FakeAws)
    sent: list[Message] = field(default_factory=list)

    def send(self, messages: Sequence[Message], *, delay_s: int = 0) -> None:
        assert 0 <= delay_s <= MAX_DELAY_S
        for start in range(0, len(messages), 10):
            batch = messages[start : start + 10]
            self.aws.call("SendMessageBatch", lambda: self.sent.extend(batch))  # noqa: B023 - runs at once


@dataclass
class FakePublicFiles:
    """Files in memory: path -> (content, type)."""

    aws: FakeAws = field(default_factory=FakeAws)

    def put(self, path: str, content: bytes, content_type: str) -> None:
        def write() -> None:
            check_path(path)
            self.aws.files[path] = content, content_type

        self.aws.call("PutObject", write)
