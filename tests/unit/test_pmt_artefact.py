from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pmt_examples import AS_OF, curve, document, feature, households, levels, load, member, question
from pmt_examples import family as example_family

from chalicelib.domain import pmt
from chalicelib.domain.household import Household

ROOT = Path(__file__).resolve().parents[2]
MODELS = ROOT / "chalicelib" / "data" / "models"
CURRENT = (MODELS / "current").read_text("ascii").strip()
BYTES = (MODELS / f"{CURRENT}.json").read_bytes()
SHIPPED = pmt.load_artefact(BYTES, CURRENT)

MODEST = {
    "tenure": "free",
    "rooms": 2,
    "toilet": "pit",
    "water": "well_open",
    "lighting": "shared",
    "fuel": "solid",
    "internet": "none",
    "mobile": 1,
    "laptop": 0,
    "computer": 0,
    "landline": 0,
    "land": "none",
}
USUAL = MODEST | {
    "tenure": "owned",
    "rooms": 4,
    "toilet": "flush_tank",
    "water": "refill",
    "lighting": "meter",
    "fuel": "gas",
    "internet": "mobile",
}
WELL_OFF = USUAL | {"rooms": 7, "internet": "fixed", "laptop": 1, "computer": 1, "land": "from_1ha"}
LABOURERS = (
    member("head", 1985),
    member("spouse", 1988, sex="P", occupation="housework"),
    member("child", 2012, schooling="primary_unfinished", attending="primary"),
    member("child", 2022, schooling="none", occupation="not_working"),
)
MANY = (
    *LABOURERS,
    member("child", 2009, schooling="lower_secondary"),
    member("child", 2015, schooling="none", attending="primary"),
    member("parent", 1950, sex="P", schooling="none", occupation="not_working"),
)
ALONE = (member("head", 1948, sex="P", schooling="none", occupation="not_working"),)
TEACHERS = (
    member("head", 1982, schooling="bachelor", occupation="state_employee"),
    member("spouse", 1984, sex="P", schooling="bachelor", occupation="employee"),
    member("child", 2014, schooling="none", attending="primary", occupation="student"),
)
GOLDEN = {
    "labourers in a village": (LABOURERS, "3510152004", MODEST, 7_868_594, 1),
    "many children, one wage": (MANY, "3510152004", USUAL, 8_260_378, 4),
    "old woman alone": (ALONE, "3510152004", MODEST, 7_982_865, 2),
    "usual family in a town": (LABOURERS, "3510151003", USUAL, 8_754_244, 7),
    "two teachers": (TEACHERS, "3510151003", WELL_OFF, 10_203_902, 10),
}


def family(people: tuple[Any, ...], village: str, answers: dict[str, Any]) -> Household:
    return Household(village, people, answers, AS_OF)


class TestTheShippedModel:
    def test_one_file_named_by_its_hash(self) -> None:
        assert [file.name for file in MODELS.glob("*.json")] == [f"{CURRENT}.json"]
        assert hashlib.sha256(BYTES).hexdigest() == CURRENT

    @pytest.mark.parametrize("name", GOLDEN)
    def test_golden_scores(self, name: str) -> None:
        people, village, answers, score, decile = GOLDEN[name]
        outcome = pmt.score(SHIPPED, family(people, village, answers))
        assert isinstance(outcome, pmt.Scored)
        found = pmt.decile(outcome.score, "ABCDABCDEF", SHIPPED.cutoffs)
        assert (outcome.score, found) == (score, decile)

    def test_the_inputs_hash_is_pinned(self) -> None:
        outcome = pmt.score(SHIPPED, family(ALONE, "3510152004", MODEST))
        assert isinstance(outcome, pmt.Scored)
        assert (
            outcome.inputs_hash
            == "196b9fd736e4d988715fdbf04b137c979ac591a7b2592bf17da6b5f665cd9354"
        )

    @given(households(SHIPPED))
    def test_base_and_contributions_make_the_score(self, household: Household) -> None:
        outcome = pmt.score(SHIPPED, household)
        if isinstance(outcome, pmt.Scored):
            assert SHIPPED.base + sum(outcome.contributions) == outcome.score

    @given(households(SHIPPED), st.data())
    def test_a_better_answer_never_lowers_its_feature(
        self, household: Household, data: st.DataObject
    ) -> None:
        place, chosen = data.draw(st.sampled_from(list(enumerate(SHIPPED.features))))
        if chosen.question is None or chosen.direction != "up":
            return
        asked = SHIPPED.question(chosen.question)
        line = [code for code, _ in chosen.terms[0].levels] or range(asked.low, asked.high + 1)
        given = [
            pmt.score(
                SHIPPED,
                family(household.members, household.village, {**household.answers, asked.code: a}),
            )
            for a in line
        ]
        points = [o.contributions[place] for o in given if isinstance(o, pmt.Scored)]
        assert points == sorted(points)

    def test_it_says_that_it_is_no_official_model(self) -> None:
        assert SHIPPED.demonstration
        assert SHIPPED.approver is None
        assert "bukan bobot resmi" in SHIPPED.notice
        training = SHIPPED.about["training"]
        assert isinstance(training, dict)
        assert {"survey", "country", "licence", "table_sha256", "households"} <= training.keys()

    def test_errors_are_told_apart_and_with_their_intervals(self) -> None:
        accuracy = SHIPPED.about["accuracy"]
        assert isinstance(accuracy, dict)
        for kind in ("exclusion", "inclusion"):
            low, high = accuracy[f"{kind}_at_40_interval_permille"]
            assert low < accuracy[f"{kind}_at_40_permille"] < high

    def test_every_text_of_the_form_is_there_and_each_question_counts(self) -> None:
        assert 8 <= len(SHIPPED.questions) <= 20
        counted = {f.question for f in SHIPPED.features}
        for asked in SHIPPED.questions:
            assert asked.text.endswith("?")
            assert asked.hint == "" or asked.hint.endswith((".", "?"))
            assert asked.code in counted
            assert all(text for _, text in asked.options)
        steps = [asked.step for asked in SHIPPED.questions]
        assert steps == sorted(steps, key=("housing", "utilities", "assets").index)

    def test_features_have_names_for_the_screen(self) -> None:
        labels = [f.label for f in SHIPPED.features]
        assert len(set(labels)) == len(labels)

    def test_who_does_not_cook_at_home_is_visited(self) -> None:
        outcome = pmt.score(SHIPPED, family(ALONE, "3510152004", MODEST | {"fuel": "no_cooking"}))
        assert isinstance(outcome, pmt.CannotScore)
        assert outcome.reasons == (pmt.Reason("unknown_level", "fuel"),)
        assert pmt.check_answers(SHIPPED, {"fuel": "no_cooking"}) == ()


class TestLoading:
    @settings(max_examples=60)
    @given(st.integers(0, len(BYTES) - 1), st.integers(1, 255))
    def test_one_changed_byte_is_refused(self, place: int, flip: int) -> None:
        changed = bytearray(BYTES)
        changed[place] ^= flip
        with pytest.raises(pmt.ArtefactCorrupt):
            pmt.load_artefact(bytes(changed), CURRENT)

    def test_a_cut_or_longer_file_is_refused(self) -> None:
        for data in (BYTES[:-1], BYTES + b"\n", b""):
            with pytest.raises(pmt.ArtefactCorrupt):
                pmt.load_artefact(data, CURRENT)

    @pytest.mark.parametrize("stated", ["tepat-pmt/2", "", None, 1])
    def test_an_unknown_format_is_refused(self, stated: object) -> None:
        with pytest.raises(pmt.ArtefactUnsupported):
            load(document(format=stated))

    @pytest.mark.parametrize(
        "data",
        [b"", b"[]x", b"\xff", b"null", b'{"format": "tepat-pmt/1", "a": 1.5}', b"[" * 100_000],
    )
    def test_what_is_no_artefact_is_refused(self, data: bytes) -> None:
        with pytest.raises(pmt.ArtefactError):
            pmt.load_artefact(data, hashlib.sha256(data).hexdigest())

    def test_a_repeated_key_is_refused(self) -> None:
        text = json.dumps(document()).replace('"id":', '"id": "x", "id":', 1).encode()
        with pytest.raises(pmt.ArtefactInvalid, match="twice"):
            pmt.load_artefact(text, hashlib.sha256(text).hexdigest())

    @pytest.mark.parametrize(
        ("field", "value", "why"),
        [
            ("surprise", 1, "unknown surprise"),
            ("intercept", "8", "whole number"),
            ("intercept", True, "whole number"),
            ("effective_from", "soon", "date"),
            ("effective_from", "2026-01-010", "1 to 10"),
            ("demonstration", 1, "true or false"),
            ("notice", " ", "text"),
            ("cutoffs", {"weighting": "persons", "scores": [1, 2, 3]}, "list of 9"),
            ("cutoffs", {"weighting": "persons", "scores": [9, *range(8)]}, "must not fall"),
            ("cutoffs", {"weighting": "dogs", "scores": [0] * 9}, "one of"),
            ("questions", [question("rooms", "count", min=1, max=20)] * 2, "twice"),
            ("questions", [question("rooms", "count", min=3, max=3)], "from 4"),
            ("questions", [question("rooms", "essay")], "one of"),
            ("questions", [question("Rooms", "yes_no")], "code"),
            ("questions", [question("rooms", "choice", options=[])], "list of 2"),
            ("features", [], "list of 1"),
            ("target", {"kind": "points", "what": "x", "unit": "y"}, "lacks"),
        ],
    )
    def test_a_faulty_field_is_named(self, field: str, value: object, why: str) -> None:
        with pytest.raises(pmt.ArtefactInvalid, match=why):
            load(document(**{field: value}))

    @pytest.mark.parametrize(
        ("broken", "why"),
        [
            (feature("f", curve("nowhere", [0, 0])), "one of"),
            (feature("f", curve("rooms", [2, 0], [1, 5])), "must rise"),
            (feature("f", curve("water", [0, 0])), "levels are for codes"),
            (feature("f", levels("rooms", tap=1)), "levels are for codes"),
            (feature("f", levels("water", river=0, well=1)), "every code"),
            (feature("f", levels("water", ["x"], river=0, well=1, tap=2, lake=3)), "every code"),
            (feature("f", levels("water", ["x"], river=0, well=1, tap=2, x=3)), "also unscored"),
            (feature("f", curve("rooms", [1, 5], [2, 0]), direction="up"), "not up"),
            (
                feature("f", curve("rooms", [1, 9], [2, 5], [3, 6], [4, 1]), direction="down"),
                "not down",
            ),
            (
                feature(
                    "f",
                    curve(
                        "rooms",
                        [1, 0],
                        [2, 5],
                        times={"read": "size", "knots": [[1, 1_000_000], [9, -1]]},
                    ),
                    direction="up",
                ),
                "below 0 where a direction is promised",
            ),
            (feature("f", curve("rooms", [1, 0]), curve("plot", [1, 0])), "one question"),
            (feature("f", curve("rooms", [1, 0]), missing="zero"), "whole number"),
            (feature("f", {"read": "rooms", "kind": "formula"}), "kind"),
            (
                feature("f", {"read": "rooms", "kind": "steps", "bounds": [1, 2], "points": [1]}),
                "list of 3",
            ),
            (
                feature("f", curve("rooms", [1, 0], when=[{"read": "urban", "is": ["town"]}])),
                "never takes",
            ),
        ],
    )
    def test_a_faulty_feature_is_refused(self, broken: dict[str, Any], why: str) -> None:
        whole = document()
        whole["features"].append(broken)
        with pytest.raises(pmt.ArtefactInvalid, match=why):
            load(whole)

    @pytest.mark.parametrize(
        ("name", "read", "why"),
        [
            ("spare", {"from": "urban"}, "never used"),
            ("Spare", {"from": "urban"}, r"\$\.reads\.Spare: must be a code"),
            ("x", {"from": "dream"}, "from"),
            ("x", {"from": ["head"]}, "from"),
            ("x", {"from": "answer", "question": "nothing"}, "one of"),
            ("x", {"from": "head", "field": "name"}, "one of"),
            ("x", {"from": "count", "where": {}}, "condition"),
            ("x", {"from": "count", "where": {"age": [0]}}, "list of 2"),
            ("x", {"from": "count", "where": {"sex": ["X"]}}, "one of"),
            ("x", {"from": "highest", "field": "sex", "order": ["L"]}, "every code"),
            ("x", {"from": "highest", "field": "sex", "order": ["L", "P", "L"]}, "list of 1"),
            ("x", {"from": "highest", "field": "sex", "order": ["L", "L"]}, "every code"),
            ("x", {"from": "ratio", "top": "size", "bottom": "water", "scale": 1}, "one of"),
            ("x", {"from": "ratio", "top": "size", "bottom": "rooms", "scale": 0}, "from 1"),
            ("x", {"from": "area", "digits": 11}, "from 2"),
        ],
    )
    def test_a_faulty_read_is_refused(self, name: str, read: dict[str, Any], why: str) -> None:
        whole = document()
        whole["reads"][name] = read
        with pytest.raises(pmt.ArtefactInvalid, match=why):
            load(whole)


JUNK = [None, True, 0, -1, 10**30, "", "x", "size", "rooms", [], [1], [[0, 0]], {}, {"a": 1}]


def places(node: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    if not isinstance(node, dict | list):
        return [path]
    inner = node.items() if isinstance(node, dict) else enumerate(node)
    return [path, *(place for key, value in inner for place in places(value, (*path, key)))]


@settings(max_examples=300)
@given(st.sampled_from(places(document())[1:]), st.sampled_from(["drop", *JUNK]))
def test_a_spoilt_model_is_refused_or_still_adds_up(place: tuple[Any, ...], junk: object) -> None:
    whole = document()
    holder: Any = whole
    for key in place[:-1]:
        holder = holder[key]
    if junk == "drop":
        del holder[place[-1]]
    else:
        holder[place[-1]] = junk
    try:
        artefact = load(whole)
    except pmt.ArtefactError:
        return
    outcome = pmt.score(artefact, example_family())
    if isinstance(outcome, pmt.Scored):
        assert artefact.base + sum(outcome.contributions) == outcome.score


def test_the_engine_needs_the_standard_library_only() -> None:
    program = (
        "import sys; import chalicelib.domain.pmt; "
        "print(*sorted({m.split('.')[0] for m in sys.modules} - sys.stdlib_module_names))"
    )
    found = subprocess.run(
        [sys.executable, "-S", "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert set(found.stdout.split()) <= {"chalicelib", "__main__"}
