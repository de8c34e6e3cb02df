"""An appeal of one's own result, or an objection to somebody else's eligibility: what it is.

Two kinds that are never mixed: an appeal is filed by the family (or its agent), an objection by a
person who signed in, and its author stays sealed from the family. How it comes before the officers
is `hearing`, what they do with it `adjudication`. Pure: every step takes the dispute as it was, and
gives it as it becomes with the one event of its own ledger chain. Silence never counts against
anybody: no step is taken because somebody did not answer, but to go on to the people who decide
(product, the life of an objection).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from chalicelib.domain import audit, receipt
from chalicelib.domain.audit import Act, Event, Head
from chalicelib.domain.errors import Fault, NotAllowed, WrongState
from chalicelib.domain.registration import Ref, Stamp

if TYPE_CHECKING:
    from chalicelib.domain.evidence import Piece
    from chalicelib.domain.receipt import Mac


class Kind(StrEnum):
    """What is disputed: one's own result, or somebody else's eligibility (rulebook 5.3)."""

    APPEAL = "appeal"
    OBJECTION = "objection"


class Stage(StrEnum):
    """Where a dispute stands (product, the life of an objection)."""

    FILED = "filed"  # its evidence is being screened; an objection's family is being looked for
    HEARING = "hearing"  # the family was told and may answer
    REVIEW = "review"  # waits for an officer's recommendation
    VISIT = "visit"  # somebody is asked to go and look
    RECOMMENDED = "recommended"  # waits for another officer
    SPLIT = "split"  # the two disagree: a third, from elsewhere, decides
    DECIDED = "decided"
    WITHDRAWN = "withdrawn"


class Outcome(StrEnum):
    """What was decided."""

    UPHELD = "upheld"
    PARTLY_UPHELD = "partly_upheld"
    REJECTED = "rejected"


class Side(StrEnum):
    """Who brought a piece of evidence."""

    FILER = "filer"
    FAMILY = "family"
    FIELD = "field"


ENDED: Final = frozenset({Stage.DECIDED, Stage.WITHDRAWN})
WITH_OFFICER: Final = frozenset({Stage.REVIEW, Stage.RECOMMENDED, Stage.SPLIT})
"""Stages in which one officer, drawn for it, has to act."""

HIGHEST_LEVEL: Final = 2
"""Escalation: 0 the officer, 1 the supervisor, 2 the region."""

PLACE: Final = 200_000
"""Added to the village's place in a dispute's locator: no case and no other dispute has it."""

LOST_MS: Final = 15 * 60_000
"""After so long a machine looks again at what it could go on with: the message may be lost."""

MOST_PLACES: Final = 9
"""Places that a person may be given, since all are read in one call."""

OWN_PLACE: Final = MOST_PLACES
"""The place of a person's appeal of the own result without a receipt; all others: objections."""

MOST_PIECES: Final = 20
"""Pieces of evidence that one dispute may hold (security 2.5)."""

UNCLEAR: Final = "family_unclear"
"""Concern: the family of an objection is not found, or there is more than one."""

BY_AGENT: Final = "by_agent"
"""Concern: an agent filed it for a family that has agreed."""

UNPROVEN: Final = "no_evidence"
"""Concern: no piece of evidence can be used."""


@dataclass(frozen=True, slots=True)
class Exhibit:
    """A piece of evidence and who brought it."""

    side: Side
    piece: Piece


def with_screened(evidence: tuple[Exhibit, ...], piece: Piece) -> tuple[Exhibit, ...] | None:
    """The evidence with what screening found of one piece; None when none of it waits for that."""
    there = {each.piece.id: each.piece for each in evidence}.get(piece.id)
    if there is None or there.settled or there == piece:
        return None
    return tuple(
        replace(each, piece=piece) if each.piece.id == piece.id else each for each in evidence
    )


@dataclass(frozen=True, slots=True)
class Reached:
    """A stage and when it was reached (ms, UTC)."""

    stage: Stage
    at: int


@dataclass(frozen=True, slots=True)
class Vote:
    """What an officer holds of it.

    Attributes:
        actor: "staff:<subject>".
        reason: a code of the region's list.
    """

    actor: str
    outcome: Outcome
    reason: str
    at: int


@dataclass(frozen=True, slots=True)
class Opening:
    """That somebody opened who objected.

    Attributes:
        actor: "staff:<subject>".
        reason: a code.
        note, key: what was written beside it, sealed, and its wrapped key; b"" once the family is
            forgotten, whom it may tell of.
    """

    actor: str
    reason: str
    at: int
    note: bytes
    key: bytes


@dataclass(frozen=True, slots=True)
class Dispute:
    """A dispute as it is stored: nobody's identity, and not what anybody wrote.

    Attributes:
        ref: village and own locator, which names its ledger chain.
        version: raised by one with each step; every step is conditional on it.
        about: locator of the disputed case in the same village; "" while the family of an
            objection has not been found.
        reason: why it was filed, a code of the region's list.
        request_id, body_digest: of the request that filed it, to know a repeat.
        person: 16 bytes that stand for who filed it signed in, b"" for an appeal by receipt: a
            keyed digest of the NIK.
        place: which of the person's places it holds while it is open, from 1; 0 for none.
        names: tags of the name that an objector gave, or of who appeals signed in, to look for
            the family; empty afterwards.
        device, street: digests of what an objection was sent from and of the street it names, to
            find those of one hand (`clusters`); empty once it was compared.
        follows: locator of the dispute whose outcome this one appeals, "" for a first one.
        attribute: of an appeal that somebody else's belonging stands with the family: the question
            whose answer that is; "" for all others.
        steps: oldest first.
        head: end of its chain.
        salt: its events' commitments are made under it.
        evidence: what was brought, in order.
        answer_by: until when the family is asked to answer an objection (ms, UTC); 0 for never.
        answered_at: when the family answered; 0 for not yet.
        officer: subject of who was drawn to act now, "" for nobody yet.
        openings: who opened who objected, oldest first.
        passed: subjects who had the step that it stands at, and have it no more.
        due: when the next step should be done (ms, UTC); 0 once it has ended.
        level: how far this stage has been escalated.
        votes: recommendation, decision, and the third where they differ.
        outcome, why: what was decided and its coded reason; None and "" until then.
        concerns: codes that an officer should see, e.g. "no_evidence", "cluster:hour".
        last_request: 16 bytes of the last answer, addition or withdrawal, to know a repeat.
    """

    ref: Ref
    kind: Kind
    stage: Stage
    version: int
    about: str
    reason: str
    request_id: bytes
    body_digest: bytes
    steps: tuple[Reached, ...]
    head: Head
    salt: bytes
    person: bytes = b""
    place: int = 0
    names: bytes = b""
    device: bytes = b""
    street: bytes = b""
    follows: str = ""
    attribute: str = ""
    evidence: tuple[Exhibit, ...] = ()
    answer_by: int = 0
    answered_at: int = 0
    officer: str = ""
    passed: tuple[str, ...] = ()
    openings: tuple[Opening, ...] = ()
    due: int = 0
    level: int = 0
    votes: tuple[Vote, ...] = ()
    outcome: Outcome | None = None
    why: str = ""
    concerns: tuple[str, ...] = ()
    last_request: bytes = b""

    @property
    def ended(self) -> bool:
        """Whether nothing more happens to it."""
        return self.stage in ENDED

    @property
    def case(self) -> Ref | None:
        """The disputed case; None while the family of an objection has not been found."""
        return Ref(self.ref.village, self.about) if self.about else None


def locator_of(mac: Mac, request_key: str, village_index: int) -> str:
    """The locator of the dispute that a request files; the same for the same request.

    Args:
        village_index: place of the village in the national list, 0 to 83,761.
    """
    return receipt.derive(mac, f"dispute|{request_key}", PLACE + village_index).locator


def second_of(mac: Mac, first: str) -> str:
    """The locator of the second look at a dispute: derived, so that there is one at most."""
    return receipt.derive(mac, f"second|{first}", receipt.village_index(first)).locator


def village_index(locator: str) -> int:
    """Place of the village in the national list; of no village when it is no dispute's locator."""
    return receipt.village_index(locator) - PLACE


def is_screened(dispute: Dispute) -> bool:
    """Whether no piece waits for its upload or its screening."""
    return all(each.piece.settled for each in dispute.evidence)


def is_suspected(dispute: Dispute) -> bool:
    """Whether it looks as if one hand made it and others (`clusters`)."""
    return any(each.startswith("cluster:") for each in dispute.concerns)


def is_proven(dispute: Dispute) -> bool:
    """Whether whoever filed it has brought at least one piece that officers can see."""
    return any(each.side is Side.FILER and each.piece.released for each in dispute.evidence)


def is_heard_late(dispute: Dispute) -> bool:
    """Whether officers have an objection unheard, and evidence has come since."""
    unheard = dispute.kind is Kind.OBJECTION and dispute.about and not dispute.answer_by
    return bool(unheard) and dispute.stage is Stage.REVIEW and is_proven(dispute)


def of_family(dispute: Dispute) -> tuple[Piece, ...]:
    """The pieces that the family brought: all of its appeal, its own of an objection."""
    appeal = dispute.kind is Kind.APPEAL
    brought = (each for each in dispute.evidence if appeal or each.side is Side.FAMILY)
    return tuple(each.piece for each in brought)


def wakes(dispute: Dispute) -> int:
    """When a machine should look at it, though no message comes (ms, UTC); 0 for never.

    When it is due; and soon, while a machine could go on. Where nobody could be drawn that comes
    again and again, since somebody may be by then.
    """
    again = dispute.head.at + LOST_MS if _goes_on(dispute) else 0
    return min((at for at in (dispute.due, again) if at), default=0)


def _goes_on(dispute: Dispute) -> bool:
    """Whether a machine has something to do before the dispute is due."""
    if dispute.stage is Stage.FILED:  # a name is looked for at once
        return bool(dispute.names) or is_screened(dispute)
    if dispute.stage is Stage.HEARING:
        return bool(dispute.answered_at) and is_screened(dispute)
    return is_heard_late(dispute) or (dispute.stage in WITH_OFFICER and not dispute.officer)


def visits(dispute: Dispute) -> int:
    """How many visits were asked for."""
    return sum(each.stage is Stage.VISIT for each in dispute.steps)


def must_be_open(dispute: Dispute) -> None:
    """Refuse a step of what has ended.

    Raises:
        WrongState: it has.
    """
    if dispute.ended:
        raise WrongState(Fault("dispute_ended"))


def must_stand_at(dispute: Dispute, *stages: Stage) -> None:
    """Refuse a step that belongs to other stages.

    Raises:
        WrongState: it has ended, or stands at none of these.
    """
    must_be_open(dispute)
    if dispute.stage not in stages:
        raise WrongState(Fault("dispute_moved"))


def must_be_drawn(dispute: Dispute, stamp: Stamp) -> None:
    """Refuse whoever was not drawn to act now.

    Raises:
        NotAllowed: the stamp is somebody else's.
    """
    if not dispute.officer or stamp.actor != f"staff:{dispute.officer}":
        raise NotAllowed(Fault("dispute_not_yours"))


def step(
    dispute: Dispute,
    stage: Stage,
    act: Act,
    stamp: Stamp,
    details: Mapping[str, object],
    *,
    reason: str | None = None,
) -> tuple[Dispute, Event]:
    """Take a step: the next version, with one event at the end of its chain.

    What counts for one stage only (level, who had it) begins anew with another.

    Args:
        dispute: with what the step changes besides.
        stage: where it stands afterwards.
        details: what the event commits to.
        reason: coded, told in the event itself.
    """
    event, head = audit.append(
        dispute.head,
        chain=dispute.ref.locator,
        at=stamp.at,
        actor=stamp.actor,
        act=act,
        commitment=audit.commit(dispute.salt, details),
        reason=reason,
    )
    goes_on = bool(dispute.steps) and dispute.steps[-1].stage is stage
    steps = dispute.steps if goes_on else (*dispute.steps, Reached(stage, stamp.at))
    moved = replace(
        dispute,
        stage=stage,
        version=dispute.version + 1,
        level=dispute.level if goes_on else 0,
        passed=dispute.passed if goes_on else (),
        steps=steps,
        head=head,
    )
    return moved, event
