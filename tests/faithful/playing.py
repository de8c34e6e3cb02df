"""Plays random examples until so many calls were made, and tells the first that differs, shrunk."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from hypothesis import HealthCheck, Phase, given, seed, settings

from tests.faithful.calls import Call
from tests.faithful.comparing import Mismatch, Stage
from tests.faithful.examples import examples

EXAMPLES = 10  # of one session of hypothesis; each session has a seed of its own


class Differs(Exception):  # noqa: N818 - named by what was found
    """An example on which a side answers otherwise than the fake, told for people."""

    def __init__(self, example: Sequence[Call], found: Sequence[Mismatch]) -> None:
        calls = [f"  {number}. {call}" for number, call in enumerate(example, 1)]
        super().__init__("\n".join(["", "example:", *calls, *map(str, found)]))
        self.example = tuple(example)
        self.found = tuple(found)


def play_until(
    stage: Stage, calls: int, *, first: int = 0, told: Callable[[int], None] = lambda _calls: None
) -> int:
    """Play sessions one after another; the same seeds make the same calls.

    Args:
        stage: the sides.
        calls: how many are to be made; the last session is played to its end.
        first: seed of the first session.
        told: hears after each example how many calls were made so far.

    Returns:
        The seed after the last one's.

    Raises:
        Differs: the first example that differs, without the calls that it does not need.
    """
    number = first
    while stage.calls < calls:
        play_session(stage, number, told)
        number += 1
    return number


def play_session(stage: Stage, number: int, told: Callable[[int], None]) -> None:
    """Play the examples of one seed."""

    first: list[Differs] = []

    @seed(number)
    @settings(
        max_examples=EXAMPLES,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(examples)
    def play(example: list[Call]) -> None:
        found = [] if first else stage.play(example)
        if found:
            first.append(Differs(example, found))
        told(stage.calls)

    play()
    if first:
        small = shrunk(stage, first[0].example)
        found = stage.play(small)
        raise Differs(small, found) if found else first[0]


def shrunk(stage: Stage, example: Sequence[Call]) -> list[Call]:
    """The example without the calls that it can do without, and still differ."""
    small = list(example)
    for place in reversed(range(len(example))):
        fewer = [*small[:place], *small[place + 1 :]]
        if stage.play(fewer):
            small = fewer
    return small
