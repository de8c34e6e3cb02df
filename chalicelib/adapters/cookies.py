"""Cookies sealed for a browser to keep: it can neither read nor change them.

AES-256-GCM under a key that is derived from the stage's blind index, with the cookie's name
authenticated, so that one cookie cannot be put in another's place.
"""

from __future__ import annotations

import binascii
import json
import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from typing import Any, Final

from chalicelib.domain.receipt import Mac

_NONCE: Final = 12
_LONGEST: Final = 4_096  # what browsers keep


@dataclass(frozen=True, slots=True)
class CookieSealer:
    """Seals and opens cookies."""

    mac: Mac

    def make(
        self, name: str, kept: Mapping[str, Any], seconds: int, *, same_site: str = "Strict"
    ) -> str:
        """`Set-Cookie` that lets a browser keep something for so many seconds.

        Raises:
            TryAgain: the key service refused for now.
        """
        return _cookie(name, self.seal(name, json.dumps(kept)), seconds, same_site)

    def clear(self, name: str, *, same_site: str = "Strict") -> str:
        """`Set-Cookie` that ends a cookie."""
        return _cookie(name, "", 0, same_site)

    def read(self, name: str, header: str) -> dict[str, Any] | None:
        """What `make` let the browser keep.

        Args:
            header: all cookies of a request, as they came.

        Returns:
            None when there is none of ours under that name.

        Raises:
            TryAgain: the key service refused for now.
        """
        try:
            found = SimpleCookie(header).get(name)
        except CookieError:
            return None
        text = self.open(name, found.value) if found else None
        if text is None:
            return None
        kept: dict[str, Any] = json.loads(text)
        return kept

    def seal(self, name: str, text: str) -> str:
        """A value for the cookie of that name."""
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415 - at first use

        nonce = os.urandom(_NONCE)
        locked = AESGCM(self._key).encrypt(nonce, text.encode(), name.encode())
        return urlsafe_b64encode(nonce + locked).decode().rstrip("=")

    def open(self, name: str, value: str) -> str | None:
        """What was sealed under that name; None when it was not, or was changed.

        Raises:
            TryAgain: the key service refused for now.
        """
        from cryptography.exceptions import InvalidTag  # noqa: PLC0415 - at first use
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415 - same

        if len(value) > _LONGEST or not value.isascii():
            return None
        try:
            raw = urlsafe_b64decode(value + "=" * (-len(value) % 4))
            return AESGCM(self._key).decrypt(raw[:_NONCE], raw[_NONCE:], name.encode()).decode()
        except (InvalidTag, ValueError, binascii.Error):
            return None

    @property
    def _key(self) -> bytes:
        return self.mac("session", b"cookies")


def _cookie(name: str, value: str, seconds: int, same_site: str) -> str:
    """A cookie of this host alone, out of reach of scripts."""
    return f"{name}={value}; Path=/; Max-Age={seconds}; Secure; HttpOnly; SameSite={same_site}"
