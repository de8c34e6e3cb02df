"""Staff pages that list: my own disputes, the region's, and what was left there for others."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from chalice.app import Blueprint, Request, Response

from chalicelib import staff_wiring
from chalicelib.entrypoints import http, staff_frame
from chalicelib.entrypoints.http import CONTENT_TYPES
from chalicelib.entrypoints.staff_frame import DECIDERS, OVERSEERS, REDRAWERS, signed_in
from chalicelib.entrypoints.staff_session import Session
from chalicelib.settings import settings

if TYPE_CHECKING:
    from chalicelib.usecases.dispute_filter import Filter
    from chalicelib.usecases.list_disputes import DisputeList

staff_queues = Blueprint(__name__)

MINE = "/staff/disputes"
REGION = "/staff/oversight"
HANDOVERS = "/staff/handovers"
PATHS = {"mine": MINE, "region": REGION}
_LONGEST = 3  # digits of a page's number


@staff_queues.route(MINE, methods=["GET"], content_types=CONTENT_TYPES)
@http.handled(staff_queues)
@signed_in(DECIDERS)
def mine(request: Request, who: Session) -> Response:
    """The disputes that this officer was drawn for, by deadline; without identity."""
    from chalicelib.usecases import list_disputes  # noqa: PLC0415 - see wiring

    asked = _asked(request)
    subject = who.actor.partition(":")[2]
    return _page(list_disputes.mine(subject, asked, staff_wiring.list_ports()), asked, request, who)


@staff_queues.route(REGION, methods=["GET"], content_types=CONTENT_TYPES)
@http.handled(staff_queues)
@signed_in(OVERSEERS)
def of_region(request: Request, who: Session) -> Response:
    """All disputes of the region that wait, so that none waits unseen; without identity."""
    from chalicelib.usecases import list_disputes  # noqa: PLC0415 - see wiring

    asked = _asked(request)
    return _page(list_disputes.of_region(asked, staff_wiring.list_ports()), asked, request, who)


@staff_queues.route(HANDOVERS, methods=["GET"], content_types=CONTENT_TYPES)
@http.handled(staff_queues)
@signed_in(OVERSEERS)
def handovers(_request: Request, who: Session) -> Response:
    """Places that fell free and registers to be corrected, the latest, in one call; no names."""
    from chalicelib.usecases.show_handovers import latest  # noqa: PLC0415 - see wiring

    rows = latest(settings().region, staff_wiring.handover_ports())
    return staff_frame.page("handovers", {"rows": rows}, who)


def _asked(request: Request) -> Filter:
    from chalicelib.usecases.dispute_filter import read  # noqa: PLC0415 - see wiring

    return read(request.query_params or {})[0]


def _page(listed: DisputeList, asked: Filter, request: Request, who: Session) -> Response:
    from urllib.parse import urlencode  # noqa: PLC0415 - see wiring

    from chalicelib.usecases import show_queue  # noqa: PLC0415

    query: Mapping[str, str] = request.query_params or {}
    page = query.get("page", "")
    number = int(page) if page.isascii() and page.isdecimal() and len(page) <= _LONGEST else 1
    ports = staff_wiring.show_queue_ports()
    overseen = request.context.get("resourcePath") == REGION
    place = "region" if overseen else "mine"
    kept, _ = staff_wiring.view_ports().views.load(who.actor.partition(":")[2])
    context: dict[str, Any] = {
        "d": show_queue.page(listed, number, who.actor, ports),
        "f": {"values": asked.told(), "errors": []},
        "choices": show_queue.choices(asked, ports),
        "in_words": show_queue.in_words(asked, ports),
        "query": urlencode(asked.told()),
        "path": PATHS[place],
        "place": place,
        "overseen": overseen,
        "views": [(each.name, urlencode(each.asked)) for each in kept if each.place == place],
        "may_redraw": overseen and bool(who.claims.groups & REDRAWERS),
    }
    return staff_frame.page("disputes", context, who)
