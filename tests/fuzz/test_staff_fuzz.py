"""Hostile requests at the staff surface: without a session, with one, and with the wrong one."""

from __future__ import annotations

import importlib
from collections.abc import Iterator

import pytest

from tests.fuzz.judge import Found
from tests.fuzz.staff_requests import NEVER, OPEN, REFUSALS, ROUTES, StaffFuzz
from tests.fuzz.staff_surface import staff_surface
from tests.minted import NOW

REQUESTS = 3_000


@pytest.fixture
def staff() -> Iterator[StaffFuzz]:
    with staff_surface() as surface:
        yield surface


def test_no_request_to_staff_breaks_a_promise(staff: StaffFuzz) -> None:
    assert staff.fuzzed.world.clock.now_ms() // 1000 >= NOW
    staff.try_all(REQUESTS)
    for method, route in ROUTES:
        answers = {int(each[-3:]) for each in staff.met if each.startswith(f"{method} {route} ")}
        assert answers & {200, 201, 302, 303} or route in NEVER, route
        assert answers & {*REFUSALS, 302} or route in OPEN, route


def test_every_route_of_the_staff_surface_is_tried(staff: StaffFuzz) -> None:
    routes = {(method, path) for path, methods in staff.app.routes.items() for method in methods}
    assert routes == set(ROUTES)


def test_a_door_left_open_is_found(staff: StaffFuzz, monkeypatch: pytest.MonkeyPatch) -> None:
    module = importlib.import_module("chalicelib.entrypoints.staff_api")
    monkeypatch.setattr(module.tokens, "require", lambda *_: None)
    with pytest.raises(Found, match="who may not"):
        staff.try_all(REQUESTS)
