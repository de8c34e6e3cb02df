"""A stand-in for the civil registry: its own population, its own opinion, and its bad days.

It answers from its population file alone, so outcomes follow from data, and it can be told
while it runs to be slow, wrong or down. Standard library, loopback only, logs no person.
The wire format is in docs/civil-registry.md; `--help` shows how to use it.
"""

from __future__ import annotations

import argparse
import hmac
import itertools
import json
import os
import re
import socket
import sys
import textwrap
import threading
from collections import Counter
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeGuard

from infra.sandboxes.civil_registry_lies import BROKEN_OFF, LIES
from infra.sandboxes.civil_registry_records import FIELDS, Record, answer, read_population

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

CHECK_PATH: Final = "/check"
MAX_PEOPLE: Final = 100
_MAX_BODY: Final = 262_144
_PERSON_KEYS: Final = {"ref", "nik", *FIELDS}

HOWS: Final = {
    "ok": ("",),
    "slow": ("late", "drip"),
    "wrong": tuple(LIES),
    "down": ("503", "429", "closed"),
}

_LIES_LISTED: Final = textwrap.fill(", ".join(LIES), 80, subsequent_indent=" " * 10)
HELP: Final = f"""
examples:
  python -m infra.people --population build/people.jsonl --families 20000 --seed 3510
  python -m infra.sandboxes.civil_registry --port 4577 --population build/people.jsonl

  curl -s http://127.0.0.1:4577/health
  curl -s http://127.0.0.1:4577/control -d '{{"mode": "down"}}'
  curl -s http://127.0.0.1:4577/control -d '{{"mode": "slow", "seconds": 3}}'
  curl -s http://127.0.0.1:4577/control -d '{{"mode": "wrong", "how": "html", "times": 2}}'
  curl -s http://127.0.0.1:4577/control -d '{{"mode": "ok"}}'

addresses:
  POST {CHECK_PATH}     checks up to {MAX_PEOPLE} people; bearer token when there is one
  POST /control   sets the mood: mode, and optionally how, seconds, times
  GET  /health    mood, size of the population, checks and outcomes since the start

moods:
  ok      answers from the population file
  slow    "late" (default): waits `seconds`, then answers; "drip": a byte every tenth of a second
  wrong   lies; without `how` each answer takes the next of:
          {_LIES_LISTED}
  down    "503" (default), "429" (both with Retry-After when `seconds` is given), or "closed"
  `times` bounds the mood to that many checks, after which it is ok again

population file: one JSON object a line
  {{"nik": "16 digits", "name": "...", "birth_date": "1985-03-09", "sex": "L" or "P",
   "kk": "16 digits" or null, "deceased": true or false}}
"""


@dataclass(frozen=True, slots=True)
class Mood:
    """How the sandbox behaves until told otherwise; `times` None means without end."""

    mode: str = "ok"
    how: str = ""
    seconds: float = 0.0
    times: int | None = None


class Sandbox(ThreadingHTTPServer):
    """The server; port 0 takes a free one. `url` is where checks go."""

    daemon_threads = True

    def __init__(
        self, port: int, population: Mapping[str, Record], token: str | None = None
    ) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.population = population
        self.token = token
        self.checks = 0
        self.answered: Counter[str] = Counter()
        self.url = f"http://127.0.0.1:{self.server_port}{CHECK_PATH}"
        self._mood = Mood()
        self._changed = threading.Event()
        self._lock = threading.Lock()
        self._lies = itertools.cycle(LIES)

    def set_mood(self, mood: Mood) -> None:
        """Change the behaviour; whoever waits in a slow answer is let go at once."""
        with self._lock:
            self._mood = mood
            self._changed.set()
            self._changed = threading.Event()

    def mood(self) -> Mood:
        """The present behaviour."""
        return self._mood

    def next_check(self) -> tuple[Mood, threading.Event]:
        """Count a check; give its mood, and the event that ends a wait."""
        with self._lock:
            self.checks += 1
            mood, changed = self._mood, self._changed
            if mood.times is not None:
                left = mood.times - 1
                self._mood = Mood() if left == 0 else Mood(mood.mode, mood.how, mood.seconds, left)
            if mood.mode == "wrong" and not mood.how:
                mood = Mood("wrong", next(self._lies))
            return mood, changed

    def count_outcomes(self, outcomes: Iterable[str]) -> None:
        """Keep the sums that /health shows."""
        with self._lock:
            self.answered.update(outcomes)

    def handle_error(
        self,
        request: socket.socket | tuple[bytes, socket.socket],
        client_address: Any,  # noqa: ANN401 - as the standard library has it
    ) -> None:
        """A caller that hangs up while we are slow is no fault worth a trace."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    server: Sandbox
    protocol_version = "HTTP/1.1"
    timeout = 30

    def do_GET(self) -> None:
        if self.path != "/health":
            return self._send(HTTPStatus.NOT_FOUND, {"error": "no such address"})
        mood = self.server.mood()
        health: dict[str, object] = {"mode": mood.mode, "how": mood.how}
        health |= {"seconds": mood.seconds, "times": mood.times}
        health |= {"people": len(self.server.population), "checks": self.server.checks}
        health |= {"answered": self.server.answered}
        return self._send(HTTPStatus.OK, health)

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length", "")
        if not (length.isascii() and length.isdigit() and int(length) <= _MAX_BODY):
            self.close_connection = True
            return self._send(HTTPStatus.BAD_REQUEST, {"error": "length missing or too large"})
        try:
            body = json.loads(self.rfile.read(int(length)))
        except (ValueError, RecursionError):
            return self._send(HTTPStatus.BAD_REQUEST, {"error": "not JSON"})
        if self.path == "/control":
            return self._control(body)
        if self.path == CHECK_PATH:
            return self._check(body)
        return self._send(HTTPStatus.NOT_FOUND, {"error": "no such address"})

    def _control(self, body: object) -> None:
        mood = _read_mood(body)
        if mood is None:
            return self._send(HTTPStatus.BAD_REQUEST, {"error": "unknown mood; see --help"})
        self.server.set_mood(mood)
        return self._send(HTTPStatus.OK, {"mode": mood.mode, "how": mood.how})

    def _check(self, body: object) -> None:
        mood, changed = self.server.next_check()
        if mood.mode == "down":
            return self._be_down(mood)
        if self.server.token is not None:
            shown = self.headers.get("Authorization", "").encode()
            if not hmac.compare_digest(shown, f"Bearer {self.server.token}".encode()):
                return self._send(HTTPStatus.UNAUTHORIZED, {"error": "token"})
        if not _is_question(body):
            return self._send(HTTPStatus.BAD_REQUEST, {"error": "not a question; see the docs"})
        answers = [answer(person, self.server.population) for person in body["people"]]
        if mood.mode != "wrong":
            self.server.count_outcomes(a["outcome"] for a in answers)
        content = json.dumps({"request": body["request"], "answers": answers}).encode()
        if mood.mode == "wrong":
            content = LIES[mood.how](body["request"], answers)
        if mood.mode == "slow" and mood.how == "late":
            changed.wait(mood.seconds)
        return self._send_bytes(
            HTTPStatus.OK,
            content,
            promised=len(content) + (9 if mood.how == BROKEN_OFF else 0),
            drip=changed if mood.how == "drip" else None,
        )

    def _be_down(self, mood: Mood) -> None:
        if mood.how == "closed":
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        wait = {"Retry-After": str(int(mood.seconds))} if mood.seconds else {}
        self._send(HTTPStatus(int(mood.how)), {"error": "down"}, wait)

    def _send(
        self, status: HTTPStatus, document: object, headers: Mapping[str, str] | None = None
    ) -> None:
        self._send_bytes(status, json.dumps(document).encode(), headers=headers)

    def _send_bytes(
        self,
        status: HTTPStatus,
        content: bytes,
        *,
        promised: int | None = None,
        drip: threading.Event | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(promised or len(content)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        if promised is not None and promised > len(content):
            self.close_connection = True
        pieces: Sequence[bytes] = [content] if drip is None else [bytes([b]) for b in content]
        for piece in pieces:
            self.wfile.write(piece)
            if drip is not None:
                drip.wait(0.1)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as in the base class
        """Say nothing: the caller's counters tell, and nothing here may name a person."""


def _read_mood(body: object) -> Mood | None:
    if not isinstance(body, dict) or body.keys() - {"mode", "how", "seconds", "times"}:
        return None
    mode, how = body.get("mode"), body.get("how")
    seconds, times = body.get("seconds", 0), body.get("times")
    if not isinstance(mode, str) or mode not in HOWS:
        return None
    if how is None:
        how = "" if mode == "wrong" else HOWS[mode][0]
    elif how not in HOWS[mode]:
        return None
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 <= seconds < 3600:  # noqa: PLR2004 - an hour
        return None
    if times is not None and (isinstance(times, bool) or not isinstance(times, int) or times < 1):
        return None
    return Mood(mode, how, float(seconds) or (30.0 if mode == "slow" else 0.0), times)


def _is_question(body: object) -> TypeGuard[dict[str, Any]]:
    return (
        isinstance(body, dict)
        and body.keys() == {"request", "people"}
        and isinstance(body["request"], str)
        and isinstance(body["people"], list)
        and 1 <= len(body["people"]) <= MAX_PEOPLE
        and all(
            isinstance(p, dict)
            and p.keys() == _PERSON_KEYS
            and all(isinstance(v, str) or (k == "kk" and v is None) for k, v in p.items())
            and re.fullmatch(r"[0-9]{16}", p["nik"], re.ASCII)
            for p in body["people"]
        )
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Serve until interrupted.

    Returns:
        Exit code: 0 after an interrupt, 1 when the population or the port is not to be had.
    """
    parser = argparse.ArgumentParser(
        prog="python -m infra.sandboxes.civil_registry",
        description="A stand-in for the civil registry, on this machine only.",
        epilog=HELP,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--port", type=int, default=4577, help="0 takes a free one (4577)")
    parser.add_argument("--population", type=Path, required=True, help="JSON lines; see below")
    parser.add_argument(
        "--token",
        default=os.environ.get("TEPAT_CIVIL_REGISTRY_TOKEN"),
        help="bearer token that callers must show (TEPAT_CIVIL_REGISTRY_TOKEN; none asked)",
    )
    options = parser.parse_args(argv)
    try:
        population = read_population(options.population)
        server = Sandbox(options.port, population, options.token)
    except (OSError, ValueError) as fault:
        print(f"The civil registry sandbox cannot start: {fault}", file=sys.stderr)
        return 1
    print(f"civil registry sandbox: {len(population)} people, {server.url}", flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        return 0
    finally:
        server.server_close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
