"""An officer keeps a filter under a name, and lets it go again."""

from __future__ import annotations

from urllib.parse import urlencode

from chalice.app import Blueprint, Request, Response

from chalicelib import staff_wiring
from chalicelib.domain import tokens
from chalicelib.entrypoints import http, staff_forms, staff_frame
from chalicelib.entrypoints.http import CONTENT_TYPES
from chalicelib.entrypoints.staff_frame import DECIDERS, OVERSEERS, signed_in
from chalicelib.entrypoints.staff_queues import PATHS
from chalicelib.entrypoints.staff_session import Session

views = Blueprint(__name__)

_VIEW = {"name": staff_forms.short(80), "place": staff_forms.one_of(*PATHS)}


@views.route("/staff/views", methods=["POST"], content_types=CONTENT_TYPES)
@http.handled(views)
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


@views.route("/staff/views/delete", methods=["POST"], content_types=CONTENT_TYPES)
@http.handled(views)
@signed_in(DECIDERS | OVERSEERS)
def delete(request: Request, who: Session) -> Response:
    """Let a filter go."""
    from chalicelib.usecases.saved_views import forget  # noqa: PLC0415 - see wiring

    sent = staff_forms.read(request, _VIEW)
    sent.refuse()
    _may_see(sent.body["place"], who)
    forget(_owner(who), sent.body["name"], sent.body["place"], staff_wiring.view_ports())
    return staff_frame.moved(PATHS[sent.body["place"]], who.cookies, status=303)


def _may_see(place: str, who: Session) -> None:
    tokens.require(who.claims, OVERSEERS if place == "region" else DECIDERS)


def _owner(who: Session) -> str:
    return who.actor.partition(":")[2]
