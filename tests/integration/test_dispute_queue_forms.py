"""What officers send from a list: draw anew, a file, and never decide more than one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from chalicelib import wiring
from chalicelib.domain import adjudication
from chalicelib.domain.dispute import Dispute, Outcome, Vote
from chalicelib.domain.registration import Stamp
from tests.builders import VILLAGE
from tests.court import STAFF
from tests.desk import Desk, as_officer, ledger, reads
from tests.queueing import Make, maker, now, picking, shown, stored


@pytest.fixture
def make(desk: Desk) -> Make:
    """Stores disputes that wait."""
    return maker()


# --- drawing anew ---------------------------------------------------------------------------------


@pytest.fixture
def officers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everybody who may be drawn in these tests."""

    class Known:
        def of_region(self, _region: str) -> object:
            return STAFF

    monkeypatch.setattr(wiring, "officers", Known)


@pytest.mark.usefixtures("officers")
def test_a_supervisor_has_several_drawn_anew_and_is_told_of_each(desk: Desk, make: Make) -> None:
    first, second, third = make("officer-1"), make(level=2, days=40), make("officer-2")
    as_officer(desk, "officer-9", "supervisor")
    body = desk.get("/staff/oversight?kind=appeal")[1]
    assert f'name="pick_{first.ref.locator}" value="{first.version}"' in body
    old = replace(third, version=third.version - 1)
    code, body, _ = desk.post("/staff/redraws", **picking(first, second, old, kind="appeal"))
    assert (code, "2 dari 3 sanggah sudah diundi ulang." in body) == (200, True)
    assert "Sanggah ini berubah sejak daftar dibuka." in body
    assert 'href="/staff/oversight?kind=appeal"' in body
    assert now(third) == third
    for there in (first, second):
        after = now(there)
        assert after.officer not in ("", there.officer, "officer-9")
        assert after.officer[:8] in body
        (event,) = [
            entry
            for entry in ledger()
            if entry["sk"]["S"].startswith(there.ref.locator) and entry["act"]["S"] == "redrawn"
        ]
        assert event["actor"]["S"] == "staff:officer-9"
        assert event["reason"]["S"] == "officer_away"
    as_officer(desk, "officer-1", "reviewer")
    assert shown(desk, "/staff/disputes", first) == [False]
    assert desk.get(f"/staff/disputes/{first.ref.locator}")[0] == 404


@pytest.mark.usefixtures("officers")
def test_what_is_no_request_to_draw_changes_nothing(desk: Desk, make: Make) -> None:
    there = make("officer-1")
    as_officer(desk, "officer-9", "supervisor")
    many = {f"pick_B292Z3DM{a}{b}": "1" for a in "23456" for b in "23456"}
    for fields, told in (
        ({"reason": "officer_away"}, "Belum ada sanggah yang dipilih"),
        (picking(there, reason=""), "belum diisi"),
        (picking(there, reason="because"), ""),
        (picking(there, officer="officer-3"), ""),  # nobody is named
        (picking(there) | many, "paling banyak 20"),
        ({f"pick_{there.ref.locator}": "x", "reason": "officer_away"}, ""),
    ):
        code, body, _ = desk.post("/staff/redraws", **fields)
        assert (code, told in body) == (422, True), fields
    code, body, _ = desk.post("/staff/redraws", pick_2222222222="1", reason="officer_away")
    assert (code, "0 dari 1" in body) == (200, True)
    as_officer(desk, "officer-3", "reviewer")
    assert desk.post("/staff/redraws", **picking(there))[0] == 403
    as_officer(desk, "admin-1", "region_admin")
    assert desk.post("/staff/redraws", **picking(there))[0] == 403
    assert "pick_" not in desk.get("/staff/oversight")[1]
    assert now(there) == there


# --- taking a list out ----------------------------------------------------------------------------


def test_what_the_filter_shows_goes_out_and_is_in_the_ledger(desk: Desk, make: Make) -> None:
    late, fresh = make("officer-1", days=30), make("officer-2")
    elsewhere = make(region="3578012001")
    as_officer(desk, "officer-9", "supervisor")
    code, body, headers = desk.post("/staff/exports", due="late")
    assert code == 200
    assert headers["Content-Type"] == "text/csv; charset=utf-8"
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Content-Type-Options"] == "nosniff"
    (read,) = reads()
    number, reason = read
    assert reason == "export_1"
    assert 'attachment; filename="sanggah-3510-' in headers["Content-Disposition"]
    assert f"-{number}-officer.csv" in headers["Content-Disposition"]
    assert body.startswith(f'\ufeff"Ekspor {number} oleh akun officer-9 ')
    assert [there.ref.locator in body for there in (late, fresh, elsewhere)] == [True, False, False]
    as_officer(desk, "admin-1", "region_admin")
    body = desk.post("/staff/exports")[1]
    assert [there.ref.locator in body for there in (late, fresh, elsewhere)] == [True, True, False]


def test_no_file_goes_out_without_right_or_for_what_cannot_be_asked(desk: Desk, make: Make) -> None:
    there = make("officer-1")
    as_officer(desk, "officer-1", "reviewer")
    assert desk.post("/staff/exports")[0] == 403
    assert "/staff/exports" not in desk.get("/staff/disputes")[1]
    as_officer(desk, "officer-9", "supervisor")
    for fields in (
        {"kind": "neither"},
        {"village": VILLAGE},  # without its district nothing would be left of it
        {"village": VILLAGE, "district": "351001"},
        {"everything": "yes"},
    ):
        code, body, _ = desk.post("/staff/exports", **fields)
        assert (code, there.ref.locator in body) == (422, False), fields
    desk.origin = "https://elsewhere.example"
    assert desk.post("/staff/exports")[0] == 403
    assert reads() == []


def test_no_file_goes_out_that_the_ledger_does_not_have(
    desk: Desk, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = make("officer-1")
    as_officer(desk, "officer-9", "supervisor")
    monkeypatch.setattr(type(wiring.ledger()), "put_read", lambda *_: False)
    code, body, _ = desk.post("/staff/exports")
    assert (code, there.ref.locator in body) == (503, False)


VOTE = {"vote": "rejected:claim_unproven", "step": "recommend", "kind": "appeal"}


def voted_at_once(desk: Desk, routes: Any, one: Dispute, two: Dispute) -> set[str]:
    """Routes by which one request leaves votes on two disputes, whatever it says of them."""
    found = set()
    both = {f"pick_{each.ref.locator}": str(each.version) for each in (one, two)}
    for path, methods in routes.items():
        if "POST" not in methods:
            continue
        address = path.replace("{number}", one.ref.locator).replace("{locator}", one.ref.locator)
        seen = f"{one.version}.0"
        for fields in (VOTE | {"seen": seen}, VOTE | {"seen": seen} | both, VOTE | both, both):
            desk.post(address, **fields, number=two.ref.locator)
            desk.post(address, **fields)
            if now(one).votes and now(two).votes:
                found.add(path)
    return found


@pytest.mark.usefixtures("officers")
def test_no_route_decides_more_than_one(desk: Desk, make: Make) -> None:
    one, two = make("officer-1"), make("officer-1")
    as_officer(desk, "officer-1", "reviewer", "supervisor")
    app = desk.client._app
    routes = {p: m for p, m in app.routes.items() if p != "/staff/sign-out"}
    assert voted_at_once(desk, routes, one, two) == set()
    assert now(one).votes  # the route for one dispute was among them
    assert not now(two).votes


def test_a_route_that_decides_two_would_be_found(
    desk: Desk, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = make("officer-1"), make("officer-1")

    def both(_path: str, **_fields: str) -> None:
        for there in (one, two):
            if not now(there).votes:
                vote = Vote("staff:officer-1", Outcome.REJECTED, "claim_unproven", 1)
                stored(adjudication.recommend(there, vote, by("officer-1", there), due=1))

    monkeypatch.setattr(desk, "post", both)
    routes = {"/staff/everything": {"POST": None}}
    assert voted_at_once(desk, routes, one, two) == {"/staff/everything"}


def by(officer: str, there: Dispute) -> Stamp:
    return Stamp(wiring.clock.now_ms(), f"staff:{officer}", there.salt)
