"""What an ID token of IKD must say before a citizen is let in, and what we keep of it.

IKD (Identitas Kependudukan Digital) is the civil registry's own identity app. Its profile for
services is agreed per institution and not public: the names of scope and claims below are our
assumption, stand here alone, and are the first thing to compare with the real one
(docs/adr/0018-citizens-sign-in.md). Everything else is OpenID Connect Core 1.0, 2 and 3.1.3.7.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from chalicelib.domain.errors import Fault, NotSignedIn
from chalicelib.domain.tokens import LEEWAY_S, is_time, same_text

SCOPE: Final = "openid nik name"
NIK_CLAIM: Final = "nik"
NAME_CLAIM: Final = "name"
LONGEST_NAME: Final = 160

_NIK: Final = re.compile(r"[0-9]{16}", re.ASCII)
_LONGEST_SUBJECT: Final = 255  # OpenID Connect Core 1.0, 2


@dataclass(frozen=True, slots=True)
class Provider:
    """The one issuer that is believed about citizens, and our client there. Never a list."""

    issuer: str
    client_id: str


@dataclass(frozen=True, slots=True)
class Begun:
    """A sign-in that one browser began; all of it stays with that browser, sealed.

    Attributes:
        verifier: what the code is bound to (PKCE).
        at: seconds since the epoch.
    """

    state: str
    nonce: str
    verifier: str
    at: int


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who proved who they are; what identifies them is left out of `repr`."""

    nik: str = field(repr=False)
    name: str = field(repr=False)


def read_id(payload: Mapping[str, Any], provider: Provider, now: int, begun: Begun) -> Person:
    """Check every claim of an ID token whose signature holds.

    Args:
        now: seconds since the epoch.
        begun: the sign-in that this browser began. Telephones are shared in a village, so the
            person must have proved who they are after that, not somebody earlier.

    Raises:
        NotSignedIn: a claim is missing or not what it must be; which one is told to nobody.
    """
    nik, name = payload.get(NIK_CLAIM), payload.get(NAME_CLAIM)
    if not (
        _is_for_us(payload, provider)
        and _is_now(payload, now, begun.at)
        and bool(begun.nonce)
        and same_text(payload.get("nonce"), begun.nonce)
        and isinstance(nik, str)
        and _NIK.fullmatch(nik)
        and isinstance(name, str)
        and len(name) <= LONGEST_NAME
        and name.isprintable()
        and name.strip()
    ):
        raise NotSignedIn(Fault("ikd_not_finished"))
    return Person(nik, name.strip())


def _is_for_us(payload: Mapping[str, Any], provider: Provider) -> bool:
    """Issuer, audience and subject: for our client alone, so another audience is not wanted."""
    audience, subject = payload.get("aud"), payload.get("sub")
    if isinstance(audience, list) and len(audience) == 1:
        audience = audience[0]
    return (
        same_text(payload.get("iss"), provider.issuer)
        and same_text(audience, provider.client_id)
        and same_text(payload.get("azp", provider.client_id), provider.client_id)
        and isinstance(subject, str)
        and subject.isascii()
        and 0 < len(subject) <= _LONGEST_SUBJECT
    )


def _is_now(payload: Mapping[str, Any], now: int, begun: int) -> bool:
    expires, issued = payload.get("exp"), payload.get("iat")
    begins, proved = payload.get("nbf", 0), payload.get("auth_time")
    return (
        is_time(expires)
        and is_time(issued)
        and is_time(begins)
        and is_time(proved)
        and expires + LEEWAY_S >= now
        and max(begins, issued, proved) <= now + LEEWAY_S
        and min(issued, proved) >= begun - LEEWAY_S
    )
