"""Counts that have grown since they were agreed on, which is when they were committed."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator, Mapping
from typing import Any

from infra.cost.inputs import COUNTS

Counts = Mapping[str, Any]
"""Nested names, and a number at the end of each."""

OF_BYTES = ("request bytes", "answer bytes")
"""Told, and paid by nobody: DynamoDB bills units, and traffic within a region is free."""


def grown(now: Counts, agreed: Counts, percent: float) -> list[str]:
    """What has grown by so many percent or more, in words; what is new is no growth."""
    before = dict(_flat(agreed))
    return [
        f"{name}: {value:,} instead of {before[name]:,}"
        for name, value in _flat(now)
        if before.get(name, 0) and value >= before[name] * (1 + percent / 100)
    ]


def committed(revision: str = "HEAD") -> dict[str, Any]:
    """The counts of a commit; {} where there is no git or no such file in it."""
    path = f"infra/{COUNTS.name}"
    command = ["git", "show", f"{revision}:{path}"]
    ran = subprocess.run(command, cwd=COUNTS.parents[1], capture_output=True, check=False)
    found: dict[str, Any] = json.loads(ran.stdout) if ran.returncode == 0 else {}
    return found


def _flat(counts: Counts, *names: str) -> Iterator[tuple[str, float]]:
    for name, value in counts.items():
        if isinstance(value, Mapping):
            yield from _flat(value, *names, name)
        elif isinstance(value, int | float) and name not in OF_BYTES:
            yield ": ".join((*names, name)), value
