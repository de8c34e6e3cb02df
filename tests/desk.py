"""A desk in the social affairs office: a browser that keeps cookies, and a pretended pool."""

from __future__ import annotations

import atexit
import html
import os
import secrets
import shutil
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from chalice.test import Client

from chalicelib import sign_in_wiring, wiring
from chalicelib.adapters.login import Login, Tokens
from chalicelib.domain.errors import Fault, NotSignedIn, TryAgain
from tests.minted import SUBJECT, access, id_claims, sign
from tests.world import artefact, form

CANARY = "3510154903859901"
ORIGIN = "https://bansos.example.go.id"


@dataclass
class PretendLogin:
    """The pool's pages: gives tokens for one code, and new ones while the sign-in holds."""

    real: Login
    groups: list[str] = field(default_factory=lambda: ["reviewer"])
    nonce: str = ""
    renewals: int = 0
    told: dict[str, Any] = field(default_factory=dict)
    renewal: str = "renewal-1"
    rotates: bool = False
    over: bool = False
    down: bool = False
    subject: str = SUBJECT

    def sign_in_address(self, state: str, nonce: str, challenge: str) -> str:
        return self.real.sign_in_address(state, nonce, challenge)

    def sign_out_address(self) -> str:
        return self.real.sign_out_address()

    def exchange(self, code: str, verifier: str) -> Tokens:
        assert len(verifier) >= 43
        if code != "good-code":
            raise NotSignedIn(Fault("not_signed_in"))
        now = wiring.clock.now_ms() // 1000
        given = id_claims(now, sign_in_wiring.pool(), nonce=self.nonce, sub=self.subject)
        return Tokens(self.access(), sign(given), "renewal-1")

    def renew(self, renewal: str) -> Tokens:
        if self.down:
            raise TryAgain(Fault("busy"))
        if self.over or renewal != self.renewal:
            raise NotSignedIn(Fault("not_signed_in"))
        self.renewals += 1
        if self.rotates:
            self.renewal = f"renewal-{self.renewals + 1}"
        return Tokens(self.access(), "", self.renewal)

    def access(self, **changes: Any) -> str:
        now = wiring.clock.now_ms() // 1000
        who = {"cognito:groups": self.groups, "sub": self.subject}
        return sign(access(now, sign_in_wiring.pool(), **who | self.told | changes))


@dataclass
class Desk:
    """A browser at a desk: keeps cookies, sends forms with its origin.

    Attributes:
        phones: the same pool as it meets agents.
    """

    client: Client
    login: PretendLogin
    phones: PretendLogin
    jar: dict[str, str] = field(default_factory=dict)
    origin: str | None = ORIGIN

    def get(self, path: str, **headers: str) -> tuple[int, str, dict[str, Any]]:
        return self._read(self.client.http.get(path, headers=self._sent(headers)))

    def post(self, path: str, **fields: str) -> tuple[int, str, dict[str, Any]]:
        sent = self._sent({"Content-Type": "application/x-www-form-urlencoded"})
        if self.origin is not None:
            sent["Origin"] = self.origin
        body = urlencode(fields).encode()
        return self._read(self.client.http.post(path, headers=sent, body=body))

    def sign_in(self, *groups: str) -> Desk:
        self.login.groups = list(groups)
        _, _, headers = self.get("/staff/sign-in")
        asked = {k: v[0] for k, v in parse_qs(urlsplit(headers["Location"]).query).items()}
        self.login.nonce = asked["nonce"]
        code, _, _ = self.get(f"/staff/callback?code=good-code&state={asked['state']}")
        assert code == 200
        return self

    def _sent(self, more: dict[str, str]) -> dict[str, str]:
        cookies = "; ".join(f"{name}={value}" for name, value in self.jar.items())
        return {"Accept": "text/html", "Cookie": cookies, **more}

    def _read(self, answer: Any) -> tuple[int, str, dict[str, Any]]:
        headers = dict(answer.headers)
        for cookie in headers.get("Set-Cookie", []):
            name, _, rest = cookie.partition("=")
            value = rest.partition(";")[0]
            assert "; Path=/; " in cookie
            assert "; Secure; HttpOnly; " in cookie
            self.jar.pop(name, None)
            if value:
                self.jar[name] = value
        return answer.status_code, html.unescape(answer.body.decode()), headers


def as_officer(desk: Desk, subject: str, *groups: str) -> Desk:
    """Sign somebody in anew: a reviewer, if no groups are given."""
    desk.jar.clear()
    desk.login.subject = subject
    return desk.sign_in(*(groups or ("reviewer",)))


@cache
def built_pages() -> Path:
    """The answer templates, built once for a process and what is forked from it."""
    from frontend.build import build, copy_answers

    folder, maker = Path(mkdtemp()), os.getpid()
    # A forked process that ends in order must not take them from the others.
    atexit.register(lambda: os.getpid() == maker and shutil.rmtree(folder))
    build("3510", folder / "site")
    copy_answers(folder / "site", folder / "pages")
    return folder / "pages"


def register(public_api: Any, *members: Any, **changes: Any) -> str:
    body = form(artefact(), *members, **changes)
    code, told, _ = public_api.post("/v1/registrations", body, key=secrets.token_urlsafe(24))
    assert code == 201
    public_api.settle()
    receipt: str = told["receipt"]
    return receipt


def locator(receipt: str) -> str:
    return receipt.replace("-", "")[:10]


def ledger() -> list[dict[str, Any]]:
    table = wiring.settings().ledger_table
    items: list[dict[str, Any]] = wiring.client("dynamodb").scan(TableName=table)["Items"]
    return items


def reads() -> list[tuple[str, str]]:
    """(locator, reason) of every read in the ledger."""
    return [(e["ref"]["S"], e["reason"]["S"]) for e in ledger() if "ref" in e]


def later(monkeypatch: pytest.MonkeyPatch, seconds: int) -> None:
    real = wiring.SystemClock().now_ms
    monkeypatch.setattr(
        wiring, "clock", type("Later", (), {"now_ms": lambda _: real() + seconds * 1000})()
    )
