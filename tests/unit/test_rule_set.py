"""The rule file: only the agreed bytes, only the agreed shape, every figure with its source."""

from __future__ import annotations

import copy
import hashlib
import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from chalicelib.domain.household import Attending, Disability, Occupation, Schooling, Sex
from chalicelib.domain.rule_set import RulesError, RuleSet, in_force, load_rules

FOLDER = Path(__file__).parents[2] / "chalicelib" / "data" / "rules"
CURRENT = (FOLDER / "current").read_text().strip()
DATA = (FOLDER / f"{CURRENT}.json").read_bytes()
DOCUMENT: dict[str, Any] = json.loads(DATA)


def load(document: dict[str, Any]) -> RuleSet:
    data = json.dumps(document).encode()
    return load_rules(data, hashlib.sha256(data).hexdigest())


def changed(*path: str | int, value: object) -> dict[str, Any]:
    document = copy.deepcopy(DOCUMENT)
    place: Any = document
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    return document


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.json")), ids=lambda path: path.name[:8])
def test_every_rule_file_ever_shipped_still_loads_under_its_name(path: Path) -> None:
    assert load_rules(path.read_bytes(), path.stem).sha256 == path.stem


def test_one_changed_byte_is_refused() -> None:
    for place in range(0, len(DATA), 97):
        data = DATA[:place] + bytes([DATA[place] ^ 1]) + DATA[place + 1 :]
        with pytest.raises(RulesError, match="agreed hash"):
            load_rules(data, CURRENT)


PKH = ("programmes", 0)
SMALL = (*PKH, "components", 1)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("format",), 2),
        (("surprise",), 1),
        (("known_on",), "2026-02-30"),
        (("appeal_months",), 0),
        (("notice",), " "),
        (("programmes",), []),
        ((*PKH, "code"), "pkh"),
        ((*PKH, "code"), "PKH\n"),
        ((*PKH, "decile_max"), 11),
        ((*PKH, "decile_max"), 4.0),
        ((*PKH, "decile_max"), True),
        ((*PKH, "decile_max"), "4"),
        ((*PKH, "effective_from"), "2026-01-02"),
        ((*PKH, "effective_to"), "2026-12-30"),
        ((*PKH, "effective_to"), "2025-12-31"),
        ((*PKH, "effective_to"), "2026-01-01"),
        ((*PKH, "sources"), ["somebody"]),
        ((*PKH, "sources"), []),
        ((*PKH, "component_max"), 0),
        ((*PKH, "group_max"), {"teachers": 1}),
        ((*PKH, "benefit", "paid"), "lottery"),
        ((*PKH, "exclusions", 0, "code"), "bad_people"),
        ((*PKH, "exclusions", 0, "occupations"), ["baker"]),
        ((*PKH, "exclusions", 0, "occupations"), []),
        ((*SMALL, "code"), "small child"),
        ((*SMALL, "code"), "preg"),
        ((*SMALL, "rp_per_year"), -1),
        ((*SMALL, "who"), {}),
        ((*SMALL, "who", "age"), 6),
        ((*SMALL, "who", "sex"), "M"),
        ((*SMALL, "who", "pregnant"), 1),
        ((*SMALL, "who", "disability"), "some"),
        ((*SMALL, "who", "attending"), "college"),
        ((*SMALL, "who", "not_finished"), ["phd"]),
        ((*SMALL, "who", "not_finished"), []),
    ],
)
def test_a_field_that_is_not_as_agreed_is_refused(
    path: tuple[str | int, ...], value: object
) -> None:
    with pytest.raises(RulesError):
        load(changed(*path, value=value))


SEMBAKO = ("programmes", 1)
SCHOOL = (*PKH, "components", 2)


@pytest.mark.parametrize(
    ("path", "least", "most"),
    [
        (("appeal_months",), 1, 24),
        ((*PKH, "decile_max"), 1, 10),
        ((*PKH, "component_max"), 1, 20),
        ((*SEMBAKO, "component_max"), 0, 20),
        ((*PKH, "group_max", "school"), 1, 20),
        ((*SEMBAKO, "benefit", "rp_per_month"), 0, 1_000_000_000),
        ((*SMALL, "rp_per_year"), 1, 1_000_000_000),
        ((*SMALL, "who", "age_min"), 0, 130),
        ((*SMALL, "who", "age_max"), 0, 130),
    ],
    ids=lambda value: ".".join(map(str, value)) if isinstance(value, tuple) else "",
)
def test_a_figure_lies_between_its_bounds(
    path: tuple[str | int, ...], least: int, most: int
) -> None:
    for value in (least, most):
        load(changed(*path, value=value))
    for value in (least - 1, most + 1):
        with pytest.raises(RulesError, match=f"{path[-1]}: must be a whole number"):
            load(changed(*path, value=value))


def test_a_file_is_read_field_by_field() -> None:
    rules = load(DOCUMENT)
    pkh, sembako, pbi = rules.programmes
    assert (rules.title, rules.notice) == (DOCUMENT["title"], DOCUMENT["notice"])
    assert (rules.known_on, rules.appeal_months) == (date(2026, 11, 21), 1)
    assert rules.sources == DOCUMENT["sources"]
    assert (pkh.code, pkh.name) == ("PKH", "Program Keluarga Harapan (PKH)")
    assert (pkh.effective_from, pkh.effective_to) == (date(2026, 1, 1), None)
    assert (pkh.decile_max, pkh.component_max) == (4, 4)
    assert pkh.group_max == {"pregnancy": 2, "small_child": 2, "school": 3, "disability": 4}
    assert list(pkh.sources) == DOCUMENT["programmes"][0]["sources"]
    assert [(e.code, set(e.occupations)) for e in pkh.exclusions] == [
        ("state_employee", {Occupation.STATE_EMPLOYEE}),
        ("state_company", {Occupation.STATE_COMPANY}),
    ]
    assert (pkh.paid, sembako.paid, pbi.paid) == ("by_component", "family", "health_contribution")
    assert [p.family_rp_per_month for p in rules.programmes] == [0, 200_000, 0]


def test_a_component_asks_what_it_names_and_nothing_else() -> None:
    pregnant, small, school, *_, severe, old = load(DOCUMENT).programmes[0].components
    asks_nothing = replace(
        small, sex=None, pregnant=None, age_min=0, age_max=130, disability=None, attending=None,
        not_finished=frozenset(),
    )  # fmt: skip
    assert small == replace(
        asks_nothing, code="small", name="anak usia dini", group="small_child",
        rp_per_year=3_000_000, age_max=6,
    )  # fmt: skip
    assert pregnant == replace(
        asks_nothing,
        code="preg",
        name="ibu hamil",
        group="pregnancy",
        sex=Sex.FEMALE,
        pregnant=True,
    )
    assert (school.attending, school.age_min, school.age_max) == (Attending.PRIMARY, 6, 21)
    assert school.not_finished == {
        Schooling.UPPER_SECONDARY,
        Schooling.DIPLOMA,
        Schooling.BACHELOR,
        Schooling.POSTGRADUATE,
    }
    assert (severe.disability, severe.age_min, severe.age_max) == (Disability.SEVERE, 0, 130)
    assert (old.age_min, old.age_max) == (60, 130)


@pytest.mark.parametrize("data", [b"", b"\xff", b"[]", b"{", b'{"format":1,"format":1}', b"NaN"])
def test_what_is_no_rule_file_is_refused(data: bytes) -> None:
    with pytest.raises(RulesError):
        load_rules(data, hashlib.sha256(data).hexdigest())


def test_rules_of_one_programme_may_follow_each_other_but_not_overlap() -> None:
    document = changed(*PKH, "effective_to", value="2026-12-31")
    later = copy.deepcopy(document["programmes"][0])
    later |= {"effective_from": "2027-01-01", "effective_to": None, "decile_max": 5}
    document["programmes"].append(later)
    rules = load(document)
    assert rules.programme("PKH", date(2026, 12, 31)).decile_max == 4
    assert rules.programme("PKH", date(2027, 1, 1)).decile_max == 5
    assert len(in_force(rules, date(2027, 1, 1))) == 3
    later["effective_from"] = "2026-12-01"
    with pytest.raises(RulesError, match="two rules"):
        load(document)


def test_the_shortest_file_has_one_programme_one_source_and_one_school_to_finish() -> None:
    document = changed(*SCHOOL, "who", "not_finished", value=["bachelor"])
    pkh = document["programmes"][0]
    pkh["sources"] = pkh["sources"][:1]
    rules = load(document | {"programmes": [pkh]})
    assert [programme.code for programme in rules.programmes] == ["PKH"]
    assert rules.programmes[0].sources == tuple(pkh["sources"])
    assert rules.programmes[0].components[2].not_finished == {Schooling.BACHELOR}


def test_before_its_first_day_nothing_is_in_force() -> None:
    rules = load_rules(DATA, CURRENT)
    assert in_force(rules, date(2025, 12, 31)) == ()
    assert [programme.code for programme in in_force(rules, date(2026, 1, 1))] == [
        "PKH",
        "SEMBAKO",
        "PBI_JK",
    ]
    with pytest.raises(RulesError):
        rules.programme("PKH", date(2025, 12, 31))


@pytest.mark.parametrize("choice", DOCUMENT["choices"], ids=lambda choice: choice["figure"])
def test_a_figure_that_sources_dispute_names_its_alternatives_and_stands_in_the_rules(
    choice: dict[str, Any],
) -> None:
    steps = choice["figure"].split(".")
    programmes = {entry["code"]: entry for entry in DOCUMENT["programmes"]}
    place: Any = programmes.get(steps[0], DOCUMENT)
    for step in steps[1:] if steps[0] in programmes else steps:
        if isinstance(place, list):
            place = {entry["code"]: entry for entry in place}
        place = place.get(step)
    assert place == choice["chosen"]
    assert choice["chosen"] in [entry["value"] for entry in choice["alternatives"]]
    assert choice["why"]
    assert choice["mark"] in {"C", "N", "F"}


def test_every_source_is_explained_and_every_explained_source_is_used() -> None:
    named: set[str] = set()

    def collect(place: Any) -> None:
        if isinstance(place, dict):
            if isinstance(place.get("sources"), list):
                named.update(place["sources"])
            for value in place.values():
                collect(value)
        elif isinstance(place, list):
            for value in place:
                collect(value)

    collect(DOCUMENT)
    assert named == DOCUMENT["sources"].keys()
    assert all(address.startswith("http") for address in DOCUMENT["sources"].values())
