"""`tepat model fit-score` on surveys whose truth is known, as somebody at a desk runs it."""

import csv
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

from modelling.cli import main
from tests.surveys import DESCRIPTION, invented, write_description, write_table

Rows = list[dict[str, Any]]
Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Run the command on rows; the files are called train.csv, test.csv, meta.json, out.csv."""

    def command(train: Rows, test: Rows, *more: str, **about: object) -> Result:
        write_table(tmp_path / "train.csv", train)
        write_table(tmp_path / "test.csv", test, without=("welfare",))
        write_description(tmp_path / "meta.json", **about)
        given = ["--train", "train.csv", "--test", "test.csv", "--meta", "meta.json"]
        paths = [str(tmp_path / g) if "." in g else g for g in [*given, "--out", "out.csv"]]
        return CliRunner().invoke(main, ["model", "fit-score", *paths, *more])

    return command


def scores(path: Path) -> dict[str, tuple[float, float, float]]:
    with path.open(encoding="utf-8") as file:
        found = list(csv.DictReader(file))
    assert list(found[0]) == ["hh_id", "score", "lo", "hi"]
    return {r["hh_id"]: (float(r["score"]), float(r["lo"]), float(r["hi"])) for r in found}


def truth(rows: Rows) -> np.ndarray[Any, Any]:
    return np.log([row["welfare"] for row in rows])


def ordinary_least_squares(train: Rows, test: Rows) -> np.ndarray[Any, Any]:
    """The usual PMT: levels and dummies, missing numbers at the mean."""

    def design(rows: Rows) -> np.ndarray[Any, Any]:
        columns: list[list[float]] = [[1.0] * len(rows), [float(np.log(r["hhsize"])) for r in rows]]
        for name in DESCRIPTION["numeric"]:
            mean = np.mean([r[name] for r in train if r[name] != ""])
            columns.append([float(r[name]) if r[name] != "" else float(mean) for r in rows])
        for name in ("toilet", "roof", "region"):
            levels = sorted({r[name] for r in train})[1:]
            columns += [[float(r[name] == level) for r in rows] for level in levels]
        return np.array(columns).T

    found, *_ = np.linalg.lstsq(design(train), truth(train), rcond=None)
    return design(test) @ found


def test_it_beats_ordinary_least_squares_and_its_intervals_hold(run: Run, tmp_path: Path) -> None:
    train, test = invented(3000, 150), invented(2000, 100, seed=2)
    result = run(train, test)
    assert result.exit_code == 0, result.output
    found = scores(tmp_path / "out.csv")
    assert list(found) == [row["hh_id"] for row in test]
    given = np.array(list(found.values()))
    target = truth(test)
    ours = np.mean((target - given[:, 0]) ** 2)
    theirs = np.mean((target - ordinary_least_squares(train, test)) ** 2)
    assert ours < theirs
    inside = (given[:, 1] <= target) & (target <= given[:, 2])
    assert 0.87 <= inside.mean() <= 0.93
    small = np.array([row["hhsize"] <= 2 for row in test])
    assert inside[small].mean() >= 0.85  # they vary more, and their intervals are wider
    width = given[:, 2] - given[:, 1]
    assert width[small].mean() > 1.2 * width[~small].mean()


def test_the_spec_is_printed_and_what_has_nothing_to_say_counts_for_nothing(
    run: Run, tmp_path: Path
) -> None:
    train = invented()
    result = run(train, invented(300, 15, seed=3), "--artefact", str(tmp_path / "models"))
    assert "format: tepat-spec/1" in result.output
    assert "- column: luck" in result.output
    (file,) = (tmp_path / "models").iterdir()
    features = {f["label"]: f for f in json.loads(file.read_bytes())["features"]}

    def height(name: str) -> int:
        points = [p for t in features[name]["terms"] for _, p in t.get("knots", [])]
        return max(points) - min(points)

    assert height("luck") < height("years") / 4


def test_the_same_survey_gives_the_same_model_byte_for_byte(run: Run, tmp_path: Path) -> None:
    train, test = invented(600, 30), invented(100, 10, seed=4)
    for folder in ("one", "two"):
        run(train, test, "--artefact", str(tmp_path / folder))
    one, two = (next((tmp_path / folder).iterdir()) for folder in ("one", "two"))
    assert one.name == two.name
    assert one.read_bytes() == two.read_bytes()


def test_a_village_the_survey_knows_keeps_its_own_level(run: Run, tmp_path: Path) -> None:
    rows = invented(3000, 60, village_sd=0.5)
    train, test = rows[:2000], rows[2000:]
    run(train, test)
    known = np.array(list(scores(tmp_path / "out.csv").values()))[:, 0]
    strangers = [{**row, "cluster": f"x{row['cluster']}"} for row in test]
    run(train, strangers)
    unknown = np.array(list(scores(tmp_path / "out.csv").values()))[:, 0]
    error, without = (np.mean((truth(test) - s) ** 2) for s in (known, unknown))
    assert error < 0.8 * without


def changed(rows: Rows, row: int, **cells: object) -> Rows:
    return [{**r, **cells} if place == row else r for place, r in enumerate(rows)]


BAD: dict[str, tuple[Callable[[Rows], Rows], str]] = {
    "empty": (lambda _: [], "train.csv: the table is empty"),
    "constant welfare": (
        lambda rows: [{**r, "welfare": 7} for r in rows],
        "train.csv: column welfare: every family has 7",
    ),
    "negative weight": (
        lambda rows: changed(rows, 3, weight=-1),
        "train.csv: row 5, column weight: -1 must be at least 0",
    ),
    "no weight at all": (
        lambda rows: [{**r, "weight": 0} for r in rows],
        "train.csv: column weight: all weights are 0",
    ),
    "text in a number": (
        lambda rows: changed(rows, 0, years="many"),
        "train.csv: row 2, column years: 'many' is not a number",
    ),
    "infinite": (
        lambda rows: changed(rows, 9, luck="inf"),
        "train.csv: row 11, column luck: the number is infinite",
    ),
    "an id twice": (
        lambda rows: changed(rows, 4, hh_id=rows[1]["hh_id"]),
        "row 6, column hh_id: 'h1-00001' stands already in row 3",
    ),
    "welfare missing": (
        lambda rows: changed(rows, 2, welfare=""),
        "train.csv: row 4, column welfare: missing",
    ),
    "welfare not above 0": (
        lambda rows: changed(rows, 2, welfare=0),
        "train.csv: row 4, column welfare: 0 must be above 0",
    ),
    "nobody in the household": (
        lambda rows: changed(rows, 2, hhsize=0),
        "train.csv: row 4, column hhsize: 0 must be above 0",
    ),
    "a column gone": (
        lambda rows: [{k: v for k, v in r.items() if k != "rooms"} for r in rows],
        "train.csv: there is no column rooms",
    ),
    "no weights": (
        lambda rows: [{k: v for k, v in r.items() if k != "weight"} for r in rows],
        "train.csv: there is no column weight",
    ),
    "too few villages": (
        lambda rows: [{**r, "cluster": f"v{i % 4}"} for i, r in enumerate(rows)],
        "at least 30 families in 10 villages",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_survey_is_told_where_and_nothing_is_written(
    run: Run, tmp_path: Path, name: str
) -> None:
    spoil, message = BAD[name]
    models = tmp_path / "models"
    result = run(spoil(invented(400, 20)), invented(50, 5, seed=5), "--artefact", str(models))
    assert result.exit_code == 1
    assert message in result.output
    assert isinstance(result.exception, SystemExit)  # told, not thrown
    assert not (tmp_path / "out.csv").exists()
    assert not models.exists()


def test_every_fault_is_told_at_once(run: Run) -> None:
    rows = changed(changed(invented(400, 20), 0, years="many"), 1, weight=-2, rooms="inf")
    result = run(rows, invented(50, 5, seed=5))
    for part in ("row 2, column years", "row 3, column weight", "row 3, column rooms"):
        assert part in result.output


def test_a_fault_of_the_families_to_score_is_told_too(run: Run, tmp_path: Path) -> None:
    result = run(invented(400, 20), changed(invented(50, 5, seed=5), 7, rooms="two"))
    assert result.exit_code == 1
    assert "test.csv: row 9, column rooms: 'two' is not a number" in result.output
    assert not (tmp_path / "out.csv").exists()


def test_a_ragged_row_is_told(run: Run, tmp_path: Path) -> None:
    run(invented(400, 20), invented(50, 5, seed=5))
    train = tmp_path / "train.csv"
    lines = train.read_text(encoding="utf-8").splitlines()
    lines[6] += ",more"
    train.write_text("\n".join(lines), encoding="utf-8")
    given = [str(tmp_path / name) for name in ("train.csv", "test.csv", "meta.json", "o.csv")]
    options = zip(("--train", "--test", "--meta", "--out"), given, strict=True)
    result = CliRunner().invoke(main, ["model", "fit-score", *[w for o in options for w in o]])
    assert "train.csv: row 7: 15 cells, 14 expected" in result.output


def wide(rows: Rows) -> Rows:
    draw = np.random.default_rng(7)
    return [{**r, **{f"c{i}": round(float(draw.normal()), 3) for i in range(60)}} for r in rows]


ODD: dict[str, tuple[Callable[[Rows], Rows], dict[str, Any]]] = {
    "one region": (lambda rows: [{**r, "region": "R"} for r in rows], {}),
    "a category with one family": (lambda rows: changed(rows, 0, roof="gold"), {}),
    "collinear columns": (
        lambda rows: [{**r, "twice": 2 * r["years"], "again": r["years"]} for r in rows],
        {"numeric": [*DESCRIPTION["numeric"], "twice", "again"]},
    ),
    "60 columns for 200 families": (
        lambda rows: wide(rows)[:200],
        {"numeric": [*DESCRIPTION["numeric"], *(f"c{i}" for i in range(60))]},
    ),
    "a column never known": (
        lambda rows: [{**r, "silent": ""} for r in rows],
        {"numeric": [*DESCRIPTION["numeric"], "silent"]},
    ),
    "a constant column": (
        lambda rows: [{**r, "same": 3} for r in rows],
        {"numeric": [*DESCRIPTION["numeric"], "same"]},
    ),
    "yes and no as words": (
        lambda rows: [{**r, "urban": str(bool(r["urban"]))} for r in rows],
        {},
    ),
    "welfare that may be below 0": (
        lambda rows: [{**r, "welfare": r["welfare"] - 1500} for r in rows],
        {"log_target": False},
    ),
    "villages of one family": (
        lambda rows: [{**r, "cluster": f"own{i}"} for i, r in enumerate(rows)],
        {},
    ),
}


@pytest.mark.parametrize("name", ODD)
def test_an_odd_survey_is_fitted_all_the_same(run: Run, tmp_path: Path, name: str) -> None:
    spoil, about = ODD[name]
    test = spoil([*invented(50, 5, seed=6), *invented(200, 20, seed=8)])
    result = run(spoil(invented(400, 20)), test, **about)
    assert result.exit_code == 0, result.output
    given = np.array(list(scores(tmp_path / "out.csv").values()))
    assert len(given) == len(test)
    assert np.isfinite(given).all()
    assert (given[:, 1] <= given[:, 0]).all()
    assert (given[:, 0] <= given[:, 2]).all()
    assert given[:, 0].std() > 0


@pytest.mark.prove
def test_a_survey_of_very_many_columns_stays_within_bounds(run: Run, tmp_path: Path) -> None:
    draw = np.random.default_rng(8)
    names = [f"q{i}" for i in range(180)]

    def wide(rows: Rows) -> Rows:
        return [{**r, **{name: int(draw.integers(4)) for name in names}} for r in rows]

    models = tmp_path / "models"
    train, test = wide(invented(400, 20)), wide(invented(50, 5, seed=5))
    numeric = [*DESCRIPTION["numeric"], *names]
    result = run(train, test, "--artefact", str(models), numeric=numeric)
    assert result.exit_code == 0, result.output
    columns = int(
        re.search(r"([\d,]+) columns for 400 families in", result.output)[1].replace(",", "")
    )  # type: ignore[index]
    assert 700 < columns <= 1300  # and the eight strongest by each other
    (file,) = models.iterdir()
    labels = {f["label"] for f in json.loads(file.read_bytes())["features"]}
    assert set(names) <= labels  # each counts by itself


def test_what_the_survey_never_saw_counts_as_average(run: Run, tmp_path: Path) -> None:
    plain = invented(60, 6, seed=9)
    strange = [{**r, "roof": "glass", "region": "R99", "rooms": 10**9} for r in plain]
    run(invented(800, 40), [*plain, *[{**r, "hh_id": f"s{r['hh_id']}"} for r in strange]])
    given = np.array(list(scores(tmp_path / "out.csv").values()))[:, 0]
    assert np.abs(given[60:] - given[:60]).max() < 1.0  # held at the survey's largest rooms


def test_a_spec_that_names_a_missing_column_is_refused(run: Run, tmp_path: Path) -> None:
    spec = tmp_path / "spec.yaml"
    spec.write_text(
        "format: tepat-spec/1\ncolumns: {}\ntarget: log\n"
        "variables:\n- {column: horses, kind: number}\n",
        encoding="utf-8",
    )
    result = run(invented(400, 20), invented(50, 5, seed=5), "--spec", str(spec))
    assert result.exit_code == 1
    assert "spec.yaml: variable horses: train.csv has no such number" in result.output
    assert not (tmp_path / "out.csv").exists()


def test_only_what_the_spec_declares_is_used(run: Run, tmp_path: Path) -> None:
    spec = tmp_path / "spec.yaml"
    spec.write_text(
        "format: tepat-spec/1\ncolumns: {}\ntarget: log\nvillage: false\n"
        "variables:\n"
        "- {column: hhsize, kind: number, shapes: [log]}\n"
        "- {column: years, kind: number, shapes: [level, square], bins: [6, 9]}\n"
        "- {column: rooms, kind: number, per: hhsize, missing: visit}\n"
        "- {column: toilet, kind: choice}\n"
        "interactions: [[years, toilet]]\n",
        encoding="utf-8",
    )
    test = changed(invented(50, 5, seed=5), 0, rooms="")
    models = tmp_path / "models"
    result = run(invented(400, 20), test, "--spec", str(spec), "--artefact", str(models))
    assert result.exit_code == 0, result.output
    (file,) = models.iterdir()
    labels = [f["label"] for f in json.loads(file.read_bytes())["features"]]
    declared = ["hhsize", "years", "rooms per hhsize", "toilet", "region", "toilet x years"]
    assert labels[:5] == declared[:5]
    assert set(labels) <= set(declared)
    lines = (tmp_path / "out.csv").read_text(encoding="utf-8").splitlines()
    assert lines[1].endswith(",,,")  # not scored, and said so, rather than scored as 0
    assert "1 could not be scored" in result.output
