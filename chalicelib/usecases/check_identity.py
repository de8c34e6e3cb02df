"""Ask the civil registry about the families of a batch, and say where each case goes.

The registry being down is a state and never a pass: the case waits and is asked again by the
sweep. A message that comes twice, late or out of order changes nothing twice: only a case that
still waits for its check is moved, and only from the version that was read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from chalicelib.domain import identity_check, registration
from chalicelib.domain.audit import Event
from chalicelib.domain.errors import TryAgain
from chalicelib.domain.identity import Identity, IdentityAnswer, IdentityClaim, Outcome
from chalicelib.domain.registration import ENDED_STATES, Registration, Stamp, State
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
            settled = _settle(found, of_case, ports)
        except TryAgain:
            settled = False
        if not settled:
            failed.append(message)
    return failed


def _settle(found: Loaded, answers: tuple[IdentityAnswer, ...], ports: Ports) -> bool:
    """Move the case; False when it still waits for its check and the message must come again."""
    case, now = found.case, ports.clock.now_ms()

    def check(case: Registration) -> tuple[Registration, Event]:
        return identity_check.check_identity(
            case,
            answers,
            Stamp(now, ACTOR, found.vault[0].salt),
            retry_at=now + RETRY_MS,
            officer_due=now + OFFICER_DUE_MS,
        )

    moved, event = check(case)
    if case.state is State.IDENTITY_CHECKING and moved.state is State.IDENTITY_CHECKING:
        return True  # still no answer: nothing has changed, the sweep asks again
    wanted: tuple[str, ...] = ()
    if registration.is_held(case):
        freed, event_of_freed = check(registration.freed(case))
        if freed.state is State.MATCHED:
            holders = _holders(found, ports)
            if holders and all(h.torn or h.case.state in ENDED_STATES for h in holders):
                return False  # their numbers are being released, or have just been
            if not holders:
                moved, event, wanted = freed, event_of_freed, _wanted(found)
    # A conflict means that somebody wrote the case meanwhile: mostly moved it, so that this check
    # is a late one; but a new receipt moves nothing, and no other message will come for it.
    conflict = ports.store.change(moved, event, guards=wanted)
    if conflict is None:
        return True
    return conflict.case is not None and conflict.case.state not in _WAITS_FOR_CHECK


def _wanted(found: Loaded) -> tuple[str, ...]:
    return tuple(dict.fromkeys(guard for item in found.vault for guard in item.wanted))


def _holders(found: Loaded, ports: Ports) -> list[Loaded]:
    """The cases that hold what this one wanted to claim; where it wants nothing, itself."""
    wanted = _wanted(found)
    if not wanted:
        return [found]
    held = [ports.store.holder(guard) for guard in wanted]
    others = {holder.ref: None for holder in held if holder and holder.ref != found.case.ref}
    return list(ports.store.load(list(others)).values())


def _claims(identity: Identity) -> list[IdentityClaim]:
    return [
        IdentityClaim(person.nik, person.name, person.birth_date, person.sex, identity.kk)
        for person in identity.people
        if person.nik is not None
    ]


def _once(messages: Sequence[Message]) -> list[Message]:
    """Each case once, although a batch may hold its message twice."""
    return list({message.ref: message for message in messages}.values())
