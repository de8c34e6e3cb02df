"""Staff pages of one appeal or objection: read it, recommend and decide."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from chalice.app import Blueprint, Request, Response

from chalicelib import wiring
from chalicelib.domain.errors import Fault, InvalidRequest, NotFound, WrongState
from chalicelib.domain.receipt import LOCATOR_LENGTH, is_locator
from chalicelib.domain.registration import Ref
from chalicelib.entrypoints import http, staff_forms, staff_frame
from chalicelib.entrypoints.http import CONTENT_TYPES
from chalicelib.entrypoints.staff_frame import DECIDERS, signed_in
from chalicelib.entrypoints.staff_session import Session

staff_disputes = Blueprint(__name__)

DISPUTES = "/staff/disputes"
Act = Callable[[], Any]


@staff_disputes.route(f"{DISPUTES}/{{number}}", methods=["GET"], content_types=CONTENT_TYPES)
@http.handled(staff_disputes)
@signed_in(DECIDERS)
def one(request: Request, who: Session, number: str) -> Response:
    """One dispute; that it was opened is in the ledger before anything of it is shown."""
    from chalicelib import review_wiring  # noqa: PLC0415 - see wiring
    from chalicelib.usecases.review_dispute import open_dispute  # noqa: PLC0415
    from chalicelib.usecases.show_review import sheet  # noqa: PLC0415

    query: Mapping[str, str] = request.query_params or {}
    about = query.get("case", "")
    about = about if is_locator(about) else ""
    opened = open_dispute(_ref(number), who.actor, review_wiring.review_ports(), about=about)
    shown = sheet(opened, who.actor, review_wiring.show_review_ports())
    shown["changed"] = staff_frame.changed_since(request, who, opened.dispute, opened.case)
    context = {"d": shown, "errors": staff_frame.told(request), "r": wiring.words("review")}
    return staff_frame.page("dispute", context, who)


@staff_disputes.route(f"{DISPUTES}/{{number}}/looked", methods=["GET"], content_types=CONTENT_TYPES)
@http.handled(staff_disputes)
@signed_in(DECIDERS)
def looked(_request: Request, who: Session, number: str) -> Response:
    """Who opened the data of the family that a dispute is about."""
    from chalicelib import review_wiring  # noqa: PLC0415 - see wiring
    from chalicelib.usecases import review_dispute, show_looked  # noqa: PLC0415

    looks = review_dispute.looks(_ref(number), who.actor, review_wiring.review_ports())
    shown = show_looked.rows(looks, who.actor, review_wiring.looked_ports())
    context = {"looks": shown, "back": f"{DISPUTES}/{number}", "r": wiring.words("review")}
    return staff_frame.page("looked", context, who)


@staff_disputes.route(
    f"{DISPUTES}/{{number}}/letter", methods=["POST"], content_types=CONTENT_TYPES
)
@http.handled(staff_disputes)
@signed_in(DECIDERS)
def letter(request: Request, who: Session, number: str) -> Response:
    """The letter that the family will read, before the officer's vote counts."""
    from chalicelib.dispute_wiring import show_ports  # noqa: PLC0415 - see wiring
    from chalicelib.domain.dispute import Kind, Outcome  # noqa: PLC0415
    from chalicelib.usecases import show_dispute  # noqa: PLC0415

    sent = staff_forms.read(request, staff_forms.VOTE)
    if sent.faults:
        return _done(who, number, sent.refuse)
    outcome, _, reason = sent.body["vote"].partition(":")
    ports = show_ports()
    kind = Kind.OBJECTION if sent.body["kind"] == Kind.OBJECTION else Kind.APPEAL
    text = show_dispute.letter(kind, Outcome(outcome), reason, wiring.clock.now_ms(), ports)
    context = {"number": number, "letter": text, "sent": sent.body}
    return staff_frame.page("dispute_letter", context, who)


@staff_disputes.route(f"{DISPUTES}/{{number}}/vote", methods=["POST"], content_types=CONTENT_TYPES)
@http.handled(staff_disputes)
@signed_in(DECIDERS)
def vote(request: Request, who: Session, number: str) -> Response:
    """Recommend, or decide what somebody else has recommended."""
    from chalicelib import review_wiring  # noqa: PLC0415 - see wiring
    from chalicelib.domain.dispute import Outcome  # noqa: PLC0415
    from chalicelib.usecases.review_dispute import Voting, decide, recommend  # noqa: PLC0415

    sent = staff_forms.read(request, staff_forms.VOTE)
    if sent.faults:
        return _done(who, number, sent.refuse)
    outcome, _, reason = sent.body["vote"].partition(":")
    seen = sent.body["seen"]
    voting = Voting(_ref(number), who.actor, Outcome(outcome), reason, *staff_forms.versions(seen))
    act = recommend if sent.body["step"] == "recommend" else decide
    return _done(who, number, lambda: act(voting, review_wiring.review_ports()), seen)


@staff_disputes.route(f"{DISPUTES}/{{number}}/visit", methods=["POST"], content_types=CONTENT_TYPES)
@http.handled(staff_disputes)
@signed_in(DECIDERS)
def visit(request: Request, who: Session, number: str) -> Response:
    """Ask that somebody goes and looks first."""
    from chalicelib.check_wiring import ask_check_ports  # noqa: PLC0415 - see wiring
    from chalicelib.usecases.ask_check import ask_for_dispute  # noqa: PLC0415 - same

    sent = staff_forms.read(request, staff_forms.SEEN)
    sent.refuse()
    seen, ports = int(sent.body["seen"]), ask_check_ports()
    return _done(who, number, lambda: ask_for_dispute(_ref(number), who.actor, seen, ports))


@staff_disputes.route(
    f"{DISPUTES}/{{number}}/family", methods=["POST"], content_types=CONTENT_TYPES
)
@http.handled(staff_disputes)
@signed_in(DECIDERS)
def family(request: Request, who: Session, number: str) -> Response:
    """Name the family of an objection that the machine did not find, by its receipt."""
    from chalicelib import review_wiring  # noqa: PLC0415 - see wiring
    from chalicelib.usecases.review_dispute import link  # noqa: PLC0415

    sent = staff_forms.read(request, staff_forms.FIND)
    sent.refuse()
    letters = "".join(c for c in sent.body["number"].upper() if c not in " -")
    about = letters[:LOCATOR_LENGTH]
    if not is_locator(about):
        raise NotFound(Fault("case_unknown", "number"))
    ports = review_wiring.review_ports()
    return _done(who, number, lambda: link(_ref(number), who.actor, about, ports))


def _done(who: Session, number: str, act: Act, seen: str = "") -> Response:
    """Do it, or lead back to the dispute (`staff_frame.led_back`)."""
    try:
        act()
    except (InvalidRequest, WrongState) as error:
        return staff_frame.led_back(error, f"{DISPUTES}/{_ref(number).locator}", who, seen)
    return staff_frame.moved(DISPUTES, who.cookies, status=303)


def _ref(number: str) -> Ref:
    """Where a dispute is kept.

    Raises:
        NotFound: no dispute of this region can have that number.
    """
    from chalicelib.dispute_wiring import village_of  # noqa: PLC0415 - see wiring

    return staff_frame.kept_at(number, village_of, "dispute_unknown")
