"""Ground checks and samples on DynamoDB: each step one transaction with all that goes with it."""

from __future__ import annotations

import random
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from chalicelib.adapters import aws, dynamo, ground_check_items, ledger_items, registry_items
from chalicelib.adapters.registry_table import TablesDisagreeError, standing
from chalicelib.adapters.vault_items import vault_pk
from chalicelib.usecases.check_ports import PARTS, Opened, Stands
from chalicelib.usecases.ports import Sealed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mypy_boto3_dynamodb import DynamoDBClient

    from chalicelib.adapters.dynamo import Chance, Item, Refusal, Sleep, Value, Wire
    from chalicelib.adapters.registry_table import Tables
    from chalicelib.domain.assignment import Judges
    from chalicelib.domain.audit import Event
    from chalicelib.domain.check_sample import Sample
    from chalicelib.domain.ground_check import Check
    from chalicelib.domain.registration import Ref
    from chalicelib.usecases.check_ports import DisputeStep
    from chalicelib.usecases.dispute_ports import CaseStep, Statement

MAX_LOADED: Final = 60
_BESIDE: Final = 2  # place of the case or the dispute, after the check and its event
_UNCHANGED: Final = "v = :v"


@dataclass(frozen=True, slots=True)
class GroundCheckTable:
    """Ground checks (`check_ports.GroundChecks`) and samples (`check_ports.Samples`)."""

    client: DynamoDBClient
    tables: Tables
    sleep: Sleep = time.sleep
    chance: Chance = random.random

    def create(
        self, check: Check, event: Event, *, dispute: DisputeStep | None = None
    ) -> Stands | None:
        """Store a new check, with the step of the dispute that asked for it."""
        beside: list[Wire] = []
        if dispute is not None:
            from chalicelib.adapters import dispute_items  # noqa: PLC0415 - officers alone ask

            item = dispute_items.dispute_to_item(dispute[0])
            beside = self._put_step(item, dispute[0].version - 1, dispute[1])
        return self._write(check, dynamo.ABSENT, {}, event, beside)

    def change(
        self,
        check: Check,
        event: Event,
        *,
        statements: Sequence[Statement] = (),
        case: CaseStep | None = None,
        judges: Judges | None = None,
    ) -> Stands | None:
        """Store a step, with what was written, the case if it changes, and who has judged."""
        beside: list[Wire] = []
        if case is not None:
            item = registry_items.to_item(case[0])
            beside = self._put_step(item, case[0].version - 1, case[1])
        beside += [
            dynamo.put(self.tables.vault, self._sealed(check.ref, statement))
            for statement in statements
        ]
        if judges is not None:
            beside.append(self._put(registry_items.judges_to_item(judges), judges.version - 1))
        return self._write(check, _UNCHANGED, {":v": check.version - 1}, event, beside)

    def forget(self, check: Check, event: Event) -> Stands | None:
        """Store a step and delete what is sealed beside the check."""
        pk = vault_pk(check.ref.locator)
        gone = [dynamo.delete(self.tables.vault, pk, part) for part in PARTS]
        return self._write(check, _UNCHANGED, {":v": check.version - 1}, event, gone)

    def load(self, refs: Sequence[Ref]) -> Mapping[Ref, Check]:
        """Read checks in one call."""
        if len(refs) > MAX_LOADED:
            raise ValueError("at most 60 checks are read in one call")
        if not refs:
            return {}
        keys = [dynamo.key(*ground_check_items.check_key(ref)) for ref in refs]
        registry = self.tables.registry
        found = dynamo.batch_get(self.client, {registry: keys}, consistent=frozenset({registry}))
        checks = map(ground_check_items.check_from_item, found[registry])
        return {check.ref: check for check in checks}

    def read(self, ref: Ref) -> Opened | None:
        """A check and what is sealed beside it, in one call."""
        pk = vault_pk(ref.locator)
        keys = {
            self.tables.registry: [dynamo.key(*ground_check_items.check_key(ref))],
            self.tables.vault: [dynamo.key(pk, part) for part in PARTS],
        }
        found = dynamo.batch_get(self.client, keys, consistent=frozenset(keys))
        checks = [ground_check_items.check_from_item(i) for i in found[self.tables.registry]]
        if not checks:
            return None
        sealed = {
            dynamo.text(item, "sk"): Sealed(dynamo.data(item, "b"), dynamo.data(item, "k"))
            for item in found[self.tables.vault]
        }
        return Opened(checks[0], sealed)

    def about(self, case: Ref) -> Sequence[Check]:
        """All checks of a family, the earliest first."""
        pk = ground_check_items.checks_pk(case.village)
        read = {
            "FilterExpression": "ab = :ab",
            "ExpressionAttributeValues": dynamo.encode({":pk": pk, ":ab": case.locator}),
        }
        items = dynamo.partition(self.client, self.tables.registry, pk, read)
        found = map(ground_check_items.check_from_item, items)
        return sorted(found, key=lambda check: check.asked_at)

    def of_officer(self, region: str, officer: str, limit: int) -> Sequence[Ref]:
        """Checks that a field officer was drawn for, by deadline."""
        return self._waiting(ground_check_items.officer_key(region, officer), limit)

    def unassigned(self, region: str, limit: int) -> Sequence[Ref]:
        """Checks for which nobody was drawn yet, by deadline."""
        return self._waiting(ground_check_items.unassigned_key(region), limit)

    def to_settle(self, region: str, limit: int) -> Sequence[Ref]:
        """Checks whose finding an officer has to look at, the oldest first."""
        return self._waiting(ground_check_items.to_settle_key(region), limit)

    def sample(self, ref: Ref) -> Sample | None:
        """The draw of a sample, as last written."""
        with aws.passing_told():
            answer = self.client.get_item(
                TableName=self.tables.registry,
                Key=dynamo.key(*ground_check_items.sample_key(ref)),
                ConsistentRead=True,
            )
        item = answer.get("Item")
        return ground_check_items.sample_from_item(dynamo.decode(item)) if item else None

    def keep_sample(self, sample: Sample, event: Event) -> Sample | None:
        """Store a step of a sample with its event; None when done, else what stands there."""
        item = ground_check_items.sample_to_item(sample)
        actions = [
            self._put(item, sample.version - 1),
            dynamo.put(self.tables.ledger, ledger_items.event_to_item(event)),
        ]
        return standing(self._transact(actions), ground_check_items.sample_from_item, sample)

    def _write(
        self,
        check: Check,
        condition: str,
        values: Item,
        event: Event,
        beside: Sequence[Wire],
    ) -> Stands | None:
        item = ground_check_items.check_to_item(check)
        refused = self._transact(
            [
                dynamo.put(self.tables.registry, item, condition, values),
                dynamo.put(self.tables.ledger, ledger_items.event_to_item(event)),
                *beside,
            ]
        )
        if not refused:
            return None
        own, other = _item_at(0, refused), _item_at(_BESIDE, refused)
        if other is not None and other["pk"] == vault_pk(check.ref.locator):
            other = None  # a part that was written before
        there = ground_check_items.check_from_item(own) if own else None
        if there is not None and there.head == check.head:
            return None  # this very call wrote it, whose first answer was lost
        told = (each.item for each in refused if each.item is not None)
        judges = next(filter(registry_items.is_judges, told), None)
        if judges is not None:
            return Stands(there, judges=registry_items.judges_from_item(judges))
        if there is None and other is None:
            raise TablesDisagreeError("vault or ledger hold what the registry does not know")
        if other is not None and registry_items.is_state(other):
            return Stands(there, case=registry_items.from_item(other))
        if other is not None:
            from chalicelib.adapters import dispute_items  # noqa: PLC0415 - as above

            return Stands(there, dispute=dispute_items.dispute_from_item(other))
        return Stands(there)

    def _put(self, item: Item, before: int) -> Wire:
        condition = (_UNCHANGED, {":v": before}) if before else (dynamo.ABSENT, None)
        return dynamo.put(self.tables.registry, item, *condition)

    def _put_step(self, item: Item, before: int, event: Event) -> list[Wire]:
        return [
            self._put(item, before),
            dynamo.put(self.tables.ledger, ledger_items.event_to_item(event)),
        ]

    def _sealed(self, ref: Ref, statement: Statement) -> Item:
        sealed = statement.sealed
        key = {"pk": vault_pk(ref.locator), "sk": statement.part}
        return {**key, "b": sealed.blob, "k": sealed.wrapped_key}

    def _waiting(self, work: str, limit: int) -> Sequence[Ref]:
        refs: list[Ref] = []
        query: Wire = {
            "TableName": self.tables.registry,
            "IndexName": "by_due",
            "KeyConditionExpression": "wk = :wk",
            "ExpressionAttributeValues": dynamo.encode({":wk": work}),
        }
        while len(refs) < limit:
            with aws.passing_told():
                page = self.client.query(**query, Limit=limit - len(refs))
            refs += [ground_check_items.check_ref(dynamo.decode(item)) for item in page["Items"]]
            if "LastEvaluatedKey" not in page:
                break
            query["ExclusiveStartKey"] = page["LastEvaluatedKey"]
        return refs

    def _transact(self, actions: Sequence[Wire]) -> tuple[Refusal, ...]:
        return dynamo.transact(self.client, actions, sleep=self.sleep, chance=self.chance)


def _item_at(place: int, refused: Sequence[Refusal]) -> Mapping[str, Value] | None:
    return next((each.item for each in refused if each.index == place), None)
