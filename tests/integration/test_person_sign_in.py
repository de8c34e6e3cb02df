"""A citizen signs in by IKD: through the real routes, with the sandbox over HTTP."""

from __future__ import annotations

import io
import json
import re
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from chalicelib import sign_in_wiring, wiring
from chalicelib.domain.blind_keys import nik_guard
from chalicelib.domain.errors import Fault, NotSignedIn
from chalicelib.entrypoints.person_session import (
    HOME,
    IDLE_S,
    PERSON,
    PLACES,
    SIGN_IN,
    SIGN_IN_S,
)
from tests.desk import later
from tests.ikd import JSON, NAME, NIK, TYPED, Browser, Running, walk
from tests.integration.conftest import Api
from tests.integration.ikd_phone import ikd, phone
from tests.world import artefact, form

__all__ = ["ikd", "phone"]  # fixtures


def leads_to(page: str) -> str:
    found = re.findall(r'<meta http-equiv="refresh" content="0; url=([^"]*)">', page)
    assert len(found) == 1
    return str(found[0])


# --- there and back -------------------------------------------------------------------------------


def test_nobody_is_signed_in_at_first(phone: Browser) -> None:
    assert phone.state() == {"signed_in": False, "until": None, "available": True}
    code, page, _ = phone.get("/v1/person")
    assert code == 200
    assert 'href="/v1/person/sign-in"' in page
    with pytest.raises(NotSignedIn) as told:
        phone.renew()
    assert told.value.faults == (Fault("not_signed_in"),)


def test_the_way_to_ikd_says_nothing_of_the_sign_in(phone: Browser) -> None:
    address = phone.begin("/sanggah/")
    (cookie,) = phone.set
    assert cookie.startswith(f"{SIGN_IN}=")
    assert cookie.endswith(f"; Max-Age={SIGN_IN_S}; Secure; HttpOnly; SameSite=Lax")
    assert set(parse_qs(urlsplit(address).query)) == {
        "client_id",
        "request_uri",
    }


def test_somebody_signs_in_and_is_led_on_from_a_page_of_our_own(phone: Browser) -> None:
    code, page, headers = phone.sign_in("/sanggah/")
    assert code == 200
    assert leads_to(page) == "/sanggah/"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cache-Control"] == "no-store"
    kept = {cookie.partition("=")[0]: cookie for cookie in phone.set}
    assert kept[PERSON].endswith(f"; Max-Age={IDLE_S}; Secure; HttpOnly; SameSite=Strict")
    assert set(phone.jar) == {PERSON}
    told = phone.state()
    assert told["signed_in"] is True
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", told["until"])


def test_no_answer_and_no_line_of_the_log_says_who_it_is(
    phone: Browser, log_lines: io.StringIO
) -> None:
    told = [str(phone.sign_in()), str(phone.get("/v1/person")), str(phone.state())]
    told += [str(phone.post("/v1/person/sign-out")), log_lines.getvalue()]
    for text in told:
        for part in (NIK, NAME, *NAME.split()):
            assert part not in text
    assert '"route"' in told[-1]
    assert "callback?" not in told[-1]


def test_other_routes_learn_who_it_is(phone: Browser) -> None:
    phone.sign_in()
    signed = phone.renew()
    assert (signed.nik, signed.name) == (NIK, NAME)
    assert signed.person_mac == wiring.index().mac("nik", NIK.encode())[:16]
    assert NIK not in repr(signed)
    assert NAME not in repr(signed)


def test_whoever_objects_is_recognised_in_the_family_that_is_objected_to(
    phone: Browser, public_api: Api
) -> None:
    """The digest of a signed-in person makes the very guard under which a family holds the NIK."""
    body = form(artefact())
    nik = body["members"][0]["nik"]
    assert public_api.post("/v1/registrations", body, key="k" * 24)[0] == 201
    phone.sign_in(nik=nik, name=body["members"][0]["name"])
    signed = phone.renew()
    guard = nik_guard(lambda *_: signed.person_mac, wiring.index().version, nik)
    table = wiring.settings().registry_table
    key = {"pk": {"S": guard}, "sk": {"S": "G"}}
    assert "Item" in wiring.client("dynamodb").get_item(TableName=table, Key=key)


# --- where it leads -------------------------------------------------------------------------------


@pytest.mark.parametrize("to", sorted(PLACES))
def test_a_sign_in_leads_back_to_a_page_of_ours(phone: Browser, to: str) -> None:
    assert leads_to(phone.sign_in(to)[1]) == to


@pytest.mark.parametrize(
    "to",
    [
        "",
        "https://evil.example/",
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/sanggah/../../evil",
        "/sanggah/@evil.example",
        "/sanggah/?next=//evil.example",
        "/sanggah/#x",
        "/sanggah",
        " /sanggah/",
        "/SANGGAH/",
        "javascript:alert(1)",
        "data:text/html,x",
        "/\r\nLocation: https://evil.example",
        "/%2fevil.example",
        '/"><script>alert(1)</script>',
        "https://bansos.example.go.id@evil.example/",
        "/staff/",
        "x" * 5_000,
        "\u2215\u2215evil.example",
    ],
    ids=lambda to: ascii(to)[:30].replace("\\", "/"),
)
def test_nobody_is_led_anywhere_else(phone: Browser, to: str) -> None:
    assert "evil" not in phone.begin(to)
    code, page, headers = phone.sign_in(to)
    assert code == 200
    assert leads_to(page) == HOME
    assert "evil" not in page + str(headers)


# --- a callback that was not begun here -----------------------------------------------------------


def refused(phone: Browser, brought: dict[str, str]) -> None:
    code, page, _ = phone.come_back(brought)
    assert code == 401
    assert 'href="/v1/person/sign-in"' in page
    assert "tidak selesai" in page
    assert PERSON not in phone.jar
    code, body, _ = phone.get(f"/v1/person/callback?{urlencode(brought)}", JSON)
    assert (code, json.loads(body)["errors"][0]["code"]) == (401, "ikd_not_finished")


@pytest.mark.parametrize(
    "changes",
    [
        {"state": "forged"},
        {"state": ""},
        {"state": None},
        {"state": "\u00e9"},
        {"code": "forged"},
        {"code": None},
        {"iss": "https://ikd.evil.example"},
        {"iss": None},
    ],
    ids=ascii,
)
def test_an_answer_that_is_not_the_one_we_wait_for_is_refused(
    phone: Browser, changes: dict[str, str | None]
) -> None:
    brought = walk(phone.begin()) | changes
    refused(phone, {name: text for name, text in brought.items() if text is not None})


def test_an_answer_without_the_cookie_that_began_it_is_refused(phone: Browser) -> None:
    """Somebody's own sign-in put before another, so that the other acts under their name."""
    brought = walk(phone.begin())
    refused(Browser(phone.client), brought)
    phone.jar.clear()
    refused(phone, brought)


def test_answers_of_two_browsers_cannot_be_swapped(phone: Browser) -> None:
    other = Browser(phone.client)
    mine, theirs = walk(phone.begin()), walk(other.begin(), nik=TYPED, name="Orang Lain")
    refused(phone, theirs)
    refused(phone, mine | {"code": theirs["code"]})
    assert other.state()["signed_in"] is False


def test_an_answer_is_taken_once(phone: Browser) -> None:
    brought = walk(phone.begin())
    kept = dict(phone.jar)
    assert phone.come_back(brought)[0] == 200
    replay = Browser(phone.client, kept)
    refused(replay, brought)


def test_whoever_stops_at_ikd_is_not_signed_in_and_may_begin_again(phone: Browser) -> None:
    refused(phone, walk(phone.begin(), stop="1"))
    assert phone.sign_in()[0] == 200


def test_a_sign_in_that_takes_too_long_is_over(
    phone: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    brought = walk(phone.begin())
    later(monkeypatch, SIGN_IN_S + 1)
    refused(phone, brought)


# --- cookies that are not ours --------------------------------------------------------------------


@pytest.mark.parametrize("forged", ["x", "A" * 200, "", "\u00e9", "A" * 5_000, "{}"])
def test_a_forged_cookie_signs_nobody_in(phone: Browser, forged: str) -> None:
    phone.jar[PERSON] = forged
    assert phone.state()["signed_in"] is False


def test_one_cookie_does_not_pass_for_another(phone: Browser) -> None:
    brought = walk(phone.begin())
    begun = phone.jar[SIGN_IN]
    phone.come_back(brought)
    own = phone.jar[PERSON]
    phone.jar = {PERSON: begun}
    assert phone.state()["signed_in"] is False
    phone.jar = {SIGN_IN: own}
    refused(phone, brought)
    staff = sign_in_wiring.cookies().make("__Host-tepat_session", {"nik": NIK}, 60)
    phone.jar = {PERSON: staff.partition("=")[2].partition(";")[0]}
    assert phone.state()["signed_in"] is False


def test_a_cookie_cannot_be_changed_to_somebody_else(phone: Browser) -> None:
    phone.sign_in()
    own = phone.jar[PERSON]
    for place in (0, 20, len(own) // 2, len(own) - 3):
        other = "A" if own[place] != "A" else "B"
        phone.jar = {PERSON: f"{own[:place]}{other}{own[place + 1 :]}"}
        assert phone.state()["signed_in"] is False


# --- when there is no IKD -------------------------------------------------------------------------


def test_an_ikd_that_is_down_is_told_and_families_go_on_registering(
    phone: Browser, ikd: Running, public_api: Api
) -> None:
    ikd.sandbox.down = True
    code, page, _ = phone.get("/v1/person/sign-in")
    assert code == 503
    assert "kantor desa" in page
    code, body, _ = phone.get("/v1/person/sign-in", JSON)
    assert json.loads(body)["errors"][0]["code"] == "ikd_busy"
    assert public_api.post("/v1/registrations", form(artefact()), key="k" * 24)[0] == 201
    ikd.sandbox.down = False
    assert phone.sign_in()[0] == 200


def test_a_stage_without_ikd_says_so_and_nothing_else_breaks(
    phone: Browser, public_api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEPAT_IKD_ISSUER", "")
    assert phone.state() == {"signed_in": False, "until": None, "available": False}
    code, page, _ = phone.get("/v1/person")
    assert code == 200
    assert "belum tersedia" in page
    assert "/v1/person/sign-in" not in page
    code, body, _ = phone.get("/v1/person/sign-in", JSON)
    assert (code, json.loads(body)["errors"][0]["code"]) == (404, "ikd_unavailable")
    assert "belum tersedia" in phone.get("/v1/person/sign-in")[1]
    assert public_api.post("/v1/registrations", form(artefact()), key="k" * 24)[0] == 201
