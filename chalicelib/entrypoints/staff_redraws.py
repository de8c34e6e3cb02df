"""A supervisor has disputes drawn anew, several at once; the only thing that is done to several."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlencode

from chalice.app import Blueprint, Request, Response

from chalicelib import staff_wiring, wiring
from chalicelib.domain.errors import Fault, InvalidRequest
from chalicelib.domain.receipt import is_locator
from chalicelib.domain.registration import Ref
from chalicelib.entrypoints import http, staff_forms, staff_frame
from chalicelib.entrypoints.http import CONTENT_TYPES
from chalicelib.entrypoints.staff_frame import REDRAWERS, signed_in
from chalicelib.entrypoints.staff_session import Session
from chalicelib.telemetry import log

redraws = Blueprint(__name__)

_PICK = re.compile(r"pick_([0-9A-Z]{10})", re.ASCII)


@redraws.route("/staff/redraws", methods=["POST"], content_types=CONTENT_TYPES)
@http.handled(redraws)
@signed_in(REDRAWERS)
def redraw(request: Request, who: Session) -> Response:
    """Draw the ticked disputes anew, and tell of each what became of it."""
    from chalicelib.usecases import redraw_disputes, show_queue  # noqa: PLC0415 - see wiring
    from chalicelib.usecases.dispute_filter import Filter, read  # noqa: PLC0415

    names = [name for name in http.form(request) if _PICK.fullmatch(name)]
    picks = dict.fromkeys(names, staff_forms.matching(r"[0-9]{1,9}", "field_wrong_type"))
    where = dict.fromkeys(Filter.__slots__, staff_forms.short(20))
    reason = {"reason": staff_forms.one_of(*redraw_disputes.REASONS)}
    sent = staff_forms.read(request, picks | where | reason, optional=where)
    asked, _ = read({name: sent.fields.get(name, "") for name in where})
    context: dict[str, Any] = {"query": urlencode(asked.told()), "errors": []}
    try:
        sent.refuse(*_faults(names, redraw_disputes.MOST))
    except InvalidRequest as error:
        log("refused", code=str(error))
        told = {"d": show_queue.redrawn((), {}), "errors": staff_frame.errors(error)}
        return staff_frame.page("redrawn", context | told, who, http.status_of(error))
    picked = [
        redraw_disputes.Picked(name[5:], _ref(name[5:]), int(sent.body[name])) for name in names
    ]
    done = redraw_disputes.redraw(
        picked, who.actor, sent.body["reason"], staff_wiring.redraw_ports()
    )
    shown = show_queue.redrawn(done, wiring.fault_words())
    return staff_frame.page("redrawn", context | {"d": shown}, who)


def _faults(names: list[str], most: int) -> list[Fault]:
    if not names:
        return [Fault("redraw_none")]
    return [Fault("redraw_too_many", params={"most": most})] if len(names) > most else []


def _ref(number: str) -> Ref | None:
    """Where a dispute is kept; None where none of this region can have that number."""
    from chalicelib.dispute_wiring import village_of  # noqa: PLC0415 - see wiring

    village = village_of(number) if is_locator(number) else None
    return None if village is None else Ref(village, number)
