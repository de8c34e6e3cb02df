"""What functions ask of AWS in tests, and what their policies grant, in one form.

A use is (function, action, resource, key): the action as IAM names it (a transaction is the actions
of its parts), the resource by the name it has in every pilot, of the key what a policy can tell
apart: `V#` of a partition (`day#` of one that begins with a date), `audit/` of a file.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from infra.functions import FUNCTIONS
from infra.templates import HERE

Use = tuple[str, str, str, str]
RECORD = Path(__file__).parent / "infra/used_rights.json"

PARTS = {
    "Put": "dynamodb:PutItem",
    "Update": "dynamodb:UpdateItem",
    "Delete": "dynamodb:DeleteItem",
    "ConditionCheck": "dynamodb:ConditionCheckItem",
    "Get": "dynamodb:GetItem",
}
S3 = {
    "HeadObject": "s3:GetObject",
    "ListObjectsV2": "s3:ListBucket",
    "DeleteObjects": "s3:DeleteObject",
}

BY_AWS = {
    "logs:CreateLogStream": "Lambda writes a function's log",
    "logs:PutLogEvents": "Lambda writes a function's log",
    "sqs:ReceiveMessage": "the mapping takes a function's messages",
    "sqs:DeleteMessage": "the mapping takes a function's messages",
    "sqs:GetQueueAttributes": "the mapping takes a function's messages",
    "dynamodb:DescribeStream": "the mapping reads the stream",
    "dynamodb:GetRecords": "the mapping reads the stream",
    "dynamodb:GetShardIterator": "the mapping reads the stream",
    "dynamodb:ListStreams": "the mapping reads the stream",
}
"""Actions that AWS itself takes in a function's name, so that no code of ours is seen to."""
BY_AWS_ON = {("relay", "sqs:SendMessage", "relayfailures")}
"""And that it takes on one resource: what the mapping gives up goes to the failures' queue."""


def granted(policies: Path = HERE / "policies") -> set[Use]:
    """Read what policies grant to the code; the key is a pattern, or one that it must not be."""
    found = set()
    for function in (each.policy for given in FUNCTIONS.values() for each in given):
        document = json.loads((policies / f"{function}.json").read_text("utf-8"))
        for statement in document["Statement"]:
            named = statement["Resource"]
            for resource in named if isinstance(named, list) else [named]:
                name, path = _named(resource)
                for action in statement["Action"]:
                    if action in BY_AWS or (function, action, name) in BY_AWS_ON:
                        continue
                    for key in _keys(statement.get("Condition", {}), path):
                        found.add((function, action, name, key))
    return found


def _named(resource: Mapping[str, str]) -> tuple[str, str]:
    text = resource.get("Ref") or resource["Fn::Sub"]
    name, _, path = text.removeprefix("${").replace("}", "").partition("/")
    short = re.sub(r"(Table|Queue|Bucket)?Arn$", "", name).lower()
    if path.startswith("index/"):
        return f"{short}/{path.removeprefix('index/')}", "*"
    return short, path or "*"


def _keys(condition: Mapping[str, Any], path: str) -> Iterator[str]:
    if not condition:
        yield path
    for operator, told in condition.items():
        for key in told["dynamodb:LeadingKeys"]:
            yield f"not {key}" if operator.endswith("NotLike") else key


def covers(grant: Use, use: Use) -> bool:
    """Whether a grant is one of a use."""
    pattern, key = grant[3], use[3]
    if grant[:3] != use[:3]:
        return False
    if pattern.startswith("not "):
        return not fnmatchcase(key, pattern.removeprefix("not "))
    return fnmatchcase(key, pattern)


def uses(function: str, service: str, operation: str, sent: Mapping[str, Any]) -> Iterator[Use]:
    """Say what a call to AWS uses of a function's rights."""
    if service == "dynamodb":
        for action, resource, key in _of_tables(operation, sent):
            yield function, action, resource, key
    elif service == "sqs":
        queue = str(sent["QueueUrl"]).rpartition("/")[2].rpartition("-")[2]
        yield function, f"sqs:{operation.removesuffix('Batch')}", queue, "*"
    elif service == "kms":
        yield function, f"kms:{operation}", _key(str(sent["KeyId"])), "*"
    elif service == "s3":
        bucket = str(sent["Bucket"]).split("-")[2]
        action = S3.get(operation, f"s3:{operation}")
        key = str(sent.get("Key", "")) if action != "s3:ListBucket" else "*"
        first, slash, _ = key.partition("/")
        yield function, action, bucket, f"{first}/" if slash and first.isalpha() else "*"
    else:
        yield function, f"{service}:{operation}", "", ""


def _key(key_id: str) -> str:
    for name, value in os.environ.items():
        if value == key_id and name.endswith("_KEY_ID"):
            return name.removeprefix("TEPAT_").removesuffix("_ID").replace("_", "").lower()
    return "another's key"


def _of_tables(operation: str, sent: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    if operation in {"TransactWriteItems", "TransactGetItems"}:
        for item in sent["TransactItems"]:
            for part, told in item.items():
                yield PARTS[part], _table(told["TableName"]), _partition(told)
    elif operation == "BatchGetItem":
        for table, told in sent["RequestItems"].items():
            for key in told["Keys"]:
                yield "dynamodb:BatchGetItem", _table(table), _prefix(key["pk"]["S"])
    elif operation == "Query":
        index = sent.get("IndexName")
        asked = re.search(r"=\s*(:\w+)", sent["KeyConditionExpression"])
        assert asked is not None, sent["KeyConditionExpression"]
        value = sent["ExpressionAttributeValues"][asked[1]]["S"]
        table = _table(sent["TableName"])
        if index:  # no policy tells keys of an index apart
            yield "dynamodb:Query", f"{table}/{index}", "*"
        else:
            yield "dynamodb:Query", table, _prefix(value)
    else:
        yield f"dynamodb:{operation}", _table(sent.get("TableName", "")), _partition(sent)


def _table(name: str) -> str:
    return name.rpartition("-")[2]


def _partition(told: Mapping[str, Any]) -> str:
    key = told.get("Key") or told.get("Item") or {}
    return _prefix(key["pk"]["S"]) if "pk" in key else "*"


def _prefix(key: str) -> str:
    first, hash_mark, _ = key.partition("#")
    first = "day" if first.isdecimal() else first
    return f"{first}#" if hash_mark else first


def recorded() -> set[Use]:
    """Read what the tests were seen to use when it was last recorded."""
    told = json.loads(RECORD.read_text("utf-8"))
    return {(function, *each.split(" ")) for function, those in told.items() for each in those}


def written(seen: set[Use]) -> str:
    """Return uses as the record's text."""
    told: dict[str, list[str]] = {}
    for function, *use in sorted(seen):
        told.setdefault(function, []).append(" ".join(use))
    return json.dumps(told, indent=1) + "\n"
