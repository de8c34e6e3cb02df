"""The calls that are made on every side: plain small values, so that a person can read them.

A call says what it does through `deed`, which reads the example so far and gives one function for
all sides. `parts` are the parts of the state that it may change.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Protocol, TypeVar

from chalicelib.domain import audit, registration
from chalicelib.domain.audit import Event
from chalicelib.domain.registration import Ref, Registration, Work
from chalicelib.usecases.ports import InForce
from tests import builders
from tests.builders import MINUTE, REGION, VILLAGE, Built, build, stamp
from tests.faithful.sides import FakeSide, Side
from tests.fakes import START

Deed = Callable[[Side], object]
T = TypeVar("T")

REQUESTS = 4
CASES = frozenset({"registry", "vault", "ledger"})
NOTHING: frozenset[str] = frozenset()
DAYS = (audit.day_of(START), audit.day_after(audit.day_of(START)))
NOWHERE = Ref(VILLAGE, "ABCDEFGHJK")
ADOPTED = InForce(1, "a" * 64, "b" * 64, tuple((score, "c" * 32) for score in range(9)), bytes(32))


class Long(str):
    """A text repeated, which prints as what it is made of."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"{self[:1]!r} * {len(self)}"


class Zeros(bytes):
    """So many zero bytes, which print as their number."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"bytes({len(self)})"


class Call(Protocol):
    """One call of a port, or a few that belong together."""

    @property
    def parts(self) -> frozenset[str]:
        """The parts of the state that it may change."""
        ...

    def deed(self, play: Play) -> Deed:
        """What is done on each side."""
        ...


@dataclass
class Play:
    """The example so far.

    Attributes:
        fake: says what stands now, for calls that follow it.
        built: request -> the family as last sent.
        made: request -> every version of its case that was ever made, stored or not.
        steps: of what else has a chain: its locator -> every step that was ever made.
    """

    fake: FakeSide
    built: dict[int, Built] = field(default_factory=dict)
    made: dict[int, list[Registration]] = field(default_factory=dict)
    steps: dict[str, list[tuple[Any, Event]]] = field(default_factory=dict)

    def family(self, request: int) -> Built:
        """The family of a request, as last sent."""
        if request not in self.built:
            self.send(request, build(f"request {request}", family=request, count=2))
        return self.built[request]

    def send(self, request: int, built: Built) -> None:
        """Remember what a request sends now."""
        self.built[request] = built
        self.made.setdefault(request, []).append(built.case)

    def case(self, request: int, version: int) -> Registration:
        """A case as somebody knows it: 0 as it stands, 1 as last made, 2 as it was before that."""
        first = self.family(request).case
        stands = self.fake.aws.cases.get(first.ref)
        if version == 0 and stands is not None:
            return stands
        made = self.made[request]
        return made[max(0, len(made) - max(version, 1))]

    def moved(self, request: int, case: Registration) -> None:
        """Remember a version."""
        self.made[request].append(case)

    def known(self, stands: T | None, first: tuple[T, Event], back: int) -> T:
        """Something as somebody knows it: 0 as it stands, 1 as last made, 2 as it was before."""
        if back == 0 and stands is not None:
            return stands
        made: list[tuple[T, Event]] = self.steps.get(_locator(first[0]), [first])
        return made[max(0, len(made) - max(back, 1))][0]

    def begun(
        self, stands: T | None, first: tuple[T, Event], back: int
    ) -> tuple[tuple[T, Event] | None, T]:
        """The first step if it has to be taken now, and what is known then.

        It has to where nothing stands yet, but for those who know an older version.
        """
        began = self.took(first) if stands is None and not back else None
        return began, self.known(stands, first, back)

    def took(self, step: tuple[T, Event]) -> tuple[T, Event]:
        """Remember a step."""
        self.steps.setdefault(_locator(step[0]), []).append(step)
        return step

    def last(self, first: tuple[T, Event]) -> tuple[T, Event]:
        """The step that was last made."""
        made: list[tuple[T, Event]] = self.steps.get(_locator(first[0]), [first])
        return made[-1]


def _locator(thing: Any) -> str:
    return str(thing.ref.locator)


def at(minute: int) -> int:
    """A time, ms."""
    return START + minute * MINUTE


@dataclass(frozen=True)
class Register:
    """A request is sent; `members` and `family` say which guards it claims."""

    request: int
    family: int
    members: int
    minute: int
    guards: str = "all"
    parts: ClassVar = CASES

    def deed(self, play: Play) -> Deed:
        sent = build(
            f"request {self.request}",
            family=self.family,
            count=self.members,
            at=at(self.minute),
        )
        play.send(self.request, sent)
        guards = {"all": sent.guards, "none": (), "one": sent.guards[:1]}[self.guards]
        return lambda side: side.ports.store.create(sent.case, sent.vault, sent.event, guards)


@dataclass(frozen=True)
class Move:
    """A worker or the family moves a case on, from the version that it knows."""

    request: int
    kind: str
    minute: int
    version: int = 0
    parts: ClassVar = CASES

    def deed(self, play: Play) -> Deed:
        case, event = self._moved(_living(play, self.request, self.version))
        play.moved(self.request, case)
        return lambda side: side.ports.store.change(case, event)

    def _moved(self, case: Registration) -> tuple[Registration, Event]:
        if self.kind == "checked":
            return builders.checked(case, at(self.minute))
        if self.kind == "unanswered":
            return builders.unanswered(case, at(self.minute % 5), at(self.minute))
        if self.kind == "decided":
            return builders.decided(case, at(self.minute))
        return registration.withdraw(case, b"w" * 16, stamp(at(self.minute)))


@dataclass(frozen=True)
class Again:
    """The last change of a case once more, as a client or a queue repeats it."""

    request: int
    parts: ClassVar = CASES

    def deed(self, play: Play) -> Deed:
        case = play.case(self.request, 1)
        event = play.fake.aws.events.get(
            audit.key_of(case.ref.locator, case.head.at, case.head.seq)
        )
        if event is None:
            event = play.family(self.request).event
        return lambda side: side.ports.store.change(case, event)


@dataclass(frozen=True)
class Correct:
    """A correction, with a vault item and `guards` of the guards of another family."""

    request: int
    other: int
    guards: int
    minute: int
    version: int = 0
    parts: ClassVar = CASES

    def deed(self, play: Play) -> Deed:
        before = _living(play, self.request, self.version)
        case, event = builders.corrected(before, at(self.minute))
        other = play.family(self.other)
        play.moved(self.request, case)
        guards = other.guards[: self.guards]
        return lambda side: side.ports.store.change(case, event, vault=other.vault, guards=guards)


@dataclass(frozen=True)
class End:
    """A case is released or erased, with its own guards and those of another family."""

    request: int
    other: int
    erase: bool
    minute: int
    version: int = 0
    parts: ClassVar = CASES

    def deed(self, play: Play) -> Deed:
        before, when = play.case(self.request, self.version), stamp(at(self.minute))
        own, others = play.family(self.request).guards, play.family(self.other).guards
        guards = tuple(dict.fromkeys((others[0], *own, *others[2:])))
        if self.erase:
            case, event = registration.erase(before, when, "asked")
            play.moved(self.request, case)
            return lambda side: side.ports.store.erase(case, event, guards)
        case, event = registration.release_guards(before, when)
        play.moved(self.request, case)
        return lambda side: side.ports.store.release(case, event, guards)


@dataclass(frozen=True)
class Load:
    """Cases are read; a negative number is a case that nobody has."""

    requests: Sequence[int]
    region: str | None = None
    parts: ClassVar = NOTHING

    def deed(self, play: Play) -> Deed:
        refs = [play.family(n).case.ref if n >= 0 else _unknown(n) for n in self.requests]
        region = self.region
        if region is None:
            return lambda side: dict(side.ports.store.load(refs))
        return lambda side: side.ports.store.load_for_scoring(refs, region)


@dataclass(frozen=True)
class Look:
    """The status page's one call."""

    request: int | None
    buckets: Sequence[str]
    region: str = REGION
    parts: ClassVar = NOTHING

    def deed(self, play: Play) -> Deed:
        ref = None if self.request is None else play.family(self.request).case.ref
        return lambda side: side.ports.store.look(ref, self.buckets, self.region)


@dataclass(frozen=True)
class HolderOf:
    """Who holds a guard of a family, or a guard of this name."""

    guard: int | str
    request: int = 0
    parts: ClassVar = NOTHING

    def deed(self, play: Play) -> Deed:
        guards, guard = play.family(self.request).guards, self.guard
        name = guard if isinstance(guard, str) else guards[guard % len(guards)]
        return lambda side: side.ports.store.holder(name)


@dataclass(frozen=True)
class WaitingFor:
    """Work that is due."""

    work: Work
    region: str
    minute: int
    limit: int
    parts: ClassVar = NOTHING

    def deed(self, play: Play) -> Deed:
        asked = self.work, self.region, at(self.minute), self.limit
        return lambda side: list(side.ports.store.waiting(*asked))


@dataclass(frozen=True)
class WaitTogether:
    """Families whose check was not answered, due at these minutes; then what waits is asked."""

    minutes: tuple[int, ...]
    region: str
    until: int
    limit: int
    parts: ClassVar = CASES

    def deed(self, play: Play) -> Deed:
        sent = [build(f"waits {place}", count=1) for place in range(len(self.minutes))]
        moved = [
            builders.unanswered(each.case, at(minute))
            for each, minute in zip(sent, self.minutes, strict=True)
        ]

        def wait(side: Side) -> object:
            store = side.ports.store
            created = [store.create(each.case, each.vault, each.event, ()) for each in sent]
            changed = [store.change(case, event) for case, event in moved]
            asked = Work.CHECK, self.region, at(self.until), self.limit
            return created, changed, list(store.waiting(*asked))

        return wait


@dataclass(frozen=True)
class Heads:
    """The ends of all chains."""

    parts: ClassVar = NOTHING

    def deed(self, play: Play) -> Deed:
        return lambda side: list(side.ports.store.heads())


@dataclass(frozen=True)
class Adopted:
    """What a region has adopted stands there."""

    region: str
    parts: ClassVar = frozenset({"registry"})

    def deed(self, play: Play) -> Deed:
        def publish(side: Side) -> None:
            side.ports.adopted(self.region, ADOPTED)
            side.asked.clear()  # `Proposals` writes it beside a proposal; here it only stands there

        return publish


def _living(play: Play, request: int, version: int) -> Registration:
    """A version that still has its household, as those have that are checked or corrected."""
    case = play.case(request, version)
    return case if case.household is not None else play.family(request).case


def _unknown(number: int) -> Ref:
    return replace(NOWHERE, locator=f"{NOWHERE.locator[:8]}{-number:02}")
