"""Known mistakes of reports about agents, each the real system with one thing done wrong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from chalicelib.domain import misconduct
from chalicelib.domain.audit import Event, event_key
from chalicelib.domain.misconduct import Report
from chalicelib.domain.registration import Stamp
from chalicelib.usecases import conduct_report
from chalicelib.usecases.dispute_ports import CLAIM
from chalicelib.usecases.ports import Message, Sealed
from tests.simulation.bureau import Bureau
from tests.simulation.region import Region
from tests.simulation.region_stores import RegionReports

MACHINE = "system:conduct_dispute"


class _Region(Region):
    """The real region with another bureau."""

    bureau_of: type[Bureau] = Bureau

    def make_bureau(self) -> Bureau:
        return self.bureau_of(self)


class ReportsWithoutAVersion(_Region):
    """A step of a report is written over whatever stands there."""

    class Their(Bureau):
        class Reports(RegionReports):
            def _write(
                self, report: Report, before: int | None, event: Event, sealed: Sealed | None
            ) -> Report | None:
                there = self.aws.reports.get(report.ref)
                if there is not None and before is not None:
                    before = there.version
                    self.aws.events.pop(event_key(event), None)
                return super()._write(report, before, event, sealed)

        reports_of = Reports

    bureau_of = Their


class TextBesideTheReport(_Region):
    """What was written is stored in a call of its own, after the report is there."""

    class Their(Bureau):
        class Reports(RegionReports):
            def create(self, report: Report, event: Event, sealed: Sealed) -> Report | None:
                stands = self.aws.call(
                    "TransactWriteItems", lambda: self._write(report, None, event, None)
                )
                if stands is None:
                    key = report.ref.locator, CLAIM
                    self.aws.call("PutItem", lambda: self.aws.statements.__setitem__(key, sealed))
                return stands

        reports_of = Reports

    bureau_of = Their


class DrawnNearby(_Region):
    """Nobody asks where the agents of the district work besides."""

    class Their(Bureau):
        def conduct_ports(self) -> conduct_report.Ports:
            known = [each for each in self.officers if "agent" not in each.roles]
            return replace(super().conduct_ports(), officers=lambda: known)

    bureau_of = Their


class ATermClosesAReport(_Region):
    """What no supervisor has closed in time is closed as not shown."""

    class Their(Bureau):
        def conduct(self, messages: Sequence[Message]) -> list[Message]:
            now = self.region.clock.now_ms()
            for there in self.reports.load([each.ref for each in messages]).values():
                if there.officer and not there.ended and now >= there.due:
                    stamp = Stamp(now, f"staff:{there.officer}", there.salt)
                    moved, event = misconduct.close(there, "not_shown", stamp)
                    told = replace(event, actor=MACHINE)
                    self.reports.change(moved, told)
            return super().conduct(messages)

    bureau_of = Their


REPORT_MISTAKES: tuple[type[Region], ...] = (
    ReportsWithoutAVersion,
    TextBesideTheReport,
    DrawnNearby,
    ATermClosesAReport,
)
