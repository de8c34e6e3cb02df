"""What pytest does otherwise while mutants are tried: the quick first, and no search for beauty.

Loaded by name (`pyproject.toml`, [tool.mutmut]) and by nothing else.
"""

from __future__ import annotations

import json
import os
from functools import cache
from pathlib import Path

import pytest
from hypothesis import Phase, settings
from mutmut.state import state

JUDGED_BY_UNIT_TESTS = ("chalicelib.domain.", "chalicelib.usecases.")

# The same examples each time, so that a verdict stands; no shrinking, since one failure is enough.
settings.register_profile(
    "mutation",
    derandomize=True,
    database=None,
    deadline=None,
    max_examples=50,
    phases=[Phase.explicit, Phase.generate],
)
settings.load_profile("mutation")


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_teardown(item: pytest.Item) -> None:
    """Leave domain and use cases to the unit tests: whole surfaces reach nearly all of them."""
    if not item.nodeid.startswith("tests/unit/"):
        reached: set[str] = state()._stats
        reached -= {name for name in reached if name.startswith(JUDGED_BY_UNIT_TESTS)}


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
