"""What the supervisor who was drawn does with a report: open it, and close it with a reason.

Opening is written to the ledger before anything is shown. Closing takes one person, since nothing
is taken from anybody by it; what costs an agent the role takes two administrators.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from chalicelib.domain import misconduct
from chalicelib.domain.errors import Fault, InvalidRequest, NotFound, TryAgain, WrongState
from chalicelib.domain.misconduct import Report
from chalicelib.domain.registration import Ref, Stamp
from chalicelib.usecases import filing
from chalicelib.usecases.dispute_ports import CLAIM
from chalicelib.usecases.ports import Clock, Opener, Randomness, ReadLedger
from chalicelib.usecases.read_case import record_read
from chalicelib.usecases.report_ports import Reports

READ = "misconduct_report"


@dataclass(frozen=True, slots=True)
class Ports:
    """What looking into a report needs."""

    clock: Clock
    random: Randomness
    opener: Opener
    reports: Reports
    ledger: ReadLedger
    terms: filing.Terms


def open_report(ref: Ref, actor: str, ports: Ports) -> tuple[Report, Mapping[str, Any]]:
    """Write the read to the ledger, then open the report: {"text", "day"}.

    Raises:
        NotFound: there is none, or this person was not drawn for it: nobody learns which.
        TryAgain: the ledger, the store or the key service refused for now; nothing was shown.
    """
    found = ports.reports.read(ref)
    if found is None or not misconduct.may_open(found[0], actor):
        raise NotFound(Fault("report_unknown", "number"))
    there, sealed = found
    record_read(
        ref.locator, actor, READ, clock=ports.clock, random=ports.random, ledger=ports.ledger
    )
    if sealed is None:
        return there, {"text": "", "day": ""}
    told: Mapping[str, Any] = json.loads(ports.opener.open(sealed, f"{ref.locator}|{CLAIM}"))
    return there, told


def close_report(ref: Ref, actor: str, outcome: str, seen: int, ports: Ports) -> Report:
    """Close a report; one that was closed alike stays so.

    Args:
        outcome: a code of the region's list.
        seen: version of the report that the supervisor was looking at.

    Raises:
        InvalidRequest: no such outcome.
        WrongState: it changed since, or was closed otherwise.
        NotFound, TryAgain: as `open_report`.
    """
    now = ports.clock.now_ms()
    if outcome not in ports.terms.today(now).report_outcomes:
        raise InvalidRequest(Fault("field_not_an_option", "outcome"))
    there = ports.reports.load([ref]).get(ref)
    if there is None or not misconduct.may_open(there, actor):
        raise NotFound(Fault("report_unknown", "number"))
    if there.ended and there.outcome == outcome:
        return there
    if there.version != seen:
        raise WrongState(Fault("report_changed"))
    moved, event = misconduct.close(there, outcome, Stamp(now, actor, there.salt))
    if ports.reports.change(moved, event) is not None:
        raise TryAgain(Fault("busy"))
    return moved
