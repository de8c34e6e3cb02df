"""The functions as Lambda calls them: which module it imports, and the events of a first use.

A worker's handler stands in a module of its own, and Lambda imports that and never `app.py`
(`test_cold_starts` compares this table with the packaged template).
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import urlencode

Kept = Mapping[str, Any]
"""What `journey.py` kept of a family's way: its form, receipt, message, the staff's cookie."""

Event = dict[str, Any]
ORIGIN = "https://bansos.example.go.id"
JSON, FORM = "application/json", "application/x-www-form-urlencoded"

HANDLERS = {
    "public_api": "app.app",
    "status": "app.app",
    "staff_api": "app.app",
    "relay": "chalicelib.entrypoints.workers.relay",
    "check_identity": "chalicelib.entrypoints.workers.check_identity",
    "score_household": "chalicelib.entrypoints.workers.score_household",
    "release_guards": "chalicelib.entrypoints.workers.release_guards",
    "carry_out": "chalicelib.entrypoints.workers.carry_out",
    "conduct_dispute": "chalicelib.entrypoints.workers.conduct_dispute",
    "sweep": "chalicelib.entrypoints.schedules.sweep",
    "seal_day": "chalicelib.entrypoints.schedules.seal_day",
    "send_visits": "chalicelib.entrypoints.schedules.send_visits",
    "screen_evidence": "chalicelib.entrypoints.screening.screen_evidence",
}
SURFACE = {"staff_api": "staff", "screen_evidence": "screening"}
"""Functions that are not of the public surface."""


def handler(function: str) -> Callable[[Event, Any], Any]:
    """Import a function as Lambda does."""
    module, _, name = HANDLERS[function].rpartition(".")
    found: Callable[[Event, Any], Any] = getattr(importlib.import_module(module), name)
    return found


def first_use(function: str, kept: Kept) -> list[Any]:
    """Do everything that a function is for once; gives its answers.

    Raises:
        AssertionError: it did not do it, so that nothing was measured.
    """
    call = handler(function)
    answers = []
    for event in EVENTS[function](kept):
        answer = call(event, None)
        code = (answer or {}).get("statusCode", 200)
        assert code < 400, (function, answer)
        assert not (answer or {}).get("batchItemFailures"), (function, answer)
        answers.append(answer)
    return answers


def http(
    method: str,
    path: str,
    body: str = "",
    kind: str = JSON,
    *,
    pattern: str = "",
    places: Mapping[str, str] | None = None,
    query: Mapping[str, str] | None = None,
    **headers: str,
) -> Event:
    """A request as API Gateway hands it on."""
    sent = {"accept": JSON, "content-type": kind, **headers}
    return {
        "httpMethod": method,
        "path": path,
        "headers": sent,
        "multiValueHeaders": {name: [text] for name, text in sent.items()},
        "queryStringParameters": query,
        "multiValueQueryStringParameters": {n: [t] for n, t in (query or {}).items()} or None,
        "pathParameters": places,
        "stageVariables": None,
        "requestContext": {
            "httpMethod": method,
            "resourcePath": pattern or path,
            "requestId": "c6af9ac6-7b61-11e6-9a41-93e8deadbeef",
            "identity": {"sourceIp": "203.0.113.9"},
        },
        "body": body,
        "isBase64Encoded": False,
    }


def register(body: Mapping[str, Any], key: str) -> Event:
    """A family's form."""
    return http("POST", "/v1/registrations", json.dumps(body), **{"idempotency-key": key})


def status(receipt: str) -> Event:
    """A look at a case."""
    return http("POST", "/v1/status", json.dumps({"receipt": receipt}))


def batch(message: str) -> Event:
    """A queue's batch of one message."""
    told = {"messageId": "m-1", "body": message, "eventSource": "aws:sqs"}
    return {"Records": [told | {"attributes": {"ApproximateReceiveCount": "1"}}]}


def _public(kept: Kept) -> Iterator[Event]:
    yield register(kept["body"], "n" * 32)
    yield status(kept["receipt"])


def _status(kept: Kept) -> Iterator[Event]:
    yield status(kept["receipt"])


def _staff(kept: Kept) -> Iterator[Event]:
    """The queue, a case, a case found by its number, a new receipt, an erased family."""
    locator = kept["receipt"].replace("-", "")[:10]
    place = {"pattern": "/staff/cases/{locator}", "places": {"locator": locator}}
    who = {"cookie": kept["cookie"], "origin": ORIGIN}
    yield http("GET", "/staff", **who)
    yield http("GET", f"/staff/cases/{locator}", query={"reason": "desk"}, **place, **who)
    yield http("POST", "/staff/cases", urlencode({"number": kept["receipt"]}), FORM, **who)
    lost = {"key": "r" * 20, "nik": kept["nik"], "reason": "lost", "person_present": "true"}
    yield http("POST", "/staff/reissue", urlencode(lost), FORM, **who)
    place["pattern"] += "/erase"
    gone = {"reason": "family_request", "sure": "true"}
    yield http("POST", f"/staff/cases/{locator}/erase", urlencode(gone), FORM, **place, **who)


def _relay(kept: Kept) -> Iterator[Event]:
    images = {"NewImage": kept["image"]}
    record = {"eventID": "1", "eventSource": "aws:dynamodb", "dynamodb": images}
    yield {"Records": [record]}


def _queued(kept: Kept) -> Iterator[Event]:
    yield batch(kept["message"])


def _clock(_: Kept) -> Iterator[Event]:
    yield {
        "version": "0",
        "account": "1",
        "region": "ap-southeast-3",
        "detail-type": "",
        "id": "e-1",
        "source": "aws.events",
        "time": "2026-11-21T03:00:00Z",
        "resources": [],
        "detail": {},
    }


def _uploaded(_: Kept) -> Iterator[Event]:
    """What S3 sends first of all: until a file comes, nothing that opens files is loaded."""
    yield batch(json.dumps({"Service": "Amazon S3", "Event": "s3:TestEvent"}))


EVENTS: Mapping[str, Callable[[Kept], Iterator[Event]]] = {
    "public_api": _public,
    "status": _status,
    "staff_api": _staff,
    "relay": _relay,
    "check_identity": _queued,
    "score_household": _queued,
    "release_guards": _queued,
    "carry_out": _queued,
    "conduct_dispute": _queued,
    "sweep": _clock,
    "seal_day": _clock,
    "send_visits": _clock,
    "screen_evidence": _uploaded,
}
