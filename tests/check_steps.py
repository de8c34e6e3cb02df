"""What tests hold a step of a ground check to: what it refuses, and what it changes and tells."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace

import pytest

from chalicelib.domain import audit
from chalicelib.domain.audit import Event, Head
from chalicelib.domain.errors import TepatError
from chalicelib.domain.ground_check import Check
from tests.checking import SALT


def refused(
    code: str, error: type[TepatError], step: object, field: str = "", **params: int
) -> None:
    """A step is refused with one fault: this code, at this field, with these figures."""
    with pytest.raises(error) as caught:
        step()  # type: ignore[operator]
    (fault,) = caught.value.faults
    assert (fault.code, fault.field) == (code, field)
    assert json.dumps(fault.params) == json.dumps(params)  # a sentence says 12 hours, never 12.0


def kept(
    before: Check,
    done: tuple[Check, Event],
    details: Mapping[str, object],
    *,
    reason: str | None = None,
    under: bytes = SALT,
    **changes: object,
) -> None:
    """A step changes these fields and no other, and its one event commits to these details."""
    after, event = done
    changes |= {"version": before.version + 1, "head": Head(event.seq, event.hash, event.at)}
    assert after == replace(before, **changes)  # type: ignore[arg-type]
    assert (event.chain, event.prev) == (before.ref.locator, before.head.hash)
    assert (event.commitment, event.reason) == (audit.commit(under, details), reason)
