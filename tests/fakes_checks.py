"""Ground checks and samples in memory, over what all fakes of a test share (`fakes`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

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
from tests.fakes_refusals import check_batch, check_event, check_item, check_key, refused

_TRANSACT = "TransactWriteItems"


class _Versioned(Protocol):
    @property
    def version(self) -> int: ...


@dataclass(frozen=True)
class CheckParts:
    """What a transaction holds besides the check and its event."""

    statements: Sequence[Statement] = ()
    case: CaseStep | None = None
    dispute: DisputeStep | None = None
    judges: Judges | None = None
    forgets: bool = False

    @property
    def events(self) -> tuple[Event, ...]:
        """Those of the case and of the dispute."""
        return tuple(step[1] for step in (self.case, self.dispute) if step is not None)


@dataclass
class FakeGroundChecks:
    """Ground checks in memory (`check_ports.GroundChecks` and `check_ports.Samples`)."""

    aws: FakeAws = field(default_factory=FakeAws)

    def create(
        self, check: Check, event: Event, *, dispute: DisputeStep | None = None
    ) -> Stands | None:
        parts = CheckParts(dispute=dispute)
        return self.aws.call(_TRANSACT, lambda: self._write(check, None, event, parts))

    def change(
        self,
        check: Check,
        event: Event,
        *,
        statements: Sequence[Statement] = (),
        case: CaseStep | None = None,
        judges: Judges | None = None,
    ) -> Stands | None:
        parts = CheckParts(statements, case, judges=judges)
        before = check.version - 1
        return self.aws.call(_TRANSACT, lambda: self._write(check, before, event, parts))

    def forget(self, check: Check, event: Event) -> Stands | None:
        parts, before = CheckParts(forgets=True), check.version - 1
        return self.aws.call(_TRANSACT, lambda: self._write(check, before, event, parts))

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
        return sorted(own, key=lambda check: (check.asked_at, check.ref.locator))

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
            check_event(_TRANSACT, event)
            there = self.aws.samples.get(sample.ref)
            stale = _is_stale(there, sample.version)
            if stale and there is not None:
                return None if there.head == sample.head else there
            if stale or event_key(event) in self.aws.events:
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

    def _write(
        self, check: Check, before: int | None, event: Event, parts: CheckParts
    ) -> Stands | None:
        """All or nothing, as the adapter's transaction; what stands there when it is refused."""
        _refuse(check, event, parts)
        there = self.aws.checks.get(check.ref)
        stale = (there.version if there else None) != before
        moved, beside = self._beside_in_the_way(parts)
        if not (stale or moved or self._is_there(check, event, parts)):
            self._put(check, event, parts)
            return None
        own = there if stale else None
        if own is not None and own.head == check.head:
            return None  # written by this very call
        if beside.judges is not None:
            return Stands(own, judges=beside.judges)
        if own is None and beside == Stands():
            raise TablesDisagreeError("vault or ledger hold what the registry does not know")
        return replace(beside, check=own)

    def _beside_in_the_way(self, parts: CheckParts) -> tuple[bool, Stands]:
        """Whether what is written with it is not as it was, and how it is, if it is there."""
        aws, case, dispute, judges = self.aws, parts.case, parts.dispute, parts.judges
        family = aws.cases.get(case[0].ref) if case else None
        argued = aws.disputes.get(dispute[0].ref) if dispute else None
        judged = aws.judges.get(judges.case) if judges else None
        moved = case is not None and _is_stale(family, case[0].version)
        asked = dispute is not None and _is_stale(argued, dispute[0].version)
        held = judges is not None and _is_stale(judged, judges.version)
        stands = Stands(
            None, family if moved else None, argued if asked else None, judged if held else None
        )
        return moved or asked or held, stands

    def _is_there(self, check: Check, event: Event, parts: CheckParts) -> bool:
        """Whether anything else that is only ever added is there already."""
        keys = [(check.ref.locator, statement.part) for statement in parts.statements]
        return any(key in self.aws.statements for key in keys) or any(
            event_key(each) in self.aws.events for each in (event, *parts.events)
        )

    def _put(self, check: Check, event: Event, parts: CheckParts) -> None:
        self.aws.checks[check.ref] = check
        self.aws.events.update({event_key(each): each for each in (event, *parts.events)})
        if parts.case is not None:
            self.aws.cases[parts.case[0].ref] = parts.case[0]
        if parts.dispute is not None:
            self.aws.disputes[parts.dispute[0].ref] = parts.dispute[0]
        if parts.judges is not None:
            self.aws.judges[parts.judges.case] = parts.judges
        for statement in parts.statements:
            self.aws.statements[check.ref.locator, statement.part] = statement.sealed
        for part in PARTS if parts.forgets else ():
            self.aws.statements.pop((check.ref.locator, part), None)


def _refuse(check: Check, event: Event, parts: CheckParts) -> None:
    """What AWS refuses whatever is stored."""
    check_item(_TRANSACT, ground_check_items.check_to_item(check))
    for each in (event, *parts.events):
        check_event(_TRANSACT, each)
    for statement in parts.statements:
        check_item(_TRANSACT, dispute_items.statement_to_item(check.ref.locator, statement))
    if parts.case is not None:
        check_item(_TRANSACT, registry_items.to_item(parts.case[0]))
    if parts.dispute is not None:
        check_item(_TRANSACT, dispute_items.dispute_to_item(parts.dispute[0]))
    if parts.judges is not None:
        check_item(_TRANSACT, registry_items.judges_to_item(parts.judges))
    names = [statement.part for statement in parts.statements]
    if len(set(names)) < len(names):
        raise refused(_TRANSACT, "one item is named twice")


def _is_stale(there: _Versioned | None, version: int) -> bool:
    """Whether something else than the version before stands there."""
    return (there.version if there else 0) != version - 1
