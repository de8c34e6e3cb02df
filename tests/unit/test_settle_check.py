"""A finding that would change a decision: drawn, two people, and the family decided anew on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import pytest

from chalicelib.adapters import ground_check_items
from chalicelib.domain import assignment, audit, check_review, ground_check, registration, reopening
from chalicelib.domain.assignment import Officer, Role
from chalicelib.domain.audit import Act
from chalicelib.domain.errors import (
    Fault,
    InvalidRequest,
    NotAllowed,
    NotFound,
    TepatError,
    WrongState,
)
from chalicelib.domain.ground_check import Check, Course, Opinion, Purpose
from chalicelib.domain.registration import Ref, Registration, Stamp, State
from chalicelib.usecases import settle_check, show_status
from tests import checking
from tests.court import STAFF
from tests.fakes import FakeOpener
from tests.visiting import RICH, Field

DAY = 86_400_000
REOPEN = (Course.REOPEN, "found_differs")
KEEP = (Course.KEEP, "finding_doubtful")


@dataclass
class Office:
    """A visited family whose finding would be decided otherwise, and the officers of the region."""

    there: Field = field(default_factory=Field)
    staff: Sequence[Officer] = STAFF

    def __post_init__(self) -> None:
        self.decided = self.there.family(rooms=1, tenure="free")
        self.check = self.there.sampled(self.decided)
        place = {"lat": "-8.21234", "lon": "114.36789", "metres": 12}
        self.there.visit(self.check, seen=RICH, remark="Rumah bertingkat.", place=place)

    def ports(self) -> settle_check.Ports:
        world, there = self.there.world, self.there
        return settle_check.Ports(
            world.clock,
            world.random,
            FakeOpener(world.aws),
            world.store,
            there.checks,
            there.disputes,
            world.ledger,
            lambda: self.staff,
            lambda day: assignment.day_key(world.index.mac, day),
            there.terms,
            "3510",
        )

    def now(self) -> Check:
        return self.there.checks.load([self.check.ref])[self.check.ref]

    def case(self) -> Registration:
        return self.there.case(self.check)

    def drawn(self) -> str:
        """Who alone finds it in the list."""
        lists = {each.sub: settle_check.my_findings(actor(each), self.ports()) for each in STAFF}
        (who,) = [sub for sub, listed in lists.items() if listed.mine]
        return f"staff:{who}"

    def judge(self, who: str, course: Course, reason: str) -> Check:
        seen = (self.now().version, self.case().version)
        command = settle_check.Judging(self.check.ref, who, course, reason, seen)
        return settle_check.judge(command, self.ports())


def actor(officer: Officer) -> str:
    return f"staff:{officer.sub}"


@pytest.fixture
def office() -> Office:
    return Office()


def test_one_recommends_another_decides_and_the_family_is_decided_on_what_was_found(
    office: Office,
) -> None:
    first = office.drawn()
    recommended = office.judge(first, *REOPEN)
    assert (recommended.to_settle, check_review.turn(recommended)) == (True, Role.DECIDER)
    assert office.case() == office.decided
    second = office.drawn()
    assert second != first
    settled = office.judge(second, *REOPEN)
    assert check_review.outcome(settled) is Course.REOPEN
    assert office.case().state is State.MATCHED  # in the same write
    office.there.world.settle()
    case = office.case()
    assert case.state is State.DECIDED
    assert case.household is not None
    assert case.household.answers["rooms"] == 9
    assert settled.verdict is not None
    assert settled.verdict.eligible == tuple(e.programme for e in case.decisions if e.eligible)
    (note,) = show_status.status(case, office.there.world.status_ports())["notes"]
    assert "menemukan keadaan yang berbeda" in note
    assert "Hasil lama: Program Keluarga Harapan (PKH)" in note
    acts = [e.act for e in office.there.world.aws.events.values() if e.chain == case.ref.locator]
    assert acts.count(Act.REOPENED) == 1
    assert settle_check.my_findings(first, office.ports()).mine == []


def test_two_put_a_finding_away_and_no_result_changes(office: Office) -> None:
    office.judge(office.drawn(), *KEEP)
    settled = office.judge(office.drawn(), Course.KEEP, "changed_since")
    assert check_review.outcome(settled) is Course.KEEP
    assert office.case() == office.decided


def test_two_who_differ_are_followed_by_a_third_from_elsewhere(office: Office) -> None:
    office.judge(office.drawn(), *REOPEN)
    split = office.judge(office.drawn(), *KEEP)
    assert (split.to_settle, office.case()) == (True, office.decided)
    third = {actor(each): each for each in STAFF}[office.drawn()]
    assert office.check.ref.village[:6] not in third.districts
    settled = office.judge(actor(third), *REOPEN)
    assert check_review.outcome(settled) is Course.REOPEN
    assert len({each.actor for each in settled.opinions}) == 3
    assert office.case().state is State.MATCHED


def test_nobody_judges_who_was_not_drawn_and_nobody_twice(office: Office) -> None:
    drawn = office.drawn()
    for each in STAFF:
        if actor(each) != drawn:
            with pytest.raises(NotAllowed, match="finding_not_yours"):
                office.judge(actor(each), *REOPEN)
    once = office.judge(drawn, *REOPEN)
    assert office.judge(drawn, *REOPEN) == once  # the same form, sent again
    with pytest.raises(NotAllowed, match="check_same_person"):
        office.judge(drawn, *KEEP)
    assert office.now() == once
    assert office.case() == office.decided


@pytest.mark.parametrize("why", ["same_village", "kin", "same_card", "acted"])
def test_nobody_with_an_interest_is_drawn(office: Office, why: str) -> None:
    """Whoever was drawn is made to have one: another is drawn, and the first is let in no more."""
    drawn = office.drawn()
    vault = office.there.world.store.load([office.check.case])[office.check.case]
    close = {
        "same_village": {"village": office.check.ref.village},
        "kin": {"kin_people": settle_check.interests_of_check(office.now(), vault, (), 0).people},
        "same_card": {
            "kk": next(iter(settle_check.interests_of_check(office.now(), vault, (), 0).kks or ()))
        },
        "acted": {"sub": office.now().officer},
    }[why]
    office.staff = [replace(e, **close) if actor(e) == drawn else e for e in STAFF]
    with pytest.raises(NotAllowed):
        office.judge(drawn, *REOPEN)
    with pytest.raises(NotFound):
        settle_check.open_finding(office.check.ref, drawn, office.ports())
    assert office.drawn() != drawn


def test_who_judged_another_finding_of_the_family_is_kept_away_for_a_year(office: Office) -> None:
    drawn, case = office.drawn(), office.check.case
    aws, now = office.there.world.aws, office.there.world.clock.now_ms()
    for months, kept_away in ((13, False), (11, True), (0, True)):
        at = now - months * 31 * DAY
        aws.judges[case] = assignment.Judges(case, 1, {drawn.removeprefix("staff:"): at})
        assert (office.drawn() != drawn) is kept_away
    with pytest.raises(NotAllowed, match="finding_not_yours"):
        office.judge(drawn, *REOPEN)
    with pytest.raises(NotFound):
        settle_check.open_finding(office.check.ref, drawn, office.ports())


def test_two_who_judge_a_finding_are_drawn_for_no_other_of_the_family(office: Office) -> None:
    both = set()
    for _ in range(2):
        both.add(office.drawn())
        office.judge(office.drawn(), *KEEP)
    judges = office.there.world.aws.judges[office.check.case]
    assert {f"staff:{sub}" for sub in judges.last} == both
    office.check = office.there.sampled(office.case(), "another month")
    office.there.visit(office.check, key="w" * 24, seen=RICH)
    left = [each for each in STAFF if actor(each) in both]
    office.staff = [*left, next(each for each in STAFF if "supervisor" in each.roles)]
    assert office.drawn() == actor(office.staff[-1])


def test_of_two_opinions_at_once_on_a_family_one_counts(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn, aws, case = office.drawn(), office.there.world.aws, office.check.case
    read = office.there.disputes.judges

    def another_judges_meanwhile(cases: Sequence[Ref]) -> object:
        found = read(cases)
        aws.judges[case] = assignment.Judges(case, 1, {"officer-99": 1})
        return found

    monkeypatch.setattr(office.there.disputes, "judges", another_judges_meanwhile)
    with pytest.raises(WrongState, match="finding_changed"):
        office.judge(drawn, *REOPEN)
    assert office.now().opinions == ()


def test_who_is_late_loses_the_turn_to_a_supervisor_and_nothing_lapses(office: Office) -> None:
    first = office.drawn()
    office.there.world.clock.advance(14 * DAY)
    late = office.drawn()
    assert late != first
    assert {actor(each): each for each in STAFF}[late].roles == {"supervisor"}
    assert office.now().to_settle
    with pytest.raises(NotAllowed):
        office.judge(first, *REOPEN)


def test_where_no_supervisor_may_a_late_finding_stays_with_the_officers(office: Office) -> None:
    """Seed 3353: both had judged an earlier visit to the family, and it was nobody's turn."""
    village = office.check.ref.village
    office.staff = [
        replace(each, village=village) if "supervisor" in each.roles else each for each in STAFF
    ]
    office.there.world.clock.advance(14 * DAY)
    assert {actor(each): each for each in STAFF}[office.drawn()].roles == {"reviewer"}


def test_where_nobody_may_act_everybody_is_told_how_many_wait(office: Office) -> None:
    office.staff = [replace(each, village=office.check.ref.village) for each in STAFF]
    listed = settle_check.my_findings(actor(STAFF[0]), office.ports())
    assert (list(listed.mine), listed.nobody) == ([], 1)


def test_what_changed_since_the_officer_looked_is_not_judged(office: Office) -> None:
    drawn = office.drawn()
    check, case = office.now(), office.case()
    for seen in ((check.version - 1, case.version), (check.version, case.version - 1)):
        command = settle_check.Judging(check.ref, drawn, *REOPEN, seen)
        with pytest.raises(WrongState, match="finding_changed"):
            settle_check.judge(command, office.ports())
    assert office.now() == check


def test_a_finding_is_not_settled_while_its_family_is_decided_anew(office: Office) -> None:
    """Seed 715412: an appeal had opened the case; what two had found came to nothing."""
    office.judge(office.drawn(), *REOPEN)
    case, world = office.case(), office.there.world
    assert case.household is not None
    stamp = Stamp(world.clock.now_ms(), "staff:officer-12", b"s" * 16)
    moved, event = reopening.reopen(case, case.household, "misuse_upheld", stamp, officer_due=1)
    assert world.store.change(moved, event) is None
    with pytest.raises(WrongState, match="finding_changed"):
        office.judge(office.drawn(), *REOPEN)
    assert office.now().to_settle
    world.settle()
    assert office.case().household == case.household
    office.judge(office.drawn(), *REOPEN)
    world.settle()
    found = office.case().household
    assert found is not None
    assert found.answers["rooms"] == 9


def test_a_family_that_withdrew_is_not_taken_up_again(office: Office) -> None:
    office.judge(office.drawn(), *REOPEN)
    case = office.case()
    aws = office.there.world.aws
    stamp = Stamp(office.there.world.clock.now_ms(), "citizen", b"s" * 16)
    aws.cases[case.ref], _ = registration.withdraw(case, b"w" * 16, stamp)
    settled = office.judge(office.drawn(), *REOPEN)
    assert not settled.to_settle
    assert office.case().state is State.WITHDRAWN


def test_only_who_was_drawn_or_has_judged_opens_it_and_each_look_is_in_the_ledger(
    office: Office,
) -> None:
    drawn = office.drawn()
    for each in STAFF:
        if actor(each) != drawn:
            with pytest.raises(NotFound):
                settle_check.open_finding(office.check.ref, actor(each), office.ports())
    assert office.there.world.ledger.reads_of(office.check.about, 9) == []
    opened = settle_check.open_finding(office.check.ref, drawn, office.ports())
    assert opened.may_judge
    assert opened.identity is not None
    assert opened.told["visit:0"]["remark"] == "Rumah bertingkat."
    (read,) = office.there.world.ledger.reads_of(office.check.about, 9)
    assert (read.actor, read.reason) == (drawn, "finding")
    office.judge(drawn, *REOPEN)
    assert not settle_check.open_finding(office.check.ref, drawn, office.ports()).may_judge


def test_a_reason_of_the_other_course_and_a_number_that_is_none_are_refused(office: Office) -> None:
    drawn = office.drawn()
    with pytest.raises(InvalidRequest):
        office.judge(drawn, Course.REOPEN, "finding_doubtful")
    nowhere = Ref(office.check.ref.village, "2" * 10)
    command = settle_check.Judging(nowhere, drawn, *REOPEN, (1, 1))
    for refused in (
        lambda: settle_check.judge(command, office.ports()),
        lambda: settle_check.open_finding(nowhere, drawn, office.ports()),
    ):
        with pytest.raises(NotFound):
            refused()


def test_what_is_settled_is_judged_no_more_and_is_kept(office: Office) -> None:
    office.judge(office.drawn(), *KEEP)
    settled = office.judge(office.drawn(), *KEEP)
    again = Opinion("staff:officer-5", *REOPEN, 1)
    with pytest.raises(TepatError, match="check_settled"):
        check_review.judge(settled, again, Stamp(1, again.actor, settled.salt))
    item = ground_check_items.check_to_item(settled)
    assert ground_check_items.check_from_item(item) == settled
    assert "wk" not in item


def judged(check: Check, number: int, course: Course, reason: str) -> tuple[Check, audit.Event]:
    stamp = checking.at(100 + number, f"staff:officer-{number}")
    return check_review.judge(check, Opinion(stamp.actor, course, reason, stamp.at), stamp)


def to_judge() -> Check:
    """A family of the sample whose finding gives another result, just received."""
    return checking.found(checking.assigned(checking.asked(Purpose.SAMPLE)[0])[0])[0]


@pytest.mark.parametrize(
    ("opinions", "acts", "decided"),
    [
        ([REOPEN, REOPEN], [Act.RECOMMENDED, Act.CHECK_SETTLED], Course.REOPEN),
        ([KEEP, (Course.KEEP, "case_ended")], [Act.RECOMMENDED, Act.CHECK_SETTLED], Course.KEEP),
        ([REOPEN, KEEP, KEEP], [Act.RECOMMENDED, Act.SPLIT, Act.CHECK_SETTLED], Course.KEEP),
        ([KEEP, REOPEN, KEEP], [Act.RECOMMENDED, Act.SPLIT, Act.CHECK_SETTLED], Course.KEEP),
    ],
)
def test_each_opinion_is_one_event_and_nothing_is_decided_before_the_last(
    opinions: list[tuple[Course, str]], acts: list[Act], decided: Course
) -> None:
    check = to_judge()
    roles = [Role.RECOMMENDER, Role.DECIDER, Role.THIRD]
    for number, ((course, reason), act) in enumerate(zip(opinions, acts, strict=True)):
        before = check
        assert check_review.turn(check) is roles[number]
        assert check_review.since(check) == checking.at(99 + number if number else 90).at
        assert check_review.outcome(check) is None
        check, event = judged(check, number, course, reason)
        assert (event.act, event.reason) == (act, reason)
        told = {"course": course.value, "reason": reason}
        assert event.commitment == audit.commit(checking.SALT, told)
        opinion = Opinion(f"staff:officer-{number}", course, reason, event.at)
        assert check == replace(
            before,
            version=before.version + 1,
            head=audit.Head(event.seq, event.hash, event.at),
            opinions=(*before.opinions, opinion),
            to_settle=act is not Act.CHECK_SETTLED,
        )
    assert check_review.outcome(check) is decided
    assert check_review.turn(check) is Role.THIRD


@pytest.mark.parametrize("opinions", [[], [REOPEN], [REOPEN, KEEP]])
def test_erased_before_it_was_decided_it_never_is(opinions: list[tuple[Course, str]]) -> None:
    check = to_judge()
    for number, opinion in enumerate(opinions):
        check = judged(check, number, *opinion)[0]
    gone = ground_check.forget(check, replace(checking.at(200), salt=b"n" * 16))[0]
    assert (gone.to_settle, check_review.outcome(gone)) == (False, None)


def test_what_is_refused_of_an_opinion_and_why() -> None:
    check = to_judge()
    once = judged(check, 1, *REOPEN)[0]
    settled = judged(once, 2, *REOPEN)[0]
    for error, fault, step in (
        (WrongState, Fault("check_settled"), lambda: judged(settled, 3, *KEEP)),
        (NotAllowed, Fault("check_same_person"), lambda: judged(once, 1, *REOPEN)),
        (
            InvalidRequest,
            Fault("field_not_an_option", "opinion"),
            lambda: judged(once, 2, Course.KEEP, "found_differs"),
        ),
    ):
        with pytest.raises(error) as caught:
            step()
        assert caught.value.faults == (fault,)
