from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from modelling import monitoring_errors as judging
from modelling.policy_command import command
from modelling.policy_errors import errors, poorest
from modelling.policy_study import Study
from modelling.policy_worklist import HEADER
from tests.policy_studies import columns, invented

FORM = {"villages": 40, "size": 25, "regions": 4}


def register(folder: Path, **more: list[object]) -> list[str]:
    """A register of 1,000 families with scores; more columns if given."""
    made = columns(
        1, **FORM, score_sd=0.5, village_sd=0.0, own_sd=0.4, weights=(1, 1), persons=False
    )
    path = folder / "register.csv"
    with path.open("w", newline="") as file:
        out = csv.writer(file)
        out.writerow(["hh_id", "region", "score", "lo", "hi", *more])
        parts = (made[part] for part in ("ids", "region", "score", "low", "high"))
        out.writerows(zip(*parts, *more.values(), strict=True))
    return ["--scores", str(path)]


def run(folder: Path, *options: str, budget: int = 100, seed: str = "open") -> Result:
    return CliRunner().invoke(
        command,
        ["visits", *options, "--budget", str(budget), "--seed", seed,
         "--out", str(folder / "visits.csv")],
    )  # fmt: skip


def visits(folder: Path, *options: str, **how: object) -> list[dict[str, str]]:
    result = run(folder, *options, **how)  # type: ignore[arg-type]
    assert result.exit_code == 0, result.output
    with (folder / "visits.csv").open() as file:
        return list(csv.DictReader(file))


def test_the_budget_is_spent_and_a_share_of_it_at_random(tmp_path: Path) -> None:
    rows = visits(tmp_path, *register(tmp_path))
    assert tuple(rows[0]) == HEADER
    assert len({row["hh_id"] for row in rows}) == 100
    assert sum(row["why"] == "random" for row in rows) == 15
    assert {row["probability"] for row in rows if row["why"] == "risk"} == {"1"}
    assert all(row["stratum"] == f"{row['region']}/{row['why']}" for row in rows)
    doubtful = [float(row["p_eligible"]) for row in rows if row["why"] == "risk"]
    assert 0.25 < min(doubtful) < max(doubtful) < 0.75


def test_the_same_seed_draws_the_same_whatever_the_order_of_the_file(tmp_path: Path) -> None:
    options = register(tmp_path)
    first = visits(tmp_path, *options)
    lines = Path(options[1]).read_text().splitlines()
    Path(options[1]).write_text("\n".join([lines[0], *reversed(lines[1:])]))
    assert visits(tmp_path, *options) == first
    other = visits(tmp_path, *options, seed="another")
    at_random = [{r["hh_id"] for r in rows if r["why"] == "random"} for rows in (first, other)]
    by_risk = [{r["hh_id"] for r in rows if r["why"] == "risk"} for rows in (first, other)]
    assert at_random[0] != at_random[1]
    assert by_risk[0] == by_risk[1]


def test_stake_and_age_count_and_who_was_checked_is_left_alone(tmp_path: Path) -> None:
    plain = {row["hh_id"] for row in visits(tmp_path, *register(tmp_path))}
    heavy = [5.0 if n % 10 == 0 else 1.0 for n in range(1000)]
    rows = visits(tmp_path, *register(tmp_path, stake=heavy))
    tenth = {f"h{n:05}" for n in range(0, 1000, 10)}
    assert len(tenth & {row["hh_id"] for row in rows}) > 3 * len(tenth & plain)
    old = [400 if n % 10 == 0 else 0 for n in range(1000)]
    rows = visits(tmp_path, *register(tmp_path, age_days=old))
    assert len(tenth & {row["hh_id"] for row in rows}) > len(tenth & plain)
    done = ["yes" if f"h{n:05}" in plain else "no" for n in range(1000)]
    rows = visits(tmp_path, *register(tmp_path, checked=done))
    assert not plain & {row["hh_id"] for row in rows}


def test_who_could_not_be_scored_is_visited_first(tmp_path: Path) -> None:
    options = register(tmp_path)
    lines = Path(options[1]).read_text().splitlines()
    for n in (5, 700):
        lines[n] = ",".join([*lines[n].split(",")[:2], "", "", ""])
    Path(options[1]).write_text("\n".join(lines))
    rows = {row["hh_id"]: row for row in visits(tmp_path, *options, budget=10)}
    for family in ("h00004", "h00699"):
        row = rows[family]
        assert (row["decided"], row["why"], row["probability"]) == ("out", "risk", "1")
        assert row["p_eligible"] == row["worth"] == ""


def truth(study: Study) -> tuple[np.ndarray, np.ndarray]:
    eligible = poorest(study.welfare, study.mass, study.region, 0.4)
    return eligible, poorest(study.score, study.mass, study.region, 0.4)


def test_what_is_found_on_these_visits_tells_the_errors_of_everybody(tmp_path: Path) -> None:
    """From the work list to monitoring: unbiased, and intervals that hold the truth."""
    made = columns(
        1, **FORM, score_sd=0.5, village_sd=0.0, own_sd=0.4, weights=(1, 1), persons=False
    )
    study = invented(1, **FORM)  # type: ignore[arg-type]
    eligible, listed = truth(study)
    poor = dict(zip(study.welfare, eligible, strict=True))
    found_poor = dict(zip(made["ids"], (poor[w] for w in made["welfare"]), strict=True))
    real = errors(eligible, listed, study.mass).exclusion
    options = register(tmp_path)
    values, held = [], []
    for seed in range(40):
        rows = visits(tmp_path, *options, "--random-share", "0.4", budget=200, seed=str(seed))
        checks = judging.Checks(
            ids=[row["hh_id"] for row in rows],
            region=[row["region"] for row in rows],
            agent=["A"] * len(rows),
            stratum=[row["stratum"] for row in rows],
            unit=[row["hh_id"] for row in rows],
            probability=np.array([float(row["probability"]) for row in rows]),
            listed=np.array([row["decided"] == "in" for row in rows]),
            eligible=np.array([found_poor[row["hh_id"]] for row in rows]),
        )
        one = judging.exclusion(checks, np.ones(len(checks), dtype=bool))
        assert one.value is not None
        values.append(one.value)
        held.append(one.low <= real <= one.high)
    assert np.mean(values) == pytest.approx(real, abs=4 * np.std(values) / np.sqrt(40))
    assert np.mean(held) >= 0.9


@pytest.mark.parametrize(
    ("column", "cell", "told"),
    [
        ("stake", "0", "register.csv, row 2, column stake: 0 is not above 0"),
        ("age_days", "old", "register.csv, row 2, column age_days: 'old' is not a number"),
        ("checked", "perhaps", "register.csv, row 2, column checked: 'perhaps' is neither yes nor"),
    ],
)
def test_bad_input_is_told_and_no_list_written(
    tmp_path: Path, column: str, cell: str, told: str
) -> None:
    good = "no" if column == "checked" else "1"
    result = run(tmp_path, *register(tmp_path, **{column: [cell] + [good] * 999}))
    assert result.exit_code == 1
    assert told in result.stderr
    assert not (tmp_path / "visits.csv").exists()


def test_a_budget_beyond_everybody_visits_everybody(tmp_path: Path) -> None:
    rows = visits(tmp_path, *register(tmp_path), budget=5000)
    assert len(rows) == 1000


def first(folder: Path, ids: list[str]) -> list[str]:
    path = folder / "first.csv"
    path.write_text("\n".join(["hh_id,reason", *(f"{name},apart" for name in ids)]), "utf-8")
    return ["--first", str(path)]


def test_who_comes_first_is_visited_before_all_others_in_order_of_worth(tmp_path: Path) -> None:
    plain = visits(tmp_path, *register(tmp_path), budget=1000)
    dull = sorted((r for r in plain if r["why"] == "risk"), key=lambda r: float(r["worth"]))
    named = [row["hh_id"] for row in dull[:50]]
    rows = visits(tmp_path, *register(tmp_path), *first(tmp_path, [*named, "nobody"]), budget=100)
    assert sorted(row["hh_id"] for row in rows if row["why"] == "first") == sorted(named)
    assert sum(row["why"] == "risk" for row in rows) == 35  # what is left of 85
    assert {row["probability"] for row in rows if row["why"] == "first"} == {"1"}
    assert all(row["stratum"] == f"{row['region']}/{row['why']}" for row in rows)
    rows = visits(tmp_path, *register(tmp_path), *first(tmp_path, named), budget=20)
    chosen = {row["hh_id"] for row in rows if row["why"] == "first"}
    assert chosen == set(named[-17:])  # there is no room for all: those worth most


def test_whom_to_visit_first_must_be_a_table_of_families(tmp_path: Path) -> None:
    path = tmp_path / "first.csv"
    path.write_text("family\nh1\n", encoding="utf-8")
    result = run(tmp_path, *register(tmp_path), "--first", str(path))
    assert result.exit_code == 1
    assert "first.csv: no column hh_id" in result.output
