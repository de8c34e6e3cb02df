"""The program that opens a file from outside: `python -m ... KIND PIXELS PAGES`.

It reads the file from its input and writes a line of JSON, then the copies one after the other.
What opens photos and PDFs is imported here and nowhere else: the function that runs this program
never loads it.
"""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

from chalicelib.domain.evidence import FileKind, Unfit, Why

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalicelib.domain.evidence import Remade


def main(kind: str, pixels: str, pages: str) -> None:
    """Remake the file of the input."""
    opening = opener(FileKind(kind), int(pixels), int(pages))
    content = sys.stdin.buffer.read()
    try:
        remade = opening(content)
    except Unfit as unfit:
        answer(json.dumps({"why": unfit.why}))
    except MemoryError:
        answer(json.dumps({"why": Why.TOO_MANY_PIXELS}))
    except Exception:  # noqa: BLE001 - whatever a library says, it cannot open this file
        answer(json.dumps({"why": Why.BROKEN}))
    else:
        told = {
            "looks": remade.looks,
            "sharpness": remade.sharpness,
            "brightness": remade.brightness,
            "sizes": [len(page) for page in remade.pages],
        }
        answer(json.dumps(told), *remade.pages)


def opener(kind: FileKind, pixels: int, pages: int) -> Callable[[bytes], Remade]:
    """What opens files of a kind; imported before the first byte of one is read."""
    if kind is FileKind.PDF:
        from chalicelib.adapters.clean_paper import remake_paper  # noqa: PLC0415 - not for photos

        return lambda content: remake_paper(content, pixels, pages)
    from chalicelib.adapters.clean_photo import remake_photo  # noqa: PLC0415 - not for papers

    return lambda content: remake_photo(content, kind, pixels)


def answer(line: str, *pages: bytes) -> None:
    """Write the answer."""
    sys.stdout.buffer.write(line.encode() + b"\n" + b"".join(pages))


if __name__ == "__main__":
    main(*sys.argv[1:])
