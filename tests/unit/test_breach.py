"""Whom a breach touched follows from the ledger, and the letters say it in plain words."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest

from chalicelib.adapters.area_files import region_villages
from chalicelib.domain import receipt
from infra import breach, breach_letters, stages
from infra.breach import Window, seen_by, stood_in_tables

HOUR = 3_600_000
BEGIN = 1_795_219_200_000  # 21 November 2026, 00.00 UTC
OFFICER, OTHER = "staff:ab12", "agent:cd34"


def locator(number: int, village: str = "3510152004") -> str:
    place = region_villages(village[:4])[village]
    paper = receipt.derive(lambda _p, d: d.ljust(32, b"x"), str(number) * 8, place.index)
    return paper.locator


def read(number: int, hours: float, actor: str = OFFICER, **more: Any) -> dict[str, Any]:
    at = BEGIN + int(hours * HOUR)
    told = {"type": "read", "actor": actor, "at": at, "ref": locator(number), "reason": "queue"}
    return told | {"act": "read"} | more


def event(number: int, hours: float, act: str, actor: str = "citizen") -> dict[str, Any]:
    at = BEGIN + int(hours * HOUR)
    return {"type": "event", "act": act, "actor": actor, "at": at, "chain": locator(number)}


LEDGER = [
    event(1, -50, "received"),
    event(2, -49, "received"),
    event(3, -48, "received"),
    event(3, -2, "erased", OFFICER),
    event(4, 30, "received"),
    read(1, 1),
    read(1, 2.5),
    read(2, 2, OTHER),
    read(2, 90),
    event(2, 3, "corrected", OFFICER),
    event(2, 3, "scored", "system:score_household"),
]
DAY = Window(BEGIN, BEGIN + 24 * HOUR)


def test_families_are_named_by_who_looked_and_when() -> None:
    found = seen_by(LEDGER, Window(DAY.since, DAY.until, OFFICER))
    assert set(found) == {locator(1), locator(2)}
    assert (found[locator(1)].times, found[locator(2)].times) == (2, 1)
    assert found[locator(1)].last - found[locator(1)].first == 1.5 * HOUR
    assert dict(found[locator(2)].reasons) == {"corrected": 1}


def test_without_a_name_everybody_of_staff_is_meant_and_no_machine() -> None:
    found = seen_by(LEDGER, DAY)
    assert dict(found[locator(2)].actors) == {OFFICER: 1, OTHER: 1}


def test_a_copy_touches_whoever_was_in_the_tables() -> None:
    assert set(stood_in_tables(LEDGER, DAY)) == {locator(1), locator(2)}
    earlier = Window(BEGIN - 3 * HOUR, BEGIN)
    assert set(stood_in_tables(LEDGER, earlier)) == {locator(1), locator(2), locator(3)}


def test_the_clock_runs_for_three_times_24_hours_in_the_region_s_time() -> None:
    zone = breach.zone_of("5271")
    noticed = breach.moment("2026-11-22T09:30", zone)
    clock = breach_letters.Breach(noticed, noticed + 72 * HOUR, zone)
    assert clock.when(clock.noticed) == "22 November 2026 pukul 09.30 WITA"
    assert clock.when(clock.deadline) == "25 November 2026 pukul 09.30 WITA"
    assert breach.moment("2026-11-22T01:30+00:00", zone) == noticed


def exported(path: Path, *more: dict[str, Any]) -> Path:
    lines = [json.dumps(record) for record in (*LEDGER, *more)]
    path.write_text("\n".join(lines) + "\n")
    return path


def run(monkeypatch: pytest.MonkeyPatch, *options: str) -> None:
    fixed = ("--stage", "banyuwangi", "--from", "2026-11-21T07:00", "--to", "2026-11-22T07:00")
    monkeypatch.setattr(sys, "argv", ["breach", *fixed, *options])
    breach.main()


def test_the_command_writes_a_list_and_the_letters(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ledger, out = exported(tmp_path / "l.jsonl", {"type": "end"}), tmp_path / "out"
    noticed = ("--noticed", "2026-11-22T09:30")
    run(monkeypatch, "--ledger", str(ledger), "--actor", OFFICER, *noticed, "--out", str(out))
    told = capsys.readouterr().out
    assert "2 families in 1 villages, seen 3 times in 1.0 days." in told
    assert "Notice is due by 25 November 2026 pukul 09.30 WIB" in told
    rows = (out / "whom.csv").read_text().splitlines()
    assert len(rows) == 3
    assert rows[0].startswith("number,village")
    letters = (out / "surat-keluarga.txt").read_text().split(breach_letters.PAGE)
    assert len(letters) == 2
    number = locator(1)
    assert any(f"{number[:4]}-{number[4:8]}-{number[8:]}" in letter for letter in letters)
    authority = (out / "surat-lembaga.txt").read_text()
    assert "2 keluarga di 1 desa" in authority
    assert "Banyuwangi" in authority
    assert "$" not in authority + "".join(letters) + (out / "pengumuman.txt").read_text()


def test_of_one_family_whose_data_turned_up_it_tells_who_saw_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ledger, number = exported(tmp_path / "l.jsonl", {"type": "end"}), locator(2)
    run(
        monkeypatch, "--ledger", str(ledger), "--family", f"{number[:4]}-{number[4:8]}-{number[8:]}"
    )
    told = capsys.readouterr().out
    assert "1 families in 1 villages, seen 2 times" in told
    assert OFFICER in told
    assert OTHER in told


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (["--ledger", "none.jsonl"], "none.jsonl cannot be read"),
        (["--ledger", "cut.jsonl"], "cut off: its last record is missing"),
        (["--ledger", "junk.jsonl"], "no export of the ledger"),
        (["--copied"], "--copied needs the whole ledger"),
        (["--ledger", "l.jsonl", "--out", "."], "is there already"),
        (["--ledger", "l.jsonl", "--from", "noon"], "noon is no time"),
        (["--ledger", "l.jsonl", "--to", "2026-11-01"], "ends before it begins"),
        (["--ledger", "l.jsonl", "--actor", "staff:x", "--out", "new"], "Nobody was touched"),
    ],
)
def test_what_cannot_be_answered_is_told_and_nothing_is_written(
    options: list[str], why: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    exported(tmp_path / "l.jsonl", {"type": "end"})
    exported(tmp_path / "cut.jsonl")
    (tmp_path / "junk.jsonl").write_text("[]\n")
    there = {path.name for path in tmp_path.iterdir()}
    with pytest.raises(SystemExit, match=re.escape(why)):
        run(monkeypatch, *options)
    assert {path.name for path in tmp_path.iterdir()} == there


@pytest.mark.parametrize("path", sorted(breach_letters.TEXTS.glob("*.txt")), ids=lambda p: p.stem)
def test_letters_are_plain(path: Path) -> None:
    text = re.sub(r"\$\w+", "x", path.read_text("utf-8"))
    for sentence in re.split(r"[.:\n]\s", text):
        assert len(sentence.split()) <= 15, sentence
    if path.stem == "keluarga":
        for needed in ("Data apa", "Kapan", "Bagaimana", "sudah kami lakukan", "Pasal 46"):
            assert needed in text  # UU 27/2022 art. 46 (2)


def test_every_region_has_its_words() -> None:
    for name in stages.names():
        stage = stages.read(name)
        clock = breach_letters.Breach(BEGIN, BEGIN + 72 * HOUR, breach.zone_of(stage["region"]))
        made = dict(breach_letters.letters({}, {}, stage, clock))
        assert made == {"surat-keluarga.txt": ""}
