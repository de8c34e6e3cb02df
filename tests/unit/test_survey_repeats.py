"""Repeated cross-validation: whole villages dealt anew, means told with how far repeats differ."""

import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

from modelling.cli import main
from modelling.evaluation import evaluate
from modelling.evaluation_repeats import evaluate_repeats
from modelling.group_ridge import Variances
from modelling.survey_design import LEVEL, Design, Piece
from modelling.survey_held import Held, folds, seeds
from tests.surveys import invented, judging, write_description, write_table

SPEC = (
    "format: tepat-spec/1\ncolumns: {}\ntarget: log\n"
    "variables:\n"
    "- {column: hhsize, kind: number, shapes: [log]}\n"
    "- {column: years, kind: number}\n"
    "- {column: toilet, kind: choice}\n"
    "groups: {rural: urban==0}\n"
)


def fitted(tmp_path: Path, folder: str, *more: str) -> Result:
    """Fit three plain variables on a small survey."""
    write_table(tmp_path / "survey.csv", invented(400, 25))
    write_description(tmp_path / "meta.json")
    (tmp_path / "spec.yaml").write_text(SPEC, encoding="utf-8")
    given = [str(tmp_path / "survey.csv"), "--meta", str(tmp_path / "meta.json")]
    given += ["--spec", str(tmp_path / "spec.yaml"), "--out", str(tmp_path / folder)]
    result = CliRunner().invoke(main, ["model", "fit", *given, "--from", "2027-01-01", *more])
    assert result.exit_code == 0, result.output
    return result


def model(folder: Path) -> dict[str, Any]:
    (path,) = (p for p in folder.glob("*.json") if p.name != "report.json")
    assert path.stem == hashlib.sha256(path.read_bytes()).hexdigest()
    found: dict[str, Any] = json.loads(path.read_bytes())
    return found


def report(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    return found


def test_the_same_survey_and_seed_give_the_same_bytes(tmp_path: Path) -> None:
    for folder in ("one", "two"):
        fitted(tmp_path, folder, "--repeats", "2", "--seed", "7")
    one, two = (tmp_path / "one", tmp_path / "two")
    assert {p.name for p in one.iterdir()} == {p.name for p in two.iterdir()}
    for path in one.iterdir():
        assert path.read_bytes() == (two / path.name).read_bytes()


def test_every_figure_is_the_mean_of_the_repeats_and_their_spread_is_told(tmp_path: Path) -> None:
    result = fitted(tmp_path, "out", "--repeats", "4")
    told = report(tmp_path / "out")
    each = told["repeats"]["figures"]["R2"]["each"]
    assert len(set(each)) == 4  # the villages were dealt anew each time
    assert told["r2"] == pytest.approx(np.mean(each))
    assert told["repeats"]["figures"]["R2"]["sd"] == pytest.approx(np.std(each, ddof=1), abs=1e-6)
    accuracy = model(tmp_path / "out")["accuracy"]
    assert accuracy["r2_permille"] == round(1000 * np.mean(each))
    spread = accuracy["least_and_most_of_the_repeats_permille"]["r2"]
    assert spread == [round(1000 * min(each)), round(1000 * max(each))]
    assert "How far 4 repeats differ" in result.output
    assert "How far 4 repeats differ" in (tmp_path / "out" / "report.html").read_text("utf-8")


def test_repeats_judge_the_same_model_and_another_seed_judges_it_otherwise(tmp_path: Path) -> None:
    fitted(tmp_path, "once", "--repeats", "1")
    fitted(tmp_path, "more", "--repeats", "3")
    fitted(tmp_path, "seeded", "--repeats", "3", "--seed", "1")
    once, more, seeded = (model(tmp_path / name) for name in ("once", "more", "seeded"))
    assert once["features"] == more["features"] == seeded["features"]
    assert once["intervals"] == more["intervals"]
    assert "repeats" not in report(tmp_path / "once")
    shown = (report(tmp_path / name)["repeats"]["figures"]["R2"] for name in ("more", "seeded"))
    one, other = (set(figure["each"]) for figure in shown)
    assert not one & other


def test_held_out_predictions_are_written_and_are_those_that_were_judged(tmp_path: Path) -> None:
    fitted(tmp_path, "out", "--repeats", "1")
    given = [str(tmp_path / "survey.csv"), "--meta", str(tmp_path / "meta.json")]
    given += ["--predictions", str(tmp_path / "out" / "held-out.csv"), "--out", str(tmp_path)]
    assert CliRunner().invoke(main, ["model", "evaluate", *given]).exit_code == 0
    again, told = report(tmp_path), report(tmp_path / "out")
    for figure in ("r2", "interval_covers"):
        assert again[figure] == pytest.approx(told[figure], abs=1e-5)
    quota = "quota_in_each_region"
    assert again[quota]["exclusion_at_40"] == pytest.approx(told[quota]["exclusion_at_40"])


def test_folds_hold_whole_villages_evenly_and_each_seed_deals_them_anew() -> None:
    villages = [f"v{n % 50}" for n in range(600)]
    dealt = [folds(villages, 10, seed) for seed in seeds(3, 4)]
    for fold in dealt:
        pairs = set(zip(villages, fold, strict=True))
        assert len(pairs) == 50
        assert np.bincount([f for _, f in pairs]).tolist() == [5] * 10
    assert len({tuple(fold) for fold in dealt}) == 4
    assert len({*seeds(0, 3), *seeds(1, 3), *seeds(10, 3)}) == 9


def test_two_evaluations_become_their_mean() -> None:
    draw = np.random.default_rng(2)
    target = draw.normal(size=300)
    both = [
        judging(target, target + draw.normal(0, sd, 300), groups={"odd": np.arange(300) % 2 == 1})
        for sd in (0.2, 0.8)
    ]
    both = [replace(j, low=j.score - 1, high=j.score + 1) for j in both]
    found, (section,) = evaluate_repeats(both)
    one, two = (evaluate(j) for j in both)
    assert found.r2 == pytest.approx((one.r2 + two.r2) / 2)
    for end in ("value", "low", "high"):
        each = [getattr(e.quota[0.4, "exclusion"], end) for e in (one, two)]
        assert getattr(found.quota[0.4, "exclusion"], end) == pytest.approx(np.mean(each))
    assert found.by_group[0].bias == pytest.approx(
        (one.by_group[0].bias + two.by_group[0].bias) / 2
    )
    assert found.confusion == pytest.approx((one.confusion + two.confusion) / 2)
    assert found.families == 300
    assert [row.split()[0] for row in section.text[3:5]] == ["R2", "rank"]
    alone, nothing = evaluate_repeats(both[:1])
    assert nothing == []
    assert alone.r2 == one.r2


def test_other_rounds_of_a_village_are_predicted_without_it() -> None:
    draw = np.random.default_rng(6)
    villages = [f"v{n % 30}" for n in range(300)]
    matrix, target = draw.normal(size=(300, 2)), draw.normal(size=300)
    pieces = tuple(Piece(name, LEVEL, name) for name in "ab")
    columns = Design(pieces, matrix, np.zeros(2), np.ones(2))
    variances = Variances({LEVEL: 0.1}, 0.1, 1.0)
    later, clusters = draw.normal(size=(31, 2)), [f"v{n}" for n in range(31)]  # v30 is new

    def predicted(truth: Any) -> Any:
        known = np.ones(2, dtype=bool)
        held = Held(columns, truth, np.ones(300), villages, "0", own=True, known=known)
        return held.predict_others(variances, later, clusters)

    changed = predicted(target + 5 * (np.array(villages) == "v7"))
    moved = np.flatnonzero(np.abs(changed - predicted(target)) > 1e-9)
    fold = dict(zip(villages, folds(villages, 10, "0"), strict=True))
    apart = {n for n in range(30) if fold[f"v{n}"] != fold["v7"]}
    assert set(moved) - {30} == apart
