"""HTTP in one place: what a request may be, and how answers and errors look.

Errors are values of the domain; here they get their status and their Indonesian words. An answer
is JSON or a page with the same content, as the client asks.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import wraps
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from chalice.app import Blueprint, Request, Response

from chalicelib import wiring
from chalicelib.domain.errors import (
    Fault,
    InvalidRequest,
    NotAllowed,
    NotFound,
    NotSignedIn,
    TepatError,
    TooMany,
    TryAgain,
    WrongState,
)
from chalicelib.settings import settings
from chalicelib.telemetry import log, log_failure

if TYPE_CHECKING:
    from pydantic import BaseModel, ValidationError

    from chalicelib.usecases.find_case import Caller

View = Callable[..., Response]

MAX_BODY = 64 * 1024  # twenty members with long names are under 10 kB
MAX_ERRORS = 200
JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
CONTENT_TYPES = ["*/*"]  # Chalice lets all in; the check here answers in our own shape
_KEY = re.compile(r"[A-Za-z0-9_-]{16,64}", re.ASCII)
_SERVER_ERROR = 500
_STATUS: Mapping[type[TepatError], int] = {
    InvalidRequest: 422,
    NotSignedIn: 401,
    NotAllowed: 403,
    NotFound: 404,
    WrongState: 409,
    TooMany: 429,
    TryAgain: 503,
}
_STATUS_OF_CODE = {"body_unreadable": 400, "body_too_large": 413, "content_type": 415}
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "Strict-Transport-Security": "max-age=63072000; includeSubDomains",
    "X-Content-Type-Options": "nosniff",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer before it becomes JSON or a page.

    Attributes:
        body: the JSON body; the page is given the same, field by field.
        page: template of the page.
        extra: what only the page needs.
    """

    status: int
    body: Mapping[str, Any]
    page: str
    extra: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str | list[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Sent:
    """A request's body as plain JSON values, with the faults of its types and lengths.

    Attributes:
        body: valid values; whatever has a fault stands as None.
        key: the idempotency key, "" when the client sent none.
        fields: the form as it was typed (dotted path -> text), to show it again; {} for JSON.
    """

    body: dict[str, Any]
    faults: tuple[Fault, ...]
    key: str
    fields: Mapping[str, str]

    def refuse(self, *more: Fault) -> None:
        """Raise InvalidRequest with the faults of types and those of sense, if there are any."""
        faults = (*self.faults, *more)
        if faults:
            raise InvalidRequest(*faults)


def read(
    request: Request, shape: type[BaseModel], *, keyed: bool = False, form_key: str = ""
) -> Sent:
    """Read and check a body, JSON or form; all faults of it are found at once.

    Args:
        shape: the schema; JSON is read strictly, a form's texts are turned into its types.
        keyed: whether an idempotency key is needed (header, or the form's field `key`).
        form_key: the key of a form that brings none: a static page cannot make one by itself.

    Raises:
        InvalidRequest: there is no body to check: too large, of another type, unreadable.
    """
    from pydantic import ValidationError  # noqa: PLC0415 - staff carry this module, not pydantic

    raw, kind = _received(request)
    fields: dict[str, str] = {}
    if kind == JSON:
        body = _json(raw)
        key = request.headers.get("idempotency-key", "")
    elif kind == FORM:
        from chalicelib.entrypoints import form_fields  # noqa: PLC0415 - JSON needs none of it

        fields = _form(raw)
        key = fields.pop("key", "") or form_key
        body = form_fields.nested(fields)
    else:
        raise InvalidRequest(Fault("content_type"))
    faults = key_faults(key) if keyed else []
    try:
        checked = (
            shape.model_validate_json(raw, strict=True)
            if kind == JSON
            else shape.model_validate(body)
        )
        body = checked.model_dump(mode="json")
    except ValidationError as error:
        faults += faults_of(error, body)
    return Sent(body, tuple(dict.fromkeys(faults))[:MAX_ERRORS], key, fields)


def faults_of(error: ValidationError, body: dict[str, Any]) -> list[Fault]:
    """What a schema finds wrong with a body; each such value stands as None in it afterwards.

    Raises:
        InvalidRequest: the body is no JSON to the schema's reader.
    """
    faults = []
    for one in error.errors(include_url=False, include_context=False, include_input=False):
        if one["type"] == "json_invalid":  # this reader is stricter: half letters, deep nesting
            raise InvalidRequest(Fault("body_unreadable")) from None
        path = _path(one["loc"], body)
        faults.append(_fault(one["type"], path))
        _drop(body, path)
    return faults


def form(request: Request) -> dict[str, str]:
    """The fields of a form as they were typed.

    Raises:
        InvalidRequest: it is no form: too large, of another type, unreadable.
    """
    raw, kind = _received(request)
    if kind != FORM:
        raise InvalidRequest(Fault("content_type"))
    return _form(raw)


def key_faults(key: str) -> list[Fault]:
    """What is wrong with an idempotency key: nothing, or one fault."""
    if _KEY.fullmatch(key):
        return []
    return [Fault("key_malformed" if key else "key_missing", "key")]


def caller(request: Request) -> Caller:
    """Who asks, by the address that our own front or the gateway saw; never what the client says.

    Behind CloudFront and the gateway the last entry of X-Forwarded-For is the edge itself, so the
    viewer is the one before it; behind a single front it is the last; without one, the peer.
    """
    from chalicelib.usecases.find_case import Caller  # noqa: PLC0415 - only who looks for a case

    hops = [hop.strip() for hop in request.headers.get("x-forwarded-for", "").split(",")]
    place = {"forwarded": 1, "cloudfront": 2}.get(settings().trusted_proxy, 0)
    if 0 < place <= len(hops) and hops[-place]:
        return Caller(hops[-place])
    return Caller(str(request.context.get("identity", {}).get("sourceIp", "")))


def wants_html(request: Request) -> bool:
    """Whether the client is a browser without our JavaScript."""
    accept: str = request.headers.get("accept", "")
    return "text/html" in accept and JSON not in accept.partition("text/html")[0]


def respond(request: Request, answer: Answer) -> Response:
    """Turn an answer into JSON or a page."""
    headers: dict[str, Any] = {**HEADERS, **answer.headers}
    if wants_html(request):
        from chalicelib.entrypoints import pages  # noqa: PLC0415 - jinja2 only for pages

        text = pages.render(answer.page, **{**answer.body, **answer.extra})
        return Response(
            text, {**headers, "Content-Type": "text/html; charset=utf-8"}, answer.status
        )
    return respond_json(answer)


def respond_json(answer: Answer) -> Response:
    """Turn an answer into JSON, for programs alone."""
    text = json.dumps(answer.body, ensure_ascii=False, separators=(",", ":"))
    headers: dict[str, Any] = {**HEADERS, **answer.headers, "Content-Type": JSON}
    return Response(text, headers, answer.status)


def page_headers() -> dict[str, str | list[str]]:
    """Headers of a page."""
    return {**HEADERS, "Content-Type": "text/html; charset=utf-8"}


def errors_body(error: TepatError, request_id: str, words: Mapping[str, str]) -> dict[str, Any]:
    """The one shape of every error."""
    return {
        "errors": [
            {
                "code": fault.code,
                "field": fault.field,
                "message": message(fault, words),
            }
            for fault in error.faults
        ],
        "request": request_id,
    }


def message(fault: Fault, words: Mapping[str, str]) -> str:
    """Words of a fault; a code without words of its own gets those of its family."""
    text = words.get(fault.code) or words.get(fault.code.partition("_")[0]) or words["invalid"]
    return text.format(**fault.params)


def handled(blueprint: Blueprint) -> Callable[[View], Callable[..., Response]]:
    """Make a view of a function that takes the request and gives a response.

    The one place where errors become HTTP, and where one line is logged for each request. Chalice
    would log an error's text and trace, which may hold what a person typed; so none reaches it.
    """

    def decorate(view: View) -> Callable[..., Response]:
        @wraps(view)
        def finish(**path: str) -> Response:
            request: Request = blueprint.current_request
            started = time.perf_counter_ns()
            codes = ""
            try:
                response = view(request, **path)
            except TepatError as error:
                codes = str(error)
                response = refusal(request, error)
            except Exception as error:  # noqa: BLE001 - told without its text, answered as ours
                log_failure("request broke", error, route=_route(request))
                response = refusal(request, TepatError(Fault("broken")))
            log(
                "request",
                route=_route(request),
                status=response.status_code,
                code=codes[:120],
                ms=(time.perf_counter_ns() - started) // 1_000_000,
                request=_request_id(request),
            )
            return response

        return finish

    return decorate


def status_of(error: TepatError) -> int:
    """HTTP status of an error."""
    by_code = [_STATUS_OF_CODE[f.code] for f in error.faults if f.code in _STATUS_OF_CODE]
    return by_code[0] if by_code else _STATUS.get(type(error), _SERVER_ERROR)


def refusal(request: Request, error: TepatError) -> Response:
    """The response that an error becomes."""
    headers = {}
    if error.retry_after is not None:
        headers["Retry-After"] = str(error.retry_after)
    body = errors_body(error, _request_id(request), wiring.fault_words())
    return respond(request, Answer(status_of(error), body, "error", headers=headers))


def _received(request: Request) -> tuple[bytes, str]:
    """The bytes of a body, and what the sender says they are."""
    raw = bytes(request.raw_body)  # type: ignore[arg-type]  # it is bytes
    if len(raw) > MAX_BODY:
        raise InvalidRequest(Fault("body_too_large", params={"kb": MAX_BODY // 1024}))
    return raw, request.headers.get("content-type", "").partition(";")[0].strip().lower()


def _json(raw: bytes) -> dict[str, Any]:
    try:
        body = json.loads(raw.decode("utf-8"))
    except (UnicodeDecodeError, ValueError, RecursionError):
        raise InvalidRequest(Fault("body_unreadable")) from None
    if not isinstance(body, dict):
        raise InvalidRequest(Fault("body_unreadable"))
    return body


def _form(raw: bytes) -> dict[str, str]:
    try:
        pairs = parse_qsl(
            raw.decode("ascii"), encoding="utf-8", errors="strict", max_num_fields=600
        )
    except (UnicodeDecodeError, ValueError):
        raise InvalidRequest(Fault("body_unreadable")) from None
    return dict(pairs)


def _path(loc: tuple[int | str, ...], body: Mapping[str, Any]) -> tuple[int | str, ...]:
    """The place of a fault in the body, without pydantic's own steps."""
    path: list[int | str] = []
    here: Any = body
    for part in loc:
        if isinstance(here, dict) and part in here:
            here = here[part]
        elif isinstance(here, list) and isinstance(part, int) and part < len(here):
            here = here[part]  # a member or an answer in its list
        elif not (isinstance(here, dict) and isinstance(part, str) and part.isidentifier()):
            break
        else:
            here = None
        path.append(part)
    return tuple(path)


_CODES = {
    "extra_forbidden": "field_unknown",
    "missing": "field_missing",
    "string_too_long": "field_too_long",
    "string_too_short": "field_too_short",
    "enum": "field_not_an_option",
    "literal_error": "field_not_an_option",
}


def _fault(kind: str, path: tuple[int | str, ...]) -> Fault:
    """A fault at its place; a name that the sender made up is never repeated."""
    if path[:1] == ("answers",) and len(path) > 1:
        ours = any(question["code"] == path[1] for question in wiring.questions())
        return Fault("answer_wrong_type", f"answers.{path[1]}" if ours else "answers")
    told = path[:-1] if kind == "extra_forbidden" else path
    return Fault(_code(kind, path), ".".join(str(part) for part in told))


def _code(kind: str, path: tuple[int | str, ...]) -> str:
    if path == ("members",) and kind in {"too_long", "too_short"}:
        return f"members_{kind}"
    if kind in _CODES:
        return _CODES[kind]
    if path and path[-1] == "birth_date":
        return "date_invalid"
    if path and kind == "string_pattern_mismatch":
        return f"{path[-1]}_malformed"
    return "field_wrong_type"


def _drop(body: dict[str, Any], path: tuple[int | str, ...]) -> None:
    """Take what has a fault out of the body, so that the rest can still be checked."""
    here: Any = body
    for part in path[:-1]:
        here = here[part]
    if path:
        here[path[-1]] = None


def _route(request: Request) -> str:
    """Method and path pattern; the pattern, since a path may carry a locator."""
    return f"{request.method} {request.context.get('resourcePath', '')}"


def _request_id(request: Request) -> str:
    return str(request.context.get("requestId", ""))
