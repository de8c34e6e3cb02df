"""Each rule of the strict stand-in refuses the violation that is seeded for it, and only that."""

from __future__ import annotations

from typing import Any

import pytest

from tests.strict_dynamodb import MAX_ITEM, Schema, check, check_value, rules
from tests.strict_expressions import Refusal

TABLE = Schema(
    keys={"pk": "HASH", "sk": "RANGE"},
    types={"pk": "S", "sk": "S", "wk": "S", "due": "S"},
    indexes={"by_due": {"wk": "HASH", "due": "RANGE"}},
    narrow=frozenset({"by_due"}),
)
KEY = {"pk": {"S": "p"}, "sk": {"S": "s"}}
OTHER = {"pk": {"S": "q"}, "sk": {"S": "s"}}
ONE = {"N": "1"}

Params = dict[str, Any]


def ask(operation: str, params: Params) -> None:
    check(operation, {"TableName": "tepat", **params}, lambda _: TABLE)


def put(**more: Any) -> Params:
    return {"Item": {**KEY, **more}}


def action(kind: str, **more: Any) -> Params:
    start = {"Item": KEY} if kind == "Put" else {"Key": KEY}
    return {kind: {"TableName": "tepat", **start, **more}}


def when(expression: str, values: Params | None = None, **more: Any) -> Params:
    known = {"ExpressionAttributeValues": values} if values is not None else {}
    return {"Item": KEY, "ConditionExpression": expression, **known, **more}


def query(expression: str = "pk = :p", values: Params | None = None, **more: Any) -> Params:
    return {
        "KeyConditionExpression": expression,
        "ExpressionAttributeValues": {":p": {"S": "p"}, **(values or {})},
        **more,
    }


def nested(depth: int) -> Params:
    value: Params = ONE
    for _ in range(depth):
        value = {"L": [value]}
    return value


MANY = {f":v{n}": ONE for n in range(101)}
TOO_BIG = {"S": "x" * MAX_ITEM}
FROM_KEY = {"IndexName": "by_due", "ExclusiveStartKey": KEY}
BIG = {"B": bytes(300_000)}
DUE = {"wk": {"S": "w"}, "due": {"S": "d"}}

SEEDED: list[tuple[str, str, Params]] = [
    ("a table's name has 3 to 255 letters, digits, _ . -", "CreateTable", {"TableName": "ab"}),
    ("values are nested at most 32 deep", "PutItem", put(a=nested(33))),
    ("a number is written in digits", "PutItem", put(a={"N": "one"})),
    ("a number is finite", "PutItem", put(a={"N": "NaN"})),
    ("a number has at most 38 digits", "PutItem", put(a={"N": "1" * 39})),
    ("a number lies between 1E-130 and 9.9E125", "PutItem", put(a={"N": "1E126"})),
    (
        "a number is written as DynamoDB writes it: moto keeps it as typed",
        "PutItem",
        put(a={"N": "0010.50"}),
    ),
    (
        "a start key lies within what is asked",
        "Query",
        query(ExclusiveStartKey={**KEY, "pk": {"S": "elsewhere"}}),
    ),
    ("a set is not empty", "PutItem", put(a={"SS": []})),
    ("a set holds nothing twice", "PutItem", put(a={"SS": ["x", "x"]})),
    ("an item has all its key attributes", "PutItem", {"Item": {"pk": {"S": "p"}}}),
    ("an item has at most 400 KB", "PutItem", put(a={"S": "x" * MAX_ITEM})),
    ("a key has exactly its attributes", "GetItem", {"Key": {"pk": {"S": "p"}}}),
    ("a key attribute has another type", "PutItem", put(wk=ONE)),
    ("a key attribute is not empty", "GetItem", {"Key": {**KEY, "sk": {"S": ""}}}),
    ("a key attribute is too long", "GetItem", {"Key": {**KEY, "sk": {"S": "x" * 1025}}}),
    ("a transaction has 1 to 100 actions", "TransactWriteItems", {"TransactItems": []}),
    (
        "a transaction has at most 4 MB",
        "TransactWriteItems",
        {
            "TransactItems": [
                {"Put": {"TableName": "tepat", **put(sk={"S": str(n)}, a=BIG)}} for n in range(14)
            ]
        },
    ),
    (
        "one item is named twice",
        "TransactWriteItems",
        {"TransactItems": [action("Put"), action("Delete")]},
    ),
    ("a batch is not empty", "BatchGetItem", {"RequestItems": {}}),
    (
        "a batch writes at most 25 items",
        "BatchWriteItem",
        {
            "RequestItems": {
                "tepat": [{"PutRequest": put(sk={"S": str(n)})} for n in range(26)],
            }
        },
    ),
    (
        "a batch names at least one key of a table",
        "BatchGetItem",
        {"RequestItems": {"tepat": {"Keys": []}}},
    ),
    (
        "a batch reads at most 100 items",
        "BatchGetItem",
        {"RequestItems": {"tepat": {"Keys": [{**KEY, "sk": {"S": str(n)}} for n in range(101)]}}},
    ),
    ("the table has no such index", "Query", query(IndexName="by_name")),
    (
        "an index is never read consistently",
        "Query",
        query("wk = :p", IndexName="by_due", ConsistentRead=True),
    ),
    ("a limit is 1 or more", "Query", query(Limit=0)),
    (
        "expressions do not stand beside the older parameters",
        "PutItem",
        when("attribute_not_exists(pk)", Expected={}),
    ),
    (
        "an update does not touch the key",
        "UpdateItem",
        {"Key": KEY, "UpdateExpression": "REMOVE sk"},
    ),
    (
        "the index does not hold that attribute",
        "Query",
        query("wk = :p", IndexName="by_due", ProjectionExpression="pk, v"),
    ),
    (
        "a filter does not look at the key",
        "Query",
        query(FilterExpression="#s = :p", ExpressionAttributeNames={"#s": "sk"}),
    ),
    ("an expression is not empty", "PutItem", when(" ")),
    ("an expression has at most 4 KB", "PutItem", when("attribute_not_exists(" + "a" * 4096 + ")")),
    ("placeholders are left out when there are none", "PutItem", when("a = b", {})),
    ("a placeholder is not defined", "PutItem", when("v = :v")),
    (
        "a placeholder is not used",
        "TransactWriteItems",
        {
            "TransactItems": [
                action(
                    "Put",
                    ConditionExpression="attribute_not_exists(pk)",
                    ExpressionAttributeValues={":v": ONE},
                )
            ]
        },
    ),
    ("an expression has a character of no meaning", "PutItem", when("a ? b")),
    (
        "a reserved word stands for an attribute",
        "TransactWriteItems",
        {
            "TransactItems": [
                action(
                    "Delete",
                    ConditionExpression="state = :s",
                    ExpressionAttributeValues={":s": ONE},
                )
            ]
        },
    ),
    ("an expression does not end in an operator", "PutItem", when("a = b AND")),
    ("IN lists at most 100 values", "PutItem", when(f"a IN ({', '.join(MANY)})", MANY)),
    ("begins_with takes text or bytes", "PutItem", when("begins_with(a, :v)", {":v": ONE})),
    (
        "BETWEEN takes two values of one type",
        "PutItem",
        when("a BETWEEN :v AND :w", {":v": ONE, ":w": {"S": "x"}}),
    ),
    (
        "BETWEEN takes the lower value first",
        "PutItem",
        when("a BETWEEN :v AND :w", {":v": {"N": "10"}, ":w": {"N": "9"}}),
    ),
    ("a query names its partition key", "Query", query("sk = :p")),
    ("a key condition names keys only", "Query", query("pk = :p AND v = :p")),
    (
        "a key condition compares with a key of its type",
        "Query",
        query("pk = :p AND sk = :n", {":n": ONE}),
    ),
    ("two paths overlap", "Query", query(ProjectionExpression="a, a.b")),
]

MORE: list[tuple[str, str, Params]] = [
    ("a number lies between 1E-130 and 9.9E125", "PutItem", put(a={"N": "1E-131"})),
    ("a number is finite", "PutItem", put(a={"L": [{"N": "Infinity"}]})),
    ("a number is written in digits", "PutItem", put(a={"NS": ["x"]})),
    (
        "a number is written as DynamoDB writes it: moto keeps it as typed",
        "PutItem",
        put(a={"NS": ["1E3"]}),
    ),
    ("a set holds nothing twice", "PutItem", put(a={"M": {"b": {"NS": ["1", "1"]}}})),
    ("a key attribute is not empty", "PutItem", put(wk={"S": ""})),
    ("a key attribute has another type", "PutItem", put(due={"NULL": True})),
    ("a key has exactly its attributes", "Query", query(ExclusiveStartKey={**KEY, "wk": ONE})),
    (
        "a key has exactly its attributes",
        "Query",
        query("wk = :p", IndexName="by_due", ExclusiveStartKey=KEY),
    ),
    ("a key attribute has another type", "Query", query(ExclusiveStartKey={**KEY, "sk": ONE})),
    (
        "a transaction has 1 to 100 actions",
        "TransactWriteItems",
        {
            "TransactItems": [
                {"Put": {"TableName": "tepat", **put(sk={"S": str(n)})}} for n in range(101)
            ]
        },
    ),
    (
        "one item is named twice",
        "BatchWriteItem",
        {"RequestItems": {"tepat": [{"PutRequest": put()}, {"DeleteRequest": {"Key": KEY}}]}},
    ),
    (
        "one item is named twice",
        "BatchGetItem",
        {"RequestItems": {"tepat": {"Keys": [KEY, KEY]}}},
    ),
    (
        "an item has at most 400 KB",
        "BatchWriteItem",
        {"RequestItems": {"tepat": [{"PutRequest": put(a={"S": "x" * MAX_ITEM})}]}},
    ),
    ("a placeholder is not used", "GetItem", {"Key": KEY, "ExpressionAttributeNames": {"#a": "a"}}),
    (
        "a key condition compares with a key of its type",
        "Query",
        query("pk = :p AND begins_with(sk, :e)", {":e": {"S": ""}}),
    ),
    (
        "two paths overlap",
        "UpdateItem",
        {
            "Key": KEY,
            "UpdateExpression": "SET a.b = :v REMOVE a",
            "ExpressionAttributeValues": {":v": ONE},
        },
    ),
]

ALLOWED: list[tuple[str, Params]] = [
    ("CreateTable", {"TableName": "abc"}),
    ("PutItem", put(a=nested(32), b={"N": "-99" + "0" * 124}, c={"N": "1" * 38}, **DUE)),
    (
        "PutItem",
        when("attribute_not_exists(pk) OR (r = :r AND l = :l)", {":r": {"B": b"r"}, ":l": ONE}),
    ),
    ("PutItem", when("#state = :s", {":s": ONE}, ExpressionAttributeNames={"#state": "state"})),
    ("PutItem", when("size(a) > :v AND NOT contains(b, :v)", {":v": ONE})),
    (
        "UpdateItem",
        {
            "Key": KEY,
            "UpdateExpression": "SET n = if_not_exists(n, :v) + :v, #ttl = :v REMOVE a, b[0]",
            "ExpressionAttributeNames": {"#ttl": "ttl"},
            "ExpressionAttributeValues": {":v": ONE},
        },
    ),
    ("Query", query("pk = :p AND begins_with(sk, :s)", {":s": {"S": "x"}}, Limit=1)),
    (
        "Query",
        query(
            "wk = :p AND due <= :u",
            {":u": {"S": "9"}},
            IndexName="by_due",
            ExclusiveStartKey={**KEY, **DUE, "wk": {"S": "p"}},
        ),
    ),
    ("Query", query("pk = :p AND sk BETWEEN :a AND :b", {":a": {"S": "1"}, ":b": {"S": "2"}})),
    ("Scan", {"ProjectionExpression": "pk, sk, h", "FilterExpression": "attribute_exists(sk)"}),
    (
        "TransactWriteItems",
        {"TransactItems": [action("Put"), {"Delete": {"TableName": "tepat", "Key": OTHER}}]},
    ),
]


@pytest.mark.parametrize(("rule", "operation", "params"), SEEDED + MORE)
def test_a_seeded_violation_is_refused(rule: str, operation: str, params: Params) -> None:
    with pytest.raises(Refusal) as refused:
        ask(operation, params)
    assert str(refused.value) == rule


@pytest.mark.parametrize(("operation", "params"), ALLOWED)
def test_what_aws_takes_is_let_through(operation: str, params: Params) -> None:
    ask(operation, params)


def test_every_rule_is_seeded() -> None:
    of_answers = {  # seeded on a real client: tests/contract
        "another transaction under a token of the last ten minutes",
        "a sum has at most 38 digits",
        "a time to live is switched on once",
    }
    assert set(rules()) == {rule for rule, _, _ in SEEDED} | of_answers


def test_a_value_alone_can_be_checked() -> None:
    check_value({"M": {"a": {"SS": ["x", "y"]}}})
