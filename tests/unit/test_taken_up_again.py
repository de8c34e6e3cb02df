"""What a family reads when its result is taken up again: that it is, why, and what it was."""

from __future__ import annotations

import pytest

from chalicelib.adapters import registry_items
from chalicelib.domain import registration, reopening
from chalicelib.domain.dispute import Kind
from chalicelib.domain.registration import Registration, Stamp, State
from chalicelib.usecases import show_status
from chalicelib.usecases.carry_out_check import NOT_MET, STILL_OPEN, VISITED
from chalicelib.usecases.settle_check import WHY
from tests.court import Court

REASONS = (*(f"{kind}_upheld" for kind in Kind), NOT_MET, STILL_OPEN, VISITED, WHY)


@pytest.fixture(scope="module")
def court() -> Court:
    """A courtroom with one decided family."""
    return Court()


def notes(case: Registration, court: Court) -> list[str]:
    told: list[str] = show_status.status(case, court.world.status_ports())["notes"]
    return told


@pytest.mark.parametrize("reason", REASONS)
def test_the_family_reads_that_it_is_decided_anew_and_why(court: Court, reason: str) -> None:
    before = court.case()
    salt = court.world.store.load([before.ref])[before.ref].vault[0].salt
    stamp = Stamp(court.world.clock.now_ms(), "staff:officer-1", salt)
    moved, _ = reopening.reopen(before, before.household, reason, stamp, officer_due=1)
    (note,) = notes(moved, court)
    assert note.startswith("Hasil tanggal 21 November 2026 sedang dihitung ulang. ")
    kept = registry_items.from_item(registry_items.to_item(moved))
    assert kept.earlier is not None
    assert kept.earlier.why == reason
    assert before.scored is not None
    anew, _ = registration.decide(
        kept,
        before.scored,
        before.decisions,
        before.rules_hash,
        stamp,
        provisional=True,
        officer_due=1,
    )
    (note,) = notes(anew, court)
    assert note.startswith("Hasil ini menggantikan hasil tanggal 21 November 2026. ")
    assert "rumus atau aturan baru" not in note
    assert "Hasil lama: Program Keluarga Harapan (PKH)" in note


@pytest.mark.parametrize("reason", [each for each in REASONS if each != VISITED])
def test_what_waits_for_an_officer_is_told_in_words(court: Court, reason: str) -> None:
    before = court.case()
    salt = court.world.store.load([before.ref])[before.ref].vault[0].salt
    stamp = Stamp(court.world.clock.now_ms(), "staff:officer-1", salt)
    moved, _ = reopening.reopen(before, None, reason, stamp, officer_due=1)
    assert moved.state is State.NEEDS_OFFICER
    assert len(notes(moved, court)) == 2
