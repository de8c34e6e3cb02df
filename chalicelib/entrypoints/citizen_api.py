"""What families call: register, look up, correct, withdraw, propose; as JSON or as pages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chalice.app import Blueprint, Request, Response

from chalicelib import case_wiring, wiring
from chalicelib.domain import application
from chalicelib.domain.errors import InvalidRequest, TepatError
from chalicelib.domain.registration import Ref, Registration, WayIn
from chalicelib.entrypoints import http
from chalicelib.entrypoints.http import CONTENT_TYPES, Answer, handled
from chalicelib.entrypoints.registering import received, register_family

citizen = Blueprint(__name__)
MOST_FORM_MEMBERS = 20


@citizen.route("/v1/registrations", methods=["POST"], content_types=CONTENT_TYPES)
@handled(citizen)
def register(request: Request) -> Response:
    """Register a family."""
    sent = http.read(request, schemas().RegistrationBody, keyed=True)
    try:
        accepted = register_family(sent, WayIn.SELF, "citizen")
    except InvalidRequest as error:
        return _form_again(request, sent, error)
    return http.respond(request, received(accepted))


@citizen.route("/v1/status", methods=["POST"], content_types=CONTENT_TYPES)
@handled(citizen)
def status(request: Request) -> Response:
    """Tell where a case stands."""
    from chalicelib.usecases.find_case import find_case  # noqa: PLC0415 - each route its own needs

    sent = http.read(request, schemas().StatusBody)
    try:
        sent.refuse()
        found = find_case(sent.body["receipt"], http.caller(request), case_wiring.find_ports())
    except TepatError as error:
        return _page_again(request, error, "status", sent.fields)
    return http.respond(request, _case(found.case, "status", sent.body["receipt"]))


@citizen.route("/v1/corrections", methods=["POST"], content_types=CONTENT_TYPES)
@handled(citizen)
def correct(request: Request) -> Response:
    """Take the one correction that was asked for."""
    from chalicelib.usecases.correct import Correct  # noqa: PLC0415
    from chalicelib.usecases.correct import correct as take  # noqa: PLC0415

    sent = http.read(request, schemas().CorrectionBody, keyed=True)
    sent.refuse()
    command = Correct(
        key=sent.key,
        receipt=sent.body["receipt"],
        members=sent.body["members"],
        kk=sent.body["kk"],
        caller=http.caller(request),
    )
    case = take(command, case_wiring.correct_ports())
    return http.respond(request, _case(case, "corrected", sent.body["receipt"]))


@citizen.route("/v1/withdrawals", methods=["POST"], content_types=CONTENT_TYPES)
@handled(citizen)
def withdraw(request: Request) -> Response:
    """End a case at the family's wish."""
    from chalicelib.usecases.withdraw import withdraw as end  # noqa: PLC0415

    sent = http.read(request, schemas().WithdrawalBody, keyed=True, form_key=wiring.fresh_key())
    try:
        sent.refuse()
        case = end(
            sent.key, sent.body["receipt"], http.caller(request), case_wiring.withdraw_ports()
        )
    except TepatError as error:
        return _page_again(request, error, "withdraw", sent.fields)
    return http.respond(request, _case(case, "withdrawn", sent.body["receipt"]))


@citizen.route("/v1/proposals", methods=["POST"], content_types=CONTENT_TYPES)
@handled(citizen)
def propose(request: Request) -> Response:
    """Take a proposal; the proposer is told only that it was received."""
    from chalicelib.usecases.propose import propose as take  # noqa: PLC0415

    sent = http.read(request, schemas().ProposalBody, keyed=True, form_key=wiring.fresh_key())
    try:
        sent.refuse()
        take(sent.key, sent.body, case_wiring.propose_ports())
    except TepatError as error:
        return _page_again(request, error, "propose", sent.fields)
    return http.respond(request, Answer(201, {"received": True}, "proposed"))


@citizen.route("/v1/form", methods=["GET", "POST"], content_types=CONTENT_TYPES)
@handled(citizen)
def form(request: Request) -> Response:
    """The whole form as one page, for browsers without JavaScript."""
    if request.method == "POST":
        sent = http.read(request, schemas().RegistrationBody)
        return _form_page(sent.fields, sent.key, [], 200)
    query: Mapping[str, str] = request.query_params or {}
    asked = query.get("members", "1")
    members = int(asked) if asked.isascii() and asked.isdecimal() and len(asked) < 3 else 1  # noqa: PLR2004
    members = min(max(members, 1), MOST_FORM_MEMBERS)
    return _form_page({}, wiring.fresh_key(), [], 200, members)


@citizen.route("/v1/check", methods=["POST"], content_types=CONTENT_TYPES)
@handled(citizen)
def check(request: Request) -> Response:
    """Show the answers once more before they are sent, for browsers without JavaScript."""
    sent = http.read(request, schemas().RegistrationBody, keyed=True)
    faults, _ = application.check(sent.body, case_wiring.form_rules())
    if sent.faults or faults:
        return _form_again(request, sent, InvalidRequest(*sent.faults, *faults))
    return _html("check", 200, _form_context(sent.fields, sent.key, [], None))


@citizen.route("/v1/openapi.json", methods=["GET"], content_types=CONTENT_TYPES)
@handled(citizen)
def openapi(request: Request) -> Response:
    """The description of this API."""
    from chalicelib.entrypoints.openapi import document  # noqa: PLC0415

    body = document()
    return http.respond(request, Answer(200, body, "error"))


def schemas() -> Any:  # noqa: ANN401 - a module
    """The schemas; imported when a body is to be read, so that workers never load pydantic."""
    from chalicelib.entrypoints import schemas as module  # noqa: PLC0415

    return module


def _case(case: Registration, page: str, paper: str) -> Answer:
    from chalicelib.usecases.show_status import status as show  # noqa: PLC0415

    body = show(case, case_wiring.status_ports()) | _disputes(case)
    return Answer(200, body, page, {"receipt": paper, "key": wiring.fresh_key()})


def _disputes(case: Registration) -> dict[str, Any]:
    """What is disputed about a case, and whether its result may be appealed; one call if any is."""
    if not case.disputes:
        from chalicelib.usecases.show_status import in_window  # noqa: PLC0415 - loaded by now

        status = case_wiring.status_ports()
        open_now = in_window(case, wiring.clock.now_ms(), wiring.sanggah(), status)
        return {"disputes": [], "can": ["appeal"] if open_now else []}
    from chalicelib import dispute_wiring  # noqa: PLC0415 - few look-ups need it
    from chalicelib.usecases.show_dispute import of_case  # noqa: PLC0415 - same

    refs = [Ref(case.ref.village, locator) for locator in case.disputes]
    found = wiring.disputes().load(refs) if refs else {}
    shown = [found[ref] for ref in refs if ref in found]
    return of_case(case, shown, wiring.clock.now_ms(), dispute_wiring.show_ports())


def _form_again(request: Request, sent: http.Sent, error: InvalidRequest) -> Response:
    """The form as it was filled in, with its faults; for JSON, the error itself."""
    if not http.wants_html(request):
        raise error
    errors = http.errors_body(error, "", wiring.fault_words())["errors"]
    return _form_page(sent.fields, sent.key or wiring.fresh_key(), errors, http.status_of(error))


def _page_again(
    request: Request, error: TepatError, page: str, fields: Mapping[str, str]
) -> Response:
    if not http.wants_html(request):
        raise error
    errors = http.errors_body(error, "", wiring.fault_words())["errors"]
    context = {
        "errors": errors,
        "form": page,
        "values": fields,
        "villages": wiring.villages(),
        "key": wiring.fresh_key(),
    }
    return _html("error", http.status_of(error), context)


def _form_page(
    fields: Mapping[str, str],
    key: str,
    errors: list[dict[str, str]],
    code: int,
    members: int | None = None,
) -> Response:
    return _html("form", code, _form_context(fields, key, errors, members))


def _form_context(
    fields: Mapping[str, str],
    key: str,
    errors: list[dict[str, str]],
    members: int | None,
) -> dict[str, Any]:
    from chalicelib.entrypoints import form_fields  # noqa: PLC0415 - JSON needs none of it

    places = [name.split(".")[1] for name in fields if name.startswith("members.")]
    indexes = [int(place) for place in places if form_fields.is_place(place)]
    return {
        "values": fields,
        "errors": errors,
        "key": key,
        "members": members or min(max(indexes, default=0) + 1, MOST_FORM_MEMBERS),
        "villages": wiring.villages(),
        "questions": wiring.questions(),
    }


def _html(page: str, code: int, context: dict[str, Any]) -> Response:
    from chalicelib.entrypoints import pages  # noqa: PLC0415 - jinja2 only for pages

    return Response(pages.render(page, **context), http.page_headers(), code)
