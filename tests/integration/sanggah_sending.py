"""Sends appeals and objections to the public surface as families and neighbours do; fixtures."""

from __future__ import annotations

import html
import json
from typing import Any
from urllib.parse import urlencode

import pytest

from chalicelib import wiring
from tests.fakes_evidence import FakeGrants
from tests.ikd import HTML, JSON, SITE, Browser
from tests.integration.conftest import Api
from tests.world import VILLAGE, artefact, form, member

KEY, OTHER_KEY = "k" * 24, "o" * 24
PHOTOS = [{"type": "jpeg", "size": 180_000}] * 3
TEXT = "Kami tidak punya motor lagi.\nSudah dijual."
OBJECTION = {
    "village": VILLAGE,
    "name": member(9901)["name"],
    "place": "Rumah hijau di sebelah musala",
    "reason": "owns_assets",
    "text": "Punya dua mobil.",
    "photos": PHOTOS[:1],
}


@pytest.fixture(autouse=True)
def settings_of_the_stage(monkeypatch: pytest.MonkeyPatch, public_api: Api) -> None:
    monkeypatch.setenv("TEPAT_SITE_ORIGIN", SITE)
    monkeypatch.setattr(wiring, "grants", FakeGrants)


@pytest.fixture
def receipt(public_api: Api) -> str:
    """The receipt of a decided family."""
    _, told, _ = public_api.post("/v1/registrations", form(artefact()), key="family-000000000001")
    public_api.settle()
    return str(told["receipt"])


def send(phone: Browser, path: str, body: Any, key: str, origin: str = SITE) -> tuple[int, Any]:
    """Send JSON as a browser that keeps cookies."""
    sent = {"Accept": JSON, "Content-Type": JSON, "Idempotency-Key": key, "Origin": origin}
    raw = json.dumps(body).encode()
    answer = phone.client.http.post(path, headers=sent | phone.headers, body=raw)
    return answer.status_code, json.loads(answer.body)


def submit(phone: Browser, path: str, **fields: str) -> tuple[int, str]:
    """Send a form as a browser without JavaScript."""
    sent = {"Accept": HTML, "Content-Type": "application/x-www-form-urlencoded", "Origin": SITE}
    sent |= phone.headers | {"X-Forwarded-For": "203.0.113.7"}
    raw = urlencode(fields).encode()
    answer = phone.client.http.post(path, headers=sent, body=raw)
    return answer.status_code, html.unescape(answer.body.decode())


def appeal(api: Api, receipt: str, key: str = KEY, **changes: Any) -> tuple[int, Any]:
    body = {"receipt": receipt, "reason": "data_wrong", "text": TEXT, "photos": PHOTOS} | changes
    code, told, _ = api.post("/v1/appeals", body, key=key)
    return code, told


def codes(told: Any) -> list[str]:
    return [fault["code"] for fault in told["errors"]]


def status(api: Api, receipt: str) -> Any:
    return api.post("/v1/status", {"receipt": receipt})[1]
