"""Pieces of evidence of appeals and objections, as those see them who screen files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from chalicelib.domain import hearing
from chalicelib.domain.errors import Fault, TryAgain
from chalicelib.domain.registration import Stamp

if TYPE_CHECKING:
    from chalicelib.domain.evidence import Piece
    from chalicelib.domain.registration import Ref
    from chalicelib.usecases.dispute_ports import Disputes
    from chalicelib.usecases.ports import Clock

ACTOR: Final = "system:screen_evidence"
_TURNS: Final = 4  # other pieces of the dispute are screened at the same time


@dataclass(frozen=True, slots=True)
class DisputePieces:
    """Pieces that stand with their dispute (`evidence_ports.Pieces`)."""

    clock: Clock
    disputes: Disputes

    def load(self, owner: Ref, piece: str) -> Piece | None:
        """Read a piece as last written."""
        there = self.disputes.load([owner]).get(owner)
        kept = {each.piece.id: each.piece for each in there.evidence} if there else {}
        return kept.get(piece)

    def settle(self, owner: Ref, piece: Piece) -> bool:
        """Keep a piece as it has become: a step of the dispute, with its event.

        Raises:
            TryAgain: the store refused for now, or others wrote the dispute each time.
        """
        for _ in range(_TURNS):
            there = self.disputes.load([owner]).get(owner)
            if there is None:
                return False
            stamp = Stamp(self.clock.now_ms(), ACTOR, there.salt)
            step = hearing.screened(there, piece, stamp)
            if step is None:
                return any(each.piece == piece for each in there.evidence)
            if self.disputes.change(*step) is None:
                return True
        raise TryAgain(Fault("busy"))
