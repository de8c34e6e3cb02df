"""Limits on DynamoDB: token buckets and counted rights, removed by their time to live."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from botocore.exceptions import ClientError

from chalicelib.adapters import aws, dynamo, ops_items

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_NAMES: Final = {"#ttl": "ttl"}  # a reserved word
_TRIES: Final = 3
_DAY_S: Final = 86_400


@dataclass(frozen=True, slots=True)
class OpsTable:
    """Counters that forget by themselves (`ports.Limits`)."""

    client: DynamoDBClient
    table: str

    def spend(self, bucket: str, now: int, *, capacity: int, refill_ms: int) -> None:
        """Take one token of a bucket, whatever is left.

        What is kept is when the bucket will be full again: a token taken moves that by the time
        in which one comes back, so tries at the same time add up without a read. One write, and
        a second only for a bucket that was full again and still kept.
        """
        for _ in range(_TRIES):
            if self._move(bucket, now, capacity, refill_ms) or self._start(
                bucket, now, capacity, refill_ms
            ):
                return
        raise aws.try_again()

    def take(self, name: str, limit: int, until: int) -> bool:
        """Count one use of a right; False when the limit was reached.

        A count whose answer was lost is repeated by the SDK and counts twice: a limit may end one
        use early and never one late. The name carries its period (a day), since an item may be
        kept for two days after its time.
        """
        if limit < 1:
            return False
        try:
            self._update(
                ops_items.right_key(name),
                "SET n = if_not_exists(n, :zero) + :one, #ttl = :ttl",
                "attribute_not_exists(n) OR n < :limit",
                {":zero": 0, ":one": 1, ":limit": limit, ":ttl": until // 1000},
            )
        except ClientError as error:
            dynamo.refused_item(error)
            return False
        return True

    def _move(self, bucket: str, now: int, capacity: int, refill_ms: int) -> bool:
        return self._spend(
            bucket,
            "SET f = if_not_exists(f, :now) + :refill, n = :n, #ttl = :ttl",
            "attribute_not_exists(f) OR f >= :now",
            {":now": now, ":refill": refill_ms, ":n": capacity, ":ttl": _ttl(now, refill_ms)},
        )

    def _start(self, bucket: str, now: int, capacity: int, refill_ms: int) -> bool:
        return self._spend(
            bucket,
            "SET f = :full, n = :n, #ttl = :ttl",
            "f < :now",
            {
                ":now": now,
                ":full": now + refill_ms,
                ":n": capacity,
                ":ttl": _ttl(now, refill_ms),
            },
        )

    def _spend(self, bucket: str, update: str, condition: str, values: dict[str, int]) -> bool:
        try:
            self._update(ops_items.bucket_key(bucket), update, condition, values)
        except ClientError as error:
            dynamo.refused_item(error)
            return False
        return True

    def _update(
        self, key: tuple[str, str], update: str, condition: str, values: dict[str, int]
    ) -> None:
        with aws.passing_told():
            self.client.update_item(
                TableName=self.table,
                Key=dynamo.key(*key),
                UpdateExpression=update,
                ConditionExpression=condition,
                ExpressionAttributeNames=_NAMES,
                ExpressionAttributeValues=dynamo.encode(values),
            )


def _ttl(now: int, refill_ms: int) -> int:
    """A day after the last token of a very full queue of tries has come back, in seconds."""
    return (now + 1000 * refill_ms) // 1000 + _DAY_S
