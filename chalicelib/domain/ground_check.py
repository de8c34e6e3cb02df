"""A ground check: somebody goes and looks at how a family lives, and its life of its own.

It is asked for by an officer who has a dispute, because a family cannot be scored, because its
score is uncertain where a decision turns, or by chance, so that errors can be estimated. Whoever
goes is told none of this, nor what the family declared, before having answered. Not being at home
never counts against a family: after the region's number of attempts it goes back to an officer.
Pure: every step takes the check as it was, and gives it as it becomes with the one event of its
own ledger chain.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from chalicelib.domain import audit, finding, receipt
from chalicelib.domain.audit import Act, Event, Head
from chalicelib.domain.dispute import HIGHEST_LEVEL, Exhibit
from chalicelib.domain.errors import Fault, NotAllowed, WrongState
from chalicelib.domain.finding import Difference, Finding
from chalicelib.domain.registration import Ref, Stamp

if TYPE_CHECKING:
    from chalicelib.domain.evidence import Piece
    from chalicelib.domain.household import Household
    from chalicelib.domain.receipt import Mac

PLACE: Final = 400_000
"""Added to the village's place in a check's locator: no case and no dispute has it."""
MOST_NOT_BY: Final = 20


class Stage(StrEnum):
    """Where a check stands."""

    ASKED = "asked"  # nobody has been drawn to go
    ASSIGNED = "assigned"
    DONE = "done"
    NOT_MET = "not_met"  # nobody was met as often as the region tries: an officer goes on
    CANCELLED = "cancelled"


class Purpose(StrEnum):
    """Why somebody goes; whoever goes is not told, so that all are looked at alike."""

    DISPUTE = "dispute"
    CANNOT_SCORE = "cannot_score"
    NEAR_CUTOFF = "near_cutoff"
    SAMPLE = "sample"


class Missed(StrEnum):
    """Why an attempt came to nothing; none of them counts against the family."""

    NOT_HOME = "not_home"
    NOT_FOUND = "not_found"
    REFUSED = "refused"


ENDED: Final = frozenset({Stage.DONE, Stage.NOT_MET, Stage.CANCELLED})
WEIGHED: Final = frozenset({Purpose.SAMPLE, Purpose.NEAR_CUTOFF})
"""Purposes whose family has its decision: one finding alone changes none (invariant 4)."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """A visit at which nobody was met: when it was made (ms, UTC), why, and by which request."""

    at: int
    why: Missed
    request_id: bytes = b""
    body_digest: bytes = b""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the family would be decided on what was found.

    Attributes:
        eligible: programmes, in order; None when it cannot be scored on it either.
        model, rules: content hashes.
    """

    eligible: tuple[str, ...] | None
    model: str
    rules: str


class Course(StrEnum):
    """What an officer would do with a finding that would be decided otherwise."""

    REOPEN = "reopen"  # the family is decided anew on what was found
    KEEP = "keep"  # its decision stands


@dataclass(frozen=True, slots=True)
class Opinion:
    """What an officer holds of a finding (`check_review`).

    Attributes:
        actor: "staff:<subject>".
        reason: a code of the course's list.
    """

    actor: str
    course: Course
    reason: str
    at: int


@dataclass(frozen=True, slots=True)
class Check:
    """A ground check as it is stored: no name, no address, no coordinates.

    Attributes:
        ref: village and own locator, which names its ledger chain.
        about: locator of the family's case in the same village.
        dispute: locator of the dispute it was asked for, "" for none.
        occasion: what it was drawn for, such as "sample 2026-11"; "" for not drawn.
        chance: (drawn, of how many): its probability to be asked; (1, 1) for surely.
        model: hash of the model whose questions are asked.
        declared: the answers at the time of asking; None after erasure.
        decided: programmes that the family was eligible for then, in order; () before a decision.
        agent: subject of the agent who registered the family, "" when it came by itself.
        not_by: subjects who may never go: who registered the family, and who went before.
        officer: subject of the field officer, "" for nobody yet.
        due: by when somebody should have gone (ms, UTC).
        level: who was told that nobody may go: 0 nobody, 1 the supervisor, 2 the region.
        why: code -> how many of the region's people it keeps from going, while nobody may.
        request_id, body_digest: of the finding or attempt that came last, to know a repeat.
        received_at: when the finding reached us (ms, UTC); 0 for not yet.
        to_settle: whether officers have to say what becomes of what was found.
        opinions: theirs, oldest first.
    """

    ref: Ref
    stage: Stage
    version: int
    about: str
    purpose: Purpose
    asked_at: int
    due: int
    model: str
    declared: Household | None
    head: Head
    salt: bytes
    dispute: str = ""
    occasion: str = ""
    chance: tuple[int, int] = (1, 1)
    decided: tuple[str, ...] = ()
    agent: str = ""
    not_by: tuple[str, ...] = ()
    officer: str = ""
    level: int = 0
    why: tuple[tuple[str, int], ...] = ()
    attempts: tuple[Attempt, ...] = ()
    evidence: tuple[Exhibit, ...] = ()
    finding: Finding | None = None
    verdict: Verdict | None = None
    received_at: int = 0
    request_id: bytes = b""
    body_digest: bytes = b""
    remark_id: bytes = b""
    to_settle: bool = False
    opinions: tuple[Opinion, ...] = ()

    @property
    def ended(self) -> bool:
        """Whether nobody goes any more."""
        return self.stage in ENDED

    @property
    def case(self) -> Ref:
        """The family's case."""
        return Ref(self.ref.village, self.about)


def locator_of(mac: Mac, need: str, case: str) -> str:
    """The locator of the check that meets a need, such as "dispute <locator> 1"; always the same.

    Args:
        case: locator of the family's case, which names its village.
    """
    return receipt.derive(mac, f"check|{need}", PLACE + receipt.village_index(case)).locator


def village_index(locator: str) -> int:
    """Place of the village in the national list; of no village when it is no check's locator."""
    return receipt.village_index(locator) - PLACE


def ask(blank: Check, stamp: Stamp) -> tuple[Check, Event]:
    """Write the first event of a check; whoever may not go is known from the beginning."""
    begun = replace(blank, head=audit.first_head(blank.ref.locator), stage=Stage.ASKED, version=0)
    details: dict[str, object] = {
        "about": blank.about,
        "purpose": blank.purpose.value,
        "dispute": blank.dispute,
        "occasion": blank.occasion,
        "chance": list(blank.chance),
    }
    return step(begun, Stage.ASKED, Act.CHECK_ASKED, stamp, details)


def assign(check: Check, officer: str, stamp: Stamp, *, due: int) -> tuple[Check, Event]:
    """Name the field officer who was drawn, in place of the one before if there was one.

    Raises:
        WrongState: it has ended.
        NotAllowed: by somebody who may not go.
    """
    refuse_ended(check)
    if not officer or officer in check.not_by:
        raise NotAllowed(Fault("check_not_by"))
    before = (check.officer,) if check.officer and check.officer != officer else ()
    not_by = tuple(dict.fromkeys((*check.not_by, *before)))[-MOST_NOT_BY:]
    moved = replace(check, officer=officer, due=due, not_by=not_by, level=0, why=())
    return step(moved, Stage.ASSIGNED, Act.CHECK_ASSIGNED, stamp, {"officer": officer})


def escalate(check: Check, level: int, why: Mapping[str, int], stamp: Stamp) -> tuple[Check, Event]:
    """Call somebody higher, since nobody may go; who may by then is drawn all the same.

    Args:
        level: 1 the supervisor, 2 the region.
        why: code of `assignment.may_act` -> how many it keeps from going.

    Raises:
        WrongState: somebody was drawn, or it has ended.
        ValueError: the level does not rise.
    """
    refuse_ended(check)
    if check.stage is not Stage.ASKED:
        raise WrongState(Fault("check_moved"))
    if not check.level < level <= HIGHEST_LEVEL:
        raise ValueError("an escalation rises")
    moved = replace(check, level=level, why=tuple(sorted(why.items())))
    return step(moved, check.stage, Act.ESCALATED, stamp, {"level": level, "why": dict(why)})


def screened(check: Check, piece: Piece, stamp: Stamp) -> tuple[Check, Event] | None:
    """Keep what screening found of a piece; None when that piece is not waiting for it.

    It is kept for an ended check too: photos come after the finding.
    """
    there = {each.piece.id: each for each in check.evidence}.get(piece.id)
    if there is None or there.piece.settled or there.piece == piece:
        return None
    kept = tuple(
        replace(each, piece=piece) if each.piece.id == piece.id else each for each in check.evidence
    )
    details = {"piece": piece.id, "state": piece.state.value, "why": piece.why}
    return step(replace(check, evidence=kept), check.stage, Act.SCREENED, stamp, details)


def cancel(check: Check, reason: str, stamp: Stamp) -> tuple[Check, Event]:
    """End a check that nobody needs any more.

    Args:
        reason: a code, such as "withdrawn".

    Raises:
        WrongState: it has ended.
    """
    refuse_ended(check)
    return step(
        check, Stage.CANCELLED, Act.CHECK_CANCELLED, stamp, {"reason": reason}, reason=reason
    )


def forget(check: Check, stamp: Stamp) -> tuple[Check, Event]:
    """Forget what was declared and found; what is sealed goes in the same transaction.

    That the family was visited stays, and what it counts for in an estimate of errors: whom it
    was eligible by, not how it lives.
    """
    moved = replace(check, declared=None, finding=None, evidence=(), to_settle=False)
    stage = check.stage if check.ended else Stage.CANCELLED
    return step(replace(moved, salt=b""), stage, Act.FORGOTTEN, stamp, {}, salt=stamp.salt)


def checked_household(check: Check, seen: Finding | None = None) -> Household | None:
    """The family as it was found (`finding.checked_household`).

    Args:
        seen: what was found; that of the check if None.

    Returns:
        None when nothing was found, or it was erased.
    """
    seen = seen or check.finding
    return finding.checked_household(check.declared, seen) if check.declared and seen else None


def differences(check: Check) -> tuple[Difference, ...]:
    """What was declared otherwise than found, by field; nothing before anything was found."""
    if check.finding is None or check.declared is None:
        return ()
    return finding.differences(check.declared, check.finding)


def refuse_ended(check: Check) -> None:
    """Refuse a step of a check that has ended.

    Raises:
        WrongState: it was found, missed for good or cancelled.
    """
    if check.ended:
        raise WrongState(Fault("check_ended"))


def step(
    check: Check,
    stage: Stage,
    act: Act,
    stamp: Stamp,
    details: Mapping[str, object],
    *,
    reason: str | None = None,
    model: str | None = None,
    rules: str | None = None,
    salt: bytes = b"",
) -> tuple[Check, Event]:
    """The check at a stage, one version further, with the event that says what was done."""
    event, head = audit.append(
        check.head,
        chain=check.ref.locator,
        at=stamp.at,
        actor=stamp.actor,
        act=act,
        commitment=audit.commit(salt or check.salt, details),
        reason=reason,
        model=model,
        rules=rules,
    )
    return replace(check, stage=stage, version=check.version + 1, head=head), event
