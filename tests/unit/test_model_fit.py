from __future__ import annotations

import csv
import gzip
import hashlib
import io
import json
from dataclasses import replace
from random import Random
from typing import TYPE_CHECKING

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain import pmt
from modelling import artefacts, demonstration_pk
from modelling import fit as fitting
from modelling.demonstration_pk import RECIPE
from modelling.model_command import command
from modelling.surveys import Survey, SurveyError, read_survey

if TYPE_CHECKING:
    from pathlib import Path

LEVELS = {column: list(levels) for column, levels in demonstration_pk.LEVELS.values()}
ABOUT = {
    "survey": "An invented survey",
    "country": "Nowhere",
    "source": "this test",
    "licence": "Apache-2.0",
    "currency": "coins a person a month",
    "groups": {"female-headed": "head_female==1", "large": "hhsize>=6", "small": "hhsize<=2"},
}


def invented(households: int = 400) -> list[dict[str, object]]:
    """Families whose welfare rises with rooms and falls with members and with a phone."""
    rng = Random(7)  # noqa: S311 - an invented survey, the same each time
    rows = []
    for place in range(households):
        row: dict[str, object] = {
            "hh_id": f"h{place:04}",
            "region": f"R{place % 3}",
            "cluster": f"C{place % 40:02}",
            "weight": 1 + place % 2,
            "hhsize": rng.randint(1, 9),
            "rooms": rng.randint(1, 6),
            "head_status": rng.choice([*demonstration_pk.WORK, "Paid employee", "unknown"]),
            "head_occupation": rng.choice(["House builders", "other"]),
            "head_industry": rng.choice(["Defense activities", "other"]),
            "head_educ_years": rng.randint(0, 18),
            "max_educ_years": rng.randint(0, 18),
            "land_owned_acres": rng.choice([0, 1, 4.5]),
        }
        for column in ("n_0_4", "n_out_of_school", "n_60p", "n_workers"):
            row[column] = rng.randint(0, 2)
        for column in (
            *("urban", "head_female", "any_pension", "has_internet", "has_broadband"),
            *("has_mobile", "has_landline", "has_desktop", "has_laptop", "has_tablet", "has_ipad"),
        ):
            row[column] = rng.randint(0, 1)
        row |= {column: rng.choice(levels) for column, levels in LEVELS.items()}
        size, rooms, phone = (int(str(row[c])) for c in ("hhsize", "rooms", "has_mobile"))
        log = 8 - 0.5 * np.log(size) + 0.4 * np.log(rooms) - 0.3 * phone + rng.gauss(0, 0.2)
        row["welfare"] = round(float(np.exp(log)), 4)
        rows.append(row)
    return rows


def saved(folder: Path, rows: list[dict[str, object]], **about: object) -> Path:
    text = io.StringIO()
    table = csv.DictWriter(text, list(rows[0]))
    table.writeheader()
    table.writerows(rows)
    path = folder / "invented.csv.gz"
    path.write_bytes(gzip.compress(text.getvalue().encode()))
    (folder / "invented.json").write_text(json.dumps(ABOUT | about))
    return path


@pytest.fixture(scope="module")
def survey(tmp_path_factory: pytest.TempPathFactory) -> Survey:
    return read_survey(saved(tmp_path_factory.mktemp("survey"), invented()))


@pytest.fixture(scope="module")
def sample(survey: Survey) -> fitting.Sample:
    return fitting.sample(survey, RECIPE, RECIPE.inputs(survey))


@pytest.fixture(scope="module")
def built(survey: Survey) -> bytes:
    return build(survey)


def build(survey: Survey) -> bytes:
    inputs = RECIPE.inputs(survey)
    data = fitting.sample(survey, RECIPE, inputs)
    return artefacts.build(survey, RECIPE, inputs, data, fitting.fit(data, survey, lambda _: None))


def load(data: bytes) -> pmt.Artefact:
    return pmt.load_artefact(data, hashlib.sha256(data).hexdigest())


class TestTheArtefact:
    def test_the_same_survey_gives_the_same_bytes(self, survey: Survey, built: bytes) -> None:
        assert build(survey) == built

    def test_it_holds_what_was_put_into_the_survey(self, built: bytes) -> None:
        terms = {f.code: f.terms[0] for f in load(built).features}
        assert dict(terms["rooms"].knots)[6] == pytest.approx(400_000 * np.log(6), rel=0.15)
        assert dict(terms["size"].knots)[9] == pytest.approx(-500_000 * np.log(9), rel=0.15)

    def test_a_sign_that_could_not_be_defended_is_held_at_nothing(self, built: bytes) -> None:
        mobile = next(f for f in load(built).features if f.code == "mobile")
        assert [points for _, points in mobile.terms[0].knots] == [0, 0]

    def test_survey_means_are_those_of_the_scores(self, survey: Survey, built: bytes) -> None:
        artefact, inputs = load(built), RECIPE.inputs(survey)
        weight = fitting.sample(survey, RECIPE, inputs).weight
        scored = [
            pmt.score_inputs(artefact, {name: column[row] for name, column in inputs.items()})
            for row in range(len(survey))
        ]
        totals = [outcome.score for outcome in scored if isinstance(outcome, pmt.Scored)]
        assert len(totals) == len(survey)
        assert np.average(totals, weights=weight) == pytest.approx(artefact.base, abs=50)

    def test_points_stay_on_the_grid(self, built: bytes) -> None:
        for feature in load(built).features:
            for term in feature.terms:
                assert all(points % 100 == 0 for _, points in (*term.levels, *term.knots))

    def test_it_names_its_origin(self, survey: Survey, built: bytes) -> None:
        training = load(built).about["training"]
        assert isinstance(training, dict)
        assert training["table_sha256"] == survey.sha256
        assert training["licence"] == "Apache-2.0"
        assert "3.043" in training["calibration"]

    def test_the_shipped_model_asks_what_the_recipe_asks(self) -> None:
        path = artefacts.MODELS / f"{artefacts.current()}.json"
        shipped = json.loads(path.read_bytes())
        assert shipped["questions"] == json.loads(json.dumps(RECIPE.questions))
        assert shipped["reads"] == json.loads(json.dumps(RECIPE.reads))
        assert [f["code"] for f in shipped["features"]] == [spec.code for spec in RECIPE.specs]
        assert shipped["notice"] == RECIPE.notice


class TestTheFit:
    def test_without_signs_it_is_the_textbook_ridge(self, sample: fitting.Sample) -> None:
        free = replace(sample, rising=np.zeros_like(sample.rising), region=sample.region * 0)
        everyone = np.ones(len(free.target), dtype=bool)
        intercept, found = fitting.solve(free, everyone, 0.01)
        w, x, y = free.weight / free.weight.sum(), free.design, free.target
        inner, left = x - w @ x, y - w @ y
        spread = w @ inner**2
        normal = inner.T @ (inner * w[:, None]) + 0.01 * np.diag(spread)
        expected = np.linalg.solve(normal, inner.T @ (left * w))
        assert found == pytest.approx(expected, abs=1e-7)
        assert intercept == pytest.approx(float(w @ y - w @ x @ expected))

    def test_a_village_is_never_in_both_parts(self, sample: fitting.Sample) -> None:
        for village in set(sample.village):
            assert len(set(sample.fold[sample.village == village])) == 1
        assert len(set(sample.fold)) > 5

    def test_perfect_predictions_have_no_error_and_reversed_ones_all(
        self, survey: Survey, sample: fitting.Sample
    ) -> None:
        perfect = fitting.judge(sample, survey, sample.target)
        assert (perfect.r2, perfect.exclusion, perfect.inclusion) == (1, (0, 0), (0, 0))
        assert perfect.groups.keys() == {"female-headed", "large", "small"}
        reversed_ = fitting.judge(sample, survey, -sample.target)
        assert reversed_.exclusion[0] > 0.9

    def test_a_feature_that_matters_is_worth_more(self, sample: fitting.Sample) -> None:
        codes = [spec.code for spec in RECIPE.specs]
        asked = ("rooms", "landline")
        lost = dict(fitting.worth(sample, 0.001, [codes.index(code) for code in asked]))
        rooms, landline = lost.values()
        assert rooms > 0.05 > abs(landline)

    @given(st.lists(st.integers(1, 20), min_size=5, max_size=40), st.floats(0.1, 0.9))
    def test_calibrated_weights_have_the_mean_wanted(self, sizes: list[int], place: float) -> None:
        persons = np.array([1.0, 20.0, *sizes])
        wanted = 1 + 19 * place
        weight = fitting.calibrate(np.ones(len(persons)), persons, wanted)
        assert weight @ persons / weight.sum() == pytest.approx(wanted, rel=1e-6)
        assert weight.mean() == pytest.approx(1)

    def test_a_mean_that_no_weights_give_is_refused(self) -> None:
        with pytest.raises(ValueError, match="no weights"):
            fitting.calibrate(np.ones(2), np.array([2.0, 3.0]), 1.5)

    def test_cut_offs_part_the_weight_into_tenths(self) -> None:
        assert fitting.weighted_cuts(list(range(100)), [1.0] * 100) == list(range(10, 100, 10))
        heavy = fitting.weighted_cuts([1, 2, 3], [1.0, 8.0, 1.0])
        assert heavy == [2, *[3] * 8]
        assert fitting.weighted_cuts([1, 2], [2.0, 8.0]) == [2, 2, *[3] * 7]


class TestTheCommand:
    def test_fit_check_and_show(self, tmp_path: Path) -> None:
        path, out = saved(tmp_path, invented()), tmp_path / "out"
        arguments = ["fit-form", "--survey", str(path), "--recipe", "demonstration-pk"]
        done = CliRunner().invoke(command, [*arguments, "--out", str(out), "--use"])
        assert done.exit_code == 0, done.output
        assert "exclusion error" in done.output
        assert "inclusion error" in done.output
        sha256 = artefacts.current(out)
        file = out / f"{sha256}.json"
        assert str(file) in done.output
        assert artefacts.read(sha256, out).sha256 == sha256
        assert CliRunner().invoke(command, ["check", str(file)]).exit_code == 0
        file.write_bytes(file.read_bytes().replace(b"Nowhere", b"Neverla"))
        refused = CliRunner().invoke(command, ["check", str(file)])
        assert refused.exit_code == 1
        assert "content hash" in refused.output

    def test_check_names_the_fault(self, tmp_path: Path) -> None:
        data = b'{"format": "tepat-pmt/1"}'
        file = tmp_path / f"{hashlib.sha256(data).hexdigest()}.json"
        file.write_bytes(data)
        refused = CliRunner().invoke(command, ["check", str(file)])
        assert refused.exit_code == 1
        assert "lacks" in refused.output

    def test_show_prints_the_model_in_use(self) -> None:
        shown = CliRunner().invoke(command, ["show"])
        assert shown.exit_code == 0
        for word in (artefacts.current(), "bukan bobot resmi", "exclusion", "Jumlah ruangan"):
            assert word in shown.output

    def test_show_of_an_unknown_hash_says_so(self) -> None:
        assert CliRunner().invoke(command, ["show", "0" * 64]).exit_code == 1

    def test_a_level_the_recipe_does_not_know_is_named(self, tmp_path: Path) -> None:
        rows = invented(20)
        rows[3]["toilet"] = "gold"
        path = saved(tmp_path, rows)
        arguments = ["fit-form", "--survey", str(path), "--recipe", "demonstration-pk"]
        done = CliRunner().invoke(command, [*arguments, "--out", str(tmp_path / "out")])
        assert done.exit_code == 1
        assert "gold" in done.output


class TestReadingASurvey:
    def test_the_description_must_name_origin_and_licence(self, tmp_path: Path) -> None:
        with pytest.raises(SurveyError, match="licence"):
            read_survey(saved(tmp_path, invented(5), licence=""))

    def test_a_missing_column_is_named(self, tmp_path: Path) -> None:
        rows = [{k: v for k, v in row.items() if k != "welfare"} for row in invented(5)]
        with pytest.raises(SurveyError, match="welfare"):
            read_survey(saved(tmp_path, rows))

    def test_a_cell_that_is_no_number_is_refused(self, tmp_path: Path) -> None:
        rows = invented(5)
        rows[0]["rooms"] = "many"
        with pytest.raises(SurveyError, match="rooms"):
            read_survey(saved(tmp_path, rows)).whole("rooms")

    @pytest.mark.parametrize(
        "data",
        [b"not gzip", gzip.compress(b"\xff\xfe"), gzip.compress(b"")],
        ids=["plain", "no text", "empty"],  # a gzip carries the time; workers must agree on names
    )
    def test_what_is_no_table_is_refused(self, tmp_path: Path, data: bytes) -> None:
        path = saved(tmp_path, invented(5))
        path.write_bytes(data)
        with pytest.raises(SurveyError):
            read_survey(path)

    def test_without_a_description_it_is_refused(self, tmp_path: Path) -> None:
        path = saved(tmp_path, invented(5))
        (tmp_path / "invented.json").unlink()
        with pytest.raises(SurveyError, match="cannot read"):
            read_survey(path)
