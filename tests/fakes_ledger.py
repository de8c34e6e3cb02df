"""The ledger in memory: one call of AWS for each that its adapter makes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial

from chalicelib.domain.audit import (
    READS,
    Event,
    Head,
    day_partitions,
    event_key,
    first_head,
    key_of,
    read_chain,
)
from chalicelib.domain.day_seal import DaySeal
from chalicelib.domain.registration import State
from tests.fakes_memory import FakeAws
from tests.fakes_refusals import check_event, check_key, refused


@dataclass
class FakeLedger:
    """The ledger in memory, for readers, sealer and exporter."""

    aws: FakeAws = field(default_factory=FakeAws)

    def last_read(self, actor: str, day: str) -> Head:
        def read() -> Head:
            chain = read_chain(actor, day)
            own = [event for event in self._partition(f"{day}#{READS}") if event.chain == chain]
            return Head(own[-1].seq, own[-1].hash, own[-1].at) if own else first_head(chain)

        return self.aws.call("Query", read)

    def put_read(self, event: Event) -> bool:
        def write() -> Event:
            check_event("PutItem", event)
            return self.aws.events.setdefault(event_key(event), event)

        return self.aws.call("PutItem", write).hash == event.hash

    def reads_of(self, locator: str, limit: int) -> Sequence[Event]:
        def read() -> list[Event]:
            check_key("Query", ref=locator)
            if limit < 1:
                raise refused("Query", "a limit is 1 or more")
            return list(self.aws.events.values())

        events = self.aws.call("Query", read)
        found = [event for event in events if event.ref == locator]
        return sorted(found, key=lambda event: (event.at, event.seq), reverse=True)[:limit]

    def last_states(self, day: str) -> Iterator[tuple[str, State, int]]:
        for pk in day_partitions(day)[:-1]:
            moved = self.aws.call("Query", partial(self._partition, pk))
            if moved:
                last = {event.chain: event for event in moved if event.to_state is not None}
                for locator, event in last.items():
                    yield locator, State(str(event.to_state)), event.at

    def day_hashes(self, day: str) -> Iterator[bytes]:
        return (event.hash for event in self.day_events(day))

    def last_seal(self) -> DaySeal | None:
        days = self.aws.sealed_days
        return self.aws.call("Query", lambda: days[max(days)] if days else None)

    def put_seal(self, seal: DaySeal) -> DaySeal:
        return self.aws.call("PutItem", lambda: self.aws.sealed_days.setdefault(seal.day, seal))

    def seals(self) -> Iterator[DaySeal]:
        days = self.aws.sealed_days
        return iter(self.aws.call("Query", lambda: [days[day] for day in sorted(days)]))

    def day_events(self, day: str) -> Iterator[Event]:
        for pk in day_partitions(day):
            yield from self.aws.call("Query", lambda: self._partition(pk))  # noqa: B023 - runs at once

    def event(self, chain: str, at: int, seq: int) -> Event | None:
        return self.aws.call("GetItem", lambda: self.aws.events.get(key_of(chain, at, seq)))

    def _partition(self, pk: str) -> list[Event]:
        return [event for key, event in sorted(self.aws.events.items()) if key[0] == pk]
