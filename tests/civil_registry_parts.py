"""What the tests of the civil registry share: people, the client in view, a sandbox to talk to."""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
import threading
import time
from collections import Counter
from contextlib import contextmanager
from dataclasses import replace
from itertools import count
from typing import TYPE_CHECKING, Any

from chalicelib.adapters.registers.circuit_breaker import CircuitBreaker
from chalicelib.adapters.registers.civil_registry import HttpCivilRegistry, Patience
from chalicelib.domain.identity import IdentityAnswer, IdentityClaim, Outcome

if TYPE_CHECKING:
    from collections.abc import Iterator
    from http.server import HTTPServer
    from pathlib import Path

TOKEN = "sandbox-token"
KK = "3510150101209901"
SITI = IdentityClaim("3510154903859901", "Siti Wulanira", "1985-03-09", "P", KK)
TONO = IdentityClaim("3510150903839901", "Muhammad Tonoraga", "1983-03-09", "L", KK)
GONE = IdentityClaim("3510150101509901", "Karsoningrat", "1950-01-01", "L", KK)
UNKNOWN = IdentityClaim("3510150101519902", "Nirwastika", "1951-01-01", "L", KK)

CONFIRMED = IdentityAnswer(Outcome.CONFIRMED)
NOT_FOUND = IdentityAnswer(Outcome.NOT_FOUND)
DECEASED = IdentityAnswer(Outcome.DECEASED)
NOT_CHECKED = IdentityAnswer(Outcome.NOT_CHECKED)

PEOPLE = [SITI, TONO, GONE]
QUICK = Patience(connect=5.0, read=5.0, deadline=20.0, attempts=3, backoff=0.1)
HASTY = Patience(connect=1.0, read=0.3, deadline=1.5, attempts=3, backoff=0.1)


class Time:
    """Real time that a sleep moves forward at once."""

    def __init__(self) -> None:
        self.ahead = 0.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return time.monotonic() + self.ahead

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.ahead += seconds


class Client:
    """The real client with its surroundings in view."""

    def __init__(
        self,
        url: str,
        *,
        token: str = TOKEN,
        patience: Patience = QUICK,
        threshold: int = 100,
        ca_file: str | None = None,
    ) -> None:
        self.time = Time()
        self.counted: Counter[str] = Counter()
        ids = count(1)
        self.registry = HttpCivilRegistry(
            url=url,
            token=token,
            breaker=CircuitBreaker(
                threshold=threshold, rest_seconds=30, clock=self.time, random=lambda: 0.0
            ),
            count=lambda name, amount: self.counted.update({name: amount}),
            clock=self.time,
            sleep=self.time.sleep,
            random=lambda: 0.5,
            new_id=lambda: f"request-{next(ids)}",
            ca_file=ca_file,
            patience=patience,
        )

    def check(self, *claims: IdentityClaim) -> list[IdentityAnswer]:
        return list(self.registry.check(claims))


class SandboxProcess:
    """A sandbox that runs as its own process, as in the local stack."""

    def __init__(self, port: int, population_file: Path) -> None:
        self.port = port
        self.url = f"http://127.0.0.1:{port}/check"
        self.population_file = population_file

    def call(self, method: str, path: str, body: object = None) -> tuple[int, Any]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request(method, path, None if body is None else json.dumps(body))
            response = connection.getresponse()
            return response.status, json.loads(response.read())
        finally:
            connection.close()

    def be(self, mode: str, **more: object) -> None:
        status, _ = self.call("POST", "/control", {"mode": mode, **more})
        assert status == 200

    def checks(self) -> int:
        seen = self.call("GET", "/health")[1]["checks"]
        assert isinstance(seen, int)
        return seen


@contextmanager
def running_sandbox(folder: Path) -> Iterator[SandboxProcess]:
    """Start a sandbox with the people above; its files go to the folder."""
    path = folder / "people.jsonl"
    lines = [
        {
            "nik": claim.nik,
            "name": claim.name.upper(),
            "birth_date": claim.birth_date,
            "sex": claim.sex,
            "kk": claim.kk,
            "deceased": claim is GONE,
        }
        for claim in PEOPLE
    ]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    command = [sys.executable, "-m", "infra.sandboxes.civil_registry", "--port", "0"]
    command += ["--population", str(path), "--token", TOKEN]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        said = process.stdout.readline()
        yield SandboxProcess(int(said.rsplit(":", 1)[1].split("/")[0]), path)
        process.terminate()


def changed(claim: IdentityClaim, **fields: str | None) -> IdentityClaim:
    """The claim with other values."""
    return replace(claim, **fields)  # type: ignore[arg-type]


@contextmanager
def serving(server: HTTPServer) -> Iterator[int]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
