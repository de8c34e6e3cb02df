"""A small stand-in for the bucket that photos are sent to: takes a browser's form, as S3 does.

Like S3 it reads the fields in order and nothing after the file, refuses a grant that has expired,
answers a preflight, and sends a plain form on to `success_action_redirect`. It can lose the line.
"""

from __future__ import annotations

import socket
import threading
from dataclasses import dataclass
from email.parser import BytesParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

PART = 64 * 1024
EXPIRED = b"<Error><Code>AccessDenied</Code></Error>"


@dataclass(frozen=True)
class Upload:
    """What arrived under one key."""

    key: str
    content: bytes


class PretendBucket(ThreadingHTTPServer):
    """Takes uploads.

    Attributes:
        arrived: whole uploads, in order.
        tried: keys in the order in which their sending began.
        faults: what happens to the next uploads, first to last: "" nothing, "cut" the line is lost
            half way, "silent" it arrives and no answer comes, "expired" it is refused.
        expired: keys whose grant is over.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.arrived: list[Upload] = []
        self.tried: list[str] = []
        self.faults: list[str] = []
        self.expired: set[str] = set()

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def start(self) -> PretendBucket:
        threading.Thread(target=self.serve_forever, daemon=True).start()
        return self

    def handle_error(self, *_: object) -> None:
        """A line that was cut on purpose is no news."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: PretendBucket

    def log_message(self, *_: object) -> None:
        """Stay quiet."""

    def do_OPTIONS(self) -> None:
        self.close_connection = True  # on a used line browsers send again by themselves
        self._answer(200)

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        fault = self.server.faults.pop(0) if self.server.faults else ""
        if fault == "cut":
            self.rfile.read(length // 2)
            self.server.tried.append("cut")
            self._hang_up()
            return
        fields, content = _form(self.headers["Content-Type"], self.rfile.read(length))
        key = fields["key"]
        self.server.tried.append(key)
        if fault == "expired" or key in self.server.expired:
            self._answer(403, EXPIRED)
            return
        self.server.arrived.append(Upload(key, content))
        if fault == "silent":
            self._hang_up()
            return
        after = fields.get("success_action_redirect", "")
        self._answer(303 if after else 204, to=after)

    def _hang_up(self) -> None:
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)

    def _answer(self, code: int, body: bytes = b"", to: str = "") -> None:
        self.send_response(code)
        self.send_header("Access-Control-Allow-Origin", "*")
        self.send_header("Access-Control-Allow-Methods", "POST")
        self.send_header("Access-Control-Max-Age", "3600")
        if to:
            self.send_header("Location", to)
        if self.close_connection:
            self.send_header("Connection", "close")
        if code != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _form(kind: str, raw: bytes) -> tuple[dict[str, str], bytes]:
    message: Any = BytesParser().parsebytes(b"Content-Type: " + kind.encode() + b"\r\n\r\n" + raw)
    fields: dict[str, str] = {}
    for part in message.get_payload():
        name = part.get_param("name", header="Content-Disposition")
        content = part.get_payload(decode=True)
        if name == "file":
            return fields, content
        fields[name] = content.decode()
    raise AssertionError("a form without a file")
