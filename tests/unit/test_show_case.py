"""What staff read of a case: its numbers in part, what was answered and decided, words for all."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from chalicelib.domain import pmt
from chalicelib.domain.identity import MATCHED_FIELDS, IdentityAnswer, Outcome
from chalicelib.domain.registration import WayIn
from chalicelib.usecases import erase, read_case, reissue, review_queue, show_case, show_status
from chalicelib.usecases.ports import InForce
from tests.sheets import WORDS, sheet
from tests.world import CONSENT, REGION, World, child, form, member


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        ("3510154903859901", "3510********9901"),
        ("", ""),
        (None, ""),
        ("12345678", "12345678"),
        ("351015490385", "3510****0385"),
        ("123", "123"),
    ],
)
def test_numbers_are_shown_in_part(number: str | None, shown: str) -> None:
    assert show_case.masked(number) == shown


def test_a_decided_case_tells_everything_but_whole_numbers() -> None:
    world = World()
    world.register("k" * 20, form(world.model))
    world.settle()
    told = sheet(world)
    assert told["members"][0]["nik"] == "3510********9901"
    assert told["members"][0]["outcome"] == "Cocok"
    assert told["members"][0]["born"] == "9 Maret 1985"
    assert told["family"] == {
        "kk": "3510********9901",
        "phone": "080000009901",
        "address": "Dusun Contoh, RT 003 / RW 001",
    }
    assert told["score"]["provisional"]
    assert 1 <= told["score"]["decile"] <= 10
    assert told["decisions"]
    assert len(told["answers"]) == len(world.model.questions)
    assert "3510154903859901" not in json.dumps(told)


def test_without_identity_the_day_of_birth_stays_sealed_too() -> None:
    world = World()
    world.register("k" * 20, form(world.model))
    world.aws.calls.clear()
    told = sheet(world, with_identity=False)
    assert "Decrypt" not in world.aws.calls
    assert told["members"][0]["born"] == "Maret 1985"
    assert (told["members"][0]["name"], told["family"]) == ("", None)


def test_published_borders_make_the_decile_final() -> None:
    world = World()
    world.register("k" * 20, form(world.model))
    world.settle()
    score = world.only().scored
    assert score is not None
    borders = tuple((score.score + step, "") for step in range(1, 10))
    model, rules = world.model.sha256, world.rules.sha256
    world.aws.adopted[REGION] = InForce(1, model, rules, borders, bytes(32))
    assert sheet(world)["score"] == {"points": score.score, "decile": 1, "provisional": False}


def test_who_looked_is_told_without_names() -> None:
    world = World()
    world.register("k" * 20, form(world.model))
    sheet(world, "staff:3f2a90c1-7f1e-4f30")
    world.clock.advance(1000)
    reads = sheet(world)["reads"]
    assert [read["who"] for read in reads] == ["Anda", "Petugas 3f2a90c1"]
    assert {read["reason"] for read in reads} == {"Dari daftar tunggu"}


def test_the_sheet_of_a_decided_case_is_complete() -> None:
    world = World()
    world.register("k" * 20, form(world.model, member(9901), child(9902)))
    world.settle()
    case = world.only()
    assert case.scored
    seen = show_status.status(case, world.status_ports())
    told = sheet(world)
    assert told.pop("answers") == [
        {
            "question": question.text,
            "answer": question.options[0][1] if question.options else ANSWERED[question.kind],
        }
        for question in world.model.questions
    ]
    assert told == {
        "locator": case.ref.locator,
        "village": "Kemiren, Glagah",
        "title": "Hasil sudah ada",
        "way_in": "Sendiri",
        "received": "21 November 2026, 10.00",
        "due": "",
        "consent": CONSENT,
        "concerns": [],
        "members": [
            PERSON | {"who": "Kepala keluarga", "name": "Contoh Sumarni 9901"},
            PERSON
            | {
                "who": "Anggota ke-2",
                "name": "Contoh Sumarni 9902",
                "nik": "3510********9902",
                "born": "5 Juni 2014",
                "sex": "L",
                "relation": "child",
                "attending": "primary",
                "occupation": "student",
            },
        ],
        "family": {
            "kk": "3510********9901",
            "phone": "080000009901",
            "address": "Dusun Contoh, RT 003 / RW 001",
        },
        "proposal": None,
        "score": {
            "points": case.scored.score,
            "decile": pmt.decile(case.scored.score, case.ref.locator, world.model.cutoffs),
            "provisional": True,
        },
        "reads": [{"at": "21 November 2026, 10.00", "who": "Anda", "reason": "Dari daftar tunggu"}],
        **{key: seen[key] for key in ("decisions", "contributions", "model", "timeline")},
    }


PERSON = {
    "nik": "3510********9901",
    "has_nik": True,
    "born": "9 Maret 1985",
    "sex": "P",
    "relation": "head",
    "schooling": "primary",
    "attending": "no",
    "occupation": "labourer",
    "disability": "none",
    "pregnant": False,
    "outcome": "Cocok",
    "differs": [],
}
ANSWERED = {"yes_no": "Tidak", "count": "1"}


def test_without_a_model_and_a_list_of_villages_codes_are_told() -> None:
    world = World()
    world.register("k" * 20, form(world.model))
    world.settle()
    case = world.only()
    question = world.model.questions[0].code
    world.aws.cases[case.ref] = replace(case, concerns=(f"missing:{question}",))
    opened = read_case.read_case(case.ref, "staff:a", "queue", world.read_ports())
    bare = replace(world.status_ports(), artefact=lambda _: None)
    told = show_case.sheet(opened, "staff:a", show_case.Ports(WORDS, {}, bare))
    assert told["village"] == case.ref.village
    assert told["concerns"] == [{"sentence": f"Belum dijawab: {question}", "case": ""}]
    assert (told["answers"], told["score"]) == ([], None)


def test_who_has_no_number_and_no_phone_has_none_on_the_sheet() -> None:
    world = World()
    body = form(world.model, member(9901), child(9902, nik=None), phone=None)
    world.register("k" * 20, body)
    told = sheet(world)
    baby = told["members"][1]
    assert (baby["nik"], baby["has_nik"], baby["outcome"]) == ("", False, "")
    assert told["members"][0]["outcome"] == "Belum dijawab"
    assert told["family"]["phone"] == ""
    assert told["score"] is None
    sealed = sheet(world, with_identity=False)
    assert [person["nik"] for person in sealed["members"]] == ["", ""]


def test_yes_and_what_was_left_open_are_told() -> None:
    world = World()
    body = form(world.model)
    yes, open_, *_ = [q.code for q in world.model.questions if q.kind == "yes_no"]
    body["answers"] = {**body["answers"], yes: 1}
    del body["answers"][open_]
    world.register("k" * 20, body)
    texts = {question.text: question.code for question in world.model.questions}
    told = {texts[each["question"]]: each["answer"] for each in sheet(world)["answers"]}
    assert (told[yes], told[open_]) == ("Ya", "")


def test_the_sheet_of_a_proposal_tells_what_the_neighbour_wrote_and_no_more() -> None:
    world = World()
    sent = {"name": "Contoh", "village": "3510152004", "place": "y", "reason": "z"}
    world.propose("p" * 20, sent)
    told = sheet(world)
    assert told["proposal"] == sent
    assert (told["members"], told["family"], told["answers"], told["score"]) == ([], None, [], None)


def test_a_cutoff_at_the_familys_own_score_parts_by_its_second_key() -> None:
    world = World()
    world.register("k" * 20, form(world.model))
    world.settle()
    score = world.only().scored
    assert score is not None
    for last, decile in (("", 10), ("~", 1)):
        borders = ((score.score, last),) * 9
        world.aws.adopted[REGION] = InForce(1, score.model_hash, "b" * 64, borders, bytes(32))
        assert sheet(world)["score"]["decile"] == decile


def test_borders_of_another_model_say_nothing_of_a_score() -> None:
    """Until a family is decided anew, its score is read off its own model's borders."""
    world = World()
    world.register("k" * 20, form(world.model))
    world.settle()
    before = sheet(world)["score"]
    far = tuple((-(10**9), "") for _ in range(9))
    world.aws.adopted[REGION] = InForce(1, "c" * 64, "b" * 64, far, bytes(32))
    assert sheet(world)["score"] == before
    assert before["provisional"]


def test_a_shipped_border_at_the_familys_own_score_parts_it_too() -> None:
    world = World()
    world.register("k" * 20, form(world.model))
    world.settle()
    score = world.only().scored
    assert score is not None
    world.model = replace(world.model, cutoffs=((score.score, ""),) * 9)
    assert sheet(world)["score"]["decile"] == 10


def test_a_reason_that_has_no_words_yet_is_told_by_its_code() -> None:
    world = World()
    world.register("k" * 20, form(world.model))
    read_case.read_case(world.only().ref, "staff:a", "brand_new", world.read_ports())
    world.clock.advance(1000)
    assert [read["reason"] for read in sheet(world)["reads"]] == ["Dari daftar tunggu", "brand_new"]


def test_answers_about_other_members_than_the_familys_are_not_shown() -> None:
    world = World()
    world.register("k" * 20, form(world.model))
    case = world.only()
    world.aws.cases[case.ref] = replace(case, identity=(IdentityAnswer(Outcome.CONFIRMED),))
    with pytest.raises(ValueError, match="shorter"):
        sheet(world)


def test_every_code_on_the_pages_has_words() -> None:
    assert set(WORDS["ways_in"]) == set(WayIn)
    assert set(WORDS["outcomes"]) == set(Outcome)
    assert set(WORDS["fields"]) == set(MATCHED_FIELDS)
    assert set(WORDS["queue"]["kinds"]) == set(review_queue.KINDS)
    assert set(WORDS["reissue"]["reasons"]) == set(reissue.REASONS)
    assert set(WORDS["erase"]["reasons"]) == set(erase.REASONS)
    assert {f"reissue_{reason}" for reason in reissue.REASONS} <= set(WORDS["read_reasons"])


def test_what_differs_is_named() -> None:
    world = World()
    world.registry.said["3510154903859901"] = IdentityAnswer(Outcome.MISMATCH, ("name", "kk"))
    world.register("k" * 20, form(world.model))
    world.settle()
    told = sheet(world)["members"][0]
    assert (told["outcome"], told["differs"]) == ("Berbeda", ["nama", "nomor KK"])
