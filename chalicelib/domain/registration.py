"""A registration and its life: received, checked, scored, decided, or waiting for a person.

Pure: every transition takes the registration as it was, and gives it as it becomes together with
its one ledger event. Storing both in one transaction is the adapters' work.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from chalicelib.domain import audit
from chalicelib.domain.audit import Act, Event, Head
from chalicelib.domain.household import Household
from chalicelib.domain.identity import IdentityAnswer

if TYPE_CHECKING:  # only named here: a worker that checks identities loads no model
    from chalicelib.domain.pmt import CannotScore, Scored
    from chalicelib.domain.programme import ProgrammeDecision


class State(StrEnum):
    """Where a case stands (product: the life of an application)."""

    RECEIVED = "received"
    IDENTITY_CHECKING = "identity_checking"  # the civil registry has not answered yet
    MATCHED = "matched"
    NEEDS_CORRECTION = "needs_correction"  # the family is asked, once
    NEEDS_OFFICER = "needs_officer"
    NEEDS_GROUND_CHECK = "needs_ground_check"  # cannot be scored: never 0
    DECIDED = "decided"
    WITHDRAWN = "withdrawn"
    RELEASED = "released"  # withdrawn, and its NIK may be registered again
    PROPOSED = "proposed"  # by a neighbour: nothing happens before the family agrees
    ERASED = "erased"


class WayIn(StrEnum):
    """How the family came in."""

    SELF = "self"
    AGENT = "agent"
    PROPOSAL = "proposal"
    IMPORT = "import"  # from a list that the region was given, such as DTSEN


IMPORTED_FROM = "import:"
"""What stands before the list's name in place of an agreement, which nobody gave."""


class Work(StrEnum):
    """Work that waits for somebody or something, indexed by when it is due."""

    CHECK = "check"  # ask the civil registry again
    OFFICER = "officer"
    VISIT = "visit"
    ADOPTION = "adoption"  # compare a model or rule set, or decide anew under an adopted one
    DISPUTE = "dispute"  # an appeal or objection to move on: screened, heard, drawn, escalated
    REPORT = "report"  # a report about an agent: screened, drawn, handed on


Details = Mapping[str, object]
"""What an event commits to, and does not show."""

ENDED_STATES = frozenset({State.WITHDRAWN, State.RELEASED, State.ERASED})


@dataclass(frozen=True, slots=True)
class Ref:
    """Where a case is stored: its village (10 digits) and its locator. Not personal data."""

    village: str
    locator: str


@dataclass(frozen=True, slots=True)
class Step:
    """A state and when it was reached (ms, UTC)."""

    state: State
    at: int


@dataclass(frozen=True, slots=True)
class Waiting:
    """The entry of a case in the index of work.

    Attributes:
        due: when it should be done (ms, UTC).
    """

    work: Work
    due: int


@dataclass(frozen=True, slots=True)
class Earlier:
    """A decision that a later one has followed: what the family was told before, and since when.

    Those before it stand in the ledger.

    Attributes:
        why: code of what it was taken up again for; "" for a model or rules that were adopted.
    """

    at: int
    model_hash: str
    rules_hash: str
    decisions: tuple[ProgrammeDecision, ...]
    why: str = ""


@dataclass(frozen=True, slots=True)
class Registration:
    """The state item: answers and where the case stands, but nobody's identity.

    Attributes:
        version: raised by one with each change; every write is conditional on it.
        request_id: 16 bytes derived from the key of the request that made it (its claim).
        body_digest: keyed digest of that request's body; another body under one key is refused.
        secret_mac: keyed digest of the receipt's secret.
        household: None for a proposal and after erasure.
        consent: version of the agreement text that was accepted, "" for a proposal, and for a
            family of a list the list (`IMPORTED_FROM`).
        steps: the timeline, oldest first.
        head: end of the case's ledger chain.
        identity: the registry's answer per member, in the members' order.
        last_request: 16 bytes of the last correction or withdrawal, to know a repeat.
        reissues: 16 bytes of each request that gave it a new receipt, the one that holds last;
            an older one that comes again is known, and brings no dead receipt back.
        corrections: how many times the family has corrected (at most once).
        concerns: codes of why it waits or what an officer should see, e.g. "nik_held",
            "mismatch:0:name", "missing:rooms".
        scored: the score with its contributions and hashes.
        decisions: per programme, under `rules_hash`.
        provisional: True while the region's own cut-offs are not published.
        under: number of the region's adoption that the decision was made under; 0 for none.
        earlier: the decision before this one, if it was decided anew.
        waiting: entry in the index of work, if any.
        names: tags of the head's name, by which an objection finds its family (`name_tags`).
        phone: 16 bytes that stand for the family's telephone, to keep an officer away who has
            the same (`assignment`).
        disputes: locators of the appeals and objections about it, open or ended, oldest first.
    """

    ref: Ref
    state: State
    version: int
    way_in: WayIn
    request_id: bytes
    body_digest: bytes
    secret_mac: bytes
    household: Household | None
    consent: str
    steps: tuple[Step, ...]
    head: Head
    identity: tuple[IdentityAnswer, ...] = ()
    last_request: bytes = b""
    reissues: tuple[bytes, ...] = ()
    corrections: int = 0
    concerns: tuple[str, ...] = ()
    scored: Scored | None = None
    rules_hash: str = ""
    decisions: tuple[ProgrammeDecision, ...] = ()
    provisional: bool = True
    under: int = 0
    earlier: Earlier | None = None
    waiting: Waiting | None = None
    names: bytes = b""
    phone: bytes = b""
    disputes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Stamp:
    """Who does something, when, and the salt that its details are committed under."""

    at: int
    actor: str
    salt: bytes


def open_case(
    blank: Registration, act: Act, stamp: Stamp, details: Details
) -> tuple[Registration, Event]:
    """Write the first event of a case and set its chain's head."""
    return with_event(replace(blank, head=audit.first_head(blank.ref.locator)), act, stamp, details)


def decide(
    case: Registration,
    scored: Scored,
    decisions: tuple[ProgrammeDecision, ...],
    rules_hash: str,
    stamp: Stamp,
    *,
    provisional: bool,
    officer_due: int,
    under: int = 0,
) -> tuple[Registration, Event]:
    """Keep the score and the decision per programme, each under the hash of what made it.

    A decided case is decided anew: another dated decision, beside the one before it. Without a
    decision (no rules in force on that day) the case goes to an officer: an empty answer is
    never a refusal.

    Args:
        under: number of the adoption that model, rules and cut-offs come from; 0 for none.
    """
    moved = replace(
        case,
        scored=scored,
        decisions=decisions,
        rules_hash=rules_hash,
        provisional=provisional,
        under=under,
        earlier=decided_before(case),
    )
    state = State.DECIDED
    if not decisions:
        state = State.NEEDS_OFFICER
        moved = replace(
            moved,
            concerns=(*case.concerns, "no_rules"),
            waiting=Waiting(Work.OFFICER, officer_due),
        )
    details: dict[str, object] = {
        "score": scored.score,
        "inputs": scored.inputs_hash,
        "eligible": [decision.programme for decision in decisions if decision.eligible],
    }
    return with_event(
        stepped(moved, state, stamp.at),
        Act.DECIDED if decisions else Act.NEEDS_OFFICER,
        stamp,
        details,
        before=case.state,
        model=scored.model_hash,
        rules=rules_hash,
    )


def send_to_visit(
    case: Registration, verdict: CannotScore, stamp: Stamp, *, due: int
) -> tuple[Registration, Event]:
    """What cannot be computed is never scored 0: somebody goes and looks (invariant 3)."""
    codes = tuple(f"{reason.code}:{reason.field}" for reason in verdict.reasons)
    moved = replace(
        case,
        concerns=case.concerns + codes,
        earlier=decided_before(case),
        waiting=Waiting(Work.VISIT, due),
    )
    return with_event(
        stepped(moved, State.NEEDS_GROUND_CHECK, stamp.at),
        Act.NEEDS_GROUND_CHECK,
        stamp,
        {"reasons": list(codes)},
        before=case.state,
        model=verdict.model_hash,
    )


def withdraw(case: Registration, request_id: bytes, stamp: Stamp) -> tuple[Registration, Event]:
    """End the case at the family's wish; its guards are released afterwards by a worker."""
    moved = replace(case, last_request=request_id, waiting=None)
    return with_event(
        stepped(moved, State.WITHDRAWN, stamp.at), Act.WITHDRAWN, stamp, {}, before=case.state
    )


def release_guards(case: Registration, stamp: Stamp) -> tuple[Registration, Event]:
    """Let the NIK of a withdrawn case be registered again."""
    return with_event(
        stepped(case, State.RELEASED, stamp.at), Act.GUARDS_RELEASED, stamp, {}, before=case.state
    )


def reissue(
    case: Registration, new_secret_mac: bytes, request_id: bytes, reason: str, stamp: Stamp
) -> tuple[Registration, Event]:
    """Give the case a new secret; the old one dies at once."""
    moved = replace(
        case,
        secret_mac=new_secret_mac,
        reissues=(*case.reissues, request_id),
        version=case.version + 1,
    )
    details: Details = {"reason": reason}
    return with_event(moved, Act.RECEIPT_REISSUED, stamp, details, before=case.state, reason=reason)


def erase(case: Registration, stamp: Stamp, reason: str) -> tuple[Registration, Event]:
    """Forget the answers; the vault item and its key go in the same transaction (UU PDP 43-44)."""
    moved = replace(
        case,
        household=None,
        identity=(),
        concerns=(),
        scored=None,
        decisions=(),
        earlier=None,
        waiting=None,
        body_digest=b"",
        secret_mac=b"",
        reissues=(),
        names=b"",
        phone=b"",
    )
    return with_event(
        stepped(moved, State.ERASED, stamp.at),
        Act.ERASED,
        stamp,
        {"reason": reason},
        before=case.state,
        reason=reason,
    )


HELD = "nik_held"
"""Concern: another case holds a NIK or family card of this one; its locator follows."""


def held_concerns(locators: tuple[str, ...]) -> tuple[str, ...]:
    """The concern that other cases hold a NIK or family card of this one: for officers alone."""
    return tuple(f"{HELD}:{locator}" for locator in dict.fromkeys(locators))


def freed(case: Registration) -> Registration:
    """The case without the concern that others hold a number of it: they have ended since."""
    others = tuple(code for code in case.concerns if not code.startswith(HELD))
    return replace(case, concerns=others)


def is_held(case: Registration) -> bool:
    """Whether another case holds a NIK or family card of this one, so that it claims none."""
    return any(code.startswith(HELD) for code in case.concerns)


def decided_before(case: Registration) -> Earlier | None:
    """The decision that the next one will follow; None for a case that had none."""
    if case.state is not State.DECIDED or case.scored is None:
        return case.earlier
    return Earlier(case.steps[-1].at, case.scored.model_hash, case.rules_hash, case.decisions)


def stepped(case: Registration, state: State, at: int) -> Registration:
    """The case in a state, as its next version.

    Args:
        at: when (ms, UTC).
    """
    # A state that goes on is not reached again, though the registry be asked a hundred times;
    # but each decision has its day.
    goes_on = bool(case.steps) and case.steps[-1].state is state is not State.DECIDED
    steps = case.steps if goes_on else (*case.steps, Step(state, at))
    return replace(case, state=state, version=case.version + 1, steps=steps)


def with_event(
    case: Registration,
    act: Act,
    stamp: Stamp,
    details: Details,
    *,
    before: State | None = None,
    model: str | None = None,
    rules: str | None = None,
    reason: str | None = None,
) -> tuple[Registration, Event]:
    """Write the event of a step at the end of the case's chain.

    Args:
        case: as the step leaves it.
        details: what the event commits to.
        before: its state before the step.
        model, rules: hashes of what a decision was made under.
        reason: coded, told in the event itself.
    """
    event, head = audit.append(
        case.head,
        chain=case.ref.locator,
        at=stamp.at,
        actor=stamp.actor,
        act=act,
        commitment=audit.commit(stamp.salt, details),
        from_state=before,
        to_state=case.state,
        model=model,
        rules=rules,
        reason=reason,
    )
    return replace(case, head=head), event
