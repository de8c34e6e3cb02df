"""A photo that was granted, whose it is, and the limits that hold for evidence."""

from __future__ import annotations

from datetime import date

from chalicelib.domain.evidence import FileKind, Piece
from chalicelib.domain.registration import Ref
from chalicelib.domain.sanggah_rules import load_sanggah
from tests.world import DATA

LIMITS = load_sanggah((DATA / "sanggah/default.json").read_bytes()).on(date(2026, 11, 22)).evidence
OWNER = Ref("3510152004", "ABCDEFGH23")
PIECE = Piece("0123456789abcdef" * 2, FileKind.JPEG, 300_000)
JPEG = b"\xff\xd8\xff\xe0"
