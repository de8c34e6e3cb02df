"""What a sample is, and the marks by which a copy that took too much is known."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from chalicelib.domain.evidence import FileKind

CANARY = b"KENARI-77c1d2"
"""Stands in everything of a sample that must not be copied; in other letters too."""

CANARIES = (CANARY, CANARY.decode().encode("utf-16-le"), CANARY.decode().encode("utf-16-be"))
EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
"""The test virus of EICAR, which harms nobody; in two parts, so that no scanner minds this file."""

RELEASED = "evidence_released"
EITHER = ""
"""A sample that may be refused or released, since libraries mend it or not; never unclean."""


def chance(seed: int) -> Random:
    """Chance that is the same in every run."""
    return Random(seed)  # noqa: S311 - invented files


@dataclass(frozen=True, slots=True)
class Sample:
    """A file and what must become of it.

    Attributes:
        kind: what its sender says it is.
        ends: `evidence_released`, the code of the refusal, or `EITHER`.
    """

    kind: FileKind
    content: bytes
    ends: str
