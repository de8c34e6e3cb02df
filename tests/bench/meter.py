"""Counts what is asked of AWS: calls by operation, and DynamoDB units by AWS's own size rules.

moto answers 1.0 unit for any put and none for a transaction, so its figures are not used. The
meter listens on a botocore session: what it counts is what is sent, and each repeat of the SDK
counts again.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from infra import units

if TYPE_CHECKING:
    from botocore.awsrequest import AWSPreparedRequest, AWSResponse
    from botocore.client import BaseClient
    from botocore.model import OperationModel

TABLES = ("registry", "vault", "ledger", "ops")


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
        for each in units.written(operation, body):
            self._count_write(operation, each)

    def _count_write(self, operation: str, each: units.Written) -> None:
        self.writes += each.units
        row = f"{operation} {short_name(each.table)}"
        self.tally[row, "write units"] += each.units
        if each.size is not None:
            self.items.append(each.size)
            self.index_writes += each.index
            self.tally[row, "index write units"] += each.index

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
        for table, halves in units.read_halves(model.name, body, parsed):
            self._count_read(model.name, table, halves)

    def _count_read(self, operation: str, table: str, halves: int) -> None:
        self.half_reads += halves
        self.tally[f"{operation} {short_name(table)}", "half read units"] += halves


def short_name(table: str) -> str:
    """Which of the four tables it is, whatever stage and stack put around its name."""
    return next((name for name in TABLES if name in table.lower()), table)
