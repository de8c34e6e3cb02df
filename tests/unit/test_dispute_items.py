"""A stored dispute comes back as it was, and stays within the kilobyte that a write pays for."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from stored_values import codes, locators, moments, villages

from chalicelib.adapters import dispute_items, dynamo, ledger_items, vault_items
from chalicelib.domain import dispute
from chalicelib.domain.audit import Head
from chalicelib.domain.dispute import Dispute, Exhibit, Reached, Side, Stage, Vote
from chalicelib.domain.evidence import FileKind, Piece, PieceState, Why
from chalicelib.domain.registration import Ref
from infra.units import item_size
from tests import disputing

pieces = st.builds(
    Piece,
    id=st.binary(min_size=16, max_size=16).map(bytes.hex),
    kind=st.sampled_from(FileKind),
    size=st.integers(1, 5 * 1024**2),
    state=st.sampled_from(PieceState),
    tries=st.integers(0, 3),
    why=st.sampled_from(["", *Why]),
    pages=st.integers(0, 10),
    looks=st.just("") | st.binary(min_size=8, max_size=8).map(bytes.hex),
)
heads = st.builds(Head, st.integers(0, 9999), st.binary(min_size=32, max_size=32), moments)
votes = st.builds(
    Vote, st.just("staff:officer-1"), st.sampled_from(dispute.Outcome), codes, moments
)


@st.composite
def disputes(draw: st.DrawFn) -> Dispute:
    short = st.binary(min_size=16, max_size=16)
    stage = draw(st.sampled_from(Stage))
    return Dispute(
        ref=Ref(draw(villages), draw(locators)),
        kind=draw(st.sampled_from(dispute.Kind)),
        stage=stage,
        version=draw(st.integers(1, 9999)),
        about=draw(locators | st.just("")),
        reason=draw(codes),
        request_id=draw(short),
        body_digest=draw(short | st.just(b"")),
        steps=draw(st.lists(st.builds(Reached, st.sampled_from(Stage), moments)).map(tuple)),
        head=draw(heads),
        salt=draw(short),
        person=draw(short | st.just(b"")),
        place=draw(st.integers(0, 3)),
        names=draw(st.binary(max_size=18)),
        device=draw(short | st.just(b"")),
        street=draw(short | st.just(b"")),
        follows=draw(locators | st.just("")),
        attribute=draw(st.sampled_from(("", "laptop", "other"))),
        evidence=draw(
            st.lists(
                st.builds(Exhibit, st.sampled_from(Side), pieces), max_size=dispute.MOST_PIECES
            ).map(tuple)
        ),
        answer_by=draw(moments),
        answered_at=draw(moments),
        officer=draw(st.sampled_from(["", "officer-1"])),
        due=draw(moments),
        level=draw(st.integers(0, 2)),
        votes=draw(st.lists(votes, max_size=3).map(tuple)),
        outcome=draw(st.sampled_from([None, *dispute.Outcome])),
        why=draw(codes | st.just("")),
        concerns=draw(st.lists(codes, max_size=3).map(tuple)),
        last_request=draw(short | st.just(b"")),
    )


@settings(max_examples=100, suppress_health_check=[HealthCheck.too_slow])
@given(disputes())
def test_a_dispute_comes_back_as_it_was(there: Dispute) -> None:
    wire = dynamo.encode(dispute_items.dispute_to_item(there))
    assert dispute_items.dispute_from_item(dynamo.decode(wire)) == there
    assert item_size(wire) <= 4_096


def test_an_objection_with_three_photos_stays_within_its_kilobyte() -> None:
    """Its write costs eight units with the claim, who objects, the place and the event."""
    made, event = disputing.filed(dispute.Kind.OBJECTION, pieces=3)
    made = replace(made, device=bytes(16), street=bytes(16))
    assert item_size(dynamo.encode(dispute_items.dispute_to_item(made))) <= 700
    assert item_size(dynamo.encode(ledger_items.event_to_item(event))) <= 300
    slot = disputing.slot(made)
    item = dynamo.encode(dispute_items.slot_to_item(slot))
    assert dispute_items.slot_from_item(slot.person, dynamo.decode(item)) == slot
    assert item_size(item) <= 150


def test_what_somebody_wrote_comes_back() -> None:
    made, _ = disputing.filed(dispute.Kind.OBJECTION)
    for statement in disputing.statements(made):
        item = dispute_items.statement_to_item(made.ref.locator, statement)
        assert item["pk"] == vault_items.vault_pk(made.ref.locator)
        assert dispute_items.statement_from_item(dynamo.decode(dynamo.encode(item))) == statement
