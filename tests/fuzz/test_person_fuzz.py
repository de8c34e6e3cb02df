"""Hostile requests at a citizen's sign-in: queries, cookies and origins that nobody should send."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Any

import pytest

from chalicelib import sign_in_wiring
from chalicelib.domain.errors import Fault, NotSignedIn
from chalicelib.domain.person import Begun, Person
from tests.fuzz.hostile import FORM, JSON, MARK, MARKUP, VALUES, Sent
from tests.fuzz.judge import Found, Fuzzed, fuzzed, told
from tests.fuzz.staff_surface import SignOuts

REQUESTS = 3_000
SITE = "https://bansos.example.go.id"
IKD = "https://ikd.example/authorize?client_id=tepat&request_uri=urn"
NIK, NAME = "3510154903859901", "Wulanira Kinandira"
PERSON, SIGN_IN = "__Host-tepat_person", "__Host-tepat_person_sign_in"
ROUTES = (
    ("GET", "/v1/person"),
    ("GET", "/v1/person/sign-in"),
    ("GET", "/v1/person/callback"),
    ("POST", "/v1/person/sign-out"),
)
PLACES = (
    *("/v1/person", "/", "/status/"),
    *("/sanggah/", "/sanggah/saya/", "/sanggah/tanpa-nomor/"),
)


class PretendIkd:
    """Believes one code."""

    def sign_in_address(self, _begun: Begun) -> str:
        return IKD

    def person(self, _begun: Begun, answered: Any, _now: int) -> Person:
        if answered.get("code") != "good":
            raise NotSignedIn(Fault("ikd_not_finished"))
        return Person(NIK, NAME)


@dataclass
class PersonFuzz:
    """The routes of the sign-in over a world in memory."""

    public: Fuzzed
    met: Counter[str] = field(default_factory=Counter)

    def try_all(self, count: int) -> None:
        """Try so many requests."""
        for number in range(count):
            self.try_one(Random(f"person|{number}"))  # noqa: S311 - to be made again

    def try_one(self, random: Random) -> None:
        """Send a request and judge the answer."""
        method, path = random.choice(ROUTES)
        begun, signed = random.random() < 0.7, random.random() < 0.5
        origin = SITE if random.random() < 0.7 else random.choice((MARK, "null", "", SITE + "."))
        headers = {
            "accept": random.choice((JSON, "text/html", "*/*")),
            "content-type": random.choice((FORM, JSON, MARK)),
            "origin": origin,
            "cookie": self._cookies(random, begun=begun, signed=signed),
            "x-forwarded-for": MARK,
        }
        query = self._query(random)
        request = Sent(path, headers, MARKUP.encode(), query, method)
        self.public.lines.seek(0)
        self.public.lines.truncate()
        answer = self.public.call(request)
        status, text = answer["statusCode"], str(answer["body"])
        self.met[f"{method} {path} {status}"] += 1
        broken = self.public.faults(request, answer, self.public._stored())
        headers_back = str(answer["headers"]) + str(answer.get("multiValueHeaders"))
        for part in (NIK, NAME, MARK):
            if part in text + headers_back or part in self.public.lines.getvalue():
                broken.append("tells who it is, or what was sent")
        location = answer["headers"].get("Location", IKD)
        if location != IKD:
            broken.append(f"leads to {location}")
        if "http-equiv" in text and not any(f'url={place}"' in text for place in PLACES):
            broken.append("a page leads elsewhere")
        if path.endswith("callback") and status == 200 and not begun:
            broken.append("somebody is signed in who did not begin it")
        if path.endswith("sign-out") and status == 200 and origin != SITE:
            broken.append("a form of another page is taken")
        if broken:
            raise Found(told(request, answer, broken))

    def _cookies(self, random: Random, *, begun: bool, signed: bool) -> str:
        now = self.public.world.clock.now_ms() // 1000
        at = {"state": "right", "nonce": "n" * 32, "verifier": "v" * 64, "at": now}
        kept = {"begun": at, "to": random.choice(PLACES)}
        who = {"nik": NIK, "name": NAME, "session": f"s-{random.random()}", "since": now, "at": now}
        cookies = [MARK + "=" + MARK, "; ;=;\\"] if random.random() < 0.2 else []
        for name, value, wanted in ((SIGN_IN, kept, begun), (PERSON, who, signed)):
            sealed = sign_in_wiring.cookies().make(name, value, 60).partition(";")[0]
            if wanted:
                cookies.append(sealed)
            elif random.random() < 0.5:
                place = random.randrange(len(name) + 1, len(sealed) - 1)
                other = "A" if sealed[place] != "A" else "B"
                cookies.append(sealed[:place] + other + sealed[place + 1 :])
        return "; ".join(cookies)

    def _query(self, random: Random) -> dict[str, str] | None:
        if random.random() < 0.05:
            return None
        right = {"code": "good", "state": "right", "iss": "x", "to": random.choice(PLACES)}
        query = {name: text for name, text in right.items() if random.random() < 0.9}
        for _ in range(random.choice((0, 0, 1, 2))):
            wrong = str(random.choice((*VALUES, f"//{MARK}", f"https://{MARK}/", "/\r\nX: y")))
            query[random.choice((*right, MARK))] = wrong[:3_000]
        return query


@pytest.fixture
def sign_in(monkeypatch: pytest.MonkeyPatch) -> Iterator[PersonFuzz]:
    with fuzzed() as public:
        monkeypatch.setenv("TEPAT_SITE_ORIGIN", SITE)
        monkeypatch.setenv("TEPAT_IKD_ISSUER", "https://ikd.example")
        ended, ikd = SignOuts(), PretendIkd()
        monkeypatch.setattr(sign_in_wiring, "sign_outs", lambda: ended)
        monkeypatch.setattr(sign_in_wiring, "ikd", lambda: ikd)
        yield PersonFuzz(public)


def test_no_request_to_the_sign_in_breaks_a_promise(sign_in: PersonFuzz) -> None:
    sign_in.try_all(REQUESTS)
    for method, path in ROUTES:
        for status in sign_in.public.document["paths"][path][method.lower()]["responses"]:
            if status not in ("404", "503"):
                assert sign_in.met[f"{method} {path} {status}"], (path, status)


def any_place(patch: pytest.MonkeyPatch) -> None:
    from chalicelib.entrypoints import person_api, person_session

    begin = person_session.begin

    def lax(to: str) -> tuple[str, str]:
        return to or begin(to)[0], begin(to)[1]

    patch.setattr(person_session, "begin", lax)
    assert person_api.session() is person_session


def any_state(patch: pytest.MonkeyPatch) -> None:
    from chalicelib.entrypoints import person_session

    started = {"state": "right", "nonce": "n", "verifier": "v", "at": 2**40}
    read = person_session._read

    def lax(name: str, request: Any) -> Any:
        return read(name, request) or ({"begun": started, "to": "/"} if name == SIGN_IN else None)

    patch.setattr(person_session, "_read", lax)


def any_origin(patch: pytest.MonkeyPatch) -> None:
    from chalicelib.entrypoints import person_session

    patch.setattr(person_session, "check_origin", lambda _: None)


def the_name_is_told(patch: pytest.MonkeyPatch) -> None:
    from chalicelib.entrypoints import person_api

    state = person_api._state
    patch.setattr(person_api, "_state", lambda until, _to, *more: state(until, NAME, *more))


MISTAKES: dict[Callable[[pytest.MonkeyPatch], None], str] = {
    any_place: "leads to",
    any_state: "who did not begin it",
    any_origin: "a form of another page is taken",
    the_name_is_told: "tells who it is",
}


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.__name__)
def test_a_mistake_is_found(
    sign_in: PersonFuzz,
    mistake: Callable[[pytest.MonkeyPatch], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    mistake(monkeypatch)
    with pytest.raises(Found, match=MISTAKES[mistake]):
        sign_in.try_all(REQUESTS)
