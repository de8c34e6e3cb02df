"""Two people: the officer who was drawn opens a dispute, asks, recommends; another one decides.

Whoever was not drawn and has not voted cannot open it either. What is decided takes effect in the
same transaction: an upheld dispute opens the case again, to be decided anew (product, life of an
application).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from chalicelib.domain import dispute, registration
from chalicelib.domain.dispute import Dispute, Kind, Outcome, Stage, Vote
from chalicelib.domain.errors import (
    Fault,
    InvalidRequest,
    NotAllowed,
    NotFound,
    TryAgain,
    WrongState,
)
from chalicelib.domain.household import Household
from chalicelib.domain.identity import Identity
from chalicelib.domain.registration import Ref, Registration, Stamp
from chalicelib.domain.sanggah_rules import SanggahRules
from chalicelib.usecases import filing
from chalicelib.usecases.dispute_ports import ANSWER, CLAIM, CaseStep, Disputes
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
from chalicelib.usecases.read_case import record_read
from chalicelib.usecases.take_part import held_slot

TRIES = 4  # of deciding beside somebody else who writes the case


@dataclass(frozen=True, slots=True)
class Ports:
    """What reviewing needs.

    Attributes:
        checked: the family's answers as somebody saw them on a visit for this dispute; None when
            nobody has been there.
    """

    clock: Clock
    random: Randomness
    opener: Opener
    store: CaseStore
    disputes: Disputes
    ledger: ReadLedger
    terms: filing.Terms
    checked: Callable[[Dispute, Registration], Household | None]
    region: str


@dataclass(frozen=True, slots=True)
class OpenDispute:
    """A dispute as the officer sees it.

    Attributes:
        case: None while the family of an objection has not been found.
        claim: what was written; of an objection {"name", "place", "text"}, of an appeal {"text"}.
        answer: what the family answered, "" for nothing.
        checked: answers as seen on a visit.
    """

    dispute: Dispute
    case: Registration | None
    identity: Identity | None
    claim: Mapping[str, Any]
    answer: str
    checked: Household | None
    in_force: InForce | None


@dataclass(frozen=True, slots=True)
class Voting:
    """A recommendation or decision as sent.

    Attributes:
        seen: version of the dispute that the officer was looking at.
    """

    ref: Ref
    actor: str
    outcome: Outcome
    reason: str
    seen: int


def open_dispute(ref: Ref, actor: str, ports: Ports) -> OpenDispute:
    """Write the read to the ledger, then open the dispute and its case.

    Raises:
        NotFound: there is none, or this officer was not drawn for it: nobody learns which.
        TryAgain: the ledger, the store or the key service refused for now; nothing was shown.
    """
    opened = ports.disputes.read(ref)
    if opened is None or not dispute.may_open(opened.dispute, actor):
        raise NotFound(Fault("dispute_unknown", "number"))
    there = opened.dispute
    record_read(
        there.about or ref.locator,
        actor,
        there.kind.value,
        clock=ports.clock,
        random=ports.random,
        ledger=ports.ledger,
    )
    case: Registration | None = None
    identity: Identity | None = None
    in_force: InForce | None = None
    if there.case is not None:
        loaded, in_force = ports.store.load_for_scoring([there.case], ports.region)
        found = loaded.get(there.case)
        if found is not None and found.torn:
            raise TryAgain(Fault("busy"))
        if found is not None:
            case = found.case
            identity = open_identity(found, ports.opener) if case.household else None
    return OpenDispute(
        dispute=there,
        case=case,
        identity=identity,
        claim=_claim(opened.statements, there, ports.opener),
        answer=_opened(opened.statements, ANSWER, there, ports.opener),
        checked=ports.checked(there, case) if case else None,
        in_force=in_force,
    )


def recommend(voting: Voting, ports: Ports) -> Dispute:
    """Keep the first officer's recommendation.

    Raises:
        InvalidRequest: the reason is not one of the outcome's.
        NotAllowed, WrongState: as `dispute.recommend`; or it changed since the officer looked.
        NotFound, TryAgain: there is no such dispute, or the store refused for now.
    """
    there, rules, vote = _begin(voting, ports)
    if vote.actor in {each.actor for each in there.votes}:
        return _same(there, vote)
    _unchanged(there, voting)
    due = ports.terms.calendar.term(vote.at, rules.terms.decide, rules.terms).at
    moved, event = dispute.recommend(there, vote, _stamp(there, vote), due=due)
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
        _unchanged(there, voting)
        due = ports.terms.calendar.term(vote.at, rules.terms.third, rules.terms).at
        moved, event = dispute.decide(there, vote, _stamp(there, vote), due=due)
        if moved.stage is not Stage.DECIDED:
            stands = ports.disputes.change(moved, event)
        else:
            case = _effect(moved, vote, rules, ports)
            stands = ports.disputes.change(moved, event, case=case, gives_up=held_slot(there))
        if stands is None:
            return moved
    raise TryAgain(Fault("busy"))


def link(ref: Ref, actor: str, about: str, ports: Ports) -> Dispute:
    """Name the case of an objection whose family the machine did not find.

    Raises:
        NotAllowed, WrongState: as `dispute.link`; or the case has ended.
        NotFound, TryAgain: as `recommend`; or there is no such case in the village.
    """
    there = _load(ref, ports)
    if not dispute.may_open(there, actor):
        raise NotAllowed(Fault("dispute_not_yours"))
    stamp = Stamp(ports.clock.now_ms(), actor, there.salt)
    step = linked(there, about, stamp, ports.store, ports.random)
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


def _unchanged(there: Dispute, voting: Voting) -> None:
    if there.version != voting.seen:
        raise WrongState(Fault("dispute_changed"))


def _same(there: Dispute, vote: Vote) -> Dispute:
    """The dispute when this very vote is in it already; a second vote of one person is refused."""
    said = next(each for each in there.votes if each.actor == vote.actor)
    if (said.outcome, said.reason) != (vote.outcome, vote.reason):
        raise NotAllowed(Fault("dispute_same_person"))
    return there


def _effect(moved: Dispute, vote: Vote, rules: SanggahRules, ports: Ports) -> CaseStep | None:
    """What the outcome does to the case: opened again when upheld, in full or in part."""
    if moved.outcome is Outcome.REJECTED or moved.case is None:
        return None
    found = ports.store.load([moved.case]).get(moved.case)
    if found is None:
        return None
    household = ports.checked(moved, found.case)
    officer_due = ports.terms.calendar.term(vote.at, rules.terms.recommend, rules.terms).at
    salt = found.vault[0].salt if found.vault else moved.salt
    try:
        return registration.reopen(
            found.case,
            household,
            f"{moved.kind.value}_upheld",
            Stamp(vote.at, vote.actor, salt),
            officer_due=officer_due,
        )
    except WrongState:
        return None  # the family has withdrawn meanwhile, or a decision is under way already


def _claim(statements: Mapping[str, Sealed], there: Dispute, opener: Opener) -> Mapping[str, Any]:
    text = _opened(statements, CLAIM, there, opener)
    if there.kind is Kind.APPEAL:
        return {"text": text}
    found: Mapping[str, Any] = json.loads(text) if text else {}
    return found


def _opened(statements: Mapping[str, Sealed], part: str, there: Dispute, opener: Opener) -> str:
    sealed = statements.get(part)
    return opener.open(sealed, f"{there.ref.locator}|{part}").decode() if sealed else ""


def _stamp(there: Dispute, vote: Vote) -> Stamp:
    return Stamp(vote.at, vote.actor, there.salt)
