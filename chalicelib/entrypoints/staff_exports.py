"""Take what a list of disputes shows out of the system, as a file; it is in the ledger first."""

from __future__ import annotations

from chalice.app import Blueprint, Request, Response

from chalicelib import staff_wiring
from chalicelib.domain.errors import Fault, InvalidRequest
from chalicelib.entrypoints import http, staff_forms, staff_frame
from chalicelib.entrypoints.http import CONTENT_TYPES
from chalicelib.entrypoints.staff_frame import OVERSEERS, signed_in
from chalicelib.entrypoints.staff_session import Session

exports = Blueprint(__name__)


@exports.route("/staff/exports", methods=["POST"], content_types=CONTENT_TYPES)
@http.handled(exports)
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
