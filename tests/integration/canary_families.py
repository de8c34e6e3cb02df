"""Two canary families at the public surface: how they register, and as a form."""

from __future__ import annotations

import secrets
from urllib.parse import urlencode

from tests.canaries.people import Family, family
from tests.integration.conftest import Api
from tests.integration.form_fields import as_fields

A, B = family(0), family(1)
HTML = "text/html,application/xhtml+xml"
FORM = "application/x-www-form-urlencoded"


def key() -> str:
    return secrets.token_urlsafe(24)


def register(api: Api, who: Family = A) -> str:
    status, body, _ = api.post("/v1/registrations", who.form, key=key())
    assert status == 201
    receipt: str = body["receipt"]
    return receipt


def as_form(body: object) -> bytes:
    return urlencode(as_fields(body)).encode()
