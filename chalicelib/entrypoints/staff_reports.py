"""Staff pages of reports about agents and officers: my list, one report, closing it."""

from __future__ import annotations

from collections.abc import Sequence

from chalice.app import Blueprint, Request, Response

from chalicelib import wiring
from chalicelib.domain.errors import InvalidRequest, WrongState
from chalicelib.domain.registration import Ref, Work
from chalicelib.entrypoints import http, staff_forms, staff_frame
from chalicelib.entrypoints.http import CONTENT_TYPES
from chalicelib.entrypoints.staff_frame import REPORT_READERS, REPORT_WATCHERS, signed_in
from chalicelib.entrypoints.staff_session import Session
from chalicelib.settings import settings

staff_reports = Blueprint(__name__)

REPORTS = "/staff/reports"
_SHOWN = 60
_FAR_MS = 366 * 86_400_000


@staff_reports.route(REPORTS, methods=["GET"], content_types=CONTENT_TYPES)
@http.handled(staff_reports)
@signed_in(REPORT_WATCHERS)
def queue(_request: Request, who: Session) -> Response:
    """What this supervisor was drawn for; administrators see all that is open, and open none."""
    from chalicelib import report_wiring  # noqa: PLC0415 - few staff pages need it
    from chalicelib.usecases.show_report import rows  # noqa: PLC0415 - see wiring

    store = wiring.reports()
    now = wiring.clock.now_ms()
    opens = bool(who.claims.groups & REPORT_READERS)
    subject = who.actor.partition(":")[2]
    region = settings().region
    refs = store.drawn_for(region, subject, _SHOWN) if opens else ()
    watched: Sequence[Ref] = ()
    if "region_admin" in who.claims.groups:
        watched = wiring.store().waiting(Work.REPORT, region, now + _FAR_MS, _SHOWN)
    found = store.load(list(dict.fromkeys((*refs, *watched)))[:_SHOWN])
    ports = report_wiring.show_ports()
    context = {
        "r": ports.words["staff"],
        "opens": opens,
        "mine": rows([found[ref] for ref in refs if ref in found], now, ports),
        "watched": rows([found[ref] for ref in watched if ref in found], now, ports),
        "watches": "region_admin" in who.claims.groups,
    }
    return staff_frame.page("reports", context, who)


@staff_reports.route(f"{REPORTS}/{{number}}", methods=["GET"], content_types=CONTENT_TYPES)
@http.handled(staff_reports)
@signed_in(REPORT_READERS)
def one(request: Request, who: Session, number: str) -> Response:
    """One report; that it was opened is in the ledger before anything of it is shown."""
    from chalicelib import report_wiring  # noqa: PLC0415 - see `queue`
    from chalicelib.usecases.review_report import open_report  # noqa: PLC0415 - see wiring
    from chalicelib.usecases.show_report import sheet  # noqa: PLC0415

    there, claim = open_report(_ref(number), who.actor, report_wiring.review_ports())
    ports = report_wiring.show_ports()
    outcomes = wiring.terms().today(wiring.clock.now_ms()).report_outcomes
    shown = sheet(there, claim, wiring.grants(), outcomes, ports)
    context = {"d": shown, "errors": staff_frame.told(request), "r": ports.words["staff"]}
    return staff_frame.page("report", context, who)


@staff_reports.route(f"{REPORTS}/{{number}}/close", methods=["POST"], content_types=CONTENT_TYPES)
@http.handled(staff_reports)
@signed_in(REPORT_READERS)
def close(request: Request, who: Session, number: str) -> Response:
    """Close a report with a coded outcome."""
    from chalicelib import report_wiring  # noqa: PLC0415 - see `queue`
    from chalicelib.usecases.review_report import close_report  # noqa: PLC0415 - see wiring

    sent = staff_forms.read(request, staff_forms.CLOSE_REPORT)
    ref = _ref(number)
    try:
        sent.refuse()
        outcome, seen = sent.body["outcome"], int(sent.body["seen"])
        close_report(ref, who.actor, outcome, seen, report_wiring.review_ports())
    except (InvalidRequest, WrongState) as error:
        return staff_frame.led_back(error, f"{REPORTS}/{ref.locator}", who)
    return staff_frame.moved(REPORTS, who.cookies, status=303)


def _ref(number: str) -> Ref:
    """Where a report is kept.

    Raises:
        NotFound: no report of this region can have that number.
    """
    from chalicelib.report_wiring import village_of  # noqa: PLC0415 - see `queue`

    return staff_frame.kept_at(number, village_of, "report_unknown")
