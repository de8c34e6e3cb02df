"""Photos of reports about agents, as those see them who screen files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from chalicelib.domain import misconduct
from chalicelib.domain.errors import Fault, TryAgain
from chalicelib.domain.registration import Stamp

if TYPE_CHECKING:
    from chalicelib.domain.evidence import Piece
    from chalicelib.domain.registration import Ref
    from chalicelib.usecases.ports import Clock
    from chalicelib.usecases.report_ports import Reports

ACTOR: Final = "system:screen_evidence"
_TURNS: Final = 4  # other photos of the report are screened at the same time


@dataclass(frozen=True, slots=True)
class ReportPieces:
    """Photos that stand with their report (`evidence_ports.Pieces`)."""

    clock: Clock
    reports: Reports

    def load(self, owner: Ref, piece: str) -> Piece | None:
        """Read a piece as last written."""
        there = self.reports.load([owner]).get(owner)
        kept = {each.piece.id: each.piece for each in there.evidence} if there else {}
        return kept.get(piece)

    def settle(self, owner: Ref, piece: Piece) -> bool:
        """Keep a piece as it has become: a step of the report, with its event.

        Raises:
            TryAgain: the store refused for now, or others wrote the report each time.
        """
        for _ in range(_TURNS):
            there = self.reports.load([owner]).get(owner)
            if there is None:
                return False
            stamp = Stamp(self.clock.now_ms(), ACTOR, there.salt)
            step = misconduct.screened(there, piece, stamp)
            if step is None:
                return any(each.piece == piece for each in there.evidence)
            if self.reports.change(*step) is None:
                return True
        raise TryAgain(Fault("busy"))
