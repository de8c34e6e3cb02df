"""A dispute's life: whatever is done in whatever order, silence and repeats decide nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.domain import adjudication, audit, dispute, hearing
from chalicelib.domain.audit import Act, Event, event_key
from chalicelib.domain.dispute import (
    ENDED,
    HIGHEST_LEVEL,
    LOST_MS,
    MOST_PIECES,
    WITH_OFFICER,
    Dispute,
    Kind,
    Outcome,
    Side,
    Stage,
    Vote,
)
from chalicelib.domain.errors import Fault, InvalidRequest, NotAllowed, TepatError, WrongState
from chalicelib.domain.evidence import PieceState
from chalicelib.domain.registration import Stamp
from chalicelib.usecases.export_ledger import Ports, export_ledger
from modelling.audit_verify import verify
from tests.builders import MINUTE, REGION, VILLAGE_INDEX
from tests.disputing import DAY, OFFICER, OTHER, THIRD, at, exhibits, filed, mac, piece
from tests.fakes import START, FakeAws, FakeCaseStore, FakeLedger

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
TRIED = st.tuples(
    st.sampled_from(NAMES), st.integers(0, 2), st.sampled_from(Outcome), st.integers(0, 99)
)
LIVES = st.lists(TRIED, max_size=40)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(Kind), LIVES)
def test_nothing_ends_it_but_two_people_who_agree_a_third_or_its_filer(
    kind: Kind, tried: list[tuple[str, int, Outcome, int]]
) -> None:
    life = begun(kind)
    for name, person, outcome, number in tried:
        before = life.now
        changed = life.take(lambda: step(life, name, person, outcome, number))  # noqa: B023 - at once
        now = life.now
        if before.ended:
            assert not changed or name == "screened"
            assert (now.stage, now.outcome, now.votes) == (
                before.stage,
                before.outcome,
                before.votes,
            )
        if now.ended and not before.ended:
            assert name == ("decide" if now.stage is Stage.DECIDED else "withdraw")
            assert (now.due, now.officer) == (0, "")
        if name in ("escalate", "redraw") and changed:
            assert untouched(before, now)
        if name == "redraw" and changed:
            assert now.officer not in ("", before.officer, *now.passed)
        voted = [each.actor for each in now.votes]
        assert len(set(voted)) == len(voted) <= 3
        assert now.votes[: len(before.votes)] == before.votes
        if now.stage is Stage.DECIDED:
            last = now.votes[-1]
            assert (now.outcome, now.why) == (last.outcome, last.reason)
            agreed = len(voted) == 2 and now.votes[0].outcome is last.outcome
            assert agreed or len(voted) == 3
        else:
            assert now.outcome is None
    assert_sound(life)


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


OPEN = [
    (kind, stage)
    for kind in Kind
    for stage in Stage
    if stage not in ENDED and not (kind is Kind.APPEAL and stage is Stage.HEARING)
]


@pytest.mark.parametrize(("kind", "stage"), OPEN)
def test_a_missed_deadline_never_closes_rejects_or_lapses_anything(
    kind: Kind, stage: Stage
) -> None:
    """In every stage, as often as it is missed (UU 25/2009; product, invariant 3)."""
    life = reached(kind, stage)
    for level in range(1, HIGHEST_LEVEL + 1):
        before = life.now
        assert life.take(lambda: adjudication.escalate(before, level, life.stamp(), due=life.time))  # noqa: B023 - at once
        assert untouched(before, life.now)
        assert (life.now.stage, life.now.outcome, life.now.level) == (stage, None, level)
        assert life.now.officer == ""
        assert life.events[-1].act is Act.ESCALATED
        assert dispute.wakes(life.now)
    for level in range(-1, HIGHEST_LEVEL + 2):
        assert not life.take(lambda: adjudication.escalate(life.now, level, life.stamp(), due=0))  # noqa: B023 - at once
    assert_sound(life)


@pytest.mark.parametrize(("kind", "stage"), OPEN)
def test_who_filed_it_may_end_it_in_every_stage_and_nobody_after_that(
    kind: Kind, stage: Stage
) -> None:
    life = reached(kind, stage)
    assert life.take(lambda: hearing.withdraw(life.now, b"w" * 16, life.stamp("citizen")))
    assert (life.now.stage, life.now.last_request) == (Stage.WITHDRAWN, b"w" * 16)
    with pytest.raises(WrongState) as refused:
        hearing.withdraw(life.now, b"w" * 16, life.stamp("citizen"))
    assert refused.value.faults == (Fault("dispute_ended"),)


@pytest.mark.parametrize("stage", sorted(ENDED))
@pytest.mark.parametrize("name", sorted(set(NAMES) - {"screened"}))
def test_nothing_happens_to_what_has_ended(stage: Stage, name: str) -> None:
    life = reached(Kind.APPEAL, stage)
    with pytest.raises(TepatError) as refused:
        step(life, name, 0, Outcome.UPHELD, 1)
    assert refused.value.faults[0].code in {"dispute_ended", "dispute_not_to_be_heard"}


@pytest.mark.parametrize("stage", sorted(Stage))
def test_what_was_uploaded_in_time_is_screened_in_every_stage(stage: Stage) -> None:
    kind = Kind.OBJECTION if stage is Stage.HEARING else Kind.APPEAL
    life = reached(kind, stage)
    before = life.now
    assert not dispute.is_screened(before)
    for number, state in ((0, PieceState.RELEASED), (1, PieceState.REFUSED)):
        found = replace(piece(number), state=state, why="", tries=1)
        assert life.take(lambda: hearing.screened(life.now, found, life.stamp()))  # noqa: B023 - at once
        assert hearing.screened(life.now, found, life.stamp()) is None  # a repeat
        other = replace(found, state=PieceState.REFUSED, why="evidence_virus")
        assert hearing.screened(life.now, other, life.stamp()) is None
    assert dispute.is_screened(life.now)
    assert hearing.screened(life.now, piece(9), life.stamp()) is None  # none of its pieces
    assert (life.now.stage, life.now.due) == (before.stage, before.due)


@pytest.mark.parametrize("outcome", Outcome)
def test_two_who_agree_decide_and_the_third_where_they_differ(outcome: Outcome) -> None:
    life = reached(Kind.APPEAL, Stage.RECOMMENDED)
    assert life.take(lambda: step(life, "decide", 1, outcome, 0))
    if outcome is Outcome.UPHELD:  # as the first
        assert (life.now.stage, life.now.outcome, life.now.why) == (Stage.DECIDED, outcome, REASON)
        assert life.events[-1].act is Act.DISPUTE_DECIDED
        return
    assert (life.now.stage, life.now.outcome, life.now.officer) == (Stage.SPLIT, None, "")
    assert life.take(lambda: step(life, "assign", 2, outcome, 0))
    assert life.take(lambda: step(life, "decide", 2, outcome, 0))
    assert (life.now.stage, life.now.outcome) == (Stage.DECIDED, outcome)
    assert [each.outcome for each in life.now.votes] == [Outcome.UPHELD, outcome, outcome]


@pytest.mark.parametrize("stage", [Stage.RECOMMENDED, Stage.SPLIT])
@pytest.mark.parametrize("person", [0, 1])
def test_who_has_voted_never_votes_again_though_they_were_drawn(stage: Stage, person: int) -> None:
    life = reached(Kind.APPEAL, stage)
    voted = [each.actor for each in life.now.votes]
    if f"staff:{PEOPLE[person]}" not in voted:
        return
    assert life.take(lambda: step(life, "assign", person, Outcome.UPHELD, 0))
    with pytest.raises(NotAllowed) as refused:
        step(life, "decide", person, Outcome.UPHELD, 0)
    assert refused.value.faults == (Fault("dispute_same_person"),)
    assert [each.actor for each in life.now.votes] == voted


@pytest.mark.parametrize(
    ("stage", "name"),
    [
        (Stage.REVIEW, "recommend"),
        (Stage.REVIEW, "visit"),
        (Stage.RECOMMENDED, "decide"),
        (Stage.SPLIT, "decide"),
    ],
)
def test_only_who_was_drawn_acts(stage: Stage, name: str) -> None:
    life = reached(Kind.APPEAL, stage)
    drawn = life.now.officer
    for person, sub in enumerate(PEOPLE):
        if sub != drawn:
            with pytest.raises(NotAllowed) as refused:
                step(life, name, person, Outcome.UPHELD, 0)
            assert refused.value.faults == (Fault("dispute_not_yours"),)
    assert life.take(lambda: step(life, "nobody", 0, Outcome.UPHELD, 0))
    for person in range(3):
        with pytest.raises(NotAllowed):
            step(life, name, person, Outcome.UPHELD, 0)


def test_who_was_drawn_and_who_has_voted_may_open_it_and_nobody_else() -> None:
    life = reached(Kind.APPEAL, Stage.SPLIT)
    assert all(adjudication.may_open(life.now, f"staff:{sub}") for sub in PEOPLE)
    assert not adjudication.may_open(life.now, "staff:officer-9")
    assert not adjudication.may_open(begun(Kind.APPEAL).now, "staff:")


def test_an_objection_is_heard_before_anybody_recommends_and_late_answers_count() -> None:
    life = begun(Kind.OBJECTION)
    with pytest.raises(WrongState):  # nobody knows yet whose it is
        hearing.hear(life.now, life.stamp(), answer_by=life.time)
    assert life.take(lambda: hearing.link(life.now, FAMILY, life.stamp(), due=life.time))
    assert (life.now.about, life.now.names, life.now.due) == (FAMILY, b"", life.time)
    with pytest.raises(WrongState) as refused:
        hearing.link(life.now, "3M3GBBBBBB", life.stamp(), due=life.time)
    assert refused.value.faults == (Fault("dispute_linked"),)
    assert life.take(lambda: hearing.hear(life.now, life.stamp(), answer_by=life.time + DAY))
    assert life.now.due == life.now.answer_by
    assert life.take(lambda: hearing.to_review(life.now, life.stamp(), due=life.time))
    late = life.now
    mine = exhibits(1, Side.FAMILY, 50)
    assert life.take(lambda: hearing.answer(late, mine, b"a" * 16, life.stamp("citizen"), {}))
    assert (life.now.stage, life.now.answered_at) == (Stage.REVIEW, life.time)
    assert life.now.evidence == late.evidence + mine
    with pytest.raises(WrongState) as twice:
        hearing.answer(life.now, (), b"b" * 16, life.stamp("citizen"), {})
    assert twice.value.faults == (Fault("dispute_answered"),)


@pytest.mark.parametrize("outcome", [Outcome.UPHELD, Outcome.PARTLY_UPHELD])
@pytest.mark.parametrize("rejected", [0, 1])
def test_an_unheard_family_loses_nothing_whoever_votes(outcome: Outcome, rejected: int) -> None:
    life = begun(Kind.OBJECTION)
    assert life.take(lambda: hearing.to_review(life.now, life.stamp(), due=life.time))
    for person, name in enumerate(("recommend", "decide")):
        assert life.take(lambda: step(life, "assign", person, outcome, 0))  # noqa: B023 - at once
        with pytest.raises(WrongState) as refused:
            step(life, name, person, outcome, 0)
        assert refused.value.faults == (Fault("dispute_not_heard"),)
        if rejected == person:
            break
        assert life.take(lambda: step(life, name, person, Outcome.REJECTED, 0))  # noqa: B023 - at once
    assert life.now.outcome is None


def test_nobody_answers_who_was_not_asked() -> None:
    life = reached(Kind.APPEAL, Stage.REVIEW)
    with pytest.raises(WrongState):
        hearing.answer(life.now, (), b"a" * 16, life.stamp("citizen"), {})
    assert not life.take(lambda: hearing.hear(life.now, life.stamp(), answer_by=life.time))


def test_a_family_that_an_officer_found_is_heard_first() -> None:
    life = begun(Kind.OBJECTION)
    assert life.take(lambda: hearing.to_review(life.now, life.stamp(), due=0, concerns=("x",)))
    assert life.now.concerns == ("x",)
    assert life.take(lambda: step(life, "assign", 0, Outcome.UPHELD, 0))
    with pytest.raises(WrongState) as refused:
        step(life, "visit", 0, Outcome.UPHELD, 0)
    assert refused.value.faults == (Fault("dispute_not_linked"),)
    with pytest.raises(NotAllowed):
        step(life, "link", 1, Outcome.UPHELD, 0)
    assert life.take(lambda: step(life, "link", 0, Outcome.UPHELD, 0))
    assert (life.now.stage, life.now.officer, life.now.about) == (Stage.FILED, "", FAMILY)


@pytest.mark.parametrize("side", Side)
def test_there_is_a_most_of_pieces(side: Side) -> None:
    life = reached(Kind.OBJECTION, Stage.HEARING)
    room = MOST_PIECES - len(life.now.evidence)
    for bring in (
        lambda more: hearing.add_evidence(life.now, more, b"a" * 16, life.stamp("citizen")),
        lambda more: hearing.answer(life.now, more, b"a" * 16, life.stamp("citizen"), {}),
    ):
        with pytest.raises(InvalidRequest) as refused:
            bring(exhibits(room + 1, side, 50))
        assert refused.value.faults == (
            Fault("evidence_too_many", "photos", {"most": MOST_PIECES}),
        )
        assert len(bring(exhibits(room, side, 50))[0].evidence) == MOST_PIECES


def test_a_new_stage_begins_with_its_officers_and_a_stage_that_goes_on_keeps_its_level() -> None:
    life = reached(Kind.APPEAL, Stage.REVIEW)
    assert life.take(lambda: adjudication.escalate(life.now, 1, life.stamp(), due=0))
    assert life.take(lambda: adjudication.assign(life.now, OFFICER, life.stamp(), level=0))
    assert life.now.level == 1
    assert [reached.stage for reached in life.now.steps] == [Stage.FILED, Stage.REVIEW]
    assert life.take(lambda: step(life, "recommend", 0, Outcome.UPHELD, 0))
    assert life.now.level == 0


def test_a_machine_looks_again_soon_while_it_could_go_on_and_at_the_deadline_else() -> None:
    soon = LOST_MS
    life = begun(Kind.APPEAL)
    assert dispute.wakes(life.now) == life.now.due  # evidence is awaited
    for number in range(2):
        found = replace(piece(number), state=PieceState.RELEASED)
        assert life.take(lambda: hearing.screened(life.now, found, life.stamp()))  # noqa: B023 - at once
    assert dispute.wakes(life.now) == life.time + soon
    assert life.take(lambda: hearing.to_review(life.now, life.stamp(), due=life.time + DAY))
    assert dispute.wakes(life.now) == life.time + soon  # nobody is drawn
    assert life.take(lambda: step(life, "assign", 0, Outcome.UPHELD, 0))
    assert dispute.wakes(life.now) == life.now.due
    assert life.take(lambda: step(life, "visit", 0, Outcome.UPHELD, 0))
    assert dispute.wakes(life.now) == life.now.due
    objection = begun(Kind.OBJECTION)
    assert dispute.wakes(objection.now) == objection.now.head.at + soon  # a family to be found
    heard = reached(Kind.OBJECTION, Stage.HEARING)
    assert dispute.wakes(heard.now) == heard.now.due
    assert dispute.wakes(reached(Kind.APPEAL, Stage.DECIDED).now) == 0
    assert dispute.wakes(reached(Kind.APPEAL, Stage.WITHDRAWN).now) == 0


def test_a_heard_family_that_has_answered_is_not_waited_for() -> None:
    life = reached(Kind.OBJECTION, Stage.HEARING)
    for number in range(2):
        found = replace(piece(number), state=PieceState.RELEASED)
        assert life.take(lambda: hearing.screened(life.now, found, life.stamp()))  # noqa: B023 - at once
    assert dispute.wakes(life.now) == life.now.due
    assert life.take(lambda: hearing.answer(life.now, (), b"a" * 16, life.stamp("citizen"), {}))
    assert dispute.wakes(life.now) == life.time + LOST_MS


@pytest.mark.parametrize("stage", sorted(Stage))
def test_what_is_forgotten_leaves_the_chain_sound(stage: Stage) -> None:
    life = reached(Kind.APPEAL if stage is not Stage.HEARING else Kind.OBJECTION, stage)
    before = life.now
    salt = b"n" * 16
    stamp = replace(life.stamp("staff:supervisor-1"), salt=salt)
    assert life.take(lambda: hearing.forget(before, stamp))
    assert life.now.salt == salt
    assert life.events[-1].act is Act.FORGOTTEN
    assert life.events[-1].commitment == audit.commit(salt, {})
    if before.kind is Kind.APPEAL:
        assert life.now.stage is (before.stage if before.ended else Stage.WITHDRAWN)
        assert (life.now.evidence, life.now.outcome) == ((), before.outcome)
        assert not dispute.wakes(life.now)
    else:
        assert (life.now.stage, life.now.evidence) == (before.stage, before.evidence)
    assert_sound(life)


def test_a_dispute_s_number_is_no_case_s_and_tells_its_village() -> None:
    numbers = {dispute.locator_of(mac, f"key {n}", VILLAGE_INDEX) for n in range(50)}
    assert len(numbers) == 50
    assert {dispute.village_index(number) for number in numbers} == {VILLAGE_INDEX}
    assert dispute.village_index(FAMILY) < 0
    assert dispute.locator_of(mac, "key 1", VILLAGE_INDEX) in numbers


def test_each_step_commits_to_what_it_rests_on() -> None:
    """Whoever is shown the details and the salt can hold them to the ledger (ADR 7)."""
    told: dict[Act, tuple[dict[str, Any], str | None]] = {
        Act.FILED: ({"kind": "appeal", "reason": "data_wrong", "pieces": 2}, "data_wrong"),
        Act.TO_REVIEW: ({"concerns": []}, None),
        Act.ASSIGNED: ({"officer": OTHER, "level": 0}, None),
        Act.RECOMMENDED: ({"outcome": "upheld", "reason": REASON}, REASON),
        Act.DISPUTE_DECIDED: ({"outcome": "upheld", "reason": REASON}, REASON),
    }
    life = reached(Kind.APPEAL, Stage.DECIDED)
    last = {event.act: event for event in life.events}
    assert last.keys() == told.keys()
    for act, (details, reason) in told.items():
        assert last[act].commitment == audit.commit(life.now.salt, details), act
        assert last[act].reason == reason


def test_stages_with_an_officer_are_those_in_which_one_is_drawn() -> None:
    for kind, stage in OPEN:
        life = reached(kind, stage)
        assert life.take(lambda: adjudication.assign(life.now, OFFICER, life.stamp(), level=0)) == (  # noqa: B023 - at once
            stage in WITH_OFFICER
        )


def test_an_officer_does_not_see_a_dispute_through_an_empty_name() -> None:
    assert not adjudication.may_open(replace(begun(Kind.APPEAL).now, officer=""), "staff:")
    assert at(START).at == START
