"""What a form is told of its faults, place by place, and what becomes of one without any."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from chalicelib.domain.application import Application, build, check, stored_order
from chalicelib.domain.errors import Fault, InvalidRequest
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
from chalicelib.domain.identity import Identity, Person
from tests.world import CONSENT, VILLAGE, World, child, form, member

RULES = World().form_rules()
TODAY = date(2026, 11, 21)


def told(*members: Any, **changes: Any) -> tuple[list[Fault], list[Fault]]:
    return check(form(RULES.artefact, *members, **changes), RULES)


def faults(*members: Any, **changes: Any) -> list[tuple[str, str]]:
    return [(fault.code, fault.field) for fault in told(*members, **changes)[0]]


def warnings(*members: Any, **changes: Any) -> list[tuple[str, str]]:
    found, warned = told(*members, **changes)
    assert found == []
    return [(fault.code, fault.field) for fault in warned]


def test_a_form_without_faults_is_told_none() -> None:
    assert RULES.on == TODAY
    assert told() == ([], [])


def test_a_member_listed_twice_is_told_beside_whom() -> None:
    members = (member(9901), child(9902), child(9903), child(9902))
    twice = Fault("member_twice", "members.3.nik", {"first": 2})
    assert told(*members)[0] == [twice]
    assert told(*members)[0][0].params == {"first": 2}


def test_people_without_a_number_are_not_the_same_person() -> None:
    assert faults(member(9901, nik=None), child(9902, nik=None), child(9903, nik=None)) == []


def test_two_numbers_that_cannot_be_are_not_also_twice() -> None:
    assert faults(member(9901), child(9902, nik="12"), child(9903, nik="12")) == [
        ("nik_length", "members.1.nik"),
        ("nik_length", "members.2.nik"),
    ]


def test_what_is_odd_is_a_warning_at_its_place_and_no_fault() -> None:
    odd = child(9902, birth_date="2013-06-05", sex="P")
    assert warnings(member(9901), odd, kk="3510153102219902") == [
        ("kk_kk_date_suspect", "kk"),
        ("nik_century_ambiguous", "members.1.nik"),
        ("nik_birth_mismatch", "members.1.nik"),
        ("nik_sex_mismatch", "members.1.nik"),
    ]


def test_the_family_card_in_the_place_of_a_nik_is_noticed() -> None:
    assert ("nik_same_as_kk", "members.0.nik") in warnings(kk="3510154903859901")


def test_the_head_is_grown_up_which_settles_the_century() -> None:
    born = {"nik": "3510154903099901", "birth_date": None}
    assert warnings(member(9901, **born), child(9902)) == []
    assert warnings(member(9901), child(9902, **born, sex="P")) == [
        ("nik_century_ambiguous", "members.1.nik")
    ]


@pytest.mark.parametrize(
    ("born", "code"),
    [
        ("2026-11-21", None),
        ("2026-11-22", "birth_date_future"),
        ("1906-01-01", None),
        ("1905-12-31", "birth_date_too_old"),
    ],
)
def test_a_birth_lies_in_the_last_hundred_and_twenty_years(born: str, code: str | None) -> None:
    found = faults(member(9901), child(9902, nik=None, birth_date=born))
    assert found == ([(code, "members.1.birth_date")] if code else [])


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"birth_date": "2016-01-01"}, None),
        ({"birth_date": "2017-01-01"}, "pregnant_age"),
        ({"birth_date": "1966-01-01"}, None),
        ({"birth_date": "1965-12-31"}, "pregnant_age"),
        ({"birth_date": "1990-01-01", "sex": "L"}, "pregnant_male"),
        ({"birth_date": "2017-01-01", "pregnant": False}, None),
        ({"birth_date": "2017-01-01", "pregnant": None}, None),
        ({"birth_date": None}, None),
    ],
)
def test_who_can_be_pregnant(changes: dict[str, Any], code: str | None) -> None:
    woman = child(9902, nik=None, **({"sex": "P", "pregnant": True} | changes))
    assert faults(member(9901), woman) == ([(code, "members.1.pregnant")] if code else [])


@pytest.mark.parametrize(
    ("relations", "found"),
    [
        (["head", "child"], []),
        (["child", "child"], [("head_missing", "members.0.relation")]),
        (["child", "head", "head"], [("head_twice", "members.2.relation")]),
        (
            ["head", "head", "head"],
            [("head_twice", "members.1.relation"), ("head_twice", "members.2.relation")],
        ),
        (["child", None], []),  # its own fault is told already
    ],
)
def test_a_family_has_one_head(relations: list[str | None], found: list[tuple[str, str]]) -> None:
    people = [child(9902 + n, nik=None, relation=each) for n, each in enumerate(relations)]
    assert faults(*people) == found


@pytest.mark.parametrize(
    ("consent", "found"),
    [
        ({"agreed": False, "version": CONSENT}, [("consent_needed", "consent.agreed")]),
        ({"agreed": None, "version": CONSENT}, []),
        ({"agreed": True, "version": "old"}, [("consent_outdated", "consent.version")]),
        ({"agreed": True, "version": None}, []),
        (None, []),
    ],
)
def test_the_agreement_is_the_one_in_use(consent: Any, found: list[tuple[str, str]]) -> None:
    assert faults(consent=consent) == found


@pytest.mark.parametrize(
    ("village", "found"),
    [
        ("3510152004", []),
        ("3578012001", [("village_outside_region", "village")]),
        ("", [("village_outside_region", "village")]),
        (None, []),
    ],
)
def test_the_village_is_one_of_this_region(village: Any, found: list[tuple[str, str]]) -> None:
    assert faults(village=village) == found


def test_an_answer_is_told_at_its_question() -> None:
    question = RULES.artefact.questions[0].code
    wrong = {**form(RULES.artefact)["answers"], question: "no such option"}
    (fault,) = faults(answers=wrong)
    assert fault[0].startswith("answer_")
    assert fault[1] == f"answers.{question}"


@pytest.mark.parametrize("nothing", [None, "x", 3])
def test_what_was_refused_for_its_type_is_passed_over(nothing: Any) -> None:
    assert faults(answers=nothing, kk=None, members=nothing and [nothing]) == []
    assert faults(kk=nothing if not isinstance(nothing, str) else None) == []
    assert faults(member(9901, nik=None, birth_date=nothing, sex=nothing)) == []
    if not isinstance(nothing, str):
        assert warnings(member(9901, birth_date=nothing, sex=nothing)) == []


def test_the_head_is_stored_first_and_the_others_stay_in_their_order() -> None:
    people = [child(9902), child(9903), member(9901), child(9904)]
    assert stored_order(form(RULES.artefact, *people)) == [2, 0, 1, 3]


def test_identity_is_parted_from_the_household() -> None:
    boy = child(
        9902,
        name="  Contoh   Budi ",
        nik="3510 1505.0614-9902",
        disability="mild",
        schooling="primary_unfinished",
    )
    expecting = member(9903, nik=None, relation="spouse", pregnant=True, occupation="housework")
    body = form(
        RULES.artefact,
        boy,
        member(9901),
        expecting,
        address={"line": " Dusun  Contoh ", "rt": "003", "rw": "001"},
        kk="3510 1501 0120 9901",
    )
    assert build(body, RULES) == Application(
        Household(
            VILLAGE,
            (
                Member(
                    Relation.HEAD, (1985, 3), Sex.FEMALE, Disability.NONE, False,
                    Schooling.PRIMARY, Attending.NO, Occupation.LABOURER, True,
                ),
                Member(
                    Relation.CHILD, (2014, 6), Sex.MALE, Disability.MILD, False,
                    Schooling.PRIMARY_UNFINISHED, Attending.PRIMARY, Occupation.STUDENT, True,
                ),
                Member(
                    Relation.SPOUSE, (1985, 3), Sex.FEMALE, Disability.NONE, True,
                    Schooling.PRIMARY, Attending.NO, Occupation.HOUSEWORK, False,
                ),
            ),
            body["answers"],
            (2026, 11),
        ),
        Identity(
            (
                Person("Contoh Sumarni 9901", "3510154903859901", "1985-03-09", "P"),
                Person("Contoh Budi", "3510150506149902", "2014-06-05", "L"),
                Person("Contoh Sumarni 9903", None, "1985-03-09", "P"),
            ),
            "3510150101209901",
            "Dusun Contoh",
            "003",
            "001",
            "080000009901",
        ),
        CONSENT,
    )  # fmt: skip


def test_a_family_may_have_neither_card_nor_telephone() -> None:
    identity = build(form(RULES.artefact, kk=None, phone=None), RULES).identity
    assert (identity.kk, identity.phone) == (None, None)


def test_a_refusal_is_logged_by_its_codes_alone() -> None:
    refusal = InvalidRequest(Fault("b", "x"), Fault("a"), Fault("b", "y"))
    assert str(refusal) == "a, b"
    assert (len(refusal.faults), refusal.retry_after) == (3, None)
