"""Queues of disputes through the staff pages, on moto's tables: lists, filters, who sees what."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib import staff_wiring, wiring
from chalicelib.adapters.view_table import ViewTable
from chalicelib.domain.dispute import Kind
from chalicelib.usecases.view_ports import View
from tests.desk import Desk, as_officer, reads
from tests.disputing import DAY
from tests.queueing import VILLAGES, Make, maker, shown


@pytest.fixture
def make(desk: Desk) -> Make:
    """Stores disputes that wait."""
    return maker()


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
    counted = [body.split(f"{name}</a></dt><dd>")[1].partition("<")[0] for name in COUNTED]
    assert counted == ["3", "1", "1", "1"]
    for asked in ("due=late", "held=nobody", "level=1", "level=2"):
        assert f'<dt><a href="/staff/oversight?{asked}">' in body
    assert "Lewat " in desk.get("/staff/oversight?due=late")[1]
    as_officer(desk, "officer-1", "reviewer")
    body = desk.get("/staff/disputes")[1]
    assert '<dt><a href="/staff/disputes?due=late">Lewat batas</a></dt><dd>1</dd>' in body
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
