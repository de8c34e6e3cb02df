"""The ways in which the sandbox registry can break the wire format, one name each.

Each takes the request's id and true answers (at least one) and gives the body to send.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable

Answers = list[dict[str, Any]]


def _body(request: str, answers: Answers) -> bytes:
    return json.dumps({"request": request, "answers": answers}).encode()


def _first(changes: dict[str, Any]) -> Callable[[str, Answers], bytes]:
    """Spoil the answer for the first person only."""
    return lambda request, answers: _body(request, [answers[0] | changes, *answers[1:]])


def _swapped(request: str, answers: Answers) -> bytes:
    refs = [a["ref"] for a in answers]
    refs = [*refs[1:], refs[0]] if refs[1:] else ["1"]
    return _body(request, [a | {"ref": ref} for a, ref in zip(answers, refs, strict=True)])


def _repeated(request: str, answers: Answers) -> bytes:
    return _body(request, answers).replace(b'"outcome"', b'"outcome": "", "outcome"')


BROKEN_OFF: Final = "broken_off"
"""The body of this one is true; the sandbox promises more bytes than it sends."""

LIES: Final[dict[str, Callable[[str, Answers], bytes]]] = {
    "garbage": lambda _request, _answers: b"\xff\xfe{]",
    "html": lambda _request, _answers: b"<!doctype html><title>502 Bad Gateway</title>",
    "list": lambda _request, answers: json.dumps(answers).encode(),
    "nested": lambda _request, _answers: b"[" * 60_000,
    "huge": lambda request, answers: _body(request, answers) + b" " * 20_000_000,
    BROKEN_OFF: _body,
    "request": lambda _request, answers: _body("00000000-0000-4000-8000-000000000000", answers),
    "short": lambda request, answers: _body(request, answers[:-1]),
    "long": lambda request, answers: _body(request, [*answers, answers[0]]),
    "refs": _swapped,
    "repeated": _repeated,
    "outcome": _first({"outcome": "approved"}),
    "not_checked": _first({"outcome": "not_checked", "fields": []}),
    "type": _first({"outcome": ["confirmed"]}),
    "field": _first({"outcome": "mismatch", "fields": ["mother"]}),
    "extra": _first({"score": 1}),
    "contradiction": _first({"outcome": "confirmed", "fields": ["name"]}),
    "unexplained": _first({"outcome": "mismatch", "fields": []}),
}
