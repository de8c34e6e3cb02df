"""One case opened for staff: each reading is in the ledger first, and shown to the family."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chalicelib.domain.errors import Fault, NotFound, TryAgain
from chalicelib.domain.registration import Ref
from chalicelib.usecases import read_case
from tests.world import World, form


def test_a_proposal_is_shown_as_it_was_sent_to_whoever_may_see_it() -> None:
    world = World()
    sent = {"name": "Contoh", "village": "3510152004", "place": "y", "reason": "z", "phone": None}
    world.propose("p" * 20, sent)
    case = world.only()
    assert world.read(case).proposal == sent
    sealed = read_case.read_case(
        case.ref, "staff:a", "audit", world.read_ports(), with_identity=False
    )
    assert (sealed.proposal, sealed.identity) == (None, None)


def test_an_unknown_case_is_told_after_it_is_logged() -> None:
    world = World()
    ref = Ref("3510152004", "3M3G222222")
    with pytest.raises(NotFound) as told:
        read_case.read_case(ref, "staff:a", "queue", world.read_ports())
    assert told.value.faults == (Fault("case_unknown", "locator"),)
    assert [event.ref for event in world.aws.events.values()] == [ref.locator]


def test_a_place_in_the_ledger_that_others_take_each_time_is_given_up_for_now(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world, tries = World(), []
    world.register("k" * 20, form(world.model))
    monkeypatch.setattr(world.ledger, "put_read", lambda event: bool(tries.append(event)))
    world.aws.calls.clear()
    with pytest.raises(TryAgain) as told:
        world.read(world.only())
    assert told.value.faults == (Fault("busy"),)
    assert len(tries) == 4
    assert set(world.aws.calls) == {"Query"}


def test_an_identity_that_is_just_being_corrected_is_not_shown_in_part() -> None:
    world = World()
    world.register("k" * 20, form(world.model))
    case = world.only()
    torn = replace(case, corrections=1)  # its vault item is not there yet
    world.aws.cases[case.ref] = torn
    with pytest.raises(TryAgain) as told:
        world.read(torn)
    assert told.value.faults == (Fault("busy"),)
    ports = world.read_ports()
    opened = read_case.read_case(case.ref, "staff:a", "audit", ports, with_identity=False)
    assert (opened.case, opened.identity) == (torn, None)


def test_the_last_fifty_reads_are_shown() -> None:
    world = World()
    world.register("k" * 20, form(world.model))
    for _ in range(51):
        world.clock.advance(1_000)
        opened = world.read(world.only())
    assert len(opened.reads) == read_case.READS_SHOWN == 50
    assert opened.reads[0].at == world.clock.now_ms()
