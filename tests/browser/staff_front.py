"""The staff surface in this process behind a small front: its pages, the site's files, and photos.

The handlers are the deployed ones on moto's tables; what the edge adds to an answer is added.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from chalice.test import Client

from infra.front import Backends, security_headers

TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


class StaffFront(ThreadingHTTPServer):
    """Serves on a free port of this machine until it is shut down.

    Attributes:
        photos: path of a clean copy -> its bytes.
        signed_in: cookies of who is signed in, given to the browser at /masuk.
    """

    daemon_threads = True

    def __init__(self, client: Client, site: Path) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.client = client
        self.site = site
        self.photos: dict[str, bytes] = {}
        self.signed_in: dict[str, str] = {}
        self.base = f"http://127.0.0.1:{self.server_port}"
        self.one_at_a_time = threading.Lock()
        backends = Backends("", "", {}, self.base, self.base)  # type: ignore[arg-type]
        self.added = security_headers(backends)

    def start(self) -> StaffFront:
        threading.Thread(target=self.serve_forever, daemon=True).start()
        return self


class _Handler(BaseHTTPRequestHandler):
    server: StaffFront

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        file = self.server.site / path.lstrip("/")
        if path.startswith("/a/") and file.is_file():
            self._send(200, {"Content-Type": TYPES[file.suffix]}, file.read_bytes())
        elif path == "/masuk":
            kept = "; Path=/; Secure; HttpOnly; SameSite=Strict"
            cookies = [f"{name}={value}{kept}" for name, value in self.server.signed_in.items()]
            self._send(200, {"Content-Type": "text/html", "Set-Cookie": cookies}, b"masuk")
        elif path in self.server.photos:
            headers = {"Content-Type": "image/jpeg", "Content-Disposition": "attachment"}
            self._send(200, headers, self.server.photos[path])
        else:
            self._ask(b"")

    def do_POST(self) -> None:
        self._ask(self.rfile.read(int(self.headers.get("Content-Length", 0))))

    def log_message(self, *_: Any) -> None:
        """Say nothing."""

    def _ask(self, body: bytes) -> None:
        sent = {name.title(): value for name, value in self.headers.items()}
        path = "/staff" if self.path == "/staff/" else self.path
        with self.server.one_at_a_time:
            answer = self.server.client.http.request(self.command, path, headers=sent, body=body)
        self._send(answer.status_code, answer.headers, answer.body)

    def _send(self, status: int, headers: Mapping[str, Any], body: bytes) -> None:
        self.send_response(status)
        told = {name.lower(): value for name, value in headers.items()} | self.server.added
        for name, value in told.items():
            for each in value if isinstance(value, list) else [value]:
                if name not in ("content-length", "strict-transport-security"):
                    self.send_header(name, str(each))
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
