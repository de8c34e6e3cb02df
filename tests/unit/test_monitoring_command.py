from __future__ import annotations

import csv
import json
import random
import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from modelling.monitoring_command import command
from modelling.monitoring_report import Limits
from modelling.stated_settings import listed

HEADS = {
    "checks": ["hh_id", "region", "stratum", "probability", "agent", "decided", "eligible"],
    "answers": ["hh_id", "question", "declared", "checked"],
    "questions": ["question", "poor_to_rich"],
    "declared": ["hh_id", "region", "rooms", "roof"],
    "training": ["variable", "region", "families", "bin", "up_to", "share"],
}


def cycle(
    folder: Path, *, exclusion: float = 0.2, cheat: float = 0.1, roof: float = 0.5, small: int = 40
) -> list[str]:
    """Write a cycle of four regions, 160 checked families each but in the last, eight agents."""
    rng = random.Random(3)  # noqa: S311 - an invented cycle, the same each time
    rows: dict[str, list[list[object]]] = {name: [head] for name, head in HEADS.items()}
    for region, number in (("R1", 160), ("R2", 160), ("R3", 160), ("R4", small)):
        for n in range(number):
            family, agent = f"{region}-{n}", f"A{n % 8}"
            eligible = n % 5 < 2
            listed_now = rng.random() >= exclusion if eligible else rng.random() < 0.1
            rows["checks"].append(
                [family, region, region, 0.1, agent, "in" if listed_now else "out",
                 "yes" if eligible else "no"]
            )  # fmt: skip
            rooms, poorer = rng.randint(2, 5), rng.random() < (cheat if agent == "A3" else 0.1)
            rows["answers"].append([family, "rooms", rooms - poorer, rooms])
            rows["answers"].append([family, "roof", rng.choice(["zinc", "tile"]), "tile"])
    rows["questions"] += [["rooms", "up"], ["roof", "leaves|zinc|tile"]]
    for n in range(800):
        roofed = "tile" if rng.random() < roof else "zinc"
        rows["declared"].append([f"f{n}", "R1", rng.randint(1, 4), roofed])
    rows["training"] += [["roof", "", 900, kind, "", 0.5] for kind in ("tile", "zinc")]
    for place in range(4):
        up_to = "inf" if place == 3 else place + 1
        rows["training"].append(["rooms", "", 900, place, up_to, 0.25])
    options = []
    for name, body in rows.items():
        path = folder / f"{name}.csv"
        with path.open("w", newline="") as file:
            csv.writer(file).writerows(body)
        options += [f"--{name}", str(path)]
    return options


def run(*options: str) -> Result:
    return CliRunner().invoke(command, ["report", *options])


def told(folder: Path, **how: float) -> dict:
    result = run(*cycle(folder, **how), "--json", str(folder / "out.json"))  # type: ignore[arg-type]
    assert result.exit_code == 0, result.output
    found = json.loads((folder / "out.json").read_text())
    assert f"{len(found['alarms'])} alarms" in result.stdout
    for alarm in found["alarms"]:
        assert alarm["reason"] in result.stdout
    return found


def kinds(found: dict) -> dict[str, str]:
    return {alarm["kind"]: alarm["where"] for alarm in found["alarms"]}


def test_a_quiet_cycle_alarms_of_nothing_but_the_question_everybody_shades(tmp_path: Path) -> None:
    found = told(tmp_path)
    assert set(kinds(found)) == {"question"}
    assert found["agents"] == []  # nobody is named without an alarm


@pytest.mark.parametrize(
    ("how", "kind", "where"),
    [
        ({"exclusion": 0.6}, "exclusion", "all regions"),
        ({"cheat": 0.7}, "agent", "A3"),
        ({"roof": 0.9}, "drift", "roof, all regions"),
    ],
)
def test_what_is_planted_alarms_with_its_reason(
    tmp_path: Path, how: dict[str, float], kind: str, where: str
) -> None:
    found = told(tmp_path, **how)
    mine = [alarm for alarm in found["alarms"] if alarm["kind"] == kind]
    assert where in {alarm["where"] for alarm in mine}
    assert all(re.search(r"\d", alarm["reason"]) for alarm in mine)


def test_a_small_region_is_hidden_and_so_is_the_one_that_would_give_it_away(tmp_path: Path) -> None:
    found = told(tmp_path, small=15)  # six eligible families
    exclusion = {one["region"]: one["exclusion"] for one in found["regions"]}
    assert exclusion["R4"] is None
    assert [name for name, one in exclusion.items() if one is None] == ["R1", "R4"]
    assert exclusion["all regions"]["families"] == 198
    page = tmp_path / "out.html"
    run(*cycle(tmp_path, small=15), "--html", str(page))
    assert '<th scope="row">R4</th><td>too few</td><td>too few</td>' in page.read_text()


def test_fewer_than_the_least_are_told_nowhere(tmp_path: Path) -> None:
    options = cycle(tmp_path)
    result = run(*options, "--least", "1000", "--json", str(tmp_path / "out.json"))
    found = json.loads((tmp_path / "out.json").read_text())
    assert all(one["exclusion"] is one["inclusion"] is None for one in found["regions"])
    assert found["questions"] == found["agents"] == found["drifts"] == []
    assert "2 questions rest on too few families to be told." in result.stdout
    assert "8 agents rest on too few families to be told." in result.stdout


def test_checks_alone_are_enough(tmp_path: Path) -> None:
    result = run(*cycle(tmp_path)[:2])
    assert result.exit_code == 0, result.output
    assert "Errors by region" in result.stdout
    assert "stability index" not in result.stdout.split("Settings")[0]


def test_every_setting_is_printed_with_its_source(tmp_path: Path) -> None:
    result = run(*cycle(tmp_path)[:2], "--least", "12")
    for one in listed(Limits()):
        assert one.source in result.stdout
    assert re.search(r"^\* least +12 families$", result.stdout, re.MULTILINE)


def test_villages_may_have_been_drawn(tmp_path: Path) -> None:
    options = cycle(tmp_path)[:2]
    alone = run(*options)
    path = Path(options[1])
    lines = path.read_text().splitlines()
    path.write_text(
        "\n".join(
            f"{line},{'village' if n == 0 else f'V{n // 20}'}" for n, line in enumerate(lines)
        )
    )
    together = run(*options)
    assert together.exit_code == 0, together.output
    assert alone.stdout != together.stdout


def damaged(path: str, row: int, column: str, cell: str) -> None:
    with Path(path).open() as file:
        rows = list(csv.reader(file))
    rows[row - 1][rows[0].index(column)] = cell
    with Path(path).open("w", newline="") as file:
        csv.writer(file).writerows(rows)


@pytest.mark.parametrize(
    ("name", "row", "column", "cell", "message"),
    [
        ("checks", 4, "probability", "0", "checks.csv, row 4, column probability: 0 is not above"),
        ("checks", 4, "probability", "1.2", "checks.csv, row 4, column probability: 1.2 is above"),
        ("checks", 4, "decided", "maybe", "checks.csv, row 4, column decided: 'maybe' is neither"),
        ("checks", 4, "eligible", "", "checks.csv, row 4, column eligible: '' is neither yes nor"),
        ("checks", 4, "hh_id", "R1-0", "checks.csv, row 4, column hh_id: 'R1-0' is in row 2"),
        ("checks", 4, "agent", "", "checks.csv, row 4, column agent: empty"),
        ("checks", 1, "stratum", "layer", "checks.csv: no column stratum"),
        ("answers", 2, "declared", "two", "answers.csv, row 2, column declared: 'two' is not a"),
        ("answers", 3, "checked", "gold", "answers.csv, row 3, column checked: 'gold' is not an"),
        ("answers", 5, "hh_id", "R9-1", "answers.csv, row 5, column hh_id: 'R9-1' was not checked"),
        ("answers", 5, "question", "cows", "answers.csv, row 5, column question: 'cows' is not in"),
        ("answers", 4, "hh_id", "R1-0", "answers.csv, row 4, column question: stands already in"),
        ("questions", 2, "poor_to_rich", "left", "questions.csv, row 2, column poor_to_rich"),
        ("training", 2, "share", "0.9", "training.csv, row 2, column share: the shares of roof"),
        ("training", 5, "up_to", "x", "training.csv, row 5, column up_to: 'x' is not a number"),
        ("declared", 3, "hh_id", "f0", "declared.csv, row 3, column hh_id: 'f0' is in row 2"),
    ],
)
def test_bad_input_is_told_by_file_row_and_column_and_writes_nothing(  # noqa: PLR0917
    tmp_path: Path, name: str, row: int, column: str, cell: str, message: str
) -> None:
    options = cycle(tmp_path)
    damaged(str(tmp_path / f"{name}.csv"), row, column, cell)
    result = run(*options, "--json", str(tmp_path / "out.json"), "--html", str(tmp_path / "o.html"))
    assert result.exit_code == 1
    assert message in result.stderr
    assert not (tmp_path / "out.json").exists()
    assert not (tmp_path / "o.html").exists()


def test_files_that_need_each_other_are_asked_for_together(tmp_path: Path) -> None:
    options = cycle(tmp_path)
    result = run(*options[:4])
    assert result.exit_code == 2
    assert "--answers and --questions go together" in result.stderr


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        ("--least", "0", "--least must be 1 or above"),
        ("--false-alarms", "2", "--false-alarms is 2; it must lie from 0 to 1"),
        ("--design-effect", "0.5", "--design-effect must be 1 or above"),
    ],
)
def test_settings_out_of_range_are_told(
    tmp_path: Path, option: str, value: str, message: str
) -> None:
    result = run(*cycle(tmp_path)[:2], option, value)
    assert result.exit_code == 1
    assert message in result.stderr


def survey(folder: Path) -> list[str]:
    rng = random.Random(4)  # noqa: S311 - an invented survey
    with (folder / "survey.csv").open("w", newline="") as file:
        out = csv.writer(file)
        out.writerow(["hh_id", "region", "cluster", "weight", "hhsize", "rooms", "roof"])
        for n in range(240):
            region = "big" if n % 12 else "small"
            rooms = "" if n % 40 == 0 else rng.randint(1, 6)
            out.writerow(
                [f"h{n}", region, n % 20, 1 + n % 2, 4, rooms, rng.choice(["zinc", "tile"])]
            )
    (folder / "survey.json").write_text(
        json.dumps({"numeric": ["rooms"], "categorical": ["roof"], "log_target": True})
    )
    return ["--survey", str(folder / "survey.csv"), "--meta", str(folder / "survey.json")]


def test_training_written_from_a_survey_finds_no_drift_in_that_survey(tmp_path: Path) -> None:
    written = CliRunner().invoke(
        command, ["training", *survey(tmp_path), "--out", str(tmp_path / "training.csv")]
    )
    assert written.exit_code == 0, written.output
    with (tmp_path / "training.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert {row["region"] for row in rows} == {"", "big"}  # twenty families are too few
    checks = cycle(tmp_path)[:2]
    training, declared = str(tmp_path / "training.csv"), str(tmp_path / "survey.csv")
    CliRunner().invoke(command, ["training", *survey(tmp_path), "--out", training])
    text = Path(declared).read_text().splitlines()
    kept = [
        ",".join(part for n, part in enumerate(line.split(",")) if n not in {2, 3, 4})
        for line in text
    ]
    Path(declared).write_text("\n".join(kept))
    out = tmp_path / "out.json"
    result = run(*checks, "--declared", declared, "--training", training, "--json", str(out))
    assert result.exit_code == 0, result.output
    found = json.loads(out.read_text())["drifts"]
    assert {(one["variable"], one["region"]) for one in found} == {
        ("rooms", ""), ("rooms", "big"), ("roof", ""), ("roof", "big"),
    }  # fmt: skip
    assert all(one["psi"] < 0.05 and one["strange"] == 0 for one in found)


def test_a_survey_that_cannot_be_used_is_told_and_nothing_written(tmp_path: Path) -> None:
    options = survey(tmp_path)
    damaged(options[1], 3, "rooms", "many")
    out = tmp_path / "training.csv"
    result = CliRunner().invoke(command, ["training", *options, "--out", str(out)])
    assert result.exit_code == 1
    assert "survey.csv: row 3, column rooms" in result.stderr
    assert not out.exists()
