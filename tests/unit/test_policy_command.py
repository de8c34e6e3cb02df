from __future__ import annotations

import csv
import json
import re
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from click.testing import CliRunner, Result

from modelling.fit_score_command import command as fit_score
from modelling.policy_assumptions import Assumptions
from modelling.policy_command import command
from modelling.stated_settings import listed
from tests.policy_studies import saved

QUICK = ["--draws", "2", "--replicates", "2", "--checks", "0,0.1"]


def run(*options: str) -> Result:
    return CliRunner().invoke(command, ["simulate", *QUICK, *options])


def outputs(folder: Path) -> list[str]:
    return [
        *("--json", str(folder / "out.json")),
        *("--csv", str(folder / "out.csv")),
        *("--html", str(folder / "out.html")),
    ]


def test_text_json_csv_and_page_tell_the_same(tmp_path: Path) -> None:
    result = run(*saved(tmp_path), *outputs(tmp_path))
    assert result.exit_code == 0, result.output
    told = json.loads((tmp_path / "out.json").read_text())
    page = (tmp_path / "out.html").read_text()
    with (tmp_path / "out.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 5 * 2
    for row in rows:
        point = next(
            p for p in told["curves"][row["rule"]] if p["share"] == float(row["share_checked"])
        )
        value = point["measures"]["exclusion"]["value"]
        assert float(row["exclusion"]) == pytest.approx(value, abs=1e-5)
        assert float(row["exclusion_low"]) <= value <= float(row["exclusion_high"])
        written = f"{100 * value:.1f} %"
        assert written in result.stdout
        assert written in page
    assert told["made_from"]["families"] == 240


def test_every_assumption_is_printed_with_its_source(tmp_path: Path) -> None:
    result = run(*saved(tmp_path), *outputs(tmp_path), "--visit-cost", "75000")
    page = (tmp_path / "out.html").read_text()
    document = json.loads((tmp_path / "out.json").read_text())
    for one in listed(Assumptions()):
        name = one.name.replace("_", "-")
        assert re.search(rf"^[ *] {name} ", result.stdout, re.MULTILINE)
        assert one.source in result.stdout
        assert f'<th scope="row">{name}</th>' in page
    assert re.search(r"^\* visit-cost +75,000 rupiah$", result.stdout, re.MULTILINE)
    assert {a["name"]: a["value"] for a in document["assumptions"]}["visit_cost"] == 75_000


def test_the_page_stands_alone_with_its_tables_beside(tmp_path: Path) -> None:
    run(*saved(tmp_path), *outputs(tmp_path))
    page = (tmp_path / "out.html").read_text()
    assert "<script" not in page
    assert not re.search(r"""(src|href)=""", page)
    for chart in re.findall(r"<svg.*?</svg>", page, re.DOTALL):
        ET.fromstring(chart)  # noqa: S314 - our own text
    assert page.count("<svg") == 2
    assert page.count("<table") == 4


def test_perfect_visits_are_named_an_upper_bound(tmp_path: Path) -> None:
    result = run(*saved(tmp_path))
    assert "by risk, perfect visits (upper bound)" in result.stdout
    assert "A visit does not reveal consumption exactly" in result.stdout


def test_costs_scale_with_the_region(tmp_path: Path) -> None:
    options = saved(tmp_path)
    visits = []
    for families in ("1000", "2000"):
        run(*options, *outputs(tmp_path), "--families", families)
        step = json.loads((tmp_path / "out.json").read_text())["steps"][5]
        assert step["cost"] == pytest.approx(33_000 * step["registered"] + 100_000 * step["visits"])
        visits.append(step["visits"])
    assert visits[1] == pytest.approx(2 * visits[0])


def test_persons_may_be_counted(tmp_path: Path) -> None:
    options = saved(tmp_path)
    by_family, by_person = run(*options), run(*options, "--unit", "persons")
    assert "Errors count persons" in by_person.stdout
    assert by_family.stdout != by_person.stdout


def test_what_is_out_of_reach_is_said(tmp_path: Path) -> None:
    result = run(*saved(tmp_path))
    assert "out of reach of any ground check: 11.0 % of the eligible" in result.stdout
    easy = run(*saved(tmp_path), "--target", "0.9")
    assert "by risk: reached with 0.0 % of registered families" in easy.stdout


def with_rooms(folder: Path, name: str, seed: int) -> Path:
    """A survey whose welfare follows from rooms and a phone, with the rest by chance."""
    rng = np.random.default_rng(seed)
    path = folder / f"{name}.csv"
    with path.open("w", newline="") as file:
        out = csv.writer(file)
        out.writerow(
            ["hh_id", "region", "cluster", "weight", "hhsize", "welfare", "rooms", "phone"]
        )
        for n in range(320):
            rooms, phone, size = rng.integers(1, 6), rng.integers(0, 2), rng.integers(1, 8)
            log = 8 + 0.2 * rooms + 0.3 * phone - 0.1 * size + 0.25 * rng.standard_normal()
            place = (f"{name}{n}", f"R{n % 2}", f"{name}-V{n % 32}")
            out.writerow([*place, 1, size, f"{np.exp(log):.2f}", rooms, phone])
    (folder / "rooms.json").write_text(json.dumps({"numeric": ["rooms", "phone"]}))
    return path


def test_a_model_may_score_a_survey_it_has_not_seen_and_no_other(tmp_path: Path) -> None:
    seen, unseen = with_rooms(tmp_path, "seen", 1), with_rooms(tmp_path, "unseen", 2)
    meta, scores = str(tmp_path / "rooms.json"), str(tmp_path / "scores.csv")
    fitted = CliRunner().invoke(
        fit_score,
        ["--train", str(seen), "--test", str(unseen), "--meta", meta, "--out", scores,
         "--artefact", str(tmp_path / "models")],
    )  # fmt: skip
    assert fitted.exit_code == 0, fitted.output
    model = str(next((tmp_path / "models").glob("*.json")))
    by_model = run("--survey", str(unseen), "--meta", meta, "--model", model)
    assert by_model.exit_code == 0, by_model.output
    by_scores = run("--survey", str(unseen), "--meta", meta, "--predictions", scores)
    first = [
        float(re.search(r"model alone, everyone registered +([\d.]+) %", one.stdout)[1])  # type: ignore[index]
        for one in (by_model, by_scores)
    ]
    assert first[0] == pytest.approx(first[1], abs=3)  # village means know one file less
    assert first[0] < 45
    own = run("--survey", str(seen), "--meta", meta, "--model", model)
    assert own.exit_code == 1
    assert "was learned from seen.csv itself" in own.stderr
    Path(model).write_text(Path(model).read_text()[:-20])
    broken = run("--survey", str(unseen), "--meta", meta, "--model", model)
    assert broken.exit_code == 1
    assert "cannot score unseen.csv" in broken.stderr
    both = run("--survey", str(unseen), "--meta", meta, "--model", model, "--predictions", scores)
    assert both.exit_code == 2


def damaged(path: str, row: int, column: str, cell: str) -> None:
    """Put another text into a cell; row 1 is the header."""
    with Path(path).open() as file:
        rows = list(csv.reader(file))
    rows[row - 1][rows[0].index(column)] = cell
    with Path(path).open("w", newline="") as file:
        csv.writer(file).writerows(rows)


@pytest.mark.parametrize(
    ("place", "row", "column", "cell", "told"),
    [
        (1, 7, "weight", "-1", "survey.csv: row 7, column weight"),
        (1, 7, "weight", "heavy", "survey.csv: row 7, column weight"),
        (1, 3, "welfare", "inf", "survey.csv: row 3, column welfare"),
        (1, 3, "welfare", "0", "survey.csv: row 3, column welfare"),
        (1, 5, "hh_id", "h00000", "survey.csv: row 5, column hh_id"),
        (1, 1, "region", "area", "survey.csv: there is no column region"),
        (1, 9, "region", "", "survey.csv, row 9, column region"),
        (5, 4, "score", "rich", "scores.csv, row 4, column score"),
        (5, 4, "lo", "nan", "scores.csv, row 4, column lo"),
        (5, 4, "lo", "", "scores.csv, row 4, column score: score, lo and hi go together"),
        (5, 4, "lo", "99", "scores.csv, row 4, column score: not between lo and hi"),
        (5, 4, "hh_id", "h00000", "scores.csv, row 4, column hh_id: 'h00000' is in row 2 already"),
        (5, 1, "hi", "high", "scores.csv: no column hi"),
        (5, 4, "hh_id", "nobody", "scores.csv: no prediction for 1 families of survey.csv"),
    ],
)
def test_bad_input_is_told_by_file_row_and_column_and_writes_nothing(  # noqa: PLR0917
    tmp_path: Path, place: int, row: int, column: str, cell: str, told: str
) -> None:
    options = saved(tmp_path)
    damaged(options[place], row, column, cell)
    result = run(*options, *outputs(tmp_path))
    assert result.exit_code == 1
    assert told in result.stderr
    assert "Traceback" not in result.output
    assert not list(tmp_path.glob("*out*"))


@pytest.mark.parametrize(
    ("place", "text", "told"),
    [
        (1, "", "survey.csv: the table is empty"),
        (3, "[1]", "survey.json: must be one JSON object"),
        (3, "{", "survey.json: cannot be read as JSON"),
        (5, "", "scores.csv: empty"),
        (5, "hh_id,score,lo,hi\n", "scores.csv: a header and no rows"),
        (5, "hh_id,score,lo,hi\na,1,2\n", "scores.csv, row 2: 3 cells, the header has 4"),
        (5, "hh_id,score,score,lo,hi\n", "scores.csv: the column score is there twice"),
    ],
)
def test_files_that_are_no_tables_are_told(
    tmp_path: Path, place: int, text: str, told: str
) -> None:
    options = saved(tmp_path)
    Path(options[place]).write_text(text)
    result = run(*options)
    assert result.exit_code == 1
    assert told in result.stderr


def test_a_prediction_for_nobody_is_told(tmp_path: Path) -> None:
    options = saved(tmp_path)
    with Path(options[5]).open("a") as file:
        file.write("stranger,1,0,2\n")
    result = run(*options)
    assert result.exit_code == 1
    assert "scores.csv, row 242, column hh_id: 'stranger' is not in survey.csv" in result.stderr


def test_families_without_a_score_are_counted(tmp_path: Path) -> None:
    options = saved(tmp_path)
    lines = Path(options[5]).read_text().splitlines()
    Path(options[5]).write_text("\n".join([lines[0], "h00000,,,", "h00001,,,", *lines[3:]]))
    result = run(*options, *outputs(tmp_path))
    assert result.exit_code == 0, result.output
    assert "2 families could not be scored: not listed, and visited first." in result.stdout
    assert json.loads((tmp_path / "out.json").read_text())["made_from"]["unscored"] == 2
    Path(options[5]).write_text("\n".join([lines[0], *(f"h{n:05},,," for n in range(240))]))
    nobody = run(*options)
    assert nobody.exit_code == 1
    assert "scores.csv, column score: nobody is scored" in nobody.stderr


def test_assumptions_and_shares_out_of_range_are_told(tmp_path: Path) -> None:
    options = saved(tmp_path)
    result = run(*options, "--appeal-wrong", "1.5")
    assert result.exit_code == 1
    assert "--appeal-wrong is 1.5; it must lie from 0 to 1" in result.stderr
    for shares in ("0.2,0.1", "a", "0,2"):
        assert run(*options, "--checks", shares).exit_code == 2


def test_no_file_is_written_when_one_cannot_be(tmp_path: Path) -> None:
    options = [*saved(tmp_path), "--json", str(tmp_path / "out.json")]
    result = run(*options, "--html", str(tmp_path / "nowhere" / "out.html"))
    assert result.exit_code == 1
    assert "nowhere" in result.stderr
    assert not list(tmp_path.glob("*out*"))
