"""Every test is watched: who the builders send must be met in no output, answer or store.

As pytest's hooks, taken up by `tests/conftest.py`: what a test wrote (standard output, standard
error, logs) is searched when it ends, and the run fails with its name. What it was answered and
what it left in tables, queues and buckets is searched by `watched`, which the shared fixtures
use; so whatever is built later is born into it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

import pytest
from chalice.test import TestHTTPClient

from tests.canaries import places
from tests.canaries.answers import Exchange, Recorder, answered, leaks, may_show
from tests.canaries.people import canaries_of, everyday, family
from tests.canaries.search import Leak, Needles, needles, search, search_all
from tests.world import artefact, form

FAMILIES = 3  # canary families that tests send


@dataclass
class Looked:
    """How much was looked at, so that a pass means something."""

    outputs: int = 0
    answers: int = 0
    stored: int = 0


LOOKED = Looked()
_CLEAN: set[bytes] = set()  # lines that were searched before
_SHORT = 24  # bytes: lines this short are always searched, with their neighbours


@cache
def sought() -> Needles:
    """Who is looked for."""
    families = [family(number).canaries for number in range(FAMILIES)]
    alone = [[canary] for canary in everyday()]
    return needles(canaries_of(form(artefact())), *alone, *families)


def found_in(kept: Iterable[places.Kept]) -> Iterator[tuple[str, Leak]]:
    """Leaks in some bytes, with their places.

    Lines that were clean before are left out, for most pages and logs are made of the same ones;
    all that is left is searched in one go, and one by one only to tell where.
    """
    new: list[places.Kept] = []
    lines: set[bytes] = set()
    for place, data in kept:
        fresh = [line for line in data.split(b"\n") if len(line) < _SHORT or line not in _CLEAN]
        lines.update(line for line in fresh if len(line) >= _SHORT)
        new.append((place, b"\n".join(fresh)))
    if not search_all((data for _, data in new), sought()):
        _CLEAN.update(lines)
        return
    for place, data in new:
        for leak in search(data, sought()):
            yield place, leak


def told(found: Iterable[tuple[str, Leak]]) -> str:
    """Leaks in words, without what leaked."""
    lines = sorted({f"{leak.what} ({leak.form}) in {place}" for place, leak in found})
    return "\n".join(("a person was met:", *lines)) if lines else ""


@contextmanager
def watched(
    client: places.Client,
    kept: Callable[[places.Client], Iterable[places.Kept]] = places.everything,
) -> Iterator[Recorder]:
    """Record what is answered meanwhile; then search it, and what is kept.

    Args:
        kept: what of it; what is emptied seldom need not be searched after each test.
    """
    recorder = Recorder()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TestHTTPClient, "request", recorder.around(TestHTTPClient.request))
        yield recorder
    LOOKED.answers += len(recorder.exchanges)
    found: list[tuple[str, Leak]] = []
    for together in _by_what_they_show(recorder.exchanges):
        if any(found_in(("", answered(exchange)) for exchange in together)):
            found += [leak for exchange in together for leak in leaks(exchange, sought())]
    found += _stored(kept(client))
    if found:
        pytest.fail(told(found), pytrace=False)


def _by_what_they_show(exchanges: list[Exchange]) -> list[list[Exchange]]:
    """Answers that may show nobody are searched in one go, each page that may by itself."""
    may = [exchange for exchange in exchanges if may_show(exchange)]
    return [[each for each in exchanges if not may_show(each)], *([each] for each in may)]


def fail_if_met(kept: Iterable[places.Kept]) -> None:
    """Search what is kept somewhere."""
    if found := _stored(kept):
        pytest.fail(told(found), pytrace=False)


def _stored(kept: Iterable[places.Kept]) -> list[tuple[str, Leak]]:
    stored = list(kept)
    LOOKED.stored += len(stored)
    return list(found_in(stored))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: Any) -> Any:
    """Search what the test wrote, once it is over."""
    report: pytest.TestReport = yield
    if report.when == "teardown":
        LOOKED.outputs += len(report.sections)
        found = list(found_in((name.lower(), text.encode()) for name, text in report.sections))
        if found and report.outcome == "passed":
            report.outcome = "failed"
            report.longrepr = told(found)
    return report


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Add up what the processes of a run looked at."""
    counted = getattr(node, "workeroutput", {}).get("canaries", (0, 0, 0))
    LOOKED.outputs += counted[0]
    LOOKED.answers += counted[1]
    LOOKED.stored += counted[2]


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Hand what was looked at to the process that tells it."""
    if hasattr(session.config, "workeroutput"):
        counted = (LOOKED.outputs, LOOKED.answers, LOOKED.stored)
        session.config.workeroutput["canaries"] = counted


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Say how much was searched."""
    terminalreporter.write_line(
        f"canaries: {LOOKED.outputs} outputs, {LOOKED.answers} answers and "
        f"{LOOKED.stored} stored values searched"
    )
