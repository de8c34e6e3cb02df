"""Signatures of tokens, and the staff pool's tokens: checked with the issuer's own keys.

PyJWT does the cryptography. The algorithm is ours and never the token's, a key is found only by
its name among the keys of one address, and whatever else the token's header brings is not used
(security 2.2). Citizens' ID tokens have a verifier and a key set of their own (adapters/ikd.py):
only what is done with a signature is shared.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

import urllib3

from chalicelib.domain.errors import Fault, NotSignedIn, TryAgain
from chalicelib.domain.tokens import Claims, Pool, check_id, read_access

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

    PublicKey = RSAPublicKey | EllipticCurvePublicKey

ALGORITHM: Final = "RS256"
REFETCH_S: Final = 300
TIMEOUT: Final = urllib3.Timeout(connect=2, read=3)
_LONGEST: Final = 8_192
_SHAPE: Final = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+", re.ASCII)
_KINDS: Final = {"RS256": ("RSA", 2_048), "PS256": ("RSA", 2_048), "ES256": ("EC", 256)}
"""Algorithm -> kind of its keys, and bits of the smallest."""
_LARGEST_ANSWER: Final = 65_536
_OK, _SERVER_FAULT, _TOO_MANY = 200, 500, 429

Keys = Callable[[str, int], "PublicKey | None"]
"""(kid, seconds since the epoch) -> the issuer's key of that name, or None."""


def verify(token: str, now: int, keys: Keys, pool: Pool) -> Claims:
    """Check an access token: its signature and every claim.

    Args:
        now: seconds since the epoch.

    Raises:
        NotSignedIn: it is not a token of this pool for us, or its time is over.
        TryAgain: the pool's keys cannot be had for now.
    """
    return read_access(signed_claims(token, now, keys), pool, now)


def verify_id(token: str, now: int, keys: Keys, pool: Pool, *, nonce: str, subject: str) -> None:
    """Check the ID token that came with an access token of `subject`.

    Raises:
        NotSignedIn: it is not of the sign-in that we began.
        TryAgain: the pool's keys cannot be had for now.
    """
    check_id(signed_claims(token, now, keys), pool, now, nonce, subject)


def signed_claims(
    token: str, now: int, keys: Keys, algorithm: str = ALGORITHM
) -> Mapping[str, Any]:
    """The claims of a token, if one of the issuer's keys signed it.

    Args:
        now: seconds since the epoch.
        algorithm: the one that the issuer signs with, by our settings.

    Raises:
        NotSignedIn: it is no token, or nobody whom we believe signed it.
        TryAgain: the issuer's keys cannot be had for now.
    """
    import jwt  # noqa: PLC0415 - who registers or looks up never signs in, and never loads it

    if len(token) > _LONGEST or not _SHAPE.fullmatch(token):
        raise NotSignedIn(Fault("not_signed_in"))
    try:
        header = jwt.get_unverified_header(token)
        kid = header.get("kid")
        if header.get("alg") != algorithm or "crit" in header or not isinstance(kid, str):
            raise NotSignedIn(Fault("not_signed_in"))
        key = keys(kid, now)
        if key is None:
            raise NotSignedIn(Fault("not_signed_in"))
        # Times and names are looked at in domain/tokens.py, one by one and not by defaults.
        payload: Mapping[str, Any] = jwt.decode(
            token,
            key,
            algorithms=[algorithm],
            options={
                "verify_signature": True,
                "verify_exp": False,
                "verify_nbf": False,
                "verify_iat": False,
                "verify_aud": False,
                "verify_iss": False,
                "verify_sub": False,
                "verify_jti": False,
            },
        )
    except (jwt.PyJWTError, ValueError, RecursionError):
        raise NotSignedIn(Fault("not_signed_in")) from None
    return payload


class KeySet:
    """An issuer's public keys, fetched when first needed and again when a name is not known."""

    def __init__(self, url: str, fetch: Callable[[str], bytes], algorithm: str = ALGORITHM) -> None:
        """Keep where they are; nothing is fetched yet."""
        self._url = url
        self._fetch = fetch
        self._algorithm = algorithm
        self._keys: dict[str, PublicKey] = {}
        self._fetched_at: int | None = None

    def __call__(self, kid: str, now: int) -> PublicKey | None:
        """The key of a name.

        Unknown names make it fetch at most once in five minutes, so that forged tokens cannot
        make us ask the issuer over and over.

        Raises:
            TryAgain: no keys are here and they cannot be fetched.
        """
        stale = self._fetched_at is None or now - self._fetched_at >= REFETCH_S
        if kid not in self._keys and stale:
            try:
                self._keys = read_keys(self._fetch(self._url), self._algorithm)
            except TryAgain:
                if self._fetched_at is None:
                    raise
            self._fetched_at = now
        return self._keys.get(kid)


def read_keys(raw: bytes, algorithm: str = ALGORITHM) -> dict[str, PublicKey]:
    """The signing keys of a JWKS by name; what is not a key for the algorithm is left out.

    Raises:
        TryAgain: it is no JWKS.
    """
    import jwt  # noqa: PLC0415 - as in signed_claims

    kind, smallest = _KINDS[algorithm]
    reader = jwt.get_algorithm_by_name(algorithm)
    try:
        listed = json.loads(raw)["keys"]
        wanted = [
            key
            for key in listed
            if key.get("kty") == kind
            and key.get("use", "sig") == "sig"
            and key.get("alg", algorithm) == algorithm
            and key.get("crv", "P-256") == "P-256"  # the one curve of ES256; RSA has none
            and "d" not in key
        ]
        found = {str(key["kid"]): reader.from_jwk(key) for key in wanted}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, jwt.InvalidKeyError):
        raise TryAgain(Fault("busy")) from None
    return {kid: key for kid, key in found.items() if key.key_size >= smallest}


def fetch(url: str) -> bytes:
    """Get a small document; no redirects, two tries.

    Raises:
        TryAgain: no answer, or not the one that is expected.
    """
    try:
        answer = urllib3.PoolManager().request(
            "GET", url, timeout=TIMEOUT, redirect=False, retries=1, preload_content=False
        )
        body = answer.read(_LARGEST_ANSWER + 1)
        answer.release_conn()
    except urllib3.exceptions.HTTPError:
        raise TryAgain(Fault("busy")) from None
    if answer.status != _OK or len(body) > _LARGEST_ANSWER:
        raise TryAgain(Fault("busy"))
    return body


def send_form(url: str, fields: Mapping[str, str]) -> tuple[int, dict[str, Any] | None]:
    """Send a form once; no redirects.

    Returns:
        HTTP status, and the JSON object that was answered or None for anything else.

    Raises:
        TryAgain: no answer, or the server is in trouble.
    """
    try:
        answer = urllib3.PoolManager().request(
            "POST",
            url,
            body=urlencode(fields),
            headers={"Content-Type": "application/x-www-form-urlencoded"},
            timeout=TIMEOUT,
            redirect=False,
            retries=False,  # a code works once, and a lost answer is a sign-in to begin again
            preload_content=False,
        )
        body = answer.read(_LARGEST_ANSWER)
        answer.release_conn()
    except urllib3.exceptions.HTTPError:
        raise TryAgain(Fault("busy")) from None
    if answer.status >= _SERVER_FAULT or answer.status == _TOO_MANY:
        raise TryAgain(Fault("busy"))
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        found = None
    return answer.status, found if isinstance(found, dict) else None
