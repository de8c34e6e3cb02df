"""Administrative areas by their Kemendagri codes: what a code means, and whether it still lives.

Codes are digits without dots: 2 for a province, 4 for a regency or city, 6 for a district
(kecamatan, in Papua distrik), 10 for a village (desa or kelurahan); rulebook section 2.
These are the codes of Kemendagri, not the ones of BPS, which look the same and differ.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

PROVINCE_DIGITS, REGENCY_DIGITS, DISTRICT_DIGITS = 2, 4, 6


@dataclass(frozen=True, slots=True)
class Village:
    """A desa or kelurahan of a region that is served.

    Attributes:
        code: ten digits.
        district: name of the kecamatan it lies in; its code is the first six digits.
        index: place in the national list of villages, from 0. It is part of every receipt, so
            it never moves: villages of later lists are appended with the next free numbers.
    """

    code: str
    name: str
    district: str
    index: int


@dataclass(frozen=True, slots=True, eq=False)  # two sets of lists are never compared, but cached by
class AreaCodes:
    """The codes of provinces, regencies and districts, with names.

    Attributes:
        live: code -> name in the list in force.
        retired: code -> last name, of codes that older lists had and the one in force has not.
            They stay on the cards of the people registered under them (rulebook 1.1).
    """

    live: Mapping[str, str]
    retired: Mapping[str, str]

    def province(self, code: str) -> str | None:
        """Name of the province in force with this code of two digits, or None."""
        return self.live.get(code) if len(code) == PROVINCE_DIGITS else None

    def regency(self, code: str) -> str | None:
        """Name of the regency or city in force with this code of four digits, or None."""
        return self.live.get(code) if len(code) == REGENCY_DIGITS else None

    def district(self, code: str) -> str | None:
        """Name of the district in force with this code of six digits, or None."""
        return self.live.get(code) if len(code) == DISTRICT_DIGITS else None

    def is_retired(self, code: str) -> bool:
        """True for a code that was once valid and is no longer.

        A code that was retired and later given out again is not retired: the list in force wins.
        """
        return code in self.retired and code not in self.live

    def name(self, code: str) -> str | None:
        """Name of a code of any level, in force or retired; None when no list has it."""
        return self.live.get(code) or self.retired.get(code)
