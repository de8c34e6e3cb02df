"""Appeals and objections of the stand-in: numbers, grants and states as the contract has them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Any

from pretend_bucket import PretendBucket

ANSWER_BY = "4 Desember 2026"
CLAIM = "Keluarga ini sudah pindah"
TITLES = {"appeal": "Sanggah atas hasil sendiri", "objection": "Keberatan atas kelayakan"}
SIGNED_IN = "tepat_orang=invented"
LOOKED = [
    {"who": "Petugas Dinas Sosial", "reason": "Memeriksa sanggahan", "at": "22 November 2026"},
    {"who": "Pengawas", "reason": "Pemeriksaan berkala", "at": "20 November 2026"},
]


@dataclass
class Filed:
    """One dispute: whose, and what came with it."""

    number: str
    kind: str
    receipt: str
    body: dict[str, Any]
    pieces: list[str] = field(default_factory=list)
    answer: dict[str, Any] | None = None
    stage: str = "filed"


class PretendDisputes:
    """What was filed, by number; `asked` holds number and pieces by key."""

    def __init__(self, bucket: PretendBucket) -> None:
        self.bucket = bucket
        self.filed: dict[str, Filed] = {}
        self.asked: dict[str, tuple[str, list[str]]] = {}
        self.after = ""  # where the bucket sends a plain form on to

    def file(self, kind: str, receipt: str, body: dict[str, Any], key: str) -> dict[str, Any]:
        """Take an appeal or an objection; the same key gives the same number and grants."""
        number = _digest(key)[:10].upper()
        self.filed.setdefault(number, Filed(number, kind, receipt, body))
        return self.add(number, body, key)

    def add(self, number: str, body: dict[str, Any], key: str) -> dict[str, Any]:
        """Grants for those photos of a request that have not come yet."""
        if key not in self.asked:
            pieces = [_digest(f"{key}/{n}")[:32] for n in range(len(body.get("photos", [])))]
            self.asked[key] = (number, pieces)
            self.filed[number].pieces += pieces
        left = [piece for piece in self.asked[key][1] if not self._there(piece)]
        uploads = [self._grant(number, piece) for piece in left]
        return {"dispute": number, "uploads": uploads}

    def told(self, receipt: str) -> list[dict[str, Any]]:
        """What the status of a family tells."""
        return [self._told(one) for one in self.filed.values() if one.receipt == receipt]

    def mine(self) -> list[dict[str, Any]]:
        """What an objector is told: all objections, for there is one objector here."""
        mine = [one for one in self.filed.values() if one.kind == "objection"]
        return [self._told(one) for one in mine]

    def _grant(self, number: str, piece: str) -> dict[str, Any]:
        fields = {"key": f"3510152004/{number}/{piece}", "Content-Type": "image/jpeg"}
        if self.after:
            fields["success_action_redirect"] = self.after
        return {
            "piece": piece,
            "url": f"{self.bucket.base}/",
            "fields": fields | {"policy": "e30="},
        }

    def ended(self, number: str) -> dict[str, Any]:
        """Withdraw one; gives what is told of it then."""
        self.filed[number].stage = "withdrawn"
        return self._told(self.filed[number])

    def _there(self, piece: str) -> bool:
        return any(upload.key.endswith(piece) for upload in self.bucket.arrived)

    def _told(self, one: Filed) -> dict[str, Any]:
        heard, ended = one.stage == "hearing", one.stage == "withdrawn"
        titles = ["Sanggah masuk", *(["Keluarga diberi tahu"] if heard else [])]
        titles += ["Sanggah dicabut"] if ended else []
        can = [] if ended else ["add_evidence", *([] if heard else ["withdraw"])]
        who = "Keluarga" if heard else "Petugas Dinas Sosial"
        states = {False: "granted", True: "screening"}
        return {
            "dispute": one.number,
            "kind": one.kind,
            "title": TITLES[one.kind],
            "stage": one.stage,
            "steps": [{"step": title, "at": "21 November 2026"} for title in titles],
            "next": None
            if ended
            else {"text": "Bukti sedang diperiksa.", "who": who, "by": ANSWER_BY},
            "notes": ["Jawaban keluarga sudah diterima."] if one.answer else [],
            "can": (["answer"] if heard and not one.answer else []) + can,
            "claim": CLAIM if one.kind == "objection" else None,
            "evidence": [
                {"piece": piece, "state": states[self._there(piece)], "why": ""}
                for piece in one.pieces
            ],
            "outcome": None,
            "reason": None,
            "letter": None,
        }


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
