"""Tokens as the staff pool would sign them, and as somebody who is not the pool would."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from chalicelib.domain.tokens import Pool

POOL = Pool("https://cognito-idp.ap-southeast-3.amazonaws.com/pool-1", "client-1")
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
KID = "key-1"
SUBJECT = "3f2a90c1-7f1e-4f30-9a55-0c52f6a1b7d2"
NOW = 1_795_230_000  # 2026-11-21


def keys(kid: str, _now: int) -> rsa.RSAPublicKey | None:
    """The pool's one key."""
    return KEY.public_key() if kid == KID else None


def jwks(**more: Any) -> bytes:
    """The pool's keys as it publishes them."""
    public: dict[str, Any] = json.loads(RSAAlgorithm.to_jwk(KEY.public_key()))
    listed = public | {"kid": KID, "use": "sig", "alg": "RS256"} | more
    return json.dumps({"keys": [listed]}).encode()


def access(now: int = NOW, pool: Pool = POOL, **changes: Any) -> dict[str, Any]:
    """Claims of an access token that is let in; a change to None takes a claim away."""
    claims = {
        "sub": SUBJECT,
        "iss": pool.issuer,
        "client_id": pool.client_id,
        "token_use": "access",
        "scope": "openid",
        "username": "petugas",
        "cognito:groups": ["reviewer"],
        "origin_jti": "0b1c2d3e-0000-4000-8000-00000000000a",
        "jti": "0b1c2d3e-0000-4000-8000-00000000000b",
        "auth_time": now - 60,
        "iat": now - 60,
        "exp": now + 840,
    } | changes
    return {name: value for name, value in claims.items() if value is not None}


def id_claims(now: int = NOW, pool: Pool = POOL, **changes: Any) -> dict[str, Any]:
    """Claims of an ID token."""
    kept = access(now, pool, client_id=None, token_use="id", aud=pool.client_id, nonce="nonce-1")
    return {name: value for name, value in (kept | changes).items() if value is not None}


def sign(
    claims: Mapping[str, Any],
    key: Any = KEY,
    algorithm: str = "RS256",
    **header: Any,
) -> str:
    """Sign claims; the header may bring more than it should."""
    return jwt.encode(dict(claims), key, algorithm=algorithm, headers={"kid": KID, **header})


def part(value: object) -> str:
    """One part of a token, made by hand."""
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return urlsafe_b64encode(raw).decode().rstrip("=")
