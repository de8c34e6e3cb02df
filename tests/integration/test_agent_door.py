"""An agent's phone at the door: who is given a token, for how long, and how it ends."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from chalicelib import sign_in_wiring
from chalicelib.entrypoints.agent_door import RENEWAL
from chalicelib.entrypoints.staff_session import LONGEST_S, PHONE_SIGN_IN, SESSION
from chalicelib.entrypoints.staff_session import SIGN_IN as DESK_SIGN_IN
from tests.desk import ORIGIN, Desk, later

TOKEN, OUT, LIST = "/staff/agent/token", "/staff/agent/sign-out", "/staff/agent/checks"


def begun(desk: Desk) -> dict[str, str]:
    """What the pool is asked when a phone begins to sign in."""
    _, _, headers = desk.get("/staff/agent/sign-in")
    asked = {k: v[0] for k, v in parse_qs(urlsplit(headers["Location"]).query).items()}
    desk.phones.nonce = asked["nonce"]
    return asked


def sign_in(desk: Desk) -> dict[str, Any]:
    """Sign a phone in; gives the headers of the answer that leads back to its page."""
    query = urlencode({"code": "good-code", "state": begun(desk)["state"]})
    code, body, headers = desk.get(f"/staff/agent/callback?{query}")
    assert (code, body, headers["Location"]) == (303, "", "/petugas/")
    return headers


def ask(desk: Desk, path: str, origin: str = ORIGIN) -> tuple[int, Any, dict[str, Any]]:
    """What the page of visits asks: JSON from our own origin, with the cookies."""
    sent = desk._sent({"Content-Type": "application/json", "Origin": origin})
    code, body, headers = desk._read(desk.client.http.post(path, headers=sent, body=b"{}"))
    return code, json.loads(body), headers


def refusal(told: Any) -> str:
    code: str = told["errors"][0]["code"]
    return code


def test_a_phone_signs_in_by_the_code_flow_and_is_given_a_token(desk: Desk) -> None:
    asked = begun(desk)
    assert asked["redirect_uri"] == f"{ORIGIN}/staff/agent/callback"
    assert (asked["response_type"], asked["code_challenge_method"]) == ("code", "S256")
    kept = {c.partition("=")[0]: c for c in sign_in(desk)["Set-Cookie"]}
    assert kept.keys() == {PHONE_SIGN_IN, RENEWAL}
    assert kept[RENEWAL].endswith("; SameSite=Strict")
    assert PHONE_SIGN_IN not in desk.jar
    code, told, headers = ask(desk, TOKEN)
    assert (code, headers["Cache-Control"]) == (200, "no-store")
    assert told.keys() == {"token", "seconds", "agent"}
    assert 0 < told["seconds"] <= 15 * 60
    assert told["agent"] == sign_in_wiring.verify_token(told["token"]).subject
    bearer = {"Authorization": f"Bearer {told['token']}", "Accept": "application/json"}
    assert desk.client.http.get(LIST, headers=bearer).status_code == 200


def test_a_phone_s_sign_in_opens_no_desk(desk: Desk) -> None:
    sign_in(desk)
    assert SESSION not in desk.jar
    assert desk.get("/staff")[0] == 302
    desk.jar[SESSION] = desk.jar[RENEWAL]
    assert desk.get("/staff")[0] == 302


@pytest.mark.parametrize("wrong", ["state", "code", "nonce", "cookie", "desk", "error"])
def test_who_did_not_begin_here_comes_back_without_anything(desk: Desk, wrong: str) -> None:
    asked = begun(desk)
    if wrong == "nonce":
        desk.phones.nonce = "another"
    if wrong == "desk":
        desk.jar[DESK_SIGN_IN] = desk.jar[PHONE_SIGN_IN]
    if wrong in ("cookie", "desk"):
        del desk.jar[PHONE_SIGN_IN]
    query = {"code": "good-code", "state": asked["state"]}
    if wrong in query:
        query[wrong] = "forged"
    if wrong == "error":
        query = {"error": "access_denied"}
    code, _, headers = desk.get(f"/staff/agent/callback?{urlencode(query)}")
    assert (code, headers["Location"]) == (303, "/petugas/")
    assert RENEWAL not in desk.jar
    assert ask(desk, TOKEN)[0] == 401


@pytest.mark.parametrize("forged", ["x", "A" * 200, "", "A" * 5000])
def test_a_forged_cookie_gives_no_token(desk: Desk, forged: str) -> None:
    desk.jar[RENEWAL] = forged
    code, told, _ = ask(desk, TOKEN)
    assert (code, refusal(told)) == (401, "not_signed_in")


@pytest.mark.parametrize("origin", ["https://elsewhere.example", "null", ""])
def test_a_foreign_page_gets_no_token_and_ends_nothing(desk: Desk, origin: str) -> None:
    sign_in(desk)
    for path in (TOKEN, OUT):
        code, told, _ = ask(desk, path, origin)
        assert (code, refusal(told)) == (403, "not_allowed")
    assert ask(desk, TOKEN)[0] == 200


@pytest.mark.parametrize("groups", [[], ["reviewer"], ["supervisor", "region_admin"]])
def test_an_account_that_is_no_agent_is_told_so(desk: Desk, groups: list[str]) -> None:
    desk.phones.groups = groups
    sign_in(desk)
    code, told, _ = ask(desk, TOKEN)
    assert (code, refusal(told)) == (403, "not_allowed")


def test_a_sign_in_lasts_a_working_day(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    sign_in(desk)
    later(monkeypatch, LONGEST_S - 5)
    assert ask(desk, TOKEN)[0] == 200
    later(monkeypatch, LONGEST_S + 5)
    assert ask(desk, TOKEN)[0] == 401


def test_what_the_pool_says_holds(desk: Desk) -> None:
    sign_in(desk)
    desk.phones.down = True
    assert ask(desk, TOKEN)[0] == 503
    desk.phones.down = False
    desk.phones.subject = "somebody-else"
    assert ask(desk, TOKEN)[0] == 401
    desk.phones.subject = "petugas-a"
    sign_in(desk)
    assert ask(desk, TOKEN)[0] == 200
    desk.phones.over = True
    assert ask(desk, TOKEN)[0] == 401


def test_a_renewal_that_the_pool_changes_is_kept_for_the_time_that_is_left(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign_in(desk)
    desk.phones.rotates = True
    first = desk.jar[RENEWAL]
    later(monkeypatch, 3600)
    code, _, headers = ask(desk, TOKEN)
    (cookie,) = headers["Set-Cookie"]
    assert code == 200
    assert desk.jar[RENEWAL] != first
    seconds = int(cookie.partition("Max-Age=")[2].partition(";")[0])
    assert LONGEST_S - 3600 - 5 <= seconds <= LONGEST_S - 3600
    assert ask(desk, TOKEN)[0] == 200


def test_after_signing_out_a_kept_copy_gives_nothing(desk: Desk) -> None:
    sign_in(desk)
    copy = desk.jar[RENEWAL]
    code, told, _ = ask(desk, OUT)
    assert code == 200
    assert parse_qs(urlsplit(told["to"]).query)["logout_uri"] == [f"{ORIGIN}/petugas/"]
    assert RENEWAL not in desk.jar
    desk.jar[RENEWAL] = copy
    assert ask(desk, TOKEN)[0] == 401
    assert sign_in_wiring.sign_outs().ended("") is False
