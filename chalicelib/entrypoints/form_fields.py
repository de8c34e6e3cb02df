"""Form fields with dotted names into the nested body that JSON clients send."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_DEEPEST = 4
_MOST_ITEMS = 40
_LONGEST_PLACE = 3
_AREAS = ("reason",)  # fields of more than one line; the API takes one


def nested(fields: Mapping[str, str]) -> dict[str, Any]:
    """Turn {"members.0.name": "Siti"} into {"members": [{"name": "Siti"}]}.

    Empty texts are left out: an empty field of a form is a field that was not filled in. A whole
    number under `answers` becomes a number, as the model's questions want it.
    """
    body: dict[str, Any] = {}
    for name, text in fields.items():
        parts = name.split(".")
        if not text.strip() or len(parts) > _DEEPEST:
            continue
        here = body
        for part in parts[:-1]:
            step = here.setdefault(part, {})
            if not isinstance(step, dict):
                break
            here = step
        else:
            if name in _AREAS:
                text = " ".join(text.split())  # noqa: PLW2901 - the same text on one line
            here[parts[-1]] = _answer(text) if parts[0] == "answers" else text
    return {name: _listed(value) for name, value in body.items()}


def is_place(name: str) -> bool:
    """Tell whether a part of a name is a place in a list."""
    return name.isascii() and name.isdecimal() and len(name) <= _LONGEST_PLACE


def _answer(text: str) -> str | int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else text  # noqa: PLR2004 - no answer has ten digits


def _listed(value: Any) -> Any:  # noqa: ANN401 - JSON values
    """A mapping whose names are 0, 1, 2 ... is a list; gaps close up."""
    if not isinstance(value, dict):
        return value
    if value and all(map(is_place, value)):
        return [value[name] for name in sorted(value, key=int)[:_MOST_ITEMS]]
    return value
