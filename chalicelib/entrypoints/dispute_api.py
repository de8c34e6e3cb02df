"""What parties of a dispute call: appeal, object, answer, send more, withdraw, see who looked."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

from chalice.app import Blueprint, Request, Response

from chalicelib import case_wiring, wiring
from chalicelib.domain.errors import NotFound, TepatError
from chalicelib.entrypoints import http
from chalicelib.entrypoints.http import CONTENT_TYPES, Answer, handled

if TYPE_CHECKING:
    from chalicelib.domain.dispute import Dispute
    from chalicelib.entrypoints.person_session import Signed
    from chalicelib.usecases.filing import Filed, Misused, Photo
    from chalicelib.usecases.take_part import Party

disputes = Blueprint(__name__)

_TOLD = 300  # letters of what a browser says of itself


@disputes.route("/v1/appeals", methods=["POST"], content_types=CONTENT_TYPES)
@handled(disputes)
def appeal(request: Request) -> Response:
    """File an appeal of the result that a receipt opens."""
    sent = http.read(request, schemas().AppealBody, keyed=True, form_key=wiring.fresh_key())
    try:
        filed = _file_appeal(request, sent)
    except TepatError as error:
        own = wiring.terms().today(wiring.clock.now_ms()).misused_identity
        form = "misused" if sent.fields.get("reason") in own else "appeal"
        return _form_again(request, error, form, sent)
    return _filed(request, filed, "appealed", {"receipt": sent.body["receipt"]})


def appeal_for(request: Request, agent: str) -> Response:
    """File an appeal for a family that has agreed, by an agent who has its receipt.

    Args:
        agent: subject of the agent, who is named in the ledger.
    """
    sent = http.read(request, schemas().AgentAppealBody, keyed=True)
    filed = _file_appeal(request, sent, actor=f"agent:{agent}")
    return _filed(request, filed, "appealed", {"receipt": sent.body["receipt"]})


def _file_appeal(request: Request, sent: http.Sent, **by: str) -> Filed:
    """File what a receipt opens the way for; `by` names the actor, if it is not the family."""
    from chalicelib.usecases.file_appeal import Appeal, file_appeal  # noqa: PLC0415 - each route its own

    sent.refuse()
    body = sent.body
    command = Appeal(
        key=sent.key,
        receipt=body["receipt"],
        reason=body["reason"],
        text=body["text"],
        photos=_photos(body),
        form=body,
        caller=http.caller(request),
        misused=_misused(body),
        **by,
    )
    return file_appeal(command, ports().appeal_ports(_after(request)))


@disputes.route("/v1/appeals/own", methods=["POST"], content_types=CONTENT_TYPES)
@handled(disputes)
def own_appeal(request: Request) -> Response:
    """File an appeal of one's own result, as the head of family who signed in."""
    from chalicelib.entrypoints import person_session  # noqa: PLC0415 - see `_file_appeal`
    from chalicelib.usecases.file_objection import Person  # noqa: PLC0415
    from chalicelib.usecases.file_own_appeal import OwnAppeal, file_own_appeal  # noqa: PLC0415

    signed = person_session.require_person(request)
    person_session.check_origin(request)
    sent = http.read(request, schemas().OwnAppealBody, keyed=True, form_key=wiring.fresh_key())
    try:
        sent.refuse()
        body = sent.body
        command = OwnAppeal(
            key=sent.key,
            person=Person(signed.person_mac, signed.name, signed.nik),
            village=body["village"],
            reason=body["reason"],
            text=body["text"],
            photos=_photos(body),
            form=body,
            caller=http.caller(request),
            misused=_misused(body),
        )
        filed = file_own_appeal(command, ports().own_appeal_ports(_after(request)))
    except TepatError as error:
        return _form_again(request, error, "own_appeal", sent)
    return _filed(request, filed, "appealed", {}, signed)


@disputes.route("/v1/disputes/appeals", methods=["POST"], content_types=CONTENT_TYPES)
@handled(disputes)
def second_look(request: Request) -> Response:
    """Ask that the outcome of one's own objection is looked at again."""
    from chalicelib.entrypoints import person_session  # noqa: PLC0415 - see `_file_appeal`
    from chalicelib.usecases.file_outcome_appeal import Second, appeal_outcome  # noqa: PLC0415
    from chalicelib.usecases.take_part import Party  # noqa: PLC0415

    signed = person_session.require_person(request)
    person_session.check_origin(request)
    sent = http.read(request, schemas().SecondLookBody, keyed=True, form_key=wiring.fresh_key())
    try:
        sent.refuse()
        body = sent.body
        party = Party(http.caller(request), person=signed.person_mac)
        wish = Second(sent.key, body["dispute"], party, body["text"], _photos(body), body)
        filed = appeal_outcome(wish, ports().second_ports(_after(request)))
    except TepatError as error:
        return _form_again(request, error, "second_look", sent)
    return _filed(request, filed, "objected", {}, signed)


@disputes.route("/v1/appeals/form", methods=["POST"], content_types=CONTENT_TYPES)
@handled(disputes)
def appeal_form(request: Request) -> Response:
    """The form of an appeal, for browsers without JavaScript."""
    sent = http.read(request, schemas().LookedBody)
    return _form("appeal", 200, {"values": sent.fields, "errors": []})


@disputes.route("/v1/objections", methods=["GET", "POST"], content_types=CONTENT_TYPES)
@handled(disputes)
def objections(request: Request) -> Response:
    """One's own objections; or file one, as the person who signed in."""
    from chalicelib.entrypoints import person_session  # noqa: PLC0415 - see `_file_appeal`

    signed = person_session.require_person(request)
    if request.method == "GET":
        return _mine(request, signed)
    person_session.check_origin(request)
    from chalicelib.usecases.file_objection import (  # noqa: PLC0415 - see `_file_appeal`
        Objection,
        Person,
        file_objection,
    )

    sent = http.read(request, schemas().ObjectionBody, keyed=True, form_key=wiring.fresh_key())
    try:
        sent.refuse()
        body = sent.body
        command = Objection(
            key=sent.key,
            person=Person(signed.person_mac, signed.name, signed.nik),
            village=body["village"],
            name=body["name"],
            place=body["place"],
            reason=body["reason"],
            text=body["text"],
            photos=_photos(body),
            form=body,
            caller=http.caller(request),
            device=request.headers.get("user-agent", "")[:_TOLD],
        )
        filed = file_objection(command, ports().objection_ports(_after(request)))
    except TepatError as error:
        return _form_again(request, error, "objection", sent)
    return _filed(request, filed, "objected", {}, signed)


@disputes.route("/v1/disputes/answers", methods=["POST"], content_types=CONTENT_TYPES)
@handled(disputes)
def answer(request: Request) -> Response:
    """Take a family's answer to an objection."""
    from chalicelib.usecases.take_part import Answer as Sent  # noqa: PLC0415 - see `_file_appeal`
    from chalicelib.usecases.take_part import answer as take  # noqa: PLC0415

    sent = http.read(request, schemas().AnswerBody, keyed=True)
    try:
        sent.refuse()
        body = sent.body
        told = Sent(sent.key, body["text"], _photos(body), body)
        party, _ = _party(request, body)
        filed = take(body["dispute"], party, told, ports().part_ports(_after(request)))
    except TepatError as error:
        return _form_again(request, error, "answer", sent)
    return _filed(request, filed, "answered", {"receipt": sent.body["receipt"]})


@disputes.route("/v1/disputes/uploads", methods=["POST"], content_types=CONTENT_TYPES)
@handled(disputes)
def uploads(request: Request) -> Response:
    """Let a party send more files."""
    from chalicelib.usecases.take_part import add_evidence  # noqa: PLC0415 - see `_file_appeal`

    sent = http.read(request, schemas().MoreEvidenceBody, keyed=True)
    sent.refuse()
    party, signed = _party(request, sent.body)
    mine = ports().part_ports(_after(request))
    filed = add_evidence(sent.body["dispute"], party, sent.key, _photos(sent.body), mine)
    return _filed(request, filed, "added", {"receipt": sent.body["receipt"] or ""}, signed)


@disputes.route("/v1/disputes/withdrawals", methods=["POST"], content_types=CONTENT_TYPES)
@handled(disputes)
def withdraw(request: Request) -> Response:
    """End a dispute at the wish of who filed it."""
    from chalicelib.domain.dispute import Side  # noqa: PLC0415 - see `_file_appeal`
    from chalicelib.usecases.show_dispute import told  # noqa: PLC0415
    from chalicelib.usecases.take_part import withdraw as end  # noqa: PLC0415

    sent = http.read(
        request, schemas().DisputeWithdrawalBody, keyed=True, form_key=wiring.fresh_key()
    )
    sent.refuse()
    party, signed = _party(request, sent.body)
    there = end(sent.body["dispute"], party, sent.key, ports().part_ports(""))
    body = told(there, Side.FILER, ports().show_ports(), wiring.clock.now_ms())
    extra = {"receipt": sent.body["receipt"] or ""}
    return http.respond(request, Answer(200, body, "dispute_ended", extra, _cookies(signed)))


@disputes.route("/v1/looked", methods=["POST"], content_types=CONTENT_TYPES)
@handled(disputes)
def looked(request: Request) -> Response:
    """Tell a family who has looked at its data."""
    from chalicelib.usecases.show_status import moment  # noqa: PLC0415 - see `_file_appeal`
    from chalicelib.usecases.who_looked import who_looked  # noqa: PLC0415

    sent = http.read(request, schemas().LookedBody)
    sent.refuse()
    looks = who_looked(
        sent.body["receipt"], http.caller(request), case_wiring.find_ports(), wiring.ledger()
    )
    words = wiring.words("looks")
    body = {
        "looked": [
            {
                "at": moment(each.at, case_wiring.status_ports()),
                "who": words["roles"][each.role],
                "reason": words["reasons"].get(each.reason, words["reasons"]["other"]),
            }
            for each in looks
        ]
    }
    return http.respond(request, Answer(200, body, "looked", {"receipt": sent.body["receipt"]}))


def schemas() -> Any:  # noqa: ANN401 - a module
    """The schemas; imported when a body is to be read, so that workers never load pydantic."""
    from chalicelib.entrypoints import schemas as module  # noqa: PLC0415

    return module


def ports() -> Any:  # noqa: ANN401 - a module
    """The builders of ports; imported when one is wanted, so that a look-up loads none of it."""
    from chalicelib import dispute_wiring as module  # noqa: PLC0415

    return module


def _mine(request: Request, signed: Signed) -> Response:
    from chalicelib.domain.dispute import Side  # noqa: PLC0415 - see `_file_appeal`
    from chalicelib.usecases.my_objections import my_objections  # noqa: PLC0415
    from chalicelib.usecases.show_dispute import told  # noqa: PLC0415

    shown = ports().show_ports()
    mine = my_objections(signed.person_mac, wiring.index().mac, wiring.disputes())
    followed = {each.follows for each in mine}
    now = wiring.clock.now_ms()
    body = {
        "objections": [
            told(each, Side.FILER, shown, now)
            | ({"can": ["second_look"]} if _once_more(each, followed, now) else {})
            for each in mine
        ]
    }
    extra = {"key": wiring.fresh_key()}
    return http.respond(request, Answer(200, body, "objections", extra, _cookies(signed)))


def _once_more(there: Dispute, followed: Collection[str], now: int) -> bool:
    """Whether the outcome of one's own objection may still be looked at again."""
    from chalicelib.domain.dispute import Kind  # noqa: PLC0415 - see `_file_appeal`
    from chalicelib.usecases.file_outcome_appeal import why_not  # noqa: PLC0415

    if there.kind is Kind.APPEAL or there.ref.locator in followed:
        return False
    return not why_not(there, now, wiring.terms())


def _party(request: Request, body: Mapping[str, Any]) -> tuple[Party, Signed | None]:
    """A family by its receipt, or else whoever signed in, whose forms come from our own pages."""
    from chalicelib.usecases.take_part import Party  # noqa: PLC0415 - see `_file_appeal`

    caller = http.caller(request)
    if body["receipt"]:
        return Party(caller, receipt=body["receipt"]), None
    from chalicelib.entrypoints import person_session  # noqa: PLC0415 - see `_file_appeal`

    signed = person_session.require_person(request)
    person_session.check_origin(request)
    return Party(caller, person=signed.person_mac), signed


def _misused(body: Mapping[str, Any]) -> Misused:
    from chalicelib.usecases.filing import Misused  # noqa: PLC0415 - see `_file_appeal`

    return Misused(body["attribute"] or "", bool(body["stated"]))


def _photos(body: Mapping[str, Any]) -> tuple[Photo, ...]:
    from chalicelib.domain.evidence import FileKind  # noqa: PLC0415 - see `_file_appeal`
    from chalicelib.usecases.filing import Photo  # noqa: PLC0415

    return tuple(Photo(FileKind(photo["type"]), photo["size"]) for photo in body["photos"])


def _after(request: Request) -> str:
    """Where a browser without scripts is led when a file has arrived."""
    return f"{wiring.site_origin()}/status/" if http.wants_html(request) else ""


def _filed(
    request: Request,
    filed: Filed,
    page: str,
    extra: Mapping[str, Any],
    signed: Signed | None = None,
) -> Response:
    body = {
        "dispute": filed.dispute.ref.locator,
        "uploads": [
            {"piece": each.piece, "url": each.url, "fields": dict(each.fields)}
            for each in filed.uploads
        ],
    }
    return http.respond(request, Answer(201, body, page, extra, _cookies(signed)))


def _cookies(signed: Signed | None) -> dict[str, str | list[str]]:
    return {"Set-Cookie": list(signed.cookies)} if signed else {}


def _form_again(request: Request, error: TepatError, form: str, sent: http.Sent) -> Response:
    """The form as it was filled in, with its faults; for JSON, the error itself."""
    if not http.wants_html(request) or isinstance(error, NotFound):
        raise error
    errors = http.errors_body(error, "", wiring.fault_words())["errors"]
    context = {"values": sent.fields, "errors": errors, "key": sent.key or wiring.fresh_key()}
    return _form(form, http.status_of(error), context)


def _form(form: str, status: int, context: Mapping[str, Any]) -> Response:
    from chalicelib.entrypoints import pages  # noqa: PLC0415 - jinja2 only for pages

    offered: dict[str, Any] = {"key": wiring.fresh_key()}
    if form in ("objection", "own_appeal"):
        offered["villages"] = wiring.villages()
    if form == "misused":
        offered["questions"] = wiring.questions()
    text = pages.render(f"{form}_form", **{**offered, **context})
    return Response(text, http.page_headers(), status)
