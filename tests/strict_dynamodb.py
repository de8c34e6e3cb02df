"""Refuses what DynamoDB refuses and a stand-in lets pass, before the stand-in sees it.

`watch(client)` listens on a botocore client. moto takes unused placeholders, reserved words in a
transaction, 39 digits, empty keys in conditions, a repeated ClientRequestToken and more; ministack
takes other things. A test that passes here does not pass because a stand-in is kind.
Source of each rule: Amazon DynamoDB Developer Guide and API Reference.
"""

from __future__ import annotations

import hashlib
import json
import re
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Context, Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from infra.units import item_size, value_size
from tests.strict_answers import Answers
from tests.strict_expressions import Refusal, check_expressions, queried_partition

if TYPE_CHECKING:
    from botocore.awsrequest import AWSResponse
    from botocore.client import BaseClient
    from botocore.model import OperationModel

Request = Mapping[str, Any]

MAX_ITEM = 400 * 1024
MAX_TRANSACTION = 4 * 1024 * 1024
MAX_ACTIONS = 100
MAX_BATCH_WRITE = 25
MAX_BATCH_GET = 100
MAX_DEPTH = 32
MAX_DIGITS = 38
MAX_KEY = {"HASH": 2048, "RANGE": 1024}
_TABLE_NAME = re.compile(r"[A-Za-z0-9_.-]{3,255}", re.ASCII)
_LARGEST = Decimal("9." + "9" * 37 + "E125")
_SMALLEST = Decimal("1E-130")
_EXACT = Context(prec=300)


@dataclass(frozen=True)
class Schema:
    """Keys of a table and of its indexes.

    Attributes:
        keys: name -> "HASH" or "RANGE".
        types: type of each key attribute, of the table and of the indexes.
        indexes: index name -> its keys.
        narrow: indexes that hold keys only.
    """

    keys: Mapping[str, str]
    types: Mapping[str, str]
    indexes: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    narrow: frozenset[str] = frozenset()

    @property
    def index_keys(self) -> set[str]:
        return {name for keys in self.indexes.values() for name in keys} - set(self.keys)


SchemaOf = Callable[[str], Schema]


def watch(client: BaseClient) -> None:
    """Check every request of this client, and give a repeated token the answer that AWS gives."""
    schemas: dict[str, Schema] = {}
    tokens = Tokens()

    def schema_of(table: str) -> Schema:
        if table not in schemas:
            described = client.describe_table(TableName=table)["Table"]  # type: ignore[attr-defined]  # made at run time
            schemas[table] = read_schema(described)
        return schemas[table]

    def before(params: dict[str, Any], model: OperationModel, **_: object) -> None:
        check(model.name, params, schema_of)

    def keys_of(table: str, index: str | None) -> set[str]:
        schema = schema_of(table)
        return {*schema.keys, *(schema.indexes[index] if index else ())}

    Answers(client, keys_of).listen()
    events: Any = client.meta.events  # its handlers may answer, which its stubs do not know
    events.register("provide-client-params.dynamodb.*", before)
    events.register("before-call.dynamodb.TransactWriteItems", tokens.before)
    events.register("after-call.dynamodb.TransactWriteItems", tokens.after)


def read_schema(described: Mapping[str, Any]) -> Schema:
    """The schema of a table as DescribeTable tells it."""
    indexes = described.get("GlobalSecondaryIndexes", [])
    return Schema(
        keys=_keys(described),
        types={a["AttributeName"]: a["AttributeType"] for a in described["AttributeDefinitions"]},
        indexes={index["IndexName"]: _keys(index) for index in indexes},
        narrow=frozenset(
            index["IndexName"]
            for index in indexes
            if index["Projection"]["ProjectionType"] == "KEYS_ONLY"
        ),
    )


def check(operation: str, params: Request, schema_of: SchemaOf) -> None:
    """Check one request.

    Raises:
        Refusal: DynamoDB would refuse it.
    """
    if operation == "CreateTable" and not _TABLE_NAME.fullmatch(params["TableName"]):
        raise Refusal("a table's name has 3 to 255 letters, digits, _ . -")
    if operation == "TransactWriteItems":
        _check_transaction(params, schema_of)
    elif operation == "BatchWriteItem":
        _check_batch_write(params, schema_of)
    elif operation == "BatchGetItem":
        _check_batch_get(params, schema_of)
    elif operation in ("GetItem", "PutItem", "UpdateItem", "DeleteItem"):
        _check_one(operation.removesuffix("Item"), params, schema_of(params["TableName"]))
    elif operation in ("Query", "Scan"):
        _check_pages(operation, params, schema_of(params["TableName"]))


def check_value(value: Mapping[str, Any], depth: int = 0) -> None:
    """Check one value: numbers, sets and nesting."""
    if depth > MAX_DEPTH:
        raise Refusal("values are nested at most 32 deep")
    ((kind, held),) = value.items()
    if kind == "N":
        _check_number(held)
    elif kind in ("SS", "NS", "BS"):
        _check_set(kind, held)
    elif kind in ("L", "M"):
        for each in held if kind == "L" else held.values():
            check_value(each, depth + 1)


@dataclass
class Tokens:
    """A transaction that is sent again under its token is answered and not done again."""

    done: dict[str, str] = field(default_factory=dict)

    def before(
        self, params: dict[str, Any], context: dict[str, Any], **_: object
    ) -> tuple[Any, dict[str, Any]] | None:
        """Answer for AWS when the token is known."""
        body = json.loads(params["body"])
        token = body.pop("ClientRequestToken", None)
        digest = hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()
        context["strict_token"] = token, digest
        if token not in self.done:
            return None
        if self.done[token] != digest:
            raise Refusal("another transaction under a token of the last ten minutes")
        return _NothingSent(), {"ResponseMetadata": {"HTTPStatusCode": 200}}

    def after(self, http_response: AWSResponse, context: dict[str, Any], **_: object) -> None:
        """Remember the token of a transaction that was done."""
        token, digest = context.get("strict_token", (None, ""))
        if http_response.status_code == 200 and token is not None:
            self.done[token] = digest


class _NothingSent:
    status_code = 200
    content = b""


def _keys(described: Mapping[str, Any]) -> dict[str, str]:
    return {key["AttributeName"]: key["KeyType"] for key in described["KeySchema"]}


def _check_number(text: str) -> None:
    try:
        number = Decimal(text)
    except InvalidOperation as error:
        raise Refusal("a number is written in digits") from error
    if not number.is_finite():
        raise Refusal("a number is finite")
    digits = "".join(map(str, number.as_tuple().digits)).strip("0")
    if len(digits) > MAX_DIGITS:
        raise Refusal("a number has at most 38 digits")
    if number and not _SMALLEST <= abs(number) <= _LARGEST:
        raise Refusal("a number lies between 1E-130 and 9.9E125")
    if text != format(number.normalize(_EXACT), "f"):
        raise Refusal("a number is written as DynamoDB writes it: moto keeps it as typed")


def _check_set(kind: str, held: Sequence[str | bytes]) -> None:
    if not held:
        raise Refusal("a set is not empty")
    if len(set(held)) != len(held):
        raise Refusal("a set holds nothing twice")
    for each in held if kind == "NS" else ():
        _check_number(str(each))


def _check_transaction(params: Request, schema_of: SchemaOf) -> None:
    actions = params["TransactItems"]
    if not 1 <= len(actions) <= MAX_ACTIONS:
        raise Refusal("a transaction has 1 to 100 actions")
    touched: list[tuple[str, str]] = []
    size = 0
    for action in actions:
        ((kind, asked),) = action.items()
        schema = schema_of(asked["TableName"])
        _check_one(kind, asked, schema)
        key = asked["Item"] if kind == "Put" else asked["Key"]
        touched.append((asked["TableName"], _key_text(key, schema)))
        size += item_size(asked.get("Item", key))
        size += sum(map(value_size, asked.get("ExpressionAttributeValues", {}).values()))
    _refuse_twice(touched)
    if size > MAX_TRANSACTION:
        raise Refusal("a transaction has at most 4 MB")


def _check_batch_write(params: Request, schema_of: SchemaOf) -> None:
    touched: list[tuple[str, str]] = []
    for table, writes in _batches(params):
        schema = schema_of(table)
        for write in writes:
            ((kind, asked),) = write.items()
            _check_one(kind.removesuffix("Request"), asked, schema)
            touched.append((table, _key_text(asked.get("Item", asked.get("Key")), schema)))
    if len(touched) > MAX_BATCH_WRITE:
        raise Refusal("a batch writes at most 25 items")
    _refuse_twice(touched)


def _check_batch_get(params: Request, schema_of: SchemaOf) -> None:
    touched: list[tuple[str, str]] = []
    for table, asked in _batches(params):
        schema = schema_of(table)
        if not asked["Keys"]:
            raise Refusal("a batch names at least one key of a table")
        for key in asked["Keys"]:
            _check_key(key, schema)
            touched.append((table, _key_text(key, schema)))
        check_expressions("Get", asked, schema.keys)
    if len(touched) > MAX_BATCH_GET:
        raise Refusal("a batch reads at most 100 items")
    _refuse_twice(touched)


def _batches(params: Request) -> Iterable[tuple[str, Any]]:
    if not params["RequestItems"]:
        raise Refusal("a batch is not empty")
    return dict(params["RequestItems"]).items()


def _check_one(kind: str, asked: Request, schema: Schema) -> None:
    """One read or write of one item."""
    if kind == "Put":
        _check_item(asked["Item"], schema)
    else:
        _check_key(asked["Key"], schema)
    _check_values(asked)
    check_expressions(kind, asked, schema.keys)


def _check_pages(kind: str, asked: Request, schema: Schema) -> None:
    """A query or a scan."""
    index = asked.get("IndexName")
    if index is not None and index not in schema.indexes:
        raise Refusal("the table has no such index")
    if index is not None and asked.get("ConsistentRead"):
        raise Refusal("an index is never read consistently")
    if asked.get("Limit", 1) < 1:
        raise Refusal("a limit is 1 or more")
    keys = schema.keys if index is None else schema.indexes[index]
    if start := asked.get("ExclusiveStartKey"):
        _check_typed(start, {*schema.keys, *keys}, schema)
    _check_values(asked)
    held = {*schema.keys, *keys} if index in schema.narrow else None
    check_expressions(kind, asked, keys, types=schema.types, held=held)
    (partition,) = (name for name, role in keys.items() if role == "HASH")
    if kind == "Query" and start and start[partition] != queried_partition(asked, partition):
        raise Refusal("a start key lies within what is asked")


def _check_values(asked: Request) -> None:
    for value in asked.get("ExpressionAttributeValues", {}).values():
        check_value(value)


def _check_item(item: Mapping[str, Any], schema: Schema) -> None:
    for value in item.values():
        check_value(value)
    missing = set(schema.keys) - set(item)
    if missing:
        raise Refusal("an item has all its key attributes")
    _check_typed({name: item[name] for name in schema.keys}, set(schema.keys), schema)
    indexed = {name: item[name] for name in schema.index_keys if name in item}
    _check_typed(indexed, set(indexed), schema)
    if item_size(item) > MAX_ITEM:
        raise Refusal("an item has at most 400 KB")


def _check_key(key: Mapping[str, Any], schema: Schema) -> None:
    _check_typed(key, set(schema.keys), schema)


def _check_typed(key: Mapping[str, Any], names: set[str], schema: Schema) -> None:
    """Key attributes: exactly these, of their types, not empty and not too long."""
    if set(key) != names:
        raise Refusal("a key has exactly its attributes")
    for name, value in key.items():
        ((kind, held),) = value.items()
        if kind != schema.types[name]:
            raise Refusal("a key attribute has another type")
        if held in ("", b""):
            raise Refusal("a key attribute is not empty")
        check_value(value)
        if value_size(value) > MAX_KEY[schema.keys.get(name, "RANGE")]:
            raise Refusal("a key attribute is too long")


def _key_text(item: Mapping[str, Any], schema: Schema) -> str:
    return json.dumps([item[name] for name in sorted(schema.keys)], default=_as_text)


def _as_text(raw: bytes) -> str:
    return b64encode(raw).decode()


def _refuse_twice(touched: Sequence[tuple[str, str]]) -> None:
    if len(set(touched)) != len(touched):
        raise Refusal("one item is named twice")


def rules() -> Iterator[str]:
    """The sentences of all refusals, for the test that each is seeded once."""
    from pathlib import Path

    for name in ("strict_dynamodb.py", "strict_expressions.py", "strict_answers.py"):
        source = Path(__file__).with_name(name).read_text()
        yield from re.findall(r'raise Refusal\(\s*"([^"]+)"', source)
