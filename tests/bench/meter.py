"""Counts what is asked of AWS: calls by operation, and DynamoDB units by AWS's own size rules.

moto answers 1.0 unit for any put and none for a transaction, so its figures are not used. The
meter listens on a botocore session: what it counts is what is sent, and each repeat of the SDK
counts again.
"""

from __future__ import annotations

import json
from base64 import b64decode
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from botocore.awsrequest import AWSPreparedRequest, AWSResponse
    from botocore.client import BaseClient
    from botocore.model import OperationModel

KILOBYTE = 1024
READ_BLOCK = 4 * KILOBYTE
TABLES = ("registry", "vault", "ledger", "ops")


def item_size(item: Mapping[str, Mapping[str, Any]]) -> int:
    """Bytes of an item as AWS counts them: names and values, in the low-level form.

    Source: Amazon DynamoDB Developer Guide, "Item sizes and formats".
    """
    return sum(len(name.encode()) + value_size(value) for name, value in item.items())


def value_size(value: Mapping[str, Any]) -> int:
    """Bytes of one value in the low-level form."""
    ((kind, held),) = value.items()
    if kind == "S":
        return len(held.encode())
    if kind == "B":
        return len(held if isinstance(held, bytes) else b64decode(held))
    if kind == "N":
        digits: str = held.lstrip("-").replace(".", "").strip("0")
        return -(-len(digits) // 2) + 1 + int(held[0] == "-")
    if kind == "L":
        return 3 + sum(1 + value_size(each) for each in held)
    if kind == "M":
        return 3 + sum(1 for _ in held) + item_size(held)
    raise ValueError(f"values of kind {kind} are not stored")


def write_units(size: int, *, transaction: bool = False) -> int:
    """Units of a write: one for each kilobyte begun, two in a transaction."""
    return max(1, -(-size // KILOBYTE)) * (2 if transaction else 1)


def read_half_units(size: int, *, consistent: bool) -> int:
    """Half units of a read: one for each four kilobytes begun, two if consistent."""
    return max(1, -(-size // READ_BLOCK)) * (2 if consistent else 1)


@dataclass
class Meter:
    """What was asked of AWS while it listened.

    Attributes:
        calls: operation -> how often it was sent.
        writes: write units of the tables; `index_writes` those of their indexes.
        half_reads: half read units.
        items: size of each item that was put, in order.
        requests: operation and body as sent, in order.
        answers: bytes of each answer's body, in order.
        tally: (operation, what) -> how much; bytes are those of the bodies, units of a table
            stand under "<operation> <table>".
    """

    calls: Counter[str] = field(default_factory=Counter)
    writes: int = 0
    index_writes: int = 0
    half_reads: int = 0
    items: list[int] = field(default_factory=list)
    requests: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    tally: Counter[tuple[str, str]] = field(default_factory=Counter)

    def listen(self, client: BaseClient) -> Callable[[], None]:
        """Count what this client sends and gets from now on; returns what ends it."""
        heard = (("before-send", self._sent), ("after-call", self._answered))
        for event, handler in heard:
            client.meta.events.register(event, handler)

        def stop() -> None:
            for event, handler in heard:
                client.meta.events.unregister(event, handler)

        return stop

    def reset(self) -> None:
        """Start again at nothing."""
        self.__init__()  # type: ignore[misc]  # all fields have their defaults

    def rows(self) -> dict[str, dict[str, int]]:
        """What was counted, by operation and by operation and table."""
        found: dict[str, dict[str, int]] = {}
        for (row, what), count in sorted(self.tally.items()):
            found.setdefault(row, {})[what] = count
        return found

    def _sent(self, request: AWSPreparedRequest, event_name: str, **_: object) -> None:
        operation = event_name.rpartition(".")[2]
        self.calls[operation] += 1
        self.tally[operation, "calls"] += 1
        self.tally[operation, "request bytes"] += len(request.body or b"")
        if ".dynamodb." not in event_name:
            return
        body = json.loads(request.body or "{}")  # type: ignore[arg-type]  # bytes, never a stream
        self.requests.append((operation, body))
        for action in body.get("TransactItems", ()):
            self._count_write(operation, action, transaction=True)
        if operation in ("PutItem", "UpdateItem", "DeleteItem"):
            self._count_write(operation, {operation[:-4]: body}, transaction=False)

    def _count_write(self, operation: str, action: Mapping[str, Any], *, transaction: bool) -> None:
        """Updates and deletes are counted at one kilobyte: ours are of small items only."""
        ((kind, asked),) = action.items()
        size = item_size(asked["Item"]) if kind == "Put" else KILOBYTE
        units = write_units(size, transaction=transaction)
        self.writes += units
        row = f"{operation} {short_name(asked['TableName'])}"
        self.tally[row, "write units"] += units
        if kind == "Put":
            self.items.append(size)
            indexed = "wk" in asked["Item"] or "ref" in asked["Item"]
            self.index_writes += indexed
            self.tally[row, "index write units"] += indexed

    def _answered(
        self,
        http_response: AWSResponse,
        parsed: Mapping[str, Any],
        model: OperationModel,
        **_: object,
    ) -> None:
        self.answers.append(len(http_response.content))
        self.tally[model.name, "answer bytes"] += len(http_response.content)
        if model.service_model.service_name != "dynamodb":
            return
        body = next(body for name, body in reversed(self.requests) if name == model.name)
        if model.name == "GetItem":
            consistent = body.get("ConsistentRead", False)
            size = item_size(parsed.get("Item", {}))
            self._count_read(
                model.name, body["TableName"], read_half_units(size, consistent=consistent)
            )
        elif model.name == "BatchGetItem":
            for table, asked in body["RequestItems"].items():
                found = parsed["Responses"].get(table, [])
                missing = len(asked["Keys"]) - len(found)
                halves = _batch(found, missing, consistent=asked["ConsistentRead"])
                self._count_read(model.name, table, halves)
        elif model.name in ("Query", "Scan"):
            size = sum(map(item_size, parsed["Items"]))
            consistent = body.get("ConsistentRead", False)
            self._count_read(
                model.name, body["TableName"], read_half_units(size, consistent=consistent)
            )

    def _count_read(self, operation: str, table: str, halves: int) -> None:
        self.half_reads += halves
        self.tally[f"{operation} {short_name(table)}", "half read units"] += halves


def short_name(table: str) -> str:
    """Which of the four tables it is, whatever stage and stack put around its name."""
    return next((name for name in TABLES if name in table.lower()), table)


def _batch(found: Sequence[Mapping[str, Any]], missing: int, *, consistent: bool) -> int:
    """A batch pays for each item alone, and for a missing one as for the smallest."""
    sizes = [*map(item_size, found), *([0] * missing)]
    return sum(read_half_units(size, consistent=consistent) for size in sizes)
