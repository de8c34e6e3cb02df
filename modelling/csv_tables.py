"""Read a CSV table strictly: every fault stops with one message naming file, row and column.

Rows count from 1 at the header, as a spreadsheet shows them.
"""

from __future__ import annotations

import csv
import gzip
import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

FIRST_ROW = 2


class FileError(ValueError):
    """A file cannot be used; the text names the file and, where it applies, row and column."""


@dataclass(frozen=True, slots=True)
class Table:
    """A file in columns of texts; `where` names a cell for a message."""

    name: str
    columns: Mapping[str, Sequence[str]]

    def __len__(self) -> int:
        return len(next(iter(self.columns.values()), ()))

    def where(self, row: int, column: str) -> str:
        """The file, row (from 1 at the header) and column of a cell."""
        return f"{self.name}, row {row + FIRST_ROW}, column {column}"

    def numbers(
        self, column: str, *, above: float = -math.inf, gaps: bool = False
    ) -> NDArray[np.float64]:
        """The finite numbers of a column.

        Args:
            column: its name.
            above: every number must be above it.
            gaps: an empty cell is allowed and becomes NaN.

        Raises:
            FileError: a cell is empty, no number, not finite, or out of bounds.
        """
        found = np.empty(len(self))
        for row, cell in enumerate(self.columns[column]):
            if gaps and cell.strip() == "":
                found[row] = np.nan
                continue
            try:
                number = float(cell)
            except ValueError:
                raise FileError(
                    f"{self.where(row, column)}: {cell[:30]!r} is not a number"
                ) from None
            if not math.isfinite(number):
                raise FileError(f"{self.where(row, column)}: {cell[:30]!r} is not a finite number")
            if number <= above:
                raise FileError(f"{self.where(row, column)}: {cell[:30]} is not above {above:g}")
            found[row] = number
        return found

    def choices(self, column: str, words: Mapping[str, bool]) -> NDArray[np.bool_]:
        """A column of two words, as marks.

        Raises:
            FileError: a cell is neither of them.
        """
        for row, cell in enumerate(self.columns[column]):
            if cell not in words:
                allowed = " nor ".join(words)
                raise FileError(f"{self.where(row, column)}: {cell[:30]!r} is neither {allowed}")
        return np.array([words[cell] for cell in self.columns[column]], dtype=bool)

    def names(self, column: str) -> Sequence[str]:
        """The texts of a column, none of them empty.

        Raises:
            FileError: a cell is empty.
        """
        for row, cell in enumerate(self.columns[column]):
            if not cell.strip():
                raise FileError(f"{self.where(row, column)}: empty")
        return self.columns[column]

    def keys(self, column: str) -> Sequence[str]:
        """The texts of a column, none of them empty, none twice.

        Raises:
            FileError: a cell is empty, or has been before.
        """
        seen: dict[str, int] = {}
        for row, cell in enumerate(self.names(column)):
            if cell in seen:
                first = seen[cell] + FIRST_ROW
                raise FileError(f"{self.where(row, column)}: {cell!r} is in row {first} already")
            seen[cell] = row
        return self.columns[column]


def read_csv(path: Path, needed: Sequence[str]) -> Table:
    """Read a table with a header: `.csv` or `.csv.gz`, in UTF-8.

    Args:
        path: the file.
        needed: columns that must be there; others are kept.

    Raises:
        FileError: it cannot be read, lacks a column, has one twice, is empty or ragged.
    """
    rows = _csv_rows(path)
    if not rows or not rows[0]:
        raise FileError(f"{path.name}: empty")
    header = [name.strip() for name in rows[0]]
    if missing := [name for name in needed if name not in header]:
        raise FileError(f"{path.name}: no column {', '.join(missing)}")
    if twice := sorted({name for name in header if header.count(name) > 1}):
        raise FileError(f"{path.name}: the column {', '.join(twice)} is there twice")
    if len(rows) == 1:
        raise FileError(f"{path.name}: a header and no rows")
    for number, row in enumerate(rows[1:], FIRST_ROW):
        if len(row) != len(header):
            raise FileError(
                f"{path.name}, row {number}: {len(row)} cells, the header has {len(header)}"
            )
    return Table(path.name, {name: [row[i] for row in rows[1:]] for i, name in enumerate(header)})


def _csv_rows(path: Path) -> list[list[str]]:
    try:
        raw = path.read_bytes()
        text = (gzip.decompress(raw) if path.suffix == ".gz" else raw).decode("utf-8-sig")
        rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except (OSError, EOFError, UnicodeDecodeError, csv.Error) as error:
        raise FileError(f"{path.name}: cannot be read as a table in UTF-8: {error}") from error
    while rows and not rows[-1]:
        rows.pop()
    return rows
