"""Open who objected: by right, with a reason, in the ledger first, counted, and shown once.

The right is a region administrator's, who is drawn for no dispute: no officer who may have to
judge it learns who objected (product, objections). In this order: whoever judges it or is close to
the matter is refused; one of the person's openings of the day is taken; the opening with its
reason is written into the dispute and its chain; the read is written to the reader's own chain;
then the sealed part is read and opened. If any of it is refused, nothing is opened.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from chalicelib.domain import adjudication, assignment, audit
from chalicelib.domain.assignment import Judges, Officer
from chalicelib.domain.dispute import Dispute, Opening
from chalicelib.domain.errors import Fault, NotAllowed, NotFound, TooMany, WrongState
from chalicelib.domain.registration import Ref, Stamp
from chalicelib.usecases import filing
from chalicelib.usecases.check_ports import FirstEvents
from chalicelib.usecases.dispute_ports import FILER, Disputes
from chalicelib.usecases.interests import decided_since, interests_of
from chalicelib.usecases.ports import (
    CaseStore,
    Clock,
    Limits,
    Opener,
    Randomness,
    ReadLedger,
    Sealed,
    Sealer,
)
from chalicelib.usecases.read_case import record_read

REASONS: Final = ("court_order", "police_request", "threatened", "abuse")
PER_DAY: Final = 3
"""Openings of one person in a day: enough for a court's letter, too few to go through a list."""
NOTE: Final = "opening"
_KEPT_DAYS: Final = 2


@dataclass(frozen=True, slots=True)
class Ports:
    """What opening needs.

    Attributes:
        first: to learn who registered the family.
        officers: profiles of the region; who is not among them may open nothing.
    """

    clock: Clock
    random: Randomness
    sealer: Sealer
    opener: Opener
    store: CaseStore
    disputes: Disputes
    ledger: ReadLedger
    first: FirstEvents
    limits: Limits
    officers: Callable[[], Sequence[Officer]]
    terms: filing.Terms


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked for.

    Attributes:
        reason: one of REASONS.
        note: why, in words; kept sealed beside the opening.
    """

    ref: Ref
    actor: str
    reason: str
    note: str


@dataclass(frozen=True, slots=True)
class Objector:
    """Who objected.

    Attributes:
        openings: each that was made, this one last, with what was written beside it.
    """

    name: str
    nik: str
    openings: Sequence[tuple[Opening, str]]


def open_objector(asked: Asked, ports: Ports) -> Objector:
    """Open who objected.

    Raises:
        NotFound: there is no such dispute.
        WrongState: nobody objected; or it changed meanwhile.
        NotAllowed: by who judges it, or who may be close to the matter.
        TooMany: the person has opened as many today as may be.
        TryAgain: a service refused for now. It may be counted by then; nothing was opened.
    """
    there = ports.disputes.load([asked.ref]).get(asked.ref)
    if there is None:
        raise NotFound(Fault("dispute_unknown", "number"))
    now = ports.clock.now_ms()
    stamp = Stamp(now, asked.actor, there.salt)
    number = len(there.openings) + 1
    sealed = ports.sealer.seal(asked.note.encode(), f"{asked.ref.locator}|{NOTE}|{number}")
    opening = Opening(asked.actor, asked.reason, now, sealed.blob, sealed.wrapped_key)
    moved, event = adjudication.open_objector(there, opening, stamp)
    _refuse_who_is_close(there, asked.actor, now, ports)
    _take_one(asked.actor, now, ports)
    if ports.disputes.change(moved, event) is not None:
        raise WrongState(Fault("dispute_changed"))
    record_read(
        asked.ref.locator,
        asked.actor,
        f"objector_{asked.reason}",
        clock=ports.clock,
        random=ports.random,
        ledger=ports.ledger,
    )
    return _open(asked.ref, ports)


def _refuse_who_is_close(there: Dispute, actor: str, now: int, ports: Ports) -> None:
    subject = actor.partition(":")[2]
    officer = next((each for each in ports.officers() if each.sub == subject), None)
    if officer is None:
        raise NotAllowed(Fault("objector_profile"))
    loaded = ports.store.load([there.case]).get(there.case) if there.case else None
    others: Mapping[Ref, Dispute] = {}
    agent = ""
    judges: Mapping[Ref, Judges] = {}
    if loaded is not None:
        case = loaded.case
        others = ports.disputes.load([Ref(case.ref.village, each) for each in case.disputes])
        first = ports.first.event(case.ref.locator, case.steps[0].at, 1)
        agent = first.actor.partition("agent:")[2] if first else ""
        judges = ports.disputes.judges([case.ref])
    since = decided_since(now, ports.terms.today(now))
    judged = frozenset[str]().union(*(each.of_late(since) for each in judges.values()))
    interests = interests_of(there, loaded, others.values(), agent, since, judged=judged)
    close = assignment.conflicts(officer, interests) - {"acted_before"}
    if close:
        raise NotAllowed(Fault("objector_close"))


def _take_one(actor: str, now: int, ports: Ports) -> None:
    right = f"objector#{actor}#{audit.day_of(now)}"
    if not ports.limits.take(right, PER_DAY, now + _KEPT_DAYS * audit.DAY_MS):
        rest = (audit.DAY_MS - now % audit.DAY_MS) // 1000
        raise TooMany(Fault("objector_too_often", params={"most": PER_DAY}), retry_after=rest)


def _open(ref: Ref, ports: Ports) -> Objector:
    opened = ports.disputes.read(ref)
    sealed = opened.statements.get(FILER) if opened else None
    if opened is None or sealed is None:
        raise NotFound(Fault("objector_gone"))
    told = json.loads(ports.opener.open(sealed, f"{ref.locator}|{FILER}"))
    openings = opened.dispute.openings
    return Objector(
        told["name"],
        told["nik"],
        [(each, _note(ref, each, place, ports.opener)) for place, each in enumerate(openings, 1)],
    )


def _note(ref: Ref, opening: Opening, place: int, opener: Opener) -> str:
    if not opening.key:
        return ""
    sealed = Sealed(opening.note, opening.key)
    return opener.open(sealed, f"{ref.locator}|{NOTE}|{place}").decode()
