"""The specification of a model: which columns of a survey it may use, and how. Nothing else counts.

A spec is written by hand as YAML, or made from the columns by `automatic`, the same way for every
country. Both are printed, kept with the model, and read back by the same strict reader.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import yaml

from modelling.survey_table import Columns, SurveyFaultsError, parse_rule

if TYPE_CHECKING:
    from modelling.survey_table import Description, Numbers, Table

FORMAT = "tepat-spec/1"
SHAPES = ("level", "log", "square", "bends")
FEW_VALUES = 8  # a number with no more values has a bend at each
FEWEST = 10  # families that a category needs for points of its own
STRONGEST = 8  # numbers whose products with each other are tried
MOST_COLUMNS = 1200  # a fit takes time by the cube of its columns
SMALLEST_VILLAGE = 4  # mean families a village, for its means to say anything


@dataclass(frozen=True, slots=True)
class Variable:
    """One column and how it may count.

    Attributes:
        kind: "number" or "choice".
        shapes: of a number: "level" (as it is), "log" (of 1 + value), "square", "bends" (straight
            lines between tenths of the families). They add up.
        bins: bounds; a number counts by the band it is in, besides its shapes.
        per: another number by which it is divided first (per head: the household's size).
        winsorise: shares of the families below and above which a number counts as the bound.
        missing: "average" (the mean family's points, and points of its own for not being known)
            or "visit" (cannot be scored).
        unseen: the same for a category the fit did not have, or had too rarely (`fewest`).
    """

    column: str
    kind: str
    shapes: tuple[str, ...] = ("level",)
    bins: tuple[float, ...] = ()
    per: str | None = None
    winsorise: tuple[float, float] = (0.005, 0.995)
    missing: str = "average"
    unseen: str = "average"
    fewest: int = FEWEST

    @property
    def name(self) -> str:
        """What interactions and reports call it."""
        return f"{self.column} per {self.per}" if self.per else self.column


@dataclass(frozen=True, slots=True)
class Spec:
    """What a model may use.

    Attributes:
        columns: which column plays which part.
        log_target: whether the logarithm of welfare is modelled.
        variables: the columns used.
        village_means: variables whose mean over the village counts too (shares of a choice).
        interactions: pairs of variables whose product counts; the first is a number.
        region, village: whether each region, each village of the survey has a level of its own,
            shrunk to the nation's.
        groups: name -> (column, sign, bound): told apart in reports and in intervals.
        dropped: column -> why it is not used.
    """

    columns: Columns
    log_target: bool
    variables: tuple[Variable, ...]
    village_means: tuple[str, ...] = ()
    interactions: tuple[tuple[str, str], ...] = ()
    region: bool = True
    village: bool = True
    groups: Mapping[str, tuple[str, str, float]] = field(default_factory=dict)
    dropped: Mapping[str, str] = field(default_factory=dict)


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


def check_columns(name: str, spec: Spec, table: Table) -> None:
    """Refuse a spec whose columns the table does not have.

    Args:
        name: of the spec's file, for the message.
        spec, table: the two.

    Raises:
        SurveyFaultsError: every variable and group that misses its column.
    """
    faults = []
    for variable in spec.variables:
        for column in filter(None, (variable.column, variable.per)):
            there = table.numbers if variable.kind == "number" else table.codes
            if column not in there:
                faults.append(
                    f"{name}: variable {column}: {table.name} has no such {variable.kind}"
                )
    for group, (column, _, _) in spec.groups.items():
        if column not in table.numbers and column not in table.codes:
            faults.append(f"{name}: group {group}: {table.name} has no column {column}")
    if faults:
        raise SurveyFaultsError("\n".join(faults))


def to_yaml(spec: Spec) -> str:
    """The spec as a person writes it: what is as usual is left out."""
    usual = asdict(Variable("", ""))
    variables = [
        {
            k: _plain(v)
            for k, v in asdict(variable).items()
            if k in ("column", "kind") or v != usual[k]
        }
        for variable in spec.variables
    ]
    document = {
        "format": FORMAT,
        "columns": asdict(spec.columns),
        "target": "log" if spec.log_target else "level",
        "variables": variables,
        "village_means": list(spec.village_means),
        "interactions": [list(pair) for pair in spec.interactions],
        "region": spec.region,
        "village": spec.village,
        "groups": {name: "{}{}{:g}".format(*rule) for name, rule in spec.groups.items()},
        "dropped": dict(spec.dropped),
    }
    text: str = yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=100)
    return text


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


def _plain(value: object) -> object:
    return list(value) if isinstance(value, tuple) else value


def read_spec(name: str, text: str) -> Spec:
    """Read a spec; whatever is misspelt, left over or impossible is refused.

    Args:
        name: of the file, for messages.
        text: YAML.

    Raises:
        SurveyFaultsError: naming the file and the place in it.
    """
    try:
        document = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise SurveyFaultsError(f"{name}: not YAML: {error}") from error
    place = _Place(name, document)
    place.only(
        "format columns target variables village_means interactions region village groups dropped"
    )
    if place.get("format", str) != FORMAT:
        place.refuse("format", f"must be {FORMAT}")
    variables = tuple(_variable(name, item) for item in place.get("variables", list))
    names = {variable.name for variable in variables}
    if len(names) != len(variables) or not variables:
        place.refuse("variables", "must name at least one, and each once")
    means = tuple(place.get("village_means", list, []))
    pairs = tuple(tuple(pair) for pair in place.get("interactions", list, []))
    kinds = {variable.name: variable.kind for variable in variables}
    if unknown := [mean for mean in means if mean not in names]:
        place.refuse("village_means", f"{unknown[0]} is not among the variables")
    for pair in pairs:
        if len(pair) != 2 or kinds.get(pair[0]) != "number" or pair[1] not in names:  # noqa: PLR2004
            place.refuse("interactions", f"{list(pair)}: two variables, the first a number")
    columns = place.get("columns", dict)
    if unknown := sorted(columns.keys() - asdict(Columns()).keys()):
        place.refuse("columns", f"has unknown {unknown[0]}")
    if (target := place.get("target", str)) not in ("log", "level"):
        place.refuse("target", "must be log or level")
    return Spec(
        Columns(**columns),
        target == "log",
        variables,
        means,
        pairs,
        place.get("region", bool, True),
        place.get("village", bool, True),
        _groups(name, place.get("groups", dict, {})),
        place.get("dropped", dict, {}),
    )


def _variable(name: str, item: object) -> Variable:
    place = _Place(f"{name}: variable", item)
    usual = asdict(Variable("", ""))
    place.only(" ".join(usual))
    column = place.get("column", str)
    place.name = f"{name}: variable {column}"
    kind = place.get("kind", str)
    if kind not in ("number", "choice"):
        place.refuse("kind", "must be number or choice")
    shapes = tuple(place.get("shapes", list, ["level"] if kind == "number" else []))
    bins = tuple(place.get("bins", list, []))
    if set(shapes) - set(SHAPES) or (kind == "choice" and (shapes or bins)):
        place.refuse("shapes", f"of a number, any of {', '.join(SHAPES)}; a choice has none")
    if kind == "number" and not shapes and not bins:
        place.refuse("shapes", "a number needs shapes or bins")
    if any(not isinstance(b, int | float) for b in bins) or list(bins) != sorted(set(bins)):
        place.refuse("bins", "must be rising numbers")
    ends = place.get("winsorise", list, list(usual["winsorise"]))
    if len(ends) != 2 or not 0 <= ends[0] < ends[1] <= 1:  # noqa: PLR2004
        place.refuse("winsorise", "must be two shares, such as [0.005, 0.995]")
    rules = {}
    for rule in ("missing", "unseen"):
        rules[rule] = place.get(rule, str, "average")
        if rules[rule] not in ("average", "visit"):
            place.refuse(rule, "must be average or visit")
    fewest = place.get("fewest", int, FEWEST)
    if fewest < 1:
        place.refuse("fewest", "must be 1 or more")
    return Variable(
        column,
        kind,
        shapes,
        bins,
        place.get("per", str, None),
        (float(ends[0]), float(ends[1])),
        rules["missing"],
        rules["unseen"],
        fewest,
    )


def _groups(name: str, rules: Mapping[str, object]) -> dict[str, tuple[str, str, float]]:
    groups = {}
    for group, rule in rules.items():
        parsed = parse_rule(str(rule))
        if parsed is None:
            raise SurveyFaultsError(f"{name}: group {group}: {rule!r} is not like `head_age>=60`")
        groups[str(group)] = parsed
    return groups


class _Place:
    """One mapping of the file, and where it stands."""

    def __init__(self, name: str, value: object) -> None:
        self.name = name
        if not isinstance(value, dict):
            raise SurveyFaultsError(f"{name}: must be a mapping of names to values")
        self.value: dict[str, Any] = value

    def only(self, allowed: str) -> None:
        if unknown := sorted(map(str, self.value.keys() - set(allowed.split()))):
            raise SurveyFaultsError(f"{self.name}: unknown `{unknown[0]}`")

    def get(self, key: str, kind: type, default: Any = ...) -> Any:  # noqa: ANN401 - any YAML
        value = self.value.get(key, default)
        if value is ...:
            self.refuse(key, "is missing")
        if value is not default and type(value) is not kind:
            self.refuse(key, f"must be a {kind.__name__}")
        return value

    def refuse(self, key: str, why: str) -> None:
        raise SurveyFaultsError(f"{self.name}: `{key}` {why}")
