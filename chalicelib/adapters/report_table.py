"""Reports about agents and officers on DynamoDB: each step one transaction with its event."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from chalicelib.adapters import (
    aws,
    dispute_items,
    dynamo,
    ledger_items,
    ops_items,
    registry_items,
    report_items,
    vault_items,
)
from chalicelib.adapters.registry_table import standing
from chalicelib.usecases.dispute_ports import CLAIM, Statement

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mypy_boto3_dynamodb import DynamoDBClient

    from chalicelib.adapters.dynamo import Chance, Item, Sleep, Wire
    from chalicelib.adapters.registry_table import Tables
    from chalicelib.domain.audit import Event
    from chalicelib.domain.misconduct import Report
    from chalicelib.domain.registration import Ref
    from chalicelib.usecases.ports import Bucket, Sealed

MAX_LOADED: Final = 60


@dataclass(frozen=True, slots=True)
class ReportTable:
    """Reports with their events and what was written in them (`report_ports.Reports`)."""

    client: DynamoDBClient
    tables: Tables
    sleep: Sleep = time.sleep
    chance: Chance = random.random

    def create(self, report: Report, event: Event, sealed: Sealed) -> Report | None:
        """Store a new report; see `report_ports.Reports.create`."""
        written = dispute_items.statement_to_item(report.ref.locator, Statement(CLAIM, sealed))
        beside = [dynamo.put(self.tables.vault, written)]
        return self._write(report, event, (dynamo.ABSENT, {}), beside)

    def change(self, report: Report, event: Event) -> Report | None:
        """Store a step; see `report_ports.Reports.change`."""
        return self._write(report, event, ("v = :v", {":v": report.version - 1}), [])

    def load(self, refs: Sequence[Ref]) -> Mapping[Ref, Report]:
        """Read reports in one call."""
        if len(refs) > MAX_LOADED:
            raise ValueError("at most 60 reports are read in one call")
        if not refs:
            return {}
        keys = [dynamo.key(*report_items.report_key(ref)) for ref in refs]
        found = self._batch({self.tables.registry: keys})[self.tables.registry]
        return {there.ref: there for there in map(report_items.report_from_item, found)}

    def read(self, ref: Ref) -> tuple[Report, Sealed | None] | None:
        """A report and what was written in it, in one call."""
        found = self._batch(
            {
                self.tables.registry: [dynamo.key(*report_items.report_key(ref))],
                self.tables.vault: [dynamo.key(vault_items.vault_pk(ref.locator), CLAIM)],
            }
        )
        written = map(dispute_items.statement_from_item, found[self.tables.vault])
        sealed = next((statement.sealed for statement in written), None)
        for item in found[self.tables.registry]:
            return report_items.report_from_item(item), sealed
        return None

    def look(
        self, ref: Ref | None, buckets: Sequence[str]
    ) -> tuple[Report | None, tuple[Bucket | None, ...]]:
        """A report and token buckets, in the same call whether or not there is one."""
        registry, ops = self.tables.registry, self.tables.ops
        place = report_items.report_key(ref or registry_items.NOWHERE)
        keys = {
            registry: [dynamo.key(*place)],
            ops: [dynamo.key(*ops_items.bucket_key(name)) for name in buckets],
        }
        found = dynamo.batch_get(self.client, keys, consistent=frozenset({registry}))
        kept = {item["pk"]: ops_items.bucket_from_item(item) for item in found[ops]}
        reports = [report_items.report_from_item(item) for item in found[registry]]
        tokens = tuple(kept.get(ops_items.bucket_key(name)[0]) for name in buckets)
        return (reports[0] if reports and ref is not None else None), tokens

    def drawn_for(self, region: str, officer: str, limit: int) -> Sequence[Ref]:
        """Reports that a supervisor was drawn for, by deadline; the first page of the index."""
        with aws.passing_told():
            page = self.client.query(
                TableName=self.tables.registry,
                IndexName="by_officer",
                KeyConditionExpression="#of = :of",
                ExpressionAttributeNames={"#of": "of"},
                ExpressionAttributeValues=dynamo.encode(
                    {":of": report_items.officer_key(region, officer)}
                ),
                Limit=limit,
            )
        return [registry_items.ref_of(dynamo.decode(item)) for item in page["Items"]]

    def _write(
        self, report: Report, event: Event, condition: tuple[str, Item], beside: Sequence[Wire]
    ) -> Report | None:
        item = report_items.report_to_item(report)
        actions = [
            dynamo.put(self.tables.registry, item, *condition),
            dynamo.put(self.tables.ledger, ledger_items.event_to_item(event)),
            *beside,
        ]
        refused = dynamo.transact(self.client, actions, sleep=self.sleep, chance=self.chance)
        return standing(refused, report_items.report_from_item, report)

    def _batch(
        self, keys: Mapping[str, Sequence[Wire]]
    ) -> dict[str, list[dict[str, dynamo.Value]]]:
        return dynamo.batch_get(self.client, keys, consistent=frozenset(keys))
