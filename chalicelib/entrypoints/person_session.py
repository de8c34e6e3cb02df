"""Which citizen is signed in: by a sealed cookie, after the code flow with IKD.

What the browser keeps is who IKD said it is, the name of the sign-in and its times, sealed so that
the browser can neither read nor change it. Nothing of the person is stored with us until something
is filed. Short, since telephones are shared: a quarter of an hour idle, an hour at most.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Final

from chalice.app import Request

from chalicelib import sign_in_wiring, wiring
from chalicelib.domain import blind_keys
from chalicelib.domain.errors import Fault, NotAllowed, NotSignedIn
from chalicelib.domain.person import Begun
from chalicelib.domain.tokens import same_text

PERSON: Final = "__Host-tepat_person"
SIGN_IN: Final = "__Host-tepat_person_sign_in"
IDLE_S: Final = 15 * 60
LONGEST_S: Final = 60 * 60
SIGN_IN_S: Final = 10 * 60
HOME: Final = "/v1/person"
PLACES: Final = frozenset(
    {
        HOME,
        "/",
        "/status/",
        "/sanggah/",
        "/sanggah/saya/",
        "/sanggah/lanjut/",
        "/sanggah/tanpa-nomor/",
    }
)
"""Our own pages to which a sign-in may lead on; an address that anybody may write never decides."""


@dataclass(frozen=True, slots=True)
class Signed:
    """A citizen who is signed in; what identifies them is left out of `repr`.

    Attributes:
        person_mac: who it is to us, 16 bytes (`blind_keys.person`).
        name, nik: as IKD gave them, to be sealed with what is filed and nowhere else.
        until: when the sign-in ends if nothing more is done (seconds since the epoch).
        session: random name of the sign-in.
        cookies: `Set-Cookie` values that go with the answer: what is done renews the idle time.
    """

    person_mac: bytes
    name: str = field(repr=False)
    nik: str = field(repr=False)
    until: int
    session: str = field(repr=False)
    cookies: tuple[str, ...] = field(repr=False)


def begin(to: str) -> tuple[str, str]:
    """Start a sign-in: the address to send the browser to, and the cookie it takes along.

    The cookie is Lax, since IKD's pages send the browser back from another site.

    Args:
        to: where to lead on afterwards; one of `PLACES`, anything else is `HOME`.

    Raises:
        NotFound: this stage has no IKD.
        TryAgain: IKD or the key service does not answer for now.
    """
    verifier = wiring.fresh_key() + wiring.fresh_key()
    begun = Begun(wiring.fresh_key(), wiring.fresh_key(), verifier, _now())
    address = sign_in_wiring.ikd().sign_in_address(begun)
    kept = {"begun": asdict(begun), "to": to if to in PLACES else HOME}
    return address, sign_in_wiring.cookies().make(SIGN_IN, kept, SIGN_IN_S, same_site="Lax")


def finish(request: Request) -> tuple[Signed, str]:
    """Take what IKD sent the browser back with; gives who it is, and where to lead on.

    Raises:
        NotSignedIn: this browser did not begin the sign-in, it took too long, the person stopped,
            or IKD does not stand by the answer.
        NotFound: this stage has no IKD.
        TryAgain: IKD or the key service does not answer for now.
    """
    query: Mapping[str, str] = request.query_params or {}
    kept = _read(SIGN_IN, request)
    now = _now()
    begun = Begun(**kept["begun"]) if kept else None
    if (
        kept is None
        or begun is None
        or now - begun.at > SIGN_IN_S
        or not same_text(query.get("state"), begun.state)
    ):
        raise NotSignedIn(Fault("ikd_not_finished"))
    person = sign_in_wiring.ikd().person(begun, query, now)
    who = {"nik": person.nik, "name": person.name, "session": wiring.fresh_key(), "since": now}
    signed = _renewed(who, now)
    ended = sign_in_wiring.cookies().clear(SIGN_IN, same_site="Lax")
    return replace(signed, cookies=(*signed.cookies, ended)), kept["to"]


def require_person(request: Request) -> Signed:
    """Who sends this request; its `cookies` go with the answer.

    Raises:
        NotSignedIn: nobody, too long idle, longer than an hour, or signed out.
        TryAgain: the key service or our tables do not answer for now.
    """
    kept = _kept(request)
    if kept is None:
        raise NotSignedIn(Fault("not_signed_in"))
    return _renewed(kept, _now())


def until(request: Request) -> int | None:
    """When the sign-in of this browser ends; None when nobody is signed in. Renews nothing.

    Raises:
        TryAgain: as `require_person`.
    """
    kept = _kept(request)
    return None if kept is None else _until(kept)


def end(request: Request) -> tuple[str, ...]:
    """Let nobody in with this sign-in again; gives the cookies that clear the browser.

    Raises:
        TryAgain: it could not be noted, so the sign-in still holds.
    """
    kept = _read(PERSON, request)
    if kept is not None:
        sign_in_wiring.sign_outs().end(kept["session"], kept["since"] + LONGEST_S)
    return (sign_in_wiring.cookies().clear(PERSON),)


def check_origin(request: Request) -> None:
    """Let only our own pages send forms, besides what SameSite does.

    Raises:
        NotAllowed: the form comes from elsewhere, or the browser does not say from where.
    """
    if request.headers.get("origin") != wiring.site_origin():
        raise NotAllowed(Fault("not_allowed"))


def _kept(request: Request) -> dict[str, Any] | None:
    """What the browser keeps of a sign-in that still holds."""
    kept = _read(PERSON, request)
    if kept is None or _now() > _until(kept) or sign_in_wiring.sign_outs().ended(kept["session"]):
        return None
    return kept


def _renewed(kept: Mapping[str, Any], now: int) -> Signed:
    """Somebody who does something now."""
    renewed = {**kept, "at": now}
    ends = _until(renewed)
    return Signed(
        person_mac=blind_keys.person(wiring.index().mac, kept["nik"]),
        name=kept["name"],
        nik=kept["nik"],
        until=ends,
        session=kept["session"],
        cookies=(sign_in_wiring.cookies().make(PERSON, renewed, ends - now),),
    )


def _until(kept: Mapping[str, Any]) -> int:
    return int(min(kept["at"] + IDLE_S, kept["since"] + LONGEST_S))


def _read(name: str, request: Request) -> dict[str, Any] | None:
    return sign_in_wiring.cookies().read(name, request.headers.get("cookie", ""))


def _now() -> int:
    return wiring.clock.now_ms() // 1000
