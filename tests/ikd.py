"""The sandbox IKD over real HTTP on loopback, our client there, and a browser at its pages."""

from __future__ import annotations

import html
import itertools
import json
import re
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import jwt
import pytest
import uvicorn
from chalice.test import Client as AppClient
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils

from chalicelib.adapters.ikd import Ikd
from chalicelib.domain.errors import Fault, NotSignedIn, TryAgain
from chalicelib.domain.person import Begun, Provider
from chalicelib.entrypoints import person_session
from infra.sandboxes.civil_registry_records import Record
from infra.sandboxes.ikd import Client, Sandbox, app
from tests.local_aws import free_port
from tests.minted import part

CLIENT = "tepat-tests"
SITE = "https://bansos.example.go.id"
CALLBACK = f"{SITE}/v1/person/callback"
KEY = ec.generate_private_key(ec.SECP256R1())
TLS = ssl.create_default_context()  # httpx would read all certificates for each call
NIK = "3510154903859901"
NAME = "Wulanira Kinandira"
TYPED = "3510150411779951"
HTML, JSON = "text/html", "application/json"
PEOPLE = {NIK: Record(NAME, "1985-03-09", "P", None, deceased=False)}
_NUMBERS = itertools.count()


def sign(digest: bytes, key: ec.EllipticCurvePrivateKey = KEY) -> bytes:
    """As the key service signs."""
    return key.sign(digest, ec.ECDSA(utils.Prehashed(hashes.SHA256())))


def seconds() -> int:
    return int(time.time())


def begun(at: int | None = None) -> Begun:
    """A sign-in as a browser begins it."""
    number = next(_NUMBERS)
    return Begun(f"state-{number:026}", f"nonce-{number:026}", "v" * 64, at or seconds())


@dataclass
class Running:
    """A sandbox that answers.

    Attributes:
        ahead: seconds by which the sandbox's clock is ahead.
        asked: every request as it came: (path, fields).
    """

    sandbox: Sandbox
    ahead: list[float]
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    def client(self, **changes: Any) -> Ikd:
        """Our client there."""
        given: dict[str, Any] = {
            "provider": Provider(self.sandbox.issuer, CLIENT),
            "callback": CALLBACK,
            "algorithm": "RS256",
            "key_id": "key-1",
            "sign": sign,
            "new_id": lambda: f"id-{next(_NUMBERS)}",
        }
        return Ikd(**given | changes)


@contextmanager
def running(
    people: Mapping[str, Record] | None = None, key: ec.EllipticCurvePublicKey | None = None
) -> Iterator[Running]:
    """Serve a sandbox on a free port.

    Args:
        people: who signs in with one button.
        key: the public half of our client's key; that of `sign` if left out.
    """
    port, ahead = free_port(), [0.0]
    client = Client(CLIENT, CALLBACK, key or KEY.public_key())
    sandbox = Sandbox(
        f"http://127.0.0.1:{port}",
        client,
        PEOPLE if people is None else people,
        now=lambda: time.time() + ahead[0],
    )
    options: dict[str, Any] = {"access_log": False, "log_level": "warning"}
    server = uvicorn.Server(uvicorn.Config(app(sandbox), host="127.0.0.1", port=port, **options))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    try:
        yield Running(sandbox, ahead)
    finally:
        server.should_exit = True  # it ends within a tenth of a second, and nobody waits for that


def open_page(address: str) -> str:
    """Open the sign-in page; gives the transaction that it carries."""
    page = httpx.get(address, trust_env=False, verify=TLS)
    assert page.status_code == 200, page.text
    found = re.search(r'name="transaction" value="([^"]+)"', page.text)
    assert found
    return found[1]


def press(address: str, transaction: str, **fields: str) -> httpx.Response:
    """Send a form of the sign-in page."""
    place = urlsplit(address)
    sent = {"transaction": transaction, **fields}
    return httpx.post(
        f"{place.scheme}://{place.netloc}/authorize", data=sent, trust_env=False, verify=TLS
    )


def walk(address: str, **fields: str) -> dict[str, str]:
    """Sign in at the page, with one button; gives the query that the browser is sent back with."""
    answer = press(address, open_page(address), **(fields or {"nik": NIK}))
    assert answer.status_code == 303, answer.text
    return brought(answer.headers["location"])


def brought(location: str) -> dict[str, str]:
    """The query of an address at our own site."""
    assert location.startswith(f"{CALLBACK}?")
    return {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}


def rs256(ikd: Running, claims: dict[str, Any], key: Any = None, **header: Any) -> str:
    """Sign claims as the sandbox does; the header may bring more than it should."""
    named = {"kid": ikd.sandbox.kid, **header}
    try:
        return jwt.encode(claims, key or ikd.sandbox.key, algorithm="RS256", headers=named)
    except TypeError:  # the library refuses to write it, so it is written by hand
        body = f"{part({'alg': 'RS256', **named})}.{part(claims)}"
        signer = jwt.get_algorithm_by_name("RS256")
        return f"{body}.{part(signer.sign(body.encode(), ikd.sandbox.key))}"


def refused(client: Ikd, start: Begun, answered: dict[str, str]) -> None:
    """Nobody is signed in, and is not told why."""
    with pytest.raises(NotSignedIn) as told:
        client.person(start, answered, seconds())
    assert told.value.faults == (Fault("ikd_not_finished"),)


def in_trouble(ask: Callable[[], object], code: str) -> None:
    """IKD cannot be used for now, under this code."""
    with pytest.raises(TryAgain) as told:
        ask()
    assert told.value.faults == (Fault(code),)


@dataclass
class Browser:
    """A telephone at the public surface: keeps cookies as browsers do."""

    client: AppClient
    jar: dict[str, str] = field(default_factory=dict)
    set: list[str] = field(default_factory=list)

    @property
    def headers(self) -> dict[str, str]:
        """So that it can also stand for a request."""
        return {"cookie": "; ".join(f"{name}={value}" for name, value in self.jar.items())}

    def get(self, path: str, accept: str = HTML) -> tuple[int, str, dict[str, Any]]:
        return self._read(self.client.http.get(path, headers={"Accept": accept, **self.headers}))

    def post(
        self, path: str, origin: str | None = SITE, accept: str = HTML
    ) -> tuple[int, str, dict[str, Any]]:
        sent = {"Accept": accept, **self.headers}
        if origin is not None:
            sent["Origin"] = origin
        return self._read(self.client.http.post(path, headers=sent, body=b""))

    def begin(self, to: str = "") -> str:
        """Follow the link; gives the address at IKD."""
        code, body, headers = self.get(f"/v1/person/sign-in?{urlencode({'to': to})}")
        assert (code, body) == (302, "")
        address: str = headers["Location"]
        return address

    def sign_in(self, to: str = "", **who: str) -> tuple[int, str, dict[str, Any]]:
        return self.come_back(walk(self.begin(to), **who))

    def come_back(self, brought: dict[str, str]) -> tuple[int, str, dict[str, Any]]:
        return self.get(f"/v1/person/callback?{urlencode(brought)}")

    def state(self) -> dict[str, Any]:
        code, body, _ = self.get("/v1/person", JSON)
        assert code == 200
        told: dict[str, Any] = json.loads(body)
        return told

    def renew(self) -> person_session.Signed:
        """Do something that only somebody who is signed in may."""
        signed = person_session.require_person(self)  # type: ignore[arg-type]  # only what is read
        self._keep(list(signed.cookies))
        return signed

    def _read(self, answer: Any) -> tuple[int, str, dict[str, Any]]:
        headers = dict(answer.headers)
        self._keep(headers.get("Set-Cookie", []))
        return answer.status_code, html.unescape(answer.body.decode()), headers

    def _keep(self, cookies: list[str]) -> None:
        self.set = cookies
        for cookie in cookies:
            name, _, rest = cookie.partition("=")
            assert "; Path=/; " in cookie
            assert "; Secure; HttpOnly; " in cookie
            self.jar.pop(name, None)
            if value := rest.partition(";")[0]:
                self.jar[name] = value
