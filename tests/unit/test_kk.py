"""Rulebook 1.3: the shape of a family card number is certain, everything else only warns."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.adapters.area_files import area_codes
from chalicelib.domain.nik import KkCheck, Verdict, check_kk

ON = date(2026, 11, 21)
KK = "3510150903159901"  # issued in Glagah on 9 March 2015; invented


def check(text: str, on: date = ON) -> KkCheck:
    return check_kk(text, on=on, areas=area_codes())


@pytest.mark.parametrize(
    ("text", "errors", "warnings"),
    [
        (KK, [], []),
        ("35.10.15.090315.9901", [], []),
        (None, ["empty"], []),
        (" - ", ["empty"], []),
        ("351015090315990", ["length"], []),
        ("3510150903159901\n", ["non_digit", "length"], []),
        ("351015090315990O", ["non_digit"], []),
        ("\uff13510150903159901", ["non_digit"], []),
        ("3510154903159901", [], ["kk_date_suspect"]),  # no 40 is added on a family card
        ("3510150013159901", [], ["kk_date_suspect"]),
        ("3510151513159901", [], ["kk_date_suspect"]),
        ("3510153104159901", [], ["kk_date_suspect"]),
        ("3510152902019901", [], ["kk_date_suspect"]),
        ("9101010903159901", [], ["region_retired"]),
        ("3510990903159901", [], ["region_unknown"]),
        ("5410150903159901", [], ["region_unknown"]),
        ("3570150903159901", [], ["region_unknown"]),
        ("3510000903159901", [], ["region_unknown"]),
        ("351015090315" + "0000", [], []),  # the serial of a card is described nowhere
        ("1" * 16, [], ["placeholder_pattern"]),
        ("0000000000000000", [], ["region_unknown", "placeholder_pattern", "kk_date_suspect"]),
    ],
)
def test_rows(text: str, errors: list[str], warnings: list[str]) -> None:
    found = check(text)
    assert [str(code) for code in found.errors] == errors
    assert [str(code) for code in found.warnings] == warnings


def test_a_card_is_not_issued_after_the_reference_date() -> None:
    assert check(KK, date(2015, 3, 9)).verdict is Verdict.VALID
    assert check("3510150903959901", date(1995, 3, 9)).verdict is Verdict.VALID
    assert check("3510150903959901", date(1995, 3, 8)).verdict is Verdict.WARN


def test_regions_are_told_and_the_number_is_not_printed() -> None:
    found = check(KK)
    assert (found.province, found.regency, found.district) == ("35", "3510", "351015")
    assert KK not in repr(found)
    assert check("12").district is None


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.text(), st.from_regex(r"[0-9]{16}", fullmatch=True)))
def test_only_the_shape_is_an_error(text: str) -> None:
    found = check(text)
    assert {str(code) for code in found.errors} <= {"empty", "non_digit", "length"}
    well_shaped = len(found.normalized) == 16 and set(found.normalized) <= set("0123456789")
    assert bool(found.errors) != well_shaped
