"""Every test is watched: what a function asks of AWS in it, the function's policy must grant.

As pytest's hooks, registered by `tests/conftest.py`. With TEPAT_RECORD_RIGHTS=FILE a run without
workers writes down all that it saw (`tests/infra/test_used_rights.py`).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import botocore.client
import chalice.app
import pytest
from botocore.exceptions import ClientError

from chalicelib.adapters.evidence_links import EvidenceLinks
from tests import rights
from tests.rights import Use, covers, uses

GONE = frozenset({"NoSuchKey", "404"})
"""That a file is not there S3 tells to those who may list its bucket; others are forbidden to read.
Source: Amazon S3 API Reference, GetObject, "Permissions"."""

SEEN: set[Use] = set()
_RUNNING: list[str] = []
_NEW: list[Use] = []


def see(service: str, operation: str, sent: dict[str, Any]) -> None:
    """Note a call, if a function of ours runs."""
    if not _RUNNING:
        return
    for use in uses(_RUNNING[-1], service, operation, sent):
        if use not in SEEN:
            SEEN.add(use)
            _NEW.append(use)


def opened() -> None:
    """Note that identity was opened by a key that stands for the one in KMS."""
    see("kms", "Decrypt", {"KeyId": os.environ.get("TEPAT_OPENING_KEY_ID", "")})


@cache
def _grants() -> frozenset[Use]:
    return frozenset(rights.granted())


def ungranted(some: list[Use]) -> list[Use]:
    """Which of some uses no policy grants."""
    return [use for use in some if not any(covers(grant, use) for grant in _grants())]


def _within(call: Callable[..., Any], name: Callable[[Any], str]) -> Callable[..., Any]:
    def within(handler: Any, *given: Any, **named: Any) -> Any:
        _RUNNING.append(name(handler))
        try:
            return call(handler, *given, **named)
        finally:
            _RUNNING.pop()

    return within


def _api(app: Any) -> str:
    return "staff_api" if any(path.startswith("/staff") for path in app.routes) else "public_api"


@pytest.hookimpl(wrapper=True)
def pytest_sessionstart() -> Iterator[None]:
    """Listen to handlers and clients for as long as this process runs tests."""
    ask = botocore.client.BaseClient._make_api_call
    grant, link = EvidenceLinks.grant, EvidenceLinks.link

    def make_api_call(client: Any, operation: str, sent: dict[str, Any]) -> Any:
        service = client.meta.service_model.service_name
        see(service, operation, sent)
        try:
            return ask(client, operation, sent)
        except ClientError as error:
            if error.response["Error"]["Code"] in GONE:
                see(service, "ListObjectsV2", sent)
            raise

    def granted(links: EvidenceLinks, key: str, *given: Any, **named: Any) -> Any:
        see("s3", "PutObject", {"Bucket": "tepat--quarantine", "Key": key})
        return grant(links, key, *given, **named)

    def linked(links: EvidenceLinks, key: str, name: str) -> str:
        see("s3", "GetObject", {"Bucket": "tepat--released", "Key": key})
        return link(links, key, name)

    patch = pytest.MonkeyPatch()
    patch.setattr(botocore.client.BaseClient, "_make_api_call", make_api_call)
    patch.setattr(EvidenceLinks, "grant", granted)  # whoever holds what is signed uses our right
    patch.setattr(EvidenceLinks, "link", linked)
    handler = chalice.app.EventSourceHandler
    patch.setattr(handler, "__call__", _within(handler.__call__, lambda h: h.func.__name__))
    patch.setattr(chalice.app.Chalice, "__call__", _within(chalice.app.Chalice.__call__, _api))
    return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: Any) -> Any:
    """Fail a test in which a function did what it may not do where it is deployed."""
    report: pytest.TestReport = yield
    if report.when == "teardown" and _NEW:
        _write(item.config)
        wrong = ungranted(_NEW)
        _NEW.clear()
        if wrong and report.outcome == "passed":
            lines = "\n".join(" ".join(use) for use in sorted(wrong))
            report.outcome = "failed"
            report.longrepr = f"no policy in infra/policies grants:\n{lines}"
    return report


def _write(config: pytest.Config) -> None:
    """Write down what was seen, if that is asked for; a run that is broken off has its part."""
    asked = os.environ.get("TEPAT_RECORD_RIGHTS")
    if asked and not hasattr(config, "workerinput"):
        Path(asked).write_text(rights.written(SEEN), "utf-8")
