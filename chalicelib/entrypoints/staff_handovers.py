"""Staff page of what was left for others: places that fell free, registers to be corrected."""

from __future__ import annotations

from chalice.app import Blueprint, Request, Response

from chalicelib import staff_wiring
from chalicelib.entrypoints import http, staff_frame
from chalicelib.entrypoints.http import CONTENT_TYPES
from chalicelib.entrypoints.staff_frame import OVERSEERS, signed_in
from chalicelib.entrypoints.staff_session import Session
from chalicelib.settings import settings

staff_handovers = Blueprint(__name__)

HANDOVERS = "/staff/handovers"


@staff_handovers.route(HANDOVERS, methods=["GET"], content_types=CONTENT_TYPES)
@http.handled(staff_handovers)
@signed_in(OVERSEERS)
def handovers(_request: Request, who: Session) -> Response:
    """The latest of the region, in one call; numbers of cases and nobody's name."""
    from chalicelib.usecases.show_handovers import latest  # noqa: PLC0415 - see wiring

    rows = latest(settings().region, staff_wiring.handover_ports())
    return staff_frame.page("handovers", {"rows": rows}, who)
