"""Disputes on DynamoDB: each step one transaction with its event and all that changes with it.

As in the store of cases every condition that fails tells what stands there, so that a step whose
answer was lost is known by the head of its chain.
"""

from __future__ import annotations

import random
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from chalicelib.adapters import (
    aws,
    dispute_items,
    dynamo,
    ledger_items,
    registry_items,
    vault_items,
)
from chalicelib.adapters.registry_table import TablesDisagreeError
from chalicelib.domain.dispute import MOST_PLACES
from chalicelib.domain.registration import ENDED_STATES, Ref, State
from chalicelib.usecases.dispute_ports import (
    ANSWER,
    CLAIM,
    FILER,
    Candidate,
    Opened,
    Stands,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mypy_boto3_dynamodb import DynamoDBClient

    from chalicelib.adapters.dynamo import Chance, Item, Refusal, Sleep, Wire
    from chalicelib.adapters.registry_table import Tables
    from chalicelib.domain.assignment import Judges
    from chalicelib.domain.audit import Event
    from chalicelib.domain.dispute import Dispute
    from chalicelib.usecases.dispute_ports import CaseStep, Slot, Statement

    _Condition = tuple[str, Item]

MAX_LOADED: Final = 60
PARTS: Final = (CLAIM, FILER, ANSWER)
_BY_OFFICER: Final = "by_officer"
_OWN_OR_FREE: Final = "attribute_not_exists(pk) OR attribute_exists(f) OR l = :l"
_NAMES_ONLY: Final = "pk, sk, s, z"


@dataclass(frozen=True, slots=True)
class DisputeTable:
    """Disputes with their events, statements and places (`dispute_ports.Disputes`)."""

    client: DynamoDBClient
    tables: Tables
    sleep: Sleep = time.sleep
    chance: Chance = random.random

    def create(
        self,
        dispute: Dispute,
        event: Event,
        statements: Sequence[Statement],
        *,
        case: CaseStep | None = None,
        slot: Slot | None = None,
    ) -> Stands | None:
        """Store a new dispute; see `dispute_ports.Disputes.create`."""
        more = self._beside(dispute, statements, case)
        if slot is not None:
            more["slot"] = self._put_slot(slot)
        return self._write(dispute, (dynamo.ABSENT, {}), event, more)

    def change(
        self,
        dispute: Dispute,
        event: Event,
        *,
        statement: Statement | None = None,
        case: CaseStep | None = None,
        gives_up: Slot | None = None,
    ) -> Stands | None:
        """Store a step with all that changes with it; see `dispute_ports.Disputes.change`."""
        more = self._beside(dispute, () if statement is None else (statement,), case)
        if gives_up is not None:
            more["slot"] = self._put_slot(replace(gives_up, held=False))
        if dispute.attribute:
            more |= self._hand_over(dispute, event)
        return self._write(dispute, _after(dispute.version), event, more)

    def forget(
        self,
        dispute: Dispute,
        event: Event,
        parts: Sequence[str],
        *,
        gives_up: Slot | None = None,
    ) -> Stands | None:
        """Store a step and delete parts of what was written, in one transaction."""
        pk = vault_items.vault_pk(dispute.ref.locator)
        gone: dict[str, Any] = {part: dynamo.delete(self.tables.vault, pk, part) for part in parts}
        if gives_up is not None:
            gone["slot"] = self._put_slot(replace(gives_up, held=False))
        return self._write(dispute, _after(dispute.version), event, gone)

    def load(self, refs: Sequence[Ref]) -> Mapping[Ref, Dispute]:
        """Read disputes in one call."""
        if len(refs) > MAX_LOADED:
            raise ValueError("at most 60 disputes are read in one call")
        if not refs:
            return {}
        keys = [dynamo.key(*dispute_items.dispute_key(ref)) for ref in refs]
        found = self._batch({self.tables.registry: keys})[self.tables.registry]
        return {there.ref: there for there in map(dispute_items.dispute_from_item, found)}

    def judges(self, cases: Sequence[Ref]) -> Mapping[Ref, Judges]:
        """Who has judged what visits to these families found, in one call."""
        if len(cases) > MAX_LOADED:
            raise ValueError("at most 60 families are asked for in one call")
        if not cases:
            return {}
        keys = [dynamo.key(*registry_items.judges_key(case)) for case in cases]
        found = self._batch({self.tables.registry: keys})[self.tables.registry]
        return {each.case: each for each in map(registry_items.judges_from_item, found)}

    def read(self, ref: Ref) -> Opened | None:
        """A dispute and its statements in one call."""
        pk = vault_items.vault_pk(ref.locator)
        found = self._batch(
            {
                self.tables.registry: [dynamo.key(*dispute_items.dispute_key(ref))],
                self.tables.vault: [dynamo.key(pk, part) for part in PARTS],
            }
        )
        written = map(dispute_items.statement_from_item, found[self.tables.vault])
        statements = {statement.part: statement.sealed for statement in written}
        for item in found[self.tables.registry]:
            return Opened(dispute_items.dispute_from_item(item), statements)
        return None

    def slots(self, person: bytes) -> Sequence[Slot]:
        """The places that a person holds or has held."""
        pk = dispute_items.slots_pk(person)
        keys = [dynamo.key(pk, str(place)) for place in range(1, MOST_PLACES + 1)]
        found = self._batch({self.tables.registry: keys})[self.tables.registry]
        slots = [dispute_items.slot_from_item(person, item) for item in found]
        return sorted(slots, key=lambda slot: slot.place)

    def candidates(self, village: str) -> Sequence[Candidate]:
        """The cases of a village that have not ended, with the tags of their heads' names."""
        pk, _ = registry_items.state_key(Ref(village, ""))
        read = {"ProjectionExpression": _NAMES_ONLY}
        return [
            Candidate(registry_items.ref_of(item).locator, dynamo.data(item, "z"))
            for item in dynamo.partition(self.client, self.tables.registry, pk, read)
            if "z" in item and State(dynamo.text(item, "s")) not in ENDED_STATES
        ]

    def drawn_for(self, region: str, officer: str, limit: int) -> Sequence[Ref]:
        """Disputes that an officer was drawn for, by deadline, from the sparse index."""
        refs: list[Ref] = []
        query: Wire = {
            "TableName": self.tables.registry,
            "IndexName": _BY_OFFICER,
            "KeyConditionExpression": "#of = :of",
            "ExpressionAttributeNames": {"#of": "of"},
            "ExpressionAttributeValues": dynamo.encode(
                {":of": dispute_items.officer_key(region, officer)}
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

    def _write(
        self, dispute: Dispute, condition: _Condition, event: Event, more: Mapping[str, Wire]
    ) -> Stands | None:
        """Write the dispute, its event and what goes with them; actions are told by their names."""
        item = dispute_items.dispute_to_item(dispute)
        actions: dict[str, Any] = {
            "dispute": dynamo.put(self.tables.registry, item, *condition),
            "event": dynamo.put(self.tables.ledger, ledger_items.event_to_item(event)),
            **more,
        }
        refused = dynamo.transact(
            self.client, list(actions.values()), sleep=self.sleep, chance=self.chance
        )
        places = list(actions)
        return _stands({places[each.index]: each for each in refused}, dispute) if refused else None

    def _hand_over(self, dispute: Dispute, event: Event) -> dict[str, Any]:
        """What an upheld dispute leaves for others, if anything."""
        from chalicelib.adapters import handover_items  # noqa: PLC0415 - few disputes come to it
        from chalicelib.domain import handover  # noqa: PLC0415 - same

        told = handover.of_dispute(dispute, event)
        if told is None:
            return {}
        item = handover_items.handover_to_item(told)
        return {"handover": dynamo.put(self.tables.registry, item)}

    def _beside(
        self, dispute: Dispute, statements: Sequence[Statement], case: CaseStep | None
    ) -> dict[str, Any]:
        """What was written, and the case with its event."""
        more: dict[str, Any] = {}
        for statement in statements:
            item = dispute_items.statement_to_item(dispute.ref.locator, statement)
            more[f"statement {statement.part}"] = dynamo.put(self.tables.vault, item)
        if case is not None:
            changed, event = case
            put = dynamo.put(
                self.tables.registry, registry_items.to_item(changed), *_after(changed.version)
            )
            told = dynamo.put(self.tables.ledger, ledger_items.event_to_item(event))
            more |= {"case": put, "event of the case": told}
        return more

    def _put_slot(self, slot: Slot) -> Any:  # noqa: ANN401 - an action as botocore takes it
        own = {":l": slot.ref.locator}
        return dynamo.put(self.tables.registry, dispute_items.slot_to_item(slot), _OWN_OR_FREE, own)

    def _batch(self, keys: Mapping[str, Sequence[Wire]]) -> dict[str, list[dict[str, Any]]]:
        return dynamo.batch_get(self.client, keys, consistent=frozenset(keys))


def _after(version: int) -> _Condition:
    """The condition of a step: what stands there is the version before it."""
    return "v = :v", {":v": version - 1}


def _stands(refused: Mapping[str, Refusal], dispute: Dispute) -> Stands | None:
    """What stands in the way; None when it was this very call that wrote it."""
    there = None
    if "dispute" in refused:
        item = refused["dispute"].item
        there = dispute_items.dispute_from_item(item) if item else None
        if there is not None and there.head == dispute.head:
            return None
    case_item = refused["case"].item if "case" in refused else None
    case = registry_items.from_item(case_item) if case_item else None
    if there is None and case is None and "slot" not in refused:
        raise TablesDisagreeError("vault or ledger hold what the registry does not know")
    return Stands(there, case, "slot" in refused)
