"""The walk through a deployment sees each step that goes wrong, and names it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from infra import smoke
from infra.smoke import SmokeError, There
from tests.local_aws import Tepat

THERE = There("http://there.example", "3510", 0, {"petugas": "a", "petugas2": "b"})
CSP = {"content-security-policy": "default-src 'none'; script-src 'self'"}
FORM = '<input name="consent.version"\n value="2026-1"><option value="3510010001">'
DECIDED = {"programme": "PKH", "eligible": True, "reasons": ["one"]}
VOTING = 'action="/staff/disputes/N1/letter"><input type="hidden" name="{}" value="{}"></form>'
Break = Callable[["Site"], None]


class Site:
    """A whole Tepat in a few lines, each of which can be broken."""

    def __init__(self) -> None:
        self.home = httpx.Response(200, headers=CSP)
        self.form = httpx.Response(200, text=FORM, headers={"cache-control": "no-store"})
        self.unknown = httpx.Response(404)
        self.desk = httpx.Response(401)
        self.registered = _json(201, {"receipt": "R"})
        self.state = "decided"
        self.decisions = [DECIDED]
        self.objected = _json(201, {"dispute": "N1", "uploads": [{"url": "u", "fields": {}}]})
        self.stored = httpx.Response(201)
        self.piece = {"state": "released", "why": ""}
        self.can = ["answer"]
        self.answered = httpx.Response(201)
        self.drawn = ["petugas", "petugas2"]
        self.letter = httpx.Response(200)
        self.voted = httpx.Response(303, headers={"location": "/staff/disputes"})
        self.told = "a letter"
        self.votes = 0

    def get(self, path: str, user: str) -> httpx.Response:
        if path == "/v1/objections":
            mine = {"dispute": "N1", "evidence": [self.piece]}
            return _json(200, {"objections": [mine]})
        if path.startswith("/staff/disputes"):
            mine = self.votes < 2 and self.drawn[self.votes] == user
            step = ("recommend", "decide")[min(self.votes, 1)]
            return httpx.Response(200, text=VOTING.format("step", step) if mine else "")
        return {"/": self.home, "/staff/": self.desk}.get(path, self.form)

    def send(self, path: str, body: Any) -> httpx.Response:
        if path == "/v1/status" and body["receipt"] != "R":
            return self.unknown
        if path == "/v1/status":
            dispute = {"dispute": "N1", "can": self.can, "outcome": "no", "letter": self.told}
            shown = {"state": self.state, "timeline": [1, 2], "disputes": [dispute]}
            return _json(200, shown | {"decisions": self.decisions})
        answers = {"/v1/registrations": self.registered, "/v1/objections": self.objected}
        return answers.get(path, self.answered)

    def submit(self, path: str) -> httpx.Response:
        if path.endswith("/letter"):
            return self.letter
        self.votes += 1
        return self.voted


def _json(status: int, body: object) -> httpx.Response:
    return httpx.Response(status, text=json.dumps(body))


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Site:
    there = Site()

    class Visitor:
        def __init__(self, _: str) -> None:
            self.user = ""

        def get(self, path: str, _: str = "") -> httpx.Response:
            return there.get(path.partition("?")[0], self.user)

        def send(self, path: str, body: Any, _: str = "") -> httpx.Response:
            return there.send(path, body)

        def submit(self, path: str, _: Any) -> httpx.Response:
            return there.submit(path)

        def upload(self, *_: Any) -> httpx.Response:
            return there.stored

        def sign_in_as_staff(self, user: str, _: str) -> None:
            self.user = user

        def sign_in_as_citizen(self, *_: Any) -> None:
            return None

        def close(self) -> None:
            return None

    monkeypatch.setattr(smoke, "Visitor", Visitor)
    monkeypatch.setattr(smoke, "PATIENCE_S", 0.0)
    return there


def test_a_sound_deployment_is_walked_through_to_the_end(site: Site) -> None:
    steps: list[str] = []
    smoke.walk(THERE, lambda step, _: steps.append(step))
    assert steps == [
        *("knock", "register", "validate", "score", "status", "object"),
        *("upload", "answer", "decide", "read"),
    ]
    assert site.votes == 2


def put(name: str, value: Any) -> Break:
    return lambda site: setattr(site, name, value)


REFUSED = _json(422, {"errors": [{"code": "kk_unknown"}]})
BROKEN: list[tuple[str, Break]] = [
    ("site: / answers 503", put("home", httpx.Response(503, headers=CSP))),
    ("site: / comes without", put("home", httpx.Response(200))),
    ("form: /v1/form answers 500", put("form", httpx.Response(500))),
    ("form: .* no village", put("form", httpx.Response(200, text=FORM.replace("351001", "5271")))),
    ("form: .* may be kept", put("form", httpx.Response(200, text=FORM))),
    ("status: an unknown receipt", put("unknown", httpx.Response(200))),
    ("staff: .* answers 200", put("desk", httpx.Response(200))),
    (r"register: answered 422 \(kk_unknown\)", put("registered", REFUSED)),
    ("score: nothing came of it", put("state", "matched")),
    ("score: none of", put("decisions", [])),
    ("status: no reasons", put("decisions", [DECIDED | {"reasons": []}])),
    ("object: answered 422", put("objected", REFUSED)),
    ("upload: the bucket answered 403", put("stored", httpx.Response(403))),
    ("upload: the photo was refused", put("piece", {"state": "refused", "why": "virus"})),
    ("upload: nothing came of it", put("piece", {"state": "awaited", "why": ""})),
    ("answer: nothing came of it", put("can", [])),
    ("answer: answered 500", put("answered", httpx.Response(500))),
    ("decide: nothing came of it", put("drawn", ["nobody", "nobody"])),
    ("decide: the same officer", put("drawn", ["petugas", "petugas"])),
    ("decide: no letter", put("letter", httpx.Response(303))),
    ("decide: petugas's vote", put("voted", httpx.Response(403))),
    ("decide: .* vote", put("voted", httpx.Response(303, headers={"location": "/x?told=why"}))),
    ("read: the family has no letter", put("told", "")),
]


@pytest.mark.parametrize(("seen", "broken"), BROKEN, ids=[name for name, _ in BROKEN])
def test_each_step_that_goes_wrong_is_named(site: Site, seen: str, broken: Break) -> None:
    broken(site)
    with pytest.raises(SmokeError, match=seen):
        smoke.walk(THERE, lambda *_: None)


def test_a_site_that_does_not_answer_is_named() -> None:
    with pytest.raises(SmokeError, match="does not answer"):
        smoke.knock("http://127.0.0.1:1", "3510", lambda *_: None)


@pytest.mark.local_aws
@pytest.mark.prove
def test_what_is_deployed_here_is_walked_through(tepat: Tepat) -> None:
    """The real thing: the deployed packages on the local AWS, officers, sandboxes and the front."""
    assert tepat.status(tepat.walk(220))["state"] == "decided"
