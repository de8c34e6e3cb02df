"""A browser without a screen, as far as a walk over HTTP needs one: cookies, forms, sign-ins."""

from __future__ import annotations

import html
import re
import secrets
import time
from typing import Any
from urllib.parse import urljoin

import httpx

TRIES = 3  # of what is answered "busy": a small machine starts its functions slowly
BUSY_S = 3.0
_HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)"')
_ACTION = re.compile(r'<form[^>]*action="([^"]*)"')


class SignInError(RuntimeError):
    """Somebody could not sign in; the message says where it ended."""


class Visitor:
    """One person at one site.

    Cookies are kept by hand: ours are `Secure`, which browsers allow on 127.0.0.1 and programs do
    not. Redirects are told, not followed, so that a walk sees each step.
    """

    def __init__(self, site: str) -> None:
        """Args: site: its address without a trailing slash."""
        self.site = site
        self._jar: dict[str, str] = {}
        # Several people with one device count as one hand; each visitor has a device of its own.
        device = {"User-Agent": f"tepat-walk/{secrets.token_hex(8)}"}
        self._http = httpx.Client(timeout=60, trust_env=False, headers=device)

    def close(self) -> None:
        """Give the connections back."""
        self._http.close()

    def get(self, path: str, accept: str = "text/html") -> httpx.Response:
        """Ask for a page, or for JSON; again when it is busy."""
        return self._patiently("GET", path, headers={"Accept": accept})

    def send(self, path: str, body: object, key: str = "") -> httpx.Response:
        """Send JSON as our own pages do; again under its key when the other side is busy."""
        headers = {"Accept": "application/json", "Origin": self.site}
        if key:
            headers["Idempotency-Key"] = key
        return self._patiently("POST", path, headers=headers, json=body)

    def submit(self, path: str, fields: dict[str, str]) -> httpx.Response:
        """Send a form as our own pages do."""
        headers = {"Accept": "text/html", "Origin": self.site}
        return self._ask("POST", path, headers=headers, data=fields)

    def upload(self, grant: dict[str, Any], content: bytes, media_type: str) -> httpx.Response:
        """Send a file straight to a bucket, by the form that was granted."""
        file = {"file": ("evidence", content, media_type)}
        where, fields = grant["url"], grant["fields"]
        return self._http.post(where, data=fields, files=file, headers={"Origin": self.site})

    def sign_in_as_staff(self, user: str, password: str) -> None:
        """Sign in at the user pool's own page; once more from the start when it did not go through.

        Raises:
            SignInError: the pool or the desk did not let them in.
        """
        try:
            self._sign_in_as_staff(user, password)
        except SignInError:
            time.sleep(BUSY_S)
            self._sign_in_as_staff(user, password)

    def _sign_in_as_staff(self, user: str, password: str) -> None:
        away = self.get("/staff/sign-in").headers.get("location", "")
        page = self._http.get(away, follow_redirects=True)
        fields = {name: html.unescape(text) for name, text in _HIDDEN.findall(page.text)}
        action = _ACTION.search(page.text)
        target = urljoin(str(page.url), html.unescape(action[1]) if action else "")
        fields |= {"username": user, "password": password}
        back = self._http.post(target, data=fields).headers.get("location", "")
        self._return(back, f"{user} at the staff pool")

    def sign_in_as_citizen(self, nik: str, name: str) -> None:
        """Sign in at the sandbox IKD, as the invented person with that number.

        Raises:
            SignInError: the sandbox or the site did not let them in.
        """
        away = self.get("/v1/person/sign-in").headers.get("location", "")
        page = self._http.get(away)
        fields = dict(_HIDDEN.findall(page.text)) | {"nik": nik, "name": name}
        back = self._http.post(urljoin(away, "/authorize"), data=fields)
        self._return(back.headers.get("location", ""), "a citizen at the sandbox IKD")

    def _return(self, back: str, who: str) -> None:
        if not back.startswith(self.site):
            raise SignInError(f"{who} was not sent back to {self.site}")
        answer = self._ask("GET", back.removeprefix(self.site), {"Accept": "text/html"})
        if answer.status_code != httpx.codes.OK:
            raise SignInError(f"{who} came back and was answered {answer.status_code}")

    def _patiently(
        self,
        method: str,
        path: str,
        headers: dict[str, str],
        **sent: Any,  # noqa: ANN401 - httpx's own
    ) -> httpx.Response:
        for _ in range(TRIES - 1):
            answer = self._ask(method, path, dict(headers), **sent)
            if answer.status_code != httpx.codes.SERVICE_UNAVAILABLE:
                return answer
            time.sleep(BUSY_S)
        return self._ask(method, path, headers, **sent)

    def _ask(self, method: str, path: str, headers: dict[str, str], **sent: Any) -> httpx.Response:  # noqa: ANN401 - httpx's own
        if self._jar:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self._jar.items())
        answer = self._http.request(method, self.site + path, headers=headers, **sent)
        for cookie in answer.headers.get_list("set-cookie"):
            name, _, rest = cookie.partition("=")
            value = rest.partition(";")[0]
            self._jar.pop(name, None)
            if value:
                self._jar[name] = value
        return answer
