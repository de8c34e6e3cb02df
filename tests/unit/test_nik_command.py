"""`tepat nik check`: one line in, one JSON object out, whatever the bytes are."""

import json
import subprocess
import sys
from typing import Any

import pytest
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st

from modelling.cli import main

NIK = b"3510154903859901"  # invented


def run(data: bytes, *options: str) -> tuple[Result, list[dict[str, Any]]]:
    arguments = ["nik", "check", "--on", "2026-11-21", *options]
    result = CliRunner().invoke(main, arguments, input=data)
    return result, [json.loads(line) for line in result.stdout.splitlines()]


def test_a_good_number() -> None:
    result, answers = run(NIK + b"\n")
    assert result.exit_code == 0
    assert answers == [
        {
            "verdict": "valid",
            "errors": [],
            "warnings": [],
            "normalized": "3510154903859901",
            "region": {
                "province": {"code": "35", "name": "Jawa Timur"},
                "regency": {"code": "3510", "name": "Kabupaten Banyuwangi"},
                "district": {"code": "351015", "name": "Glagah"},
            },
            "sex": "P",
            "birth_dates": ["1985-03-09"],
        }
    ]


def test_a_warning_is_not_a_failure_and_names_what_was() -> None:
    result, (answer,) = run(b"9101015503859901\n")
    assert result.exit_code == 0
    assert (answer["verdict"], answer["warnings"]) == ("warn", ["region_retired"])
    assert answer["region"]["regency"] == {"code": "9101", "name": "Kabupaten Merauke"}


def test_an_unlisted_code_has_no_name() -> None:
    _, (answer,) = run(b"3510995503859901\n")
    assert answer["region"]["district"] == {"code": "351099", "name": None}


def test_family_cards() -> None:
    result, (answer,) = run(b"3510154903859901\n", "--kk")
    assert (result.exit_code, answer["warnings"]) == (0, ["kk_date_suspect"])
    assert set(answer) == {"verdict", "errors", "warnings", "normalized", "region"}


def test_only_the_line_end_is_taken_off() -> None:
    data = NIK + b"\r\n" + NIK + b"\n\n" + NIK + b"\r\r\n" + b"\xef\xbb\xbf" + NIK
    result, answers = run(data)
    assert result.exit_code == 1
    assert [answer["errors"] for answer in answers] == [
        [],
        [],
        ["empty"],
        ["non_digit", "length"],
        [],
    ]


def test_bytes_that_are_no_text_spoil_their_own_line_only() -> None:
    result, answers = run(NIK + b"\n\xff\xfe" + NIK + b"\n\x00\xed\xa0\x80\n" + NIK)
    assert result.exit_code == 1
    assert [answer["verdict"] for answer in answers] == ["valid", "invalid", "invalid", "valid"]
    assert "non_digit" in answers[1]["errors"]
    assert answers[1]["region"] is None
    assert (answers[1]["sex"], answers[1]["birth_dates"]) == (None, [])


@settings(max_examples=60, deadline=None)
@given(st.lists(st.binary(max_size=20).map(lambda part: part.replace(b"\n", b"")), max_size=8))
def test_every_line_has_its_answer(lines: list[bytes]) -> None:
    result, answers = run(b"".join(line + b"\n" for line in lines))
    assert len(answers) == len(lines)
    assert result.exit_code == int(any(answer["errors"] for answer in answers))
    assert not result.stderr


def test_nothing_in_nothing_out() -> None:
    result, answers = run(b"")
    assert (result.exit_code, answers) == (0, [])


@pytest.mark.parametrize(
    "options", [[], ["--on", "21-11-2026"], ["--on", "2026-02-30"], ["--on", "2026-11-21", "x"]]
)
def test_wrong_use(options: list[str]) -> None:
    result = CliRunner().invoke(main, ["nik", "check", *options], input=NIK)
    assert result.exit_code == 2
    assert "3510" not in result.output


def test_help_tells_the_exit_status_and_shows_an_example() -> None:
    text = CliRunner().invoke(main, ["nik", "check", "--help"]).output
    for word in ("Exit status", "tepat nik check --on", "region_retired", "kk_date_suspect"):
        assert word in text


def test_the_example_of_the_help_is_true() -> None:
    _, (answer,) = run(b"3510154903859901\n")
    text = CliRunner().invoke(main, ["nik", "check", "--help"]).output
    shown = "".join(line.strip() for line in text.splitlines())
    for key in ("verdict", "errors", "warnings", "normalized", "sex", "birth_dates"):
        pair = json.dumps({key: answer[key]}, separators=(",", ":"))[1:-1]
        assert pair in shown


LIGHT = """
import sys
import chalicelib.adapters.area_files, chalicelib.domain.nik
heavy = {"boto3", "botocore", "pydantic", "click", "chalice", "lokal", "numpy"} & set(sys.modules)
print(len(sys.modules), sorted(heavy))
"""


def test_the_checks_import_nothing_heavy() -> None:
    done = subprocess.run([sys.executable, "-c", LIGHT], capture_output=True, text=True, check=True)
    count, heavy = done.stdout.split(maxsplit=1)
    assert heavy.strip() == "[]"
    assert int(count) < 120
