"""A queue of a region: at least once, in any order, and parked when it never works."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from chalicelib.adapters.queues import to_body
from chalicelib.usecases.ports import Message
from tests.simulation.faulty_aws import Dice, Trouble
from tests.simulation.region_aws import RegionAws

MOST_RECEIVES = 5  # then a message parks in the dead-letter queue
BATCH = 10


@dataclass
class Letter:
    """A message of a queue."""

    number: int
    body: str
    receives: int = 0
    in_flight: int = 0


@dataclass
class RegionQueue:
    """A queue that delivers at least once, in any order (`ports.Queue`)."""

    aws: RegionAws
    name: str
    letters: dict[int, Letter] = field(default_factory=dict)
    parked: list[Letter] = field(default_factory=list)
    bodies: dict[str, None] = field(default_factory=dict)
    taken: int = 0

    def send(self, messages: Sequence[Message], *, delay_s: int = 0) -> None:
        for start in range(0, len(messages), BATCH):
            bodies = [to_body(message) for message in messages[start : start + BATCH]]
            self.aws.call("SendMessageBatch", lambda: self._take(bodies))  # noqa: B023 - runs at once

    def _take(self, bodies: Sequence[str]) -> None:
        if self.aws.trouble is Trouble.PARTLY:
            bodies = bodies[: len(bodies) // 2]
        for body in bodies:
            self.taken += 1
            self.letters[self.taken] = Letter(self.taken, body)
            self.bodies[body] = None

    def come_again(self) -> None:
        """Every message that ever was in it is delivered once more."""
        self._take(list(self.bodies))

    def receive(self, dice: Dice) -> list[Letter]:
        """Up to ten letters in any order; now and then one that another run holds already."""
        free = [
            letter for letter in self.letters.values() if not letter.in_flight or dice.chance(500)
        ]
        count = min(len(free), 1 + dice.below(BATCH))
        batch = [free.pop(dice.below(len(free))) for _ in range(count)]
        for letter in batch:
            letter.receives += 1
            letter.in_flight += 1
        return batch

    def settle(self, batch: Sequence[Letter], failed: set[int], dice: Dice) -> None:
        """Forget what was worked on, but for some that will come again; park what never works."""
        for letter in batch:
            letter.in_flight -= 1
            if letter.number in failed:
                if letter.receives >= MOST_RECEIVES and letter.number in self.letters:
                    self.parked.append(self.letters.pop(letter.number))
            elif letter.receives >= MOST_RECEIVES or not dice.chance(200):
                self.letters.pop(letter.number, None)
