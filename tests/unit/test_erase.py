"""Erasing forgets a family at once and for good; the ledger still verifies."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chalicelib.domain.audit import Act
from chalicelib.domain.errors import Fault, NotFound, TryAgain
from chalicelib.domain.registration import Ref, Registration, State
from chalicelib.usecases import erase
from tests.world import World, form, member

SUPERVISOR = "staff:supervisor-1"


@pytest.fixture
def world() -> World:
    made = World()
    made.register("k" * 20, form(made.model))
    made.settle()
    return made


def forget(world: World, ref: Ref | None = None) -> Registration:
    ports = erase.Ports(world.clock, world.random, world.store)
    return erase.erase(ref or world.only().ref, SUPERVISOR, "family_request", ports)


def test_identity_guards_and_answers_go_together(world: World) -> None:
    world.aws.calls.clear()
    gone = forget(world)
    assert world.aws.calls == ["BatchGetItem", "TransactWriteItems"]
    assert not world.aws.vault
    assert not world.aws.guards
    assert world.only() == gone
    assert gone.state is State.ERASED
    assert (gone.household, gone.scored, gone.decisions, gone.identity) == (None, None, (), ())
    assert (gone.secret_mac, gone.body_digest, gone.concerns, gone.waiting) == (b"", b"", (), None)


def test_nothing_opens_afterwards(world: World) -> None:
    paper = world.register("k" * 20, form(world.model)).receipt
    forget(world)
    with pytest.raises(NotFound):
        world.find(paper.text)
    opened = world.read(world.only())
    assert (opened.identity, opened.proposal, opened.case.household) == (None, None, None)


def test_the_family_may_register_again(world: World) -> None:
    forget(world)
    world.register("n" * 20, form(world.model))
    again = next(case for case in world.aws.cases.values() if case.state is not State.ERASED)
    assert not again.concerns


def test_the_erasure_is_the_last_link_of_an_unbroken_chain(world: World) -> None:
    chain = world.only().ref.locator
    before = world.only().head
    forget(world)
    events = sorted((e for e in world.aws.events.values() if e.chain == chain), key=lambda e: e.seq)
    last = events[-1]
    assert (last.act, last.actor, last.reason) == (Act.ERASED, SUPERVISOR, "family_request")
    assert last.prev == before.hash
    assert world.only().head.hash == last.hash


def test_erasing_twice_is_erasing_once(world: World) -> None:
    first = forget(world)
    assert forget(world) == first


def test_a_proposal_can_be_erased(world: World) -> None:
    world.propose(
        "p" * 20,
        {"name": "Contoh", "village": "3510152004", "place": "a", "reason": "b", "phone": None},
    )
    ref = next(ref for ref, case in world.aws.cases.items() if case.state is State.PROPOSED)
    assert forget(world, ref).state is State.ERASED
    assert (ref.locator, "0") not in world.aws.vault


def test_a_guard_that_another_family_holds_stays(world: World) -> None:
    world.register("n" * 20, form(world.model, member(9901, name="Contoh Lain"), kk=None))
    second = next(
        c
        for c in world.aws.cases.values()
        if any(code.startswith("nik_held") for code in c.concerns)
    )
    held = dict(world.aws.guards)
    forget(world, second.ref)
    assert world.aws.guards == held


def test_an_unknown_case_is_told(world: World) -> None:
    with pytest.raises(NotFound) as told:
        forget(world, Ref("3510152004", "2222222222"))
    assert told.value.faults == (Fault("case_unknown", "locator"),)


def test_a_case_that_moves_each_time_is_tried_again_and_then_given_up(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = world.store.load

    def load(refs):  # noqa: ANN001, ANN202 - as the store's
        found = real(refs)
        case = world.only()
        head = replace(case.head, hash=world.random.take(32))
        world.aws.cases[case.ref] = replace(case, version=case.version + 1, head=head)
        return found

    monkeypatch.setattr(world.store, "load", load)
    with pytest.raises(TryAgain) as told:
        forget(world)
    assert told.value.faults == (Fault("busy"),)
    assert world.aws.vault


def test_a_case_that_was_read_in_the_middle_of_a_change_is_read_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, torn = world.store.load, [True, True]

    def load(refs):  # noqa: ANN001, ANN202 - as the store's
        found = real(refs)
        if torn:
            torn.pop()
            case = replace(world.only(), corrections=1)  # its vault item is not there yet
            return {case.ref: replace(found[case.ref], case=case)}
        return found

    monkeypatch.setattr(world.store, "load", load)
    assert forget(world).state is State.ERASED
    assert not torn
    assert not world.aws.guards
