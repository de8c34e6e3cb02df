"""The long run: each time some more seeds, up to a million on one state of the code."""

from __future__ import annotations

import os

import pytest

from tests.simulation.command import go_on


@pytest.mark.prove
def test_some_more_schedules_of_the_million() -> None:
    figures, told = go_on(int(os.environ.get("TEPAT_SIMULATE", "20000")))
    assert not told, told
    assert figures.faults > figures.seeds
