"""Report an agent or an officer, by nobody in particular, and look later what became of it.

Nobody signs in and no receipt of a family is asked for: the agent who registered a family may hold
its receipt, and would read there who spoke. The report has a receipt of its own, whose secret opens
its steps and nothing of what was written.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from chalicelib.domain import audit, blind_keys, misconduct, receipt
from chalicelib.domain.areas import Village
from chalicelib.domain.dispute import Side
from chalicelib.domain.errors import Fault, InvalidRequest, NotFound, TooMany
from chalicelib.domain.misconduct import Report, Stage
from chalicelib.domain.receipt import Receipt
from chalicelib.domain.registration import Ref, Stamp
from chalicelib.domain.sanggah_rules import SanggahRules
from chalicelib.domain.token_bucket import allowance
from chalicelib.usecases import filing
from chalicelib.usecases.dispute_ports import CLAIM
from chalicelib.usecases.evidence_ports import Grants
from chalicelib.usecases.filing import Photo, Upload
from chalicelib.usecases.find_case import CALLER_TRIES, RECEIPT_TRIES, Caller, caller_tag
from chalicelib.usecases.ports import BlindIndex, Clock, Limits, Randomness, Sealer
from chalicelib.usecases.report_ports import Reports

PER_HOUR = 20
"""Reports that one address may send in an hour: a village office may share it."""
_OLDEST_DAYS = 366


@dataclass(frozen=True, slots=True)
class Ports:
    """What reporting needs. `villages` are the region's, by code."""

    clock: Clock
    random: Randomness
    index: BlindIndex
    sealer: Sealer
    reports: Reports
    limits: Limits
    grants: Grants
    terms: filing.Terms
    villages: Mapping[str, Village]
    village_of: Callable[[str], str | None]
    after: str = ""


@dataclass(frozen=True, slots=True)
class Complaint:
    """A report as sent.

    Attributes:
        key: the client's idempotency key.
        reason: a code of the region's list.
        village: where it happened.
        day: when it happened, as an ISO date; "" where nobody remembers.
        form: the body, to know another body under the same key.
    """

    key: str
    reason: str
    village: str
    day: str
    text: str
    photos: tuple[Photo, ...]
    form: Mapping[str, Any]
    caller: Caller


@dataclass(frozen=True, slots=True)
class Reported:
    """What whoever reported is told.

    Attributes:
        paper: opens the steps of the report.
        uploads: leave to send each photo that is not there yet, in order.
    """

    paper: Receipt
    uploads: tuple[Upload, ...]


def file_report(command: Complaint, ports: Ports) -> Reported:
    """File a report, sealed; a repeat under its key meets itself.

    Raises:
        InvalidRequest: faults of the form, all at once, or its key was used for another body.
        TooMany: too many came from this address within the hour.
        TryAgain: the store refused for now.
    """
    now = ports.clock.now_ms()
    rules = ports.terms.today(now)
    _refuse_faults(command, rules, ports.terms.calendar.day(now), ports)
    tag = caller_tag(command.caller, ports.index.mac)
    filing.take_of_the_hour(ports.limits, "M", tag, now, most=PER_HOUR, fault="reports_too_often")
    paper = misconduct.paper_of(ports.index.mac, command.key, ports.villages[command.village].index)
    blank = _blank(command, paper, ports)
    due = filing.screened_by(now, rules)
    made, event = misconduct.file(blank, Stamp(now, "citizen", blank.salt), due=due)
    told = {"text": command.text, "day": command.day}
    packed = json.dumps(told, ensure_ascii=False, sort_keys=True).encode()
    sealed = ports.sealer.seal(packed, f"{paper.locator}|{CLAIM}")
    there = ports.reports.create(made, event, sealed)
    if there is not None and there.body_digest != made.body_digest:
        raise InvalidRequest(Fault("key_reused", "key"))
    kept = there or made
    ids = [each.piece.id for each in kept.evidence]
    return Reported(paper, filing.leave(kept, ids, ports.grants, ports.after))


def find_report(text: str, caller: Caller, ports: Ports) -> Report:
    """The report that a receipt opens, at the same cost and with the same limits as a case.

    Raises:
        NotFound: there is none, or its secret is wrong: nobody learns which.
        TooMany: too many wrong tries; passes by waiting.
        TryAgain: the store refused for now.
    """
    paper = receipt.parse(text)
    if paper is None:
        raise NotFound(Fault("report_unknown", "receipt"))
    village = ports.village_of(paper.locator)
    ref = None if village is None else Ref(village, paper.locator)
    buckets = (f"L#{paper.locator}", f"C#{caller_tag(caller, ports.index.mac)}")
    there, kept = ports.reports.look(ref, buckets)
    now = ports.clock.now_ms()
    kinds = (RECEIPT_TRIES, CALLER_TRIES)
    tries = [allowance(bucket, now, kind) for kind, bucket in zip(kinds, kept, strict=True)]
    if not all(each.ok for each in tries):
        wait = max(each.wait_ms for each in tries)
        raise TooMany(Fault("too_many_tries", "receipt"), retry_after=-(-wait // 1000))
    given = receipt.secret_mac(ports.index.mac, paper)
    stored = there.secret_mac if there is not None else bytes(len(given))
    if hmac.compare_digest(given, stored) and there is not None:
        return there
    for kind, bucket in zip(kinds, buckets, strict=True):
        ports.limits.spend(bucket, now, capacity=kind.capacity, refill_ms=kind.refill_ms)
    raise NotFound(Fault("report_unknown", "receipt"))


def _blank(command: Complaint, paper: Receipt, ports: Ports) -> Report:
    mac = ports.index.mac
    ref = Ref(command.village, paper.locator)
    return Report(
        ref=ref,
        stage=Stage.FILED,
        version=0,
        reason=command.reason,
        request_id=blind_keys.request_id(mac, command.key),
        body_digest=blind_keys.body_digest(mac, command.form),
        secret_mac=receipt.secret_mac(mac, paper),
        steps=(),
        head=audit.first_head(paper.locator),
        salt=ports.random.take(filing.SALT_SIZE),
        evidence=filing.exhibits(mac, ref, command.key, command.photos, Side.FILER),
    )


def _refuse_faults(command: Complaint, rules: SanggahRules, today: date, ports: Ports) -> None:
    faults = filing.photo_faults(command.photos, rules.evidence)
    if command.village not in ports.villages:
        faults.append(Fault("village_outside_region", "village"))
    if command.reason not in rules.report_reasons:
        faults.append(Fault("field_not_an_option", "reason"))
    if not command.text.strip():
        faults.append(Fault("field_missing", "text"))
    if command.day and not 0 <= (today - date.fromisoformat(command.day)).days <= _OLDEST_DAYS:
        faults.append(Fault("report_day", "day"))
    if faults:
        raise InvalidRequest(*faults)
