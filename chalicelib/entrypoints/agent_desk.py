"""What an agent's phone reads before a visit: the own list, and where a family lives.

It stands on the staff surface, whose function alone may open an identity and ask the index of
work; what phones send is taken by the public one, which can do neither (ADR 2, ADR 21).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from typing import TYPE_CHECKING, Any

from chalice.app import Blueprint, Request, Response

from chalicelib import wiring
from chalicelib.domain.errors import Fault, NotFound, TepatError
from chalicelib.domain.receipt import is_locator
from chalicelib.domain.registration import Ref
from chalicelib.entrypoints import http, staff_session
from chalicelib.entrypoints.http import CONTENT_TYPES, Answer

if TYPE_CHECKING:
    from chalicelib.domain.ground_check import Check

desk = Blueprint(__name__)

GROUP = "agent"
_DAY_MS = 86_400_000

View = Callable[..., Answer]


def programs(view: View) -> Callable[..., Response]:
    """Answer a program of an agent, who is named by a bearer token: JSON only, errors too."""

    @wraps(view)
    def answered(request: Request, **place: str) -> Response:
        def answer() -> Answer:
            claims = staff_session.require_bearer(request, GROUP)
            return view(claims.subject, **place)

        return in_json(request, answer)

    return answered


def in_json(request: Request, answer: Callable[[], Answer]) -> Response:
    """Answer a program, errors in the same shape."""
    try:
        return http.respond_json(answer())
    except TepatError as error:
        number = str(request.context.get("requestId", ""))
        body = http.errors_body(error, number, wiring.fault_words())
        return http.respond_json(Answer(http.status_of(error), body, ""))


@desk.route("/staff/agent/checks", methods=["GET"], content_types=CONTENT_TYPES)
@http.handled(desk)
@programs
def checks(officer: str) -> Answer:
    """The visits that an agent was drawn for, and the form; nothing of who lives there."""
    from chalicelib import check_wiring  # noqa: PLC0415 - officers read none of it
    from chalicelib.domain.visit import OLDEST_MS  # noqa: PLC0415 - same
    from chalicelib.usecases.list_checks import mine  # noqa: PLC0415 - same

    ports = check_wiring.desk_ports()
    words = wiring.words("checks")
    rules = check_wiring.check_rules_today()
    evidence = wiring.terms().today(wiring.clock.now_ms()).evidence
    most = wiring.terms().today(wiring.clock.now_ms()).terms.visit_attempts
    body = {
        "checks": [_row(each, most) for each in mine(officer, ports)],
        "questions": wiring.questions(),
        "counts": _listed(words["counts"]),
        "head": {name: _listed(words[name]) for name in ("schooling", "occupation")},
        "missed": _listed(words["missed"]),
        "photos": {
            "most": min(rules.photos, evidence.at_first),
            "bytes": evidence.bytes,
            "shrunk_bytes": evidence.shrunk_bytes,
        },
        "bring": list(words["bring"]),
        "oldest_days": OLDEST_MS // _DAY_MS,
    }
    return Answer(200, body, "")


@desk.route("/staff/agent/checks/{locator}", methods=["GET"], content_types=CONTENT_TYPES)
@http.handled(desk)
@programs
def check(officer: str, locator: str) -> Answer:
    """Whom to ask for and where; it is in the ledger before it is answered."""
    from chalicelib import check_wiring  # noqa: PLC0415 - see `checks`
    from chalicelib.usecases.list_checks import whereabouts  # noqa: PLC0415 - same

    village = check_wiring.village_of_check(locator) if is_locator(locator) else None
    if village is None:
        raise NotFound(Fault("check_unknown"))
    found = whereabouts(Ref(village, locator), officer, check_wiring.desk_ports())
    told = {"check": locator, "name": found.name, "line": found.line}
    return Answer(200, told | {"rt": found.rt, "rw": found.rw} | _place(found.check), "")


def _row(check: Check, most: int) -> dict[str, Any]:
    from chalicelib.domain import reasons  # noqa: PLC0415 - as above

    day = wiring.terms().calendar.day
    last = day(check.due - 1)
    return {
        "check": check.ref.locator,
        **_place(check),
        "due": last.isoformat(),
        "due_text": reasons.format_date(last),
        "attempts": [
            {"at": day(each.at).isoformat(), "why": each.why.value} for each in check.attempts
        ],
        "attempts_left": max(most - len(check.attempts), 0),
    }


def _place(check: Check) -> dict[str, str]:
    village = wiring.villages().get(check.ref.village)
    return {
        "village": check.ref.village,
        "village_name": village.name if village else check.ref.village,
        "district_name": village.district if village else "",
    }


def _listed(words: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"code": code, "text": text} for code, text in words.items()]
