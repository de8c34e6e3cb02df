"""Signing in at the desk: who gets in, for how long, and with what."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from chalicelib import sign_in_wiring, wiring
from chalicelib.adapters.login import Tokens
from chalicelib.domain.errors import Fault, NotSignedIn
from chalicelib.domain.tokens import Pool
from chalicelib.entrypoints import staff_session
from chalicelib.entrypoints.staff_session import IDLE_S, LONGEST_S, RENEWAL, SESSION, SIGN_IN
from tests.desk import CANARY, ORIGIN, Desk, later, ledger, locator, register
from tests.minted import SUBJECT, access, sign

# --- who gets in ----------------------------------------------------------------------------------

PATHS = ("/staff", "/staff/cases/2222222222", "/staff/reissue")


@pytest.mark.parametrize("path", PATHS)
def test_nobody_is_sent_to_sign_in(desk: Desk, path: str) -> None:
    code, body, headers = desk.get(path)
    assert (code, body, headers["Location"]) == (302, "", "/staff/sign-in")


def test_a_form_from_nobody_is_refused_with_a_way_in(desk: Desk) -> None:
    for path in ("/staff/reissue", "/staff/cases", "/staff/cases/2222222222/erase"):
        code, body, _ = desk.post(path, nik=CANARY)
        assert code == 401
        assert "/staff/sign-in" in body


def test_sign_in_uses_the_code_flow_with_a_proof_key(desk: Desk) -> None:
    code, _, headers = desk.get("/staff/sign-in")
    address = urlsplit(headers["Location"])
    asked = {k: v[0] for k, v in parse_qs(address.query).items()}
    assert code == 302
    assert f"{address.scheme}://{address.netloc}{address.path}" == (
        "https://login.example/oauth2/authorize"
    )
    assert asked["redirect_uri"] == f"{ORIGIN}/staff/callback"
    assert (asked["response_type"], asked["code_challenge_method"]) == ("code", "S256")
    assert len(asked["state"]) >= 30
    assert len(asked["nonce"]) >= 30
    (cookie,) = headers["Set-Cookie"]
    assert cookie.startswith(f"{SIGN_IN}=")
    assert cookie.endswith("; SameSite=Lax")
    for secret in (asked["state"], asked["nonce"]):
        assert secret not in cookie


def test_the_callback_leads_on_from_a_page_of_our_own(desk: Desk) -> None:
    _, _, headers = desk.get("/staff/sign-in")
    asked = {k: v[0] for k, v in parse_qs(urlsplit(headers["Location"]).query).items()}
    desk.login.nonce = asked["nonce"]
    code, body, headers = desk.get(f"/staff/callback?code=good-code&state={asked['state']}")
    assert code == 200
    assert '<meta http-equiv="refresh" content="0; url=/staff/">' in body
    kept = {c.partition("=")[0]: c for c in headers["Set-Cookie"]}
    assert kept[SESSION].endswith("; SameSite=Strict")
    assert kept[RENEWAL].endswith("; SameSite=Strict")
    assert SIGN_IN not in desk.jar
    assert desk.get("/staff")[0] == 200


@pytest.mark.parametrize("wrong", ["state", "code", "nonce", "cookie", "error", "nothing"])
def test_a_callback_that_was_not_begun_here_is_refused(desk: Desk, wrong: str) -> None:
    _, _, headers = desk.get("/staff/sign-in")
    asked = {k: v[0] for k, v in parse_qs(urlsplit(headers["Location"]).query).items()}
    desk.login.nonce = "another" if wrong == "nonce" else asked["nonce"]
    if wrong == "cookie":
        desk.jar.clear()
    query = {"code": "good-code", "state": asked["state"]}
    if wrong in query:
        query[wrong] = "forged"
    if wrong in ("error", "nothing"):
        query = {"error": "access_denied"} if wrong == "error" else {}
    code, body, _ = desk.get(f"/staff/callback?{urlencode(query)}")
    assert code == 401
    assert "/staff/sign-in" in body
    assert SESSION not in desk.jar


def test_half_a_letter_in_the_state_is_refused_and_breaks_nothing(desk: Desk) -> None:
    desk.get("/staff/sign-in")
    cookies = "; ".join(f"{name}={value}" for name, value in desk.jar.items())
    # The test client mends such a letter on its way; the gateway's event may hold it.
    asked = SimpleNamespace(
        query_params={"state": "\ud800", "code": "good-code"}, headers={"cookie": cookies}
    )
    with pytest.raises(NotSignedIn):
        staff_session.finish_sign_in(asked)  # type: ignore[arg-type]  # only what is read


@pytest.mark.parametrize("forged", ["x", "A" * 200, "", "\u00e9", "A" * 5000])
def test_a_forged_cookie_signs_nobody_in(desk: Desk, forged: str) -> None:
    desk.jar[SESSION] = forged
    assert desk.get("/staff")[0] == 302


def test_one_cookie_does_not_pass_for_another(desk: Desk) -> None:
    desk.sign_in("reviewer")
    desk.jar[SESSION] = desk.jar[RENEWAL]
    assert desk.get("/staff")[0] == 302


def test_a_sealed_token_is_still_verified(desk: Desk) -> None:
    desk.sign_in("reviewer")
    now = wiring.clock.now_ms() // 1000
    other = Pool("https://cognito-idp.ap-southeast-3.amazonaws.com/other", "client-1")
    for token in (sign(access(now, other)), "a.b.c"):
        kept = {"token": token, "at": now}
        desk.jar = {SESSION: sign_in_wiring.cookies().seal(SESSION, json.dumps(kept))}
        assert desk.get("/staff")[0] == 302


@pytest.mark.parametrize("groups", [(), ("agent",), ("analyst",), ("agent", "analyst")])
def test_other_groups_are_refused_and_may_sign_out(desk: Desk, groups: tuple[str, ...]) -> None:
    desk.sign_in(*groups)
    for path in PATHS:
        code, body, _ = desk.get(path)
        assert code == 403
        assert "tidak berhak" in body
    assert desk.post("/staff/sign-out")[0] == 200


def test_only_a_supervisor_erases_and_no_auditor_reissues(desk: Desk, public_api: Any) -> None:
    place = f"/staff/cases/{locator(register(public_api))}"
    sure = {"reason": "family_request", "sure": "true"}
    for group in ("reviewer", "region_admin", "auditor"):
        desk.sign_in(group)
        assert "/erase" not in desk.get(place)[1]
        assert desk.post(f"{place}/erase", **sure)[0] == 403
    assert desk.get("/staff/reissue")[0] == 403  # the auditor, last of them
    assert not any(event["act"]["S"] == "erased" for event in ledger())


@pytest.mark.parametrize("origin", [None, "null", "https://evil.example", ORIGIN + ".evil", ""])
def test_forms_of_other_pages_are_refused(desk: Desk, public_api: Any, origin: str | None) -> None:
    place = f"/staff/cases/{locator(register(public_api))}"
    desk.sign_in("supervisor")
    desk.origin = origin
    assert desk.post(f"{place}/erase", reason="family_request", sure="true")[0] == 403
    assert desk.post("/staff/reissue", nik=CANARY)[0] == 403
    assert desk.post("/staff/sign-out")[0] == 403
    desk.origin = ORIGIN
    assert desk.get("/staff")[0] == 200


def test_pages_let_the_browser_say_where_a_form_comes_from(desk: Desk) -> None:
    _, _, headers = desk.sign_in("reviewer").get("/staff")
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cache-Control"] == "no-store"
    assert "default-src 'none'" in headers["Content-Security-Policy"]


# --- how long -------------------------------------------------------------------------------------


def test_each_page_renews_the_idle_time(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.sign_in("reviewer")
    for minutes in (10, 20, 30):
        later(monkeypatch, minutes * 60)
        assert desk.get("/staff")[0] == 200
    assert desk.login.renewals >= 1
    later(monkeypatch, 30 * 60 + IDLE_S + 1)
    assert desk.get("/staff")[0] == 302


def test_a_working_day_is_the_longest(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.sign_in("reviewer")
    codes = []
    for minutes in range(10, 9 * 60, 10):
        later(monkeypatch, minutes * 60)
        codes.append(desk.get("/staff")[0])
    assert 8 * 6 - 1 <= codes.index(302) <= 8 * 6 + 1  # the first is of minute 10
    assert set(codes[codes.index(302) :]) == {302}


def test_a_sign_in_that_the_pool_ended_is_over(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.sign_in("reviewer")
    desk.login.over = True
    later(monkeypatch, 14 * 60)
    assert desk.get("/staff")[0] == 200  # the last minute of the token
    later(monkeypatch, 16 * 60)
    assert desk.get("/staff")[0] == 302


def test_a_new_renewal_token_takes_the_place_of_the_old_for_the_rest_of_the_day(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To the second: the last renewal is eight hours after the sign-in, and no later."""
    begun = wiring.clock.now_ms()

    def at(seconds: int) -> None:
        now = begun + seconds * 1000
        monkeypatch.setattr(wiring, "clock", type("Fixed", (), {"now_ms": lambda _: now})())

    at(0)
    desk.sign_in("reviewer")
    desk.login.rotates = True
    visits = [LONGEST_S * number // 35 for number in range(1, 36)]  # each in a token's last minutes
    for seconds in visits:
        at(seconds)
        code, _, headers = desk.get("/staff")
        assert code == 200
        (renewed,) = (each for each in headers["Set-Cookie"] if each.startswith(RENEWAL))
        assert f"Max-Age={LONGEST_S - seconds}; " in renewed
    assert desk.login.renewals == len(visits)
    at(LONGEST_S + 14 * 60)
    assert desk.get("/staff")[0] == 200  # the last minute of the last token
    assert desk.login.renewals == len(visits)
    at(LONGEST_S + 16 * 60)
    assert desk.get("/staff")[0] == 302


def test_a_renewal_never_turns_into_somebody_else_and_tells_to_sign_in(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.sign_in("reviewer")
    later(monkeypatch, 14 * 60)
    swapped = Tokens(desk.login.access(sub="somebody-else"), "", "renewal-1")
    monkeypatch.setattr(desk.login, "renew", lambda _: swapped)
    assert desk.get("/staff")[0] == 200
    later(monkeypatch, 16 * 60)
    kept = dict(desk.jar)
    for jar in ({SESSION: kept[SESSION]}, kept):
        cookie = "; ".join(f"{name}={value}" for name, value in jar.items())
        with pytest.raises(NotSignedIn) as told:
            staff_session.open_session(Browser(cookie))  # type: ignore[arg-type]
        assert told.value.faults == (Fault("not_signed_in"),)
    assert desk.get("/staff")[0] == 302


def test_a_pool_that_does_not_answer_is_told_as_such(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.sign_in("reviewer")
    desk.login.down = True
    later(monkeypatch, 14 * 60)
    assert desk.get("/staff")[0] == 200
    later(monkeypatch, 16 * 60)
    assert desk.get("/staff")[0] == 503


def test_signing_out_ends_the_sign_in_everywhere(desk: Desk) -> None:
    desk.sign_in("reviewer")
    stolen = dict(desk.jar)
    code, body, headers = desk.post("/staff/sign-out")
    assert code == 200
    assert "https://login.example/logout?client_id=client-1" in body
    assert SESSION not in desk.jar
    assert RENEWAL not in desk.jar
    over = "=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Strict"
    assert headers["Set-Cookie"] == [f"{SESSION}{over}", f"{RENEWAL}{over}"]
    desk.jar = stolen
    assert desk.get("/staff")[0] == 302


def test_an_ended_sign_in_is_remembered_longer_than_any_of_its_tokens_lasts(desk: Desk) -> None:
    desk.sign_in("reviewer")
    desk.post("/staff/sign-out")
    ended = sign_in_wiring.sign_outs()
    (item,) = ended.client.scan(
        TableName=ended.table,
        FilterExpression="begins_with(pk, :kind)",
        ExpressionAttributeValues={":kind": {"S": "S#"}},
    )["Items"]
    left = int(item["ttl"]["N"]) - wiring.clock.now_ms() // 1000
    assert LONGEST_S < LONGEST_S + IDLE_S - 60 < left <= LONGEST_S + IDLE_S


class Browser:
    """A request with these cookies."""

    def __init__(self, cookie: str) -> None:
        self.headers = {"cookie": cookie}


# --- agents ---------------------------------------------------------------------------------------


class Phone:
    """A request as an agent's phone sends it."""

    def __init__(self, authorization: str) -> None:
        self.headers = {"authorization": authorization} if authorization else {}


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Basic abc", "Bearer a.b.c"])
def test_an_agent_needs_a_token(desk: Desk, header: str) -> None:
    with pytest.raises(NotSignedIn) as told:
        staff_session.require_bearer(Phone(header), "agent")  # type: ignore[arg-type]
    assert told.value.faults == (Fault("not_signed_in"),)


def test_an_agent_is_known_by_group(desk: Desk) -> None:
    desk.login.groups = ["agent"]
    phone = Phone(f"Bearer {desk.login.access()}")
    assert staff_session.require_bearer(phone, "agent").subject == SUBJECT  # type: ignore[arg-type]
