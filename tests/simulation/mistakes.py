"""Known mistakes of knowing a request again and of passing work on: the simulator must see each.

Each is the real system with one thing done as it should not be. Others stand beside: of how things
are written, of adopting, of disputes, of ground checks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from chalicelib.domain import receipt
from chalicelib.domain.audit import READ_ID_BYTES, Event, Head, append_read, event_key
from chalicelib.domain.errors import TepatError, TryAgain
from chalicelib.domain.registration import Registration, State, WayIn, Work
from chalicelib.usecases import read_case, register, sweep
from chalicelib.usecases.open_identity import open_identity
from chalicelib.usecases.ports import Message
from chalicelib.usecases.relay import CHECK
from tests.simulation.region import Region
from tests.simulation.region_queue import Letter
from tests.simulation.region_stores import RegionLedger, RegionStore
from tests.simulation.stream import Record
from tests.simulation.write_mistakes import OtherStore

Answer = register.Accepted


# How requests are recognised


class TimeAsIdentity(OtherStore):
    """The receipt is made from the time of the request."""

    def register(self, key: str, *sent: Any, **more: Any) -> Answer:
        return super().register(f"{key}-{self.clock.now_ms()}", *sent, **more)


class ReceiptByChance(OtherStore):
    """The receipt is drawn, not derived from the request's key."""

    def register(self, key: str, *sent: Any, **more: Any) -> Answer:
        return super().register(self.random.take(16).hex(), *sent, **more)


class RetryWithNewId(OtherStore):
    """A write that was refused is tried again as a new request."""

    def register(self, key: str, *sent: Any, **more: Any) -> Answer:
        try:
            return super().register(key, *sent, **more)
        except TryAgain:
            return super().register(f"{key}-2", *sent, **more)


class ErrorKeptAsAnswer(OtherStore):
    """A failure is kept as the answer to a key, and told again for ever."""

    def __init__(self, seed: int = 0) -> None:
        super().__init__(seed)
        self.kept: dict[str, TepatError] = {}

    def register(self, key: str, *sent: Any, **more: Any) -> Answer:
        if key in self.kept:
            raise self.kept[key]
        try:
            return super().register(key, *sent, **more)
        except TepatError as error:
            self.kept[key] = error
            raise


class ExceptionAroundTheClaim(OtherStore):
    """Whatever the store says, the family is shown a receipt."""

    def register(
        self, key: str, body: Mapping[str, Any], way_in: WayIn = WayIn.SELF, actor: str = "citizen"
    ) -> Answer:
        try:
            return super().register(key, body, way_in, actor)
        except Exception:  # noqa: BLE001 - the mistake
            village = self.form_rules().villages[body["village"]]
            paper = receipt.derive(self.index.mac, key, village.index)
            return Answer(paper, self.clock.now_ms(), ())


# How work is passed on


class MessageBesideTheWrite(OtherStore):
    """Whoever registers sends the message too; nobody reads the stream or looks again."""

    def register(self, *sent: Any, **more: Any) -> Answer:
        accepted = super().register(*sent, **more)
        for ref in [ref for ref in self.aws.cases if ref.locator == accepted.receipt.locator]:
            self.queues[CHECK].send([Message(ref, 1)])
        return accepted

    def relay(self, records: Sequence[Record]) -> int:
        return super().relay([each for each in records if each.after is not State.RECEIVED])

    def sweep(self, _looked_at: Sequence[int] | None = None) -> int:
        return _due_only(self)


class BatchAcknowledgedWhole(OtherStore):
    """A batch is done when the function ends, whatever it could not do."""

    def work(self, queue: str, batch: Sequence[Letter]) -> set[int]:
        super().work(queue, batch)
        return set()


class SweepTrustsTheStream(OtherStore):
    """The sweep asks for what waits, and not for what never came."""

    def sweep(self, _looked_at: Sequence[int] | None = None) -> int:
        return _due_only(self)


class ReadBeforeItsEntry(OtherStore):
    """The case is opened, then the look is written down."""

    def read(self, case: Registration, actor: str = "staff:officer-1") -> read_case.OpenCase:
        ports = self.read_ports()
        loaded = self.store.load([case.ref])[case.ref]
        identity = open_identity(loaded, ports.opener) if loaded.case.household else None
        read_case.record_read(
            case.ref.locator,
            actor,
            "queue",
            clock=self.clock,
            random=self.random,
            ledger=self.ledger,
        )
        return read_case.OpenCase(loaded.case, identity, None, None, ())


class NotCheckedPasses(OtherStore):
    """The registry does not answer, and the family goes on as if it had."""

    class Store(RegionStore):
        def _put(self, case: Registration, event: Event, guards: Sequence[str]) -> None:
            if case.state is State.IDENTITY_CHECKING:
                case = replace(case, state=State.MATCHED, waiting=None)
            super()._put(case, event, guards)

    store_of = Store


class ScoredZero(OtherStore):
    """What cannot be computed is scored 0 and decided."""

    def score(self, *messages: Message) -> list[Message]:
        for ref, case in list(self.aws.cases.items()):
            household = case.household
            if case.state is State.MATCHED and household is not None:
                filled = {**self._first_answers(), **household.answers}
                self.aws.cases[ref] = replace(case, household=replace(household, answers=filled))
        return super().score(*messages)

    def _first_answers(self) -> dict[str, int | str]:
        from tests.world import answers

        return answers(self.model)


class ReadsOverwriteEachOther(OtherStore):
    """Two windows of one officer write to one place in the chain."""

    class Ledger(RegionLedger):
        def put_read(self, event: Event) -> bool:
            events, run = self.aws.events, self.aws.running
            self.aws.call("PutItem", lambda: events.__setitem__(event_key(event), event))
            if run is not None:
                self.aws.entries[run.name] = event_key(event), event.hash
            return True

    def make_ledger(self) -> RegionLedger:
        return self.Ledger(self.aws)


class LooksWithoutAnId(OtherStore):
    """A look is known by officer, case and millisecond alone, so two windows make one entry."""

    class Ledger(RegionLedger):
        def put_read(self, event: Event) -> bool:
            head = Head(event.seq - 1, event.prev, event.prev_at)
            same, _ = append_read(
                head,
                at=event.at,
                actor=event.actor,
                ref=str(event.ref),
                reason=str(event.reason),
                own_id=bytes(READ_ID_BYTES),
            )
            return super().put_read(same)

    def make_ledger(self) -> RegionLedger:
        return self.Ledger(self.aws)


def _due_only(region: Region) -> int:
    ports = sweep.Ports(
        region.clock, region.store, region.ledger, region.queues, "3510", region.village_of
    )
    now = region.clock.now_ms()
    due = [Message(ref, 0) for ref in ports.store.waiting(Work.CHECK, "3510", now, 5_000)]
    if due:
        region.queues[CHECK].send(due)
    return len(due)


MISTAKES: tuple[type[Region], ...] = (
    TimeAsIdentity,
    ReceiptByChance,
    RetryWithNewId,
    ErrorKeptAsAnswer,
    ExceptionAroundTheClaim,
    MessageBesideTheWrite,
    BatchAcknowledgedWhole,
    SweepTrustsTheStream,
    ReadBeforeItsEntry,
    NotCheckedPasses,
    ScoredZero,
    ReadsOverwriteEachOther,
    LooksWithoutAnId,
)
