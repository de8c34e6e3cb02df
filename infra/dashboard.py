"""What operators look at, as code: one CloudWatch dashboard for all pilots of an account.

    python -m infra.dashboard > dashboard.json      its body
    python -m infra.dashboard --template            a template with it, to be deployed once

A dashboard costs USD 3 a month, so there is one, with a menu that names the pilots. What stands on
it follows from the templates: a function, queue or table that is added to them is on it too.
"""

from __future__ import annotations

import argparse
import json
import re
from dataclasses import dataclass
from typing import Any, Final

from infra import stages
from infra.build import REGION, SURFACES
from infra.templates import HERE, RESOURCES, of_type, read

Widget = dict[str, Any]

APIS: Final = ("public", "staff")
ANY_STAGE: Final = "tepat-stage"  # stands in the body for "tepat-<pilot>"; the menu replaces it
_WIDTH: Final = 24
_MINUTES_5: Final = 300
_LOGS: Final = re.compile(r"/aws/lambda/\$\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Watched:
    """What there is to look at.

    Attributes:
        functions: of each surface, by their logical names.
        queues: name without the pilot's -> name of its dead letters; "" for a queue of failures.
        tables: names without the pilot's.
        counters: metrics that are made of our own log lines.
    """

    functions: dict[str, tuple[str, ...]]
    queues: dict[str, str]
    tables: tuple[str, ...]
    counters: tuple[str, ...]


def watched() -> Watched:
    """Read the templates."""
    resources = read(RESOURCES)
    surfaces = {name: read(HERE / f"{name}.merge.yaml") for name in SURFACES}
    functions = {
        name: tuple(
            found[1]
            for logs in of_type(template, "AWS::Logs::LogGroup").values()
            if (found := _LOGS.fullmatch(logs["Properties"]["LogGroupName"]["Fn::Sub"]))
        )
        for name, template in surfaces.items()
    }
    of_queue = of_type(resources, "AWS::SQS::Queue")
    names = {key: _plain(queue["Properties"]["QueueName"]) for key, queue in of_queue.items()}
    dead = {
        names[key]: names[redrive["deadLetterTargetArn"]["Fn::GetAtt"][0]]
        for key, queue in of_queue.items()
        if (redrive := queue["Properties"].get("RedrivePolicy"))
    }
    alone = set(names.values()) - dead.keys() - set(dead.values())
    tables = of_type(resources, "AWS::DynamoDB::Table").values()
    filters = [
        change["MetricName"]
        for template in surfaces.values()
        for each in of_type(template, "AWS::Logs::MetricFilter").values()
        for change in each["Properties"]["MetricTransformations"]
    ]
    return Watched(
        functions,
        dead | dict.fromkeys(sorted(alone), ""),
        tuple(_plain(table["Properties"]["TableName"]) for table in tables),
        tuple(filters),
    )


def body(seen: Watched, pilots: list[str], region: str = REGION) -> dict[str, Any]:
    """The dashboard's body (CloudWatch API Reference, "Dashboard Body Structure and Syntax").

    Args:
        seen: what is on it.
        pilots: names in its menu; the first is shown at the start.
        region: of the metrics.
    """
    rows = [_apis(), _functions(seen), _queues(seen), _tables(seen), _counters(seen)]
    widgets: list[Widget] = []
    y = 0
    for row in rows:
        for x, widget in enumerate(row):
            width = _WIDTH // len(row)
            place = {"type": "metric", "x": x * width, "y": y, "width": width, "height": 7}
            shared = {"region": region, "view": "timeSeries", "period": _MINUTES_5}
            widgets.append(place | {"properties": shared | widget})
        y += 7
    menu = {
        "type": "pattern",
        "pattern": ANY_STAGE,
        "inputType": "select",
        "id": "pilot",
        "label": "Pilot",
        "defaultValue": f"tepat-{pilots[0]}",
        "visible": True,
        "values": [{"value": f"tepat-{name}", "label": name} for name in pilots],
    }
    return {"variables": [menu], "widgets": widgets}


def template(seen: Watched, pilots: list[str]) -> dict[str, Any]:
    """A template of the dashboard alone, for the account."""
    text = json.dumps(body(seen, pilots), separators=(",", ":"))
    board = {"DashboardName": "tepat", "DashboardBody": text}
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": "Tepat, what operators look at: one dashboard for all pilots of the account",
        "Resources": {"Board": {"Type": "AWS::CloudWatch::Dashboard", "Properties": board}},
    }


def _apis() -> list[Widget]:
    return [
        {
            "title": f"{api.title()} API",
            "metrics": [
                *(
                    ["AWS/ApiGateway", name, "ApiName", f"{ANY_STAGE}-{api}", {"stat": "Sum"}]
                    for name in ("Count", "4XXError", "5XXError")
                ),
                *(
                    ["AWS/ApiGateway", "Latency", "ApiName", f"{ANY_STAGE}-{api}",
                     {"stat": stat, "yAxis": "right"}]
                    for stat in ("p50", "p99")
                ),
            ],
        }
        for api in APIS
    ]  # fmt: skip


def _functions(seen: Watched) -> list[Widget]:
    """CloudFormation ends a function's name by letters of its own, so they are searched for."""
    pairs = [(surface, name) for surface, names in seen.functions.items() for name in names]
    return [
        {
            "title": f"Functions: {metric.lower()}",
            "metrics": [
                [{"expression": _search(surface, name, metric, stat), "label": f"{surface} {name}"}]
                for surface, name in pairs
            ],
        }
        for metric, stat in (("Errors", "Sum"), ("Throttles", "Sum"), ("Duration", "p95"))
    ]


def _search(surface: str, name: str, metric: str, stat: str) -> str:
    which = f'"{ANY_STAGE}-{surface}-{name}"'
    schema = "{AWS/Lambda,FunctionName}"
    return f"SEARCH('{schema} MetricName=\"{metric}\" {which}', '{stat}', {_MINUTES_5})"


def _queues(seen: Watched) -> list[Widget]:
    def metric(queue: str, name: str, stat: str) -> list[Any]:
        return ["AWS/SQS", name, "QueueName", f"{ANY_STAGE}-{queue}", {"stat": stat}]

    dead = [of or queue for queue, of in seen.queues.items()]
    work = [queue for queue, of in seen.queues.items() if of]
    visible = "ApproximateNumberOfMessagesVisible"
    return [
        {"title": "Queues: waiting", "metrics": [metric(q, visible, "Maximum") for q in work]},
        {
            "title": "Queues: age of the oldest (s)",
            "metrics": [metric(q, "ApproximateAgeOfOldestMessage", "Maximum") for q in work],
        },
        {"title": "Dead letters", "metrics": [metric(q, visible, "Maximum") for q in dead]},
    ]


def _tables(seen: Watched) -> list[Widget]:
    return [
        {
            "title": f"Tables: {title}",
            "metrics": [
                ["AWS/DynamoDB", name, "TableName", f"{ANY_STAGE}-{table}", {"stat": "Sum"}]
                for table in seen.tables
                for name in names
            ],
        }
        for title, names in (
            ("units read", ("ConsumedReadCapacityUnits",)),
            ("units written", ("ConsumedWriteCapacityUnits",)),
            ("throttled", ("ReadThrottleEvents", "WriteThrottleEvents")),
        )
    ]


def _counters(seen: Watched) -> list[Widget]:
    return [
        {
            "title": "Civil registry",
            "metrics": [[ANY_STAGE, name, {"stat": "Sum"}] for name in seen.counters],
        }
    ]


def _plain(name: dict[str, str]) -> str:
    return name["Fn::Sub"].removeprefix("tepat-${Stage}-")


def main() -> None:
    """Print the body or the template."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        prog="python -m infra.dashboard",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--template", action="store_true", help="a template for CloudFormation")
    made = template if parser.parse_args().template else body
    print(json.dumps(made(watched(), stages.names()), indent=1))


if __name__ == "__main__":
    main()
