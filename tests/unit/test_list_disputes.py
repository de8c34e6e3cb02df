"""Which disputes wait: what a filter asks for, what is late or soon, and what a list costs."""

from __future__ import annotations

from dataclasses import asdict, replace

import pytest

from chalicelib.domain import hearing
from chalicelib.domain.dispute import Dispute, Kind, Stage
from chalicelib.domain.registration import Ref, Stamp
from chalicelib.usecases import list_disputes
from chalicelib.usecases.dispute_filter import Filter, read
from chalicelib.usecases.list_disputes import MOST, DisputeList, Waiting
from tests.court import Court
from tests.disputing import DAY, filed
from tests.world import REGION, VILLAGE

EXAMPLE = {
    "kind": "appeal",
    "stage": "review",
    "district": VILLAGE[:6],
    "village": VILLAGE,
    "due": "late",
    "level": "1",
    "held": "nobody",
    "flagged": "yes",
}


def ports(court: Court) -> list_disputes.Ports:
    world = court.world
    return list_disputes.Ports(world.clock, world.store, court.disputes, court.terms, REGION)


def stored(court: Court, count: int, **changes: object) -> list[Dispute]:
    """So many disputes that wait for an officer, stored as they are."""
    now = court.world.clock.now_ms()
    made = []
    for number in range(count):
        there = filed(Kind.APPEAL, key=f"one of many {number}", when=now)[0]
        there, _ = hearing.to_review(there, Stamp(now, "system:tests", there.salt), due=now + DAY)
        there = replace(there, **changes)  # type: ignore[arg-type]
        court.world.aws.disputes[there.ref] = there
        made.append(there)
    return made


def test_a_filter_is_read_from_an_address_and_told_back() -> None:
    asked, faults = read(EXAMPLE | {"page": "2", "name": "x"})
    assert (asdict(asked), faults) == (EXAMPLE, ())
    assert asked.told() == EXAMPLE
    assert read({}) == (Filter(), ())


@pytest.mark.parametrize("name", EXAMPLE)
def test_what_cannot_be_asked_for_is_told_and_left_out(name: str) -> None:
    for wrong in ("=1+1", "decided", "35", "3510152010x", "９"):
        asked, faults = read(EXAMPLE | {name: wrong})
        assert [fault.field for fault in faults] == [name]
        assert name not in asked.told()


def test_a_village_of_another_district_is_not_asked_for() -> None:
    assert read(EXAMPLE | {"district": "351001"})[0].village == ""
    assert read(EXAMPLE | {"district": ""})[0].village == ""


DIFFERING: tuple[tuple[str, dict[str, object]], ...] = (
    ("kind", {"kind": Kind.OBJECTION}),
    ("stage", {"stage": Stage.SPLIT}),
    ("district", {"ref": Ref("3510012001", "2222222222")}),
    ("village", {"ref": Ref(VILLAGE[:6] + "2999", "2222222222")}),
    ("level", {"level": 2}),
    ("held", {"officer": "officer-1"}),
    ("flagged", {"concerns": ()}),
)


@pytest.mark.parametrize(("field", "changes"), DIFFERING)
def test_each_field_alone_keeps_a_dispute_out(field: str, changes: dict[str, object]) -> None:
    asked, _ = read(EXAMPLE)
    there = replace(stored(Court(), 1)[0], level=1, concerns=("no_evidence",))
    assert asked.matches(there, late=True, soon=False)
    assert not asked.matches(there, late=False, soon=True)
    other = replace(there, **changes)  # type: ignore[arg-type]
    assert not asked.matches(other, late=True, soon=False)
    assert replace(asked, **{field: "", "village": ""}).matches(other, late=True, soon=False)


def test_nobody_is_missing_where_no_officer_is_needed() -> None:
    there = replace(stored(Court(), 1)[0], stage=Stage.HEARING)
    assert not Filter(held="nobody").matches(there, late=False, soon=False)
    assert not Filter(held="somebody").matches(there, late=False, soon=False)


def test_late_is_whose_term_has_passed_and_soon_whose_ends_within_two_working_days() -> None:
    court = Court()
    there = stored(court, 1)[0]
    rules = court.terms.today(court.world.clock.now_ms())
    ends = court.terms.calendar.term(there.steps[-1].at, rules.terms.recommend, rules.terms).at

    def seen(at: int) -> Waiting:
        court.world.clock.now = at
        return list_disputes.of_region(Filter(), ports(court)).found[0]

    assert seen(there.steps[-1].at) == Waiting(there, ends, late=False, soon=False)
    assert (seen(ends - DAY // 2).late, seen(ends - DAY // 2).soon) == (False, True)
    assert (seen(ends).late, seen(ends).soon) == (True, False)
    # Escalated: what is due is the next escalation by now, but the term is over all the same.
    court.world.aws.disputes[there.ref] = replace(there, level=1, due=ends + 9 * DAY)
    assert seen(ends + DAY).late


def test_an_officer_sees_what_they_were_drawn_for_and_no_other() -> None:
    court = Court()
    first, second, third = stored(court, 3)
    for there, officer in ((first, "officer-1"), (second, "officer-2")):
        court.world.aws.disputes[there.ref] = replace(there, officer=officer)
    found = list_disputes.mine("officer-1", Filter(), ports(court)).found
    assert [each.there.ref for each in found] == [first.ref]
    everything = list_disputes.of_region(Filter(), ports(court))
    assert {each.there.ref for each in everything.found} == {first.ref, second.ref, third.ref}


def test_a_list_costs_one_query_and_five_reads_however_many_wait() -> None:
    court = Court()
    stored(court, MOST + 40)
    before = len(court.world.aws.calls)
    found = list_disputes.of_region(Filter(), ports(court))
    asked = court.world.aws.calls[before:]
    assert (len(found.looked_at), found.more) == (MOST, True)
    assert asked == ["Query", *["BatchGetItem"] * 5]


def test_one_district_is_shown_though_the_region_has_more_than_a_list_looks_at() -> None:
    court = Court()
    stored(court, MOST + 40)
    last = filed(Kind.APPEAL, key="elsewhere", when=court.world.clock.now_ms())[0]
    there = replace(last, ref=Ref("3510012001", last.ref.locator), due=last.due + 99 * DAY)
    court.world.aws.disputes[there.ref] = there
    found: DisputeList = list_disputes.of_region(Filter(district="351001"), ports(court))
    assert [each.there.ref for each in found.found] == [there.ref]
    assert not found.more


def test_what_has_ended_is_not_listed() -> None:
    court = Court()
    there = stored(court, 1)[0]
    ended, _ = hearing.withdraw(there, b"x" * 16, Stamp(there.head.at, "citizen", there.salt))
    court.world.aws.disputes[there.ref] = ended
    assert list_disputes.of_region(Filter(), ports(court)).looked_at == ()
