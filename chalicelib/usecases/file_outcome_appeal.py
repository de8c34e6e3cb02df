"""Ask that the outcome of one's own objection is looked at again: once, by people from elsewhere.

It is an objection of its own that follows the first: the family is told and may answer anew, never
by whom. Its number is derived from the first one's, so that there can be no second. It takes none
of the person's places, since there is at most one for each objection that was decided.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from chalicelib.domain import audit, blind_keys, dispute, hearing
from chalicelib.domain.dispute import Dispute, Kind, Outcome, Side, Stage
from chalicelib.domain.errors import Fault, InvalidRequest, NotFound, WrongState
from chalicelib.domain.registration import Ref, Stamp
from chalicelib.usecases import filing
from chalicelib.usecases.dispute_ports import CLAIM, Statement
from chalicelib.usecases.filing import Filed, Photo
from chalicelib.usecases.ports import Randomness
from chalicelib.usecases.take_part import Party, find_dispute
from chalicelib.usecases.take_part import Ports as PartPorts

AGAIN = "second_look"


@dataclass(frozen=True, slots=True)
class Ports:
    """What asking needs."""

    part: PartPorts
    random: Randomness


@dataclass(frozen=True, slots=True)
class Second:
    """The wish as sent.

    Attributes:
        key: the client's idempotency key.
        number: of the objection that was decided.
        form: the body, to know another body under the same key.
    """

    key: str
    number: str
    party: Party
    text: str
    photos: tuple[Photo, ...]
    form: Mapping[str, Any]


def appeal_outcome(command: Second, ports: Ports) -> Filed:
    """File the second look at one's own objection.

    Raises:
        NotFound, TooMany, TryAgain: as `take_part.find_dispute`; it is not one's own objection.
        InvalidRequest: faults of the form, all at once, or its key was used for another body.
        WrongState: it was not decided, was upheld, was looked at again, or the term is over.
    """
    part = ports.part
    first, side = find_dispute(command.number, command.party, part)
    if side is not Side.FILER or first.kind is not Kind.OBJECTION:
        raise NotFound(Fault("dispute_unknown", "dispute"))
    now = part.find.clock.now_ms()
    code = why_not(first, now, part.terms)
    if code:
        raise WrongState(Fault(code))
    rules = part.terms.today(now)
    faults = filing.photo_faults(command.photos, rules.evidence)
    if not command.text.strip():
        faults.append(Fault("field_missing", "text"))
    if faults:
        raise InvalidRequest(*faults)
    blank = _blank(command, first, ports)
    due = filing.screened_by(now, rules)
    made, event = hearing.file(blank, Stamp(now, "citizen", blank.salt), due=due)
    packed = json.dumps({"name": "", "place": "", "text": command.text}, ensure_ascii=False)
    sealed = part.sealer.seal(packed.encode(), f"{blank.ref.locator}|{CLAIM}")
    stands = part.disputes.create(made, event, [Statement(CLAIM, sealed)])
    there = made if stands is None or stands.dispute is None else stands.dispute
    if there.request_id != made.request_id:
        raise WrongState(Fault("appeal_used"))
    if there.body_digest != made.body_digest:
        raise InvalidRequest(Fault("key_reused", "key"))
    ids = [each.piece.id for each in there.evidence]
    return Filed(there, filing.leave(there, ids, part.grants, part.after))


def why_not(first: Dispute, now: int, terms: filing.Terms) -> str:
    """Why the outcome of an objection cannot be looked at again, as a code; "" when it can."""
    if first.stage is not Stage.DECIDED:
        return "outcome_none"
    if first.follows:
        return "appeal_used"
    if first.outcome is Outcome.UPHELD:
        return "appeal_upheld"
    rules = terms.today(now).terms
    over = now > terms.calendar.term(first.steps[-1].at, rules.outcome_appeal, rules).at
    return "appeal_window_over" if over else ""


def _blank(command: Second, first: Dispute, ports: Ports) -> Dispute:
    mac = ports.part.find.index.mac
    ref = Ref(first.ref.village, dispute.second_of(mac, first.ref.locator))
    return Dispute(
        ref=ref,
        kind=Kind.OBJECTION,
        stage=Stage.FILED,
        version=0,
        about="",
        reason=first.reason,
        request_id=blind_keys.request_id(mac, command.key),
        body_digest=blind_keys.body_digest(mac, command.form),
        steps=(),
        head=audit.first_head(ref.locator),
        salt=ports.random.take(filing.SALT_SIZE),
        person=first.person,
        follows=first.ref.locator,
        evidence=filing.exhibits(mac, ref, command.key, command.photos, Side.FILER),
        concerns=(AGAIN,),
    )
