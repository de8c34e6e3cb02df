"""What officers have before them while hostile requests come: a dispute, a finding, a report.

All were drawn for whoever sends the requests. What a request does to them is undone before the
next, so that the thousandth meets what the first met.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from chalicelib.domain import misconduct, officer_profile
from chalicelib.domain.audit import Event, first_head
from chalicelib.domain.ground_check import Check
from chalicelib.domain.misconduct import Report
from chalicelib.domain.officer_profile import Profile
from chalicelib.domain.registration import Ref, Stamp
from chalicelib.usecases.dispute_ports import CLAIM
from chalicelib.usecases.ports import Sealed
from chalicelib.usecases.view_ports import View
from tests import court, visiting
from tests.fakes import FakeSealer
from tests.minted import SUBJECT
from tests.world import VILLAGE, World

SALT = b"s" * 16
OFFICER = replace(court.officer(1), sub=SUBJECT, roles=frozenset({"reviewer", "supervisor"}))
"""Whoever sends the requests, as they are known; near to nobody here."""


@dataclass
class OneReport:
    """Reports, of which there is one (`report_ports.Reports`)."""

    report: Report
    claim: Sealed

    def load(self, refs: Sequence[Ref]) -> Mapping[Ref, Report]:
        return {ref: self.report for ref in refs if ref == self.report.ref}

    def read(self, ref: Ref) -> tuple[Report, Sealed | None] | None:
        return (self.report, self.claim) if ref == self.report.ref else None

    def drawn_for(self, _region: str, officer: str, _limit: int) -> Sequence[Ref]:
        return [self.report.ref] if officer == self.report.officer else []

    def change(self, report: Report, _event: Event) -> Report | None:
        self.report = report
        return None


@dataclass
class Views:
    """Filters that officers keep (`view_ports.Views`)."""

    kept: dict[str, tuple[Sequence[View], int]] = field(default_factory=dict)

    def load(self, owner: str) -> tuple[Sequence[View], int]:
        return self.kept.get(owner, ((), 0))

    def put(self, owner: str, views: Sequence[View], version: int, _until: int) -> bool:
        self.kept[owner] = views, version
        return True


class NothingLeft:
    """Of what steps leave for others (`show_handovers.Handovers`)."""

    def of_region(self, *_: object) -> Sequence[Any]:
        return ()


class Matters:
    """A world's matters, and how to bring them back to where they were.

    Attributes:
        appeal, objection: locators of disputes; `appeal` waits for a recommendation.
        finding: of a check that would be decided otherwise; `visit` is one to be made.
        report: locator of a report.
    """

    def __init__(self, world: World, receipts: Sequence[str]) -> None:
        self.world = world
        there = court.Courtroom(world, staff=(OFFICER,))
        appeal = there.appeal_by(receipts[2], "appeal-000000000000001").dispute
        objection = there.screen(there.object(name="Contoh Bukan Siapa-siapa").dispute)
        there.conduct()
        self.appeal, self.objection = appeal.ref.locator, objection.ref.locator
        self.finding = self._check(receipts[4], "agent-1").ref.locator
        self.visit = self._check(receipts[6], SUBJECT, seen=False).ref.locator
        self.reports = OneReport(*self._report())
        self.views = Views()
        aws = world.aws
        self._disputes, self._checks = dict(aws.disputes), dict(aws.checks)
        self._report_then, self._events = self.reports.report, frozenset(aws.events)

    @property
    def report(self) -> str:
        return self.reports.report.ref.locator

    def bring_back(self) -> None:
        """Undo what was done to any of them since they were made."""
        aws = self.world.aws
        chains = {ref.locator for ref in (*aws.disputes, *aws.checks)}
        for key in [k for k, e in aws.events.items() if e.chain in chains]:
            if key not in self._events:
                del aws.events[key]
        for kept, then in ((aws.disputes, self._disputes), (aws.checks, self._checks)):
            kept.clear()
            kept.update(then)  # type: ignore[arg-type]
        aws.judges.clear()
        self.reports.report = self._report_then
        self.views.kept.clear()

    def number(self, route: str) -> str:
        """A number that is right for a route."""
        kinds = {"findings": self.finding, "reports": self.report, "agent": self.visit}
        return next((each for kind, each in kinds.items() if kind in route), self.appeal)

    def seen(self, route: str) -> str:
        """The versions that a form of a route tells as seen."""
        aws = self.world.aws
        if "reports" in route:
            return str(self.reports.report.version)
        ref = Ref(VILLAGE, self.number(route))
        there = aws.disputes.get(ref) or aws.checks[ref]
        if route.endswith("/visit"):
            return str(there.version)
        return f"{there.version}.{aws.cases[there.case].version}"

    def _check(self, receipt: str, agent: str, *, seen: bool = True) -> Check:
        there = visiting.Field(self.world, officers=[visiting.officer(agent)])
        check = there.sampled(self.world.find(receipt), f"a check for {agent}")
        if seen:
            there.visit(check, seen=visiting.RICH, remark="Rumah bertingkat.")
        return check

    def _report(self) -> tuple[Report, Sealed]:
        paper = misconduct.paper_of(self.world.index.mac, "report", self._village())
        ref, now = Ref(VILLAGE, paper.locator), self.world.clock.now_ms()
        secret, head = b"m" * 16, first_head(paper.locator)
        nothing = (misconduct.Stage.FILED, 0, "money_asked", b"r" * 16, b"d" * 32, secret, ())
        blank = Report(ref, *nothing, head, SALT)
        stamp = Stamp(now, "citizen", SALT)
        filed, _ = misconduct.file(blank, stamp, due=now + 1)
        drawn, _ = misconduct.assign(filed, SUBJECT, stamp, due=now + 10**9)
        return drawn, FakeSealer().seal(b'{"text": "Uang.", "day": ""}', f"{paper.locator}|{CLAIM}")

    def _village(self) -> int:
        return self.world.villages()[VILLAGE].index


def profile(locator: str, region: str) -> Profile:
    """The profile of whoever sends the requests."""
    blank = officer_profile.blank(Ref(region, locator), SUBJECT, SALT)
    return replace(blank, officer=OFFICER, version=1)
