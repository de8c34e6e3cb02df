"""Read a survey nobody here has seen: a table and the description that says what its columns are.

The description has the form `{"numeric": [...], "categorical": [...], "log_target": true, "groups":
{"rural": "urban==0"}}`. Every fault of a table is told at once with its file, row and column; what
is missing stays missing and is never turned into a number here.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]

Rule = tuple[str, str, float | str]  # column, sign, bound: who is in a group

MISSING = frozenset(("", "na", "nan", "n/a", "null", "none", "."))
YES_NO = {"true": 1.0, "false": 0.0}
TOLD = 12  # faults told one by one; the rest are counted


class SurveyFaultsError(ValueError):
    """The table or its description cannot be used; the text names file, row and column."""


@dataclass(frozen=True, slots=True)
class Columns:
    """Which column plays which part.

    Attributes:
        id, region, cluster, size: always there. `cluster` is the village or enumeration area.
        weight: None when the survey has none and the caller says that each family counts once.
        welfare: None in a table that is only scored.
        wave: round of a repeated survey, in each of which a family may stand; None for one round.
    """

    id: str = "hh_id"
    region: str = "region"
    cluster: str = "cluster"
    weight: str | None = "weight"
    size: str = "hhsize"
    welfare: str | None = "welfare"
    wave: str | None = None


@dataclass(frozen=True, slots=True)
class Description:
    """What the description file says.

    Attributes:
        about: the whole file, for reports.
        numeric, categorical: columns that may be used.
        log_target: whether welfare is modelled by its logarithm.
        groups: name -> (column, sign, bound) of the groups that every figure is told for.
        wave: the column of the round of a repeated survey, or None.
    """

    about: Mapping[str, object]
    numeric: tuple[str, ...]
    categorical: tuple[str, ...]
    log_target: bool
    groups: Mapping[str, Rule]
    wave: str | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """A survey in columns, one value a family.

    Attributes:
        name, sha256: of the file.
        welfare: None where the table has none.
        numbers: column -> values, NaN where missing; household size is among them.
        codes: column -> texts, None where missing.
        wave: round of the survey, one a family; None where it has one round.
    """

    name: str
    sha256: str
    ids: list[str]
    region: list[str]
    cluster: list[str]
    weight: Numbers
    size: Numbers
    welfare: Numbers | None
    numbers: Mapping[str, Numbers]
    codes: Mapping[str, list[str | None]]
    wave: list[str] | None = None

    def __len__(self) -> int:
        return len(self.ids)


def read_description(path: Path) -> Description:
    """Read the description of a survey.

    Raises:
        SurveyFaultsError: not JSON, or not of the form above.
    """
    try:
        about = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise SurveyFaultsError(f"{path.name}: cannot be read as JSON: {error}") from error
    if not isinstance(about, dict):
        raise SurveyFaultsError(f"{path.name}: must be one JSON object")
    lists = {}
    for kind in ("numeric", "categorical"):
        lists[kind] = about.get(kind, [])
        if not isinstance(lists[kind], list) or not all(isinstance(c, str) for c in lists[kind]):
            raise SurveyFaultsError(f"{path.name}: `{kind}` must be a list of column names")
    if both := sorted(set(lists["numeric"]) & set(lists["categorical"])):
        raise SurveyFaultsError(f"{path.name}: both numeric and categorical: {', '.join(both)}")
    wave = about.get("wave")
    if wave is not None and not isinstance(wave, str):
        raise SurveyFaultsError(f"{path.name}: `wave` must be the name of a column")
    groups = about.get("groups", {})
    if not isinstance(groups, dict):
        raise SurveyFaultsError(f"{path.name}: `groups` must be an object")
    return Description(
        about,
        tuple(dict.fromkeys(lists["numeric"])),
        tuple(dict.fromkeys(lists["categorical"])),
        about.get("log_target", True) is not False,
        {name: group_rule(path.name, name, rule) for name, rule in groups.items()},
        wave,
    )


def read_table(
    path: Path, described: Description, columns: Columns, *, score_only: bool = False
) -> Table:
    """Read a table (CSV, CSV.gz or Parquet) and check every cell that may be used.

    Args:
        path: the file.
        described: its description.
        columns: which column plays which part.
        score_only: welfare and weights may be absent; weights are then 1.

    Raises:
        SurveyFaultsError: every fault found, each with file, row (the header is row 1) and column.
    """
    header, body, sha256 = _cells(path)
    reading = _Reading(path.name, header, body)
    wanted = [columns.id, columns.region, columns.cluster, columns.size]
    if not score_only:
        wanted += [name for name in (columns.weight, columns.welfare) if name]
    wanted += [*described.numeric, *described.categorical]
    wanted += [column for column, _, _ in described.groups.values()]
    reading.need(dict.fromkeys(wanted))
    wave = columns.wave or described.wave
    reading.need(dict.fromkeys([wave] if wave else []))
    reading.need_unique(columns.id, wave)
    size = reading.number(columns.size, least=0.0, above=True)
    numbers = {name: reading.optional_number(name) for name in described.numeric}
    numbers.setdefault(columns.size, size)
    for column, _, _ in described.groups.values():
        if column not in numbers and column not in described.categorical:
            numbers[column] = reading.optional_number(column)
    codes = {name: reading.codes(name) for name in described.categorical}
    weight = np.ones(len(body))
    if columns.weight and columns.weight in header:
        weight = reading.number(columns.weight, least=0.0)
    welfare = None
    if columns.welfare and columns.welfare in header and not score_only:
        least = 0.0 if described.log_target else -math.inf
        welfare = reading.number(columns.welfare, least=least, above=True)
    reading.stop()
    if not weight.sum() > 0:
        raise SurveyFaultsError(f"{path.name}: column {columns.weight}: all weights are 0")
    if welfare is not None and welfare.min() == welfare.max():
        raise SurveyFaultsError(
            f"{path.name}: column {columns.welfare}: every family has {welfare[0]:g}; "
            "there is nothing to learn"
        )
    return Table(
        path.name,
        sha256,
        reading.texts(columns.id),
        reading.texts(columns.region),
        reading.villages(columns.cluster),
        weight,
        size,
        welfare,
        numbers,
        codes,
        reading.texts(wave) if wave else None,
    )


def texts_of(table: Table, column: str) -> list[str]:
    """A column as texts, empty where missing."""
    if column in table.numbers:
        return ["" if np.isnan(value) else repr(float(value)) for value in table.numbers[column]]
    return [code or "" for code in table.codes[column]]


def known_welfare(table: Table) -> Numbers:
    """The welfare of a survey that must have it.

    Raises:
        SurveyFaultsError: it has none.
    """
    if table.welfare is None:
        raise SurveyFaultsError(f"{table.name}: there is no column for welfare")
    return table.welfare


def group_rows(table: Table, rule: Rule) -> NDArray[np.bool_]:
    """The families of a group; a family whose column is missing is in none.

    Raises:
        SurveyFaultsError: the rule names a category of a number.
    """
    column, sign, bound = rule
    if column in table.numbers:
        if isinstance(bound, str):
            raise SurveyFaultsError(f"{table.name}: column {column}: {bound!r} is not a number")
        values = table.numbers[column]
        compare = {"==": np.equal, ">=": np.greater_equal, "<=": np.less_equal}[sign]
        marks: NDArray[np.bool_] = compare(values, bound)
        return marks
    wanted = bound if isinstance(bound, str) else f"{bound:g}"
    return np.array([code == wanted for code in table.codes[column]])


class _Reading:
    """One table while it is read: its faults are gathered and told together."""

    def __init__(self, name: str, header: Sequence[str], body: Sequence[Sequence[str]]) -> None:
        self.name = name
        self.place = {column: place for place, column in enumerate(header)}
        self.body = body
        self.faults: list[str] = []
        for row, cells in enumerate(body):
            if len(cells) != len(header):
                self.faults.append(f"row {row + 2}: {len(cells)} cells, {len(header)} expected")
        self.stop()

    def need(self, wanted: Mapping[str, None]) -> None:
        if missing := [column for column in wanted if column not in self.place]:
            raise SurveyFaultsError(f"{self.name}: there is no column {', '.join(missing)}")

    def need_unique(self, column: str, wave: str | None) -> None:
        """Each text once; with waves once in each, and every row must name its wave."""
        first: dict[tuple[str, str], int] = {}
        waves = self.texts(wave) if wave else [""] * len(self.body)
        for row, key in enumerate(zip(self.texts(column), waves, strict=True)):
            if key in first:
                self._fault(row, column, f"{key[0]!r} stands already in row {first[key] + 2}")
            if wave and not key[1]:
                self._fault(row, wave, "missing")
            first.setdefault(key, row)

    def texts(self, column: str) -> list[str]:
        place = self.place[column]
        return [cells[place].strip() for cells in self.body]

    def villages(self, column: str) -> list[str]:
        """Villages; a family without one is a village of its own."""
        return [text or f"#{row}" for row, text in enumerate(self.texts(column))]

    def codes(self, column: str) -> list[str | None]:
        return [None if t.lower() in MISSING else t for t in self.texts(column)]

    def optional_number(self, column: str) -> Numbers:
        values = np.full(len(self.body), np.nan)
        for row, text in enumerate(self.texts(column)):
            lower = text.lower()
            if lower in MISSING:
                continue
            try:
                value = YES_NO[lower] if lower in YES_NO else float(text)
            except ValueError:
                self._fault(row, column, f"{text[:30]!r} is not a number")
                continue
            if math.isinf(value):
                self._fault(row, column, "the number is infinite")
            values[row] = value
        return values

    def number(self, column: str, *, least: float, above: bool = False) -> Numbers:
        """Numbers that must all be there, not below `least` (or, with `above`, above it)."""
        values = self.optional_number(column)
        told = {fault for fault in self.faults if f"column {column}:" in fault}
        for row in np.flatnonzero(~(values > least if above else values >= least)):
            if math.isnan(values[row]):
                if not any(fault.startswith(f"row {row + 2},") for fault in told):
                    self._fault(int(row), column, "missing")
            else:
                word = "above" if above else "at least"
                self._fault(int(row), column, f"{values[row]:g} must be {word} {least:g}")
        return values

    def stop(self) -> None:
        if not self.faults:
            return
        told = [f"{self.name}: {fault}" for fault in self.faults[:TOLD]]
        if len(self.faults) > TOLD:
            told.append(f"{self.name}: and {len(self.faults) - TOLD} more")
        raise SurveyFaultsError("\n".join(told))

    def _fault(self, row: int, column: str, text: str) -> None:
        self.faults.append(f"row {row + 2}, column {column}: {text}")


def _cells(path: Path) -> tuple[list[str], list[list[str]], str]:
    """Header, rows of texts, and the hash of the file as it is (unpacked for .gz)."""
    try:
        data = path.read_bytes()
        if path.name.endswith(".gz"):
            data = gzip.decompress(data)
    except (OSError, EOFError) as error:
        raise SurveyFaultsError(f"{path.name}: cannot be read: {error}") from error
    sha256 = hashlib.sha256(data).hexdigest()
    if path.name.endswith(".parquet"):
        header, body = _parquet(path, data)
    else:
        try:
            rows = csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""))
            header = [name.strip() for name in next(rows, [])]
            body = [cells for cells in rows if cells]
        except (UnicodeDecodeError, csv.Error) as error:
            raise SurveyFaultsError(f"{path.name}: not a CSV table in UTF-8: {error}") from error
    if not header or not body:
        raise SurveyFaultsError(f"{path.name}: the table is empty")
    if twice := sorted({name for name in header if header.count(name) > 1}):
        raise SurveyFaultsError(f"{path.name}: a column stands twice: {', '.join(twice)}")
    return header, body, sha256


def _parquet(path: Path, data: bytes) -> tuple[list[str], list[list[str]]]:
    import polars as pl

    try:
        frame = pl.read_parquet(io.BytesIO(data))
    except (pl.exceptions.PolarsError, OSError) as error:
        raise SurveyFaultsError(f"{path.name}: not a Parquet table: {error}") from error
    rows = [["" if cell is None else str(cell) for cell in row] for row in frame.iter_rows()]
    return frame.columns, rows


def parse_rule(text: str) -> Rule | None:
    """A group's rule such as `head_age>=60` or `toilet==none`; None when it is not one."""
    for sign in ("==", ">=", "<="):
        column, found, bound = (part.strip() for part in text.partition(sign))
        if found:
            try:
                return column, sign, float(bound)
            except ValueError:
                return (column, sign, bound) if sign == "==" and bound else None
    return None


def rule_text(rule: Rule) -> str:
    """A group's rule as it is written."""
    column, sign, bound = rule
    return f"{column}{sign}{bound if isinstance(bound, str) else format(bound, 'g')}"


def group_rule(name: str, group: str, rule: object) -> Rule:
    """A group's rule, read from a file.

    Args:
        name: of the file.
        group: of the group.
        rule: what the file says.

    Raises:
        SurveyFaultsError: it is not a rule.
    """
    parsed = parse_rule(str(rule))
    if parsed is None:
        raise SurveyFaultsError(f"{name}: group {group}: {rule!r} is not like `head_age>=60`")
    return parsed
