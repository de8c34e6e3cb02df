"""Register a family: one request, one transaction, one receipt.

Nothing acknowledged is lost and nobody is refused because of themselves: the receipt is derived
from the request's own key and every claim carries the request's id, so a lost answer, a retry, a
double click and a crash all meet the registration that is already there (security 1.1).
A NIK that another family holds changes nothing the sender can see; it becomes a case for an
officer, once the civil registry has confirmed its people (product, ways in).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from chalicelib.domain import (
    application,
    audit,
    blind_keys,
    name_tags,
    receipt,
    registration,
    sealed_identity,
)
from chalicelib.domain.application import Application, Rules
from chalicelib.domain.audit import Act
from chalicelib.domain.errors import Fault, InvalidRequest, TryAgain, WrongState
from chalicelib.domain.receipt import Mac, Receipt
from chalicelib.domain.registration import (
    Ref,
    Registration,
    Stamp,
    State,
    Step,
    WayIn,
)
from chalicelib.usecases.ports import (
    BlindIndex,
    CaseStore,
    Clock,
    Conflict,
    Randomness,
    Sealer,
    VaultItem,
)

SALT_SIZE = 16
_LOCATORS_TO_TRY = 4  # a locator met by chance: one in 700,000 families of one village


@dataclass(frozen=True, slots=True)
class Register:
    """A registration as sent.

    Attributes:
        key: the client's idempotency key.
        form: the body, plain JSON values.
        actor: "citizen", "agent:<subject>", or of an import "system:<what imports>".
    """

    key: str
    form: Mapping[str, Any]
    way_in: WayIn
    actor: str


@dataclass(frozen=True, slots=True)
class Accepted:
    """What the sender is told: the same whoever holds the NIK."""

    receipt: Receipt
    at: int
    warnings: tuple[Fault, ...]


@dataclass(frozen=True, slots=True)
class Ports:
    """What registering needs. `rules_on` gives the rules a form is checked against on a day."""

    clock: Clock
    random: Randomness
    index: BlindIndex
    sealer: Sealer
    store: CaseStore
    rules: Rules


def register(command: Register, ports: Ports) -> Accepted:
    """Check a form and store it, its guards and its first ledger event.

    Raises:
        InvalidRequest: the form has faults (all of them are told), or its key was used for
            another body.
        WrongState: a family of a list, all of whose numbers one other case holds: it is here.
        TryAgain: the store refused for now.
    """
    rules = ports.rules
    faults, warnings = application.check(command.form, rules)
    if faults:
        raise InvalidRequest(*faults)
    family = application.build(command.form, rules)
    now = ports.clock.now_ms()
    digest = blind_keys.body_digest(ports.index.mac, command.form)
    village = rules.villages[family.household.village]
    for attempt in range(_LOCATORS_TO_TRY):
        paper = receipt.derive(ports.index.mac, command.key, village.index, attempt)
        blank = replace(
            _blank(command, family, paper, digest, ports.index.mac),
            steps=(Step(State.RECEIVED, now),),
            concerns=tuple(_concern(warning, command.form) for warning in warnings),
        )
        conflict = _store(blank, family, command.actor, ports)
        if conflict is None:
            return Accepted(paper, now, tuple(warnings))
        if conflict.case is not None and conflict.case.request_id == blank.request_id:
            if conflict.case.body_digest != digest:
                break
            return Accepted(paper, conflict.case.steps[0].at, tuple(warnings))
        if any(holder.request_id == blank.request_id for holder in conflict.held):
            break  # our own key holds it from another village: another body under one key
    else:
        raise TryAgain(Fault("busy"))
    raise InvalidRequest(Fault("key_reused", "key"))


def _store(blank: Registration, family: Application, actor: str, ports: Ports) -> Conflict | None:
    """Store with guards; if only guards of others stand in the way, store without any.

    Such a case goes the way of every other one until the civil registry has confirmed the people
    in it, and only then to an officer: whoever tries somebody else's NIK sees what anybody sees.
    If the others have withdrawn by then, the check claims what was wanted, and nobody need look.

    A family of a list that has registered itself before is not stored a second time: its own word
    is newer than the list's, and an officer would have to join thousands.
    """
    guards = blind_keys.guards_of(ports.index.mac, ports.index.version, family.identity)
    conflict = _create(blank, family, guards, actor, ports, claim=True)
    if conflict is None or conflict.case is not None:
        return conflict
    if any(holder.request_id == blank.request_id for holder in conflict.held):
        return conflict
    holders = {holder.ref for holder in conflict.held}
    is_here = len(conflict.held) == len(guards) and len(holders) == 1
    if blank.way_in is WayIn.IMPORT and is_here:
        raise WrongState(Fault("already_registered"))
    held = registration.held_concerns(tuple(holder.ref.locator for holder in conflict.held))
    unguarded = replace(blank, concerns=(*held, *blank.concerns))
    return _create(unguarded, family, guards, actor, ports, claim=False)


def _create(
    case: Registration,
    family: Application,
    guards: tuple[str, ...],
    actor: str,
    ports: Ports,
    *,
    claim: bool,
) -> Conflict | None:
    salt = ports.random.take(SALT_SIZE)
    details: dict[str, object] = {
        "way_in": case.way_in.value,
        "members": len(family.identity.people),
        "consent": case.consent,
        "concerns": list(case.concerns),
    }
    act = Act.IMPORTED if case.way_in is WayIn.IMPORT else Act.RECEIVED
    case, event = registration.open_case(case, act, Stamp(case.steps[0].at, actor, salt), details)
    sealed = ports.sealer.seal(sealed_identity.pack(family.identity), f"{case.ref.locator}|0")
    claimed, wanted = (guards, ()) if claim else ((), guards)
    return ports.store.create(case, VaultItem(sealed, salt, claimed, wanted), event, claimed)


def _blank(
    command: Register, family: Application, paper: Receipt, digest: bytes, mac: Mac
) -> Registration:
    return Registration(
        ref=Ref(family.household.village, paper.locator),
        state=State.RECEIVED,
        version=1,
        way_in=command.way_in,
        request_id=blind_keys.request_id(mac, command.key),
        body_digest=digest,
        secret_mac=receipt.secret_mac(mac, paper),
        household=family.household,
        consent=family.consent,
        steps=(),
        head=audit.first_head(paper.locator),
        names=name_tags.tags_of(mac, family.household.village, family.identity.people[0].name),
        phone=blind_keys.phone(mac, phone) if (phone := family.identity.phone) else b"",
    )


def _concern(warning: Fault, form: Mapping[str, Any]) -> str:
    """A warning as stored beside the case: "kk", or the place of the member as stored."""
    parts = warning.field.split(".")
    place = parts[0]
    if len(parts) > 1:
        place = str(application.stored_order(form).index(int(parts[1])))
    return f"warning:{place}:{warning.code}"
