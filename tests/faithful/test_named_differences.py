"""Each named difference is really there, on its side alone; else it has to go from the list."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from tests.faithful.comparing import Stage
from tests.faithful.differences import DIFFERENCES, Difference
from tests.faithful.sides import RealSide

pytestmark = [pytest.mark.local_aws, pytest.mark.xdist_group("local_aws")]


@pytest.mark.parametrize("difference", DIFFERENCES, ids=lambda difference: difference.name)
def test_a_named_difference_is_still_there(
    difference: Difference, reals: Sequence[RealSide]
) -> None:
    (side,) = (side for side in reals if side.name == difference.side)
    (mismatch,) = Stage([side], lambda _: False).play(difference.example)
    assert mismatch.call == difference.example[-1]
    assert difference.applies(mismatch)


def test_names_are_used_once() -> None:
    assert len({difference.name for difference in DIFFERENCES}) == len(DIFFERENCES)
