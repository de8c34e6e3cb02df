"""Staff page that opens who objected: a right of its own, with a reason, shown once."""

from __future__ import annotations

from typing import Any

from chalice.app import Blueprint, Request, Response

from chalicelib import wiring
from chalicelib.domain.errors import Fault, InvalidRequest
from chalicelib.domain.receipt import LOCATOR_LENGTH
from chalicelib.domain.registration import Ref
from chalicelib.entrypoints import http, staff_forms, staff_frame, staff_session
from chalicelib.entrypoints.http import CONTENT_TYPES
from chalicelib.entrypoints.staff_frame import OBJECTOR_OPENERS, signed_in
from chalicelib.entrypoints.staff_session import Session
from chalicelib.telemetry import log

staff_objectors = Blueprint(__name__)

OBJECTOR = "/staff/objector"


@staff_objectors.route(OBJECTOR, methods=["GET"], content_types=CONTENT_TYPES)
@http.handled(staff_objectors)
@signed_in(OBJECTOR_OPENERS)
def ask(_request: Request, who: Session) -> Response:
    """The form: which dispute, and why; it shows nothing of anybody."""
    return _form({}, [], who)


@staff_objectors.route(OBJECTOR, methods=["POST"], content_types=CONTENT_TYPES)
@http.handled(staff_objectors)
@signed_in(OBJECTOR_OPENERS)
def open_it(request: Request, who: Session) -> Response:
    """Open who objected; the opening and its reason are in the ledger before anything is shown."""
    from chalicelib import case_wiring, review_wiring  # noqa: PLC0415 - see wiring
    from chalicelib.usecases import open_objector  # noqa: PLC0415
    from chalicelib.usecases.show_case import masked  # noqa: PLC0415
    from chalicelib.usecases.show_status import moment  # noqa: PLC0415

    staff_session.require_fresh(who)
    sent = staff_forms.read(request, staff_forms.OPEN_OBJECTOR)
    faults = list(sent.faults)
    if sent.body["reason"] and sent.body["reason"] not in open_objector.REASONS:
        faults.append(Fault("field_not_an_option", "reason"))
    if faults:
        error = InvalidRequest(*faults)
        log("refused", code=str(error))
        return _form(dict(sent.fields), staff_frame.errors(error), who, http.status_of(error))
    ref = _ref(sent.body["number"])
    asked = open_objector.Asked(ref, who.actor, sent.body["reason"], sent.body["note"])
    found = open_objector.open_objector(asked, review_wiring.objector_ports())
    log("objector opened", code=asked.reason, count=len(found.openings))
    words, status = wiring.words("review"), case_wiring.status_ports()
    openings = [
        {
            "at": moment(each.at, status),
            "code": each.actor.partition(":")[2][:8],
            "reason": words["objector"]["reasons"].get(each.reason, each.reason),
            "note": note,
        }
        for each, note in found.openings
    ]
    shown = {"name": found.name, "nik": masked(found.nik), "openings": openings}
    context = {"number": ref.locator, "o": shown, "r": words}
    return staff_frame.page("objector_shown", context, who)


def _form(
    values: dict[str, Any], errors: list[dict[str, str]], who: Session, status: int = 200
) -> Response:
    from chalicelib.usecases.open_objector import PER_DAY, REASONS  # noqa: PLC0415 - see wiring

    words = wiring.words("review")
    context = {
        "f": {"values": values, "errors": errors},
        "errors": errors,
        "choices": [(code, words["objector"]["reasons"][code]) for code in REASONS],
        "most": PER_DAY,
        "r": words,
    }
    return staff_frame.page("objector", context, who, status)


def _ref(number: str) -> Ref:
    """Where a dispute is kept; its number may be typed with spaces and hyphens.

    Raises:
        NotFound: no dispute of this region can have that number.
    """
    from chalicelib import dispute_wiring  # noqa: PLC0415 - see wiring

    letters = "".join(c for c in number.upper() if c not in " -")[:LOCATOR_LENGTH]
    return staff_frame.kept_at(letters, dispute_wiring.village_of, "dispute_unknown")
