"""Clean copies of photos and papers, made by a program in a cage (`remaking_program`)."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass
from typing import Any, Final

from chalicelib.adapters import remaking_program
from chalicelib.adapters.caged import BrokeError, Cage, run
from chalicelib.domain.evidence import BEGINNINGS, HASH_BITS, FileKind, Remade, Unfit, Why

CAGE: Final = Cage(memory_mib=416, processor_s=10, patience_s=15, answer_mib=64)
"""Of a function with 512 MB and 30 seconds, with room for ourselves."""


@dataclass(frozen=True, slots=True)
class ImageRemaker:
    """Opens files in a process of its own (`evidence_ports.Images`).

    Attributes:
        pixels, pages: most of a file.
    """

    pixels: int
    pages: int
    cage: Cage = CAGE

    def remake(self, content: bytes, kind: FileKind) -> Remade:
        """Open a file whole and make copies; see `evidence_ports.Images.remake`."""
        program = [sys.executable, "-s", "-P", "-m", remaking_program.__name__]
        limits = [kind.value, str(self.pixels), str(self.pages)]
        ways = os.pathsep.join(os.path.abspath(way) for way in sys.path)  # noqa: PTH100 - "" is here
        status, answer = run([*program, *limits], content, self.cage, {"PYTHONPATH": ways})
        if status:
            raise BrokeError(f"ended with {status}")
        try:
            return _read(answer, self.pages)
        except (ValueError, KeyError, TypeError) as error:
            raise BrokeError("gave no answer") from error


def _read(answer: bytes, most: int) -> Remade:
    """Read what the program wrote, which is no more to be believed than the file was.

    Raises:
        Unfit: the file cannot be shown.
        ValueError, KeyError, TypeError: this is no answer.
    """
    line, _, rest = answer.partition(b"\n")
    told: dict[str, Any] = json.loads(line)
    if "why" in told:
        raise Unfit(Why(told["why"]))
    pages = []
    for size in told["sizes"]:
        pages.append(rest[:size])
        rest = rest[size:]
    whole = not rest and all(page.startswith(BEGINNINGS[FileKind.JPEG]) for page in pages)
    looks, sharpness, brightness = told["looks"], int(told["sharpness"]), int(told["brightness"])
    if not whole or not 1 <= len(pages) <= most or int(looks, 16).bit_length() > HASH_BITS:
        raise ValueError("these are no copies")
    return Remade(tuple(pages), looks, sharpness, brightness)
