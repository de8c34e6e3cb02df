"""What moves the bill: one thing at a time is otherwise, and the year is reckoned anew."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from infra.cost import bill, operations
from infra.cost.bill import Bill
from infra.cost.inputs import Inputs, Units
from infra.cost.operations import Operation, Part

PROVINCES: Final = 38
ARCHIVED_SHARE: Final = 0.005 / 0.025
"""Glacier Instant Retrieval to S3 Standard, a GB-month (infra/prices.json)."""

API_REQUESTS: Final = "apigw_rest"
METHOD_METRICS: Final = 7
"""Metrics that API Gateway writes for a method in use, where detailed metrics are on."""
METHODS: Final = 60


@dataclass(frozen=True, slots=True)
class Move:
    """What the year costs when one thing is otherwise.

    Attributes:
        name: what is otherwise.
        part: which total moves.
        usd: how much more (below zero: less) that part is in a year.
        share: of what it is now.
    """

    name: str
    part: Part
    usd: float
    share: float


def moves(inputs: Inputs, families: float, stages: float) -> list[Move]:
    """Every move, the largest first."""
    now = bill.of_year(inputs, families, stages)
    found = [
        *_assumptions(inputs, now, families, stages),
        *_other_designs(inputs, now, families, stages),
    ]
    return sorted(found, key=lambda move: -abs(move.usd))


def _assumptions(inputs: Inputs, now: Bill, families: float, stages: float) -> Iterator[Move]:
    for name, assumed in inputs.profile.items():
        for value in assumed.instead:
            then = bill.of_year(inputs.assuming(name, value), families, stages)
            part = next((p for p in Part if then.of(p) != now.of(p)), Part.USE)
            yield _move(f"{name} {value:g} instead of {assumed.value:g}", part, now, then)


def _other_designs(inputs: Inputs, now: Bill, families: float, stages: float) -> Iterator[Move]:
    used = _used(now)
    requests = used[API_REQUESTS]

    def with_these(*more: Operation) -> Bill:
        done = [*operations.of_year(inputs, families, stages), *more]
        return bill.priced(inputs, done)

    def added(name: str, times: float, unit: str) -> Bill:
        return with_these(Operation(name, Part.USE, times, {unit: 1.0}))

    http = inputs.priced(
        **{name: inputs.prices["apigw_http_first_300m"] for _, name in bill.GATEWAY}, waf_request=0
    )
    archive = used["s3_gb_mo"] * (1 - 1 / inputs["photo_months"]) * (1 - ARCHIVED_SHARE)
    for name, part, then in (
        ("HTTP API instead of REST (no firewall; Chalice makes none)", Part.USE,
         bill.of_year(http, families, stages)),
        ("a key-service call in each request", Part.USE,
         added("key service", requests, "kms_request")),
        ("X-Ray on each request", Part.USE, added("X-Ray", requests, "xray_trace")),
        ("a metric sent in each request", Part.USE, added("metrics", requests, "cw_api_request")),
        ("photos in an archive class after a month (but for the moving)", Part.USE,
         with_these(Operation("archive", Part.USE, -archive, {"s3_gb_mo": 1.0}))),
        ("families as Cognito users, three active months", Part.PEOPLE,
         with_these(Operation("citizens", Part.PEOPLE, 3 * families, {"cognito_mau": 1.0}))),
        (f"API Gateway's metrics of {METHODS} methods, in each stage", Part.STAGES,
         with_these(Operation("metrics", Part.STAGES, 12 * METHODS * METHOD_METRICS * stages,
                              {"metric_mo": 1.0}))),
        (f"{PROVINCES} stages, one a province", Part.STAGES,
         bill.of_year(inputs, families, PROVINCES)),
        ("all in one stage", Part.STAGES, bill.of_year(inputs, families, 1)),
    ):  # fmt: skip
        yield _move(name, part, now, then)


def _move(name: str, part: Part, now: Bill, then: Bill) -> Move:
    usd = then.of(part) - now.of(part)
    return Move(name, part, usd, usd / now.of(part) if now.of(part) else 0.0)


def _used(of: Bill) -> Units:
    found: Units = {}
    for line in of.lines:
        for unit, count in line.units.items():
            found[unit] = found.get(unit, 0) + count
    return found
