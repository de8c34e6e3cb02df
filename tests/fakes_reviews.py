"""What officers of a dispute read in one call, in memory (`review_ports.Reviews`)."""

from __future__ import annotations

from dataclasses import dataclass, field

from chalicelib.adapters import dispute_items, ground_check_items
from chalicelib.adapters.review_table import SEEN_BY_OFFICERS
from chalicelib.domain.registration import Ref
from chalicelib.usecases.ports import Loaded
from chalicelib.usecases.review_ports import Beside, Whole
from tests.fakes_memory import FakeAws
from tests.fakes_refusals import check_batch


@dataclass
class FakeReviews:
    """Disputes with their cases and visits in memory."""

    aws: FakeAws = field(default_factory=FakeAws)

    def read(self, ref: Ref, beside: Beside | None) -> Whole | None:
        return self.aws.call("BatchGetItem", lambda: self._read(ref, beside))

    def _read(self, ref: Ref, beside: Beside | None) -> Whole | None:
        checks = beside.checks if beside else ()
        check_batch([dispute_items.dispute_key(ref), *map(ground_check_items.check_key, checks)])
        there = self.aws.disputes.get(ref)
        if there is None:
            return None
        found = ((part, self.aws.statements.get((ref.locator, part))) for part in SEEN_BY_OFFICERS)
        statements = {part: sealed for part, sealed in found if sealed is not None}
        if beside is None:
            return Whole(there, statements)
        found_checks = {each: self.aws.checks[each] for each in checks if each in self.aws.checks}
        adopted = self.aws.adopted.get(ref.village[:4])
        return Whole(there, statements, self._loaded(beside.case), adopted, found_checks)

    def _loaded(self, case: Ref) -> Loaded | None:
        there = self.aws.cases.get(case)
        items = (self.aws.vault.get((case.locator, order)) for order in ("0", "1"))
        vault = tuple(item for item in items if item is not None)
        return Loaded(there, vault) if there is not None else None
