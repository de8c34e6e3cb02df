"""What a family is told when it has registered, and what stops it, whoever sends the form."""

from __future__ import annotations

import json
from typing import Any

import pytest

from chalicelib import case_wiring, wiring
from chalicelib.domain.errors import Fault, InvalidRequest
from chalicelib.domain.registration import WayIn
from chalicelib.entrypoints import registering
from chalicelib.entrypoints.http import Sent
from chalicelib.entrypoints.pages import qr_svg
from chalicelib.usecases.register import Ports
from tests.fakes import FakeSealer
from tests.world import DATA, World, form, member

WORDS = json.loads((DATA / "words" / "faults.id.json").read_bytes())


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    made = World()
    ports = Ports(made.clock, made.random, made.index, FakeSealer(), made.store, made.form_rules())
    monkeypatch.setattr(case_wiring, "register_ports", lambda: ports)
    monkeypatch.setattr(case_wiring, "status_ports", made.status_ports)
    monkeypatch.setattr(wiring, "fault_words", lambda: WORDS)
    return made


def send(world: World, way: WayIn, *faults: Fault, **changes: Any) -> registering.Accepted:
    sent = Sent({**form(world.model), "way_in": None, **changes}, faults, "k" * 20, {})
    return registering.register_family(sent, way, "agent:a-1")


def told(world: World, *found: Fault, **changes: Any) -> tuple[Fault, ...]:
    with pytest.raises(InvalidRequest) as refusal:
        send(world, WayIn.SELF, *found, **changes)
    return refusal.value.faults


@pytest.mark.parametrize("way_in", [WayIn.SELF, WayIn.AGENT])
@pytest.mark.parametrize("says", [True, False])
def test_a_form_without_faults_is_registered_by_who_sent_it(
    world: World, way_in: WayIn, says: bool
) -> None:
    said = {"way_in": way_in.value if says else None}
    accepted = send(world, way_in, **said)
    case = world.only()
    assert case.ref.locator == accepted.receipt.locator
    assert case.way_in is way_in
    (first, *_) = sorted(world.aws.events.values(), key=lambda event: event.seq)
    assert first.actor == "agent:a-1"
    again = send(world, way_in, **said)
    assert again.receipt == accepted.receipt  # the key is that of the form


def test_faults_of_types_and_of_sense_are_told_together_and_once(world: World) -> None:
    typed = Fault("field_too_long", "address")
    assert told(world, typed, village="9999999999") == (
        typed,
        Fault("village_outside_region", "village"),
    )
    same = Fault("village_outside_region", "village")
    assert told(world, same, village="9999999999") == (same,)
    assert told(world, typed) == (typed,)
    assert not world.aws.cases


def test_a_form_that_says_it_came_another_way_is_refused(world: World) -> None:
    assert told(world, way_in="agent") == (Fault("field_not_an_option", "way_in"),)
    assert not world.aws.cases


def test_what_the_sender_is_told(world: World) -> None:
    accepted = send(world, WayIn.SELF)
    answer = registering.received(accepted)
    about = world.status_ports().states["received"]
    assert (answer.status, answer.page) == (201, "receipt")
    assert answer.body == {
        "receipt": accepted.receipt.text,
        "qr_svg": qr_svg(accepted.receipt.text),
        "state": "received",
        "title": about["title"],
        "next": about["next"],
        "expect_by": "23 November 2026",
        "warnings": [],
    }


def test_warnings_are_told_in_words_beside_their_fields(world: World) -> None:
    odd = member(9901, birth_date="1985-03-10")  # a day later than the NIK says
    warnings = registering.received(send(world, WayIn.SELF, members=[odd])).body["warnings"]
    assert warnings
    for each in warnings:
        assert set(each) == {"code", "field", "message"}
        assert each["message"] == WORDS[each["code"]]
        assert each["field"].startswith(("members", "kk"))
