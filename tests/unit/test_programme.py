"""Decisions against the tables of the rulebook, and rules that hold for any family."""

from __future__ import annotations

import copy
import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from chalicelib.domain.household import (
    Attending,
    Disability,
    Household,
    Member,
    Occupation,
    Relation,
    Schooling,
    Sex,
)
from chalicelib.domain.programme import (
    Code,
    Component,
    ProgrammeDecision,
    Reason,
    RulesError,
    decide,
    from_compact,
    load_rules,
    to_compact,
)

if TYPE_CHECKING:
    from random import Random

FOLDER = Path(__file__).parents[2] / "chalicelib" / "data" / "rules"
CURRENT = (FOLDER / "current").read_text().strip()
DATA = (FOLDER / f"{CURRENT}.json").read_bytes()
RULES = load_rules(DATA, CURRENT)
NOW = (2026, 11)
UNTIMED = settings(deadline=None)  # a busy machine is no failure

HEAD = Member(
    relation=Relation.HEAD,
    birth_month=(1985, 3),
    sex=Sex.MALE,
    disability=Disability.NONE,
    pregnant=False,
    schooling=Schooling.PRIMARY,
    attending=Attending.NO,
    occupation=Occupation.LABOURER,
    has_nik=True,
)
WIFE = replace(HEAD, relation=Relation.SPOUSE, sex=Sex.FEMALE, occupation=Occupation.HOUSEWORK)
PREGNANT = replace(WIFE, pregnant=True)
TODDLER = replace(
    HEAD, relation=Relation.CHILD, birth_month=(2024, 5), occupation=Occupation.NOT_WORKING
)
SD = replace(TODDLER, birth_month=(2017, 5), attending=Attending.PRIMARY)
SMP = replace(TODDLER, birth_month=(2013, 5), attending=Attending.LOWER_SECONDARY)
SMA = replace(
    TODDLER,
    birth_month=(2010, 5),
    attending=Attending.UPPER_SECONDARY,
    schooling=Schooling.LOWER_SECONDARY,
)
SEVERE = replace(WIFE, disability=Disability.SEVERE)
ELDER = replace(HEAD, relation=Relation.PARENT, birth_month=(1950, 1))
COMPONENTS = (PREGNANT, TODDLER, SD, SMP, SMA, SEVERE, ELDER)


def family(*members: Member) -> Household:
    return Household("3510152004", members, {}, NOW)


def answers(
    *members: Member, decile: int | None = 2, as_of: tuple[int, int] = NOW
) -> dict[str, ProgrammeDecision]:
    decisions = decide(RULES, family(*members), decile, provisional=True, as_of=as_of)
    return {decision.programme: decision for decision in decisions}


def codes(reasons: tuple[Reason, ...]) -> list[str]:
    return [reason.code.value for reason in reasons]


def age(member: Member, years: int) -> Member:
    return replace(member, birth_month=(NOW[0] - years, NOW[1]))


@pytest.mark.parametrize(
    ("member", "code", "rupiah"),
    [
        (PREGNANT, "preg", 3_000_000),
        (TODDLER, "small", 3_000_000),
        (SD, "sd", 900_000),
        (SMP, "smp", 1_500_000),
        (SMA, "sma", 2_000_000),
        (SEVERE, "dis", 2_400_000),
        (ELDER, "old", 2_400_000),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_yearly_amount_of_each_component(member: Member, code: str, rupiah: int) -> None:
    pkh = answers(HEAD, member)["PKH"]
    assert pkh.eligible
    assert codes(pkh.reasons) == ["decile_within", "has_component"]
    assert pkh.components == (Component(code, 1),)
    assert pkh.rp_per_year == rupiah


@pytest.mark.parametrize(
    ("members", "counted", "rupiah"),
    [
        ([PREGNANT] * 3, {"preg": 2}, 6_000_000),
        ([TODDLER] * 3, {"small": 2}, 6_000_000),
        ([SD] * 4, {"sd": 3}, 2_700_000),
        ([SD, SD, SMP, SMA], {"sd": 1, "smp": 1, "sma": 1}, 4_400_000),
        ([SEVERE] * 5, {"dis": 4}, 9_600_000),
        ([PREGNANT] * 2 + [TODDLER] * 2 + [ELDER, SMA], {"preg": 2, "small": 2}, 12_000_000),
        ([SD, SMP, SMA, ELDER, PREGNANT], {"preg": 1, "smp": 1, "sma": 1, "old": 1}, 8_900_000),
    ],
)
def test_limits_of_the_family_and_of_each_kind(
    members: list[Member], counted: dict[str, int], rupiah: int
) -> None:
    pkh = answers(HEAD, *members)["PKH"]
    assert {part.code: part.count for part in pkh.components} == counted
    assert pkh.rp_per_year == rupiah
    (limited,) = (each for each in pkh.reasons if each.code is Code.COMPONENTS_LIMITED)
    assert limited.params == (4,)


@pytest.mark.parametrize(
    ("member", "code"),
    [
        (replace(PREGNANT, disability=Disability.SEVERE), "preg"),
        (age(replace(SD, attending=Attending.PRIMARY), 6), "small"),
        (replace(SD, disability=Disability.SEVERE), "dis"),
        (replace(ELDER, disability=Disability.SEVERE), "dis"),
    ],
)
def test_a_person_who_fits_two_kinds_counts_once_as_the_dearer(member: Member, code: str) -> None:
    assert answers(HEAD, member)["PKH"].components == (Component(code, 1),)


@pytest.mark.parametrize(
    ("member", "counts"),
    [
        (age(TODDLER, 0), True),
        (age(TODDLER, 6), True),
        (age(TODDLER, 7), False),
        (age(SD, 7), True),
        (age(SMA, 21), True),
        (age(SMA, 22), False),
        (replace(SMA, schooling=Schooling.UPPER_SECONDARY), False),
        (replace(SMA, attending=Attending.TERTIARY), False),
        (replace(SD, attending=Attending.NO), False),
        (age(ELDER, 60), True),
        (age(ELDER, 59), False),
        (replace(SEVERE, disability=Disability.MILD), False),
        (replace(TODDLER, birth_month=(2026, 12)), False),
        (replace(HEAD, pregnant=True), False),
    ],
)
def test_the_edges_of_ages_and_schooling(member: Member, counts: bool) -> None:
    assert answers(HEAD, member)["PKH"].eligible is counts


def test_an_old_person_living_alone_is_a_component() -> None:
    pkh = answers(replace(ELDER, relation=Relation.HEAD))["PKH"]
    assert (pkh.eligible, pkh.rp_per_year) == (True, 2_400_000)


@pytest.mark.parametrize(("programme", "highest"), [("PKH", 4), ("SEMBAKO", 4), ("PBI_JK", 5)])
def test_the_highest_decile_of_each_programme(programme: str, highest: int) -> None:
    for decile in range(1, 11):
        decision = answers(HEAD, TODDLER, decile=decile)[programme]
        assert decision.eligible is (decile <= highest)
        first = decision.reasons[0]
        assert first.params == (decile, highest)
        if not decision.eligible:
            assert codes(decision.would_change) == ["correct_answers"]


def test_sembako_is_paid_to_the_family_and_the_health_contribution_is_not() -> None:
    both = answers(HEAD)
    assert both["SEMBAKO"].rp_per_year == 12 * 200_000
    assert both["PBI_JK"].eligible
    assert both["PBI_JK"].rp_per_year == 0


@pytest.mark.parametrize(
    ("work", "code"),
    [
        (Occupation.STATE_EMPLOYEE, "state_employee"),
        (Occupation.STATE_COMPANY, "state_company"),
    ],
)
def test_one_member_paid_by_the_state_closes_every_programme(work: Occupation, code: str) -> None:
    for decision in answers(HEAD, replace(WIFE, occupation=work), TODDLER).values():
        assert not decision.eligible
        assert decision.reasons == (Reason(Code(code), (1,)),)
        assert codes(decision.would_change) == ["no_longer_employed"]


def test_a_pensioner_does_not_close_a_programme() -> None:
    assert answers(HEAD, replace(ELDER, occupation=Occupation.PENSIONER))["PKH"].eligible


def test_all_reasons_are_told_at_once_and_a_child_out_of_school_is_named() -> None:
    child = replace(SD, attending=Attending.NO)
    pkh = answers(replace(HEAD, occupation=Occupation.STATE_COMPANY), child, decile=9)["PKH"]
    assert codes(pkh.reasons) == ["decile_above", "state_company", "no_component"]
    assert codes(pkh.would_change) == [
        "correct_answers",
        "no_longer_employed",
        "report_component",
        "back_to_school",
    ]
    assert pkh.review == Reason(Code.APPEAL)


@pytest.mark.parametrize(
    ("child", "named"),
    [
        (age(SD, 5), False),
        (age(SD, 6), False),  # counts as a small child already
        (age(SD, 7), True),
        (age(SMA, 21), True),
        (age(SMA, 22), False),
        (replace(SMA, schooling=Schooling.UPPER_SECONDARY), False),
    ],
)
def test_a_child_of_school_age_out_of_school_is_named(child: Member, named: bool) -> None:
    pkh = answers(HEAD, replace(child, attending=Attending.NO))["PKH"]
    assert ("back_to_school" in codes(pkh.would_change)) is named
    student = answers(HEAD, replace(child, attending=Attending.TERTIARY))["PKH"]
    assert "back_to_school" not in codes(student.would_change)


def test_school_age_begins_where_the_rules_say() -> None:
    """A file without small children: a child of six out of school is named, one of five is not."""
    pkh = next(each for each in RULES.programmes if each.code == "PKH")
    school = tuple(rule for rule in pkh.components if rule.attending is not None)
    rules = replace(RULES, programmes=(replace(pkh, components=school),))
    for years, named in ((5, False), (6, True)):
        child = age(replace(SD, attending=Attending.NO), years)
        (decision,) = decide(rules, family(HEAD, child), 2, provisional=True, as_of=NOW)
        assert ("back_to_school" in codes(decision.would_change)) is named


@pytest.mark.parametrize("decile", [None, 0, 11, -1])
def test_an_unknown_decile_gives_no_decision(decile: int | None) -> None:
    assert answers(HEAD, TODDLER, decile=decile) == {}


def test_no_rules_in_force_stop_the_decision() -> None:
    with pytest.raises(RulesError, match="2025-12"):
        answers(HEAD, as_of=(2025, 12))


def test_figures_come_from_the_file_alone() -> None:
    document: dict[str, Any] = json.loads(DATA)
    pkh = document["programmes"][0]
    pkh["decile_max"] = 6
    pkh["component_max"] = 1
    pkh["components"][-1]["who"]["age_min"] = 70
    pkh["components"][-1]["rp_per_year"] = 7_000_000
    data = json.dumps(document).encode()
    rules = load_rules(data, hashlib.sha256(data).hexdigest())
    household = family(HEAD, TODDLER, age(ELDER, 70), age(ELDER, 65))
    decision = decide(rules, household, 6, provisional=False, as_of=NOW)[0]
    assert decision.eligible
    assert decision.components == (Component("old", 1),)
    assert decision.rp_per_year == 7_000_000


@pytest.mark.parametrize(
    "text",
    ["", "PKH", "PKH+", "PKH+a1.4", "PKH*a1.4/l", "PKH+z1/l", "PKH+a1.4/l\n", "PKH+a1.4/l/=x"],
)
def test_a_stored_decision_that_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(RulesError):
        from_compact(text)


MONTHS = st.tuples(st.integers(1920, 2026), st.integers(1, 12))
MEMBERS = st.builds(
    Member,
    relation=st.sampled_from(Relation),
    birth_month=MONTHS,
    sex=st.sampled_from(Sex),
    disability=st.sampled_from(Disability),
    pregnant=st.booleans(),
    schooling=st.sampled_from(Schooling),
    attending=st.sampled_from(Attending),
    occupation=st.sampled_from(Occupation),
    has_nik=st.booleans(),
)
FAMILIES = st.lists(MEMBERS, min_size=1, max_size=20)
DECILES = st.integers(1, 10)


@UNTIMED
@given(FAMILIES, DECILES, st.booleans())
def test_any_family_gets_the_same_complete_answer_twice(
    members: list[Member], decile: int, provisional: bool
) -> None:
    first = decide(RULES, family(*members), decile, provisional, NOW)
    assert first == decide(RULES, family(*members), decile, provisional, NOW)
    assert [decision.programme for decision in first] == ["PKH", "SEMBAKO", "PBI_JK"]
    for decision in first:
        assert decision.reasons
        assert decision.would_change
        assert decision.provisional is provisional
        assert (decision.review is None) is decision.eligible
        assert decision.eligible or (decision.components, decision.rp_per_year) == ((), 0)


@UNTIMED
@given(FAMILIES, DECILES, st.randoms(use_true_random=False))
def test_the_order_of_the_members_changes_nothing(
    members: list[Member], decile: int, random: Random
) -> None:
    shuffled = copy.copy(members)
    random.shuffle(shuffled)
    assert answers(*members, decile=decile) == answers(*shuffled, decile=decile)


@UNTIMED
@given(FAMILIES, st.integers(1, 9))
def test_a_higher_decile_never_makes_eligible(members: list[Member], decile: int) -> None:
    lower, higher = answers(*members, decile=decile), answers(*members, decile=decile + 1)
    for programme, decision in higher.items():
        assert lower[programme].eligible or not decision.eligible


@UNTIMED
@given(FAMILIES.filter(lambda members: len(members) < 20), DECILES, st.sampled_from(COMPONENTS))
def test_one_more_component_never_takes_eligibility_or_money(
    members: list[Member], decile: int, more: Member
) -> None:
    before = answers(*members, decile=decile)
    after = answers(*members, more, decile=decile)
    for programme, decision in before.items():
        assert after[programme].eligible or not decision.eligible
        assert after[programme].rp_per_year >= decision.rp_per_year


@UNTIMED
@given(FAMILIES, st.integers(1, 4))
def test_limits_hold_for_any_family(members: list[Member], decile: int) -> None:
    pkh = answers(*members, decile=decile)["PKH"]
    assume(pkh.eligible)
    counts = {part.code: part.count for part in pkh.components}
    assert 1 <= sum(counts.values()) <= 4
    assert counts.get("preg", 0) <= 2
    assert counts.get("small", 0) <= 2
    assert sum(counts.get(level, 0) for level in ("sd", "smp", "sma")) <= 3


@UNTIMED
@given(FAMILIES, DECILES, st.booleans())
def test_the_stored_form_comes_back_whole_and_stays_small(
    members: list[Member], decile: int, provisional: bool
) -> None:
    decisions = decide(RULES, family(*members), decile, provisional, NOW)
    stored = [to_compact(decision) for decision in decisions]
    assert tuple(from_compact(text) for text in stored) == decisions
    assert all(len(text.encode()) <= 45 for text in stored)
    assert sum(len(text.encode()) for text in stored) <= 90
