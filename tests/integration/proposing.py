"""A region with a few decided families, and an administrator who proposes there: a fixture."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib import wiring
from chalicelib.domain import adoption
from chalicelib.usecases import relay
from tests.adopting import family_form
from tests.desk import Desk
from tests.world import VILLAGE, artefact, rule_set

LEAST = 4  # families of these tests; a hundred are counted in tests/unit/test_adoption.py


@pytest.fixture
def region(public_api: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A region of one village with a few decided families."""
    monkeypatch.setattr(adoption, "FEWEST", LEAST)
    monkeypatch.setattr(relay, "DELAY_S", {})  # a queue's delay is real time, the clock is not
    (village,) = [each for each in wiring.villages().values() if each.code == VILLAGE]
    monkeypatch.setattr(wiring, "villages", lambda: {VILLAGE: village})
    for number in range(LEAST):
        form = family_form(artefact(), number, VILLAGE)
        assert public_api.post("/v1/registrations", form, key=f"crowd-{number:016}")[0] == 201
    public_api.settle()
    return public_api


def propose(desk: Desk, key: str = "p" * 20, **changes: str) -> tuple[int, str, dict[str, Any]]:
    fields = {"key": key, "model": artefact().sha256, "rules": rule_set().sha256}
    return desk.post("/staff/adoptions", **fields | changes)


def number_of(headers: dict[str, Any]) -> str:
    return str(headers["Location"]).rpartition("/")[2]
