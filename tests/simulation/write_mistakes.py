"""Known mistakes of how things are written, each the real system with one thing done wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from chalicelib.domain.audit import Event, event_key
from chalicelib.domain.registration import Ref, Registration
from chalicelib.usecases.ports import Conflict, Holder, InForce, Loaded, VaultItem
from tests.simulation.faulty_aws import EventTable
from tests.simulation.region import Region
from tests.simulation.region_stores import RegionProposals, RegionStore


class OtherStore(Region):
    """The real region with another store, of cases or of proposals."""

    store_of: type[RegionStore] = RegionStore
    proposals_of: type[RegionProposals] = RegionProposals

    def make_store(self) -> RegionStore:
        return self.store_of(self.aws)

    def make_proposals(self) -> RegionProposals:
        return self.proposals_of(self.aws)


class PutThenPut(OtherStore):
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


class EventBesideTheState(OtherStore):
    """The ledger is written after the change, in a call of its own."""

    class Store(RegionStore):
        def change(self, case: Registration, event: Event, **more: Any) -> Conflict | None:
            conflict = super().change(case, event, **more)
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


class CounterOutside(OtherStore):
    """The version is counted up by a call of its own."""

    class Store(RegionStore):
        def change(self, case: Registration, event: Event, **more: Any) -> Conflict | None:
            cases = self.aws.cases
            conflict = super().change(case, event, **more)
            if conflict is None and cases[case.ref].head == case.head:
                cases[case.ref] = replace(case, version=case.version - 1)
                self.aws.call("UpdateItem", lambda: cases.update({case.ref: case}))
            return conflict

    store_of = Store


class UnconditionalWrite(OtherStore):
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


class ConditionWithoutOwnId(OtherStore):
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


class GuardsReleasedFirst(OtherStore):
    """Withdrawing frees the NIK, and then says so."""

    def withdraw(self, key: str, receipt: str) -> Registration:
        case = self.find(receipt)
        guards = [name for name, held in self.aws.guards.items() if held.ref == case.ref]

        def free() -> None:
            for guard in guards:
                self.aws.guards.pop(guard, None)

        self.aws.call("TransactWriteItems", free)
        return super().withdraw(key, receipt)


class ErasedInTwoSteps(OtherStore):
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


class EveryConflictIsLate(OtherStore):
    """A worker whose case was written meanwhile takes its message for an old one; it was ours."""

    class Store(RegionStore):
        def change(self, case: Registration, event: Event, **more: Any) -> Conflict | None:
            conflict = super().change(case, event, **more)
            return None if event.actor.startswith("system:") else conflict

    store_of = Store


class HeldForEver(OtherStore):
    """What could not be claimed at first is never claimed, although its holder is gone."""

    class Store(RegionStore):
        def create(
            self, case: Registration, vault: VaultItem, event: Event, guards: Sequence[str]
        ) -> Conflict | None:
            return super().create(case, replace(vault, wanted=()), event, guards)

    store_of = Store


class ClaimedWithoutAsking(OtherStore):
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


class OldFormRevives(OtherStore):
    """Only the last new receipt is remembered: an older form that comes again undoes it."""

    class Store(RegionStore):
        def _put(self, case: Registration, event: Event, guards: Sequence[str]) -> None:
            super()._put(replace(case, reissues=case.reissues[-1:]), event, guards)

    store_of = Store


class TornReadsTrusted(OtherStore):
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


WRITE_MISTAKES: tuple[type[Region], ...] = (
    PutThenPut,
    EventBesideTheState,
    CounterOutside,
    UnconditionalWrite,
    ConditionWithoutOwnId,
    GuardsReleasedFirst,
    ErasedInTwoSteps,
    OldFormRevives,
    HeldForEver,
    ClaimedWithoutAsking,
)
