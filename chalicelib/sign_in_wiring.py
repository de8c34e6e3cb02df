"""Builds what signing in needs: staff by the pool, citizens by IKD; beside `wiring`."""

from __future__ import annotations

import os
from functools import cache
from typing import TYPE_CHECKING

from chalicelib import wiring
from chalicelib.settings import needed, settings

if TYPE_CHECKING:
    from chalicelib.adapters.cookies import CookieSealer
    from chalicelib.adapters.ikd import Ikd
    from chalicelib.adapters.login import Login
    from chalicelib.adapters.sign_outs import SignOuts
    from chalicelib.adapters.tokens import KeySet
    from chalicelib.domain.tokens import Claims, Pool


def has_ikd() -> bool:
    """Whether citizens can sign in at this stage."""
    return bool(os.environ.get("TEPAT_IKD_ISSUER"))


@cache
def ikd() -> Ikd:
    """IKD's sign-in pages.

    Raises:
        NotFound: this stage has none.
    """
    from chalicelib.adapters.ikd import Ikd
    from chalicelib.adapters.signer import KmsSigner
    from chalicelib.domain.errors import Fault, NotFound
    from chalicelib.domain.person import Provider

    if not has_ikd():
        raise NotFound(Fault("ikd_unavailable"))
    key_id = needed("TEPAT_IKD_KEY_ID")
    return Ikd(
        Provider(needed("TEPAT_IKD_ISSUER"), needed("TEPAT_IKD_CLIENT_ID")),
        callback=f"{wiring.site_origin()}/v1/person/callback",
        algorithm=needed("TEPAT_IKD_ALGORITHM"),
        key_id=key_id,
        sign=KmsSigner(wiring.client("kms"), key_id).sign,
        new_id=wiring.fresh_key,
    )


def staff_origin() -> str:
    """Our own address, as browsers send it with a form."""
    return needed("TEPAT_STAFF_ORIGIN")


@cache
def login() -> Login:
    """The pool's sign-in pages."""
    from chalicelib.adapters.login import Login

    return Login(needed("TEPAT_LOGIN_URL"), needed("TEPAT_CLIENT_ID"), staff_origin())


@cache
def agent_login() -> Login:
    """The pool's sign-in pages, for agents on their phones."""
    from dataclasses import replace

    return replace(login(), callback="/staff/agent/callback", home="/petugas/")


@cache
def cookies() -> CookieSealer:
    """Seals what browsers keep of staff and citizens who are signed in."""
    from chalicelib.adapters.cookies import CookieSealer

    return CookieSealer(wiring.index().mac)


@cache
def sign_outs() -> SignOuts:
    """Sign-ins that were ended."""
    from chalicelib.adapters.sign_outs import SignOuts

    return SignOuts(wiring.client("dynamodb"), settings().ops_table)


@cache
def pool() -> Pool:
    """The one pool whose tokens are believed."""
    from chalicelib.domain.tokens import Pool

    return Pool(needed("TEPAT_TOKEN_ISSUER"), needed("TEPAT_CLIENT_ID"))


@cache
def token_keys() -> KeySet:
    """The pool's public keys."""
    from chalicelib.adapters.tokens import KeySet, fetch

    return KeySet(needed("TEPAT_JWKS_URL"), fetch)


def verify_token(token: str) -> Claims:
    """Check an access token of the pool.

    Raises:
        NotSignedIn: it is not one for us, or its time is over.
        TryAgain: the pool's keys cannot be had for now.
    """
    from chalicelib.adapters.tokens import verify

    return verify(token, wiring.clock.now_ms() // 1000, token_keys(), pool())


def verify_id_token(token: str, *, nonce: str, subject: str) -> None:
    """Check the ID token that came with a sign-in.

    Raises:
        NotSignedIn, TryAgain: as `verify_token`.
    """
    from chalicelib.adapters.tokens import verify_id

    verify_id(
        token, wiring.clock.now_ms() // 1000, token_keys(), pool(), nonce=nonce, subject=subject
    )
