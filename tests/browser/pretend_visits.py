"""Agents of the stand-in: a list, one family's address, findings and appeals kept once."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from pretend_bucket import PretendBucket

AGENT = "tepat_pendamping=invented"
NAME, LINE = "Widyakirana Prabasari", "Jalan Kemuning 77"
DECLARED, FOUND = "Milik sendiri", "Kontrak atau sewa"
NOT_YOURS = "Kunjungan ini bukan untuk Anda."
NOT_KNOWN = "Nomor ini tidak kami kenal. Periksa lagi tulisannya."
Answer = tuple[int, dict[str, Any]]
_VILLAGES = {"3510152004": ("Kemiren", "Glagah"), "3510152003": ("Bakungan", "Glagah")}


def row_of(number: str) -> dict[str, Any]:
    """One visit of the list."""
    return _row(number, "3510152004", "2026-12-04", "4 Desember 2026")


def _row(number: str, village: str, due: str, due_text: str) -> dict[str, Any]:
    name, district = _VILLAGES[village]
    place = {"village": village, "village_name": name, "district_name": district}
    days = {"due": due, "due_text": due_text, "attempts": [], "attempts_left": 2}
    return {"check": number, **place, **days}


class PretendVisits:
    """What one agent has to visit, and what came of it.

    Attributes:
        rows: the list.
        signed_in: whether the cookie still renews a token.
        opened: numbers of the families whose address was read, in order.
        sent: path, key and body of each finding and remark that arrived, repeats too.
        kept: the finding of each visit: key and body.
        agent: who signed in.
        appeals: key and body of each appeal that was filed, by its number.
        silent: how many of the next of either are kept while the gateway gives up waiting.
        refuse: numbers that are somebody else's, as on a phone that was lent.
    """

    def __init__(self, bucket: PretendBucket, questions: list[dict[str, Any]]) -> None:
        self.bucket = bucket
        self.questions = questions
        self.reset()

    def reset(self) -> None:
        """Begin anew."""
        self.rows = [
            _row("V2K7MPQ3XA", "3510152004", "2026-11-27", "27 November 2026"),
            _row("V2K7MPQ3XB", "3510152003", "2026-11-30", "30 November 2026"),
            _row("V2K7MPQ3XC", "3510152004", "2026-12-04", "4 Desember 2026"),
        ]
        self.signed_in = True
        self.tokens: set[str] = set()
        self.opened: list[str] = []
        self.sent: list[tuple[str, str, str]] = []
        self.kept: dict[str, tuple[str, str]] = {}
        self.agent = "agent-one"
        self.appeals: dict[str, tuple[str, str]] = {}
        self.silent = 0
        self.refuse: set[str] = set()

    def token(self) -> Answer:
        """A new token, while the sign-in holds."""
        if not self.signed_in:
            return _refusal(401, "not_signed_in", "Masuk dulu.")
        token = f"token-{len(self.tokens)}"
        self.tokens.add(token)
        return 200, {"token": token, "seconds": 900, "agent": self.agent}

    def get(self, path: str, authorization: str) -> Answer:
        """`/staff/agent/checks`, or one of them."""
        if authorization.removeprefix("Bearer ") not in self.tokens:
            return _refusal(401, "not_signed_in", "Masuk dulu.")
        number = path.removeprefix("/staff/agent/checks").strip("/")
        if not number:
            return 200, self._list()
        row = next(row for row in self.rows if row["check"] == number)
        self.opened.append(number)
        place = {name: row[name] for name in ("village_name", "district_name")}
        told = {"check": number, "name": NAME, "line": LINE, "rt": "017", "rw": "009"}
        return 200, told | place

    def post(self, path: str, authorization: str, key: str, raw: str) -> Answer:
        """A finding, a remark to it, or an appeal."""
        if authorization.removeprefix("Bearer ") not in self.tokens:
            return _refusal(401, "not_signed_in", "Masuk dulu.")
        self.sent.append((path, key, raw))
        if path == "/v1/agent/appeals":
            return self._appeal(key, raw)
        return self._finding(path, key, raw)

    def _finding(self, path: str, key: str, raw: str) -> Answer:
        number, _, remark = path.removeprefix("/v1/agent/checks/").partition("/")
        if remark:
            return 201, {"check": number}
        if number in self.refuse:
            return _refusal(403, "check_not_yours", NOT_YOURS)
        if self.kept.setdefault(number, (key, raw)) != (key, raw):
            return _refusal(409, "check_ended", "Kunjungan ini sudah selesai.")
        met = json.loads(raw)["outcome"] == "met"
        self.rows = [row for row in self.rows if row["check"] != number or not met]
        if self.silent:
            self.silent -= 1
            return 504, {"message": "Endpoint request timed out"}
        return 201, self._told(number, key, json.loads(raw), met=met)

    def _appeal(self, key: str, raw: str) -> Answer:
        body = json.loads(raw)
        if body["receipt"] in self.refuse:
            return _refusal(404, "not_found", NOT_KNOWN)
        number = hashlib.sha256(key.encode()).hexdigest()[:10].upper()
        self.appeals.setdefault(number, (key, raw))
        if self.silent:
            self.silent -= 1
            return 504, {"message": "Endpoint request timed out"}
        return 201, {"dispute": number, "uploads": self._left(number, key, body)}

    def _left(self, number: str, key: str, body: dict[str, Any]) -> list[dict[str, Any]]:
        """Grants for those photos that have not come yet."""
        photos = range(len(body["photos"]))
        pieces = [hashlib.sha256(f"{key}/{n}".encode()).hexdigest()[:32] for n in photos]
        return [self._grant(number, piece) for piece in pieces if not self._there(piece)]

    def _told(self, number: str, key: str, body: dict[str, Any], *, met: bool) -> dict[str, Any]:
        differences = [
            {
                "code": "tenure",
                "question": "Apa status tempat tinggal Anda?",
                "declared": DECLARED,
                "found": FOUND,
            }
        ]
        return {
            "check": number,
            "stage": "done" if met else "assigned",
            "title": "Kunjungan selesai" if met else "Percobaan dicatat",
            "attempts_left": 1,
            "uploads": self._left(number, key, body),
            "differences": differences if met else [],
        }

    def _grant(self, number: str, piece: str) -> dict[str, Any]:
        fields = {"key": f"3510152004/{number}/{piece}", "policy": "e30="}
        return {"piece": piece, "url": f"{self.bucket.base}/", "fields": fields}

    def _there(self, piece: str) -> bool:
        return any(upload.key.endswith(piece) for upload in self.bucket.arrived)

    def _list(self) -> dict[str, Any]:
        words = {"people": "Berapa orang tinggal di rumah ini?", "under_5": "Berapa balita?"}
        return {
            "checks": self.rows,
            "questions": self.questions,
            "counts": [{"code": code, "text": text} for code, text in words.items()],
            "head": {
                "schooling": [
                    {"code": "primary", "text": "SD"},
                    {"code": "bachelor", "text": "S1"},
                ],
                "occupation": [{"code": "farmer", "text": "Petani atau peternak"}],
            },
            "missed": [
                {"code": "not_home", "text": "Tidak ada di rumah"},
                {"code": "not_found", "text": "Rumah tidak ditemukan"},
                {"code": "refused", "text": "Tidak bersedia dikunjungi"},
            ],
            "photos": {"most": 3, "bytes": 5_242_880, "shrunk_bytes": 204_800},
            "bring": ["Kartu tanda petugas.", "HP dengan baterai penuh."],
            "oldest_days": 30,
        }


def _refusal(code: int, reason: str, message: str) -> Answer:
    error = {"code": reason, "field": "", "message": message}
    return code, {"errors": [error], "request": "pretend"}
