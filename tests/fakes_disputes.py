"""Disputes in memory, over what all fakes of a test share (`fakes`)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from chalicelib.adapters import dispute_items, registry_items
from chalicelib.adapters.cluster_table import trace_key
from chalicelib.adapters.dispute_table import MAX_LOADED, PARTS
from chalicelib.adapters.registry_table import TablesDisagreeError
from chalicelib.domain import handover
from chalicelib.domain.assignment import Judges
from chalicelib.domain.audit import Event, event_key
from chalicelib.domain.cluster_index import MOST_ROWS, Row
from chalicelib.domain.dispute import MOST_PLACES, Dispute
from chalicelib.domain.handover import Handover
from chalicelib.domain.registration import ENDED_STATES, Ref, Registration
from chalicelib.usecases.dispute_ports import (
    Candidate,
    CaseStep,
    Opened,
    Slot,
    Stands,
    Statement,
)
from tests.fakes_memory import FakeAws
from tests.fakes_refusals import check_batch, check_event, check_item, check_key, refused

_TRANSACT = "TransactWriteItems"
MOST_READ = 100


@dataclass(frozen=True)
class DisputeParts:
    """What a transaction holds besides the dispute and its event."""

    statements: Sequence[Statement] = ()
    case: CaseStep | None = None
    takes: Slot | None = None
    gives_up: Slot | None = None
    gone: Sequence[str] = ()


@dataclass
class FakeDisputes:
    """Disputes in memory (`dispute_ports.Disputes`)."""

    aws: FakeAws = field(default_factory=FakeAws)

    def create(
        self,
        dispute: Dispute,
        event: Event,
        statements: Sequence[Statement],
        *,
        case: CaseStep | None = None,
        slot: Slot | None = None,
    ) -> Stands | None:
        parts = DisputeParts(statements, case, takes=slot)
        return self.aws.call(_TRANSACT, lambda: self._write(dispute, None, event, parts))

    def change(
        self,
        dispute: Dispute,
        event: Event,
        *,
        statement: Statement | None = None,
        case: CaseStep | None = None,
        gives_up: Slot | None = None,
    ) -> Stands | None:
        statements = () if statement is None else (statement,)
        parts = DisputeParts(statements, case, gives_up=gives_up)
        before = dispute.version - 1
        return self.aws.call(_TRANSACT, lambda: self._write(dispute, before, event, parts))

    def forget(
        self,
        dispute: Dispute,
        event: Event,
        parts: Sequence[str],
        *,
        gives_up: Slot | None = None,
    ) -> Stands | None:
        gone = DisputeParts(gone=parts, gives_up=gives_up)
        before = dispute.version - 1
        return self.aws.call(_TRANSACT, lambda: self._write(dispute, before, event, gone))

    def load(self, refs: Sequence[Ref]) -> Mapping[Ref, Dispute]:
        if len(refs) > MAX_LOADED:
            raise ValueError("at most 60 disputes are read in one call")
        if not refs:
            return {}

        def read() -> Mapping[Ref, Dispute]:
            check_batch([dispute_items.dispute_key(ref) for ref in refs])
            return {ref: self.aws.disputes[ref] for ref in refs if ref in self.aws.disputes}

        return self.aws.call("BatchGetItem", read)

    def judges(self, cases: Sequence[Ref]) -> Mapping[Ref, Judges]:
        if len(cases) > MAX_LOADED:
            raise ValueError("at most 60 families are asked for in one call")
        if not cases:
            return {}

        def read() -> Mapping[Ref, Judges]:
            check_batch([registry_items.judges_key(case) for case in cases])
            return {case: self.aws.judges[case] for case in cases if case in self.aws.judges}

        return self.aws.call("BatchGetItem", read)

    def read(self, ref: Ref) -> Opened | None:
        def read() -> Opened | None:
            check_batch([dispute_items.dispute_key(ref)])
            there = self.aws.disputes.get(ref)
            found = ((part, self.aws.statements.get((ref.locator, part))) for part in PARTS)
            statements = {part: sealed for part, sealed in found if sealed is not None}
            return None if there is None else Opened(there, statements)

        return self.aws.call("BatchGetItem", read)

    def slots(self, person: bytes) -> Sequence[Slot]:
        def read() -> Sequence[Slot]:
            found = (self.aws.slots.get((person, place)) for place in range(1, MOST_PLACES + 1))
            return [slot for slot in found if slot is not None]

        return self.aws.call("BatchGetItem", read)

    def candidates(self, village: str) -> Sequence[Candidate]:
        cases = self.aws.call("Query", lambda: list(self.aws.cases.values()))
        found = [
            Candidate(case.ref.locator, case.names)
            for case in cases
            if case.ref.village == village and case.names and case.state not in ENDED_STATES
        ]
        return sorted(found, key=lambda candidate: candidate.locator)

    def drawn_for(self, region: str, officer: str, limit: int) -> Sequence[Ref]:
        def read() -> Sequence[Ref]:
            check_key("Query", of=f"{region}#{officer}")
            due = [
                (str(dispute_items.dispute_to_item(there)["due"]), ref.village, ref.locator)
                for ref, there in self.aws.disputes.items()
                if officer and there.officer == officer and ref.village[:4] == region
            ]
            return [Ref(village, locator) for _, village, locator in sorted(due)[:limit]]

        return self.aws.call("Query", read) if limit > 0 else []

    def _write(
        self, dispute: Dispute, before: int | None, event: Event, parts: DisputeParts
    ) -> Stands | None:
        """All or nothing, as the adapter's transaction; what stands there when it is refused."""
        _refuse(dispute, event, parts)
        told = handover.of_dispute(dispute, event) if before is not None else None
        there = self.aws.disputes.get(dispute.ref)
        stale = (there.version if there else None) != before
        moved, other = self._case_in_the_way(parts.case)
        taken = self._is_taken(parts)
        if stale or moved or taken or self._is_there(dispute, event, parts, told):
            if stale and there is not None and there.head == dispute.head:
                return None  # written by this very call
            if not (stale and there) and other is None and not taken:
                raise TablesDisagreeError("vault or ledger hold what the registry does not know")
            return Stands(there if stale else None, other, taken)
        self.aws.disputes[dispute.ref] = dispute
        self.aws.events[event_key(event)] = event
        self._put_beside(dispute, parts)
        if told is not None:
            self.aws.handovers.append(told)
        return None

    def _put_beside(self, dispute: Dispute, parts: DisputeParts) -> None:
        """What was written, the case, the person's place, and what is forgotten."""
        for statement in parts.statements:
            self.aws.statements[dispute.ref.locator, statement.part] = statement.sealed
        if parts.case is not None:
            self.aws.cases[parts.case[0].ref] = parts.case[0]
            self.aws.events[event_key(parts.case[1])] = parts.case[1]
        if parts.takes is not None:
            self.aws.slots[parts.takes.person, parts.takes.place] = parts.takes
        if parts.gives_up is not None:
            given = replace(parts.gives_up, named=b"", held=False)
            self.aws.slots[given.person, given.place] = given
        for part in parts.gone:
            self.aws.statements.pop((dispute.ref.locator, part), None)

    def _is_there(
        self, dispute: Dispute, event: Event, parts: DisputeParts, told: Handover | None
    ) -> bool:
        """Whether anything else that is only ever added is there already."""
        keys = [(dispute.ref.locator, statement.part) for statement in parts.statements]
        events = [event, *([parts.case[1]] if parts.case else [])]
        left = [(each.ref, each.kind, each.at) for each in self.aws.handovers if told]
        return (
            any(key in self.aws.statements for key in keys)
            or any(event_key(each) in self.aws.events for each in events)
            or (told is not None and (told.ref, told.kind, told.at) in left)
        )

    def _is_taken(self, parts: DisputeParts) -> bool:
        """Whether another objection holds the place."""
        slot = parts.takes or parts.gives_up
        held = self.aws.slots.get((slot.person, slot.place)) if slot else None
        return bool(slot and held and held.held and held.ref.locator != slot.ref.locator)

    def _case_in_the_way(self, case: CaseStep | None) -> tuple[bool, Registration | None]:
        """Whether the case is not as it was, and how it is, if it is there."""
        there = self.aws.cases.get(case[0].ref) if case else None
        moved = case is not None and (there is None or there.version != case[0].version - 1)
        return moved, there if moved else None


def _refuse(dispute: Dispute, event: Event, parts: DisputeParts) -> None:
    """What AWS refuses whatever is stored."""
    check_item(_TRANSACT, dispute_items.dispute_to_item(dispute))
    check_event(_TRANSACT, event)
    for statement in parts.statements:
        check_item(_TRANSACT, dispute_items.statement_to_item(dispute.ref.locator, statement))
    if parts.case is not None:
        check_item(_TRANSACT, registry_items.to_item(parts.case[0]))
        check_event(_TRANSACT, parts.case[1])
    if parts.takes is not None:
        check_item(_TRANSACT, dispute_items.slot_to_item(parts.takes))


@dataclass
class FakeTraces:
    """Rows by which objections of one hand meet, in memory (`dispute_ports.Traces`)."""

    aws: FakeAws = field(default_factory=FakeAws)

    def keep(self, rows: Sequence[Row]) -> None:
        """As the adapter: a write, and another one without what was refused."""
        while rows:
            left_out = self.aws.call(_TRANSACT, lambda: self._write(rows))  # noqa: B023 - runs at once
            if not left_out:
                return
            rows = [row for row in rows if row not in left_out]

    def found(self, names: Collection[str]) -> Mapping[str, Sequence[str]]:
        if len(names) > MOST_READ:
            raise ValueError("at most 100 items are read in one call")
        if not names:
            return {}

        def read() -> Mapping[str, Sequence[str]]:
            check_batch([trace_key(name) for name in names])
            kept = self.aws.traces
            return {name: list(kept[name].values()) for name in names if name in kept}

        return self.aws.call("BatchGetItem", read)

    def _write(self, rows: Sequence[Row]) -> Sequence[Row]:
        """What was refused; when nothing was, all is done."""
        kept = self.aws.traces
        if len({row.name for row in rows}) < len(rows):
            raise refused(_TRANSACT, "one item is named twice")
        left_out = [
            row
            for row in rows
            if row.locator in kept.get(row.name, {}) or len(kept.get(row.name, {})) >= MOST_ROWS
        ]
        for row in () if left_out else rows:
            check_key(_TRANSACT, pk=f"Z#{row.name}")
            kept.setdefault(row.name, {})[row.locator] = row.told
            self.aws.kept_until[trace_key(row.name)] = row.until // 1000
        return left_out
