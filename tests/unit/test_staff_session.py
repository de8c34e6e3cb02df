"""A desk's session to the second and to the last field, with a pool that does what it is told."""

from __future__ import annotations

import hashlib
import json
from base64 import urlsafe_b64encode
from typing import Any

import pytest

from chalicelib import wiring
from chalicelib.adapters.login import Tokens
from chalicelib.domain.errors import (
    Fault,
    NotAllowed,
    NotSignedIn,
    TryAgain,
)
from chalicelib.domain.tokens import FRESH_S
from chalicelib.entrypoints import person_session, staff_session
from chalicelib.entrypoints.staff_session import (
    IDLE_S,
    LONGEST_S,
    RENEW_BEFORE_S,
    RENEWAL,
    SESSION,
    SIGN_IN,
    SIGN_IN_S,
    Session,
)
from tests.desk_session import (
    NOT_SIGNED_IN,
    NOW,
    SEALER,
    Asked,
    House,
    claims,
    house,
    opened,
    sent,
    told_of,
)
from tests.fakes import FakeBlindIndex

__all__ = ["house"]
NIK = "3510154903859901"  # invented


def refused(request: Any) -> None:
    with pytest.raises(NotSignedIn) as told:
        staff_session.open_session(request)
    assert told.value.faults == NOT_SIGNED_IN


# --- signing in -----------------------------------------------------------------------------------


def test_what_a_sign_in_takes_along(house: House) -> None:
    address, cookie = staff_session.begin_sign_in()
    verifier = "key-3key-4"
    digest = hashlib.sha256(verifier.encode()).digest()
    assert address == "https://login.example/in"
    assert house.asked == [("key-1", "key-2", urlsafe_b64encode(digest).decode().rstrip("="))]
    assert opened(cookie) == (
        SIGN_IN,
        {"state": "key-1", "nonce": "key-2", "verifier": verifier, "at": NOW},
        told_of(SIGN_IN_S, "Lax"),
    )


STARTED = {"state": "state-1", "nonce": "nonce-1", "verifier": "v" * 43, "at": NOW}
BACK = {"code": "code-1", "state": "state-1"}


def test_a_sign_in_is_finished_by_who_began_it(house: House) -> None:
    house.known["fresh"] = claims()
    house.now = NOW + SIGN_IN_S  # the last second
    who = staff_session.finish_sign_in(sent(BACK, sign_in=STARTED))
    assert who.claims == claims()
    assert house.asked == [
        ("code-1", "v" * 43),
        ("id-1", {"nonce": "nonce-1", "subject": "p-1"}),
    ]
    session, renewal, cleared = who.cookies
    assert opened(session) == (SESSION, {"token": "fresh", "at": house.now}, told_of(IDLE_S))
    assert opened(renewal) == (
        RENEWAL,
        {"token": "renewal-2", "subject": "p-1", "at": house.now},
        told_of(LONGEST_S),
    )
    assert cleared == f"{SIGN_IN}=; {told_of(0, 'Lax')}"


@pytest.mark.parametrize(
    ("query", "started"),
    [
        (BACK, None),
        (BACK, STARTED | {"at": NOW - SIGN_IN_S - 1}),
        (BACK | {"state": "another"}, STARTED),
        ({"code": "code-1"}, STARTED),
        ({"code": "code-1"}, STARTED | {"state": "XXXX"}),
        (BACK | {"code": ""}, STARTED),
        ({"state": "state-1"}, STARTED),
        ({}, STARTED),
        (None, STARTED),
        (BACK | {"state": "\u00e9"}, STARTED),
    ],
)
def test_a_sign_in_that_was_not_begun_here_asks_the_pool_nothing(
    house: House, query: dict[str, str] | None, started: dict[str, Any] | None
) -> None:
    kept = {} if started is None else {"sign_in": started}
    with pytest.raises(NotSignedIn) as told:
        staff_session.finish_sign_in(sent(query, **kept))
    assert told.value.faults == NOT_SIGNED_IN
    assert house.asked == []


# --- a session ------------------------------------------------------------------------------------


def test_a_session_holds_to_the_last_second_of_its_idle_time(house: House) -> None:
    house.known["t"] = claims()
    kept = {"token": "t", "at": NOW - IDLE_S}
    who = staff_session.open_session(sent(session=kept))
    assert (who.claims, who.actor) == (claims(), "staff:p-1")
    (cookie,) = who.cookies
    assert opened(cookie) == (SESSION, {"token": "t", "at": NOW}, told_of(IDLE_S))
    assert house.asked == []  # the pool was not asked
    refused(sent(session=kept | {"at": NOW - IDLE_S - 1}))


def test_what_is_no_cookie_of_ours_opens_nothing(house: House) -> None:
    house.known["t"] = claims()
    kept = {"token": "t", "at": NOW}
    refused(sent())
    refused(Asked())
    refused(Asked(cookie="\x00=\x00"))
    refused(sent(session="forged"))
    refused(sent(renewal=kept))
    moved = SEALER.seal(RENEWAL, json.dumps(kept))  # one cookie in another's place
    refused(sent(session=moved))
    assert staff_session.open_session(sent(session=kept)).claims == claims()


def test_a_sign_in_that_was_ended_is_over(house: House) -> None:
    house.known["t"] = claims()
    house.over.add("s-1")
    refused(sent(session={"token": "t", "at": NOW}))


@pytest.mark.parametrize(("left", "renewals"), [(RENEW_BEFORE_S, 0), (RENEW_BEFORE_S - 1, 1)])
def test_a_token_is_renewed_in_its_last_two_minutes(house: House, left: int, renewals: int) -> None:
    house.known = {"t": claims(ends=NOW + left), "fresh": claims(ends=NOW + 900)}
    began = NOW - 3600
    renewal = {"token": "renewal-1", "subject": "p-1", "at": began}
    who = staff_session.open_session(sent(session={"token": "t", "at": NOW}, renewal=renewal))
    assert house.asked == [("renewal-1",)] * renewals
    session, *rest = who.cookies
    assert opened(session)[1] == {"token": "fresh" if renewals else "t", "at": NOW}
    assert who.claims.expires_at == (NOW + 900 if renewals else NOW + left)
    assert [opened(cookie) for cookie in rest] == [
        (RENEWAL, renewal | {"token": "renewal-2"}, told_of(LONGEST_S - 3600))
    ] * renewals


def test_a_renewal_that_keeps_its_token_keeps_its_cookie(house: House) -> None:
    house.known = {"t": claims(ends=NOW), "fresh": claims(ends=NOW + 900)}
    house.given = Tokens("fresh", "", "renewal-1")
    renewal = {"token": "renewal-1", "subject": "p-1", "at": NOW - LONGEST_S}  # the last second
    who = staff_session.open_session(sent(session={"token": "t", "at": NOW}, renewal=renewal))
    (session,) = who.cookies
    assert opened(session)[1]["token"] == "fresh"
    assert who.claims == claims(ends=NOW + 900)


@pytest.mark.parametrize(
    "renewal",
    [
        None,
        {"token": "renewal-1", "subject": "p-1", "at": NOW - LONGEST_S - 1},
        {"token": "", "subject": "p-1", "at": NOW},
        {"token": "renewal-1", "subject": "another", "at": NOW},
    ],
)
def test_what_is_not_renewed_holds_while_its_token_does(
    house: House, renewal: dict[str, Any] | None
) -> None:
    house.known = {"t": claims(ends=NOW + 60), "fresh": claims(ends=NOW + 900)}
    kept = {"renewal": renewal} if renewal else {}
    request = sent(session={"token": "t", "at": NOW}, **kept)
    who = staff_session.open_session(request)
    (session,) = who.cookies
    assert opened(session)[1] == {"token": "t", "at": NOW}
    assert who.claims == claims(ends=NOW + 60)
    house.now += 60
    refused(request)


def test_a_pool_that_does_not_answer_is_told_once_the_token_is_over(house: House) -> None:
    house.known["t"] = claims(ends=NOW + 60)
    house.refusal = TryAgain(Fault("busy"))
    renewal = {"token": "renewal-1", "subject": "p-1", "at": NOW}
    request = sent(session={"token": "t", "at": NOW}, renewal=renewal)
    assert staff_session.open_session(request).claims == claims(ends=NOW + 60)
    house.now += 60
    with pytest.raises(TryAgain):
        staff_session.open_session(request)


def test_a_renewed_token_of_an_ended_sign_in_is_over(house: House) -> None:
    house.known["fresh"] = claims()
    house.over.add("s-1")
    renewal = {"token": "renewal-1", "subject": "p-1", "at": NOW}
    refused(sent(session={"token": "gone", "at": NOW}, renewal=renewal))


def test_a_sign_in_is_ended_for_longer_than_any_of_its_tokens_lasts(house: House) -> None:
    cookies = staff_session.end_session(Session(claims(), ()))
    assert house.asked == [("s-1", NOW + LONGEST_S + IDLE_S)]
    assert cookies == staff_session.cleared()
    assert cookies == (f"{SESSION}=; {told_of(0)}", f"{RENEWAL}=; {told_of(0)}")


# --- what else the door asks ----------------------------------------------------------------------


def test_a_form_says_that_it_comes_from_us(house: House) -> None:
    staff_session.check_origin(Asked(origin="https://bansos.example.go.id"))  # type: ignore[arg-type]
    for headers in ({}, {"origin": "null"}, {"origin": "https://bansos.example.go.id.evil"}):
        with pytest.raises(NotAllowed) as told:
            staff_session.check_origin(Asked(**headers))  # type: ignore[arg-type]
        assert told.value.faults == (Fault("not_allowed"),)


def test_a_citizens_sign_in_holds_to_its_last_second(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wiring, "index", FakeBlindIndex)
    began = NOW - person_session.IDLE_S
    kept = {"nik": NIK, "name": "Contoh", "session": "s-9", "since": began, "at": began}
    cookie = f"{person_session.PERSON}={SEALER.seal(person_session.PERSON, json.dumps(kept))}"
    request: Any = Asked(cookie=cookie)
    assert person_session.until(request) == NOW
    signed = person_session.require_person(request)
    assert (signed.session, signed.nik, signed.name) == ("s-9", NIK, "Contoh")
    assert signed.until == NOW + person_session.IDLE_S
    house.now += 1
    assert person_session.until(request) is None
    with pytest.raises(NotSignedIn) as told:
        person_session.require_person(request)
    assert told.value.faults == NOT_SIGNED_IN


def test_a_citizens_form_says_that_it_comes_from_us(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wiring, "site_origin", lambda: "https://bansos.example.go.id")
    person_session.check_origin(Asked(origin="https://bansos.example.go.id"))  # type: ignore[arg-type]
    for headers in ({}, {"origin": "null"}, {"origin": "https://bansos.example.go.id.evil"}):
        with pytest.raises(NotAllowed) as told:
            person_session.check_origin(Asked(**headers))  # type: ignore[arg-type]
        assert told.value.faults == (Fault("not_allowed"),)


def test_what_needs_a_fresh_sign_in_asks_when_it_was(house: House) -> None:
    staff_session.require_fresh(Session(claims(signed_in_at=NOW - FRESH_S), ()))
    with pytest.raises(NotAllowed) as told:
        staff_session.require_fresh(Session(claims(signed_in_at=NOW - FRESH_S - 1), ()))
    assert told.value.faults == (Fault("sign_in_again"),)


@pytest.mark.parametrize("header", ["Bearer t", "bearer t", "BEARER  t "])
def test_a_program_is_known_by_its_token(house: House, header: str) -> None:
    house.known["t"] = claims()
    request: Any = Asked(authorization=header)
    assert staff_session.require_bearer(request, "reviewer") == claims()
    with pytest.raises(NotAllowed):
        staff_session.require_bearer(request, "agent")


@pytest.mark.parametrize("header", [None, "", "t", "Basic t", "Bearer", "Bearert", "Bearer x"])
def test_a_program_without_a_token_is_nobody(house: House, header: str | None) -> None:
    house.known["t"] = claims()
    request: Any = Asked() if header is None else Asked(authorization=header)
    with pytest.raises(NotSignedIn) as told:
        staff_session.require_bearer(request, "reviewer")
    assert told.value.faults == NOT_SIGNED_IN
