"""Columns made from a survey's own, as the spec declares: how a survey says what a form asks.

Every survey has its own words. A spec says once, as data, which of them stand for which answer, and
the same rules serve the fit, the report and every later score. Nothing is guessed: a family that no
rule speaks of stops the reading, unless what the rules look at is not known.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from modelling.spec_place import Place
from modelling.survey_table import SurveyFaultsError

if TYPE_CHECKING:
    from modelling.survey_table import Numbers, Table

Condition = tuple[str, ...] | Mapping[str, float]
Conditions = Mapping[str, Condition]
COMPARE = {"from": np.greater_equal, "below": np.less, "up_to": np.less_equal}
STEEPEST = 5.0  # of a tilt, per member
HALVINGS = 80


@dataclass(frozen=True, slots=True)
class Made:
    """One column made from others.

    Attributes:
        column: its name.
        numbers: columns of which it is the largest; empty for a choice.
        most: a number above counts as this; None without a bound.
        choices: code -> conditions by column; the first code all of whose conditions hold is the
            family's. A condition is a list of texts, or bounds `from`, `below`, `up_to`.
        note: how near it is to what it stands for.
    """

    column: str
    numbers: tuple[str, ...]
    most: float | None
    choices: Mapping[str, Conditions]
    note: str

    @property
    def needs(self) -> list[str]:
        """The columns it is made from, each once."""
        named = [column for conditions in self.choices.values() for column in conditions]
        return list(dict.fromkeys([*self.numbers, *named]))


@dataclass(frozen=True, slots=True)
class Households:
    """A population that the survey's weights are tilted to: so many persons in so many families.

    Attributes:
        source: whose count it is, and when.
    """

    persons: int
    families: int
    source: str


def prepared(table: Table, made: tuple[Made, ...], like: Households | None = None) -> Table:
    """The table with the columns that a spec makes, and with its weights.

    A column made takes the place of one of the survey that is called the same.

    Args:
        table: the survey as it was read.
        made: columns to make.
        like: the population to tilt the weights to, or None for the survey's own.

    Raises:
        SurveyFaultsError: a column is missing, no rule speaks of a family, or no weights give the
            mean household wanted.
    """
    numbers, codes = dict(table.numbers), dict(table.codes)
    for one in made:
        if missing := [c for c in one.needs if c not in table.numbers and c not in table.codes]:
            raise SurveyFaultsError(
                f"{table.name}: there is no column {', '.join(missing)} to make {one.column} from"
            )
        numbers.pop(one.column, None)
        codes.pop(one.column, None)
        if one.numbers:
            numbers[one.column] = _largest(one, table)
        else:
            codes[one.column] = _chosen(one, table)
    weight = table.weight
    if like:
        try:
            weight = tilted(weight, table.size, like.persons / like.families)
        except ValueError as error:
            raise SurveyFaultsError(f"{table.name}: column of household sizes: {error}") from error
    return replace(table, numbers=numbers, codes=codes, weight=weight)


def tilted(weight: Numbers, persons: Numbers, mean: float) -> Numbers:
    """Weights with mean 1 under which households have the mean size wanted.

    Each weight is multiplied by exp(-t * persons) with the one t that gives the mean: of all
    weights with that mean these are the nearest to the survey's own (exponential tilting).

    Args:
        weight: the survey's weights.
        persons: members of each household.
        mean: the mean wanted.

    Raises:
        ValueError: the mean is not between the smallest and the largest household.
    """
    if not persons.min() < mean < persons.max():
        raise ValueError(f"no weights give {mean:.3f} members a household")
    low, high = -STEEPEST, STEEPEST
    found = weight
    for _ in range(HALVINGS):
        tilt = (low + high) / 2
        found = weight * np.exp(-tilt * (persons - mean))
        if found @ persons > mean * found.sum():
            low = tilt
        else:
            high = tilt
    evened: Numbers = found / found.mean()
    return evened


def read_made(name: str, item: object) -> Made:
    """One entry of a spec's `made`.

    Args:
        name: of the file, for messages.
        item: the entry as YAML gave it.

    Raises:
        SurveyFaultsError: it is not one.
    """
    place = Place(f"{name}: made", item)
    place.only("column number most choice note")
    column = place.get("column", str)
    place.name = f"{name}: made {column}"
    numbers = place.value.get("number", [])
    numbers = tuple([numbers] if isinstance(numbers, str) else numbers)
    choices = place.get("choice", dict, {})
    if bool(numbers) == bool(choices):
        place.refuse("number", "or `choice`, one of the two, says what it is made from")
    most = place.value.get("most")
    if most is not None and not isinstance(most, int | float):
        place.refuse("most", "must be a number")
    rules = {str(code): _conditions(place, code, found) for code, found in choices.items()}
    return Made(column, numbers, most, rules, place.get("note", str, ""))


def read_households(name: str, item: object) -> Households:
    """A spec's `like`.

    Raises:
        SurveyFaultsError: it is not one.
    """
    place = Place(f"{name}: like", item)
    place.only("persons families source")
    persons, families = place.get("persons", int), place.get("families", int)
    if not 0 < families < persons:
        place.refuse("families", "must be above 0 and fewer than the persons")
    return Households(persons, families, place.get("source", str))


def made_document(made: Made) -> dict[str, Any]:
    """An entry of `made` as a person writes it."""
    document: dict[str, Any] = {"column": made.column}
    if made.numbers:
        document["number"] = made.numbers[0] if len(made.numbers) == 1 else list(made.numbers)
    if made.most is not None:
        document["most"] = made.most
    if made.choices:
        document["choice"] = {
            code: {
                column: dict(rule) if isinstance(rule, Mapping) else list(rule)
                for column, rule in conditions.items()
            }
            for code, conditions in made.choices.items()
        }
    if made.note:
        document["note"] = made.note
    return document


def _conditions(place: Place, code: object, found: object) -> Conditions:
    rules: dict[str, Condition] = {}
    if not isinstance(found, dict):
        place.refuse("choice", f"{code}: must be conditions by column, or {{}} for everybody else")
    for column, rule in found.items():
        if isinstance(rule, dict) and rule and rule.keys() <= COMPARE.keys():
            rules[str(column)] = {str(word): float(bound) for word, bound in rule.items()}
        elif isinstance(rule, list) and rule:
            rules[str(column)] = tuple(str(text) for text in rule)
        else:
            place.refuse("choice", f"{code}: {column}: a list, or from, below, up_to")
    return rules


def _largest(made: Made, table: Table) -> Numbers:
    for column in made.numbers:
        if column not in table.numbers:
            raise SurveyFaultsError(f"{table.name}: column {column} is not of numbers")
    stacked = np.array([table.numbers[column] for column in made.numbers])
    unknown = np.isnan(stacked).all(axis=0)
    largest = np.where(np.isnan(stacked), -np.inf, stacked).max(axis=0)
    if made.most is not None:
        largest = np.minimum(largest, made.most)
    found: Numbers = np.where(unknown, np.nan, largest)
    return found


def _chosen(made: Made, table: Table) -> list[str | None]:
    found: list[str | None] = [None] * len(table)
    left = np.ones(len(table), dtype=bool)
    for code, conditions in made.choices.items():
        fits = left.copy()
        for column, condition in conditions.items():
            fits &= _holds(condition, column, table)
        for row in np.flatnonzero(fits):
            found[row] = code
        left &= ~fits
    for row in np.flatnonzero(left):
        seen = {column: _cell(column, int(row), table) for column in made.needs}
        if None not in seen.values():
            told = ", ".join(f"{column} {text}" for column, text in seen.items())
            raise SurveyFaultsError(
                f"{table.name}: row {row + 2}: nothing says which {made.column} this is: {told}"
            )
    return found


def _holds(condition: Condition, column: str, table: Table) -> np.ndarray[Any, np.dtype[np.bool_]]:
    if isinstance(condition, Mapping):
        if column not in table.numbers:
            raise SurveyFaultsError(f"{table.name}: column {column} is not of numbers")
        marks = np.ones(len(table), dtype=bool)
        for word, bound in condition.items():
            marks &= COMPARE[word](table.numbers[column], bound)
        return marks
    cells = [_cell(column, row, table) for row in range(len(table))]
    return np.array([cell in condition for cell in cells])


def _cell(column: str, row: int, table: Table) -> str | None:
    """A cell as text: a number as short as can be, None where it is not known."""
    if column in table.codes:
        return table.codes[column][row]
    number = table.numbers[column][row]
    return None if np.isnan(number) else f"{number:g}"
