"""Reads a list of families row by row: CSV, gzipped CSV or Parquet, and never the whole of it."""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import groupby, islice
from pathlib import Path
from typing import BinaryIO, Final

import duckdb

from infra.imports.columns import FAMILY, ListError, Words, check_header

_PARQUET, _GZIP, _EXCEL, _OLD_EXCEL = b"PAR1", b"\x1f\x8b", b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_LARGEST_CELL: Final = 4_096
_MOST: Final = 100  # rows under one number; the form takes 20 members
_AT_ONCE: Final = 5_000  # rows of a Parquet file
_MEMORY: Final = "256MB"  # for a block of Parquet

Told = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Row:
    """One person of a list.

    Attributes:
        line: of the file (CSV) or row (Parquet), from 1.
        cells: column -> text, without spaces around it; what a person is stays out of `repr`.
    """

    line: int
    cells: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of one family, or rows that cannot be read as one.

    Attributes:
        fault: code of why they are none: "columns" for a row of another length, "field_missing"
            for one without a number of its family, "members_too_long"; "" for nothing.
    """

    rows: tuple[Row, ...]
    fault: str = ""

    @property
    def line(self) -> int:
        """Where the family begins."""
        return self.rows[0].line


def families(path: Path, known: Words, told: Told | None = None) -> Iterator[Rows]:
    """The families of a list in its order.

    Args:
        path: the list.
        known: its columns.
        told: is told how many more bytes (CSV) or rows (Parquet) were read.

    Raises:
        ListError: it is no list, or only half of one. The header is looked at before the first
            family; that the end is missing is found at the end.
    """
    rows = _parquet(path, known, told) if is_parquet(path) else _csv(path, known, told)
    for (id_, fault), group in groupby(rows, key=lambda row: (row[0].cells.get(FAMILY), row[1])):
        if fault or not id_:
            yield from (Rows((row,), fault or "field_missing") for row, _ in group)
            continue
        found = tuple(row for row, _ in islice(group, _MOST))
        too_many = next(group, None) is not None  # groupby itself passes over the others
        yield Rows(found[:1], "members_too_long") if too_many else Rows(found)


def is_parquet(path: Path) -> bool:
    """Whether a file begins as Parquet does."""
    with path.open("rb") as data:
        return data.read(len(_PARQUET)) == _PARQUET


def work_of(path: Path) -> int:
    """How much `families` will tell that it has read: bytes, or rows of Parquet."""
    if not is_parquet(path):
        return path.stat().st_size
    with _database(path) as database:
        found = database.execute("SELECT count(*) FROM read_parquet(?)", [str(path)]).fetchone()
    return int(found[0]) if found else 0


class _Watched(io.RawIOBase):
    """A file that knows its last byte: a list ends with a line's end, or half of it is missing."""

    def __init__(self, data: BinaryIO) -> None:
        self._data, self.last = data, b""

    def readable(self) -> bool:
        return True

    def readinto(self, into: bytearray) -> int:  # type: ignore[override] # any buffer
        found = self._data.read(len(into))
        into[: len(found)] = found
        self.last = found[-1:] or self.last
        return len(found)


def _csv(path: Path, known: Words, told: Told | None) -> Iterator[tuple[Row, str]]:
    with path.open("rb") as raw:
        start = raw.read(4)
        raw.seek(0)
        if start in (_EXCEL, _OLD_EXCEL):
            raise ListError("it is an Excel file; save it as CSV UTF-8 or as Parquet")
        data: BinaryIO = gzip.GzipFile(fileobj=raw) if start[:2] == _GZIP else raw  # type: ignore[assignment] # reads
        watched, line, read = _Watched(data), 0, 0
        buffered = io.BufferedReader(watched)  # type: ignore[type-var] # its stubs want a name too
        text = io.TextIOWrapper(buffered, "utf-8-sig", newline="")
        try:
            for line, row in _records(text, known):  # noqa: B007 - told where it broke off
                yield row
                if told and (at := raw.tell()) != read:
                    told(at - read)
                    read = at
        except UnicodeDecodeError:
            raise ListError(f"after line {line} it is not UTF-8; save it as CSV UTF-8") from None
        except (EOFError, zlib.error, gzip.BadGzipFile):
            raise ListError(f"after line {line} it is cut off: half a gzip file") from None
        except csv.Error:
            raise ListError(
                f"after line {line} it cannot be read: a quote is open, or a cell is too long"
            ) from None
        if not watched.last:
            raise ListError("it is empty")
        if watched.last != b"\n":
            raise ListError(f"it is cut off: line {line} has no end")


def _records(text: io.TextIOWrapper, known: Words) -> Iterator[tuple[int, tuple[Row, str]]]:
    """Every row with the line that it ends on, and what is wrong with it."""
    csv.field_size_limit(_LARGEST_CELL)
    first = text.readline(_LARGEST_CELL)
    between = max(",;\t", key=first.count)
    places = check_header(next(csv.reader([first], delimiter=between), []), known)
    reader = csv.reader(text, delimiter=between, strict=True)
    line = 1
    for cells in reader:
        begun, line = line + 1, 1 + reader.line_num
        if not any(map(str.strip, cells)):
            continue  # Excel writes rows of nothing at the end
        if len(cells) != len(places):
            yield line, (Row(begun, {}), "columns")
            continue
        yield line, (Row(begun, {name: cells[at].strip() for name, at in places.items()}), "")


def _parquet(path: Path, known: Words, told: Told | None) -> Iterator[tuple[Row, str]]:
    with _database(path) as database:
        asked = database.execute("SELECT * FROM read_parquet(?) LIMIT 0", [str(path)])
        places = check_header([column[0] for column in asked.description or ()], known)
        names = [column[0] for column in asked.description or ()]
        as_text = ", ".join(f'CAST("{names[at]}" AS VARCHAR)' for at in places.values())
        found = database.execute(f"SELECT {as_text} FROM read_parquet(?)", [str(path)])  # noqa: S608 # nosec B608 - names are known columns
        line = 0
        while rows := found.fetchmany(_AT_ONCE):
            for row in rows:
                line += 1
                if not any(row):
                    continue
                cells = zip(places, row, strict=True)
                yield Row(line, {name: (cell or "").strip() for name, cell in cells}), ""
            if told:
                told(len(rows))


@contextmanager
def _database(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A database without a file that reads one file; what is wrong with the file is told."""
    with duckdb.connect(":memory:") as database:
        database.execute(f"SET memory_limit = '{_MEMORY}'")
        database.execute("SET threads = 1")
        try:
            yield database
        except duckdb.Error:
            raise ListError(f"{path.name} is no whole Parquet file: cut off or damaged") from None
