"""Invented families of a region: who lives in it, and what the civil registry holds about them.

Everything follows from the seed; family number i is the same however many are asked for. Every
NIK and KK has a serial of 9901 or above, which no district reaches (rulebook 1.5), and every
phone starts with 0800 0, which no network gives to a subscriber.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import TYPE_CHECKING, Final

from chalicelib.adapters.area_files import area_codes, region_villages
from chalicelib.domain.areas import DISTRICT_DIGITS
from infra.people.lives import Life, lives
from infra.people.names import happens, invent_name, misspelt
from infra.sandboxes.civil_registry_records import Record

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

AS_OF: Final = date(2026, 11, 1)
LOWEST_SERIAL: Final = 9901
_SERIALS: Final = 99

_PLACES: Final = ("Krajan", "Sumberjati", "Tegalwero", "Karangloh", "Ngadimulya", "Wonokerti")
_QUARTERS: Final = ("Sumberasri Lor", "Krajan Kidul", "Pakisduren", "Kalirejo Wetan")


@dataclass(frozen=True, slots=True)
class Person:
    """One member as life has made them.

    Attributes:
        nik: None for newborn and undocumented people.
        record: what the registry holds under the NIK; None when it holds nothing.
    """

    name: str
    nik: str | None
    born: date
    life: Life
    record: Record | None


@dataclass(frozen=True, slots=True)
class Family:
    """A family with its address and its card.

    Attributes:
        welfare: latent standard of living, about 0 on average with a spread of 1.
    """

    village: str
    line: str
    rt: str
    rw: str
    phone: str | None
    kk: str | None
    people: tuple[Person, ...]
    welfare: float


class _Numbers:
    """Gives out NIK and KK, each once."""

    def __init__(self, region: str) -> None:
        codes = area_codes()
        villages = region_villages(region)
        self.own = tuple(dict.fromkeys(code[:DISTRICT_DIGITS] for code in villages))
        self._elsewhere = tuple(
            code for code in codes.live if len(code) == DISTRICT_DIGITS and code not in self.own
        )
        self._retired = tuple(
            code
            for code in codes.retired
            if len(code) == DISTRICT_DIGITS and codes.is_retired(code)
        )
        self._given: set[str] = set()

    def birthplace(self, rng: Random, home: str) -> str:
        """District of the first registration: people keep their NIK when they move."""
        drawn = rng.randrange(1000)
        if drawn < 740:  # noqa: PLR2004 - per thousand, like the next two
            return home
        if drawn < 850:  # noqa: PLR2004
            return rng.choice(self.own)
        return rng.choice(self._retired if drawn < 865 else self._elsewhere)  # noqa: PLR2004

    def give(self, rng: Random, district: str, day: date, add_to_day: int = 0) -> str:
        """A number with that district and date; the next day's when all its serials are gone."""
        while True:
            start = rng.randrange(_SERIALS)
            head = f"{district}{day.day + add_to_day:02}{day:%m%y}"
            for step in range(_SERIALS):
                number = f"{head}{LOWEST_SERIAL + (start + step) % _SERIALS}"
                if number not in self._given:
                    self._given.add(number)
                    return number
            day -= timedelta(days=1)


def world(seed: int, region: str, on: date = AS_OF) -> Iterator[Family]:
    """Families without end.

    Args:
        seed: what everything follows from.
        region: four digits; its area file must be there.
        on: the day on which ages are as drawn.

    Raises:
        LookupError: there is no area file for the region.
    """
    numbers = _Numbers(region)
    villages = tuple(region_villages(region))
    index = 0
    while True:
        rng = Random(f"{seed}/{region}/family/{index}")  # noqa: S311 - must repeat, guards nothing
        yield _family(rng, numbers, villages, on)
        index += 1


def _family(rng: Random, numbers: _Numbers, villages: Sequence[str], on: date) -> Family:
    village = rng.choice(villages)
    urban = village[DISTRICT_DIGITS] == "1"
    welfare = rng.gauss(0.3 if urban else -0.1, 1)
    people_lives = lives(rng, welfare, urban=urban)
    undocumented = happens(rng, 60 if len(people_lives) == 1 else 8)
    kk = None
    if not undocumented and not happens(rng, 15):
        issued = on - timedelta(days=rng.randrange(1, 12 * 365))
        kk = numbers.give(rng, village[:DISTRICT_DIGITS], issued)
    newer_kk = kk
    if kk and happens(rng, 5):  # the card was renewed and the family still shows the old one
        newer_kk = numbers.give(rng, village[:DISTRICT_DIGITS], on - timedelta(days=3))
    people = tuple(
        _person(rng, life, numbers, village=village, kk=newer_kk, on=on, undocumented=undocumented)
        for life in people_lives
    )
    return Family(
        village=village,
        line=f"Lingkungan {rng.choice(_QUARTERS)}" if urban else f"Dusun {rng.choice(_PLACES)}",
        rt=f"{rng.randint(1, 12):03}",
        rw=f"{rng.randint(1, 8):03}",
        phone=None if happens(rng, 280) else f"08000{rng.randrange(10**7):07}",
        kk=kk,
        people=people,
        welfare=welfare,
    )


def _person(
    rng: Random,
    life: Life,
    numbers: _Numbers,
    *,
    village: str,
    kk: str | None,
    on: date,
    undocumented: bool,
) -> Person:
    name = invent_name(rng, life.sex)
    born = on - timedelta(days=life.age * 1461 // 4 + rng.randrange(365))
    if undocumented or (life.age == 0 and happens(rng, 600)) or happens(rng, 4):
        return Person(name, None, born, life, None)
    written = born
    if happens(rng, 7):  # the birth date was corrected later; the NIK stays (rulebook 1.1)
        written = born - timedelta(days=rng.choice((1, 30, 365)))
    district = numbers.birthplace(rng, village[:DISTRICT_DIGITS])
    nik = numbers.give(rng, district, written, 40 if life.sex == "P" else 0)
    return Person(name, nik, born, life, _record(rng, name, born, life, kk))


def _record(rng: Random, name: str, born: date, life: Life, kk: str | None) -> Record | None:
    """What the registry holds: mostly the truth, at times older, wrong, or nothing at all."""
    if happens(rng, 19):
        return None
    deaths = 100 if life.age >= 70 else 50 if life.age >= 50 else 17  # noqa: PLR2004 - ages
    return Record(
        name=misspelt(rng, name) if happens(rng, 6) else name,
        birth_date=(born - timedelta(days=365) if happens(rng, 4) else born).isoformat(),
        sex={"L": "P", "P": "L"}[life.sex] if happens(rng, 2) else life.sex,
        kk=kk,
        deceased=happens(rng, deaths),
    )
