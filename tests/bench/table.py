"""The budgets as a table: `python -m tests.bench.table` (`make bench`).

Counted by the code that the tests of this folder pin. Beside each figure stands what it was when
the table was last made, on this machine.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from infra.build import CODE_LIMIT
from infra.cost import Work, per_thousand
from tests.bench.registration import Counted, count, metered
from tests.bench.test_budgets import COLD, KILOBYTE, cold_start, family
from tests.bench.test_cost import LOG_BUDGET, MOST_USD

REPO = Path(__file__).resolve().parents[2]
KEPT = REPO / ".local" / "bench.json"
ZIPS = {"code zip": ("deployment.zip", CODE_LIMIT), "layer": ("layer.zip", None)}

AIMED_AT = {"1,000 registrations": 0.026, "modules, check_identity": 430}
"""Budgets that are missed (docs/budgets.md says why); the tests hold these at what they are."""

Row = tuple[str, float | None, float, str]
"""What, the most that the tests allow (None: anything), now, its unit."""


def rows() -> Iterator[Row]:
    """Every budget with its figure."""
    counted = count()
    yield from _registration(counted)
    yield "write units, family of 6, register", 20, _writes(6), "units"
    for function, (most, _) in COLD.items():
        yield f"modules, {function}", most, cold_start(function)["modules"], ""
    for name, (file, limit) in ZIPS.items():
        path = REPO / "build" / file
        if path.is_file():
            yield name, limit, path.stat().st_size, "bytes"
    yield "log, a request", LOG_BUDGET, counted.log_request, "bytes"
    yield "log, a worker's batch", LOG_BUDGET, counted.log_worker, "bytes"
    yield "1,000 registrations", MOST_USD, round(per_thousand(Work()).total, 4), "USD"


def _registration(counted: Counted) -> Iterator[Row]:
    yield "AWS calls, register", 1, counted.calls, "calls"
    yield "write units, family of 4, register", 16, counted.writes_register, "units"
    yield "write units, check and score", 8, counted.writes_decide, "units"
    yield "read units, check", 3, counted.reads_check, "units"
    yield "read units, score", 4, counted.reads_score, "units"
    yield "state item, family of 4", KILOBYTE, counted.state_bytes, "bytes"
    yield "vault item, family of 4", KILOBYTE, counted.vault_bytes, "bytes"
    yield "calls to the key service, check", 1, counted.decrypts, "calls"


def _writes(members: int) -> int:
    with metered() as stage:
        stage.register("k" * 20, *family(members))
        return stage.meter.writes + stage.meter.index_writes


def commit() -> str:
    """The commit that is measured, with a mark when files differ from it."""
    command = ["git", "describe", "--always", "--dirty", "--exclude=*"]
    ran = subprocess.run(command, cwd=REPO, capture_output=True, text=True, check=False)
    return ran.stdout.strip() or "no commit"


def main() -> int:
    """Print the table and keep it.

    Returns:
        1 when a figure is more than the tests allow.
    """
    kept: dict[str, Any] = json.loads(KEPT.read_text("utf-8")) if KEPT.is_file() else {}
    now: dict[str, float] = {}
    missed = 0
    before, then = kept.get("commit", "before"), kept.get("now", {})
    print(f"{'':<38}{'budget':>10}{'now':>10}{before[:14]:>16}")  # noqa: T201 - a program
    for what, budget, figure, unit in rows():
        now[what] = figure
        was = then.get(what, figure)
        moved = "" if was == figure else f"{was:,}"
        aim = AIMED_AT.get(what, budget)
        limit = "-" if aim is None else f"{aim:,}"
        over = "  OVER" if aim is not None and figure > aim else ""
        missed += budget is not None and figure > budget
        told = f"{what:<38}{limit:>10}{figure:>10,}{moved:>16}  {unit}{over}"
        print(told.rstrip())  # noqa: T201 - a program
    if "code zip" not in now:
        print("The zips are measured after `make build`.")  # noqa: T201 - a program
    KEPT.parent.mkdir(exist_ok=True)
    KEPT.write_text(json.dumps({"commit": commit(), "now": now}, indent=1), "utf-8")
    return 1 if missed else 0


if __name__ == "__main__":
    raise SystemExit(main())
