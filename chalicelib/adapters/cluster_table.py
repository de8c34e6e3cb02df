"""Rows by which objections of one hand meet, on DynamoDB: one item a key, which vanishes by itself.

Everything here may vanish: what is lost is a flag, and a flag weighs nothing.
"""

from __future__ import annotations

import random
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from chalicelib.adapters import dynamo
from chalicelib.domain.cluster_index import MOST_ROWS

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from mypy_boto3_dynamodb import DynamoDBClient

    from chalicelib.adapters.dynamo import Chance, Item, Sleep, Wire
    from chalicelib.domain.cluster_index import Row

_ROW: Final = "r"  # begins the name of an attribute that holds a row, by its locator
_NEW_AND_ROOM: Final = "attribute_not_exists(#r) AND (attribute_not_exists(n) OR n < :most)"


def trace_key(name: str) -> tuple[str, str]:
    """Key of the rows under a name."""
    return f"Z#{name}", "Z"


@dataclass(frozen=True, slots=True)
class ClusterTable:
    """Rows of the ops table (`dispute_ports.Traces`)."""

    client: DynamoDBClient
    table: str
    sleep: Sleep = time.sleep
    chance: Chance = random.random

    def keep(self, rows: Sequence[Row]) -> None:
        """Keep rows in one transaction; those that are there, or beyond the room, are left out."""
        while rows:
            refused = dynamo.transact(
                self.client, [self._add(row) for row in rows], sleep=self.sleep, chance=self.chance
            )
            if not refused:
                return
            there = {each.index for each in refused}
            rows = [row for place, row in enumerate(rows) if place not in there]

    def found(self, names: Collection[str]) -> Mapping[str, Sequence[str]]:
        """What was told under some names (up to 100), in one call."""
        if not names:
            return {}
        keys = {self.table: [dynamo.key(*trace_key(name)) for name in names]}
        items = dynamo.batch_get(self.client, keys, consistent=frozenset(keys))[self.table]
        return {
            dynamo.text(item, "pk").partition("#")[2]: [
                str(told) for name, told in item.items() if name.startswith(_ROW)
            ]
            for item in items
        }

    def _add(self, row: Row) -> Wire:
        values: Item = {
            ":told": row.told,
            ":ttl": row.until // 1000,
            ":most": MOST_ROWS,
            ":one": 1,
        }
        return {
            "Update": {
                "TableName": self.table,
                "Key": dynamo.key(*trace_key(row.name)),
                "UpdateExpression": "SET #r = :told, #ttl = :ttl ADD n :one",
                "ConditionExpression": _NEW_AND_ROOM,
                "ExpressionAttributeNames": {"#r": f"{_ROW}{row.locator}", "#ttl": "ttl"},
                "ExpressionAttributeValues": dynamo.encode(values),
            }
        }
