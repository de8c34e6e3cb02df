"""The model that is shipped: its form and spec on an invented survey, and the file itself."""

import csv
import hashlib
import io
import json
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from pmt_examples import AS_OF, member

from chalicelib.domain import pmt
from chalicelib.domain.household import Household
from modelling import artefacts
from modelling.cli import main
from modelling.model_command import command
from modelling.survey_form import read_form
from modelling.survey_scoring import inputs_of, load, score_table
from modelling.survey_spec import read_spec, to_yaml
from modelling.survey_table import Columns, read_description, read_table

DECLARED = Path(artefacts.__file__).parent / "demonstration"
FORM = read_form("form.yaml", (DECLARED / "form.yaml").read_text(encoding="utf-8"))
SPEC = read_spec("pakistan.yaml", (DECLARED / "pakistan.yaml").read_text(encoding="utf-8"))
SHIPPED = artefacts.read(artefacts.current())
DOCUMENT = json.loads((artefacts.MODELS / f"{SHIPPED.sha256}.json").read_bytes())
TEXTS = ("head_status", "head_occupation", "head_industry")
LISTED = ("toilet", "tenure", "water_source", "electricity", "piped_gas")
ANY = ("head_female", "urban", "any_pension", "has_internet", "has_broadband", "has_mobile")
MORE = ("has_landline", "has_desktop", "has_laptop", "has_tablet", "has_ipad")


def said(column: str) -> list[str]:
    """Every text that a rule of the spec lists for a column of the survey."""
    rules = [made.choices.values() for made in SPEC.made]
    lists = [c[column] for conditions in rules for c in conditions if column in c]
    return sorted({text for texts in lists if isinstance(texts, tuple) for text in texts})


def invented(households: int = 400) -> list[dict[str, Any]]:
    """Families whose welfare rises with rooms and falls with members and with a phone."""
    rng = Random(7)  # noqa: S311 - an invented survey, the same each time
    rows = []
    for place in range(households):
        row: dict[str, Any] = {
            "hh_id": f"h{place:04}",
            "region": f"R{place % 3}",
            "cluster": f"C{place % 40:02}",
            "weight": 1 + place % 2,
            "hhsize": rng.randint(1, 9),
            "rooms": rng.randint(1, 6),
            "head_age": rng.randint(20, 90),
            "head_educ_years": rng.randint(0, 18),
            "max_educ_years": rng.randint(0, 18),
            "land_owned_acres": rng.choice([0, 1, 4.5]),
        }
        for column in ("n_0_4", "n_out_of_school", "n_60p", "n_workers"):
            row[column] = rng.randint(0, 2)
        row |= {column: rng.randint(0, 1) for column in (*ANY, *MORE)}
        row |= {column: rng.choice([*said(column), "another"]) for column in TEXTS}
        row |= {column: rng.choice(said(column)) for column in LISTED}
        size, rooms, phone = row["hhsize"], row["rooms"], row["has_mobile"]
        log = 8 - 0.5 * np.log(size) + 0.4 * np.log(rooms) - 0.3 * phone + rng.gauss(0, 0.2)
        row["welfare"] = round(float(np.exp(log)), 4)
        rows.append(row)
    return rows


def saved(folder: Path, rows: list[dict[str, Any]]) -> tuple[Path, Path]:
    text = io.StringIO()
    table = csv.DictWriter(text, list(rows[0]))
    table.writeheader()
    table.writerows(rows)
    meta = {
        "survey": "An invented survey",
        "country": "Nowhere",
        "licence": "Apache-2.0",
        "currency": "coins a person a month",
        "categorical": [*TEXTS, *LISTED],
        "numeric": [c for c in rows[0] if c.startswith(("n_", "has_", "head_age"))]
        + ["rooms", "urban", "head_female", "any_pension", "land_owned_acres"]
        + ["head_educ_years", "max_educ_years"],
    }
    (folder / "invented.csv").write_text(text.getvalue(), encoding="utf-8")
    (folder / "invented.json").write_text(json.dumps(meta), encoding="utf-8")
    return folder / "invented.csv", folder / "invented.json"


def fit(folder: Path, rows: list[dict[str, Any]], out: str = "out") -> Any:
    survey, meta = saved(folder, rows)
    declared = ["--spec", str(DECLARED / "pakistan.yaml"), "--form", str(DECLARED / "form.yaml")]
    named = ["--meta", str(meta), "--from", "2026-11-22", "--out", str(folder / out)]
    options = [*named, *declared, "--repeats", "1", "--id", "demonstration-pk"]
    return CliRunner().invoke(main, ["model", "fit", str(survey), *options])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("survey")
    done = fit(made, invented())
    assert done.exit_code == 0, done.output
    assert "exclusion error" in done.output
    return made


@pytest.fixture(scope="module")
def data(folder: Path) -> bytes:
    (file,) = [f for f in (folder / "out").glob("*.json") if f.name != "report.json"]
    assert hashlib.sha256(file.read_bytes()).hexdigest() == file.stem
    return file.read_bytes()


@pytest.fixture(scope="module")
def fitted(data: bytes) -> pmt.Artefact:
    return pmt.load_artefact(data, hashlib.sha256(data).hexdigest())


class TestAModelOfTheForm:
    def test_the_same_survey_gives_the_same_bytes(self, folder: Path, data: bytes) -> None:
        assert fit(folder, invented(), "again").exit_code == 0
        sha256 = hashlib.sha256(data).hexdigest()
        assert (folder / "again" / f"{sha256}.json").read_bytes() == data

    def test_it_asks_the_form_and_reads_nothing_that_a_family_has_not(
        self, fitted: pmt.Artefact, data: bytes
    ) -> None:
        document = json.loads(data)
        assert document["questions"] == list(FORM.questions)
        assert document["notice"] == FORM.notice
        sources = {read["from"] for read in document["reads"].values()}
        assert not sources & {"column", "village"}
        assert {f.label for f in fitted.features} <= set(FORM.labels.values())

    def test_it_holds_what_was_put_into_the_survey(self, fitted: pmt.Artefact) -> None:
        def score(size: int, rooms: int) -> int:
            inputs = {read.name: read.low for read in fitted.reads if read.codes is None}
            codes = {r.name: str(min(r.codes)) for r in fitted.reads if r.codes is not None}
            known = {"fuel": "gas", "size": size, "rooms": rooms}
            outcome = pmt.score_inputs(fitted, {**inputs, **codes, **known})
            assert isinstance(outcome, pmt.Scored), outcome
            return outcome.score

        assert score(3, 6) - score(3, 1) == pytest.approx(400_000 * np.log(6), rel=0.2)
        assert score(8, 2) - score(1, 2) == pytest.approx(-500_000 * np.log(8), rel=0.2)

    def test_a_sign_that_could_not_be_defended_is_held_at_nothing(
        self, fitted: pmt.Artefact
    ) -> None:
        mobile = next(f for f in fitted.features if f.code == "mobile")
        assert [points for _, points in mobile.terms[0].knots] == [0, 0]
        assert len(mobile.terms) == 1

    def test_a_family_of_the_survey_and_a_registered_one_get_the_same_score(
        self, folder: Path, data: bytes, fitted: pmt.Artefact
    ) -> None:
        row = next(r for r in invented() if r["hhsize"] == 2)
        row |= {
            "hh_id": "one",
            "n_0_4": 0,
            "n_out_of_school": 0,
            "n_60p": 1,
            "n_workers": 1,
            "head_female": 0,
        }
        row |= {"head_status": "Own cultivator", "head_educ_years": 6, "max_educ_years": 6}
        row |= {"head_age": 66, "urban": 0, "toilet": "dry pit latrine", "tenure": "on rent"}
        row |= {"water_source": "hand pump", "electricity": "yes", "piped_gas": "no", "rooms": 3}
        row |= dict.fromkeys((*ANY[2:], *MORE), 0) | {"has_mobile": 1, "land_owned_acres": 3}
        survey, meta = saved(folder, [row, *invented(40)[1:]])
        artefact, spec = load(data, fitted.sha256)
        table = read_table(survey, read_description(meta), Columns(), score_only=True)
        scored = score_table(artefact, inputs_of(data, spec, table))[0]
        family = Household(
            "3510152004",
            (
                member("head", 1960, schooling="primary", occupation="farmer"),
                member("spouse", 1970, sex="P", schooling="none", occupation="housework"),
            ),
            {
                "tenure": "rented",
                "rooms": 3,
                "toilet": "pit",
                "water": "hand_pump",
                "lighting": "meter",
                "fuel": "solid",
                "internet": "none",
                "mobile": 1,
                "laptop": 0,
                "computer": 0,
                "landline": 0,
                "land": "from_1ha",
            },
            AS_OF,
        )
        outcome = pmt.score(fitted, family)
        assert isinstance(outcome, pmt.Scored)
        assert scored.score == outcome.score / 1_000_000
        assert scored.low is not None
        assert scored.low < scored.score

    def test_a_text_that_the_spec_does_not_know_is_named(self, tmp_path: Path) -> None:
        rows = invented(40)
        rows[3]["toilet"] = "gold"
        done = fit(tmp_path, rows)
        assert done.exit_code == 1
        assert "row 5: nothing says which toilet this is: toilet gold" in done.output
        assert not (tmp_path / "out").exists()


class TestTheShippedFile:
    def test_it_was_made_from_the_form_and_the_spec_that_are_shipped(self) -> None:
        assert DOCUMENT["questions"] == list(FORM.questions)
        assert DOCUMENT["notice"] == FORM.notice
        assert DOCUMENT["spec"] == to_yaml(SPEC)
        assert DOCUMENT["reads"].items() <= FORM.reads.items()

    def test_no_family_scores_higher_for_one_member_more(self) -> None:
        """The worst case of every feature, whatever a family answers."""
        for before, after in pairwise(range(1, 21)):
            most = 0
            for feature in SHIPPED.features:
                read = {term.read for term in feature.terms} - {"size"}
                values = [1] if not read else possible(read.pop())
                steps = [points(feature, v, after) - points(feature, v, before) for v in values]
                most += max(steps)
            assert most < 0

    def test_a_better_answer_never_lowers_its_feature_at_any_size(self) -> None:
        for feature in SHIPPED.features:
            if feature.code == "size":
                continue
            values = possible(feature.terms[0].read)
            for size in range(1, 21):
                drawn = [points(feature, value, size) for value in values]
                assert drawn == sorted(drawn, reverse=feature.direction == "down")


def possible(read: str) -> list[int | str]:
    """The values of a read, those first that may only be worse."""
    terms = [t for f in SHIPPED.features for t in f.terms if t.read == read]
    return [code for code, _ in terms[0].levels] or list(range(21))


def points(feature: Any, value: int | str, size: int) -> int:
    total = 0
    for term in feature.terms:
        found = term.points(size if term.read == "size" else value)
        if term.times:
            found = found * term.times[1](size) // 1_000_000
        total += found
    return total


class TestTheCommands:
    def test_check_accepts_the_file_and_refuses_one_changed_byte(
        self, tmp_path: Path, data: bytes
    ) -> None:
        file = tmp_path / f"{hashlib.sha256(data).hexdigest()}.json"
        file.write_bytes(data)
        assert CliRunner().invoke(command, ["check", str(file)]).exit_code == 0
        file.write_bytes(data.replace(b"Nowhere", b"Neverla"))
        refused = CliRunner().invoke(command, ["check", str(file)])
        assert refused.exit_code == 1
        assert "content hash" in refused.output

    def test_check_names_the_fault(self, tmp_path: Path) -> None:
        broken = b'{"format": "tepat-pmt/1"}'
        file = tmp_path / f"{hashlib.sha256(broken).hexdigest()}.json"
        file.write_bytes(broken)
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
