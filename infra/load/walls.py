"""What stands in the way of a request, in the order in which it meets it, and how much it lets by.

Every capacity but a gateway's saved burst is a function of time alone, never of what was refused
before: so a higher quota can never lose more, but where an outer gate, raised alone, lets requests
spend an inner burst in vain (tests hold the one and show the other).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields

from infra.cost.inputs import InputError

TABLES = ("registry", "vault", "ledger", "ops")


@dataclass(frozen=True, slots=True)
class Quotas:
    """What can be raised, warmed or agreed on.

    Attributes:
        gateway_rate, gateway_burst: of one stage's API.
        account_rate, account_burst: of API Gateway, all stages together.
        concurrency: processes of all functions of the account.
        table_wru, table_rru: units a second that each table takes from its first second.
        registry_concurrency: questions at once to the civil registry.
    """

    gateway_rate: int
    gateway_burst: int
    account_rate: int
    account_burst: int
    concurrency: int
    table_wru: int
    table_rru: int
    registry_concurrency: int


@dataclass(frozen=True, slots=True)
class Given:
    """What nobody can raise (`of_aws` of load.yaml)."""

    wru_partition: int
    rru_partition: int
    ledger_partitions: int
    requests_each: int
    processes_in_10_s: int
    pollers_first: int
    pollers_a_minute: int
    batch: int
    table_doubles_s: int


@dataclass(frozen=True, slots=True)
class Flow:
    """One kind of request.

    Attributes:
        name: what people do.
        ms: how long its function is busy.
        wru, rru: units of each table once.
        hot_rru: units on the one item that every such request reads.
    """

    name: str
    ms: float
    wru: Mapping[str, float]
    rru: Mapping[str, float]
    hot_rru: float = 0.0


class Bucket:
    """Tokens of a gate: so many a second, and so many at once."""

    def __init__(self, rate: int, burst: int) -> None:
        self.rate, self.burst = rate, burst
        self._held = burst
        self._at = 0
        self.left = 0

    def tick(self, now: int) -> None:
        """Begin a second."""
        self._held = min(self.burst, self._held + self.rate * max(0, now - self._at - 1))
        self._at = now
        self.left = self._held + self.rate

    def end(self) -> None:
        """End it: what was not taken stays, up to the burst."""
        self._held = min(self.burst, self.left)


GATEWAY = "the stage's gateway"
ACCOUNT = "the account's gateway quota"
FUNCTIONS = "the functions' concurrency"


class Walls:
    """All walls in front of the flows of a scenario, spread over equal stages."""

    def __init__(
        self,
        quotas: Quotas,
        given: Given,
        flows: Mapping[str, Flow],
        spread: int,
        behind: Mapping[str, float],
    ) -> None:
        """Set them up.

        Args:
            quotas, given: what there is.
            flows: by name.
            spread: stages of equal size; each has a gateway and tables of its own.
            behind: write units a second that the workers take of each table, in all.
        """
        self.quotas, self.given, self.flows, self.spread = quotas, given, flows, spread
        self.behind = behind
        self.gateway = Bucket(quotas.gateway_rate * spread, quotas.gateway_burst * spread)
        self.account = Bucket(quotas.account_rate, quotas.account_burst)
        self.processes = 0.0
        self._of_table: dict[str, list[tuple[str, int]]] = {}
        self._doubled = -1

    def tick(self, now: int) -> None:
        """Begin a second."""
        self.gateway.tick(now)
        self.account.tick(now)
        grown = self.given.processes_in_10_s * (1 + now // 10)
        free = self.quotas.concurrency - 2 * self.quotas.registry_concurrency
        self.processes = float(max(0, min(free, grown)))
        doubled = now // self.given.table_doubles_s
        if doubled != self._doubled:
            self._doubled = doubled
            self._of_table = {name: list(self._tables(name)) for name in self.flows}
        self._left = {name: dict(walls) for name, walls in self._of_table.items()}

    def end(self) -> None:
        """End it."""
        self.gateway.end()
        self.account.end()

    def admit(self, flow: str, count: int) -> tuple[int, list[tuple[str, int]]]:
        """Let as many of so many requests through as there is room for.

        Returns:
            How many came through, and which walls refused how many of the others.
        """
        refused = []
        for name, bucket in ((GATEWAY, self.gateway), (ACCOUNT, self.account)):
            passed = min(count, bucket.left)
            bucket.left -= passed
            refused.append((name, count - passed))
            count = passed
        each = max(self.flows[flow].ms / 1000, 1 / self.given.requests_each)
        passed = min(count, int(self.processes / each))
        self.processes -= passed * each
        refused.append((FUNCTIONS, count - passed))
        count = passed
        walls = self._left[flow]
        if walls:
            tightest = min(walls, key=lambda name: walls[name])
            passed = min(count, walls[tightest])
            refused.append((tightest, count - passed))
            for name in walls:
                walls[name] -= passed
            count = passed
        return count, [(name, told) for name, told in refused if told]

    def _tables(self, name: str) -> Iterator[tuple[str, int]]:
        """Requests a second that each table, and each partition of one, lets by."""
        flow, grown = self.flows[name], 2 ** min(self._doubled, 10)
        of_table = self.quotas.table_wru * self.spread * grown
        for table, units in flow.wru.items():
            if units:
                free = of_table - self.behind.get(table, 0)
                yield f"writes to the table {table}", max(0, int(free / units))
        for table, units in flow.rru.items():
            if units:
                most = self.quotas.table_rru * self.spread * grown
                yield f"reads of the table {table}", int(most / units)
        if flow.wru.get("ledger"):
            most = self.given.ledger_partitions * self.given.wru_partition * self.spread
            free = most - self.behind.get("ledger", 0)
            yield "the ledger's partitions of a day", max(0, int(free / flow.wru["ledger"]))
        if flow.hot_rru:
            most = self.given.rru_partition * self.spread
            yield "the one item with the cut-offs", int(most / flow.hot_rru)


def quotas_of(told: Mapping[str, object], where: str) -> Quotas:
    """Read quotas.

    Raises:
        InputError: one is missing, unknown, or no whole number above zero.
    """
    return Quotas(**_whole(told, [field.name for field in fields(Quotas)], where))


def given_of(told: Mapping[str, object]) -> Given:
    """Read what nobody can raise; raises as `quotas_of`."""
    return Given(**_whole(told, [field.name for field in fields(Given)], "of_aws"))


def _whole(told: Mapping[str, object], names: list[str], where: str) -> dict[str, int]:
    found = {}
    for name in names:
        value = told.get(name)
        if isinstance(value, bool) or not isinstance(value, int) or value <= 0:
            raise InputError(f"load.yaml: {where}: {name} must be a whole number above zero")
        found[name] = value
    unknown = sorted(told.keys() - names)
    if unknown:
        raise InputError(f"load.yaml: {where}: there is no {unknown[0]}")
    return found
