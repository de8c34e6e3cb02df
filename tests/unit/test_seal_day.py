from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pytest

from chalicelib.domain.audit import DAY_MS, Act, day_after, day_of
from chalicelib.domain.day_seal import first_seal_prev, signed_text, unsigned_seal
from chalicelib.usecases.seal_day import MARGIN_MS, SealDiffersError, seal_day
from modelling.audit_records import check_seal, parse_record
from tests.ledger_world import (
    REGION,
    START,
    MemoryFiles,
    MemoryLedger,
    make_ledger,
    seal_ports,
    signer,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalicelib.domain.day_seal import DaySeal


def test_seals_every_finished_day_in_order() -> None:
    ledger, files = make_ledger(1, days=4), MemoryFiles()
    sealed = seal_day(START + 4 * DAY_MS + MARGIN_MS, seal_ports(ledger, files))
    assert sealed == ("20261101", "20261102", "20261103", "20261104")
    seals = list(ledger.seals())
    assert seals[0].prev == first_seal_prev(REGION)
    assert [seal.prev for seal in seals[1:]] == [seal.hash for seal in seals[:-1]]
    assert sum(seal.count for seal in seals) == 52
    assert sorted(files.files) == [
        *(f"audit/2026-11-0{day}.json" for day in range(1, 5)),
        "audit/latest.json",
    ]
    for content in files.files.values():
        assert check_seal(parse_record(content)) == []
    assert files.files["audit/latest.json"] == files.files["audit/2026-11-04.json"]


def test_published_seal_verifies_from_its_text_alone() -> None:
    ledger, files = make_ledger(1, days=1), MemoryFiles()
    seal_day(START + 2 * DAY_MS, seal_ports(ledger, files))
    record = json.loads(files.files["audit/latest.json"])
    assert record["region"] == REGION
    assert record["type"] == "seal"
    assert set(record) == {
        *("type", "v", "region", "day", "count", "root", "prev"),
        *("key", "hash", "signature", "public_key"),
    }


def test_a_seal_without_its_signature_is_whole_but_for_it() -> None:
    seal = unsigned_seal(
        region=REGION, day="20261101", count=3, root=b"r" * 32, prev=b"p" * 32, public_key=b"key"
    )
    assert (seal.region, seal.day, seal.count) == (REGION, "20261101", 3)
    assert (seal.root, seal.prev, seal.public_key) == (b"r" * 32, b"p" * 32, b"key")
    assert seal.key == hashlib.sha256(b"key").digest()
    assert seal.hash == hashlib.sha256(signed_text(seal)).digest()
    assert seal.signature == b""


@pytest.mark.parametrize(("past_midnight", "sealed"), [(MARGIN_MS - 1, 1), (MARGIN_MS, 2)])
def test_waits_an_hour_after_midnight(past_midnight: int, sealed: int) -> None:
    ledger = make_ledger(2, days=2)
    assert len(seal_day(START + 2 * DAY_MS + past_midnight, seal_ports(ledger))) == sealed


def test_empty_days_are_sealed_too() -> None:
    ledger = MemoryLedger()
    ledger.change("ABCDEFGHJK", START, "citizen", Act.RECEIVED, "received")
    ports = seal_ports(ledger)
    seal_day(START + DAY_MS + MARGIN_MS, ports)
    assert seal_day(START + 40 * DAY_MS + MARGIN_MS, ports) == tuple(
        day_after("20261102", n) for n in range(39)
    )
    assert [seal.count for seal in ledger.seals()] == [1] + [0] * 39


def test_a_ledger_without_events_begins_with_yesterday() -> None:
    assert seal_day(START + MARGIN_MS, seal_ports(MemoryLedger())) == ("20261031",)


def test_running_again_changes_nothing_and_mends_the_files() -> None:
    ledger, files = make_ledger(3), MemoryFiles()
    ports, now = seal_ports(ledger, files), START + 5 * DAY_MS + MARGIN_MS
    seal_day(now, ports)
    seals, before = dict(ledger.seals_by_day), dict(files.files)
    files.files.pop("audit/2026-11-05.json")
    files.files.pop("audit/latest.json")
    assert seal_day(now, ports) == ()
    assert ledger.seals_by_day == seals
    assert files.files == before


class Stopped(BaseException):
    """The function is killed: nothing can catch it."""


@dataclass
class Plan:
    """At which call of all the ports to stop, before it or after it."""

    calls_left: int
    before: bool


class Faulty:
    """Stands before a port and stops according to the plan."""

    def __init__(self, inner: object, plan: Plan) -> None:
        self._inner, self._plan = inner, plan

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method = getattr(self._inner, name)

        def call(*args: object) -> object:
            self._plan.calls_left -= 1
            if self._plan.calls_left == 0 and self._plan.before:
                raise Stopped
            result = method(*args)
            if self._plan.calls_left == 0:
                raise Stopped
            return result

        return call


@pytest.mark.parametrize("before", [True, False])
def test_stopped_at_any_call_the_next_run_ends_the_same(before: bool) -> None:
    now = START + 5 * DAY_MS + MARGIN_MS
    expected_ledger, expected_files = make_ledger(4), MemoryFiles()
    seal_day(now, seal_ports(expected_ledger, expected_files))
    stops = 0
    while True:
        ledger, files = make_ledger(4), MemoryFiles()
        plain = seal_ports(ledger, files)
        plan = Plan(stops + 1, before)
        faulty = replace(
            plain,
            ledger=Faulty(ledger, plan),
            signer=Faulty(plain.signer, plan),
            files=Faulty(files, plan),
        )
        try:
            seal_day(now, faulty)
        except Stopped:
            stops += 1
        else:
            break
        seal_day(now, plain)
        assert without_signatures(ledger) == without_signatures(expected_ledger)
        assert files.files.keys() == expected_files.files.keys()
        for day, seal in ledger.seals_by_day.items():
            name = f"audit/{day[:4]}-{day[4:6]}-{day[6:]}.json"
            assert bytes.fromhex(json.loads(files.files[name])["signature"]) == seal.signature
    assert stops > 20


def without_signatures(ledger: MemoryLedger) -> dict[str, DaySeal]:
    return {day: replace(seal, signature=b"") for day, seal in ledger.seals_by_day.items()}


def test_two_runs_at_once_agree_on_one_seal() -> None:
    """The second run does all its work between the first one's reading and its writing."""
    ledger, files = make_ledger(5), MemoryFiles()
    ports, now = seal_ports(ledger, files), START + 5 * DAY_MS + MARGIN_MS

    overtaken = []

    class Overtaken(MemoryLedger):
        def put_seal(self, seal: DaySeal) -> DaySeal:
            overtaken.append(seal.day)
            seal_day(now, ports)
            return super().put_seal(seal)

    slow = replace(ports, ledger=Overtaken(**vars(ledger)))
    assert seal_day(now, slow) == tuple(ledger.seals_by_day)
    assert overtaken == list(ledger.seals_by_day)
    for seal in ledger.seals():
        name = f"audit/{seal.day[:4]}-{seal.day[4:6]}-{seal.day[6:]}.json"
        assert json.loads(files.files[name])["signature"] == seal.signature.hex()


def test_another_content_under_a_stored_seal_is_told() -> None:
    ledger = make_ledger(6, days=1)
    now = START + DAY_MS + MARGIN_MS

    class Late(MemoryLedger):
        def put_seal(self, seal: DaySeal) -> DaySeal:
            super().put_seal(replace(seal, count=seal.count + 1))
            return super().put_seal(seal)

    with pytest.raises(SealDiffersError, match=day_of(START)):
        seal_day(now, replace(seal_ports(ledger), ledger=Late(**vars(ledger))))


def test_a_new_key_between_two_runs_is_no_conflict() -> None:
    ledger = make_ledger(7, days=1)
    now = START + DAY_MS + MARGIN_MS
    other = replace(seal_ports(ledger), signer=signer(9902))

    class Rotating(MemoryLedger):
        def put_seal(self, seal: DaySeal) -> DaySeal:
            seal_day(now, other)
            return super().put_seal(seal)

    seal_day(now, replace(seal_ports(ledger), ledger=Rotating(**vars(ledger))))
    stored = ledger.last_seal()
    assert stored is not None
    assert stored.public_key == signer(9902).public_key()
