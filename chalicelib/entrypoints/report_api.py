"""What anybody calls to report an agent or an officer, and to look what became of it."""

from __future__ import annotations

from typing import Any

from chalice.app import Blueprint, Request, Response

from chalicelib import wiring
from chalicelib.domain.errors import TepatError
from chalicelib.entrypoints import http
from chalicelib.entrypoints.http import CONTENT_TYPES, Answer, handled

reports = Blueprint(__name__)


@reports.route("/v1/reports", methods=["POST"], content_types=CONTENT_TYPES)
@handled(reports)
def report(request: Request) -> Response:
    """File a report; nobody signs in, and nothing tells whose it is."""
    from chalicelib import report_wiring  # noqa: PLC0415 - each route its own
    from chalicelib.domain.evidence import FileKind  # noqa: PLC0415
    from chalicelib.usecases.file_report import Complaint, file_report  # noqa: PLC0415
    from chalicelib.usecases.filing import Photo  # noqa: PLC0415

    sent = http.read(request, schemas().ReportBody, keyed=True, form_key=wiring.fresh_key())
    after = f"{wiring.site_origin()}/lapor/" if http.wants_html(request) else ""
    try:
        sent.refuse()
        body = sent.body
        command = Complaint(
            key=sent.key,
            reason=body["reason"],
            village=body["village"],
            day=body["day"] or "",
            text=body["text"],
            photos=tuple(Photo(FileKind(each["type"]), each["size"]) for each in body["photos"]),
            form=body,
            caller=http.caller(request),
        )
        filed = file_report(command, report_wiring.file_ports(after))
    except TepatError as error:
        if not http.wants_html(request):
            raise
        errors = http.errors_body(error, "", wiring.fault_words())["errors"]
        context = {"values": sent.fields, "errors": errors, "key": sent.key or wiring.fresh_key()}
        return _page("report_form", http.status_of(error), context)
    uploads = [
        {"piece": each.piece, "url": each.url, "fields": dict(each.fields)}
        for each in filed.uploads
    ]
    told = {"report": filed.paper.text, "uploads": uploads}
    return http.respond(request, Answer(201, told, "reported"))


@reports.route("/v1/reports/status", methods=["POST"], content_types=CONTENT_TYPES)
@handled(reports)
def status(request: Request) -> Response:
    """The steps of the report that a receipt opens; nothing of what was written."""
    from chalicelib import report_wiring  # noqa: PLC0415 - see `report`
    from chalicelib.usecases.file_report import find_report  # noqa: PLC0415
    from chalicelib.usecases.show_report import told  # noqa: PLC0415

    sent = http.read(request, schemas().LookedBody)
    try:
        sent.refuse()
        found = find_report(sent.body["receipt"], http.caller(request), report_wiring.file_ports())
    except TepatError as error:
        if not http.wants_html(request):
            raise
        errors = http.errors_body(error, "", wiring.fault_words())["errors"]
        return _page(
            "report_status_form",
            http.status_of(error),
            {"values": sent.fields, "errors": errors},
        )
    body = told(found, report_wiring.show_ports())
    return http.respond(request, Answer(200, body, "report_status"))


def schemas() -> Any:  # noqa: ANN401 - a module
    """The schemas; imported when a body is to be read, so that workers never load pydantic."""
    from chalicelib.entrypoints import schemas as module  # noqa: PLC0415

    return module


def _page(name: str, status: int, context: dict[str, Any]) -> Response:
    from chalicelib.entrypoints import pages  # noqa: PLC0415 - jinja2 only for pages

    text = pages.render(name, villages=wiring.villages(), **context)
    return Response(text, http.page_headers(), status)
