"""The connection to the registry: whom the client trusts with people's data, and how long."""

from __future__ import annotations

import json
import socket
import ssl
import threading
import time
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from chalicelib.adapters.registers import civil_registry
from tests.civil_registry_parts import (
    CONFIRMED,
    HASTY,
    NOT_CHECKED,
    SITI,
    Client,
    serving,
)

if TYPE_CHECKING:
    from collections.abc import Iterator


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
        client = Client(f"http://127.0.0.1:{server.getsockname()[1]}/check", patience=HASTY)
        began = time.monotonic()
        assert client.check(SITI) == [NOT_CHECKED]
        assert time.monotonic() - began < HASTY.deadline + 1
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
