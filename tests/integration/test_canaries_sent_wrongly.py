"""Canary families where no family belongs: in odd places of a request, and in one that is broken.

As in `test_canaries`, nothing here says what is searched when a test ends.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlencode

from tests.canaries.people import Family
from tests.desk import Desk
from tests.integration.canary_families import FORM, HTML, A, as_form, key
from tests.integration.conftest import Api

ROUTES = ("registrations", "status", "corrections", "withdrawals", "proposals", "form", "check")


def everywhere(body: Any, text: Any) -> Iterator[Any]:
    """A body with the text in each of its places in turn, and as a name in each of its objects."""
    yield text
    if isinstance(body, dict):
        yield body | {str(text): text}
        for name, value in body.items():
            for inner in everywhere(value, text):
                yield body | {name: inner}
    elif isinstance(body, list):
        for place, value in enumerate(body):
            for inner in everywhere(value, text):
                yield [*body[:place], inner, *body[place + 1 :]]


def test_data_in_every_place_of_a_body(public_api: Api) -> None:
    small = A.form | {"members": A.form["members"][:1]}
    texts: tuple[Any, ...] = (A.nik, int(A.nik), f"{A.name} {A.nik}\n")
    answered = [
        public_api.post("/v1/registrations", body, key=key())[0]
        for text in texts
        for body in everywhere(small, text)
    ]
    assert len(answered) > 100
    assert set(answered) <= {201, 400, 422}
    others = {"receipt": A.nik, "members": [{"index": 0, "name": A.name}], "agreed": True}
    for route in ROUTES:
        for body in everywhere(others, A.nik):
            assert public_api.post(f"/v1/{route}", body, key=key())[0] in {200, 400, 404, 422, 429}


def broken_bodies(who: Family) -> Iterator[bytes]:
    raw = json.dumps(who.form).encode()
    yield raw[:-3]
    yield raw + raw
    yield b"\xff" + raw
    yield raw.replace(b'"', b"'")
    yield json.dumps([who.texts()] * 3).encode()
    yield who.nik.encode()
    yield b"[" * 5_000 + raw
    yield json.dumps(who.form | {"address": {"line": who.name * 5_000}}).encode()
    yield json.dumps(who.form | {"kk": who.nik * 5_000}).encode()
    yield (json.dumps(who.form) + " " * (11 * 1024 * 1024)).encode()
    yield as_form(who.form) + b"&%zz=" + who.nik.encode()
    yield b"&".join(urlencode({text: text}).encode() for text in who.texts() * 60)


def test_bodies_that_cannot_be_read(public_api: Api) -> None:
    for body in broken_bodies(A):
        for kind in ("application/json", FORM, "text/plain", f"text/{A.nik}", None):
            for accept in ("application/json", HTML):
                route = "/v1/registrations"
                status, _, _ = public_api.post(route, body, accept=accept, content_type=kind)
                assert status in {400, 413, 415, 422}


def test_data_around_the_body(public_api: Api, desk: Desk) -> None:
    for text in A.texts():
        odd = quote(text)
        headers = {
            "X-Forwarded-For": text,
            "User-Agent": text,
            "Referer": f"https://example.org/{odd}",
            "Cookie": f"nik={odd}; {odd}={odd}; __Host-tepat_session={odd}",
            "Origin": f"https://{odd}",
            "If-None-Match": text,
            f"X-{odd}": text,
        }
        public_api.post("/v1/status", {"receipt": text}, key=text, **headers)
        public_api.post("/v1/registrations", A.form, key=text, accept=text, **headers)
        for path in (f"/v1/form?members={odd}&{odd}=1", f"/v1/openapi.json?{odd}", f"/v1/{odd}"):
            public_api.get(path)
            public_api.get(path, HTML)
        desk.jar = {"__Host-tepat_session": odd, "__Host-tepat_renewal": odd, odd: odd}
        for path in (
            f"/staff/cases/{odd}",
            f"/staff?page={odd}&kind={odd}",
            f"/staff/callback?code={odd}&state={odd}",
            f"/staff/{odd}",
        ):
            assert desk.get(path)[0] in {302, 400, 401, 403, 404}
