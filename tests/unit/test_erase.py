"""Erasing forgets a family at once and for good; the ledger still verifies."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chalicelib.domain import audit, hearing, reopening
from chalicelib.domain.audit import Act
from chalicelib.domain.dispute import Dispute, Kind, Side, Stage
from chalicelib.domain.errors import Fault, NotFound, TryAgain
from chalicelib.domain.evidence import PieceState, page_key
from chalicelib.domain.registration import Ref, Registration, Stamp, State
from chalicelib.usecases.dispute_ports import ANSWER, CLAIM, FILER, Slot, Stands
from tests.disputing import PERSON, at, blank, piece, statement, statements
from tests.fakes_disputes import FakeDisputes
from tests.fakes_evidence import FakeCopies
from tests.world import VILLAGE, World, form, member

SUPERVISOR = "staff:supervisor-1"


@pytest.fixture
def world() -> World:
    made = World()
    made.register("k" * 20, form(made.model))
    made.settle()
    return made


def forget(world: World, ref: Ref | None = None) -> Registration:
    return world.erase(ref or world.only().ref, SUPERVISOR)


def test_identity_guards_and_answers_go_together(world: World) -> None:
    world.aws.calls.clear()
    gone = forget(world)
    # The query finds the visits to the family, if there were any.
    assert world.aws.calls == ["BatchGetItem", "Query", "TransactWriteItems"]
    assert not world.aws.vault
    assert not world.aws.guards
    assert world.only() == gone
    assert gone.state is State.ERASED
    assert (gone.household, gone.scored, gone.decisions, gone.identity) == (None, None, (), ())
    assert (gone.secret_mac, gone.body_digest, gone.concerns, gone.waiting) == (b"", b"", (), None)


def test_nothing_opens_afterwards(world: World) -> None:
    paper = world.register("k" * 20, form(world.model)).receipt
    forget(world)
    with pytest.raises(NotFound):
        world.find(paper.text)
    opened = world.read(world.only())
    assert (opened.identity, opened.proposal, opened.case.household) == (None, None, None)


def test_the_family_may_register_again(world: World) -> None:
    forget(world)
    world.register("n" * 20, form(world.model))
    again = next(case for case in world.aws.cases.values() if case.state is not State.ERASED)
    assert not again.concerns


def test_the_erasure_is_the_last_link_of_an_unbroken_chain(world: World) -> None:
    chain = world.only().ref.locator
    before = world.only().head
    forget(world)
    events = sorted((e for e in world.aws.events.values() if e.chain == chain), key=lambda e: e.seq)
    last = events[-1]
    assert (last.act, last.actor, last.reason) == (Act.ERASED, SUPERVISOR, "family_request")
    assert last.prev == before.hash
    assert world.only().head.hash == last.hash


def test_erasing_twice_is_erasing_once(world: World) -> None:
    first = forget(world)
    assert forget(world) == first


def test_a_proposal_can_be_erased(world: World) -> None:
    world.propose(
        "p" * 20,
        {"name": "Contoh", "village": "3510152004", "place": "a", "reason": "b", "phone": None},
    )
    ref = next(ref for ref, case in world.aws.cases.items() if case.state is State.PROPOSED)
    assert forget(world, ref).state is State.ERASED
    assert (ref.locator, "0") not in world.aws.vault


def test_a_guard_that_another_family_holds_stays(world: World) -> None:
    world.register("n" * 20, form(world.model, member(9901, name="Contoh Lain"), kk=None))
    second = next(
        c
        for c in world.aws.cases.values()
        if any(code.startswith("nik_held") for code in c.concerns)
    )
    held = dict(world.aws.guards)
    forget(world, second.ref)
    assert world.aws.guards == held


def test_an_unknown_case_is_told(world: World) -> None:
    with pytest.raises(NotFound) as told:
        forget(world, Ref("3510152004", "2222222222"))
    assert told.value.faults == (Fault("case_unknown", "locator"),)


def test_a_case_that_moves_each_time_is_tried_again_and_then_given_up(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = world.store.load

    def load(refs):  # noqa: ANN001, ANN202 - as the store's
        found = real(refs)
        case = world.only()
        head = replace(case.head, hash=world.random.take(32))
        world.aws.cases[case.ref] = replace(case, version=case.version + 1, head=head)
        return found

    monkeypatch.setattr(world.store, "load", load)
    with pytest.raises(TryAgain) as told:
        forget(world)
    assert told.value.faults == (Fault("busy"),)
    assert world.aws.vault


def test_a_case_that_was_read_in_the_middle_of_a_change_is_read_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, torn = world.store.load, [True, True]

    def load(refs):  # noqa: ANN001, ANN202 - as the store's
        found = real(refs)
        if torn:
            torn.pop()
            case = replace(world.only(), corrections=1)  # its vault item is not there yet
            return {case.ref: replace(found[case.ref], case=case)}
        return found

    monkeypatch.setattr(world.store, "load", load)
    assert forget(world).state is State.ERASED
    assert not torn
    assert not world.aws.guards


def brought(world: World, kind: Kind, side: Side) -> Dispute:
    """A dispute about the family, with a screened photo from a side, and one not screened yet."""
    case = world.only()
    store, now = FakeDisputes(world.aws), world.clock.now_ms()
    about = case.ref.locator if kind is Kind.APPEAL else ""
    made = replace(blank(kind, about, f"{kind} {len(case.disputes)}"), ref=Ref(VILLAGE, NUMBER))
    pieces = tuple(replace(each, side=side) for each in made.evidence)
    made = replace(made, evidence=pieces, head=audit.first_head(NUMBER))
    made, event = hearing.file(made, at(now, "citizen"), due=now)
    knows = reopening.disputed(case, NUMBER, Stamp(now, "citizen", bytes(16)))
    assert store.create(made, event, statements(made), case=knows) is None
    settled = replace(piece(0), state=PieceState.RELEASED, pages=2)
    step = hearing.screened(made, settled, at(now))
    assert step is not None
    assert store.change(*step, statement=statement(made, ANSWER)) is None
    for key in (page_key(made.ref, piece(0).id, 1), page_key(made.ref, piece(0).id, 2)):
        world.aws.released[key] = b"a copy"
    world.aws.released[page_key(made.ref, piece(1).id, 1)] = b"a copy that nobody has counted"
    world.aws.released["another's"] = b"a copy"
    return step[0]


NUMBER = "9K3GZZZZZZ"


def test_an_appeal_is_forgotten_whole_and_ends(world: World) -> None:
    made = brought(world, Kind.APPEAL, Side.FILER)
    world.aws.statements.pop((NUMBER, ANSWER))
    gone = forget(world)
    assert gone.disputes == (NUMBER,)
    there = world.aws.disputes[made.ref]
    assert (there.stage, there.due, there.evidence) == (Stage.WITHDRAWN, 0, ())
    assert there.body_digest == b""
    assert there.salt != made.salt
    assert not world.aws.statements
    assert world.aws.released == {"another's": b"a copy"}
    told = [event for event in world.aws.events.values() if event.chain == NUMBER]
    assert max(told, key=lambda event: event.seq).act is Act.FORGOTTEN
    for _ in range(2):  # an erased family stays so, and nothing is written again
        forget(world)
    assert world.aws.disputes[made.ref] == there


def test_of_an_objection_only_the_family_s_answer_is_forgotten(world: World) -> None:
    made = brought(world, Kind.OBJECTION, Side.FAMILY)
    other = replace(made.evidence[0], side=Side.FILER)
    world.aws.disputes[made.ref] = made = replace(made, evidence=(other, made.evidence[1]))
    forget(world)
    there = world.aws.disputes[made.ref]
    assert (there.stage, there.due) == (made.stage, made.due)
    assert there.evidence == (other,)
    assert there.body_digest == made.body_digest
    assert {part for _, part in world.aws.statements} == {CLAIM, FILER}
    kept = {page_key(made.ref, other.piece.id, page) for page in (1, 2)}
    assert world.aws.released.keys() == {*kept, "another's"}


def test_what_comes_while_a_family_is_erased_is_forgotten_too(world: World) -> None:
    brought(world, Kind.APPEAL, Side.FILER)
    statements_now = dict(world.aws.statements)
    forget(world)
    world.aws.statements.update(statements_now)  # as a vault that was restored alone
    forget(world)
    assert not {part for _, part in world.aws.statements} - {ANSWER}


def test_a_dispute_that_others_write_each_time_keeps_the_family_whole(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = brought(world, Kind.APPEAL, Side.FILER)
    monkeypatch.setattr(FakeDisputes, "forget", lambda *_, **__: Stands(dispute=made))
    with pytest.raises(TryAgain) as told:
        forget(world)
    assert told.value.faults == (Fault("busy"),)
    assert world.only().state is State.DECIDED


def held_by(world: World, made: Dispute, other: str = "") -> Slot:
    """The place that its filer holds by a dispute, or by another one since."""
    holder = replace(made.ref, locator=other) if other else made.ref
    held = Slot(made.person, made.place, holder, b"a named family..")
    world.aws.slots[made.person, made.place] = held
    return held


def own(world: World, stage: Stage = Stage.FILED) -> Dispute:
    """An appeal by somebody who signed in: it holds a place of theirs while it is open."""
    there = brought(world, Kind.APPEAL, Side.FILER)
    made = replace(there, person=PERSON, place=1, stage=stage)
    world.aws.disputes[made.ref] = made
    return made


def test_an_appeal_that_ends_with_its_family_gives_up_its_place(world: World) -> None:
    made = own(world)
    held = held_by(world, made)
    forget(world)
    assert world.aws.slots == {(PERSON, 1): replace(held, held=False, named=b"")}


def test_an_appeal_that_had_ended_leaves_its_place_to_whoever_has_it_now(world: World) -> None:
    made = own(world, Stage.DECIDED)
    held = held_by(world, made, other="9K3GYYYYYY")
    assert forget(world).state is State.ERASED
    assert world.aws.slots == {(PERSON, 1): held}
    assert world.aws.disputes[made.ref].evidence == ()


def test_whoever_objected_keeps_the_place_since_the_objection_goes_on(world: World) -> None:
    held = held_by(world, brought(world, Kind.OBJECTION, Side.FAMILY))
    forget(world)
    assert list(world.aws.slots.values()) == [held]


def test_what_the_family_showed_is_forgotten_though_it_wrote_nothing(world: World) -> None:
    made = brought(world, Kind.OBJECTION, Side.FAMILY)
    world.aws.statements.pop((NUMBER, ANSWER))
    forget(world)
    assert world.aws.disputes[made.ref].evidence == ()
    assert world.aws.released == {"another's": b"a copy"}


def test_the_copies_of_a_piece_are_asked_for_by_their_pages(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As many as were counted; all that there may be, of a piece that nobody has counted."""
    made = brought(world, Kind.APPEAL, Side.FILER)
    asked: list[str] = []
    monkeypatch.setattr(FakeCopies, "erase", lambda _, keys: asked.extend(keys))
    forget(world)
    counted, not_yet = (each.piece.id for each in made.evidence)
    assert asked == [
        *(page_key(made.ref, counted, page) for page in (1, 2)),
        *(page_key(made.ref, not_yet, page) for page in range(1, 101)),
    ]
