"""`tepat rank`: commit, cut, list, verify; and what it says of wrong use."""

from __future__ import annotations

import csv
import json
import stat
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from chalicelib.domain import lottery, ranking
from modelling import region_files
from tests.rank_world import (
    OCCASION,
    done,
    frozen,
    keys,
    people,
    refused,
    region_paths,
    tepat,
    write_csv,
)


@pytest.fixture
def world(tmp_path: Path) -> Path:
    return frozen(tmp_path)


def cut(world: Path, *words: object, out: str = "record") -> tuple[dict[str, Any], dict[str, Any]]:
    done("cut", *region_paths(world), *keys(world), *words, "--out", world / out)
    read = [json.loads((world / out / f"{n}.json").read_text()) for n in ("manifest", "cutoffs")]
    return read[0], read[1]["areas"]


def by_hand(
    manifest: dict[str, Any], rows: list[tuple[str, int, int]], *, by_persons: bool = False
) -> tuple[list[list[Any]], list[int], bytes]:
    key = lottery.key(bytes.fromhex(manifest["seed"]), manifest["population_sha256"])
    ids, scores, sizes = ([row[i] for row in rows] for i in range(3))
    ranked = ranking.order(ids, scores, key)  # type: ignore[arg-type]
    weights: Any = sizes if by_persons else None
    cuts = ranking.cutoffs(ranked, ids, scores, key, weights=weights)  # type: ignore[arg-type]
    return [list(point) for point in cuts], ranked, key


def test_a_seed_is_kept_and_its_commitment_published(world: Path) -> None:
    seed = bytes.fromhex((world / "seed.txt").read_text())
    published = json.loads((world / "commitment.json").read_text())
    assert published["commitment"] == lottery.commit(seed, OCCASION)
    assert seed.hex() not in (world / "commitment.json").read_text()
    assert stat.S_IMODE((world / "seed.txt").stat().st_mode) == 0o600


def test_a_commitment_is_never_written_over(world: Path) -> None:
    before = (world / "seed.txt").read_bytes(), (world / "commitment.json").read_bytes()
    words = ("commit", "--occasion", OCCASION, "--seed", world / "seed.txt", "--out")
    assert "File exists" in refused(*words, world / "other.json")
    other = ("commit", "--occasion", OCCASION, "--seed", world / "other.txt", "--out")
    assert "File exists" in refused(*other, world / "commitment.json")
    assert not (world / "other.json").exists()
    assert not (world / "other.txt").exists()
    assert before == ((world / "seed.txt").read_bytes(), (world / "commitment.json").read_bytes())


@pytest.mark.parametrize("by", ["families", "persons"])
def test_cutoffs_are_those_of_the_domain(world: Path, by: str) -> None:
    manifest, areas = cut(world, "--by", by, "--within", "region", "--within", "nation")
    everybody = {"3510": people("3510", 300), "3509": people("3509", 90)}
    everybody["nation"] = [*everybody["3510"], *everybody["3509"]]
    for area, rows in everybody.items():
        expected, _, _ = by_hand(manifest, rows, by_persons=by == "persons")
        assert areas[area]["deciles"] == expected
        assert areas[area]["families"] == len(rows)


def test_the_order_of_files_and_rows_within_parts_of_memory_is_nothing(
    world: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, areas = cut(world)
    monkeypatch.setattr(region_files, "CHUNK", 17)
    done("cut", *reversed(region_paths(world)), *keys(world), "--out", world / "again")
    for name in ("manifest.json", "cutoffs.json"):
        assert (world / "again" / name).read_bytes() == (world / "record" / name).read_bytes()
    assert len(areas) == 2


def test_places_are_shared_out_and_end_where_the_list_ends(world: Path) -> None:
    manifest, areas = cut(world, "--places", "130")
    assert [areas[r]["quota"]["places"] for r in ("3509", "3510")] == [30, 100]
    _, ranked, key = by_hand(manifest, people("3510", 300))
    ident, score, _ = people("3510", 300)[ranked[99]]
    assert areas["3510"]["quota"]["last"] == [score, lottery.draw(key, ident)]


def test_quotas_of_a_table_and_places_nobody_is_there_for(world: Path) -> None:
    (world / "quotas.csv").write_text("region,places\n3509,1000\n3510,0\n")
    _, areas = cut(world, "--quotas", world / "quotas.csv")
    assert areas["3509"]["quota"]["places"] == 1000
    assert areas["3509"]["quota"]["given"] == 90
    assert areas["3510"]["quota"] == {"places": 0, "given": 0, "last": None}
    _, areas = cut(world, "--quotas", world / "quotas.csv", "--within", "nation", out="nation")
    assert areas["3510"]["quota"] == {"places": 0, "given": 0, "last": None}
    assert "deciles" not in areas["3509"]


class TestProof:
    @pytest.fixture
    def record(self, world: Path) -> Path:
        cut(world, "--by", "persons", "--places", "130", "--within", "region", "--within", "nation")
        return world

    @staticmethod
    def verify(world: Path) -> tuple[object, ...]:
        commitment = ("--commitment", world / "commitment.json")
        return ("verify", world / "record", *region_paths(world), *commitment)

    def test_a_record_is_proven(self, record: Path) -> None:
        assert "Proven: 390 families, banyuwangi 2026-4" in done(*self.verify(record))

    @pytest.mark.parametrize("file", ["manifest.json", "cutoffs.json"])
    def test_any_changed_byte_of_the_record_is_seen(self, record: Path, file: str) -> None:
        path = record / "record" / file
        whole = path.read_bytes()
        step = max(1, len(whole) // 60)
        for place in range(0, len(whole), step):
            path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
            assert refused(*self.verify(record))
        path.write_bytes(whole)
        done(*self.verify(record))

    @pytest.mark.parametrize("file", ["3510.npy", "3510-2.npy", "3509.csv"])
    def test_a_changed_score_is_seen_and_the_file_named(self, record: Path, file: str) -> None:
        if file.endswith("csv"):
            write_csv(record / file, people("3509", 90, seed=2))
        else:
            rows = np.load(record / file)
            rows["score"][5] += 1
            np.save(record / file, rows)
        assert refused(*self.verify(record)).startswith(f"{file}: is not the file that was ranked")

    def test_files_too_many_and_too_few_are_named(self, record: Path) -> None:
        write_csv(record / "1101.csv", people("1101", 20))
        assert "1101.csv: the record does not name it" in refused(
            *self.verify(record), record / "1101.csv"
        )
        few = ("verify", record / "record", record / "3509.csv")
        told = refused(*few, "--commitment", record / "commitment.json")
        assert "it was not given" in told

    def test_a_seed_chosen_afterwards_is_seen(self, record: Path) -> None:
        """Whoever draws until the list suits has a whole record, but not the old commitment."""
        done(
            *("commit", "--occasion", OCCASION),
            *("--seed", record / "seed2.txt", "--out", record / "commitment2.json"),
        )
        other = ("--seed", record / "seed2.txt", "--commitment", record / "commitment2.json")
        done("cut", *region_paths(record), *other, "--out", record / "record2")
        words = ("verify", record / "record2", *region_paths(record))
        done(*words, "--commitment", record / "commitment2.json")
        told = refused(*words, "--commitment", record / "commitment.json")
        assert "another commitment than the one published" in told
        mixed = ("--seed", record / "seed2.txt", "--commitment", record / "commitment.json")
        told = refused("cut", *region_paths(record), *mixed, "--out", record / "record3")
        assert "not the one that was committed to" in told
        assert not (record / "record3").exists()


class TestList:
    @pytest.fixture
    def record(self, world: Path) -> Path:
        cut(world)
        return world

    @staticmethod
    def rows(path: Path) -> list[dict[str, str]]:
        with path.open(newline="") as file:
            return list(csv.DictReader(file))

    def test_the_list_is_the_order_of_the_domain(self, record: Path) -> None:
        files = [record / "3510.npy", record / "3510-2.npy"]
        out = record / "list.csv"
        told = done("list", record / "record", *files, "--places", 100, "--out", out)
        assert "100 families have a place, 200 wait, 0 free" in told
        manifest = json.loads((record / "record" / "manifest.json").read_text())
        rows = people("3510", 300)
        _, ranked, _ = by_hand(manifest, rows)
        listed = self.rows(out)
        assert [row["id"] for row in listed] == [rows[place][0] for place in ranked]
        assert [row["status"] for row in listed] == ["selected"] * 100 + ["waiting"] * 200
        assert [row["place"] for row in listed[99:102]] == ["100", "1", "2"]

    def test_the_band_keeps_and_holds_back_and_says_so(self, record: Path) -> None:
        rows = sorted(people("3509", 90), key=lambda row: -row[1])
        (record / "now.txt").write_text("\n".join(row[0] for row in rows[:30]) + "\n")
        out = record / "list.csv"
        words = ("list", record / "record", record / "3509.csv", "--places", 40, "--out", out)
        told = done(*words, "--receiving", record / "now.txt", "--band", 25)
        listed = self.rows(out)
        kept = [row for row in listed if row["status"] == "kept"]
        held = [row for row in listed if row["status"] == "held_back"]
        assert len(kept) == len(held) > 0
        assert f"the band keeps {len(kept)} and holds back {len(held)}" in told
        assert sum(row["status"] in {"kept", "selected"} for row in listed) == 40

    def test_places_for_persons(self, record: Path) -> None:
        out = record / "list.csv"
        words = ("list", record / "record", record / "3509.csv", "--places", 101, "--out", out)
        done(*words, "--unit", "persons")
        given = sum(int(row["size"]) for row in self.rows(out) if row["status"] == "selected")
        assert 95 <= given <= 101

    def test_what_is_not_the_region_that_was_ranked_is_refused(self, record: Path) -> None:
        words = ("--places", 5, "--out", record / "list.csv")
        told = refused("list", record / "record", record / "3510.npy", *words)
        assert told == "these are not the files of region 3510 that were ranked"
        told = refused("list", record / "record", record / "3510.npy", record / "3509.csv", *words)
        assert "of one region" in told
        (record / "now.txt").write_text("nobody\n")
        strangers = ("--receiving", record / "now.txt")
        told = refused("list", record / "record", record / "3509.csv", *words, *strangers)
        assert told == "1 of those who receive are not in the region's files"
        assert not (record / "list.csv").exists()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("region,places\n3599,4\n", "there is a quota for 3599, but no file of that region"),
        ("region,places\n3509,-4\n", "quotas.csv, row 1, column places: must be a whole number"),
        ("region,places\n3509,4\n3509,5\n", "quotas.csv, row 2, column region: stands twice"),
        ("region,places\n3509\n", "quotas.csv, row 1: must have 2 columns"),
        ("a,b\n", "quotas.csv: its header must be region,places"),
        ("region,places\n", "quotas.csv: there is no region in it"),
    ],
)
def test_a_wrong_table_of_quotas_is_told(world: Path, text: str, told: str) -> None:
    (world / "quotas.csv").write_text(text)
    words = ("cut", *region_paths(world), *keys(world), "--quotas", world / "quotas.csv")
    assert refused(*words, "--out", world / "record") == told


def test_a_record_is_never_written_over(world: Path) -> None:
    cut(world)
    words = ("cut", *region_paths(world), *keys(world), "--out", world / "record")
    assert refused(*words).endswith("is there already; a record is never written over")


@pytest.mark.parametrize("text", ["", "zz", "00" * 31, "no seed"])
def test_a_seed_that_is_none_is_told(world: Path, text: str) -> None:
    (world / "seed.txt").write_text(text)
    words = ("cut", *region_paths(world), *keys(world), "--out", world / "record")
    assert refused(*words).startswith("seed.txt: ")


def test_quotas_and_places_together_are_wrong_use(world: Path) -> None:
    (world / "quotas.csv").write_text("region,places\n3509,4\n")
    words = ("cut", *region_paths(world), *keys(world), "--out", world / "record")
    both = ("--quotas", world / "quotas.csv", "--places", 3)
    assert tepat(*words, *both).exit_code == 2


@pytest.mark.parametrize("name", ["", "commit", "cut", "list", "verify"])
def test_help_says_what_each_command_is_for(name: str) -> None:
    told = done(*[name] if name else [], "--help")
    assert len(told) > 400
    assert "Exit status" in told or name in {"", "commit"}
