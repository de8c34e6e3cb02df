"""The pool's pages over real HTTP, and the cookies and sign-outs that a sign-in leaves."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import StreamRequestHandler, ThreadingTCPServer
from typing import Any, ClassVar
from urllib.parse import parse_qs

import pytest
import urllib3

from chalicelib import sign_in_wiring
from chalicelib.adapters.cookies import CookieSealer
from chalicelib.adapters.login import Login, Tokens
from chalicelib.adapters.sign_outs import SignOuts
from chalicelib.adapters.tokens import fetch
from chalicelib.domain.errors import Fault, NotSignedIn, TryAgain
from tests.fakes import FakeBlindIndex
from tests.stores import Backend


@contextmanager
def pool(code: int, body: bytes) -> Iterator[tuple[str, list[dict[str, list[str]]]]]:
    """A server that gives one answer, and keeps what it was asked."""
    asked: list[dict[str, list[str]]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append({"path": [self.path]})
            self._answer()

        def do_POST(self) -> None:
            size = int(self.headers["Content-Length"])
            asked.append(parse_qs(self.rfile.read(size).decode()))
            is_form = self.headers["Content-Type"] == "application/x-www-form-urlencoded"
            self._answer(code if is_form else 415)

        def _answer(self, code: int = code) -> None:
            self.send_response(code)
            self.send_header("Location", "/elsewhere")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def login(base: str) -> Login:
    return Login(base, "client-1", "https://site.example")


BUSY = (Fault("busy"),)
GIVEN = b'{"access_token": "a", "id_token": "i", "refresh_token": "r", "token_type": "Bearer"}'


def asked_for(address: str) -> tuple[str, dict[str, list[str]]]:
    base, _, query = address.partition("?")
    return base, parse_qs(query, strict_parsing=True)


def test_people_are_sent_to_the_pool_with_our_challenge() -> None:
    address = login("https://pool.example").sign_in_address("state-1", "nonce-1", "challenge-1")
    assert asked_for(address) == (
        "https://pool.example/oauth2/authorize",
        {
            "response_type": ["code"],
            "client_id": ["client-1"],
            "redirect_uri": ["https://site.example/staff/callback"],
            "scope": ["openid"],
            "state": ["state-1"],
            "nonce": ["nonce-1"],
            "code_challenge": ["challenge-1"],
            "code_challenge_method": ["S256"],
        },
    )


def test_signing_out_leads_through_the_pool_back_to_our_own_page() -> None:
    assert asked_for(login("https://pool.example").sign_out_address()) == (
        "https://pool.example/logout",
        {"client_id": ["client-1"], "logout_uri": ["https://site.example/staff/"]},
    )


def test_agents_are_led_back_to_their_own_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sign_in_wiring, "login", lambda: login("https://pool.example"))
    sign_in_wiring.agent_login.cache_clear()
    phones = sign_in_wiring.agent_login()
    sign_in_wiring.agent_login.cache_clear()
    _, asked = asked_for(phones.sign_in_address("state-1", "nonce-1", "challenge-1"))
    assert asked["redirect_uri"] == ["https://site.example/staff/agent/callback"]
    assert asked["client_id"] == ["client-1"]
    _, left = asked_for(phones.sign_out_address())
    assert left["logout_uri"] == ["https://site.example/petugas/"]


def test_a_code_becomes_tokens() -> None:
    with pool(200, GIVEN) as (base, asked):
        assert login(base).exchange("code-1", "verifier-1") == Tokens("a", "i", "r")
    assert asked == [
        {
            "client_id": ["client-1"],
            "grant_type": ["authorization_code"],
            "code": ["code-1"],
            "redirect_uri": ["https://site.example/staff/callback"],
            "code_verifier": ["verifier-1"],
        }
    ]


@pytest.mark.parametrize("renewal", [b"", b', "refresh_token": 7', b', "refresh_token": null'])
def test_a_sign_in_may_come_without_a_renewal(renewal: bytes) -> None:
    with pool(200, b'{"access_token": "a", "id_token": "i"' + renewal + b"}") as (base, _):
        assert login(base).exchange("code-1", "verifier-1") == Tokens("a", "i", "")


def test_a_renewal_keeps_its_token_unless_it_is_given_another() -> None:
    with pool(200, b'{"access_token": "a"}') as (base, asked):
        assert login(base).renew("r-1") == Tokens("a", "", "r-1")
    assert asked == [
        {"client_id": ["client-1"], "grant_type": ["refresh_token"], "refresh_token": ["r-1"]}
    ]
    with pool(200, GIVEN) as (base, _):
        assert login(base).renew("r-1") == Tokens("a", "", "r")


@pytest.mark.parametrize(
    ("code", "body"),
    [
        (400, b'{"error": "invalid_grant"}'),
        (401, b"{}"),
        (302, b""),
        (200, b"<html>"),
        (200, b"[]"),
        (200, b"{}"),
        (200, b'{"access_token": 1, "id_token": "i"}'),
        (200, b'{"access_token": "a", "id_token": ""}'),
        (200, b"\xff" * 100_000),
    ],
)
def test_anything_else_signs_nobody_in(code: int, body: bytes) -> None:
    with pool(code, body) as (base, _), pytest.raises(NotSignedIn) as told:
        login(base).exchange("code-1", "verifier-1")
    assert told.value.faults == (Fault("not_signed_in"),)


@pytest.mark.parametrize("code", [429, 500, 503])
def test_a_pool_in_trouble_is_to_be_tried_again(code: int) -> None:
    with pool(code, b"{}") as (base, _):
        for ask in (lambda: login(base).exchange("code-1", "verifier-1"), lambda: fetch(base)):
            with pytest.raises(TryAgain) as told:
                ask()
            assert told.value.faults == BUSY


def test_a_pool_that_is_not_there_is_to_be_tried_again() -> None:
    nowhere = "http://127.0.0.1:1"
    for ask in (lambda: login(nowhere).renew("r"), lambda: fetch(f"{nowhere}/keys")):
        with pytest.raises(TryAgain) as told:
            ask()
        assert told.value.faults == BUSY


def test_keys_are_fetched_whole_and_from_where_we_asked() -> None:
    with pool(200, b'{"keys": []}') as (base, _):
        assert fetch(f"{base}/keys") == b'{"keys": []}'
    with pool(200, b" " * 65_536) as (base, _):
        assert len(fetch(f"{base}/keys")) == 65_536
    for code, body in ((302, b""), (404, b""), (200, b" " * 65_537)):
        with pool(code, body) as (base, asked), pytest.raises(TryAgain) as told:
            fetch(f"{base}/keys")
        assert told.value.faults == BUSY
        assert asked == [{"path": ["/keys"]}]


@contextmanager
def hanging_up() -> Iterator[tuple[str, list[bytes]]]:
    """A server that takes a connection, hears the request, and says nothing."""
    heard: list[bytes] = []

    class Handler(StreamRequestHandler):
        def handle(self) -> None:
            heard.append(self.rfile.readline())

    with ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}", heard
        server.shutdown()
        thread.join()


def test_keys_are_asked_for_twice_and_a_code_is_sent_once() -> None:
    with hanging_up() as (base, heard):
        with pytest.raises(TryAgain):
            fetch(f"{base}/keys")
        assert heard == [b"GET /keys HTTP/1.1\r\n"] * 2
        heard.clear()
        with pytest.raises(TryAgain):
            login(base).exchange("code-1", "verifier-1")
        assert heard == [b"POST /oauth2/token HTTP/1.1\r\n"]


def test_nobody_waits_long_for_the_pool_and_no_answer_fills_the_memory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    waits, amounts = [], []

    class Answer:
        status = 200

        def read(self, most: int) -> bytes:
            amounts.append(most)
            return GIVEN

        def release_conn(self) -> None:
            """There is no connection."""

    def request(_pool: object, *_: object, timeout: urllib3.Timeout, **how: object) -> Answer:
        assert how["preload_content"] is False
        waits.append((timeout.connect_timeout, timeout.read_timeout))
        return Answer()

    monkeypatch.setattr(urllib3.PoolManager, "request", request)
    fetch("https://pool.example/keys")
    login("https://pool.example").renew("r-1")
    assert waits == [(2, 3)] * 2
    assert max(amounts) <= 65_537


def test_a_cookie_opens_under_its_name_and_key_only() -> None:
    sealer = CookieSealer(FakeBlindIndex().mac)
    sealed = sealer.seal("one", "kept \u00e9")
    assert sealer.open("one", sealed) == "kept \u00e9"
    assert sealer.open("two", sealed) is None
    assert CookieSealer(FakeBlindIndex(key=b"another").mac).open("one", sealed) is None
    assert sealer.seal("one", "kept \u00e9") != sealed
    assert "kept" not in sealed


@pytest.mark.parametrize("bad", ["", "A", "AAAA", "A" * 5000, "\u00e9", "=", "!" * 40, "A" * 41])
def test_what_is_no_cookie_of_ours_is_none(bad: str) -> None:
    assert CookieSealer(FakeBlindIndex().mac).open("one", bad) is None


def test_texts_of_every_length_come_back() -> None:
    sealer = CookieSealer(FakeBlindIndex().mac)
    for size in range(40):
        assert sealer.open("one", sealer.seal("one", "x" * size)) == "x" * size


def test_whatever_letter_a_cookie_ends_with_it_opens() -> None:
    sealer = CookieSealer(FakeBlindIndex().mac)
    sealed = [sealer.seal("one", "ab") for _ in range(1_000)]  # thirty bytes: no bit is left over
    assert len({value[-1] for value in sealed}) > 32
    assert {sealer.open("one", value) for value in sealed} == {"ab"}


def test_a_cookie_is_as_long_as_browsers_keep() -> None:
    sealer = CookieSealer(FakeBlindIndex().mac)
    longest, longer = (sealer.seal("one", "x" * size) for size in (3_044, 3_045))
    assert (len(longest), len(longer)) == (4_096, 4_098)
    assert sealer.open("one", longest) == "x" * 3_044
    assert sealer.open("one", longer) is None


def test_every_changed_letter_of_a_cookie_is_noticed() -> None:
    sealer = CookieSealer(FakeBlindIndex().mac)
    sealed = sealer.seal("one", "kept text")  # 37 bytes: the last letter holds four bits only
    for place in range(len(sealed) - 1):
        other = "A" if sealed[place] != "A" else "B"
        assert sealer.open("one", f"{sealed[:place]}{other}{sealed[place + 1 :]}") is None


def test_a_sign_in_that_was_ended_stays_so(moto_backend: Backend) -> None:
    ended = SignOuts(moto_backend.client, moto_backend.tables.ops)
    assert not ended.ended("session-1")
    ended.end("session-1", 1_795_230_000)
    ended.end("session-1", 1_795_230_000)
    assert ended.ended("session-1")
    assert not ended.ended("session-2")


def test_an_ended_sign_in_is_kept_until_its_last_token_ends(moto_backend: Backend) -> None:
    ended = SignOuts(moto_backend.client, moto_backend.tables.ops)
    ended.end("session-3", 1_795_230_000)
    kept = moto_backend.client.get_item(
        TableName=moto_backend.tables.ops, Key={"pk": {"S": "S#session-3"}, "sk": {"S": "O"}}
    )
    assert kept["Item"]["ttl"] == {"N": "1795230000"}  # the attribute that the table forgets by


def test_whether_a_sign_in_was_ended_is_asked_of_the_newest_copy() -> None:
    class Table:
        asked: ClassVar[list[object]] = []

        def get_item(self, **asked: object) -> dict[str, object]:
            self.asked.append(asked["ConsistentRead"])
            return {}

    SignOuts(Table(), "ops").ended("session-1")  # type: ignore[arg-type]  # only what is used
    assert Table.asked == [True]
