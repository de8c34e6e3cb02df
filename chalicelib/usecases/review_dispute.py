"""Two people: the officer who was drawn opens a dispute, asks, recommends; another one decides.

Whoever was not drawn and has not voted cannot open it either. What is decided takes effect in the
same transaction: an upheld dispute opens the case again, to be decided anew (product, life of an
application).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chalicelib.domain import adjudication, dispute, registration, reopening
from chalicelib.domain.audit import Event
from chalicelib.domain.dispute import Dispute, Kind, Outcome, Stage, Vote
from chalicelib.domain.errors import (
    Fault,
    InvalidRequest,
    NotAllowed,
    NotFound,
    TryAgain,
    WrongState,
)
from chalicelib.domain.ground_check import Check
from chalicelib.domain.household import Household
from chalicelib.domain.identity import Identity
from chalicelib.domain.registration import Ref, Registration, Stamp, State
from chalicelib.domain.sanggah_rules import SanggahRules
from chalicelib.usecases import filing
from chalicelib.usecases.dispute_ports import ANSWER, CLAIM, CaseStep, Disputes, held_slot
from chalicelib.usecases.link_dispute import linked
from chalicelib.usecases.open_identity import open_identity
from chalicelib.usecases.ports import (
    CaseStore,
    Clock,
    InForce,
    Opener,
    Randomness,
    ReadLedger,
    Sealed,
)
from chalicelib.usecases.read_case import READS_SHOWN, record_read
from chalicelib.usecases.review_ports import Beside, Reviews, Whole

TRIES = 4  # of deciding beside somebody else who writes the case
_GUESSED = 2  # visits looked for in one go when the case is known before the dispute is read


@dataclass(frozen=True, slots=True)
class Ports:
    """What reviewing needs.

    Attributes:
        reviews: reads a dispute with all that is beside it.
        visit: where the check of a dispute's visit is kept: the dispute, the locator of its case,
            and which of its visits, from 1.
        checked: the family as it was found on a visit; None when nobody was met.
        set_apart: the family as one that has none of what a question asks for; None when no answer
            can tell that (`misused.set_apart`).
    """

    clock: Clock
    random: Randomness
    opener: Opener
    store: CaseStore
    disputes: Disputes
    ledger: ReadLedger
    terms: filing.Terms
    reviews: Reviews
    visit: Callable[[Ref, str, int], Ref]
    checked: Callable[[Check | None], Household | None]
    set_apart: Callable[[Household, str], Household | None]


@dataclass(frozen=True, slots=True)
class OpenDispute:
    """A dispute as the officer sees it.

    Attributes:
        case: None while the family of an objection has not been found.
        claim: what was written; of an objection {"name", "place", "text"}, of an appeal {"text"}.
        answer: what the family answered, "" for nothing.
        check: the visit that was asked for last, if any.
        checked: the family as it was found then.
    """

    dispute: Dispute
    case: Registration | None
    identity: Identity | None
    claim: Mapping[str, Any]
    answer: str
    check: Check | None
    checked: Household | None
    in_force: InForce | None


@dataclass(frozen=True, slots=True)
class Voting:
    """A recommendation or decision as sent.

    Attributes:
        seen: version of the dispute that the officer was looking at.
        case_seen: that of its case, 0 for no case; None when the vote does not rest on it.
    """

    ref: Ref
    actor: str
    outcome: Outcome
    reason: str
    seen: int
    case_seen: int | None = None


def open_dispute(ref: Ref, actor: str, ports: Ports, *, about: str = "") -> OpenDispute:
    """Write the read to the ledger, then open the dispute and its case.

    Args:
        about: locator of the case, where the caller has it: it is then read in the same call as
            the dispute. Of a case that is another's nothing is used.

    Raises:
        NotFound: there is none, or this officer was not drawn for it: nobody learns which.
        TryAgain: the ledger, the store or the key service refused for now; nothing was shown.
    """
    whole = ports.reviews.read(ref, _guess(ref, about, ports) if about else None)
    if whole is None or not _may_read(whole.dispute, actor, ports):
        raise NotFound(Fault("dispute_unknown", "number"))
    there = whole.dispute
    record_read(
        there.about or ref.locator,
        actor,
        there.kind.value,
        clock=ports.clock,
        random=ports.random,
        ledger=ports.ledger,
    )
    if there.about != about or dispute.visits(there) > _GUESSED:
        whole = _whole(there, ports) or whole
    loaded = whole.loaded if there.about else None
    if loaded is not None and loaded.torn:
        raise TryAgain(Fault("busy"))
    has_identity = loaded is not None and loaded.case.household is not None
    check = _check(whole, ports)
    return OpenDispute(
        dispute=there,
        case=loaded.case if loaded else None,
        identity=open_identity(loaded, ports.opener) if loaded and has_identity else None,
        claim=_claim(whole.statements, there, ports.opener),
        answer=_opened(whole.statements, ANSWER, there, ports.opener),
        check=check,
        checked=ports.checked(check) if loaded else None,
        in_force=whole.in_force,
    )


def looks(ref: Ref, actor: str, ports: Ports) -> Sequence[Event]:
    """Who opened the family's data, the latest first; it shows nothing of the family.

    Raises:
        NotFound: as `open_dispute`; or the family of an objection has not been found.
        TryAgain: the store or the ledger refused for now.
    """
    there = ports.disputes.load([ref]).get(ref)
    if there is None or not there.about or not adjudication.may_open(there, actor):
        raise NotFound(Fault("dispute_unknown", "number"))
    return ports.ledger.reads_of(there.about, READS_SHOWN)


def _may_read(there: Dispute, actor: str, ports: Ports) -> bool:
    """Whether it is the officer's, or the one whose outcome the officer's own appeals."""
    if adjudication.may_open(there, actor):
        return True
    if not there.ended or there.case is None:
        return False
    found = ports.store.load([there.case]).get(there.case)
    refs = [Ref(there.ref.village, each) for each in found.case.disputes] if found else []
    later = ports.disputes.load(refs).values()
    own = there.ref.locator
    return any(each.follows == own and adjudication.may_open(each, actor) for each in later)


def recommend(voting: Voting, ports: Ports) -> Dispute:
    """Keep the first officer's recommendation.

    Raises:
        InvalidRequest: the reason is not one of the outcome's.
        NotAllowed, WrongState: as `adjudication.recommend`; or it changed since the officer looked.
        NotFound, TryAgain: there is no such dispute, or the store refused for now.
    """
    there, rules, vote = _begin(voting, ports)
    if vote.actor in {each.actor for each in there.votes}:
        return _same(there, vote)
    _unchanged(there, voting, None if voting.case_seen is None else _whole(there, ports))
    due = ports.terms.calendar.term(vote.at, rules.terms.decide, rules.terms).at
    moved, event = adjudication.recommend(there, vote, _stamp(there, vote), due=due)
    if ports.disputes.change(moved, event) is not None:
        raise TryAgain(Fault("busy"))
    return moved


def decide(voting: Voting, ports: Ports) -> Dispute:
    """Take the second or third vote; what is decided changes the case in the same transaction.

    Raises:
        InvalidRequest, NotAllowed, WrongState, NotFound, TryAgain: as `recommend`.
    """
    for _ in range(TRIES):
        there, rules, vote = _begin(voting, ports)
        if vote.actor in {each.actor for each in there.votes} and (
            there.stage is not Stage.RECOMMENDED or len(there.votes) > 1
        ):
            return _same(there, vote)
        whole = _whole(there, ports)
        _unchanged(there, voting, whole)
        due = ports.terms.calendar.term(vote.at, rules.terms.third, rules.terms).at
        moved, event = adjudication.decide(there, vote, _stamp(there, vote), due=due)
        if moved.stage is not Stage.DECIDED:
            stands = ports.disputes.change(moved, event)
        else:
            case = _effect(moved, vote, rules, whole, ports)
            stands = ports.disputes.change(moved, event, case=case, gives_up=held_slot(there))
        if stands is None:
            return moved
    raise TryAgain(Fault("busy"))


def link(ref: Ref, actor: str, about: str, ports: Ports) -> Dispute:
    """Name the case of an objection whose family the machine did not find.

    Raises:
        NotAllowed, WrongState: as `hearing.link`; or the case has ended.
        NotFound, TryAgain: as `recommend`; or there is no such case in the village.
    """
    there = _load(ref, ports)
    if not adjudication.may_open(there, actor):
        raise NotAllowed(Fault("dispute_not_yours"))
    stamp = Stamp(ports.clock.now_ms(), actor, there.salt)
    rules = ports.terms.today(stamp.at)
    step = linked(there, about, stamp, ports.store, ports.random, rules=rules)
    if step is None:
        raise NotFound(Fault("case_unknown", "number"))
    moved, event, case = step
    if ports.disputes.change(moved, event, case=case) is not None:
        raise TryAgain(Fault("busy"))
    return moved


def _begin(voting: Voting, ports: Ports) -> tuple[Dispute, SanggahRules, Vote]:
    now = ports.clock.now_ms()
    rules = ports.terms.today(now)
    if voting.reason not in rules.decision_reasons[voting.outcome]:
        raise InvalidRequest(Fault("field_not_an_option", "reason"))
    there = _load(voting.ref, ports)
    return there, rules, Vote(voting.actor, voting.outcome, voting.reason, now)


def _load(ref: Ref, ports: Ports) -> Dispute:
    there = ports.disputes.load([ref]).get(ref)
    if there is None:
        raise NotFound(Fault("dispute_unknown", "number"))
    return there


def _unchanged(there: Dispute, voting: Voting, whole: Whole | None) -> None:
    """Refuse a vote on what has changed since the officer looked, the family's case included."""
    changed = there.version != voting.seen
    if voting.case_seen is not None and whole is not None:
        version = whole.loaded.case.version if whole.loaded else 0
        changed = changed or version != voting.case_seen
    if changed:
        raise WrongState(Fault("dispute_changed"))


def _whole(there: Dispute, ports: Ports) -> Whole | None:
    """The dispute once more, with its case and its last visit; None when there is nothing more."""
    if there.case is None:
        return None
    count = dispute.visits(there)
    checks = [ports.visit(there.ref, there.about, count)] if count else []
    return ports.reviews.read(there.ref, Beside(there.case, checks))


def _guess(ref: Ref, about: str, ports: Ports) -> Beside:
    """What is most likely beside a dispute whose case is known before it is read."""
    checks = [ports.visit(ref, about, number) for number in range(1, _GUESSED + 1)]
    return Beside(Ref(ref.village, about), checks)


def _check(whole: Whole, ports: Ports) -> Check | None:
    """The visit that was asked for last."""
    there = whole.dispute
    count = dispute.visits(there)
    return whole.checks.get(ports.visit(there.ref, there.about, count)) if count else None


def _same(there: Dispute, vote: Vote) -> Dispute:
    """The dispute when this very vote is in it already; a second vote of one person is refused."""
    said = next(each for each in there.votes if each.actor == vote.actor)
    if (said.outcome, said.reason) != (vote.outcome, vote.reason):
        raise NotAllowed(Fault("dispute_same_person"))
    return there


def _effect(
    moved: Dispute, vote: Vote, rules: SanggahRules, whole: Whole | None, ports: Ports
) -> CaseStep | None:
    """What the outcome does to the case: opened again when upheld, in full or in part.

    Where somebody has been there it is scored on what they saw; else somebody goes and looks.
    """
    found = whole.loaded if whole else None
    if moved.outcome is Outcome.REJECTED or whole is None or found is None:
        return None
    household = ports.checked(_check(whole, ports))
    reason = f"{moved.kind.value}_upheld"
    if moved.attribute and moved.outcome is Outcome.UPHELD:
        # Whose it is was the dispute, not whether it was seen: it counts for nothing now.
        known = household or found.case.household
        household = ports.set_apart(known, moved.attribute) if known else None
        reason = "misuse_upheld"
    stamp = Stamp(vote.at, vote.actor, found.vault[0].salt if found.vault else moved.salt)
    due = ports.terms.calendar.term(vote.at, rules.terms.visit, rules.terms).at
    try:
        # What waits for an officer has people whom the registry did not confirm, or another holds
        # its number: whatever is upheld, nobody passes unchecked.
        if registration.is_held(found.case) or found.case.state is State.NEEDS_OFFICER:
            return reopening.reopen(found.case, None, reason, stamp, officer_due=due)
        if household is None:
            return reopening.revisit(found.case, reason, stamp, due=due)
        return reopening.reopen(found.case, household, reason, stamp, officer_due=due)
    except WrongState:
        return None  # the family has withdrawn meanwhile, or a decision is under way already


def _claim(statements: Mapping[str, Sealed], there: Dispute, opener: Opener) -> Mapping[str, Any]:
    text = _opened(statements, CLAIM, there, opener)
    if there.kind is Kind.APPEAL and not there.person:
        return {"text": text}
    found: Mapping[str, Any] = json.loads(text) if text else {}
    return found


def _opened(statements: Mapping[str, Sealed], part: str, there: Dispute, opener: Opener) -> str:
    sealed = statements.get(part)
    return opener.open(sealed, f"{there.ref.locator}|{part}").decode() if sealed else ""


def _stamp(there: Dispute, vote: Vote) -> Stamp:
    return Stamp(vote.at, vote.actor, there.salt)
