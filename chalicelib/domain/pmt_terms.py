"""Terms of a proxy means test: how many points a household gets for one of its reads.

    curve    straight lines between knots, for a number
    steps    bands, for a number
    levels   points by code

A term may count only under conditions, and in proportion to another read.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise

from chalicelib.domain.pmt_reads import Read, Value
from chalicelib.domain.strict_json import Node

_DENSE = 512  # a curve over this many values or fewer is tabulated at load

Points = Callable[[Value], int | None]


@dataclass(frozen=True, slots=True)
class Condition:
    """A term counts only when this read is one of these codes, or within these bounds."""

    read: str
    codes: frozenset[str]
    low: int
    high: int


@dataclass(frozen=True, slots=True)
class Term:
    """Points for one read, perhaps only under conditions, perhaps in proportion to another read.

    Attributes:
        points: value -> points; None for a level the model has no points for.
        times: another read and value -> millionths by which the points are multiplied, rounded
            down; None counts them once.
        knots: (x, points) where the form of a numeric term changes; empty for levels.
        levels: (code, points) in the artefact's order; empty for a numeric term.
    """

    read: str
    points: Points
    when: tuple[Condition, ...]
    knots: tuple[tuple[int, int], ...]
    levels: tuple[tuple[str, int], ...]
    times: tuple[str, Points] | None = None

    @property
    def needs(self) -> tuple[str, ...]:
        """Every read that the term uses."""
        others = (self.times[0],) if self.times else ()
        return (self.read, *(condition.read for condition in self.when), *others)


def parse_term(node: Node, reads: Mapping[str, Read]) -> Term:
    """Read and compile one term of a feature.

    Args:
        node: the term as the artefact has it.
        reads: the artefact's reads, by name.

    Raises:
        ShapeError: it is not of one of the kinds; the text says where.
    """
    kind = node.mapping().get("kind", node).value
    head = "read kind "
    shapes = {"curve": "knots", "steps": "bounds points", "levels": "points"}
    if not isinstance(kind, str) or kind not in shapes:
        node.refuse("`kind` must be curve, steps or levels")
    fields = node.fields(
        head + shapes[kind], "when times unscored default" if kind == "levels" else "when times"
    )
    read = reads[fields["read"].one_of(*reads)]
    if (read.codes is None) == (kind == "levels"):
        fields["kind"].refuse("levels are for codes, curves and steps for numbers")
    when = parse_conditions(fields, reads)
    times = _times(fields["times"], reads) if "times" in fields else None
    if kind == "levels":
        return replace(_levels(fields, read, when), times=times)
    places = knots(fields) if kind == "curve" else _steps(fields)
    points = _curve(places) if kind == "curve" else _step(places)
    return Term(read.name, points, when, places, (), times)


def knots(fields: Mapping[str, Node]) -> tuple[tuple[int, int], ...]:
    """Read the (x, points) between which a curve is straight.

    Raises:
        ShapeError: they are not whole numbers whose x rises.
    """
    pairs = [node.sequence(2, 2) for node in fields["knots"].sequence(1, 512)]
    found = tuple((x.whole(), y.whole()) for x, y in pairs)
    if any(after[0] <= before[0] for before, after in pairwise(found)):
        fields["knots"].refuse("must rise")
    return found


def _times(node: Node, reads: Mapping[str, Read]) -> tuple[str, Points]:
    fields = node.fields("read knots")
    numeric = [read.name for read in reads.values() if read.codes is None]
    return fields["read"].one_of(*numeric), _curve(knots(fields))


def parse_conditions(
    fields: Mapping[str, Node], reads: Mapping[str, Read]
) -> tuple[Condition, ...]:
    """Read the conditions of a term or an interval, if it has any.

    Args:
        fields: of the term or interval; "when" lists the conditions, all of which must hold.
        reads: the artefact's reads, by name.

    Raises:
        ShapeError: one names no read, or what that read never takes.
    """
    nodes = fields["when"].sequence() if "when" in fields else ()
    return tuple(_condition(node, reads) for node in nodes)


def _condition(node: Node, reads: Mapping[str, Read]) -> Condition:
    fields = node.fields("read", "is min max")
    read = reads[fields["read"].one_of(*reads)]
    if read.codes is None:
        low, high = node.fields("read min max")["min"].whole(), fields["max"].whole()
        return Condition(read.name, frozenset(), low, high)
    codes = [item.text(200) for item in node.fields("read is")["is"].sequence(1)]
    if read.codes and not read.codes.issuperset(codes):
        fields["is"].refuse("names a code that the read never takes")
    return Condition(read.name, frozenset(codes), 0, 0)


def _levels(fields: Mapping[str, Node], read: Read, when: tuple[Condition, ...]) -> Term:
    points = {code: node.whole() for code, node in fields["points"].mapping().items()}
    default = fields["default"].whole() if "default" in fields else None
    unscored = (
        {n.text(200) for n in fields["unscored"].sequence()} if "unscored" in fields else set()
    )
    stated = points.keys() | unscored
    if read.codes and (stated - read.codes or (default is None and read.codes - stated)):
        fields["points"].refuse("must name every code of the read once, and no other")
    if points.keys() & unscored:
        fields["points"].refuse("gives points to a code that is also unscored")

    def look_up(value: Value) -> int | None:
        if value in unscored:
            return None
        return points.get(value, default) if isinstance(value, str) else None

    return Term(read.name, look_up, when, (), tuple(points.items()))


def _steps(fields: Mapping[str, Node]) -> tuple[tuple[int, int], ...]:
    bounds = [node.whole() for node in fields["bounds"].sequence(1, 512)]
    if any(after <= before for before, after in pairwise(bounds)):
        fields["bounds"].refuse("must rise")
    points = [node.whole() for node in fields["points"].sequence(len(bounds) + 1, len(bounds) + 1)]
    return ((bounds[0] - 1, points[0]), *zip(bounds, points[1:], strict=True))


def _curve(places: tuple[tuple[int, int], ...]) -> Points:
    """Straight lines between the knots, rounded down; flat before the first and after the last."""
    xs = [x for x, _ in places]
    first, last = xs[0], xs[-1]

    def reckon(x: int) -> int:
        if x >= last:
            return places[-1][1]
        if x <= first:
            return places[0][1]
        left = bisect_right(xs, x) - 1
        (x0, y0), (x1, y1) = places[left], places[left + 1]
        return y0 + (y1 - y0) * (x - x0) // (x1 - x0)

    if last - first > _DENSE:
        return lambda value: reckon(value) if isinstance(value, int) else None
    table = [reckon(x) for x in range(first, last + 1)]

    def look_up(value: Value) -> int | None:
        if not isinstance(value, int):
            return None
        return table[value - first if first < value < last else (0 if value <= first else -1)]

    return look_up


def _step(places: tuple[tuple[int, int], ...]) -> Points:
    """The points of the band that the value is in; each band starts at its bound."""
    bounds = [x for x, _ in places[1:]]
    points = [y for _, y in places]
    return lambda value: points[bisect_right(bounds, value)] if isinstance(value, int) else None
