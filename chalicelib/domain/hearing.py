"""How a dispute comes before the officers: filed, its evidence, its family found and heard.

What its parties do, and a machine between them; what officers do is `adjudication`. Pure: every
step takes the dispute as it was, and gives it as it becomes with the one event of its own ledger
chain.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from chalicelib.domain import audit
from chalicelib.domain.audit import Act, Event
from chalicelib.domain.dispute import (
    MOST_PIECES,
    UNCLEAR,
    UNPROVEN,
    Dispute,
    Exhibit,
    Kind,
    Stage,
    is_suspected,
    must_be_drawn,
    must_be_open,
    must_stand_at,
    of_family,
    step,
    with_screened,
)
from chalicelib.domain.errors import Fault, InvalidRequest, WrongState
from chalicelib.domain.registration import Stamp

if TYPE_CHECKING:
    from chalicelib.domain.evidence import Piece


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
    return step(begun, Stage.FILED, Act.FILED, stamp, details, reason=blank.reason)


def add_evidence(
    dispute: Dispute, pieces: tuple[Exhibit, ...], request_id: bytes, stamp: Stamp
) -> tuple[Dispute, Event]:
    """Let more pieces be sent.

    Raises:
        WrongState: it has ended.
        InvalidRequest: there would be too many.
    """
    must_be_open(dispute)
    if len(dispute.evidence) + len(pieces) > MOST_PIECES:
        raise InvalidRequest(Fault("evidence_too_many", "photos", {"most": MOST_PIECES}))
    moved = replace(dispute, evidence=dispute.evidence + pieces, last_request=request_id)
    return step(moved, dispute.stage, Act.EVIDENCE_ADDED, stamp, {"pieces": len(pieces)})


def screened(dispute: Dispute, piece: Piece, stamp: Stamp) -> tuple[Dispute, Event] | None:
    """Keep what screening found of a piece; None when that piece is not waiting for it.

    It is kept for an ended dispute too: what was uploaded in time is not lost.
    """
    kept = with_screened(dispute.evidence, piece)
    if kept is None:
        return None
    details = {"piece": piece.id, "state": piece.state.value, "why": piece.why}
    return step(replace(dispute, evidence=kept), dispute.stage, Act.SCREENED, stamp, details)


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
    must_stand_at(dispute, Stage.FILED, Stage.REVIEW)
    if dispute.stage is Stage.REVIEW:
        must_be_drawn(dispute, stamp)
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
    return step(moved, Stage.FILED, Act.LINKED, stamp, {"about": about})


def flag(dispute: Dispute, concerns: tuple[str, ...], stamp: Stamp) -> tuple[Dispute, Event] | None:
    """Note that it looks as if one hand made it and others; None when that is noted, or too late.

    It weighs nothing: whoever has it now hands it to somebody from another district, who sees why.
    """
    fresh = tuple(code for code in concerns if code not in dispute.concerns)
    if dispute.ended or not fresh:
        return None
    flagged = is_suspected(dispute)
    officer = dispute.officer if flagged else ""
    moved = replace(dispute, concerns=dispute.concerns + fresh, officer=officer)
    return step(moved, dispute.stage, Act.FLAGGED, stamp, {"concerns": list(fresh)})


def compared(dispute: Dispute) -> Dispute:
    """Without what was only kept to compare it with others."""
    return replace(dispute, device=b"", street=b"")


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
    must_stand_at(dispute, Stage.FILED, Stage.REVIEW)
    kept = tuple(each for each in dispute.concerns if each != UNPROVEN)
    moved = replace(
        compared(dispute),
        answer_by=answer_by,
        due=answer_by,
        officer="",
        concerns=kept + concerns,
    )
    details = {"answer_by": answer_by, **({"concerns": list(concerns)} if concerns else {})}
    return step(moved, Stage.HEARING, Act.HEARD, stamp, details)


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
    must_stand_at(dispute, Stage.HEARING, Stage.REVIEW, Stage.VISIT)
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
    return step(moved, dispute.stage, Act.ANSWERED, stamp, details)


def to_review(
    dispute: Dispute, stamp: Stamp, *, due: int, concerns: tuple[str, ...] = ()
) -> tuple[Dispute, Event]:
    """Hand it to the officers.

    Raises:
        WrongState: officers have it already, or it has ended.
    """
    must_stand_at(dispute, Stage.FILED, Stage.HEARING, Stage.VISIT)
    moved = replace(compared(dispute), due=due, officer="", concerns=dispute.concerns + concerns)
    return step(moved, Stage.REVIEW, Act.TO_REVIEW, stamp, {"concerns": list(concerns)})


def withdraw(dispute: Dispute, request_id: bytes, stamp: Stamp) -> tuple[Dispute, Event]:
    """End it at the wish of who filed it.

    Raises:
        WrongState: it has ended.
    """
    must_be_open(dispute)
    moved = replace(compared(dispute), due=0, officer="", last_request=request_id)
    return step(moved, Stage.WITHDRAWN, Act.WITHDRAWN, stamp, {})


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
    return step(moved, stage, Act.FORGOTTEN, stamp, {})
