"""Analysts get the sample's checks without anybody in them, in the tables that monitoring reads."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from chalicelib.domain import ground_check
from chalicelib.domain.ground_check import Check, Purpose, Stage, Verdict
from infra.checks_export import tables
from modelling.cli import main
from modelling.monitoring_errors import exclusion, inclusion
from modelling.monitoring_files import read_checks, read_pairs
from tests import checking

QUESTIONS = """question,poor_to_rich
tenure,free|rented|owned
rooms,up
toilet,none|flush_drain|flush_tank
people,down
under_5,down
"""


def sampled(number: int, *, listed: bool, eligible: bool, chance: tuple[int, int]) -> Check:
    """A finished check of a family that chance chose."""
    decided = ("PKH",) if listed else ("BPNT",)
    bare, _ = checking.asked(Purpose.SAMPLE, f"sample {number}", decided=decided)
    drawn, _ = checking.assigned(replace(bare, occasion="sample 3510 2026-11", chance=chance))
    return checking.found(drawn, ("PKH",) if eligible else ())[0]


def sample() -> list[Check]:
    """Of 40: 10 rightly in, 5 wrongly in, 5 wrongly out, 20 rightly out."""
    kinds = [(True, True)] * 10 + [(True, False)] * 5 + [(False, True)] * 5 + [(False, False)] * 20
    return [
        sampled(number, listed=listed, eligible=eligible, chance=(40, 1_000))
        for number, (listed, eligible) in enumerate(kinds)
    ]


def written(folder: Path, checks: list[Check]) -> tuple[Path, Path, Path]:
    made = tables(checks, "PKH")
    paths = folder / "checks.csv", folder / "answers.csv", folder / "questions.csv"
    for path, text in zip(paths, (made.checks, made.answers, QUESTIONS), strict=True):
        path.write_text(text)
    return paths


def test_both_errors_are_estimated_with_their_intervals(tmp_path: Path) -> None:
    checks, answers, questions = written(tmp_path, sample())
    read = read_checks(checks)
    assert set(read.probability) == {0.04}
    everybody = read.listed | ~read.listed
    missed, wrong = exclusion(read, everybody), inclusion(read, everybody)
    assert missed.value == pytest.approx(5 / 15)
    assert wrong.value == pytest.approx(5 / 15)
    assert 0.1 < missed.low < missed.value < missed.high < 0.65
    assert wrong.low < wrong.value < wrong.high
    pairs = read_pairs(answers, questions, read)
    assert len(pairs) == 40 * 5


def test_the_command_reads_them_and_hides_small_numbers(tmp_path: Path) -> None:
    checks, answers, questions = written(tmp_path, sample())
    command = ["monitor", "report", "--checks", str(checks), "--answers", str(answers)]
    told = CliRunner().invoke(main, [*command, "--questions", str(questions)])
    assert told.exit_code == 0, told.output
    assert "33.3" in told.output
    few, _, _ = written(tmp_path, sample()[:6])
    told = CliRunner().invoke(main, ["monitor", "report", "--checks", str(few)])
    assert "83.3" not in told.output
    assert "16.7" not in told.output


def test_no_number_leads_back_to_a_family(tmp_path: Path) -> None:
    checks = sample()
    made = tables(checks, "PKH")
    for check in checks:
        assert check.ref.locator not in made.checks + made.answers
        assert check.about not in made.checks + made.answers
        assert check.ref.village not in made.checks + made.answers
    assert tables(checks[::-1], "PKH") == made


def test_who_was_not_drawn_by_chance_or_not_met_is_left_out_and_counted() -> None:
    risky = checking.found(checking.assigned(checking.asked(Purpose.NEAR_CUTOFF)[0])[0])[0]
    unmet = replace(sampled(1, listed=True, eligible=True, chance=(1, 2)), stage=Stage.NOT_MET)
    odd = sampled(2, listed=True, eligible=True, chance=(1, 2))
    undecided = replace(odd, verdict=Verdict(None, checking.MODEL, checking.RULES))
    made = tables([risky, unmet, undecided], "PKH")
    assert made.rows == 0
    assert made.left_out == {"not_met": 1, "not_decided_on_it": 1}


def test_an_erased_family_counts_on_without_an_answer() -> None:
    done = sampled(3, listed=True, eligible=False, chance=(1, 2))
    gone, _ = ground_check.forget(done, checking.at(99))
    made = tables([gone], "PKH")
    assert made.checks == tables([done], "PKH").checks
    assert made.answers == "hh_id,question,declared,checked\n"


def test_the_agent_is_who_registered_and_not_who_went() -> None:
    made = tables([replace(sample()[0], agent="agent-9")], "PKH")
    assert made.checks.splitlines()[1] == "1,3510,sample 3510 2026-11,0.04000000,agent-9,in,yes"
