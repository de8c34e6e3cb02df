"""What a real load asks of AWS, counted at AWS's side of the wire, and what is refused there.

The proxy of `make chaos` stands between the functions and the local AWS. Here it breaks nothing:
it counts calls, units and repeats, and refuses some, as a gateway over its quota and a table over
its units do.
"""

from __future__ import annotations

import json
import re
import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from infra import units
from infra.chaos.faults import Draw, Faults, Kind, Operation

REGISTER = "POST /v1/registrations"
LOOK = "POST /v1/status"
TRANSACTION = "TransactWriteItems"
_DYNAMODB = "dynamodb"


@dataclass
class Counted:
    """What was asked for so far.

    Attributes:
        calls: operation -> how often, without those that the gateway refused.
        write_units, read_halves: of the tables; index entries with the writes.
        batches: what reads sealed identities: "check" and "score", so many batches each.
        repeats: operation -> requests that the SDK sent again.
    """

    calls: Counter[str] = field(default_factory=Counter)
    write_units: int = 0
    read_halves: int = 0
    batches: Counter[str] = field(default_factory=Counter)
    repeats: Counter[str] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def watch(
        self,
        operation: Operation,
        headers: Mapping[str, str],
        body: bytes,
        status: int,
        answer: bytes,
    ) -> None:
        """Count one request that was answered."""
        asked = json.loads(body) if operation.service == _DYNAMODB and body else {}
        told = json.loads(answer) if asked and status == 200 and answer else None  # noqa: PLR2004
        with self._lock:
            self.calls[operation.name] += 1
            self.repeats[operation.name] += _repeats(headers)
            if told is None:
                return
            for each in units.written(operation.name, asked):
                self.write_units += each.units + each.index
            for _, halves in units.read_halves(operation.name, asked, told):
                self.read_halves += halves
            if operation.name == "BatchGetItem":
                self.batches[_who(asked)] += 1


def _repeats(headers: Mapping[str, str]) -> int:
    """How often the SDK had sent it before, refused ones included: `attempt=2; max=3` is one."""
    attempt = re.match(r"attempt=(\d+)", headers.get("amz-sdk-request", ""))
    return int(attempt[1]) - 1 if attempt else 0


def _who(asked: units.Body) -> str:
    """Who reads a batch, by what stands in it."""
    tables = {
        table.rpartition("-")[2]: each["Keys"] for table, each in asked["RequestItems"].items()
    }
    if "ops" in tables:
        return "status"
    cuts = any(key["pk"]["S"] == "CUTS" for key in tables.get("registry", ()))
    return "score" if cuts else "check"


class Refusing(Faults):
    """Refuses every so many registrations at the gateway, and every so many transactions.

    By number and not by time: seconds of a laptop are not those of AWS.
    """

    def __init__(self, registrations: int, transactions: int) -> None:
        super().__init__(seed=0, rate=0)
        self.every = {("api", REGISTER): registrations, ("dynamodb", TRANSACTION): transactions}
        self.asked: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self._refuses = False
        self._counting = threading.Lock()

    def begin(self) -> None:
        """Refuse from now on."""
        with self._counting:
            self._refuses = True

    def draw(self, operation: Operation) -> Draw | None:
        """Let it pass, or refuse it."""
        every = self.every.get((operation.service, operation.name))
        if every is None or not self._refuses:
            return super().draw(operation)
        with self._counting:
            self.asked[operation.name] += 1
            if self.asked[operation.name] % every:
                return super().draw(operation)
            self.refused[operation.name] += 1
        return Draw(Kind.THROTTLED if operation.service == "api" else Kind.FAILED)


def with_refusals(needed: int, every: int) -> tuple[int, int]:
    """Requests, and refusals among them, until so many came through."""
    refused = (needed - 1) // (every - 1) if needed else 0
    return needed + refused, refused
