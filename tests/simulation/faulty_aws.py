"""The world's AWS with faults: each call may be stopped, refused, or carried out unheard.

Every actor runs in a greenlet of its own and hands over before each call, so that any order of
calls can happen. Nothing here is random: `Dice` tells the same for the same seed and name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeVar
from zlib import crc32

from greenlet import getcurrent, greenlet  # type: ignore[import-untyped]

from chalicelib.domain.audit import Event
from chalicelib.domain.errors import Fault, TryAgain
from tests.fakes_memory import FakeAws, sent_again

T = TypeVar("T")

SDK_WAIT_MS = 5_000  # the read timeout after which the SDK asks again


class Crash(BaseException):
    """The process is gone between two of its lines; no `except Exception` may see it."""


class Trouble(StrEnum):
    """What may happen to one call."""

    CRASH_BEFORE = "crash before"
    CRASH_AFTER = "crash after"
    REFUSED = "refused for good"  # throttled until the SDK gives up: nothing was done
    UNHEARD = "done, no answer for good"  # done, but the SDK gives up: told as a refusal
    REPEATED = "done, answer lost, sent again"  # the SDK hears the second answer
    TORN_STATES = "states read last"  # a batch of reads is no snapshot
    TORN_VAULT = "vault read last"
    PARTLY = "done in part, then refused"  # SQS takes some messages of a batch
    SILENT = "no answer"  # of the civil registry: not checked, which is an answer


TORN = (Trouble.TORN_STATES, Trouble.TORN_VAULT)
WRITE_TROUBLES = (
    Trouble.CRASH_BEFORE,
    Trouble.CRASH_AFTER,
    Trouble.REFUSED,
    Trouble.UNHEARD,
    Trouble.REPEATED,
)

TROUBLES: Mapping[str, tuple[Trouble, ...]] = {
    "BatchGetItem": (Trouble.CRASH_BEFORE, Trouble.REFUSED, *TORN),
    "Query": (Trouble.CRASH_BEFORE, Trouble.REFUSED),
    "GetItem": (Trouble.CRASH_BEFORE, Trouble.REFUSED),
    "Decrypt": (Trouble.CRASH_BEFORE, Trouble.REFUSED),
    "GenerateMac": (Trouble.CRASH_BEFORE, Trouble.REFUSED),
    "GetPublicKey": (Trouble.CRASH_BEFORE, Trouble.REFUSED),
    "CivilRegistry": (Trouble.CRASH_BEFORE, Trouble.CRASH_AFTER, Trouble.SILENT),
    "SendMessageBatch": (*WRITE_TROUBLES, Trouble.PARTLY),
}
"""Which faults tell something new: a read that was done and not heard is a read not done."""


def troubles_of(call: str) -> tuple[Trouble, ...]:
    """The faults that may happen to a call."""
    return TROUBLES.get(call, WRITE_TROUBLES)


class Dice:
    """Numbers that depend on a seed and on what they are for, and on nothing else."""

    __slots__ = ("_state",)

    def __init__(self, seed: int, name: str = "") -> None:
        self._state = (seed * 0x9E3779B97F4A7C15 + crc32(name.encode()) * 0xBF58476D1CE4E5B9) & _64

    def below(self, bound: int) -> int:
        """A number from 0 to bound - 1 (splitmix64)."""
        self._state = (self._state + 0x9E3779B97F4A7C15) & _64
        mixed = self._state
        mixed = ((mixed ^ mixed >> 30) * 0xBF58476D1CE4E5B9) & _64
        mixed = ((mixed ^ mixed >> 27) * 0x94D049BB133111EB) & _64
        return ((mixed ^ mixed >> 31) * bound) >> 64

    def chance(self, per_mille: int) -> bool:
        """True so many times in a thousand."""
        return self.below(1000) < per_mille

    def pick(self, among: Any) -> Any:
        """One of a sequence."""
        return among[self.below(len(among))]


_64 = (1 << 64) - 1

Where = tuple[str, int]
"""A call: the name of the run that makes it, and its number in the run."""

Faults = Callable[[str, int, str], Trouble | None]
"""(run, number of its call, name of the call) -> what happens to it."""


def no_faults(_run: str, _number: int, _call: str) -> Trouble | None:
    """A quiet day."""
    return None


def listed(faults: Mapping[Where, Trouble]) -> Faults:
    """Exactly these faults."""
    return lambda run, number, _call: faults.get((run, number))


_RARER = 8


def diced(seed: int, per_mille: int) -> Faults:
    """So many faults in a thousand calls; each depends on its run's name and number only."""

    def fault(run: str, number: int, call: str) -> Trouble | None:
        dice = Dice(seed + number * 7919, run)
        # The sweep and the seal read fifty partitions: as often as this, they would never end.
        if not dice.chance(per_mille // _RARER if call == "Query" else per_mille):
            return None
        found: Trouble = dice.pick(troubles_of(call))
        return found

    return fault


@dataclass(eq=False)
class Run:
    """One run of a handler, in a process of its own.

    Attributes:
        name: unlike that of any other run of the schedule.
        skew_ms: how far the clock of its machine is off.
        trouble: what is happening to the call that it makes just now.
        outcome: what it returned or raised, once it has ended.
    """

    name: str
    work: Callable[[], object]
    skew_ms: int = 0
    calls: list[str] = field(default_factory=list)
    outcome: object = None
    failure: BaseException | None = None
    thread: greenlet | None = None
    trouble: Trouble | None = None

    @property
    def answer(self) -> Any:
        """What it returned; whoever asks knows its kind."""
        return self.outcome

    def go(self) -> None:
        """Work until the end, whatever the end is."""
        try:
            self.outcome = self.work()
        except (Crash, Exception) as error:  # noqa: BLE001 - judged by whoever started the run
            self.failure = error


class EventTable(dict[tuple[str, str], Event]):
    """The ledger by key and by partition, since queries ask for whole partitions.

    Attributes:
        overwritten: entries that were there and were replaced by another.
    """

    def __init__(self, events: Iterable[tuple[tuple[str, str], Event]] = ()) -> None:
        super().__init__()
        self.partitions: dict[str, dict[str, Event]] = {}
        self.overwritten: list[str] = []
        for key, event in events:
            self[key] = event

    def __setitem__(self, key: tuple[str, str], event: Event) -> None:
        if key in self and self[key].hash != event.hash:
            self.overwritten.append(" ".join(key))
        super().__setitem__(key, event)
        self.partitions.setdefault(key[0], {})[key[1]] = event

    def setdefault(self, key: tuple[str, str], event: Event) -> Event:
        """As of any dict, kept in both orders."""
        if key not in self:
            self[key] = event
        return self[key]

    def update(self, events: Mapping[tuple[str, str], Event]) -> None:  # type: ignore[override]
        """As of any dict, kept in both orders."""
        for key, event in events.items():
            self[key] = event

    def pop(self, key: tuple[str, str], default: Any = None) -> Any:
        """As of any dict, from both orders."""
        self.partitions.get(key[0], {}).pop(key[1], None)
        return super().pop(key, default)


@dataclass
class FaultyAws(FakeAws):
    """All that is stored, a clock, and the faults of a schedule.

    Attributes:
        now: true time, ms UTC; runs see it through their own machine's skew.
        fired: the faults that happened, in order.
        met: the same by the name of the call.
        trace: what happened, a line each, for people; None when nobody will read it.
        history: which call was made where; None when nobody will read it.
        meanwhile: (run, number of its call, inside it) -> what others do then.
        at_call: told of each call just before it is carried out.
        call_ms: how long a call takes.
        undisturbed: nobody else works, and nobody begins before the run has ended.
    """

    now: int = 0
    faults: Faults = no_faults
    events: EventTable = field(default_factory=EventTable)
    running: Run | None = None
    fired: dict[Where, Trouble] = field(default_factory=dict)
    met: set[tuple[str, Trouble]] = field(default_factory=set)
    trace: list[str] | None = None
    history: list[tuple[Where, str]] | None = None
    meanwhile: dict[tuple[str, int, bool], Callable[[], None]] = field(default_factory=dict)
    at_call: Callable[[Run, str], None] | None = None
    made: int = 0
    call_ms: int = 7
    undisturbed: bool = False

    def call(self, name: str, do: Callable[[], T]) -> T:
        """Let others go first, then carry out the call with what is to happen to it."""
        run = self.running
        if run is None:
            return do()
        number = len(run.calls)
        run.calls.append(name)
        self.made += 1
        if self.history is not None:
            self.history.append(((run.name, number), name))
        trouble = self.faults(run.name, number, name)
        if trouble is not None:
            self.fired[run.name, number] = trouble
            self.met.add((name, trouble))
        self.hand_over()
        self._others(run.name, number, inside=False)
        if self.trace is not None:
            self.trace.append(f"  {run.name:28} {name}{f'  !! {trouble}' if trouble else ''}")
        self.now += self.call_ms
        if trouble is Trouble.CRASH_BEFORE:
            raise Crash
        if trouble is Trouble.REFUSED:
            raise TryAgain(Fault("busy"))
        if self.at_call is not None:
            self.at_call(run, name)
        if trouble is None:
            return do()
        return self._in_trouble(run, name, trouble, do)

    def _in_trouble(self, run: Run, name: str, trouble: Trouble, do: Callable[[], T]) -> T:
        """Carry out a call that goes wrong afterwards."""
        run.trouble = trouble
        answer = do()
        run.trouble = None
        if trouble is Trouble.CRASH_AFTER:
            raise Crash
        if trouble is Trouble.PARTLY:
            raise TryAgain(Fault("busy"))
        if trouble is Trouble.UNHEARD:
            self.now += SDK_WAIT_MS
            raise TryAgain(Fault("busy"))
        if trouble is not Trouble.REPEATED:
            return answer
        self.now += SDK_WAIT_MS
        self.hand_over()
        return sent_again(name, answer, do)

    def hand_over(self) -> None:
        """Let the other runs make their calls."""
        run = self.running
        if run is not None and run.thread is not None and not self.undisturbed:
            above = getcurrent().parent
            if above is not None:
                above.switch()
                self.running = run

    def tear(self) -> None:
        """Between two items of one batch of reads: others may write here, if it is torn."""
        run = self.running
        if run is not None and run.trouble in TORN:
            self.hand_over()
            self._others(run.name, len(run.calls) - 1, inside=True)

    def _others(self, run: str, number: int, *, inside: bool) -> None:
        """What a plan says that others do at this very moment, once."""
        if self.meanwhile:
            work = self.meanwhile.pop((run, number, inside), None)
            if work is not None:
                work()

    @property
    def trouble(self) -> Trouble | None:
        """What is happening to the call that is being carried out."""
        return None if self.running is None else self.running.trouble


class Machines:
    """Runs at the same time: the dice say whose call comes next.

    So many times in a thousand it is that of the run that made the last one: where one run does
    much while another stands still, more goes wrong than where all go in step.
    """

    def __init__(self, aws: FaultyAws, dice: Dice, sticky: int = 0) -> None:
        self._aws = aws
        self._dice = dice
        self._sticky = sticky
        self._working: list[Run] = []
        self._last: Run | None = None

    @property
    def working(self) -> int:
        """How many runs have not ended."""
        return len(self._working)

    def start(self, run: Run) -> None:
        """Begin a run; it makes no call before its turn."""
        run.thread = greenlet(run.go)
        self._working.append(run)

    def turn(self, *, nobody_begins: bool) -> Run | None:
        """Let one run make its next call; the run, if it has ended by that.

        Args:
            nobody_begins: no other run is to begin; who works alone then goes on to the end.
        """
        run = self._next()
        assert run.thread is not None
        self._aws.running = run
        self._aws.undisturbed = nobody_begins and len(self._working) == 1
        run.thread.switch()
        self._aws.undisturbed = False
        self._aws.running = None
        if not run.thread.dead:
            return None
        self._working.remove(run)
        return run

    def _next(self) -> Run:
        if len(self._working) == 1:
            return self._working[0]
        last = self._last
        if last is None or last not in self._working or not self._dice.chance(self._sticky):
            last = self._working[self._dice.below(len(self._working))]
        self._last = last
        return last

    def alone(self, run: Run) -> Run:
        """Carry out one run from its beginning to its end."""
        self._aws.running = run
        run.go()
        self._aws.running = None
        return run
