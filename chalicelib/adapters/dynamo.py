"""DynamoDB at its own level: a typed codec and transactions whose refusals are told by place.

Values are text, whole numbers, bytes, lists and maps. There are no floats, sets, booleans or
nulls: what is not there is left out.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from botocore.exceptions import ClientError

from chalicelib.adapters import aws

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

Value: TypeAlias = "str | int | bytes | Sequence[Value] | Mapping[str, Value]"
Item: TypeAlias = Mapping[str, Value]
Wire: TypeAlias = dict[str, Any]
"""An item as DynamoDB writes it: {"name": {"S": "text"}}."""

ABSENT: Final = "attribute_not_exists(pk)"
MAX_READ: Final = 100
_BEFORE_PARSE: Final = "before-parse.dynamodb.Query"
_OK: Final = 200
_TRIES: Final = 5  # the first and four more
_PAUSE_S: Final = 0.05
_REFUSED: Final = "ConditionalCheckFailed"
_CONFLICT: Final = "TransactionConflict"

Sleep = Callable[[float], None]
Chance = Callable[[], float]


@dataclass(frozen=True, slots=True)
class Refusal:
    """A condition that did not hold.

    Attributes:
        index: place of its action in the transaction.
        item: the item as it stands, None when there is none.
    """

    index: int
    item: dict[str, Value] | None


def encode(item: Item) -> Wire:
    """An item as DynamoDB writes it.

    Raises:
        TypeError: on a value of another kind, above all a float.
    """
    return {name: _encode(value) for name, value in item.items()}


def decode(wire: Mapping[str, Any]) -> dict[str, Value]:
    """An item as we write it.

    Raises:
        TypeError: on a kind of value that `encode` never writes.
    """
    return {name: _decode(value) for name, value in wire.items()}


def put(table: str, item: Item, condition: str = ABSENT, values: Item | None = None) -> Wire:
    """A conditional put; when it is refused, the item that stands there is told."""
    return {"Put": {"TableName": table, "Item": encode(item), **_if(condition, values)}}


def delete(table: str, pk: str, sk: str, condition: str = "", values: Item | None = None) -> Wire:
    """A delete, with a condition or without; told like a put when it is refused."""
    conditional = _if(condition, values) if condition else {}
    return {"Delete": {"TableName": table, "Key": key(pk, sk), **conditional}}


def key(pk: str, sk: str) -> Wire:
    """A key as DynamoDB writes it."""
    return {"pk": {"S": pk}, "sk": {"S": sk}}


def partition(
    client: DynamoDBClient, table: str, pk: str, read: Wire
) -> Iterator[dict[str, Value]]:
    """Items of a partition, as last written, in the order of the sort key, page by page.

    Args:
        client: DynamoDB.
        table: its name.
        pk: the partition.
        read: what else the query says, such as a projection.

    Raises:
        TryAgain: the store refused for now.
    """
    query = _query(table, pk, read)
    while True:
        with aws.passing_told():
            page = client.query(**query)
        yield from map(decode, page["Items"])
        if "LastEvaluatedKey" not in page:
            return
        query["ExclusiveStartKey"] = page["LastEvaluatedKey"]


def raw_pages(client: DynamoDBClient, table: str, pk: str, read: Wire) -> Iterator[list[Wire]]:
    """Pages of a partition as DynamoDB sent them, in the order of the sort key, as last written.

    botocore's parser takes most of the time of a large read. Here it is given an empty answer, and
    the page is read from the bytes that came: binary values stay base64. All else of the call is
    botocore's, its repeats and its check of the answer's sum included.

    Args:
        client, table, pk, read: as for `partition`.

    Raises:
        TryAgain: the store refused for now.
    """
    pages: list[Any] = []

    def keep(response_dict: dict[str, Any], **_more: object) -> None:
        if response_dict["status_code"] == _OK:
            aws.refuse_cut_answer(response_dict)
            pages.append(_read(response_dict["body"]))
            response_dict["body"] = b"{}"
            response_dict["headers"] = {}

    query = _query(table, pk, read)
    while True:
        client.meta.events.register_first(_BEFORE_PARSE, keep)
        try:
            with aws.passing_told():
                client.query(**query)
        finally:
            client.meta.events.unregister(_BEFORE_PARSE, keep)
        page = pages.pop()
        yield page["Items"]
        if "LastEvaluatedKey" not in page:
            return
        query["ExclusiveStartKey"] = page["LastEvaluatedKey"]


def _read(page: bytes) -> Any:  # noqa: ANN401 - JSON
    """A page's JSON, a tree of many small things: looking for cycles in it takes a fifth more."""
    import gc  # noqa: PLC0415 - one function reads so

    collecting = gc.isenabled()
    gc.disable()
    try:
        return json.loads(page)
    finally:
        if collecting:
            gc.enable()


def _query(table: str, pk: str, read: Wire) -> Wire:
    return {
        "TableName": table,
        "KeyConditionExpression": "pk = :pk",
        "ExpressionAttributeValues": encode({":pk": pk}),
        "ConsistentRead": True,
        **read,
    }


def transact(
    client: DynamoDBClient,
    actions: Sequence[Any],
    *,
    sleep: Sleep,
    chance: Chance,
) -> tuple[Refusal, ...]:
    """Do all actions or none.

    The token that makes the SDK's own repeats harmless (a lost answer is asked again under the
    same token and then says "done") is made by the SDK, new for each call. It is not derived from
    the command: for ten minutes AWS refuses another body under a known token, and the same command
    sent again has another body (its time, its salt, its sealed bytes). Such a repeat is recognised
    by the request's own id in what stands there, which has no time limit.

    Args:
        client: DynamoDB.
        actions: puts and deletes, at most 100, no item twice.
        sleep: waits for so many seconds.
        chance: gives numbers in [0, 1), for the waits between tries.

    Returns:
        Nothing when all is done; else every condition that did not hold, and nothing was done.

    Raises:
        TryAgain: throttled, in conflict with another transaction, or no answer.
    """
    for attempt in range(_TRIES):
        if attempt:
            sleep(_PAUSE_S * 2**attempt * chance())
        try:
            with aws.passing_told():
                client.transact_write_items(TransactItems=actions)
        except ClientError as error:
            refused = _refusals(error)
            if refused:
                return refused
        else:
            return ()
    raise aws.try_again()


def _refusals(error: ClientError) -> tuple[Refusal, ...]:
    """Read the reasons, which stand in the order of the actions; none means "try once more"."""
    if aws.error_code(error) != "TransactionCanceledException":
        raise error
    reasons = error.response.get("CancellationReasons", [])
    codes = {reason.get("Code") or "None" for reason in reasons} - {"None"}
    if _REFUSED in codes:
        return tuple(
            Refusal(index, decode(reason["Item"]) if reason.get("Item") else None)
            for index, reason in enumerate(reasons)
            if reason.get("Code") == _REFUSED
        )
    if codes == {_CONFLICT}:
        return ()
    if codes and all(aws.passes(code) for code in codes):
        raise aws.try_again() from error
    raise error


def refused_item(error: ClientError) -> dict[str, Value] | None:
    """The item that refused a single conditional write; None when there is none.

    Raises:
        ClientError: the given error, when it is of another kind.
    """
    if aws.error_code(error) != "ConditionalCheckFailedException":
        raise error
    item: Any = error.response.get("Item")
    return decode(item) if item else None


def batch_get(
    client: DynamoDBClient, keys: Mapping[str, Sequence[Wire]], *, consistent: frozenset[str]
) -> dict[str, list[dict[str, Value]]]:
    """Read items of several tables in one call; items that do not exist are left out.

    Args:
        client: DynamoDB.
        keys: table -> keys, at most 100 in all.
        consistent: tables that are read with the writes that were just acknowledged.

    Raises:
        TryAgain: throttled, no answer, or not all keys were read.
        ValueError: too many keys.
    """
    if sum(map(len, keys.values())) > MAX_READ:
        raise ValueError("at most 100 items are read in one call")
    with aws.passing_told():
        answer = client.batch_get_item(
            RequestItems={
                table: {"Keys": wanted, "ConsistentRead": table in consistent}
                for table, wanted in keys.items()
            }
        )
    if answer.get("UnprocessedKeys"):
        raise aws.try_again()
    return {table: [decode(item) for item in items] for table, items in answer["Responses"].items()}


def text(item: Item, name: str) -> str:
    """A text of an item.

    Raises:
        TypeError: it is not there, or no text.
    """
    value = item.get(name)
    if not isinstance(value, str):
        raise TypeError(f"attribute {name} is not text")
    return value


def number(item: Item, name: str) -> int:
    """A whole number of an item.

    Raises:
        TypeError: it is not there, or no number.
    """
    value = item.get(name)
    if not isinstance(value, int):
        raise TypeError(f"attribute {name} is not a number")
    return value


def data(item: Item, name: str) -> bytes:
    """Bytes of an item.

    Raises:
        TypeError: they are not there, or no bytes.
    """
    value = item.get(name)
    if not isinstance(value, bytes):
        raise TypeError(f"attribute {name} is not bytes")
    return value


def _if(condition: str, values: Item | None) -> Wire:
    known = {"ExpressionAttributeValues": encode(values)} if values else {}
    return {
        "ConditionExpression": condition,
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        **known,
    }


def _encode(value: Value) -> dict[str, Any]:
    if isinstance(value, str):
        return {"S": value}
    if isinstance(value, bytes):
        return {"B": value}
    if isinstance(value, int) and not isinstance(value, bool):
        return {"N": str(value)}
    if isinstance(value, Mapping):
        return {"M": {name: _encode(each) for name, each in value.items()}}
    if isinstance(value, list | tuple):
        return {"L": [_encode(each) for each in value]}
    raise TypeError(f"{type(value).__name__} is not stored")


def _decode(wire: Mapping[str, Any]) -> Value:
    ((kind, value),) = wire.items()
    if kind == "S":
        return str(value)
    if kind == "B":
        return bytes(value)
    if kind == "N":
        return int(value)
    if kind == "M":
        return {name: _decode(each) for name, each in value.items()}
    if kind == "L":
        return [_decode(each) for each in value]
    raise TypeError(f"values of kind {kind} are not stored")
