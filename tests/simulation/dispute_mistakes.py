"""Known mistakes of appeals and objections, each the real system with one thing done wrong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from chalicelib.domain import audit, dispute
from chalicelib.domain.assignment import Officer
from chalicelib.domain.audit import Act, Event, event_key
from chalicelib.domain.dispute import Dispute, Kind, Outcome, Stage
from chalicelib.domain.evidence import Piece
from chalicelib.domain.registration import Ref
from chalicelib.usecases.dispute_ports import CaseStep, Slot, Stands, Statement
from chalicelib.usecases.ports import Message
from tests.court import Courtroom
from tests.simulation.patrol import RegionCourt
from tests.simulation.region import Region
from tests.simulation.region_stores import RegionDisputes

MACHINE = "system:conduct_dispute"


class Another(Region):
    """The real region with another store of disputes, or another courtroom."""

    disputes_of: type[RegionDisputes] = RegionDisputes
    court_of: type[Courtroom] | None = None

    def make_disputes(self) -> RegionDisputes:
        return self.disputes_of(self.aws)

    def make_court(self) -> Courtroom:
        court = super().make_court()
        return self.court_of(self, court.staff) if self.court_of else court


class VotesWithoutAVersion(Another):
    """A step is written over whatever stands there."""

    class Disputes(RegionDisputes):
        def _write(
            self, dispute: Dispute, before: int | None, event: Event, parts: Any
        ) -> Stands | None:
            there = self.aws.disputes.get(dispute.ref)
            self.aws.events.pop(event_key(event), None)
            return super()._write(dispute, there.version if there else None, event, parts)

    disputes_of = Disputes


class CaseBesideTheDispute(Another):
    """The case is told of its dispute in a call of its own, after the dispute is there."""

    class Disputes(RegionDisputes):
        def create(
            self,
            dispute: Dispute,
            event: Event,
            statements: Sequence[Statement],
            *,
            case: CaseStep | None = None,
            slot: Slot | None = None,
        ) -> Stands | None:
            stands = super().create(dispute, event, statements, slot=slot)
            if stands is None and case is not None:
                told, own = case
                key = event_key(own)
                self.aws.call("PutItem", lambda: self.aws.cases.__setitem__(told.ref, told))
                self.aws.call("PutItem", lambda: self.aws.events.__setitem__(key, own))
            return stands

    disputes_of = Disputes


class PlacesAreNotKept(Another):
    """An objection takes a place without asking whether another has taken it meanwhile."""

    class Disputes(RegionDisputes):
        def _is_taken(self, dispute: Dispute, parts: Any) -> bool:
            return False

    disputes_of = Disputes


class PlacesAreHeldForEver(Another):
    """An objection that has ended keeps its place."""

    class Disputes(RegionDisputes):
        def change(self, dispute: Dispute, event: Event, **more: Any) -> Stands | None:
            return super().change(dispute, event, **more | {"gives_up": None})

    disputes_of = Disputes


class TheFirstVoteDecides(Another):
    """What one officer recommends is the decision."""

    class Disputes(RegionDisputes):
        def change(self, dispute: Dispute, event: Event, **more: Any) -> Stands | None:
            if dispute.stage is Stage.RECOMMENDED:
                outcome = dispute.votes[0].outcome
                dispute = replace(dispute, stage=Stage.DECIDED, outcome=outcome)
            return super().change(dispute, event, **more)

    disputes_of = Disputes


class DeadlinesReject(Another):
    """What nobody has looked at in time is rejected."""

    def conduct(self, *messages: Message) -> list[Message]:
        now = self.clock.now_ms()
        for there in self.disputes.load([message.ref for message in messages]).values():
            if there.stage in dispute.WITH_OFFICER and now > there.due:
                self.disputes.change(*_ended(there, Outcome.REJECTED, now))
        return super().conduct(*messages)


class SilenceIsConsent(Another):
    """A family that has not answered when a machine looks again is taken to agree."""

    def conduct(self, *messages: Message) -> list[Message]:
        now = self.clock.now_ms()
        for there in self.disputes.load([message.ref for message in messages]).values():
            if there.stage is Stage.HEARING and not there.answered_at:
                self.disputes.change(*_ended(there, Outcome.UPHELD, now))
        return super().conduct(*messages)


class HeardWithoutBeingAsked(Another):
    """A family counts as heard as soon as officers have the objection."""

    class Disputes(RegionDisputes):
        def change(self, dispute: Dispute, event: Event, **more: Any) -> Stands | None:
            if dispute.kind is Kind.OBJECTION and dispute.stage is Stage.REVIEW:
                dispute = replace(dispute, answer_by=dispute.answer_by or dispute.due)
            return super().change(dispute, event, **more)

    disputes_of = Disputes


class DrawnWithoutAsking(Another):
    """Nobody asks where an officer lives."""

    class Anybody(RegionCourt):
        def conduct_ports(self) -> Any:
            moved: list[Officer] = [
                replace(each, village=f"{each.village[:4]}992001") for each in self.staff
            ]
            return replace(super().conduct_ports(), officers=lambda: moved)

    court_of = Anybody


class DrawnAnewForWhoHadIt(Another):
    """What is taken from an officer is drawn among all, who had it included."""

    class Forgetful:
        def __init__(self, real: Any) -> None:
            self.change = real.change
            self._load = real.load

        def load(self, refs: Sequence[Ref]) -> dict[Ref, Dispute]:
            found = self._load(refs).items()
            return {ref: replace(there, officer="", passed=()) for ref, there in found}

    class Court(RegionCourt):
        def redraw_ports(self) -> Any:
            own = super().redraw_ports()
            return replace(own, disputes=DrawnAnewForWhoHadIt.Forgetful(own.disputes))

    court_of = Court


class ScreenedAgain(Another):
    """The last screening of a piece counts, whatever the first one found."""

    def screen(self, owner: Ref, piece: Piece) -> bool:
        there = self.disputes.load([owner])[owner]
        kept = tuple(
            replace(each, piece=piece) if each.piece.id == piece.id else each
            for each in there.evidence
        )
        event, head = _event(there, Act.SCREENED, self.clock.now_ms())
        moved = replace(there, evidence=kept, version=there.version + 1, head=head)
        return self.disputes.change(moved, event) is None


def _ended(there: Dispute, outcome: Outcome, now: int) -> tuple[Dispute, Event]:
    event, head = _event(there, Act.DISPUTE_DECIDED, now)
    moved = replace(
        there, stage=Stage.DECIDED, outcome=outcome, version=there.version + 1, head=head
    )
    return moved, event


def _event(there: Dispute, act: Act, now: int) -> tuple[Event, audit.Head]:
    return audit.append(
        there.head,
        chain=there.ref.locator,
        at=now,
        actor=MACHINE,
        act=act,
        commitment=audit.commit(there.salt, {}),
    )


DISPUTE_MISTAKES: tuple[type[Region], ...] = (
    VotesWithoutAVersion,
    CaseBesideTheDispute,
    PlacesAreNotKept,
    PlacesAreHeldForEver,
    TheFirstVoteDecides,
    DeadlinesReject,
    SilenceIsConsent,
    HeardWithoutBeingAsked,
    DrawnWithoutAsking,
    DrawnAnewForWhoHadIt,
    ScreenedAgain,
)
