"""Hostile visits: what an agent's phone, or somebody who pretends to be one, may send."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random
from typing import Any

import pytest

from chalicelib import wiring
from chalicelib.usecases import carry_out_check
from tests.fakes_checks import FakeGroundChecks
from tests.fakes_evidence import FakeGrants
from tests.fuzz.hostile import FORM, JSON, MARK, Maker, Sent
from tests.fuzz.judge import Found, Fuzzed, fuzzed
from tests.minted import NOW as TOKEN_TIME
from tests.minted import SUBJECT
from tests.visiting import HOUR, Field, officer
from tests.world import World

VISIT, REMARK = "/v1/agent/checks/{locator}", "/v1/agent/checks/{locator}/remarks"
BODIES = {VISIT: "VisitBody", REMARK: "RemarkBody"}
NOW = datetime.fromtimestamp(TOKEN_TIME, tz=UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
FAMILIES, REQUESTS = 24, 1_200
# A body too large is met with on the other paths; the store refuses nobody here.
LEFT_OUT = {"413", "503"}


@dataclass
class Phones(Maker):
    """Makes visits and remarks, of checks that are there and of others."""

    numbers: list[str] = field(default_factory=list)

    def visit(self) -> tuple[Sent, str]:
        """A request and the number in its address."""
        self.how = []
        path = self.random.choices((VISIT, REMARK), (4, 1))[0]
        right = self.chance(0.75)
        body: Any = self._sense(path) if right else self._of(self.schemas[BODIES[path]])
        for _ in range(self.random.choice((0, 0, 0, 1, 2))):
            body = self._broken(body, path)
        as_form = self.chance(0.1)
        raw = self._form(body) if as_form else self._json(body)
        if self.chance(0.05):
            raw = self._bytes(raw)
        headers = self._headers(path, FORM if as_form else JSON)
        number = self.random.choice(self.numbers)
        if self.chance(0.1):
            number = self.random.choice(("2" * 10, MARK, "x", "0" * 10, number[::-1], "%00"))
        return Sent(path, headers, raw, how=tuple(self.how)), number

    def _sense(self, path: str) -> dict[str, Any]:
        if path == REMARK:
            return {"text": f"Catatan {MARK}"}
        met = self.chance(0.7)
        moment = self.random.choice((NOW,) * 6 + ("2026-09-01T00:00:00Z",))
        told: dict[str, Any] = {"taken_at": moment, "outcome": "met" if met else "not_home"}
        if met:
            told |= {"answers": {"rooms": 3}, "counts": {"people": 4}, "head": {}}
        if self.chance(0.5):
            told["place"] = {"lat": "-8.2", "lon": "114.3", "metres": 9}
            told["remark"] = f"Rumah {MARK}"
        if self.chance(0.3):
            told["photos"] = [{"type": "jpeg", "size": 100_000}]
        return told


@pytest.fixture
def surface(monkeypatch: pytest.MonkeyPatch) -> Iterator[Fuzzed]:
    with fuzzed() as found:
        monkeypatch.setattr(wiring, "ground_checks", lambda: FakeGroundChecks(found.world.aws))
        monkeypatch.setattr(wiring, "grants", FakeGrants)
        yield found


def waiting(surface: Fuzzed) -> list[str]:
    """A new world whose families wait for visits, most of them by the agent of our token."""
    world = World()
    world.clock.now = TOKEN_TIME * 1000 - HOUR
    surface.world = world
    there = Field(world, officers=[officer(SUBJECT)])
    for place in range(FAMILIES):
        there.family(9901 + 2 * place, rooms=None)
        if place == FAMILIES - 4:
            there.send()
            there.officers = [officer("somebody-else")]
    there.send()
    world.clock.now = TOKEN_TIME * 1000
    return [ref.locator for ref in world.aws.checks]


def tried(surface: Fuzzed, seed: int, numbers: list[str]) -> None:
    """Send one and judge the answer."""
    made = Phones(Random(seed), surface.receipts, surface.wrong, surface.schemas, numbers=numbers)  # noqa: S311 - to be made again
    request, number = made.visit()
    app = surface.app

    def placed(event: dict[str, Any], context: object) -> Any:
        place = {"pathParameters": {"locator": number}}
        return app(event | place | {"path": event["path"].replace("{locator}", number)}, context)

    before = surface._stored()
    surface.lines.seek(0)
    surface.lines.truncate()
    surface.app = placed
    try:
        answer = surface.call(request)
    finally:
        surface.app = app
    surface.met[f"{request.path} {answer['statusCode']}"] += 1
    broken = surface.faults(request, answer, before)
    if broken:
        raise Found(f"{seed}: {broken} {number} {request} {answer['body'][:600]}")


def many(surface: Fuzzed, count: int) -> None:
    """Send so many, on a new world now and then."""
    numbers: list[str] = []
    for seed in range(count):
        if seed % 200 == 0:
            numbers = waiting(surface)
        tried(surface, seed, numbers)


def test_no_visit_breaks_a_promise(surface: Fuzzed) -> None:
    many(surface, REQUESTS)
    paths = surface.document["paths"]
    documented = {
        f"{path} {status}" for path in BODIES for status in paths[path]["post"]["responses"]
    }
    missed = {each for each in documented - surface.met.keys() if each[-3:] not in LEFT_OUT}
    assert missed == set(), "these requests look at nothing"
    assert surface.met[f"{VISIT} 201"] > REQUESTS / 20


def test_a_finding_that_anybody_may_send_is_found(
    surface: Fuzzed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The judge sees it when the token is not looked at."""
    from chalicelib.entrypoints import staff_session

    claims = type("Claims", (), {"subject": SUBJECT})()
    monkeypatch.setattr(staff_session, "require_bearer", lambda *_: claims)
    with pytest.raises(Found, match="without the right was let in"):
        many(surface, 300)


def test_a_refusal_that_keeps_something_is_found(
    surface: Fuzzed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The judge sees it when an answer that cannot be is kept before it is refused."""
    refuse = carry_out_check._refuse

    def kept(visit: Any, check: Any, ports: Any) -> None:
        surface.world.aws.events["x", str(len(surface.world.aws.events))] = None  # type: ignore[assignment]
        refuse(visit, check, ports)

    monkeypatch.setattr(carry_out_check, "_refuse", kept)
    with pytest.raises(Found, match="a refusal stored something"):
        many(surface, 300)
