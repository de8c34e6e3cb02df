"""How an agent's phone signs in: the pool's pages, a sealed cookie, tokens of fifteen minutes.

The page of visits is static and may be open for hours without a network. What renews a sign-in
lies in a cookie that no script can read (security 2.2); the page is given the token of the moment
and keeps it in memory. The code flow ends here, so the page needs no other address than our own.
"""

from __future__ import annotations

from chalice.app import Blueprint, Request, Response

from chalicelib import sign_in_wiring, wiring
from chalicelib.domain import tokens
from chalicelib.domain.errors import Fault, NotSignedIn, TepatError
from chalicelib.entrypoints import http, staff_frame, staff_session
from chalicelib.entrypoints.agent_desk import GROUP, in_json
from chalicelib.entrypoints.http import CONTENT_TYPES, Answer
from chalicelib.entrypoints.staff_session import IDLE_S, LONGEST_S, PHONE_SIGN_IN
from chalicelib.telemetry import log

door = Blueprint(__name__)

PAGE = "/petugas/"
RENEWAL = "__Host-tepat_agent"


@door.route("/staff/agent/sign-in", methods=["GET"], content_types=CONTENT_TYPES)
@http.handled(door)
def sign_in(_request: Request) -> Response:
    """Send the phone to the pool's sign-in page."""
    address, cookie = staff_session.begin_sign_in(phone=True)
    return staff_frame.moved(address, (cookie,))


@door.route("/staff/agent/callback", methods=["GET"], content_types=CONTENT_TYPES)
@http.handled(door)
def callback(request: Request) -> Response:
    """Take the phone back from the pool to its page, which asks for a token and tells a refusal."""
    cookies = [sign_in_wiring.cookies().clear(PHONE_SIGN_IN, same_site="Lax")]
    try:
        arrived = staff_session.came_back(request, phone=True)
        kept = {"token": arrived.renewal, "subject": arrived.claims.subject}
        kept["session"] = arrived.claims.session
        cookies.append(sign_in_wiring.cookies().make(RENEWAL, kept | {"at": _now()}, LONGEST_S))
    except TepatError as error:
        log("refused", code=str(error))
    return staff_frame.moved(PAGE, tuple(cookies), status=303)


@door.route("/staff/agent/token", methods=["POST"], content_types=CONTENT_TYPES)
@http.handled(door)
def token(request: Request) -> Response:
    """A new access token for our own page, while the sign-in holds."""
    return in_json(request, lambda: _renewed(request))


@door.route("/staff/agent/sign-out", methods=["POST"], content_types=CONTENT_TYPES)
@http.handled(door)
def sign_out(request: Request) -> Response:
    """End the sign-in, and tell where the pool's own is ended; a given token ends by itself."""
    return in_json(request, lambda: _ended(request))


def _renewed(request: Request) -> Answer:
    staff_session.check_origin(request)
    kept = sign_in_wiring.cookies().read(RENEWAL, request.headers.get("cookie", ""))
    now = _now()
    if (
        kept is None
        or now - kept["at"] > LONGEST_S
        or not kept["token"]
        or sign_in_wiring.sign_outs().ended(kept["session"])
    ):
        raise NotSignedIn(Fault("not_signed_in"))
    given = sign_in_wiring.agent_login().renew(kept["token"])
    claims = sign_in_wiring.verify_token(given.access)
    if claims.subject != kept["subject"]:
        raise NotSignedIn(Fault("not_signed_in"))
    tokens.require(claims, frozenset({GROUP}))
    cookies = []
    if given.renewal != kept["token"]:
        left = LONGEST_S - (now - kept["at"])
        cookies = [sign_in_wiring.cookies().make(RENEWAL, kept | {"token": given.renewal}, left)]
    body = {"token": given.access, "seconds": claims.expires_at - now, "agent": claims.subject}
    return Answer(200, body, "", headers={"Set-Cookie": cookies})


def _ended(request: Request) -> Answer:
    staff_session.check_origin(request)
    kept = sign_in_wiring.cookies().read(RENEWAL, request.headers.get("cookie", ""))
    if kept is not None:
        sign_in_wiring.sign_outs().end(kept["session"], _now() + LONGEST_S + IDLE_S)
    body = {"to": sign_in_wiring.agent_login().sign_out_address()}
    return Answer(200, body, "", headers={"Set-Cookie": [sign_in_wiring.cookies().clear(RENEWAL)]})


def _now() -> int:
    return wiring.clock.now_ms() // 1000
