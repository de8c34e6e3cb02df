"""What pytest does otherwise while mutants are tried: the quick first, and no search for beauty.

Loaded by name (`pyproject.toml`, [tool.mutmut]) and by nothing else.
"""

from __future__ import annotations

import json
import os
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings
from mutmut.state import state

SURFACES = "chalicelib.entrypoints."

# The same examples each time, so that a verdict stands; no shrinking, since one failure is enough.
# One process runs all tests more than once, each time with objects of its own, and may be slow.
settings.register_profile(
    "mutation",
    derandomize=True,
    database=None,
    deadline=None,
    max_examples=50,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.differing_executors, HealthCheck.too_slow],
)
settings.load_profile("mutation")


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_teardown(item: pytest.Item) -> None:
    """Let the slow tests judge the surfaces alone, though they reach nearly all that is below."""
    if item.nodeid.startswith("tests/integration/"):
        reached: set[str] = state()._stats
        reached -= {name for name in reached if not name.startswith(SURFACES)}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the quickest first: most mutants die at once."""
    if os.environ.get("MUTANT_UNDER_TEST", "").startswith("chalicelib."):
        took = _durations()
        items.sort(key=lambda item: took.get(item.nodeid, 0))


@cache
def _durations() -> dict[str, float]:
    """Seconds by test, as the first run took."""
    kept = json.loads(Path("mutmut-stats.json").read_bytes())
    took: dict[str, float] = kept["duration_by_test"]
    return took
