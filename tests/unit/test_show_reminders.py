"""What parties are reminded of: what is due, by when, and which terms were missed, by role."""

from __future__ import annotations

import pytest

from chalicelib.domain.dispute import Dispute, Outcome, Side, Stage
from chalicelib.usecases import show_dispute
from tests.court import DAY_MS, Court


@pytest.fixture
def court() -> Court:
    return Court()


def notes(court: Court, there: Dispute, side: Side = Side.FILER) -> list[str]:
    now = court.world.clock.now
    found: list[str] = show_dispute.told(court.now(there), side, court.show_ports(), now)["notes"]
    return found


def by(court: Court, there: Dispute) -> str:
    told = show_dispute.told(
        court.now(there), Side.FILER, court.show_ports(), court.world.clock.now
    )
    return str(told["next"]["by"])


def test_an_appeal_tells_when_it_is_due_soon_and_when_it_is_late(court: Court) -> None:
    there = court.appeal().dispute
    court.conduct(there.ref)
    last = by(court, there)
    assert notes(court, there) == []
    due = court.now(there).due
    court.world.clock.now = due - DAY_MS
    (soon,) = notes(court, there)
    assert soon == (
        f"Batas waktu sudah dekat: Petugas Dinas Sosial harus selesai paling lambat {last}."
    )
    court.world.clock.now = due + 1
    court.conduct(there.ref)
    taken_over, late = notes(court, there)
    assert "Penyelia sudah mengambil alih" in taken_over
    assert late.startswith(f"Petugas Dinas Sosial seharusnya selesai paling lambat {last}")
    assert by(court, there) == last  # the term, and not when the next takes over


def test_what_was_missed_stays_in_sight_with_the_role_and_its_day(court: Court) -> None:
    there = court.appeal().dispute
    court.conduct(there.ref)
    last = by(court, there)
    court.world.clock.now = court.now(there).due + DAY_MS
    court.conduct(there.ref)
    court.vote(there, Outcome.REJECTED, "data_confirmed")
    missed = f"Petugas Dinas Sosial terlambat: batasnya {last}. Sanggah tetap berjalan."
    assert notes(court, there) == [missed]
    court.vote(there, Outcome.REJECTED, "data_confirmed")
    assert court.now(there).stage is Stage.DECIDED
    assert notes(court, there) == [missed]


def test_silence_of_a_family_is_told_to_nobody_as_a_term_that_was_missed(court: Court) -> None:
    there = court.screen(court.object().dispute)
    court.conduct()
    (asked,) = notes(court, there, Side.FAMILY)
    assert "Anda boleh menjawab sampai" in asked
    assert notes(court, there) == []
    court.world.clock.now = court.now(there).due + 1
    court.conduct()
    assert court.now(there).stage is Stage.REVIEW
    for side in (Side.FAMILY, Side.FILER):
        assert notes(court, there, side) == []
