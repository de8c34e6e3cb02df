"""Reports about agents in memory, over what all fakes of a test share (`fakes`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from chalicelib.adapters import dispute_items, report_items
from chalicelib.adapters.registry_table import TablesDisagreeError
from chalicelib.adapters.report_table import MAX_LOADED
from chalicelib.domain.audit import Event, event_key
from chalicelib.domain.misconduct import Report
from chalicelib.domain.registration import Ref
from chalicelib.usecases.dispute_ports import CLAIM, Statement
from chalicelib.usecases.ports import Bucket, Sealed
from tests.fakes_memory import FakeAws
from tests.fakes_refusals import check_batch, check_event, check_item, check_key, refused

_TRANSACT = "TransactWriteItems"


@dataclass
class FakeReports:
    """Reports in memory (`report_ports.Reports`)."""

    aws: FakeAws = field(default_factory=FakeAws)

    def create(self, report: Report, event: Event, sealed: Sealed) -> Report | None:
        statement = Statement(CLAIM, sealed)
        check_item(_TRANSACT, dispute_items.statement_to_item(report.ref.locator, statement))
        return self.aws.call(_TRANSACT, lambda: self._write(report, None, event, sealed))

    def change(self, report: Report, event: Event) -> Report | None:
        before = report.version - 1
        return self.aws.call(_TRANSACT, lambda: self._write(report, before, event, None))

    def load(self, refs: Sequence[Ref]) -> Mapping[Ref, Report]:
        if len(refs) > MAX_LOADED:
            raise ValueError("at most 60 reports are read in one call")
        if not refs:
            return {}

        def read() -> Mapping[Ref, Report]:
            check_batch([report_items.report_key(ref) for ref in refs])
            return {ref: self.aws.reports[ref] for ref in refs if ref in self.aws.reports}

        return self.aws.call("BatchGetItem", read)

    def read(self, ref: Ref) -> tuple[Report, Sealed | None] | None:
        def read() -> tuple[Report, Sealed | None] | None:
            check_batch([report_items.report_key(ref)])
            there = self.aws.reports.get(ref)
            return there and (there, self.aws.statements.get((ref.locator, CLAIM)))

        return self.aws.call("BatchGetItem", read)

    def look(
        self, ref: Ref | None, buckets: Sequence[str]
    ) -> tuple[Report | None, tuple[Bucket | None, ...]]:
        def read() -> tuple[Report | None, tuple[Bucket | None, ...]]:
            check_batch([(name, "B") for name in buckets])
            there = self.aws.reports.get(ref) if ref is not None else None
            return there, tuple(self.aws.buckets.get(name) for name in buckets)

        return self.aws.call("BatchGetItem", read)

    def drawn_for(self, region: str, officer: str, limit: int) -> Sequence[Ref]:
        def read() -> Sequence[Ref]:
            own = report_items.officer_key(region, officer)
            check_key("Query", of=own)
            if limit < 1:
                raise refused("Query", "a limit is 1 or more")
            items = ((report_items.report_to_item(each), ref) for ref, each in self._kept())
            due = sorted(
                (str(item["due"]), ref.village, ref.locator)
                for item, ref in items
                if item.get("of") == own
            )
            return [Ref(village, locator) for _, village, locator in due[:limit]]

        return self.aws.call("Query", read)

    def _kept(self) -> list[tuple[Ref, Report]]:
        return list(self.aws.reports.items())

    def _write(
        self, report: Report, before: int | None, event: Event, sealed: Sealed | None
    ) -> Report | None:
        """All or nothing, as the adapter's transaction; what stands there when it is refused."""
        check_item(_TRANSACT, report_items.report_to_item(report))
        check_event(_TRANSACT, event)
        there = self.aws.reports.get(report.ref)
        if (there.version if there else None) != before:
            if there is None:
                raise TablesDisagreeError("a step of what was never reported")
            return None if there.head == report.head else there
        written = sealed is not None and (report.ref.locator, CLAIM) in self.aws.statements
        if written or event_key(event) in self.aws.events:
            raise TablesDisagreeError("vault or ledger hold what the registry does not know")
        self._put(report, event, sealed)
        return None

    def _put(self, report: Report, event: Event, sealed: Sealed | None) -> None:
        self.aws.reports[report.ref] = report
        self.aws.events[event_key(event)] = event
        if sealed is not None:
            self.aws.statements[report.ref.locator, CLAIM] = sealed
