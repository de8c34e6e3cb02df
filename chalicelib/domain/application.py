"""What a family sends: checked as a whole, then split into identity (sealed) and household.

The form arrives as plain JSON values. Fields that were already refused for their type stand as
None, so that every fault of the form can be told at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from chalicelib.domain.areas import AreaCodes, Village
from chalicelib.domain.errors import Fault
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
from chalicelib.domain.nik import check_kk, check_nik
from chalicelib.domain.pmt_artefact import Artefact
from chalicelib.domain.pmt_score import check_answers

MAX_AGE = 120
PREGNANCY_AGES = range(10, 61)

Form = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Rules:
    """What a form is checked against.

    Attributes:
        on: the day of sending; the reference date of every age.
        villages: the villages of this region, by ten-digit code.
        consent_version: version of the agreement text in use.
    """

    on: date
    villages: Mapping[str, Village]
    areas: AreaCodes
    artefact: Artefact
    consent_version: str


@dataclass(frozen=True, slots=True)
class Application:
    """A checked form."""

    household: Household
    identity: Identity
    consent: str


def check(form: Form, rules: Rules) -> tuple[list[Fault], list[Fault]]:
    """Find every fault and every warning of a form.

    Returns:
        (faults, warnings): with any fault the form is refused and nothing is stored; warnings
        are told and kept for an officer (rulebook 1.2).
    """
    faults: list[Fault] = []
    warnings: list[Fault] = []
    members = [m for m in form.get("members") or () if isinstance(m, Mapping)]
    faults += _check_place(form, rules)
    faults += _check_agreement(form, rules)
    faults += _check_heads(members)
    kk = form.get("kk")
    if isinstance(kk, str):
        card = check_kk(kk, on=rules.on, areas=rules.areas)
        faults += [Fault(f"kk_{code}", "kk") for code in card.errors]
        warnings += [Fault(f"kk_{code}", "kk") for code in card.warnings]
    seen: dict[str, int] = {}
    for index, member in enumerate(members):
        faults += _check_birth(member, f"members.{index}", rules)
        found, told, nik = _check_nik(member, f"members.{index}", rules, kk)
        faults += found
        warnings += told
        if nik and nik in seen:
            faults.append(Fault("member_twice", f"members.{index}.nik", {"first": seen[nik] + 1}))
        elif nik:
            seen[nik] = index
    answers = form.get("answers")
    if isinstance(answers, Mapping):
        faults += [
            Fault(f"answer_{fault.code}", f"answers.{fault.question}".rstrip("."))
            for fault in check_answers(rules.artefact, answers)
        ]
    return faults, warnings


def stored_order(form: Form) -> list[int]:
    """Places of the form's members in the order that is stored: the head first."""
    relations = [member["relation"] for member in form["members"]]
    return sorted(range(len(relations)), key=lambda place: relations[place] != Relation.HEAD)


def build(form: Form, rules: Rules) -> Application:
    """Turn a form without faults into household and identity; the head is put first."""
    members: Sequence[Mapping[str, Any]] = [form["members"][n] for n in stored_order(form)]
    household = Household(
        village=form["village"],
        members=tuple(_member(member) for member in members),
        answers=dict(form["answers"]),
        as_of=(rules.on.year, rules.on.month),
    )
    address = form["address"]
    kk = form.get("kk")
    identity = Identity(
        people=tuple(_person(member, rules) for member in members),
        kk=check_kk(kk, on=rules.on, areas=rules.areas).normalized if kk else None,
        line=_tidy(address["line"]),
        rt=address["rt"],
        rw=address["rw"],
        phone=form.get("phone"),
    )
    return Application(household, identity, form["consent"]["version"])


def _check_place(form: Form, rules: Rules) -> Iterator[Fault]:
    village = form.get("village")
    if isinstance(village, str) and village not in rules.villages:
        yield Fault("village_outside_region", "village")


def _check_agreement(form: Form, rules: Rules) -> Iterator[Fault]:
    consent = form.get("consent")
    if not isinstance(consent, Mapping):
        return
    if consent.get("agreed") is False:
        yield Fault("consent_needed", "consent.agreed")
    version = consent.get("version")
    if isinstance(version, str) and version != rules.consent_version:
        yield Fault("consent_outdated", "consent.version")


def _check_heads(members: Sequence[Form]) -> Iterator[Fault]:
    relations = [member.get("relation") for member in members]
    if not members or None in relations:
        return
    heads = [index for index, relation in enumerate(relations) if relation == Relation.HEAD]
    if not heads:
        yield Fault("head_missing", "members.0.relation")
    for index in heads[1:]:
        yield Fault("head_twice", f"members.{index}.relation")


def _check_birth(member: Form, path: str, rules: Rules) -> Iterator[Fault]:
    born = _date(member.get("birth_date"))
    if born is None:
        return
    if born > rules.on:
        yield Fault("birth_date_future", f"{path}.birth_date")
    elif rules.on.year - born.year > MAX_AGE:
        yield Fault("birth_date_too_old", f"{path}.birth_date")
    if member.get("pregnant") is True:
        if member.get("sex") == Sex.MALE:
            yield Fault("pregnant_male", f"{path}.pregnant")
        elif rules.on.year - born.year not in PREGNANCY_AGES:
            yield Fault("pregnant_age", f"{path}.pregnant")


def _check_nik(
    member: Form, path: str, rules: Rules, kk: object
) -> tuple[list[Fault], list[Fault], str | None]:
    nik = member.get("nik")
    if not isinstance(nik, str):
        return [], [], None
    sex = member.get("sex")
    found = check_nik(
        nik,
        on=rules.on,
        areas=rules.areas,
        declared_birth=_date(member.get("birth_date")),
        declared_sex=sex if isinstance(sex, str) else None,
        kk=kk if isinstance(kk, str) else None,
        applicant_is_adult=member.get("relation") == Relation.HEAD,
    )
    where = f"{path}.nik"
    faults = [Fault(f"nik_{code}", where) for code in found.errors]
    warnings = [Fault(f"nik_{code}", where) for code in found.warnings]
    return faults, warnings, None if faults else found.normalized


def _member(member: Form) -> Member:
    born = date.fromisoformat(member["birth_date"])
    return Member(
        relation=Relation(member["relation"]),
        birth_month=(born.year, born.month),
        sex=Sex(member["sex"]),
        disability=Disability(member["disability"]),
        pregnant=member["pregnant"],
        schooling=Schooling(member["schooling"]),
        attending=Attending(member["attending"]),
        occupation=Occupation(member["occupation"]),
        has_nik=member.get("nik") is not None,
    )


def _person(member: Form, rules: Rules) -> Person:
    nik = member.get("nik")
    normalized = check_nik(nik, on=rules.on, areas=rules.areas).normalized if nik else None
    return Person(_tidy(member["name"]), normalized, member["birth_date"], member["sex"])


def _tidy(text: str) -> str:
    return " ".join(text.split())


def _date(text: object) -> date | None:
    try:
        return date.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None
