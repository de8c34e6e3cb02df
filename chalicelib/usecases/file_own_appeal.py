"""Appeal one's own result without a receipt, as somebody who signed in by the digital identity.

For a head of family who has lost the receipt. The answer is the same whoever asks, registered or
not, and so is the work: the family is looked for afterwards, by a worker (`conduct_dispute`), and
where it finds none an officer looks. So a sign-in tells nobody, not even a member of the family
who is not its head, whether and where somebody is registered.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from chalicelib.domain import audit, blind_keys, dispute, hearing, name_tags
from chalicelib.domain.areas import Village
from chalicelib.domain.dispute import OWN_PLACE, Dispute, Kind, Side, Stage
from chalicelib.domain.errors import Fault, InvalidRequest, TryAgain, WrongState
from chalicelib.domain.registration import Ref, Stamp
from chalicelib.usecases import filing
from chalicelib.usecases.dispute_ports import CLAIM, Disputes, Slot, Statement
from chalicelib.usecases.evidence_ports import Grants
from chalicelib.usecases.file_objection import PER_HOUR, Person
from chalicelib.usecases.filing import Filed, Misused, Photo
from chalicelib.usecases.find_case import Caller, caller_tag
from chalicelib.usecases.ports import BlindIndex, Clock, Limits, Randomness, Sealer


@dataclass(frozen=True, slots=True)
class Ports:
    """What filing needs. `villages` are the region's, by code."""

    clock: Clock
    random: Randomness
    index: BlindIndex
    sealer: Sealer
    disputes: Disputes
    limits: Limits
    grants: Grants
    terms: filing.Terms
    attributes: Callable[[], Collection[str]]
    villages: Mapping[str, Village]
    after: str = ""


@dataclass(frozen=True, slots=True)
class OwnAppeal:
    """An appeal as sent.

    Attributes:
        key: the client's idempotency key.
        village: where the family says that it is registered.
        reason: a code of the region's list.
        form: the body, to know another body under the same key.
    """

    key: str
    person: Person
    village: str
    reason: str
    text: str
    photos: tuple[Photo, ...]
    form: Mapping[str, Any]
    caller: Caller
    misused: Misused = field(default_factory=Misused)


def file_own_appeal(command: OwnAppeal, ports: Ports) -> Filed:
    """File an appeal of the result of the family whose head has signed in.

    Raises:
        InvalidRequest: faults of the form, all at once, or its key was used for another body.
        WrongState: this person's last appeal of this kind is open.
        TooMany: too many came from this address within the hour.
        TryAgain: the store refused for now.
    """
    now = ports.clock.now_ms()
    rules = ports.terms.today(now)
    faults = filing.photo_faults(command.photos, rules.evidence)
    faults += filing.misused_faults(command.reason, command.misused, rules, ports.attributes)
    if command.village not in ports.villages:
        faults.append(Fault("village_outside_region", "village"))
    if command.reason not in rules.appeal_reasons:
        faults.append(Fault("field_not_an_option", "reason"))
    if not command.text.strip():
        faults.append(Fault("field_missing", "text"))
    if faults:
        raise InvalidRequest(*faults)
    mac = ports.index.mac
    mine = dispute.locator_of(mac, command.key, ports.villages[command.village].index)
    ref = Ref(command.village, mine)
    blank = _blank(command, ref, ports)
    own = [each for each in ports.disputes.slots(blank.person) if each.place == OWN_PLACE]
    if any(each.ref == ref for each in own):
        return _again(blank, ports)
    if any(each.held for each in own):
        raise WrongState(Fault("appeal_open"))
    tag = caller_tag(command.caller, mac)
    filing.take_of_the_hour(ports.limits, "F", tag, now, most=PER_HOUR, fault="appeals_too_often")
    due = filing.screened_by(now, rules)
    told = {"attribute": blank.attribute, "stated": "not_ours"} if blank.attribute else {}
    made, event = hearing.file(blank, Stamp(now, "citizen", blank.salt), due=due, told=told)
    claim = {"name": command.person.name, "place": "", "text": command.text}
    packed = json.dumps(claim, ensure_ascii=False, sort_keys=True).encode()
    statement = Statement(CLAIM, ports.sealer.seal(packed, f"{mine}|{CLAIM}"))
    slot = Slot(blank.person, OWN_PLACE, ref, b"")
    stands = ports.disputes.create(made, event, [statement], slot=slot)
    if stands is None:
        return _filed(made, ports)
    if stands.dispute is not None:
        return _again(blank, ports)
    raise TryAgain(Fault("busy"))  # another appeal of this person took the place meanwhile


def _blank(command: OwnAppeal, ref: Ref, ports: Ports) -> Dispute:
    mac = ports.index.mac
    form = {**command.form, "person": command.person.mac.hex()}
    return Dispute(
        ref=ref,
        kind=Kind.APPEAL,
        stage=Stage.FILED,
        version=0,
        about="",
        reason=command.reason,
        request_id=blind_keys.request_id(mac, command.key),
        body_digest=blind_keys.body_digest(mac, form),
        steps=(),
        head=audit.first_head(ref.locator),
        salt=ports.random.take(filing.SALT_SIZE),
        person=command.person.mac,
        place=OWN_PLACE,
        names=name_tags.tags_of(mac, command.village, command.person.name),
        attribute=command.misused.attribute,
        evidence=filing.exhibits(mac, ref, command.key, command.photos, Side.FILER),
    )


def _again(blank: Dispute, ports: Ports) -> Filed:
    there = ports.disputes.load([blank.ref]).get(blank.ref)
    if there is None:
        raise TryAgain(Fault("busy"))
    if there.body_digest != blank.body_digest:
        raise InvalidRequest(Fault("key_reused", "key"))
    return _filed(there, ports)


def _filed(made: Dispute, ports: Ports) -> Filed:
    ids = [each.piece.id for each in made.evidence if each.side is Side.FILER]
    return Filed(made, filing.leave(made, ids, ports.grants, ports.after))
