"""Registrations as families really send them: with slips of the pen, old cards and gaps."""

from __future__ import annotations

import copy
import hashlib
import json
from collections import deque
from dataclasses import dataclass, replace
from random import Random
from typing import TYPE_CHECKING, Any, Final

from chalicelib.domain.household import Relation
from infra.people.answers import answering, current_artefact
from infra.people.names import happens, misspelt, written_otherwise
from infra.people.world import AS_OF, Family, Person, world

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import date

    from chalicelib.domain.pmt import Artefact
    from infra.people.answers import Answers

Form = dict[str, Any]
_REMEMBERED: Final = 50


@dataclass(frozen=True, slots=True)
class Draft:
    """One family at the form.

    Attributes:
        key: its Idempotency-Key, the same in every run that sends the same form.
        form: what it sends first.
        mended: what it sends when that is refused, with its cards in hand.
        truth: per member, what its papers say: name, nik, birth_date, sex.
        kk: the family card as the registry has it.
    """

    key: str
    form: Form
    mended: Form
    truth: tuple[Form, ...]
    kk: str | None


def families(
    seed: int,
    n: int,
    *,
    region: str,
    consent: str,
    start: int = 0,
    artefact: Artefact | None = None,
    on: date = AS_OF,
) -> Iterator[Draft]:
    """Registrations of the world of that seed, in order.

    About one family in 50 is another one's double: the same people sent again by somebody else,
    or a household that lists a child whom its own parents have listed too.

    Args:
        seed: of the world; the same gives the same registrations.
        n: how many.
        region: four digits.
        consent: version of the agreement text in use.
        start: how many of the first to leave out.
        artefact: the model whose questions are answered; None takes the one in use.
        on: as for `world`.
    """
    answer = answering(artefact or current_artefact())
    lived: deque[Family] = deque(maxlen=_REMEMBERED)
    for index, family in enumerate(world(seed, region, on)):
        if index >= start + n:
            return
        rng = Random(f"{seed}/{region}/form/{index}")  # noqa: S311 - must repeat, guards nothing
        sending = family
        if lived and happens(rng, 12):
            sending = rng.choice(lived)
        elif lived and happens(rng, 10):
            sending = _with_a_child_of(rng, family, rng.choice(lived))
        lived.append(family)
        draft = _draft(rng, sending, answer, consent, f"{seed}/{region}/{index}")
        if index >= start:
            yield draft


def _with_a_child_of(rng: Random, family: Family, other: Family) -> Family:
    children = [p for p in other.people if p.life.relation is Relation.CHILD]
    if not children:
        return family
    return replace(family, people=(*family.people, rng.choice(children)))


def _draft(
    rng: Random,
    family: Family,
    answer: Callable[[Random, float], Answers],
    consent: str,
    name: str,
) -> Draft:
    mended: Form = {
        "way_in": "self",
        "village": family.village,
        "address": {"line": family.line, "rt": family.rt, "rw": family.rw},
        "phone": family.phone,
        "kk": family.kk,
        "members": [_member(person) for person in family.people],
        "answers": answer(rng, family.welfare),
        "consent": {"version": consent, "agreed": True},
    }
    form = copy.deepcopy(mended)
    for member in form["members"]:
        for per_thousand, slip in _SLIPS:
            if happens(rng, per_thousand):
                slip(rng, member)
    for per_thousand, spoil in _SPOILS:
        if happens(rng, per_thousand):
            spoil(form)
    records = [person.record for person in family.people]
    return Draft(
        key=hashlib.sha256(f"{name} {json.dumps(mended)}".encode()).hexdigest()[:32],
        form=form,
        mended=mended,
        truth=tuple(_papers(person) for person in family.people),
        kk=next((record.kk for record in records if record), family.kk),
    )


def _papers(person: Person) -> Form:
    """What the card says; where the registry holds something else, that, once looked up."""
    record = person.record
    return {
        "name": record.name if record else person.name,
        "nik": person.nik,
        "birth_date": record.birth_date if record else person.born.isoformat(),
        "sex": record.sex if record else person.life.sex,
    }


def _member(person: Person) -> Form:
    life = person.life
    return {
        "name": person.name,
        "nik": person.nik,
        "birth_date": person.born.isoformat(),
        "sex": life.sex,
        "relation": str(life.relation),
        "disability": str(life.disability),
        "pregnant": life.pregnant,
        "schooling": str(life.schooling),
        "attending": str(life.attending),
        "occupation": str(life.occupation),
    }


# Slips that pass the form's own checks, most of them; the civil registry finds them.


def _another_hand(rng: Random, member: Form) -> None:
    member["name"] = written_otherwise(rng, member["name"], member["sex"])


def _misspelt(rng: Random, member: Form) -> None:
    member["name"] = misspelt(rng, member["name"])


def _day_for_month(_rng: Random, member: Form) -> None:
    year, month, day = member["birth_date"].split("-")
    if day <= "12":
        member["birth_date"] = f"{year}-{day}-{month}"


def _wrong_sex(_rng: Random, member: Form) -> None:
    if not member["pregnant"]:
        member["sex"] = {"L": "P", "P": "L"}[member["sex"]]


def _digit_wrong(rng: Random, member: Form) -> None:
    """One digit of the place or the date; the serial stays, and so stays invented."""
    nik = member["nik"]
    if nik:
        place = rng.randrange(12)
        member["nik"] = (
            nik[:place] + str((int(nik[place]) + rng.randint(1, 9)) % 10) + nik[place + 1 :]
        )


def _digits_swapped(rng: Random, member: Form) -> None:
    nik = member["nik"]
    if nik:
        place = rng.randrange(4, 11)
        member["nik"] = nik[:place] + nik[place + 1] + nik[place] + nik[place + 2 :]


def _as_on_paper(_rng: Random, member: Form) -> None:
    """Typed in groups, which is fine."""
    nik = member["nik"]
    if nik:
        member["nik"] = f"{nik[:6]} {nik[6:12]} {nik[12:]}"


_SLIPS: Final[tuple[tuple[int, Callable[[Random, Form], None]], ...]] = (
    (11, _misspelt),
    (110, _another_hand),
    (18, _day_for_month),
    (6, _wrong_sex),
    (9, _digit_wrong),
    (9, _digits_swapped),
    (15, _as_on_paper),
)


# Slips that the form refuses; the family mends them and sends again.


def _nik_short(form: Form) -> None:
    nik = form["members"][0]["nik"]
    if nik:
        form["members"][0]["nik"] = nik[:7] + nik[8:]


def _nik_letter(form: Form) -> None:
    nik = form["members"][0]["nik"]
    if nik:
        form["members"][0]["nik"] = nik.replace("0", "O")


def _listed_twice(form: Form) -> None:
    form["members"].append(form["members"][-1] | {"relation": "other_relative"})


def _two_heads(form: Form) -> None:
    form["members"][-1]["relation"] = "head" if form["members"][1:] else "child"


def _other_region(form: Form) -> None:
    form["village"] = "5171011001"


def _not_agreed(form: Form) -> None:
    form["consent"]["agreed"] = False


def _born_tomorrow(form: Form) -> None:
    form["members"][-1]["birth_date"] = "2062" + form["members"][-1]["birth_date"][4:]


_SPOILS: Final[tuple[tuple[int, Callable[[Form], None]], ...]] = (
    (10, _nik_short),
    (5, _nik_letter),
    (4, _listed_twice),
    (3, _two_heads),
    (3, _other_region),
    (4, _not_agreed),
    (3, _born_tomorrow),
)
