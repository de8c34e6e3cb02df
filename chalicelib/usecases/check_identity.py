"""Ask the civil registry about the families of a batch, and say where each case goes.

The registry being down is a state and never a pass: the case waits and is asked again by the
sweep. A message that comes twice, late or out of order changes nothing twice: only a case that
still waits for its check is moved, and only from the version that was read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from chalicelib.domain import registration
from chalicelib.domain.errors import TryAgain
from chalicelib.domain.identity import Identity, IdentityAnswer, IdentityClaim, Outcome
from chalicelib.domain.registration import Registration, Stamp, State
from chalicelib.usecases.open_identity import open_identity
from chalicelib.usecases.ports import (
    CaseStore,
    CivilRegistry,
    Clock,
    Loaded,
    Message,
    Opener,
)

ACTOR = "system:check_identity"
RETRY_MS = 15 * 60_000
OFFICER_DUE_MS = 5 * 86_400_000
_WAITS_FOR_CHECK = frozenset({State.RECEIVED, State.IDENTITY_CHECKING})


@dataclass(frozen=True, slots=True)
class Ports:
    """What the check needs."""

    clock: Clock
    opener: Opener
    store: CaseStore
    civil_registry: CivilRegistry


def check_identities(messages: Sequence[Message], ports: Ports) -> list[Message]:
    """Check the cases of a batch; one bulk question for all of them.

    Returns:
        The messages that must come again, because a service refused for now or somebody wrote
        the case meanwhile without moving it.
    """
    once = _once(messages)
    loaded = ports.store.load([message.ref for message in once])
    failed: list[Message] = []
    open_cases: list[tuple[Message, Loaded, Identity]] = []
    for message in once:
        found = loaded.get(message.ref)
        if found is None or found.case.state not in _WAITS_FOR_CHECK:
            continue
        if found.torn:
            failed.append(message)
            continue
        try:
            open_cases.append((message, found, open_identity(found, ports.opener)))
        except TryAgain:
            failed.append(message)
    answers = iter(ports.civil_registry.check([c for o in open_cases for c in _claims(o[2])]))
    for message, found, identity in open_cases:
        of_case = tuple(
            next(answers) if person.nik is not None else IdentityAnswer(Outcome.NOT_CHECKED)
            for person in identity.people
        )
        try:
            settled = _settle(found.case, of_case, found.vault[0].salt, ports)
        except TryAgain:
            settled = False
        if not settled:
            failed.append(message)
    return failed


def _settle(
    case: Registration, answers: tuple[IdentityAnswer, ...], salt: bytes, ports: Ports
) -> bool:
    """Move the case; False when somebody wrote it meanwhile and it still waits for its check."""
    now = ports.clock.now_ms()
    moved, event = registration.check_identity(
        case,
        answers,
        Stamp(now, ACTOR, salt),
        retry_at=now + RETRY_MS,
        officer_due=now + OFFICER_DUE_MS,
    )
    if case.state is State.IDENTITY_CHECKING and moved.state is State.IDENTITY_CHECKING:
        return True  # still no answer: nothing has changed, the sweep asks again
    # A conflict means that somebody wrote the case meanwhile: mostly moved it, so that this check
    # is a late one; but a new receipt moves nothing, and no other message will come for it.
    conflict = ports.store.change(moved, event)
    return not (conflict and conflict.case and conflict.case.state in _WAITS_FOR_CHECK)


def _claims(identity: Identity) -> list[IdentityClaim]:
    return [
        IdentityClaim(person.nik, person.name, person.birth_date, person.sex, identity.kk)
        for person in identity.people
        if person.nik is not None
    ]


def _once(messages: Sequence[Message]) -> list[Message]:
    """Each case once, although a batch may hold its message twice."""
    return list({message.ref: message for message in messages}.values())
