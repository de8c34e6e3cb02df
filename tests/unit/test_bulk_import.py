"""A region's list comes in whole or says why not; what came in is stored once, whatever happens."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from chalicelib.domain.audit import Act
from chalicelib.domain.errors import Fault, TryAgain
from chalicelib.domain.identity import IdentityAnswer, Outcome
from chalicelib.domain.identity_check import LETTER_MS
from chalicelib.domain.registration import State, WayIn, Work
from chalicelib.settings import settings
from infra.imports import check_and_store, forms
from infra.imports.check_and_store import StoppedError
from infra.imports.columns import Words
from infra.imports.examples import write_example
from infra.imports.rows import families
from tests.bench import bulk
from tests.lists import (
    AS_OF,
    SOURCE,
    as_parquet,
    changed,
    import_,
    known,
    rejects,
    rows,
    stage,
    world,
    written,
)
from tests.world import CONSENT, REGION, World, form, member

__all__ = ["known", "stage", "world"]  # fixtures


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
    monkeypatch.setattr(check_and_store, "BATCH", 5)
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
    first = forms_of(path, known, world)[0]
    body = {**first, "way_in": "self", "consent": {"version": CONSENT, "agreed": True}}
    world.register("k" * 24, body)
    assert import_(path, world) == (3, 2, 0)
    assert rejects(path) == [(2, "id_keluarga", "already_registered")]
    assert len(world.aws.cases) == 3
    assert not any("nik_held" in c for case in world.aws.cases.values() for c in case.concerns)


def forms_of(path: Path, known: Words, world: World) -> list[Mapping[str, Any]]:
    rules = replace(world.form_rules(), on=AS_OF, consent_version=forms.basis(SOURCE))
    found = families(path, known)
    return [forms.read(each, SOURCE, known, rules).form for each in found]


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


def test_tables_that_take_nothing_stop_the_import_and_it_goes_on_later(
    tmp_path: Path, world: World, known: Words, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(tmp_path / "list.csv", known, rows())
    monkeypatch.setattr(check_and_store, "BATCH", 4)
    monkeypatch.setattr(check_and_store.time, "sleep", lambda _: None)
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
