"""What staff see: the queue, one case, a new receipt, erasing, adopting. Pages without scripts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chalice.app import Blueprint, Request, Response

from chalicelib import sign_in_wiring, staff_wiring, wiring
from chalicelib.domain import tokens
from chalicelib.domain.errors import Fault, NotFound, TepatError, WrongState
from chalicelib.domain.receipt import LOCATOR_LENGTH, is_locator
from chalicelib.domain.registration import Ref, State, Work
from chalicelib.entrypoints import http, staff_forms, staff_frame, staff_session
from chalicelib.entrypoints.http import CONTENT_TYPES
from chalicelib.entrypoints.staff_frame import ADOPTION_READERS, OPENERS, READERS, signed_in
from chalicelib.entrypoints.staff_session import Session
from chalicelib.telemetry import log

staff = Blueprint(__name__)

ERASERS = frozenset({"supervisor"})
ADOPTERS = frozenset({"region_admin"})
HOME = "/staff/"
ADOPTIONS = "/staff/adoptions"
_READ_REASONS = frozenset({"queue", "desk"})


@staff.route("/staff/sign-in", methods=["GET"], content_types=CONTENT_TYPES)
@http.handled(staff)
def sign_in(_request: Request) -> Response:
    """Send the browser to the pool's sign-in page."""
    address, cookie = staff_session.begin_sign_in()
    return staff_frame.moved(address, (cookie,))


@staff.route("/staff/callback", methods=["GET"], content_types=CONTENT_TYPES)
@http.handled(staff)
def callback(request: Request) -> Response:
    """Take the browser back from the pool and set the session.

    The answer is a page that leads on, not a redirect: the browser came from another site, and
    sends Strict cookies only on a step that begins here.
    """
    try:
        who = staff_session.finish_sign_in(request)
    except TepatError as error:
        return staff_frame.refused(error, None)
    # Analysts open no case: their first page is another.
    to = HOME if who.claims.groups & READERS else ADOPTIONS
    return staff_frame.page("session", {"at": "in", "to": to}, who)


@staff.route("/staff/sign-out", methods=["POST"], content_types=CONTENT_TYPES)
@http.handled(staff)
@signed_in(None)
def sign_out(_request: Request, who: Session) -> Response:
    """End the sign-in here, and lead on to the pool's own sign-out."""
    cookies = staff_session.end_session(who)
    context = {"at": "out", "to": sign_in_wiring.login().sign_out_address()}
    return staff_frame.page("session", context, None, cookies=cookies)


@staff.route("/staff", methods=["GET"], content_types=CONTENT_TYPES)
@http.handled(staff)
@signed_in(READERS)
def queue(request: Request, who: Session) -> Response:
    """The cases that wait for a person, without identity."""
    from chalicelib.usecases.review_queue import KINDS, list_cases  # noqa: PLC0415 - see wiring
    from chalicelib.usecases.show_case import rows  # noqa: PLC0415

    query: Mapping[str, str] = request.query_params or {}
    kind = query.get("kind", Work.OFFICER)
    work = Work(kind) if kind in set(KINDS) else Work.OFFICER
    asked = query.get("page", "")
    number = int(asked) if asked.isascii() and asked.isdecimal() and len(asked) < 4 else 1  # noqa: PLR2004 - a number of pages, not of digits to remember
    page = list_cases(work, number, staff_wiring.queue_ports())
    context = {
        "kind": work.value,
        "rows": rows(page, staff_wiring.show_ports()),
        "number": page.number,
        "more": page.more,
    }
    return staff_frame.page("cases", context, who)


@staff.route("/staff/cases", methods=["POST"], content_types=CONTENT_TYPES)
@http.handled(staff)
@signed_in(READERS)
def find(request: Request, who: Session) -> Response:
    """Open a case by the number that a family brought; a secret never gets into an address."""
    sent = staff_forms.read(request, staff_forms.FIND)
    sent.refuse()
    letters = "".join(c for c in sent.body["number"].upper() if c not in " -")
    ref = _ref(letters[:LOCATOR_LENGTH])
    return staff_frame.moved(f"/staff/cases/{ref.locator}?reason=desk", who.cookies, status=303)


@staff.route("/staff/cases/{locator}", methods=["GET"], content_types=CONTENT_TYPES)
@http.handled(staff)
@signed_in(READERS)
def case(request: Request, who: Session, locator: str) -> Response:
    """One case; that it was opened is in the ledger before anything of it is shown."""
    from chalicelib.usecases.read_case import read_case  # noqa: PLC0415 - see wiring
    from chalicelib.usecases.show_case import sheet  # noqa: PLC0415

    query: Mapping[str, str] = request.query_params or {}
    reason, may_open = _look(who.claims.groups, query.get("reason", ""))
    opened = read_case(
        _ref(locator), who.actor, reason, staff_wiring.read_ports(), with_identity=may_open
    )
    context = {
        "case": sheet(opened, who.actor, staff_wiring.show_ports()),
        "may_open": may_open,
        "may_erase": bool(who.claims.groups & ERASERS) and opened.case.state is not State.ERASED,
    }
    return staff_frame.page("case", context, who)


@staff.route("/staff/cases/{locator}/erase", methods=["POST"], content_types=CONTENT_TYPES)
@http.handled(staff)
@signed_in(ERASERS)
def erase(request: Request, who: Session, locator: str) -> Response:
    """Erase a family."""
    from chalicelib.usecases.erase import erase as forget  # noqa: PLC0415 - see wiring

    sent = staff_forms.read(request, staff_forms.ERASE)
    sent.refuse()
    gone = forget(_ref(locator), who.actor, sent.body["reason"], staff_wiring.erase_ports())
    return staff_frame.page("erased", {"locator": gone.ref.locator}, who)


@staff.route("/staff/reissue", methods=["GET", "POST"], content_types=CONTENT_TYPES)
@http.handled(staff)
@signed_in(OPENERS)
def new_receipt(request: Request, who: Session) -> Response:
    """Give a family at the desk a new receipt."""
    from chalicelib.usecases.reissue import PER_DAY, Reissue, reissue  # noqa: PLC0415 - see wiring

    form: dict[str, Any] = {"per_day": PER_DAY, "values": {}, "errors": []}
    if request.method == "GET":
        return staff_frame.page("reissue", form | {"key": wiring.fresh_key()}, who)
    sent = staff_forms.read(request, staff_forms.REISSUE, keyed=True)
    try:
        sent.refuse()
        command = Reissue(sent.key, sent.body["nik"], sent.body["reason"], who.actor)
        paper = reissue(command, staff_wiring.reissue_ports())
    except TepatError as error:
        log("refused", code=str(error))
        # The same key: a request that got further than its answer gives the same receipt again.
        # What it gave was replaced since: whoever sends this form again means a new one.
        key = sent.key if sent.key and not isinstance(error, WrongState) else wiring.fresh_key()
        told = {"values": sent.fields, "errors": staff_frame.errors(error), "key": key}
        return staff_frame.page("reissue", form | told, who, http.status_of(error))
    return staff_frame.page("new_receipt", {"receipt": paper.text}, who, 201)


@staff.route(ADOPTIONS, methods=["GET", "POST"], content_types=CONTENT_TYPES)
@http.handled(staff)
@signed_in(ADOPTION_READERS)
def adoptions(request: Request, who: Session) -> Response:
    """What is in force and what was proposed; a region's administrator proposes here."""
    from chalicelib.usecases.show_adoption import offer  # noqa: PLC0415 - see wiring

    told: dict[str, Any] = {"errors": [], "key": wiring.fresh_key(), "values": {}}
    status = 200
    if request.method == "POST":
        from chalicelib.usecases.adopt import Propose, propose  # noqa: PLC0415 - see wiring

        tokens.require(who.claims, ADOPTERS)
        quotas = {f"{staff_forms.QUOTA}{code}": code for code in staff_wiring.programmes()}
        checks = {**staff_forms.PROPOSE, **dict.fromkeys(quotas, staff_forms.whole)}
        sent = staff_forms.read(request, checks, keyed=True, optional=quotas)
        try:
            sent.refuse()
            body = sent.body
            places = {code: int(body[name]) for name, code in quotas.items() if body[name]}
            command = Propose(sent.key, body["model"], body["rules"], who.actor, places)
            made = propose(command, staff_wiring.adopt_ports())
        except TepatError as error:
            log("refused", code=str(error))
            told = {"errors": staff_frame.errors(error), "key": sent.key or told["key"]}
            told["values"], status = sent.fields, http.status_of(error)
        else:
            return staff_frame.moved(f"{ADOPTIONS}/{made.ref.locator}", who.cookies, status=303)
    ports = staff_wiring.adopt_ports()
    shown = offer(
        ports.proposals.of_region(ports.region),
        staff_wiring.carried("models"),
        staff_wiring.carried("rules"),
        staff_wiring.show_adoption_ports(),
    )
    may_propose = bool(who.claims.groups & ADOPTERS)
    return staff_frame.page(
        "adoptions", told | {"offer": shown, "may_propose": may_propose}, who, status
    )


@staff.route(f"{ADOPTIONS}/{{number}}", methods=["GET"], content_types=CONTENT_TYPES)
@http.handled(staff)
@signed_in(ADOPTION_READERS)
def adoption(_request: Request, who: Session, number: str) -> Response:
    """One proposal: who, what, and who would enter and leave, in numbers."""
    from chalicelib.usecases.adopt import load  # noqa: PLC0415 - see wiring
    from chalicelib.usecases.show_adoption import sheet  # noqa: PLC0415

    may_adopt = bool(who.claims.groups & ADOPTERS)
    found = load(_number(number), staff_wiring.adopt_ports())
    ports = staff_wiring.show_adoption_ports()
    return staff_frame.page(
        "adoption", {"p": sheet(found, who.actor, may_adopt=may_adopt, ports=ports)}, who
    )


@staff.route(f"{ADOPTIONS}/{{number}}/adopt", methods=["POST"], content_types=CONTENT_TYPES)
@http.handled(staff)
@signed_in(ADOPTERS)
def adopt(request: Request, who: Session, number: str) -> Response:
    """Put a compared proposal into force, as its second person, who signed in just now."""
    from chalicelib.usecases.adopt import adopt as put_in_force  # noqa: PLC0415 - see wiring

    staff_session.require_fresh(who)
    staff_forms.read(request, staff_forms.ADOPT).refuse()
    put_in_force(_number(number), who.actor, staff_wiring.adopt_ports())
    return staff_frame.moved(f"{ADOPTIONS}/{number}", who.cookies, status=303)


@staff.route(f"{ADOPTIONS}/{{number}}/refuse", methods=["POST"], content_types=CONTENT_TYPES)
@http.handled(staff)
@signed_in(ADOPTERS)
def refuse(request: Request, who: Session, number: str) -> Response:
    """Do not adopt a compared proposal, as its second person."""
    from chalicelib.usecases.adopt import refuse as put_aside  # noqa: PLC0415 - see wiring

    sent = staff_forms.read(request, staff_forms.REFUSE)
    sent.refuse()
    put_aside(_number(number), who.actor, sent.body["reason"], staff_wiring.adopt_ports())
    return staff_frame.moved(f"{ADOPTIONS}/{number}", who.cookies, status=303)


def _number(text: str) -> str:
    """The number of a proposal, which is shaped like a locator.

    Raises:
        NotFound: no proposal can have it.
    """
    if not is_locator(text):
        raise NotFound(Fault("adoption_not_found"))
    return text


def _look(groups: frozenset[str], asked: str) -> tuple[str, bool]:
    """The reason that the ledger names for opening a case, and whether the identity is opened."""
    if not groups & OPENERS:
        return "audit", False
    return (asked if asked in _READ_REASONS else "queue"), True


def _ref(locator: str) -> Ref:
    """Where a case is kept.

    Raises:
        NotFound: no case of this region can have that locator.
    """
    return staff_frame.kept_at(locator, wiring.village_of, "case_unknown")
