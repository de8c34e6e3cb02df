"""The receipts of a list reach the office that prints them, and nobody else."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from chalicelib.adapters.area_files import region_villages
from infra.imports import letters as import_letters
from infra.imports.columns import Words
from infra.imports.letters import Count, LettersError
from infra.imports.rows import families
from tests.lists import SOURCE, import_, known, ports, rows, stage, written
from tests.world import REGION, World

__all__ = ["known", "stage"]  # fixtures

STAGE = "stage"


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture(scope="module")
def office() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65_537, 2_048)


def public(key: rsa.RSAPrivateKey) -> bytes:
    return key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def letters(
    path: Path, known: Words, world: World, count: Count
) -> Iterator[import_letters.Letter]:
    villages = region_villages(REGION)
    return import_letters.letters(families(path, known), SOURCE, ports(world), villages, count)


def test_each_letter_opens_the_case_of_its_family(
    tmp_path: Path,
    world: World,
    known: Words,
) -> None:
    path = written(tmp_path / "list.csv", known, rows(40))
    import_(path, world)
    calls, count = len(world.aws.calls), Count()
    found = list(letters(path, known, world, count))
    assert set(world.aws.calls[calls:]) == {"BatchGetItem"}  # nothing is written
    assert (count.letters, count.none) == (40, 0)
    heads = {row["id_keluarga"]: row for row in reversed(rows(40))}
    for letter, head in zip(
        found, sorted(heads.values(), key=lambda r: r["id_keluarga"]), strict=True
    ):
        case = world.find(letter[-1])
        assert case.ref.village == letter[0] == head["kode_desa"]
        assert letter[2:6] == (head["rw"], head["rt"], head["alamat"], head["nama"])


def test_who_has_another_receipt_or_ended_or_never_came_in_gets_no_letter(
    tmp_path: Path,
    world: World,
    known: Words,
) -> None:
    path = written(tmp_path / "list.csv", known, rows(5))
    import_(written(tmp_path / "four.csv", known, rows(4)), world)
    first, second, third, fourth = letters(path, known, world, Count())
    world.withdraw("w" * 24, first[-1])
    world.erase(world.find(second[-1]).ref)
    count = Count()
    assert list(letters(path, known, world, count)) == [third, fourth]
    assert (count.letters, count.none) == (2, 3)


def test_only_the_office_opens_them(
    tmp_path: Path, office: rsa.RSAPrivateKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_letters, "_SEALED", 3)
    told = [
        ("3510152004", "Contoh", "001", "002", "Dusun", f"Nama {n}", f"AAAA-{n}") for n in range(8)
    ]
    out = tmp_path / "letters.jsonl"
    import_letters.write_sealed(told, public(office), STAGE, SOURCE, out)
    assert "Nama" not in out.read_text()
    assert [tuple(letter) for letter in import_letters.open_sealed(out, office, STAGE)] == told
    other = rsa.generate_private_key(65_537, 2_048)
    for key, named in ((other, STAGE), (office, "another")):
        with pytest.raises(LettersError, match="cut off or changed"):
            list(import_letters.open_sealed(out, key, named))
    lines = out.read_text().splitlines(keepends=True)
    for wrong in (lines[:-1], lines[1:], [lines[1], lines[0], *lines[2:]], lines[:1] + lines[2:]):
        out.write_text("".join(wrong))
        with pytest.raises(LettersError, match="cut off or changed"):
            list(import_letters.open_sealed(out, office, STAGE))


def test_the_command_opens_them_into_a_file_of_the_offices_own(
    tmp_path: Path, office: rsa.RSAPrivateKey, capsys: pytest.CaptureFixture[str]
) -> None:
    key, out, opened = tmp_path / "key.pem", tmp_path / "letters.jsonl", tmp_path / "letters.csv"
    key.write_bytes(
        office.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    letter = ("3510152004", "Contoh", "001", "002", "Dusun", "Nama", "AAAA")
    import_letters.write_sealed([letter], public(office), "banyuwangi", SOURCE, out)
    asked = ["open", str(out), "--stage", "banyuwangi", "--key", str(key), "--out", str(opened)]
    assert import_letters.main(asked) == 0
    with opened.open(encoding="utf-8") as file:
        assert list(csv.reader(file)) == [list(import_letters.COLUMNS), list(letter)]
    assert opened.stat().st_mode & 0o077 == 0
    assert import_letters.main(asked) == 1
    assert "is there already" in capsys.readouterr().err
    body = json.loads(out.read_text().splitlines()[0])
    out.write_text(json.dumps(body) + "\n")
    opened.unlink()
    assert import_letters.main(asked) == 1
    assert "cut off or changed" in capsys.readouterr().err
    assert sorted(p.name for p in tmp_path.iterdir()) == ["key.pem", "letters.jsonl"]
