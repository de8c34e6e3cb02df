"""Staff page of what was left for others: places that fell free, registers to be corrected."""

from __future__ import annotations

from chalice.app import Blueprint, Request, Response

from chalicelib import case_wiring, staff_wiring, wiring
from chalicelib.entrypoints import http, staff_frame
from chalicelib.entrypoints.http import CONTENT_TYPES
from chalicelib.entrypoints.staff_frame import OVERSEERS, signed_in
from chalicelib.entrypoints.staff_session import Session
from chalicelib.settings import settings

staff_handovers = Blueprint(__name__)

HANDOVERS = "/staff/handovers"
_SHOWN = 100


@staff_handovers.route(HANDOVERS, methods=["GET"], content_types=CONTENT_TYPES)
@http.handled(staff_handovers)
@signed_in(OVERSEERS)
def handovers(_request: Request, who: Session) -> Response:
    """The latest of the region, in one call; numbers of cases and nobody's name."""
    from chalicelib.usecases.show_handovers import Ports, rows  # noqa: PLC0415 - see wiring

    words = wiring.words("staff")["handovers"]
    questions = wiring.model().questions
    ports = Ports(words, questions, wiring.villages(), case_wiring.status_ports())
    found = staff_wiring.handovers().of_region(settings().region, _SHOWN)
    return staff_frame.page("handovers", {"rows": rows(found, ports)}, who)
