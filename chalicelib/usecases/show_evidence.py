"""Pieces of evidence as officers see them: where each stands, and links to its clean copies."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chalicelib.domain.evidence import PieceState, page_key
from chalicelib.usecases.evidence_ports import Grants

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chalicelib.domain.dispute import Exhibit
    from chalicelib.domain.registration import Ref


@dataclass(frozen=True, slots=True)
class Ports:
    """What showing evidence rests on.

    Attributes:
        words: of disputes, with `sides` and `evidence`.
        faults: why a file cannot be used.
        grants: signs links to clean copies, for two minutes.
    """

    words: Mapping[str, Any]
    faults: Mapping[str, str]
    grants: Grants


def pieces(owner: Ref, evidence: Sequence[Exhibit], ports: Ports) -> list[dict[str, Any]]:
    """The pieces of a dispute or a visit, in the order in which they were brought."""
    return [
        {
            "side": ports.words["sides"][each.side],
            "state": ports.words["evidence"][each.piece.state],
            "released": each.piece.state is PieceState.RELEASED,
            "why": ports.faults.get(each.piece.why, ""),
            "pages": list(_links(owner, each, ports)),
        }
        for each in evidence
    ]


def _links(owner: Ref, exhibit: Exhibit, ports: Ports) -> Iterator[str]:
    piece = exhibit.piece
    if piece.state is not PieceState.RELEASED:
        return
    for page in range(1, piece.pages + 1):
        name = f"bukti-{piece.id[:6]}-{page}.jpg"
        yield ports.grants.link(page_key(owner, piece.id, page), name)
