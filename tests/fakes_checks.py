"""Ground checks and samples in memory, over what all fakes of a test share (`fakes`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from chalicelib.adapters import dispute_items, ground_check_items, registry_items
from chalicelib.adapters.ground_check_table import MAX_LOADED
from chalicelib.adapters.registry_table import TablesDisagreeError
from chalicelib.domain.assignment import Judges
from chalicelib.domain.audit import Event, event_key
from chalicelib.domain.check_sample import Sample
from chalicelib.domain.ground_check import Check
from chalicelib.domain.registration import Ref
from chalicelib.usecases.check_ports import PARTS, DisputeStep, Opened, Stands
from chalicelib.usecases.dispute_ports import CaseStep, Statement
from tests.fakes_memory import FakeAws
from tests.fakes_refusals import check_batch, check_event, check_item, check_key

_TRANSACT = "TransactWriteItems"


@dataclass
class FakeGroundChecks:
    """Ground checks in memory (`check_ports.GroundChecks` and `check_ports.Samples`)."""

    aws: FakeAws = field(default_factory=FakeAws)

    def create(
        self, check: Check, event: Event, *, dispute: DisputeStep | None = None
    ) -> Stands | None:
        def write() -> Stands | None:
            stands = self._stands(check, None, None, dispute)
            if stands is not None and not _is_own(stands, check):
                return stands
            if stands is None:
                self._put(check, [event], (), None, dispute)
            return None

        return self.aws.call(_TRANSACT, lambda: _checked(write, check, event))

    def change(
        self,
        check: Check,
        event: Event,
        *,
        statements: Sequence[Statement] = (),
        case: CaseStep | None = None,
        judges: Judges | None = None,
    ) -> Stands | None:
        def write() -> Stands | None:
            stands = self._stands(check, check.version - 1, case, None, judges)
            if stands is not None and not _is_own(stands, check):
                return stands
            if stands is None:
                self._put(check, [event], statements, case, None)
                if judges is not None:
                    check_item(_TRANSACT, registry_items.judges_to_item(judges))
                    self.aws.judges[judges.case] = judges
            return None

        return self.aws.call(_TRANSACT, lambda: _checked(write, check, event))

    def forget(self, check: Check, event: Event) -> Stands | None:
        def write() -> Stands | None:
            stands = self._stands(check, check.version - 1, None, None)
            if stands is not None and not _is_own(stands, check):
                return stands
            if stands is None:
                self._put(check, [event], (), None, None)
                for part in PARTS:
                    self.aws.statements.pop((check.ref.locator, part), None)
            return None

        return self.aws.call(_TRANSACT, lambda: _checked(write, check, event))

    def load(self, refs: Sequence[Ref]) -> Mapping[Ref, Check]:
        if len(refs) > MAX_LOADED:
            raise ValueError("at most 60 checks are read in one call")
        if not refs:
            return {}

        def read() -> Mapping[Ref, Check]:
            check_batch([ground_check_items.check_key(ref) for ref in refs])
            return {ref: self.aws.checks[ref] for ref in refs if ref in self.aws.checks}

        return self.aws.call("BatchGetItem", read)

    def read(self, ref: Ref) -> Opened | None:
        def read() -> Opened | None:
            check_batch([ground_check_items.check_key(ref)])
            there = self.aws.checks.get(ref)
            found = {part: self.aws.statements.get((ref.locator, part)) for part in PARTS}
            sealed = {part: each for part, each in found.items() if each is not None}
            return None if there is None else Opened(there, sealed)

        return self.aws.call("BatchGetItem", read)

    def about(self, case: Ref) -> Sequence[Check]:
        found = self.aws.call("Query", lambda: list(self.aws.checks.values()))
        own = (check for check in found if check.case == case)
        return sorted(own, key=lambda check: check.asked_at)

    def of_officer(self, region: str, officer: str, limit: int) -> Sequence[Ref]:
        return self._waiting(ground_check_items.officer_key(region, officer), limit)

    def unassigned(self, region: str, limit: int) -> Sequence[Ref]:
        return self._waiting(ground_check_items.unassigned_key(region), limit)

    def to_settle(self, region: str, limit: int) -> Sequence[Ref]:
        return self._waiting(ground_check_items.to_settle_key(region), limit)

    def sample(self, ref: Ref) -> Sample | None:
        return self.aws.call("GetItem", lambda: self.aws.samples.get(ref))

    def keep_sample(self, sample: Sample, event: Event) -> Sample | None:
        def write() -> Sample | None:
            check_item(_TRANSACT, ground_check_items.sample_to_item(sample))
            there = self.aws.samples.get(sample.ref)
            if (there.version if there else 0) != sample.version - 1:
                return None if there and there.head == sample.head else there
            if event_key(event) in self.aws.events:
                raise TablesDisagreeError("the ledger holds what the registry does not know")
            self.aws.samples[sample.ref] = sample
            self.aws.events[event_key(event)] = event
            return None

        return self.aws.call(_TRANSACT, write)

    def _waiting(self, work: str, limit: int) -> Sequence[Ref]:
        def read() -> Sequence[Ref]:
            check_key("Query", wk=work)
            waits = [(ground_check_items.work_of(each), each.ref) for each in self._kept()]
            due = [(at[1], ref.village, ref.locator) for at, ref in waits if at and at[0] == work]
            return [Ref(village, locator) for _, village, locator in sorted(due)[:limit]]

        return self.aws.call("Query", read) if limit > 0 else []

    def _kept(self) -> list[Check]:
        return list(self.aws.checks.values())

    def _stands(
        self,
        check: Check,
        before: int | None,
        case: CaseStep | None,
        dispute: DisputeStep | None,
        judges: Judges | None = None,
    ) -> Stands | None:
        """Which conditions fail; None when all hold."""
        there = self.aws.checks.get(check.ref)
        stale = (there.version if there else None) != before
        moved = self.aws.cases.get(case[0].ref) if case else None
        case_stale = case is not None and (moved.version if moved else -1) != case[0].version - 1
        argued = self.aws.disputes.get(dispute[0].ref) if dispute else None
        dispute_stale = (
            dispute is not None and (argued.version if argued else -1) != dispute[0].version - 1
        )
        judged = self.aws.judges.get(judges.case) if judges else None
        if judges is not None and (judged.version if judged else 0) != judges.version - 1:
            return Stands(there if stale else None, judges=judged)
        if not (stale or case_stale or dispute_stale):
            return None
        stands = Stands(
            there if stale else None,
            moved if case_stale else None,
            argued if dispute_stale else None,
        )
        if stands == Stands():
            raise TablesDisagreeError("a step of what was never asked for")
        return stands

    def _put(
        self,
        check: Check,
        events: list[Event],
        statements: Sequence[Statement],
        case: CaseStep | None,
        dispute: DisputeStep | None,
    ) -> None:
        events += [step[1] for step in (case, dispute) if step is not None]
        keys = [(check.ref.locator, statement.part) for statement in statements]
        if any(key in self.aws.statements for key in keys) or any(
            event_key(each) in self.aws.events for each in events
        ):
            raise TablesDisagreeError("vault or ledger hold what the registry does not know")
        if case is not None:
            check_item(_TRANSACT, registry_items.to_item(case[0]))
            self.aws.cases[case[0].ref] = case[0]
        if dispute is not None:
            check_item(_TRANSACT, dispute_items.dispute_to_item(dispute[0]))
            self.aws.disputes[dispute[0].ref] = dispute[0]
        self.aws.checks[check.ref] = check
        self.aws.events.update({event_key(each): each for each in events})
        for key, statement in zip(keys, statements, strict=True):
            self.aws.statements[key] = statement.sealed


def _checked(write: object, check: Check, event: Event) -> Stands | None:
    check_item(_TRANSACT, ground_check_items.check_to_item(check))
    check_event(_TRANSACT, event)
    done: Stands | None = write()  # type: ignore[operator]
    return done


def _is_own(stands: Stands, check: Check) -> bool:
    """Whether it was this very call that wrote it, whose first answer was lost."""
    return stands.check is not None and stands.check.head == check.head
