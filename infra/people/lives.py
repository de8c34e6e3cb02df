"""How people live together: ages, relations, schooling, work, as in Indonesian households.

The shares are rough and only meant to look like life; nothing is decided from them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from chalicelib.domain.household import Attending, Disability, Occupation, Relation, Schooling
from infra.people.names import happens

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

SCHOOL_AGE: Final = 7
ADULT: Final = 18
OLD: Final = 60
_LEAVES_HOME: Final = 26
_MOST_MEMBERS: Final = 8

Body = tuple[Relation, str, int]  # relation, sex, age


@dataclass(frozen=True, slots=True)
class Life:
    """What the form asks about a member, besides identity; `age` in completed years."""

    relation: Relation
    sex: str
    age: int
    disability: Disability
    pregnant: bool
    schooling: Schooling
    attending: Attending
    occupation: Occupation


def lives(rng: Random, welfare: float, *, urban: bool) -> list[Life]:
    """The members of one household of 1 to 8, the head first."""
    (shape,) = rng.choices(tuple(_SHAPES), tuple(_SHAPES.values()))
    return [_life(rng, body, welfare, urban=urban) for body in shape(rng)[:_MOST_MEMBERS]]


def _old_alone(rng: Random) -> list[Body]:
    return [(Relation.HEAD, rng.choice("LPPP"), rng.randint(62, 89))]


def _young_alone(rng: Random) -> list[Body]:
    return [(Relation.HEAD, rng.choice("LP"), rng.randint(19, 35))]


def _old_couple(rng: Random) -> list[Body]:
    return _couple(rng, 58, 82)


def _mother(rng: Random) -> list[Body]:
    age = rng.randint(22, 55)
    return [(Relation.HEAD, "P", age), *(_children(rng, age) or [_child(rng, 0)])]


def _father(rng: Random) -> list[Body]:
    age = rng.randint(28, 55)
    return [(Relation.HEAD, "L", age), *(_children(rng, age - 4) or [_child(rng, 1)])]


def _parents(rng: Random) -> list[Body]:
    couple = _couple(rng, 22, 55)
    return [*couple, *_children(rng, couple[1][2])]


def _three_generations(rng: Random) -> list[Body]:
    household = _parents(rng)
    relation = rng.choice((Relation.PARENT, Relation.PARENT_IN_LAW))
    household.append((relation, rng.choice("LPPP"), household[0][2] + rng.randint(19, 30)))
    if happens(rng, 200):
        household.append((Relation.OTHER_RELATIVE, rng.choice("LP"), rng.randint(8, 40)))
    return household


def _grandparents(rng: Random) -> list[Body]:
    return [*_couple(rng, 52, 72), *_grandchildren(rng)]


def _extended(rng: Random) -> list[Body]:
    age, sexes = rng.randint(20, 33), rng.sample("LP", 2)
    young = [(Relation.CHILD, sexes[0], age), (Relation.CHILD_IN_LAW, sexes[1], age)]
    return [*_couple(rng, 46, 60), *young, *_grandchildren(rng)]


def _couple(rng: Random, low: int, high: int) -> list[Body]:
    age = rng.randint(low, high)
    younger = round(rng.gauss(3, 3))
    return [(Relation.HEAD, "L", age), (Relation.SPOUSE, "P", max(19, age - younger))]


def _children(rng: Random, mother: int) -> list[Body]:
    wanted = rng.choices(range(6), (6, 28, 37, 19, 7, 3))[0]
    ages = (mother - rng.randint(18, 40) for _ in range(wanted))
    return [_child(rng, age) for age in sorted(ages, reverse=True) if 0 <= age < _LEAVES_HOME]


def _child(rng: Random, age: int) -> Body:
    return (Relation.CHILD, rng.choice("LP"), age)


def _grandchildren(rng: Random) -> list[Body]:
    count = rng.choices((1, 2, 3), (50, 38, 12))[0]
    return [(Relation.GRANDCHILD, rng.choice("LP"), rng.randint(0, 11)) for _ in range(count)]


_SHAPES: Final[dict[Callable[[Random], list[Body]], int]] = {
    _parents: 46,
    _three_generations: 14,
    _old_couple: 10,
    _mother: 9,
    _old_alone: 7,
    _grandparents: 5,
    _extended: 5,
    _young_alone: 2,
    _father: 2,
}


def _life(rng: Random, body: Body, welfare: float, *, urban: bool) -> Life:
    relation, sex, age = body
    age = min(age, 95)
    attending = _attending(rng, age, welfare)
    schooling = _schooling(rng, age, welfare, attending)
    grown_up = relation in {Relation.HEAD, Relation.SPOUSE, Relation.CHILD_IN_LAW}
    return Life(
        relation=relation,
        sex=sex,
        age=age,
        disability=_disability(rng, age),
        pregnant=grown_up and sex == "P" and ADULT <= age <= 42 and happens(rng, 70),  # noqa: PLR2004 - an age
        schooling=schooling,
        attending=attending,
        occupation=_occupation(rng, body, schooling, attending, urban=urban),
    )


def _disability(rng: Random, age: int) -> Disability:
    if happens(rng, 40 if age >= OLD else 7):
        return Disability.SEVERE
    return Disability.MILD if happens(rng, 90 if age >= OLD else 15) else Disability.NONE


_ATTENDING: Final = (  # up to this age, this school, so many of a thousand
    (3, Attending.NO, 0),
    (SCHOOL_AGE, Attending.PRESCHOOL, 550),
    (13, Attending.PRIMARY, 990),
    (16, Attending.LOWER_SECONDARY, 940),
    (19, Attending.UPPER_SECONDARY, 780),
    (23, Attending.TERTIARY, 190),
)


def _attending(rng: Random, age: int, welfare: float) -> Attending:
    for below, school, share in _ATTENDING:
        if age < below:
            at_school = happens(rng, round(share + 40 * min(welfare, 0)))
            return school if at_school else Attending.NO
    return Attending.NO


_COMPLETED: Final = {
    Attending.PRESCHOOL: Schooling.NONE,
    Attending.LOWER_SECONDARY: Schooling.PRIMARY,
    Attending.UPPER_SECONDARY: Schooling.LOWER_SECONDARY,
    Attending.TERTIARY: Schooling.UPPER_SECONDARY,
}
_LADDER: Final = (  # standing below which this is the highest schooling, youngest age for it
    (-1.9, Schooling.NONE, 0),
    (-1.2, Schooling.PRIMARY_UNFINISHED, SCHOOL_AGE),
    (-0.1, Schooling.PRIMARY, 12),
    (0.6, Schooling.LOWER_SECONDARY, 15),
    (1.7, Schooling.UPPER_SECONDARY, ADULT),
    (2.0, Schooling.DIPLOMA, 21),
    (3.1, Schooling.BACHELOR, 22),
    (99.0, Schooling.POSTGRADUATE, 25),
)


def _schooling(rng: Random, age: int, welfare: float, attending: Attending) -> Schooling:
    if attending in _COMPLETED:
        return _COMPLETED[attending]
    if age < SCHOOL_AGE:
        return Schooling.NONE
    if attending is Attending.PRIMARY:
        return Schooling.PRIMARY_UNFINISHED
    generation = 0.6 if age < 40 else -0.9 if age >= OLD else 0.0  # noqa: PLR2004 - an age
    standing = 0.8 * welfare + rng.gauss(generation, 0.9)
    reached = Schooling.NONE
    for below, schooling, youngest in _LADDER:
        if age >= youngest:
            reached = schooling
        if standing < below:
            break
    return reached


_HIGHER: Final = {Schooling.DIPLOMA, Schooling.BACHELOR, Schooling.POSTGRADUATE}
_WORK_HIGHER: Final = {
    Occupation.EMPLOYEE: 50,
    Occupation.STATE_EMPLOYEE: 22,
    Occupation.STATE_COMPANY: 6,
    Occupation.SELF_EMPLOYED: 16,
    Occupation.EMPLOYER: 6,
}
_WORK_TOWN: Final = {
    Occupation.LABOURER: 32,
    Occupation.EMPLOYEE: 32,
    Occupation.SELF_EMPLOYED: 28,
    Occupation.FAMILY_WORKER: 4,
    Occupation.EMPLOYER: 2,
    Occupation.FISHER: 2,
}
_WORK_VILLAGE: Final = {
    Occupation.LABOURER: 36,
    Occupation.FARMER: 30,
    Occupation.FISHER: 6,
    Occupation.SELF_EMPLOYED: 15,
    Occupation.FAMILY_WORKER: 7,
    Occupation.EMPLOYEE: 5,
    Occupation.EMPLOYER: 1,
}


def _occupation(
    rng: Random, body: Body, schooling: Schooling, attending: Attending, *, urban: bool
) -> Occupation:
    relation, sex, age = body
    if attending not in {Attending.NO, Attending.PRESCHOOL}:
        return Occupation.STUDENT
    if age < ADULT - 2:
        return Occupation.NOT_WORKING
    if age >= OLD + 5 and happens(rng, 600):
        pension = schooling in _HIGHER or happens(rng, 40)
        return Occupation.PENSIONER if pension else Occupation.NOT_WORKING
    if sex == "P" and relation is not Relation.HEAD and happens(rng, 480):
        return Occupation.HOUSEWORK
    if relation is not Relation.HEAD and age < _LEAVES_HOME and happens(rng, 200):
        return Occupation.NOT_WORKING
    work = _WORK_HIGHER if schooling in _HIGHER else _WORK_TOWN if urban else _WORK_VILLAGE
    return rng.choices(tuple(work), tuple(work.values()))[0]
