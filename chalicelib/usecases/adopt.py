"""Propose a model and a rule set for the region; a second person adopts or refuses (ADR 17)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from chalicelib.domain import adoption, audit, lottery, receipt
from chalicelib.domain.adoption import Proposal, Stage
from chalicelib.domain.errors import Fault, InvalidRequest, NotFound, TryAgain, WrongState
from chalicelib.domain.pmt import Artefact
from chalicelib.domain.programme import RuleSet
from chalicelib.domain.registration import Ref, Stamp
from chalicelib.usecases.adoption_ports import Proposals
from chalicelib.usecases.ports import BlindIndex, Clock, InForce, Randomness

SALT_SIZE: Final = 16


@dataclass(frozen=True, slots=True)
class Ports:
    """What proposing and adopting need.

    Attributes:
        artefact, rules: of a content hash, "" for what the stage shipped; None when this stage
            does not carry it.
        villages: how many the region has.
    """

    clock: Clock
    random: Randomness
    index: BlindIndex
    proposals: Proposals
    artefact: Callable[[str], Artefact | None]
    rules: Callable[[str], RuleSet | None]
    region: str
    villages: int


@dataclass(frozen=True, slots=True)
class Propose:
    """What an officer proposes; `key` is the form's own, so that sending it twice is once.

    Attributes:
        places: programme -> how many families it has a place for; one that is left out has no
            quota.
    """

    key: str
    model: str
    rules: str
    actor: str
    places: Mapping[str, int] = field(default_factory=dict)


def propose(command: Propose, ports: Ports) -> Proposal:
    """Propose what this package carries, and commit to the lottery in the same transaction.

    Raises:
        InvalidRequest: the package does not carry it, or the form does not ask what it needs.
        WrongState: the one adopted last is still being carried out.
        TryAgain: the store refused for now.
    """
    artefact, form = ports.artefact(command.model), ports.artefact("")
    faults = []
    if artefact is None or not command.model:
        faults.append(Fault("adoption_unknown", "model"))
    elif form is not None and not adoption.asks_alike(artefact.questions, form.questions):
        faults.append(Fault("adoption_asks_more", "model"))
    rules = ports.rules(command.rules)
    if not command.rules or rules is None:
        faults.append(Fault("adoption_unknown", "rules"))
    elif command.places.keys() - {each.code for each in rules.programmes}:
        faults.append(Fault("adoption_unknown", "places"))
    if faults:
        raise InvalidRequest(*faults)
    mine = receipt.derive(ports.index.mac, command.key, adoption.PLACE).locator
    ref = Ref(ports.region, mine)
    in_force = ports.proposals.in_force(ports.region)
    others = ports.proposals.of_region(ports.region)
    if any(other.stage is Stage.ADOPTED for other in others):
        raise WrongState(Fault("adoption_running"))
    shipped = ports.artefact(""), ports.rules("")
    seed = ports.random.take(lottery.SEED_BYTES)
    blank = Proposal(
        ref=ref,
        stage=Stage.PROPOSED,
        version=0,
        proposer=command.actor,
        model=command.model,
        rules=command.rules,
        old_model=in_force.model if in_force else shipped[0].sha256 if shipped[0] else "",
        old_rules=in_force.rules if in_force else shipped[1].sha256 if shipped[1] else "",
        basis=in_force.number if in_force else 0,
        seed=seed,
        salt=ports.random.take(SALT_SIZE),
        commitment=lottery.commit(seed, adoption.occasion(ref)),
        head=audit.first_head(mine),
        at=ports.clock.now_ms(),
        villages=ports.villages,
        left=ports.villages,
        places=command.places,
    )
    made, event = adoption.propose(blank, _stamp(blank, command.actor, blank.at))
    there = ports.proposals.create(made, event)
    if there is None:
        return made
    stands = there.proposer, there.model, there.rules, there.places
    if stands != (command.actor, command.model, command.rules, command.places):
        raise InvalidRequest(Fault("key_reused"))
    return there


def load(number: str, ports: Ports) -> Proposal:
    """A proposal of this region.

    Raises:
        NotFound: there is none of that number.
    """
    found = ports.proposals.load(Ref(ports.region, number))
    if found is None:
        raise NotFound(Fault("adoption_not_found"))
    return found


def adopt(number: str, actor: str, ports: Ports) -> Proposal:
    """Put a compared proposal into force: the region's one write, with its event.

    Sent again by the same person it is the same adoption.

    Raises:
        NotAllowed: the same person proposed it.
        WrongState: it is not compared, or something else was adopted since.
        NotFound, TryAgain: as `load`, or the store refused for now.
    """
    proposal = load(number, ports)
    if proposal.stage in adoption.IN_FORCE and proposal.settler == actor:
        return proposal
    in_force = ports.proposals.in_force(ports.region)
    stamp = _stamp(proposal, actor, ports.clock.now_ms())
    moved, event = adoption.adopt(proposal, in_force.number if in_force else 0, stamp)
    adopted = InForce(
        number=moved.number,
        model=moved.model,
        rules=moved.rules,
        cutoffs=moved.cutoffs,
        key=lottery.key(moved.seed, moved.population),
        lines=moved.lines,
        manifest=moved.manifest,
    )
    return _kept(moved, ports.proposals.change(moved, event, adopted))


def refuse(number: str, actor: str, reason: str, ports: Ports) -> Proposal:
    """Refuse a compared proposal, as its second person.

    Raises:
        NotAllowed, WrongState, NotFound, TryAgain: as `adopt`.
    """
    proposal = load(number, ports)
    if proposal.stage is Stage.REFUSED and proposal.settler == actor:
        return proposal
    stamp = _stamp(proposal, actor, ports.clock.now_ms())
    moved, event = adoption.refuse(proposal, reason, stamp)
    return _kept(moved, ports.proposals.change(moved, event))


def _kept(moved: Proposal, there: Proposal | None) -> Proposal:
    if there is None:
        return moved
    if there.version < moved.version:  # nobody moved it: another was adopted meanwhile
        raise WrongState(Fault("adoption_outdated"))
    raise TryAgain(Fault("busy"))


def _stamp(proposal: Proposal, actor: str, at: int) -> Stamp:
    return Stamp(at, actor, proposal.salt)
