"""What DynamoDB refuses in expressions; see `strict_dynamodb`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from decimal import Decimal
from functools import cache
from typing import Any

from moto.dynamodb.parsing.reserved_keywords import ReservedKeywords

MAX_EXPRESSION = 4096
MAX_IN = 100
EXPRESSIONS = (
    "KeyConditionExpression",
    "ConditionExpression",
    "FilterExpression",
    "ProjectionExpression",
    "UpdateExpression",
)
LEGACY = (
    "AttributesToGet",
    "AttributeUpdates",
    "ConditionalOperator",
    "Expected",
    "KeyConditions",
    "QueryFilter",
    "ScanFilter",
)
_TOKEN = re.compile(r"\s*([#:]?[A-Za-z0-9_]+|<>|<=|>=|[=<>(),.\[\]+-])")
_WORDS = frozenset({"AND", "OR", "NOT", "BETWEEN", "IN", "SET", "REMOVE", "ADD", "DELETE"})
_SECTIONS = frozenset({"SET", "REMOVE", "ADD", "DELETE"})


class Refusal(Exception):  # noqa: N818 - named by what AWS does
    """DynamoDB would refuse this request."""


def check_expressions(
    kind: str,
    asked: Mapping[str, Any],
    keys: Mapping[str, str],
    *,
    types: Mapping[str, str] | None = None,
    held: AbstractSet[str] | None = None,
) -> None:
    """Check the expressions of one request.

    Args:
        kind: "Get", "Put", "Update", "Delete", "ConditionCheck", "Query" or "Scan".
        asked: the request.
        keys: keys of the table or index that is asked.
        types: types of the keys, for a query.
        held: the attributes that the index holds, None for all.

    Raises:
        Refusal: DynamoDB would refuse it.
    """
    given = {name: asked[name] for name in EXPRESSIONS if name in asked}
    if given and any(name in asked for name in LEGACY):
        raise Refusal("expressions do not stand beside the older parameters")
    names = asked.get("ExpressionAttributeNames")
    values = asked.get("ExpressionAttributeValues")
    _check_placeholders(given, names, values)
    split = {name: _tokens(text) for name, text in given.items()}
    for tokens in split.values():
        _check_reserved(tokens)
        _check_conditions(tokens, values or {})
    names = names or {}
    if kind == "Update" and "UpdateExpression" in split:
        paths = _update_paths(split["UpdateExpression"], names)
        _refuse_overlap(paths)
        if {path[0] for path in paths} & set(keys):
            raise Refusal("an update does not touch the key")
    if "ProjectionExpression" in split:
        paths = [_path(part, names) for part in _split(split["ProjectionExpression"])]
        _refuse_overlap(paths)
        if held is not None and not {path[0] for path in paths} <= held:
            raise Refusal("the index does not hold that attribute")
    if kind == "Query":
        _check_key_condition(split.get("KeyConditionExpression", []), names, values, keys, types)
        attributes = {names.get(token, token) for token in split.get("FilterExpression", ())}
        if attributes & set(keys):
            raise Refusal("a filter does not look at the key")


def queried_partition(asked: Mapping[str, Any], partition: str) -> Mapping[str, Any]:
    """The value of the partition key that a query asks for."""
    names = asked.get("ExpressionAttributeNames", {})
    tokens = [names.get(token, token) for token in _tokens(asked["KeyConditionExpression"])]
    value: Mapping[str, Any] = asked["ExpressionAttributeValues"][
        tokens[tokens.index(partition) + 2]
    ]
    return value


def _check_placeholders(
    given: Mapping[str, str], names: Mapping[str, str] | None, values: Mapping[str, Any] | None
) -> None:
    for text in given.values():
        if not text.strip():
            raise Refusal("an expression is not empty")
        if len(text.encode()) > MAX_EXPRESSION:
            raise Refusal("an expression has at most 4 KB")
    if names == {} or values == {}:
        raise Refusal("placeholders are left out when there are none")
    used = {token for text in given.values() for token in _tokens(text) if token[0] in "#:"}
    defined = {*(names or ()), *(values or ())}
    if used - defined:
        raise Refusal("a placeholder is not defined")
    if defined - used:
        raise Refusal("a placeholder is not used")


def _tokens(text: str) -> list[str]:
    tokens, place = [], 0
    while place < len(text.rstrip()):
        match = _TOKEN.match(text, place)
        if not match:
            raise Refusal("an expression has a character of no meaning")
        tokens.append(match[1])
        place = match.end()
    return tokens


@cache
def _reserved() -> frozenset[str]:
    return frozenset(word.upper() for word in ReservedKeywords.get_reserved_keywords())


def _check_reserved(tokens: Sequence[str]) -> None:
    for place, token in enumerate(tokens):
        is_function = tokens[place + 1 : place + 2] == ["("]
        if token.upper() in _reserved() and token.upper() not in _WORDS and not is_function:
            raise Refusal("a reserved word stands for an attribute")


def _check_conditions(tokens: Sequence[str], values: Mapping[str, Any]) -> None:
    upper = [token.upper() for token in tokens]
    if upper and upper[-1] in ("AND", "OR", "NOT"):
        raise Refusal("an expression does not end in an operator")
    for place, word in enumerate(upper):
        if word == "IN":
            listed = upper[place + 2 : upper.index(")", place)]
            if len(listed) - listed.count(",") > MAX_IN:
                raise Refusal("IN lists at most 100 values")
        elif word == "BEGINS_WITH":
            start = tokens[upper.index(",", place) + 1]
            if start in values and not {"S", "B"} & set(values[start]):
                raise Refusal("begins_with takes text or bytes")
        elif word == "BETWEEN":
            _check_between(values.get(tokens[place + 1]), values.get(tokens[place + 3]))


def _check_between(low: Mapping[str, Any] | None, high: Mapping[str, Any] | None) -> None:
    if low is None or high is None:
        return
    if set(low) != set(high):
        raise Refusal("BETWEEN takes two values of one type")
    ((kind, lower),), ((_, upper),) = low.items(), high.items()
    if (Decimal(lower) > Decimal(upper)) if kind == "N" else lower > upper:
        raise Refusal("BETWEEN takes the lower value first")


def _check_key_condition(
    tokens: Sequence[str],
    names: Mapping[str, str],
    values: Mapping[str, Any] | None,
    keys: Mapping[str, str],
    types: Mapping[str, str] | None,
) -> None:
    resolved = [names.get(token, token) for token in tokens]
    (partition,) = (name for name, role in keys.items() if role == "HASH")
    if partition not in resolved or resolved[resolved.index(partition) + 1] != "=":
        raise Refusal("a query names its partition key")
    named = {token for token in resolved if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", token)}
    functions = {"begins_with"}
    if named - functions - {"AND", "BETWEEN"} - set(keys):
        raise Refusal("a key condition names keys only")
    for place, token in enumerate(resolved):
        if token in keys:
            bound = next((each for each in resolved[place:] if each.startswith(":")), "")
            ((kind, held),) = (values or {})[bound].items()
            if kind != (types or {}).get(token) or held in ("", b""):
                raise Refusal("a key condition compares with a key of its type")


def _update_paths(tokens: Sequence[str], names: Mapping[str, str]) -> list[tuple[str, ...]]:
    """The paths that an update writes to."""
    paths: list[tuple[str, ...]] = []
    section: list[str] = []
    for token in [*tokens, "SET"]:
        if token.upper() in _SECTIONS:
            for part in _split(section):
                target = part[: part.index("=")] if "=" in part else part
                paths.append(_path([t for t in target if not t.startswith(":")], names))
            section = []
        else:
            section.append(token)
    return paths


def _split(tokens: Sequence[str]) -> Iterator[list[str]]:
    """Parts between commas that are in no brackets."""
    part: list[str] = []
    depth = 0
    for token in tokens:
        depth += (token == "(") - (token == ")")
        if token == "," and not depth:
            yield part
            part = []
        else:
            part.append(token)
    if part:
        yield part


def _path(tokens: Sequence[str], names: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(names.get(token, token) for token in tokens if token not in (".", "[", "]"))


def _refuse_overlap(paths: Sequence[tuple[str, ...]]) -> None:
    for place, path in enumerate(paths):
        for other in paths[place + 1 :]:
            shorter = min(len(path), len(other))
            if path[:shorter] == other[:shorter]:
                raise Refusal("two paths overlap")
