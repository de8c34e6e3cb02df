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
from chalicelib.domain.errors import Fault, WrongState
from chalicelib.domain.household import Household
from chalicelib.domain.identity import IdentityAnswer, Outcome

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
        consent: version of the agreement text that was accepted, "" for a proposal.
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
    return _with_event(
        replace(blank, head=audit.first_head(blank.ref.locator)), act, stamp, details
    )


def check_identity(
    case: Registration,
    answers: tuple[IdentityAnswer, ...],
    stamp: Stamp,
    *,
    retry_at: int,
    officer_due: int,
) -> tuple[Registration, Event]:
    """Take the registry's answers and say where the case goes.

    Nobody passes unchecked: a single "not checked yet" keeps the case waiting. A head without a
    NIK, a deceased member and a second failed match go to an officer; the first failed match goes
    back to the family. So does a confirmed family whose NIK another family holds, and no sooner:
    until then its sender sees what anybody sees. Other members without NIK do not stop the
    family; they stay a concern for the officer and Dukcapil (product: registered without NIK is
    work, not a refusal).

    Args:
        answers: one per member, in order; members without a NIK carry NOT_CHECKED and are
            skipped.
        retry_at: when to ask again if the registry did not answer (ms, UTC).
        officer_due: when an officer should have looked (ms, UTC).
    """
    household = _household(case)
    asked = [
        (index, answer)
        for index, (member, answer) in enumerate(zip(household.members, answers, strict=True))
        if member.has_nik
    ]
    without = tuple(
        f"without_nik:{index}"
        for index, member in enumerate(household.members)
        if not member.has_nik
    )
    concerns = tuple(code for code in case.concerns if code.partition(":")[0] in _KEPT) + without
    waiting: Waiting | None = None
    if any(answer.outcome is Outcome.NOT_CHECKED for _, answer in asked):
        state, waiting = State.IDENTITY_CHECKING, Waiting(Work.CHECK, retry_at)
    else:
        found = tuple(code for index, answer in asked for code in _concerns_of(index, answer))
        concerns += found
        if not household.head.has_nik or any(code.startswith("deceased") for code in found):
            state, waiting = State.NEEDS_OFFICER, Waiting(Work.OFFICER, officer_due)
        elif found and case.corrections == 0:
            state = State.NEEDS_CORRECTION
        elif found or is_held(case):
            state, waiting = State.NEEDS_OFFICER, Waiting(Work.OFFICER, officer_due)
        else:
            state = State.MATCHED
            waiting = Waiting(Work.OFFICER, officer_due) if without else None
    details: dict[str, object] = {
        "outcomes": [answer.outcome.value for answer in answers],
        "concerns": list(concerns),
    }
    moved = replace(case, identity=answers, concerns=concerns, waiting=waiting)
    return _with_event(
        _step(moved, state, stamp.at), Act.CHECKED, stamp, details, before=case.state
    )


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
        earlier=_decided_before(case),
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
    return _with_event(
        _step(moved, state, stamp.at),
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
        earlier=_decided_before(case),
        waiting=Waiting(Work.VISIT, due),
    )
    return _with_event(
        _step(moved, State.NEEDS_GROUND_CHECK, stamp.at),
        Act.NEEDS_GROUND_CHECK,
        stamp,
        {"reasons": list(codes)},
        before=case.state,
        model=verdict.model_hash,
    )


def correct(
    case: Registration,
    household: Household,
    request_id: bytes,
    stamp: Stamp,
    held_by: tuple[str, ...] = (),
    *,
    names: bytes = b"",
) -> tuple[Registration, Event]:
    """Take the family's one correction and check again.

    Args:
        household: with the corrected birth months, sexes and NIK presence.
        held_by: locators of the cases that hold a corrected NIK.
        names: tags of the head's name if it was corrected, else nothing.
    """
    kept = tuple(code for code in case.concerns if code.partition(":")[0] in _KEPT)
    moved = replace(
        case,
        household=household,
        corrections=case.corrections + 1,
        last_request=request_id,
        identity=(),
        waiting=None,
        concerns=tuple(dict.fromkeys((*kept, *held_concerns(held_by)))),
        names=names or case.names,
    )
    return _with_event(
        _step(moved, State.RECEIVED, stamp.at),
        Act.CORRECTED,
        stamp,
        {"held": bool(held_by)},
        before=case.state,
    )


def withdraw(case: Registration, request_id: bytes, stamp: Stamp) -> tuple[Registration, Event]:
    """End the case at the family's wish; its guards are released afterwards by a worker."""
    moved = replace(case, last_request=request_id, waiting=None)
    return _with_event(
        _step(moved, State.WITHDRAWN, stamp.at), Act.WITHDRAWN, stamp, {}, before=case.state
    )


def release_guards(case: Registration, stamp: Stamp) -> tuple[Registration, Event]:
    """Let the NIK of a withdrawn case be registered again."""
    return _with_event(
        _step(case, State.RELEASED, stamp.at), Act.GUARDS_RELEASED, stamp, {}, before=case.state
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
    return _with_event(
        moved, Act.RECEIPT_REISSUED, stamp, details, before=case.state, reason=reason
    )


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
    return _with_event(
        _step(moved, State.ERASED, stamp.at),
        Act.ERASED,
        stamp,
        {"reason": reason},
        before=case.state,
        reason=reason,
    )


def disputed(case: Registration, dispute: str, stamp: Stamp) -> tuple[Registration, Event]:
    """Note that an appeal or an objection is about the case; nothing of its result changes.

    Args:
        dispute: locator of the appeal or objection.

    Raises:
        WrongState: the case has ended, or too many have been about it.
    """
    if case.state in ENDED_STATES:
        raise WrongState(Fault("case_ended"))
    if len(case.disputes) >= MOST_DISPUTES:
        raise WrongState(Fault("disputes_too_many"))
    moved = replace(case, disputes=(*case.disputes, dispute), version=case.version + 1)
    return _with_event(moved, Act.DISPUTED, stamp, {"dispute": dispute}, before=case.state)


def reopen(
    case: Registration,
    household: Household | None,
    reason: str,
    stamp: Stamp,
    *,
    officer_due: int,
) -> tuple[Registration, Event]:
    """Take up a decided case again, after an upheld dispute or a ground check.

    With checked answers it is scored and decided anew; without any it goes to an officer. What
    the family was told before stays beside the new decision.

    Args:
        household: as somebody saw it; None when answers are not what was wrong.
        reason: a code, kept as a concern when an officer has to act.

    Raises:
        WrongState: the case is neither decided nor waiting for a visit or an officer.
    """
    moved = _taken_up(case, reason)
    if household is None:
        moved = replace(
            moved,
            concerns=(*case.concerns, reason),
            waiting=Waiting(Work.OFFICER, officer_due),
        )
    else:
        waited_for = case.earlier.why if case.earlier else ""
        missing = ("missing", "ratio_part_missing", waited_for)
        kept = tuple(code for code in case.concerns if code.partition(":")[0] not in missing)
        moved = replace(moved, household=household, concerns=kept)
    state = State.NEEDS_OFFICER if household is None else State.MATCHED
    return _reopened(_step(moved, state, stamp.at), reason, stamp, case.state)


def revisit(
    case: Registration, reason: str, stamp: Stamp, *, due: int
) -> tuple[Registration, Event]:
    """Take up a decided case again whose answers are wrong, though nobody has seen the right ones.

    Somebody goes and looks, and it is scored on what is found: no office waits for another.

    Args:
        reason: a code, kept as a concern until then.
        due: when somebody should have gone (ms, UTC).

    Raises:
        WrongState: as `reopen`.
    """
    moved = replace(
        _taken_up(case, reason),
        concerns=(*case.concerns, reason),
        waiting=Waiting(Work.VISIT, due),
    )
    return _reopened(_step(moved, State.NEEDS_GROUND_CHECK, stamp.at), reason, stamp, case.state)


def _taken_up(case: Registration, reason: str) -> Registration:
    if case.state not in _REOPENED_FROM:
        raise WrongState(Fault("case_not_decided"))
    before = _decided_before(case)
    return replace(
        case,
        earlier=replace(before, why=reason.partition(":")[0]) if before else None,
        scored=None,
        decisions=(),
        rules_hash="",
        waiting=None,
    )


def _reopened(
    moved: Registration, reason: str, stamp: Stamp, before: State
) -> tuple[Registration, Event]:
    code = reason.partition(":")[0]
    return _with_event(moved, Act.REOPENED, stamp, {"reason": reason}, before=before, reason=code)


MOST_DISPUTES = 12
"""Appeals and objections about one case; their locators stand in its item of 1,024 bytes."""
_REOPENED_FROM = frozenset({State.DECIDED, State.NEEDS_GROUND_CHECK, State.NEEDS_OFFICER})
_HELD = "nik_held"
# What stays of the concerns when the identity check runs again.
_KEPT = frozenset({_HELD, "warning"})


def held_concerns(locators: tuple[str, ...]) -> tuple[str, ...]:
    """The concern that other cases hold a NIK or family card of this one: for officers alone."""
    return tuple(f"{_HELD}:{locator}" for locator in dict.fromkeys(locators))


def freed(case: Registration) -> Registration:
    """The case without the concern that others hold a number of it: they have ended since."""
    others = tuple(code for code in case.concerns if not code.startswith(_HELD))
    return replace(case, concerns=others)


def is_held(case: Registration) -> bool:
    """Whether another case holds a NIK or family card of this one, so that it claims none."""
    return any(code.startswith(_HELD) for code in case.concerns)


def _concerns_of(index: int, answer: IdentityAnswer) -> tuple[str, ...]:
    if answer.outcome is Outcome.MISMATCH:
        return tuple(f"mismatch:{index}:{name}" for name in answer.fields)
    if answer.outcome in (Outcome.NOT_FOUND, Outcome.DECEASED):
        return (f"{answer.outcome.value}:{index}",)
    return ()


def _decided_before(case: Registration) -> Earlier | None:
    """The decision that the next one will follow; None for a case that had none."""
    if case.state is not State.DECIDED or case.scored is None:
        return case.earlier
    return Earlier(case.steps[-1].at, case.scored.model_hash, case.rules_hash, case.decisions)


def _household(case: Registration) -> Household:
    if case.household is None:
        raise ValueError("a proposal or an erased case has no household")
    return case.household


def _step(case: Registration, state: State, at: int) -> Registration:
    # A state that goes on is not reached again, though the registry be asked a hundred times;
    # but each decision has its day.
    goes_on = bool(case.steps) and case.steps[-1].state is state is not State.DECIDED
    steps = case.steps if goes_on else (*case.steps, Step(state, at))
    return replace(case, state=state, version=case.version + 1, steps=steps)


def _with_event(
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
