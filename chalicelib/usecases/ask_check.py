"""Ask that somebody goes and looks: for a dispute, or because a machine needs it.

A check's number is derived from the need that it meets, so whoever asks twice for one need meets
the check that is there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from chalicelib.domain import adjudication, audit, dispute, ground_check
from chalicelib.domain.audit import Event
from chalicelib.domain.dispute import Dispute
from chalicelib.domain.errors import Fault, NotFound, TryAgain, WrongState
from chalicelib.domain.ground_check import Check, Purpose
from chalicelib.domain.pmt_artefact import Artefact
from chalicelib.domain.programme import RuleSet
from chalicelib.domain.receipt import Mac
from chalicelib.domain.registration import Ref, Registration, Stamp, State, WayIn
from chalicelib.usecases import filing
from chalicelib.usecases.check_ports import FirstEvents, GroundChecks
from chalicelib.usecases.dispute_ports import Disputes
from chalicelib.usecases.ports import BlindIndex, CaseStore, Clock, InForce, Randomness
from chalicelib.usecases.score import basis_of

SALT_SIZE: Final = 16
_AGENT: Final = "agent:"


@dataclass(frozen=True, slots=True)
class Ports:
    """What asking for a check needs.

    Attributes:
        ledger: to learn who registered a family.
        artefact, rules: of a content hash; "" names what the stage shipped; None when this stage
            does not carry it.
    """

    clock: Clock
    random: Randomness
    index: BlindIndex
    store: CaseStore
    checks: GroundChecks
    disputes: Disputes
    ledger: FirstEvents
    terms: filing.Terms
    artefact: Callable[[str], Artefact | None]
    rules: Callable[[str], RuleSet | None]
    region: str


@dataclass(frozen=True, slots=True)
class Need:
    """Why somebody should go.

    Attributes:
        name: what is asked for, the same each time it is asked for.
        dispute, occasion, chance: as of `Check`.
        not_by: who may never go, besides who registered the family.
    """

    purpose: Purpose
    name: str
    dispute: str = ""
    occasion: str = ""
    chance: tuple[int, int] = (1, 1)
    not_by: tuple[str, ...] = ()


def ask_for_dispute(ref: Ref, actor: str, seen: int, ports: Ports) -> Dispute:
    """Ask that somebody goes before anything is recommended: dispute and check in one write.

    Args:
        actor: "staff:<subject>", who was drawn for the dispute.
        seen: version of the dispute that the officer was looking at.

    Raises:
        NotFound: there is no such dispute, or no case any more.
        NotAllowed, WrongState: as `adjudication.ask_visit`; or it changed since the officer looked.
        TryAgain: the store refused for now.
    """
    there = ports.disputes.load([ref]).get(ref)
    if there is None:
        raise NotFound(Fault("dispute_unknown", "number"))
    if there.version != seen:
        raise WrongState(Fault("dispute_changed"))
    now = ports.clock.now_ms()
    due = due_of(now, ports)
    moved, step = adjudication.ask_visit(there, Stamp(now, actor, there.salt), due=due)
    if moved.case is None:
        raise WrongState(Fault("dispute_not_linked"))
    loaded, in_force = ports.store.load_for_scoring([moved.case], ports.region)
    found = loaded.get(moved.case)
    if found is None or found.case.household is None:
        raise NotFound(Fault("case_unknown", "number"))
    name = _name(moved.ref.locator, dispute.visits(moved))
    not_by = _filed_by(there, ports.ledger)
    need = Need(Purpose.DISPUTE, name, dispute=moved.ref.locator, not_by=not_by)
    check, event = new_check(found.case, need, in_force, actor, ports)
    if ports.checks.create(check, event, dispute=(moved, step)) is not None:
        raise TryAgain(Fault("busy"))
    return moved


def new_check(
    case: Registration, need: Need, in_force: InForce | None, actor: str, ports: Ports
) -> tuple[Check, Event]:
    """A check of a family, and its first event.

    Args:
        in_force: what the region has adopted: its model's questions are asked.

    Raises:
        TryAgain: who registered the family could not be learned; they must never go.
        NotCarriedError: what the region has adopted is not in this package.
    """
    now = ports.clock.now_ms()
    locator = ground_check.locator_of(ports.index.mac, need.name, case.ref.locator)
    agent = _registered_by(case, ports.ledger)
    decided = tuple(each.programme for each in case.decisions if each.eligible)
    blank = Check(
        ref=Ref(case.ref.village, locator),
        stage=ground_check.Stage.ASKED,
        version=0,
        about=case.ref.locator,
        purpose=need.purpose,
        asked_at=now,
        due=due_of(now, ports),
        model=basis_of(in_force, ports.artefact, ports.rules).artefact.sha256,
        declared=case.household,
        head=audit.first_head(locator),
        salt=ports.random.take(SALT_SIZE),
        dispute=need.dispute,
        occasion=need.occasion,
        chance=need.chance,
        decided=decided if case.state is State.DECIDED else (),
        agent=agent,
        not_by=tuple(dict.fromkeys(each for each in (agent, *need.not_by) if each)),
    )
    return ground_check.ask(blank, Stamp(now, actor, blank.salt))


def due_of(now: int, ports: Ports) -> int:
    """By when somebody should have gone, if it is asked for now (ms, UTC)."""
    rules = ports.terms.today(now)
    return ports.terms.calendar.term(now, rules.terms.visit, rules.terms).at


def for_dispute(there: Dispute, mac: Mac, checks: GroundChecks) -> Check | None:
    """The check that was asked for last for a dispute; None when none was."""
    count = dispute.visits(there)
    if there.case is None or not count:
        return None
    ref = visit_of(there.ref, there.about, count, mac)
    return checks.load([ref]).get(ref)


def visit_of(ref: Ref, about: str, number: int, mac: Mac) -> Ref:
    """Where the check of a dispute's visit is kept.

    Args:
        ref: of the dispute.
        about: locator of its case.
        number: which of its visits, from 1.
    """
    locator = ground_check.locator_of(mac, _name(ref.locator, number), about)
    return Ref(ref.village, locator)


def visited(there: Dispute, mac: Mac, checks: GroundChecks) -> bool:
    """Whether the visit that was asked for has brought its findings, or was given up."""
    found = for_dispute(there, mac, checks)
    return found is not None and found.ended


def _name(locator: str, visit: int) -> str:
    return f"dispute {locator} {visit}"


def _filed_by(there: Dispute, ledger: FirstEvents) -> tuple[str, ...]:
    """The agent who filed an appeal for the family, from the first event of its chain, if any."""
    if dispute.BY_AGENT not in there.concerns:
        return ()
    return (_agent_of(there.ref.locator, there.steps[0].at, ledger),)


def _agent_of(chain: str, at: int, ledger: FirstEvents) -> str:
    first = ledger.event(chain, at, 1)
    if first is None or not first.actor.startswith(_AGENT):
        raise TryAgain(Fault("busy"))
    return first.actor.removeprefix(_AGENT)


def _registered_by(case: Registration, ledger: FirstEvents) -> str:
    """The agent who registered the family, from the first event of its chain; "" for none."""
    if case.way_in is not WayIn.AGENT:
        return ""
    return _agent_of(case.ref.locator, case.steps[0].at, ledger)
