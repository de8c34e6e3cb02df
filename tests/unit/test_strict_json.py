"""The strict reader: one form only, and the place of the first thing wrong."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from chalicelib.domain.strict_json import LARGEST, Node, ShapeError, parse


def refused(why: str) -> Any:
    return pytest.raises(ShapeError, match=f"^{re.escape(why)}$")


def test_a_document_is_read_whole() -> None:
    root = parse(b'{"a": [1, {"b": "\xc3\xa9"}], "c": null}')
    fields = root.fields("a c")
    number, inner = fields["a"].sequence()
    assert (root.path, number.path, inner.path) == ("$", "$.a[0]", "$.a[1]")
    assert inner.fields("b")["b"].text() == "\u00e9"
    assert inner.fields("b")["b"].path == "$.a[1].b"
    assert (fields["c"].is_null, number.is_null) == (True, False)
    assert number.whole() == 1


@pytest.mark.parametrize("data", [b"", b"{", b"\xff", b'"\xe9"', b"[" * 100_000])
def test_what_is_no_json_is_refused(data: bytes) -> None:
    with refused("the file is not JSON in UTF-8"):
        parse(data)


@pytest.mark.parametrize(
    ("data", "shown"),
    [
        (b"1.5", "1.5"),
        (b"1e3", "1e3"),
        (b"[NaN]", "NaN"),
        (b"-Infinity", "-Infinity"),
        (b"0.12345678901234567890123", "0.123456789012345678"),
    ],
)
def test_a_number_is_whole(data: bytes, shown: str) -> None:
    with refused(f"{shown}: only whole numbers are allowed"):
        parse(data)


def test_a_key_stands_once() -> None:
    with refused("a key stands twice in one object"):
        parse(b'{"a": {"b": 1, "b": 1}}')


def test_fields_are_those_that_are_asked_for() -> None:
    node = Node({"a": 1, "b": 2}, "$.x")
    assert node.fields("a", "b c").keys() == {"a", "b"}
    assert node.fields("a b").keys() == {"a", "b"}
    with refused("$.x: lacks c, d"):
        node.fields("d a c b")
    with refused("$.x: has unknown a, b"):
        node.fields("")
    with refused("$.x: has unknown b"):
        node.fields("a", "c d")
    with refused("$.x: has unknown XXXX"):  # no name is allowed that nobody asked for
        Node({"a": 1, "XXXX": 2}, "$.x").fields("a")


READS: list[tuple[Callable[[Node], object], object, str]] = [
    (Node.mapping, [], "must be an object"),
    (lambda node: node.fields("a"), None, "must be an object"),
    (Node.sequence, {}, "must be a list of 0 to 1000"),
    (Node.sequence, [0] * 1001, "must be a list of 0 to 1000"),
    (lambda node: node.sequence(2, 3), [0], "must be a list of 2 to 3"),
    (lambda node: node.sequence(2, 3), [0] * 4, "must be a list of 2 to 3"),
    (lambda node: node.sequence(1), [], "must be a list of 1 to 1000"),
    (Node.whole, True, f"must be a whole number from {-LARGEST} to {LARGEST}"),
    (Node.whole, "1", f"must be a whole number from {-LARGEST} to {LARGEST}"),
    (Node.whole, LARGEST + 1, f"must be a whole number from {-LARGEST} to {LARGEST}"),
    (Node.whole, -LARGEST - 1, f"must be a whole number from {-LARGEST} to {LARGEST}"),
    (lambda node: node.whole(1, 2), 0, "must be a whole number from 1 to 2"),
    (lambda node: node.whole(1, 2), 3, "must be a whole number from 1 to 2"),
    (Node.boolean, 1, "must be true or false"),
    (Node.boolean, None, "must be true or false"),
    (Node.text, "", "must be a text of 1 to 2000 characters"),
    (Node.text, " \n", "must be a text of 1 to 2000 characters"),
    (Node.text, 5, "must be a text of 1 to 2000 characters"),
    (Node.text, "x" * 2001, "must be a text of 1 to 2000 characters"),
    (lambda node: node.text(3), "four", "must be a text of 1 to 3 characters"),
    (Node.day, 20260101, "must be a text of 1 to 2000 characters"),
    (Node.day, "2026-02-29", "must be a date such as 2026-01-01"),
    (Node.day, "20260101", "must be a date such as 2026-01-01"),
    (Node.day, "2026-W01-4", "must be a date such as 2026-01-01"),
    (Node.day, "2026-01-01 ", "must be a date such as 2026-01-01"),
    (Node.code, "Code", "must be a code of a-z, 0-9 and _"),
    (Node.code, "1a", "must be a code of a-z, 0-9 and _"),
    (Node.code, "a\n", "must be a code of a-z, 0-9 and _"),
    (Node.code, "a" * 41, "must be a code of a-z, 0-9 and _"),
    (Node.code, None, "must be a code of a-z, 0-9 and _"),
    (lambda node: node.one_of("a", "b"), "c", "must be one of a, b"),
    (lambda node: node.one_of("a", "b"), 1, "must be one of a, b"),
    (lambda node: node.one_of("1"), 1, "must be one of 1"),
]


@pytest.mark.parametrize(("read", "value", "why"), READS)
def test_another_kind_or_size_is_refused_at_its_place(
    read: Callable[[Node], object], value: object, why: str
) -> None:
    with refused(f"$.here: {why}"):
        read(Node(value, "$.here"))


@pytest.mark.parametrize(
    ("read", "value"),
    [
        (lambda node: [item.value for item in node.sequence()], [0] * 1000),
        (lambda node: [item.value for item in node.sequence()], []),
        (lambda node: [item.value for item in node.sequence(2, 3)], [4, 5]),
        (lambda node: [item.value for item in node.sequence(2, 3)], [4, 5, 6]),
        (Node.whole, LARGEST),
        (Node.whole, -LARGEST),
        (lambda node: node.whole(1, 2), 1),
        (lambda node: node.whole(1, 2), 2),
        (Node.boolean, True),
        (Node.boolean, False),
        (Node.text, "x" * 2000),
        (Node.text, " x "),
        (lambda node: node.text(3), "ABC"),
        (Node.code, "a" + "0" * 39),
        (Node.code, "z_9"),
        (lambda node: node.one_of("a", "b"), "b"),
    ],
)
def test_what_is_as_stated_is_given_back(read: Callable[[Node], object], value: object) -> None:
    assert read(Node(value, "$")) == value


def test_a_day_is_a_day() -> None:
    assert Node("2028-02-29", "$").day() == date(2028, 2, 29)
