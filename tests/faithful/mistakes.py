"""Mistakes that a fake may make, each one thing done otherwise than AWS does it.

Those marked as found were in the fakes until these plays found them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from chalicelib.adapters.registry_table import TablesDisagreeError
from chalicelib.domain.assignment import Officer
from chalicelib.domain.audit import Event, event_key
from chalicelib.domain.check_sample import Sample
from chalicelib.domain.cluster_index import Row
from chalicelib.domain.day_seal import DaySeal
from chalicelib.domain.dispute import Dispute
from chalicelib.domain.ground_check import Check
from chalicelib.domain.misconduct import Report
from chalicelib.domain.officer_profile import Profile
from chalicelib.domain.registration import Ref, Registration, Work
from chalicelib.usecases.check_ports import Stands as CheckStands
from chalicelib.usecases.dispute_ports import Stands as DisputeStands
from chalicelib.usecases.ports import Bucket, Conflict, Loaded, Message, Sealed, VaultItem
from tests.faithful.sides import Fakes
from tests.fakes import (
    FakeCaseStore,
    FakeLimits,
    FakeOpener,
    FakePublicFiles,
    FakeQueue,
)
from tests.fakes_checks import CheckParts, FakeGroundChecks
from tests.fakes_disputes import DisputeParts, FakeDisputes, FakeTraces
from tests.fakes_keys import FakeSealer
from tests.fakes_ledger import FakeLedger
from tests.fakes_officers import FakeOfficers
from tests.fakes_reports import FakeReports


def _anything(
    case: Registration, event: Event, vault: VaultItem | None, guards: Sequence[str], actions: int
) -> None:
    """Let a transaction of any size pass."""


class IgnoresTheVersion(FakeCaseStore):
    """A change is stored whatever version stands there."""

    def _stale(self, case: Registration, before: int | None) -> bool:
        return super()._stale(case, before) if before is None else case.ref not in self.aws.cases


class ForgetsItsOwnRequest(FakeCaseStore):
    """A call that is repeated after a lost answer meets itself as a stranger."""

    def _conflict(
        self, case: Registration, before: int | None, guards: Sequence[str]
    ) -> Conflict | None:
        there = self.aws.cases.get(case.ref)
        found = super()._conflict(case, before, guards)
        return found if found or not self._stale(case, before) else Conflict(there, ())


class GuardsOfOthersAreTaken(FakeCaseStore):
    """Who holds a guard is not asked."""

    def _conflict(
        self, case: Registration, before: int | None, guards: Sequence[str]
    ) -> Conflict | None:
        return super()._conflict(case, before, ())


class HalfATransaction(FakeCaseStore):
    """The event is written though the rest is refused."""

    def change(
        self,
        case: Registration,
        event: Event,
        *,
        vault: VaultItem | None = None,
        guards: Sequence[str] = (),
    ) -> Conflict | None:
        conflict = super().change(case, event, vault=vault, guards=guards)
        self.aws.events.setdefault(event_key(event), event)
        return conflict


class ReadsLagBehind(FakeCaseStore):
    """A read gives the case as it was before the last change: it is not consistent."""

    def _put(self, case: Registration, event: Event, guards: Sequence[str]) -> None:
        self.before = {**getattr(self, "before", {}), case.ref: self.aws.cases.get(case.ref)}
        super()._put(case, event, guards)

    def _loaded(self, ref: Ref) -> Loaded:
        old = getattr(self, "before", {}).get(ref)
        return replace(super()._loaded(ref), case=old) if old else super()._loaded(ref)


class TooLargeIsTaken(FakeCaseStore):
    """An item of any size is stored; found."""

    check = staticmethod(_anything)


class WritesOverTheLedger(FakeCaseStore):
    """An event or a vault item that is there already is replaced; found."""

    def _refuse_what_is_there(self, event: Event, vault: tuple[str, str] | None) -> None:
        pass


class WorkOfLargerRegions(FakeCaseStore):
    """Work is found by the beginning of a region's code; found."""

    def waiting(self, work: Work, region: str, until: int, limit: int) -> Sequence[Ref]:
        found = {village[:4] for village in (ref.village for ref in self.aws.cases)}
        wider = next((each for each in sorted(found) if each.startswith(region)), region)
        return super().waiting(work, wider, until, limit)


class LatestWorkFirst(FakeCaseStore):
    """What waits comes in the wrong order."""

    def waiting(self, work: Work, region: str, until: int, limit: int) -> Sequence[Ref]:
        return list(reversed(super().waiting(work, region, until, limit)))


class EmptyKeysAreTaken(FakeCaseStore):
    """A guard without a name is nobody's, instead of refused; found."""

    def holder(self, guard: str) -> Any:
        return super().holder(guard or "-")


class PagesBackwards(FakeLedger):
    """The pages of a day come in the wrong order."""

    def day_events(self, day: str) -> Iterator[Event]:
        return iter(list(super().day_events(day))[::-1])


class ReadsAreOverwritten(FakeLedger):
    """A look takes the place of another in the chain."""

    def put_read(self, event: Event) -> bool:
        self.aws.call("PutItem", lambda: self.aws.events.__setitem__(event_key(event), event))
        return True


class SealsAreReplaced(FakeLedger):
    """A second seal of a day takes the place of the first."""

    def put_seal(self, seal: DaySeal) -> DaySeal:
        self.aws.call("PutItem", lambda: self.aws.sealed_days.__setitem__(seal.day, seal))
        return seal


class RightsForgetTheirEnd(FakeLimits):
    """A right that is used again vanishes when its first use would have."""

    def take(self, name: str, limit: int, until: int) -> bool:
        kept = self.aws.kept_until.get((name, "L"))
        taken = super().take(name, limit, until)
        if taken and kept is not None:
            self.aws.kept_until[name, "L"] = kept
        return taken


class RefusalsLowerTheCount(FakeLimits):
    """A use that a lower limit refuses lowers what was counted; found."""

    def take(self, name: str, limit: int, until: int) -> bool:
        taken = super().take(name, limit, until)
        self.aws.rights.update(
            {n: min(used, limit) for n, used in self.aws.rights.items() if n == name}
        )
        return taken


class BucketsOverflow(FakeLimits):
    """A bucket that was full for long has saved up more than its capacity."""

    def spend(self, bucket: str, now: int, *, capacity: int, refill_ms: int) -> None:
        before = self.aws.buckets.get(bucket)
        super().spend(bucket, now, capacity=capacity, refill_ms=refill_ms)
        if before is not None:
            self.aws.buckets[bucket] = Bucket(capacity, before.at + refill_ms)


class PlacesAreNobodys(FakeDisputes):
    """Whether another objection of the person holds a place is not asked."""

    def _is_taken(self, parts: DisputeParts) -> bool:
        return False


class WhatWasWrittenIsReplaced(FakeDisputes):
    """A part that was written is written over, and so are events."""

    def _is_there(self, *_rest: object) -> bool:
        return False


class NothingIsForgotten(FakeDisputes):
    """A step is stored, and what should go with it stays."""

    def _put_beside(self, dispute: Dispute, parts: DisputeParts) -> None:
        super()._put_beside(dispute, replace(parts, gone=()))


class NothingIsHandedOver(FakeDisputes):
    """An upheld dispute leaves nothing for others to take up."""

    def _write(
        self, dispute: Dispute, before: int | None, event: Event, parts: DisputeParts
    ) -> DisputeStands | None:
        left = len(self.aws.handovers)
        stands = super()._write(dispute, before, event, parts)
        del self.aws.handovers[left:]
        return stands


class RowsAreReplaced(FakeTraces):
    """A row takes the place of the one that is there."""

    def _write(self, rows: Sequence[Row]) -> Sequence[Row]:
        for row in rows:
            self.aws.traces.get(row.name, {}).pop(row.locator, None)
        return super()._write(rows)


class WhoHasJudgedIsNotAsked(FakeGroundChecks):
    """Who has judged is written over, whoever has judged meanwhile."""

    def _beside_in_the_way(self, parts: CheckParts) -> tuple[bool, CheckStands]:
        return super()._beside_in_the_way(replace(parts, judges=None))


class RemarksStay(FakeGroundChecks):
    """A check is forgotten, and what is sealed beside it stays."""

    def _put(self, check: Check, event: Event, parts: CheckParts) -> None:
        super()._put(check, event, replace(parts, forgets=False))


class LatestVisitFirst(FakeGroundChecks):
    """What waits for a field officer comes in the wrong order."""

    def _waiting(self, work: str, limit: int) -> Sequence[Ref]:
        return list(reversed(super()._waiting(work, 9)))[:limit]


class DrawsOfNobodysSample(FakeGroundChecks):
    """A draw of a sample that nobody began is taken for kept; found, in the adapter as well."""

    def keep_sample(self, sample: Sample, event: Event) -> Sample | None:
        try:
            return super().keep_sample(sample, event)
        except TablesDisagreeError:
            return None


class OfficersByAccount(FakeOfficers):
    """The officers of a region come in the order of their accounts; found."""

    def of_region(self, region: str) -> Sequence[Officer]:
        return [profile.officer for profile in self.profiles(region)]


class StepsOfAnyProfile(FakeOfficers):
    """A step of a profile is stored whatever version stands there."""

    def _write(self, profile: Profile, event: Event) -> Profile | None:
        there = self.aws.officers.pop(profile.ref, None)
        if there is not None:
            self.aws.officers[profile.ref] = replace(there, version=profile.version - 1)
        return super()._write(profile, event)


class ReportsLoseTheirText(FakeReports):
    """A report is kept without what was written in it."""

    def _put(self, report: Report, event: Event, sealed: Sealed | None) -> None:
        del sealed
        super()._put(report, event, None)


class TheEleventhIsLost(FakeQueue):
    """A batch holds ten messages, and there is no second one."""

    def send(self, messages: Sequence[Message]) -> None:
        super().send(messages[:10])


class FilesAreKept(FakePublicFiles):
    """A file that is there is not written over."""

    def put(self, path: str, content: bytes, content_type: str) -> None:
        super().put(path, *self.aws.files.get(path, (content, content_type)))


class AnyKeyOpens(FakeOpener):
    """The wrapped key is not looked at; found."""

    def open(self, sealed: Sealed, context: str) -> bytes:
        plain = bytes(byte ^ 0x5A for byte in sealed.blob[32:])
        return super().open(
            Sealed(sealed.blob, FakeSealer().seal(plain, context).wrapped_key), context
        )


MISTAKES: Mapping[str, Callable[[], Fakes]] = {
    **{
        store.__name__: lambda store=store: Fakes(store=store)  # type: ignore[misc]  # bound at once
        for store in (
            IgnoresTheVersion,
            ForgetsItsOwnRequest,
            GuardsOfOthersAreTaken,
            HalfATransaction,
            ReadsLagBehind,
            TooLargeIsTaken,
            WritesOverTheLedger,
            WorkOfLargerRegions,
            LatestWorkFirst,
            EmptyKeysAreTaken,
        )
    },
    **{
        ledger.__name__: lambda ledger=ledger: Fakes(ledger=ledger)  # type: ignore[misc]  # bound at once
        for ledger in (PagesBackwards, ReadsAreOverwritten, SealsAreReplaced)
    },
    **{
        limits.__name__: lambda limits=limits: Fakes(limits=limits)  # type: ignore[misc]  # bound at once
        for limits in (RightsForgetTheirEnd, RefusalsLowerTheCount, BucketsOverflow)
    },
    **{
        disputes.__name__: lambda disputes=disputes: Fakes(disputes=disputes)  # type: ignore[misc]  # bound at once
        for disputes in (
            PlacesAreNobodys,
            WhatWasWrittenIsReplaced,
            NothingIsForgotten,
            NothingIsHandedOver,
        )
    },
    **{
        checks.__name__: lambda checks=checks: Fakes(checks=checks)  # type: ignore[misc]  # bound at once
        for checks in (WhoHasJudgedIsNotAsked, RemarksStay, LatestVisitFirst, DrawsOfNobodysSample)
    },
    **{
        officers.__name__: lambda officers=officers: Fakes(officers=officers)  # type: ignore[misc]  # bound at once
        for officers in (OfficersByAccount, StepsOfAnyProfile)
    },
    "ReportsLoseTheirText": lambda: Fakes(reports=ReportsLoseTheirText),
    "RowsAreReplaced": lambda: Fakes(traces=RowsAreReplaced),
    "TheEleventhIsLost": lambda: Fakes(queue=TheEleventhIsLost),
    "FilesAreKept": lambda: Fakes(files=FilesAreKept),
    "AnyKeyOpens": lambda: Fakes(opener=AnyKeyOpens),
}
