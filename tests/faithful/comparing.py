"""Plays an example on several sides, and says where one of them answers otherwise than the fake."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from tests.faithful.bare_dynamodb import Items
from tests.faithful.calls import CASES, Call, Play
from tests.faithful.outcomes import REFUSED, outcome
from tests.faithful.sides import TABLES, FakeSide, Side

SELDOM = 5
"""What a call may have changed is looked at after each; but on a side where that costs calls,
registry, vault and ledger after every fifth call, and at the end of each example."""


@dataclass(frozen=True)
class Told:
    """What one side did with one call.

    Attributes:
        answer: what the port returned, or its error: its code, or its kind.
        asked: the calls of AWS, by name.
        state: the parts that the call may change, as they are then.
    """

    answer: object
    asked: tuple[str, ...]
    state: Mapping[str, object]


@dataclass(frozen=True)
class Mismatch:
    """A call that a side answered otherwise than the fake."""

    call: Call
    side: str
    ours: Told
    theirs: Told

    def differs(self) -> tuple[str, ...]:
        """In what: "answer", "asked", or parts of the state."""
        parts = [part for part in ("answer", "asked") if _get(self, part, 0) != _get(self, part, 1)]
        return (*parts, *_other_parts(self.ours, self.theirs))

    def __str__(self) -> str:
        lines = [
            f"{self.call}",
            f"  the fake and {self.side} differ in {', '.join(self.differs())}",
        ]
        for part in self.differs():
            for name, told, other in (
                ("fake", self.ours, self.theirs),
                (self.side, self.theirs, self.ours),
            ):
                lines.append(f"    {part:8} {name:6} {_short(_shown(part, told, other))}")
        return "\n".join(lines)


Excuse = Callable[[Mismatch], bool]


@dataclass
class Stage:
    """The sides on which examples are played.

    Attributes:
        excused: told of each mismatch; whether it is one of the named differences.
        calls: how many were made, each on all sides.
        met: how often a named difference was met.
    """

    reals: Sequence[Side]
    excused: Excuse
    make_fake: Callable[[], FakeSide] = FakeSide
    calls: int = 0
    met: int = 0
    _all_seen: bool = False

    def play(self, example: Iterable[Call]) -> list[Mismatch]:
        """Play one example; its first mismatch on each side, none when all is the same."""
        fake = self.make_fake()
        for side in self.reals:
            side.start(known=self._all_seen)
        self._all_seen = False
        play = Play(fake)
        for call in example:
            self.calls += 1
            found = self._step(play, call)
            if found:
                return [mismatch for mismatch in found if not self._let_go(mismatch)]
        everything = _Everything()
        found = self._compare(play, everything, *self._run(play, everything))
        self._all_seen = True
        return found

    def _let_go(self, mismatch: Mismatch) -> bool:
        """Whether it is a named one; the example ends there, since the states may now differ."""
        excused = self.excused(mismatch)
        self.met += excused
        return excused

    def _step(self, play: Play, call: Call) -> list[Mismatch]:
        return self._compare(play, call, *self._run(play, call))

    def _run(self, play: Play, call: Call) -> tuple[Told, list[Told]]:
        deed = call.deed(play)
        ours = tell(play.fake, deed, call.parts)
        often = self.calls % SELDOM == 0 or isinstance(call, _Everything)
        return ours, [
            tell(side, deed, call.parts if often or not side.costly else call.parts - CASES)
            for side in self.reals
        ]

    def _compare(
        self, play: Play, call: Call, ours: Told, theirs: Sequence[Told]
    ) -> list[Mismatch]:
        return [
            Mismatch(call, side.name, ours, told)
            for side, told in zip(self.reals, theirs, strict=True)
            if (told.answer, told.asked) != (ours.answer, ours.asked) or _other_parts(ours, told)
        ]


class _Everything:
    """The end of an example: nothing is done, and all of the state is compared."""

    parts = frozenset(TABLES) | {"queue"}

    def deed(self, play: Play) -> Callable[[Side], object]:
        return lambda side: None

    def __repr__(self) -> str:
        return "at the end"


def tell(side: Side, deed: Callable[[Side], object], parts: frozenset[str]) -> Told:
    """Carry out a call on a side."""
    side.asked.clear()
    answer = outcome(lambda: deed(side))
    asked = () if answer == REFUSED else tuple(side.asked)  # the strict fixture sends nothing
    state = {
        part: side.messages() if part == "queue" else plain(side.items(part))
        for part in sorted(parts)
    }
    return Told(answer, asked, state)


def plain(items: Items) -> dict[tuple[str, str], object]:
    """Items with their numbers as numbers: stand-ins write them in several ways."""
    return {
        key: {name: Decimal(value["N"]) if "N" in value else value for name, value in item.items()}
        for key, item in items.items()
    }


def _other_parts(ours: Told, theirs: Told) -> list[str]:
    """The parts of the state that were looked at on both sides, and differ."""
    both = ours.state.keys() & theirs.state.keys()
    return sorted(part for part in both if ours.state[part] != theirs.state[part])


def _get(mismatch: Mismatch, part: str, place: int) -> object:
    return getattr((mismatch.ours, mismatch.theirs)[place], part)


def _shown(part: str, told: Told, other: Told) -> object:
    """What is shown of one side: of a table, only the items that the other has otherwise."""
    if part in ("answer", "asked"):
        return getattr(told, part)
    shown, known = told.state[part], other.state[part]
    if not (isinstance(shown, dict) and isinstance(known, dict)):
        return shown
    return {key: value for key, value in shown.items() if known.get(key) != value}


def _short(shown: object, most: int = 300) -> str:
    text = repr(shown)
    return text if len(text) <= most else f"{text[:most]} ... ({len(text)} characters)"
