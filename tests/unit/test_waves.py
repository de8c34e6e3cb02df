"""Waves of a survey: what drifts is found, what does not is left alone, and a panel can be read."""

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

from modelling.cli import main
from modelling.survey_table import Columns, read_description, read_table
from modelling.waves import names
from tests.surveys import invented, write_description, write_table

Rows = list[dict[str, Any]]
SPEC = (
    "format: tepat-spec/1\ncolumns: {}\ntarget: log\n"
    "variables:\n"
    "- {column: hhsize, kind: number, shapes: [log]}\n"
    "- {column: years, kind: number}\n"
    "- {column: toilet, kind: choice}\n"
)


def panel() -> Rows:
    """The same families three times: as they are, under dearer prices, in another world."""
    first = invented(600, 30)
    dearer = [{**row, "welfare": round(row["welfare"] * np.exp(0.3), 2)} for row in first]
    turned = [
        {
            **row,
            "welfare": round(row["welfare"] * float(np.exp(-0.15 * row["years"])), 2),
            "roof": "tile" if place % 5 else row["roof"],
        }
        for place, row in enumerate(first)
    ]
    waves = zip(("9", "10", "11"), (first, dearer, turned), strict=True)
    return [{**row, "wave": wave} for wave, rows in waves for row in rows]


def evaluate(folder: Path, *more: str) -> Result:
    given = [str(folder / "survey.csv"), "--meta", str(folder / "meta.json")]
    return CliRunner().invoke(main, ["model", "evaluate", *given, *more])


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Result]:
    """A model of the first wave, judged on all three."""
    folder = tmp_path_factory.mktemp("waves")
    rows = panel()
    write_table(folder / "first.csv", rows[:600])
    write_table(folder / "survey.csv", rows)
    write_description(folder / "plain.json")
    write_description(folder / "meta.json", wave="wave")
    (folder / "spec.yaml").write_text(SPEC, encoding="utf-8")
    given = [str(folder / "first.csv"), "--meta", str(folder / "plain.json"), "--repeats", "1"]
    given += ["--spec", str(folder / "spec.yaml"), "--out", str(folder / "out")]
    made = CliRunner().invoke(main, ["model", "fit", *given, "--from", "2027-01-01"])
    assert made.exit_code == 0, made.output
    (model,) = (p for p in (folder / "out").glob("*.json") if p.name != "report.json")
    result = evaluate(folder, "--artefact", str(model), "--out", str(folder / "report"))
    assert result.exit_code == 0, result.output
    return folder, result


def told(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "report" / "report.json").read_text("utf-8"))
    return found["waves"]  # type: ignore[no-any-return]


def test_each_wave_has_its_error_its_level_and_its_slope(judged: tuple[Path, Result]) -> None:
    first, dearer, turned = told(judged[0])["each"]
    assert [one["wave"] for one in (first, dearer, turned)] == ["9", "10", "11"]
    assert dearer["truth_less_score"] - first["truth_less_score"] == pytest.approx(0.3, abs=1e-3)
    assert dearer["exclusion_at_40"] == first["exclusion_at_40"]  # prices do not change the order
    assert dearer["slope"] == pytest.approx(first["slope"], abs=1e-3)
    assert turned["exclusion_at_40"]["value"] > first["exclusion_at_40"]["value"] + 0.1
    assert turned["slope"] < first["slope"] - 0.3
    assert dearer["interval_covers"] < first["interval_covers"]


def test_answers_that_moved_are_found_and_no_others(judged: tuple[Path, Result]) -> None:
    stability = told(judged[0])["population_stability"]
    assert max(one["psi"] for one in stability["10"]) < 1e-12
    moved = stability["11"]
    assert [one["variable"] for one in moved if one["psi"] > 0.1] == ["roof"]
    assert moved[0]["largest"][0] == "tile"
    assert moved[0]["adjusted"] < 0.001


def test_what_is_lost_by_not_fitting_again_is_told(judged: tuple[Path, Result]) -> None:
    dearer, turned = told(judged[0])["fitted_on_earlier_waves"]
    assert dearer["before"] == ["9"]
    assert dearer["stale_bias"] == pytest.approx(0.3, abs=0.03)
    # the same families under other prices: the same folds hold the same villages out
    assert dearer["error"]["ours"] == pytest.approx(dearer["error"]["theirs"], abs=0.01)
    assert turned["before"] == ["9", "10"]
    assert turned["error"]["low"] > 0
    assert turned["fresh_r2"] > turned["stale_r2"] + 0.1


def test_the_page_has_a_table_beside_each_chart(judged: tuple[Path, Result]) -> None:
    folder, result = judged
    assert "Drift between waves" in result.output
    page = (folder / "report" / "report.html").read_text(encoding="utf-8")
    part = page[page.index("<h2>Drift between waves") : page.index("<h2>Definitions")]
    kinds = re.findall(r"<(svg|table)", part)
    assert kinds == ["svg", "table", "svg", "table", "svg", "table", "table"]
    for caption in ("The model in each wave", "Population stability index"):
        assert f"<caption>{caption}</caption>" in part


def test_one_wave_has_no_such_part_and_nothing_is_fitted_where_that_is_not_wanted(
    judged: tuple[Path, Result], tmp_path: Path
) -> None:
    folder, _ = judged
    rows = panel()
    scores = [f"{row['hh_id']},{np.log(row['welfare']):.6f},{row['wave']}" for row in rows]
    (tmp_path / "s.csv").write_text("\n".join(["hh_id,score,wave", *scores]), encoding="utf-8")
    for waves, name in ((rows[:600], "one"), (rows, "three")):
        write_table(folder / "survey.csv", waves)
        given = ("--predictions", str(tmp_path / "s.csv"), "--no-refit")
        result = evaluate(folder, *given, "--out", str(tmp_path / name))
        assert result.exit_code == 0, result.output
    alone, all_three = (
        json.loads((tmp_path / name / "report.json").read_text("utf-8"))
        for name in ("one", "three")
    )
    assert "waves" not in alone
    assert all_three["waves"]["fitted_on_earlier_waves"] == []
    assert [one["r2"] for one in all_three["waves"]["each"]] == pytest.approx([1, 1, 1])


def survey(folder: Path, rows: Rows, **about: object) -> Any:
    write_table(folder / "s.csv", rows)
    write_description(folder / "m.json", **about)
    return read_table(folder / "s.csv", read_description(folder / "m.json"), Columns())


def test_a_family_stands_once_in_a_wave_and_every_row_names_its_wave(tmp_path: Path) -> None:
    rows = panel()
    assert names(survey(tmp_path, rows, wave="wave")) == ["9", "10", "11"]
    with pytest.raises(
        ValueError, match="row 602, column hh_id: 'h1-00000' stands already in row 2"
    ):
        survey(tmp_path, rows)
    twice = [*rows, rows[3]]
    with pytest.raises(
        ValueError, match="row 1802, column hh_id: 'h1-00003' stands already in row 5"
    ):
        survey(tmp_path, twice, wave="wave")
    blank = [{**row, "wave": ""} if place == 4 else row for place, row in enumerate(rows)]
    with pytest.raises(ValueError, match="row 6, column wave: missing"):
        survey(tmp_path, blank, wave="wave")
    with pytest.raises(ValueError, match="there is no column round"):
        survey(tmp_path, rows, wave="round")


def test_predictions_for_a_panel_must_name_the_wave(tmp_path: Path) -> None:
    rows = panel()
    survey(tmp_path, rows, wave="wave")
    write_table(tmp_path / "survey.csv", rows)
    write_description(tmp_path / "meta.json", wave="wave")
    (tmp_path / "p.csv").write_text("hh_id,score\nh1-00000,1\n", encoding="utf-8")
    result = evaluate(tmp_path, "--predictions", str(tmp_path / "p.csv"))
    assert result.exit_code == 1
    assert "a column wave is needed" in result.output


def test_a_wave_too_small_to_fit_says_so(tmp_path: Path) -> None:
    rows = [{**row, "wave": "b"} for row in invented(20, 5, seed=2)]
    rows += [{**row, "wave": "a"} for row in invented(300, 20)]
    scores = [f"{row['hh_id']},{np.log(row['welfare']) + row['luck'] / 3:.6f}" for row in rows]
    (tmp_path / "p.csv").write_text("\n".join(["hh_id,score", *scores]), encoding="utf-8")
    write_table(tmp_path / "survey.csv", rows)
    write_description(tmp_path / "meta.json", wave="wave", numeric=["years"], categorical=[])
    given = ("--predictions", str(tmp_path / "p.csv"), "--out", str(tmp_path / "report"))
    result = evaluate(tmp_path, *given)
    assert result.exit_code == 0, result.output
    (one,) = told(tmp_path)["fitted_on_earlier_waves"]
    assert "20 families in 5 villages" in one["why_not"]
    assert one["error"] is None
