"""Two predictions of the same families, compared on the same villages drawn again."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from modelling.cli import main
from modelling.evaluation import evaluate
from modelling.paired import EXCLUSION, EXPLAINED, ORDER, against
from modelling.survey_table import Table
from tests.surveys import invented, judging, write_description, write_table

Numbers = np.ndarray[Any, Any]
ALL = (EXCLUSION, EXPLAINED, ORDER)


def table(families: int = 800, villages: int = 40, regions: int = 4) -> Table:
    place = np.arange(families)
    return Table(
        "t.csv",
        "",
        [f"h{n}" for n in place],
        [f"R{n % villages % regions}" for n in place],
        [f"v{n % villages}" for n in place],
        np.random.default_rng(5).uniform(0.5, 1.5, families),
        np.ones(families),
        None,
        {},
        {},
    )


def guesses(noise: float, seed: int, target: Numbers) -> Numbers:
    return target + np.random.default_rng(seed).normal(0, noise, len(target))


TARGET = np.random.default_rng(1).normal(size=800)


def test_a_prediction_is_no_better_than_itself() -> None:
    guess = guesses(0.5, 2, TARGET)
    for one in against(table(), TARGET, [guess], [guess], ALL).values():
        assert (one.difference, one.low, one.high) == (0, 0, 0)


def test_the_better_one_is_told_with_an_interval_beyond_nothing() -> None:
    better, worse = guesses(0.3, 2, TARGET), guesses(0.9, 3, TARGET)
    found = against(table(), TARGET, [better], [worse], ALL)
    assert found[EXCLUSION].high < 0
    assert found[EXPLAINED].low > 0
    assert found[ORDER].low > 0
    for one in found.values():
        assert one.low < one.difference < one.high
        assert one.difference == pytest.approx(one.ours - one.theirs)


def test_its_figures_are_those_of_the_report() -> None:
    families, guess = table(), guesses(0.5, 2, TARGET)
    found = against(families, TARGET, [guess], [-guess], ALL)
    whole = evaluate(
        judging(
            TARGET, guess, weight=families.weight, region=families.region, village=families.cluster
        ),
        5,
    )
    assert found[EXCLUSION].ours == pytest.approx(whole.quota[0.4, "exclusion"].value)
    assert found[EXPLAINED].ours == pytest.approx(whole.r2)
    assert found[ORDER].ours == pytest.approx(whole.rank_correlation)


def test_repeats_are_averaged() -> None:
    one, two, rival = (guesses(0.5, seed, TARGET) for seed in (2, 3, 4))
    both = against(table(), TARGET, [one, two], [rival, rival])[EXCLUSION].ours
    each = [against(table(), TARGET, [g], [rival])[EXCLUSION].ours for g in (one, two)]
    assert both == pytest.approx(np.mean(each))


def test_two_models_alike_differ_by_chance_only() -> None:
    """Of many pairs drawn alike about one in twenty intervals leaves nothing out."""
    beyond = 0
    for seed in range(40):
        target = np.random.default_rng(900 + seed).normal(size=800)
        one, two = (guesses(0.5, 50 + 2 * seed + side, target) for side in (0, 1))
        found = against(table(), target, [one], [two], [EXPLAINED])[EXPLAINED]
        beyond += not found.low <= 0 <= found.high
    assert beyond <= 7  # 2 are expected, more than 7 have a chance below 1 in 300


def test_the_command_compares_two_files(tmp_path: Path) -> None:
    rows = invented(600, 30)
    write_table(tmp_path / "survey.csv", rows)
    write_description(tmp_path / "meta.json")
    for name, noise in (("good", 0.2), ("poor", 1.0)):
        draw = np.random.default_rng(9)
        lines = [f"{r['hh_id']},{np.log(r['welfare']) + draw.normal(0, noise):.6f}" for r in rows]
        (tmp_path / f"{name}.csv").write_text("\n".join(["hh_id,score", *lines]), encoding="utf-8")
    given = [str(tmp_path / "survey.csv"), "--meta", str(tmp_path / "meta.json")]
    given += ["--predictions", str(tmp_path / "good.csv"), "--against", str(tmp_path / "poor.csv")]
    result = CliRunner().invoke(main, ["model", "evaluate", *given, "--out", str(tmp_path / "out")])
    assert result.exit_code == 0, result.output
    assert "Against other predictions" in result.output
    told = json.loads((tmp_path / "out" / "report.json").read_text(encoding="utf-8"))["against"]
    assert told["first"] == "good.csv"
    assert told[EXCLUSION]["high"] < 0
    assert "Against other predictions" in (tmp_path / "out" / "report.html").read_text("utf-8")
    (tmp_path / "poor.csv").write_text("hh_id,score\nnobody,1\n", encoding="utf-8")
    result = CliRunner().invoke(main, ["model", "evaluate", *given])
    assert result.exit_code == 1
    assert "poor.csv: no prediction for" in result.output
