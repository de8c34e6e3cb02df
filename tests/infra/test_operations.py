"""Nothing runs unwatched: what can fail has an alarm, and stands on the dashboard."""

from __future__ import annotations

import ast
import copy
import json
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest

from chalicelib.adapters.registers import civil_registry
from infra import dashboard, stages
from infra.build import SURFACES
from infra.layer import REPO
from infra.templates import HERE, RESOURCES, Template, of_type, read

ALARM, FILTER, QUEUE = "AWS::CloudWatch::Alarm", "AWS::Logs::MetricFilter", "AWS::SQS::Queue"
Templates = dict[str, Template]


@pytest.fixture(scope="module")
def templates() -> Templates:
    return {"resources": read(RESOURCES)} | {
        surface: read(HERE / f"{surface}.merge.yaml") for surface in SURFACES
    }


@cache
def declared() -> dict[str, str]:
    """Functions that the code declares, as the templates name them -> what wakes them."""
    found = {}
    for path in (REPO / "chalicelib" / "entrypoints").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            for call in getattr(node, "decorator_list", ()):
                named = {k.arg: k.value for k in getattr(call, "keywords", ())}
                if "name" in named and isinstance(call.func, ast.Attribute):
                    name = ast.literal_eval(named["name"]).title().replace("_", "")
                    found[name] = call.func.attr
    return found


def alarms(templates: Templates) -> dict[str, Any]:
    return {k: a["Properties"] for t in templates.values() for k, a in of_type(t, ALARM).items()}


def watches(templates: Templates, metric: str, dimension: object = None) -> list[Any]:
    """Alarms on a metric: of a queue, a function, an API, or of a namespace of our own."""
    return [
        alarm
        for alarm in alarms(templates).values()
        if alarm["MetricName"] == metric
        and (dimension is None or dimension in [d["Value"] for d in alarm["Dimensions"]])
    ]


def unwatched(templates: Templates) -> list[str]:
    """What no alarm would tell of."""
    woken = [_of_function(templates, name, by) for name, by in declared().items()]
    found = [*_of_queues(templates), *filter(None, woken), *_of_counters(templates)]
    return found + [
        f"API {api}"
        for api in ("public", "staff")
        if not watches(templates, "5XXError", {"Fn::Sub": f"tepat-${{Stage}}-{api}"})
    ]


def _of_queues(templates: Templates) -> Iterator[str]:
    for name, queue in of_type(templates["resources"], QUEUE).items():
        works = "RedrivePolicy" in queue["Properties"]
        metric = "ApproximateAgeOfOldestMessage" if works else "ApproximateNumberOfMessagesVisible"
        if not watches(templates, metric, {"Fn::GetAtt": [name, "QueueName"]}):
            yield f"queue {name}"


def _of_function(templates: Templates, name: str, by: str) -> str:
    if by == "on_sqs_message":  # its queue's age tells that it stands still, the dead that it fails
        return "" if _queue_of(templates, name) else f"mapping of {name}"
    if by == "on_dynamodb_record":
        followed = watches(templates, "IteratorAge", {"Ref": name})
        return "" if followed else f"stream of {name}"
    runs = watches(templates, "Invocations", {"Ref": name})
    if not any(alarm["TreatMissingData"] == "breaching" for alarm in runs):
        return f"clock of {name}"
    return "" if watches(templates, "Errors", {"Ref": name}) else f"errors of {name}"


def _queue_of(templates: Templates, name: str) -> bool:
    """Whether a function is mapped to a queue that has dead letters."""
    for template in templates.values():
        told = json.dumps(template["Resources"].get(name, {}))
        source = re.search(r'"Queue": \{"Fn::Sub": "\$\{(\w+)Arn\}"', told)
        if source:
            queue = templates["resources"]["Resources"].get(source[1], {})
            return "RedrivePolicy" in queue.get("Properties", {})
    return False


def _of_counters(templates: Templates) -> Iterator[str]:
    for template in templates.values():
        for each in of_type(template, FILTER).values():
            made = each["Properties"]["MetricTransformations"][0]
            heard = watches(templates, made["MetricName"])
            if not any(alarm.get("Namespace") == made["MetricNamespace"] for alarm in heard):
                yield f"counter {made['MetricName']}"


def test_whatever_can_fail_has_its_alarm(templates: Templates) -> None:
    assert unwatched(templates) == []
    assert len(declared()) > 9


def test_no_alarm_could_go_without_being_missed(templates: Templates) -> None:
    for name in alarms(templates):
        less = copy.deepcopy(templates)
        for template in less.values():
            template["Resources"].pop(name, None)
        assert unwatched(less), f"nobody would miss {name}"


def test_a_function_queue_or_clock_that_is_added_must_be_watched(
    templates: Templates, monkeypatch: pytest.MonkeyPatch
) -> None:
    more = copy.deepcopy(templates)
    more["resources"]["Resources"]["NewQueue"] = {"Type": QUEUE, "Properties": {}}
    assert unwatched(more) == ["queue NewQueue"]
    known = declared()
    monkeypatch.setitem(globals(), "declared", lambda: known | {"NewClock": "schedule"})
    assert unwatched(templates) == ["clock of NewClock"]
    monkeypatch.setitem(globals(), "declared", lambda: known | {"NewWorker": "on_sqs_message"})
    assert unwatched(templates) == ["mapping of NewWorker"]


def test_every_alarm_is_heard_by_those_who_are_told(templates: Templates) -> None:
    heard = {"Fn::If": ["HasAlarmTopic", [{"Ref": "AlarmTopic"}], {"Ref": "AWS::NoValue"}]}
    assert {k for k, a in alarms(templates).items() if a["AlarmActions"] != heard} == set()


def test_all_that_the_civil_registry_s_client_counts_becomes_a_metric(templates: Templates) -> None:
    counters = {
        value
        for name, value in vars(civil_registry).items()
        if name.isupper() and isinstance(value, str) and value.startswith("CivilRegistry")
    }
    patterns = [
        each["Properties"]["FilterPattern"]
        for each in of_type(templates["public"], FILTER).values()
    ]
    filtered = [name for text in patterns for name in re.findall(r'\$\.act = "(\w+)"', text)]
    assert sorted(filtered) == sorted(counters)


def test_a_pilot_at_rest_pays_little_for_its_alarms(templates: Templates) -> None:
    """USD 0.10 a month each (CloudWatch pricing); math over several metrics would pay for each."""
    assert len(alarms(templates)) <= 30  # of USD 4 that a further pilot may cost at rest


def test_all_of_it_stands_on_the_dashboard() -> None:
    seen = dashboard.watched()
    body = dashboard.body(seen, stages.names())
    shown = json.dumps(body)
    assert {name for names in seen.functions.values() for name in names} == {
        "APIHandler",
        *declared(),
    }
    for surface, names in seen.functions.items():
        for name in names:
            assert shown.count(f"{dashboard.ANY_STAGE}-{surface}-{name}") == 3
    queues = {
        name["Properties"]["QueueName"]["Fn::Sub"].removeprefix("tepat-${Stage}-")
        for name in of_type(read(RESOURCES), QUEUE).values()
    }
    assert queues == {name for pair in seen.queues.items() for name in pair if name}
    for name in (*queues, *seen.tables, *seen.counters):
        of_stage = f'"{dashboard.ANY_STAGE}-{name}"'
        assert of_stage in shown or f'"{name}"' in shown
    assert {one["label"] for one in body["variables"][0]["values"]} == set(stages.names())


def test_widgets_lie_beside_each_other() -> None:
    taken: set[tuple[int, int]] = set()
    for widget in dashboard.body(dashboard.watched(), stages.names())["widgets"]:
        cells = {
            (x, y)
            for x in range(widget["x"], widget["x"] + widget["width"])
            for y in range(widget["y"], widget["y"] + widget["height"])
        }
        assert not cells & taken
        taken |= cells
    assert max(x for x, _ in taken) < 24
