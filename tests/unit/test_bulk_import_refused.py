"""A list that is wrong, half, or not ours is refused with every reason; nothing is stored."""

from __future__ import annotations

import gzip
from datetime import date
from pathlib import Path

import pytest

from chalicelib.settings import settings
from infra import bulk_import
from infra.bulk_import import import_list as run
from infra.imports.columns import ListError, Words
from infra.imports.journal import JournalError
from tests.lists import (
    AS_OF,
    SOURCE,
    as_parquet,
    changed,
    import_,
    known,
    ports,
    rejects,
    rows,
    stage,
    world,
    written,
)
from tests.world import World

__all__ = ["known", "stage", "world"]  # fixtures


def test_all_faults_of_a_family_are_told_by_line_and_column_and_nothing_is_written(
    tmp_path: Path, world: World, known: Words, capsys: pytest.CaptureFixture[str]
) -> None:
    listed = rows()
    second = next(at for at, row in enumerate(listed) if at and row["no_kk"])
    listed = changed(listed, 0, kode_desa="5171011001", jawab_rooms="many", nama="")
    listed = changed(
        listed,
        second,
        nik="351023580607991",
        jenis_kelamin="X",
        rt="RT3",
        tanggal_lahir="31-02-2001",
    )
    path = written(tmp_path / "list.csv", known, listed)
    assert import_(path, world) == (12, 0, 0)
    assert set(rejects(path)) == {
        (2, "kode_desa", "village_outside_region"),
        (2, "jawab_rooms", "answer_wrong_type"),
        (2, "nama", "field_too_short"),
        (second + 2, "nik", "nik_length"),
        (second + 2, "jenis_kelamin", "field_not_an_option"),
        (second + 2, "rt", "rt_malformed"),
        (second + 2, "tanggal_lahir", "date_invalid"),
    }
    assert not world.aws.cases
    assert not Path(f"{path}.{settings().stage}.journal").exists()
    text = Path(f"{path}.rejects.csv").read_text("utf-8") + str(capsys.readouterr())
    for row in listed:
        assert row["nama"] not in text or not row["nama"]
        assert row["nik"] not in text or not row["nik"]


def test_the_others_are_imported_when_the_office_says_so(
    tmp_path: Path, world: World, known: Words
) -> None:
    path = written(tmp_path / "list.csv", known, changed(rows(), 0, nama=""))
    assert import_(path, world, leave_out=True) == (12, 11, 0)
    assert rejects(path) == [(2, "nama", "field_too_short")]
    world.clock.advance(1)
    mended = written(tmp_path / "mended.csv", known, rows())
    assert import_(mended, world) == (12, 12, 11)
    assert len(world.aws.cases) == 12


def test_a_family_that_is_there_twice_is_told_with_where_it_was(
    tmp_path: Path, world: World, known: Words
) -> None:
    listed = rows(4)
    again = [row | {"id_keluarga": "another"} for row in listed if row["id_keluarga"].endswith("1")]
    apart = [row for row in listed if row["id_keluarga"].endswith("2")]
    path = written(tmp_path / "list.csv", known, listed + again + apart)
    assert import_(path, world, leave_out=True) == (6, 2, 0)
    first, second, after = 2, listed.index(apart[0]) + 2, len(listed) + 2
    last = after + len(again)
    assert set(rejects(path)) == {
        *((line, "no_kk", "card_twice") for line in (first, second, after, last)),
        *((line, "id_keluarga", "family_twice") for line in (second, last)),
    }
    reasons = Path(f"{path}.rejects.csv").read_text("utf-8")
    assert f"keluarga di baris {after}." in reasons
    assert f"ada di baris {second}." in reasons


def test_no_family_comes_in_without_somebody_whose_row_cannot_be_read(
    tmp_path: Path, world: World, known: Words
) -> None:
    path = written(tmp_path / "list.csv", known, rows(6))
    lines = path.read_text().splitlines()
    third = [at for at, line in enumerate(lines) if line.startswith("3510-0000003")]
    fifth = [at for at, line in enumerate(lines) if line.startswith("3510-0000005")]
    assert len(third) > 1
    lines[third[-1]] += ",more"
    lines[fifth[0]] = lines[fifth[0]].replace("3510-0000005", "")
    path.write_text("\r\n".join([*lines, "," * 28, ""]) + "\r\n")
    families, stored, _ = import_(path, world, leave_out=True)
    assert len(fifth) > 1
    assert families == 8  # the two rows that cannot be read count as families that are left out
    found = {case.household.village for case in world.aws.cases.values() if case.household}
    villages = {row["id_keluarga"]: row["kode_desa"] for row in reversed(rows(6))}
    assert stored == 3
    assert found == {villages[f"3510-000000{number}"] for number in (1, 2, 6)}
    codes = {code for _, _, code in rejects(path)}
    assert codes >= {"columns", "field_missing", "beside_unreadable"}


@pytest.mark.parametrize("members", [21, 150])
def test_a_family_of_too_many_is_left_out(
    tmp_path: Path, world: World, known: Words, members: int
) -> None:
    listed = rows(2)
    crowd = [listed[0] | {"nik": "", "hubungan": "Anak"}] * (members - 1)
    path = written(tmp_path / "list.csv", known, [listed[0], *crowd, *listed[1:]])
    families, _, _ = import_(path, world, leave_out=True)
    assert families == 2
    assert (2, "id_keluarga", "members_too_long") in rejects(path)


def test_a_wrong_header_is_named_and_nothing_is_written(
    tmp_path: Path, world: World, known: Words
) -> None:
    path = tmp_path / "list.csv"
    written(path, known, rows(2))
    head, _, rest = path.read_text().partition("\n")
    cases = {
        head.replace("nik,", "").replace("alamat", "alamat_lengkap"): "columns are missing: "
        "alamat, nik; columns are unknown: alamat_lengkap",
        f"{head.strip()},3510235806079915": "columns are unknown: number 30",
        head.strip().replace("rw", "rt"): "missing: rw; columns are there twice: rt",
        rest.partition("\n")[0]: "no header of a list: 29 of 29 columns are missing",
    }
    for wrong, sentence in cases.items():
        path.write_text(f"{wrong}\n{rest}")
        with pytest.raises(ListError, match=sentence) as told:
            import_(path, world)
        assert "35102" not in str(told.value)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["list.csv"]
    assert world.aws.calls == []


def test_half_a_file_is_refused_before_anything_is_written(
    tmp_path: Path, world: World, known: Words
) -> None:
    whole = written(tmp_path / "list.csv", known, rows()).read_bytes()
    parquet = as_parquet(tmp_path / "list.csv").read_bytes()
    halves = {
        "cut.csv": (whole[:-30], "cut off: line .* has no end"),
        "quote.csv": (whole[:-2] + b',"\r\n', "a quote is open"),
        "cut.csv.gz": (gzip.compress(whole)[:-40], "half a gzip file"),
        "cut.parquet": (parquet[:-100], "no whole Parquet file"),
        "latin.csv": (whole.replace(b"Dusun", "Dusún".encode("latin-1")), "not UTF-8"),
        "empty.csv": (b"", "no header"),
        "excel.csv": (b"PK\x03\x04" + whole, "an Excel file"),
    }
    for name, (data, sentence) in halves.items():
        path = tmp_path / name
        path.write_bytes(data)
        with pytest.raises(ListError, match=sentence):
            import_(path, world)
    assert world.aws.calls == []
    assert {p.name for p in tmp_path.iterdir()} == {*halves, "list.csv", "list.parquet"}


def test_a_list_cut_at_a_lines_end_is_found_by_its_count(
    tmp_path: Path, world: World, known: Words
) -> None:
    path = written(tmp_path / "list.csv", known, rows(11))
    with pytest.raises(ListError, match="it has 11 families, and 12 were expected"):
        import_(path, world, expected=12)
    assert world.aws.calls == []


def test_rows_of_another_length_and_families_without_a_number_are_left_out(
    tmp_path: Path, world: World, known: Words
) -> None:
    path = written(tmp_path / "list.csv", known, changed(rows(3), 0, id_keluarga=""))
    path.write_text(path.read_text() + "too,short\r\n")
    families, stored, _ = import_(path, world)
    assert (families, stored) == (5, 0)
    assert {(2, "id_keluarga", "field_missing"), (len(rows(3)) + 2, "", "columns")} <= set(
        rejects(path)
    )


def test_a_journal_of_another_list_is_not_taken_up(
    tmp_path: Path, world: World, known: Words
) -> None:
    path = written(tmp_path / "list.csv", known, rows(3))
    import_(path, world)
    written(path, known, rows(4))
    with pytest.raises(JournalError, match="of another import: it differs in sha256"):
        import_(path, world)
    with pytest.raises(JournalError, match="differs in as_of"):
        run(written(path, known, rows(3)), SOURCE, date(2026, 11, 2), ports=ports(world))
    journal = Path(f"{path}.{settings().stage}.journal")
    journal.write_text("nonsense\n")
    with pytest.raises(JournalError, match="no journal"):
        import_(path, world)
    assert len(world.aws.cases) == 3


@pytest.mark.parametrize(
    ("source", "day", "sentence"),
    [
        ("my list", AS_OF, "3 to 24 letters"),
        (SOURCE, date(2026, 12, 1), "has not come yet"),
        (SOURCE, date(2019, 1, 1), "no programme has rules for 2019-01"),
    ],
)
def test_a_list_without_a_name_a_day_or_rules_is_refused(  # noqa: PLR0917 - fixtures
    tmp_path: Path, world: World, known: Words, source: str, day: date, sentence: str
) -> None:
    path = written(tmp_path / "list.csv", known, rows(1))
    with pytest.raises(ListError, match=sentence):
        run(path, source, day, ports=ports(world))


def test_a_template_is_a_header_and_an_example_passes_its_own_check(
    tmp_path: Path, world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    empty, example = tmp_path / "empty.csv", tmp_path / "example.csv"
    assert bulk_import.main(["--template", str(empty)]) == 0
    assert bulk_import.main(["--example", "20", str(example)]) == 0
    assert example.read_text().startswith(empty.read_text())
    assert import_(example, world) == (20, 20, 0)
    assert bulk_import.main(["--example", "20", str(example)]) == 1
    assert "is there already" in capsys.readouterr().err


def test_what_an_import_needs_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        bulk_import.main(["list.csv", "--stage", "banyuwangi"])
    assert "an import needs --source, --as-of too" in capsys.readouterr().err
