"""A wire without a network: answers the functions' calls to AWS inside their own process.

It listens on botocore's `before-send`, so a function does all its own work and all of the SDK's
(signing, serialising, parsing), and nothing is sent. It keeps what is put, refuses nothing and
checks nothing: it is for measuring. What AWS does is the simulation's and the contract's matter.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections import Counter
from collections.abc import Callable, Mapping
from io import BytesIO
from typing import TYPE_CHECKING, Any

from botocore.awsrequest import AWSResponse

if TYPE_CHECKING:
    from botocore.awsrequest import AWSPreparedRequest
    from botocore.session import Session

Items = dict[str, dict[str, Any]]
"""Items in the form they travel in, by "table|pk|sk"."""

MAC = b64encode(bytes(range(32))).decode()
"""What the key service makes of anything: the root of every keyed digest."""


class Raw(BytesIO):
    """A body as botocore reads it."""

    def stream(self, **_: object) -> list[bytes]:
        """The whole body in one piece."""
        return [self.getvalue()]


class Wire:
    """Answers calls from memory.

    Attributes:
        items: what is stored.
        keeps: whether puts are kept; while they are not, one case can be checked again and again.
        calls: operation -> how often it was called.
    """

    def __init__(self, items: Items, unwrap: Callable[[str], str]) -> None:
        """Start with some items; `unwrap` opens a wrapped key (base64 to base64)."""
        self.items = items
        self.keeps = True
        self.calls: Counter[str] = Counter()
        self._unwrap = unwrap

    def attach(self, session: Session) -> None:
        """Answer for every client that this session makes from now on."""
        session.register("before-send", self.answer)

    def answer(self, request: AWSPreparedRequest, event_name: str, **_: object) -> AWSResponse:
        """Answer one call."""
        _before, service, operation = event_name.split(".")
        self.calls[operation] += 1
        raw: Any = request.body or b"{}"
        told = {} if service == "s3" else self._told(operation, json.loads(raw))
        headers = {"content-type": "application/x-amz-json-1.0"}
        body = b"" if service == "s3" else json.dumps(told).encode()
        return AWSResponse(request.url, 200, headers, Raw(body))  # type: ignore[arg-type]  # as urllib3's

    def _told(self, operation: str, body: Mapping[str, Any]) -> dict[str, Any]:
        answers: dict[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
            "TransactWriteItems": self._transact,
            "PutItem": self._put,
            "GetItem": self._get,
            "BatchGetItem": self._batch,
            "Query": lambda _: {"Items": [], "Count": 0, "ScannedCount": 0},
            "UpdateItem": lambda _: {},
            "SendMessageBatch": lambda _: {"Successful": [], "Failed": []},
            "GenerateMac": lambda _: {"Mac": MAC},
            "Decrypt": lambda asked: {"Plaintext": self._unwrap(asked["CiphertextBlob"])},
            "GetPublicKey": lambda _: {"PublicKey": MAC},
            "Sign": lambda _: {"Signature": MAC},
        }
        return answers[operation](body)

    def _transact(self, body: Mapping[str, Any]) -> dict[str, Any]:
        for action in body["TransactItems"]:
            if "Put" in action:
                self._put(action["Put"])
        return {}

    def _put(self, put: Mapping[str, Any]) -> dict[str, Any]:
        if self.keeps:
            self.items[_place(put["TableName"], put["Item"])] = put["Item"]
        return {}

    def _get(self, body: Mapping[str, Any]) -> dict[str, Any]:
        item = self.items.get(_place(body["TableName"], body["Key"]))
        return {"Item": item} if item else {}

    def _batch(self, body: Mapping[str, Any]) -> dict[str, Any]:
        found = {
            table: [
                self.items[_place(table, key)]
                for key in asked["Keys"]
                if _place(table, key) in self.items
            ]
            for table, asked in body["RequestItems"].items()
        }
        return {"Responses": found, "UnprocessedKeys": {}}


def _place(table: str, item: Mapping[str, Any]) -> str:
    return f"{table}|{item['pk']['S']}|{item['sk']['S']}"
