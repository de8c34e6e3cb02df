"""No number of a real person and no secret stands in the repository.

`python -m tests.static.tracked_files` looks at every tracked text. A sixteen-digit number that a
civil registry could have given out is a finding; invented people have serials from 9901 on, which
are never given out. Findings are told by file and line, and never repeated.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from chalicelib.adapters.area_files import area_codes
from chalicelib.domain.nik import WarningCode, check_nik, normalize

REPO = Path(__file__).resolve().parents[2]
INVENTED = 9901
FEWEST_FILES = 200  # fewer were looked at: the check itself is broken
_NUMBER = re.compile(r"(?<![0-9A-Za-z])[1-9](?:[ .\u00a0-]?[0-9]){15}(?![0-9A-Za-z])", re.ASCII)
_SECRETS = {
    "an AWS key": re.compile(r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"),
    "an AWS secret": re.compile(r"(?i)aws_?secret\w*[\"']?\s*[:=]\s*[\"'][A-Za-z0-9/+=]{40}[\"']"),
    "a private key": re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----\s*(?:\\n)?[A-Za-z0-9+/]{16}"),
    "a token": re.compile(r"\beyJ[A-Za-z0-9_-]{16,}\.eyJ[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}"),
    "a token of a service": re.compile(
        r"\b(?:gh[opsu]_[A-Za-z0-9]{36}|xox[abps]-[A-Za-z0-9-]{20,})"
    ),
    "a password": re.compile(
        r"(?i)\b(?:password|passwd|api_?key|secret|token)[\"']?\s*[:=]\s*[\"'](?=[^\"']*[0-9])"
        r"(?=[^\"']*[A-Za-z])[A-Za-z0-9/+_=-]{24,}[\"']"
    ),
    "a password in an address": re.compile(r"\b[a-z][a-z0-9+.-]*://[^\s/:@\"'{]+:[^\s/@\"'{]{6,}@"),
}


@dataclass
class Looked:
    """What was looked at, so that a pass means something."""

    files: int = 0
    numbers: int = 0


def findings(name: str, text: str, looked: Looked) -> Iterator[str]:
    """What must not stand in a text: `file:line: what`."""
    for kind, pattern in _SECRETS.items():
        for found in pattern.finditer(text):
            yield f"{name}:{line_of(text, found.start())}: {kind}"
    for found in _NUMBER.finditer(text):
        looked.numbers += 1
        if could_be_a_person(found.group()):
            yield f"{name}:{line_of(text, found.start())}: a number that may be a person's"


def could_be_a_person(number: str) -> bool:
    """Whether a civil registry could have given out this number."""
    digits = normalize(number)
    serial = int(digits[-4:])
    found = check_nik(digits, on=datetime.now(tz=UTC).date(), areas=area_codes())
    pattern = WarningCode.PLACEHOLDER_PATTERN in found.warnings  # 1111...: nobody's
    return not found.errors and not pattern and 0 < serial < INVENTED


def line_of(text: str, place: int) -> int:
    """Number of the line, from 1."""
    return text.count("\n", 0, place) + 1


def tracked(repo: Path) -> Iterator[tuple[str, str]]:
    """Name and text of each tracked file, and of what is about to be added; binaries left out."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=repo,
        capture_output=True,
        check=True,
    ).stdout
    for name in listed.decode().split("\0"):
        path = repo / name
        if name and path.is_file():
            raw = path.read_bytes()
            if b"\0" not in raw:
                yield name, raw.decode("utf-8", "replace")


def scan(repo: Path) -> tuple[list[str], Looked]:
    """Every finding in a repository, and how much was looked at."""
    looked, found = Looked(), list[str]()
    for name, text in tracked(repo):
        looked.files += 1
        found += findings(name, text, looked)
    return found, looked


def main() -> int:
    """Tell what was found."""
    found, looked = scan(REPO)
    for finding in found:
        print(finding)  # noqa: T201 - a program
    print(f"tracked files: {looked.files} looked at, {looked.numbers} long numbers in them")  # noqa: T201
    return 1 if found or looked.files < FEWEST_FILES or not looked.numbers else 0


if __name__ == "__main__":
    sys.exit(main())
