"""The smallest case of each thing that the simulation has found (docs/reliability.md)."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Mapping, Sequence

import pytest

from chalicelib.domain import registration
from chalicelib.domain.audit import Head, day_of
from chalicelib.domain.errors import InvalidRequest, NotFound, TryAgain, WrongState
from chalicelib.domain.identity import IdentityAnswer, IdentityClaim, Outcome
from chalicelib.domain.receipt import Receipt
from chalicelib.domain.registration import ENDED_STATES, Ref, Stamp, State, is_held
from chalicelib.usecases import erase, find_case, reissue
from chalicelib.usecases.ports import Cutoffs, Holder, Loaded, Message
from tests.fakes import FakeCaseStore
from tests.fakes_ledger import FakeLedger
from tests.world import DATA, Registry, World, child, form, member

KEY = "k" * 24
HEAD = "3510154903859901"


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


def test_an_answer_about_the_old_name_never_counts_for_the_corrected_one(world: World) -> None:
    """A batch of reads is no snapshot: the vault read before a correction, the case after it."""

    class Torn(FakeCaseStore):
        def load_for_scoring(
            self, refs: Sequence[Ref], region: str
        ) -> tuple[Mapping[Ref, Loaded], Cutoffs | None]:
            before = {ref: self._loaded(ref).vault for ref in refs}
            world.correct("c" * 24, paper, {"index": 0, "name": "Contoh Betul"})
            return {ref: Loaded(self.aws.cases[ref], before[ref]) for ref in refs}, None

    world.registry.said[HEAD] = IdentityAnswer(Outcome.MISMATCH, ("name",))
    paper = world.register(KEY, form(world.model, member(9901), kk=None)).receipt.text
    world.settle()
    world.registry.said.clear()
    kept, world.store = world.store, Torn(world.aws)
    late = Message(world.only().ref, 1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(world, "find_ports", lambda: find_ports(world, kept))
        assert world.check(late) == [late]
    world.store = kept
    assert world.only().state is State.RECEIVED
    world.settle()
    assert world.only().state is State.DECIDED


def find_ports(world: World, store: FakeCaseStore) -> find_case.Ports:
    """Ports of a family's own requests, which read one item only."""
    return find_case.Ports(world.clock, world.index, store, world.limits, "3510", world.village_of)


def read(world: World) -> object:
    return world.read(world.only())


def erase_it(world: World) -> object:
    return world.erase(world.only().ref)


def reissue_it(world: World, key: str = KEY, actor: str = "staff:officer-1") -> Receipt:
    ports = reissue.Ports(
        world.clock,
        world.random,
        world.index,
        world.store,
        world.ledger,
        world.limits,
        world.form_rules(),
    )
    return reissue.reissue(reissue.Reissue(key, HEAD, "lost", actor), ports)


@pytest.mark.parametrize("use", [read, erase_it, reissue_it])
def test_an_officer_is_asked_to_try_again_when_a_read_was_torn(
    world: World, use: Callable[[World], object]
) -> None:
    """Before, it was an error of ours; an erasure could leave a guard of the correction behind."""

    class Torn(FakeCaseStore):
        def load_for_scoring(
            self, refs: Sequence[Ref], region: str
        ) -> tuple[Mapping[Ref, Loaded], Cutoffs | None]:
            return {ref: Loaded(self.aws.cases[ref], ()) for ref in refs}, None

    world.register(KEY, form(world.model, member(9901), kk=None))
    world.store = Torn(world.aws)
    before = world.only()
    with pytest.raises(TryAgain):
        use(world)
    assert world.only() == before


def test_two_looks_of_one_officer_in_one_millisecond_are_two_entries(world: World) -> None:
    """Seed 1674: two windows, and one entry for both."""
    world.register(KEY, form(world.model, member(9901), kk=None))
    case = world.only()
    first_head = world.ledger.last_read("staff:officer-1", day_of(world.clock.now_ms()))
    read(world)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(FakeLedger, "last_read", once_stale(first_head))
        read(world)
    looks = [event for event in world.aws.events.values() if event.ref == case.ref.locator]
    assert [event.seq for event in looks] == [1, 2]
    assert looks[0].at == looks[1].at


def once_stale(head: Head) -> Callable[[FakeLedger, str, str], Head]:
    """The end of a chain as the other window saw it, at the first question."""
    stale, real = [head], FakeLedger.last_read
    return lambda ledger, actor, day: stale.pop() if stale else real(ledger, actor, day)


def test_an_older_form_that_comes_again_brings_no_dead_receipt_back(world: World) -> None:
    """Two officers replaced the receipt, and the first one's form is sent again."""
    world.register(KEY, form(world.model, member(9901), kk=None))
    old = reissue_it(world, "the first form")
    new = reissue_it(world, "the second form", "staff:officer-2")
    before = world.only()
    with pytest.raises(WrongState, match="reissue_outdated"):
        reissue_it(world, "the first form")
    assert world.only() == before
    assert reissue_it(world, "the second form", "staff:officer-2") == new
    assert world.find(new.text) == before
    with pytest.raises(NotFound):
        world.find(old.text)


def test_a_correction_that_comes_again_after_a_new_receipt_is_known(world: World) -> None:
    """A new receipt does not make it forgotten; another correction is refused in plain words."""
    world.registry.said[HEAD] = IdentityAnswer(Outcome.MISMATCH, ("name",))
    paper = world.register(KEY, form(world.model, member(9901), kk=None)).receipt
    world.settle()
    change = {"index": 0, "name": "Contoh Betul"}
    world.correct("c" * 24, paper.text, change)
    new = reissue_it(world)
    before = world.only()
    assert world.correct("c" * 24, new.text, change) == before
    with pytest.raises(WrongState, match="nothing_to_correct"):
        world.correct("d" * 24, new.text, change)
    with pytest.raises(NotFound):
        world.correct("c" * 24, paper.text, change)
    assert world.only() == before


def test_what_is_said_of_a_used_key_is_true_after_an_erasure_and_tells_nothing(
    world: World,
) -> None:
    """Seed 158: the key was "used for another body", although the body was the same one."""
    sent = form(world.model, member(9901), kk=None)
    world.register(KEY, sent)
    with pytest.raises(InvalidRequest) as another_body:
        world.register(KEY, form(world.model, member(9902), kk=None))
    erase_it(world)
    with pytest.raises(InvalidRequest) as erased:
        world.register(KEY, sent)
    assert erased.value.faults == another_body.value.faults
    (fault,) = erased.value.faults
    words = json.loads((DATA / "words" / "faults.id.json").read_bytes())[fault.code]
    assert words == "Kunci kiriman ini sudah pernah dipakai. Muat ulang halaman, lalu kirim lagi."
    assert world.register("n" * 24, sent).receipt.text  # what the words advise


def to_correct(world: World, **changes: object) -> str:
    """The receipt of a family whose answer from the civil registry asks for a correction."""
    world.registry.said[HEAD] = IdentityAnswer(Outcome.MISMATCH, ("name",))
    paper = world.register(KEY, form(world.model, member(9901), child(9902), **changes)).receipt
    world.settle()
    world.registry.said.clear()
    assert world.only().state is State.NEEDS_CORRECTION
    return paper.text


@pytest.mark.parametrize("end", ["withdraw", "erase"])
def test_a_correction_that_writes_its_own_nik_again_can_end(world: World, end: str) -> None:
    """A guard stood in both vault items: AWS refuses to delete one item twice, for ever."""
    paper = to_correct(world)
    world.correct("c" * 24, paper, {"index": 0, "nik": HEAD, "name": "Contoh Betul"})
    loaded = world.store.load([world.only().ref])[world.only().ref]
    assert len(set(loaded.guards)) == len(loaded.guards) == 3
    if end == "erase":
        erase_it(world)
    else:
        world.withdraw("w" * 24, paper)
        world.settle()
    assert world.only().state in ENDED_STATES
    assert not world.aws.guards


def test_a_correction_with_one_nik_for_two_is_refused(world: World) -> None:
    """It asked for one guard twice in a transaction, which was an error of ours."""
    paper = to_correct(world)
    same = "3510154903859921"
    with pytest.raises(InvalidRequest) as refused:
        world.correct("c" * 24, paper, {"index": 0, "nik": same}, {"index": 1, "nik": same})
    assert [(fault.code, fault.field) for fault in refused.value.faults] == [
        ("member_twice", "members.1.nik")
    ]


def withdrawn_and_anew(world: World, body: Mapping[str, object], anew: Mapping[str, object]) -> Ref:
    """A case was withdrawn, its guards are not yet released, and another is registered."""
    paper = world.register(KEY, body).receipt.text
    world.settle()
    world.withdraw("w" * 24, paper)
    world.register("n" * 24, anew)
    (ref,) = (case.ref for case in world.aws.cases.values() if case.state is State.RECEIVED)
    assert is_held(world.aws.cases[ref])
    return ref


def test_a_family_is_not_held_up_by_its_own_withdrawn_case(world: World) -> None:
    """It registered anew in the seconds before its NIK were released, and went to an officer."""
    body = form(world.model, member(9901), child(9902))
    ref = withdrawn_and_anew(world, body, body)
    message = Message(ref, 1)
    before = world.aws.cases[ref]
    assert world.check(message) == [message]  # the release is under way: it comes again
    assert world.aws.cases[ref] == before
    world.settle()
    case = world.aws.cases[ref]
    assert case.state is State.DECIDED
    assert not is_held(case)
    assert {holder.ref for holder in world.aws.guards.values()} == {ref}
    assert len(world.aws.guards) == 3
    world.withdraw("x" * 24, world.register("n" * 24, body).receipt.text)
    world.settle()
    assert not world.aws.guards


def test_what_a_living_case_holds_goes_to_an_officer_as_before(world: World) -> None:
    """One of the numbers is free again, the other is not: nothing is claimed."""
    other = form(world.model, member(9905), child(9902), kk=None)
    world.register("o" * 24, other)
    world.settle()
    body = form(world.model, member(9901), kk=None)
    ref = withdrawn_and_anew(world, body, form(world.model, member(9901), child(9902), kk=None))
    world.settle()
    case = world.aws.cases[ref]
    assert case.state is State.NEEDS_OFFICER
    assert is_held(case)
    assert ref not in {holder.ref for holder in world.aws.guards.values()}


def test_a_number_that_another_claims_meanwhile_is_not_taken(world: World) -> None:
    """Between the look at the guards and the write somebody registered with the number."""
    body = form(world.model, member(9901), kk=None)
    ref = withdrawn_and_anew(world, body, body)
    world.settle(1)
    withdrawn = next(case for case in world.aws.cases.values() if case.ref != ref)
    assert withdrawn.state is State.RELEASED

    class Raced(FakeCaseStore):
        def holder(self, guard: str) -> Holder | None:
            found = super().holder(guard)
            if found is None:
                world.store = FakeCaseStore(world.aws)
                world.register("r" * 24, form(world.model, member(9901), child(9903), kk=None))
            return found

    world.store = Raced(world.aws)
    message = Message(ref, 1)
    assert world.check(message) == [message]
    world.settle()
    assert world.aws.cases[ref].state is State.NEEDS_OFFICER
    assert ref not in {holder.ref for holder in world.aws.guards.values()}


def erase_meanwhile(world: World, ref: Ref) -> None:
    ports = dataclasses.replace(world.erase_ports(), store=FakeCaseStore(world.aws))
    erase.erase(ref, "staff:officer-1", "family_request", ports)


def assert_comes_again_and_is_decided(world: World, raced: FakeCaseStore, ref: Ref) -> None:
    world.store = raced
    message = Message(ref, 1)
    assert world.check(message) == [message]
    world.store = FakeCaseStore(world.aws)
    world.settle()
    assert world.aws.cases[ref].state is State.DECIDED


def test_a_holder_that_was_erased_during_the_check_holds_nobody_up(world: World) -> None:
    """Seed 5414: erased between the look at the guard and the look at its case."""
    body = form(world.model, member(9901), kk=None)
    ref = withdrawn_and_anew(world, body, body)
    holder = next(case for case in world.aws.cases.values() if case.ref != ref)

    class Raced(FakeCaseStore):
        def holder(self, guard: str) -> Holder | None:
            found = super().holder(guard)
            erase_meanwhile(world, holder.ref)
            return found

    assert_comes_again_and_is_decided(world, Raced(world.aws), ref)


def test_a_holder_that_is_erased_while_its_case_is_read_holds_nobody_up(world: World) -> None:
    """Seed 626942: its case was read before the erasure, its vault after it."""
    body = form(world.model, member(9901), kk=None)
    world.register(KEY, body)
    world.settle()
    holder = world.only().ref
    world.register("n" * 24, body)
    (ref,) = (each for each in world.aws.cases if each != holder)

    class Torn(FakeCaseStore):
        def load(self, refs: Sequence[Ref]) -> Mapping[Ref, Loaded]:
            found = dict(super().load(refs))
            if holder in found:
                erase_meanwhile(world, holder)
                found[holder] = dataclasses.replace(found[holder], vault=())
            return found

    assert_comes_again_and_is_decided(world, Torn(world.aws), ref)
