"""The pinned figures, one file for the tests and the table, and what has risen since, by name.

`counts.json` is what was counted at the commit it stands in. A test that finds more fails and
names the culprit; `python -m tests.bench.table --pin` writes what is counted now, to be committed
with the change that is the reason.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tests.bench.cold import ROOT, Loaded

COUNTS = Path(__file__).with_name("counts.json")
SHIPPED = ROOT / "infra" / "counts.json"
PRICED = ("registration", "steps", "lasting", "first use")
"""What of the pins the bill and the simulation of load are made of: `infra` imports no tests."""
TO_PIN = "If it is meant: python -m tests.bench.table --pin"

Counts = Mapping[str, Any]
"""Nested names, and a number at the end of each."""


def pinned() -> dict[str, Any]:
    """The figures as they stand in the working tree."""
    found: dict[str, Any] = json.loads(COUNTS.read_text("utf-8"))
    return found


def committed(revision: str) -> dict[str, Any]:
    """The figures of a commit; {} when it has none, or there is no git."""
    path = COUNTS.relative_to(ROOT).as_posix()
    command = ["git", "show", f"{revision}:{path}"]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return json.loads(ran.stdout) if ran.returncode == 0 else {}


def flat(counts: Counts, *names: str) -> Iterator[tuple[str, float]]:
    """Each number with its names, joined."""
    for name, value in counts.items():
        if isinstance(value, Mapping):
            yield from flat(value, *names, name)
        elif isinstance(value, int | float):
            yield ": ".join((*names, name)), value


def risen(now: Counts, before: Counts) -> list[str]:
    """What is more than it was, or was not there at all, in words."""
    known = dict(flat(before))
    return [
        f"{name}: {value:,} instead of {known.get(name, 0):,}"
        for name, value in flat(now)
        if value > known.get(name, 0)
    ]


def newly_loaded(function: str, now: Loaded, pins: Counts) -> list[str]:
    """Modules that the function did not load before, each with the chain that brought it.

    Those of the standard library are counted and not named: they differ between patch releases.
    """
    known = {name for name, functions in pins["loaded"].items() if function in functions.split()}
    return [now.chain(name) for name in sorted(outside(now) - known)]


def outside(loaded: Loaded) -> set[str]:
    """Modules that are not Python's own."""
    own = sys.stdlib_module_names
    return {
        name
        for name in loaded.asked_by
        if (top := name.partition(".")[0]) not in own and not top.startswith("_sysconfigdata")
    }


def who_loads(functions: Mapping[str, Loaded]) -> dict[str, str]:
    """Module -> the functions that load it, for the pins."""
    by_module: dict[str, list[str]] = {}
    for function, loaded in functions.items():
        for name in outside(loaded):
            by_module.setdefault(name, []).append(function)
    return {name: " ".join(by_module[name]) for name in sorted(by_module)}


def write(counts: Counts) -> None:
    """Pin these figures, and ship those that have a price."""
    COUNTS.write_text(json.dumps(counts, indent=1, ensure_ascii=False) + "\n", "utf-8")
    SHIPPED.write_text(json.dumps(priced(counts), indent=1, ensure_ascii=False) + "\n", "utf-8")


def priced(counts: Counts) -> dict[str, Any]:
    """The figures that are shipped."""
    return {name: counts[name] for name in PRICED}
