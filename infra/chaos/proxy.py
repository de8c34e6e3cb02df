"""The fault proxy, between the functions and the local AWS: what networks do, and power cuts.

Plain sockets, since no HTTP framework resets a connection or breaks an answer off on purpose.
It keeps no body but the messages that were sent to queues (references, never a person), so that
they can be sent again.
"""

from __future__ import annotations

import http.client
import json
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final

from infra.chaos.faults import (
    LONGEST_LATE,
    Faults,
    Kind,
    Operation,
    Said,
    failure,
    operation_of,
    throttle,
)

_TIMEOUT: Final = 60.0  # seconds for the local AWS, whose functions end after 30
_ONE_CONNECTION: Final = frozenset({"connection", "keep-alive", "transfer-encoding"})
_BY_US: Final = frozenset({"connection", "content-length", "transfer-encoding"})
_RESET_ON_CLOSE: Final = struct.pack("ii", 1, 0)  # SO_LINGER of no time: close() sends a reset


@dataclass(frozen=True, slots=True)
class Answer:
    """What the local AWS said, whole."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes


Watch = Callable[[Operation, Mapping[str, str], bytes, int, bytes], None]
"""Takes operation, headers and body as sent, status and body as answered."""


class FaultProxy(ThreadingHTTPServer):
    """The server; `faults` says what happens. Port 0 takes a free one.

    Attributes:
        posted: (queue's address, body) of the messages that were sent through here.
        swept: how many of all these the sweep sent; its messages name no version.
        watch: is told of each request that was answered; None for nobody.
    """

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, port: int, upstream: int, faults: Faults) -> None:
        """Listen on loopback.

        Args:
            port: where the functions and the front knock.
            upstream: port of the local AWS.
        """
        super().__init__(("127.0.0.1", port), _Handler)
        self.upstream = upstream
        self.faults = faults
        self.posted: list[tuple[str, str]] = []
        self.swept = 0
        self.watch: Watch | None = None
        self.url = f"http://127.0.0.1:{self.server_port}"

    def shutdown_request(self, request: socket.socket | tuple[bytes, socket.socket]) -> None:
        """Close without the farewell that the base class sends: a reset has none."""
        self.close_request(request)

    def handle_error(
        self,
        request: socket.socket | tuple[bytes, socket.socket],
        client_address: object,
    ) -> None:
        """Say nothing of callers that hang up: they do as they are meant to."""

    @contextmanager
    def serving(self) -> Iterator[None]:
        """Serve in a thread until the block ends."""
        thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield
        finally:
            self.shutdown()
            thread.join()
            self.server_close()


class _Handler(BaseHTTPRequestHandler):
    server: FaultProxy
    protocol_version = "HTTP/1.1"
    timeout = 120

    def _pass(self) -> None:
        """Take one request, let its fault happen, and answer or not."""
        if "Transfer-Encoding" in self.headers:
            return self._say(Said(411, "text/plain", b"length required"))
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        operation = operation_of(self.command, self.path, self.headers.get("X-Amz-Target", ""))
        fault = self.server.faults.draw(operation)
        kind = fault.kind if fault else None
        share = fault.share if fault else 0.0
        if kind in (Kind.DOWN, Kind.REFUSED):
            return self._reset()
        if kind is Kind.FAILED:
            return self._say(failure(operation, share))
        if kind is Kind.THROTTLED:
            return self._say(throttle(operation, share, body))
        if kind is Kind.LATE:
            time.sleep(share * LONGEST_LATE)
        return self._do(operation, body, kind)

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = do_OPTIONS = do_PATCH = _pass  # noqa: N815

    def _do(self, operation: Operation, body: bytes, kind: Kind | None) -> None:
        try:
            answer = self._forward(body)
            if kind is Kind.TWICE:
                answer = self._forward(body)
        except (OSError, http.client.HTTPException):  # the local AWS is away, or died meanwhile
            return self._reset()
        if operation.name == "SendMessageBatch":
            self._remember(body)
        if self.server.watch is not None:
            sent = {name.lower(): value for name, value in self.headers.items()}
            self.server.watch(operation, sent, body, answer.status, answer.body)
        if kind is Kind.LOST or not self.server.faults.may_answer(operation):
            return self._reset()
        return self._answer(answer, cut=kind is Kind.CUT)

    def _forward(self, body: bytes) -> Answer:
        """Ask the local AWS, on a connection of its own: a kept one may have died unnoticed.

        The host stays as the caller wrote it, for the signature covers it.
        """
        upstream = http.client.HTTPConnection("127.0.0.1", self.server.upstream, timeout=_TIMEOUT)
        try:
            upstream.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
            for name, value in self.headers.items():
                if name.lower() not in _ONE_CONNECTION:
                    upstream.putheader(name, value)
            upstream.endheaders(body or None)
            got = upstream.getresponse()
            return Answer(got.status, got.getheaders(), got.read())
        finally:
            upstream.close()

    def _remember(self, body: bytes) -> None:
        sent = json.loads(body)
        bodies = [entry["MessageBody"] for entry in sent["Entries"]]
        self.server.posted += [(sent["QueueUrl"], body) for body in bodies]
        self.server.swept += sum(json.loads(body)["version"] == 0 for body in bodies)

    def _answer(self, answer: Answer, *, cut: bool) -> None:
        self.send_response_only(answer.status)
        for name, value in answer.headers:
            if name.lower() not in _BY_US:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        if self.command == "HEAD":
            return
        self.wfile.write(answer.body[: len(answer.body) // 2] if cut else answer.body)
        if cut:
            self.close_connection = True

    def _say(self, said: Said) -> None:
        self._answer(
            Answer(said.status, [("Content-Type", said.content_type)], said.body), cut=False
        )

    def _reset(self) -> None:
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
        self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as in the base class
        """Say nothing: the counts tell."""
