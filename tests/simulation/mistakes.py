"""Mistakes that others made before us: the simulator must see each of them.

Each is the real system with one thing done as it should not be.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from chalicelib.adapters import proposal_items
from chalicelib.domain import receipt
from chalicelib.domain.adoption import Proposal
from chalicelib.domain.audit import READ_ID_BYTES, Event, Head, append_read, event_key
from chalicelib.domain.comparison import Part
from chalicelib.domain.errors import TepatError, TryAgain
from chalicelib.domain.registration import Ref, Registration, State, WayIn, Work
from chalicelib.usecases import read_case, register, sweep
from chalicelib.usecases.open_identity import open_identity
from chalicelib.usecases.ports import Conflict, Holder, InForce, Loaded, Message, VaultItem
from chalicelib.usecases.relay import CHECK
from tests.simulation.faulty_aws import EventTable
from tests.simulation.region import (
    Change,
    Letter,
    Region,
    RegionLedger,
    RegionProposals,
    RegionStore,
    Step,
)

Answer = register.Accepted


class _Region(Region):
    """The real region with another store."""

    store_of: type[RegionStore] = RegionStore
    proposals_of: type[RegionProposals] = RegionProposals

    def make_store(self) -> RegionStore:
        return self.store_of(self.aws)

    def make_proposals(self) -> RegionProposals:
        return self.proposals_of(self.aws)


# How things are written


class PutThenPut(_Region):
    """State, event, sealed identity and guards are written one after another."""

    class Store(RegionStore):
        def create(
            self, case: Registration, vault: VaultItem, event: Event, guards: Sequence[str]
        ) -> Conflict | None:
            aws = self.aws
            conflict = aws.call("GetItem", lambda: self._conflict(case, None, guards))
            if conflict is None and case.ref not in aws.cases:
                aws.call("PutItem", lambda: self._put(case, event, ()))
                for guard in guards:
                    holder = Holder(guard, case.ref, case.request_id)
                    aws.call("PutItem", lambda: aws.guards.__setitem__(guard, holder))  # noqa: B023 - runs at once
                key = (case.ref.locator, "0")
                aws.call("PutItem", lambda: aws.vault.__setitem__(key, vault))
            return conflict

    store_of = Store


class EventBesideTheState(_Region):
    """The ledger is written after the change, in a call of its own."""

    class Store(RegionStore):
        def change(
            self,
            case: Registration,
            event: Event,
            *,
            vault: VaultItem | None = None,
            guards: Sequence[str] = (),
        ) -> Conflict | None:
            conflict = super().change(case, event, vault=vault, guards=guards)
            if conflict is None:
                key = event_key(event)
                self.aws.call("PutItem", lambda: self.aws.events.__setitem__(key, event))
            return conflict

        def _put(self, case: Registration, event: Event, guards: Sequence[str]) -> None:
            events, self.aws.events = self.aws.events, EventTable()
            super()._put(case, event, guards)
            self.aws.events = events
            if case.version == 1:
                events[event_key(event)] = event

    store_of = Store


class CounterOutside(_Region):
    """The version is counted up by a call of its own."""

    class Store(RegionStore):
        def change(
            self,
            case: Registration,
            event: Event,
            *,
            vault: VaultItem | None = None,
            guards: Sequence[str] = (),
        ) -> Conflict | None:
            cases = self.aws.cases
            conflict = super().change(case, event, vault=vault, guards=guards)
            if conflict is None and cases[case.ref].head == case.head:
                cases[case.ref] = replace(case, version=case.version - 1)
                self.aws.call("UpdateItem", lambda: cases.update({case.ref: case}))
            return conflict

    store_of = Store


class UnconditionalWrite(_Region):
    """Workers write whatever has happened since they read."""

    class Store(RegionStore):
        def change(
            self,
            case: Registration,
            event: Event,
            *,
            vault: VaultItem | None = None,
            guards: Sequence[str] = (),
        ) -> Conflict | None:
            if not event.actor.startswith("system:"):
                return super().change(case, event, vault=vault, guards=guards)
            return self.aws.call("TransactWriteItems", lambda: self._put(case, event, guards))

    store_of = Store


class ConditionWithoutOwnId(_Region):
    """What is there is somebody else's, since nothing that is stored says whose it is."""

    class Store(RegionStore):
        def _conflict(
            self, case: Registration, before: int | None, guards: Sequence[str]
        ) -> Conflict | None:
            conflict = super()._conflict(case, before, guards)
            there = self.aws.cases.get(case.ref)
            if before or there is None:
                return conflict
            return Conflict(replace(there, request_id=b""), conflict.held if conflict else ())

    store_of = Store


class GuardsReleasedFirst(_Region):
    """Withdrawing frees the NIK, and then says so."""

    def withdraw(self, key: str, receipt: str) -> Registration:
        case = self.find(receipt)
        guards = [name for name, held in self.aws.guards.items() if held.ref == case.ref]

        def free() -> None:
            for guard in guards:
                self.aws.guards.pop(guard, None)

        self.aws.call("TransactWriteItems", free)
        return super().withdraw(key, receipt)


class ErasedInTwoSteps(_Region):
    """The case is erased, then its sealed identity."""

    class Store(RegionStore):
        def erase(self, case: Registration, event: Event, guards: Sequence[str]) -> Conflict | None:
            conflict = self.release(case, event, guards)
            if conflict is None:
                self.aws.call("DeleteItem", lambda: self._forget(case.ref))
            return conflict

        def _forget(self, ref: Ref) -> None:
            for order in ("0", "1"):
                self.aws.vault.pop((ref.locator, order), None)

    store_of = Store


# How requests are recognised


class TimeAsIdentity(_Region):
    """The receipt is made from the time of the request."""

    def register(self, key: str, *sent: Any, **more: Any) -> Answer:
        return super().register(f"{key}-{self.clock.now_ms()}", *sent, **more)


class ReceiptByChance(_Region):
    """The receipt is drawn, not derived from the request's key."""

    def register(self, key: str, *sent: Any, **more: Any) -> Answer:
        return super().register(self.random.take(16).hex(), *sent, **more)


class RetryWithNewId(_Region):
    """A write that was refused is tried again as a new request."""

    def register(self, key: str, *sent: Any, **more: Any) -> Answer:
        try:
            return super().register(key, *sent, **more)
        except TryAgain:
            return super().register(f"{key}-2", *sent, **more)


class ErrorKeptAsAnswer(_Region):
    """A failure is kept as the answer to a key, and told again for ever."""

    def __init__(self, seed: int = 0) -> None:
        super().__init__(seed)
        self.kept: dict[str, TepatError] = {}

    def register(self, key: str, *sent: Any, **more: Any) -> Answer:
        if key in self.kept:
            raise self.kept[key]
        try:
            return super().register(key, *sent, **more)
        except TepatError as error:
            self.kept[key] = error
            raise


class ExceptionAroundTheClaim(_Region):
    """Whatever the store says, the family is shown a receipt."""

    def register(
        self, key: str, body: Mapping[str, Any], way_in: WayIn = WayIn.SELF, actor: str = "citizen"
    ) -> Answer:
        try:
            return super().register(key, body, way_in, actor)
        except Exception:  # noqa: BLE001 - the mistake
            village = self.form_rules().villages[body["village"]]
            paper = receipt.derive(self.index.mac, key, village.index)
            return Answer(paper, self.clock.now_ms(), ())


# How work is passed on


class MessageBesideTheWrite(_Region):
    """Whoever registers sends the message too; nobody reads the stream or looks again."""

    def register(self, *sent: Any, **more: Any) -> Answer:
        accepted = super().register(*sent, **more)
        for ref in [ref for ref in self.aws.cases if ref.locator == accepted.receipt.locator]:
            self.queues[CHECK].send([Message(ref, 1)])
        return accepted

    def relay(self, changes: Sequence[Change | Step]) -> int:
        return super().relay([each for each in changes if each.after is not State.RECEIVED])

    def sweep(self, _looked_at: Sequence[int] | None = None) -> int:
        return _due_only(self)


class BatchAcknowledgedWhole(_Region):
    """A batch is done when the function ends, whatever it could not do."""

    def work(self, queue: str, batch: Sequence[Letter]) -> set[int]:
        super().work(queue, batch)
        return set()


class EveryConflictIsLate(_Region):
    """A worker whose case was written meanwhile takes its message for an old one; it was ours."""

    class Store(RegionStore):
        def change(
            self,
            case: Registration,
            event: Event,
            *,
            vault: VaultItem | None = None,
            guards: Sequence[str] = (),
        ) -> Conflict | None:
            conflict = super().change(case, event, vault=vault, guards=guards)
            return None if event.actor.startswith("system:") else conflict

    store_of = Store


class SweepTrustsTheStream(_Region):
    """The sweep asks for what waits, and not for what never came."""

    def sweep(self, _looked_at: Sequence[int] | None = None) -> int:
        return _due_only(self)


class ReadBeforeItsEntry(_Region):
    """The case is opened, then the look is written down."""

    def read(self, case: Registration, actor: str = "staff:officer-1") -> read_case.OpenCase:
        ports = self.read_ports()
        loaded = self.store.load([case.ref])[case.ref]
        identity = open_identity(loaded, ports.opener) if loaded.case.household else None
        read_case.record_read(
            case.ref.locator,
            actor,
            "queue",
            clock=self.clock,
            random=self.random,
            ledger=self.ledger,
        )
        return read_case.OpenCase(loaded.case, identity, None, None, ())


class NotCheckedPasses(_Region):
    """The registry does not answer, and the family goes on as if it had."""

    class Store(RegionStore):
        def _put(self, case: Registration, event: Event, guards: Sequence[str]) -> None:
            if case.state is State.IDENTITY_CHECKING:
                case = replace(case, state=State.MATCHED, waiting=None)
            super()._put(case, event, guards)

    store_of = Store


class ScoredZero(_Region):
    """What cannot be computed is scored 0 and decided."""

    def score(self, *messages: Message) -> list[Message]:
        for ref, case in list(self.aws.cases.items()):
            household = case.household
            if case.state is State.MATCHED and household is not None:
                filled = {**self._first_answers(), **household.answers}
                self.aws.cases[ref] = replace(case, household=replace(household, answers=filled))
        return super().score(*messages)

    def _first_answers(self) -> dict[str, int | str]:
        from tests.world import answers

        return answers(self.model)


class ReadsOverwriteEachOther(_Region):
    """Two windows of one officer write to one place in the chain."""

    class Ledger(RegionLedger):
        def put_read(self, event: Event) -> bool:
            events, run = self.aws.events, self.aws.running
            self.aws.call("PutItem", lambda: events.__setitem__(event_key(event), event))
            if run is not None:
                self.aws.entries[run.name] = event_key(event), event.hash
            return True

    def make_ledger(self) -> RegionLedger:
        return self.Ledger(self.aws)


class LooksWithoutAnId(_Region):
    """A look is known by officer, case and millisecond alone, so two windows make one entry."""

    class Ledger(RegionLedger):
        def put_read(self, event: Event) -> bool:
            head = Head(event.seq - 1, event.prev, event.prev_at)
            same, _ = append_read(
                head,
                at=event.at,
                actor=event.actor,
                ref=str(event.ref),
                reason=str(event.reason),
                own_id=bytes(READ_ID_BYTES),
            )
            return super().put_read(same)

    def make_ledger(self) -> RegionLedger:
        return self.Ledger(self.aws)


class OldFormRevives(_Region):
    """Only the last new receipt is remembered: an older form that comes again undoes it."""

    class Store(RegionStore):
        def _put(self, case: Registration, event: Event, guards: Sequence[str]) -> None:
            super()._put(replace(case, reissues=case.reissues[-1:]), event, guards)

    store_of = Store


class HeldForEver(_Region):
    """What could not be claimed at first is never claimed, although its holder is gone."""

    class Store(RegionStore):
        def create(
            self, case: Registration, vault: VaultItem, event: Event, guards: Sequence[str]
        ) -> Conflict | None:
            return super().create(case, replace(vault, wanted=()), event, guards)

    store_of = Store


class ClaimedWithoutAsking(_Region):
    """A check takes the numbers that were wanted, whoever holds them."""

    class Store(RegionStore):
        def holder(self, guard: str) -> Holder | None:
            super().holder(guard)
            return None

        def change(
            self,
            case: Registration,
            event: Event,
            *,
            vault: VaultItem | None = None,
            guards: Sequence[str] = (),
        ) -> Conflict | None:
            if event.actor.startswith("system:"):
                for guard in guards:
                    self.aws.guards.pop(guard, None)
            return super().change(case, event, vault=vault, guards=guards)

    store_of = Store


def _due_only(region: Region) -> int:
    ports = sweep.Ports(
        region.clock, region.store, region.ledger, region.queues, "3510", region.village_of
    )
    now = region.clock.now_ms()
    due = [Message(ref, 0) for ref in ports.store.waiting(Work.CHECK, "3510", now, 5_000)]
    if due:
        region.queues[CHECK].send(due)
    return len(due)


# How something is adopted


class CountedPerDelivery(_Region):
    """A village is added for each delivery of its message, and not once."""

    class Proposals(RegionProposals):
        def finish(
            self, proposal: Proposal, village: str, part: Part | None, now: int, due: int
        ) -> bool:
            return super().finish(proposal, f"{village}~{self.aws.made}", part, now, due)

        def finished(self, proposal: Proposal) -> frozenset[str]:
            return frozenset(each.partition("~")[0] for each in super().finished(proposal))

    proposals_of = Proposals


class CounterBesideItsRow(_Region):
    """That a village is done is noted, and then counted in a call of its own."""

    class Proposals(RegionProposals):
        def finish(
            self, proposal: Proposal, village: str, part: Part | None, now: int, due: int
        ) -> bool:
            key = proposal_items.part_key(proposal, village)
            if key in self.aws.parts:
                return False
            self.aws.call("PutItem", lambda: self.put_part(key, part))
            self.aws.call("UpdateItem", lambda: self._count(proposal))
            return True

        def _count(self, proposal: Proposal) -> None:
            there = self.aws.proposals[proposal.ref]
            self.aws.proposals[proposal.ref] = after = replace(there, left=max(there.left - 1, 0))
            self.progress(there, after)

    proposals_of = Proposals


class AdoptedOverAnother(_Region):
    """Whatever the region has adopted meanwhile, the next one is written over it."""

    class Proposals(RegionProposals):
        def in_force(self, region: str) -> InForce | None:
            super().in_force(region)
            return None

        def change(
            self, proposal: Proposal, event: Event, adopted: InForce | None = None
        ) -> Proposal | None:
            there = super().change(proposal, event)
            if there is None and adopted is not None:
                self.aws.adopted[proposal.ref.village] = adopted
                self.aws.adoptions.append(adopted)
            return there

    proposals_of = Proposals


class DecidedAnewByEachMessage(_Region):
    """What a message has decided anew is not looked at when it comes again."""

    class Store(RegionStore):
        def load_for_scoring(
            self, refs: Sequence[Ref], region: str
        ) -> tuple[Mapping[Ref, Loaded], InForce | None]:
            loaded, in_force = super().load_for_scoring(refs, region)
            old = {
                ref: Loaded(replace(each.case, under=0), each.vault) for ref, each in loaded.items()
            }
            return old, in_force

    class Proposals(RegionProposals):
        def families(self, village: str) -> Iterator[Registration]:
            return (replace(case, under=0) for case in super().families(village))

    store_of = Store
    proposals_of = Proposals


class TornReadsTrusted(_Region):
    """What one batch of reads brings is taken for one moment; seen by the exhaustive mode."""

    class Store(RegionStore):
        def load_for_scoring(
            self, refs: Sequence[Ref], region: str
        ) -> tuple[Mapping[Ref, Loaded], InForce | None]:
            loaded, in_force = super().load_for_scoring(refs, region)
            return {ref: _Trusted(each.case, each.vault) for ref, each in loaded.items()}, in_force

    store_of = Store


class _Trusted(Loaded):
    torn = False


MISTAKES: tuple[type[Region], ...] = (
    PutThenPut,
    EventBesideTheState,
    CounterOutside,
    UnconditionalWrite,
    ConditionWithoutOwnId,
    GuardsReleasedFirst,
    ErasedInTwoSteps,
    TimeAsIdentity,
    ReceiptByChance,
    RetryWithNewId,
    ErrorKeptAsAnswer,
    ExceptionAroundTheClaim,
    MessageBesideTheWrite,
    BatchAcknowledgedWhole,
    SweepTrustsTheStream,
    ReadBeforeItsEntry,
    NotCheckedPasses,
    ScoredZero,
    ReadsOverwriteEachOther,
    LooksWithoutAnId,
    OldFormRevives,
    HeldForEver,
    ClaimedWithoutAsking,
    CountedPerDelivery,
    CounterBesideItsRow,
    AdoptedOverAnother,
    DecidedAnewByEachMessage,
)
