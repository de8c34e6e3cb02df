"""Calls of the stores of officers' profiles and of reports about agents, two of each."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

from chalicelib.domain import misconduct, officer_profile
from chalicelib.domain.assignment import Officer
from chalicelib.domain.errors import TepatError
from chalicelib.domain.evidence import PieceState
from chalicelib.domain.misconduct import Report, Stage
from chalicelib.domain.officer_profile import Profile
from chalicelib.domain.registration import Ref, Stamp, Work
from chalicelib.usecases.ports import Sealed
from tests.builders import REGION, SALT, VILLAGE
from tests.disputing import piece, reported
from tests.faithful.calls import CASES, NOTHING, at

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalicelib.domain.audit import Event
    from tests.faithful import sides
    from tests.faithful.calls import Deed, Play

ADMINS = ("staff:admin-1", "staff:admin-2")
SUPERVISORS = ("supervisor-1", "supervisor-2")
PROFILE_STEPS = ("declare", "ask", "grant", "drop")
REPORT_STEPS = ("assign", "hand_on", "close", "screened")


@dataclass(frozen=True)
class PutProfile:
    """A step of a profile, from the version that somebody knows; the last one again for "again"."""

    number: int
    kind: str
    who: int
    minute: int
    back: int = 0
    parts: ClassVar = CASES

    def deed(self, play: Play) -> Deed:
        first = _declared(_blank(self.number), self.who, at(0))
        if self.kind == "again":
            made, event = play.last(first)
        else:
            there = play.fake.aws.officers.get(first[0].ref)
            known = play.known(there, first, self.back)
            before = known if there or self.back else _blank(self.number)
            made, event = play.took(_told(before, self.kind, self.who, at(self.minute)))
        return lambda side: side.ports.officers.put(made, event)


@dataclass(frozen=True)
class ReadProfiles:
    """Everything that is asked of profiles."""

    what: str
    number: int
    region: str = REGION
    parts: ClassVar = NOTHING

    def deed(self, play: Play) -> Deed:
        del play
        ref, region = replace(_blank(self.number).ref, village=self.region), self.region
        return lambda side: {
            "one": lambda: side.ports.officers.load(ref),
            "officers": lambda: list(side.ports.officers.of_region(region)),
            "profiles": lambda: list(side.ports.officers.profiles(region)),
        }[self.what]()


@dataclass(frozen=True)
class FileReport:
    """A report about an agent is filed, with what was written."""

    number: int
    minute: int
    parts: ClassVar = CASES

    def deed(self, play: Play) -> Deed:
        made, event = play.took(_reported(self.number, self.minute))
        return lambda side: side.ports.reports.create(made, event, _sealed(self.minute))


@dataclass(frozen=True)
class MoveReport:
    """A step of a report, from the version that somebody knows; the last one again for "again".

    One that nobody has filed is filed first, but for those who know an older version.
    """

    number: int
    kind: str
    who: int
    minute: int
    back: int = 0
    parts: ClassVar = CASES

    def deed(self, play: Play) -> Deed:
        first = _reported(self.number, self.minute)
        filed, before = play.begun(play.fake.aws.reports.get(first[0].ref), first, self.back)
        if self.kind == "again":
            made, event = play.last(first)
        else:
            made, event = play.took(_moved(before, self.kind, self.who, at(self.minute)))

        def move(side: sides.Side) -> object:
            reports = side.ports.reports
            done = filed and reports.create(*filed, _sealed(self.minute))
            return done, reports.change(made, event)

        return move


@dataclass(frozen=True)
class ReadReports:
    """Everything that is asked of reports, of one or of several."""

    what: str
    number: int
    limit: int = 9
    region: str = REGION
    parts: ClassVar = NOTHING

    def deed(self, play: Play) -> Deed:
        del play
        refs = [_reported(number, 0)[0].ref for number in range(self.number + 1)]
        region, limit, officer = self.region, self.limit, SUPERVISORS[self.number]
        buckets = ("L#ABCDEFGHJK", "C#1")[: self.number + 1]
        return lambda side: {
            "some": lambda: dict(side.ports.reports.load(refs)),
            "one": lambda: side.ports.reports.read(refs[-1]),
            "look": lambda: side.ports.reports.look(refs[-1] if limit else None, buckets),
            "drawn": lambda: list(side.ports.reports.drawn_for(region, officer, limit)),
            "due": lambda: list(side.ports.store.waiting(Work.REPORT, region, at(9_999), limit)),
        }[self.what]()


def _blank(number: int) -> Profile:
    """A profile of which nothing is told; by account they stand in the other order."""
    ref = Ref(REGION, ("ZZZYAAAAAA", "ZZZYBBBBBB")[number])
    return officer_profile.blank(ref, f"petugas-{2 - number}", SALT)


def _declared(before: Profile, who: int, when: int) -> tuple[Profile, Event]:
    kin = frozenset(bytes([place]) * 16 for place in range(who + 1))
    told = Officer("", frozenset(), person=b"p" * 16, village=VILLAGE, kin_people=kin, kin_at=when)
    return officer_profile.declare(before, told, Stamp(when, ADMINS[who], SALT))


def _told(before: Profile, kind: str, who: int, when: int) -> tuple[Profile, Event]:
    """The step, if it may be taken; else what is told of the officer anew."""
    stamp = Stamp(when, ADMINS[who], SALT)
    roles = frozenset(("reviewer", "agent")[: who + 1])
    steps: dict[str, Callable[[], tuple[Profile, Event]]] = {
        "ask": lambda: officer_profile.ask_roles(before, roles, stamp),
        "grant": lambda: officer_profile.grant_roles(before, stamp),
        "drop": lambda: officer_profile.drop_roles(before, stamp),
        "declare": lambda: _declared(before, who, when),
    }
    try:
        return steps[kind]()
    except TepatError:
        return _declared(before, who, when)


def _reported(number: int, minute: int) -> tuple[Report, Event]:
    """The report of a number as filed."""
    locator = ("W5ABC22222", "W5ABC33333")[number]
    return reported(locator, pieces=number, when=at(minute), due=at(minute + 5))


def _moved(before: Report, kind: str, who: int, when: int) -> tuple[Report, Event]:
    """The step, from where it may be taken; else it is handed on from somebody to nobody."""
    stamp, officer = Stamp(when, "system:conduct_dispute", SALT), SUPERVISORS[who]
    open_now = replace(before, stage=Stage.REVIEW, officer=officer, outcome="")
    own = replace(stamp, actor=f"staff:{officer}")
    seen = replace(piece(0), state=PieceState.RELEASED, pages=1)
    steps: dict[str, Callable[[], Any]] = {
        "assign": lambda: misconduct.assign(
            replace(open_now, officer=""), officer, stamp, due=when + 1
        ),
        "hand_on": lambda: misconduct.hand_on(replace(open_now, passed=()), stamp, due=when + 1),
        "close": lambda: misconduct.close(open_now, "unfounded", own),
        "screened": lambda: misconduct.screened(before, seen, stamp),
    }
    taken: tuple[Report, Event] | None = steps[kind]()
    return taken or misconduct.hand_on(open_now, stamp, due=when + 1)


def _sealed(minute: int) -> Sealed:
    return Sealed(f"written at {minute}".encode(), b"key")
