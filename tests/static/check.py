"""All that `make check` checks: `python -m tests.static.check [NAME ...]`.

Every check is a program of its own, offline, that says how much it looked at; one that looked at
less than it should has failed, whatever it found. That each can fail: `test_checks.py`.
"""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

REPO = Path(__file__).resolve().parents[2]
PYTHON = sys.executable
CODE = ("app.py", "chalicelib", "infra", "modelling", "frontend")


@dataclass(frozen=True)
class Check:
    """A check.

    Attributes:
        name: as it is told.
        command: fails when it finds something.
        looked: finds in the command's output how much was looked at, as its one group.
        fewest: less than this means that the check is broken.
        what: is counted.
    """

    name: str
    command: Sequence[str]
    looked: re.Pattern[str]
    fewest: int
    what: str


@dataclass(frozen=True)
class Outcome:
    """How a check ended."""

    check: Check
    passed: bool
    looked: int
    seconds: float
    said: str


def module(name: str, *more: str) -> tuple[str, ...]:
    """A command that runs a Python module."""
    return (PYTHON, "-m", name, *more)


CHECKS = (
    Check(
        "types (mypy, strict)",
        module("mypy"),
        re.compile(r"no issues found in ([0-9]+) source files"),
        150,
        "files",
    ),
    Check(
        "templates (cfn-lint, before and after the transform)",
        module("tests.static.templates"),
        re.compile(r"templates: ([0-9]+) resources"),
        100,
        "resources",
    ),
    Check(
        "style (ruff)",
        module("ruff", "check", "--verbose", "--no-cache", "."),
        re.compile(r"Checked ([0-9]+) files"),
        300,
        "files",
    ),
    Check(
        "formatting (ruff)",
        module("ruff", "format", "--check", "."),
        re.compile(r"([0-9]+) files already formatted"),
        300,
        "files",
    ),
    Check(
        "unsafe calls (bandit, medium and above)",
        module("bandit", "-c", "pyproject.toml", "--severity-level=medium", "-r", *CODE),
        re.compile(r"Total lines of code: ([0-9]+)"),
        10_000,
        "lines",
    ),
    Check(
        "import arrows",
        module("tests.static.arrows"),
        re.compile(r"arrows: ([0-9]+) modules"),
        80,
        "modules",
    ),
    Check(
        "secrets, and numbers of persons",
        module("tests.static.tracked_files"),
        re.compile(r"tracked files: ([0-9]+) looked at"),
        200,
        "files",
    ),
    Check(
        "pins, hashes and licences of packages",
        module("tests.static.dependencies"),
        re.compile(r"licences of ([0-9]+) read"),
        80,
        "packages",
    ),
    Check(
        "list of what is shipped (CycloneDX)",
        module("infra.sbom"),
        re.compile(r": ([0-9]+) packages, valid CycloneDX"),
        10,
        "packages",
    ),
)


def run(check: Check) -> Outcome:
    """Run one check."""
    begun = time.monotonic()
    ran = subprocess.run(check.command, cwd=REPO, capture_output=True, text=True, check=False)
    said = ran.stdout + ran.stderr
    found = check.looked.search(said)
    looked = int(found[1]) if found else 0
    passed = ran.returncode == 0 and looked >= check.fewest
    return Outcome(check, passed, looked, time.monotonic() - begun, said)


def main(names: Sequence[str]) -> int:
    """Run the checks, two at a time, and tell each as it ends."""
    wanted = [check for check in CHECKS if not names or check.name.partition(" ")[0] in names]
    with ThreadPoolExecutor(2) as pool:
        outcomes = list(pool.map(run, wanted))
    for one in outcomes:
        mark = "ok  " if one.passed else "FAIL"
        print(f"{mark} {one.check.name}: {one.looked:,} {one.check.what}, {one.seconds:.0f} s")  # noqa: T201 - a program
        if not one.passed:
            print(shown(one))  # noqa: T201
    return 0 if wanted and all(one.passed for one in outcomes) else 1


def shown(outcome: Outcome) -> str:
    """What a failed check said, without what it tells of its own doings."""
    lines = [line for line in outcome.said.splitlines() if "[DEBUG]" not in line]
    few = f"Fewer than {outcome.check.fewest:,} {outcome.check.what} were looked at."
    return "\n".join([*lines, few] if outcome.looked < outcome.check.fewest else lines)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
