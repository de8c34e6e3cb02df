"""The challenger: same families and folds, what it costs to explain, and whom to look at first."""

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

from modelling import challenger, disagreement
from modelling.cli import main
from modelling.paired import EXCLUSION, EXPLAINED
from tests.surveys import invented, write_description, write_table

Rows = list[dict[str, Any]]
PLAIN = (
    "format: tepat-spec/1\ncolumns: {}\ntarget: log\n"
    "variables:\n"
    "- {column: hhsize, kind: number, shapes: [log]}\n"
    "- {column: years, kind: number}\n"
    "- {column: luck, kind: number}\n"
    "- {column: toilet, kind: choice}\n"
)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few rounds of boosting: the tests are of what is done with them."""
    monkeypatch.setitem(challenger.SETTINGS, "max_iter", 60)


def crooked(families: int, villages: int, seed: int = 1) -> Rows:
    """A survey in which two columns count only together, which no sum of the two can say."""
    rows = invented(families, villages, seed=seed)
    draw = np.random.default_rng(seed + 70)
    for row in rows:
        row["luck"] = round(float(draw.normal()), 3)
        turn = 0.5 if (row["luck"] > 0) == (row["years"] > 7) else -0.5
        row["welfare"] = round(row["welfare"] * float(np.exp(turn)), 2)
    return rows


def fit(folder: Path, rows: Rows, *more: str) -> Result:
    write_table(folder / "survey.csv", rows)
    write_description(folder / "meta.json")
    (folder / "spec.yaml").write_text(PLAIN, encoding="utf-8")
    given = [str(folder / "survey.csv"), "--meta", str(folder / "meta.json"), "--repeats", "1"]
    given += ["--spec", str(folder / "spec.yaml"), "--out", str(folder / "out")]
    given += ["--from", "2027-01-01", "--challenger", *more]
    return CliRunner().invoke(main, ["model", "fit", *given])


def told(folder: Path) -> dict[str, Any]:
    whole = json.loads((folder / "out" / "report.json").read_text(encoding="utf-8"))
    found: dict[str, Any] = whole["challenger"]
    return found


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_the_cost_of_reasons_that_add_up_is_told_with_its_interval(tmp_path: Path) -> None:
    result = fit(tmp_path, crooked(1600, 80))
    assert result.exit_code == 0, result.output
    found = told(tmp_path)
    assert found[EXPLAINED]["high"] < 0  # here boosting sees what no sum can
    assert found[EXCLUSION]["low"] > 0
    assert "What interpretability costs" in result.output
    assert "What interpretability costs" in (tmp_path / "out" / "report.html").read_text("utf-8")
    both = {
        name: {row["hh_id"]: float(row["score"]) for row in read(tmp_path / "out" / name)}
        for name in ("held-out.csv", "challenger.csv")
    }
    assert both["held-out.csv"].keys() == both["challenger.csv"].keys()
    flags = read(tmp_path / "out" / "disagreements.csv")
    gaps = [abs(float(row["score"]) - float(row["challenger"])) for row in flags]
    assert gaps == pytest.approx(sorted(gaps, reverse=True), abs=1e-5)
    assert len(flags) == found["disagreement"]["families"]
    assert found["disagreement"]["wrong_among_them"] > found["disagreement"]["wrong_among_all"]


def test_it_gives_the_same_bytes_each_time(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(challenger, "FEWEST", 500)
    made = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        fit(tmp_path / name, crooked(500, 20))
        files = ("challenger.csv", "disagreements.csv", "report.json")
        made.append([(tmp_path / name / "out" / file).read_bytes() for file in files])
    assert made[0] == made[1]


def test_no_village_is_predicted_by_a_challenger_that_has_seen_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    learned = challenger._learned
    monkeypatch.setattr(challenger, "FEWEST", 500)
    seen: list[tuple[set[str], set[str]]] = []
    rows = invented(500, 30)
    village = np.array([row["cluster"] for row in rows])

    def watched(fitted: Any, coded: Any, every: Any, marks: Any, others: Any) -> Any:
        seen.append((set(village[marks]), set(village[~marks])))
        return learned(fitted, coded, every, marks, others)

    monkeypatch.setattr(challenger, "_learned", watched)
    fit(tmp_path, rows)
    assert len(seen) == 10
    assert all(not learned_on & judged for learned_on, judged in seen)
    assert set().union(*(judged for _, judged in seen)) == set(village)


def test_few_families_have_a_linear_model_only_and_are_told_so(tmp_path: Path) -> None:
    result = fit(tmp_path, invented(400, 20))
    assert result.exit_code == 0, result.output
    assert "no challenger: 400 families" in result.output
    assert "no challenger" in told(tmp_path)["not_run"]
    assert not (tmp_path / "out" / "disagreements.csv").exists()


def hostile(rows: Rows, *, kinds: int) -> Rows:
    """One region, columns constant, never known or of very many categories, cells missing."""
    return [
        {
            **row,
            "region": "R",
            "same": 3,
            "silent": "",
            "many": f"k{place % kinds}",
            "years": "" if place % 7 == 0 else row["years"],
        }
        for place, row in enumerate(rows)
    ]


def test_a_hostile_survey_has_its_challenger_too(tmp_path: Path) -> None:
    strange = hostile(invented(200, 20, seed=5), kinds=700)
    strange = [{**row, "roof": "glass", "toilet": "moon"} for row in strange]
    write_table(tmp_path / "train.csv", hostile(invented(1500, 60), kinds=40))
    write_table(tmp_path / "test.csv", strange, without=("welfare",))
    write_description(
        tmp_path / "meta.json",
        numeric=["rooms", "years", "same", "silent"],
        categorical=["toilet", "roof", "many"],
    )
    given = [("--train", "train.csv"), ("--test", "test.csv"), ("--meta", "meta.json")]
    given += [("--out", "out.csv"), ("--challenger", "flags.csv")]
    words = [word for option, name in given for word in (option, str(tmp_path / name))]
    result = CliRunner().invoke(main, ["model", "fit-score", *words])
    assert result.exit_code == 0, result.output
    flags = read(tmp_path / "flags.csv")
    assert tuple(flags[0]) == disagreement.HEADER
    assert {row["hh_id"] for row in flags} < {row["hh_id"] for row in strange}
    assert all(np.isfinite(float(row["challenger"])) for row in flags)


def test_categories_beyond_what_the_library_holds_count_as_not_known() -> None:
    codes = {"many": {f"k{n}": n for n in range(250)}, "rooms": {}}
    coded = challenger.Coding(("many", "rooms"), codes)
    found = challenger.matrix(coded, {"many": ["k7", "k999", None], "rooms": [4, None, 2]})
    assert found[0].tolist() == [7, 4]
    assert np.isnan(found[1]).all()
    assert np.isnan(found[2, 0])


def test_the_families_furthest_apart_come_first_and_who_has_no_score_is_not_there() -> None:
    score = np.array([1.0, 2, 3, 4, 5, 6, 7, 8, 9, np.nan])
    rival = np.array([9.0, 2, 3, 4, 1.5, 3.5, 7, 8, 9, 1.0])
    found = disagreement.flagged(score, rival, ["R"] * 10, np.ones(10))
    # four places: the model takes 0, 1, 2, 3, the challenger 1, 2, 4, 5
    assert list(found.rows) == [0, 4, 5, 3]
    assert list(found.listed) == [True, False, False, True]
    text = disagreement.as_csv(found, [f"h{n}" for n in range(10)], ["R"] * 10, score, rival)
    first, second = text.splitlines()[1:3]
    assert first.startswith("h0,R,1.000000,9.000000,under the quota for the model only; ")
    assert first.endswith("the challenger sees 8.00 more")
    assert second.endswith("for the challenger only; the challenger sees 3.50 less")
