"""Photos of ground checks, as those see them who screen files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from chalicelib.domain import ground_check, misconduct
from chalicelib.domain.errors import Fault, TryAgain
from chalicelib.domain.registration import Stamp

if TYPE_CHECKING:
    from chalicelib.domain.evidence import Piece
    from chalicelib.domain.registration import Ref
    from chalicelib.usecases.check_ports import GroundChecks
    from chalicelib.usecases.evidence_ports import Pieces
    from chalicelib.usecases.ports import Clock

ACTOR: Final = "system:screen_evidence"
_TURNS: Final = 4  # other photos of the check are screened at the same time


@dataclass(frozen=True, slots=True)
class CheckPieces:
    """Photos that stand with their ground check (`evidence_ports.Pieces`)."""

    clock: Clock
    checks: GroundChecks

    def load(self, owner: Ref, piece: str) -> Piece | None:
        """Read a piece as last written."""
        there = self.checks.load([owner]).get(owner)
        kept = {each.piece.id: each.piece for each in there.evidence} if there else {}
        return kept.get(piece)

    def settle(self, owner: Ref, piece: Piece) -> bool:
        """Keep a piece as it has become: a step of the check, with its event.

        Raises:
            TryAgain: the store refused for now, or others wrote the check each time.
        """
        for _ in range(_TURNS):
            there = self.checks.load([owner]).get(owner)
            if there is None:
                return False
            stamp = Stamp(self.clock.now_ms(), ACTOR, there.salt)
            step = ground_check.screened(there, piece, stamp)
            if step is None:
                return any(each.piece == piece for each in there.evidence)
            if self.checks.change(*step) is None:
                return True
        raise TryAgain(Fault("busy"))


@dataclass(frozen=True, slots=True)
class PiecesOfAll:
    """Pieces of disputes, ground checks and reports, told apart by the numbers of their owners."""

    disputes: Pieces
    checks: Pieces
    reports: Pieces

    def load(self, owner: Ref, piece: str) -> Piece | None:
        """Read a piece as last written."""
        return self._of(owner).load(owner, piece)

    def settle(self, owner: Ref, piece: Piece) -> bool:
        """Keep a piece as it has become."""
        return self._of(owner).settle(owner, piece)

    def _of(self, owner: Ref) -> Pieces:
        if misconduct.village_index(owner.locator) >= 0:
            return self.reports
        is_check = ground_check.village_index(owner.locator) >= 0
        return self.checks if is_check else self.disputes
