"""Staff pages of what visits found: my list, one finding, recommend and decide."""

from __future__ import annotations

from collections.abc import Mapping

from chalice.app import Blueprint, Request, Response

from chalicelib import wiring
from chalicelib.domain.errors import Fault, InvalidRequest, NotFound, WrongState
from chalicelib.domain.receipt import is_locator
from chalicelib.domain.registration import Ref
from chalicelib.entrypoints import http, staff_forms, staff_frame
from chalicelib.entrypoints.http import CONTENT_TYPES
from chalicelib.entrypoints.staff_frame import DECIDERS, signed_in
from chalicelib.entrypoints.staff_session import Session
from chalicelib.telemetry import log

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
    query: Mapping[str, str] = request.query_params or {}
    since = query.get("since", "")
    if staff_forms.SEEN_BOTH.fullmatch(since):
        from chalicelib.usecases.what_changed import what_changed  # noqa: PLC0415 - seldom

        own, of_case = staff_forms.versions(since)
        chains = [(opened.check.ref.locator, opened.check.head, own)]
        if opened.case is not None:
            chains.append((opened.case.ref.locator, opened.case.head, of_case))
        shown["changed"] = what_changed(chains, who.actor, review_wiring.changed_ports())
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
    """Recommend, or decide what somebody else has recommended.

    What is refused leads back to the finding as it stands now, and says there why; that look is
    in the ledger.
    """
    from chalicelib import review_wiring  # noqa: PLC0415 - see wiring
    from chalicelib.domain.ground_check import Course  # noqa: PLC0415
    from chalicelib.usecases import settle_check  # noqa: PLC0415

    ref = _ref(number)
    sent = staff_forms.read(request, staff_forms.JUDGE)
    try:
        sent.refuse()
        course, _, reason = sent.body["opinion"].partition(":")
        seen = staff_forms.versions(sent.body["seen"])
        judging = settle_check.Judging(ref, who.actor, Course(course), reason, seen)
        settle_check.judge(judging, review_wiring.settle_ports())
    except (InvalidRequest, WrongState) as error:
        log("refused", code=str(error))
        code = error.faults[0].code
        since = f"&since={sent.body['seen']}" if code == "finding_changed" else ""
        address = f"{FINDINGS}/{ref.locator}?told={code}{since}"
        return staff_frame.moved(address, who.cookies, status=303)
    return staff_frame.moved(FINDINGS, who.cookies, status=303)


def _ref(number: str) -> Ref:
    """Where a check is kept.

    Raises:
        NotFound: no check of this region can have that number.
    """
    from chalicelib import check_wiring  # noqa: PLC0415 - see wiring

    village = check_wiring.village_of_check(number) if is_locator(number) else None
    if village is None:
        raise NotFound(Fault("check_unknown", "number"))
    return Ref(village, number)
