"""Reports about agents in a region whose AWS has faults: who may be drawn, and what is done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any

from chalicelib.adapters.area_files import village_at
from chalicelib.domain import assignment, misconduct
from chalicelib.domain.assignment import Officer
from chalicelib.domain.evidence import Piece
from chalicelib.domain.misconduct import Report
from chalicelib.domain.registration import Ref
from chalicelib.usecases import conduct_report, file_report, review_report
from chalicelib.usecases.find_case import Caller
from chalicelib.usecases.ports import Message
from chalicelib.usecases.report_pieces import ReportPieces
from tests.court import DISTRICT, ELSEWHERE, PHOTO, STAFF, officer, terms
from tests.fakes import FakeOpener, FakeSealer
from tests.fakes_evidence import FakeGrants
from tests.simulation.patrol import field_staff
from tests.simulation.region_stores import RegionReports
from tests.world import REGION, VILLAGE

if TYPE_CHECKING:
    from tests.simulation.region import Region

REPORTER = Caller("203.0.113.9")
NEXT_DOOR, FARTHER = "351002", "351003"


def _placed(number: int, district: str, roles: str, *also: str) -> Officer:
    known = officer(number, district=district, roles=roles)
    return replace(known, village=f"{district}2001", districts=frozenset({district, *also}))


@cache
def everybody() -> tuple[Officer, ...]:
    """All of the region: three supervisors who may be drawn, and two who may not.

    One supervises the village's own district, and one a district in which an agent of the village
    works too.
    """
    return (
        *field_staff(),
        *STAFF,
        _placed(12, ELSEWHERE, "supervisor"),
        _placed(13, FARTHER, "supervisor", "351004"),
        _placed(14, NEXT_DOOR, "supervisor"),
        _placed(15, NEXT_DOOR, "agent", DISTRICT),
    )


SUPERVISORS = tuple(each.sub for each in everybody() if "supervisor" in each.roles)


class Bureau:
    """What people and machines do with reports about agents; mistakes bring their own."""

    reports_of: type[RegionReports] = RegionReports

    def __init__(self, region: Region) -> None:
        self.region = region
        self.officers: Sequence[Officer] = everybody()
        self.reports = self.reports_of(region.aws)
        self.terms = terms()

    def file(self, key: str, text: str, photos: int) -> file_report.Reported:
        """Report an agent, with so many photos."""
        form = {"reason": "money_asked", "village": VILLAGE, "text": text, "photos": photos}
        complaint = file_report.Complaint(
            key, "money_asked", VILLAGE, "2026-11-01", text, (PHOTO,) * photos, form, REPORTER
        )
        return file_report.file_report(complaint, self.file_ports())

    def look(self, paper: str, caller: Caller = REPORTER) -> Report:
        """Look what became of a report, by its number."""
        return file_report.find_report(paper, caller, self.file_ports())

    def file_ports(self) -> file_report.Ports:
        """What reporting needs."""
        region = self.region
        return file_report.Ports(
            region.clock,
            region.random,
            region.index,
            FakeSealer(),
            self.reports,
            region.limits,
            FakeGrants(),
            self.terms,
            region.villages(),
            _village_of,
        )

    def screen(self, owner: Ref, piece: Piece) -> bool:
        """Keep what screening found of a photo."""
        return ReportPieces(self.region.clock, self.reports).settle(owner, piece)

    def conduct(self, messages: Sequence[Message]) -> list[Message]:
        """Take reports as far as a machine may."""
        return conduct_report.conduct_reports(messages, self.conduct_ports())

    def conduct_ports(self) -> conduct_report.Ports:
        """What conducting needs."""
        mac = self.region.index.mac
        return conduct_report.Ports(
            self.region.clock,
            self.reports,
            lambda: self.officers,
            lambda day: assignment.day_key(mac, day),
            self.terms,
        )

    def open(self, ref: Ref, actor: str) -> tuple[Report, Any]:
        """Open a report, as somebody."""
        return review_report.open_report(ref, actor, self.review_ports())

    def close(self, ref: Ref, actor: str, outcome: str, seen: int) -> Report:
        """Close a report, as somebody who was looking at a version of it."""
        return review_report.close_report(ref, actor, outcome, seen, self.review_ports())

    def review_ports(self) -> review_report.Ports:
        """What opening and closing needs."""
        region = self.region
        return review_report.Ports(
            region.clock,
            region.random,
            FakeOpener(region.aws),
            self.reports,
            region.ledger,
            self.terms,
        )


@cache
def _village_of(locator: str) -> str | None:
    village = village_at(REGION, misconduct.village_index(locator))
    return None if village is None else village.code


def may_be_drawn(there: Report) -> set[str]:
    """Supervisors who may be drawn for a report now, told apart from how the code tells it.

    Nobody from the district, nor from any district of an agent who works or lives in it.
    """
    here = there.ref.village[:6]
    places = {each.sub: {each.village[:6], *each.districts} for each in everybody()}
    agents = {each.sub for each in everybody() if "agent" in each.roles}
    shut = {here}.union(*(places[sub] for sub in agents if here in places[sub]))
    free = {sub for sub in SUPERVISORS if not places[sub] & shut}
    return free - set(there.passed)
