"""Closing a region through the deployed code, from recorded pages: what it asks, and how fast."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse

from chalicelib.adapters import dynamo
from chalicelib.adapters.aws import client as aws_client
from chalicelib.domain.errors import TryAgain
from tests.bench import closing

QUERY = "before-send.dynamodb.Query"


def test_a_region_is_closed_by_one_write_and_one_file() -> None:
    told = closing.close(11_000, pages=2)
    assert told.published == {"GetItem": 1, "Query": 1, "TransactWriteItems": 1, "PutObject": 1}
    each = told.villages + 1  # a message of each village, and the one that closes
    assert told.calls == {
        "GetItem": each,
        "Query": each,
        "TransactWriteItems": each,
        "PutObject": 1,
    }
    assert told.ratio > closing.LEAST_RATIO


@pytest.mark.prove
def test_two_million_families_in_a_minute_of_one_processor_and_half_a_gigabyte() -> None:
    """In a process of its own, so that its memory is its own."""
    ran = subprocess.run(
        [sys.executable, "-m", "tests.bench.closing", "2000000"],
        capture_output=True,
        check=True,
        text=True,
    )
    told = json.loads(ran.stdout)
    assert told["published"]["TransactWriteItems"] == told["published"]["PutObject"] == 1
    assert told["ratio"] > closing.LEAST_RATIO
    assert told["rows_a_second"] > closing.LEAST_ROWS
    assert told["cpu_s"] < 60
    assert told["peak_mb"] < 512


@pytest.fixture
def answered(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A client whose queries are answered from a list of (status, length told, body)."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "ap-southeast-3")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    aws_client.cache_clear()
    client, waiting = aws_client("dynamodb"), list[tuple[int, int, bytes]]()

    def answer(request: Any, **_: object) -> AWSResponse:
        status, length, body = waiting.pop(0)
        raw = closing.Raw(body)
        return AWSResponse(request.url, status, {"content-length": str(length)}, raw)

    client.meta.events.register(QUERY, answer)
    yield client, waiting
    client.meta.events.unregister(QUERY, answer)
    aws_client.cache_clear()


def page(*names: str, last: str = "") -> tuple[int, int, bytes]:
    told: dict[str, Any] = {"Items": [{"sk": {"S": name}} for name in names]}
    if last:
        told["LastEvaluatedKey"] = {"pk": {"S": "V#1"}, "sk": {"S": last}}
    body = json.dumps(told).encode()
    return 200, len(body), body


def read(client: Any) -> list[str]:
    pages = dynamo.raw_pages(client, "registry", "V#1", {"ProjectionExpression": "sk"})
    return [item["sk"]["S"] for found in pages for item in found]


def test_pages_are_read_as_they_were_sent(answered: Any) -> None:
    client, waiting = answered
    refused = b'{"__type":"x#ThrottlingException"}'
    waiting += [page("a", "b", last="b"), (400, len(refused), refused), page("c")]
    assert read(client) == ["a", "b", "c"]  # botocore's own repeat, between two pages
    waiting += [page("d")]
    told = client.query(TableName="registry", KeyConditionExpression="pk = :pk")
    assert told["Items"] == [{"sk": {"S": "d"}}]  # a call beside them is parsed as ever


def test_half_a_page_is_no_page(answered: Any) -> None:
    client, waiting = answered
    status, length, body = page("a", "b")
    waiting += [(status, length + 9, body)] * 3
    with pytest.raises(TryAgain):
        read(client)
    waiting[:] = [page("a")]
    assert read(client) == ["a"]
