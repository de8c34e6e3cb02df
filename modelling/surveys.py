"""Read a household survey: a table as CSV.gz and, beside it, a JSON that says what it is.

The survey is never shipped; what is learned from it names it by title, licence and hash.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

KEYS = ("hh_id", "region", "cluster", "weight", "hhsize", "welfare")
DESCRIBED = ("survey", "source", "licence", "country", "currency")


class SurveyError(ValueError):
    """The survey or its description cannot be used; the text says why."""


@dataclass(frozen=True, slots=True)
class Survey:
    """A survey in columns.

    Attributes:
        sha256: hash of the table, unpacked.
        about: the description beside it (survey, source, licence, country, currency, groups).
        columns: column name -> texts, one a household.
    """

    sha256: str
    about: dict[str, object]
    columns: dict[str, list[str]]

    def __len__(self) -> int:
        return len(self.columns["hh_id"])

    def text(self, column: str) -> list[str]:
        """The texts of a column.

        Raises:
            SurveyError: no such column.
        """
        if column not in self.columns:
            raise SurveyError(f"the survey has no column {column}")
        return self.columns[column]

    def number(self, column: str) -> list[float]:
        """The numbers of a column.

        Raises:
            SurveyError: no such column, or a cell that is not a number.
        """
        try:
            return [float(cell) for cell in self.text(column)]
        except ValueError as error:
            raise SurveyError(f"column {column} holds something that is not a number") from error

    def whole(self, column: str) -> list[int]:
        """The numbers of a column, cut to whole numbers."""
        return [int(number) for number in self.number(column)]


def read_survey(path: Path) -> Survey:
    """Read `NAME.csv.gz` and the description `NAME.json` beside it.

    Raises:
        SurveyError: a file is missing or unreadable, or a needed column or field is not there.
    """
    described = path.with_name(path.name.removesuffix(".gz").removesuffix(".csv") + ".json")
    try:
        about = json.loads(described.read_text(encoding="utf-8"))
        table = gzip.decompress(path.read_bytes())
    except (OSError, EOFError, ValueError) as error:
        raise SurveyError(f"cannot read {path.name} and {described.name}: {error}") from error
    rows = csv.reader(io.TextIOWrapper(io.BytesIO(table), encoding="utf-8", newline=""))
    try:
        header = next(rows, [])
        body = list(rows)
    except (UnicodeDecodeError, csv.Error) as error:
        raise SurveyError(f"{path.name} is not a table in UTF-8: {error}") from error
    if missing := [name for name in KEYS if name not in header]:
        raise SurveyError(f"the survey lacks the columns {', '.join(missing)}")
    if missing := [name for name in DESCRIBED if not about.get(name)]:
        raise SurveyError(f"{described.name} does not say its {', '.join(missing)}")
    if not body or any(len(row) != len(header) for row in body):
        raise SurveyError("the survey is empty or has rows of unequal length")
    columns = {name: [row[i] for row in body] for i, name in enumerate(header)}
    return Survey(hashlib.sha256(table).hexdigest(), about, columns)
