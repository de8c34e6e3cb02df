"""Poverty by area: not biased, told with its error, small areas hidden, readable without eyes."""

import csv
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from modelling import charts
from modelling.cli import main
from modelling.map_command import AREAS
from modelling.poverty_rates import Families, chances, counted, rates
from modelling.tile_map import SHADES, TILES, WHITE_FROM, tile_map

HALF = 1.6449 * 0.45  # of a 90 % interval


def drawn(
    areas: int = 40, each: int = 400, village_sd: float = 0.0, seed: int = 5
) -> tuple[Families, np.ndarray[Any, Any]]:
    """Families whose welfare is their score and noise of standard deviation 0.45."""
    draw = np.random.default_rng(seed)
    count = areas * each
    area = np.repeat(np.arange(areas), each)
    village = np.arange(count) // 20
    score = 8.3 + 0.2 * draw.normal(size=areas)[area] + 0.5 * draw.normal(size=count)
    own = np.sqrt(0.45**2 - village_sd**2)
    noise = village_sd * draw.normal(size=village.max() + 1)[village] + own * draw.normal(
        size=count
    )
    families = Families(
        area=[f"a{n:02}" for n in area],
        village=[f"v{n}" for n in village],
        weight=draw.uniform(0.5, 1.5, count),
        score=score,
        low=score - HALF,
        high=score + HALF,
    )
    return families, score + noise


def true(families: Families, welfare: np.ndarray[Any, Any], line: float) -> dict[str, float]:
    area = np.array(families.area)
    return {
        name: float(np.average(welfare[area == name] < line, weights=families.weight[area == name]))
        for name in sorted(set(families.area))
    }


def test_counting_predictions_under_a_low_line_is_biased_and_the_mean_of_chances_is_not() -> None:
    families, welfare = drawn()
    line = float(np.quantile(welfare, 0.15))
    truth = np.array(list(true(families, welfare, line).values()))
    count = np.array(list(counted(families, line).values()))
    found, whole = rates(families, line, together=0.0, sample=False)
    ours = np.array([rate.rate for rate in found])
    assert (count - truth).mean() < -0.04
    assert abs((ours - truth).mean()) < 0.005
    assert np.sqrt(((ours - truth) ** 2).mean()) < np.sqrt(((count - truth) ** 2).mean()) / 2
    assert whole.rate == pytest.approx(0.15, abs=0.01)


@pytest.mark.parametrize(("village_sd", "together"), [(0.0, 0.0), (0.25, 0.25**2 / 0.45**2)])
def test_the_error_says_how_far_the_shares_are_from_the_truth(
    village_sd: float, together: float
) -> None:
    families, welfare = drawn(areas=150, each=200, village_sd=village_sd)
    line = float(np.quantile(welfare, 0.3))
    truth = true(families, welfare, line)
    found, _ = rates(families, line, together=together, sample=False)
    far = np.array([(rate.rate - truth[rate.area]) / rate.error for rate in found])
    assert 0.85 < np.sqrt((far**2).mean()) < 1.15


def test_a_sample_is_less_sure_than_everybody() -> None:
    families, _ = drawn(areas=3)
    everybody, _ = rates(families, 8.0, together=0.1, sample=False)
    sample, _ = rates(families, 8.0, together=0.1, sample=True)
    for all_of_them, some in zip(everybody, sample, strict=True):
        assert all_of_them.rate == some.rate
        assert all_of_them.error < some.error


def test_a_chance_follows_the_interval() -> None:
    one = Families(
        ["a"] * 3,
        ["v"] * 3,
        np.ones(3),
        np.full(3, 8.0),
        np.full(3, 8 - HALF),
        np.full(3, 8 + HALF),
    )
    assert chances(one, 8.0) == pytest.approx([0.5] * 3)
    assert chances(one, 8.0 + 0.45) == pytest.approx([0.8413] * 3, abs=1e-3)
    sure = Families(["a"], ["v"], np.ones(1), np.array([8.0]), np.array([8.0]), np.array([8.0]))
    assert chances(sure, 8.1) == pytest.approx([1.0])


def test_small_areas_are_hidden_and_one_more_so_that_the_total_gives_none_away() -> None:
    families, _ = drawn(areas=4, each=100)
    few = [n < 10 or n >= 100 for n in range(400)]
    kept = Families(
        *[[v for v, k in zip(c, few, strict=True) if k] for c in (families.area, families.village)],
        *[c[few] for c in (families.weight, families.score, families.low, families.high)],
    )
    found, whole = rates(kept, 8.0, together=0.1, sample=False)
    assert [np.isnan(rate.rate) for rate in found] == [True, True, False, False]
    assert not np.isnan(whole.rate)


class TestTheMap:
    def test_every_province_has_a_square_of_its_own(self) -> None:
        areas = json.loads(AREAS.read_text("utf-8"))["areas"]
        assert TILES.keys() == {code for code in areas if len(code) == 2}
        assert len({(column, row) for column, row, _ in TILES.values()}) == len(TILES)
        assert len({name for _, _, name in TILES.values()}) == len(TILES)

    def test_words_on_every_shade_can_be_read(self) -> None:
        def light(colour: str) -> float:
            parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
            linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
            return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

        for place, shade in enumerate(SHADES):
            one, other = light(shade), light("#ffffff" if place >= WHITE_FROM else charts.INK)
            assert (max(one, other) + 0.05) / (min(one, other) + 0.05) >= 4.5

    def test_a_square_tells_its_figure_and_a_hidden_one_none(self) -> None:
        svg = tile_map({"11": 0.123, "35": float("nan")}, title="t", description="d")
        assert ">12.3<" in svg
        assert "nan" not in svg
        assert svg.count('stroke-dasharray="3 3"') == len(TILES) - 1
        assert "<title" in svg
        assert 'role="img"' in svg

    def test_what_is_no_province_is_refused(self) -> None:
        with pytest.raises(ValueError, match="99 is not the code"):
            tile_map({"99": 0.1}, title="t", description="d")


class TestTheCommand:
    def run(self, folder: Path, rows: list[dict[str, Any]], *more: str) -> Any:
        file = folder / "scores.csv"
        with file.open("w", newline="", encoding="utf-8") as out:
            table = csv.DictWriter(out, list(rows[0]))
            table.writeheader()
            table.writerows(rows)
        arguments = ["map", str(file), "--line", "8.0", "--out", str(folder / "map"), *more]
        return CliRunner().invoke(main, arguments)

    def rows(self) -> list[dict[str, Any]]:
        families, _ = drawn(areas=3, each=60)
        codes = {"a00": "3510", "a01": "3578", "a02": "5203"}
        return [
            {
                "area": codes[families.area[n]] + "010001",
                "village": families.village[n],
                "score": "" if n == 7 else f"{families.score[n]:.4f}",
                "lo": "" if n == 7 else f"{families.low[n]:.4f}",
                "hi": "" if n == 7 else f"{families.high[n]:.4f}",
            }
            for n in range(180)
        ]

    def test_by_province_it_draws_the_tiles_and_the_table(self, tmp_path: Path) -> None:
        done = self.run(tmp_path, self.rows(), "--by", "province")
        assert done.exit_code == 0, done.output
        document = json.loads((tmp_path / "map" / "map.json").read_text("utf-8"))
        found = {area["area"]: area for area in document["areas"]}
        assert found.keys() == {"35", "52"}
        assert found["35"]["name"] == "Jawa Timur"
        assert found["35"]["families"] == 119
        assert "1 without" in document["about"]["families"]
        page = (tmp_path / "map" / "map.html").read_text("utf-8")
        assert page.count("<svg") == 1
        assert "Jatim" in page
        cells = re.findall(r'<th scope="row">35</th>(.*?)</tr>', page)
        assert charts.percent(found["35"]["share"]) in cells[0]

    def test_by_regency_it_draws_bars_with_the_names(self, tmp_path: Path) -> None:
        assert self.run(tmp_path, self.rows(), "--by", "regency").exit_code == 0
        page = (tmp_path / "map" / "map.html").read_text("utf-8")
        assert "Kabupaten Banyuwangi" in page

    def test_few_families_are_told_nowhere(self, tmp_path: Path) -> None:
        self.run(tmp_path, self.rows(), "--by", "regency", "--least", "100")
        document = json.loads((tmp_path / "map" / "map.json").read_text("utf-8"))
        assert [area["share"] for area in document["areas"]] == [None] * 3
        assert [area["families"] for area in document["areas"]] == [None] * 3
        assert document["all"]["share"] is not None

    def test_an_area_without_the_digits_is_named_and_nothing_is_written(
        self, tmp_path: Path
    ) -> None:
        rows = self.rows()
        rows[4]["area"] = "35x"
        done = self.run(tmp_path, rows, "--by", "regency")
        assert done.exit_code == 1
        assert "row 6, column area: '35x' has no 4 digits" in done.output
        assert not (tmp_path / "map").exists()
