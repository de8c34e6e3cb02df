"""The specification of a model: which columns of a survey it may use, and how. Nothing else counts.

A spec is written by hand as YAML, or made from the columns (`survey_automatic`). Both are printed,
kept with the model, and read back by the same strict reader.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

import yaml

from modelling.group_quantile import LEAST, MOST
from modelling.spec_place import Place, read_place
from modelling.survey_made import Households, Made, made_document, read_households, read_made
from modelling.survey_table import Columns, Rule, SurveyFaultsError, group_rule, rule_text

if TYPE_CHECKING:
    from modelling.survey_table import Table

FORMAT = "tepat-spec/1"
SHAPES = ("level", "log", "square", "bends")
FEW_VALUES = 8  # a number with no more values has a bend at each
FEWEST = 10  # families that a category needs for points of its own


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
        knots: of a number: where its lines may bend, instead of tenths of the families; it counts
            as the nearer end beyond the first and the last.
        direction: of a number: "up" or "down", when a larger number may only raise or only lower
            the score. What the survey says to the contrary counts for nothing.
        order: of a choice: its categories from poorest to richest, in groups; each step may only
            raise the score. A category that the survey never had counts with its group.
        unscored: of an ordered choice: categories with which a family cannot be scored.
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
    knots: tuple[float, ...] = ()
    direction: str | None = None
    order: tuple[tuple[str, ...], ...] = ()
    unscored: tuple[str, ...] = ()

    @property
    def promised(self) -> str | None:
        """The direction in which it may count: an ordered choice may only rise."""
        return "up" if self.order else self.direction

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
        made: columns made from the survey's own; variables and groups may name them.
        like: the mean household that the weights are tilted to, or None for the survey's weights.
        quantile: what is modelled of the target, given the variables; None for the mean.
    """

    columns: Columns
    log_target: bool
    variables: tuple[Variable, ...]
    village_means: tuple[str, ...] = ()
    interactions: tuple[tuple[str, str], ...] = ()
    region: bool = True
    village: bool = True
    groups: Mapping[str, Rule] = field(default_factory=dict)
    dropped: Mapping[str, str] = field(default_factory=dict)
    made: tuple[Made, ...] = ()
    like: Households | None = None
    quantile: float | None = None


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
        "columns": {k: v for k, v in asdict(spec.columns).items() if k != "wave" or v},
        "target": "log" if spec.log_target else "level",
        "variables": variables,
        "village_means": list(spec.village_means),
        "interactions": [list(pair) for pair in spec.interactions],
        "region": spec.region,
        "village": spec.village,
        "groups": {name: rule_text(rule) for name, rule in spec.groups.items()},
        "dropped": dict(spec.dropped),
    }
    if spec.quantile is not None:
        document["objective"] = {"quantile": spec.quantile}
    if spec.made:
        document["made"] = [made_document(made) for made in spec.made]
    if spec.like:
        document["like"] = asdict(spec.like)
    text: str = yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=100)
    return text


def _plain(value: object) -> object:
    return [_plain(part) for part in value] if isinstance(value, tuple) else value


def read_spec(name: str, text: str) -> Spec:
    """Read a spec; whatever is misspelt, left over or impossible is refused.

    Args:
        name: of the file, for messages.
        text: YAML.

    Raises:
        SurveyFaultsError: naming the file and the place in it.
    """
    place = read_place(name, text)
    place.only(
        "format columns target variables village_means interactions region village groups dropped "
        "made like objective"
    )
    if place.get("format", str) != FORMAT:
        place.refuse("format", f"must be {FORMAT}")
    variables = tuple(_variable(name, item) for item in place.get("variables", list))
    names = {variable.name for variable in variables}
    if len(names) != len(variables) or not variables:
        place.refuse("variables", "must name at least one, and each once")
    means = tuple(place.get("village_means", list, []))
    pairs = tuple(tuple(pair) for pair in place.get("interactions", list, []))
    by_name = {variable.name: variable for variable in variables}
    if unknown := [mean for mean in means if mean not in names]:
        place.refuse("village_means", f"{unknown[0]} is not among the variables")
    for pair in pairs:
        found = [by_name[name] for name in pair if name in by_name]
        if len(pair) != 2 or len(found) != 2 or found[0].kind != "number":  # noqa: PLR2004
            place.refuse("interactions", f"{list(pair)}: two variables, the first a number")
        if bool(found[0].promised) != bool(found[1].promised):
            place.refuse("interactions", f"{list(pair)}: both have a direction, or neither")
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
        {
            str(group): group_rule(name, str(group), rule)
            for group, rule in place.get("groups", dict, {}).items()
        },
        place.get("dropped", dict, {}),
        tuple(read_made(name, item) for item in place.get("made", list, [])),
        read_households(name, like) if (like := place.get("like", dict, None)) else None,
        _quantile(place),
    )


def _quantile(place: Place) -> float | None:
    """What an `objective` asks for; None for the mean."""
    objective = place.value.get("objective", "mean")
    if objective == "mean":
        return None
    if not isinstance(objective, dict) or objective.keys() != {"quantile"}:
        place.refuse("objective", "must be mean or {quantile: 0.4}")
    quantile = objective["quantile"]
    if not isinstance(quantile, float) or not LEAST <= quantile <= MOST:
        place.refuse("objective", f"the quantile must lie from {LEAST} to {MOST}")
    return quantile


def _variable(name: str, item: object) -> Variable:
    place = Place(f"{name}: variable", item)
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
    if not rising(bins):
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
        *_promise(place, kind, shapes, bins),
    )


def _promise(
    place: Place, kind: str, shapes: tuple[str, ...], bins: tuple[float, ...]
) -> tuple[tuple[float, ...], str | None, tuple[tuple[str, ...], ...], tuple[str, ...]]:
    """Knots, direction, order and what is not scored; a number has the first two only."""
    knots = tuple(place.get("knots", list, []))
    direction = place.get("direction", str, None)
    order = place.get("order", list, [])
    unscored = tuple(place.get("unscored", list, []))
    if kind == "choice" and (knots or direction):
        place.refuse("direction", "and knots are of a number; a choice has an order")
    if kind == "number" and (order or unscored):
        place.refuse("order", "is of a choice; a number has a direction")
    if len(knots) == 1 or not rising(knots):
        place.refuse("knots", "must be two or more rising numbers")
    if direction not in (None, "up", "down"):
        place.refuse("direction", "must be up or down")
    if direction and (bins or "square" in shapes):
        place.refuse("direction", "goes with level, log and bends, not with square or bins")
    every = [code for group in order for code in group] if nested(order) else []
    if order and (len(order) < 2 or len({*every, *unscored}) != len(every) + len(unscored)):  # noqa: PLR2004
        place.refuse("order", "must be two or more lists of categories, each once")
    if unscored and not order:
        place.refuse("unscored", "goes with an order")
    return knots, direction, tuple(tuple(group) for group in order), unscored


def rising(numbers: tuple[object, ...]) -> bool:
    """Whether these are numbers, each above the one before."""
    known = [n for n in numbers if isinstance(n, int | float)]
    return len(known) == len(numbers) and known == sorted(set(known))


def nested(lists: list[object]) -> bool:
    """Whether these are lists of texts, none empty."""
    return all(
        isinstance(group, list) and group and all(isinstance(code, str) for code in group)
        for group in lists
    )
