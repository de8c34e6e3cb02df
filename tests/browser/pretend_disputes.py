"""Appeals and objections of the stand-in: numbers, grants and states as the contract has them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Any

from pretend_bucket import PretendBucket

ANSWER_BY = "4 Desember 2026"
CLAIM = "Keluarga ini punya kendaraan, tanah, atau usaha yang belum tercatat"
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
        """Grants for the photos of a request."""
        if key not in self.asked:
            pieces = [_digest(f"{key}/{n}")[:32] for n in range(len(body.get("photos", [])))]
            self.asked[key] = (number, pieces)
            self.filed[number].pieces += pieces
        uploads = [self._grant(number, piece) for piece in self.asked[key][1]]
        return {"dispute": number, "uploads": uploads}

    def told(self, receipt: str) -> list[dict[str, Any]]:
        """What the status of a family tells."""
        return [self._told(one) for one in self.filed.values() if one.receipt == receipt]

    def mine(self) -> list[dict[str, Any]]:
        """What an objector is told: all objections, for there is one objector here."""
        mine = [one for one in self.filed.values() if one.kind == "objection"]
        return [self._told(one) | {"claim": None} for one in mine]

    def _grant(self, number: str, piece: str) -> dict[str, Any]:
        fields = {"key": f"3510152004/{number}/{piece}", "Content-Type": "image/jpeg"}
        if self.after:
            fields["success_action_redirect"] = self.after
        return {
            "piece": piece,
            "url": f"{self.bucket.base}/",
            "fields": fields | {"policy": "e30="},
        }

    def _told(self, one: Filed) -> dict[str, Any]:
        there = {upload.key.rpartition("/")[2] for upload in self.bucket.arrived}
        heard = one.stage == "hearing"
        ended = one.stage in ("decided", "withdrawn")
        steps = [{"step": "Sanggahan diterima", "at": "21 November 2026"}]
        if heard:
            steps.append({"step": "Keluarga diberi tahu", "at": "22 November 2026"})
        if ended:
            steps.append({"step": "Sanggahan selesai", "at": "23 November 2026"})
        who = "Keluarga Anda" if heard else "Petugas Dinas Sosial"
        can = [] if ended else ["add_evidence", *([] if heard else ["withdraw"])]
        return {
            "dispute": one.number,
            "kind": one.kind,
            "stage": one.stage,
            "steps": steps,
            "next": None if ended else {"who": who, "by": ANSWER_BY},
            "can": (["answer"] if heard and not one.answer else []) + can,
            "claim": CLAIM if one.kind == "objection" else None,
            "evidence": [
                {"piece": piece, "state": "screening" if piece in there else "granted", "why": ""}
                for piece in one.pieces
            ],
            "outcome": "Sanggahan dicabut" if ended else None,
            "reason": "Atas permintaan sendiri" if ended else None,
        }


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
