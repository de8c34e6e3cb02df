"""The demonstration against a small public API of our own: what it sends, and what it tells."""

from __future__ import annotations

import io
import json
import threading
from collections import Counter
from contextlib import redirect_stdout
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from infra.demo import main

if TYPE_CHECKING:
    from collections.abc import Iterator

N = 60


class FakeApi(ThreadingHTTPServer):
    """Takes forms, asks some for corrections, decides the rest; now and then it fails once."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_port}/v1"
        self.lock = threading.Lock()
        self.cases: dict[str, dict[str, Any]] = {}
        self.sent: Counter[str] = Counter()
        self.bodies: dict[str, list[Any]] = {}

    def act(self, path: str, key: str, body: dict[str, Any]) -> tuple[int, object]:
        with self.lock:
            self.sent[key] += 1
            self.bodies.setdefault(path, []).append(body)
            if path == "/v1/registrations":
                return self.register(key, body)
            case = next(c for c in self.cases.values() if c["receipt"] == body["receipt"])
            if path == "/v1/corrections":
                case["state"] = "matched"
            elif path == "/v1/withdrawals":
                case["state"] = "withdrawn"
            return 200, self.status(case)

    def register(self, key: str, body: dict[str, Any]) -> tuple[int, object]:
        number = len(self.cases)
        if number % 10 == 3 and self.sent[key] == 1:
            return 503, {"errors": []}
        if number % 10 == 4 and self.sent[key] == 1:
            fault = {"code": "nik_length", "field": "members.0.nik", "message": "NIK"}
            return 422, {"errors": [fault], "request": "r"}
        receipt = f"ABCD-{number:04}"
        state = "needs_correction" if number % 7 == 0 else "received"
        self.cases.setdefault(key, {"receipt": receipt, "state": state, "body": body, "looks": 0})
        warning = {"code": "nik_region_retired", "field": "members.0.nik", "message": "lama"}
        return 201, {"receipt": receipt, "state": state, "warnings": [warning]}

    def status(self, case: dict[str, Any]) -> dict[str, object]:
        case["looks"] += 1
        if case["state"] in {"received", "matched"} and case["looks"] > 1:
            case["state"] = "decided"
        corrections = [{"field": "members.0.name", "message": "Nama"}, {"field": "kk"}]
        decisions = [{"programme": "pkh", "name": "PKH", "eligible": case["looks"] % 2 == 0}]
        return {
            "state": case["state"],
            "corrections": corrections if case["state"] == "needs_correction" else [],
            "decisions": decisions if case["state"] == "decided" else [],
        }


class Handler(BaseHTTPRequestHandler):
    server: FakeApi
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.send(200, b'<input type="hidden" name="consent.version" value="2026-11">')

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        status, told = self.server.act(self.path, self.headers["Idempotency-Key"], body)
        self.send(status, json.dumps(told).encode())

    def send(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def api() -> Iterator[FakeApi]:
    server = FakeApi()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def ran(api: FakeApi) -> str:
    """What one run printed."""
    command = ["--url", api.url, "--families", str(N), "--registry", "http://127.0.0.1:9"]
    printed = io.StringIO()
    with redirect_stdout(printed):
        assert main([*command, "--patience", "20"]) == 0
    return printed.getvalue()


def test_every_family_gets_through_although_the_line_breaks(api: FakeApi, ran: str) -> None:
    assert len(api.cases) == N
    assert "Sent 60 families" in ran
    assert "Requests sent again" in ran
    assert "503" in ran


def test_a_refused_form_is_mended_under_the_same_key(api: FakeApi, ran: str) -> None:
    assert max(api.sent[key] for key in api.cases) >= 2
    assert "nik_length" in ran
    assert "accepted after mending" in ran


def test_the_form_carries_the_agreement_that_the_page_shows(api: FakeApi, ran: str) -> None:
    assert {case["body"]["consent"]["version"] for case in api.cases.values()} == {"2026-11"}


def test_families_correct_what_they_are_asked_about(api: FakeApi, ran: str) -> None:
    corrections = api.bodies["/v1/corrections"]
    assert corrections
    for body in corrections:
        assert body.keys() == {"receipt", "members", "kk"}
        assert [change.keys() for change in body["members"]] == [{"index", "name"}]
    assert "corrected" in ran


def test_every_fiftieth_family_withdraws(api: FakeApi, ran: str) -> None:
    assert [body["agreed"] for body in api.bodies["/v1/withdrawals"]] == [True]
    assert "withdrew" in ran


def test_the_table_tells_states_decisions_warnings_and_what_next(ran: str) -> None:
    for told in ("decided", "withdrawn", "needs_correction", "PKH", "nik_region_retired", "Next"):
        assert told in ran


def test_a_stack_that_does_not_run_is_told_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--url", "http://127.0.0.1:9/v1"]) == 1
    assert "make run" in capsys.readouterr().err


def test_another_service_at_the_address_is_told_in_words(
    api: FakeApi, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(Handler, "do_GET", lambda self: self.send(404, b"{}"))
    assert main(["--url", api.url]) == 1
    assert "status 404" in capsys.readouterr().err
