"""What a stage costs when nobody comes: counted in its own templates and its own schedules."""

from __future__ import annotations

from functools import cache
from typing import Any, Final

from infra.cost.inputs import Inputs, Units
from infra.templates import HERE, read

TEMPLATES: Final = (
    "resources.yaml",
    "public.merge.yaml",
    "staff.merge.yaml",
    "screening.merge.yaml",
    "edge.yaml",
)
SHARED: Final = ("shared.yaml",)
"""Of the account, not of a stage."""
ALONE: Final = "OwnKeys"
"""Condition of what only a stage has that shares no keys."""

DAYS, MONTHS = 365, 12
HOURS_A_DAY: Final = 24
SECONDS: Final = 86_400


def of_stage(inputs: Inputs) -> Units:
    """What one stage uses in a year besides what families do."""
    found = _counted(TEMPLATES)
    sweep, look = (
        inputs.counts["lasting"][n] for n in ("sweep, a day", "ledger, one look at a day")
    )
    empty = sweep["looks"] * look["half read units of nothing"] / 2
    by_due = inputs.counts["first use"]["sweep"]["Query"] - 3 * look["calls"]
    found["ddb_rru"] = DAYS * (
        empty
        + sweep["runs"] * by_due / 2
        + inputs.counts["first use"]["seal_day"]["Query"]
        + HOURS_A_DAY * inputs.counts["first use"]["send_visits"]["Query"] / 2
    )
    runs = DAYS * (sweep["runs"] + HOURS_A_DAY + 1)
    found["lambda_request"] = runs
    found["lambda_gb_s"] = runs * inputs["sweep_ms"] / 1000 * 0.5
    found["kms_request"] = DAYS * 2.0
    found["s3_put"] = DAYS * 2.0
    polls = SECONDS / inputs["poll_seconds"] * inputs["pollers"]
    found["sqs_request"] = DAYS * polls * queues()
    return found


def of_account() -> Units:
    """What all stages of an account share in a year; the dashboard is made by `infra.dashboard`."""
    shared = _counted(tuple(name for name in SHARED if (HERE / name).is_file()))
    return {"dashboard_mo": float(MONTHS)} | shared


@cache
def queues() -> int:
    """How many queues wake a function; each is polled day and night."""
    merged = (resource for name in TEMPLATES if "merge" in name for resource in _resources(name))
    return sum(map(_sources, merged))


def _sources(resource: dict[str, Any]) -> int:
    events = resource.get("Properties", {}).get("Events", {})
    return sum(name.endswith("SqsEventSource") for name in events)


def _counted(names: tuple[str, ...]) -> Units:
    """Units of a year of what stands in templates."""
    found: Units = {}

    def add(price: str, count: float) -> None:
        found[price] = found.get(price, 0) + MONTHS * count

    for name in names:
        for resource in _resources(name):
            match resource.get("Type"):
                case "AWS::CloudWatch::Alarm":
                    add("alarm_mo", 1)
                case "AWS::Logs::MetricFilter":
                    add("metric_mo", len(resource["Properties"]["MetricTransformations"]))
                case "AWS::CloudWatch::Dashboard":
                    add("dashboard_mo", 1)
                case "AWS::KMS::Key":
                    add("kms_key_mo", 1)
                case "AWS::WAFv2::WebACL":
                    add("waf_acl_mo", 1)
                    add("waf_rule_mo", len(resource["Properties"]["Rules"]))
                case _:
                    pass
    return found


@cache
def _resources(name: str) -> list[dict[str, Any]]:
    """Read once: a bill is reckoned some forty times, and YAML takes a second."""
    found = read(HERE / name).get("Resources", {}).values()
    return [each for each in found if each.get("Condition") != ALONE]
