"""From received to decided, or to a person; late, repeated and broken messages change nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chalicelib.domain import audit, pmt
from chalicelib.domain.errors import NotFound, TooMany, TryAgain, WrongState
from chalicelib.domain.identity import IdentityAnswer, Outcome
from chalicelib.domain.name_tags import tags_of
from chalicelib.domain.programme import Code
from chalicelib.domain.registration import State, Work
from chalicelib.usecases.find_case import Caller
from chalicelib.usecases.ports import Message
from tests.builders import ANSWERS
from tests.world import NOW, VILLAGE, World, child, form, member

KEY = "k" * 24
HEAD = "3510154903859901"
CHILD = "3510150506149902"


@pytest.fixture
def world() -> World:
    return World()


def chain_holds(world: World) -> bool:
    """Every case's chain runs from its first head to the head that stands with its state."""
    for ref, case in world.aws.cases.items():
        events = sorted(
            (event for event in world.aws.events.values() if event.chain == ref.locator),
            key=lambda event: event.seq,
        )
        head = audit.first_head(ref.locator)
        for event in events:
            if event.prev != head.hash or event.seq != head.seq + 1:
                return False
            head = audit.Head(event.seq, event.hash, event.at)
        if head != case.head or case.version != len(events):
            return False
    return True


def test_a_family_gets_its_answer_with_reasons(world: World) -> None:
    paper = world.register(KEY, form(world.model)).receipt.text
    world.settle()
    shown = world.status(paper)
    assert shown["state"] == "decided"
    assert [step["title"] for step in shown["timeline"]] == [
        "Pendaftaran diterima",
        "NIK sudah cocok",
        "Hasil sudah ada",
    ]
    assert {decision["programme"] for decision in shown["decisions"]} == {
        programme.code for programme in world.rules.programmes
    }
    for decision in shown["decisions"]:
        assert decision["reasons"]
        assert decision["provisional"]
        assert decision["eligible"] or decision["how_to_appeal"]
    assert shown["contributions"]
    assert shown["model"]["demonstration"]
    assert "peragaan" in shown["model"]["notice"].lower()
    case = world.only()
    assert case.scored is not None
    assert case.scored.model_hash == world.model.sha256
    assert case.rules_hash == world.rules.sha256
    assert chain_holds(world)


def test_a_refusal_says_which_other_answers_would_change_it(world: World) -> None:
    """Each told answer, given instead, brings the family to the group that is told."""
    head = member(9901, schooling="upper_secondary", occupation="employee")
    body = form(world.model, head, child(9902), child(9903), answers=dict(ANSWERS))
    paper = world.register(KEY, body).receipt.text
    world.settle()
    case = world.only()
    assert case.household is not None
    shown = {d["programme"]: d for d in world.status(paper)["decisions"]}
    changes = pmt.changed_by(world.model, case.household, world.model.cutoffs, case.ref.locator)
    assert any("jika jawaban" in sentence for sentence in shown["PKH"]["would_change"])
    for decision in case.decisions:
        limits = [r.params[1] for r in decision.reasons if r.code is Code.DECILE_ABOVE]
        told = [s for s in shown[decision.programme]["would_change"] if "jika jawaban" in s]
        near = [c for c in changes if limits and c.decile <= limits[0]]
        assert len(told) == min(len(near), 3)
        for change, sentence in zip(near, told, strict=False):
            assert sentence.startswith(change.label)
            assert f"kelompok {change.decile}." in sentence
            other = {**case.household.answers, change.question: change.value}
            scored = pmt.score(world.model, replace(case.household, answers=other))
            assert isinstance(scored, pmt.Scored)
            place = pmt.decile(scored.score, case.ref.locator, world.model.cutoffs)
            assert place == change.decile


def test_every_message_five_times_and_late_changes_nothing_twice(world: World) -> None:
    world.register(KEY, form(world.model))
    world.settle()
    before = dict(world.aws.cases), dict(world.aws.events)
    late = Message(world.only().ref, 1)
    for _ in range(5):
        assert world.check(late, late) == []
        assert world.score(late) == []
        assert world.release(late) == []
    assert (world.aws.cases, world.aws.events) == before


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        (IdentityAnswer(Outcome.MISMATCH, ("name",)), State.NEEDS_CORRECTION),
        (IdentityAnswer(Outcome.NOT_FOUND), State.NEEDS_CORRECTION),
        (IdentityAnswer(Outcome.DECEASED), State.NEEDS_OFFICER),
    ],
)
def test_what_the_registry_says_decides_where_the_case_goes(
    world: World, answer: IdentityAnswer, state: State
) -> None:
    world.registry.said[CHILD] = answer
    paper = world.register(KEY, form(world.model)).receipt.text
    world.settle()
    shown = world.status(paper)
    assert world.only().state is state
    assert bool(shown["corrections"]) == (state is State.NEEDS_CORRECTION)
    assert chain_holds(world)


def test_not_checked_yet_is_never_a_pass_and_is_asked_again(world: World) -> None:
    world.registry.down = True
    world.register(KEY, form(world.model))
    world.settle()
    waiting = world.only()
    assert waiting.state is State.IDENTITY_CHECKING
    assert waiting.waiting is not None
    assert waiting.waiting.work is Work.CHECK
    world.clock.advance(20 * 60_000)
    world.sweep()
    world.settle()
    assert world.only() == waiting  # still down: nothing is written again
    world.registry.down = False
    world.clock.advance(20 * 60_000)
    world.sweep()
    world.settle()
    assert world.only().state is State.DECIDED
    assert chain_holds(world)


def test_a_day_without_the_registry_loses_nobody(world: World) -> None:
    world.registry.down = True
    for number in range(15):
        world.register(
            f"key-of-family-{number:05}", form(world.model, member(9901 + number), kk=None)
        )
    world.settle()
    for _ in range(24 * 12):
        world.clock.advance(5 * 60_000)
        world.sweep()
    world.registry.down = False
    world.sweep()
    world.settle()
    assert {case.state for case in world.aws.cases.values()} == {State.DECIDED}


def test_the_sweep_finds_what_the_relay_lost(world: World) -> None:
    world.register(KEY, form(world.model))
    list(world.stream())  # the stream's records are gone
    assert world.sweep() == 0  # not stuck yet
    world.clock.advance(16 * 60_000)
    assert world.sweep() == 1
    world.settle()
    assert world.only().state is State.DECIDED


def test_a_newborn_without_nik_does_not_stop_the_family(world: World) -> None:
    newborn = child(9902, nik=None, birth_date="2026-11-01", schooling="none", attending="no",
                    occupation="not_working")  # fmt: skip
    paper = world.register(KEY, form(world.model, member(9901), newborn)).receipt.text
    world.settle()
    case = world.only()
    assert case.state is State.DECIDED
    assert "without_nik:1" in case.concerns
    assert case.waiting is not None
    assert case.waiting.work is Work.OFFICER
    assert any("NIK anggota ke-2 belum ada" in note for note in world.status(paper)["notes"])


def test_a_head_without_nik_is_work_for_an_officer(world: World) -> None:
    world.register(KEY, form(world.model, member(9901, nik=None), child(9902)))
    world.settle()
    assert world.only().state is State.NEEDS_OFFICER


def test_a_missing_answer_needs_a_visit_and_never_scores_0(world: World) -> None:
    body = form(world.model)
    needed = [f for f in body["answers"] if f in {"rooms", "tenure", "toilet", "water"}]
    for question in needed:
        del body["answers"][question]
    paper = world.register(KEY, body).receipt.text
    world.settle()
    case = world.only()
    assert case.state is State.NEEDS_GROUND_CHECK
    assert case.scored is None
    assert case.decisions == ()
    assert any(code.startswith("missing:") for code in case.concerns)
    assert world.status(paper)["notes"]


def test_an_answer_under_rules_that_do_not_hold_goes_to_an_officer(world: World) -> None:
    world.rules = replace(world.rules, programmes=())
    world.register(KEY, form(world.model))
    world.settle()
    assert world.only().state is State.NEEDS_OFFICER
    assert "no_rules" in world.only().concerns


def test_a_correction_is_taken_once_and_checked_again(world: World) -> None:
    world.registry.said[HEAD] = IdentityAnswer(Outcome.MISMATCH, ("name", "birth_date"))
    paper = world.register(KEY, form(world.model)).receipt.text
    world.settle()
    world.registry.said.clear()
    changed = {"index": 0, "name": "Contoh  Sumarmi", "birth_date": "1985-04-09"}
    case = world.correct("c" * 24, paper, changed)
    assert case.state is State.RECEIVED
    assert world.correct("c" * 24, paper, changed).version == case.version  # a repeat
    world.settle()
    decided = world.only()
    assert decided.state is State.DECIDED
    assert decided.household is not None
    assert decided.household.head.birth_month == (1985, 4)
    asked = [claim for claim in world.registry.asked if claim.nik == HEAD]
    assert [claim.name for claim in asked] == ["Contoh Sumarni 9901", "Contoh Sumarmi"]
    assert decided.names == tags_of(world.index.mac, VILLAGE, "Sumarmi, Contoh")
    with pytest.raises(WrongState):
        world.correct("d" * 24, paper, changed)
    assert chain_holds(world)


def test_a_second_mismatch_goes_to_an_officer(world: World) -> None:
    world.registry.said[HEAD] = IdentityAnswer(Outcome.MISMATCH, ("name",))
    paper = world.register(KEY, form(world.model)).receipt.text
    world.settle()
    world.correct("c" * 24, paper, {"index": 0, "name": "Contoh Lain"}, {"index": 1, "name": "X"})
    world.settle()
    assert world.only().state is State.NEEDS_OFFICER


def test_a_corrected_nik_that_another_family_holds_goes_to_an_officer(world: World) -> None:
    world.register(KEY, form(world.model, member(9901), kk=None))
    world.registry.said["3510154903859903"] = IdentityAnswer(Outcome.NOT_FOUND)
    paper = world.register("o" * 24, form(world.model, member(9903), kk=None)).receipt.text
    world.settle()
    case = world.correct("c" * 24, paper, {"index": 0, "nik": HEAD})
    assert case.state is State.RECEIVED
    assert any(code.startswith("nik_held:") for code in case.concerns)
    assert world.correct("c" * 24, paper, {"index": 0, "nik": HEAD}).version == case.version
    world.settle()
    assert world.find(paper).state is State.NEEDS_OFFICER


def test_a_withdrawn_family_may_register_again(world: World) -> None:
    paper = world.register(KEY, form(world.model)).receipt.text
    world.settle()
    assert world.withdraw("w" * 24, paper).state is State.WITHDRAWN
    world.settle()
    assert world.withdraw("w" * 24, paper).state is State.RELEASED
    assert not world.aws.guards
    again = world.register("a" * 24, form(world.model)).receipt.text
    assert world.find(again).state is State.RECEIVED
    assert chain_holds(world)


def test_withdrawing_before_the_check_wins_over_a_late_check(world: World) -> None:
    paper = world.register(KEY, form(world.model)).receipt.text
    message = Message(world.only().ref, 1)
    world.withdraw("w" * 24, paper)
    assert world.check(message) == []
    assert world.only().state is State.WITHDRAWN


def test_a_wrong_secret_and_an_unknown_receipt_are_one_to_the_outside(world: World) -> None:
    first = world.register(KEY, form(world.model)).receipt
    second = world.register("o" * 24, form(world.model, member(9903), kk=None)).receipt
    wrong = replace(first, secret=second.secret)
    unknown = replace(second, locator=second.locator[:4] + "ZZZZZZ")
    for paper in (wrong, unknown):
        text = _with_check(paper)
        world.aws.calls.clear()
        with pytest.raises(NotFound, match="receipt_unknown"):
            world.find(text)
        assert world.aws.calls == ["BatchGetItem", "UpdateItem", "UpdateItem"]
    world.aws.calls.clear()
    world.find(first.text)
    assert world.aws.calls == ["BatchGetItem"]


def test_guessing_is_slowed_and_passes_by_waiting(world: World) -> None:
    paper = world.register(KEY, form(world.model)).receipt
    other = world.register("o" * 24, form(world.model, member(9903), kk=None)).receipt
    wrong = _with_check(replace(paper, secret=other.secret))
    for _ in range(10):
        with pytest.raises(NotFound):
            world.find(wrong)
    with pytest.raises(TooMany) as told:
        world.find(paper.text)
    assert told.value.retry_after is not None
    assert 0 < told.value.retry_after <= 60
    world.clock.advance(61_000)
    world.find(paper.text)


def test_one_caller_who_tries_many_receipts_is_slowed_and_others_are_not(world: World) -> None:
    paper = world.register(KEY, form(world.model)).receipt
    guesser = Caller("198.51.100.1")
    for number in range(60):
        guess = replace(paper, locator=paper.locator[:4] + _letters(number))
        with pytest.raises(NotFound):
            world.find(_with_check(guess), guesser)
    with pytest.raises(TooMany):
        world.find(paper.text, guesser)
    world.find(paper.text)


def test_a_proposal_is_received_and_waits_for_a_visit(world: World) -> None:
    body = {
        "name": "Contoh Tetangga", "village": "3510152004", "place": "belakang balai desa",
        "reason": "rumah roboh", "phone": None,
    }  # fmt: skip
    world.propose(KEY, body)
    world.propose(KEY, body)
    world.settle()
    case = world.only()
    assert case.state is State.PROPOSED
    assert case.waiting is not None
    assert case.waiting.work is Work.VISIT
    assert case.scored is None
    assert "Tetangga" not in repr(world.aws.cases)
    assert chain_holds(world)


def test_a_read_by_staff_is_in_the_ledger_before_anything_is_shown(world: World) -> None:
    world.register(KEY, form(world.model))
    world.aws.calls.clear()
    opened = world.read(world.only())
    assert opened.identity is not None
    assert opened.identity.people[0].name == "Contoh Sumarni 9901"
    assert world.aws.calls.index("PutItem") < world.aws.calls.index("BatchGetItem")
    reads = [event for event in world.aws.events.values() if event.act is audit.Act.READ]
    assert [event.ref for event in reads] == [world.only().ref.locator]


def test_without_an_entry_there_is_no_data(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.register(KEY, form(world.model))
    monkeypatch.setattr(world.ledger, "put_read", lambda _event: False)
    world.aws.calls.clear()
    with pytest.raises(TryAgain):
        world.read(world.only())
    assert "BatchGetItem" not in world.aws.calls
    assert "Decrypt" not in world.aws.calls


def test_deadlines_are_working_days(world: World) -> None:
    assert world.clock.now_ms() + 1 > NOW  # Saturday 21 November 2026
    paper = world.register(KEY, form(world.model)).receipt.text
    assert world.status(paper)["expect_by"] == "23 November 2026"


def _with_check(paper: object) -> str:
    """The receipt's text with a check letter that fits; another secret when none does."""
    for letter in "23456789ABCDEFGHJKMNPQRSTVWXYZ":
        changed = replace(paper, secret=paper.secret[:-1] + letter)  # type: ignore[attr-defined, type-var]
        try:
            return changed.text  # type: ignore[attr-defined, no-any-return]
        except IndexError:  # no check letter for this one
            continue
    raise AssertionError


def _letters(number: int) -> str:
    alphabet = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
    return "ZZZZ" + alphabet[number // 30] + alphabet[number % 30]
