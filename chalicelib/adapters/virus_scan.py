"""The virus scan: ClamAV's `clamscan`, in a cage, with our own rules and a mirrored database.

The rules (`data/screening/`) know the test virus and files that are two things at once. They are
what there is where no database is mirrored; a stage that screens for the public names its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from chalicelib.adapters.caged import BrokeError, Cage, run
from chalicelib.domain.evidence import Unfit, Why

CAGE: Final = Cage(memory_mib=416, processor_s=8, patience_s=10, answer_mib=64)
"""Enough for the project's own rules; a whole database takes a gigabyte and a half."""

_CLEAN, _FOUND = 0, 1
_OPTIONS: Final = (
    "--no-summary",
    "--stdout",
    "--allmatch=no",
    "--max-filesize=64M",
    "--max-scansize=128M",
    "--max-scantime=8000",  # ms; what takes longer, or is larger, is told as a find and not passed
    "--alert-exceeds-max=yes",
    "--bytecode=no",
    "--scan-image-fuzzy-hash=no",  # it opens photos, of any size
)


@dataclass(frozen=True, slots=True)
class ClamScan:
    """ClamAV's scanner (`evidence_ports.Scanner`).

    Attributes:
        program: the scanner's name or path.
        databases: files or folders of rules; all of them are used.
    """

    program: str
    databases: Sequence[str]
    cage: Cage = CAGE

    def scan(self, content: bytes) -> None:
        """Look at a file; see `evidence_ports.Scanner.scan`."""
        named = [f"--database={each}" for each in self.databases]
        try:
            status, _ = run([self.program, *_OPTIONS, *named, "-"], content, self.cage, {})
        except FileNotFoundError as error:
            raise Unfit(Why.NO_SCANNER) from error
        if status == _FOUND:
            raise Unfit(Why.VIRUS)
        if status != _CLEAN:
            raise BrokeError(f"the scanner ended with {status}")
