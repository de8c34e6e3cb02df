"""The store of cases on DynamoDB: one command is one transaction over registry, vault and ledger.

Every condition that fails tells what stands there, so that a request meets itself: a guard with
the request's own id is not "held", and a state whose chain ends in this very event was written by
this call, whose first answer was lost.
"""

from __future__ import annotations

import random
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol, TypeVar

from chalicelib.adapters import aws, dynamo, ledger_items, ops_items, registry_items, vault_items
from chalicelib.adapters.vault_items import CORRECTED, REGISTERED
from chalicelib.usecases.ports import Conflict, Holder, InForce, Loaded, Looked, VaultItem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from mypy_boto3_dynamodb import DynamoDBClient

    from chalicelib.adapters.dynamo import Chance, Item, Refusal, Sleep, Value, Wire
    from chalicelib.domain.audit import Event, Head
    from chalicelib.domain.registration import Ref, Registration, Work

MAX_LOADED: Final = 30
_UNCHANGED: Final = "v = :v"
_OWN_OR_FREE: Final = "attribute_not_exists(pk) OR (r = :r AND l = :l)"
_BY_DUE: Final = "by_due"


@dataclass(frozen=True, slots=True)
class Tables:
    """Names of the tables of a stage."""

    registry: str
    vault: str
    ledger: str
    ops: str


class TablesDisagreeError(Exception):
    """A table was restored without the others: somebody must look before anything is written."""


class Chained(Protocol):
    """Something that is stored with the end of its own chain."""

    @property
    def head(self) -> Head:
        """The last event of its chain."""


_Stored = TypeVar("_Stored", bound=Chained)


def standing(
    refused: Sequence[Refusal], read: Callable[[Item], _Stored], wrote: _Stored
) -> _Stored | None:
    """What stands where a step with its event was to be written; None when it is written.

    What ends in this very event can have been written by this call only, whose first answer was
    lost.

    Args:
        refused: conditions that did not hold; the first action put the item itself.

    Raises:
        TablesDisagreeError: nothing stands there, and yet it was refused.
    """
    if not refused:
        return None
    there = next((refusal.item for refusal in refused if refusal.index == 0), None)
    if there is None:
        raise TablesDisagreeError("vault or ledger hold what the registry does not know")
    stands = read(there)
    return None if stands.head == wrote.head else stands


@dataclass(frozen=True, slots=True)
class RegistryTable:
    """Cases with their vault items, guards and ledger events (`ports.CaseStore`)."""

    client: DynamoDBClient
    tables: Tables
    sleep: Sleep = time.sleep
    chance: Chance = random.random

    def create(
        self, case: Registration, vault: VaultItem, event: Event, guards: Sequence[str]
    ) -> Conflict | None:
        """Store a new case with its first event; see `ports.CaseStore.create`."""
        actions = [
            dynamo.put(self.tables.registry, registry_items.to_item(case)),
            self._put_event(event),
            self._put_vault(case.ref.locator, REGISTERED, vault),
        ]
        return self._write(case, actions, guards)

    def change(
        self,
        case: Registration,
        event: Event,
        *,
        vault: VaultItem | None = None,
        guards: Sequence[str] = (),
    ) -> Conflict | None:
        """Store a changed case with its event; see `ports.CaseStore.change`."""
        actions = [self._put_changed(case), self._put_event(event)]
        if vault is not None:
            actions.append(self._put_vault(case.ref.locator, CORRECTED, vault))
        if case.earlier is not None:
            actions += self._hand_over(case, event)
        return self._write(case, actions, guards)

    def erase(self, case: Registration, event: Event, guards: Sequence[str]) -> Conflict | None:
        """Store an erased case and delete its vault items and guards."""
        pk = vault_items.vault_pk(case.ref.locator)
        gone = [dynamo.delete(self.tables.vault, pk, order) for order in (REGISTERED, CORRECTED)]
        return self._write_and_release(case, event, gone, guards)

    def release(self, case: Registration, event: Event, guards: Sequence[str]) -> Conflict | None:
        """Store a changed case and delete those guards that carry its request id."""
        return self._write_and_release(case, event, [], guards)

    def load(self, refs: Sequence[Ref]) -> Mapping[Ref, Loaded]:
        """Read cases with their vault items in one call."""
        return self._load(refs, ())[0]

    def load_for_scoring(
        self, refs: Sequence[Ref], region: str
    ) -> tuple[Mapping[Ref, Loaded], InForce | None]:
        """Read cases with their vault items, and what the region adopted, in one call."""
        return self._load(refs, (dynamo.key(registry_items.IN_FORCE_PK, region),))

    def look(self, ref: Ref | None, buckets: Sequence[str], region: str) -> Looked:
        """Read a case, token buckets and what the region has adopted in one call.

        The same call whether or not there is a case. The case is read as last written, since a
        secret that was replaced must not open it; the buckets need not be, since a try that runs
        beside another is not yet counted either way.
        """
        pk, sk = registry_items.state_key(ref or registry_items.NOWHERE)
        found = dynamo.batch_get(
            self.client,
            {
                self.tables.registry: [
                    dynamo.key(pk, sk),
                    dynamo.key(registry_items.IN_FORCE_PK, region),
                ],
                self.tables.ops: [dynamo.key(*ops_items.bucket_key(name)) for name in buckets],
            },
            consistent=frozenset({self.tables.registry}),
        )
        cases, in_force = _sort(found[self.tables.registry])
        kept = {item["pk"]: ops_items.bucket_from_item(item) for item in found[self.tables.ops]}
        return Looked(
            case=cases[0] if cases and ref is not None else None,
            buckets=tuple(kept.get(ops_items.bucket_key(name)[0]) for name in buckets),
            in_force=in_force,
        )

    def holder(self, guard: str) -> Holder | None:
        """Who holds a guard, as last written."""
        with aws.passing_told():
            answer = self.client.get_item(
                TableName=self.tables.registry,
                Key=dynamo.key(guard, registry_items.GUARD_SK),
                ConsistentRead=True,
            )
        item = answer.get("Item")
        return registry_items.guard_from_item(dynamo.decode(item)) if item else None

    def waiting(self, work: Work, region: str, until: int, limit: int) -> Sequence[Ref]:
        """Cases whose work is due, the longest waiting first, from the sparse index."""
        refs: list[Ref] = []
        query: Wire = {
            "TableName": self.tables.registry,
            "IndexName": _BY_DUE,
            "KeyConditionExpression": "wk = :wk AND due <= :until",
            "ExpressionAttributeValues": dynamo.encode(
                {
                    ":wk": registry_items.work_key(work, region),
                    ":until": registry_items.due_text(until),
                }
            ),
        }
        while len(refs) < limit:
            with aws.passing_told():
                page = self.client.query(**query, Limit=limit - len(refs))
            refs += [registry_items.ref_of(dynamo.decode(item)) for item in page["Items"]]
            if "LastEvaluatedKey" not in page:
                break
            query["ExclusiveStartKey"] = page["LastEvaluatedKey"]
        return refs

    def heads(self) -> Iterator[tuple[str, Head]]:
        """(chain, head) of every case, proposal and dispute, ascending, for the ledger's export."""
        heads: list[tuple[str, Head]] = []
        scan: Wire = {
            "TableName": self.tables.registry,
            "ProjectionExpression": "pk, sk, h",
            "ConsistentRead": True,
        }
        while True:
            with aws.passing_told():
                page = self.client.scan(**scan)
            items = (dynamo.decode(item) for item in page["Items"])
            heads += [
                (registry_items.ref_of(item).locator, registry_items.head_from_item(item))
                for item in items
                if registry_items.is_chained(item)
            ]
            if "LastEvaluatedKey" not in page:
                return iter(sorted(heads))
            scan["ExclusiveStartKey"] = page["LastEvaluatedKey"]

    def _hand_over(self, case: Registration, event: Event) -> list[Wire]:
        """What a case that was taken up again leaves for others, if anything."""
        from chalicelib.adapters import handover_items  # noqa: PLC0415 - few cases come to it
        from chalicelib.domain import handover  # noqa: PLC0415 - same

        told = handover.of_case(case, event)
        if told is None:
            return []
        return [dynamo.put(self.tables.registry, handover_items.handover_to_item(told))]

    def _put_changed(self, case: Registration) -> Wire:
        before = {":v": case.version - 1}
        return dynamo.put(self.tables.registry, registry_items.to_item(case), _UNCHANGED, before)

    def _put_event(self, event: Event) -> Wire:
        return dynamo.put(self.tables.ledger, ledger_items.event_to_item(event))

    def _put_vault(self, locator: str, order: str, vault: VaultItem) -> Wire:
        return dynamo.put(self.tables.vault, vault_items.to_item(locator, order, vault))

    def _write(
        self, case: Registration, actions: list[Wire], guards: Sequence[str]
    ) -> Conflict | None:
        """Write the state (the first action), all that goes with it, and claim the guards."""
        claims = [
            dynamo.put(
                self.tables.registry,
                registry_items.guard_to_item(guard, case.ref, case.request_id),
                _OWN_OR_FREE,
                _owner(case),
            )
            for guard in guards
        ]
        refused = self._transact([*actions, *claims])
        return _conflict(refused, case, len(actions)) if refused else None

    def _write_and_release(
        self, case: Registration, event: Event, gone: list[Wire], guards: Sequence[str]
    ) -> Conflict | None:
        """Write the state and its event; delete what is gone and the case's own guards.

        A guard that turns out to be another request's is left out, and the rest is tried again.
        """
        actions = [self._put_changed(case), self._put_event(event), *gone]
        releases = [
            dynamo.delete(
                self.tables.registry,
                guard,
                registry_items.GUARD_SK,
                _OWN_OR_FREE,
                _owner(case),
            )
            for guard in guards
        ]
        while refused := self._transact([*actions, *releases]):
            in_the_way = [refusal for refusal in refused if refusal.index < len(actions)]
            if in_the_way:
                return _conflict(in_the_way, case, len(actions))
            others = {refusal.index - len(actions) for refusal in refused}
            releases = [action for place, action in enumerate(releases) if place not in others]
        return None

    def _transact(self, actions: Sequence[Wire]) -> tuple[Refusal, ...]:
        return dynamo.transact(self.client, actions, sleep=self.sleep, chance=self.chance)

    def _load(
        self, refs: Sequence[Ref], more: Sequence[Wire]
    ) -> tuple[Mapping[Ref, Loaded], InForce | None]:
        if len(refs) > MAX_LOADED:
            raise ValueError("at most 30 cases are read in one call")
        if not refs:
            return {}, None
        states = [dynamo.key(*registry_items.state_key(ref)) for ref in refs]
        sealed = [
            dynamo.key(vault_items.vault_pk(ref.locator), order)
            for ref in refs
            for order in (REGISTERED, CORRECTED)
        ]
        found = dynamo.batch_get(
            self.client,
            {self.tables.registry: [*states, *more], self.tables.vault: sealed},
            consistent=frozenset({self.tables.registry, self.tables.vault}),
        )
        cases, in_force = _sort(found[self.tables.registry])
        vaults: dict[str, list[VaultItem]] = {}
        for item in sorted(found[self.tables.vault], key=lambda item: dynamo.text(item, "sk")):
            locator, vault = vault_items.from_item(item)
            vaults.setdefault(locator, []).append(vault)
        loaded = {case.ref: Loaded(case, tuple(vaults.get(case.ref.locator, ()))) for case in cases}
        return loaded, in_force


def _sort(items: Sequence[dict[str, Value]]) -> tuple[list[Registration], InForce | None]:
    """Tell cases from what the region has adopted; a batch answers in any order."""
    cases: list[Registration] = []
    in_force: InForce | None = None
    for item in items:
        if registry_items.is_state(item):
            cases.append(registry_items.from_item(item))
        else:
            in_force = registry_items.in_force_from_item(item)
    return cases, in_force


def _owner(case: Registration) -> Item:
    return {":r": case.request_id, ":l": case.ref.locator}


def _conflict(refused: Sequence[Refusal], case: Registration, actions: int) -> Conflict | None:
    """What stands in the way; None when it was this very call that wrote it.

    A stored case that ends in this very event can have been written by this call only, whose
    first answer was lost.
    """
    stored = [
        registry_items.from_item(refusal.item) if refusal.item else None
        for refusal in refused
        if refusal.index == 0
    ]
    held = tuple(
        registry_items.guard_from_item(refusal.item)
        for refusal in refused
        if refusal.index >= actions and refusal.item
    )
    if not stored and not held:
        raise TablesDisagreeError("vault or ledger hold what the registry does not know")
    there = stored[0] if stored else None
    if there is not None and there.head == case.head:
        return None
    return Conflict(there, held)
