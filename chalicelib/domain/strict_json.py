"""Read JSON that must have exactly the stated shape, naming the place of the first thing wrong.

Model artefacts decide about people, so a field that is misspelt, left over or of another kind
must stop the load instead of being passed by. Numbers are whole: a decimal point is refused,
because two machines may round it differently.
"""

from __future__ import annotations

import json
import re
from datetime import date
from typing import NoReturn

CODE = re.compile(r"[a-z][a-z0-9_]{0,39}", re.ASCII)
LARGEST = 2**53 - 1  # whole numbers that every JSON reader keeps exactly


class ShapeError(ValueError):
    """The document is not of the stated shape; the text says where and why."""


def parse(data: bytes) -> Node:
    """Parse UTF-8 JSON without decimals, NaN or repeated keys.

    Returns:
        The root node.

    Raises:
        ShapeError: not UTF-8, not JSON, a decimal number, a repeated key.
    """
    try:
        value = json.loads(
            data.decode("utf-8"),
            parse_float=_refuse_number,
            parse_constant=_refuse_number,
            object_pairs_hook=_unique_keys,
        )
    except ShapeError:
        raise
    except (UnicodeDecodeError, ValueError, RecursionError) as error:
        raise ShapeError("the file is not JSON in UTF-8") from error
    return Node(value, "$")


def _refuse_number(text: str) -> NoReturn:
    raise ShapeError(f"{text[:20]}: only whole numbers are allowed")


def _unique_keys(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ShapeError("a key stands twice in one object")
    return found


class Node:
    """A value and its path from the root, with one method for each expected kind."""

    __slots__ = ("path", "value")

    def __init__(self, value: object, path: str) -> None:
        self.value = value
        self.path = path

    def refuse(self, why: str) -> NoReturn:
        """Raise ShapeError naming this place."""
        raise ShapeError(f"{self.path}: {why}")

    def fields(self, required: str, optional: str = "") -> dict[str, Node]:
        """The fields of an object that has all of `required` and none but `optional` besides.

        Raises:
            ShapeError: not an object, a field too many or too few.
        """
        members = self.mapping()
        needed, allowed = set(required.split()), set(required.split()) | set(optional.split())
        if missing := sorted(needed - members.keys()):
            self.refuse(f"lacks {', '.join(missing)}")
        if strange := sorted(members.keys() - allowed):
            self.refuse(f"has unknown {', '.join(strange)}")
        return members

    def mapping(self) -> dict[str, Node]:
        """The members of an object with any keys."""
        if not isinstance(self.value, dict):
            self.refuse("must be an object")
        return {key: Node(value, f"{self.path}.{key}") for key, value in self.value.items()}

    def sequence(self, least: int = 0, most: int = 1000) -> list[Node]:
        """The items of an array of `least` to `most` items."""
        if not isinstance(self.value, list) or not least <= len(self.value) <= most:
            self.refuse(f"must be a list of {least} to {most}")
        return [Node(value, f"{self.path}[{i}]") for i, value in enumerate(self.value)]

    def whole(self, low: int = -LARGEST, high: int = LARGEST) -> int:
        """A whole number between the bounds; a boolean is not a number."""
        if type(self.value) is not int or not low <= self.value <= high:
            self.refuse(f"must be a whole number from {low} to {high}")
        return self.value

    def boolean(self) -> bool:
        """True or false."""
        if type(self.value) is not bool:
            self.refuse("must be true or false")
        return self.value

    def text(self, most: int = 2000) -> str:
        """A text that is not blank and not longer than `most` characters."""
        if type(self.value) is not str or not self.value.strip() or len(self.value) > most:
            self.refuse(f"must be a text of 1 to {most} characters")
        return self.value

    def day(self) -> date:
        """A day, written as 2026-01-01 and in no other way of ISO 8601."""
        text = self.text()
        try:
            day = date.fromisoformat(text)
        except ValueError:
            day = None
        if day is None or day.isoformat() != text:
            self.refuse("must be a date such as 2026-01-01")
        return day

    def code(self) -> str:
        """A short code: lower-case ASCII letters, digits and underscores."""
        if type(self.value) is not str or not CODE.fullmatch(self.value):
            self.refuse("must be a code of a-z, 0-9 and _")
        return self.value

    def one_of(self, *allowed: str) -> str:
        """One of the texts given."""
        if type(self.value) is not str or self.value not in allowed:
            self.refuse(f"must be one of {', '.join(allowed)}")
        return self.value

    @property
    def is_null(self) -> bool:
        """True for null."""
        return self.value is None
