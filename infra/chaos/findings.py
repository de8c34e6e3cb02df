"""What a run left behind, as plain data: what families were told, and what the tables hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Case:
    """A row of the registry, as far as it is judged.

    Attributes:
        steps: the states of its timeline, oldest first.
        head: (number, hash in hex) of the last event of its chain.
        corrections: how often the family has corrected.
        scored: whether it holds a score.
        eligible: programme -> whether it gets it; {} before the decision.
        held: whether another case holds one of its numbers.
    """

    locator: str
    state: str
    version: int
    steps: tuple[str, ...]
    head: tuple[int, str]
    corrections: int = 0
    scored: bool = False
    eligible: Mapping[str, bool] = field(default_factory=dict)
    held: bool = False


@dataclass(frozen=True, slots=True)
class Sealed:
    """A row of the vault: 0 for the identity as registered, 1 for the correction."""

    locator: str
    order: str
    guards: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Event:
    """An entry of the ledger's export."""

    chain: str
    seq: int
    hash: str
    act: str
    actor: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Shown:
    """What the status page said at the end."""

    state: str
    eligible: Mapping[str, bool] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Findings:
    """All of it.

    Attributes:
        families: how many were sent.
        refused: numbers of those that were told no, with the codes.
        printed: (number of the family, receipt), one for each receipt that was printed.
        again: number of the family -> receipt that the same form with the same key gives now.
        done: (receipt, act) that a family was told is done: "corrected", "withdrew".
        shown: receipt -> what the status page says.
        guards: (guard, locator of its holder).
        queued: queue -> messages that still wait.
        parked: (dead-letter queue, locator) of each message that failed five times.
        verdict: what `tepat audit verify` says of the export, when it is not sound; else "".
    """

    families: int
    refused: Mapping[int, Sequence[str]]
    printed: Sequence[tuple[int, str]]
    again: Mapping[int, str]
    done: Sequence[tuple[str, str]]
    shown: Mapping[str, Shown]
    cases: Sequence[Case]
    sealed: Sequence[Sealed]
    guards: Sequence[tuple[str, str]]
    events: Sequence[Event]
    queued: Mapping[str, int]
    parked: Sequence[tuple[str, str]]
    verdict: str = ""
