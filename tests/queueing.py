"""Disputes in the queues of a desk, stored as they come to be there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from chalicelib import wiring
from chalicelib.domain import adjudication, dispute, hearing
from chalicelib.domain.dispute import Dispute, Kind
from chalicelib.domain.registration import Ref, Stamp
from tests.builders import VILLAGE
from tests.desk import Desk
from tests.disputing import DAY, blank, statements

VILLAGES = (VILLAGE, "3510012001")
Make = Callable[..., Dispute]


def maker() -> Make:
    """What stores a dispute that waits for an officer, drawn for somebody or nobody."""

    def made(
        officer: str = "",
        *,
        days: int = 0,
        village: str = VILLAGES[0],
        kind: Kind = Kind.APPEAL,
        concerns: tuple[str, ...] = (),
        level: int = 0,
        region: str = "",
    ) -> Dispute:
        number = len(numbers)
        at = wiring.clock.now_ms() - days * DAY
        there = blank(kind, key=f"queued-{number}", place=1 + number % 9)
        place = wiring.villages()[VILLAGE].index
        locator = dispute.locator_of(wiring.index().mac, f"queued {number}", place)
        there = replace(there, ref=Ref(region or village, locator))
        there, event = hearing.file(there, stamp(there, at), due=at + DAY)
        assert wiring.disputes().create(there, event, statements(there)) is None
        step = hearing.to_review(there, stamp(there, at), due=at + 5 * DAY, concerns=concerns)
        there = stored(step)
        if level:
            there = stored(adjudication.escalate(there, level, stamp(there, at), due=at + 9 * DAY))
        if officer:
            there = stored(adjudication.assign(there, officer, stamp(there, at), level=level))
        numbers.append(there.ref.locator)
        return there

    numbers: list[str] = []
    return made


def stamp(there: Dispute, at: int) -> Stamp:
    """Of a machine, at a time."""
    return Stamp(at, "system:tests", there.salt)


def stored(step: tuple[Dispute, Any]) -> Dispute:
    """Store a step."""
    assert wiring.disputes().change(*step) is None
    return step[0]


def picking(*disputes: Dispute, **fields: str) -> dict[str, str]:
    """What a supervisor sends who has ticked disputes."""
    picks = {f"pick_{there.ref.locator}": str(there.version) for there in disputes}
    return picks | {"reason": "officer_away"} | fields


def now(there: Dispute) -> Dispute:
    """A dispute as it stands."""
    return wiring.disputes().load([there.ref])[there.ref]


def shown(desk: Desk, address: str, *disputes: Dispute) -> list[bool]:
    """Which disputes stand on a page."""
    code, body, _ = desk.get(address)
    assert code == 200
    return [there.ref.locator in body for there in disputes]
