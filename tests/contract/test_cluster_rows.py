"""What every store of rows of objections promises: each once, so many under a key, and no more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalicelib.domain.cluster_index import MOST_ROWS, Row
from tests.fakes import START

if TYPE_CHECKING:
    from tests.stores import World

NAME, OTHER = "a1" * 12, "b2" * 12


def row(number: int, name: str = NAME) -> Row:
    return Row(name, f"9K3G{number:06}", f"told of {number}", START)


def told(world: World, *names: str) -> dict[str, list[str]]:
    return {name: sorted(rows) for name, rows in world.traces.found(names).items()}


def test_rows_come_back_by_their_names(world: World) -> None:
    assert told(world) == told(world, NAME) == {}
    world.traces.keep([])
    world.traces.keep([row(1), row(1, OTHER)])
    world.traces.keep([row(2)])
    assert told(world, NAME, OTHER, "c3" * 12) == {
        NAME: ["told of 1", "told of 2"],
        OTHER: ["told of 1"],
    }


def test_a_row_that_is_there_stays_and_the_others_are_kept_all_the_same(world: World) -> None:
    world.traces.keep([row(1)])
    world.traces.keep([Row(NAME, row(1).locator, "another", START), row(1, OTHER)])
    assert told(world, NAME, OTHER) == {NAME: ["told of 1"], OTHER: ["told of 1"]}
    world.traces.keep([row(1), row(1, OTHER)])
    assert told(world, NAME, OTHER) == {NAME: ["told of 1"], OTHER: ["told of 1"]}


def test_a_name_has_room_for_so_many_rows(world: World) -> None:
    for number in range(MOST_ROWS + 2):
        world.traces.keep([row(number)])
    world.traces.keep([row(99), row(99, OTHER)])
    assert len(told(world, NAME)[NAME]) == MOST_ROWS
    assert told(world, OTHER) == {OTHER: ["told of 99"]}
