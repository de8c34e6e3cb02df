"""One family's score in words, and who enters and leaves under another model or quota."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from modelling.cli import main
from modelling.comparison import Choice, compare
from tests.surveys import invented, write_description, write_table

pytestmark = pytest.mark.xdist_group("explain")  # its models are fitted once


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, Path]:
    """A folder with families.csv and meta.json, and two models learned from other surveys."""
    folder = tmp_path_factory.mktemp("compare")
    write_description(folder / "meta.json")
    write_table(folder / "families.csv", invented(500, 40, seed=9), without=("welfare",))
    models = []
    for seed in (1, 2):
        write_table(folder / "survey.csv", invented(600, 40, seed=seed))
        out = folder / f"model{seed}"
        given = [str(folder / "survey.csv"), "--meta", str(folder / "meta.json"), "--out", str(out)]
        done = CliRunner().invoke(main, ["model", "fit", *given, "--from", "2027-01-01"])
        assert done.exit_code == 0, done.output
        models.append(next(path for path in out.glob("*.json") if path.stem != "report"))
    return folder, models[0], models[1]


def run(folder: Path, name: str, *more: str) -> Any:
    given = [str(folder / "families.csv"), "--meta", str(folder / "meta.json"), *more]
    return CliRunner().invoke(main, ["model", name, *given])


def numbers(line: str) -> list[int]:
    return [int(word.replace(",", "")) for word in re.findall(r"[+-]?\d[\d,]*", line)]


def test_the_reasons_told_add_up_to_the_score(world: tuple[Path, Path, Path]) -> None:
    folder, model, _ = world
    told = run(folder, "explain", "--artefact", str(model), "--id", "h9-00007")
    assert told.exit_code == 0, told.output
    lines = told.output.splitlines()
    score = numbers(lines[0])[0]
    start = next(i for i, line in enumerate(lines) if line.startswith("The mean family"))
    mean = numbers(lines[start])[0]
    reasons = [numbers(line)[0] for line in lines[start + 1 :] if line.startswith("  ")]
    assert mean + sum(reasons[:-1]) == score
    assert reasons[-1] == score - mean


def test_the_page_of_a_score_adds_up_too_and_draws_its_strongest_reasons(
    world: tuple[Path, Path, Path],
) -> None:
    folder, model, _ = world
    file = folder / "reasons.html"
    told = run(folder, "explain", "--artefact", str(model), "--id", "h9-00007", "--page", str(file))
    assert told.exit_code == 0, told.output
    page = file.read_text(encoding="utf-8")
    cells = re.findall(r'<th scope="row">(.*?)</th><td>([+-]?[\d,]+)</td>', page)
    points = [int(number.replace(",", "")) for _, number in cells]
    assert len(points) > 4
    assert sum(points[:-1]) == points[-1] == numbers(told.output)[0]
    assert page.count("<svg") == 1
    assert cells[1][0] in page.split("<svg")[1].split("</svg>")[0]


def test_an_unknown_family_is_told(world: tuple[Path, Path, Path]) -> None:
    folder, model, _ = world
    told = run(folder, "explain", "--artefact", str(model), "--id", "nobody")
    assert told.exit_code == 1
    assert "families.csv: there is no family nobody" in told.output


def test_the_same_model_and_quota_move_nobody(world: tuple[Path, Path, Path]) -> None:
    folder, model, _ = world
    told = run(folder, "compare", "--before", str(model))
    assert told.exit_code == 0, told.output
    assert numbers(told.output.splitlines()[1])[3:] == [0, 0]


def test_another_model_moves_as_many_in_as_out(world: tuple[Path, Path, Path]) -> None:
    folder, model, other = world
    told = run(folder, "compare", "--before", str(model), "--after", str(other))
    families, before, after, entering, leaving = numbers(told.output.splitlines()[1])
    assert families == pytest.approx(500, rel=0.1)  # by weight
    assert entering > 0
    assert before + entering - leaving == pytest.approx(after, abs=3)  # each figure is rounded


def test_the_page_draws_who_enters_and_who_leaves_with_the_table_beside(
    world: tuple[Path, Path, Path],
) -> None:
    folder, first, second = world
    file = folder / "moves.html"
    models = ["--before", str(first), "--after", str(second)]
    told = run(folder, "compare", *models, "--page", str(file))
    assert told.exit_code == 0, told.output
    page = file.read_text(encoding="utf-8")
    assert page.count("<svg") == 1  # by group; too few of any region move to be told
    assert "By region" in told.output
    assert page.count("<table") >= 4
    for drawn in page.split("<svg")[1:]:
        assert ": enter</text>" in drawn
        assert ">leave</text>" in drawn
    assert "nan" not in page


def test_a_larger_quota_only_lets_in(world: tuple[Path, Path, Path]) -> None:
    folder, model, _ = world
    told = run(folder, "compare", "--before", str(model), "--quota", "0.2", "--quota-after", "0.4")
    _, before, after, entering, leaving = numbers(told.output.splitlines()[1])
    assert leaving == 0
    assert entering == pytest.approx(after - before, abs=1)


def test_few_families_are_not_told_and_none_is_told_as_none() -> None:
    score = np.arange(100.0)
    other = score.copy()
    other[[38, 45]] = [60.5, 0.5]  # one family out, one in
    found = compare(
        Choice("before", score, 0.4),
        Choice("after", other, 0.4),
        weight=np.ones(100),
        region=["R"] * 100,
        groups={"few": score < 9, "rich": score > 79},
    )
    assert found.whole.entering is None
    assert found.whole.leaving is None
    few, rich = found.by_group
    assert few.before is None  # nine families
    assert rich.before == rich.entering == 0  # nobody, which gives nobody away
    assert all(cell is None or cell >= 10 or cell == 0 for row in found.flow for cell in row)
