"""The smallest case of each thing that the simulation has found (docs/reliability.md)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from chalicelib.domain import registration
from chalicelib.domain.identity import IdentityAnswer, IdentityClaim
from chalicelib.domain.registration import Ref, Stamp, State
from chalicelib.usecases.ports import Cutoffs, Loaded, Message
from tests.fakes import FakeCaseStore
from tests.world import Registry, World, form, member

KEY = "k" * 24


@pytest.fixture
def world() -> World:
    return World()


def replace_receipt(world: World) -> None:
    """An officer gives the family a new receipt: the case is written and does not move."""
    case = world.only()
    stamp = Stamp(world.clock.now_ms(), "staff:officer-1", bytes(16))
    moved, event = registration.reissue(case, b"s" * 32, b"r" * 16, "lost", stamp)
    assert world.store.change(moved, event) is None


def test_a_check_that_met_a_new_receipt_comes_again(world: World) -> None:
    """Seed 540: the message was taken as late, and the family waited for the sweep."""

    class Slow(Registry):
        def check(self, claims: Sequence[IdentityClaim]) -> Sequence[IdentityAnswer]:
            replace_receipt(world)
            return super().check(claims)

    world.register(KEY, form(world.model, member(9901), kk=None))
    message = Message(world.only().ref, 1)
    world.registry = Slow()
    assert world.check(message) == [message]
    world.registry = Registry()
    assert world.check(message) == []
    assert world.only().state is State.MATCHED


def test_a_score_that_met_a_new_receipt_comes_again(world: World) -> None:
    class Slow(FakeCaseStore):
        def load_for_scoring(
            self, refs: Sequence[Ref], region: str
        ) -> tuple[Mapping[Ref, Loaded], Cutoffs | None]:
            loaded = super().load_for_scoring(refs, region)
            replace_receipt(world)
            return loaded

    world.register(KEY, form(world.model, member(9901), kk=None))
    message = Message(world.only().ref, 1)
    world.check(message)
    kept, world.store = world.store, Slow(world.aws)
    assert world.score(message) == [message]
    world.store = kept
    assert world.score(message) == []
    assert world.only().state is State.DECIDED
