"""Who may call what: every route of every surface, every role, own, somebody else's, elsewhere.

The routes are read off the apps themselves: one without a row in `access_rows.py` fails, and so
does a row without a route.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from chalicelib import wiring
from chalicelib.domain import receipt
from chalicelib.domain.areas import Village
from tests.desk import Desk, register
from tests.fakes_evidence import FakeGrants
from tests.integration.access_rows import GROUPS, PHOTO, PUBLIC, STAFF, Row
from tests.integration.agent_phone import bearer
from tests.integration.conftest import Api, load_app
from tests.world import artefact, form


def routes(surface: str, monkeypatch: pytest.MonkeyPatch) -> set[tuple[str, str]]:
    """What a surface answers to."""
    app = load_app(surface, monkeypatch)
    return {(method, path) for path, methods in app.routes.items() for method in methods}


@pytest.mark.parametrize(("surface", "rows"), [("public", PUBLIC), ("staff", STAFF)])
def test_every_route_has_a_row_and_every_row_a_route(
    surface: str,
    rows: Mapping[tuple[str, str], Row],
    environment: object,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert routes(surface, monkeypatch) == set(rows)


def of(rows: Mapping[tuple[str, str], Row], *doors: str) -> list[tuple[str, str]]:
    return [route for route, row in rows.items() if row.door in doors]


def placed(path: str, place: str) -> str:
    return path.replace("{locator}", place).replace("{number}", place)


def elsewhere() -> str:
    """A number as another region's cases have."""
    mac = wiring.index().mac
    return receipt.derive(mac, "k" * 20, 1).locator


def unknown(region: Village) -> str:
    """A number that a case of this region could have, and none has."""
    return receipt.derive(wiring.index().mac, secrets.token_urlsafe(20), region.index).locator


@pytest.fixture(autouse=True)
def stage(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEPAT_SITE_ORIGIN", "https://bansos.example.go.id")
    monkeypatch.setattr(wiring, "grants", FakeGrants)


@pytest.fixture
def someone(public_api: Api) -> Iterator[str]:
    """The receipt of a decided family."""
    return iter([register(public_api)])


# --- staff ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("group", [*GROUPS, ""])
def test_a_session_is_let_in_where_its_group_is_and_nowhere_else(
    group: str, desk: Desk, public_api: Api
) -> None:
    own = register(public_api).replace("-", "")[:10]
    ends_the_session = ("POST", "/staff/sign-out")
    for method, path in sorted(of(STAFF, "staff"), key=lambda route: route == ends_the_session):
        desk.jar.clear()
        if group:
            desk.sign_in(group)
        address = placed(path, own)
        code, _, headers = desk.get(address) if method == "GET" else desk.post(address)
        turned_away = code in (401, 403) or headers.get("Location") == "/staff/sign-in"
        assert turned_away is (group not in STAFF[method, path].groups), (method, path, code)


@pytest.mark.parametrize("group", GROUPS)
def test_what_is_somebody_elses_or_elsewhere_is_not_found(
    group: str, desk: Desk, public_api: Api
) -> None:
    village = next(iter(wiring.villages().values()))
    before = wiring.client("dynamodb").scan(TableName=wiring.settings().registry_table)["Items"]
    for method, path in of(STAFF, "staff"):
        row = STAFF[method, path]
        if "{" not in path or group not in row.groups or (method == "POST" and not row.form):
            continue
        desk.jar.clear()
        desk.sign_in(group)
        for place in (unknown(village), elsewhere(), "0000000000", "x"):
            address = placed(path, place)
            code = desk.get(address)[0] if method == "GET" else desk.post(address, **row.form)[0]
            assert code == 404, (method, path, place, code)
    after = wiring.client("dynamodb").scan(TableName=wiring.settings().registry_table)["Items"]
    assert after == before


# --- agents ---------------------------------------------------------------------------------------


def call(client: Any, method: str, path: str, body: Any, headers: Mapping[str, str]) -> int:
    sent = {
        "Accept": "application/json",
        "Content-Type": "application/json",
        "Idempotency-Key": secrets.token_urlsafe(24),
        "X-Forwarded-For": "203.0.113.7",
        **headers,
    }
    if method == "GET":
        return int(client.http.get(path, headers=sent).status_code)
    return int(client.http.post(path, headers=sent, body=json.dumps(body).encode()).status_code)


@pytest.mark.parametrize("group", GROUPS)
def test_a_token_is_let_in_where_its_group_is_and_nowhere_else(
    group: str, desk: Desk, public_api: Api
) -> None:
    village = next(iter(wiring.villages().values()))
    for rows, client in ((PUBLIC, public_api.client), (STAFF, desk.client)):
        for method, path in of(rows, "agent"):
            for place in (unknown(village), elsewhere()):
                body = rows[method, path].form or form(artefact(), way_in="agent")
                code = call(client, method, placed(path, place), body, bearer(group))
                if group not in rows[method, path].groups:
                    assert code == 403, (method, path, code)
                elif "{" in path:
                    assert code == 404, (method, path, code)
                else:
                    assert code in (200, 201, 409, 422), (method, path, code)


@pytest.mark.parametrize(
    "changes",
    [{"exp": 1}, {"token_use": "id"}, {"client_id": "another"}, {"iss": "https://another.example"}],
    ids=["old", "of another use", "of another client", "of another pool"],
)
def test_a_token_that_is_none_of_ours_opens_nothing(
    changes: dict[str, Any], desk: Desk, public_api: Api
) -> None:
    for rows, client in ((PUBLIC, public_api.client), (STAFF, desk.client)):
        for method, path in of(rows, "agent"):
            place = placed(path, elsewhere())
            assert call(client, method, place, {}, bearer("agent", **changes)) == 401
            assert call(client, method, place, {}, {}) == 401


# --- families and objectors -----------------------------------------------------------------------


def test_a_receipt_opens_its_own_case_and_no_other(public_api: Api, someone: Iterator[str]) -> None:
    own = next(someone)
    secret = own[:-1] + ("2" if own[-1] != "2" else "3")
    strange = "2222-2222-2222-2222-2222-2222"
    for method, path in of(PUBLIC, "receipt", "either"):
        row = PUBLIC[method, path]
        about = {"dispute": elsewhere()} if "/disputes/" in path else {}
        for paper in (secret, strange):
            body = {"receipt": paper, **about, **row.form}
            assert call(public_api.client, method, path, body, {}) == 404, path
    body = {"receipt": own, "dispute": elsewhere(), **PHOTO}
    assert call(public_api.client, "POST", "/v1/disputes/uploads", body, {}) == 404


def test_nobody_comes_in_by_a_person_s_door_unless_signed_in(public_api: Api) -> None:
    for method, path in of(PUBLIC, "person", "either"):
        row = PUBLIC[method, path]
        body = {"dispute": elsewhere(), **row.form} if row.door == "either" else {}
        assert call(public_api.client, method, path, body, {}) == 401, path
        cookie = {"Cookie": "__Host-tepat_person=forged"}
        assert call(public_api.client, method, path, body, cookie) == 401, path
