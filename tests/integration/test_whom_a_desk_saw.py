"""Whom an officer saw at the staff's pages is whom the breach drill names."""

from __future__ import annotations

from chalicelib import wiring
from infra import breach
from infra.breach import Window, from_table, seen_by
from tests.canaries.people import family
from tests.desk import Desk, locator
from tests.integration.canary_families import register
from tests.integration.conftest import Api


def test_the_reads_of_a_desk_are_found(public_api: Api, desk: Desk) -> None:
    seen, other = register(public_api, family(0)), register(public_api, family(1))
    public_api.settle()
    desk.sign_in("supervisor").get(f"/staff/cases/{locator(seen)}")
    now = wiring.clock.now_ms()
    found = seen_by(from_table(wiring.ledger(), Window(now - 60_000, now)), Window(0, now))
    assert set(found) == {locator(seen)}
    assert locator(other) not in found
    (actor,) = found[locator(seen)].actors
    assert set(breach.places(found, "3510")) == {locator(seen)}
    later = Window(now + 1, now + 60_000, actor)
    assert seen_by(from_table(wiring.ledger(), later), later) == {}
