"""What is wrong with a region file is told with file, row and column, and nothing is written."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.rank_world import (
    DTYPE,
    frozen,
    keys,
    people,
    refused,
    region_paths,
    write_csv,
)


@pytest.fixture
def world(tmp_path: Path) -> Path:
    return frozen(tmp_path)


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
