"""Score a family with the model in force, and decide each programme under the rules in force.

In force is what the region has adopted (ADR 17), or else what its stage shipped. The state's
answers are enough: no identity is opened. Without a score there is no decision: somebody goes and
looks (invariant 3).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from chalicelib.domain import pmt_explain, pmt_score, programme, registration
from chalicelib.domain.audit import Event
from chalicelib.domain.errors import TryAgain
from chalicelib.domain.household import Household
from chalicelib.domain.pmt_artefact import Artefact
from chalicelib.domain.pmt_score import CannotScore
from chalicelib.domain.programme import ProgrammeDecision, RulesError, RuleSet
from chalicelib.domain.registration import Registration, Stamp, State
from chalicelib.usecases.ports import CaseStore, Clock, InForce, Message

ACTOR = "system:score_household"
VISIT_DUE_MS = 14 * 86_400_000
OFFICER_DUE_MS = 5 * 86_400_000


@dataclass(frozen=True, slots=True)
class Ports:
    """What scoring needs.

    Attributes:
        artefact, rules: of a content hash; "" names what the stage shipped; None when this stage
            does not carry it.
    """

    clock: Clock
    store: CaseStore
    artefact: Callable[[str], Artefact | None]
    rules: Callable[[str], RuleSet | None]
    region: str


class NotCarriedError(Exception):
    """What the region has adopted is not in this package: nothing may be decided with another."""


@dataclass(frozen=True, slots=True)
class Basis:
    """What a decision rests on besides the answers."""

    artefact: Artefact
    rules: RuleSet
    adopted: InForce | None

    @property
    def number(self) -> int:
        """Number of the adoption; 0 for none."""
        return self.adopted.number if self.adopted else 0

    def decile(self, score: int, locator: str) -> int:
        """The decile by the region's own borders, or by the model's until there are any."""
        if self.adopted is None:
            return pmt_explain.decile(score, locator, self.artefact.cutoffs)
        return pmt_explain.decile(score, self.adopted.place(locator), self.adopted.cutoffs)


def basis_of(
    adopted: InForce | None,
    artefact: Callable[[str], Artefact | None],
    rules: Callable[[str], RuleSet | None],
) -> Basis:
    """Model and rules in force.

    Raises:
        NotCarriedError: this stage does not carry them.
    """
    found = artefact(adopted.model if adopted else ""), rules(adopted.rules if adopted else "")
    if found[0] is None or found[1] is None:
        raise NotCarriedError
    return Basis(found[0], found[1], adopted)


def score_households(messages: Sequence[Message], ports: Ports) -> list[Message]:
    """Score and decide the cases of a batch.

    Returns:
        The messages that must come again, because the store refused for now or somebody wrote
        the case meanwhile without moving it.

    Raises:
        NotCarriedError: what the region has adopted is not in this package.
    """
    loaded, adopted = ports.store.load_for_scoring(
        list({message.ref: None for message in messages}), ports.region
    )
    basis = basis_of(adopted, ports.artefact, ports.rules)
    failed: list[Message] = []
    for message in {message.ref: message for message in messages}.values():
        found = loaded.get(message.ref)
        if found is None or found.case.state is not State.MATCHED:
            continue
        if found.torn:
            failed.append(message)
            continue
        stamp = Stamp(ports.clock.now_ms(), ACTOR, found.vault[0].salt)
        try:
            settled = _settle(found.case, basis, stamp, ports.store)
        except TryAgain:
            settled = False
        if not settled:
            failed.append(message)
    return failed


def decided(
    case: Registration, household: Household, basis: Basis, stamp: Stamp
) -> tuple[Registration, Event]:
    """The case with its score and decisions, or on its way to a visit, and the event of it."""
    outcome = pmt_score.score(basis.artefact, household)
    if isinstance(outcome, CannotScore):
        return registration.send_to_visit(case, outcome, stamp, due=stamp.at + VISIT_DUE_MS)
    decile = basis.decile(outcome.score, case.ref.locator)
    provisional = basis.adopted is None
    return registration.decide(
        case,
        outcome,
        decisions_at(household, decile, provisional, basis.rules),
        basis.rules.sha256,
        stamp,
        provisional=provisional,
        officer_due=stamp.at + OFFICER_DUE_MS,
        under=basis.number,
    )


def _settle(case: Registration, basis: Basis, stamp: Stamp, store: CaseStore) -> bool:
    """Decide the case; False when somebody wrote it meanwhile and it still waits for its score."""
    if case.household is None:
        return True
    moved, event = decided(case, case.household, basis, stamp)
    # A conflict means that somebody wrote the case meanwhile: mostly moved it, so that this score
    # is a late one; but a new receipt moves nothing, and no other message will come for it.
    conflict = store.change(moved, event)
    return not (conflict and conflict.case and conflict.case.state is State.MATCHED)


def decisions_at(
    household: Household, decile: int, provisional: bool, rules: RuleSet
) -> tuple[ProgrammeDecision, ...]:
    """Decide each programme for a family of a decile.

    Returns:
        Nothing when no rules hold in the month of the answers.
    """
    try:
        return programme.decide(rules, household, decile, provisional, household.as_of)
    except RulesError:
        return ()
