"""The fakes, moto and the local AWS answer the same to two thousand random calls.

All in one module, so that moto and the local AWS are started once, and nobody else's tables are
in them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest

from tests import local_aws
from tests.faithful.calls import Call, Move, Register
from tests.faithful.comparing import Stage
from tests.faithful.differences import DIFFERENCES, Difference, excused
from tests.faithful.mistakes import MISTAKES
from tests.faithful.playing import Differs, play_until
from tests.faithful.sides import FakeSide, RealSide, both

pytestmark = [pytest.mark.local_aws, pytest.mark.xdist_group("local_aws")]

CALLS = 2_000
LONG = 20_000
PARTS = 5
SHORT = 6  # calls that are enough to show any of the mistakes


@pytest.fixture(scope="module")
def reals(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sequence[RealSide]]:
    """The adapters on moto and on the local AWS."""
    folder = tmp_path_factory.mktemp("faithful")
    with local_aws.bare(folder) as aws, both(aws.endpoint) as sides:
        yield sides


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
    assert Stage([local], excused).play(example) == []
    broken = Stage([_Forgetful(local)], excused)  # type: ignore[list-item]  # it is a side
    (mismatch,) = broken.play(example)
    told = str(Differs(example, [mismatch]))
    assert "2. Move(request=0, kind='checked', minute=1, version=0)" in told
    assert "the fake and local differ in answer" in told
    assert "Conflict(case=None, held=())" in told


class _Forgetful:
    """A side that forgets everything before each call of a port."""

    def __init__(self, side: RealSide) -> None:
        self._side = side

    def __getattr__(self, name: str) -> object:
        if name == "ports":
            self._side.start()
        return getattr(self._side, name)


@pytest.mark.parametrize("difference", DIFFERENCES, ids=lambda difference: difference.name)
def test_a_named_difference_is_still_there(
    difference: Difference, reals: Sequence[RealSide]
) -> None:
    """On its side alone; else it has to go from the list."""
    (side,) = (side for side in reals if side.name == difference.side)
    (mismatch,) = Stage([side], lambda _: False).play(difference.example)
    assert mismatch.call == difference.example[-1]
    assert difference.applies(mismatch)


def test_differences_have_names_of_their_own() -> None:
    assert len({difference.name for difference in DIFFERENCES}) == len(DIFFERENCES)


@pytest.mark.parametrize("name", MISTAKES)
def test_a_known_mistake_is_seen(name: str, reals: Sequence[RealSide]) -> None:
    """Within the calls of one test run.

    It is played against the true fake first, which answers as moto and the local AWS do to these
    very calls; the smallest example is then played against those two as well.
    """
    found = _first(name)
    assert len(found.example) <= SHORT, "what is shown is made small"
    for side in reals:
        stage = Stage([side], lambda _: False, lambda: FakeSide(MISTAKES[name]()))
        assert stage.play(found.example), f"{side.name} does as the mistake"


def _first(name: str) -> Differs:
    """What the calls of the test run say of the mistake."""
    for part in range(PARTS):
        true = FakeSide(name="true fake")
        stage = Stage([true], lambda _: False, lambda: FakeSide(MISTAKES[name]()))
        try:
            play_until(stage, CALLS // PARTS, first=part * 1_000)
        except Differs as found:
            return found
    raise AssertionError("not seen")
