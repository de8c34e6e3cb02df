"""Whom a day's draw has visited: families near a border, and a month's sample."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chalicelib.domain import check_sample, lottery, registration
from chalicelib.domain.audit import Act
from chalicelib.domain.ground_check import Check, Purpose
from chalicelib.domain.registration import Registration, Stamp, State
from chalicelib.usecases.near_cutoff import is_near
from chalicelib.usecases.score import basis_of
from chalicelib.usecases.send_visits import Done, sample_ref
from tests.visiting import HOUR, Field, moment


@pytest.fixture
def there() -> Field:
    return Field()


def checks(there: Field, purpose: Purpose) -> list[Check]:
    return [each for each in there.world.aws.checks.values() if each.purpose is purpose]


def at_draw_hour(there: Field, text: str) -> None:
    there.world.clock.now = moment(f"{text}T02:10:00")


def stamp(there: Field, actor: str) -> Stamp:
    return Stamp(there.world.clock.now, actor, b"s" * 16)


# --- near a cut-off -------------------------------------------------------------------------------


def near_and_far(there: Field) -> tuple[list[Registration], list[Registration]]:
    """Decided families, by whether a tenth of the model's interval turns a decision."""
    basis = basis_of(None, there.world.artefact, there.world.rule_set)
    near: list[Registration] = []
    far: list[Registration] = []
    for place, rooms in enumerate((1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 16, 20)):
        case = there.family(9901 + 4 * place, rooms=rooms)
        assert case.state is State.DECIDED
        (near if is_near(case, basis, 10) else far).append(case)
    return near, far


def test_families_near_a_border_are_visited_and_others_are_not(there: Field) -> None:
    near, far = near_and_far(there)
    assert near
    assert far
    at_draw_hour(there, "2026-11-22")
    assert there.send() == Done(len(near), len(near))
    found = checks(there, Purpose.NEAR_CUTOFF)
    assert {each.about for each in found} == {case.ref.locator for case in near}
    assert {each.chance for each in found} == {(len(near), len(near))}
    assert there.send() == Done(0, 0)


def test_no_more_are_visited_than_the_region_wants_and_the_chance_is_kept(there: Field) -> None:
    near, _ = near_and_far(there)
    there.rules = replace(there.rules, near_most_a_day=1)
    at_draw_hour(there, "2026-11-22")
    there.send()
    (found,) = checks(there, Purpose.NEAR_CUTOFF)
    assert found.chance == (1, len(near))
    there.rules = replace(there.rules, near_most_a_day=0)
    at_draw_hour(there, "2026-11-22")
    assert there.send().asked == 0


def test_a_wider_margin_takes_in_more_and_none_takes_in_nobody(there: Field) -> None:
    near, far = near_and_far(there)
    basis = basis_of(None, there.world.artefact, there.world.rule_set)
    assert not any(is_near(case, basis, 0) for case in (*near, *far))
    assert all(is_near(case, basis, 100) for case in near)


# --- the sample -----------------------------------------------------------------------------------


def sampled(there: Field) -> Field:
    """Twelve families decided in November, with the seed committed to before."""
    there.rules = replace(there.rules, sample_least=4, near_most_a_day=0)
    at_draw_hour(there, "2026-11-20")
    there.send()
    for place in range(12):
        there.family(9901 + 4 * place)
        there.world.clock.advance(HOUR)
    return there


def test_a_months_sample_is_drawn_as_it_was_committed_to(there: Field) -> None:
    sampled(there)
    ref = sample_ref("3510 2026-11", there.ask_ports())
    before = there.checks.sample(ref)
    assert before is not None
    assert (before.at, before.seed) == (0, b"")
    at_draw_hour(there, "2026-12-01")
    assert there.send().asked == 4
    drawn = there.checks.sample(ref)
    assert drawn is not None
    assert (drawn.families, drawn.drawn) == (12, 4)
    assert lottery.opens(drawn.commitment, drawn.seed, "3510 2026-11")
    families = [ref.locator for ref in there.world.aws.cases]
    found = checks(there, Purpose.SAMPLE)
    assert {each.about for each in found} == set(check_sample.again(drawn, families))
    assert {each.chance for each in found} == {(4, 12)}
    assert {each.occasion for each in found} == {"sample 3510 2026-11"}
    acts = [event.act for event in there.world.aws.events.values() if event.chain == ref.locator]
    assert sorted(acts) == sorted([Act.SAMPLE_COMMITTED, Act.SAMPLE_DRAWN])


def test_a_draw_is_made_once_and_completed_if_it_ended_halfway(there: Field) -> None:
    sampled(there)
    at_draw_hour(there, "2026-12-01")
    there.send()
    lost = checks(there, Purpose.SAMPLE)[0]
    del there.world.aws.checks[lost.ref]
    for key in [k for k, e in there.world.aws.events.items() if e.chain == lost.ref.locator]:
        del there.world.aws.events[key]
    at_draw_hour(there, "2026-12-02")
    assert there.send().asked == 1
    assert len(checks(there, Purpose.SAMPLE)) == 4
    assert lost.ref in there.world.aws.checks
    at_draw_hour(there, "2026-12-03")
    assert there.send().asked == 0


def test_a_month_that_was_not_committed_to_is_not_drawn(there: Field) -> None:
    there.rules = replace(there.rules, sample_least=4, near_most_a_day=0)
    there.family()
    at_draw_hour(there, "2026-12-01")
    assert there.send().asked == 0
    assert checks(there, Purpose.SAMPLE) == []
    assert there.checks.sample(sample_ref("3510 2026-12", there.ask_ports())) is not None


def test_nothing_is_drawn_at_another_hour(there: Field) -> None:
    sampled(there)
    there.world.clock.now = moment("2026-12-01T03:10:00")
    assert there.send().asked == 0
    at_draw_hour(there, "2026-12-04")
    assert there.send().asked == 0


def test_families_that_moved_on_since_are_neither_drawn_nor_visited(there: Field) -> None:
    sampled(there)
    gone = next(iter(there.world.aws.cases.values()))
    step = registration.withdraw(gone, b"w" * 16, stamp(there, "citizen"))
    assert there.world.store.change(*step) is None
    at_draw_hour(there, "2026-12-01")
    there.send()
    assert gone.ref.locator not in {each.about for each in checks(there, Purpose.SAMPLE)}
    drawn = there.checks.sample(sample_ref("3510 2026-11", there.ask_ports()))
    assert drawn is not None
    assert drawn.families == 11
