"""A report about an agent or an officer: whose it becomes; nothing but a person closes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest

from chalicelib.domain import (
    adoption,
    audit,
    dispute,
    ground_check,
    misconduct,
    officer_profile,
    receipt,
)
from chalicelib.domain.audit import Act, Event, Head
from chalicelib.domain.errors import Fault, NotAllowed, WrongState
from chalicelib.domain.evidence import PieceState
from chalicelib.domain.misconduct import HIGHEST_LEVEL, LOST_MS, Reached, Report, Stage
from chalicelib.domain.registration import Ref
from chalicelib.usecases import export_disputes, send_visits
from tests.builders import VILLAGE, VILLAGE_INDEX
from tests.court import ELSEWHERE, officer
from tests.disputing import DAY, OFFICER, OTHER, at, exhibits, mac, piece
from tests.fakes import START

LAST_VILLAGE = 83_761  # place in the national list
SALT = bytes(range(16))


def check_step(
    before: Report,
    after: tuple[Report, Event],
    act: Act,
    actor: str,
    details: Mapping[str, object],
    *,
    reason: str | None = None,
    **changed: Any,
) -> Report:
    """A step changes what it says and nothing else, and its event follows in the one chain."""
    now, event = after
    told = (event.chain, event.act, event.actor, event.reason, event.commitment)
    assert told == (before.ref.locator, act, actor, reason, audit.commit(SALT, details))
    assert (event.seq, event.prev) == (before.head.seq + 1, before.head.hash)
    head = Head(event.seq, event.hash, event.at)
    assert now == replace(before, version=before.version + 1, head=head, **changed)
    return now


def blank(pieces: int = 0) -> Report:
    locator = misconduct.paper_of(mac, "a report's key", VILLAGE_INDEX).locator
    return Report(
        ref=Ref(VILLAGE, locator),
        stage=Stage.FILED,
        version=0,
        reason="money_asked",
        request_id=bytes(16),
        body_digest=bytes(16),
        secret_mac=bytes(16),
        steps=(),
        head=Head(0, bytes(32), 0),  # filing begins the chain
        salt=SALT,
        evidence=exhibits(pieces),
    )


def filed(pieces: int = 0) -> Report:
    return misconduct.file(blank(pieces), at(START, "citizen"), due=START + DAY)[0]


def given(report: Report, who: str = OFFICER) -> Report:
    return misconduct.assign(report, who, at(START), due=START + DAY)[0]


def test_no_two_kinds_of_numbers_have_a_place_in_common() -> None:
    taken = [
        range(LAST_VILLAGE + 1),
        *(
            range(each, each + LAST_VILLAGE + 1)
            for each in (
                dispute.PLACE,
                ground_check.PLACE,
                misconduct.PLACE,
            )
        ),
        *(
            range(each, each + 1)
            for each in (
                send_visits.SAMPLE_PLACE,
                export_disputes.PLACE,
                officer_profile.PLACE,
                adoption.PLACE,
            )
        ),
    ]
    ordered = sorted(taken, key=lambda each: each.start)
    assert all(a.stop <= b.start for a, b in pairwise(ordered))


def test_whoever_has_it_may_open_and_close_it_and_nobody_else() -> None:
    report = given(filed())
    assert misconduct.may_open(report, f"staff:{OFFICER}")
    assert not misconduct.may_open(report, f"staff:{OTHER}")
    assert not misconduct.may_open(filed(), "staff:")
    with pytest.raises(NotAllowed) as refused:
        misconduct.close(report, "talked_to", at(START, f"staff:{OTHER}"))
    assert refused.value.faults == (Fault("report_not_yours"),)
    closed, event = misconduct.close(report, "talked_to", at(START, f"staff:{OFFICER}"))
    assert (closed.stage, closed.outcome, closed.due) == (Stage.CLOSED, "talked_to", 0)
    assert (event.act, event.reason) == (Act.REPORT_CLOSED, "talked_to")
    assert misconduct.may_open(closed, f"staff:{OFFICER}")


def test_a_passed_term_hands_it_on_as_often_as_it_passes_and_never_closes_it() -> None:
    report = filed()
    for number in range(1, HIGHEST_LEVEL + 3):
        report = given(report, f"supervisor-{number}")
        report, event = misconduct.hand_on(report, at(START + number), due=START + DAY)
        assert (report.stage, report.officer, report.outcome) == (Stage.REVIEW, "", "")
        assert report.level == min(number, HIGHEST_LEVEL)
        assert event.act is Act.ESCALATED
    assert report.passed == tuple(f"supervisor-{n}" for n in range(1, HIGHEST_LEVEL + 3))


def test_one_has_it_at_a_time_and_nobody_once_it_is_closed() -> None:
    with pytest.raises(WrongState) as twice:
        given(given(filed()), OTHER)
    assert twice.value.faults == (Fault("report_moved"),)
    with pytest.raises(WrongState) as nobodys:
        misconduct.hand_on(filed(), at(START), due=START)
    assert nobodys.value.faults == (Fault("report_moved"),)
    closed, _ = misconduct.close(given(filed()), "not_ours", at(START, f"staff:{OFFICER}"))
    for act in (
        lambda: given(closed, OTHER),
        lambda: misconduct.hand_on(closed, at(START), due=START),
        lambda: misconduct.close(closed, "talked_to", at(START, f"staff:{OFFICER}")),
    ):
        with pytest.raises(WrongState) as refused:
            act()
        assert refused.value.faults == (Fault("report_closed"),)


def test_who_works_where_an_agent_of_the_district_works_stays_out() -> None:
    far = officer(1, district=ELSEWHERE, roles="supervisor")
    near = officer(2, roles="supervisor")
    assert misconduct.from_elsewhere(VILLAGE, [far, near]) == [far]
    both = frozenset({VILLAGE[:6], ELSEWHERE})
    agent = replace(officer(3, roles="agent"), districts=both)
    assert misconduct.from_elsewhere(VILLAGE, [far, near, agent]) == []
    lives_here = replace(far, village=VILLAGE)
    assert misconduct.from_elsewhere(VILLAGE, [lives_here]) == []


def test_an_agent_of_another_district_and_an_officer_of_this_one_keep_nobody_out() -> None:
    far = officer(1, district=ELSEWHERE, roles="supervisor")
    not_of_here = officer(2, district=ELSEWHERE, roles="agent")
    no_agent = replace(officer(3), districts=frozenset({VILLAGE[:6], ELSEWHERE}))
    assert misconduct.from_elsewhere(VILLAGE, [far, not_of_here, no_agent]) == [far, not_of_here]


def test_each_of_several_agents_keeps_out_where_they_work_and_all_of_the_district_itself() -> None:
    third, fourth = "351002", "351003"
    here = VILLAGE[:6]
    agents = [
        replace(officer(number, roles="agent"), districts=frozenset({here, other}))
        for number, other in ((1, ELSEWHERE), (2, third))
    ]
    lives_here = replace(
        officer(3, roles="agent"), village=VILLAGE, districts=frozenset({fourth})
    )  # and works elsewhere only
    drawn = [
        replace(officer(number, roles="supervisor"), village="", districts=frozenset({district}))
        for number, district in ((4, here), (5, ELSEWHERE), (6, third), (7, fourth), (8, "351004"))
    ]
    assert misconduct.from_elsewhere(VILLAGE, [*agents, *drawn]) == drawn[3:]
    assert misconduct.from_elsewhere(VILLAGE, [*agents, lives_here, *drawn]) == drawn[4:]
    only_elsewhere = replace(lives_here, village=f"{fourth}2001")
    assert misconduct.from_elsewhere(VILLAGE, [only_elsewhere, drawn[0]]) == [only_elsewhere]


def test_a_photo_is_screened_once_and_a_machine_looks_when_it_could_go_on() -> None:
    report = filed(pieces=1)
    assert misconduct.wakes(report) == report.due
    found = replace(piece(0), state=PieceState.RELEASED, tries=1)
    step = misconduct.screened(report, found, at(START + 1))
    assert step is not None
    report = step[0]
    assert misconduct.is_screened(report)
    assert misconduct.screened(report, replace(found, state=PieceState.REFUSED), at(START)) is None
    assert misconduct.screened(report, piece(7), at(START)) is None
    assert misconduct.wakes(report) == START + 1 + LOST_MS  # nobody has it
    assert misconduct.wakes(given(report)) == START + DAY
    closed, _ = misconduct.close(given(report), "not_shown", at(START, f"staff:{OFFICER}"))
    assert misconduct.wakes(closed) == 0


@pytest.mark.parametrize("index", [0, VILLAGE_INDEX, LAST_VILLAGE])
def test_a_number_tells_its_village_and_each_request_has_a_paper_of_its_own(index: int) -> None:
    paper = misconduct.paper_of(mac, "a key", index)
    assert misconduct.village_index(paper.locator) == index
    assert paper == misconduct.paper_of(mac, "a key", index)
    assert paper != misconduct.paper_of(mac, "another key", index)
    assert misconduct.village_index(receipt.derive(mac, "a key", index).locator) < 0


def test_each_step_tells_the_ledger_what_it_rests_on_and_changes_nothing_else() -> None:
    citizen, officer_ = "citizen", f"staff:{OFFICER}"
    new = blank(pieces=2)
    begun = replace(new, head=audit.first_head(new.ref.locator))
    report = check_step(
        begun,
        misconduct.file(new, at(START, citizen), due=START + DAY),
        Act.REPORTED,
        citizen,
        {"reason": "money_asked", "pieces": 2},
        reason="money_asked",
        stage=Stage.FILED,
        due=START + DAY,
        steps=(Reached(Stage.FILED, START),),
    )
    found = replace(piece(0), state=PieceState.REFUSED, why="no_image", tries=1)
    step = misconduct.screened(report, found, at(START + 1, "system:screen"))
    assert step is not None
    report = check_step(
        report,
        step,
        Act.SCREENED,
        "system:screen",
        {"piece": found.id, "state": "refused", "why": "no_image"},
        evidence=(replace(report.evidence[0], piece=found), report.evidence[1]),
    )
    report = check_step(
        report,
        misconduct.assign(report, OFFICER, at(START + 2), due=START + 2 * DAY),
        Act.ASSIGNED,
        "system:tests",
        {"officer": OFFICER},
        stage=Stage.REVIEW,
        officer=OFFICER,
        due=START + 2 * DAY,
        steps=(Reached(Stage.FILED, START), Reached(Stage.REVIEW, START + 2)),
    )
    report = check_step(
        report,
        misconduct.hand_on(report, at(START + 3), due=START + 3 * DAY),
        Act.ESCALATED,
        "system:tests",
        {"level": 1},
        officer="",
        passed=(OFFICER,),
        level=1,
        due=START + 3 * DAY,
    )  # it is in review as before: no stage is reached anew
    report = given(report)
    check_step(
        report,
        misconduct.close(report, "talked_to", at(START + 5, officer_)),
        Act.REPORT_CLOSED,
        officer_,
        {},
        reason="talked_to",
        stage=Stage.CLOSED,
        outcome="talked_to",
        due=0,
        steps=(*report.steps, Reached(Stage.CLOSED, START + 5)),
    )
