"""A piece of evidence: a photo or a paper that somebody sends for a dispute or a ground check.

What was sent is shown to nobody. It is screened, and copies made of what can be seen on it are
shown instead (security, evidence).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from chalicelib.domain.receipt import is_locator
from chalicelib.domain.registration import Ref

if TYPE_CHECKING:
    from chalicelib.domain.sanggah_rules import Evidence

TRIES: Final = 3
"""How often a file is tried that the screening breaks on; the last time it is refused unopened."""

HASH_BITS: Final = 64
_PLAIN: Final = 4  # of the 64 bits: a wall, the night; such photos are like each other
_VILLAGE = re.compile(r"[0-9]{10}", re.ASCII)
_ID = re.compile(r"[0-9a-f]{32}", re.ASCII)


class FileKind(StrEnum):
    """What may be sent."""

    JPEG = "jpeg"
    PNG = "png"
    PDF = "pdf"

    @property
    def media_type(self) -> str:
        """As HTTP names it."""
        return "application/pdf" if self is FileKind.PDF else f"image/{self.value}"


BEGINNINGS: Final = {
    FileKind.JPEG: b"\xff\xd8\xff",
    FileKind.PNG: b"\x89PNG\r\n\x1a\n",
    FileKind.PDF: b"%PDF-",
}
"""First bytes of each kind (ITU-T T.81, W3C PNG, ISO 32000)."""


class PieceState(StrEnum):
    """Where a piece stands."""

    GRANTED = "granted"  # may be uploaded
    SCREENING = "screening"
    RELEASED = "released"  # clean copies may be shown
    REFUSED = "refused"


class Why(StrEnum):
    """What the sender of a piece is told: why it was refused, or what is wrong with a good one."""

    TOO_LARGE = "evidence_too_large"
    WRONG_TYPE = "evidence_wrong_type"
    TOO_MANY_PIXELS = "evidence_too_many_pixels"
    TOO_MANY_PAGES = "evidence_too_many_pages"
    BROKEN = "evidence_broken"
    ACTIVE_PDF = "evidence_active_pdf"  # it would do something when opened, or carries files
    LOCKED_PDF = "evidence_locked_pdf"
    VIRUS = "evidence_virus"
    NO_SCANNER = "evidence_no_scanner"
    GAVE_UP = "evidence_gave_up"  # the screening broke on it each time
    DARK = "evidence_dark"
    BLURRED = "evidence_blurred"


class Unfit(Exception):  # noqa: N818 - a verdict on the file; nothing has failed
    """A file that must not be shown; `why` is what its sender is told."""

    def __init__(self, why: Why) -> None:
        """Keep the reason."""
        super().__init__(why.value)
        self.why = why


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
        return self.released or self.state is PieceState.REFUSED

    @property
    def released(self) -> bool:
        """Whether officers can see it."""
        return self.state is PieceState.RELEASED


@dataclass(frozen=True, slots=True)
class Remade:
    """Clean copies of a file, and how its first page looks.

    Attributes:
        pages: JPEG files, made of the pixels and of nothing else.
        looks: difference hash, 16 hex digits.
        sharpness: variance of the Laplacian; small when blurred.
        brightness: mean, 0 black to 255 white.
    """

    pages: tuple[bytes, ...]
    looks: str
    sharpness: int
    brightness: int


def upload_key(owner: Ref, piece: str) -> str:
    """Where a piece is uploaded to, in the quarantine bucket."""
    return f"{owner.village}/{owner.locator}/{piece}"


def page_key(owner: Ref, piece: str, page: int) -> str:
    """Where a clean copy is kept, in the released bucket; pages count from 1."""
    return f"{upload_key(owner, piece)}/{page}.jpg"


def read_key(key: str) -> tuple[Ref, str] | None:
    """Read what `upload_key` wrote: owner and piece; None for any other key."""
    village, _, rest = key.partition("/")
    locator, _, piece = rest.partition("/")
    if _VILLAGE.fullmatch(village) and is_locator(locator) and _ID.fullmatch(piece):
        return Ref(village, locator), piece
    return None


def kind_of(content: bytes) -> FileKind | None:
    """What a file is by its first bytes; None for all that may not be sent."""
    return next((kind for kind, first in BEGINNINGS.items() if content.startswith(first)), None)


def check(content: bytes, piece: Piece, limits: Evidence) -> None:
    """Look at a file from outside: its size, and whether it is what it was said to be.

    Raises:
        Unfit: it is not.
    """
    if len(content) > min(piece.size, limits.bytes):
        raise Unfit(Why.TOO_LARGE)
    if kind_of(content) is not piece.kind:
        raise Unfit(Why.WRONG_TYPE)


def advice(remade: Remade, limits: Evidence) -> str:
    """What the sender of a good piece should know, to send a better one; "" for nothing."""
    if remade.brightness < limits.dark_below:
        return Why.DARK
    return Why.BLURRED if remade.sharpness < limits.blur_below else ""


def alike(one: str, other: str, most: int) -> bool:
    """Tell whether two photos look the same: scaled, brightened or saved again, not cropped.

    Args:
        one, other: `Piece.looks`.
        most: how many of the 64 bits may differ.
    """
    first, second = int(one or "0", 16), int(other or "0", 16)
    if not all(_PLAIN < number.bit_count() < HASH_BITS - _PLAIN for number in (first, second)):
        return False
    return (first ^ second).bit_count() <= most
