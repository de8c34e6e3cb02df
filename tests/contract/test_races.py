"""Many at once on the local AWS, whose calls really run beside each other (moto's do not)."""

from __future__ import annotations

import itertools
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

import pytest

from chalicelib.adapters.dispute_table import DisputeTable
from chalicelib.adapters.ledger_table import LedgerTable
from chalicelib.adapters.ops_table import OpsTable
from chalicelib.adapters.registry_table import RegistryTable
from chalicelib.domain import audit, hearing, reopening
from chalicelib.domain.dispute import Kind
from chalicelib.domain.errors import TryAgain
from tests import builders
from tests.builders import MINUTE, REGION, build
from tests.disputing import PERSON, at, filed, slot, statements
from tests.fakes import START

if TYPE_CHECKING:
    from tests.stores import Backend

pytestmark = [pytest.mark.local_aws, pytest.mark.xdist_group("local_aws")]

AT_ONCE = 8
T = TypeVar("T")


@pytest.fixture
def backend(local_backend: Backend) -> Iterator[Backend]:
    local_backend.clean()
    yield local_backend
    local_backend.clean()


@pytest.fixture
def store(backend: Backend) -> RegistryTable:
    return RegistryTable(backend.client, backend.tables, sleep=time.sleep, chance=random.random)


def at_once(run: Callable[[int], T], times: int = AT_ONCE) -> list[T]:
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(run, range(times)))


def test_of_many_who_claim_one_nik_one_gets_it(store: RegistryTable) -> None:
    families = [build(f"request {n}", family=1, at=START + n) for n in range(AT_ONCE)]

    def claim(number: int) -> str:
        built = families[number]
        conflict = store.create(built.case, built.vault, built.event, built.guards)
        return "stored" if conflict is None else "held" if conflict.held else "other"

    assert Counter(at_once(claim)) == {"stored": 1, "held": AT_ONCE - 1}
    refs = [built.case.ref for built in families]
    (winner,) = store.load(refs)
    holders = {store.holder(guard) for guard in families[0].guards}
    assert {holder.ref for holder in holders if holder} == {winner}


def test_one_request_sent_many_times_at_once_is_stored_once(store: RegistryTable) -> None:
    """Each sending has its own time and salt, as each run of the function has."""
    sendings = [build(at=START + n) for n in range(AT_ONCE)]

    def send(number: int) -> bool:
        built = sendings[number]
        conflict = store.create(built.case, built.vault, built.event, built.guards)
        if conflict is None:
            return True
        assert conflict.case is not None
        assert conflict.case.request_id == built.case.request_id
        assert conflict.held == ()
        return False

    assert Counter(at_once(send)) == {True: 1, False: AT_ONCE - 1}


def test_of_many_changes_of_one_version_one_is_stored(
    store: RegistryTable, backend: Backend
) -> None:
    built = build()
    store.create(built.case, built.vault, built.event, built.guards)

    def change(number: int) -> bool:
        moved, event = builders.unanswered(built.case, START, at=START + MINUTE + number)
        return store.change(moved, event) is None

    assert Counter(at_once(change)) == {True: 1, False: AT_ONCE - 1}
    ledger = LedgerTable(backend.client, backend.tables.ledger)
    events = list(ledger.day_events(audit.day_of(START)))
    assert [event.seq for event in events] == [1, 2]


def test_reads_of_one_officer_in_many_windows_make_one_chain(backend: Backend) -> None:
    ledger = LedgerTable(backend.client, backend.tables.ledger)
    day = audit.day_of(START)

    def look(number: int) -> None:
        for _ in range(99):
            head = ledger.last_read("staff:a", day)
            event, _ = audit.append_read(
                head,
                at=START,
                actor="staff:a",
                ref="ABCDEFGHJK",
                reason="queue",
                own_id=number.to_bytes(audit.READ_ID_BYTES, "big"),
            )
            if ledger.put_read(event):
                return
        raise AssertionError("never got a place")

    at_once(look, times=16)
    chain = [event for event in ledger.day_events(day) if event.act is audit.Act.READ]
    assert [event.seq for event in chain] == list(range(1, 17))
    assert len({event.id for event in chain}) == len(chain)
    for before, event in itertools.pairwise(chain):
        assert event.prev == before.hash


def test_wrong_tries_at_once_all_count(store: RegistryTable, backend: Backend) -> None:
    limits = OpsTable(backend.client, backend.tables.ops)

    def spend(_: int) -> None:
        limits.spend("L#1", START, capacity=10, refill_ms=MINUTE)

    at_once(spend, times=24)
    (bucket,) = store.look(None, ("L#1",), REGION).buckets
    assert bucket is not None
    assert bucket.at == START + 24 * MINUTE


def test_a_right_is_never_given_once_too_often(backend: Backend) -> None:
    limits = OpsTable(backend.client, backend.tables.ops)

    def take(_: int) -> bool:
        for _ in range(9):
            try:
                return limits.take("agent|a|20251121", 5, START)
            except TryAgain:
                continue
        raise AssertionError("never answered")

    assert Counter(at_once(take, times=24)) == {True: 5, False: 19}


@pytest.fixture
def disputes(backend: Backend) -> DisputeTable:
    return DisputeTable(backend.client, backend.tables, sleep=time.sleep, chance=random.random)


def test_of_many_objections_for_one_place_one_gets_it(disputes: DisputeTable) -> None:
    """Nobody has more open objections than the region allows, however fast they are sent."""
    filings = [filed(Kind.OBJECTION, key=f"request {n}", when=START + n) for n in range(AT_ONCE)]

    def send(number: int) -> str:
        made, event = filings[number]
        stands = disputes.create(made, event, statements(made), slot=slot(made))
        return "stored" if stands is None else "taken" if stands.slot else "other"

    assert Counter(at_once(send)) == {"stored": 1, "taken": AT_ONCE - 1}
    refs = [made.ref for made, _ in filings]
    (winner,) = disputes.load(refs)
    assert [each.ref for each in disputes.slots(PERSON)] == [winner]


def test_of_many_decisions_at_once_one_counts_and_the_case_is_opened_once(
    disputes: DisputeTable, store: RegistryTable, backend: Backend
) -> None:
    case = build().case
    assert store.create(case, build().vault, build().event, build().guards) is None
    for move in (builders.checked, builders.decided):
        case, event = move(case)
        assert store.change(case, event) is None
    made, event = filed(Kind.APPEAL, case.ref.locator, when=START)
    knows = reopening.disputed(case, made.ref.locator, builders.stamp(START + 5 * MINUTE))
    assert disputes.create(made, event, statements(made), case=knows) is None

    def decide(number: int) -> str:
        when = START + 6 * MINUTE + number
        step = hearing.to_review(made, at(when), due=when)
        opened = reopening.reopen(
            knows[0], case.household, "appeal_upheld", builders.stamp(when), officer_due=when
        )
        stands = disputes.change(*step, case=opened)
        if stands is None:
            return "done"
        return "told" if stands.dispute and stands.case else "other"

    assert Counter(at_once(decide)) == {"done": 1, "told": AT_ONCE - 1}
    ledger = LedgerTable(backend.client, backend.tables.ledger)
    acts = Counter(event.act for event in ledger.day_events(audit.day_of(START)))
    assert (acts[audit.Act.TO_REVIEW], acts[audit.Act.REOPENED]) == (1, 1)
