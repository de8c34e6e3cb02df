"""Screen a file that somebody sent, and keep clean copies of what can be seen on it.

The file itself is shown to nobody and is deleted when this ends. What breaks the screening comes
again; the third time it is refused unopened, since what was meant to open it may have been killed.
Twice, late, or for a piece that is nobody's, a message changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from chalicelib.domain import evidence
from chalicelib.domain.evidence import TRIES, Piece, PieceState, Remade, Unfit, Why

if TYPE_CHECKING:
    from chalicelib.domain.registration import Ref
    from chalicelib.domain.sanggah_rules import Evidence
    from chalicelib.usecases.evidence_ports import Files, Images, Pieces, Scanner

RELEASED: Final = "evidence_released"
UNKNOWN: Final = "evidence_unknown"  # nobody was granted this key
SETTLED: Final = "evidence_settled"  # a second use of a grant, or a message that came twice
GONE: Final = "evidence_gone"


@dataclass(frozen=True, slots=True)
class Ports:
    """What screening needs."""

    files: Files
    pieces: Pieces
    scanner: Scanner
    images: Images
    limits: Evidence


def screen_evidence(key: str, received: int, ports: Ports) -> str:
    """Screen one upload.

    Args:
        key: of the upload, as storage tells it.
        received: how often its message has been received, this time included.

    Returns:
        A code of what became of it, for the log.

    Raises:
        Exception: the screening broke, or a service refused for now; the message must come again.
    """
    found = evidence.read_key(key)
    if found is None:
        ports.files.remove(key)
        return UNKNOWN
    owner, name = found
    try:
        return _screen(key, owner, name, ports)
    except Exception:
        if received < TRIES:
            raise
        piece = ports.pieces.load(owner, name)
        if piece is None or piece.settled:
            raise
        return _end(key, owner, _refused(piece, Why.GAVE_UP), ports)


def _screen(key: str, owner: Ref, name: str, ports: Ports) -> str:
    piece = ports.pieces.load(owner, name)
    if piece is None or piece.settled:
        ports.files.remove(key)
        return UNKNOWN if piece is None else SETTLED
    if piece.tries >= TRIES - 1:
        return _end(key, owner, _refused(piece, Why.GAVE_UP), ports)
    content = ports.files.fetch(key, min(piece.size, ports.limits.bytes))
    if content is None:
        return GONE
    try:
        evidence.check(content, piece, ports.limits)
        piece = replace(piece, state=PieceState.SCREENING, tries=piece.tries + 1)
        if not ports.pieces.settle(owner, piece):
            ports.files.remove(key)
            return SETTLED
        ports.scanner.scan(content)
        remade = ports.images.remake(content, piece.kind)
    except Unfit as unfit:
        return _end(key, owner, _refused(piece, unfit.why), ports)
    for number, page in enumerate(remade.pages, start=1):
        ports.files.release(evidence.page_key(owner, piece.id, number), page)
    return _end(key, owner, _released(piece, remade, ports.limits), ports)


def _refused(piece: Piece, why: Why) -> Piece:
    return replace(piece, state=PieceState.REFUSED, why=why.value)


def _released(piece: Piece, remade: Remade, limits: Evidence) -> Piece:
    return replace(
        piece,
        state=PieceState.RELEASED,
        why=evidence.advice(remade, limits),
        pages=len(remade.pages),
        looks=remade.looks,
    )


def _end(key: str, owner: Ref, piece: Piece, ports: Ports) -> str:
    """Keep how it ended, and only then delete the file: a message in between comes again."""
    kept = ports.pieces.settle(owner, piece)
    ports.files.remove(key)
    if not kept:
        return SETTLED
    return RELEASED if piece.state is PieceState.RELEASED else piece.why
