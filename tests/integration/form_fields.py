"""A body as the form without JavaScript sends it."""

from __future__ import annotations


def as_fields(value: object, path: str = "") -> dict[str, str]:
    """A body as the form sends it: dotted names, texts; what is not given is an empty field."""
    if isinstance(value, dict):
        pairs = [as_fields(v, f"{path}.{k}" if path else k) for k, v in value.items()]
    elif isinstance(value, list):
        pairs = [as_fields(v, f"{path}.{k}") for k, v in enumerate(value)]
    else:
        text = "" if value is None else str(value).lower() if value in (True, False) else str(value)
        return {path: str(value) if isinstance(value, int) and value not in (True, False) else text}
    return {name: text for pair in pairs for name, text in pair.items()}
