"""Adopting a model and a rule set for a region: proposed, compared on a frozen population, adopted.

One person proposes, another adopts or refuses; each step is one event of the proposal's own chain
in the ledger. Pure: storing both in one transaction is the adapters' work (ADR 17).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from chalicelib.domain import audit
from chalicelib.domain.audit import Act, Event, Head
from chalicelib.domain.errors import Fault, NotAllowed, WrongState
from chalicelib.domain.registration import Ref, Stamp

if TYPE_CHECKING:
    from chalicelib.domain.closing import Closed, Gathered, Quota
    from chalicelib.domain.lines import Lines
    from chalicelib.domain.pmt_reads import Question
    from chalicelib.domain.ranking import Point

PLACE: Final = 809_999
"""Stands in a proposal's number where a case has the place of its village: no village has it."""

SETTLED_MS: Final = 30_000
"""After this no function still writes what it read before: none that decides lives longer."""

IDLE_MS: Final = 15 * 60_000
"""Without progress for so long, the sweep sends the work again."""

FEWEST: Final = 100
"""Families of a population that may be compared: fewer, and a border tells of single families."""

LEAST: Final = 10
"""The smallest number of families that is told (security: publish)."""

MANIFEST: Final = "tepat-region/1"
"""Format of what is published of a closed region (docs/ranking.md)."""

NOBODY: Final = "too_few_families"
PART_LOST: Final = "part_lost"
UNCONVINCED: Final = ("too_many_leave", "model_doubtful", "mistaken", "other_reason")


class Stage(StrEnum):
    """Where a proposal stands."""

    PROPOSED = "proposed"  # the lottery is committed to; the population is not frozen yet
    COMPARING = "comparing"  # frozen; its villages are being read
    COMPARED = "compared"  # waits for a second person
    ADOPTED = "adopted"  # in force; families are being decided anew
    CARRIED_OUT = "carried_out"  # in force, and every family is decided under it
    REFUSED = "refused"


DRIVEN: Final = frozenset({Stage.PROPOSED, Stage.COMPARING, Stage.ADOPTED})
"""Stages in which a machine has something to do."""

IN_FORCE: Final = frozenset({Stage.ADOPTED, Stage.CARRIED_OUT})


@dataclass(frozen=True, slots=True)
class Proposal:
    """A proposal to adopt a model, a rule set and the cut-offs that come of them.

    Attributes:
        ref: region (4 digits) and the proposal's number, which is shaped like a locator.
        version: raised by one with each step; every step is conditional on it.
        proposer: "staff:<subject>".
        model, rules: content hashes of what is proposed.
        old_model, old_rules: of what holds now in the region.
        basis: number of the region's adoption that holds now; 0 for what the stage shipped.
        seed, salt: of the lottery and of the events' commitments. No person sees the seed before
            the proposal is adopted or refused.
        commitment: of the lottery; it is in the first event's details.
        head: end of its chain in the ledger.
        at: when it was proposed; `frozen_at` when its population was frozen; `settled_at` when
            it was adopted or refused (ms, UTC; 0 until then).
        villages: how many there are; `left` how many of them the machines still have to do.
        places: programme -> how many families it has a place for; those without a quota are not
            in it.
        population: SHA-256 of what was read of the frozen population, "" until then.
        cutoffs: nine (score, draw) of the population under the proposed model.
        lines: programme -> where its places end.
        manifest: SHA-256 of the manifest that was published of all this.
        result: what the comparison told, small numbers hidden (`comparison.told`).
        settler: who adopted or refused it.
        reason: why it was refused, a code.
        due: when the sweep should look after it (ms, UTC); 0 for never.
    """

    ref: Ref
    stage: Stage
    version: int
    proposer: str
    model: str
    rules: str
    old_model: str
    old_rules: str
    basis: int
    seed: bytes
    salt: bytes
    commitment: str
    head: Head
    at: int
    villages: int
    left: int
    places: Mapping[str, int] = field(default_factory=dict)
    frozen_at: int = 0
    population: str = ""
    cutoffs: tuple[tuple[int, str], ...] = ()
    lines: Mapping[str, Lines] = field(default_factory=dict)
    manifest: str = ""
    result: Mapping[str, object] | None = None
    settler: str = ""
    settled_at: int = 0
    reason: str = ""
    due: int = 0

    @property
    def number(self) -> int:
        """Number of the adoption that it becomes, or has become."""
        return self.basis + 1

    @property
    def occasion(self) -> str:
        """What its lottery is for; part of the commitment."""
        return occasion(self.ref)


def occasion(ref: Ref) -> str:
    """What the lottery of a proposal is for."""
    return f"{ref.village} {ref.locator}"


def propose(blank: Proposal, stamp: Stamp) -> tuple[Proposal, Event]:
    """Write the first event: what is proposed; its details have the places and the commitment."""
    details = {
        "lottery": blank.commitment,
        "basis": blank.basis,
        "occasion": blank.occasion,
        "places": blank.places,
    }
    return _step(blank, Stage.PROPOSED, Act.PROPOSED, stamp, details)


def freeze(proposal: Proposal, stamp: Stamp) -> tuple[Proposal, Event]:
    """Freeze the population: who is decided at this instant (`comparison.belongs`)."""
    moved = replace(proposal, frozen_at=stamp.at, left=proposal.villages)
    return _step(moved, Stage.COMPARING, Act.FROZEN, stamp, {"at": stamp.at})


@dataclass(frozen=True, slots=True)
class Found:
    """What closing the region has found: fields of the proposal (`Proposal`)."""

    population: str
    cutoffs: tuple[Point, ...]
    lines: Mapping[str, Lines]
    manifest: str


def compared(
    proposal: Proposal, found: Found, result: Mapping[str, object], stamp: Stamp
) -> tuple[Proposal, Event]:
    """Keep what the comparison brought, for a second person to judge.

    The details of its event are population and manifest: the manifest says all the rest.
    """
    moved = replace(
        proposal,
        population=found.population,
        cutoffs=found.cutoffs,
        lines=found.lines,
        manifest=found.manifest,
        result=result,
    )
    details = {"population": found.population, "manifest": found.manifest}
    return _step(moved, Stage.COMPARED, Act.COMPARED, stamp, details)


def manifest(
    proposal: Proposal,
    gathered: Gathered,
    closed: Closed,
    codes: Sequence[str],
    *,
    by_persons: bool,
) -> bytes:
    """What is published of a closed region, in its one form; its SHA-256 is its name.

    Args:
        codes: of the programmes, as the parts have them.
    """
    return audit.canonical(
        {
            "format": MANIFEST,
            "region": proposal.ref.village,
            "proposal": proposal.ref.locator,
            "adoption": proposal.number,
            "model": proposal.model,
            "rules": proposal.rules,
            "occasion": proposal.occasion,
            "commitment": proposal.commitment,
            "frozen_at": proposal.frozen_at,
            "population": gathered.population,
            "villages": gathered.villages,
            "by": "persons" if by_persons else "families",
            "families": len(gathered.scores),
            "weight": closed.weight,
            "programmes": codes,
            "cutoffs": closed.cutoffs,
            "quotas": {
                code: {
                    "places": quota.places,
                    "given": _told(quota),
                    "last": quota.last,
                }
                for code, quota in closed.quotas.items()
            },
        }
    )


def _told(quota: Quota) -> int | None:
    """How many have a place, where that tells nothing of a few families."""
    filled = quota.given in {0, quota.places}
    return quota.given if filled or quota.given >= LEAST else None


def adopt(proposal: Proposal, in_force: int, stamp: Stamp) -> tuple[Proposal, Event]:
    """Put it into force, by a second person.

    Args:
        in_force: number of the region's adoption as it stands.

    Raises:
        NotAllowed: who proposes does not adopt (product, invariant 4).
        WrongState: it is not compared, or was compared with what no longer holds.
    """
    _second(proposal, stamp)
    if in_force != proposal.basis:
        raise WrongState(Fault("adoption_outdated"))
    moved = replace(proposal, settler=stamp.actor, settled_at=stamp.at, left=proposal.villages)
    details = {
        "number": proposal.number,
        "seed": proposal.seed.hex(),
        "manifest": proposal.manifest,
    }
    return _step(moved, Stage.ADOPTED, Act.ADOPTED, stamp, details)


def refuse(proposal: Proposal, reason: str, stamp: Stamp) -> tuple[Proposal, Event]:
    """Do not adopt it: a second person, once it is compared.

    Raises:
        NotAllowed: the proposer does not refuse it either.
        WrongState: it is not compared.
    """
    _second(proposal, stamp)
    return give_up(proposal, reason, stamp)


def give_up(proposal: Proposal, reason: str, stamp: Stamp) -> tuple[Proposal, Event]:
    """End a proposal that cannot be compared, or that is refused."""
    moved = replace(proposal, settler=stamp.actor, settled_at=stamp.at, reason=reason, left=0)
    return _step(moved, Stage.REFUSED, Act.REFUSED, stamp, {}, reason=reason)


def carried_out(proposal: Proposal, stamp: Stamp) -> tuple[Proposal, Event]:
    """Note that every village's families are decided under what was adopted."""
    return _step(proposal, Stage.CARRIED_OUT, Act.CARRIED_OUT, stamp, {})


def asks_alike(wanted: Sequence[Question], asked: Sequence[Question]) -> bool:
    """Whether the form that families fill in asks all that a model wants to know, in its way."""
    known = {question.code: question for question in asked}
    return all(
        question.code in known
        and (question.kind, question.low, question.high, question.option_codes)
        == (
            known[question.code].kind,
            known[question.code].low,
            known[question.code].high,
            known[question.code].option_codes,
        )
        for question in wanted
    )


def _second(proposal: Proposal, stamp: Stamp) -> None:
    if proposal.stage is not Stage.COMPARED:
        raise WrongState(Fault("adoption_not_compared"))
    if stamp.actor == proposal.proposer:
        raise NotAllowed(Fault("adoption_same_person"))


def _step(
    proposal: Proposal,
    stage: Stage,
    act: Act,
    stamp: Stamp,
    details: Mapping[str, object],
    *,
    reason: str | None = None,
) -> tuple[Proposal, Event]:
    event, head = audit.append(
        proposal.head,
        chain=proposal.ref.locator,
        at=stamp.at,
        actor=stamp.actor,
        act=act,
        commitment=audit.commit(stamp.salt, details),
        model=proposal.model,
        rules=proposal.rules,
        reason=reason,
    )
    due = stamp.at + IDLE_MS if stage in DRIVEN else 0
    moved = replace(proposal, stage=stage, version=proposal.version + 1, head=head, due=due)
    return moved, event
