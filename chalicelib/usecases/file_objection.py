"""Object to somebody else's eligibility, as a person who signed in, with evidence.

The answer is the same whether or not such a family is registered: nobody learns online who is.
The family is looked for afterwards, by a worker (`conduct_dispute`). Who objects is sealed by
itself, and how many object adds no weight.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from chalicelib.domain import audit, blind_keys, clusters, dispute, hearing, name_tags
from chalicelib.domain.areas import Village
from chalicelib.domain.dispute import Dispute, Kind, Side, Stage
from chalicelib.domain.errors import Fault, InvalidRequest, TooMany, TryAgain, WrongState
from chalicelib.domain.registration import Ref, Stamp
from chalicelib.domain.sanggah_rules import SanggahRules
from chalicelib.usecases import filing
from chalicelib.usecases.dispute_ports import (
    CLAIM,
    FILER,
    Disputes,
    Slot,
    Stands,
    Statement,
)
from chalicelib.usecases.evidence_ports import Grants
from chalicelib.usecases.filing import Filed, Photo
from chalicelib.usecases.find_case import Caller, caller_tag
from chalicelib.usecases.ports import BlindIndex, CaseStore, Clock, Limits, Randomness, Sealer

STRANGER = "objector_unregistered"
PER_HOUR = 20
"""Objections that one address may send in an hour: a village office may share it."""


@dataclass(frozen=True, slots=True)
class Person:
    """Who signed in, as the digital identity tells it.

    Attributes:
        mac: 16 bytes that stand for the person, from the NIK.
    """

    mac: bytes
    name: str
    nik: str


@dataclass(frozen=True, slots=True)
class Ports:
    """What filing needs. `villages` are the region's, by code."""

    clock: Clock
    random: Randomness
    index: BlindIndex
    sealer: Sealer
    store: CaseStore
    disputes: Disputes
    limits: Limits
    grants: Grants
    terms: filing.Terms
    villages: Mapping[str, Village]
    after: str = ""


@dataclass(frozen=True, slots=True)
class Objection:
    """An objection as sent.

    Attributes:
        key: the client's idempotency key.
        village, name, place: whom it is about, as the neighbour knows the family.
        reason: a code of the region's list.
        form: the body, to know another body under the same key.
        device: what the browser says of itself; compared as a keyed digest, and not kept.
    """

    key: str
    person: Person
    village: str
    name: str
    place: str
    reason: str
    text: str
    photos: tuple[Photo, ...]
    form: Mapping[str, Any]
    caller: Caller
    device: str = ""


def file_objection(command: Objection, ports: Ports) -> Filed:
    """File an objection, sealed.

    Raises:
        InvalidRequest: faults of the form, all at once, or its key was used for another body.
        WrongState: this person has objected to this family, and it is open.
        TooMany: as many of this person's objections are open as may be, or too many came from
            this address within the hour.
        TryAgain: the store refused for now.
    """
    now = ports.clock.now_ms()
    rules = ports.terms.today(now)
    _refuse_faults(command, rules, ports)
    mac = ports.index.mac
    mine = dispute.locator_of(mac, command.key, ports.villages[command.village].index)
    digest = blind_keys.body_digest(mac, {**command.form, "person": command.person.mac.hex()})
    slot = _slot(command, Ref(command.village, mine), rules, ports)
    if slot is None:
        return _again(ports.disputes.load([Ref(command.village, mine)]), digest, ports)
    tag = caller_tag(command.caller, mac)
    filing.take_of_the_hour(
        ports.limits, "F", tag, now, most=PER_HOUR, fault="objections_too_often"
    )
    blank = _blank(command, slot, digest, ports)
    if rules.same_village:
        blank = replace(blank, concerns=_neighbour(command, ports))
    due = filing.screened_by(now, rules)
    made, event = hearing.file(blank, Stamp(now, "citizen", blank.salt), due=due)
    stands = ports.disputes.create(made, event, _statements(command, slot.ref, ports), slot=slot)
    if stands is None:
        return _filed(made, ports)
    return _told(stands, made.ref, digest, ports)


def _neighbour(command: Objection, ports: Ports) -> tuple[str, ...]:
    """What an officer should see of whether the objector lives there: nothing when it is known.

    Whoever is registered lives where the family is registered; of others nobody can tell.

    Raises:
        InvalidRequest: the objector is registered in another village.
    """
    guard = blind_keys.nik_guard(ports.index.mac, ports.index.version, command.person.nik)
    holder = ports.store.holder(guard)
    if holder is None:
        return (STRANGER,)
    if holder.ref.village != command.village:
        raise InvalidRequest(Fault("objection_other_village", "village"))
    return ()


def _slot(command: Objection, ref: Ref, rules: SanggahRules, ports: Ports) -> Slot | None:
    """A free place of the person; None when this very objection holds one."""
    person = command.person.mac
    slots = ports.disputes.slots(person)
    if any(slot.ref == ref for slot in slots):
        return None
    held = [slot for slot in slots if slot.held]
    named = _named(command, ports)
    if any(slot.named == named for slot in held):
        raise WrongState(Fault("objection_open", "name"))
    free = set(range(1, rules.most_open_objections + 1)) - {slot.place for slot in held}
    if not free:
        raise TooMany(Fault("objections_too_many", params={"most": rules.most_open_objections}))
    unused = free - {slot.place for slot in slots}  # what was decided stays in sight the longer
    return Slot(person, min(unused or free), ref, named)


def _named(command: Objection, ports: Ports) -> bytes:
    """The family as this person named it: the same words in the same village are the same."""
    words = " ".join(name_tags.words_of(command.name))
    return ports.index.mac("named", f"{command.village}|{words}".encode())[: blind_keys.MAC_SIZE]


def _blank(command: Objection, slot: Slot, digest: bytes, ports: Ports) -> Dispute:
    mac, ref = ports.index.mac, slot.ref
    return Dispute(
        ref=ref,
        kind=Kind.OBJECTION,
        stage=Stage.FILED,
        version=0,
        about="",
        reason=command.reason,
        request_id=blind_keys.request_id(mac, command.key),
        body_digest=digest,
        steps=(),
        head=audit.first_head(ref.locator),
        salt=ports.random.take(filing.SALT_SIZE),
        person=slot.person,
        place=slot.place,
        names=name_tags.tags_of(mac, command.village, command.name),
        device=clusters.device_tag(mac, command.caller.address, command.device),
        street=clusters.street_tag(mac, command.village, command.place),
        evidence=filing.exhibits(mac, ref, command.key, command.photos, Side.FILER),
    )


def _statements(command: Objection, ref: Ref, ports: Ports) -> list[Statement]:
    claim = {"name": command.name, "place": command.place, "text": command.text}
    filer = {"name": command.person.name, "nik": command.person.nik}
    return [_sealed(CLAIM, claim, ref, ports), _sealed(FILER, filer, ref, ports)]


def _sealed(part: str, told: Mapping[str, str], ref: Ref, ports: Ports) -> Statement:
    packed = json.dumps(told, ensure_ascii=False, sort_keys=True).encode()
    return Statement(part, ports.sealer.seal(packed, f"{ref.locator}|{part}"))


def _refuse_faults(command: Objection, rules: SanggahRules, ports: Ports) -> None:
    limits = rules.evidence
    faults = filing.photo_faults(command.photos, limits, least=limits.objection_pieces)
    if command.village not in ports.villages:
        faults.append(Fault("village_outside_region", "village"))
    if command.reason not in rules.objection_reasons:
        faults.append(Fault("field_not_an_option", "reason"))
    if not name_tags.words_of(command.name):
        faults.append(Fault("field_missing", "name"))
    faults += [
        Fault("field_missing", name)
        for name, text in (("place", command.place), ("text", command.text))
        if not text.strip()
    ]
    if faults:
        raise InvalidRequest(*faults)


def _told(stands: Stands, ref: Ref, digest: bytes, ports: Ports) -> Filed:
    if stands.dispute is not None:
        return _again({ref: stands.dispute}, digest, ports)
    raise TryAgain(Fault("busy"))  # another objection of this person took the place meanwhile


def _again(found: Mapping[Ref, Dispute], digest: bytes, ports: Ports) -> Filed:
    for there in found.values():
        if there.body_digest == digest:
            return _filed(there, ports)
        raise InvalidRequest(Fault("key_reused", "key"))
    raise TryAgain(Fault("busy"))


def _filed(made: Dispute, ports: Ports) -> Filed:
    ids = [each.piece.id for each in made.evidence if each.side is Side.FILER]
    return Filed(made, filing.leave(made, ids, ports.grants, ports.after))
