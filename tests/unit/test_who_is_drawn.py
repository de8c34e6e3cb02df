"""Who is drawn for a dispute, and who follows when a term passes, over the fakes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chalicelib.domain.assignment import GUEST
from chalicelib.domain.dispute import Stage
from tests.court import DAY_MS, STAFF, Court, officer


@pytest.fixture
def court() -> Court:
    return Court()


def test_a_late_officer_is_followed_by_a_supervisor_and_then_the_region(court: Court) -> None:
    there = court.appeal().dispute
    court.conduct()
    court.world.clock.advance(9 * DAY_MS)
    court.conduct()
    later = court.now(there)
    assert (later.stage, later.level, later.outcome) == (Stage.REVIEW, 1, None)
    assert "supervisor" in {e.sub: e for e in STAFF}[later.officer].roles
    court.world.clock.advance(30 * DAY_MS)
    court.conduct()
    latest = court.now(there)
    assert (latest.stage, latest.level, latest.outcome) == (Stage.REVIEW, 2, None)


def test_where_nobody_of_ones_own_may_act_a_guest_is_drawn_at_once() -> None:
    lent = replace(officer(2), roles=frozenset({"reviewer", GUEST}), village="5271012001")
    court = Court(staff=(replace(officer(1), kin_at=0), replace(lent, districts=frozenset())))
    there = court.appeal().dispute
    court.conduct()
    assert court.now(there).officer == lent.sub
    assert court.vote(there).stage is Stage.RECOMMENDED
    assert court.now(there).officer == ""  # nobody votes twice, a guest no more than others


def test_where_nobody_may_act_the_region_is_told_at_once() -> None:
    court = Court(staff=(replace(officer(1), kin_at=0),))
    there = court.appeal().dispute
    court.conduct()
    assert (court.now(there).stage, court.now(there).level) == (Stage.REVIEW, 2)


def test_what_nobody_could_be_drawn_for_is_drawn_as_soon_as_somebody_may_be() -> None:
    court = Court(staff=(replace(officer(1), kin_at=0),))
    there = court.appeal().dispute
    court.conduct()
    before = court.now(there)
    court.conduct()
    assert court.now(there) == before  # asked again, nothing is written
    court.staff = STAFF
    court.conduct()
    assert court.now(there).officer
    court.vote(there)
    assert court.now(there).stage is Stage.RECOMMENDED


def test_nobody_is_drawn_who_has_the_familys_telephone(court: Court) -> None:
    phone = court.case().phone
    assert phone
    court.staff = [STAFF[0], *(replace(each, phone=phone) for each in STAFF[1:])]
    there = court.appeal().dispute
    court.conduct()
    assert court.now(there).officer == STAFF[0].sub
