"""The frame of every staff page: who may see it, where its forms come from, how refusals look."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from typing import TYPE_CHECKING, Any

from chalice.app import Request, Response

from chalicelib import wiring
from chalicelib.domain import tokens
from chalicelib.domain.errors import Fault, NotFound, NotSignedIn, TepatError, WrongState
from chalicelib.domain.receipt import is_locator
from chalicelib.domain.registration import Ref
from chalicelib.entrypoints import http, staff_forms, staff_session
from chalicelib.entrypoints.staff_session import Session
from chalicelib.telemetry import log

if TYPE_CHECKING:
    from chalicelib.domain.dispute import Dispute
    from chalicelib.domain.ground_check import Check
    from chalicelib.domain.registration import Registration

OPENERS = frozenset({"reviewer", "supervisor", "region_admin"})
DECIDERS = frozenset({"reviewer", "supervisor"})
OVERSEERS = frozenset({"supervisor", "region_admin"})
REDRAWERS = frozenset({"supervisor"})
OBJECTOR_OPENERS = frozenset({"region_admin"})
"""Who may open who objected: nobody of these is drawn for a dispute by that role."""
READERS = OPENERS | {"auditor"}
ADOPTION_READERS = frozenset({"region_admin", "supervisor", "auditor", "analyst"})
OFFICER_READERS = frozenset({"region_admin", "supervisor", "auditor"})
REPORT_READERS = frozenset({"supervisor"})
REPORT_WATCHERS = REPORT_READERS | {"region_admin"}
# A browser tells a form's origin only to pages that let it: "no-referrer" makes it "null".
_HEADERS = http.HEADERS | {
    "Referrer-Policy": "same-origin",
    "Content-Type": "text/html; charset=utf-8",
}

View = Callable[..., Response]

_CHANGED = frozenset({"dispute_changed", "finding_changed"})
"""Refusals of an act on what has changed since; the page then shows what."""


def signed_in(groups: frozenset[str] | None) -> Callable[[View], View]:
    """Let only signed-in members of the groups see a page, and show refusals as staff pages.

    The page is given the request and who sends it; a form must come from our own pages.

    Args:
        groups: None lets in everybody who is signed in.
    """

    def wrap(view: View) -> View:
        @wraps(view)
        def guarded(request: Request, **place: str) -> Response:
            who: Session | None = None
            try:
                who = staff_session.open_session(request)
                if groups is not None:
                    tokens.require(who.claims, groups)
                if request.method == "POST":
                    staff_session.check_origin(request)
                return view(request, who, **place)
            except NotSignedIn as error:
                if request.method == "GET":
                    return moved("/staff/sign-in", staff_session.cleared())
                return refused(error, None, staff_session.cleared())
            except TepatError as error:
                return refused(error, who)

        return guarded

    return wrap


def errors(error: TepatError) -> list[dict[str, str]]:
    """The faults of an error in words, each with its field."""
    told: list[dict[str, str]] = http.errors_body(error, "", wiring.fault_words())["errors"]
    return told


def told(request: Request) -> list[dict[str, str]]:
    """What a page that was led back to has to say first: the code in its address, in words."""
    query: Mapping[str, str] = request.query_params or {}
    code = query.get("told", "")
    return errors(WrongState(Fault(code))) if code in wiring.fault_words() else []


def led_back(error: TepatError, address: str, who: Session, seen: str = "") -> Response:
    """Lead back to what was to be acted on, as it stands now; it says there why that was not done.

    The refusal itself shows nothing of anybody; the look that follows is in the ledger.

    Args:
        seen: versions that the officer was looking at, to show what has changed since.
    """
    log("refused", code=str(error))
    code = error.faults[0].code
    since = f"&since={seen}" if seen and code in _CHANGED else ""
    return moved(f"{address}?told={code}{since}", who.cookies, status=303)


def changed_since(
    request: Request, who: Session, own: Dispute | Check, case: Registration | None
) -> list[dict[str, str]]:
    """What has changed of a matter and its case since its officer looked; [] for a first look."""
    query: Mapping[str, str] = request.query_params or {}
    since = query.get("since", "")
    if not staff_forms.SEEN_BOTH.fullmatch(since):
        return []
    from chalicelib import review_wiring  # noqa: PLC0415 - seldom
    from chalicelib.usecases.what_changed import what_changed  # noqa: PLC0415 - same

    seen, of_case = staff_forms.versions(since)
    chains = [(own.ref.locator, own.head, seen)]
    if case is not None:
        chains.append((case.ref.locator, case.head, of_case))
    return what_changed(chains, who.actor, review_wiring.changed_ports())


def kept_at(number: str, village_of: Callable[[str], str | None], unknown: str) -> Ref:
    """Where what a number names is kept.

    Args:
        village_of: the village that such a number carries; None when it is not of this region.
        unknown: code of the fault.

    Raises:
        NotFound: nothing of this region can have that number.
    """
    village = village_of(number) if is_locator(number) else None
    if village is None:
        raise NotFound(Fault(unknown, "number"))
    return Ref(village, number)


def refused(error: TepatError, who: Session | None, cookies: tuple[str, ...] = ()) -> Response:
    """A refusal as a staff page; its code is logged."""
    log("refused", code=str(error))
    return page("error", {"errors": errors(error)}, who, http.status_of(error), cookies)


def moved(address: str, cookies: tuple[str, ...], status: int = 302) -> Response:
    """Send the browser on."""
    return Response("", {**_HEADERS, "Location": address, "Set-Cookie": list(cookies)}, status)


def page(
    name: str,
    context: dict[str, Any],
    who: Session | None,
    status: int = 200,
    cookies: tuple[str, ...] = (),
) -> Response:
    """A staff page, with the cookies that renew the idle time."""
    from chalicelib.entrypoints import pages  # noqa: PLC0415 - jinja2 only for pages

    groups = who.claims.groups if who else frozenset[str]()
    text = pages.render(
        f"staff/{name}",
        s=wiring.words("staff"),
        may_reissue=bool(groups & OPENERS),
        may_read=bool(groups & READERS),
        may_decide=bool(groups & DECIDERS),
        may_oversee=bool(groups & OVERSEERS),
        may_open_objectors=bool(groups & OBJECTOR_OPENERS),
        may_see_adoptions=bool(groups & ADOPTION_READERS),
        may_see_officers=bool(groups & OFFICER_READERS),
        may_see_reports=bool(groups & REPORT_WATCHERS),
        account=who.claims.subject if who else "",
        signed_in=who is not None,
        **context,
    )
    sent = (*(who.cookies if who else ()), *cookies)
    return Response(text, {**_HEADERS, "Set-Cookie": list(sent)}, status)


def file(name: str, text: str, who: Session) -> Response:
    """A file to be kept and not shown; the mark at its start tells spreadsheets of UTF-8.

    Args:
        name: letters, digits, "-" and "." only.
    """
    headers: dict[str, str | list[str]] = {
        **_HEADERS,
        "Content-Type": "text/csv; charset=utf-8",
        "Content-Disposition": f'attachment; filename="{name}"',
        "Set-Cookie": list(who.cookies),
    }
    return Response(f"\ufeff{text}", headers)
