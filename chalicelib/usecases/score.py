"""Score a family with the model artefact, and decide each programme under the rules in force.

The state's answers are enough: no identity is opened. Without a score there is no decision:
somebody goes and looks (invariant 3).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from chalicelib.domain import pmt, programme, registration
from chalicelib.domain.errors import TryAgain
from chalicelib.domain.household import Household
from chalicelib.domain.pmt import Artefact, CannotScore
from chalicelib.domain.programme import ProgrammeDecision, RulesError, RuleSet
from chalicelib.domain.registration import Registration, Stamp, State
from chalicelib.usecases.ports import CaseStore, Clock, Cutoffs, Message

ACTOR = "system:score_household"
VISIT_DUE_MS = 14 * 86_400_000
OFFICER_DUE_MS = 5 * 86_400_000


@dataclass(frozen=True, slots=True)
class Ports:
    """What scoring needs."""

    clock: Clock
    store: CaseStore
    artefact: Artefact
    rules: RuleSet
    region: str


def score_households(messages: Sequence[Message], ports: Ports) -> list[Message]:
    """Score and decide the cases of a batch.

    Returns:
        The messages that must come again, because the store refused for now or somebody wrote
        the case meanwhile without moving it.
    """
    loaded, cutoffs = ports.store.load_for_scoring(
        list({message.ref: None for message in messages}), ports.region
    )
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
            settled = _settle(found.case, cutoffs, stamp, ports)
        except TryAgain:
            settled = False
        if not settled:
            failed.append(message)
    return failed


def _settle(case: Registration, cutoffs: Cutoffs | None, stamp: Stamp, ports: Ports) -> bool:
    """Decide the case; False when somebody wrote it meanwhile and it still waits for its score."""
    if case.household is None:
        return True
    outcome = pmt.score(ports.artefact, case.household)
    if isinstance(outcome, CannotScore):
        moved, event = registration.send_to_visit(case, outcome, stamp, due=stamp.at + VISIT_DUE_MS)
    else:
        borders = cutoffs or ports.artefact.cutoffs
        decile = pmt.decile(outcome.score, case.ref.locator, borders)
        decisions = _decisions(case.household, decile, cutoffs is None, ports.rules)
        moved, event = registration.decide(
            case,
            outcome,
            decisions,
            ports.rules.sha256,
            stamp,
            provisional=cutoffs is None,
            officer_due=stamp.at + OFFICER_DUE_MS,
        )
    # A conflict means that somebody wrote the case meanwhile: mostly moved it, so that this score
    # is a late one; but a new receipt moves nothing, and no other message will come for it.
    conflict = ports.store.change(moved, event)
    return not (conflict and conflict.case and conflict.case.state is State.MATCHED)


def _decisions(
    household: Household, decile: int, provisional: bool, rules: RuleSet
) -> tuple[ProgrammeDecision, ...]:
    """Decide each programme; nothing when no rules hold in the month of the answers."""
    try:
        return programme.decide(rules, household, decile, provisional, household.as_of)
    except RulesError:
        return ()
