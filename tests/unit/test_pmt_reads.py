"""How each kind of input is taken from a family, to the last month and member."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from pmt_examples import AS_OF, curve, document, family, feature, levels, load, member

from chalicelib.domain import pmt
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
from chalicelib.domain.pmt_reads import ages

OPEN = frozenset[str]()


def taken(read: dict[str, Any], household: Household, of: str = "size") -> Any:
    """What a read takes from a family; `of` is a read beside it that a ratio may use."""
    is_number = read["from"] in ("count", "ratio") or read.get("field") == "age"
    term = curve("it", [0, 0]) if is_number else levels("it", default=0)
    sizes = {"from": "count"} if of == "size" else {"from": "answer", "question": of}
    made = document(
        reads={"one": {"from": "count"}, of: sizes, "it": read},
        features=[feature("f", curve("one", [0, 0])), feature("g", curve(of, [0, 0])),
                  feature("h", term)],
    )  # fmt: skip
    return pmt.inputs(load(made), household)["it"]


def test_what_a_model_knows_of_each_of_its_inputs() -> None:
    found = {
        read.name: (read.question, read.uses_members, read.rests_on, read.field)
        for read in load(document()).reads
    }
    assert found == {
        "size": (None, True, (), "size"),
        "dependants": (None, True, (), "dependants"),
        "head_age": (None, True, (), "head_age"),
        "head_work": (None, True, (), "head_work"),
        "best_school": (None, True, (), "best_school"),
        "rooms": ("rooms", False, (), "rooms"),
        "plot": ("plot", False, (), "plot"),
        "water": ("water", False, (), "water"),
        "fridge": ("fridge", False, (), "fridge"),
        "crowding": ("rooms", False, ("size", "rooms"), "rooms"),
        "urban": (None, False, (), "village"),
        "regency": (None, False, (), "village"),
    }
    codes = {read.name: read.codes for read in load(document()).reads if read.codes is not None}
    assert codes == {
        "head_work": frozenset(Occupation),
        "best_school": frozenset(Schooling),
        "water": frozenset(("river", "well", "tap", "x")),
        "urban": frozenset(("urban", "rural")),
        "regency": OPEN,
    }


def test_a_ratio_uses_members_when_both_its_parts_do() -> None:
    made = document()
    made["reads"]["crowding"] |= {"bottom": "dependants"}
    (read,) = (read for read in load(made).reads if read.name == "crowding")
    assert (read.question, read.uses_members, read.field) == (None, True, "crowding")


def test_a_ratio_takes_the_question_of_either_part() -> None:
    made = document()
    made["reads"]["crowding"] |= {"top": "plot", "bottom": "size"}
    (read,) = (read for read in load(made).reads if read.name == "crowding")
    assert (read.question, read.uses_members) == ("plot", False)


@pytest.mark.parametrize(
    ("rooms", "scale", "found"),
    [
        (1, 100, 300),
        (2, 100, 150),
        (4, 1, 0),
        (3, 10, 10),
        (7, 1_000_000, 428_571),
        (0, 1, None),
        (-3, 1, None),
    ],
)
def test_a_ratio_is_rounded_down_and_of_nothing_is_not_known(
    rooms: int, scale: int, found: int | None
) -> None:
    read = {"from": "ratio", "top": "one", "bottom": "rooms", "scale": scale}
    assert taken(read, family(rooms=rooms), of="rooms") == found


@pytest.mark.parametrize("rooms", [None, "3", True, 1.5])
def test_a_ratio_of_what_is_no_whole_number_is_not_known(rooms: object) -> None:
    for top, bottom in (("one", "rooms"), ("rooms", "one")):
        read = {"from": "ratio", "top": top, "bottom": bottom, "scale": 1}
        assert taken(read, family(rooms=rooms), of="rooms") is None


@pytest.mark.parametrize(
    ("where", "count"),
    [
        (None, 6),
        ({"age": [0, 120]}, 6),
        ({"age": [0, 0]}, 1),
        ({"age": [1, 9]}, 1),
        ({"age": [9, 41]}, 4),
        ({"age": [10, 40]}, 1),
        ({"age": [120, 120]}, 1),
        ({"pregnant": True}, 1),
        ({"pregnant": False}, 5),
        ({"sex": ["P"]}, 2),
        ({"sex": ["P"], "pregnant": False}, 1),
        ({"sex": ["P"], "age": [0, 10]}, 0),
        ({"relation": ["child", "spouse"]}, 4),
        ({"schooling": ["bachelor"]}, 1),
        ({"attending": ["primary"]}, 1),
        ({"occupation": ["labourer"], "attending": ["no"]}, 4),
        ({"disability": ["mild", "severe"]}, 2),
        ({"disability": ["severe"], "relation": ["head"]}, 0),
    ],
)
def test_who_fits_every_condition_is_counted(where: dict[str, Any] | None, count: int) -> None:
    people = (
        member("head", 1985, schooling="bachelor"),  # 41
        replace(member("spouse", 1988, sex="P"), pregnant=True),  # 38
        replace(member("child", 2017, attending="primary"), disability=Disability.MILD),  # 9
        member("child", 2026, month=11, occupation="not_working"),  # 0, born this month
        replace(member("parent", 1906), disability=Disability.SEVERE),  # 120
        member("child", 1984, month=12, sex="P"),  # 41, one month before the birthday
    )
    read = {"from": "count"} if where is None else {"from": "count", "where": where}
    assert taken(read, family(*people)) == count


def test_the_highest_code_of_who_fits() -> None:
    people = (
        member("head", 1985, schooling="diploma"),
        member("spouse", 1988, sex="P", schooling="none"),
        member("child", 2015, schooling="primary", attending="lower_secondary"),
    )
    schools = {"from": "highest", "field": "schooling", "order": [each.value for each in Schooling]}
    assert taken(schools, family(*people)) == "diploma"
    assert taken(schools | {"order": schools["order"][::-1]}, family(*people)) == "none"
    children = {"where": {"relation": ["child"]}}
    assert taken(schools | children, family(*people)) == "primary"
    nobody = {"where": {"age": [99, 120]}}
    assert taken(schools | nobody, family(*people)) is None
    assert taken(schools | nobody | {"empty": "bachelor"}, family(*people)) == "bachelor"
    going = {"from": "highest", "field": "attending", "order": [each.value for each in Attending]}
    assert taken(going, family(*people)) == "lower_secondary"


def test_every_trait_of_the_head_is_taken_and_of_nobody_else() -> None:
    head = Member(
        relation=Relation.HEAD,
        birth_month=(1985, 12),
        sex=Sex.FEMALE,
        disability=Disability.MILD,
        pregnant=False,
        schooling=Schooling.DIPLOMA,
        attending=Attending.TERTIARY,
        occupation=Occupation.FISHER,
        has_nik=True,
    )
    household = family(head, member("spouse", 1950))
    found = {
        name: taken({"from": "head", "field": name}, household)
        for name in ("age", "attending", "disability", "occupation", "relation", "schooling", "sex")
    }
    assert found == {
        "age": 40,
        "attending": "tertiary",
        "disability": "mild",
        "occupation": "fisher",
        "relation": "head",
        "schooling": "diploma",
        "sex": "P",
    }


@pytest.mark.parametrize(
    ("village", "urban", "district"),
    [
        ("3510152004", "rural", "351015"),
        ("3510151003", "urban", "351015"),
        ("351015100", None, None),
        ("35101510031", None, None),
        ("x3510151003", None, None),
    ],
)
def test_the_village_tells_the_area_and_the_kind(
    village: str, urban: str | None, district: str | None
) -> None:
    household = family(village=village)
    assert taken({"from": "urban"}, household) == urban
    assert taken({"from": "area", "digits": 6}, household) == district
    assert taken({"from": "area", "digits": 10}, household) == (village if urban else None)


@pytest.mark.parametrize(
    ("people", "known"),
    [
        ((member("head", 1985),), (41,)),
        ((member("head", 1985, month=12),), (40,)),
        ((member("head", 1906, month=11),), (120,)),
        ((member("head", 1905, month=11),), None),
        ((member("head", 1985), member(born=2026, month=11)), (41, 0)),
        ((member("head", 1985), member(born=2026, month=12)), None),
        ((member("head", 1985), member("head", 1985)), None),
        ((member("spouse", 1985), member("head", 1985)), None),
        ((member("spouse", 1985),), None),
        ((), None),
    ],
)
def test_ages_of_possible_members(people: tuple[Any, ...], known: tuple[int, ...] | None) -> None:
    assert ages(Household("3510152004", people, {}, AS_OF)) == known


@pytest.mark.parametrize(
    "read",
    [
        {"from": "column", "column": "r301", "codes": ["1", "2"]},
        {"from": "column", "column": "r301", "scale": 100, "min": 0, "max": 9},
        {"from": "village", "column": "r301", "scale": 100, "shrink": 5, "min": 0, "max": 9},
        {"from": "village", "column": "r301", "level": "district", "scale": 100, "shrink": 5,
         "min": 0, "max": 9},
    ],
)  # fmt: skip
def test_what_stands_only_in_files_is_not_known_of_a_family(read: dict[str, Any]) -> None:
    term = levels("it", default=0) if "codes" in read else curve("it", [0, 0])
    made = document()
    made["reads"]["it"] = read
    made["features"].append(feature("h", term))
    assert pmt.inputs(load(made), family())["it"] is None
