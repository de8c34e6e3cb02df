"""`tepat rank`: commit, cut, list, verify; and what it says of what is wrong."""

from __future__ import annotations

import csv
import json
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

from chalicelib.domain import lottery, ranking
from modelling import region_files
from modelling.cli import main

OCCASION = "banyuwangi 2026-4"
DTYPE = [("id", "S10"), ("score", "<i8"), ("persons", "u1")]


def tepat(*words: object) -> Result:
    return CliRunner().invoke(main, ["rank", *map(str, words)])


def done(*words: object) -> str:
    result = tepat(*words)
    assert result.exit_code == 0, result.output
    return result.output


def refused(*words: object) -> str:
    """The one message of a command that fails, without a traceback."""
    result = tepat(*words)
    assert result.exit_code == 1, result.output
    assert isinstance(result.exception, SystemExit)
    lines = [line for line in result.output.splitlines() if line.startswith("Error: ")]
    assert len(lines) == 1
    return lines[0].removeprefix("Error: ")


def people(region: str, count: int, seed: int = 1) -> list[tuple[str, int, int]]:
    """Families with many equal scores."""
    rng = np.random.default_rng([seed, int(region)])
    scores = rng.integers(8_000_000, 8_000_040, count).tolist()
    return [(f"{region}{row:06}", score, 1 + row % 7) for row, score in enumerate(scores)]


def write_csv(path: Path, rows: list[tuple[str, int, int]]) -> Path:
    lines = ["id,score,persons", *(",".join(map(str, row)) for row in rows)]
    path.write_text("\n".join(lines) + "\n")
    return path


def write_npy(path: Path, rows: list[tuple[str, int, int]]) -> Path:
    np.save(path, np.array([(i.encode(), s, p) for i, s, p in rows], dtype=DTYPE))
    return path


@pytest.fixture
def world(tmp_path: Path) -> Path:
    """A commitment with its seed, and two regions: one in two files, one as a table."""
    done(
        *("commit", "--occasion", OCCASION),
        *("--seed", tmp_path / "seed.txt", "--out", tmp_path / "commitment.json"),
    )
    many = people("3510", 300)
    write_npy(tmp_path / "3510.npy", many[:200])
    write_npy(tmp_path / "3510-2.npy", many[200:])
    write_csv(tmp_path / "3509.csv", people("3509", 90))
    return tmp_path


def region_paths(world: Path) -> list[Path]:
    return [world / "3510.npy", world / "3509.csv", world / "3510-2.npy"]


def keys(world: Path) -> tuple[object, ...]:
    return ("--seed", world / "seed.txt", "--commitment", world / "commitment.json")


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


def table(text: str) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        path = folder / "1101.csv"
        path.write_text(text)
        return path

    return write


def array(dtype: list[Any], *rows: tuple[Any, ...]) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        np.save(folder / "1101.npy", np.array(list(rows), dtype=dtype))
        return folder / "1101.npy"

    return write


def raw(name: str, data: bytes) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        (folder / name).write_bytes(data)
        return folder / name

    return write


BAD: list[tuple[Callable[[Path], Path], str]] = [
    (table(""), "1101.csv: must have one column id in its header"),
    (table("id,score,persons\n"), "1101.csv: there is no family in it"),
    (table("id,points,persons\n"), "1101.csv: must have one column score in its header"),
    (table("id,score,score,persons\n"), "1101.csv: must have one column score in its header"),
    (table("id,score\na,1\n"), "1101.csv: must have one column persons in its header"),
    (
        table("id,score,persons\na,1,2\nb,many,2\n"),
        "1101.csv, row 2, column score: must be a whole number of 64 bits",
    ),
    (
        table("id,score,persons\na,1.5,2\n"),
        "1101.csv, row 1, column score: must be a whole number of 64 bits",
    ),
    (
        table("id,score,persons\na,9223372036854775808,2\n"),
        "1101.csv, row 1, column score: must be a whole number of 64 bits",
    ),
    (table("id,score,persons\na,1,0\n"), "1101.csv, row 1, column persons: must be 1 or more"),
    (table("id,score,persons\na,1,-2\n"), "1101.csv, row 1, column persons: must be 1 or more"),
    (table("id,score,persons\na,1,2\n,1,2\n"), "1101.csv, row 2, column id: must be 1 to 40"),
    (table("id,score,persons\na b,1,2\n"), "1101.csv, row 1, column id: must be 1 to 40"),
    (table("id,score,persons\na,1\n"), "1101.csv, row 1: has 2 columns, the header 3"),
    (
        table("id,score,persons\na,1,2\nb,1,2\na,3,2\n"),
        "1101.csv, row 3, column id: the same as in 1101.csv, row 1",
    ),
    (table('id,score,persons\n"a,1,2\n'), "1101.csv, line 2: unexpected end of data"),
    (raw("1101.csv", b"id,score,persons\n\xff,1,2\n"), "1101.csv, line 2: is not UTF-8"),
    (raw("1101.npy", b"no array"), "1101.npy: is not a file of numpy, version 1 or 2"),
    (raw("1101.npy", b""), "1101.npy: is not a file of numpy, version 1 or 2"),
    (raw("1101.txt", b""), "1101.txt: a region file is named REGION.npy or REGION.csv"),
    (array([("id", "S4"), ("score", "i8")], (b"a", 1)), "1101.npy: has no column persons"),
    (array([("x", "i8")], (1,)), "1101.npy: has no column id"),
    (
        array([("id", "S4"), ("score", "f8"), ("persons", "u1")], (b"a", 1.5, 1)),
        "1101.npy, column score: must be whole numbers of 64 bits",
    ),
    (
        array([("id", "U4"), ("score", "i8"), ("persons", "u1")], ("a", 1, 1)),
        "1101.npy, column id: must be bytes, at most 40",
    ),
    (array(DTYPE, (b"a", 1, 1), (b"b", 1, 0)), "1101.npy, row 2, column persons: must be 1 or"),
    (array(DTYPE, (b"a", 1, 1), (b"", 1, 1)), "1101.npy, row 2, column id: must be ASCII"),
    (array(DTYPE, (b"\xe9", 1, 1)), "1101.npy, row 1, column id: must be ASCII and not empty"),
    (array(DTYPE), "1101.npy: there is no family in it"),
]


@pytest.mark.parametrize(("write", "told"), BAD, ids=[told[:60] for _, told in BAD])
def test_what_is_wrong_with_a_file_is_told_and_nothing_is_written(
    world: Path, write: Callable[[Path], Path], told: str
) -> None:
    words = ("cut", world / "3509.csv", write(world), *keys(world), "--by", "persons")
    assert refused(*words, "--out", world / "record").startswith(told)
    assert not (world / "record").exists()
    assert not list(world.glob(".record*"))


def test_a_file_cut_short_is_told(world: Path) -> None:
    data = (world / "3510.npy").read_bytes()
    (world / "3510.npy").write_bytes(data[:-7])
    told = refused("cut", world / "3510.npy", *keys(world), "--out", world / "record")
    assert told == "3510.npy: its header says 200 rows, it has 199 whole ones"


def test_an_id_twice_in_two_files_of_a_region_is_found(world: Path) -> None:
    twin = people("3510", 300)[7]
    write_csv(world / "3510-3.csv", [("other", 1, 1), twin])
    words = ("cut", *region_paths(world), world / "3510-3.csv", *keys(world))
    told = refused(*words, "--out", world / "record")
    assert told == "3510.npy, row 8, column id: the same as in 3510-3.csv, row 2"


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
