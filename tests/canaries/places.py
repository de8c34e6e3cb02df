"""Everything that a stage keeps, as bytes to be searched: tables, queues, buckets, logs, metrics.

What is found is named by its place, never by its content. Only what the service can list is
looked at, so a table or a queue that is added later is looked at too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

Client = Callable[[str], Any]
Kept = tuple[str, bytes]
_PAGES = 400  # messages of a queue: looked at in turn until one comes again


def everything(client: Client) -> Iterator[Kept]:
    """All that is kept: (place, bytes)."""
    yield from in_tables(client)
    yield from beside_tables(client)


def in_tables(client: Client) -> Iterator[Kept]:
    """What tables keep."""
    yield from tables(client("dynamodb"))


def beside_tables(client: Client) -> Iterator[Kept]:
    """What anything else keeps."""
    yield from queues(client("sqs"))
    yield from buckets(client("s3"))
    yield from logs(client("logs"))
    yield from metrics(client("cloudwatch"))


def tables(dynamodb: Any) -> Iterator[Kept]:
    """Every attribute of every item of every table: its name, and its value as it is kept."""
    for name in _listed(dynamodb, "list_tables", "TableNames"):
        for item in items_of(dynamodb, name):
            for attribute, typed in item.items():
                for value in _values(typed):
                    yield f"table {name}, attribute {attribute}", value
            names = " ".join(item).encode()
            yield f"table {name}, names of attributes", names


def items_of(dynamodb: Any, table: str) -> list[dict[str, Any]]:
    """All items of a table, as the wire has them."""
    return list(_listed(dynamodb, "scan", "Items", TableName=table))


def queues(sqs: Any) -> Iterator[Kept]:
    """Every message of every queue, with its attributes; they stay where they are."""
    for url in _listed(sqs, "list_queues", "QueueUrls"):
        seen: set[str] = set()
        for _ in range(_PAGES):
            found = sqs.receive_message(
                QueueUrl=url,
                MaxNumberOfMessages=10,
                VisibilityTimeout=0,
                WaitTimeSeconds=0,
                MessageAttributeNames=["All"],
            ).get("Messages", [])
            new = [message for message in found if message["MessageId"] not in seen]
            for message in new:
                seen.add(message["MessageId"])
                attributes = repr(message.get("MessageAttributes", {}))
                yield f"queue {url.rpartition('/')[2]}", message["Body"].encode()
                yield f"queue {url.rpartition('/')[2]}, attributes", attributes.encode()
            if not new:
                break


def buckets(s3: Any) -> Iterator[Kept]:
    """Every version of every object of every bucket: key, headers and content."""
    for bucket in s3.list_buckets()["Buckets"]:
        name = bucket["Name"]
        for version in _listed(s3, "list_object_versions", "Versions", Bucket=name):
            key = version["Key"]
            told = s3.get_object(Bucket=name, Key=key, VersionId=version["VersionId"])
            yield f"bucket {name}, a key", key.encode()
            yield f"bucket {name}, {key}", told["Body"].read()
            yield f"bucket {name}, {key}, metadata", repr(told["Metadata"]).encode()


def logs(client: Any) -> Iterator[Kept]:
    """Every line of every log group."""
    for group in _listed(client, "describe_log_groups", "logGroups"):
        name = group["logGroupName"]
        lines = _listed(client, "filter_log_events", "events", logGroupName=name)
        yield f"log {name}", "\n".join(line["message"] for line in lines).encode()


def metrics(cloudwatch: Any) -> Iterator[Kept]:
    """Names and dimensions of every metric."""
    for metric in _listed(cloudwatch, "list_metrics", "Metrics"):
        yield f"metric {metric['MetricName']}", repr(metric).encode()


def _listed(client: Any, operation: str, key: str, **given: str) -> Iterator[Any]:
    """All pages of a listing; a service that does not know it has nothing to list."""
    if client.can_paginate(operation):
        for page in client.get_paginator(operation).paginate(**given):
            yield from page.get(key, [])
    else:
        yield from getattr(client, operation)(**given).get(key, [])


def _values(typed: Any) -> Iterator[bytes]:
    """Values of an attribute, however deep: bytes as they are, texts and numbers as text."""
    for kind, value in typed.items():
        if kind == "M":
            for name, inner in value.items():
                yield name.encode()
                yield from _values(inner)
        elif kind == "L":
            for inner in value:
                yield from _values(inner)
        elif kind in {"SS", "NS", "BS"}:
            for inner in value:
                yield inner if isinstance(inner, bytes) else str(inner).encode()
        else:
            yield value if isinstance(value, bytes) else str(value).encode()
