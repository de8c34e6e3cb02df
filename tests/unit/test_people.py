"""The invented people are invented, look like life, and are the same for the same seed."""

from __future__ import annotations

import json
import re
from collections import Counter
from datetime import date
from itertools import islice
from random import Random
from typing import TYPE_CHECKING

import pytest

from chalicelib.adapters.area_files import area_codes, region_villages
from chalicelib.domain import application
from chalicelib.domain.application import Rules
from chalicelib.domain.household import Attending, Occupation, Relation
from chalicelib.entrypoints.schemas import RegistrationBody
from infra.people import families, population
from infra.people.__main__ import main
from infra.people.answers import current_artefact
from infra.people.forms import Draft
from infra.people.names import misspelt, written_otherwise
from infra.people.world import AS_OF, Family, world
from infra.sandboxes.civil_registry_records import Record, answer, normal_name, read_population

if TYPE_CHECKING:
    from pathlib import Path

REGION = "3510"
SEED = 3510
N = 1000


@pytest.fixture(scope="module")
def lived() -> list[Family]:
    return list(islice(world(SEED, REGION), N))


@pytest.fixture(scope="module")
def drafts() -> list[Draft]:
    return list(families(SEED, N, region=REGION, consent="v1"))


@pytest.fixture(scope="module")
def rules() -> Rules:
    return Rules(
        on=date(2026, 11, 21),
        villages=region_villages(REGION),
        areas=area_codes(),
        artefact=current_artefact(),
        consent_version="v1",
    )


def registry_of(seed: int, n: int) -> dict[str, Record]:
    records = {}
    for person in population(seed, n, region=REGION):
        nik = person.pop("nik")
        records[str(nik)] = Record(**person)  # type: ignore[arg-type]
    return records


def outcomes(drafts: list[Draft], registry: dict[str, Record]) -> Counter[str]:
    said: Counter[str] = Counter()
    for draft in drafts:
        for member in draft.form["members"]:
            nik = (member["nik"] or "").replace(" ", "")
            if re.fullmatch(r"[0-9]{16}", nik, re.ASCII):
                asked = member | {"ref": "", "nik": nik, "kk": draft.form["kk"]}
                said[answer(asked, registry)["outcome"]] += 1
    return said


def test_every_number_has_an_invented_serial(lived: list[Family], drafts: list[Draft]) -> None:
    text = json.dumps([draft.form for draft in drafts]) + repr(lived)
    numbers = re.findall(r"(?<![0-9.])[0-9]{16}(?![0-9])", text)
    assert len(numbers) > 3 * N
    assert all(number[12:] >= "9901" for number in numbers)
    spaced = re.findall(r"[0-9]{6} [0-9]{6} ([0-9]{4})", text)
    assert spaced
    assert all(serial >= "9901" for serial in spaced)


def test_no_phone_is_anybodys(lived: list[Family]) -> None:
    phones = {family.phone for family in lived} - {None}
    assert phones
    assert all(re.fullmatch(r"08000[0-9]{7}", str(phone), re.ASCII) for phone in phones)


def test_numbers_are_unique(lived: list[Family]) -> None:
    niks = [p.nik for family in lived for p in family.people if p.nik]
    kks = [family.kk for family in lived if family.kk]
    assert len(set(niks)) == len(niks)
    assert len(set(kks)) == len(kks)


def test_people_keep_the_nik_of_the_place_they_come_from(lived: list[Family]) -> None:
    codes = area_codes()
    districts = [p.nik[:6] for family in lived for p in family.people if p.nik]
    assert all(codes.name(code) for code in districts)
    retired = sum(codes.is_retired(code) for code in districts)
    elsewhere = sum(not code.startswith(REGION) for code in districts)
    assert 0.005 < retired / len(districts) < 0.05
    assert 0.05 < elsewhere / len(districts) < 0.3


def test_one_seed_gives_one_world(lived: list[Family]) -> None:
    assert list(islice(world(SEED, REGION), 50)) == lived[:50]
    assert next(world(SEED + 1, REGION)) != lived[0]


def test_a_later_start_gives_the_same_registrations(drafts: list[Draft]) -> None:
    later = list(families(SEED, 20, region=REGION, consent="v1", start=60))
    assert later == drafts[60:80]


def test_keys_are_unique_and_fit_the_header(drafts: list[Draft]) -> None:
    keys = {draft.key for draft in drafts}
    assert len(keys) == N
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{16,64}", key, re.ASCII) for key in keys)


def test_another_body_has_another_key(drafts: list[Draft]) -> None:
    (other,) = families(SEED, 1, region=REGION, consent="v2")
    assert other.key != drafts[0].key


def test_families_are_as_in_life(lived: list[Family]) -> None:
    sizes = Counter(len(family.people) for family in lived)
    assert set(range(1, 9)) == set(sizes)
    alone = [f.people[0] for f in lived if len(f.people) == 1]
    assert sum(p.life.age >= 60 for p in alone) > len(alone) / 2
    relations = Counter(str(p.life.relation) for f in lived for p in f.people)
    assert set(relations) == {str(relation) for relation in Relation} - {"other"}
    newborn = [p for f in lived for p in f.people if p.life.age == 0]
    assert any(p.nik is None for p in newborn)
    assert any(p.nik for p in newborn)
    assert any(f.kk is None for f in lived)
    assert any(p.life.pregnant for f in lived for p in f.people)
    assert any(p.life.disability != "none" for f in lived for p in f.people)


def test_lives_are_consistent(lived: list[Family]) -> None:
    for family in lived:
        heads = [p for p in family.people if p.life.relation is Relation.HEAD]
        assert heads == [family.people[0]]
        for person in family.people:
            life = person.life
            assert person.born <= AS_OF
            assert abs((AS_OF - person.born).days / 365.25 - life.age) <= 1.01
            assert not life.pregnant or (life.sex == "P" and 18 <= life.age <= 42)
            assert (life.occupation is Occupation.STUDENT) == (
                life.attending not in {Attending.NO, Attending.PRESCHOOL}
            )
            assert life.age >= 16 or life.occupation in {
                Occupation.STUDENT,
                Occupation.NOT_WORKING,
            }
            assert len(person.name) <= 70


def test_each_outcome_is_seen_in_two_of_a_hundred(drafts: list[Draft]) -> None:
    said = outcomes(drafts, registry_of(SEED, N))
    assert set(said) == {"confirmed", "mismatch", "not_found", "deceased"}
    assert min(said.values()) >= 0.02 * said.total()


def test_what_the_form_refuses_is_mended_at_the_second_try(
    drafts: list[Draft], rules: Rules
) -> None:
    refused = [draft for draft in drafts if application.check(draft.form, rules)[0]]
    codes = {fault.code for draft in refused for fault in application.check(draft.form, rules)[0]}
    assert 0.02 < len(refused) / N < 0.1
    assert {"nik_length", "nik_non_digit", "member_twice", "consent_needed"} <= codes
    assert not any(application.check(draft.mended, rules)[0] for draft in drafts)


def test_forms_are_of_the_shape_that_the_api_takes(drafts: list[Draft]) -> None:
    for draft in drafts:
        RegistrationBody.model_validate_json(json.dumps(draft.mended))
        RegistrationBody.model_validate_json(json.dumps(draft.form))


def test_old_codes_and_wrong_dates_come_with_warnings(drafts: list[Draft], rules: Rules) -> None:
    told = {warning.code for draft in drafts for warning in application.check(draft.form, rules)[1]}
    assert {"nik_region_retired", "nik_birth_mismatch", "nik_sex_mismatch"} <= told


def test_some_people_come_with_two_families(drafts: list[Draft]) -> None:
    seen = Counter(m["nik"] for draft in drafts for m in draft.mended["members"] if m["nik"])
    assert 0.002 < sum(n > 1 for n in seen.values()) / len(seen) < 0.05


def test_answers_follow_the_model_and_have_gaps(drafts: list[Draft]) -> None:
    questions = current_artefact().questions
    for question in questions:
        given = [draft.form["answers"].get(question.code) for draft in drafts]
        assert None in given
        allowed = {code for code, _ in question.options} or set(
            range(question.low, question.high + 1)
        )
        assert set(given) - {None} <= allowed
        assert len(set(given) - {None}) > 1


def test_better_off_families_answer_like_it(lived: list[Family], drafts: list[Draft]) -> None:
    plain = [
        (family.welfare, draft.form["answers"]["rooms"])
        for family, draft in zip(lived, drafts, strict=True)
        if draft.form["kk"] == family.kk and "rooms" in draft.form["answers"]
    ]
    plain.sort()
    third = len(plain) // 3
    rooms = [rooms for _, rooms in plain]
    assert sum(rooms[-third:]) > 1.3 * sum(rooms[:third])


def test_slips_in_names_are_of_both_kinds(lived: list[Family]) -> None:
    rng = Random(1)  # noqa: S311 - must repeat, guards nothing
    for family in lived[:500]:
        for person in family.people:
            same = written_otherwise(rng, person.name, person.life.sex)
            assert normal_name(same) == normal_name(person.name)
            assert normal_name(misspelt(rng, person.name)) != normal_name(person.name)


def test_the_command_writes_what_the_sandbox_reads(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "new" / "people.jsonl"
    command = ["--population", str(file), "--families", "30", "--seed", "7"]
    assert main(command) == 0
    first = file.read_bytes()
    assert read_population(file) == registry_of(7, 30)
    assert main(command) == 0
    assert file.read_bytes() == first
    assert "30 families" in capsys.readouterr().out
    assert [p.name for p in file.parent.iterdir()] == ["people.jsonl"]


def test_an_unknown_region_is_told_in_words(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--population", str(tmp_path / "people.jsonl"), "--region", "0000"]) == 1
    assert "0000" in capsys.readouterr().err
