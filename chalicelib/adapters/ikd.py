"""IKD's sign-in pages: where citizens are sent, and where a code becomes who they are.

OpenID Connect with what the security profile of public services asks today (FAPI 2.0): the request
is pushed (RFC 9126), the code is bound by PKCE (RFC 7636), we prove who we are with a signed
assertion (RFC 7523) whose key never leaves the key service, and the answer names its issuer where
the server says that it does (RFC 9207). The access token is thrown away: who it is, is all we ask.
"""

from __future__ import annotations

import hashlib
import json
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, TypeGuard
from urllib.parse import urlencode

from chalicelib.adapters import tokens
from chalicelib.adapters.tokens import KeySet, send_form
from chalicelib.domain.errors import Fault, NotSignedIn, TryAgain
from chalicelib.domain.person import SCOPE, Begun, Person, Provider, read_id

_ASSERTION: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_ASSERTION_S: Final = 60
_OK, _CREATED, _REFUSED = 200, 201, 400
_LONGEST: Final = 2_048


@dataclass(frozen=True, slots=True)
class Endpoints:
    """What the issuer's own document says of it (OpenID Connect Discovery 1.0, 3).

    Attributes:
        names_itself: whether the answer to a browser names the issuer (RFC 9207).
    """

    push: str
    authorize: str
    token: str
    keys: str
    names_itself: bool


@dataclass(frozen=True)
class Ikd:
    """One issuer, and our client there.

    Attributes:
        callback: our own address, to which people are sent back; registered there to the letter.
        algorithm: with which the issuer signs ID tokens; a setting, never taken from a token.
        key_id: name of our key, as the issuer has it.
        sign: ECDSA P-256 signature (DER) over a SHA-256 digest.
        new_id: a name that was never given before.
        fetch: gets a small document.
    """

    provider: Provider
    callback: str
    algorithm: str
    key_id: str
    sign: Callable[[bytes], bytes]
    new_id: Callable[[], str]
    fetch: Callable[[str], bytes] = tokens.fetch

    def sign_in_address(self, begun: Begun) -> str:
        """Push what we ask for, and give the address to send the browser to.

        Raises:
            TryAgain: IKD does not answer for now, or refuses us as a client.
        """
        digest = hashlib.sha256(begun.verifier.encode()).digest()
        status, found = self._ask(
            self._endpoints.push,
            begun.at,
            response_type="code",
            redirect_uri=self.callback,
            scope=SCOPE,
            state=begun.state,
            nonce=begun.nonce,
            code_challenge=_text(digest),
            code_challenge_method="S256",
            prompt="login",  # on a telephone that a village shares nobody is signed in as another
        )
        pushed = found.get("request_uri") if found else None
        if status != _CREATED or not _is_word(pushed):
            raise TryAgain(Fault("ikd_refused"))
        query = {"client_id": self.provider.client_id, "request_uri": pushed}
        return f"{self._endpoints.authorize}?{urlencode(query)}"

    def person(self, begun: Begun, answered: Mapping[str, str], now: int) -> Person:
        """Turn what the browser brought back into who it is; a code works once.

        Args:
            answered: the query with which it came; its state is compared already.
            now: seconds since the epoch.

        Raises:
            NotSignedIn: the person stopped, or IKD does not stand by this answer.
            TryAgain: IKD does not answer for now, or refuses us as a client.
        """
        code, issuer = answered.get("code"), answered.get("iss")
        named = issuer is not None or self._endpoints.names_itself
        if not _is_word(code) or (named and issuer != self.provider.issuer):
            raise NotSignedIn(Fault("ikd_not_finished"))
        status, found = self._ask(
            self._endpoints.token,
            now,
            grant_type="authorization_code",
            code=code,
            redirect_uri=self.callback,
            code_verifier=begun.verifier,
        )
        if status >= _REFUSED and (found is None or found.get("error") != "invalid_grant"):
            raise TryAgain(Fault("ikd_refused"))
        token = found.get("id_token") if status == _OK and found else None
        if not isinstance(token, str):
            raise NotSignedIn(Fault("ikd_not_finished"))
        return read_id(self._claims(token, now), self.provider, now, begun)

    def _claims(self, token: str, now: int) -> Mapping[str, Any]:
        with _told():
            return tokens.signed_claims(token, now, self._keys, self.algorithm)

    @cached_property
    def _endpoints(self) -> Endpoints:
        """Read once for the process; a failure is tried again at the next sign-in."""
        with _told():
            raw = self.fetch(f"{self.provider.issuer}/.well-known/openid-configuration")
        return read_endpoints(raw, self.provider.issuer)

    @cached_property
    def _keys(self) -> KeySet:
        return KeySet(self._endpoints.keys, self.fetch, self.algorithm)

    def _ask(self, url: str, now: int, **fields: str) -> tuple[int, dict[str, Any] | None]:
        proof = {"client_assertion_type": _ASSERTION, "client_assertion": self._assertion(now)}
        with _told():
            return send_form(url, {"client_id": self.provider.client_id, **proof, **fields})

    def _assertion(self, now: int) -> str:
        """Who we are, for one request: PyJWT takes no key that is elsewhere."""
        from cryptography.hazmat.primitives.asymmetric.ec import (  # noqa: PLC0415 - as jwt
            SECP256R1,
        )
        from jwt.utils import der_to_raw_signature  # noqa: PLC0415 - only who signs in needs it

        us = self.provider.client_id
        header = {"alg": "ES256", "typ": "JWT", "kid": self.key_id}
        times = {"iat": now, "exp": now + _ASSERTION_S}
        claims = {"iss": us, "sub": us, "aud": self.provider.issuer, "jti": self.new_id(), **times}
        said = f"{_text(json.dumps(header).encode())}.{_text(json.dumps(claims).encode())}"
        signature = self.sign(hashlib.sha256(said.encode()).digest())
        return f"{said}.{_text(der_to_raw_signature(signature, SECP256R1()))}"


def read_endpoints(raw: bytes, issuer: str) -> Endpoints:
    """Read the issuer's document.

    Raises:
        TryAgain: it is not this issuer's, lacks what we need, or leads to a weaker connection.
    """
    try:
        said = json.loads(raw)
        found = Endpoints(
            push=said["pushed_authorization_request_endpoint"],
            authorize=said["authorization_endpoint"],
            token=said["token_endpoint"],
            keys=said["jwks_uri"],
            names_itself=said.get("authorization_response_iss_parameter_supported") is True,
        )
        sound = said["issuer"] == issuer and "S256" in said["code_challenge_methods_supported"]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise TryAgain(Fault("ikd_refused")) from None
    scheme = issuer.partition("://")[0] + "://"
    places = (found.push, found.authorize, found.token, found.keys)
    if not (sound and all(_is_word(place) and place.startswith(scheme) for place in places)):
        raise TryAgain(Fault("ikd_refused"))
    return found


@contextmanager
def _told() -> Iterator[None]:
    """IKD's silence under a name of its own, since the way out is another: go to the office."""
    try:
        yield
    except TryAgain:
        raise TryAgain(Fault("ikd_busy")) from None
    except NotSignedIn:
        raise NotSignedIn(Fault("ikd_not_finished")) from None


def _is_word(value: object) -> TypeGuard[str]:
    """Text without spaces and control characters, not too long to be passed on."""
    return (
        isinstance(value, str)
        and 0 < len(value) <= _LONGEST
        and value.isascii()
        and value.isprintable()
        and " " not in value
    )


def _text(raw: bytes) -> str:
    return urlsafe_b64encode(raw).decode().rstrip("=")
