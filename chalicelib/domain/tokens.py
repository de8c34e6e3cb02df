"""What a token of the staff pool must say before anybody is let in (security 2.2).

The signature is checked by `adapters/tokens.py`. Here every claim is looked at by itself, because
a gateway in front may be left out and a library's defaults may change.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeGuard

from chalicelib.domain.errors import Fault, NotAllowed, NotSignedIn

LEEWAY_S: Final = 30
FRESH_S: Final = 5 * 60
"""A sign-in is fresh for so long: what changes who is helped asks for one (security 2.2)."""
_SUBJECT: Final = re.compile(r"(?!.*[0-9]{16})[A-Za-z0-9_-]{1,64}", re.ASCII)
_GROUP: Final = re.compile(r"[a-z][a-z_]{0,39}", re.ASCII)
_MOST_GROUPS: Final = 20
_LATEST: Final = 2**53


@dataclass(frozen=True, slots=True)
class Pool:
    """The one pool that is believed, and our client in it. Never a list of issuers."""

    issuer: str
    client_id: str


@dataclass(frozen=True, slots=True)
class Claims:
    """Who is signed in.

    Attributes:
        subject: the pool's own id of the person; stands in the ledger, is no name.
        session: the sign-in that the token comes from, the same after every renewal.
        expires_at: seconds since the epoch.
        signed_in_at: when the person proved who they are, the same after every renewal; 0 when
            the token does not say, which is never fresh.
    """

    subject: str
    groups: frozenset[str]
    session: str
    expires_at: int
    signed_in_at: int = 0


def read_access(payload: Mapping[str, Any], pool: Pool, now: int) -> Claims:
    """Check every claim of an access token whose signature holds.

    Args:
        now: seconds since the epoch.

    Raises:
        NotSignedIn: a claim is missing or not what it must be; which one is told to nobody.
    """
    subject = _common(payload, pool, now)
    groups = payload.get("cognito:groups", [])
    session = payload.get("origin_jti")
    known = (
        payload.get("token_use") == "access"
        and same_text(payload.get("client_id"), pool.client_id)
        and isinstance(groups, list)
        and len(groups) <= _MOST_GROUPS
        and all(isinstance(group, str) and _GROUP.fullmatch(group) for group in groups)
        and isinstance(session, str)
        and _SUBJECT.fullmatch(session) is not None
    )
    if not known:
        raise NotSignedIn(Fault("not_signed_in"))
    signed_in = payload.get("auth_time")
    at = signed_in if is_time(signed_in) else 0
    return Claims(subject, frozenset(groups), str(session), payload["exp"], at)


def check_id(payload: Mapping[str, Any], pool: Pool, now: int, nonce: str, subject: str) -> None:
    """Check that an ID token belongs to the sign-in that we began and to the same person.

    Raises:
        NotSignedIn: it does not.
    """
    known = (
        _common(payload, pool, now) == subject
        and payload.get("token_use") == "id"
        and same_text(payload.get("aud"), pool.client_id)
        and bool(nonce)
        and same_text(payload.get("nonce"), nonce)
    )
    if not known:
        raise NotSignedIn(Fault("not_signed_in"))


def require(claims: Claims, allowed: frozenset[str]) -> None:
    """Let only members of one of the groups pass.

    Raises:
        NotAllowed: the person is in none of them.
    """
    if not claims.groups & allowed:
        raise NotAllowed(Fault("not_allowed"))


def require_fresh(claims: Claims, now: int) -> None:
    """Let only somebody pass who signed in within the last minutes.

    Args:
        now: seconds since the epoch.

    Raises:
        NotAllowed: they have to sign out and in again first.
    """
    if not -LEEWAY_S <= now - claims.signed_in_at <= FRESH_S:
        raise NotAllowed(Fault("sign_in_again"))


def _common(payload: Mapping[str, Any], pool: Pool, now: int) -> str:
    """Issuer, times and subject, alike in both kinds of token."""
    subject = payload.get("sub")
    expires, begins, issued = payload.get("exp"), payload.get("nbf", 0), payload.get("iat")
    known = (
        same_text(payload.get("iss"), pool.issuer)
        and is_time(expires)
        and is_time(begins)
        and is_time(issued)
        and expires + LEEWAY_S >= now
        and max(begins, issued) <= now + LEEWAY_S
        and isinstance(subject, str)
        and _SUBJECT.fullmatch(subject) is not None
    )
    if not known:
        raise NotSignedIn(Fault("not_signed_in"))
    return str(subject)


def is_time(value: object) -> TypeGuard[int]:
    """Tell whether a claim is a time in whole seconds since the epoch."""
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < _LATEST


def same_text(value: object, wanted: str) -> bool:
    """Compare without telling by time how much is alike; JSON may bring half letters."""
    return isinstance(value, str) and hmac.compare_digest(
        value.encode("utf-8", "surrogatepass"), wanted.encode()
    )
