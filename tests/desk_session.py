"""A sign-in before the test's own pool: what it asks for, what a browser sends and is sent."""

from __future__ import annotations

import hmac
import json
from dataclasses import dataclass, field
from typing import Any

import pytest

from chalicelib import sign_in_wiring, wiring
from chalicelib.adapters.cookies import CookieSealer
from chalicelib.adapters.login import Tokens
from chalicelib.domain.errors import Fault, NotSignedIn
from chalicelib.domain.tokens import Claims
from chalicelib.entrypoints.staff_session import PHONE_SIGN_IN, RENEWAL, SESSION, SIGN_IN

NOW = 1_795_230_000
NOT_SIGNED_IN = (Fault("not_signed_in"),)
NAMES = {
    "session": SESSION,
    "renewal": RENEWAL,
    "sign_in": SIGN_IN,
    "phone_sign_in": PHONE_SIGN_IN,
}
SEALER = CookieSealer(lambda *parts: hmac.digest(b"k", repr(parts).encode(), "sha256"))


@dataclass
class House:
    """What a session asks for: a clock, keys, the pool, its tokens, ended sign-ins."""

    now: int = NOW
    keys: int = 0
    known: dict[str, Claims] = field(default_factory=dict)
    given: Tokens = field(default_factory=lambda: Tokens("fresh", "id-1", "renewal-2"))
    refusal: Exception | None = None
    asked: list[Any] = field(default_factory=list)
    over: set[str] = field(default_factory=set)

    def now_ms(self) -> int:
        return self.now * 1000 + 999

    def fresh_key(self) -> str:
        self.keys += 1
        return f"key-{self.keys}"

    def sign_in_address(self, *told: str) -> str:
        self.asked.append(told)
        return "https://login.example/in"

    def exchange(self, *told: str) -> Tokens:
        return self._answer(*told)

    def renew(self, *told: str) -> Tokens:
        return self._answer(*told)

    def _answer(self, *told: str) -> Tokens:
        self.asked.append(told)
        if self.refusal:
            raise self.refusal
        return self.given

    def verify(self, token: str) -> Claims:
        if token not in self.known or self.known[token].expires_at <= self.now:
            raise NotSignedIn(Fault("not_signed_in"))
        return self.known[token]

    def verify_id(self, token: str, **told: str) -> None:
        self.asked.append((token, told))

    def ended(self, session: str) -> bool:
        return session in self.over

    def end(self, *told: object) -> None:
        self.asked.append(told)


@pytest.fixture
def house(monkeypatch: pytest.MonkeyPatch) -> House:
    made = House()
    monkeypatch.setattr(wiring, "clock", made)
    monkeypatch.setattr(wiring, "fresh_key", made.fresh_key)
    for name, value in {
        "login": lambda: made,
        "cookies": lambda: SEALER,
        "sign_outs": lambda: made,
        "verify_token": made.verify,
        "verify_id_token": made.verify_id,
        "staff_origin": lambda: "https://bansos.example.go.id",
    }.items():
        monkeypatch.setattr(sign_in_wiring, name, value)
    return made


class Asked:
    """A request, with headers and an address."""

    def __init__(self, query: dict[str, str] | None = None, **headers: str) -> None:
        self.headers = headers
        self.query_params = query


def sent(query: dict[str, str] | None = None, **kept: dict[str, Any] | str) -> Any:
    """A request with cookies: what they keep, or a value as it stands."""
    cookies = []
    for key, what in kept.items():
        name = NAMES[key]
        value = what if isinstance(what, str) else SEALER.seal(name, json.dumps(what))
        cookies.append(f"{name}={value}")
    return Asked(query, cookie="; ".join(cookies))


def opened(cookie: str) -> tuple[str, dict[str, Any], str]:
    """A cookie's name, what it keeps, and what the browser is told of it."""
    name, _, rest = cookie.partition("=")
    value, _, told = rest.partition("; ")
    text = SEALER.open(name, value)
    assert text is not None
    return name, json.loads(text), told


def told_of(seconds: int, same_site: str = "Strict") -> str:
    return f"Path=/; Max-Age={seconds}; Secure; HttpOnly; SameSite={same_site}"


def claims(*, ends: int = NOW + 840, session: str = "s-1", **more: Any) -> Claims:
    return Claims(**{"subject": "p-1", "groups": frozenset({"reviewer"}), "session": session,
                     "expires_at": ends} | more)  # fmt: skip
