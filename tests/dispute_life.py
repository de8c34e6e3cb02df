"""A dispute's life step by step, as tests take it: what is tried, by whom, and what came of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from chalicelib.domain import adjudication, audit, hearing
from chalicelib.domain.audit import Act, Event, event_key
from chalicelib.domain.dispute import (
    ENDED,
    UNCLEAR,
    UNPROVEN,
    Dispute,
    Kind,
    Outcome,
    Reached,
    Side,
    Stage,
    Vote,
)
from chalicelib.domain.errors import InvalidRequest, NotAllowed, WrongState
from chalicelib.domain.evidence import PieceState
from chalicelib.domain.registration import Stamp
from chalicelib.usecases.export_ledger import Ports, export_ledger
from modelling.audit_verify import verify
from tests.builders import MINUTE, REGION
from tests.disputing import DAY, OFFICER, OTHER, THIRD, exhibits, filed, piece
from tests.fakes import START, FakeAws, FakeCaseStore
from tests.fakes_ledger import FakeLedger

PEOPLE = (OFFICER, OTHER, THIRD)
REASON = "checked_differs"
FAMILY = "3M3GAAAAAA"

Step = tuple[Dispute, Event]


@dataclass
class Life:
    """A dispute as it goes on, and the events of its chain."""

    now: Dispute
    events: list[Event] = field(default_factory=list)
    time: int = START

    def stamp(self, actor: str = "system:tests") -> Stamp:
        self.time += MINUTE
        return Stamp(self.time, actor, b"")

    def take(self, make: Callable[[], Step | None]) -> bool:
        """Try a step; False when it is refused, and nothing has changed then."""
        before = self.now
        try:
            step = make()
        except (WrongState, NotAllowed, InvalidRequest, ValueError):
            assert self.now == before
            return False
        if step is None:
            return False
        self.now, event = step
        assert self.now.version == before.version + 1
        assert (event.chain, event.seq, event.prev) == (
            before.ref.locator,
            before.head.seq + 1,
            before.head.hash,
        )
        assert self.now.head == audit.Head(event.seq, event.hash, event.at)
        assert (event.from_state, event.to_state) == (None, None)  # the sweep takes it for no case
        self.events.append(event)
        return True


def vote(life: Life, person: int, outcome: Outcome) -> Vote:
    return Vote(f"staff:{PEOPLE[person]}", outcome, REASON, life.time)


def step(life: Life, name: str, person: int, outcome: Outcome, number: int) -> Step | None:
    """One step that somebody tries, allowed or not."""
    there, due = life.now, life.time + DAY
    officer = f"staff:{PEOPLE[person]}"
    more = exhibits(number % 3, Side.FAMILY if number % 2 else Side.FILER, 100 + life.now.version)
    settled = replace(piece(number % 2), state=PieceState.RELEASED)
    steps: dict[str, Callable[[], Step | None]] = {
        "add": lambda: hearing.add_evidence(there, more, b"a" * 16, life.stamp("citizen")),
        "screened": lambda: hearing.screened(there, settled, life.stamp()),
        "link": lambda: hearing.link(there, FAMILY, life.stamp(officer), due=there.due),
        "hear": lambda: hearing.hear(there, life.stamp(), answer_by=due),
        "answer": lambda: hearing.answer(there, more, b"b" * 16, life.stamp("citizen"), {}),
        "to_review": lambda: hearing.to_review(there, life.stamp(), due=due),
        "assign": lambda: adjudication.assign(
            there, PEOPLE[person], life.stamp(), level=number % 3
        ),
        "nobody": lambda: adjudication.assign(there, "", life.stamp(), level=2),
        "escalate": lambda: adjudication.escalate(there, number % 4, life.stamp(), due=due),
        "visit": lambda: adjudication.ask_visit(there, life.stamp(officer), due=due),
        "recommend": lambda: adjudication.recommend(
            there, vote(life, person, outcome), life.stamp(officer), due=due
        ),
        "decide": lambda: adjudication.decide(
            there, vote(life, person, outcome), life.stamp(officer), due=due
        ),
        "redraw": lambda: adjudication.redraw(
            there, PEOPLE[person], life.stamp("staff:overseer"), level=number % 3, reason=REASON
        ),
        "withdraw": lambda: hearing.withdraw(there, b"w" * 16, life.stamp("citizen")),
    }
    return steps[name]()


def begun(kind: Kind) -> Life:
    made, event = filed(kind, FAMILY if kind is Kind.APPEAL else "")
    return Life(made, [event])


# Those that lead on come often, so that many lives come to their end.
NAMES = (
    *("add", "screened", "link", "hear", "answer", "nobody", "visit", "redraw", "withdraw"),
    *("escalate", "to_review", "recommend", "decide") * 3,
    *("assign",) * 5,
)


CLOCK = ("level", "officer", "passed", "due", "version", "head")


def untouched(before: Dispute, after: Dispute) -> bool:
    """Whether nothing but the clock, who has it, and the chain has changed."""
    own = {name: getattr(after, name) for name in CLOCK}
    return replace(before, **own) == after


def assert_sound(life: Life) -> None:
    """An export of the chain satisfies the verifier that shares no code with it."""
    aws = FakeAws()
    aws.disputes[life.now.ref] = life.now
    aws.events.update({event_key(event): event for event in life.events})
    ports = Ports(REGION, FakeLedger(aws), FakeCaseStore(aws))
    report = verify(list(export_ledger(life.time + DAY, ports, since=audit.day_of(START))))
    assert report.problems == []
    assert (report.counts["event"], report.counts["head"]) == (len(life.events), 1)


def reached(kind: Kind, stage: Stage) -> Life:
    """A dispute that has come to a stage by the shortest way."""
    life = begun(kind)

    def go(name: str, person: int = 0, outcome: Outcome = Outcome.UPHELD) -> None:
        assert life.take(lambda: step(life, name, person, outcome, 0)), name

    if kind is Kind.OBJECTION:
        go("link")
        if stage is not Stage.FILED:
            go("hear")
    ways = {
        Stage.REVIEW: (("to_review", 0), ("assign", 0)),
        Stage.VISIT: (("visit", 0),),
        Stage.RECOMMENDED: (("recommend", 0), ("assign", 1)),
        Stage.SPLIT: (("decide", 1), ("assign", 2)),
        Stage.DECIDED: (("decide", 1),),
    }
    path = {
        Stage.REVIEW: (Stage.REVIEW,),
        Stage.VISIT: (Stage.REVIEW, Stage.VISIT),
        Stage.RECOMMENDED: (Stage.REVIEW, Stage.RECOMMENDED),
        Stage.SPLIT: (Stage.REVIEW, Stage.RECOMMENDED, Stage.SPLIT),
        Stage.DECIDED: (Stage.REVIEW, Stage.RECOMMENDED, Stage.DECIDED),
    }.get(stage, ())
    for part in path:
        for name, person in ways[part]:
            differs = part is Stage.SPLIT and name == "decide"
            go(name, person, Outcome.REJECTED if differs else Outcome.UPHELD)
    if stage is Stage.WITHDRAWN:
        go("withdraw")
    assert life.now.stage is stage
    return life


def laden(kind: Kind, stage: Stage) -> Life:
    """A dispute at a stage in which every field that a step may leave or clear holds something."""
    life = reached(kind, stage)
    life.now = replace(
        life.now,
        names=b"n" * 16,
        device=b"d" * 16,
        street=b"s" * 16,
        officer=OFFICER,
        passed=(OTHER,),
        level=1,
        due=life.time + 2 * DAY,
        concerns=(UNCLEAR, UNPROVEN, "by_agent"),
        last_request=b"z" * 16,
    )
    return life


def assert_becomes(
    before: Dispute,
    made: Step | None,
    stamp: Stamp,
    act: Act,
    told: dict[str, object],
    *,
    reason: str | None = None,
    **changed: object,
) -> None:
    """A step gives the dispute with these fields changed and no other, and an event that says so.

    Args:
        told: what the event commits to.
        changed: field -> value; what belongs to one stage only begins anew with another.
    """
    assert made is not None
    after, event = made
    stage = changed.get("stage", before.stage)
    if stage is not before.stage:
        steps = (*before.steps, Reached(Stage(str(stage)), stamp.at))
        changed = {"level": 0, "passed": (), "steps": steps} | changed
    head = audit.Head(event.seq, event.hash, event.at)
    assert after == replace(before, **{"version": before.version + 1, "head": head, **changed})
    assert (event.act, event.actor, event.at, event.reason) == (
        act,
        stamp.actor,
        stamp.at,
        reason,
    )
    assert event.commitment == audit.commit(after.salt, told)


OPEN = [
    (kind, stage)
    for kind in Kind
    for stage in Stage
    if stage not in ENDED and not (kind is Kind.APPEAL and stage is Stage.HEARING)
]
