"""A visitor keeps cookies as a browser does, and asks again only what may be asked again."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest

from infra import visitor
from infra.visitor import SignInError, Visitor

SITE = "http://there.example"
PAGE = '<form action="/login"><input type="hidden" name="t" value="a&amp;b"></form>'


def at(handler: Callable[[httpx.Request], httpx.Response]) -> Visitor:
    there = Visitor(SITE)
    there._http = httpx.Client(transport=httpx.MockTransport(handler))
    return there


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(visitor, "BUSY_S", 0)


def test_secure_cookies_come_back_until_they_are_cleared() -> None:
    sent: list[str] = []
    told = iter(["a=1; Secure", "b=2; Path=/", "a=; Max-Age=0", "c=3"])

    def handler(request: httpx.Request) -> httpx.Response:
        sent.append(request.headers.get("cookie", ""))
        return httpx.Response(200, headers={"set-cookie": next(told)})

    there = at(handler)
    for _ in range(4):
        there.get("/")
    assert sent == ["", "a=1", "a=1; b=2", "b=2"]


def test_what_is_busy_is_asked_again_under_its_key_but_a_form_only_once() -> None:
    asked: list[tuple[str, str]] = []

    def busy(request: httpx.Request) -> httpx.Response:
        asked.append((request.method, request.headers.get("idempotency-key", "")))
        return httpx.Response(503)

    there = at(busy)
    assert there.send("/v1/x", {}, "k" * 24).status_code == 503
    assert asked == [("POST", "k" * 24)] * visitor.TRIES
    asked.clear()
    there.submit("/staff/x", {"vote": "y"})
    assert len(asked) == 1


def test_a_sign_in_that_did_not_go_through_is_begun_once_more() -> None:
    began: list[str] = []

    def handler(request: httpx.Request) -> httpx.Response:
        path = request.url.path
        if path == "/staff/sign-in":
            began.append(path)
            return httpx.Response(302, headers={"location": "http://pool.example/page"})
        if path == "/page":
            return httpx.Response(200, text=PAGE)
        if path == "/login":
            assert request.content == b"t=a%26b&username=u&password=p"
            return httpx.Response(302, headers={"location": f"{SITE}/staff/callback?code=1"})
        return httpx.Response(200 if len(began) == fails + 1 else 503)

    for fails in (0, 1):
        began.clear()
        at(handler).sign_in_as_staff("u", "p")
        assert len(began) == fails + 1
    began.clear()
    fails = 2
    with pytest.raises(SignInError, match="u at the staff pool came back and was answered 503"):
        at(handler).sign_in_as_staff("u", "p")


def test_who_is_not_sent_back_is_not_signed_in() -> None:
    there = at(lambda _: httpx.Response(200, text=PAGE, headers={"location": "http://evil/x"}))
    with pytest.raises(SignInError, match="was not sent back"):
        there.sign_in_as_citizen("3510011234569901", "Rekaan")
