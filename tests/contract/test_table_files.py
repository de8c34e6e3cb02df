"""Tables come back from their files as they were, and a file that is not whole is told apart."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from infra import table_files
from infra.pace import Pace, write_units
from infra.table_files import FilesError
from infra.units import item_size
from tests.stores import REGION_NAME

ROWS: list[dict[str, Any]] = [
    {"pk": {"S": f"V#{number}"}, "sk": {"S": "R"}, "v": {"N": str(number)}, "h": {"B": b"\x00\xff"}}
    for number in range(60)
] + [
    {
        "pk": {"S": "all kinds"},
        "sk": {"S": "é"},
        "m": {
            "M": {"b": {"B": b"\x01"}, "l": {"L": [{"N": "-12.50"}, {"B": b""}, {"BOOL": True}]}}
        },
        "bs": {"BS": [b"\x02", b"\x01"]},
        "ss": {"SS": ["b", "a"]},
        "n": {"NULL": True},
    }
]


@pytest.fixture
def client() -> Iterator[Any]:
    """Two empty tables, `one` and `two`."""
    with mock_aws():
        made = boto3.Session("test", "test", region_name=REGION_NAME).client("dynamodb")
        for name in ("one", "two"):
            made.create_table(
                TableName=name,
                BillingMode="PAY_PER_REQUEST",
                KeySchema=[
                    {"AttributeName": "pk", "KeyType": "HASH"},
                    {"AttributeName": "sk", "KeyType": "RANGE"},
                ],
                AttributeDefinitions=[
                    {"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")
                ],
            )
        yield made


@pytest.fixture
def written(client: Any, tmp_path: Path) -> table_files.TableFile:
    """The table `one`, filled, in files of the test's folder."""
    for row in ROWS:
        client.put_item(TableName="one", Item=row)
    return table_files.write_tables(client, {"registry": "one"}, tmp_path, {"stage": "x"}).tables[0]


def changed(folder: Path, **of_file: Any) -> None:
    """Write the manifest anew with something else in it, as whoever forges a file would."""
    body = json.loads((folder / table_files.MANIFEST).read_text())
    body["tables"][0] |= of_file
    (folder / table_files.MANIFEST).write_text(json.dumps(body))


def test_a_table_comes_back_as_it_was(
    client: Any, tmp_path: Path, written: table_files.TableFile
) -> None:
    assert (written.items, written.table, written.file) == (61, "one", "registry.jsonl.gz")
    manifest = table_files.check_files(tmp_path)
    assert manifest.about == {"stage": "x"}
    assert manifest.tables == (written,)
    table_files.put_back(client, "two", tmp_path, written)
    assert table_files.rows_of(client, "two") == written.rows
    for row in ROWS:
        key = {"pk": row["pk"], "sk": row["sk"]}
        one, two = (client.get_item(TableName=name, Key=key)["Item"] for name in ("one", "two"))
        assert one == two


def test_its_lines_are_those_of_dynamodbs_own_export(
    tmp_path: Path, written: table_files.TableFile
) -> None:
    lines = gzip.decompress((tmp_path / written.file).read_bytes()).splitlines()
    first = next(line for line in map(json.loads, lines) if line["Item"]["pk"]["S"] == "V#7")
    assert first == {
        "Item": {"pk": {"S": "V#7"}, "sk": {"S": "R"}, "v": {"N": "7"}, "h": {"B": "AP8="}}
    }


def test_the_digest_is_of_the_rows_and_not_of_their_order(
    client: Any, written: table_files.TableFile
) -> None:
    for row in reversed(ROWS):
        client.put_item(TableName="two", Item=row)
    assert table_files.rows_of(client, "two") == written.rows
    client.put_item(TableName="two", Item=ROWS[3] | {"v": {"N": "4"}})
    assert table_files.rows_of(client, "two").items == written.items
    assert table_files.rows_of(client, "two") != written.rows


def test_equal_tables_give_equal_files(
    client: Any, tmp_path: Path, written: table_files.TableFile
) -> None:
    (tmp_path / "again").mkdir()
    again = table_files.write_tables(client, {"registry": "one"}, tmp_path / "again", {}).tables[0]
    assert again == written


def test_half_a_file_is_refused_before_anything_is_written(
    client: Any, tmp_path: Path, written: table_files.TableFile
) -> None:
    path = tmp_path / written.file
    whole = path.read_bytes()
    path.write_bytes(whole[:-20])
    with pytest.raises(FilesError, match="cut off or was changed"):
        table_files.put_back(client, "two", tmp_path, written)
    changed(tmp_path, sha256=table_files.sha256_of(path))
    with pytest.raises(FilesError, match="no whole gzip file"):
        table_files.check_files(tmp_path)
    lines = gzip.decompress(whole).splitlines(keepends=True)
    path.write_bytes(gzip.compress(b"".join(lines[:-1])))
    fewer = table_files.sha256_of(path)
    changed(tmp_path, sha256=fewer)
    with pytest.raises(FilesError, match="has 60 items, its manifest says 61"):
        table_files.put_back(client, "two", tmp_path, replace(written, sha256=fewer))
    assert client.scan(TableName="two")["Count"] == 0


def test_a_folder_without_a_manifest_is_an_export_that_did_not_end(
    client: Any, tmp_path: Path, written: table_files.TableFile
) -> None:
    with pytest.raises(FilesError, match="holds an export already"):
        table_files.write_tables(client, {"registry": "two"}, tmp_path, {})
    manifest = tmp_path / table_files.MANIFEST
    for text in ("{", "[]", '{"format": 2}', '{"format": 1, "tables": [{}]}'):
        manifest.write_text(text)
        with pytest.raises(FilesError, match="manifest"):
            table_files.read_manifest(tmp_path)
    manifest.unlink()
    with pytest.raises(FilesError, match="did not end"):
        table_files.check_files(tmp_path)
    assert written.items == 61


def test_a_manifest_names_no_file_outside_of_its_folder(
    tmp_path: Path, written: table_files.TableFile
) -> None:
    changed(tmp_path, file="../../etc/passwd")
    with pytest.raises(FilesError, match="missing"):
        table_files.check_files(tmp_path)
    assert written.file == "registry.jsonl.gz"


def test_a_table_that_holds_something_is_not_written_over(
    client: Any, tmp_path: Path, written: table_files.TableFile
) -> None:
    client.put_item(TableName="two", Item=ROWS[0])
    with pytest.raises(FilesError, match="not empty; nothing was written"):
        table_files.put_back(client, "two", tmp_path, written)
    table_files.put_back(client, "two", tmp_path, written, again=True)
    client.put_item(TableName="two", Item={"pk": {"S": "a stranger"}, "sk": {"S": "x"}})
    with pytest.raises(FilesError, match="holds 62 items"):
        table_files.put_back(client, "two", tmp_path, written, again=True)


def test_units_by_hand() -> None:
    large = {"pk": {"S": "x"}, "b": {"B": b"." * 1500}, "m": {"M": {"a": {"L": [{"N": "10"}]}}}}
    assert item_size(large) == (2 + 1) + (1 + 1500) + (1 + 3 + 1 + (1 + 3 + 1 + 2))
    for row, units in ((large, 2), (ROWS[0], 1)):
        assert write_units(row, transaction=False) == units
        assert write_units(row, transaction=True) == 2 * units


def test_no_second_has_more_units_than_were_allowed() -> None:
    now, waited = [100.0], []

    def sleep(seconds: float) -> None:
        waited.append(seconds)
        now[0] += seconds

    pace = Pace(50, lambda: now[0], sleep)
    taken: list[float] = []
    for _ in range(300):
        pace.spend(5)
        taken.append(now[0])
    assert waited
    assert pace.spent == 1500
    for start in taken:
        in_a_second = [at for at in taken if start < at <= start + 1]
        assert len(in_a_second) * 5 <= 50 + 5
    assert taken[-1] - taken[0] == pytest.approx(29, abs=0.5)
