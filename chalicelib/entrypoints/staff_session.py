"""Who is signed in: staff by sealed cookies after the code flow, agents by a bearer token.

The browser keeps two cookies that it can neither read nor change: the access token with the time
of the last request, and the renewal token. Every request verifies the token again in our own code
(security 2.2); nothing rests on the gateway.
"""

from __future__ import annotations

import hashlib
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from chalice.app import Request

from chalicelib import sign_in_wiring, wiring
from chalicelib.domain import tokens
from chalicelib.domain.errors import Fault, NotAllowed, NotSignedIn, TryAgain
from chalicelib.domain.tokens import Claims

SESSION = "__Host-tepat_session"
RENEWAL = "__Host-tepat_renewal"
SIGN_IN = "__Host-tepat_sign_in"
PHONE_SIGN_IN = "__Host-tepat_agent_sign_in"
IDLE_S = 15 * 60
LONGEST_S = 8 * 3600
SIGN_IN_S = 10 * 60
RENEW_BEFORE_S = 2 * 60
_BEARER = "bearer "


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody who is signed in.

    Attributes:
        cookies: `Set-Cookie` values that go with the answer: each request renews the idle time.
    """

    claims: Claims
    cookies: tuple[str, ...]

    @property
    def actor(self) -> str:
        """As the ledger names the person."""
        return f"staff:{self.claims.subject}"


@dataclass(frozen=True, slots=True)
class Arrived:
    """Somebody who has just come back from the pool, with the tokens of the sign-in."""

    access: str
    renewal: str
    claims: Claims


def require_bearer(request: Request, group: str) -> Claims:
    """Check the access token of a program: an agent's phone.

    Raises:
        NotSignedIn: there is no valid token.
        NotAllowed: its owner is not in the group.
        TryAgain: the pool's keys cannot be had for now.
    """
    header: str = request.headers.get("authorization", "")
    if not header.lower().startswith(_BEARER):
        raise NotSignedIn(Fault("not_signed_in"))
    claims = sign_in_wiring.verify_token(header[len(_BEARER) :].strip())
    tokens.require(claims, frozenset({group}))
    return claims


def require_fresh(session: Session) -> None:
    """Let only somebody go on who signed in within the last minutes.

    Raises:
        NotAllowed: they have to sign out and in again first.
    """
    tokens.require_fresh(session.claims, _now())


def begin_sign_in(*, phone: bool = False) -> tuple[str, str]:
    """Start the code flow: the address to send the browser to, and the cookie it takes along.

    The cookie is Lax, since the pool's pages send the browser back from another site.

    Args:
        phone: of an agent; such a sign-in has a cookie of its own, and opens no desk.
    """
    started = {
        "state": wiring.fresh_key(),
        "nonce": wiring.fresh_key(),
        "verifier": wiring.fresh_key() + wiring.fresh_key(),
        "at": _now(),
    }
    digest = hashlib.sha256(str(started["verifier"]).encode()).digest()
    challenge = urlsafe_b64encode(digest).decode().rstrip("=")
    login = sign_in_wiring.agent_login() if phone else sign_in_wiring.login()
    address = login.sign_in_address(str(started["state"]), str(started["nonce"]), challenge)
    cookie = PHONE_SIGN_IN if phone else SIGN_IN
    return address, sign_in_wiring.cookies().make(cookie, started, SIGN_IN_S, same_site="Lax")


def came_back(request: Request, *, phone: bool = False) -> Arrived:
    """Take the code that the pool sent the browser back with, from who began that sign-in.

    Raises:
        NotSignedIn: this browser did not begin the sign-in, it took too long, or the pool
            refuses the code.
        TryAgain: the pool does not answer for now.
    """
    query: Mapping[str, str] = request.query_params or {}
    started = _open(PHONE_SIGN_IN if phone else SIGN_IN, request)
    if (
        started is None
        or _now() - started["at"] > SIGN_IN_S
        or not tokens.same_text(query.get("state", ""), started["state"])
        or not query.get("code")
    ):
        raise NotSignedIn(Fault("not_signed_in"))
    login = sign_in_wiring.agent_login() if phone else sign_in_wiring.login()
    given = login.exchange(query["code"], started["verifier"])
    claims = sign_in_wiring.verify_token(given.access)
    sign_in_wiring.verify_id_token(given.id, nonce=started["nonce"], subject=claims.subject)
    return Arrived(given.access, given.renewal, claims)


def finish_sign_in(request: Request) -> Session:
    """Let in at the desk whoever comes back from the pool.

    Raises:
        NotSignedIn, TryAgain: as `came_back`.
    """
    arrived = came_back(request)
    now = _now()
    renewal = {"token": arrived.renewal, "subject": arrived.claims.subject, "at": now}
    cookies = (
        _session_cookie(arrived.access, now),
        sign_in_wiring.cookies().make(RENEWAL, renewal, LONGEST_S),
        sign_in_wiring.cookies().clear(SIGN_IN, same_site="Lax"),
    )
    return Session(arrived.claims, cookies)


def open_session(request: Request) -> Session:
    """Who sends this request; renews the access token shortly before it ends.

    Raises:
        NotSignedIn: nobody, or too long idle, or signed out, or the sign-in is over.
        TryAgain: the pool or our tables do not answer for now.
    """
    kept = _open(SESSION, request)
    now = _now()
    if kept is None or now - kept["at"] > IDLE_S:
        raise NotSignedIn(Fault("not_signed_in"))
    token: str = kept["token"]
    try:
        claims = sign_in_wiring.verify_token(token)
        renew = claims.expires_at - now < RENEW_BEFORE_S
    except NotSignedIn:  # its time may be over; whatever else is wrong, only a new token helps
        claims, renew = None, True
    cookies: tuple[str, ...] = ()
    if renew:
        try:
            token, claims, cookies = _renewed(request, now)
        except (NotSignedIn, TryAgain):
            if claims is None:
                raise
    if claims is None or sign_in_wiring.sign_outs().ended(claims.session):
        raise NotSignedIn(Fault("not_signed_in"))
    return Session(claims, (_session_cookie(token, now), *cookies))


def end_session(session: Session) -> tuple[str, ...]:
    """Let nobody in with this sign-in again; gives the cookies that clear the browser.

    Raises:
        TryAgain: it could not be noted, so the sign-in still holds.
    """
    sign_in_wiring.sign_outs().end(session.claims.session, _now() + LONGEST_S + IDLE_S)
    return cleared()


def cleared() -> tuple[str, ...]:
    """Cookies that clear the browser of a sign-in."""
    return (sign_in_wiring.cookies().clear(SESSION), sign_in_wiring.cookies().clear(RENEWAL))


def check_origin(request: Request) -> None:
    """Let only our own pages send forms, besides what SameSite does.

    Raises:
        NotAllowed: the form comes from elsewhere, or the browser does not say from where.
    """
    if request.headers.get("origin") != sign_in_wiring.staff_origin():
        raise NotAllowed(Fault("not_allowed"))


def _renewed(request: Request, now: int) -> tuple[str, Claims, tuple[str, ...]]:
    """A new access token for the same person, from the renewal cookie."""
    kept = _open(RENEWAL, request)
    if kept is None or now - kept["at"] > LONGEST_S or not kept["token"]:
        raise NotSignedIn(Fault("not_signed_in"))
    given = sign_in_wiring.login().renew(kept["token"])
    claims = sign_in_wiring.verify_token(given.access)
    if claims.subject != kept["subject"]:
        raise NotSignedIn(Fault("not_signed_in"))
    if given.renewal == kept["token"]:
        return given.access, claims, ()
    left = LONGEST_S - (now - kept["at"])
    renewed = sign_in_wiring.cookies().make(RENEWAL, kept | {"token": given.renewal}, left)
    return given.access, claims, (renewed,)


def _session_cookie(token: str, now: int) -> str:
    return sign_in_wiring.cookies().make(SESSION, {"token": token, "at": now}, IDLE_S)


def _open(name: str, request: Request) -> dict[str, Any] | None:
    """What a cookie keeps; None when there is none of ours."""
    return sign_in_wiring.cookies().read(name, request.headers.get("cookie", ""))


def _now() -> int:
    return wiring.clock.now_ms() // 1000
