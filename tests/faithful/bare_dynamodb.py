"""DynamoDB asked without the SDK, for looking at whole tables and emptying them."""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Mapping, Sequence
from typing import Any

import httpx
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from chalicelib.adapters import dynamo
from tests.stores import REGION_NAME

Items = dict[tuple[str, str], dict[str, Any]]
"""Items of a table by key, as DynamoDB writes them."""


class BareDynamoDb:
    """DynamoDB without the SDK, which takes ten times as long to look at a table."""

    def __init__(self, endpoint: str) -> None:
        self._endpoint = endpoint
        self._http = httpx.Client(timeout=60)
        self._auth = SigV4Auth(Credentials("test", "test"), "dynamodb", REGION_NAME)

    def close(self) -> None:
        """Close the connection."""
        self._http.close()

    def scan(self, table: str) -> Items:
        """All items of a table."""
        found: Items = {}
        start: dict[str, Any] = {}
        while True:
            page = self._ask("Scan", {"TableName": table, "ConsistentRead": True, **start})
            for item in page["Items"]:
                found[item["pk"]["S"], item["sk"]["S"]] = {
                    name: {"B": b64decode(value["B"])} if "B" in value else value
                    for name, value in item.items()
                }
            if "LastEvaluatedKey" not in page:
                return found
            start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}

    def delete(self, table: str, keys: Sequence[tuple[str, str]]) -> None:
        """Delete items."""
        requests = [{"DeleteRequest": {"Key": dynamo.key(pk, sk)}} for pk, sk in keys]
        for start in range(0, len(requests), 25):
            self._ask("BatchWriteItem", {"RequestItems": {table: requests[start : start + 25]}})

    def _ask(self, operation: str, body: Mapping[str, Any]) -> dict[str, Any]:
        headers = {
            "X-Amz-Target": f"DynamoDB_20120810.{operation}",
            "Content-Type": "application/x-amz-json-1.0",
        }
        request = AWSRequest("POST", self._endpoint, headers=headers, data=json.dumps(body))
        self._auth.add_auth(request)
        answer = self._http.post(
            self._endpoint, content=request.data, headers=dict(request.headers.items())
        )
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
        return found
