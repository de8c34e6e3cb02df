"""What officers send from a list of disputes: keep its filter, take it out, have some redrawn."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlencode

from chalice.app import Blueprint, Request, Response

from chalicelib import staff_wiring, wiring
from chalicelib.domain import tokens
from chalicelib.domain.errors import Fault, InvalidRequest
from chalicelib.domain.receipt import is_locator
from chalicelib.domain.registration import Ref
from chalicelib.entrypoints import http, staff_forms, staff_frame
from chalicelib.entrypoints.http import CONTENT_TYPES
from chalicelib.entrypoints.staff_frame import DECIDERS, OVERSEERS, REDRAWERS, signed_in
from chalicelib.entrypoints.staff_queues import PATHS
from chalicelib.entrypoints.staff_session import Session
from chalicelib.telemetry import log

queue_forms = Blueprint(__name__)

_PICK = re.compile(r"pick_([0-9A-Z]{10})", re.ASCII)
_VIEW = {"name": staff_forms.short(80), "place": staff_forms.one_of(*PATHS)}


@queue_forms.route("/staff/views", methods=["POST"], content_types=CONTENT_TYPES)
@http.handled(queue_forms)
@signed_in(DECIDERS | OVERSEERS)
def save(request: Request, who: Session) -> Response:
    """Keep a filter, and lead back to what it shows."""
    from chalicelib.usecases import saved_views  # noqa: PLC0415 - see wiring
    from chalicelib.usecases.dispute_filter import Filter, read  # noqa: PLC0415
    from chalicelib.usecases.view_ports import View  # noqa: PLC0415

    fields = dict.fromkeys(Filter.__slots__, staff_forms.short(20))
    sent = staff_forms.read(request, _VIEW | fields, optional=fields)
    asked, faults = read({name: sent.body[name] or "" for name in fields})
    sent.refuse(*faults)
    _may_see(sent.body["place"], who)
    view = View(sent.body["name"].strip(), sent.body["place"], asked.told())
    saved_views.save(_owner(who), view, staff_wiring.view_ports())
    address = f"{PATHS[view.place]}?{urlencode(asked.told())}"
    return staff_frame.moved(address, who.cookies, status=303)


@queue_forms.route("/staff/views/delete", methods=["POST"], content_types=CONTENT_TYPES)
@http.handled(queue_forms)
@signed_in(DECIDERS | OVERSEERS)
def delete(request: Request, who: Session) -> Response:
    """Let a filter go."""
    from chalicelib.usecases.saved_views import forget  # noqa: PLC0415 - see wiring

    sent = staff_forms.read(request, _VIEW)
    sent.refuse()
    _may_see(sent.body["place"], who)
    forget(_owner(who), sent.body["name"], sent.body["place"], staff_wiring.view_ports())
    return staff_frame.moved(PATHS[sent.body["place"]], who.cookies, status=303)


@queue_forms.route("/staff/exports", methods=["POST"], content_types=CONTENT_TYPES)
@http.handled(queue_forms)
@signed_in(OVERSEERS)
def export(request: Request, who: Session) -> Response:
    """The region's disputes that a filter asks for; one that cannot be is no wider one."""
    from chalicelib.usecases import export_disputes, list_disputes  # noqa: PLC0415 - see wiring
    from chalicelib.usecases.dispute_filter import Filter, read  # noqa: PLC0415

    fields = dict.fromkeys(Filter.__slots__, staff_forms.short(20))
    sent = staff_forms.read(request, fields, optional=fields)
    asked, faults = read({name: text or "" for name, text in sent.body.items()})
    sent.refuse(*faults)
    if sent.body["village"] and not asked.village:  # of another district, or of none
        raise InvalidRequest(Fault("field_not_an_option", "village"))
    listed = list_disputes.of_region(asked, staff_wiring.list_ports())
    made = export_disputes.export(listed, who.actor, staff_wiring.export_ports())
    return staff_frame.file(made.name, made.text, who)


@queue_forms.route("/staff/redraws", methods=["POST"], content_types=CONTENT_TYPES)
@http.handled(queue_forms)
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


def _may_see(place: str, who: Session) -> None:
    tokens.require(who.claims, OVERSEERS if place == "region" else DECIDERS)


def _owner(who: Session) -> str:
    return who.actor.partition(":")[2]


def _faults(names: list[str], most: int) -> list[Fault]:
    if not names:
        return [Fault("redraw_none")]
    return [Fault("redraw_too_many", params={"most": most})] if len(names) > most else []


def _ref(number: str) -> Ref | None:
    """Where a dispute is kept; None where none of this region can have that number."""
    from chalicelib.dispute_wiring import village_of  # noqa: PLC0415 - see wiring

    village = village_of(number) if is_locator(number) else None
    return None if village is None else Ref(village, number)
