"""A region's list comes in whole or says why not; what came in is stored once, whatever happens."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from chalicelib.domain.audit import Act
from chalicelib.domain.errors import Fault, TryAgain
from chalicelib.domain.identity import IdentityAnswer, Outcome
from chalicelib.domain.identity_check import LETTER_MS
from chalicelib.domain.registration import State, WayIn, Work
from chalicelib.settings import settings
from infra import bulk_import, import_list
from infra.bulk_import import import_list as run
from infra.import_columns import ListError, Words
from infra.import_examples import write_example
from infra.import_journal import JournalError
from infra.import_list import StoppedError
from tests.bench import bulk
from tests.lists import AS_OF, SOURCE, import_, known, ports, rows, stage, written
from tests.world import CONSENT, REGION, World, form, member

__all__ = ["known", "stage"]  # fixtures


@pytest.fixture
def world() -> World:
    return World()


def rejects(path: Path) -> list[tuple[int, str, str]]:
    with Path(f"{path}.rejects.csv").open(encoding="utf-8") as file:
        return [(int(r["baris"]), r["kolom"], r["kode"]) for r in csv.DictReader(file)]


def test_every_family_of_a_list_is_stored_by_the_transaction_of_a_registration(
    tmp_path: Path, world: World, known: Words
) -> None:
    path = written(tmp_path / "list.csv", known, rows())
    assert import_(path, world) == (12, 12, 0)
    assert world.aws.calls == ["GenerateMac", *["TransactWriteItems"] * 12]
    assert {case.state for case in world.aws.cases.values()} == {State.RECEIVED}
    assert {case.way_in for case in world.aws.cases.values()} == {WayIn.IMPORT}
    assert {case.consent for case in world.aws.cases.values()} == {"import:DTSEN-2026-11"}
    assert {case.household.as_of for case in world.aws.cases.values() if case.household} == {
        (2026, 11)
    }
    assert {(e.act, e.actor) for e in world.aws.events.values()} == {
        (Act.IMPORTED, "system:bulk_import")
    }
    people = sum(bool(row["nik"]) for row in rows())
    cards = sum(bool(row["no_kk"]) for row in rows())
    assert len(world.aws.guards) == people + cards
    assert not Path(f"{path}.rejects.csv").exists()


def test_nobody_of_a_list_is_decided_unchecked(tmp_path: Path, world: World, known: Words) -> None:
    import_(written(tmp_path / "list.csv", known, rows()), world)
    world.registry.down = True
    world.settle()
    assert {case.state for case in world.aws.cases.values()} <= {
        State.IDENTITY_CHECKING,
        State.NEEDS_OFFICER,  # a head without a NIK
    }


def test_a_family_of_a_list_that_does_not_match_is_an_officers_after_a_month(
    tmp_path: Path, world: World, known: Words
) -> None:
    import_(written(tmp_path / "list.csv", known, rows(1)), world)
    nik = rows(1)[0]["nik"]
    world.registry.said[nik] = IdentityAnswer(Outcome.MISMATCH, ("name",))
    world.settle()
    (case,) = world.aws.cases.values()
    assert case.state is State.NEEDS_CORRECTION
    assert case.waiting is not None
    assert case.waiting.work is Work.OFFICER
    assert case.waiting.due == case.steps[-1].at + LETTER_MS


def test_a_family_that_came_by_itself_waits_for_itself_alone(world: World) -> None:
    accepted = world.register("k" * 24, form(world.model))
    world.registry.said[member(9901)["nik"]] = IdentityAnswer(Outcome.MISMATCH, ("name",))
    world.settle()
    case = world.find(accepted.receipt.text)
    assert (case.state, case.waiting) == (State.NEEDS_CORRECTION, None)


def test_a_family_reads_which_list_it_came_from(tmp_path: Path, world: World, known: Words) -> None:
    import_(written(tmp_path / "list.csv", known, rows(1)), world)
    (case,) = world.aws.cases.values()
    from chalicelib.usecases import show_status

    notes = show_status.status(case, world.status_ports())["notes"]
    assert notes == [note for note in notes if "daftar DTSEN-2026-11" in note]
    assert notes


@pytest.mark.parametrize("kind", ["csv", "excel", "gzip", "parquet"])
def test_a_list_may_be_csv_gzip_or_parquet(
    tmp_path: Path, world: World, known: Words, kind: str
) -> None:
    path = written(tmp_path / "list.csv", known, rows(), ";" if kind == "excel" else ",")
    if kind == "excel":
        path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    if kind == "gzip":
        path.write_bytes(gzip.compress(path.read_bytes()))
    if kind == "parquet":
        path = as_parquet(path)
    assert import_(path, world) == (12, 12, 0)
    plain = World()
    import_(written(tmp_path / "plain.csv", known, rows()), plain)
    assert households(world) == households(plain)


def as_parquet(path: Path) -> Path:
    """With dates, numbers and yes or no as Parquet has them."""
    out = path.with_suffix(".parquet")
    types = "{'nik': 'BIGINT', 'no_kk': 'BIGINT', 'rt': 'INTEGER', 'tanggal_lahir': 'DATE'}"
    duckdb.sql(
        f"COPY (FROM read_csv('{path}', types = {types}, dateformat = '%d-%m-%Y'))"
        f" TO '{out}' (FORMAT parquet)"
    )
    return out


def households(world: World) -> dict[str, Any]:
    return {
        case.ref.locator: (case.household, case.identity, case.names)
        for case in world.aws.cases.values()
    }


def test_a_list_that_is_given_again_meets_itself(
    tmp_path: Path, world: World, known: Words
) -> None:
    path = written(tmp_path / "list.csv", known, rows())
    import_(path, world)
    kept = dict(world.aws.cases), dict(world.aws.guards), dict(world.aws.events)
    assert import_(path, world) == (12, 12, 0)  # the journal knows
    Path(f"{path}.{settings().stage}.journal").unlink()
    world.clock.advance(86_400_000)
    assert import_(path, world) == (12, 12, 12)
    assert (world.aws.cases, world.aws.guards, world.aws.events) == kept


class EndedError(BaseException):
    """The process ends here."""


@pytest.mark.parametrize("at", range(0, 26, 3))
@pytest.mark.parametrize("carried_out", [False, True])
def test_a_process_that_ends_anywhere_loses_and_doubles_nothing(  # noqa: PLR0917 - fixtures
    tmp_path: Path,
    world: World,
    known: Words,
    monkeypatch: pytest.MonkeyPatch,
    at: int,
    carried_out: bool,
) -> None:
    monkeypatch.setattr(import_list, "BATCH", 5)
    path = written(tmp_path / "list.csv", known, rows())
    left, call = [at], world.aws.call

    def ending(name: str, do: Callable[[], Any]) -> Any:
        left[0] -= 1
        if left[0] < 0 and carried_out:
            call(name, do)
        if left[0] < 0:
            raise EndedError
        return call(name, do)

    monkeypatch.setattr(world.aws, "call", ending)
    for time in range(40):
        try:
            assert import_(path, world, workers=2)[:2] == (12, 12)
            break
        except EndedError:
            left[0] = at + time  # else one that ends within each batch would never come further
            torn(path, at)
            world.clock.advance(1_000)
    monkeypatch.setattr(world.aws, "call", call)
    plain = World()
    import_(written(tmp_path / "plain.csv", known, rows()), plain)
    assert households(world) == households(plain)
    assert world.aws.guards.keys() == plain.aws.guards.keys()
    assert len(world.aws.events) == 12


def torn(path: Path, at: int) -> None:
    """Half a line of the journal, as an end in the middle of writing leaves it."""
    with Path(f"{path}.{settings().stage}.journal").open("ab") as journal:
        journal.write(b'{"until":12,"stored":12'[: at % 23])


def changed(rows: list[dict[str, str]], at: int, **cells: str) -> list[dict[str, str]]:
    return [row | cells if place == at else row for place, row in enumerate(rows)]


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


def test_somebody_in_two_families_goes_to_an_officer_and_the_first_holds_the_nik(
    tmp_path: Path, world: World, known: Words
) -> None:
    listed = rows(3)
    at = next(n for n, row in enumerate(listed) if row["id_keluarga"].endswith("3"))
    child = listed[1] | {"id_keluarga": listed[at]["id_keluarga"], "hubungan": "Cucu"}
    path = written(tmp_path / "list.csv", known, [*listed, child])
    assert import_(path, world, workers=4) == (3, 3, 0)
    assert {code for _, _, code in rejects(path)} == {"nik_in_two"}
    world.settle()
    held = [
        case for case in world.aws.cases.values() if any("nik_held" in c for c in case.concerns)
    ]
    assert [case.state for case in held] == [State.NEEDS_OFFICER]
    assert len(held[0].household.members) == 1 + sum(  # type: ignore[union-attr]
        row["id_keluarga"].endswith("3") for row in listed
    )


def test_a_family_that_registered_itself_is_not_stored_a_second_time(
    tmp_path: Path, world: World, known: Words
) -> None:
    path = written(tmp_path / "list.csv", known, rows(3))
    first = import_forms_of(path, known, world)[0]
    body = {**first, "way_in": "self", "consent": {"version": CONSENT, "agreed": True}}
    world.register("k" * 24, body)
    assert import_(path, world) == (3, 2, 0)
    assert rejects(path) == [(2, "id_keluarga", "already_registered")]
    assert len(world.aws.cases) == 3
    assert not any("nik_held" in c for case in world.aws.cases.values() for c in case.concerns)


def import_forms_of(path: Path, known: Words, world: World) -> list[Mapping[str, Any]]:
    from infra import import_forms, import_rows

    rules = replace(world.form_rules(), on=AS_OF, consent_version=import_forms.basis(SOURCE))
    found = import_rows.families(path, known)
    return [import_forms.read(each, SOURCE, known, rules).form for each in found]


def test_a_mended_family_does_not_change_one_that_is_stored(
    tmp_path: Path, world: World, known: Words
) -> None:
    import_(written(tmp_path / "list.csv", known, rows(3)), world)
    kept = dict(world.aws.cases)
    world.clock.advance(1)
    path = written(tmp_path / "mended.csv", known, changed(rows(3), 0, alamat="Dusun Lain"))
    assert import_(path, world) == (3, 2, 2)
    assert rejects(path) == [(2, "id_keluarga", "key_reused")]
    assert world.aws.cases == kept


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


def test_tables_that_take_nothing_stop_the_import_and_it_goes_on_later(
    tmp_path: Path, world: World, known: Words, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(tmp_path / "list.csv", known, rows())
    monkeypatch.setattr(import_list, "BATCH", 4)
    monkeypatch.setattr(import_list.time, "sleep", lambda _: None)
    call = world.aws.call

    def refusing(name: str, do: Callable[[], Any]) -> Any:
        if len(world.aws.cases) == 6:
            raise TryAgain(Fault("busy"))
        return call(name, do)

    monkeypatch.setattr(world.aws, "call", refusing)
    with pytest.raises(StoppedError):
        import_(path, world, workers=1)
    monkeypatch.setattr(world.aws, "call", call)
    world.clock.advance(1)
    assert import_(path, world) == (12, 12, 2)


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


@pytest.mark.prove
def test_a_region_of_360_000_families_comes_in_once_though_it_breaks_off(
    tmp_path: Path, world: World, known: Words
) -> None:
    path = tmp_path / "region.csv"
    people = write_example(path, known, 360_000, region=REGION, on=AS_OF)
    told = bulk.in_memory(path, world, break_off_at=200_000)
    assert (told.families, told.people) == (360_000, people)
    assert len(world.aws.cases) == len(world.aws.events) == len(world.aws.vault) == 360_000
    with path.open(encoding="utf-8") as file:
        cells = [(row["nik"], row["no_kk"]) for row in csv.DictReader(file)]
    niks, cards = ({cell[at] for cell in cells} - {""} for at in (0, 1))
    assert len(world.aws.guards) == len(niks) + len(cards)
    assert told.checking_mb < 512
