from __future__ import annotations

import ast
import json
import random
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import modelling.audit_verify
from chalicelib.domain.audit import DAY_MS, Act, event_key
from chalicelib.usecases.seal_day import MARGIN_MS, seal_day
from modelling.audit_records import canonical, parse_record
from modelling.audit_verify import SHOWN, verify
from tests import ledger_tampering
from tests.ledger_tampering import World, check, make_world, missed
from tests.ledger_world import START, MemoryFiles, export, make_ledger, seal_ports

if TYPE_CHECKING:
    from collections.abc import Callable

TAMPERS = 2_000


def test_the_verifier_shares_no_code_with_the_writer() -> None:
    folder = Path(modelling.audit_verify.__file__).parent
    files = sorted(folder.glob("audit_*.py"))
    assert len(files) >= 4
    for file in files:
        for node in ast.walk(ast.parse(file.read_text())):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert not any(name.startswith("chalicelib") for name in names), file


# Sound exports


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("sealed_days", [0, 1, 3, 5])
def test_any_honest_export_is_sound(seed: int, sealed_days: int) -> None:
    ledger = make_ledger(seed)
    ledger.read_heads = seed % 2 == 0
    if sealed_days:
        seal_day(START + sealed_days * DAY_MS + MARGIN_MS, seal_ports(ledger))
    report = verify(export(ledger, START + 6 * DAY_MS))
    assert report.problems == []
    assert (report.counts["event"], report.counts["read"]) == (40, 12)


@pytest.mark.parametrize("seed", range(6))
def test_an_export_shows_one_instant_of_a_ledger_that_goes_on(seed: int) -> None:
    ledger = make_ledger(seed)
    seal_day(START + 2 * DAY_MS + MARGIN_MS, seal_ports(ledger))
    rng = random.Random(seed)  # noqa: S311 - invented data
    for _ in range(5):
        until = START + 2 * DAY_MS + MARGIN_MS + rng.randrange(3 * DAY_MS)
        lines = export(ledger, until)
        events = [
            json.loads(line) for line in lines if b'"prev":' in line and b'"root"' not in line
        ]
        assert max(event["at"] for event in events) < until
        assert verify(lines).problems == []


def test_two_exports_of_one_instant_are_the_same() -> None:
    ledger = make_ledger(3)
    seal_day(START + 2 * DAY_MS + MARGIN_MS, seal_ports(ledger))
    before = export(ledger, START + 3 * DAY_MS)
    ledger.change("ABCDEFGHJK", START + 6 * DAY_MS, "citizen", Act.RECEIVED, "received")
    assert export(ledger, START + 3 * DAY_MS) == before


def test_a_head_that_cannot_be_walked_back_is_told() -> None:
    ledger = make_ledger(3)
    ref = "ABCDEFGHJK"
    for at in (START, START + DAY_MS, START + 6 * DAY_MS, START + 7 * DAY_MS):
        newest = ledger.change(ref, at, "citizen", Act.RECEIVED, "received")
    seal_day(START + DAY_MS + MARGIN_MS, seal_ports(ledger))
    assert verify(export(ledger, START + 5 * DAY_MS)).problems == []
    pk, sk = event_key(newest)
    del ledger.items[pk][sk]
    report = verify(export(ledger, START + 5 * DAY_MS))
    told = f"head of {ref}: its tail is cut: it ends at 2, the registry stands at 4"
    assert [problem.what for problem in report.problems] == [told]


def test_later_published_seals_are_no_fault_of_an_older_export() -> None:
    ledger, files = make_ledger(3), MemoryFiles()
    seal_day(START + 2 * DAY_MS + MARGIN_MS, seal_ports(ledger, files))
    lines = export(ledger, START + 3 * DAY_MS + 10)
    seal_day(START + 5 * DAY_MS + MARGIN_MS, seal_ports(ledger, files))
    seals = [parse_record(content) for content in files.files.values()]
    assert len(seals) == 6
    assert verify(lines, published={str(seal["day"]): seal for seal in seals}).problems == []


def test_what_cannot_be_proved_yet_is_said() -> None:
    ledger = make_ledger(1)
    ledger.read_heads = False
    report = verify(export(ledger, START + 5 * DAY_MS))
    assert any("No day is sealed" in notice for notice in report.notices)
    assert any("Reads after the last seal" in notice for notice in report.notices)
    seal_day(START + DAY_MS + MARGIN_MS, seal_ports(ledger))
    report = verify(export(ledger, START + 5 * DAY_MS))
    assert any("sealing is late" in notice for notice in report.notices)


# Faults, in words


@pytest.fixture(scope="module")
def world() -> World:
    return make_world(99)


def records_of(world: World, *kinds: str) -> list[dict[str, Any]]:
    return [record for record in world.records if record["type"] in kinds]


def said(world: World, edit: Callable[[list[dict[str, Any]]], object], **how: bool) -> list[str]:
    """What the verifier says after an edit of the export."""
    records = [dict(record) for record in world.records]
    edit(records)
    return [str(problem) for problem in check(world, records, **how).problems]


def place(records: list[dict[str, Any]], kind: str, which: int = 0) -> int:
    return [i for i, record in enumerate(records) if record["type"] == kind][which]


def test_an_altered_field_is_told_with_its_line_and_record(world: World) -> None:
    at = place(world.records, "event", 3)
    event = world.records[at]
    words = said(world, lambda records: records[at].update(to="matched2"))
    assert len(words) == 1
    assert words[0].startswith(
        f"line {at + 1}: event {event['seq']} of {event['chain']} (2026-11-0"
    )
    assert "its hash does not fit its content: the record was altered" in words[0]


def test_a_dropped_record_is_told(world: World) -> None:
    second = next(e for e in records_of(world, "event") if e["seq"] == 2)
    words = said(world, lambda records: records.remove(second))
    chain = f" of {second['chain']} "
    gap = "number 2 of the chain is missing before it"
    cut = f"head of {second['chain']}: its tail is cut"
    assert any((chain in each and gap in each) or cut in each for each in words)
    assert any("its seal counts" in each or "end record counts" in each for each in words)


def test_a_read_has_an_id_in_version_2_only(world: World) -> None:
    versions = {record["v"]: place(world.records, "read", which)
                for which, record in enumerate(records_of(world, "read"))}  # fmt: skip
    assert set(versions) == {1, 2}
    for edit in (
        lambda records: records[versions[1]].update(id="00" * 8),
        lambda records: records[versions[2]].pop("id"),
        lambda records: records[versions[2]].update(v=1),
    ):
        assert any("a read has an id in version 2" in each for each in said(world, edit))
    words = said(world, lambda records: records[versions[2]].update(id="00" * 7))
    assert any("its id is not of the allowed shape" in each for each in words)


def test_a_repeated_and_a_moved_record_are_told(world: World) -> None:
    at = place(world.records, "event", 5)
    words = said(world, lambda records: records.insert(at, records[at]))
    assert any("it is there twice" in each for each in words)
    other = place(world.records, "event", 9)

    def swap(records: list[dict[str, Any]]) -> None:
        records[at], records[other] = records[other], records[at]

    assert any("it is not in its place" in each for each in said(world, swap))


def test_a_cut_tail_is_told_by_the_registry(world: World) -> None:
    chains: dict[str, dict[str, Any]] = {}
    for event in records_of(world, "event"):
        chains[event["chain"]] = event
    last = max(chains.values(), key=lambda event: event["at"])
    words = said(world, lambda records: records.remove(last))
    known = f"head of {last['chain']}: "
    assert any(known in each for each in words)


def test_a_missing_seal_is_told(world: World) -> None:
    first, middle, last = (place(world.records, "seal", which) for which in range(3))
    words = said(world, lambda records: records.pop(middle), alone=True)
    assert any("the seal of 2026-11-02 before it is missing" in each for each in words)
    assert any("no seal covers its day" in each for each in words)
    words = said(world, lambda records: records.pop(first), alone=True)
    assert any("it does not follow the seal before it" in each for each in words)
    words = said(world, lambda records: records.pop(last))
    assert any("seal of 2026-11-03: it was published, and is not in" in each for each in words)


def test_a_left_out_seal_still_holds_its_day() -> None:
    ledger, files = make_ledger(3), MemoryFiles()
    seal_day(START + 4 * DAY_MS + MARGIN_MS, seal_ports(ledger, files))
    seals = [parse_record(content) for content in files.files.values()]
    published = {str(seal["day"]): seal for seal in seals}
    del ledger.seals_by_day["20261104"]
    soon = START + 4 * DAY_MS + MARGIN_MS + 1  # when the last seal might not have been made yet
    assert verify(export(ledger, soon), published=published).problems == []
    ledger.change("ABCDEFGHJK", START + 4 * DAY_MS - 9, "citizen", Act.RECEIVED, "received")
    report = verify(export(ledger, soon), published=published)
    assert [problem.what.partition(":")[0] for problem in report.problems] == ["2026-11-04"]


def test_wrong_signatures_and_keys_are_told(world: World) -> None:
    at, other = place(world.records, "seal", 0), place(world.records, "seal", 1)
    swapped = world.records[other]["signature"]
    words = said(world, lambda records: records[at].update(signature=swapped), alone=True)
    assert words == ["line 1: seal of 2026-11-01: its signature is wrong"]
    broken = "30" * 91
    words = said(world, lambda records: records[at].update(public_key=broken), alone=True)
    assert any("its public key cannot be read" in each for each in words)
    lines = [canonical(record) + b"\n" for record in world.records]
    report = verify(lines, keys=frozenset(["00" * 32]))
    assert report.found == 3
    assert "signed by a key that is not the given one" in str(report.problems[0])


def test_swapped_days_are_told(world: World) -> None:
    rng = random.Random(1)  # noqa: S311 - invented data
    words = said(world, lambda records: ledger_tampering._swap_days(rng, records))
    assert any("it is not in its place" in each for each in words)


def test_a_cut_file_is_told(world: World) -> None:
    words = said(world, lambda records: records.pop(), alone=True)
    assert words == ["the export is cut: it has no end record"]
    assert verify([]).problems[0].what == "the export is cut: it has no end record"


@pytest.mark.parametrize(
    ("line", "what"),
    [
        (b"\xff\xfe\n", "cannot be read as JSON"),
        (b"[" * 50_000 + b"\n", "cannot be read as JSON"),
        (b"\n", "cannot be read as JSON"),
        (b"[]\n", "not a record with a type"),
        (b'{"type":"gift"}\n', "its type is unknown"),
        (b'{"type":"head","v":1,"x":1}\n', "no field of that name"),
        (b'{"type":"head","v":1}\n', "it lacks at, chain, hash, seq"),
        (b'{"type":"head","v":true}\n', "its v is not a number"),
        (b'{"type":"head","v":1.0}\n', "its v is not a number"),
        (b'{"type":"head","v":2}\n', "its v is not a number"),
        (b'{"seq":1' + b"0" * 5_000 + b',"type":"head","v":1}\n', "cannot be read as JSON"),
        (b'{"hash":"zz","type":"head","v":1}\n', "its hash is not of the allowed shape"),
    ],
)
def test_lines_that_are_no_records_are_told(line: bytes, what: str) -> None:
    problem = verify([line]).problems[0]
    assert problem.line == 1
    assert what in problem.what


def test_a_record_has_one_form(world: World) -> None:
    line = canonical(world.records[5])
    for other in (
        line.replace(b":", b": "),
        line.replace(b'"at"', b'"\\u0061t"'),
        line[:-1] + b',"v":1}',
        line + b"\r\n",
        line + b" \n",
    ):
        assert "not in canonical form" in str(verify([other]).problems[0])


def test_only_the_first_faults_are_shown_and_all_are_counted(world: World) -> None:
    report = verify([b"x\n"] * 100)
    assert len(report.problems) == SHOWN
    assert report.found == 101


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_nothing_in_a_file_breaks_the_verifier(world: World, data: st.DataObject) -> None:
    lines = [canonical(record) + b"\n" for record in world.records]
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(lines) - 1))
        line = lines[at]
        cut = data.draw(st.integers(0, len(line)))
        end = data.draw(st.integers(cut, min(cut + 20, len(line))))
        lines[at] = line[:cut] + data.draw(st.binary(max_size=12)) + line[end:]
    changed = [canonical(record) + b"\n" for record in world.records] != lines
    assert verify(lines, published=world.published, keys=world.keys).sound is not changed


# Random tampers


def test_every_random_tamper_is_found() -> None:
    assert list(missed(seed=2026, tampers=TAMPERS)) == []


@pytest.mark.prove
@pytest.mark.parametrize("seed", range(100))
def test_every_one_of_a_hundred_thousand_tampers_is_found(seed: int) -> None:
    assert list(missed(seed, tampers=1_000)) == []


@pytest.mark.parametrize(
    ("check_left_out", "blind"),
    [
        ("_take_head", lambda verifier, _line, head: _forget(verifier, head["chain"])),
        ("_close_days", lambda _verifier, before: before),
        ("hash_of", lambda _line, record: record["hash"]),
        ("_finish_published", lambda _verifier: None),
    ],
)
def test_the_tampers_are_good_enough_to_miss_a_check(
    monkeypatch: pytest.MonkeyPatch, check_left_out: str, blind: Callable[..., object]
) -> None:
    """A verifier that lacks a check lets a tamper pass: no check is there for nothing."""
    owner: object = modelling.audit_verify
    if not hasattr(owner, check_left_out):
        owner = modelling.audit_verify._Verifier
    monkeypatch.setattr(owner, check_left_out, blind)
    assert list(islice(missed(seed=7, tampers=TAMPERS), 1))


def _forget(verifier: modelling.audit_verify._Verifier, chain: str) -> None:
    verifier._read_heads = True
    verifier._chains.pop(chain, None)
    verifier._reads.pop(chain, None)
