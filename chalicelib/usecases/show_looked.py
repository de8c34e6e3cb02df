"""Who opened a family's data, as officers of its matter read it: role, reason and when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chalicelib.usecases import show_status

if TYPE_CHECKING:
    from chalicelib.domain.audit import Event


@dataclass(frozen=True, slots=True)
class Ports:
    """What the words rest on.

    Attributes:
        words: of the list (data/words/review).
        officers: how officers are named: "you" and "officer" (data/words/staff, dispute).
        reasons: of reads, by code.
    """

    words: Mapping[str, Any]
    officers: Mapping[str, str]
    reasons: Mapping[str, str]
    status: show_status.Ports


def rows(looks: Sequence[Event], viewer: str, ports: Ports) -> list[dict[str, str]]:
    """The looks, the latest first; officers by the first letters of their account's code."""
    return [_row(event, viewer, ports) for event in looks]


def _row(event: Event, viewer: str, ports: Ports) -> dict[str, str]:
    role, _, subject = event.actor.partition(":")
    officer = ports.officers["officer"].format(kode=subject[:8])
    return {
        "at": show_status.moment(event.at, ports.status),
        "role": ports.words["roles"].get(role, role),
        "who": ports.officers["you"] if event.actor == viewer else officer,
        "reason": ports.reasons.get(event.reason or "", event.reason or ""),
    }
