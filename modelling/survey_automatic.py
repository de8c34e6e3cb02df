"""A spec made from the columns of a survey alone, the same way for every country."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from modelling.survey_spec import FEW_VALUES, FEWEST, Spec, Variable

if TYPE_CHECKING:
    from modelling.survey_table import Columns, Description, Numbers, Table

STRONGEST = 8  # numbers whose products with each other are tried
MOST_COLUMNS = 1200  # a fit takes time by the cube of its columns
SMALLEST_VILLAGE = 4  # mean families a village, for its means to say anything


def automatic(table: Table, described: Description, columns: Columns) -> Spec:
    """A sensible spec from the columns alone.

    Numbers count by level, logarithm and bends; yes/no by level; categories by level of the
    category. Every variable also counts by its village's mean and in proportion to the logarithm
    of the household's size; the eight numbers that go with welfare most also by their products.
    Where that would make more than 1,200 columns, the variables that go with welfare most have
    village means and products with size, and the others count by themselves. The fit shrinks what
    the survey does not bear out, to nothing if need be, and leaves out each block that held-out
    villages do better without.

    Args:
        table: the training survey; its welfare tells which variables are strongest.
        described: its description.
        columns: which column plays which part.
    """
    variables: list[Variable] = []
    dropped: dict[str, str] = {}
    same: dict[bytes, str] = {}
    for column in dict.fromkeys((columns.size, *described.numeric)):
        values = table.numbers[column]
        known = np.unique(values[~np.isnan(values)])
        if len(known) < 2:  # noqa: PLR2004 - one value tells nobody apart
            dropped[column] = "the same for every family" if len(known) else "never known"
        elif (twin := same.setdefault(values.tobytes(), column)) != column:
            dropped[column] = f"the same as {twin} for every family"
        else:
            variables.append(Variable(column, "number", _shapes(known)))
    for column in described.categorical:
        codes = table.codes[column]
        frequent = [code for code, count in Counter(codes).items() if count >= FEWEST]
        if len(frequent) < 2:  # noqa: PLR2004
            dropped[column] = f"fewer than two categories with {FEWEST} families"
        elif (twin := same.setdefault(repr(codes).encode(), column)) != column:
            dropped[column] = f"the same as {twin} for every family"
        else:
            variables.append(Variable(column, "choice", ()))
    names = [variable.name for variable in variables]
    crowded = len(table) / len(set(table.cluster)) >= SMALLEST_VILLAGE
    by_strength = _by_strength(table, variables, described.log_target)
    told_more = _affordable(table, by_strength)
    pairs = [(columns.size, name) for name in names if name in told_more - {columns.size}]
    numbers = [variable.name for variable in by_strength if variable.kind == "number"]
    strongest = numbers[:STRONGEST]
    pairs += [
        (one, other)
        for place, one in enumerate(strongest)
        for other in strongest[place + 1 :]
        if columns.size not in (one, other)
    ]
    return Spec(
        columns=columns,
        log_target=described.log_target,
        variables=tuple(variables),
        village_means=tuple(name for name in names if name in told_more) if crowded else (),
        interactions=tuple(pairs) if columns.size in names else (),
        region=len(set(table.region)) > 1,
        village=crowded,
        groups=described.groups,
        dropped=dropped,
    )


def _shapes(known: Numbers) -> tuple[str, ...]:
    if len(known) == 2:  # noqa: PLR2004 - yes or no
        return ("level",)
    return ("level", "log", "bends") if known[0] >= 0 else ("level", "bends")


def _by_strength(table: Table, variables: list[Variable], log_target: bool) -> list[Variable]:
    """The variables, those first that explain most of the variance of welfare by themselves."""
    if table.welfare is None:
        return variables
    target = np.log(table.welfare) if log_target else table.welfare
    told = {v.name: -round(_explained(table, v, target), 9) for v in variables}
    return sorted(variables, key=lambda variable: (told[variable.name], variable.name))


def _explained(table: Table, variable: Variable, target: Numbers) -> float:
    """R2 of a line on a number, or of the means of a choice's categories."""
    if variable.kind == "number":
        values = table.numbers[variable.column]
        values = np.where(np.isnan(values), np.nanmean(values), values)
        values = np.clip(values, *np.quantile(values, variable.winsorise))
        return float(np.corrcoef(values, target)[0, 1]) ** 2 if values.std() > 0 else 0.0
    _, place = np.unique([str(c) for c in table.codes[variable.column]], return_inverse=True)
    means = np.bincount(place, weights=target) / np.bincount(place)
    return float(np.var(means[place]) / np.var(target))


def _affordable(table: Table, by_strength: list[Variable]) -> set[str]:
    """The strongest variables that can also have village means and products with size."""
    levels = {variable.name: _levels(table, variable) for variable in by_strength}
    bends = {v.name: min(levels[v.name], FEW_VALUES) for v in by_strength if v.kind == "number"}
    own = sum(bends.get(name, count) for name, count in levels.items()) + len(set(table.region))
    told_more = set()
    for variable in by_strength:
        own += 2 * (1 if variable.kind == "number" else levels[variable.name])
        if own > MOST_COLUMNS:
            break
        told_more.add(variable.name)
    return told_more


def _levels(table: Table, variable: Variable) -> int:
    """Different values of a number; categories of a choice with families enough."""
    if variable.kind == "number":
        return len(np.unique(table.numbers[variable.column]))
    counts = Counter(table.codes[variable.column]).values()
    return sum(count >= variable.fewest for count in counts)
