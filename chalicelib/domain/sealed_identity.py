"""The compact form in which an identity is sealed, and the merge of its one correction."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from chalicelib.domain.identity import Identity, Person


def pack(identity: Identity) -> bytes:
    """Identity as compact JSON in UTF-8."""
    people = [[p.name, p.nik, p.birth_date, p.sex] for p in identity.people]
    fields = [people, identity.kk, identity.line, identity.rt, identity.rw, identity.phone]
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode()


def unpack(packed: bytes) -> Identity:
    """Read what `pack` wrote.

    Raises:
        ValueError: the bytes are not a packed identity.
    """
    people, kk, line, rt, rw, phone = json.loads(packed)
    return Identity(tuple(Person(*fields) for fields in people), kk, line, rt, rw, phone)


def pack_correction(correction: Mapping[str, Any]) -> bytes:
    """A correction as sent: {"members": [{"index", fields...}], "kk"?}."""
    return json.dumps(correction, ensure_ascii=False, separators=(",", ":")).encode()


def apply_correction(identity: Identity, packed: bytes) -> Identity:
    """The identity with its correction; the first one is kept beside it and never changed."""
    correction = json.loads(packed)
    people: list[Person] = list(identity.people)
    changes: Sequence[Mapping[str, Any]] = correction["members"]
    for change in changes:
        fields = {name: value for name, value in change.items() if name != "index"}
        people[change["index"]] = replace(people[change["index"]], **fields)
    return replace(identity, people=tuple(people), kk=correction.get("kk") or identity.kk)
