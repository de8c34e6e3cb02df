"""A citizen's sign-in by IKD: there and back, whether it holds, and its end."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from chalice.app import Blueprint, Request, Response

from chalicelib.entrypoints import http
from chalicelib.entrypoints.http import CONTENT_TYPES, Answer, handled
from chalicelib.settings import settings

person = Blueprint(__name__)

# A browser tells a form's origin only to pages that let it: "no-referrer" makes it "null".
_HEADERS = {"Referrer-Policy": "same-origin"}
_ZONES = {7: "WIB", 8: "WITA", 9: "WIT"}


@person.route("/v1/person", methods=["GET"], content_types=CONTENT_TYPES)
@handled(person)
def who(request: Request) -> Response:
    """Tell this browser whether it is signed in, and until when; never as whom."""
    return http.respond(request, _state(session().until(request), ""))


@person.route("/v1/person/sign-in", methods=["GET"], content_types=CONTENT_TYPES)
@handled(person)
def sign_in(request: Request) -> Response:
    """Send the browser to IKD."""
    query: Mapping[str, str] = request.query_params or {}
    address, cookie = session().begin(query.get("to", ""))
    headers = {**http.page_headers(), "Location": address, "Set-Cookie": [cookie]}
    return Response("", headers, 302)


@person.route("/v1/person/callback", methods=["GET"], content_types=CONTENT_TYPES)
@handled(person)
def callback(request: Request) -> Response:
    """Take the browser back from IKD and let it keep who it is.

    The answer is a page that leads on, not a redirect: the browser came from another site, and
    sends Strict cookies only on a step that begins here.
    """
    signed, to = session().finish(request)
    return http.respond(request, _state(signed.until, to, signed.cookies))


@person.route("/v1/person/sign-out", methods=["POST"], content_types=CONTENT_TYPES)
@handled(person)
def sign_out(request: Request) -> Response:
    """End the sign-in of this browser; whoever is not signed in is told the same."""
    session().check_origin(request)
    return http.respond(request, _state(None, "", session().end(request)))


def session() -> Any:  # noqa: ANN401 - a module
    """The session; imported when somebody signs in, so that registering never loads it."""
    from chalicelib.entrypoints import person_session as module  # noqa: PLC0415 - see above

    return module


def _state(until: int | None, to: str, cookies: tuple[str, ...] = ()) -> Answer:
    """What a browser is told of its sign-in; on a page in the region's own time."""
    from chalicelib import sign_in_wiring  # noqa: PLC0415 - see `session`

    east = settings().hours_east
    ends = datetime.fromtimestamp(until or 0, tz=UTC)
    body = {
        "signed_in": until is not None,
        "until": ends.strftime("%Y-%m-%dT%H:%M:%SZ") if until else None,
        "available": sign_in_wiring.has_ikd(),
    }
    shown = f"{ends + timedelta(hours=east):%H.%M} {_ZONES[east]}"
    headers: dict[str, str | list[str]] = dict(_HEADERS)
    if cookies:
        headers["Set-Cookie"] = list(cookies)
    return Answer(200, body, "person", {"to": to, "shown": shown}, headers)
