"""How long a citizen's sign-in holds, and how it is ended: through the real routes."""

from __future__ import annotations

import json

import pytest

from chalicelib import wiring
from chalicelib.domain.errors import NotAllowed, NotSignedIn
from chalicelib.entrypoints import person_session
from chalicelib.entrypoints.person_session import IDLE_S, LONGEST_S, PERSON
from tests.desk import later
from tests.ikd import JSON, NIK, SITE, Browser
from tests.integration.ikd_phone import ikd, phone

__all__ = ["ikd", "phone"]  # fixtures


# --- how long -------------------------------------------------------------------------------------


def test_what_is_done_renews_the_quarter_of_an_hour(
    phone: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone.sign_in()
    for minutes in (10, 20, 30):
        later(monkeypatch, minutes * 60)
        phone.renew()
        assert phone.set[0].partition("Max-Age=")[2].startswith(f"{IDLE_S};")
    later(monkeypatch, 30 * 60 + IDLE_S + 2)
    assert phone.state()["signed_in"] is False
    with pytest.raises(NotSignedIn):
        phone.renew()


def test_an_hour_is_the_longest(phone: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    phone.sign_in()
    for minutes in (14, 28, 42, 56):
        later(monkeypatch, minutes * 60)
        signed = phone.renew()
    left = int(phone.set[0].partition("Max-Age=")[2].partition(";")[0])
    assert 4 * 60 - 2 <= left <= 4 * 60
    assert signed.until - wiring.clock.now_ms() // 1000 in (left, left - 1)
    later(monkeypatch, LONGEST_S + 2)
    with pytest.raises(NotSignedIn):
        phone.renew()


def test_to_look_whether_it_holds_renews_nothing(
    phone: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone.sign_in()
    first = phone.state()["until"]
    later(monkeypatch, 10 * 60)
    assert phone.state()["until"] == first
    assert phone.set == []


# --- signing out ----------------------------------------------------------------------------------


def test_signing_out_ends_the_sign_in_also_for_whoever_copied_it(phone: Browser) -> None:
    phone.sign_in()
    stolen = Browser(phone.client, dict(phone.jar))
    code, page, headers = phone.post("/v1/person/sign-out")
    assert code == 200
    assert 'href="/v1/person/sign-in"' in page
    over = "=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Strict"
    assert headers["Set-Cookie"] == [f"{PERSON}{over}"]
    assert phone.state()["signed_in"] is False
    assert stolen.state()["signed_in"] is False
    with pytest.raises(NotSignedIn):
        stolen.renew()


def test_signing_out_on_one_telephone_leaves_the_other(phone: Browser) -> None:
    other = Browser(phone.client)
    phone.sign_in()
    other.sign_in()
    phone.post("/v1/person/sign-out")
    assert other.state()["signed_in"] is True


def test_whoever_is_not_signed_in_may_sign_out(phone: Browser) -> None:
    code, body, _ = phone.post("/v1/person/sign-out", accept=JSON)
    assert (code, json.loads(body)["signed_in"]) == (200, False)


@pytest.mark.parametrize("origin", [None, "null", "https://evil.example", SITE + ".evil", "", "*"])
def test_forms_of_other_pages_are_refused(phone: Browser, origin: str | None) -> None:
    phone.sign_in()
    assert phone.post("/v1/person/sign-out", origin)[0] == 403
    assert phone.state()["signed_in"] is True
    request = type("Request", (), {"headers": {"origin": origin} if origin else {}})()
    with pytest.raises(NotAllowed):
        person_session.check_origin(request)


def test_an_ended_sign_in_is_remembered_until_it_would_have_ended(phone: Browser) -> None:
    phone.sign_in()
    phone.post("/v1/person/sign-out")
    (item,) = wiring.client("dynamodb").scan(TableName=wiring.settings().ops_table)["Items"]
    left = int(item["ttl"]["N"]) - wiring.clock.now_ms() // 1000
    assert LONGEST_S - 60 < left <= LONGEST_S
    assert item["pk"]["S"].startswith("S#")
    assert NIK not in str(item)
