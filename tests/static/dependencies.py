"""Every package is pinned with hashes and under a licence that we may use.

`python -m tests.static.dependencies`; offline, from the files and from what is installed.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from infra.sbom import REPO, Pin, PinError, installed, licence_of, read_pins

FILES = (
    "requirements.txt",
    "requirements-screening.txt",
    "requirements-dev.txt",
    "requirements-local.txt",
)
LOCAL = REPO / ".local" / "aws-venv"
ALLOWED = frozenset(
    {
        "0BSD",
        "Apache-2.0",
        "BSD-2-Clause",
        "BSD-3-Clause",
        "CC0-1.0",
        "CNRI-Python",
        "ISC",
        "MIT",
        "MIT-0",
        "MIT-CMU",
        "MPL-2.0",
        "PSF-2.0",
        "Unlicense",
        "Zlib",
    }
)


def may_use(expression: str) -> bool:
    """Whether an SPDX expression lets us use it: one of its choices, with all its parts."""
    choices = re.split(r"\s+OR\s+", expression.replace("(", "").replace(")", ""))
    return any(ALLOWED.issuperset(re.split(r"\s+AND\s+", choice)) for choice in choices)


def licence_faults(
    pins: Mapping[str, Pin], here: Mapping[str, Mapping[str, list[str]]]
) -> Iterator[str]:
    """Packages whose licence is not among the allowed; those not installed are left out."""
    for name in sorted(pins.keys() & here.keys()):
        licence = licence_of(name, here[name])
        if not may_use(licence):
            yield f"{name}: licence {licence or 'not named'!r} is not allowed"


def faults(folder: Path) -> tuple[list[str], int, int]:
    """What is wrong with the packages.

    Returns:
        The faults, how many packages are pinned, and of how many the licence was read.
    """
    found: list[str] = []
    pins: dict[str, Pin] = {}
    for name in FILES:
        try:
            pins |= {pin.name.lower(): pin for pin in read_pins((folder / name).read_text("utf-8"))}
        except PinError as error:
            found.append(f"{name}: {error}")
    here = installed([str(path) for path in LOCAL.glob("lib/python*/site-packages")] or None)
    here |= installed()
    found += licence_faults(pins, here)
    return found, len(pins), len(pins.keys() & here.keys())


def main() -> int:
    """Tell what is wrong."""
    found, pinned, read = faults(REPO)
    for fault in found:
        print(fault)  # noqa: T201 - a program
    print(f"dependencies: {pinned} pinned with hashes, licences of {read} read")  # noqa: T201
    return 1 if found or not pinned or read < pinned // 2 else 0


if __name__ == "__main__":
    sys.exit(main())
