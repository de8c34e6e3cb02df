"""A small stand-in for the public API: the contract's answers, the real templates, no real checks.

It lets the pages be tested in a second, without the local stack. What it says is not true of any
family; the same tests run on the real stack when it is there.
"""

from __future__ import annotations

import hashlib
import json
import mimetypes
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from pretend_bucket import PretendBucket
from pretend_disputes import LOOKED, SIGNED_IN, PretendDisputes
from pretend_states import CORRECTION, DECIDED, REPORTED, WAITING
from pretend_visits import AGENT, PretendVisits

from chalicelib.adapters.area_files import region_villages
from chalicelib.entrypoints.form_fields import nested
from chalicelib.entrypoints.pages import environment, qr_svg
from frontend.build import ANSWERS, build
from frontend.content import read_questions

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self' {bucket}; form-action 'self' {bucket}; "
    "base-uri 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types {policies}"
)
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
SECONDS_TO_DECIDE = 3.0


class PretendApi(ThreadingHTTPServer):
    """Serves a built site and answers `/v1/*`; `registered` holds body by key."""

    daemon_threads = True

    def __init__(self, folder: Path, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.site = folder
        build("3510", folder)
        self.engine = environment(
            [ANSWERS], json.loads((folder / "assets.json").read_text("utf-8"))
        )
        self.villages = region_villages("3510")
        self.questions = read_questions()
        self.registered: dict[str, tuple[dict[str, Any], float]] = {}
        self.receipts: dict[str, str] = {}
        self.asked: list[tuple[str, str]] = []
        self.bucket = PretendBucket().start()
        self.disputes = PretendDisputes(self.bucket)
        self.visits = PretendVisits(self.bucket, self.questions)

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def refused_family(self) -> str:
        """The receipt of a family whose results are there, one of them a refusal."""
        key = f"family-{len(self.registered):020d}"
        receipt = receipt_of(key)
        self.registered[key] = ({"members": [{"name": "Siti Aminah"}]}, -SECONDS_TO_DECIDE)
        self.receipts[receipt] = key
        return receipt

    def start(self) -> PretendApi:
        threading.Thread(target=self.serve_forever, daemon=True).start()
        return self


def receipt_of(key: str) -> str:
    """Draw a receipt from a key, as the real one is: the same key gives the same receipt."""
    digest = hashlib.sha256(key.encode()).digest()
    signs = "".join(ALPHABET[byte % len(ALPHABET)] for byte in digest[:24])
    return "-".join(signs[at : at + 4] for at in range(0, 24, 4))


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: PretendApi

    def log_message(self, *_: object) -> None:
        """Stay quiet."""

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        if url.path == "/v1/form":
            query = dict(parse_qsl(url.query))
            members = query.get("members", "1")
            self._form({}, "k" * 20, int(members) if members.isdecimal() else 1, [], 200)
            return
        if url.path == "/v1/person/sign-in":  # IKD knows everybody here
            self.send_response(303)
            self.send_header("Location", dict(parse_qsl(url.query))["to"])
            self.send_header("Set-Cookie", f"{SIGNED_IN}; Path=/v1/; HttpOnly; SameSite=Lax")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        if url.path == "/staff/agent/sign-in":  # as does the staff pool
            self.server.visits.signed_in = True
            self.send_response(303)
            self.send_header("Location", "/petugas/")
            self.send_header("Set-Cookie", f"{AGENT}; Path=/staff/; HttpOnly; SameSite=Strict")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        if url.path.startswith("/staff/agent/checks"):
            self._json(self.server.visits.get(url.path, self.headers.get("Authorization", "")))
            return
        if url.path == "/v1/objections":
            if self._signed_in():
                body = {"objections": self.server.disputes.mine()}
                self._answer(200, body, "objections", key="o" * 20)
            return
        path = (self.server.site / url.path.lstrip("/")).resolve()
        if path.is_dir():
            path /= "index.html"
        found = path.is_file() and path.is_relative_to(self.server.site.resolve())
        path = path if found else self.server.site / "404.html"
        kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        self._send(200 if found else 404, path.read_bytes(), kind)

    def do_POST(self) -> None:
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.asked.append((self.path, raw.decode()))
        if "/agent/" in self.path:
            self._agent(raw.decode())
            return
        fields: dict[str, str] = {}
        if self.headers["Content-Type"].startswith("application/json"):
            body = json.loads(raw)
            key = self.headers.get("Idempotency-Key", "")
        else:
            fields = dict(parse_qsl(raw.decode()))
            key = fields.pop("key", "")
            body = nested(fields)
        getattr(self, "_" + self.path[len("/v1/") :].replace("/", "_"))(body, key, fields)

    def _agent(self, raw: str) -> None:
        visits = self.server.visits
        if self.path == "/staff/agent/token":
            signed_in = AGENT in self.headers.get("Cookie", "")
            nobody = (401, {"errors": [], "request": "pretend"})
            self._json(visits.token() if signed_in else nobody)
            return
        authorization = self.headers.get("Authorization", "")
        self._json(visits.post(self.path, authorization, self.headers["Idempotency-Key"], raw))

    def _json(self, answer: tuple[int, dict[str, Any]]) -> None:
        self._send(answer[0], json.dumps(answer[1]).encode(), "application/json")

    def _registrations(self, body: dict[str, Any], key: str, fields: dict[str, str]) -> None:
        receipt = receipt_of(key)
        self.server.registered.setdefault(key, (body, time.monotonic()))
        self.server.receipts[receipt] = key
        answer = {name: WAITING[name] for name in ("state", "title", "next", "expect_by")}
        warnings = [{"code": "nik_serial_zero", "field": "members.0.nik", "message": "Akan dicek."}]
        answer |= {"receipt": receipt, "qr_svg": qr_svg(receipt), "warnings": warnings}
        self._answer(201, answer, "receipt")

    def _status(self, body: dict[str, Any], key: str, fields: dict[str, str]) -> None:
        receipt = _grouped(body["receipt"])
        known = self.server.receipts.get(receipt)
        if known is None:
            message = "Nomor ini tidak kami kenal. Periksa lagi tulisannya."
            error = {"code": "not_found", "field": "receipt", "message": message}
            self._refuse(404, [error], form="status", values=fields)
            return
        family, since = self.server.registered[known]
        if "Perbaiki" in family["members"][0]["name"]:
            state = CORRECTION
        else:
            state = DECIDED if time.monotonic() - since > SECONDS_TO_DECIDE else WAITING
        disputes = self.server.disputes.told(receipt)
        can = ["appeal"] if state is DECIDED and not disputes else []
        told = {**state, "disputes": disputes, "can": can}
        self._answer(200, told, "status", receipt=receipt, key="c" * 20)

    def _corrections(self, body: dict[str, Any], key: str, fields: dict[str, str]) -> None:
        assert len(key) >= 16
        self._answer(200, WAITING, "corrected")

    def _withdrawals(self, body: dict[str, Any], key: str, fields: dict[str, str]) -> None:
        self._answer(200, {**WAITING, "state": "withdrawn"}, "withdrawn")

    def _proposals(self, body: dict[str, Any], key: str, fields: dict[str, str]) -> None:
        self._answer(201, {"received": True}, "proposed")

    def _appeals(self, body: dict[str, Any], key: str, fields: dict[str, str]) -> None:
        if not body.get("text"):
            self._form_again("appeal", fields, "text")
            return
        filed = self._disputes().file("appeal", _grouped(body["receipt"]), body, key or "a" * 20)
        self._answer(201, filed, "appealed", receipt=body["receipt"])

    def _objections(self, body: dict[str, Any], key: str, fields: dict[str, str]) -> None:
        if not self._signed_in():
            return
        if not body.get("name"):
            self._form_again("objection", fields, "name")
            return
        filed = self._disputes().file("objection", "", body, key or "b" * 20)
        self._answer(201, filed, "objected")

    def _disputes_uploads(self, body: dict[str, Any], key: str, fields: dict[str, str]) -> None:
        added = self._disputes().add(body["dispute"], body, key)
        self._answer(201, added, "added", receipt=body.get("receipt", ""))

    def _disputes_answers(self, body: dict[str, Any], key: str, fields: dict[str, str]) -> None:
        if not body.get("text"):
            self._form_again("answer", fields, "text")
            return
        self.server.disputes.filed[body["dispute"]].answer = body
        answered = self._disputes().add(body["dispute"], body, key)
        self._answer(201, answered, "answered", receipt=body["receipt"])

    def _disputes_withdrawals(self, body: dict[str, Any], key: str, fields: dict[str, str]) -> None:
        assert body["agreed"] in (True, "true")
        assert len(key) >= 16
        if body.get("receipt") or self._signed_in():
            told = self.server.disputes.ended(body["dispute"])
            self._answer(200, told, "dispute_ended", receipt=body.get("receipt", ""))

    def _reports(self, body: dict[str, Any], key: str, fields: dict[str, str]) -> None:
        if not body.get("text"):
            self._form_again("report", fields, "text")
            return
        filed = self._disputes().file("report", "", body, key or "r" * 20)
        told = {"report": receipt_of(key or "r" * 20), "uploads": filed["uploads"]}
        self._answer(201, told, "reported")

    def _reports_status(self, body: dict[str, Any], key: str, fields: dict[str, str]) -> None:
        told = REPORTED | {"report": _grouped(body["receipt"])[:12].replace("-", "")}
        self._answer(200, told, "report_status")

    def _looked(self, body: dict[str, Any], key: str, fields: dict[str, str]) -> None:
        self._answer(200, {"looked": LOOKED}, "looked", receipt=body["receipt"])

    def _disputes(self) -> PretendDisputes:
        """With forms that lead on to the status page, for a browser without scripts."""
        html = "text/html" in self.headers.get("Accept", "")
        self.server.disputes.after = f"{self.server.base}/status/" if html else ""
        return self.server.disputes

    def _form_again(self, form: str, fields: dict[str, str], missing: str) -> None:
        message = "Isian ini belum diisi."
        errors = [{"code": "field_missing", "field": missing, "message": message}]
        extra = {"values": fields, "villages": self.server.villages, "key": "e" * 20}
        self._answer(422, {"errors": errors, "request": "pretend"}, f"{form}_form", **extra)

    def _signed_in(self) -> bool:
        if SIGNED_IN in self.headers.get("Cookie", ""):
            return True
        message = "Masuk dulu dengan IKD, lalu kirim lagi."
        self._refuse(401, [{"code": "not_signed_in", "field": "", "message": message}])
        return False

    def _check(self, body: dict[str, Any], key: str, fields: dict[str, str]) -> None:
        errors = [
            {"code": "field_missing", "field": path, "message": "Isian ini belum diisi."}
            for path in ("village", "members.0.name")
            if not fields.get(path)
        ]
        if errors:
            self._form(fields, key, _count(fields), errors, 422)
            return
        self._page(200, "check", **self._form_context(fields, key, _count(fields), []))

    def _form(
        self,
        fields: dict[str, str],
        key: str,
        members: int | dict[str, str],
        errors: list[dict[str, str]] | None = None,
        code: int = 200,
    ) -> None:
        if not isinstance(members, int):  # a POST: (body, key, fields)
            fields, members = members, _count(members)
        self._page(code, "form", **self._form_context(fields, key, members, errors or []))

    def _form_context(self, fields: Any, key: str, members: int, errors: Any) -> dict[str, Any]:
        return {
            "values": fields,
            "errors": errors,
            "key": key,
            "members": members,
            "villages": self.server.villages,
            "questions": self.server.questions,
        }

    def _refuse(self, code: int, errors: list[dict[str, str]], **extra: object) -> None:
        extra |= {"villages": self.server.villages, "key": "e" * 20}
        self._answer(code, {"errors": errors, "request": "pretend"}, "error", **extra)

    def _answer(self, code: int, body: dict[str, Any], page: str, **extra: object) -> None:
        if "text/html" in self.headers.get("Accept", ""):
            self._page(code, page, **body, **extra)
            return
        self._send(code, json.dumps(body).encode(), "application/json")

    def _page(self, code: int, page: str, **context: object) -> None:
        html = self.server.engine.get_template(f"{page}.html").render(context)
        self._send(code, html.encode(), "text/html")

    def _send(self, code: int, data: bytes, kind: str) -> None:
        self.send_response(code)
        text = kind.startswith("text/") or "javascript" in kind
        self.send_header("Content-Type", f"{kind}; charset=utf-8" if text else kind)
        self.send_header("Content-Length", str(len(data)))
        policies = "sw" if self.path.startswith("/petugas/") else "'none'"
        csp = CSP.format(bucket=self.server.bucket.base, policies=policies)
        self.send_header("Content-Security-Policy", csp)
        for name, value in HEADERS.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)


def _grouped(typed: str) -> str:
    plain = "".join(c for c in typed.upper() if c.isalnum())
    return "-".join(plain[at : at + 4] for at in range(0, len(plain), 4))


def _count(fields: dict[str, str]) -> int:
    return 1 + max((int(n.split(".")[1]) for n in fields if n.startswith("members.")), default=0)
