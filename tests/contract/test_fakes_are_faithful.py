"""The fakes and the adapters do the same to random lives of a few families, step by step.

The simulation runs on the fakes; whatever they do otherwise than the tables would be proved of
nothing. Each seed plays one sequence on both, stale and repeated steps included, and compares
every answer and what is stored at the end.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from chalicelib.adapters.registry_table import TablesDisagreeError
from chalicelib.domain import registration
from chalicelib.domain.audit import Event, day_of
from chalicelib.domain.registration import Registration, Work
from tests import builders
from tests.builders import MINUTE, REGION, Built, build, stamp
from tests.fakes import START
from tests.stores import fake_world

if TYPE_CHECKING:
    from tests.stores import Backend, World

STEPS = 14
FAMILIES = 3
Move = Callable[[Registration, int], tuple[Registration, Event]]
MOVES: tuple[Move, ...] = (
    builders.checked,
    lambda case, at: builders.unanswered(case, at + MINUTE, at),
    lambda case, at: registration.withdraw(case, b"w" * 16, stamp(at)),
)


class Play:
    """One random sequence; every choice is made before either side answers."""

    def __init__(self, seed: int, worlds: tuple[World, World]) -> None:
        self.chance = random.Random(seed)  # noqa: S311 - a seeded play
        self.worlds = worlds
        self.families = [self.family(number) for number in range(FAMILIES)]
        self.known: list[Registration] = [built.case for built in self.families]
        self.at = START

    def family(self, number: int) -> Built:
        """Two requests may name one family, so that guards are contested."""
        return build(f"request {number}", family=self.chance.choice([1, 1, 2]), count=2)

    def step(self) -> None:
        self.at += MINUTE
        step = self.chance.choice(
            [self.create, self.create, self.change, self.change, self.correct, self.end, self.look]
        )
        step()

    def both(self, run: Callable[[World], object]) -> None:
        ours, theirs = (answer(run, world) for world in self.worlds)
        assert ours == theirs

    def create(self) -> None:
        number = self.chance.randrange(FAMILIES)
        guards = self.families[number].guards
        if self.chance.random() < 0.3:
            guards = ()
        elif self.chance.random() < 0.5:
            self.families[number] = build(
                f"request {number}", family=self.chance.choice([1, 2]), count=2, at=self.at
            )
        built = self.families[number]
        self.known.append(built.case)
        self.both(lambda w: w.store.create(built.case, built.vault, built.event, guards))

    def change(self) -> None:
        case, event = self.chance.choice(MOVES)(self.some_case(), self.at)
        for _ in range(self.chance.choice([1, 1, 2])):  # sometimes the answer was lost
            self.both(lambda w: w.store.change(case, event))
        self.known.append(case)

    def correct(self) -> None:
        case, event = builders.corrected(self.some_case(), self.at)
        other = self.chance.choice(self.families)
        guards = other.guards[: self.chance.randrange(3)]
        vault = other.vault
        self.both(lambda w: w.store.change(case, event, vault=vault, guards=guards))
        self.known.append(case)

    def end(self) -> None:
        before, other = self.some_case(), self.chance.choice(self.families)
        guards = tuple(self.chance.sample(other.guards, 2))
        if self.chance.random() < 0.5:
            case, event = registration.release_guards(before, stamp(self.at))
            self.both(lambda w: w.store.release(case, event, guards))
        else:
            case, event = registration.erase(before, stamp(self.at), "asked")
            self.both(lambda w: w.store.erase(case, event, guards))

    def look(self) -> None:
        ref = self.some_case().ref
        self.both(lambda w: w.limits.spend("L#1", self.at, capacity=10, refill_ms=MINUTE))
        self.both(lambda w: w.store.look(ref, ("L#1", "L#2"), REGION))
        self.both(lambda w: w.limits.take("right", 3, self.at))

    def some_case(self) -> Registration:
        """A case as somebody knows it: as it is, as it was, or as it never became."""
        known = self.chance.choice(self.known)
        stored = self.worlds[0].store.load([known.ref]).get(known.ref)
        case = stored.case if stored and self.chance.random() < 0.7 else known
        return case if case.household else self.families[0].case

    def compare(self) -> None:
        refs = list(dict.fromkeys(case.ref for case in self.known))
        guards = {guard for built in self.families for guard in built.guards}
        self.both(lambda w: w.store.load(refs))
        self.both(lambda w: {guard: w.store.holder(guard) for guard in guards})
        self.both(lambda w: list(w.store.heads()))
        self.both(lambda w: list(w.ledger.day_events(day_of(START))))
        self.both(lambda w: set(w.ledger.last_states(day_of(START))))
        self.both(lambda w: w.store.waiting(Work.CHECK, REGION, self.at, 10))


def answer(run: Callable[[World], object], world: World) -> object:
    """What a store answers; a second correction, which no use case makes, is refused by both."""
    try:
        return run(world)
    except TablesDisagreeError:
        return "tables disagree"


@pytest.mark.parametrize("seed", range(12))
def test_a_random_life_is_the_same_on_both(seed: int, moto_backend: Backend) -> None:
    moto_backend.clean()
    play = Play(seed, (fake_world(), moto_backend.world()))
    for _ in range(STEPS):
        play.step()
    play.compare()
