"""Calls of the store of disputes: an appeal and two objections of one person, which meet."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

from chalicelib.domain import dispute, registration, reopening
from chalicelib.domain.audit import Act
from chalicelib.domain.cluster_index import Row
from chalicelib.domain.dispute import Dispute, Kind, Outcome, Stage, Vote
from chalicelib.domain.errors import TepatError
from chalicelib.domain.registration import Ref, Work
from chalicelib.usecases.dispute_ports import Slot, held_slot
from tests import builders
from tests.builders import REGION, VILLAGE, build
from tests.dispute_life import FAMILY, PEOPLE, REASON, Life
from tests.dispute_life import step as try_step
from tests.disputing import OTHER, PERSON, filed, slot, statement, statements
from tests.faithful.calls import CASES, NOTHING, at

if TYPE_CHECKING:
    from chalicelib.domain.audit import Event
    from chalicelib.usecases.dispute_ports import CaseStep
    from tests.faithful.calls import Deed, Play
    from tests.faithful.sides import Side

DISPUTES = 3  # the first is an appeal of the family of the first request
STEPS = {
    "add": Stage.FILED,
    "screened": Stage.FILED,
    "link": Stage.FILED,
    "hear": Stage.FILED,
    "answer": Stage.HEARING,
    "to_review": Stage.FILED,
    "assign": Stage.REVIEW,
    "nobody": Stage.REVIEW,
    "escalate": Stage.REVIEW,
    "redraw": Stage.REVIEW,
    "visit": Stage.REVIEW,
    "recommend": Stage.REVIEW,
    "decide": Stage.RECOMMENDED,
    "withdraw": Stage.FILED,
}
"""Steps, and a stage from which each can be taken: the stores do not ask how it came there."""


@dataclass(frozen=True)
class FileDispute:
    """A dispute is filed, with its claim; with the case that knows of it, and with a place."""

    number: int
    minute: int
    place: int = 1
    case: bool = False
    held: bool = True
    parts: ClassVar = CASES

    def deed(self, play: Play) -> Deed:
        made, event = play.took(_filed(play, self.number, self.place, self.minute))
        case = case_step(play, made.ref.locator, self.minute) if self.case else None
        place = slot(made) if self.held and made.place else None
        written = statements(made)
        return lambda side: side.ports.disputes.create(made, event, written, case=case, slot=place)


@dataclass(frozen=True)
class MoveDispute:
    """A step of a dispute, from the version that somebody knows, with what may go with it.

    One that nobody has filed is filed first, but for those who know an older version.
    """

    number: int
    kind: str
    who: int
    minute: int
    back: int = 0
    written: str = ""
    case: bool = False
    place: int = 0
    parts: ClassVar = CASES

    def deed(self, play: Play) -> Deed:
        first, before = _before(play, self.number, self.minute, self.back)
        made, event = play.took(_moved(before, self.kind, self.who, self.minute))
        told = statement(made, self.written) if self.written else None
        case = case_step(play, made.ref.locator, self.minute) if self.case else None
        given = _given_up(made, self.place)

        def move(side: Side) -> object:
            ports = side.ports
            done = first and ports.disputes.create(*first, statements(first[0]))
            moved = ports.disputes.change(made, event, statement=told, case=case, gives_up=given)
            return done, moved

        return move


@dataclass(frozen=True)
class DisputeAgain:
    """The last step of a dispute once more, whatever it was."""

    number: int
    parts: ClassVar = CASES

    def deed(self, play: Play) -> Deed:
        made, event = play.last(_filed(play, self.number, 1, 0))
        return lambda side: side.ports.disputes.change(made, event)


@dataclass(frozen=True)
class ForgetDispute:
    """A step that deletes what was written; filed first, as for `MoveDispute`."""

    number: int
    minute: int
    gone: tuple[str, ...]
    back: int = 0
    place: int = 0
    parts: ClassVar = CASES

    def deed(self, play: Play) -> Deed:
        first, before = _before(play, self.number, self.minute, self.back)
        made, event = play.took(_plain_step(before, self.minute))
        given = _given_up(made, self.place)

        def forget(side: Side) -> object:
            disputes = side.ports.disputes
            done = first and disputes.create(*first, statements(first[0]))
            return done, disputes.forget(made, event, self.gone, gives_up=given)

        return forget


@dataclass(frozen=True)
class ReadDisputes:
    """Everything that is asked of disputes, of one or of several."""

    what: str
    number: int
    limit: int = 9
    region: str = REGION
    parts: ClassVar = NOTHING

    def deed(self, play: Play) -> Deed:
        refs = [dispute_ref(play, number) for number in range(self.number + 1)]
        cases = [play.family(0).case.ref, Ref(VILLAGE, "5ABC999999")][: self.number + 1]
        region, limit = self.region, self.limit
        officer = ("officer-1", OTHER, "")[self.number]
        return lambda side: {
            "some": lambda: dict(side.ports.disputes.load(refs)),
            "one": lambda: side.ports.disputes.read(refs[-1]),
            "judges": lambda: dict(side.ports.disputes.judges(cases)),
            "slots": lambda: list(side.ports.disputes.slots(PERSON)),
            "candidates": lambda: list(side.ports.disputes.candidates(VILLAGE)),
            "drawn": lambda: list(side.ports.disputes.drawn_for(region, officer, limit)),
            "due": lambda: list(
                side.ports.store.waiting(Work.DISPUTE, region, at(2_000 + number_of(limit)), limit)
            ),
        }[self.what]()


@dataclass(frozen=True)
class NameFamilies:
    """Families whose heads have tags of their names, ended or not; then they are looked for."""

    ended: tuple[bool, ...]
    minute: int
    parts: ClassVar = CASES

    def deed(self, play: Play) -> Deed:
        del play
        sent = [build(f"named {place}", count=1) for place in range(len(self.ended))]
        named = [replace(each.case, names=bytes([place]) * 6) for place, each in enumerate(sent)]
        when = builders.stamp(at(self.minute))
        gone = [
            registration.withdraw(case, b"w" * 16, when)
            for case, ended in zip(named, self.ended, strict=True)
            if ended
        ]

        def find(side: Side) -> object:
            store = side.ports.store
            made = [
                store.create(case, each.vault, each.event, ())
                for case, each in zip(named, sent, strict=True)
            ]
            left = [store.change(case, event) for case, event in gone]
            return made, left, list(side.ports.disputes.candidates(VILLAGE))

        return find


@dataclass(frozen=True)
class KeepTraces:
    """Rows by which objections meet: (name, locator, what is told, until)."""

    rows: tuple[tuple[int, int, int], ...]
    until: int
    parts: ClassVar = frozenset({"ops"})

    def deed(self, play: Play) -> Deed:
        del play
        rows = [
            Row(trace_name(name), f"9K3G00000{own}", f"told {told}", at(self.until))
            for name, own, told in self.rows
        ]
        return lambda side: side.ports.traces.keep(rows)


@dataclass(frozen=True)
class FindTraces:
    """What is told under some names."""

    names: tuple[int, ...]
    parts: ClassVar = NOTHING

    def deed(self, play: Play) -> Deed:
        del play
        names = list(map(trace_name, self.names))
        return lambda side: {
            name: sorted(rows) for name, rows in side.ports.traces.found(names).items()
        }


def trace_name(number: int) -> str:
    """A name of rows."""
    return f"{number:02x}" * 12


def case_step(play: Play, locator: str, minute: int) -> CaseStep:
    """The first family's case becomes one that knows of a dispute, or another one if it cannot."""
    case, when = play.case(0, 0), builders.stamp(at(minute))
    try:
        return reopening.disputed(case, locator, when)
    except TepatError:
        return builders.unanswered(play.family(0).case, at(minute), at(minute))


def number_of(limit: int) -> int:
    """Minutes until which work is asked for: all of it, or that of the first day."""
    return 10_000 if limit > 1 else 0


def _filed(play: Play, number: int, place: int, minute: int) -> tuple[Dispute, Event]:
    """The dispute of a number as filed; its key names it, so that it is the same each time."""
    about = "" if number else play.family(0).case.ref.locator
    kind = Kind.OBJECTION if number else Kind.APPEAL
    made, event = filed(
        kind, about, key=f"dispute {number}", when=at(minute), place=place, pieces=number
    )
    return (replace(made, attribute="vehicle") if not number else made), event


def _before(
    play: Play, number: int, minute: int, back: int
) -> tuple[tuple[Dispute, Event] | None, Dispute]:
    """The dispute as filed, if it is filed now, and as somebody knows it."""
    first = _filed(play, number, 1, minute)
    return play.begun(play.fake.aws.disputes.get(first[0].ref), first, back)


def dispute_ref(play: Play, number: int) -> Ref:
    """The dispute of a number."""
    return _filed(play, number, 1, 0)[0].ref


def _moved(before: Dispute, kind: str, who: int, minute: int) -> tuple[Dispute, Event]:
    """The step, from where it may be taken; else one that changes nothing but the version."""
    outcome, when = (Outcome.UPHELD, Outcome.REJECTED)[who % 2], at(minute)
    first = Vote(f"staff:{PEOPLE[who - 1]}", Outcome.UPHELD, REASON, when)
    needed = {
        "hear": {"about": FAMILY, "answer_by": 0},
        "answer": {"answer_by": when, "answered_at": 0},
        "recommend": {"officer": PEOPLE[who], "answer_by": when},
        "decide": {"officer": PEOPLE[who], "answer_by": when, "votes": (first,)},
        "visit": {"officer": PEOPLE[who], "about": FAMILY},
    }
    ready = replace(before, stage=STEPS[kind], **needed.get(kind, {}))
    try:
        taken = try_step(Life(ready, time=when), kind, who, outcome, minute)
    except (TepatError, ValueError):
        taken = None
    return taken or _plain_step(before, minute)


def dispute_step(play: Play, number: int, kind: str, minute: int) -> tuple[Dispute, Event]:
    """A step of a dispute as it stands, that is written with something else."""
    first = _filed(play, number, 1, 0)
    before = play.known(play.fake.aws.disputes.get(first[0].ref), first, 0)
    return play.took(_moved(before, kind, 0, minute))


def _plain_step(before: Dispute, minute: int) -> tuple[Dispute, Event]:
    stamp = builders.stamp(at(minute))
    return dispute.step(before, before.stage, Act.SCREENED, stamp, {"minute": minute})


def _given_up(made: Dispute, place: int) -> Slot | None:
    """The place that it holds, or another one of the person."""
    if not place:
        return None
    return held_slot(made) if place == made.place else Slot(PERSON, place, made.ref, b"")
