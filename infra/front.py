"""The local front: one address for the site and both APIs, as CloudFront is in the cloud.

It serves the built site with the headers of edge.yaml and forwards `/v1/*` and `/staff/*` to the
local API Gateway with the caller's own address, so that limits by address work as they will.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from infra.deploy import cache_control, content_type
from infra.templates import HERE, read

BODY_LIMIT = 10_000_000  # bytes: API Gateway's 10 MB
GATEWAY_LIMIT = 29  # seconds: API Gateway's own
AT_ONCE = 4  # requests to the functions; more wait here, for each costs a process of 50 MB
ENCODINGS = {"br": ".br", "gzip": ".gz"}
METHODS = ["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"]
# Headers of one connection, and those by which a caller could pass for another.
NOT_FORWARDED = {
    b"connection",
    b"content-length",
    b"forwarded",
    b"host",
    b"keep-alive",
    b"te",
    b"trailer",
    b"transfer-encoding",
    b"upgrade",
    b"via",
    b"x-real-ip",
}
NOT_RETURNED = {b"connection", b"content-length", b"date", b"server", b"transfer-encoding"}
NO_SUCH_ROUTE = b'{"message":"Missing Authentication Token"}'  # API Gateway's words for it
MISSING = ("not_found", "Alamat ini tidak ada.")
TOO_LARGE = ("body_too_large", "Data yang Anda kirim terlalu besar.")
DOWN = ("service_down", "Layanan sedang tidak dapat dihubungi. Tunggu sebentar, lalu coba lagi.")
Published = Callable[[str], bytes | None]
"""Reads a file that the functions publish on the site, or None."""


@dataclass(frozen=True, slots=True)
class Backends:
    """Where the front forwards to.

    Attributes:
        public: address of the public API with its stage, no trailing slash.
        staff: the same of the staff API.
        published: what the functions publish.
        uploads: address of the bucket that browsers send evidence to.
        released: address of the bucket that officers see it from.
    """

    public: str
    staff: str
    published: Published
    uploads: str
    released: str


def front(site: Path, backends: Backends) -> Starlette:
    """Make the front.

    Args:
        site: the built site.
        backends: the two APIs and the published files.

    Returns:
        An ASGI application.
    """
    client = httpx.AsyncClient(
        timeout=httpx.Timeout(GATEWAY_LIMIT, connect=2),
        limits=httpx.Limits(max_connections=AT_ONCE),
    )
    headers = security_headers(backends)
    agents = security_headers(backends, "AgentHeaders")

    def forward(base: str) -> Callable[[Request], Any]:
        async def view(request: Request) -> Response:
            return _with(headers, await _forward(client, base, request))

        return view

    async def published(request: Request) -> Response:
        key = request.url.path.removeprefix("/")
        found = await run_in_threadpool(backends.published, key)
        if found is None:
            return _with(headers, _missing(site, request))
        return _with(headers, Response(found, headers={"Content-Type": content_type(Path(key))}))

    async def page(request: Request) -> Response:
        told = agents if request.path_params["rest"].startswith("petugas/") else headers
        return _with(told, await run_in_threadpool(_page, site, request))

    @asynccontextmanager
    async def closing(_: Starlette) -> AsyncIterator[None]:
        async with client:
            yield

    return Starlette(
        lifespan=closing,
        routes=[
            Route("/v1/{rest:path}", forward(backends.public), methods=METHODS),
            Route("/staff/{rest:path}", forward(backends.staff), methods=METHODS),
            Route("/staff", forward(backends.staff), methods=METHODS),
            Route("/audit/{name:path}", published),
            Route("/ranking/{name:path}", published),
            Route("/{rest:path}", page),
        ],
    )


def security_headers(backends: Backends, which: str = "Headers") -> dict[str, str]:
    """Return the headers that a policy of edge.yaml sets, less the one that needs HTTPS."""
    resources = read(HERE / "edge.yaml")["Resources"]
    policy = resources[which]["Properties"]["ResponseHeadersPolicyConfig"]
    fixed = policy["SecurityHeadersConfig"]
    custom = policy["CustomHeadersConfig"]["Items"]
    allowed: str = fixed["ContentSecurityPolicy"]["ContentSecurityPolicy"]["Fn::Sub"]
    for name, address in (("UploadUrl", backends.uploads), ("ReleasedUrl", backends.released)):
        allowed = allowed.replace(f"${{{name}}}", _origin(address))
    return {
        "content-security-policy": allowed,
        "x-content-type-options": "nosniff",
        "x-frame-options": fixed["FrameOptions"]["FrameOption"],
        "referrer-policy": fixed["ReferrerPolicy"]["ReferrerPolicy"],
        **{item["Header"].lower(): item["Value"] for item in custom},
    }


def _origin(address: str) -> str:
    """The address without its path: in the cloud a bucket is a host, here it is a folder."""
    return "/".join(address.split("/")[:3])


def _with(headers: Mapping[str, str], response: Response) -> Response:
    for name, value in headers.items():
        response.headers[name] = value
    del response.headers["strict-transport-security"]  # the local address has no HTTPS
    return response


async def _forward(client: httpx.AsyncClient, base: str, request: Request) -> Response:
    """Pass a request on as it came, and its answer back in one piece."""
    try:
        body = await _body(request)
    except ClientDisconnect:
        return Response(status_code=400)
    if body is None:
        return _refusal(request, 413, TOO_LARGE)
    kept = [
        (name, value)
        for name, value in request.headers.raw
        if name not in NOT_FORWARDED and not name.startswith((b"x-forwarded-", b"cloudfront-"))
    ]
    peer = request.client.host if request.client else "127.0.0.1"
    kept.append((b"x-forwarded-for", peer.encode()))
    query = request.scope["query_string"]
    path = request.scope["raw_path"]
    path = b"/staff" if path == b"/staff/" else path  # the gateway knows no other
    target = base.encode() + path + (b"?" + query if query else b"")
    try:
        answer = await client.request(
            request.method, httpx.URL(target.decode("latin-1")), headers=kept, content=body
        )
    except httpx.TransportError:
        return _refusal(request, 503, DOWN)
    if answer.status_code == httpx.codes.FORBIDDEN and NO_SUCH_ROUTE in answer.content:
        return _refusal(request, 404, MISSING)  # as our templates tell API Gateway to say it
    response = Response(answer.content, answer.status_code)
    response.raw_headers = [
        (name.lower(), value)
        for name, value in answer.headers.raw
        if name.lower() not in NOT_RETURNED | {b"content-encoding"}
    ]
    response.raw_headers.append((b"content-length", str(len(answer.content)).encode()))
    return response


async def _body(request: Request) -> bytes | None:
    """Read the body to its end, or None when it is over the gateway's limit.

    A body that is too large is read all the same: a caller who is cut off while sending would see
    a broken connection and not the answer.
    """
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size <= BODY_LIMIT:
            parts.append(part)
        else:
            parts.clear()
    return b"".join(parts) if size <= BODY_LIMIT else None


def _refusal(request: Request, status: int, said: tuple[str, str]) -> Response:
    """Refuse in the shape of the API's own errors, or as a page for a browser without script."""
    code, message = said
    headers = {"Cache-Control": "no-store"}
    if "text/html" in request.headers.get("accept", ""):
        text = (
            '<!doctype html><html lang="id"><meta charset="utf-8"><title>Tepat</title>'
            f'<h1>{message}</h1><p><a href="/">Ke halaman depan</a></p></html>'
        )
        return Response(text, status, headers, "text/html; charset=utf-8")
    errors = {"errors": [{"code": code, "field": None, "message": message}], "request": None}
    text = json.dumps(errors, ensure_ascii=False)
    return Response(text, status, headers, "application/json")


def _page(site: Path, request: Request) -> Response:
    """Answer with a file of the site, in the encoding that the browser likes best."""
    path = request.path_params["rest"]
    file = site / path / "index.html" if path.endswith("/") or not path else site / path
    if file.suffix in ENCODINGS.values() or not file.resolve().is_relative_to(site.resolve()):
        return _missing(site, request)
    if (file / "index.html").is_file():
        return RedirectResponse(f"/{path}/", 301)
    return _file(site, file, request) if file.is_file() else _missing(site, request)


def _missing(site: Path, request: Request) -> Response:
    return _file(site, site / "404.html", request, 404)


def _file(site: Path, file: Path, request: Request, status: int = 200) -> Response:
    key = file.relative_to(site).as_posix()
    headers = {"Content-Type": content_type(file), "Cache-Control": cache_control(key)}
    data = file.read_bytes()
    for encoding, ending in ENCODINGS.items():
        smaller = file.with_name(file.name + ending)
        if encoding in request.headers.get("accept-encoding", "") and smaller.is_file():
            headers |= {"Content-Encoding": encoding, "Vary": "Accept-Encoding"}
            data = smaller.read_bytes()
            break
    etag = f'"{hashlib.sha256(data).hexdigest()[:16]}"'
    headers["ETag"] = etag
    if status == httpx.codes.OK and request.headers.get("if-none-match") == etag:
        return Response(status_code=304, headers=headers)
    return Response(data, status, headers)
