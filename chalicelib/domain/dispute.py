"""An appeal of one's own result, or an objection to somebody else's eligibility, and its life.

Two kinds that are never mixed: an appeal is filed by the family (or its agent), an objection by a
person who signed in, and its author stays sealed from the family. Pure: every step takes the
dispute as it was, and gives it as it becomes with the one event of its own ledger chain.
Silence never counts against anybody: no step here is taken because somebody did not answer, but
to go on to the people who decide (product, the life of an objection).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from chalicelib.domain import audit, receipt
from chalicelib.domain.audit import Act, Event, Head
from chalicelib.domain.errors import Fault, InvalidRequest, NotAllowed, WrongState
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

MOST_PASSED: Final = 3
"""Officers that one step may be taken from: whoever may draw anew without end could go on until
somebody they like has it."""

MOST_OPENINGS: Final = 9
"""How often it may be opened who objected; each opening stands in the item with its reason."""

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


def file(
    blank: Dispute, stamp: Stamp, *, due: int, told: Mapping[str, object] | None = None
) -> tuple[Dispute, Event]:
    """Write the first event of a dispute.

    Args:
        blank: without steps; its chain is begun here.
        due: when its evidence should be there and screened (ms, UTC).
        told: what the event commits to besides, such as that a family has agreed.
    """
    begun = replace(blank, head=audit.first_head(blank.ref.locator), due=due)
    pieces = len(blank.evidence)
    details = {"kind": blank.kind.value, "reason": blank.reason, "pieces": pieces, **(told or {})}
    return _step(begun, Stage.FILED, Act.FILED, stamp, details, reason=blank.reason)


def add_evidence(
    dispute: Dispute, pieces: tuple[Exhibit, ...], request_id: bytes, stamp: Stamp
) -> tuple[Dispute, Event]:
    """Let more pieces be sent.

    Raises:
        WrongState: it has ended.
        InvalidRequest: there would be too many.
    """
    _open(dispute)
    if len(dispute.evidence) + len(pieces) > MOST_PIECES:
        raise InvalidRequest(Fault("evidence_too_many", "photos", {"most": MOST_PIECES}))
    moved = replace(dispute, evidence=dispute.evidence + pieces, last_request=request_id)
    return _step(moved, dispute.stage, Act.EVIDENCE_ADDED, stamp, {"pieces": len(pieces)})


def screened(dispute: Dispute, piece: Piece, stamp: Stamp) -> tuple[Dispute, Event] | None:
    """Keep what screening found of a piece; None when that piece is not waiting for it.

    It is kept for an ended dispute too: what was uploaded in time is not lost.
    """
    there = {each.piece.id: each for each in dispute.evidence}.get(piece.id)
    if there is None or there.piece.settled or there.piece == piece:
        return None
    kept = tuple(
        replace(each, piece=piece) if each.piece.id == piece.id else each
        for each in dispute.evidence
    )
    details = {"piece": piece.id, "state": piece.state.value, "why": piece.why}
    return _step(replace(dispute, evidence=kept), dispute.stage, Act.SCREENED, stamp, details)


def is_screened(dispute: Dispute) -> bool:
    """Whether no piece waits for its upload or its screening."""
    return all(each.piece.settled for each in dispute.evidence)


def link(
    dispute: Dispute,
    about: str,
    stamp: Stamp,
    *,
    due: int,
    follows: str = "",
    concerns: tuple[str, ...] = (),
) -> tuple[Dispute, Event]:
    """Name the case that a dispute is about, found by a machine or by the officer drawn for it.

    It goes on from its beginning, for the family has not been heard.

    Args:
        due: when its evidence should be there and screened, as when it was filed (ms, UTC).
        follows: locator of the dispute whose outcome it turns out to appeal.
        concerns: what an officer should see of the case that was found.

    Raises:
        WrongState: it is linked already, or has come further.
        NotAllowed: by an officer who was not drawn for it.
    """
    _at(dispute, Stage.FILED, Stage.REVIEW)
    if dispute.stage is Stage.REVIEW:
        _drawn(dispute, stamp)
    if dispute.about:
        raise WrongState(Fault("dispute_linked"))
    kept = tuple(each for each in dispute.concerns if each != UNCLEAR)
    moved = replace(
        dispute,
        about=about,
        names=b"",
        officer="",
        due=due,
        follows=dispute.follows or follows,
        concerns=kept + concerns,
    )
    return _step(moved, Stage.FILED, Act.LINKED, stamp, {"about": about})


def flag(dispute: Dispute, concerns: tuple[str, ...], stamp: Stamp) -> tuple[Dispute, Event] | None:
    """Note that it looks as if one hand made it and others; None when that is noted, or too late.

    It weighs nothing: whoever has it now hands it to somebody from another district, who sees why.
    """
    fresh = tuple(code for code in concerns if code not in dispute.concerns)
    if dispute.ended or not fresh:
        return None
    flagged = any(map(_is_cluster, dispute.concerns))
    officer = dispute.officer if flagged else ""
    moved = replace(dispute, concerns=dispute.concerns + fresh, officer=officer)
    return _step(moved, dispute.stage, Act.FLAGGED, stamp, {"concerns": list(fresh)})


def compared(dispute: Dispute) -> Dispute:
    """Without what was only kept to compare it with others."""
    return replace(dispute, device=b"", street=b"")


def _is_cluster(concern: str) -> bool:
    return concern.startswith("cluster:")


def hear(
    dispute: Dispute, stamp: Stamp, *, answer_by: int, concerns: tuple[str, ...] = ()
) -> tuple[Dispute, Event]:
    """Tell the family of the objection, and wait for its answer.

    An officer loses it who had it only because no evidence had come in time.

    Raises:
        WrongState: it is an appeal, not linked, heard, or somebody has recommended.
    """
    if dispute.kind is not Kind.OBJECTION or not dispute.about or dispute.answer_by:
        raise WrongState(Fault("dispute_not_to_be_heard"))
    _at(dispute, Stage.FILED, Stage.REVIEW)
    kept = tuple(each for each in dispute.concerns if each != UNPROVEN)
    moved = replace(
        compared(dispute),
        answer_by=answer_by,
        due=answer_by,
        officer="",
        concerns=kept + concerns,
    )
    details = {"answer_by": answer_by, **({"concerns": list(concerns)} if concerns else {})}
    return _step(moved, Stage.HEARING, Act.HEARD, stamp, details)


def is_proven(dispute: Dispute) -> bool:
    """Whether whoever filed it has brought at least one piece that officers can see."""
    return any(each.side is Side.FILER and each.piece.released for each in dispute.evidence)


def is_heard_late(dispute: Dispute) -> bool:
    """Whether officers have an objection unheard, and evidence has come since."""
    unheard = dispute.kind is Kind.OBJECTION and dispute.about and not dispute.answer_by
    return bool(unheard) and dispute.stage is Stage.REVIEW and is_proven(dispute)


def answer(
    dispute: Dispute,
    pieces: tuple[Exhibit, ...],
    request_id: bytes,
    stamp: Stamp,
    details: Mapping[str, object],
) -> tuple[Dispute, Event]:
    """Keep that the family has answered; taken until somebody recommends, late or not.

    Args:
        details: what the event commits to: a digest of the answer.

    Raises:
        WrongState: nobody asked the family, it has answered, or officers have begun to decide.
        InvalidRequest: there would be too many pieces.
    """
    _at(dispute, Stage.HEARING, Stage.REVIEW, Stage.VISIT)
    if not dispute.answer_by or dispute.answered_at:
        raise WrongState(Fault("dispute_answered"))
    if len(dispute.evidence) + len(pieces) > MOST_PIECES:
        raise InvalidRequest(Fault("evidence_too_many", "photos", {"most": MOST_PIECES}))
    moved = replace(
        dispute,
        evidence=dispute.evidence + pieces,
        answered_at=stamp.at,
        last_request=request_id,
    )
    return _step(moved, dispute.stage, Act.ANSWERED, stamp, details)


def to_review(
    dispute: Dispute, stamp: Stamp, *, due: int, concerns: tuple[str, ...] = ()
) -> tuple[Dispute, Event]:
    """Hand it to the officers.

    Raises:
        WrongState: officers have it already, or it has ended.
    """
    _at(dispute, Stage.FILED, Stage.HEARING, Stage.VISIT)
    moved = replace(compared(dispute), due=due, officer="", concerns=dispute.concerns + concerns)
    return _step(moved, Stage.REVIEW, Act.TO_REVIEW, stamp, {"concerns": list(concerns)})


def assign(dispute: Dispute, officer: str, stamp: Stamp, *, level: int) -> tuple[Dispute, Event]:
    """Name the officer who was drawn to act, or "" when nobody near may.

    Args:
        level: escalation that the drawing met: nobody in the district, or in the region.

    Raises:
        WrongState: no officer is needed now.
    """
    _at(dispute, *WITH_OFFICER)
    moved = replace(dispute, officer=officer, level=max(dispute.level, level))
    return _step(moved, dispute.stage, Act.ASSIGNED, stamp, {"officer": officer, "level": level})


def redraw(
    dispute: Dispute, officer: str, stamp: Stamp, *, level: int, reason: str
) -> tuple[Dispute, Event]:
    """Take it from who has it, if anybody, and name who was drawn instead; its term runs on.

    Args:
        officer: drawn among those who may, without who has it, who had it, and who asks.
        level: escalation that the drawing met, as for `assign`.
        reason: coded, why it was taken.

    Raises:
        WrongState: no officer is needed now, or too many have had this step.
        ValueError: it would go to somebody who had it, or to who asks.
    """
    _at(dispute, *WITH_OFFICER)
    passed = _passed(dispute)
    if dispute.officer and len(passed) > MOST_PASSED:
        raise WrongState(Fault("redraw_too_often"))
    if officer in ("", *passed) or stamp.actor == f"staff:{officer}":
        raise ValueError("it goes to somebody else")
    moved = replace(dispute, officer=officer, level=max(dispute.level, level), passed=passed)
    details = {"officer": officer, "before": dispute.officer, "level": level}
    return _step(moved, dispute.stage, Act.REDRAWN, stamp, details, reason=reason)


def escalate(dispute: Dispute, level: int, stamp: Stamp, *, due: int) -> tuple[Dispute, Event]:
    """A deadline passed: the next higher takes over. It is the only thing that a deadline does.

    Args:
        level: 1 the supervisor, 2 the region.

    Raises:
        WrongState: it has ended.
        ValueError: the level does not rise.
    """
    _open(dispute)
    if not dispute.level < level <= HIGHEST_LEVEL:
        raise ValueError("an escalation rises")
    moved = replace(dispute, level=level, officer="", passed=_passed(dispute), due=due)
    return _step(moved, dispute.stage, Act.ESCALATED, stamp, {"level": level})


def ask_visit(dispute: Dispute, stamp: Stamp, *, due: int) -> tuple[Dispute, Event]:
    """Ask for a ground check before recommending.

    Raises:
        WrongState: it is not being reviewed, or no family has been found.
        NotAllowed: by who was not drawn for it.
    """
    _at(dispute, Stage.REVIEW)
    _drawn(dispute, stamp)
    if not dispute.about:
        raise WrongState(Fault("dispute_not_linked"))
    moved = replace(dispute, due=due)
    return _step(moved, Stage.VISIT, Act.VISIT_ASKED, stamp, {})


def recommend(dispute: Dispute, vote: Vote, stamp: Stamp, *, due: int) -> tuple[Dispute, Event]:
    """Keep the recommendation of the officer who was drawn; somebody else decides.

    Raises:
        WrongState: it is not being reviewed, or would be upheld against a family nobody has heard.
        NotAllowed: by who was not drawn for it.
    """
    _at(dispute, Stage.REVIEW)
    _drawn(dispute, stamp)
    _heard(dispute, vote)
    moved = replace(dispute, votes=(vote,), officer="", due=due)
    return _step(moved, Stage.RECOMMENDED, Act.RECOMMENDED, stamp, _told(vote), reason=vote.reason)


def decide(dispute: Dispute, vote: Vote, stamp: Stamp, *, due: int) -> tuple[Dispute, Event]:
    """Take the second vote, or the third: two that agree decide, and so does the third.

    Args:
        due: when a third should have decided, if the second differs.

    Raises:
        WrongState: nothing is recommended, or it would be upheld against a family nobody has heard.
        NotAllowed: by who was not drawn for it, or has voted (product, invariant 4).
    """
    _at(dispute, Stage.RECOMMENDED, Stage.SPLIT)
    _drawn(dispute, stamp)
    if any(each.actor == stamp.actor for each in dispute.votes):
        raise NotAllowed(Fault("dispute_same_person"))
    _heard(dispute, vote)
    votes = (*dispute.votes, vote)
    agreed = dispute.stage is Stage.SPLIT or vote.outcome is dispute.votes[0].outcome
    if not agreed:
        moved = replace(dispute, votes=votes, officer="", due=due)
        return _step(moved, Stage.SPLIT, Act.SPLIT, stamp, _told(vote), reason=vote.reason)
    moved = replace(dispute, votes=votes, officer="", due=0, outcome=vote.outcome, why=vote.reason)
    return _step(moved, Stage.DECIDED, Act.DISPUTE_DECIDED, stamp, _told(vote), reason=vote.reason)


def open_objector(dispute: Dispute, opening: Opening, stamp: Stamp) -> tuple[Dispute, Event]:
    """Keep that somebody opens who objected: before it is opened, and whether or not it has ended.

    Whoever has opened it acts in this matter no more (`interests`), and whoever acts or has acted
    in it opens nothing.

    Raises:
        WrongState: nobody objected, or it was opened too often.
        NotAllowed: by who judges it, has judged it, or had it to judge.
    """
    if dispute.kind is not Kind.OBJECTION:
        raise WrongState(Fault("objector_none"))
    if len(dispute.openings) >= MOST_OPENINGS:
        raise WrongState(Fault("objector_opened_often"))
    subject = stamp.actor.partition(":")[2]
    if may_open(dispute, stamp.actor) or subject in dispute.passed:
        raise NotAllowed(Fault("objector_not_by_judge"))
    moved = replace(dispute, openings=(*dispute.openings, opening))
    details = {"reason": opening.reason, "note": sha256(opening.note).hexdigest()}
    return _step(moved, dispute.stage, Act.OBJECTOR_OPENED, stamp, details, reason=opening.reason)


def withdraw(dispute: Dispute, request_id: bytes, stamp: Stamp) -> tuple[Dispute, Event]:
    """End it at the wish of who filed it.

    Raises:
        WrongState: it has ended.
    """
    _open(dispute)
    moved = replace(compared(dispute), due=0, officer="", last_request=request_id)
    return _step(moved, Stage.WITHDRAWN, Act.WITHDRAWN, stamp, {})


def of_family(dispute: Dispute) -> tuple[Piece, ...]:
    """The pieces that the family brought: all of its appeal, its own of an objection."""
    appeal = dispute.kind is Kind.APPEAL
    brought = (each for each in dispute.evidence if appeal or each.side is Side.FAMILY)
    return tuple(each.piece for each in brought)


def forget(dispute: Dispute, stamp: Stamp) -> tuple[Dispute, Event]:
    """Forget what a family brought and said, since the family is erased.

    An appeal ends, for nobody is there to be told its outcome; an objection goes on without the
    answer. What earlier events committed to can be shown by nobody afterwards.

    Args:
        stamp: its salt is the dispute's from now on.
    """
    appeal = dispute.kind is Kind.APPEAL
    mine = of_family(dispute)
    moved = replace(
        dispute,
        salt=stamp.salt,
        evidence=tuple(each for each in dispute.evidence if each.piece not in mine),
        openings=tuple(replace(each, note=b"", key=b"") for each in dispute.openings),
    )
    stage = dispute.stage
    if appeal:
        moved = replace(moved, body_digest=b"", concerns=(), due=0, officer="")
        stage = stage if dispute.ended else Stage.WITHDRAWN
    return _step(moved, stage, Act.FORGOTTEN, stamp, {})


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
    return sum(step.stage is Stage.VISIT for step in dispute.steps)


def needs_stranger(dispute: Dispute) -> bool:
    """Whether only somebody from another district may act on it.

    It was decided once, or looks as if one hand made it and others. Or its family has not been
    found: nobody can tell yet who is close to it. Who neither lives nor works there is the least
    likely to be, and says which family it is; from then on it is drawn again, from the beginning,
    among those without an interest in that family.
    """
    looked_at = bool(dispute.follows) or any(map(_is_cluster, dispute.concerns))
    return not dispute.about or looked_at


def may_open(dispute: Dispute, actor: str) -> bool:
    """Whether an officer may look into it: who was drawn, and who has voted, and nobody else."""
    drawn = f"staff:{dispute.officer}" if dispute.officer else ""
    return actor == drawn or any(vote.actor == actor for vote in dispute.votes)


def _heard(dispute: Dispute, vote: Vote) -> None:
    """Nothing is held against a family that was not told of it and asked (product, objections)."""
    objects = dispute.kind is Kind.OBJECTION and vote.outcome is not Outcome.REJECTED
    if objects and not dispute.answer_by:
        raise WrongState(Fault("dispute_not_heard"))


def _passed(dispute: Dispute) -> tuple[str, ...]:
    """Who had the step, when nobody has it any more."""
    return tuple(dict.fromkeys((*dispute.passed, *([dispute.officer] if dispute.officer else []))))


def _told(vote: Vote) -> Mapping[str, object]:
    return {"outcome": vote.outcome.value, "reason": vote.reason}


def _open(dispute: Dispute) -> None:
    if dispute.ended:
        raise WrongState(Fault("dispute_ended"))


def _at(dispute: Dispute, *stages: Stage) -> None:
    _open(dispute)
    if dispute.stage not in stages:
        raise WrongState(Fault("dispute_moved"))


def _drawn(dispute: Dispute, stamp: Stamp) -> None:
    if not dispute.officer or stamp.actor != f"staff:{dispute.officer}":
        raise NotAllowed(Fault("dispute_not_yours"))


def _step(
    dispute: Dispute,
    stage: Stage,
    act: Act,
    stamp: Stamp,
    details: Mapping[str, object],
    *,
    reason: str | None = None,
) -> tuple[Dispute, Event]:
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
