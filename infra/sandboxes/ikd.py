"""A stand-in for IKD, the citizens' identity app: an OpenID provider on this machine only.

How the real one speaks to services is not public. This one asks of us what the security profile of
public services asks today (FAPI 2.0): pushed requests, PKCE, a client that signs who it is; and
refuses what a good server refuses. Nobody proves anything here: whoever opens the page is whom
they say, and every person is invented. Starlette, in memory, loopback only, logs no person.
"""

from __future__ import annotations

import argparse
import hashlib
import hmac
import json
import secrets
import sys
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode

import jwt
import uvicorn
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import load_der_public_key
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from chalicelib.adapters.area_files import area_codes
from chalicelib.domain.nik import WarningCode, check_nik
from chalicelib.domain.person import NAME_CLAIM, NIK_CLAIM
from infra.people.world import LOWEST_SERIAL
from infra.sandboxes import ikd_page
from infra.sandboxes.civil_registry_records import Record, read_population

PUSHED_S: Final = 60
PAGE_S: Final = 600
CODE_S: Final = 60
TOKEN_S: Final = 300
SHOWN: Final = 12  # people with a button of their own
_ASSERTION: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_CHALLENGE: Final = 43  # letters of a SHA-256 digest in base64url
_LARGEST: Final = 16_384
_ADULT: Final = 17


@dataclass(frozen=True, slots=True)
class Client:
    """The one service that is registered here."""

    id: str
    callback: str
    key: ec.EllipticCurvePublicKey


class Refused(Exception):  # noqa: N818 - named by what it says to the client
    """An error of OAuth 2.0, 5.2."""

    def __init__(self, error: str, why: str, status: int = 400) -> None:
        super().__init__(why)
        self.answer = JSONResponse({"error": error, "error_description": why}, status, NO_STORE)


NO_STORE: Final = {"Cache-Control": "no-store"}


@dataclass
class Kept:
    """Things under a name that nobody guesses, each for so many seconds and to be taken once."""

    seconds: int
    now: Callable[[], float]
    things: dict[str, tuple[float, Any]] = field(default_factory=dict)

    def put(self, thing: object, prefix: str = "") -> str:
        """Keep it; gives its name. What is over is forgotten."""
        now = self.now()
        self.things = {name: kept for name, kept in self.things.items() if kept[0] > now}
        name = prefix + secrets.token_urlsafe(32)
        self.things[name] = (now + self.seconds, thing)
        return name

    def take(self, name: str) -> Any:  # noqa: ANN401 - what was put
        """Take it away; None when it is not there, was taken, or is over."""
        ends, thing = self.things.pop(name, (0.0, None))
        return thing if ends > self.now() else None


class Sandbox:
    """The provider.

    Attributes:
        down: whether it answers 503 to services.
        sign: makes an ID token of claims; a test that forges one puts its own here.
    """

    def __init__(
        self,
        issuer: str,
        client: Client,
        people: Mapping[str, Record],
        now: Callable[[], float] = time.time,
    ) -> None:
        self.issuer = issuer
        self.client = client
        self.people = people
        self.now = now
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.kid = secrets.token_hex(4)
        self.down = False
        self.sign: Callable[[dict[str, Any]], str] = self.id_token
        self.pushed = Kept(PUSHED_S, now)
        self.pages = Kept(PAGE_S, now)
        self.codes = Kept(CODE_S, now)
        self._assertions: dict[str, float] = {}

    def id_token(self, claims: dict[str, Any]) -> str:
        """Sign claims as a sound provider does."""
        return jwt.encode(claims, self.key, algorithm="RS256", headers={"kid": self.kid})

    def discovery(self) -> dict[str, Any]:
        """What clients are told (OpenID Connect Discovery 1.0, RFC 8414, RFC 9126)."""
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "pushed_authorization_request_endpoint": f"{self.issuer}/par",
            "require_pushed_authorization_requests": True,
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/jwks",
            "response_types_supported": ["code"],
            "grant_types_supported": ["authorization_code"],
            "subject_types_supported": ["pairwise"],
            "code_challenge_methods_supported": ["S256"],
            "token_endpoint_auth_methods_supported": ["private_key_jwt"],
            "token_endpoint_auth_signing_alg_values_supported": ["ES256"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "authorization_response_iss_parameter_supported": True,
            "scopes_supported": ["openid", NIK_CLAIM, NAME_CLAIM],
            "claims_supported": ["sub", "auth_time", NIK_CLAIM, NAME_CLAIM],
        }

    def jwks(self) -> dict[str, Any]:
        """The key that ID tokens are signed with."""
        public = jwt.algorithms.RSAAlgorithm.to_jwk(self.key.public_key(), as_dict=True)
        return {"keys": [public | {"kid": self.kid, "use": "sig", "alg": "RS256"}]}

    def push(self, form: Mapping[str, str]) -> str:
        """Take a request before the browser comes with it (RFC 9126); gives its name.

        Raises:
            Refused: it is not what the client is registered for.
        """
        self._know(form)
        asked = {
            "response_type": "code",
            "redirect_uri": self.client.callback,
            "code_challenge_method": "S256",
        }
        for name, value in asked.items():
            if form.get(name) != value:
                raise Refused("invalid_request", f"{name} must be {value}")
        if "openid" not in form.get("scope", "").split():
            raise Refused("invalid_scope", "openid is not asked for")
        if len(form.get("code_challenge", "")) != _CHALLENGE:
            raise Refused("invalid_request", "no code_challenge")
        if "request_uri" in form or not (form.get("state") and form.get("nonce")):
            raise Refused("invalid_request", "state and nonce are needed, request_uri is not")
        return self.pushed.put(dict(form), "urn:ietf:params:oauth:request_uri:")

    def grant(self, asked: Mapping[str, str], nik: str, name: str) -> str:
        """A code for somebody who has just proved who they are; gives the way back."""
        who = {NIK_CLAIM: nik, NAME_CLAIM: name, "auth_time": int(self.now())}
        return self._back(asked, code=self.codes.put((asked, who)))

    def stop(self, asked: Mapping[str, str]) -> str:
        """The way back for somebody who did not want to go on."""
        return self._back(asked, error="access_denied")

    def token(self, form: Mapping[str, str]) -> dict[str, Any]:
        """Turn a code into an ID token, once.

        Raises:
            Refused: the client, the code or what it is bound to is not right.
        """
        self._know(form)
        if form.get("grant_type") != "authorization_code":
            raise Refused("unsupported_grant_type", "only authorization_code")
        granted: tuple[dict[str, str], dict[str, Any]] | None
        granted = self.codes.take(form.get("code", ""))
        asked, who = granted or ({}, {})
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        bound = hmac.compare_digest(_text(digest), asked.get("code_challenge", ""))
        if not (who and bound and form.get("redirect_uri") == asked["redirect_uri"]):
            raise Refused("invalid_grant", "the code was used, is over, or is another's")
        now = int(self.now())
        subject = hmac.digest(self.client.id.encode(), who[NIK_CLAIM].encode(), "sha256")
        times = {"iat": now, "exp": now + TOKEN_S}
        ours = {"iss": self.issuer, "aud": self.client.id, "sub": _text(subject), **times}
        return {
            "access_token": secrets.token_urlsafe(32),
            "token_type": "Bearer",
            "expires_in": TOKEN_S,
            "id_token": self.sign({**ours, "nonce": asked["nonce"], **who}),
        }

    def _know(self, form: Mapping[str, str]) -> None:
        """Check who asks (RFC 7523): signed with the registered key, for us, once."""
        try:
            said = jwt.decode(
                form.get("client_assertion", ""),
                self.client.key,
                algorithms=["ES256"],
                audience=self.issuer,
                issuer=self.client.id,
                subject=self.client.id,
                leeway=10,
                options={"require": ["exp", "iat", "jti", "sub", "aud"]},
            )
        except jwt.PyJWTError:
            raise Refused("invalid_client", "the assertion is not the client's", 401) from None
        now = self.now()
        self._assertions = {jti: ends for jti, ends in self._assertions.items() if ends > now}
        known = (
            form.get("client_assertion_type") == _ASSERTION
            and form.get("client_id") == self.client.id
            and said["jti"] not in self._assertions
            and said["exp"] - said["iat"] <= TOKEN_S
        )
        if not known:
            raise Refused("invalid_client", "the assertion was used, or is for too long", 401)
        self._assertions[said["jti"]] = said["exp"] + 10

    def _back(self, asked: Mapping[str, str], **more: str) -> str:
        query = {**more, "state": asked["state"], "iss": self.issuer}
        return f"{asked['redirect_uri']}?{urlencode(query)}"

    def known(self) -> list[tuple[str, str]]:
        """Who signs in with one button: the first living adults."""
        grown = f"{datetime.now(UTC).year - _ADULT - 1}-01-01"
        found = (
            (nik, who.name)
            for nik, who in self.people.items()
            if not who.deceased and who.birth_date < grown
        )
        return [one for one, _ in zip(found, range(SHOWN), strict=False)]

    def faults(self, nik: str, name: str) -> dict[str, str]:
        """What is wrong with somebody who was typed: only invented people, well-formed."""
        checked = check_nik(nik, on=datetime.now(UTC).date(), areas=area_codes())
        odd = WarningCode.REGION_UNKNOWN in checked.warnings
        if checked.errors or odd or checked.normalized != nik:
            return {"nik": "NIK ini tidak mungkin ada. Tulis 16 angka dengan kode wilayah asli."}
        if int(nik[-4:]) < LOWEST_SERIAL:
            return {"nik": "Hanya NIK rekaan: empat angka akhir 9901 atau lebih."}
        return {} if name.strip() else {"name": "Tulis namanya."}


def app(ikd: Sandbox) -> Starlette:  # noqa: C901 - one small function for each address
    """The provider's addresses."""
    shown = ikd_page.headers(ikd.client.callback)

    def page(text: str, status: int = 200) -> Response:
        return HTMLResponse(text, status, shown)

    def answered(make: Callable[[Mapping[str, str]], Response]) -> Callable[[Request], Any]:
        async def view(request: Request) -> Response:
            if ikd.down:
                return JSONResponse({"error": "temporarily_unavailable"}, 503, NO_STORE)
            try:
                return make(await _form(request))
            except Refused as refused:
                return refused.answer

        return view

    def push(form: Mapping[str, str]) -> Response:
        pushed = {"request_uri": ikd.push(form), "expires_in": PUSHED_S}
        return JSONResponse(pushed, 201, NO_STORE)

    async def authorize(request: Request) -> Response:
        """Show the page; a pushed request opens it once."""
        query = request.query_params
        asked = ikd.pushed.take(query.get("request_uri", ""))
        if asked is None or query.get("client_id") != ikd.client.id:
            return page(ikd_page.refusal("Tautan ini sudah dipakai, kedaluwarsa, atau salah."), 400)
        return page(ikd_page.sign_in(ikd.pages.put(asked), ikd.known(), {}))

    async def signed_in(request: Request) -> Response:
        form = await _form(request)
        asked = ikd.pages.take(form.get("transaction", ""))
        if asked is None:
            return page(ikd_page.refusal("Halaman ini sudah dipakai atau kedaluwarsa."), 400)
        if "stop" in form:
            return RedirectResponse(ikd.stop(asked), 303, NO_STORE)
        nik = form.get("nik", "").strip()
        record = ikd.people.get(nik)
        name = record.name if record else form.get("name", "")
        faults = ikd.faults(nik, name)
        if faults:
            return page(ikd_page.sign_in(ikd.pages.put(asked), ikd.known(), faults), 422)
        return RedirectResponse(ikd.grant(asked, nik, name), 303, NO_STORE)

    async def control(request: Request) -> Response:
        """Be down, or well again: {"mode": "down"} or {"mode": "ok"}."""
        mode = json.loads(await request.body()).get("mode")
        ikd.down = mode == "down"
        return JSONResponse({"mode": "down" if ikd.down else "ok"})

    async def health(_: Request) -> Response:
        return JSONResponse({"mode": "down" if ikd.down else "ok", "people": len(ikd.people)})

    return Starlette(
        routes=[
            Route(
                "/.well-known/openid-configuration",
                answered(lambda _: JSONResponse(ikd.discovery())),
            ),
            Route("/jwks", answered(lambda _: JSONResponse(ikd.jwks()))),
            Route("/par", answered(push), methods=["POST"]),
            Route("/authorize", authorize),
            Route("/authorize", signed_in, methods=["POST"]),
            Route(
                "/token",
                answered(lambda form: JSONResponse(ikd.token(form), 200, NO_STORE)),
                methods=["POST"],
            ),
            Route("/control", control, methods=["POST"]),
            Route("/health", health),
        ]
    )


async def _form(request: Request) -> dict[str, str]:
    raw = await request.body()
    return dict(parse_qsl(raw[:_LARGEST].decode("utf-8", "replace"), keep_blank_values=True))


def _text(raw: bytes) -> str:
    return urlsafe_b64encode(raw).decode().rstrip("=")


def main(argv: Sequence[str] | None = None) -> int:
    """Serve until interrupted; 1 when a file or the port is not to be had."""
    parser = argparse.ArgumentParser(prog="python -m infra.sandboxes.ikd", description=__doc__)
    parser.add_argument("--port", type=int, default=4588)
    parser.add_argument("--client-id", required=True)
    parser.add_argument("--callback", required=True, help="address to which people are sent back")
    parser.add_argument("--client-key", type=Path, required=True, help="its public key, DER")
    parser.add_argument("--population", type=Path, help="of the sandbox civil registry")
    given = parser.parse_args(argv)
    try:
        key = load_der_public_key(given.client_key.read_bytes())
        people = read_population(given.population) if given.population else {}
    except (OSError, ValueError) as fault:
        print(f"The IKD sandbox cannot start: {fault}", file=sys.stderr)
        return 1
    if not isinstance(key, ec.EllipticCurvePublicKey):
        print("The IKD sandbox cannot start: the client's key is no elliptic key", file=sys.stderr)
        return 1
    client = Client(given.client_id, given.callback, key)
    sandbox = Sandbox(f"http://127.0.0.1:{given.port}", client, people)
    print(f"IKD sandbox: {sandbox.issuer}", flush=True)
    # Without an access log: an address of /authorize is a person's sign-in.
    options: dict[str, Any] = {"access_log": False, "log_level": "warning", "server_header": False}
    uvicorn.run(app(sandbox), host="127.0.0.1", port=given.port, **options)
    return 0


if __name__ == "__main__":
    sys.exit(main())
