"""The bill of a year: every operation times its price, with the tiers that some prices have."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from infra.cost import operations
from infra.cost.inputs import Inputs, Units
from infra.cost.operations import Operation, Part

MILLION: Final = 1_000_000
MONTHS: Final = 12

_PRICE_OF: Final = {"lambda_gb_s": "lambda_gb_s_arm"}
GATEWAY: Final = (
    (333_000_000, "apigw_rest_first_333m"),
    (1_000_000_000, "apigw_rest_next_667m"),
    (None, "apigw_rest_next_19b"),
)
POOL: Final = (
    (50_000, "cognito_lite_mau_first_50k"),
    (1_000_000, "cognito_lite_mau_next_950k"),
    (None, "cognito_lite_mau_next_9m"),
)
Tiers = Sequence[tuple[int | None, str]]
"""(up to how many a month, name of the price), rising; None: without end."""

SERVICES: Final = {
    "ddb_wru": "DynamoDB writes",
    "ddb_rru": "DynamoDB reads",
    "ddb_storage_gb_mo": "DynamoDB storage",
    "ddb_pitr_gb_mo": "DynamoDB recovery",
    "apigw_rest": "API Gateway (REST)",
    "waf_request": "firewall",
    "waf_acl_mo": "firewall",
    "waf_rule_mo": "firewall",
    "lambda_request": "functions, requests",
    "lambda_gb_s": "functions, time",
    "kms_request": "key service",
    "kms_key_mo": "key service",
    "sqs_request": "queues",
    "logs_ingest_gb": "logs",
    "logs_store_gb_mo": "logs",
    "s3_put": "S3",
    "s3_get": "S3",
    "s3_gb_mo": "S3",
    "egress_gb": "bytes to browsers",
    "athena_tb": "Athena",
    "alarm_mo": "alarms and metrics",
    "metric_mo": "alarms and metrics",
    "dashboard_mo": "alarms and metrics",
    "cloudfront_https_request_asia": "CloudFront",
    "cloudfront_egress_gb_asia": "CloudFront",
    "cognito_mau": "Cognito",
    "cw_api_request": "alarms and metrics",
    "xray_trace": "X-Ray",
}
"""Unit -> the service that bills it, as people call it."""


@dataclass(frozen=True, slots=True)
class Line:
    """What one operation costs in a year.

    Attributes:
        units: what it uses in a year; usd: US dollars for each of these.
    """

    operation: Operation
    units: Units
    usd: Units

    @property
    def total(self) -> float:
        """US dollars."""
        return sum(self.usd.values())


@dataclass(frozen=True, slots=True)
class Bill:
    """The lines of a bill, the dearest first."""

    lines: tuple[Line, ...]

    @property
    def total(self) -> float:
        """US dollars, all parts."""
        return sum(line.total for line in self.lines)

    def of(self, part: Part) -> float:
        """US dollars of one part."""
        return sum(line.total for line in self.lines if line.operation.part is part)

    def by_service(self, *parts: Part) -> dict[str, float]:
        """US dollars by service, the dearest first; of all parts if none is named."""
        found: dict[str, float] = {}
        for line in self.lines:
            if parts and line.operation.part not in parts:
                continue
            for unit, usd in line.usd.items():
                found[SERVICES[unit]] = found.get(SERVICES[unit], 0) + usd
        return dict(sorted(found.items(), key=lambda each: -each[1]))


def of_year(inputs: Inputs, families: float, stages: float) -> Bill:
    """The bill of a year of so many families in so many stages."""
    return priced(inputs, operations.of_year(inputs, families, stages))


def per_thousand(inputs: Inputs) -> Bill:
    """The bill of a thousand registrations, from the form to the decision, at list prices."""
    one = operations.registering(inputs)
    return priced(inputs, [Operation(o.name, o.part, 1000, o.one) for o in one])


def priced(inputs: Inputs, done: Sequence[Operation]) -> Bill:
    """Put prices to what is done in a year."""
    used: Units = {}
    for each in done:
        for unit, count in each.units.items():
            used[unit] = used.get(unit, 0) + count
    usd = {unit: _price(inputs, unit, count) for unit, count in used.items()}
    lines = [
        Line(each, each.units, {unit: count * usd[unit] for unit, count in each.units.items()})
        for each in done
    ]
    return Bill(tuple(sorted(lines, key=lambda line: -line.total)))


def tiered(inputs: Inputs, tiers: Tiers, month: float) -> float:
    """US dollars of a month's use of something that has tiers."""
    total, below = 0.0, 0.0
    for most, name in tiers:
        here = max(0.0, (month if most is None else min(month, most)) - below)
        total += here * inputs.prices[name]
        below += here
    return total


def _price(inputs: Inputs, unit: str, year: float) -> float:
    """US dollars for a unit, the mean over a year's use."""
    if not year:
        return 0.0
    if unit == "apigw_rest":
        busiest = inputs["busiest_month"]
        quiet = (1 - busiest) / (MONTHS - 1)
        months = [busiest, *[quiet] * (MONTHS - 1)]
        return sum(tiered(inputs, GATEWAY, share * year) for share in months) / year
    if unit == "cognito_mau":
        return MONTHS * tiered(inputs, POOL, year / MONTHS) / year
    return inputs.prices[_PRICE_OF.get(unit, unit)]
