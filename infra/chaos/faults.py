"""Which faults a request meets on its way to the local AWS, and how often each has happened.

One seed gives one row of draws. Which request takes which draw depends on the order in which they
arrive, so a seed repeats the mixture of a run and not the run; for that there is `make simulate`.
"""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from random import Random
from typing import Final

SERVICES: Final = {
    "DynamoDB_20120810": "dynamodb",
    "AmazonSQS": "sqs",
    "TrentService": "kms",
}
_API: Final = "/_aws/execute-api/"


class Kind(StrEnum):
    """What may happen to a request."""

    REFUSED = "refused"  # the connection is reset, nothing is done
    FAILED = "failed"  # 500 or 503, nothing is done
    THROTTLED = "throttled"  # too many, or in conflict; nothing is done
    LATE = "late"  # done seconds later, some after the caller has given up
    TWICE = "twice"  # done, and done again; the second answer is given
    LOST = "lost"  # done, and the connection is reset instead of an answer
    CUT = "cut"  # done, and the answer breaks off in its middle
    DOWN = "down"  # reset, as the whole service is away; not drawn
    WITHHELD = "withheld"  # done, and a power cut came before the answer; not drawn


DRAWN: Final = tuple(kind for kind in Kind if kind not in (Kind.DOWN, Kind.WITHHELD))
LONGEST_LATE: Final = 7.0  # seconds; the functions give up after 5


@dataclass(frozen=True, slots=True)
class Operation:
    """What a request asks for: a service, and one of its operations."""

    service: str
    name: str

    def __str__(self) -> str:
        """As the report shows it."""
        return f"{self.service} {self.name}"


@dataclass(frozen=True, slots=True)
class Draw:
    """A fault for one request.

    Attributes:
        share: a number in [0, 1) for what is left to chance within the kind.
    """

    kind: Kind
    share: float = 0.0


@dataclass(frozen=True, slots=True)
class Said:
    """An answer that no service gave."""

    status: int
    content_type: str
    body: bytes


class Faults:
    """The faults of a run: drawn, switched on and off, and counted by operation and kind."""

    def __init__(self, seed: int, rate: float) -> None:
        """Start switched off.

        Args:
            seed: of the draws.
            rate: share of the requests that meet a fault, from 0 to 1.
        """
        self.counts: Counter[tuple[str, str]] = Counter()
        self.requests: Counter[str] = Counter()
        self._random = Random(f"{seed}/faults")  # noqa: S311 - must repeat, guards nothing
        self._rate = rate
        self._on = False
        self._away: dict[str, float] = {}
        self._lock = threading.Lock()
        self._answering = threading.Event()
        self._answering.set()

    def begin(self) -> None:
        """Let faults happen."""
        self._on = True

    def end(self) -> None:
        """From now on every request passes unharmed."""
        with self._lock:
            self._on = False
            self._away.clear()

    def draw(self, operation: Operation) -> Draw | None:
        """Count a request and say what it meets, if anything."""
        with self._lock:
            self.requests[str(operation)] += 1
            if self._away.get(operation.service, 0) > time.monotonic():
                self.counts[str(operation), Kind.DOWN] += 1
                return Draw(Kind.DOWN)
            if not self._on or self._random.random() >= self._rate:
                return None
            drawn = Draw(self._random.choice(DRAWN), self._random.random())
            self.counts[str(operation), drawn.kind] += 1
            return drawn

    def take_away(self, service: str, seconds: float) -> None:
        """Let nobody reach a service for so many seconds."""
        with self._lock:
            self._away[service] = time.monotonic() + seconds

    @contextmanager
    def answers_withheld(self) -> Iterator[None]:
        """Requests are still done, but none of them is answered, nor will be afterwards."""
        self._answering.clear()
        try:
            yield
        finally:
            self._answering.set()

    def may_answer(self, operation: Operation) -> bool:
        """Tell whether a finished request may be answered; waits while answers are withheld."""
        if self._answering.is_set():
            return True
        with self._lock:
            self.counts[str(operation), Kind.WITHHELD] += 1
        self._answering.wait()
        return False

    def never_happened(self) -> list[str]:
        """The kinds that no request has met: a run that lacks one has shown less than it says."""
        met = {kind for (_, kind), count in self.counts.items() if count}
        return [kind for kind in DRAWN if kind not in met]


def operation_of(method: str, path: str, target: str) -> Operation:
    """Name what a request asks for, from its X-Amz-Target or its path, never from its body."""
    start, _, action = target.partition(".")
    if start in SERVICES:
        return Operation(SERVICES[start], action)
    if path.startswith(_API):
        route = path.removeprefix(_API).partition("?")[0].split("/")[2:]
        return Operation("api", f"{method} /{'/'.join(route)}")
    return Operation("s3", method)


def failure(operation: Operation, share: float) -> Said:
    """An internal error as the service words it."""
    status = 500 if share < 0.5 else 503  # noqa: PLR2004 - one half
    code = "InternalServerError" if status == 500 else "ServiceUnavailable"  # noqa: PLR2004
    return _said(operation, status, code)


def throttle(operation: Operation, share: float, body: bytes) -> Said:
    """Too many requests, as the service words it; half of all transactions meet another one."""
    if operation.service == "api":
        return _said(operation, 429, "Too Many Requests")
    if operation.service == "s3":
        return _said(operation, 503, "SlowDown")
    if operation.name == "TransactWriteItems":
        code = "TransactionConflict" if share < 0.5 else "ThrottlingError"  # noqa: PLR2004
        return _cancelled(code, len(json.loads(body)["TransactItems"]))
    if operation.service == "dynamodb" and share < 0.5:  # noqa: PLR2004
        return _said(operation, 400, "ProvisionedThroughputExceededException")
    return _said(operation, 400, "ThrottlingException")


def _cancelled(code: str, actions: int) -> Said:
    reasons: Sequence[dict[str, str]] = [{"Code": code, "Message": "chaos"}]
    told = {
        "__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
        "Message": f"Transaction cancelled for specific reasons [{code}]",
        "CancellationReasons": [*reasons, *[{"Code": "None"}] * (actions - 1)],
    }
    return Said(400, "application/x-amz-json-1.0", json.dumps(told).encode())


def _said(operation: Operation, status: int, code: str) -> Said:
    if operation.service == "s3":
        return Said(status, "application/xml", f"<Error><Code>{code}</Code></Error>".encode())
    if operation.service == "api":
        return Said(status, "application/json", json.dumps({"message": code}).encode())
    told = {"__type": f"com.amazonaws.chaos#{code}", "message": "chaos"}
    return Said(status, "application/x-amz-json-1.0", json.dumps(told).encode())
