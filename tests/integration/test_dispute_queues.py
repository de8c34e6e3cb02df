"""Queues of disputes through the staff pages, on moto's tables: lists, filters, who sees what."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from chalicelib import staff_wiring, wiring
from chalicelib.adapters.view_table import ViewTable
from chalicelib.domain import dispute
from chalicelib.domain.dispute import Dispute, Kind, Outcome, Vote
from chalicelib.domain.registration import Ref, Stamp
from chalicelib.usecases.view_ports import View
from tests.builders import VILLAGE
from tests.court import STAFF
from tests.desk import Desk, ledger, reads
from tests.disputing import DAY, blank, statements

VILLAGES = (VILLAGE, "3510012001")
Make = Callable[..., Dispute]


@pytest.fixture
def make(desk: Desk) -> Make:
    """Store a dispute that waits for an officer, drawn for somebody or nobody."""

    def made(
        officer: str = "",
        *,
        days: int = 0,
        village: str = VILLAGES[0],
        kind: Kind = Kind.APPEAL,
        concerns: tuple[str, ...] = (),
        level: int = 0,
        region: str = "",
    ) -> Dispute:
        number = len(numbers)
        at = wiring.clock.now_ms() - days * DAY
        there = blank(kind, key=f"queued-{number}", place=1 + number % 9)
        place = wiring.villages()[VILLAGE].index
        locator = dispute.locator_of(wiring.index().mac, f"queued {number}", place)
        there = replace(there, ref=Ref(region or village, locator))
        there, event = dispute.file(there, stamp(there, at), due=at + DAY)
        assert wiring.disputes().create(there, event, statements(there)) is None
        step = dispute.to_review(there, stamp(there, at), due=at + 5 * DAY, concerns=concerns)
        there = stored(step)
        if level:
            there = stored(dispute.escalate(there, level, stamp(there, at), due=at + 9 * DAY))
        if officer:
            there = stored(dispute.assign(there, officer, stamp(there, at), level=level))
        numbers.append(there.ref.locator)
        return there

    numbers: list[str] = []
    return made


def stamp(there: Dispute, at: int) -> Stamp:
    return Stamp(at, "system:tests", there.salt)


def stored(step: tuple[Dispute, Any]) -> Dispute:
    assert wiring.disputes().change(*step) is None
    return step[0]


def as_officer(desk: Desk, subject: str, *groups: str) -> Desk:
    desk.jar.clear()
    desk.login.subject = subject
    return desk.sign_in(*groups)


def shown(desk: Desk, address: str, *disputes: Dispute) -> list[bool]:
    code, body, _ = desk.get(address)
    assert code == 200
    return [there.ref.locator in body for there in disputes]


def test_my_queue_is_mine_and_the_regions_is_for_those_who_watch(desk: Desk, make: Make) -> None:
    own, other, nobodys = make("officer-1"), make("officer-2"), make()
    elsewhere = make(region="3578012001")
    everything = (own, other, nobodys, elsewhere)
    as_officer(desk, "officer-1", "reviewer")
    assert shown(desk, "/staff/disputes", *everything) == [True, False, False, False]
    assert desk.get("/staff/oversight")[0] == 403
    as_officer(desk, "officer-9", "supervisor")
    assert shown(desk, "/staff/disputes", *everything) == [False] * 4
    assert shown(desk, "/staff/oversight", *everything) == [True, True, True, False]
    as_officer(desk, "admin-1", "region_admin")
    assert shown(desk, "/staff/oversight", *everything) == [True, True, True, False]
    assert reads() == []  # nobody's data is on a list, so nothing was opened


def test_an_address_asks_for_some_of_them(desk: Desk, make: Make) -> None:
    plain = make("officer-1")
    late = make("officer-2", days=30, level=1)
    flagged = make(village=VILLAGES[1], concerns=("no_evidence",))
    objection = make("officer-2", kind=Kind.OBJECTION)
    everything = (plain, late, flagged, objection)
    as_officer(desk, "officer-9", "supervisor")
    for query, expected in (
        ("kind=objection", [False, False, False, True]),
        ("due=late", [False, True, False, False]),
        ("level=1", [False, True, False, False]),
        ("flagged=yes", [False, False, True, False]),
        ("held=nobody", [False, False, True, False]),
        (f"district={VILLAGES[1][:6]}", [False, False, True, False]),
        (f"district={VILLAGES[0][:6]}&village={VILLAGES[0]}", [True, True, False, True]),
        ("stage=split", [False] * 4),
        ("kind=appeal&held=somebody&level=0", [True, False, False, False]),
        ("kind=neither&page=x", [True] * 4),
    ):
        assert shown(desk, f"/staff/oversight?{query}", *everything) == expected, query
    body = desk.get("/staff/oversight?level=1")[1]
    assert "Disaring: Di penyelia" in body
    assert 'value="1" selected' in body


def test_how_many_are_late_and_with_whom_stands_at_the_head(desk: Desk, make: Make) -> None:
    make("officer-1")
    make("officer-1", days=30)
    make("officer-2", days=30, level=1)
    make(days=30, level=2)
    as_officer(desk, "officer-9", "supervisor")
    body = desk.get("/staff/oversight?kind=objection")[1]
    counted = [body.split(f"<dt>{name}</dt><dd>")[1].partition("<")[0] for name in COUNTED]
    assert counted == ["3", "1", "1", "1"]
    assert "Lewat " in desk.get("/staff/oversight?due=late")[1]
    as_officer(desk, "officer-1", "reviewer")
    body = desk.get("/staff/disputes")[1]
    assert "<dt>Lewat batas</dt><dd>1</dd>" in body
    assert "Di kabupaten" not in body.partition("<details")[0]


COUNTED = ("Lewat batas", "Belum ada petugasnya", "Sudah di penyelia", "Sudah di kabupaten")


def test_more_than_a_page_are_turned_over(
    desk: Desk, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chalicelib.usecases.show_queue.PAGE", 2)
    three = [make(days=days) for days in (30, 20, 10)]
    as_officer(desk, "officer-9", "supervisor")
    assert shown(desk, "/staff/oversight?kind=appeal", *three) == [True, True, False]
    assert "/staff/oversight?kind=appeal&page=2" in desk.get("/staff/oversight?kind=appeal")[1]
    assert shown(desk, "/staff/oversight?kind=appeal&page=2", *three) == [False, False, True]
    assert shown(desk, "/staff/oversight?page=999", *three) == [False, False, True]


# --- drawing anew ---------------------------------------------------------------------------------


@pytest.fixture
def officers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everybody who may be drawn in these tests."""

    class Known:
        def of_region(self, _region: str) -> object:
            return STAFF

    monkeypatch.setattr(wiring, "officers", Known)


def picking(*disputes: Dispute, **fields: str) -> dict[str, str]:
    picks = {f"pick_{there.ref.locator}": str(there.version) for there in disputes}
    return picks | {"reason": "officer_away"} | fields


def now(there: Dispute) -> Dispute:
    return wiring.disputes().load([there.ref])[there.ref]


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
                stored(dispute.recommend(there, vote, by("officer-1", there), due=1))

    monkeypatch.setattr(desk, "post", both)
    routes = {"/staff/everything": {"POST": None}}
    assert voted_at_once(desk, routes, one, two) == {"/staff/everything"}


def by(officer: str, there: Dispute) -> Stamp:
    return Stamp(wiring.clock.now_ms(), f"staff:{officer}", there.salt)


# --- filters under a name -------------------------------------------------------------------------


def saving(name: str, place: str = "region", **asked: str) -> dict[str, str]:
    return {"name": name, "place": place, **(asked or {"due": "late"})}


def test_a_filter_is_kept_under_a_name_for_its_officer_alone(desk: Desk, make: Make) -> None:
    make("officer-9")
    as_officer(desk, "officer-9", "supervisor")
    assert 'action="/staff/views"' not in desk.get("/staff/oversight")[1]
    assert 'action="/staff/views"' in desk.get("/staff/oversight?due=late")[1]
    code, _, headers = desk.post("/staff/views", **saving("Terlambat, Srono"))
    assert (code, headers["Location"]) == (303, "/staff/oversight?due=late")
    link = '<a href="/staff/oversight?due=late">Terlambat, Srono</a>'
    assert link in desk.get("/staff/oversight")[1]
    assert "Terlambat" not in desk.get("/staff/disputes")[1]
    # The same name again is another filter in its place.
    desk.post("/staff/views", **saving("Terlambat, Srono", level="2"))
    body = desk.get("/staff/oversight?level=2")[1]
    assert body.count("Terlambat, Srono</a>") == 1
    assert 'href="/staff/oversight?level=2" aria-current="page">Terlambat' in body
    as_officer(desk, "officer-10", "supervisor")
    assert "Terlambat" not in desk.get("/staff/oversight")[1]
    desk.post("/staff/views/delete", name="Terlambat, Srono", place="region")
    as_officer(desk, "officer-9", "supervisor")
    assert "Terlambat, Srono" in desk.get("/staff/oversight")[1]
    code, _, headers = desk.post("/staff/views/delete", name="Terlambat, Srono", place="region")
    assert (code, headers["Location"]) == (303, "/staff/oversight")
    assert "Terlambat" not in desk.get("/staff/oversight")[1]
    assert desk.post("/staff/views/delete", name="Terlambat, Srono", place="region")[0] == 303


def test_what_is_no_name_and_no_filter_is_not_kept(desk: Desk) -> None:
    as_officer(desk, "officer-9", "supervisor")
    for fields in (
        saving("3510154903859901"),  # somebody's number
        saving("NIK 3510 1549 0385"),
        saving("<b>tebal</b>"),
        saving("=1+1"),
        saving("x" * 31),
        saving(" "),
        saving("Semua", kind=""),
        saving("Salah", kind="neither"),
        saving("Salah", place="everywhere"),
        saving("Salah") | {"officer": "officer-1"},
    ):
        assert desk.post("/staff/views", **fields)[0] == 422, fields
    for number in range(10):
        assert desk.post("/staff/views", **saving(f"Tampilan {number}"))[0] == 303
    code, body, _ = desk.post("/staff/views", **saving("Satu lagi"))
    assert (code, "Paling banyak 10 tampilan" in body) == (422, True)
    assert desk.post("/staff/views", **saving("Tampilan 3", kind="appeal"))[0] == 303
    as_officer(desk, "officer-1", "reviewer")
    assert desk.post("/staff/views", **saving("Semua"))[0] == 403
    assert desk.post("/staff/views", **saving("Milik saya", place="mine"))[0] == 303
    assert "Milik saya</a>" in desk.get("/staff/disputes")[1]


def test_of_two_windows_neither_loses_a_filter(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    views = staff_wiring.view_ports().views
    as_officer(desk, "officer-9", "supervisor")
    real, between = ViewTable.put, [View("Jendela lain", "region", {"kind": "appeal"})]

    def meanwhile(table: ViewTable, owner: str, *rest: Any) -> bool:
        if between:
            assert real(table, owner, [between.pop()], 1, wiring.clock.now_ms() + DAY)
        return real(table, owner, *rest)

    monkeypatch.setattr(ViewTable, "put", meanwhile)
    assert desk.post("/staff/views", **saving("Jendela ini"))[0] == 303
    kept, version = views.load("officer-9")
    assert ([each.name for each in kept], version) == (["Jendela ini", "Jendela lain"], 2)
