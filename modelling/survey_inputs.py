"""The reads of a model on a survey, and their values for every family of a file.

A read is a definition in the artefact (`docs/model.md`): a number as whole units of a stated
scale, a category, or the mean of either over the village. With a form (`survey_form`) it is what
the form says, and the survey's column of that name gives the same values. The fit learns from
exactly the values that a score will be reckoned from later.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from modelling.evaluation import places

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from chalicelib.domain.pmt_reads import Value
    from modelling.survey_form import Form
    from modelling.survey_spec import Spec, Variable
    from modelling.survey_table import Columns, Numbers, Table

    Places = NDArray[np.int64]

Reads = dict[str, dict[str, Any]]
Inputs = dict[str, list["Value"]]

LARGEST = 2**53 - 1
MOST_DECIMALS = 4
STEPS_IN_SPREAD = 1000  # steps of a village mean within its standard deviation over villages
MOST_SHRINK = 50
VILLAGE_DIGITS = 10  # of an `area` that is the village; any other is the survey's region


class Names:
    """Short codes for columns: a-z, 0-9 and _, each once."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def give(self, text: str) -> str:
        """A free code that is as near to the text as can be."""
        plain = re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")
        stem = (plain if plain[:1].isalpha() else f"c_{plain}")[:34]
        code, nth = stem, 1
        while code in self._taken:
            nth += 1
            code = f"{stem}_{nth}"
        self._taken.add(code)
        return code


Found = dict[tuple[str, str], str]


def define(spec: Spec, table: Table, form: Form | None = None) -> tuple[Reads, Found]:
    """The reads a spec needs, learned from the training survey.

    Args:
        spec: the spec.
        table: the survey.
        form: where it has a read of a column's name, that is the column's.

    Returns:
        The definitions by name, in order; and the name of each read by (what, variable or level):
        ("plain", column), ("own", variable), ("village", variable), ("village", "variable=level"),
        ("region", ""), ("cluster", "").
    """
    making = _Making(table, form.reads if form else {})
    for variable in spec.variables:
        making.variable(variable)
    making.plain(spec.columns.size)  # intervals are by household size
    for column, _, _ in spec.groups.values():
        making.plain(column)
    village = places(table.cluster)
    for variable in spec.variables:
        if variable.name in spec.village_means:
            for label, definition in _village_means(variable, table, village):
                making.add(("village", label), f"v_{label}", definition)
    if spec.region:
        making.area("region", spec.columns.region)
    if spec.village:
        making.area("cluster", spec.columns.cluster)
    return making.reads, making.found


class _Making:
    """Reads while they are defined, each once."""

    def __init__(self, table: Table, asked: Mapping[str, Mapping[str, Any]]) -> None:
        self.reads: Reads = {}
        self.found: Found = {}
        self._table = table
        self._asked = asked
        self._names = Names()

    def add(self, key: tuple[str, str], label: str, definition: dict[str, Any]) -> str:
        name = self._names.give(label)
        self.reads[name] = definition
        self.found[key] = name
        return name

    def plain(self, column: str) -> str:
        """A column as it stands."""
        if ("plain", column) in self.found:
            return self.found["plain", column]
        if column in self._asked:
            return self.add(("plain", column), column, dict(self._asked[column]))
        if column in self._table.numbers:
            return self.add(("plain", column), column, _number(column, self._table.numbers[column]))
        return self.add(("plain", column), column, _choice(column))

    def area(self, what: str, column: str) -> None:
        """The region or the village."""
        definition = dict(self._asked[what]) if what in self._asked else _choice(column)
        self.add((what, ""), what, definition)

    def variable(self, variable: Variable) -> None:
        top = self.plain(variable.column)
        if variable.per:
            ratio = _ratio(self.reads, top, self.plain(variable.per))
            self.add(("own", variable.name), variable.name, ratio)
        else:
            self.found["own", variable.name] = top


def values(
    reads: Mapping[str, Mapping[str, Any]],
    columns: Columns,
    table: Table,
    beside: Table | None = None,
) -> Inputs:
    """The value of every read for every family of a table.

    Args:
        reads: definitions, as `define` made them or as an artefact holds them.
        columns: which column is the region, which the village.
        table: the families.
        beside: other families known of the same villages, counted in village means.
    """
    given: Inputs = {}
    tables = [table] if beside is None else [table, beside]
    where = _Where(tables)
    for name, read in reads.items():
        source, column = read["from"], str(read.get("column", ""))
        if source == "village":
            given[name] = _village_values(read, column, tables, where)
        elif source == "ratio":
            given[name] = [
                top * read["scale"] // bottom
                if isinstance(top, int) and isinstance(bottom, int) and bottom > 0
                else None
                for top, bottom in zip(given[read["top"]], given[read["bottom"]], strict=True)
            ]
        elif column == columns.cluster or read.get("digits") == VILLAGE_DIGITS:
            given[name] = list(table.cluster)
        elif column == columns.region or source == "area":
            given[name] = list(table.region)
        else:
            given[name] = _plain(read, column or name, table)
    return given


def _plain(read: Mapping[str, Any], column: str, table: Table) -> list[Value]:
    """A column as it stands; what a form reads is the column of the read's name."""
    if column in table.codes:
        return list(table.codes[column])
    return _whole(table.numbers[column] * read.get("scale", 1))


def as_numbers(column: Iterable[Value]) -> Numbers:
    """A column of whole numbers as floats, NaN where not known."""
    found: Numbers = np.array(list(column), dtype=float)  # None becomes NaN
    return found


def _whole(numbers: Numbers) -> list[Value]:
    unknown = np.isnan(numbers)
    clipped = np.rint(np.clip(np.where(unknown, 0.0, numbers), -LARGEST, LARGEST))
    found: list[Value] = list(clipped.astype(np.int64).tolist())
    for row in np.flatnonzero(unknown):
        found[row] = None
    return found


def _number(column: str, numbers: Numbers) -> dict[str, Any]:
    known = numbers[~np.isnan(numbers)]
    scale = 1
    for decimals in range(MOST_DECIMALS + 1):
        scale = 10**decimals
        if np.allclose(known * scale, np.rint(known * scale), rtol=0, atol=1e-6):
            break
    return {"from": "column", "column": column, "scale": scale, "min": -LARGEST, "max": LARGEST}


def _choice(column: str) -> dict[str, Any]:
    return {"from": "column", "column": column, "codes": []}


def _ratio(reads: Reads, top: str, bottom: str) -> dict[str, Any]:
    scale = 1000 * reads[bottom].get("scale", 1)
    return {"from": "ratio", "top": top, "bottom": bottom, "scale": scale, "max": LARGEST}


def _village_means(
    variable: Variable, table: Table, village: Places
) -> Iterable[tuple[str, dict[str, Any]]]:
    if variable.kind == "number":
        numbers = table.numbers[variable.column]
        yield variable.name, _village(variable.column, None, numbers, table.weight, village)
        return
    codes = table.codes[variable.column]
    for level, count in sorted(Counter(c for c in codes if c is not None).items()):
        if count >= variable.fewest:
            marks = _marks(codes, level)
            yield (
                f"{variable.name}={level}",
                _village(variable.column, level, marks, table.weight, village),
            )


def _marks(codes: list[str | None], level: str) -> Numbers:
    return np.array([math.nan if code is None else float(code == level) for code in codes])


def _village(
    column: str, level: str | None, numbers: Numbers, weights: Numbers, place: Places
) -> dict[str, Any]:
    """A village mean; `shrink` families of the region stand beside the village's own."""
    known = ~np.isnan(numbers)
    weight = weights * known
    filled = np.where(known, numbers, 0.0)
    total = np.bincount(place, weights=weight)
    mean = np.bincount(place, weights=weight * filled) / np.where(total > 0, total, 1)
    within = np.average((filled - mean[place]) ** 2, weights=weight)
    overall = np.average(filled, weights=weight)
    whole = np.average((filled - overall) ** 2, weights=weight)
    between = max(whole - within, 1e-3 * whole, 1e-12)
    exponent = math.ceil(math.log10(STEPS_IN_SPREAD / math.sqrt(between)))
    return {
        "from": "village",
        "column": column,
        **({"level": level} if level is not None else {}),
        "scale": 10 ** min(max(exponent, 0), 8),
        "shrink": round(min(within / between, MOST_SHRINK)),
        "min": -LARGEST,
        "max": LARGEST,
    }


class _Where:
    """Region and village of every family of some tables, as places."""

    def __init__(self, tables: list[Table]) -> None:
        self.village = places([c for t in tables for c in t.cluster])
        self.region = places([r for t in tables for r in t.region])
        self.villages = int(self.village.max()) + 1
        self.regions = int(self.region.max()) + 1
        self.home = np.zeros(self.villages, dtype=np.int64)
        self.home[self.village] = self.region
        self.weight: Numbers = np.concatenate([t.weight for t in tables])


def _village_values(
    read: Mapping[str, Any], column: str, tables: list[Table], where: _Where
) -> list[Value]:
    numbers = np.concatenate(
        [
            t.numbers[column] if "level" not in read else _marks(t.codes[column], read["level"])
            for t in tables
        ]
    )
    known = ~np.isnan(numbers)
    filled, weight = np.where(known, numbers, 0.0), where.weight * known
    families = len(tables[0])
    if not known.any():
        return [None] * families

    def means(place: Places, places: int, otherwise: Numbers) -> Numbers:
        total = np.bincount(place, weights=weight, minlength=places)
        top = np.bincount(place, weights=weight * filled, minlength=places)
        return np.where(total > 0, top / np.where(total > 0, total, 1), otherwise)

    overall = np.full(where.regions, np.average(filled, weights=weight))
    of_region = means(where.region, where.regions, overall)
    home, village = where.home, where.village
    count = np.bincount(village, weights=known, minlength=where.villages)
    own = means(village, where.villages, of_region[home])
    mixed = (count * own + read["shrink"] * of_region[home]) / np.maximum(count + read["shrink"], 1)
    mixed = np.where(count + read["shrink"] > 0, mixed, of_region[home])
    return _whole(mixed[village[:families]] * read["scale"])
