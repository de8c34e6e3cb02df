"""The command ends in an error when something was found, and only then."""

from __future__ import annotations

from collections import Counter

import pytest
from click.testing import CliRunner

from tests.fuzz import run


@pytest.mark.parametrize(("found", "code"), [("GET /staff: 500", 1), ("", 0)])
def test_what_the_staff_surface_does_wrong_is_an_error(
    monkeypatch: pytest.MonkeyPatch, found: str, code: int
) -> None:
    monkeypatch.setattr(run, "try_staff", lambda _requests: found)
    ended = CliRunner().invoke(run.main, ["--staff", "3000"])
    assert ended.exit_code == code
    assert (found or "3,000 requests to the staff surface, 0 found") in ended.output


@pytest.mark.parametrize(("found", "code"), [(["slice 7: 500"], 1), ([], 0)])
def test_what_one_slice_does_wrong_is_an_error(
    monkeypatch: pytest.MonkeyPatch, found: list[str], code: int
) -> None:
    monkeypatch.setattr(run, "try_slices", lambda _numbers: (Counter[str](), found))
    ended = CliRunner().invoke(run.main, ["--slice", "7"])
    assert ended.exit_code == code
    assert (found[0] if found else "slice 7: nothing found") in ended.output
