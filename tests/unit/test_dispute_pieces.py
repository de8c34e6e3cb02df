"""What screening found stands with its dispute, once, whatever else happens to it meanwhile."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chalicelib.domain import audit, hearing
from chalicelib.domain.audit import Act
from chalicelib.domain.dispute import Dispute, Kind
from chalicelib.domain.errors import TryAgain
from chalicelib.domain.evidence import PieceState
from chalicelib.domain.registration import Ref
from chalicelib.usecases.dispute_pieces import ACTOR, DisputePieces
from chalicelib.usecases.dispute_ports import Stands
from tests.disputing import at, filed, piece, slot, statements
from tests.fakes import START, FakeAws, FakeClock
from tests.fakes_disputes import FakeDisputes

ASKED = replace(piece(0), state=PieceState.SCREENING, tries=1)
FOUND = replace(piece(0), state=PieceState.RELEASED, tries=1, pages=1, looks="0f" * 8)


@pytest.fixture
def aws() -> FakeAws:
    return FakeAws()


@pytest.fixture
def made(aws: FakeAws) -> Dispute:
    made, event = filed(Kind.OBJECTION)
    assert FakeDisputes(aws).create(made, event, statements(made), slot=slot(made)) is None
    return made


def pieces(aws: FakeAws) -> DisputePieces:
    return DisputePieces(FakeClock(START + 5), FakeDisputes(aws))


def test_a_piece_goes_on_until_it_is_settled_and_each_step_is_told(
    aws: FakeAws, made: Dispute
) -> None:
    store = pieces(aws)
    assert store.load(made.ref, FOUND.id) == piece(0)
    for become in (ASKED, FOUND):
        assert store.settle(made.ref, become)
        assert store.load(made.ref, FOUND.id) == become
    own = sorted(aws.events.values(), key=lambda event: event.seq)
    assert [event.act for event in own] == [Act.FILED, Act.SCREENED, Act.SCREENED]
    assert [event.actor for event in own[1:]] == [ACTOR, ACTOR]
    told = {"piece": FOUND.id, "state": "released", "why": ""}
    assert own[-1].commitment == audit.commit(made.salt, told)


def test_a_repeat_changes_nothing_and_another_verdict_is_not_taken(
    aws: FakeAws, made: Dispute
) -> None:
    store = pieces(aws)
    for _ in range(2):
        assert store.settle(made.ref, FOUND)
    assert len(aws.events) == 2
    refused = replace(FOUND, state=PieceState.REFUSED, why="evidence_virus")
    for late in (refused, ASKED):
        assert not store.settle(made.ref, late)
    assert store.load(made.ref, FOUND.id) == FOUND
    assert len(aws.events) == 2


def test_what_belongs_to_no_dispute_is_not_kept(aws: FakeAws, made: Dispute) -> None:
    store = pieces(aws)
    assert not store.settle(made.ref, replace(FOUND, id="f" * 32))
    assert store.load(made.ref, "f" * 32) is None
    other = Ref(made.ref.village, "9K3GZZZZZZ")
    assert not store.settle(other, FOUND)
    assert store.load(other, FOUND.id) is None
    assert len(aws.events) == 1


def test_a_step_in_between_is_not_lost(
    aws: FakeAws, made: Dispute, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody withdraws between the reading and the writing; both stand in the end."""
    real = FakeDisputes.change
    steps = [hearing.withdraw(made, b"w" * 16, at(START + 1, "citizen"))]

    def first_others(self: FakeDisputes, *step: object, **more: object) -> Stands | None:
        while steps:
            assert real(self, *steps.pop()) is None
        return real(self, *step, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(FakeDisputes, "change", first_others)
    assert pieces(aws).settle(made.ref, FOUND)
    there = aws.disputes[made.ref]
    assert (there.ended, there.evidence[0].piece) == (True, FOUND)
    assert there.version == 3


def test_others_who_always_write_first_are_told(
    aws: FakeAws, made: Dispute, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FakeDisputes, "change", lambda *_, **__: Stands(dispute=made))
    with pytest.raises(TryAgain):
        pieces(aws).settle(made.ref, FOUND)
