"""What came over HTTP, and which answers may show a person to whom.

Everything that the surfaces answer is recorded where Chalice's own client hands it over, so that
a route that is added later is judged like all others. Whatever is not named in SHOWN may show
nobody.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tests.canaries.search import Kind, Leak, Needles, search


@dataclass(frozen=True)
class Exchange:
    """A request and its answer."""

    method: str
    path: str
    sent: bytes
    status: int
    headers: Mapping[str, Any]
    body: bytes

    @property
    def is_page(self) -> bool:
        """Whether the answer is a page."""
        return "text/html" in str(self.headers.get("Content-Type", ""))


@dataclass(frozen=True)
class Shown:
    """Answers that may show something of a person."""

    method: str
    path: re.Pattern[str]
    kinds: frozenset[Kind]
    only_what_was_sent: bool
    reason: str


_ALL = frozenset(Kind)
SHOWN = (
    Shown(
        "POST",
        re.compile(r"/v1/(registrations|form|check|status|corrections|withdrawals|proposals)"),
        _ALL,
        only_what_was_sent=True,
        reason="the page of a form comes back as its sender filled it in, for browsers without "
        "JavaScript; only pages, and only what this very request brought",
    ),
    Shown(
        "POST",
        re.compile(r"/staff/reissue"),
        _ALL,
        only_what_was_sent=True,
        reason="the officer's own form comes back as typed when it was refused",
    ),
    Shown(
        "POST",
        re.compile(r"/staff/objector"),
        frozenset({Kind.WORDS}),
        only_what_was_sent=False,
        reason="who may open an objector sees the name; the opening is in the ledger by then",
    ),
    Shown(
        "GET",
        re.compile(r"/staff/(?:cases|disputes|findings)/[2-9A-Z]{10}(\?.*)?"),
        frozenset({Kind.WORDS, Kind.PHONE}),
        only_what_was_sent=False,
        reason="an officer who may open a case sees names, address and telephone; the read is in "
        "the ledger by then, and numbers are shown in part",
    ),
)


def answered(exchange: Exchange) -> bytes:
    """All of an answer."""
    return repr(dict(exchange.headers)).encode() + b"\n" + exchange.body


def leaks(exchange: Exchange, sought: Needles) -> Iterator[tuple[str, Leak]]:
    """Who is met in an answer and may not be: (place, leak)."""
    place = f"{exchange.status} to {exchange.method} {_pattern(exchange.path)}"
    for leak in search(repr(dict(exchange.headers)).encode(), sought):
        yield f"headers of {place}", leak
    found = search(exchange.body, sought)
    allowed = _allowed(exchange, found, sought) if found else set()
    for leak in found - allowed:
        yield f"body of {place}", leak


def may_show(exchange: Exchange) -> list[Shown]:
    """As what a page may show somebody; nothing for all that may not."""
    return [
        one
        for one in SHOWN
        if exchange.is_page and one.method == exchange.method and one.path.fullmatch(exchange.path)
    ]


def _allowed(exchange: Exchange, found: set[Leak], sought: Needles) -> set[Leak]:
    allowed: set[Leak] = set()
    for one in may_show(exchange):
        candidates = search(exchange.sent, sought) if one.only_what_was_sent else found
        allowed |= {leak for leak in candidates if leak.kind in one.kinds}
    # Digits in plain sight are also their own BCD, written as hex.
    return {leak for leak in allowed if leak.form in {"plain", "BCD"}}


def _pattern(path: str) -> str:
    """The path without what may be somebody's, so that a leak is not told on."""
    bare = path.partition("?")[0]
    return re.sub(r"/(?!v1|staff)[^/]*[0-9%][^/]*", "/...", bare)


class Recorder:
    """Keeps what Chalice's test client sends and gets."""

    def __init__(self) -> None:
        self.exchanges: list[Exchange] = []

    def around(self, request: Any) -> Any:
        """Wrap the client's one method that all others call."""

        def recorded(client: Any, method: str, path: str, **given: Any) -> Any:
            answer = request(client, method, path, **given)
            sent = given.get("body", b"")
            self.exchanges.append(
                Exchange(
                    method,
                    path,
                    sent if isinstance(sent, bytes) else str(sent).encode(),
                    answer.status_code,
                    answer.headers,
                    answer.body,
                )
            )
            return answer

        return recorded
