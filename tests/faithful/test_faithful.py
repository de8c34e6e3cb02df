"""The fakes, moto and the local AWS answer the same to two thousand random calls."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from tests.faithful.calls import Call, Move, Register
from tests.faithful.comparing import Stage
from tests.faithful.differences import excused
from tests.faithful.playing import Differs, play_until
from tests.faithful.sides import RealSide

pytestmark = [pytest.mark.local_aws, pytest.mark.xdist_group("local_aws")]

CALLS = 2_000
LONG = 20_000
PARTS = 5  # so that one test is not the longest of all


@pytest.mark.parametrize("part", range(PARTS))
def test_random_calls_are_answered_alike(part: int, reals: Sequence[RealSide]) -> None:
    stage = Stage(reals, excused)
    play_until(stage, CALLS // PARTS, first=part * 1_000)
    assert stage.calls >= CALLS // PARTS


@pytest.mark.prove
def test_many_more_random_calls_are_answered_alike(reals: Sequence[RealSide]) -> None:
    stage = Stage(reals, excused)
    play_until(stage, LONG, first=10_000)
    assert stage.calls >= LONG


def test_what_differs_is_told_in_words(reals: Sequence[RealSide]) -> None:
    """The local AWS is emptied behind the play's back, as if a write had been lost."""
    example: list[Call] = [Register(0, 0, 1, 0), Move(0, "checked", 1)]
    local = reals[-1]
    stage = Stage([local], excused)
    assert stage.play(example) == []
    local.start()
    broken = Stage([_Forgetful(local)], excused)  # type: ignore[list-item]  # it is a side
    (mismatch,) = broken.play(example)
    told = str(Differs(example, [mismatch]))
    assert "2. Move(request=0, kind='checked', minute=1, version=0)" in told
    assert "the fake and local differ in answer" in told
    assert "Conflict(case=None, held=())" in told


class _Forgetful:
    """A side that forgets everything before each call of the AWS's ports."""

    def __init__(self, side: RealSide) -> None:
        self._side = side

    def __getattr__(self, name: str) -> object:
        if name == "ports":
            self._side.start()
        return getattr(self._side, name)
