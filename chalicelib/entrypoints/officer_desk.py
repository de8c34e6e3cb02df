"""Pages on who may be drawn: what is missing of each, who they are close to, which roles wait."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from chalice.app import Blueprint, Request, Response

from chalicelib import staff_wiring, wiring
from chalicelib.domain import tokens
from chalicelib.domain.errors import Fault, NotFound, TepatError
from chalicelib.domain.receipt import is_locator
from chalicelib.domain.registration import Ref
from chalicelib.entrypoints import http, staff_forms, staff_frame, staff_session
from chalicelib.entrypoints.http import CONTENT_TYPES
from chalicelib.entrypoints.staff_frame import OFFICER_READERS, signed_in
from chalicelib.entrypoints.staff_session import Session
from chalicelib.telemetry import log

if TYPE_CHECKING:
    from chalicelib.domain.officer_profile import Profile

officers = Blueprint(__name__)

KEEPERS = frozenset({"region_admin"})
OFFICERS = "/staff/officers"
_PLACE = f"{OFFICERS}/{{locator}}"
_NUMBERS = staff_forms.short(2000)  # sixty numbers, one a line, with spaces
_ROLE = "role_"  # begins the name of a box that stands for a role


@officers.route(OFFICERS, methods=["GET", "POST"], content_types=CONTENT_TYPES)
@http.handled(officers)
@signed_in(OFFICER_READERS)
def listed(request: Request, who: Session) -> Response:
    """Everybody who may be drawn, and what is missing of them; a new one begins with roles."""
    from chalicelib.usecases.keep_officers import ask_roles  # noqa: PLC0415 - see wiring
    from chalicelib.usecases.show_officers import rows  # noqa: PLC0415

    told: dict[str, Any] = {"errors": [], "values": {}}
    status = 200
    if request.method == "POST":
        tokens.require(who.claims, KEEPERS)
        boxes = _role_boxes()
        checks = {"sub": staff_forms.short(64), **boxes}
        sent = staff_forms.read(request, checks, optional=boxes)
        try:
            sent.refuse()
            made = ask_roles(
                sent.body["sub"], _ticked(sent.body), who.actor, staff_wiring.keep_officers_ports()
            )
        except TepatError as error:
            log("refused", code=str(error))
            # What stands in place of an account may be anybody's number: it is not shown again.
            ticked = {name: text for name, text in sent.fields.items() if name in boxes}
            told = {"errors": staff_frame.errors(error), "values": ticked}
            status = http.status_of(error)
        else:
            return _back(made.ref.locator, who)
    ports = staff_wiring.keep_officers_ports()
    shown = rows(ports.officers.profiles(ports.region), staff_wiring.show_officers_ports())
    may_keep = bool(who.claims.groups & KEEPERS)
    roles = [name.removeprefix(_ROLE) for name in _role_boxes()]
    context = {"rows": shown, "may_keep": may_keep, "roles": roles, "visits": _visits()}
    return staff_frame.page("officers", told | context, who, status)


@officers.route(_PLACE, methods=["GET"], content_types=CONTENT_TYPES)
@http.handled(officers)
@signed_in(OFFICER_READERS)
def one(_request: Request, who: Session, locator: str) -> Response:
    """One profile."""
    return _sheet(_profile(locator), who)


@officers.route(f"{_PLACE}/declare", methods=["POST"], content_types=CONTENT_TYPES)
@http.handled(officers)
@signed_in(KEEPERS)
def declare(request: Request, who: Session, locator: str) -> Response:
    """Replace what is known of an officer; what was typed is not shown again."""
    from chalicelib.usecases.keep_officers import Declare  # noqa: PLC0415 - see wiring
    from chalicelib.usecases.keep_officers import declare as keep  # noqa: PLC0415

    profile = _profile(locator)
    boxes = {f"district_{code}": staff_forms.one_of("true") for code in wiring.districts()}
    more = {
        "village": staff_forms.short(10),
        "other_village": staff_forms.short(10),
        "kin_niks": _NUMBERS,
        "kin_kks": _NUMBERS,
        "kin_told": staff_forms.one_of("true"),
    }
    needed = {name: staff_forms.short(40) for name in ("nik", "kk", "phone")}
    sent = staff_forms.read(request, needed | more | boxes, optional={*more, *boxes})
    try:
        sent.refuse()
        typed = {name: sent.body[name] or "" for name in sent.body}
        keep(
            Declare(
                sub=profile.officer.sub,
                nik=typed["nik"],
                kk=typed["kk"],
                phone="".join(typed["phone"].split()),
                village=typed["other_village"].strip() or typed["village"],
                districts=tuple(name[9:] for name in boxes if typed[name]),
                kin_niks=_lines(typed["kin_niks"]),
                kin_kks=_lines(typed["kin_kks"]),
                kin_told=bool(typed["kin_told"]),
                actor=who.actor,
            ),
            staff_wiring.keep_officers_ports(),
        )
    except TepatError as error:
        log("refused", code=str(error))
        kept = {name: text for name, text in sent.fields.items() if name in {"village", *boxes}}
        return _sheet(profile, who, error, kept)
    return _back(locator, who)


@officers.route(f"{_PLACE}/roles", methods=["POST"], content_types=CONTENT_TYPES)
@http.handled(officers)
@signed_in(KEEPERS)
def propose(request: Request, who: Session, locator: str) -> Response:
    """Propose other roles for an officer."""
    from chalicelib.usecases.keep_officers import ask_roles  # noqa: PLC0415 - see wiring

    profile = _profile(locator)
    boxes = _role_boxes()
    sent = staff_forms.read(request, boxes, optional=boxes)
    sent.refuse()
    ask_roles(
        profile.officer.sub, _ticked(sent.body), who.actor, staff_wiring.keep_officers_ports()
    )
    return _back(locator, who)


@officers.route(f"{_PLACE}/grant", methods=["POST"], content_types=CONTENT_TYPES)
@http.handled(officers)
@signed_in(KEEPERS)
def grant(request: Request, who: Session, locator: str) -> Response:
    """Give the roles that another administrator proposed, signed in just now."""
    from chalicelib.usecases.keep_officers import grant_roles  # noqa: PLC0415 - see wiring

    staff_session.require_fresh(who)
    profile = _profile(locator)
    checks = {"roles": staff_forms.short(60), "sure": staff_forms.one_of("true")}
    sent = staff_forms.read(request, checks, optional={"roles"})
    sent.refuse()
    roles = frozenset((sent.body["roles"] or "").split())
    grant_roles(profile.officer.sub, roles, who.actor, staff_wiring.keep_officers_ports())
    return _back(locator, who)


@officers.route(f"{_PLACE}/drop", methods=["POST"], content_types=CONTENT_TYPES)
@http.handled(officers)
@signed_in(KEEPERS)
def drop(request: Request, who: Session, locator: str) -> Response:
    """Do not give the roles that were proposed."""
    from chalicelib.usecases.keep_officers import drop_roles  # noqa: PLC0415 - see wiring

    staff_forms.read(request, {}).refuse()
    drop_roles(_profile(locator).officer.sub, who.actor, staff_wiring.keep_officers_ports())
    return _back(locator, who)


def _role_boxes() -> dict[str, staff_forms.Check]:
    from chalicelib.domain.officer_profile import ROLES  # noqa: PLC0415 - see wiring

    return {_ROLE + role: staff_forms.one_of("true") for role in ROLES}


def _ticked(body: Mapping[str, Any]) -> frozenset[str]:
    named = (name for name, text in body.items() if name.startswith(_ROLE) and text)
    return frozenset(name.removeprefix(_ROLE) for name in named)


def _lines(text: str) -> tuple[str, ...]:
    return tuple(line for line in re.split(r"[\r\n,;]+", text) if line.strip())


def _sheet(
    profile: Profile,
    who: Session,
    error: TepatError | None = None,
    values: Mapping[str, str] | None = None,
) -> Response:
    from chalicelib.usecases.show_officers import sheet  # noqa: PLC0415 - see wiring

    may_keep = bool(who.claims.groups & KEEPERS)
    shown = sheet(profile, who.actor, may_keep=may_keep, ports=staff_wiring.show_officers_ports())
    known = {"village": shown["village"]} | {f"district_{c}": "true" for c in shown["working"]}
    context = {
        "p": shown,
        "errors": staff_frame.errors(error) if error else [],
        "values": known if values is None else values,
        "villages": sorted(
            (code, f"{village.name}, {village.district}")
            for code, village in wiring.villages().items()
        ),
        "districts": wiring.districts(),
    }
    return staff_frame.page("officer", context, who, http.status_of(error) if error else 200)


def _visits() -> list[dict[str, Any]]:
    """The visits that wait because none of these officers may make them."""
    from chalicelib.usecases.uncovered_visits import rows  # noqa: PLC0415 - see wiring

    return rows(wiring.clock.now_ms(), staff_wiring.uncovered_ports())


def _profile(locator: str) -> Profile:
    ports = staff_wiring.keep_officers_ports()
    found = ports.officers.load(Ref(ports.region, locator)) if is_locator(locator) else None
    if found is None:
        raise NotFound(Fault("officer_unknown"))
    return found


def _back(locator: str, who: Session) -> Response:
    return staff_frame.moved(f"{OFFICERS}/{locator}", who.cookies, status=303)
