"""What every ledger promises its readers, its sealer and its exporter."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from chalicelib.domain import audit
from chalicelib.domain.audit import day_of
from chalicelib.domain.day_seal import DaySeal, unsigned_seal
from chalicelib.domain.registration import State
from tests import builders
from tests.builders import MINUTE, build
from tests.fakes import START

if TYPE_CHECKING:
    from tests.stores import Ledger, World

DAY = day_of(START)
ACTOR = "staff:reviewer-1"
LOCATOR = "ABCDEFGHJK"


@pytest.fixture
def ledger(world: World) -> Ledger:
    return world.ledger


def read(
    ledger: Ledger,
    at: int = START,
    actor: str = ACTOR,
    ref: str = LOCATOR,
    own_id: bytes = b"one look",
) -> audit.Event:
    head = ledger.last_read(actor, DAY)
    event, _ = audit.append_read(head, at=at, actor=actor, ref=ref, reason="queue", own_id=own_id)
    return event


def seal(day: str, count: int = 0) -> DaySeal:
    made = unsigned_seal(
        region="3510", day=day, count=count, root=bytes(32), prev=bytes(32), public_key=b"key"
    )
    return replace(made, signature=b"signature")


class TestReads:
    def test_the_first_read_starts_the_chain_of_actor_and_day(self, ledger: Ledger) -> None:
        chain = audit.read_chain(ACTOR, DAY)
        assert ledger.last_read(ACTOR, DAY) == audit.first_head(chain)

    def test_reads_follow_each_other(self, ledger: Ledger) -> None:
        for seq in range(1, 13):
            event = read(ledger, START + seq)
            assert event.seq == seq
            assert ledger.put_read(event)
            assert ledger.last_read(ACTOR, DAY).hash == event.hash

    def test_of_two_reads_for_one_place_one_is_told_to_try_again(self, ledger: Ledger) -> None:
        first, second = read(ledger, START), read(ledger, START + 1)
        assert ledger.put_read(first)
        assert not ledger.put_read(second)
        again = read(ledger, START + 1)
        assert again.prev == first.hash
        assert ledger.put_read(again)

    def test_two_looks_in_one_millisecond_are_two_entries(self, ledger: Ledger) -> None:
        first, second = read(ledger), read(ledger, own_id=b"another.")
        assert ledger.put_read(first)
        assert not ledger.put_read(second)

    def test_a_read_whose_answer_was_lost_is_known_as_written(self, ledger: Ledger) -> None:
        event = read(ledger)
        assert ledger.put_read(event)
        assert ledger.put_read(event)

    def test_actors_whose_names_begin_alike_have_their_own_chains(self, ledger: Ledger) -> None:
        for actor in ("staff:a", "staff:ab"):
            event = read(ledger, actor=actor)
            assert event.seq == 1
            assert ledger.put_read(event)
        for actor in ("staff:a", "staff:ab"):
            first = ledger.event(audit.read_chain(actor, DAY), START, 1)
            assert first is not None
            assert read(ledger, actor=actor).prev == first.hash

    def test_a_read_is_found_by_its_key(self, ledger: Ledger) -> None:
        event = read(ledger)
        ledger.put_read(event)
        assert ledger.event(event.chain, event.at, event.seq) == event
        assert ledger.event(event.chain, event.at, event.seq + 1) is None


class TestWhoLooked:
    def test_the_reads_of_a_case_come_latest_first(self, ledger: Ledger) -> None:
        reads = []
        for minute, actor in enumerate(["staff:a", "staff:b", "staff:a", "staff:c"]):
            event = read(ledger, START + minute * MINUTE, actor)
            ledger.put_read(event)
            reads.append(event)
        other = read(ledger, actor="staff:d", ref="BBCDEFGHJK")
        ledger.put_read(other)
        assert list(ledger.reads_of(LOCATOR, 10)) == reads[::-1]
        assert list(ledger.reads_of(LOCATOR, 2)) == [reads[3], reads[2]]
        assert list(ledger.reads_of("CBCDEFGHJK", 10)) == []

    def test_changes_are_no_reads(self, world: World) -> None:
        built = build()
        world.store.create(built.case, built.vault, built.event, built.guards)
        assert list(world.ledger.reads_of(built.case.ref.locator, 10)) == []


class TestDays:
    def test_a_days_events_come_in_the_order_of_their_keys(self, world: World) -> None:
        events = []
        for number in range(1, 8):
            built = build(f"key {number}", family=number)
            world.store.create(built.case, built.vault, built.event, built.guards)
            moved, event = builders.checked(built.case)
            world.store.change(moved, event)
            events += [built.event, event]
        event = read(world.ledger)
        world.ledger.put_read(event)
        partitions = audit.day_partitions(DAY)
        ordered = sorted(
            [*events, event],
            key=lambda e: (partitions.index(audit.event_key(e)[0]), audit.event_key(e)[1]),
        )
        assert list(world.ledger.day_events(DAY)) == ordered
        assert list(world.ledger.day_hashes(DAY)) == [event.hash for event in ordered]
        assert not list(world.ledger.day_hashes(audit.day_after(DAY)))

    def test_where_each_case_ended_on_a_day(self, world: World) -> None:
        first, second = build("first", family=1), build("second", family=2)
        for built in (first, second):
            world.store.create(built.case, built.vault, built.event, built.guards)
        moved, event = builders.checked(first.case, at=START + MINUTE)
        world.store.change(moved, event)
        world.ledger.put_read(read(world.ledger, ref=second.case.ref.locator))
        assert set(world.ledger.last_states(DAY)) == {
            (first.case.ref.locator, State.MATCHED, START + MINUTE),
            (second.case.ref.locator, State.RECEIVED, START),
        }


class TestSeals:
    def test_a_day_has_one_seal_and_the_first_one_stays(self, ledger: Ledger) -> None:
        first = seal("20251120")
        assert ledger.put_seal(first) == first
        assert ledger.put_seal(seal("20251120", count=1)) == first
        assert ledger.last_seal() == first

    def test_the_last_seal_is_that_of_the_latest_day(self, ledger: Ledger) -> None:
        assert ledger.last_seal() is None
        days = ["20251231", "20251120", "20260101"]
        for day in days:
            ledger.put_seal(seal(day))
        assert ledger.last_seal() == seal("20260101")
        assert [each.day for each in ledger.seals()] == sorted(days)
