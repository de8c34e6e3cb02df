"""The pool's sign-in pages: where staff are sent, and where a code becomes tokens.

Authorization code flow with PKCE (RFC 7636) for a client that has no secret.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

from chalicelib.adapters.tokens import send_form
from chalicelib.domain.errors import Fault, NotSignedIn

_OK: Final = 200


@dataclass(frozen=True, slots=True)
class Tokens:
    """What the pool gives. A renewal brings no ID token, and seldom another renewal token."""

    access: str
    id: str
    renewal: str


@dataclass(frozen=True, slots=True)
class Login:
    """The pool's pages for one client.

    Attributes:
        base: address of the pool's pages.
        origin: our own site, to which the pool sends people back.
        callback: where they bring the code of a sign-in.
        home: where they come out after signing out.
    """

    base: str
    client_id: str
    origin: str
    callback: str = "/staff/callback"
    home: str = "/staff/"

    def sign_in_address(self, state: str, nonce: str, challenge: str) -> str:
        """Where to send somebody who wants to sign in."""
        query = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": self._callback,
            "scope": "openid",
            "state": state,
            "nonce": nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        return f"{self.base}/oauth2/authorize?{urlencode(query)}"

    def sign_out_address(self) -> str:
        """Where to send somebody who signed out here, to sign out of the pool's pages too."""
        query = {"client_id": self.client_id, "logout_uri": f"{self.origin}{self.home}"}
        return f"{self.base}/logout?{urlencode(query)}"

    def exchange(self, code: str, verifier: str) -> Tokens:
        """Turn the code of a sign-in into tokens; a code works once.

        Raises:
            NotSignedIn: the pool refuses the code.
            TryAgain: the pool does not answer for now.
        """
        found = self._ask(
            grant_type="authorization_code",
            code=code,
            redirect_uri=self._callback,
            code_verifier=verifier,
        )
        return Tokens(_text(found, "access_token"), _text(found, "id_token"), _renewal(found))

    def renew(self, renewal: str) -> Tokens:
        """Get a new access token.

        Raises:
            NotSignedIn: the sign-in is over or was revoked.
            TryAgain: the pool does not answer for now.
        """
        found = self._ask(grant_type="refresh_token", refresh_token=renewal)
        return Tokens(_text(found, "access_token"), "", _renewal(found) or renewal)

    @property
    def _callback(self) -> str:
        return f"{self.origin}{self.callback}"

    def _ask(self, **fields: str) -> dict[str, Any]:
        status, found = send_form(
            f"{self.base}/oauth2/token", {"client_id": self.client_id, **fields}
        )
        if status != _OK or found is None:
            raise NotSignedIn(Fault("not_signed_in"))
        return found


def _text(found: dict[str, Any], name: str) -> str:
    value = found.get(name)
    if not isinstance(value, str) or not value:
        raise NotSignedIn(Fault("not_signed_in"))
    return value


def _renewal(found: dict[str, Any]) -> str:
    value = found.get("refresh_token", "")
    return value if isinstance(value, str) else ""
