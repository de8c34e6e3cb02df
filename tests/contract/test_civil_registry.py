"""One suite for the fake and for the real client with the sandbox; then what only a network does.

The sandbox runs as its own process, as in the local stack.
"""

from __future__ import annotations

import http.client
import json
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections import Counter
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from ipaddress import ip_address
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from chalicelib.adapters.registers import civil_registry
from chalicelib.adapters.registers.circuit_breaker import CircuitBreaker
from chalicelib.adapters.registers.civil_registry import HttpCivilRegistry, Patience
from chalicelib.domain.identity import IdentityAnswer, IdentityClaim, Outcome
from infra.civil_registry_lies import LIES
from infra.civil_registry_records import read_population
from tests.fakes_civil_registry import FakeCivilRegistry

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from chalicelib.usecases.ports import CivilRegistry

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
QUICK = Patience(connect=1.0, read=0.3, deadline=2.0, attempts=3, backoff=0.1)


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
    def __init__(self, port: int) -> None:
        self.port = port
        self.url = f"http://127.0.0.1:{port}/check"

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


@pytest.fixture(scope="module")
def population_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("registry") / "people.jsonl"
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
    return path


@pytest.fixture(scope="module")
def sandbox_process(population_file: Path) -> Iterator[SandboxProcess]:
    command = [sys.executable, "-m", "infra.civil_registry_sandbox", "--port", "0"]
    command += ["--population", str(population_file), "--token", TOKEN]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        said = process.stdout.readline()
        yield SandboxProcess(int(said.rsplit(":", 1)[1].split("/")[0]))
        process.terminate()


@pytest.fixture
def sandbox(sandbox_process: SandboxProcess) -> SandboxProcess:
    sandbox_process.be("ok")
    return sandbox_process


@pytest.fixture
def client(sandbox: SandboxProcess) -> Client:
    return Client(sandbox.url)


# The suite of the port: the fake and the real one.


@pytest.fixture(params=["fake", "http"])
def registry(request: pytest.FixtureRequest) -> CivilRegistry:
    if request.param == "http":
        sandbox = request.getfixturevalue("sandbox")
        assert isinstance(sandbox, SandboxProcess)
        return Client(sandbox.url).registry
    return FakeCivilRegistry(read_population(request.getfixturevalue("population_file")))


def changed(claim: IdentityClaim, **fields: str | None) -> IdentityClaim:
    known = {f: getattr(claim, f) for f in ("nik", "name", "birth_date", "sex", "kk")}
    return IdentityClaim(**(known | fields))


def test_confirms_who_is_as_claimed(registry: CivilRegistry) -> None:
    assert list(registry.check([SITI])) == [CONFIRMED]


@pytest.mark.parametrize(
    ("fields", "differing"),
    [
        ({"name": "Siti Wulandira"}, ("name",)),
        ({"birth_date": "1985-09-03"}, ("birth_date",)),
        ({"sex": "L"}, ("sex",)),
        ({"kk": "3510150101209902"}, ("kk",)),
        (
            {"name": "Rukmi", "birth_date": "1985-03-10", "sex": "L", "kk": "3510150101209902"},
            ("name", "birth_date", "sex", "kk"),
        ),
    ],
)
def test_names_the_fields_that_differ(
    registry: CivilRegistry, fields: dict[str, str], differing: tuple[str, ...]
) -> None:
    assert list(registry.check([changed(SITI, **fields)])) == [
        IdentityAnswer(Outcome.MISMATCH, differing)
    ]


@pytest.mark.parametrize("name", ["moh. tonoraga", "Muh Tono Raga", "H. Mochamad Tonoraga, S.Pd."])
def test_a_name_written_another_way_is_the_same(registry: CivilRegistry, name: str) -> None:
    assert list(registry.check([changed(TONO, name=name)])) == [CONFIRMED]


def test_a_family_without_a_card_is_not_asked_for_it(registry: CivilRegistry) -> None:
    assert list(registry.check([changed(SITI, kk=None)])) == [CONFIRMED]


def test_unknown_and_deceased_people(registry: CivilRegistry) -> None:
    assert list(registry.check([UNKNOWN, GONE])) == [NOT_FOUND, DECEASED]


def test_nobody_asked_nobody_answered(registry: CivilRegistry) -> None:
    assert list(registry.check([])) == []


@pytest.mark.parametrize("size", [99, 100, 101, 250])
def test_a_large_bulk_keeps_its_order(registry: CivilRegistry, size: int) -> None:
    expected = {SITI: CONFIRMED, GONE: DECEASED, UNKNOWN: NOT_FOUND}
    claims = [(SITI, GONE, UNKNOWN, SITI, UNKNOWN)[i * i % 5] for i in range(size)]
    assert list(registry.check(claims)) == [expected[claim] for claim in claims]


# What only a network does.


def test_one_request_for_a_hundred_people(sandbox: SandboxProcess, client: Client) -> None:
    before = sandbox.checks()
    client.check(*[SITI] * 100)
    assert sandbox.checks() - before == 1
    client.check(*[SITI] * 101)
    assert sandbox.checks() - before == 3


def test_nothing_is_counted_when_all_is_well(client: Client) -> None:
    client.check(SITI, GONE, UNKNOWN)
    assert client.counted == {}


@pytest.mark.parametrize("how", ["503", "429", "closed"])
def test_a_short_failure_is_tried_again(sandbox: SandboxProcess, client: Client, how: str) -> None:
    sandbox.be("down", how=how, times=2)
    before = sandbox.checks()
    assert client.check(SITI) == [CONFIRMED]
    assert sandbox.checks() - before == 3
    assert client.time.slept == [0.05, 0.1]
    assert civil_registry.PEOPLE_NOT_CHECKED not in client.counted


@pytest.mark.parametrize(
    ("how", "counter"),
    [
        ("503", civil_registry.BUSY),
        ("429", civil_registry.BUSY),
        ("closed", civil_registry.UNREACHABLE),
    ],
)
def test_down_leaves_everyone_unchecked(
    sandbox: SandboxProcess, client: Client, how: str, counter: str
) -> None:
    sandbox.be("down", how=how)
    assert client.check(SITI, UNKNOWN) == [NOT_CHECKED, NOT_CHECKED]
    assert client.counted == {counter: 3, civil_registry.PEOPLE_NOT_CHECKED: 2}


def test_waits_as_long_as_the_registry_asks(sandbox: SandboxProcess) -> None:
    client = Client(sandbox.url, patience=Patience(deadline=60, backoff=0.1))
    sandbox.be("down", how="429", seconds=7, times=1)
    assert client.check(SITI) == [CONFIRMED]
    assert client.time.slept == [7]


def test_does_not_wait_beyond_its_deadline(sandbox: SandboxProcess, client: Client) -> None:
    sandbox.be("down", how="503", seconds=600, times=1)
    assert client.check(SITI) == [NOT_CHECKED]
    assert client.time.slept == []


def test_nobody_listens() -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        client = Client(f"http://127.0.0.1:{held.getsockname()[1]}/check")
        assert client.check(SITI) == [NOT_CHECKED]
    assert client.counted[civil_registry.UNREACHABLE] == 3


def test_a_slow_answer_is_none(sandbox: SandboxProcess, client: Client) -> None:
    sandbox.be("slow", seconds=20)
    began = time.monotonic()
    assert client.check(SITI) == [NOT_CHECKED]
    assert time.monotonic() - began < QUICK.deadline + 1
    assert client.counted[civil_registry.UNREACHABLE] >= 1


def test_an_answer_that_drips_is_cut_at_the_deadline(
    sandbox: SandboxProcess, client: Client
) -> None:
    sandbox.be("slow", how="drip")
    began = time.monotonic()
    assert client.check(SITI) == [NOT_CHECKED]
    assert time.monotonic() - began < QUICK.deadline + 1


def test_a_bulk_in_parts_keeps_one_deadline(sandbox: SandboxProcess, client: Client) -> None:
    sandbox.be("slow", seconds=20)
    began = time.monotonic()
    assert client.check(*[SITI] * 1000) == [NOT_CHECKED] * 1000
    assert time.monotonic() - began < QUICK.deadline + 1


SPOILS_ONE = {"outcome", "not_checked", "type", "field", "extra", "contradiction", "unexplained"}


@pytest.mark.parametrize("lie", LIES)
def test_a_lie_passes_nobody(sandbox: SandboxProcess, client: Client, lie: str) -> None:
    sandbox.be("wrong", how=lie, times=1)
    before = sandbox.checks()
    answers = client.check(SITI, TONO, GONE)
    if lie in SPOILS_ONE:
        assert answers == [NOT_CHECKED, CONFIRMED, DECEASED]
    elif lie == "broken_off":  # a connection that breaks off is tried again
        assert answers == [CONFIRMED, CONFIRMED, DECEASED]
        assert client.counted == {civil_registry.UNREACHABLE: 1}
        return
    else:
        assert answers == [NOT_CHECKED] * 3
    assert client.counted[civil_registry.NONSENSE] == 1
    assert client.counted[civil_registry.PEOPLE_NOT_CHECKED] == answers.count(NOT_CHECKED)
    assert sandbox.checks() - before == 1


@pytest.mark.parametrize("lie", LIES)
def test_a_lie_about_one_person_alone(sandbox: SandboxProcess, client: Client, lie: str) -> None:
    sandbox.be("wrong", how=lie, times=1)
    expected = CONFIRMED if lie == "broken_off" else NOT_CHECKED
    assert client.check(SITI) == [expected]


def test_a_lie_spoils_only_its_own_part(sandbox: SandboxProcess, client: Client) -> None:
    sandbox.be("wrong", how="html", times=1)
    assert client.check(*[SITI] * 150) == [NOT_CHECKED] * 100 + [CONFIRMED] * 50


def test_a_refused_token_is_loud_and_not_tried_again(sandbox: SandboxProcess) -> None:
    client = Client(sandbox.url, token="another")
    before = sandbox.checks()
    assert client.check(SITI) == [NOT_CHECKED]
    assert client.counted == {
        civil_registry.TOKEN_REFUSED: 1,
        civil_registry.PEOPLE_NOT_CHECKED: 1,
    }
    assert sandbox.checks() - before == 1


def test_another_refusal_is_not_tried_again(sandbox: SandboxProcess) -> None:
    client = Client(sandbox.url + "/elsewhere")
    assert client.check(SITI) == [NOT_CHECKED]
    assert client.counted[civil_registry.REFUSED] == 1


def test_the_breaker_spares_a_registry_that_is_down(sandbox: SandboxProcess) -> None:
    client = Client(sandbox.url, threshold=5)
    sandbox.be("down")
    before = sandbox.checks()
    for _ in range(10):
        assert client.check(SITI) == [NOT_CHECKED]
    assert sandbox.checks() - before == 5
    assert client.counted[civil_registry.BREAKER_OPEN] == 9
    assert client.counted[civil_registry.PEOPLE_NOT_CHECKED] == 10


def test_the_breaker_probes_and_recovers(sandbox: SandboxProcess) -> None:
    client = Client(sandbox.url, threshold=5)
    sandbox.be("down")
    client.check(SITI)
    client.check(SITI)

    before = sandbox.checks()
    client.time.ahead += 31
    assert client.check(SITI) == [NOT_CHECKED]
    assert sandbox.checks() - before == 1, "a failed probe is not tried again"

    sandbox.be("ok")
    assert client.check(SITI) == [NOT_CHECKED], "still resting"
    client.time.ahead += 31
    assert client.check(SITI) == [CONFIRMED]
    assert client.check(SITI) == [CONFIRMED]


class Redirecting(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        self.send_response(307)
        self.send_header("Location", "http://127.0.0.1:9/elsewhere")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *args: object) -> None:
        pass


class QuietServer(HTTPServer):
    def handle_error(self, *args: object) -> None:
        """A caller that hangs up during the handshake is what the test wants."""


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


def test_no_redirect_is_followed() -> None:
    with serving(HTTPServer(("127.0.0.1", 0), Redirecting)) as port:
        client = Client(f"http://127.0.0.1:{port}/check")
        assert client.check(SITI) == [NOT_CHECKED]
    assert client.counted[civil_registry.REFUSED] == 1


def test_headers_that_drip_are_cut_at_the_deadline() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def drip() -> None:
            caller, _ = server.accept()
            with caller:
                try:
                    caller.sendall(b"HTTP/1.1 200 OK\r\nX: ")
                    for _ in range(100):
                        caller.sendall(b"x")
                        time.sleep(0.1)
                except OSError:
                    return

        thread = threading.Thread(target=drip)
        thread.start()
        client = Client(f"http://127.0.0.1:{server.getsockname()[1]}/check")
        began = time.monotonic()
        assert client.check(SITI) == [NOT_CHECKED]
        assert time.monotonic() - began < QUICK.deadline + 1
        thread.join()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for 127.0.0.1 that vouches for itself, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sandbox registry")])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "registry.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + signed.public_bytes(serialization.Encoding.PEM)
    )
    return path


class Confirming(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        question = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        answers = [
            {"ref": person["ref"], "outcome": "confirmed", "fields": []}
            for person in question["people"]
        ]
        body = json.dumps({"request": question["request"], "answers": answers}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def secure_port(certificate: Path) -> Iterator[int]:
    server = QuietServer(("127.0.0.1", 0), Confirming)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server.socket = context.wrap_socket(
        server.socket, server_side=True, do_handshake_on_connect=False
    )
    with serving(server) as port:
        yield port


def test_tls_with_the_pinned_authority(secure_port: int, certificate: Path) -> None:
    client = Client(f"https://127.0.0.1:{secure_port}/check", ca_file=str(certificate))
    assert client.check(SITI) == [CONFIRMED]


def test_a_certificate_nobody_vouches_for_gets_no_data(secure_port: int) -> None:
    client = Client(f"https://127.0.0.1:{secure_port}/check")
    assert client.check(SITI) == [NOT_CHECKED]
    assert client.counted[civil_registry.UNTRUSTED] == 1


def test_a_certificate_for_another_host_gets_no_data(secure_port: int, certificate: Path) -> None:
    client = Client(f"https://localhost:{secure_port}/check", ca_file=str(certificate))
    assert client.check(SITI) == [NOT_CHECKED]
    assert client.counted[civil_registry.UNTRUSTED] == 1


@pytest.mark.parametrize(
    "url",
    [
        "http://registry.example/check",
        "http://127.0.0.1.example/check",
        "ftp://127.0.0.1/check",
        "https:///check",
        "https://registry.example:port/check",
        "",
    ],
)
def test_an_unsafe_address_is_refused_at_the_start(url: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        Client(url)


def test_a_token_that_would_split_the_header_is_refused_at_the_start() -> None:
    with pytest.raises(ValueError, match="token"):
        Client("https://registry.example/check", token="a\r\nX: b")


# The sandbox's own door.


def ask(people: Sequence[object], request: object = "r") -> dict[str, object]:
    return {"request": request, "people": list(people)}


PERSON = {"ref": "0", "nik": "1", "name": "n", "birth_date": "d", "sex": "L", "kk": None}


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/control", {"mode": "sleepy"}),
        ("/control", {"mode": "slow", "seconds": -1}),
        ("/control", {"mode": "down", "times": 0}),
        ("/control", {"mode": "wrong", "how": "503"}),
        ("/control", ["ok"]),
        ("/control", {"mode": "ok", "until": 1}),
    ],
)
def test_the_sandbox_refuses_moods_it_does_not_know(
    sandbox: SandboxProcess, path: str, body: object
) -> None:
    assert sandbox.call("POST", path, body)[0] == 400
    assert sandbox.call("GET", "/health")[1]["mode"] == "ok"


def test_the_sandbox_asks_for_the_token(sandbox: SandboxProcess) -> None:
    assert sandbox.call("POST", "/check", ask([PERSON]))[0] == 401


@pytest.mark.parametrize(
    "body",
    [
        [],
        ask([]),
        ask([PERSON] * 101),
        ask([PERSON | {"more": "x"}]),
        ask([PERSON | {"nik": 1}]),
        ask([PERSON], request=1),
    ],
)
def test_the_sandbox_refuses_what_is_not_a_question(sandbox: SandboxProcess, body: object) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", sandbox.port, timeout=5)
    connection.request("POST", "/check", json.dumps(body), {"Authorization": f"Bearer {TOKEN}"})
    response = connection.getresponse()
    response.read()
    connection.close()
    assert response.status == 400


@pytest.mark.parametrize(
    "line",
    [
        "not json",
        '{"nik": "1"}',
        '{"nik":"1","name":"a","birth_date":"d","sex":"L","kk":null,"deceased":false,"x":1}',
    ],
)
def test_a_bad_population_file_is_told_in_words_without_its_content(
    tmp_path: Path, line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    from infra.civil_registry_sandbox import main

    file = tmp_path / "people.jsonl"
    file.write_text(line + "\n", encoding="utf-8")
    assert main(["--port", "0", "--population", str(file)]) == 1
    assert capsys.readouterr().err.endswith("line 1 is not a person\n")


def test_a_missing_population_file_is_told_in_words(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from infra.civil_registry_sandbox import main

    assert main(["--port", "0", "--population", str(tmp_path / "none.jsonl")]) == 1
    assert "No such file" in capsys.readouterr().err
