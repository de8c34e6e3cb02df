"""The check of a NIK agrees with an oracle written another way, whatever number or text is drawn.

All numbers are invented: serial 9901 or above, or a pattern that cannot be issued.
"""

import re
from datetime import date

from hypothesis import example, given, settings
from hypothesis import strategies as st

from chalicelib.adapters.area_files import area_codes
from chalicelib.domain.household import Sex
from chalicelib.domain.nik import Verdict, check_nik, normalize

ON = date(2026, 11, 21)
AREAS = area_codes()
LIVE_DISTRICTS = sorted(code for code in AREAS.live if len(code) == 6)
RETIRED_DISTRICTS = sorted(code for code in AREAS.retired if len(code) == 6)
FIELDS = re.compile(r"(..)(..)(..)(..)(..)(..)(....)", re.DOTALL)
PROVINCES = {
    *range(11, 20), 21, *range(31, 37), *range(51, 54), *range(61, 66), *range(71, 77),
    81, 82, *range(91, 97),
}  # fmt: skip


def days_in(month: int, year: int) -> int:
    leap = (year % 4 == 0 and year % 100 != 0) or year % 400 == 0
    return (31, 29 if leap else 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)[month - 1]


def where(expected: dict[str, bool]) -> set[str]:
    return {code for code, holds in expected.items() if holds}


def oracle_births(day: int, month: int, year: int, on: date) -> set[tuple[int, int, int]]:
    """(year, month, day) of every birth before the 121st birthday, by comparing tuples."""
    today = (on.year, on.month, on.day)
    return {
        (full, month, day)
        for full in (1900 + year, 2000 + year)
        if day <= days_in(month, full)
        if (full, month, day) <= today < (full + 121, month, day)
    }


def oracle_regions(kept: str, errors: set[str]) -> set[str]:
    levels = [kept[:4]] * (not errors & {"province_unknown", "regency_code_invalid"})
    levels += [kept[:6]] * (not errors and (kept[:4] in AREAS.live or kept[:4] in AREAS.retired))
    states = ["live" if c in AREAS.live else "old" if c in AREAS.retired else "no" for c in levels]
    return where({"region_retired": "old" in states, "region_unknown": "no" in states})


def oracle(text: str, on: date) -> tuple[set[str], set[str], set[tuple[int, int, int]]]:
    """Errors, warnings and birth dates, by other means than the code under test."""
    kept = "".join(sign for sign in text if sign not in "\t .-\u200b\ufeff\u00a0")
    if kept == "":
        return {"empty"}, set(), set()
    odd = set(kept) - set("0123456789")
    shape = where({"non_digit": bool(odd), "length": len(kept) != 16})
    if shape:
        return shape, set(), set()
    parts = [int(part) for part in FIELDS.fullmatch(kept).groups()]
    province, regency, district, day, month, year, serial = parts
    errors = where(
        {
            "province_unknown": province not in PROVINCES,
            "regency_code_invalid": regency in (0, 70),
            "district_code_invalid": district == 0,
        }
    )
    warnings = oracle_regions(kept, errors)
    of_month = day % 40 if 40 < day < 72 else day
    undated = where({"day_invalid": not 0 < of_month < 32, "month_invalid": not 0 < month < 13})
    births = set() if undated else oracle_births(of_month, month, year, on)
    undated |= where({"date_impossible": not undated and not births})
    warnings |= where(
        {
            "century_ambiguous": len(births) == 2,
            "serial_zero": serial == 0,
            "placeholder_pattern": len(set(kept)) == 1,
        }
    )
    return errors | undated, warnings, births


TWO = st.integers(0, 99).map("{:02d}".format)
PREFIXES = st.one_of(
    st.sampled_from(LIVE_DISTRICTS),
    st.sampled_from(RETIRED_DISTRICTS),
    st.sampled_from(RETIRED_DISTRICTS)
    .map(lambda code: code[:4])
    .flatmap(lambda code: TWO.map(lambda tail: code + tail)),
    st.tuples(TWO, TWO, TWO).map("".join),
)
SERIALS = st.one_of(st.integers(9901, 9999).map(str), st.just("0000"))
NUMBERS = st.tuples(PREFIXES, TWO, st.integers(0, 14).map("{:02d}".format), TWO, SERIALS).map(
    "".join
)
MESSY = st.lists(
    st.one_of(NUMBERS, st.text(max_size=4), st.sampled_from(list(" \t.-\u00a0\ufeff\u200b\n"))),
    max_size=4,
).map("".join)
DAYS = st.dates(date(2000, 1, 1), date(2100, 12, 31))


@settings(max_examples=600, deadline=None)
@given(st.one_of(NUMBERS, MESSY, st.text()), DAYS)
@example("3510156902009901", date(2000, 2, 28))
@example("3510152902049901", date(2025, 2, 28))
def test_agrees_with_the_oracle(text: str, on: date) -> None:
    found = check_nik(text, on=on, areas=AREAS)
    errors, warnings, births = oracle(text, on)
    assert {str(code) for code in found.errors} == errors
    assert {str(code) for code in found.warnings} == warnings
    assert {(b.year, b.month, b.day) for b in found.birth_dates} == births
    assert len(found.errors) == len(errors)


@settings(max_examples=300, deadline=None)
@given(st.text(), DAYS, st.booleans(), st.none() | st.dates(), st.none() | st.sampled_from("LP"))
def test_no_text_crashes_it(
    text: str, on: date, adult: bool, born: date | None, sex: str | None
) -> None:
    found = check_nik(
        text,
        on=on,
        areas=AREAS,
        applicant_is_adult=adult,
        declared_birth=born,
        declared_sex=sex,
        kk=text,
    )
    assert (found.verdict is Verdict.INVALID) == bool(found.errors)


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(LIVE_DISTRICTS),
    st.dates(date(1907, 1, 1), ON),
    st.sampled_from(list(Sex)),
    st.integers(9901, 9999),
    st.booleans(),
)
def test_every_number_made_by_the_rule_is_valid(
    district: str, born: date, sex: Sex, serial: int, adult: bool
) -> None:
    day = born.day + 40 * (sex is Sex.FEMALE)
    text = f"{district}{day:02d}{born:%m%y}{serial}"
    found = check_nik(
        text,
        on=ON,
        areas=AREAS,
        declared_birth=born,
        declared_sex=str(sex),
        applicant_is_adult=adult,
    )
    assert found.verdict is Verdict.VALID
    assert (found.district, found.sex, found.birth_dates) == (district, sex, (born,))
    assert born in check_nik(text, on=ON, areas=AREAS).birth_dates


@settings(max_examples=200, deadline=None)
@given(NUMBERS, DAYS)
def test_men_and_women_are_treated_alike(number: str, on: date) -> None:
    day = int(number[6:8])
    if not 1 <= day <= 31:
        return
    woman = f"{number[:6]}{day + 40}{number[8:]}"
    his, hers = (check_nik(text, on=on, areas=AREAS) for text in (number, woman))
    assert (his.errors, his.warnings, his.birth_dates) == (
        hers.errors,
        hers.warnings,
        hers.birth_dates,
    )
    assert (his.sex, hers.sex) == (Sex.MALE, Sex.FEMALE)


@given(st.text())
def test_normalising_twice_changes_nothing(text: str) -> None:
    assert normalize(normalize(text)) == normalize(text)


@given(MESSY)
def test_normalising_takes_away_the_seven_separators_and_nothing_else(text: str) -> None:
    assert normalize(text) == re.sub("[ \t\u00a0\ufeff\u200b.\\-]", "", text)
