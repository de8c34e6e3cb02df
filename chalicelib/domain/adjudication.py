"""What officers do with a dispute: one is drawn, recommends, and another decides.

Who may act, who acts next when a term passes, and who may see who objected. Nobody acts who was not
drawn for it, nobody votes twice, and a passed term never decides (product, invariant 4).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from hashlib import sha256
from typing import Final

from chalicelib.domain.audit import Act, Event
from chalicelib.domain.dispute import (
    HIGHEST_LEVEL,
    WITH_OFFICER,
    Dispute,
    Kind,
    Opening,
    Outcome,
    Stage,
    Vote,
    is_suspected,
    must_be_drawn,
    must_be_open,
    must_stand_at,
    step,
)
from chalicelib.domain.errors import Fault, NotAllowed, WrongState
from chalicelib.domain.registration import Stamp

MOST_PASSED: Final = 3
"""Officers that one step may be taken from: whoever may draw anew without end could go on until
somebody they like has it."""

MOST_OPENINGS: Final = 9
"""How often it may be opened who objected; each opening stands in the item with its reason."""


def assign(dispute: Dispute, officer: str, stamp: Stamp, *, level: int) -> tuple[Dispute, Event]:
    """Name the officer who was drawn to act, or "" when nobody near may.

    Args:
        level: escalation that the drawing met: nobody in the district, or in the region.

    Raises:
        WrongState: no officer is needed now.
    """
    must_stand_at(dispute, *WITH_OFFICER)
    moved = replace(dispute, officer=officer, level=max(dispute.level, level))
    return step(moved, dispute.stage, Act.ASSIGNED, stamp, {"officer": officer, "level": level})


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
    must_stand_at(dispute, *WITH_OFFICER)
    passed = _passed(dispute)
    if dispute.officer and len(passed) > MOST_PASSED:
        raise WrongState(Fault("redraw_too_often"))
    if officer in ("", *passed) or stamp.actor == f"staff:{officer}":
        raise ValueError("it goes to somebody else")
    moved = replace(dispute, officer=officer, level=max(dispute.level, level), passed=passed)
    details = {"officer": officer, "before": dispute.officer, "level": level}
    return step(moved, dispute.stage, Act.REDRAWN, stamp, details, reason=reason)


def escalate(dispute: Dispute, level: int, stamp: Stamp, *, due: int) -> tuple[Dispute, Event]:
    """A deadline passed: the next higher takes over. It is the only thing that a deadline does.

    Args:
        level: 1 the supervisor, 2 the region.

    Raises:
        WrongState: it has ended.
        ValueError: the level does not rise.
    """
    must_be_open(dispute)
    if not dispute.level < level <= HIGHEST_LEVEL:
        raise ValueError("an escalation rises")
    moved = replace(dispute, level=level, officer="", passed=_passed(dispute), due=due)
    return step(moved, dispute.stage, Act.ESCALATED, stamp, {"level": level})


def ask_visit(dispute: Dispute, stamp: Stamp, *, due: int) -> tuple[Dispute, Event]:
    """Ask for a ground check before recommending.

    Raises:
        WrongState: it is not being reviewed, or no family has been found.
        NotAllowed: by who was not drawn for it.
    """
    must_stand_at(dispute, Stage.REVIEW)
    must_be_drawn(dispute, stamp)
    if not dispute.about:
        raise WrongState(Fault("dispute_not_linked"))
    moved = replace(dispute, due=due)
    return step(moved, Stage.VISIT, Act.VISIT_ASKED, stamp, {})


def recommend(dispute: Dispute, vote: Vote, stamp: Stamp, *, due: int) -> tuple[Dispute, Event]:
    """Keep the recommendation of the officer who was drawn; somebody else decides.

    Raises:
        WrongState: it is not being reviewed, or would be upheld against a family nobody has heard.
        NotAllowed: by who was not drawn for it.
    """
    must_stand_at(dispute, Stage.REVIEW)
    must_be_drawn(dispute, stamp)
    _heard(dispute, vote)
    moved = replace(dispute, votes=(vote,), officer="", due=due)
    return step(moved, Stage.RECOMMENDED, Act.RECOMMENDED, stamp, _told(vote), reason=vote.reason)


def decide(dispute: Dispute, vote: Vote, stamp: Stamp, *, due: int) -> tuple[Dispute, Event]:
    """Take the second vote, or the third: two that agree decide, and so does the third.

    Args:
        due: when a third should have decided, if the second differs.

    Raises:
        WrongState: nothing is recommended, or it would be upheld against a family nobody has heard.
        NotAllowed: by who was not drawn for it, or has voted (product, invariant 4).
    """
    must_stand_at(dispute, Stage.RECOMMENDED, Stage.SPLIT)
    must_be_drawn(dispute, stamp)
    if any(each.actor == stamp.actor for each in dispute.votes):
        raise NotAllowed(Fault("dispute_same_person"))
    _heard(dispute, vote)
    votes = (*dispute.votes, vote)
    agreed = dispute.stage is Stage.SPLIT or vote.outcome is dispute.votes[0].outcome
    if not agreed:
        moved = replace(dispute, votes=votes, officer="", due=due)
        return step(moved, Stage.SPLIT, Act.SPLIT, stamp, _told(vote), reason=vote.reason)
    moved = replace(dispute, votes=votes, officer="", due=0, outcome=vote.outcome, why=vote.reason)
    return step(moved, Stage.DECIDED, Act.DISPUTE_DECIDED, stamp, _told(vote), reason=vote.reason)


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
    return step(moved, dispute.stage, Act.OBJECTOR_OPENED, stamp, details, reason=opening.reason)


def needs_stranger(dispute: Dispute) -> bool:
    """Whether only somebody from another district may act on it.

    It was decided once, or looks as if one hand made it and others. Or its family has not been
    found: nobody can tell yet who is close to it. Who neither lives nor works there is the least
    likely to be, and says which family it is; from then on it is drawn again, from the beginning,
    among those without an interest in that family.
    """
    looked_at = bool(dispute.follows) or is_suspected(dispute)
    return not dispute.about or looked_at


def may_open(dispute: Dispute, actor: str) -> bool:
    """Whether an officer may look into it: who was drawn, and who has voted, and nobody else."""
    drawn = bool(dispute.officer) and actor == f"staff:{dispute.officer}"
    return drawn or any(vote.actor == actor for vote in dispute.votes)


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
