"""The ledger on DynamoDB: reads are appended here, changes in the transactions of the registry.

No role may update or delete in this table. Every read is strongly consistent, but the one of an
index.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from botocore.exceptions import ClientError

from chalicelib.adapters import aws, dynamo, ledger_items
from chalicelib.domain.audit import (
    READS,
    Event,
    Head,
    day_partitions,
    first_head,
    key_of,
    read_chain,
)
from chalicelib.domain.registration import State

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mypy_boto3_dynamodb import DynamoDBClient

    from chalicelib.adapters.dynamo import Item, Value, Wire
    from chalicelib.domain.day_seal import DaySeal

_BY_REFERENCE: Final = "by_reference"
_HASH_ONLY: Final = {"ProjectionExpression": "#hash", "ExpressionAttributeNames": {"#hash": "hash"}}
_STATE_ONLY: Final = {
    "ProjectionExpression": "sk, to_state, #at",
    "ExpressionAttributeNames": {"#at": "at"},
}


@dataclass(frozen=True, slots=True)
class LedgerTable:
    """The ledger as the readers, the sealer and the exporter of it see it."""

    client: DynamoDBClient
    table: str

    def last_read(self, actor: str, day: str) -> Head:
        """End of the actor's chain of reads of that day (`ports.ReadLedger`)."""
        found = self._last(f"{day}#{READS}", f"{actor}#")
        if found is None:
            return first_head(read_chain(actor, day))
        event = ledger_items.event_from_item(found)
        return Head(event.seq, event.hash, event.at)

    def put_read(self, event: Event) -> bool:
        """Append a read; False when another read took that place.

        A read whose answer was lost is known by its hash when the SDK sends it again; no other
        read has that hash, since each has an id of its own.
        """
        stands = self._put(ledger_items.event_to_item(event))
        return stands is None or stands.get("hash") == event.hash

    def reads_of(self, locator: str, limit: int) -> Sequence[Event]:
        """Who looked at a case, the latest first, from the index that only reads are in."""
        with aws.passing_told():
            page = self.client.query(
                TableName=self.table,
                IndexName=_BY_REFERENCE,
                KeyConditionExpression="#ref = :ref",
                ExpressionAttributeNames={"#ref": "ref"},
                ExpressionAttributeValues=dynamo.encode({":ref": locator}),
                ScanIndexForward=False,
                Limit=limit,
            )
        return [ledger_items.event_from_item(dynamo.decode(item)) for item in page["Items"]]

    def last_states(self, day: str) -> Iterator[tuple[str, State, int]]:
        """Where each case that moved on a day ended that day: (locator, state, at in ms)."""
        for pk in day_partitions(day):
            if pk.endswith(READS):
                continue
            last: dict[str, tuple[str, int]] = {}  # in the order of the sort key: the last stays
            for item in self._items(pk, _STATE_ONLY):
                if "to_state" in item:
                    locator = dynamo.text(item, "sk").partition("#")[0]
                    last[locator] = dynamo.text(item, "to_state"), dynamo.number(item, "at")
            for locator, (state, at) in last.items():
                yield locator, State(state), at

    def day_hashes(self, day: str) -> Iterator[bytes]:
        """Hashes of a day's events, in the order of the seal (`seal_day.SealLedger`)."""
        for pk in day_partitions(day):
            for item in self._items(pk, _HASH_ONLY):
                yield dynamo.data(item, "hash")

    def last_seal(self) -> DaySeal | None:
        """The latest seal that is stored."""
        found = self._last(ledger_items.SEALS_PK, "")
        return ledger_items.seal_from_item(found) if found else None

    def put_seal(self, seal: DaySeal) -> DaySeal:
        """Store the seal unless its day has one; return the one that is stored then."""
        stands = self._put(ledger_items.seal_to_item(seal))
        return seal if stands is None else ledger_items.seal_from_item(stands)

    def seals(self) -> Iterator[DaySeal]:
        """All seals, in the order of their days (`export_ledger.ExportLedger`)."""
        return map(ledger_items.seal_from_item, self._items(ledger_items.SEALS_PK, {}))

    def day_events(self, day: str) -> Iterator[Event]:
        """Events and reads of a day, page by page, in the order of the seal."""
        for pk in day_partitions(day):
            yield from map(ledger_items.event_from_item, self._items(pk, {}))

    def event(self, chain: str, at: int, seq: int) -> Event | None:
        """One event by its key."""
        with aws.passing_told():
            answer = self.client.get_item(
                TableName=self.table, Key=dynamo.key(*key_of(chain, at, seq)), ConsistentRead=True
            )
        item = answer.get("Item")
        return ledger_items.event_from_item(dynamo.decode(item)) if item else None

    def _put(self, item: Item) -> dict[str, Value] | None:
        """Put an item unless there is one, which is returned then."""
        try:
            with aws.passing_told():
                self.client.put_item(**dynamo.put(self.table, item)["Put"])
        except ClientError as error:
            return dynamo.refused_item(error)
        return None

    def _last(self, pk: str, start: str) -> dict[str, Value] | None:
        """The last item of a partition whose sort key starts so."""
        condition, values = "pk = :pk", {":pk": pk}
        if start:
            condition, values = (
                f"{condition} AND begins_with(sk, :start)",
                {**values, ":start": start},
            )
        with aws.passing_told():
            page = self.client.query(
                TableName=self.table,
                KeyConditionExpression=condition,
                ExpressionAttributeValues=dynamo.encode(values),
                ScanIndexForward=False,
                ConsistentRead=True,
                Limit=1,
            )
        return dynamo.decode(page["Items"][0]) if page["Items"] else None

    def _items(self, pk: str, projection: Wire) -> Iterator[dict[str, Value]]:
        return dynamo.partition(self.client, self.table, pk, projection)
