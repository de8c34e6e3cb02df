"""A model of a quantile: fitted, told beside the mean, and refused where only the mean will do."""

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

from modelling.cli import main
from tests.surveys import invented, write_description, write_table

SPEC = (
    "format: tepat-spec/1\ncolumns: {}\ntarget: log\n"
    "variables:\n"
    "- {column: hhsize, kind: number, shapes: [log]}\n"
    "- {column: years, kind: number}\n"
    "- {column: toilet, kind: choice}\n"
    "groups: {rural: urban==0}\n"
    "objective: "
)
FAMILIES = invented(900, 45)


def fit(folder: Path, objective: str) -> Result:
    write_table(folder / "survey.csv", FAMILIES)
    write_description(folder / "meta.json")
    (folder / "spec.yaml").write_text(SPEC + objective, encoding="utf-8")
    given = [str(folder / "survey.csv"), "--meta", str(folder / "meta.json"), "--repeats", "2"]
    given += ["--spec", str(folder / "spec.yaml"), "--out", str(folder / "out")]
    return CliRunner().invoke(main, ["model", "fit", *given, "--from", "2027-01-01"])


def made(folder: Path) -> tuple[Path, dict[str, Any], dict[str, Any]]:
    (path,) = (p for p in (folder / "out").glob("*.json") if p.name != "report.json")
    assert path.stem == hashlib.sha256(path.read_bytes()).hexdigest()
    report = json.loads((folder / "out" / "report.json").read_text(encoding="utf-8"))
    return path, json.loads(path.read_bytes()), report


@pytest.fixture(scope="module")
def low(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fit of the 0.3 quantile."""
    folder = tmp_path_factory.mktemp("low")
    result = fit(folder, "{quantile: 0.3}")
    assert result.exit_code == 0, result.output
    assert "The objective, beside the mean" in result.output
    return folder


def test_the_stated_share_of_families_not_seen_lies_below(low: Path) -> None:
    _, model, report = made(low)
    quantile, mean = report["objective"]["below_their_prediction"]
    assert quantile == pytest.approx(0.3, abs=0.02)
    assert 0.4 < mean < 0.6
    assert model["target"]["what"] == "0.3 quantile of the natural logarithm of welfare"
    assert "quantile: 0.3" in model["spec"]
    assert "The objective, beside the mean" in (low / "out" / "report.html").read_text("utf-8")


def test_it_moves_the_line_and_hardly_the_order(low: Path) -> None:
    told = made(low)[2]["objective"]
    quantile, mean = told["fixed line 40 %, exclusion"]
    assert quantile["value"] < mean["value"] - 0.1  # fewer of the poor are above the line
    quantile, mean = told["fixed line 40 %, inclusion"]
    assert quantile["value"] > mean["value"]
    assert abs(told["difference_under_quota"]["difference"]) < 0.03


def test_intervals_still_hold_nine_of_ten_and_smearing_still_gives_welfare(low: Path) -> None:
    path, model, report = made(low)
    assert 0.88 <= report["interval_covers"] <= 0.92
    lines = (low / "out" / "held-out.csv").read_text(encoding="utf-8").splitlines()[1:]
    cells = np.array([line.split(",")[1:] for line in lines], dtype=float)
    assert (cells[:, 1] <= cells[:, 0]).all()
    assert (cells[:, 0] <= cells[:, 2]).all()
    welfare, weight = (np.array([row[name] for row in FAMILIES]) for name in ("welfare", "weight"))
    left = np.log(welfare) - cells[:, 0]
    smearing = float(np.average(np.exp(left), weights=weight))
    assert model["smearing"] / 1e6 == pytest.approx(smearing, abs=1e-4)
    spread = np.average((left - np.average(left, weights=weight)) ** 2, weights=weight) ** 0.5
    assert model["residual_sd"] / 1e6 == pytest.approx(spread, abs=1e-4)
    given = [str(low / "survey.csv"), "--meta", str(low / "meta.json"), "--artefact", str(path)]
    assert CliRunner().invoke(main, ["model", "evaluate", *given]).exit_code == 0


def test_a_policy_is_not_simulated_with_it(low: Path) -> None:
    path = made(low)[0]
    given = ["--survey", str(low / "survey.csv"), "--meta", str(low / "meta.json")]
    result = CliRunner().invoke(main, ["policy", "simulate", *given, "--model", str(path)])
    assert result.exit_code == 1
    assert "predicts the 0.3 quantile of welfare" in result.output


def test_the_mean_is_what_it_was_and_has_no_such_section(tmp_path: Path) -> None:
    assert fit(tmp_path, "mean").exit_code == 0
    _, model, report = made(tmp_path)
    assert "objective" not in report
    assert "objective" not in model["spec"]


@pytest.mark.parametrize(
    "objective",
    ["median", "{quantile: 0.95}", "{quantile: 1}", "{quantile: '0.4'}", "{share: 0.4}"],
)
def test_what_is_no_objective_is_refused(tmp_path: Path, objective: str) -> None:
    result = fit(tmp_path, objective)
    assert result.exit_code == 1
    assert "spec.yaml: `objective`" in result.output
    assert not (tmp_path / "out").exists()
