"""What moto alone would let pass is refused by the strict fixture, on moto's own tables.

One test for each thing that DynamoDB refuses and moto takes, and for each that moto answers
otherwise. Refusals that need no table are in `tests/unit/test_strict_dynamodb.py` too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from chalicelib.adapters.dynamo import encode, key
from tests.strict_expressions import Refusal

if TYPE_CHECKING:
    from tests.stores import Backend

Ask = Callable[[Any, str], object]
"""Ask a client about the registry's table, or another of this name."""

KEY = key("p", "s")
ONE = {"N": "1"}
MANY = {f":v{n}": ONE for n in range(101)}
TOO_LARGE = {"B": bytes(409_600)}


def put(**more: Any) -> Ask:
    return lambda client, table: client.put_item(TableName=table, Item={**KEY, **more})


def put_if(condition: str, **more: Any) -> Ask:
    return lambda client, table: client.put_item(
        TableName=table, Item=KEY, ConditionExpression=condition, **more
    )


def query(condition: str = "pk = :p", *, values: Any = None, **more: Any) -> Ask:
    return lambda client, table: client.query(
        TableName=table,
        KeyConditionExpression=condition,
        ExpressionAttributeValues={":p": {"S": "p"}, **(values or {})},
        **more,
    )


def update(expression: str | None, **values: Any) -> Ask:
    given: dict[str, Any] = {} if expression is None else {"UpdateExpression": expression}
    if values:
        given["ExpressionAttributeValues"] = {f":{name}": each for name, each in values.items()}
    return lambda client, table: client.update_item(TableName=table, Key=KEY, **given)


def transact(*actions: Any, **more: Any) -> Ask:
    def ask(client: Any, table: str) -> object:
        named = [
            {kind: {"TableName": table, **asked}}
            for each in actions
            for kind, asked in each.items()
        ]
        return client.transact_write_items(TransactItems=named, **more)

    return ask


def batch(*writes: Any) -> Ask:
    return lambda client, table: client.batch_write_item(RequestItems={table: list(writes)})


def twice(first: Ask, second: Ask) -> Ask:
    """The second is refused because of the first."""

    def ask(client: Any, table: str) -> object:
        first(client, table)
        return second(client, table)

    return ask


def nested(depth: int) -> Any:
    value: Any = ONE
    for _ in range(depth):
        value = {"L": [value]}
    return value


def time_to_live(client: Any, table: str) -> object:
    asked = {"Enabled": True, "AttributeName": "ttl"}
    return client.update_time_to_live(TableName=table, TimeToLiveSpecification=asked)


def short_name(client: Any, table: str) -> object:
    return client.create_table(
        TableName=table[:2],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )


LARGE_PUTS = [
    {"Put": {"Item": {**key("p", str(n)), "a": {"B": bytes(400_000)}}}} for n in range(11)
]
NINES = {"N": "9" * 38}

REFUSED: dict[str, Ask] = {
    "39 digits": put(a={"N": "1" * 39}),
    "1E126": put(a={"N": "1E126"}),
    "NaN": put(a={"N": "NaN"}),
    "text as a number": put(a={"N": "one"}),
    "a number that moto keeps as typed": put(a={"N": "0010.50"}),
    "a set that holds something twice": put(a={"SS": ["x", "x"]}),
    "an empty set": put(a={"NS": []}),
    "33 lists in each other": put(a=nested(33)),
    "a table's name of two letters": short_name,
    "an unused name": put_if("attribute_not_exists(pk)", ExpressionAttributeNames={"#a": "a"}),
    "an unused value": put_if("attribute_not_exists(pk)", ExpressionAttributeValues={":a": ONE}),
    "an unused value in a transaction": transact(
        {
            "Put": {
                "Item": KEY,
                "ConditionExpression": "attribute_not_exists(pk)",
                "ExpressionAttributeValues": {":a": ONE},
            }
        }
    ),
    "a reserved word in a transaction": transact(
        {"Put": {"Item": KEY, "ConditionExpression": "attribute_not_exists(state)"}}
    ),
    "Expected beside an expression": put_if(
        "attribute_not_exists(pk)", Expected={"v": {"Exists": False}}
    ),
    "an expression over 4 KB": put_if(f"attribute_not_exists({'a' * 4096})"),
    "IN with more than 100": put_if(f"a IN ({', '.join(MANY)})", ExpressionAttributeValues=MANY),
    "begins_with on a number": put_if("begins_with(a, :v)", ExpressionAttributeValues={":v": ONE}),
    "BETWEEN with the higher value first": put_if(
        "a BETWEEN :v AND :w", ExpressionAttributeValues={":v": {"N": "2"}, ":w": ONE}
    ),
    "a filter on a key": query(FilterExpression="sk = :p"),
    "a key of another type in a condition": query("pk = :p AND sk = :n", values={":n": ONE}),
    "an empty key in a condition": query("pk = :p AND sk = :e", values={":e": {"S": ""}}),
    "a limit of 0": query(Limit=0),
    "a start key of another partition": query(ExclusiveStartKey=key("q", "s")),
    "a start key of another type": query(ExclusiveStartKey={**KEY, "sk": ONE}),
    "a start key with another attribute": query(ExclusiveStartKey={**KEY, "wk": ONE}),
    "overlapping projections": query(ProjectionExpression="a, a.b"),
    "an index key of another type": put(wk=ONE, due={"S": "1"}),
    "an index key that is null": put(wk={"NULL": True}, due={"S": "1"}),
    "an empty index key": put(wk={"S": ""}, due={"S": "1"}),
    "one key twice in a batch": batch(
        {"PutRequest": {"Item": KEY}}, {"DeleteRequest": {"Key": KEY}}
    ),
    "an empty batch": lambda client, _: client.batch_write_item(RequestItems={}),
    "an item over 400 KB in a batch": batch({"PutRequest": {"Item": {**KEY, "a": TOO_LARGE}}}),
    "another transaction under a known token": twice(
        transact({"Put": {"Item": KEY}}, ClientRequestToken="t3"),
        transact({"Delete": {"Key": KEY}}, ClientRequestToken="t3"),
    ),
    "a transaction over 4 MB": transact(*LARGE_PUTS),
    "one item twice in a transaction": transact({"Put": {"Item": KEY}}, {"Delete": {"Key": KEY}}),
    "101 actions": transact(*({"Delete": {"Key": key("p", str(n))}} for n in range(101))),
    "a sum over 38 digits": twice(
        update("SET n = :n", n=NINES), update("SET n = n + :two", two={"N": "2"})
    ),
    "a time to live that is on already": time_to_live,
    "an unknown index": query("wk = :p", IndexName="by_name"),
    "an undefined placeholder": put_if("v = :v"),
}

LOUD: dict[str, Ask] = {
    "a syntax error": put_if("v = = :v", ExpressionAttributeValues={":v": ONE}),
    "an update on a missing operand": update("SET n = n + :one", one=ONE),
    "a missing operand in a transaction": transact(
        {
            "Update": {
                "Key": KEY,
                "UpdateExpression": "SET n = n + :one",
                "ExpressionAttributeValues": {":one": ONE},
            }
        }
    ),
}
"""What moto refuses by itself, though otherwise than DynamoDB."""


@pytest.fixture
def client(moto_backend: Backend) -> Iterator[Any]:
    moto_backend.clean()
    yield moto_backend.client
    moto_backend.clean()


@pytest.mark.parametrize("name", REFUSED)
def test_what_moto_lets_pass_is_refused(name: str, client: Any, moto_backend: Backend) -> None:
    tables = moto_backend.tables
    table = tables.ops if REFUSED[name] is time_to_live else tables.registry
    with pytest.raises(Refusal):
        REFUSED[name](client, table)


@pytest.mark.parametrize("name", LOUD)
def test_what_moto_refuses_in_its_own_way_does_not_pass(
    name: str, client: Any, moto_backend: Backend
) -> None:
    with pytest.raises((ClientError, KeyError, ValueError, Refusal)):
        LOUD[name](client, moto_backend.tables.registry)


def test_a_sum_that_is_refused_changes_nothing(client: Any, moto_backend: Backend) -> None:
    table = moto_backend.tables.registry
    with pytest.raises(Refusal, match="38"):
        REFUSED["a sum over 38 digits"](client, table)
    assert client.get_item(TableName=table, Key=KEY)["Item"] == {**KEY, "n": NINES}
    client.delete_item(TableName=table, Key=KEY)
    odd = {"N": "8" + "0" * 36 + "7"}
    with pytest.raises(Refusal, match="38"):
        update("SET n = if_not_exists(n, :n) + :more", n=odd, more={"N": "3" + "0" * 37})(
            client, table
        )
    assert "Item" not in client.get_item(TableName=table, Key=KEY)


def test_a_sum_of_38_digits_passes(client: Any, moto_backend: Backend) -> None:
    table = moto_backend.tables.registry
    update("SET n = :n", n=NINES)(client, table)
    update("SET n = n + :one", one=ONE)(client, table)
    assert int(client.get_item(TableName=table, Key=KEY)["Item"]["n"]["N"]) == 10**38


def test_a_page_that_is_exactly_full_says_where_to_go_on(
    client: Any, moto_backend: Backend
) -> None:
    table = moto_backend.tables.registry
    for sk in ("1", "2"):
        client.put_item(TableName=table, Item=encode({"pk": "p", "sk": sk}))
    full = query(Limit=2)(client, table)
    assert full["LastEvaluatedKey"] == key("p", "2")  # type: ignore[index]  # an answer
    after = query(Limit=2, ExclusiveStartKey=key("p", "2"))(client, table)
    assert after["Items"] == []  # type: ignore[index]  # an answer
    assert "LastEvaluatedKey" not in after  # type: ignore[operator]  # an answer
    part = query(Limit=3)(client, table)
    assert "LastEvaluatedKey" not in part  # type: ignore[operator]  # an answer
