"""A piece of evidence: a photo or a paper that somebody sends for a dispute or a ground check."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class FileKind(StrEnum):
    """What may be sent."""

    JPEG = "jpeg"
    PNG = "png"
    PDF = "pdf"


class PieceState(StrEnum):
    """Where a piece stands."""

    GRANTED = "granted"  # may be uploaded
    SCREENING = "screening"
    RELEASED = "released"  # clean copies may be shown
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece as its dispute keeps it: no name that its sender gave it, and no content.

    Attributes:
        id: 32 hex digits; the last part of its key in the buckets.
        size: bytes that were granted.
        tries: how often its screening began.
        why: a code of why it was refused, or what its sender should know, "" for nothing.
        pages: clean copies.
        looks: perceptual hash of the first page, hex, to find the same photo again.
    """

    id: str
    kind: FileKind
    size: int
    state: PieceState = PieceState.GRANTED
    tries: int = 0
    why: str = ""
    pages: int = 0
    looks: str = ""

    @property
    def settled(self) -> bool:
        """Whether its screening has ended."""
        return self.state in (PieceState.RELEASED, PieceState.REFUSED)
