"""What every store of reports about agents promises: steps with their events, text, and lists."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest

from chalicelib.adapters.report_table import ReportTable
from chalicelib.domain import misconduct
from chalicelib.domain.audit import Event
from chalicelib.domain.evidence import PieceState
from chalicelib.domain.misconduct import Report
from chalicelib.domain.registration import Ref, Stamp, Work
from chalicelib.usecases.ports import Sealed
from chalicelib.usecases.report_ports import Reports
from tests.builders import MINUTE, REGION, SALT, VILLAGE
from tests.disputing import reported
from tests.fakes import START, FakeCaseStore
from tests.fakes_reports import FakeReports
from tests.stores import LOCAL, Backend, World, fake_world

SEALED = Sealed(b"sealed", b"key")


@dataclass
class Over:
    """A store of reports over the tables of a world."""

    world: World
    reports: Reports


@pytest.fixture(params=["fake", "moto", LOCAL])
def over(request: pytest.FixtureRequest) -> Over:
    if request.param == "fake":
        world = fake_world()
        assert isinstance(world.store, FakeCaseStore)
        return Over(world, FakeReports(world.store.aws))
    backend: Backend = request.getfixturevalue(f"{request.param}_backend")
    backend.clean()
    table = ReportTable(backend.client, backend.tables, sleep=lambda _: None, chance=lambda: 0.0)
    return Over(backend.world(), table)


def stamp(minute: int, actor: str = "system:conduct_dispute") -> Stamp:
    return Stamp(START + minute * MINUTE, actor, SALT)


def stored(over: Over) -> Report:
    report, event = reported()
    assert over.reports.create(report, event, SEALED) is None
    return report


def moved(over: Over, step: tuple[Report, Event]) -> Report:
    assert over.reports.change(*step) is None
    return step[0]


def test_a_report_stands_with_its_text_its_event_and_its_work(over: Over) -> None:
    there = stored(over)
    assert over.reports.load([there.ref]) == {there.ref: there}
    assert over.reports.read(there.ref) == (there, SEALED)
    assert over.reports.read(Ref(VILLAGE, "W5ABC33333")) is None
    assert dict(over.world.store.heads()) == {there.ref.locator: there.head}
    assert list(over.world.store.waiting(Work.REPORT, REGION, there.due, 9)) == [there.ref]
    assert list(over.world.store.waiting(Work.REPORT, REGION, there.due - 1, 9)) == []


def test_the_first_of_one_number_stands_and_a_repeat_meets_itself(over: Over) -> None:
    there = stored(over)
    assert over.reports.create(*reported(), SEALED) is None
    assert over.reports.create(*reported(salt=b"another salt 16b"), SEALED) == there


def test_a_step_is_written_over_the_version_before_it_and_once(over: Over) -> None:
    there = stored(over)
    drawn = misconduct.assign(there, "officer-10", stamp(1), due=START + 9 * MINUTE)
    other = misconduct.assign(there, "officer-12", stamp(2), due=START + 9 * MINUTE)
    assert over.reports.change(*drawn) is None
    assert over.reports.change(*drawn) is None
    assert over.reports.change(*other) == drawn[0]


def test_a_supervisor_s_list_and_what_is_closed_is_in_none(over: Over) -> None:
    there = stored(over)
    clean = replace(there.evidence[0].piece, state=PieceState.RELEASED, pages=1)
    screened = misconduct.screened(there, clean, stamp(1))
    assert screened is not None
    there = moved(over, screened)
    there = moved(over, misconduct.assign(there, "officer-10", stamp(2), due=START + MINUTE))
    there = moved(over, misconduct.hand_on(there, stamp(3), due=START + 9 * MINUTE))
    there = moved(over, misconduct.assign(there, "officer-12", stamp(4), due=START + 9 * MINUTE))
    assert list(over.reports.drawn_for(REGION, "officer-10", 9)) == []
    assert list(over.reports.drawn_for(REGION, "officer-12", 9)) == [there.ref]
    end = misconduct.close(there, "talked_to", stamp(5, "staff:officer-12"))
    there = moved(over, end)
    assert over.reports.load([there.ref]) == {there.ref: there}
    assert list(over.reports.drawn_for(REGION, "officer-12", 9)) == []
    assert list(over.world.store.waiting(Work.REPORT, REGION, START * 2, 9)) == []


def test_a_number_is_looked_up_beside_buckets_whether_or_not_it_is_there(over: Over) -> None:
    there = stored(over)
    assert over.reports.look(there.ref, ("L#x", "C#y")) == (there, (None, None))
    assert over.reports.look(None, ("L#x", "C#y")) == (None, (None, None))
