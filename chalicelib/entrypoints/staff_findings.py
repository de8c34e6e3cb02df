"""Staff pages of what visits found: my list, one finding, recommend and decide."""

from __future__ import annotations

from chalice.app import Blueprint, Request, Response

from chalicelib import wiring
from chalicelib.domain.errors import InvalidRequest, WrongState
from chalicelib.domain.registration import Ref
from chalicelib.entrypoints import http, staff_forms, staff_frame
from chalicelib.entrypoints.http import CONTENT_TYPES
from chalicelib.entrypoints.staff_frame import DECIDERS, signed_in
from chalicelib.entrypoints.staff_session import Session

staff_findings = Blueprint(__name__)

FINDINGS = "/staff/findings"


@staff_findings.route(FINDINGS, methods=["GET"], content_types=CONTENT_TYPES)
@http.handled(staff_findings)
@signed_in(DECIDERS)
def mine(_request: Request, who: Session) -> Response:
    """The findings that this officer was drawn for, the oldest first; without identity."""
    from chalicelib import review_wiring  # noqa: PLC0415 - see wiring
    from chalicelib.usecases import settle_check, show_finding  # noqa: PLC0415

    listed = settle_check.my_findings(who.actor, review_wiring.settle_ports())
    shown = show_finding.rows(listed, review_wiring.show_finding_ports())
    context = {"rows": shown, "nobody": listed.nobody, "r": wiring.words("review")}
    return staff_frame.page("findings", context, who)


@staff_findings.route(f"{FINDINGS}/{{number}}", methods=["GET"], content_types=CONTENT_TYPES)
@http.handled(staff_findings)
@signed_in(DECIDERS)
def one(request: Request, who: Session, number: str) -> Response:
    """One finding; that it was opened is in the ledger before anything of it is shown."""
    from chalicelib import review_wiring  # noqa: PLC0415 - see wiring
    from chalicelib.usecases import settle_check, show_finding  # noqa: PLC0415

    opened = settle_check.open_finding(_ref(number), who.actor, review_wiring.settle_ports())
    shown = show_finding.sheet(opened, who.actor, review_wiring.show_finding_ports())
    shown["changed"] = staff_frame.changed_since(request, who, opened.check, opened.case)
    context = {"d": shown, "errors": staff_frame.told(request), "r": wiring.words("review")}
    return staff_frame.page("finding", context, who)


@staff_findings.route(f"{FINDINGS}/{{number}}/looked", methods=["GET"], content_types=CONTENT_TYPES)
@http.handled(staff_findings)
@signed_in(DECIDERS)
def looked(_request: Request, who: Session, number: str) -> Response:
    """Who opened the data of the visited family."""
    from chalicelib import review_wiring  # noqa: PLC0415 - see wiring
    from chalicelib.usecases import settle_check, show_looked  # noqa: PLC0415

    looks = settle_check.looks(_ref(number), who.actor, review_wiring.settle_ports())
    shown = show_looked.rows(looks, who.actor, review_wiring.looked_ports())
    context = {"looks": shown, "back": f"{FINDINGS}/{number}", "r": wiring.words("review")}
    return staff_frame.page("looked", context, who)


@staff_findings.route(f"{FINDINGS}/{{number}}/judge", methods=["POST"], content_types=CONTENT_TYPES)
@http.handled(staff_findings)
@signed_in(DECIDERS)
def judge(request: Request, who: Session, number: str) -> Response:
    """Recommend, or decide what somebody else has recommended."""
    from chalicelib import review_wiring  # noqa: PLC0415 - see wiring
    from chalicelib.domain.ground_check import Course  # noqa: PLC0415
    from chalicelib.usecases import settle_check  # noqa: PLC0415

    ref = _ref(number)
    sent = staff_forms.read(request, staff_forms.JUDGE)
    try:
        sent.refuse()
        course, _, reason = sent.body["opinion"].partition(":")
        versions = staff_forms.versions(sent.body["seen"])
        judging = settle_check.Judging(ref, who.actor, Course(course), reason, versions)
        settle_check.judge(judging, review_wiring.settle_ports())
    except (InvalidRequest, WrongState) as error:
        seen = sent.body["seen"] or ""
        return staff_frame.led_back(error, f"{FINDINGS}/{ref.locator}", who, seen)
    return staff_frame.moved(FINDINGS, who.cookies, status=303)


def _ref(number: str) -> Ref:
    """Where a check is kept.

    Raises:
        NotFound: no check of this region can have that number.
    """
    from chalicelib import check_wiring  # noqa: PLC0415 - see wiring

    return staff_frame.kept_at(number, check_wiring.village_of_check, "check_unknown")
