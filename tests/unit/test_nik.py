"""Every row of rulebook 1.2, and people whom other parsers refuse.

All numbers are invented: serial 9901 or above, or a pattern that cannot be issued.
"""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.adapters.area_files import area_codes
from chalicelib.domain.areas import AreaCodes
from chalicelib.domain.household import Sex
from chalicelib.domain.nik import ErrorCode, NikCheck, Verdict, WarningCode, check_nik

ON = date(2026, 11, 21)
AREAS = area_codes()
NIK = "3510154903859901"  # a woman of Glagah, born 9 March 1985


def check(text: str | None, on: date = ON, **beside: object) -> NikCheck:
    return check_nik(text, on=on, areas=AREAS, **beside)


def faults(text: str | None, on: date = ON, **beside: object) -> tuple[list[str], list[str]]:
    found = check(text, on, **beside)
    return [str(code) for code in found.errors], [str(code) for code in found.warnings]


def test_a_plain_number_says_region_sex_and_birth() -> None:
    found = check(NIK)
    assert found.verdict is Verdict.VALID
    assert (found.province, found.regency, found.district) == ("35", "3510", "351015")
    assert found.sex is Sex.FEMALE
    assert found.birth_dates == (date(1985, 3, 9),)
    assert found.normalized == NIK


ROWS = [
    # text, errors, warnings
    ("", ["empty"], []),
    (None, ["empty"], []),
    (" \t\u00a0\ufeff\u200b.-", ["empty"], []),
    ("351015490385990l", ["non_digit"], []),
    ("3510154903859901x", ["non_digit", "length"], []),
    ("351015490385990", ["length"], []),
    ("35101549038599011", ["length"], []),
    ("5410154903859901", ["province_unknown"], []),
    ("0010154903859901", ["province_unknown"], []),
    ("9710154903859901", ["province_unknown"], []),
    ("3500154903859901", ["regency_code_invalid"], []),
    ("3570154903859901", ["regency_code_invalid"], []),
    ("3510004903859901", ["district_code_invalid"], []),
    ("3510150003859901", ["day_invalid"], []),
    ("3510153203859901", ["day_invalid"], []),
    ("3510154003859901", ["day_invalid"], []),
    ("3510157203859901", ["day_invalid"], []),
    ("3510159903859901", ["day_invalid"], []),
    ("3510154900859901", ["month_invalid"], []),
    ("3510154913859901", ["month_invalid"], []),
    ("3510153104859901", ["date_impossible"], []),
    ("3510157104859901", ["date_impossible"], []),
    ("3510152902019901", ["date_impossible"], []),
    ("3510156902019901", ["date_impossible"], []),
    ("9101014903859901", [], ["region_retired"]),
    ("9271014903859901", [], ["region_retired"]),
    ("3510994903859901", [], ["region_unknown"]),
    ("3569154903859901", [], ["region_unknown"]),
    ("3510150103159901", [], ["century_ambiguous"]),
    ("351015490385" + "0000", [], ["serial_zero"]),
    ("1" * 16, [], ["century_ambiguous", "placeholder_pattern"]),
    (
        "0000000000000000",
        [
            "province_unknown",
            "regency_code_invalid",
            "district_code_invalid",
            "day_invalid",
            "month_invalid",
        ],
        ["serial_zero", "placeholder_pattern"],
    ),
    ("3510153213859901", ["day_invalid", "month_invalid"], []),
    (
        "5470003213859901",
        [
            "province_unknown",
            "regency_code_invalid",
            "district_code_invalid",
            "day_invalid",
            "month_invalid",
        ],
        [],
    ),
]


@pytest.mark.parametrize(("text", "errors", "warnings"), ROWS)
def test_rows_of_the_rulebook(text: str | None, errors: list[str], warnings: list[str]) -> None:
    assert faults(text) == (errors, warnings)


def test_rows_that_need_something_beside_the_number() -> None:
    born, woman = date(1985, 3, 9), "P"
    assert faults(NIK, declared_birth=born, declared_sex=woman, kk="3510150903859902") == ([], [])
    assert faults(NIK, declared_birth=born + timedelta(days=1)) == ([], ["birth_mismatch"])
    assert faults(NIK, declared_sex="L") == ([], ["sex_mismatch"])
    assert faults(NIK, declared_sex=Sex.FEMALE) == ([], [])
    assert faults(NIK, kk="3510.1549.0385.9901") == ([], ["same_as_kk"])
    assert faults(NIK, declared_birth=date(1958, 3, 9), declared_sex="L", kk=NIK) == (
        [],
        ["birth_mismatch", "sex_mismatch", "same_as_kk"],
    )


def test_what_cannot_be_read_is_not_compared() -> None:
    wrong_month = "3510154913859901"
    assert faults(wrong_month, declared_birth=date(1985, 3, 9), declared_sex="L") == (
        ["month_invalid"],
        ["sex_mismatch"],
    )
    assert faults("3510153213859901", declared_sex="L") == (["day_invalid", "month_invalid"], [])


def test_what_was_typed_is_kept_without_its_separators_even_when_it_is_no_number() -> None:
    assert check("3510.15-49").normalized == "35101549"


def test_every_code_of_the_rulebook_is_met_by_a_row() -> None:
    met = {code for _, errors, warnings in ROWS for code in (*errors, *warnings)}
    beside = {"birth_mismatch", "sex_mismatch", "same_as_kk", "kk_date_suspect"}
    assert met | beside == {*ErrorCode, *WarningCode}


@pytest.mark.parametrize("end", ["\n", "\r\n", "\x00", "\u2028", "\u3000"])
def test_a_line_end_is_no_separator(end: str) -> None:
    assert "non_digit" in faults(NIK + end)[0]
    assert "non_digit" in faults(end)[0]


@pytest.mark.parametrize(
    "digit",
    ["\u0663", "\uff13", "\u00b3", "\u0969", "\U0001d7d1", "\u2083", "\u2462"],
    ids=["arabic", "fullwidth", "superscript", "devanagari", "bold", "subscript", "circled"],
)
def test_digits_of_other_scripts_are_no_digits(digit: str) -> None:
    assert faults(NIK.replace("3", digit, 1)) == (["non_digit"], [])
    assert faults(digit * 16) == (["non_digit"], [])


@pytest.mark.parametrize(
    "text",
    [
        "35.10.15.490385.9901",
        "3510-1549-0385-9901",
        " 3510 1549 0385 9901 ",
        "\ufeff3510154903859901\u200b",
        "\t3510\u00a01549\u00a003859901\t",
    ],
)
def test_separators_people_type_are_taken_away(text: str) -> None:
    assert check(text) == check(NIK)


PEOPLE = [
    # who, number, warnings
    ("Merauke before 2023", "9101011503859901", ["region_retired"]),
    ("Merauke now", "9301011503859901", []),
    ("Mimika before 2023", "9109015503859901", ["region_retired"]),
    ("Mimika now", "9404015503859901", []),
    ("Asmat, a late district of the old list", "9118231503859901", ["region_retired"]),
    (
        "Asmat, a district without an old code",
        "9118241503859901",
        ["region_retired", "region_unknown"],
    ),
    ("Kota Sorong before", "9271015503859901", ["region_retired"]),
    ("Kota Sorong now", "9671015503859901", []),
    ("Kota Jayapura, never changed", "9171015503859901", []),
    ("Jayapura of Kemendagri, Teluk Wondama of BPS", "9103015503859901", []),
    (
        "retired regency, typing error in the district",
        "9101995503859901",
        ["region_retired", "region_unknown"],
    ),
    ("Blimbingsari, split off lately", "3510255503859901", []),
    ("Lenek, split off lately", "5203215503859901", []),
    ("Ciamis, a district of before Pangandaran", "3207205503859901", ["region_unknown"]),
    ("Tarakan before Kalimantan Utara", "6473015503859901", ["region_unknown"]),
    ("woman born on 31 December", "3510157112859901", []),
    ("man born on 29 February 2000", "3510152902009901", []),
    ("woman born on 29 February 2004", "3510156902049901", []),
    ("woman born on 29 February of a leap year twice", "3510156902129901", ["century_ambiguous"]),
    ("born in 1945", "3510151708459901", []),
    ("born in 1950", "3510155708509901", []),
    ("a baby of this year, or a hundred years old", "3510152011269901", ["century_ambiguous"]),
    ("born on the day of the check", "3510152111269901", ["century_ambiguous"]),
    ("later this year is a hundred years ago", "3510152211269901", []),
    ("31 December of this year is a hundred years ago", "3510153112269901", []),
    ("120 years and still counted", "3510152211059901", ["century_ambiguous"]),
    ("121 years is too old", "3510152111059901", []),
]


@pytest.mark.parametrize(("who", "text", "warnings"), PEOPLE, ids=[who for who, *_ in PEOPLE])
def test_people_other_parsers_get_wrong(who: str, text: str, warnings: list[str]) -> None:
    assert faults(text) == ([], warnings)


def test_a_district_may_retire_while_its_regency_lives() -> None:
    areas = AreaCodes(
        live={"35": "Jawa Timur", "3510": "Kabupaten Banyuwangi"}, retired={"351015": "Glagah"}
    )
    assert check_nik(NIK, on=ON, areas=areas).warnings == (WarningCode.REGION_RETIRED,)


@pytest.mark.parametrize(
    ("text", "births"),
    [
        ("3510152011269901", (date(1926, 11, 20), date(2026, 11, 20))),
        ("3510152211269901", (date(1926, 11, 22),)),
        ("3510152902009901", (date(2000, 2, 29),)),
        ("3510152111059901", (date(2005, 11, 21),)),
        ("3510152902019901", ()),
    ],
)
def test_centuries(text: str, births: tuple[date, ...]) -> None:
    assert check(text).birth_dates == births


def test_an_adult_has_the_latest_birth_that_makes_one() -> None:
    eighteen, sixteen = "3510150103089901", "3510150103109901"
    assert check(eighteen).birth_dates == (date(1908, 3, 1), date(2008, 3, 1))
    assert check(eighteen, applicant_is_adult=True).birth_dates == (date(2008, 3, 1),)
    assert check(sixteen, applicant_is_adult=True).birth_dates == (date(1910, 3, 1),)
    assert faults(eighteen, applicant_is_adult=True) == ([], [])
    birthday = date(2025, 3, 1)
    assert check(eighteen, birthday, applicant_is_adult=True).birth_dates == (date(2008, 3, 1),)
    eve = birthday - timedelta(days=1)
    assert check(eighteen, eve, applicant_is_adult=True).birth_dates == (date(1908, 3, 1),)


def test_an_adult_who_can_only_be_a_child_is_left_open() -> None:
    child = "3510150103109901"
    found = check(child, date(2027, 2, 28), applicant_is_adult=True)
    assert found.birth_dates == (date(1910, 3, 1),)
    later = check("3510150103509901", date(2060, 1, 1), applicant_is_adult=True)
    assert later.birth_dates == (date(1950, 3, 1),)
    none_grown = check("3510150103309901", date(2052, 1, 1), applicant_is_adult=True)
    assert none_grown.birth_dates == (date(2030, 3, 1),)


def test_a_declared_date_that_fits_settles_the_century() -> None:
    child = "3510150103159901"
    assert check(child).birth_dates == (date(1915, 3, 1), date(2015, 3, 1))
    fits = check(child, declared_birth=date(2015, 3, 1))
    assert (fits.birth_dates, fits.warnings) == ((date(2015, 3, 1),), ())
    young = check(child, declared_birth=date(2015, 3, 1), applicant_is_adult=True)
    assert young.birth_dates == (date(2015, 3, 1),)
    differs = check(child, declared_birth=date(2014, 3, 1))
    assert differs.warnings == (WarningCode.CENTURY_AMBIGUOUS, WarningCode.BIRTH_MISMATCH)


def test_an_officer_may_override_an_unknown_province_only() -> None:
    assert check("5410154903859901").officer_may_override
    assert not check("5410153203859901").officer_may_override
    assert not check(NIK).officer_may_override


def test_a_check_does_not_show_the_person_when_printed() -> None:
    shown = repr(check(NIK))
    assert NIK not in shown
    assert "1985" not in shown
    assert "FEMALE" not in shown


BAD = {
    "province_unknown": (slice(0, 2), "54"),
    "regency_code_invalid": (slice(2, 4), "70"),
    "district_code_invalid": (slice(4, 6), "00"),
    "day_invalid": (slice(6, 8), "40"),
    "month_invalid": (slice(8, 10), "13"),
}


@given(st.permutations(sorted(BAD)), st.integers(0, len(BAD)))
def test_faults_are_found_whatever_else_is_wrong(order: list[str], count: int) -> None:
    digits = list(NIK)
    for code in order[:count]:
        place, wrong = BAD[code]
        digits[place] = wrong
    assert set(faults("".join(digits))[0]) == set(order[:count])
