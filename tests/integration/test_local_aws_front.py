"""The one address: pages, headers, forwarding, and refusals in the API's own shape."""

from __future__ import annotations

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from infra.front import BODY_LIMIT, Backends, front
from tests.local_aws import Tepat


def test_pages_come_compressed_with_strict_headers(tepat: Tepat) -> None:
    for encoding in ("br", "gzip"):
        answer = tepat.http.get(f"{tepat.site}/", headers={"Accept-Encoding": encoding})
        assert answer.status_code == 200
        assert answer.headers["content-encoding"] == encoding
        assert answer.headers["content-security-policy"].startswith("default-src 'none'")
        assert (
            f"form-action 'self' {tepat.aws.endpoint};" in answer.headers["content-security-policy"]
        )
        assert answer.headers["x-content-type-options"] == "nosniff"
    again = tepat.http.get(
        f"{tepat.site}/",
        headers={"Accept-Encoding": "gzip", "If-None-Match": answer.headers["etag"]},
    )
    assert again.status_code == 304


def test_folders_missing_pages_and_paths_outside(tepat: Tepat) -> None:
    assert tepat.http.get(f"{tepat.site}/status").headers["location"] == "/status/"
    for path in ("/nowhere/", "/%2e%2e/deployment.zip", "/index.html.br", "/audit/20260101.json"):
        answer = tepat.http.get(f"{tepat.site}{path}")
        assert answer.status_code == 404
        assert answer.headers["content-type"] == "text/html; charset=utf-8"


def test_a_body_over_the_gateways_limit_is_refused_in_the_one_shape(tepat: Tepat) -> None:
    answer = tepat.http.post(f"{tepat.site}/v1/registrations", content=b"x" * (BODY_LIMIT + 1))
    assert answer.status_code == 413
    assert answer.json()["errors"][0]["code"] == "body_too_large"


def test_a_caller_cannot_pass_for_another(tepat: Tepat) -> None:
    """Wrong receipts spend the sender's own tokens, whatever address it claims."""
    codes = []
    for number in range(40):
        answer = tepat.post(
            "/v1/status",
            {"receipt": "2222-2222-2222-2222-2222-2222"},
            **{"X-Forwarded-For": f"203.0.113.{number}"},
        )
        codes.append(answer.status_code)
    assert 429 in codes


@pytest.mark.parametrize("accept", ["application/json", "text/html"])
def test_the_front_says_when_nothing_is_behind_it(accept: str, tmp_path: Path) -> None:
    nowhere = "http://127.0.0.1:9"
    app = front(tmp_path, Backends(nowhere, nowhere, lambda _: None, nowhere, nowhere))

    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://site") as client:
            return await client.post("/v1/status", content=b"{}", headers={"Accept": accept})

    with ThreadPoolExecutor() as pool:  # a browser test may have left its loop in this thread
        answer = pool.submit(asyncio.run, ask()).result()
    assert answer.status_code == 503
    assert "tidak dapat dihubungi" in answer.text


def test_an_address_that_no_route_knows_is_not_found(tepat: Tepat) -> None:
    answer = tepat.post("/v1/nothing", {})
    assert answer.status_code == 404
    assert answer.json()["errors"][0]["code"] == "not_found"


def test_api_answers_keep_their_own_headers(tepat: Tepat) -> None:
    answer = tepat.http.get(f"{tepat.site}/v1/openapi.json")
    assert answer.status_code == 200
    assert json.loads(answer.content)["openapi"].startswith("3.1")
    assert answer.headers["content-length"] == str(len(answer.content))


def test_staff_signs_in_at_the_pools_page(tepat: Tepat) -> None:
    with httpx.Client(follow_redirects=False, timeout=30) as browser:
        answer = browser.get(f"{tepat.site}/staff/", headers={"Accept": "text/html"})
        for _ in range(3):
            if answer.is_redirect and answer.headers["location"].startswith("/"):
                answer = browser.get(f"{tepat.site}{answer.headers['location']}")
        assert "/oauth2/authorize?" in answer.headers.get("location", "") + answer.text
