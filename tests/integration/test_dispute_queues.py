"""Queues of disputes through the staff pages, on moto's tables: lists, filters, who sees what."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from chalicelib import wiring
from chalicelib.domain import dispute
from chalicelib.domain.dispute import Dispute, Kind
from chalicelib.domain.registration import Ref, Stamp
from tests.desk import Desk, reads
from tests.disputing import DAY, blank, statements

VILLAGES = ("3510152010", "3510012001")
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
        there = replace(there, ref=Ref(region or village, there.ref.locator))
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
