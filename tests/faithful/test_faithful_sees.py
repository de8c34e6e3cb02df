"""Known mistakes of a fake are seen within the calls of one test run.

Each is played against the true fake first, which answers as moto and the local AWS do on the same
calls (`test_faithful.py`); the smallest example is then played against those two as well.
"""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from tests.faithful.comparing import Stage
from tests.faithful.mistakes import MISTAKES
from tests.faithful.playing import Differs, play_until
from tests.faithful.sides import FakeSide, RealSide
from tests.faithful.test_faithful import CALLS, PARTS

pytestmark = [pytest.mark.local_aws, pytest.mark.xdist_group("local_aws")]

SHORT = 6  # calls that are enough to show any of them


@pytest.mark.parametrize("name", MISTAKES)
def test_a_known_mistake_is_seen(name: str, reals: Sequence[RealSide]) -> None:
    found = _first(name)
    assert len(found.example) <= SHORT, "what is shown is made small"
    for side in reals:
        stage = Stage([side], lambda _: False, lambda: FakeSide(MISTAKES[name]()))
        assert stage.play(found.example), f"{side.name} does as the mistake"


def _first(name: str) -> Differs:
    """What the calls of the test run say of the mistake."""
    for part in range(PARTS):
        stage = Stage(
            [FakeSide(name="true fake")], lambda _: False, lambda: FakeSide(MISTAKES[name]())
        )
        try:
            play_until(stage, CALLS // PARTS, first=part * 1_000)
        except Differs as found:
            return found
    raise AssertionError("not seen")


def test_the_true_fake_is_like_itself() -> None:
    stage = Stage([FakeSide(name="true fake")], lambda _: False)
    play_until(stage, 500)
    assert stage.calls >= 500
