"""What the quarantine bucket does with an upload: a message tells the screening of it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote_plus

import pytest
from chalice.test import Client

from chalicelib import wiring
from tests.integration.conftest import load_app


@dataclass
class Uploads:
    """Files that are sent, and the function that screens them."""

    client: Client

    def send(self, grant: Mapping[str, Any], content: bytes) -> None:
        """Send a file with what was granted for it, and let it be screened."""
        key = grant["fields"]["key"]
        self.upload(content, key)
        assert self.deliver(key) == []

    def upload(self, content: bytes, key: str) -> None:
        bucket = wiring.needed("TEPAT_QUARANTINE_BUCKET")
        wiring.client("s3").put_object(Bucket=bucket, Key=key, Body=content)

    def deliver(self, *keys: str, received: int = 1) -> list[Any]:
        """Deliver the bucket's message; what must come again."""
        told = {"Records": [{"s3": {"object": {"key": quote_plus(key)}}} for key in keys]}
        return self.deliver_body(json.dumps(told), received)

    def deliver_body(self, body: str, received: int = 1) -> list[Any]:
        count = {"ApproximateReceiveCount": str(received)}
        event = {"Records": [{"messageId": "m-1", "body": body, "attributes": count}]}
        answer = self.client.lambda_.invoke("screen_evidence", event).payload
        failed: list[Any] = answer["batchItemFailures"]
        return failed

    def held(self, bucket: str) -> dict[str, bytes]:
        s3, name = wiring.client("s3"), wiring.needed(f"TEPAT_{bucket}_BUCKET")
        keys = [each["Key"] for each in s3.list_objects_v2(Bucket=name).get("Contents", [])]
        return {key: s3.get_object(Bucket=name, Key=key)["Body"].read() for key in keys}


@pytest.fixture
def uploads(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Uploads]:
    """The screening's surface, with empty buckets."""
    monkeypatch.setenv("TEPAT_CLAMSCAN", shutil.which("clamscan") or "clamscan")
    with Client(load_app("screening", monkeypatch)) as client:
        found = Uploads(client)
        yield found
        for bucket in ("QUARANTINE", "RELEASED"):
            for key in found.held(bucket):
                wiring.client("s3").delete_object(
                    Bucket=environment[f"TEPAT_{bucket}_BUCKET"], Key=key
                )
