"""The virus scan: ClamAV's `clamscan`, in a cage, with the project's own rules.

The rules (`data/screening/`) know the test virus, and photos and papers that are another file too.
ClamAV's whole database takes a gigabyte and a half and half a minute to load, which a function has
not: a stage that wants it puts a scanner that keeps running behind the same port. The second of two
controls in any case: what officers are shown is made anew (`clean_photo`, `clean_paper`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from chalicelib.adapters.caged import BrokeError, Cage, run
from chalicelib.domain.evidence import Unfit, Why

CAGE: Final = Cage(memory_mib=416, processor_s=8, patience_s=10, answer_mib=64)

_CLEAN, _FOUND = 0, 1
_SAID: Final = b": OK"
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
        rules: a file or folder of them.
    """

    program: str
    rules: str
    cage: Cage = CAGE

    def scan(self, content: bytes) -> None:
        """Look at a file; see `evidence_ports.Scanner.scan`."""
        command = [self.program, *_OPTIONS, f"--database={self.rules}", "-"]
        try:
            status, said = run(command, content, self.cage, {})
        except FileNotFoundError as error:
            raise Unfit(Why.NO_SCANNER) from error
        if status == _FOUND:
            raise Unfit(Why.VIRUS)
        if status != _CLEAN or not said.rstrip().endswith(_SAID):
            raise BrokeError(f"the scanner ended with {status}")
