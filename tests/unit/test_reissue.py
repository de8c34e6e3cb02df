"""A new receipt at the desk: one exact NIK, logged before the answer, a number a day."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chalicelib.domain import audit, receipt
from chalicelib.domain.audit import Act, Event
from chalicelib.domain.errors import (
    Fault,
    InvalidRequest,
    NotFound,
    TooMany,
    TryAgain,
    WrongState,
)
from chalicelib.domain.receipt import Receipt
from chalicelib.domain.registration import State
from chalicelib.usecases import reissue
from chalicelib.usecases.reissue import NOBODY, PER_DAY, Reissue
from tests.fakes_ledger import FakeLedger
from tests.world import World, form

NIK = "3510154903859901"
STRANGER = "3510154903859955"
OFFICER = "staff:officer-1"


@pytest.fixture
def world() -> World:
    made = World()
    made.register("k" * 20, form(made.model))
    made.settle()
    return made


def give(world: World, nik: str = NIK, key: str = "key-1", actor: str = OFFICER) -> Receipt:
    ports = reissue.Ports(
        world.clock,
        world.random,
        world.index,
        world.store,
        world.ledger,
        world.limits,
        world.form_rules(),
    )
    return reissue.reissue(Reissue(key, nik, "lost", actor), ports)


def reads(world: World) -> list[Event]:
    return [event for event in world.aws.events.values() if event.act is Act.READ]


def test_the_new_receipt_opens_the_case_and_the_old_one_no_longer(world: World) -> None:
    old = world.register("k" * 20, form(world.model)).receipt
    paper = give(world)
    assert paper.locator == old.locator
    assert paper.secret != old.secret
    assert receipt.parse(paper.text) == paper
    assert world.find(paper.text).state is State.DECIDED
    with pytest.raises(NotFound):
        world.find(old.text)


def test_a_repeat_gets_the_same_receipt_and_writes_nothing(world: World) -> None:
    paper = give(world)
    version = world.only().version
    assert give(world) == paper
    assert world.only().version == version


def test_another_key_and_another_officer_get_other_secrets(world: World) -> None:
    papers = {give(world), give(world, key="key-2"), give(world, actor="staff:officer-2")}
    assert len({paper.secret for paper in papers}) == 3


def test_the_number_may_be_typed_with_spaces(world: World) -> None:
    assert give(world, "3510 1549 0385 9901").locator == world.only().ref.locator


def test_the_look_up_is_in_the_ledger_with_its_reason(world: World) -> None:
    give(world)
    (read,) = reads(world)
    assert (read.actor, read.ref, read.reason) == (
        OFFICER,
        world.only().ref.locator,
        "reissue_lost",
    )
    (change,) = [e for e in world.aws.events.values() if e.act is Act.RECEIPT_REISSUED]
    assert (change.actor, change.reason, change.chain) == (
        OFFICER,
        "lost",
        world.only().ref.locator,
    )


def test_without_a_ledger_there_is_no_receipt(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = world.only()
    monkeypatch.setattr(FakeLedger, "put_read", lambda *_: False)
    with pytest.raises(TryAgain):
        give(world)
    assert world.only() == before


def test_a_number_that_nobody_holds_costs_the_same_and_is_logged(world: World) -> None:
    world.aws.calls.clear()
    with pytest.raises(NotFound) as caught:
        give(world, STRANGER)
    asked = list(world.aws.calls)
    assert caught.value.faults == (Fault("reissue_nobody", "nik"),)
    (read,) = reads(world)
    assert (read.ref, read.reason) == (NOBODY.locator, "reissue_nobody")
    world.aws.calls.clear()
    give(world)
    assert world.aws.calls == [*asked, "TransactWriteItems"]


def test_an_ended_case_gives_the_same_answer_as_no_case(world: World) -> None:
    paper = give(world)
    world.withdraw("w" * 20, paper.text)
    with pytest.raises(NotFound) as caught:
        give(world, key="key-2")
    assert caught.value.faults == (Fault("reissue_nobody", "nik"),)


def test_a_number_that_cannot_be_one_is_refused_before_anything_is_looked_up(world: World) -> None:
    world.aws.calls.clear()
    with pytest.raises(InvalidRequest) as caught:
        give(world, "351015490385990")
    assert [(f.code, f.field) for f in caught.value.faults] == [("nik_length", "nik")]
    assert not world.aws.calls


def test_the_right_is_used_up_for_the_day_found_or_not(world: World) -> None:
    for turn in range(PER_DAY):
        with pytest.raises(NotFound):
            give(world, STRANGER, key=f"key-{turn}")
    looked = len(reads(world))
    with pytest.raises(TooMany) as told:
        give(world)
    assert told.value.faults == (Fault("limit_reached", "nik"),)
    assert len(reads(world)) == looked
    assert give(world, actor="staff:officer-2")
    world.clock.advance(86_400_000)
    assert give(world)


def test_the_day_is_counted_until_it_is_surely_over(world: World) -> None:
    give(world)
    day = audit.day_of(world.clock.now_ms())
    until = (world.clock.now_ms() + 2 * 86_400_000) // 1000
    assert world.aws.kept_until[f"reissue#{OFFICER}#{day}", "L"] == until


def test_a_form_that_was_used_before_another_undoes_nothing(world: World) -> None:
    give(world, key="key-1")
    latest = give(world, key="key-2")
    with pytest.raises(WrongState) as told:
        give(world, key="key-1")
    assert told.value.faults == (Fault("reissue_outdated", "nik"),)
    assert world.find(latest.text)
    assert [len(used) for used in world.only().reissues] == [16, 16]


def test_a_case_that_is_never_whole_is_given_up_for_now(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = world.store.load

    def torn(refs):  # noqa: ANN001, ANN202 - as the store's
        return {ref: replace(found, vault=()) for ref, found in real(refs).items()}

    monkeypatch.setattr(world.store, "load", torn)
    before = world.only()
    with pytest.raises(TryAgain) as told:
        give(world)
    assert told.value.faults == (Fault("busy"),)
    assert world.only() == before


def test_a_worker_that_moves_the_case_meanwhile_does_not_stop_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = world.store.load
    moved = []

    def load(refs):  # noqa: ANN001, ANN202 - as the store's
        found = real(refs)
        if not moved:
            case = world.only()
            moved.append(case)
            world.aws.cases[case.ref] = replace(
                case, version=case.version + 1, head=replace(case.head, hash=bytes(32))
            )
        return found

    monkeypatch.setattr(world.store, "load", load)
    assert world.find(give(world).text)


def test_no_number_stands_in_what_is_kept(world: World) -> None:
    give(world)
    kept = repr((world.aws.events, world.aws.rights, world.aws.guards, world.aws.cases))
    assert NIK not in kept
