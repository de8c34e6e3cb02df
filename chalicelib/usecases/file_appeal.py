"""Appeal one's own result: by whoever holds the receipt, or an agent the family has asked.

One transaction: the appeal, what was written, the case that knows of it, and an event of each.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from chalicelib.domain import audit, blind_keys, dispute, hearing, receipt, reopening
from chalicelib.domain.dispute import Dispute, Kind, Outcome, Side, Stage
from chalicelib.domain.errors import Fault, InvalidRequest, TryAgain, WrongState
from chalicelib.domain.registration import Ref, Registration, Stamp, State
from chalicelib.domain.sanggah_rules import SanggahRules
from chalicelib.usecases import filing
from chalicelib.usecases.dispute_ports import CLAIM, Disputes, Statement
from chalicelib.usecases.evidence_ports import Grants
from chalicelib.usecases.filing import Filed, Misused, Photo
from chalicelib.usecases.find_case import Caller, Found, find_case
from chalicelib.usecases.find_case import Ports as FindPorts
from chalicelib.usecases.ports import Randomness, Sealer

CITIZEN = "citizen"
TRIES = 4  # of writing beside somebody else who writes the same case


@dataclass(frozen=True, slots=True)
class Ports:
    """What filing needs."""

    find: FindPorts
    random: Randomness
    sealer: Sealer
    disputes: Disputes
    grants: Grants
    terms: filing.Terms
    attributes: Callable[[], Collection[str]]
    after: str = ""


@dataclass(frozen=True, slots=True)
class Appeal:
    """An appeal as sent.

    Attributes:
        key: the client's idempotency key.
        reason: a code of the region's list.
        text: what the family writes.
        form: the body, to know another body under the same key.
        actor: "citizen", or "agent:<subject>" of an agent to whom the family has agreed.
    """

    key: str
    receipt: str
    reason: str
    text: str
    photos: tuple[Photo, ...]
    form: Mapping[str, Any]
    caller: Caller
    actor: str = CITIZEN
    misused: Misused = field(default_factory=Misused)


def file_appeal(command: Appeal, ports: Ports) -> Filed:
    """File an appeal of the result that a receipt opens.

    An appeal of an outcome (who appealed was rejected, or an objection was upheld) is filed the
    same way; it goes to a third person, once.

    Raises:
        NotFound, TooMany: as for a status look-up.
        InvalidRequest: faults of the form, all at once, or its key was used for another body.
        WrongState: there is no result yet, its window is over, or an appeal is open.
        TryAgain: the store refused for now.
    """
    find = ports.find
    mac = find.index.mac
    for _ in range(TRIES):
        found = find_case(command.receipt, command.caller, find)
        now = find.clock.now_ms()
        mine = dispute.locator_of(mac, command.key, receipt.village_index(found.paper.locator))
        others = _disputes(found.case, ports)
        digest = blind_keys.body_digest(mac, command.form)
        if mine in others:
            return _again(others[mine], digest, ports)
        rules = ports.terms.today(now)
        _refuse_faults(command, rules, ports)
        earlier = follows(found.case, others, rules, now, ports.terms)
        blank = replace(_blank(command, found, mine, digest, ports), follows=earlier)
        due = filing.screened_by(now, rules)
        told: dict[str, str] = {} if command.actor == CITIZEN else {"agreed": "family"}
        if blank.attribute:
            told |= {"attribute": blank.attribute, "stated": "not_ours"}
        stamp = Stamp(now, command.actor, blank.salt)
        made, event = hearing.file(blank, stamp, due=due, told=told)
        knows = reopening.disputed(
            found.case, mine, Stamp(now, command.actor, ports.random.take(filing.SALT_SIZE))
        )
        sealed = ports.sealer.seal(command.text.encode(), f"{mine}|{CLAIM}")
        stands = ports.disputes.create(made, event, [Statement(CLAIM, sealed)], case=knows)
        if stands is None:
            ids = [each.piece.id for each in made.evidence]
            return Filed(made, filing.leave(made, ids, ports.grants, ports.after))
        if stands.dispute is not None:
            return _again(stands.dispute, digest, ports)
    raise TryAgain(Fault("busy"))


def follows(
    case: Registration,
    others: Mapping[str, Dispute],
    rules: SanggahRules,
    now: int,
    terms: filing.Terms,
) -> str:
    """The dispute whose outcome an appeal would be about; "" for the result itself.

    Args:
        others: disputes about the case, by locator.

    Raises:
        WrongState: nothing can be appealed now.
    """
    if case.state is not State.DECIDED:
        raise WrongState(Fault("appeal_no_result"))
    if any(each.kind is Kind.APPEAL and not each.ended for each in others.values()):
        raise WrongState(Fault("appeal_open"))
    at = case.steps[-1].at
    last = max(
        (each for each in others.values() if each.stage is Stage.DECIDED),
        key=lambda each: (each.steps[-1].at, case.disputes.index(each.ref.locator)),
        default=None,
    )
    if last is not None and last.kind is Kind.APPEAL and last.steps[-1].at >= at:
        if last.follows:
            raise WrongState(Fault("appeal_used"))
        if last.outcome is Outcome.UPHELD:
            raise WrongState(Fault("appeal_upheld"))
        at_last = last.steps[-1].at
        if now > terms.calendar.term(at_last, rules.terms.outcome_appeal, rules.terms).at:
            raise WrongState(Fault("appeal_window_over"))
        return last.ref.locator
    if now > terms.calendar.window_end(at, rules.window_months):
        raise WrongState(Fault("appeal_window_over"))
    return ""


def _disputes(case: Registration, ports: Ports) -> dict[str, Dispute]:
    refs = [Ref(case.ref.village, locator) for locator in case.disputes]
    found = ports.disputes.load(refs) if refs else {}
    return {ref.locator: each for ref, each in found.items()}


def _refuse_faults(command: Appeal, rules: SanggahRules, ports: Ports) -> None:
    faults = filing.photo_faults(command.photos, rules.evidence)
    faults += filing.misused_faults(command.reason, command.misused, rules, ports.attributes)
    if command.reason not in rules.appeal_reasons:
        faults.append(Fault("field_not_an_option", "reason"))
    if not command.text.strip():
        faults.append(Fault("field_missing", "text"))
    if faults:
        raise InvalidRequest(*faults)


def _blank(command: Appeal, found: Found, mine: str, digest: bytes, ports: Ports) -> Dispute:
    ref = Ref(found.case.ref.village, mine)
    mac = ports.find.index.mac
    return Dispute(
        ref=ref,
        kind=Kind.APPEAL,
        stage=Stage.FILED,
        version=0,
        about=found.case.ref.locator,
        reason=command.reason,
        request_id=blind_keys.request_id(mac, command.key),
        body_digest=digest,
        steps=(),
        head=audit.first_head(mine),
        salt=ports.random.take(filing.SALT_SIZE),
        attribute=command.misused.attribute,
        evidence=filing.exhibits(mac, ref, command.key, command.photos, Side.FILER),
        concerns=() if command.actor == CITIZEN else (dispute.BY_AGENT,),
    )


def _again(there: Dispute, digest: bytes, ports: Ports) -> Filed:
    """The same answer to the same request; leave to send what has not arrived."""
    if there.body_digest != digest:
        raise InvalidRequest(Fault("key_reused", "key"))
    ids = [each.piece.id for each in there.evidence if each.side is Side.FILER]
    return Filed(there, filing.leave(there, ids, ports.grants, ports.after))
