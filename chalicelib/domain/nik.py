"""Checks of a NIK (identity number) and a No. KK (family card number), without asking anyone.

Rulebook 1.1-1.3. A number has no check digit, so nothing here proves that it exists: only the
civil registry can. An error is certain and stops the form; a warning is for a human to judge,
because a NIK is never issued again after a move, a split of a region or a corrected birth date.
All faults are reported at once, in the order of the rulebook's table.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING

from chalicelib.domain.household import Sex

if TYPE_CHECKING:
    from chalicelib.domain.areas import AreaCodes

LENGTH = 16
MAX_AGE = 120
ADULT_AGE = 17  # holders of an identity card are 17 or older
WOMEN_ADD_TO_DAY = 40

_DIGITS = re.compile(r"[0-9]*", re.ASCII)
# Space, tab, no-break space, byte order mark, zero-width space, dot, hyphen; nothing else. A line
# end is not among them: in a field of a form it is a sign of a broken sender, not of a typist.
_SEPARATORS = dict.fromkeys(map(ord, " \t\u00a0\ufeff\u200b.-"))


class ErrorCode(StrEnum):
    """What makes a number certainly wrong (rulebook 1.2)."""

    EMPTY = "empty"
    NON_DIGIT = "non_digit"
    LENGTH = "length"
    PROVINCE_UNKNOWN = "province_unknown"
    REGENCY_CODE_INVALID = "regency_code_invalid"
    DISTRICT_CODE_INVALID = "district_code_invalid"
    DAY_INVALID = "day_invalid"
    MONTH_INVALID = "month_invalid"
    DATE_IMPOSSIBLE = "date_impossible"


class WarningCode(StrEnum):
    """What a human should look at; never a reason to turn somebody away (rulebook 1.2, 1.3)."""

    REGION_RETIRED = "region_retired"
    REGION_UNKNOWN = "region_unknown"
    CENTURY_AMBIGUOUS = "century_ambiguous"
    SERIAL_ZERO = "serial_zero"
    PLACEHOLDER_PATTERN = "placeholder_pattern"
    BIRTH_MISMATCH = "birth_mismatch"
    SEX_MISMATCH = "sex_mismatch"
    SAME_AS_KK = "same_as_kk"
    KK_DATE_SUSPECT = "kk_date_suspect"


OVERRIDABLE = frozenset({ErrorCode.PROVINCE_UNKNOWN})


class Verdict(StrEnum):
    """The check in one word."""

    VALID = "valid"
    WARN = "warn"
    INVALID = "invalid"


@dataclass(frozen=True, slots=True, kw_only=True)
class _NumberCheck:
    """What both kinds of number have. What identifies a person is left out of `repr`.

    Attributes:
        normalized: the text without separators; a usable number only when there is no error.
        province, regency, district: codes of 2, 4 and 6 digits, or None when the text is not
            16 digits; they may be in no list.
    """

    normalized: str = field(repr=False)
    errors: tuple[ErrorCode, ...]
    warnings: tuple[WarningCode, ...] = ()
    province: str | None = None
    regency: str | None = None
    district: str | None = None

    @property
    def verdict(self) -> Verdict:
        """Invalid with any error, warn with any warning, else valid."""
        if self.errors:
            return Verdict.INVALID
        return Verdict.WARN if self.warnings else Verdict.VALID

    @property
    def officer_may_override(self) -> bool:
        """True when there are errors, and all are of the kind an officer may override."""
        return bool(self.errors) and OVERRIDABLE.issuperset(self.errors)


@dataclass(frozen=True, slots=True, kw_only=True)
class KkCheck(_NumberCheck):
    """Result of `check_kk`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NikCheck(_NumberCheck):
    """Result of `check_nik`.

    Attributes:
        sex: as the day of birth says, or None when the day is invalid.
        birth_dates: the dates the number can mean, oldest first; none when it is invalid, two
            when the century is open.
    """

    sex: Sex | None = field(default=None, repr=False)
    birth_dates: tuple[date, ...] = field(default=(), repr=False)


def normalize(text: str) -> str:
    """The text without the separators people type or paste (rulebook 1.2, `non_digit`)."""
    return text.translate(_SEPARATORS)


def check_nik(
    text: str | None,
    *,
    on: date,
    areas: AreaCodes,
    declared_birth: date | None = None,
    declared_sex: str | None = None,
    kk: str | None = None,
    applicant_is_adult: bool = False,
) -> NikCheck:
    """Check an identity number by the whole table of rulebook 1.2.

    Args:
        text: as typed; None counts as empty.
        on: reference date; ages are reckoned and births in the future are refused on it.
        areas: the lists of codes.
        declared_birth: birth date given beside the number. When it is one of the dates the
            number can mean it settles the century; otherwise it is a mismatch.
        declared_sex: "L" or "P" given beside the number.
        kk: the family card number typed beside the number.
        applicant_is_adult: the person holds an identity card, so is 17 or older: of two
            centuries the later one that makes them so is taken.

    Returns:
        The check; it never raises for any text.
    """
    digits = normalize(text or "")
    faults = _shape_errors(digits)
    if faults:
        return NikCheck(normalized=digits, errors=faults)
    region_errors = _region_errors(digits, areas)
    day, sex = _day_and_sex(int(digits[6:8]))
    births, date_errors = _births(day, int(digits[8:10]), int(digits[10:12]), on)
    settled = _settle_century(births, on, declared_birth, adult=applicant_is_adult)
    beside = (
        (WarningCode.CENTURY_AMBIGUOUS, len(settled) > 1),
        (WarningCode.SERIAL_ZERO, digits[12:] == "0000"),
        (WarningCode.PLACEHOLDER_PATTERN, _is_placeholder(digits)),
        (
            WarningCode.BIRTH_MISMATCH,
            bool(births and declared_birth) and declared_birth not in births,
        ),
        (WarningCode.SEX_MISMATCH, bool(sex and declared_sex) and declared_sex != sex),
        (WarningCode.SAME_AS_KK, kk is not None and normalize(kk) == digits),
    )
    return NikCheck(
        normalized=digits,
        errors=region_errors + date_errors,
        warnings=(
            *_region_warnings(digits, areas, region_errors),
            *[code for code, holds in beside if holds],
        ),
        province=digits[:2],
        regency=digits[:4],
        district=digits[:6],
        sex=sex,
        birth_dates=settled,
    )


def check_kk(text: str | None, *, on: date, areas: AreaCodes) -> KkCheck:
    """Check a family card number (rulebook 1.3).

    Only its shape is certain. That it holds the place and the date of its issue comes from a
    secondary source, so an odd region or date is a warning and no more. Nothing is added to
    the day for women, and no number tells which century it was issued in.

    Args:
        text: as typed; None counts as empty.
        on: reference date; a card is not issued after it.
        areas: the lists of codes.

    Returns:
        The check; it never raises for any text.
    """
    digits = normalize(text or "")
    faults = _shape_errors(digits)
    if faults:
        return KkCheck(normalized=digits, errors=faults)
    day, month, year = int(digits[6:8]), int(digits[8:10]), int(digits[10:12])
    issued = [one for one in _dates(day, month, year) if one <= on]
    beside = (
        (WarningCode.PLACEHOLDER_PATTERN, _is_placeholder(digits)),
        (WarningCode.KK_DATE_SUSPECT, not issued),
    )
    return KkCheck(
        normalized=digits,
        errors=(),
        warnings=(
            *_region_warnings(digits, areas, ()),
            *[code for code, holds in beside if holds],
        ),
        province=digits[:2],
        regency=digits[:4],
        district=digits[:6],
    )


def _shape_errors(digits: str) -> tuple[ErrorCode, ...]:
    """Faults that leave no positions to check; both are told when both hold."""
    if not digits:
        return (ErrorCode.EMPTY,)
    faults = []
    if not _DIGITS.fullmatch(digits):
        faults.append(ErrorCode.NON_DIGIT)
    if len(digits) != LENGTH:
        faults.append(ErrorCode.LENGTH)
    return tuple(faults)


def _region_errors(digits: str, areas: AreaCodes) -> tuple[ErrorCode, ...]:
    faults = []
    if areas.province(digits[:2]) is None:
        faults.append(ErrorCode.PROVINCE_UNKNOWN)
    if digits[2:4] in {"00", "70"}:  # kabupaten are 01-69, kota 71-99
        faults.append(ErrorCode.REGENCY_CODE_INVALID)
    if digits[4:6] == "00":
        faults.append(ErrorCode.DISTRICT_CODE_INVALID)
    return tuple(faults)


def _region_warnings(
    digits: str, areas: AreaCodes, errors: tuple[ErrorCode, ...]
) -> list[WarningCode]:
    """Retired and unlisted codes; a level that is already an error, or below one, is not unlisted.

    Both hold for an unlisted district in a retired regency: an old number, and maybe mistyped.
    """
    regency, district = digits[:4], digits[:6]
    found = []
    if areas.is_retired(regency) or areas.is_retired(district):
        found.append(WarningCode.REGION_RETIRED)
    if areas.name(regency) is None:
        upper = {ErrorCode.PROVINCE_UNKNOWN, ErrorCode.REGENCY_CODE_INVALID}
        unlisted = upper.isdisjoint(errors)
    else:
        unlisted = not errors and areas.name(district) is None
    if unlisted:
        found.append(WarningCode.REGION_UNKNOWN)
    return found


def _day_and_sex(day: int) -> tuple[int | None, Sex | None]:
    """The day of the month and the sex that the two digits say, or nothing when they cannot."""
    if 1 <= day <= 31:  # noqa: PLR2004 - days of a month
        return day, Sex.MALE
    if 1 <= day - WOMEN_ADD_TO_DAY <= 31:  # noqa: PLR2004 - days of a month
        return day - WOMEN_ADD_TO_DAY, Sex.FEMALE
    return None, None


def _births(
    day: int | None, month: int, year: int, on: date
) -> tuple[tuple[date, ...], tuple[ErrorCode, ...]]:
    """Dates in both centuries that are not after the reference date nor over 120 years before."""
    faults = []
    if day is None:
        faults.append(ErrorCode.DAY_INVALID)
    if not 1 <= month <= 12:  # noqa: PLR2004 - months of a year
        faults.append(ErrorCode.MONTH_INVALID)
    if day is None or faults:
        return (), tuple(faults)
    births = [
        birth for birth in _dates(day, month, year) if birth <= on and _age(birth, on) <= MAX_AGE
    ]
    return tuple(births), () if births else (ErrorCode.DATE_IMPOSSIBLE,)


def _settle_century(
    births: tuple[date, ...], on: date, declared: date | None, *, adult: bool
) -> tuple[date, ...]:
    if declared in births:
        return tuple(birth for birth in births if birth == declared)
    if adult:
        grown = [birth for birth in births if _age(birth, on) >= ADULT_AGE]
        return tuple(grown[-1:]) or births
    return births


def _dates(day: int, month: int, year: int) -> list[date]:
    """The date in the twentieth and in the twenty-first century, where it exists."""
    found = []
    for century in (1900, 2000):
        try:
            found.append(date(century + year, month, day))
        except ValueError:
            continue
    return found


def _age(birth: date, on: date) -> int:
    """Completed years."""
    return on.year - birth.year - ((on.month, on.day) < (birth.month, birth.day))


def _is_placeholder(digits: str) -> bool:
    return digits == digits[0] * LENGTH
