"""Judging predictions: figures that can be worked out by hand, and intervals that hold."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from modelling.cli import main
from modelling.evaluation import Judging, evaluate
from tests.surveys import invented, judging, write_description, write_table


def test_a_perfect_prediction_has_no_error_and_a_turned_one_has_nothing_else() -> None:
    target = np.arange(100.0)
    right, wrong = (evaluate(judging(target, s), 20) for s in (target, -target))
    assert right.r2 == pytest.approx(1)
    assert right.rank_correlation == pytest.approx(1)
    assert right.tenths_exact == pytest.approx(1)
    for quota in (0.2, 0.4):
        assert right.quota[quota, "exclusion"].value == 0
        assert wrong.quota[quota, "exclusion"].value == 1
        assert wrong.quota[quota, "inclusion"].value == 1
    assert right.severe.value == 0
    assert wrong.severe.value == 1
    assert wrong.rank_correlation == pytest.approx(-1)


def test_quota_and_line_are_two_things() -> None:
    """Ten families of 1 to 10; predictions drawn half-way to the middle keep the order."""
    target = np.arange(1.0, 11.0)
    found = evaluate(judging(target, 5.5 + (target - 5.5) / 2), 5)
    assert found.quota[0.4, "exclusion"].value == 0
    # the line is 4; predictions 3.25, 3.75, 4.25, 4.75 of the four poor: two are missed
    assert found.line[0.4, "exclusion"].value == pytest.approx(0.5)
    assert found.line[0.4, "inclusion"].value == 0


def test_each_region_has_its_own_quota() -> None:
    target = np.array([1.0, 2, 3, 4, 5, 11, 12, 13, 14, 15])
    score = np.array([5.0, 4, 3, 2, 1, 11, 12, 13, 14, 15])  # the first region turned round
    region = ["A"] * 5 + ["B"] * 5
    found = evaluate(judging(target, score, region=region), 5)
    assert found.quota[0.4, "exclusion"].value == pytest.approx(0.5)  # all of A, none of B
    assert found.nation[0.4, "exclusion"].value == pytest.approx(0.25)  # 1 of the 4 poorest


def test_weights_count_families() -> None:
    target = np.array([1.0, 2, 3, 4])
    weight = np.array([1.0, 1, 1, 7])
    score = np.array([2.0, 1, 3, 4])
    assert evaluate(judging(target, score, weight=weight), 5).quota[0.2, "exclusion"].value == 0
    even = evaluate(judging(target, np.array([4.0, 1, 2, 3])), 5)
    assert even.quota[0.4, "exclusion"].value == pytest.approx(0.5)


def test_coverage_and_groups_are_those_of_the_families_named() -> None:
    draw = np.random.default_rng(3)
    target = draw.normal(size=400)
    score = target + draw.normal(0, 0.3, 400)
    group = np.arange(400) < 100
    score[group] += 0.5  # the group is thought richer than it is
    given = judging(target, score, low=score - 0.5, high=score + 0.5, groups={"g": group})
    found = evaluate(given, 50)
    (part,) = found.by_group
    assert part.families == 100
    assert part.bias == pytest.approx(float((target - score)[group].mean()))
    assert part.covers is not None
    assert found.covers is not None
    assert part.covers < found.covers - 0.2
    assert part.exclusion.value > found.quota[0.4, "exclusion"].value
    assert found.calibration[0][0] < found.calibration[-1][0]


def test_too_few_families_have_no_figure_of_their_own() -> None:
    target = np.arange(100.0)
    found = evaluate(judging(target, target, groups={"few": np.arange(100) < 29}), 5)
    assert found.by_group == []
    assert found.untold == ["few"]


def test_the_interval_holds_the_error_of_the_land_that_the_survey_was_drawn_from() -> None:
    """Forty surveys of one land: nearly all their intervals hold the land's own error."""
    draw = np.random.default_rng(11)
    villages = 1500

    def land(many: int) -> Judging:
        effect = np.repeat(draw.normal(0, 0.5, many), 12)
        target = effect + draw.normal(size=many * 12)
        score = target + np.repeat(draw.normal(0, 0.6, many), 12) + draw.normal(size=many * 12)
        return judging(target, score, village=[f"v{i // 12}" for i in range(many * 12)])

    true = evaluate(land(villages), 1).quota[0.4, "exclusion"].value
    held = 0
    for _ in range(40):
        figure = evaluate(land(60), 60).quota[0.4, "exclusion"]
        held += figure.low <= true <= figure.high
    assert held >= 33  # of a 95 % interval, with 60 draws each; 38 are expected


@pytest.fixture
def survey(tmp_path: Path) -> Path:
    rows = invented(600, 40)
    write_table(tmp_path / "survey.csv", rows)
    write_description(tmp_path / "meta.json")
    predictions = [
        {"hh_id": r["hh_id"], "score": round(float(np.log(r["welfare"])) + 0.1, 6)} for r in rows
    ]
    write_table(tmp_path / "predictions.csv", predictions)
    return tmp_path


def evaluated(folder: Path, *more: str, survey: str = "survey.csv") -> Any:
    given = [str(folder / survey), "--meta", str(folder / "meta.json"), *more]
    return CliRunner().invoke(main, ["model", "evaluate", *given])


def test_a_file_of_predictions_is_judged_and_reported(survey: Path) -> None:
    out = survey / "report"
    result = evaluated(survey, "--predictions", str(survey / "predictions.csv"), "--out", str(out))
    assert result.exit_code == 0, result.output
    assert "no intervals were given" in result.output
    told = json.loads((out / "report.json").read_text(encoding="utf-8"))
    assert told["quota_in_each_region"]["exclusion_at_40"]["value"] == 0
    assert told["by_group"][0]["bias"] == pytest.approx(-0.1, abs=1e-4)
    page = (out / "report.html").read_text(encoding="utf-8")
    assert page.count("<svg") == 3  # groups, regions, calibration
    assert page.count("<title id=") == 3
    assert "<script" not in page


def test_a_model_is_judged_on_a_survey_it_has_not_seen(survey: Path) -> None:
    write_table(survey / "other.csv", invented(600, 40, seed=2))
    models = survey / "models"
    given = ["--train", "survey.csv", "--test", "other.csv", "--meta", "meta.json"]
    paths = [str(survey / g) if "." in g else g for g in given]
    out = ["--out", str(survey / "out.csv"), "--artefact", str(models)]
    assert CliRunner().invoke(main, ["model", "fit-score", *paths, *out]).exit_code == 0
    (model,) = models.iterdir()
    by_model = evaluated(survey, "--artefact", str(model), survey="other.csv")
    by_file = evaluated(survey, "--predictions", str(survey / "out.csv"), survey="other.csv")
    assert by_model.exit_code == 0, by_model.output
    assert by_model.output.splitlines()[2:] == by_file.output.splitlines()[2:]


def test_fit_writes_model_spec_and_report_and_the_spec_gives_the_same_model(survey: Path) -> None:
    def fit(out: str, *more: str) -> Any:
        given = [str(survey / "survey.csv"), "--meta", str(survey / "meta.json"), *more]
        dated = ["--from", "2027-01-01", "--out", str(survey / out)]
        return CliRunner().invoke(main, ["model", "fit", *given, *dated])

    result = fit("one")
    assert result.exit_code == 0, result.output
    assert "ordinary least squares on the same folds" in result.output
    names = {path.name for path in (survey / "one").iterdir()}
    (model,) = names - {"spec.yaml", "report.html", "report.json", "held-out.csv"}
    told = json.loads((survey / "one" / "report.json").read_text(encoding="utf-8"))
    assert f"{told['about']['model_sha256']}.json" == model
    assert 0.85 < told["interval_covers"] < 0.95
    assert fit("two", "--spec", str(survey / "one" / "spec.yaml")).exit_code == 0
    assert (survey / "two" / model).read_bytes() == (survey / "one" / model).read_bytes()


def test_one_changed_byte_of_a_model_is_refused_before_use(survey: Path) -> None:
    models = survey / "models"
    given = ["--train", "survey.csv", "--test", "survey.csv", "--meta", "meta.json"]
    paths = [str(survey / g) if "." in g else g for g in given]
    out = ["--out", str(survey / "out.csv"), "--artefact", str(models)]
    CliRunner().invoke(main, ["model", "fit-score", *paths, *out])
    (model,) = models.iterdir()
    data = bytearray(model.read_bytes())
    data[-3] ^= 1
    model.write_bytes(data)
    result = evaluated(survey, "--artefact", str(model))
    assert result.exit_code == 1
    assert "not the one that was asked for" in result.output


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "needs rows with the columns hh_id and score"),
        ("hh_id,points\nh1-00000,1\n", "needs rows with the columns hh_id and score"),
        ("hh_id,score\nh1-00000,high\n", "row 2, column score: 'high' is not a number"),
        ("hh_id,score\nh1-00000,nan\n", "row 2, column score: 'nan' is not a number"),
        ("hh_id,score\nh1-00000,1\nh1-00000,1\n", "row 3: h1-00000 stands there before"),
        ("hh_id,score\nh1-00000,1\n", "no prediction for h1-00001 of survey.csv row 3"),
    ],
)
def test_bad_predictions_are_told_where(survey: Path, text: str, message: str) -> None:
    bad = survey / "bad.csv"
    bad.write_text(text, encoding="utf-8")
    result = evaluated(survey, "--predictions", str(bad))
    assert result.exit_code == 1
    assert message in result.output


def test_one_of_the_two_must_be_given(survey: Path) -> None:
    assert evaluated(survey).exit_code == 2
