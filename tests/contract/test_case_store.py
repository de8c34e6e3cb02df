"""What every store of cases promises: one transaction each, conflicts told with who is there."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chalicelib.domain import registration
from chalicelib.domain.registration import Ref, State, Work
from chalicelib.usecases.ports import Conflict, Holder, InForce
from tests import builders
from tests.builders import MINUTE, REGION, Built, build, stamp
from tests.fakes import START
from tests.stores import Store, World

ADOPTED = InForce(1, "a" * 64, "b" * 64, tuple((score, "c" * 32) for score in range(9)), bytes(32))


@pytest.fixture
def store(world: World) -> Store:
    return world.store


def created(store: Store, built: Built) -> Built:
    assert store.create(built.case, built.vault, built.event, built.guards) is None
    return built


def written(store: Store, built: Built) -> bool:
    """Whether anything of a family was written."""
    loaded = store.load([built.case.ref])
    own = (store.holder(guard) for guard in built.guards)
    return bool(loaded) or any(holder and holder.ref == built.case.ref for holder in own)


class TestCreate:
    def test_a_new_case_is_there_with_its_vault_item_guards_and_event(self, world: World) -> None:
        built = created(world.store, build())
        loaded = world.store.load([built.case.ref])[built.case.ref]
        assert loaded.case == built.case
        assert loaded.vault == (built.vault,)
        for guard in built.guards:
            held = world.store.holder(guard)
            assert held == Holder(guard, built.case.ref, built.case.request_id)
        event = built.event
        assert world.ledger.event(event.chain, event.at, event.seq) == event

    def test_the_same_request_again_meets_its_own_case(self, store: Store) -> None:
        first = created(store, build())
        again = build(at=START + MINUTE)
        conflict = store.create(again.case, again.vault, again.event, again.guards)
        assert conflict == Conflict(first.case, ())
        assert store.load([first.case.ref])[first.case.ref].case == first.case

    def test_a_call_whose_answer_was_lost_is_known_as_done(self, store: Store) -> None:
        built = created(store, build())
        assert store.create(built.case, built.vault, built.event, built.guards) is None

    def test_a_guard_that_is_held_is_told_with_its_holder(self, store: Store) -> None:
        first = created(store, build("first", family=1))
        second = build("second", family=2)
        guards = (second.guards[0], first.guards[1], *second.guards[2:-1], first.guards[-1])
        conflict = store.create(second.case, second.vault, second.event, guards)
        holders = tuple(
            Holder(guard, first.case.ref, first.case.request_id)
            for guard in (first.guards[1], first.guards[-1])
        )
        assert conflict == Conflict(None, holders)

    def test_nothing_is_written_when_one_guard_is_held(self, world: World) -> None:
        first = created(world.store, build("first", family=1))
        second = build("second", family=2)
        guards = (*second.guards, first.guards[0])
        assert world.store.create(second.case, second.vault, second.event, guards) is not None
        assert not written(world.store, second)
        event = second.event
        assert world.ledger.event(event.chain, event.at, event.seq) is None

    def test_case_and_guards_in_the_way_are_told_at_once(self, store: Store) -> None:
        first = created(store, build("first", family=1))
        other = created(store, build("other", family=2))
        again = build("first", family=2, at=START + MINUTE)
        conflict = store.create(again.case, again.vault, again.event, again.guards)
        assert conflict is not None
        assert conflict.case == first.case
        assert {holder.guard for holder in conflict.held} == set(other.guards)

    def test_one_request_cannot_hold_a_guard_from_two_places(self, store: Store) -> None:
        first = created(store, build())
        elsewhere = replace(first.case, ref=Ref("3510152005", "ABCDEFGHJK"), household=None)
        vault = first.vault
        event = build("another").event
        conflict = store.create(elsewhere, vault, event, first.guards)
        assert conflict is not None
        assert {holder.request_id for holder in conflict.held} == {elsewhere.request_id}
        assert {holder.ref for holder in conflict.held} == {first.case.ref}

    def test_a_family_of_twenty_fits(self, store: Store) -> None:
        built = created(store, build(count=20))
        assert len(store.load([built.case.ref])[built.case.ref].vault[0].guards) == 21


class TestChange:
    def test_a_change_replaces_the_case_and_adds_its_event(self, world: World) -> None:
        built = created(world.store, build())
        moved, event = builders.checked(built.case)
        assert world.store.change(moved, event) is None
        loaded = world.store.load([moved.ref])[moved.ref]
        assert loaded.case == moved
        assert loaded.vault == (built.vault,)
        assert world.ledger.event(event.chain, event.at, event.seq) == event

    def test_a_whole_life_comes_back_as_it_was(self, store: Store) -> None:
        case = created(store, build(count=6)).case
        for move in (builders.checked, builders.decided):
            case, event = move(case)
            assert store.change(case, event) is None
        assert store.load([case.ref])[case.ref].case == case

    def test_a_stale_change_is_told_what_stands_and_writes_nothing(self, world: World) -> None:
        built = created(world.store, build())
        moved, event = builders.checked(built.case)
        assert world.store.change(moved, event) is None
        late, late_event = builders.unanswered(built.case, START, at=START + 5 * MINUTE)
        assert world.store.change(late, late_event) == Conflict(moved, ())
        assert world.store.load([moved.ref])[moved.ref].case == moved
        at = late_event.at
        stored = world.ledger.event(late_event.chain, at, late_event.seq)
        assert stored in (None, event)

    def test_a_change_whose_answer_was_lost_is_known_as_done(self, store: Store) -> None:
        built = created(store, build())
        moved, event = builders.checked(built.case)
        assert store.change(moved, event) is None
        assert store.change(moved, event) is None
        assert store.load([moved.ref])[moved.ref].case == moved

    def test_a_case_that_is_not_there_cannot_change(self, store: Store) -> None:
        moved, event = builders.checked(build().case)
        assert store.change(moved, event) == Conflict(None, ())
        assert not store.load([moved.ref])

    def test_a_correction_stands_beside_the_first_item(self, store: Store) -> None:
        built = created(store, build(family=1))
        guard = build("x", family=3).guards[0]
        moved, event = builders.corrected(built.case)
        vault = replace(built.vault, salt=bytes(16), guards=(guard,))
        assert store.change(moved, event, vault=vault, guards=(guard,)) is None
        assert store.load([moved.ref])[moved.ref].vault == (built.vault, vault)
        assert store.holder(guard) == Holder(guard, moved.ref, moved.request_id)

    def test_a_correction_to_a_held_nik_writes_nothing(self, store: Store) -> None:
        built = created(store, build("first", family=1))
        other = created(store, build("other", family=2))
        moved, event = builders.corrected(built.case)
        guard = other.guards[0]
        conflict = store.change(moved, event, vault=built.vault, guards=(guard,))
        holder = Holder(guard, other.case.ref, other.case.request_id)
        assert conflict == Conflict(None, (holder,))
        assert store.load([moved.ref])[moved.ref].case == built.case

    def test_a_correction_may_name_a_nik_that_the_family_holds(self, store: Store) -> None:
        built = created(store, build())
        moved, event = builders.corrected(built.case)
        vault = replace(built.vault, guards=built.guards[:1])
        assert store.change(moved, event, vault=vault, guards=built.guards[:1]) is None


class TestEnd:
    def test_release_frees_the_guards_and_keeps_the_case(self, store: Store) -> None:
        built = created(store, build())
        gone, event = registration.withdraw(built.case, b"w" * 16, stamp(START + MINUTE))
        assert store.change(gone, event) is None
        done, event = registration.release_guards(gone, stamp(START + 2 * MINUTE))
        assert store.release(done, event, built.guards) is None
        assert [store.holder(guard) for guard in built.guards] == [None] * len(built.guards)
        assert store.load([done.ref])[done.ref].case == done
        again = build("again")
        created(store, again)

    def test_release_leaves_the_guards_of_others_and_misses_none(self, store: Store) -> None:
        built = created(store, build("first", family=1))
        other = created(store, build("other", family=2))
        done, event = registration.release_guards(built.case, stamp())
        missing = build("x", family=3).guards[0]
        guards = (other.guards[0], *built.guards, missing, other.guards[1])
        assert store.release(done, event, guards) is None
        assert not any(store.holder(guard) for guard in built.guards)
        for guard in other.guards:
            assert store.holder(guard) is not None
        assert store.load([done.ref])[done.ref].case == done

    def test_a_stale_release_frees_nothing(self, store: Store) -> None:
        built = created(store, build())
        moved, event = builders.checked(built.case)
        assert store.change(moved, event) is None
        done, event = registration.release_guards(built.case, stamp(START + 3 * MINUTE))
        assert store.release(done, event, built.guards) == Conflict(moved, ())
        assert all(store.holder(guard) for guard in built.guards)

    def test_erasing_forgets_vault_and_guards_but_not_the_chain(self, world: World) -> None:
        built = created(world.store, build())
        corrected, event = builders.corrected(built.case)
        assert world.store.change(corrected, event, vault=built.vault) is None
        erased, event = registration.erase(corrected, stamp(START + 3 * MINUTE), "asked")
        assert world.store.erase(erased, event, built.guards) is None
        loaded = world.store.load([erased.ref])[erased.ref]
        assert loaded.case.state is State.ERASED
        assert loaded.case.household is None
        assert loaded.vault == ()
        assert not any(world.store.holder(guard) for guard in built.guards)
        for each in (built.event, event):
            assert world.ledger.event(each.chain, each.at, each.seq) == each

    def test_a_stale_erasure_deletes_nothing(self, store: Store) -> None:
        built = created(store, build())
        moved, event = builders.checked(built.case)
        assert store.change(moved, event) is None
        erased, event = registration.erase(built.case, stamp(START + 3 * MINUTE), "asked")
        assert store.erase(erased, event, built.guards) == Conflict(moved, ())
        assert store.load([moved.ref])[moved.ref].vault == (built.vault,)
        assert all(store.holder(guard) for guard in built.guards)

    def test_ending_again_after_a_lost_answer_is_done(self, store: Store) -> None:
        built = created(store, build())
        erased, event = registration.erase(built.case, stamp(START + MINUTE), "asked")
        assert store.erase(erased, event, built.guards) is None
        assert store.erase(erased, event, built.guards) is None


class TestRead:
    def test_many_are_read_at_once_and_missing_ones_left_out(self, store: Store) -> None:
        built = [created(store, build(f"key {n}", family=n)) for n in range(1, 4)]
        refs = [each.case.ref for each in built]
        loaded = store.load([*refs, Ref(builders.VILLAGE, "ABCDEFGHJK")])
        assert set(loaded) == set(refs)
        for each in built:
            assert loaded[each.case.ref].vault == (each.vault,)
        assert store.load([]) == {}

    def test_thirty_are_read_with_what_the_region_adopted(self, world: World) -> None:
        built = created(world.store, build())
        world.adopted(REGION, ADOPTED)
        refs = [built.case.ref, *(Ref(builders.VILLAGE, f"{n:010}") for n in range(29))]
        loaded, in_force = world.store.load_for_scoring(refs, REGION)
        assert set(loaded) == {built.case.ref}
        assert in_force == ADOPTED

    def test_where_nothing_is_adopted_there_is_nothing(self, store: Store) -> None:
        built = created(store, build())
        assert store.load_for_scoring([built.case.ref], REGION)[1] is None

    def test_a_look_gives_case_buckets_and_what_the_region_adopted(self, world: World) -> None:
        built = created(world.store, build())
        world.adopted(REGION, ADOPTED)
        world.limits.spend("L#2", START, capacity=10, refill_ms=MINUTE)
        looked = world.store.look(built.case.ref, ("L#1", "L#2"), REGION)
        assert looked.case == built.case
        assert looked.buckets[0] is None
        assert looked.buckets[1] is not None
        assert looked.in_force == ADOPTED

    def test_a_look_at_nothing_has_the_same_shape(self, world: World) -> None:
        world.adopted(REGION, ADOPTED)
        world.limits.spend("L#1", START, capacity=10, refill_ms=MINUTE)
        for ref in (None, Ref(builders.VILLAGE, "ABCDEFGHJK")):
            looked = world.store.look(ref, ("L#1", "C#1"), REGION)
            assert looked.case is None
            assert [bucket is None for bucket in looked.buckets] == [False, True]
            assert looked.in_force == ADOPTED

    def test_nobody_holds_a_free_guard(self, store: Store) -> None:
        assert store.holder(build().guards[0]) is None

    def test_heads_are_told_in_order(self, store: Store) -> None:
        built = [created(store, build(f"key {n}", family=n)) for n in range(1, 5)]
        heads = sorted((each.case.ref.locator, each.case.head) for each in built)
        assert list(store.heads()) == heads


class TestWaiting:
    def test_the_longest_waiting_comes_first_until_a_time_and_a_limit(self, store: Store) -> None:
        due = [START + 3 * MINUTE, START - MINUTE, START + 12 * MINUTE, START + 5]
        waiting = [self.unanswered(store, f"key {n}", n + 1, at) for n, at in enumerate(due)]
        ordered = [waiting[place] for place in (1, 3, 0, 2)]
        assert list(store.waiting(Work.CHECK, REGION, START + 99 * MINUTE, 10)) == ordered
        assert list(store.waiting(Work.CHECK, REGION, START + 99 * MINUTE, 3)) == ordered[:3]
        assert list(store.waiting(Work.CHECK, REGION, START + 5, 10)) == ordered[:2]
        assert list(store.waiting(Work.CHECK, REGION, START + 4, 10)) == ordered[:1]

    def test_only_the_work_and_the_region_that_are_asked(self, store: Store) -> None:
        self.unanswered(store, "key", 1, START)
        assert not store.waiting(Work.OFFICER, REGION, START, 10)
        assert not store.waiting(Work.CHECK, "3511", START, 10)

    def test_a_case_that_moved_on_waits_no_more(self, store: Store) -> None:
        ref = self.unanswered(store, "key", 1, START)
        case = store.load([ref])[ref].case
        moved, event = builders.checked(case)
        assert store.change(moved, event) is None
        assert not store.waiting(Work.CHECK, REGION, START, 10)

    @staticmethod
    def unanswered(store: Store, key: str, family: int, due: int) -> Ref:
        built = created(store, build(key, family=family))
        case, event = builders.unanswered(built.case, due)
        assert store.change(case, event) is None
        return case.ref
