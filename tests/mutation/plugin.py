"""What pytest does otherwise while mutants are tried: the quick first, and no search for beauty.

Loaded by name (`pyproject.toml`, [tool.mutmut]) and by nothing else.
"""

from __future__ import annotations

import json
import os
import resource
from collections import Counter
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings
from mutmut.state import state

LEAST_CPU_S = 15  # to set tests up, on a machine that does other things
SURFACES = "chalicelib.entrypoints."
INTEGRATION = "tests/integration/"

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
    if item.nodeid.startswith(INTEGRATION):
        reached: set[str] = state()._stats
        reached -= {name for name in reached if not name.startswith(SURFACES)}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the quickest first: most mutants die at once.

    Integration tests stay together by module, the quickest module first: to make a module's
    resources takes longer than its tests.
    """
    if os.environ.get("MUTANT_UNDER_TEST", "").startswith("chalicelib."):
        took = _durations()
        of_module = Counter[str]()
        for item in items:
            of_module[_module(item)] += took.get(item.nodeid, 0)

        def place(item: pytest.Item) -> tuple[float, str, float]:
            module = _module(item)
            return of_module[module] if module else -1, module, took.get(item.nodeid, 0)

        items.sort(key=place)
        _stop_the_endless(of_module.total())


def _stop_the_endless(took: float) -> None:
    """Let a mutant take twice what its tests take, and no more: then it is stopped as endless.

    It is the processor's time that counts. On a busy machine the clock would stop others too.

    Args:
        took: seconds that the tests take together.
    """
    used = resource.getrusage(resource.RUSAGE_SELF)
    limit = int(used.ru_utime + used.ru_stime + LEAST_CPU_S + 2 * took)
    resource.setrlimit(resource.RLIMIT_CPU, (limit, limit + 1))


def _module(item: pytest.Item) -> str:
    """The module of an integration test; empty for the others."""
    return item.nodeid.partition("::")[0] if item.nodeid.startswith(INTEGRATION) else ""


@cache
def _durations() -> dict[str, float]:
    """Seconds by test, as the first run took."""
    kept = json.loads(Path("mutmut-stats.json").read_bytes())
    took: dict[str, float] = kept["duration_by_test"]
    return took
