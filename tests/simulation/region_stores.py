"""The fakes of a region with a stream behind them; what they see beside it, invariants read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from chalicelib.domain.adoption import Proposal
from chalicelib.domain.audit import Act, Event, event_key
from chalicelib.domain.dispute import Dispute
from chalicelib.domain.ground_check import Check
from chalicelib.domain.misconduct import Report
from chalicelib.domain.registration import ENDED_STATES, Ref, Registration, State
from chalicelib.domain.sealed_identity import apply_correction, unpack
from chalicelib.usecases.ports import InForce, Loaded, Sealed
from tests.fakes import FakeCaseStore, FakeOpener
from tests.fakes_adoption import FakeProposals
from tests.fakes_checks import CheckParts, FakeGroundChecks
from tests.fakes_disputes import FakeDisputes
from tests.fakes_ledger import FakeLedger
from tests.fakes_reports import FakeReports
from tests.simulation.faulty_aws import Run, Trouble
from tests.simulation.region_aws import RegionAws
from tests.simulation.stream import Said, Step, Turn, Walk, change


class RegionStore(FakeCaseStore):
    """The fake store, with a stream behind it and reads that may be torn."""

    aws: RegionAws

    def load_for_scoring(
        self, refs: Sequence[Ref], region: str
    ) -> tuple[Mapping[Ref, Loaded], InForce | None]:
        """Every item as last written, but not all at one instant."""
        if not refs:
            return {}, None
        aws = self.aws

        if aws.running is not None:
            aws.seen_ended[aws.running.name] = set()

        def read() -> tuple[Mapping[Ref, Loaded], InForce | None]:
            if aws.trouble is Trouble.TORN_STATES:
                sealed = {ref: _vault(aws, ref) for ref in refs}
                aws.tear()
                cases = {ref: aws.cases[ref] for ref in refs if ref in aws.cases}
            else:
                cases = {ref: aws.cases[ref] for ref in refs if ref in aws.cases}
                aws.tear()
                sealed = {ref: _vault(aws, ref) for ref in refs}
            if aws.running is not None:
                ended = {case.ref.locator for case in aws.cases.values() if _has_ended(case)}
                aws.seen_ended[aws.running.name] = ended
            return {ref: Loaded(case, sealed[ref]) for ref, case in cases.items()}, (
                aws.adopted.get(region)
            )

        return aws.call("BatchGetItem", read)

    def _put(self, case: Registration, event: Event, guards: Sequence[str]) -> None:
        self.aws.stream.append(change(self.aws.cases, case))
        self._note_secret(case)
        if event.act is Act.CHECKED and case.state is State.NEEDS_OFFICER:
            self._was_held(case)
        if event.act is Act.CHECKED and case.corrections and self.aws.running is not None:
            self._was_asked(case, self.aws.running)
        super()._put(case, event, guards)

    def _note_secret(self, case: Registration) -> None:
        """The receipt that opens a case is its newest one, whatever comes again."""
        secrets = self.aws.secrets.setdefault(case.ref, [])
        if case.secret_mac in secrets[:-1]:
            self.aws.revived.append(case.ref.locator)
        elif case.secret_mac and case.secret_mac not in secrets:
            secrets.append(case.secret_mac)

    def _was_held(self, case: Registration) -> None:
        """Whom an officer has to look at only because of cases that had ended before the check."""
        aws = self.aws
        seen = aws.seen_ended.get(aws.running.name, set()) if aws.running is not None else set()
        named = {code.partition(":")[2] for code in case.concerns if code.startswith("nik_held")}
        others = {code.partition(":")[0] for code in case.concerns} - HARMLESS
        head = case.household is not None and case.household.head.has_nik
        wanted = [guard for item in _vault(aws, case.ref) for guard in item.wanted]
        holders = {aws.guards[guard].ref for guard in wanted if guard in aws.guards}
        live = any(not _has_ended(aws.cases[ref]) for ref in holders)
        if named and named <= seen and not others and head and not live:
            aws.held_by_the_ended.append(case.ref.locator)

    def _was_asked(self, case: Registration, run: Run) -> None:
        """The registry's answer must be about what the family corrected."""
        sealed = _vault(self.aws, case.ref)
        opened = [
            FakeOpener().open(item.sealed, f"{case.ref.locator}|{order}")
            for order, item in enumerate(sealed)
        ]
        head = apply_correction(unpack(opened[0]), opened[-1]).people[0]
        if head.nik and (head.nik, head.name) not in self.aws.asked.get(run.name, set()):
            self.aws.asked_in_vain.append(f"{case.ref.locator} by {run.name}")


HARMLESS = frozenset({"nik_held", "warning", "without_nik"})
"""Concerns that stop nobody, and the one that is asked about."""


def _has_ended(case: Registration) -> bool:
    return case.state in ENDED_STATES


def _vault(aws: RegionAws, ref: Ref) -> tuple[Any, ...]:
    items = (aws.vault.get((ref.locator, order)) for order in ("0", "1"))
    return tuple(item for item in items if item is not None)


class RegionProposals(FakeProposals):
    """The fake proposals, with a stream behind them."""

    aws: RegionAws

    def progress(self, before: Proposal | None, after: Proposal) -> None:
        self.aws.stream.append(Step(before, after))


class RegionDisputes(FakeDisputes):
    """The fake disputes, with a stream behind them."""

    aws: RegionAws

    def _put_beside(self, dispute: Dispute, parts: Any) -> None:
        self.aws.stream.append(Turn(dispute))
        if parts.case is not None:
            self.aws.stream.append(change(self.aws.cases, parts.case[0]))
        super()._put_beside(dispute, parts)


class RegionChecks(FakeGroundChecks):
    """The fake checks, with a stream behind them."""

    aws: RegionAws

    def _put(self, check: Check, event: Event, parts: CheckParts) -> None:
        self.aws.stream.append(Walk(check))
        if parts.dispute is not None:
            self.aws.stream.append(Turn(parts.dispute[0]))
        if parts.case is not None:
            self.aws.stream.append(change(self.aws.cases, parts.case[0]))
        super()._put(check, event, parts)


class RegionReports(FakeReports):
    """The fake reports, with a stream behind them."""

    aws: RegionAws

    def _put(self, report: Report, event: Event, sealed: Sealed | None) -> None:
        self.aws.stream.append(Said(report))
        super()._put(report, event, sealed)


class RegionLedger(FakeLedger):
    """The fake ledger, read by partitions that are kept apart."""

    aws: RegionAws

    def put_read(self, event: Event) -> bool:
        done = super().put_read(event)
        if done and self.aws.running is not None:
            self.aws.entries[self.aws.running.name] = event_key(event), event.hash
        return done

    def _partition(self, pk: str) -> list[Event]:
        items = self.aws.events.partitions.get(pk)
        return [items[sk] for sk in sorted(items)] if items else []
