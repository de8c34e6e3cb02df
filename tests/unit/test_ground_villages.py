"""Levels of villages from ground checks: found, shrunk, judged, and put into a successor."""

import csv
import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

from chalicelib.domain import pmt
from modelling.cli import main
from modelling.ground_villages import Checked, learn
from modelling.survey_inputs import values
from modelling.survey_table import Columns, Table
from tests.unit.pmt_examples import document, family

VILLAGES = [f"35{regency:02d}15{place:04d}" for regency in (10, 11) for place in range(2001, 2031)]


def drawn(
    seed: int = 1, *, between: float = 0.4, each: int = 5, shift: float = 0.0, slope: float = 0.0
) -> tuple[Checked, dict[str, float]]:
    """Checks of villages with known levels, and the levels less their region's mean."""
    draw = np.random.default_rng(seed)
    levels = dict(zip(VILLAGES, draw.normal(0, between, len(VILLAGES)), strict=True))
    village = [name for name in VILLAGES for _ in range(each)]
    score = draw.normal(8, 0.5, len(village))
    left = np.array(
        [levels[v] + (shift if v.startswith("3511") else 0) + draw.normal(0, 0.5) for v in village]
    )
    checked = Checked(
        "checks.csv",
        "",
        [f"h{n}" for n in range(len(village))],
        [v[:4] for v in village],
        village,
        score,
        left + slope * (score - 8),
    )
    means = {
        place: np.mean([level for v, level in levels.items() if v.startswith(place)])
        for place in ("3510", "3511")
    }
    return checked, {v: level - float(means[v[:4]]) for v, level in levels.items()}


def missed(found: dict[str, float], truth: dict[str, float]) -> float:
    return float(np.mean([(found[v] - truth[v]) ** 2 for v in truth]))


def test_levels_are_nearer_the_truth_than_nothing_and_than_plain_means() -> None:
    checked, truth = drawn(each=3)
    found = learn(checked)
    means = {
        v: float(
            np.mean([e for e, name in zip(checked.left, checked.village, strict=True) if name == v])
        )
        for v in truth
    }
    levels = dict(found.levels)
    assert missed(levels, truth) < 0.75 * missed(means, truth)
    assert missed(levels, truth) < 0.75 * missed(dict.fromkeys(truth, 0.0), truth)
    assert found.between == pytest.approx(0.4, rel=0.3)
    assert found.within == pytest.approx(0.5, rel=0.15)
    many = learn(drawn(each=10)[0])
    assert many.shown
    assert many.low > 0


def test_more_checks_are_trusted_more() -> None:
    few, many = (learn(drawn(each=each)[0]) for each in (2, 10))
    raw = {}
    for found, each in ((few, 2), (many, 10)):
        checked, _ = drawn(each=each)
        means = [np.mean(checked.left[n * each : (n + 1) * each]) for n in range(len(VILLAGES))]
        raw[each] = np.std(list(found.levels.values())) / np.std(means)
    assert raw[2] < raw[10] < 1


def test_a_dearer_region_and_a_wrong_slope_are_not_taken_for_villages() -> None:
    plain = learn(drawn()[0])
    moved = learn(drawn(shift=0.8, slope=-0.3)[0])
    change = [moved.levels[v] - plain.levels[v] for v in VILLAGES]
    assert np.abs(change).max() < 0.12
    assert moved.slope == pytest.approx(-0.3, abs=0.1)
    assert moved.moved == pytest.approx(plain.moved + 0.4, abs=0.02)


def test_villages_that_do_not_differ_are_hardly_ever_shown_to() -> None:
    shown = [learn(drawn(seed, between=0.0)[0]) for seed in range(20)]
    assert sum(found.shown for found in shown) <= 5
    assert np.median([max(map(abs, found.levels.values())) for found in shown]) < 0.1


def test_the_same_checks_give_the_same_levels() -> None:
    one, two = (learn(drawn()[0]) for _ in range(2))
    assert one == two


# The command


def written(folder: Path, **changes: object) -> Path:
    """The model of every kind of read, without levels of villages."""
    data = json.dumps(document(**changes)).encode()
    path = folder / f"{hashlib.sha256(data).hexdigest()}.json"
    path.write_bytes(data)
    return path


def checks(folder: Path, checked: Checked, **changes: dict[int, str]) -> Path:
    """The file of checks; changes are cells by column and row."""
    path = folder / "checks.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(["hh_id", "region", "village", "score", "welfare"])
        for row in range(len(checked.ids)):
            welfare = np.exp(checked.score[row] + checked.left[row])
            cells: dict[str, Any] = {
                "hh_id": checked.ids[row],
                "region": checked.region[row],
                "village": checked.village[row],
                "score": f"{checked.score[row]:.6f}",
                "welfare": f"{welfare:.4f}",
            }
            out.writerow([changes.get(name, {}).get(row, cell) for name, cell in cells.items()])
    return path


def ground(folder: Path, model: Path, file: Path) -> Result:
    given = [str(model), str(file), "--out", str(folder / "out"), "--version", "2"]
    return CliRunner().invoke(main, ["model", "ground", *given, "--from", "2027-06-01"])


def successor(folder: Path) -> Path:
    (path,) = (folder / "out").iterdir()
    return path


def load(path: Path) -> pmt.Artefact:
    return pmt.load_artefact(path.read_bytes(), path.stem)


def test_the_engine_gives_each_village_its_level_and_an_unseen_one_nothing(tmp_path: Path) -> None:
    checked, _ = drawn()
    before = written(tmp_path)
    result = ground(tmp_path, before, checks(tmp_path, checked))
    assert result.exit_code == 0, result.output
    old, new = load(before), load(successor(tmp_path))
    levels = learn(checked).levels
    for village in (*VILLAGES[:3], "3510152099"):
        gained = [pmt.score(model, family(village=village)) for model in (old, new)]
        assert all(isinstance(one, pmt.Scored) for one in gained)
        one, two = (found.score for found in gained if isinstance(found, pmt.Scored))
        assert two - one == pytest.approx(1e6 * levels.get(village, 0.0), abs=2)
    assert (new.version, new.effective_from, new.approver) == ("2", "2027-06-01", None)
    training = new.about["training"]
    assert isinstance(training, dict)
    assert training["ground_checks"]["successor_of"] == before.stem
    assert training["ground_checks"]["families"] == len(checked.ids)


def test_on_a_survey_the_village_is_its_cluster_and_any_other_area_its_region() -> None:
    rows = 4
    table = Table(
        "t.csv",
        "",
        [f"h{n}" for n in range(rows)],
        ["35"] * rows,
        VILLAGES[:rows],
        np.ones(rows),
        np.ones(rows),
        None,
        {},
        {},
    )
    reads = {"village": {"from": "area", "digits": 10}, "province": {"from": "area", "digits": 2}}
    found = values(reads, Columns(), table)
    assert found == {"village": VILLAGES[:rows], "province": ["35"] * rows}


def test_nothing_is_written_when_the_levels_do_not_help(tmp_path: Path) -> None:
    seed = next(s for s in range(20) if not learn(drawn(s, between=0.0)[0]).shown)
    file = checks(tmp_path, drawn(seed, between=0.0)[0])
    result = ground(tmp_path, written(tmp_path), file)
    assert result.exit_code == 1
    assert "not shown to help" in result.output
    assert not (tmp_path / "out").exists()


def test_levels_are_put_into_a_model_once(tmp_path: Path) -> None:
    before = written(tmp_path)
    file = checks(tmp_path, drawn()[0])
    ground(tmp_path, before, file)
    result = ground(tmp_path, successor(tmp_path), file)
    assert result.exit_code == 1
    assert f"start from {before.stem}" in result.output


FEW = drawn(each=1)[0]
BAD: dict[str, tuple[Checked, dict[str, dict[int, str]], str]] = {
    "no code": (drawn()[0], {"village": {3: "Sukamaju"}}, "village 'Sukamaju' is not a code of 10"),
    "two regions": (
        drawn()[0],
        {"region": {1: "3512"}},
        "row 3, column region: village 3510152001",
    ),
    "a family twice": (drawn()[0], {"hh_id": {4: "h0"}}, "row 6, column hh_id"),
    "welfare of nothing": (drawn()[0], {"welfare": {0: "0"}}, "row 2, column welfare"),
    "no score": (drawn()[0], {"score": {0: ""}}, "row 2, column score"),
    "one family a village": (FEW, {}, "0 villages with 2 checked families or more"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_is_told_and_nothing_is_written(tmp_path: Path, name: str) -> None:
    checked, changes, message = BAD[name]
    result = ground(tmp_path, written(tmp_path), checks(tmp_path, checked, **changes))
    assert result.exit_code == 1
    assert isinstance(result.exception, SystemExit)
    assert message in result.output
    assert not (tmp_path / "out").exists()


def test_a_changed_model_and_a_score_card_are_refused(tmp_path: Path) -> None:
    file = checks(tmp_path, drawn()[0])
    path = written(tmp_path)
    path.write_bytes(path.read_bytes().replace(b"Contoh", b"Lainya"))
    assert "not the one that was asked for" in ground(tmp_path, path, file).output
    target = {"kind": "points", "what": "", "unit": "", "lowest": 0, "highest": 100}
    card = written(tmp_path, target={**target, "what": "points", "unit": "points"})
    assert "a score card speaks of points" in ground(tmp_path, card, file).output
