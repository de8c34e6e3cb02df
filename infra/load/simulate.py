"""People who come, are let through or refused, and come again: by seconds, in whole people.

Nothing is drawn at run time. Who comes when, in which order they are looked at and how long each
waits follow from their place in the crowd, so a run repeats itself to the last person.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Final, NamedTuple

from infra.load.walls import Walls

GROUPS: Final = 8
"""Into how many groups the people of a second part; each group waits its own time."""

_HASH: Final = 2**32


@dataclass(frozen=True, slots=True)
class Crowd:
    """How many people begin in each second, and what they ask for.

    Attributes:
        flow: name of what they ask for.
        coming: people by second.
    """

    flow: str
    coming: Sequence[tuple[int, int]]


@dataclass(slots=True)
class Outcome:
    """What became of everybody.

    Attributes:
        sent: people who began; served, waiting, lost: where they are now; lost_of: by flow.
        requests: everything that was sent, repeats included.
        refused: wall -> requests that it refused.
        first: the wall that refused first, and in which second.
        through: flow -> second -> people served in it.
        peak: most requests in a second.
    """

    sent: int = 0
    served: int = 0
    waiting: int = 0
    lost: int = 0
    lost_of: Counter[str] = field(default_factory=Counter)
    requests: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    first: tuple[str, int] | None = None
    through: dict[str, Counter[int]] = field(default_factory=dict)
    peak: int = 0
    ended: int = 0

    @property
    def retries(self) -> int:
        """Requests that were sent again."""
        return self.requests - self.sent

    @property
    def whole(self) -> bool:
        """Whether nobody was made or forgotten."""
        return self.sent == self.served + self.waiting + self.lost


def share(*place: object) -> float:
    """A number in [0, 1) that stands for a place in the crowd, the same in every run."""
    told = "/".join(map(str, place)).encode()
    return int.from_bytes(blake2b(told, digest_size=4).digest()) / _HASH


def wait_of(waits: Sequence[int], refusals: int, *who: object) -> int | None:
    """Seconds until somebody comes again after so many refusals; None when they have given up.

    Half as long as the wait to half as long again, and a second at least.
    """
    if refusals > len(waits):
        return None
    return max(1, round(waits[refusals - 1] * (0.5 + share(*who, refusals))))


def simulate(crowds: Sequence[Crowd], walls: Walls, waits: Sequence[int]) -> Outcome:
    """Let everybody come, and come again, until each is served or has given up."""
    for outcome in steps(crowds, walls, waits):
        last = outcome
    return last


def steps(crowds: Sequence[Crowd], walls: Walls, waits: Sequence[int]) -> Iterator[Outcome]:
    """The same, second by second; at the end of each, everybody is somewhere."""
    outcome = Outcome(through={crowd.flow: Counter() for crowd in crowds})
    due = list(_groups(crowds))
    heapq.heapify(due)
    if not due:
        yield outcome
    while due:
        now, before = due[0].second, outcome.requests
        walls.tick(now)
        while due and due[0].second == now:
            group = heapq.heappop(due)
            again = _ask(group, walls, waits, outcome)
            if again is not None:
                heapq.heappush(due, again)
        walls.end()
        outcome.peak = max(outcome.peak, outcome.requests - before)
        outcome.ended = now
        yield outcome


class _Group(NamedTuple):
    """People who come at the same moment; sorted by second, then by their place in the order."""

    second: int
    order: float
    flow: str
    who: int
    people: int
    refusals: int


def _groups(crowds: Sequence[Crowd]) -> Iterator[_Group]:
    for crowd in crowds:
        for second, people in crowd.coming:
            for number, count in enumerate(_parted(people)):
                order = share("order", crowd.flow, second, number)
                yield _Group(second, order, crowd.flow, second * GROUPS + number, count, 0)


def _ask(group: _Group, walls: Walls, waits: Sequence[int], outcome: Outcome) -> _Group | None:
    """Let a group ask; those of it who come again."""
    people = group.people
    if group.refusals == 0:
        outcome.sent += people
        outcome.waiting += people
    passed, refused = walls.admit(group.flow, people)
    outcome.requests += people
    outcome.served += passed
    outcome.waiting -= passed
    if passed:
        outcome.through[group.flow][group.second] += passed
    for wall, count in refused:
        outcome.refused[wall] += count
        outcome.first = outcome.first or (wall, group.second)
    left, refusals = people - passed, group.refusals + 1
    if not left:
        return None
    wait = wait_of(waits, refusals, group.flow, group.who)
    if wait is None:
        outcome.lost += left
        outcome.lost_of[group.flow] += left
        outcome.waiting -= left
        return None
    return group._replace(second=group.second + wait, people=left, refusals=refusals)


@dataclass(frozen=True, slots=True)
class Behind:
    """What the families that were let in wait for: the civil registry's pace.

    Attributes:
        most: families waiting at the worst moment.
        longest: seconds that the one waits who waits longest.
        empty: second in which nobody waits any more.
    """

    most: int
    longest: int
    empty: int


def behind(through: Mapping[int, int], pace: float, first: int, grows: float, batch: int) -> Behind:
    """Work off what came through.

    Args:
        through: second -> families.
        pace: families a second that the civil registry takes.
        first, grows: polls at the beginning, and new ones a second; each takes a batch a second.
        batch: families of one.
    """
    if not through:
        return Behind(0, 0, 0)
    now, last, waiting, most, done, came = min(through), max(through), 0.0, 0.0, 0.0, 0
    longest, began = 0, min(through)
    arrived = sorted(through.items())
    place, ahead = 0, 0
    while now <= last or waiting >= 1:
        came += through.get(now, 0)
        waiting += through.get(now, 0)
        room = min(pace, (first + grows * (now - began)) * batch)
        took = min(waiting, room)
        waiting, done = waiting - took, done + took
        most = max(most, waiting)
        while place < len(arrived) and ahead + arrived[place][1] <= done + 1e-6:
            longest = max(longest, now - arrived[place][0])
            ahead += arrived[place][1]
            place += 1
        now += 1
    return Behind(round(most), longest, now)


def _parted(people: int) -> list[int]:
    """Groups of nearly equal size; none is empty."""
    groups = min(GROUPS, people)
    return [people * (n + 1) // groups - people * n // groups for n in range(groups)]
