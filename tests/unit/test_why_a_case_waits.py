"""Why a case waits, as staff read it: its row of the queue, and a sentence for each concern."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from chalicelib.domain.identity import MATCHED_FIELDS
from chalicelib.domain.nik import WarningCode
from chalicelib.usecases import read_case, show_case
from tests.sheets import WORDS, ports, sheet
from tests.world import World, child, form, member


def test_the_case_that_holds_a_number_is_named() -> None:
    world = World()
    first = world.register("k" * 20, form(world.model)).receipt.locator
    world.register("n" * 20, form(world.model, member(9901, name="Contoh Kedua"), kk=None))
    world.settle()
    (case,) = world.queue().cases
    opened = read_case.read_case(case.ref, "staff:a", "queue", world.read_ports())
    told = show_case.sheet(opened, "staff:a", ports(world))
    assert told["concerns"] == [{"sentence": WORDS["concerns"]["nik_held"], "case": first}]


def test_a_row_of_the_queue_tells_what_waits_and_nobody() -> None:
    world = World()
    world.register("k" * 20, form(world.model, member(9901, nik=None), kk=None))
    world.settle()
    case = world.only()
    assert case.waiting
    (row,) = show_case.rows(world.queue(), ports(world))
    assert row == {
        "locator": case.ref.locator,
        "village": "Kemiren, Glagah",
        "title": "Dilihat oleh petugas",
        "why": ["Kepala keluarga: belum punya NIK"],
        "due": "26 November 2026",
        "late": False,
        "way_in": "Sendiri",
    }
    world.clock.advance(case.waiting.due - world.clock.now_ms())
    assert not show_case.rows(world.queue(), ports(world))[0]["late"]  # the last millisecond
    world.clock.advance(1)
    assert show_case.rows(world.queue(), ports(world))[0]["late"]


def concerned(world: World, *concerns: str, **how: Any) -> list[dict[str, str]]:
    """What the sheet tells of a family with these concerns."""
    case = world.only()
    world.aws.cases[case.ref] = replace(case, concerns=concerns)
    told: list[dict[str, str]] = sheet(world, **how)["concerns"]
    return told


def test_concerns_are_told_in_full_sentences() -> None:
    world = World()
    world.register("k" * 20, form(world.model, member(9901), child(9902)))
    question = world.model.questions[0]
    sentences = {
        "warning:0:nik_birth_mismatch": "Kepala keluarga: tanggal lahir berbeda dengan NIK",
        "warning:1:nik_same_as_kk": "Anggota ke-2: NIK sama dengan nomor KK",
        "warning:kk:kk_date_suspect": "Kartu Keluarga: tanggal pada nomor KK tidak wajar",
        "warning:0:nik_brand_new": "Kepala keluarga: nik_brand_new",
        "mismatch:1:birth_date": "Anggota ke-2: tanggal lahir berbeda dengan Dukcapil",
        "mismatch:1:brand_new": "Anggota ke-2: brand_new berbeda dengan Dukcapil",
        "deceased:1": "Anggota ke-2: tercatat meninggal di Dukcapil",
        f"missing:{question.code}": f"Belum dijawab: {question.text}",
        "missing:brand_new": "Belum dijawab: brand_new",
    }
    told = concerned(world, *sentences)
    assert told == [{"sentence": sentence, "case": ""} for sentence in sentences.values()]


def test_each_sentence_is_told_once_and_each_case_that_holds_a_number() -> None:
    world = World()
    world.register("k" * 20, form(world.model))
    held, rules = WORDS["concerns"]["nik_held"], WORDS["concerns"]["no_rules"]
    told = concerned(
        world, "no_rules", "no_rules:2027", "nik_held:3M3GAAAAAA", "nik_held:3M3GBBBBBB"
    )
    assert told == [
        {"sentence": rules, "case": ""},
        {"sentence": held, "case": "3M3GAAAAAA"},
        {"sentence": held, "case": "3M3GBBBBBB"},
    ]


def test_a_concern_without_words_is_one_to_look_at() -> None:
    world = World()
    world.register("k" * 20, form(world.model, member(9901, nik=None), kk=None))
    world.settle()
    (case,) = world.queue().cases
    world.aws.cases[case.ref] = replace(case, concerns=("brand_new:1",))
    (row,) = show_case.rows(world.queue(), ports(world))
    assert row["why"] == ["Perlu dilihat"]


def test_late_work_is_marked() -> None:
    world = World()
    world.register("k" * 20, form(world.model, member(9901, nik=None), kk=None))
    world.settle()
    (row,) = show_case.rows(world.queue(), ports(world))
    assert not row["late"]
    world.clock.advance(30 * 86_400_000)
    (row,) = show_case.rows(world.queue(), ports(world))
    assert row["late"]
    assert row["village"].count(", ") == 1
    assert row["why"] == ["Kepala keluarga: belum punya NIK"]


def test_every_concern_has_words() -> None:
    world = World()
    world.register("k" * 20, form(world.model, member(9901), child(9902)))
    case = world.only()
    question = world.model.questions[0].code
    concerns = [f"warning:0:nik_{code}" for code in WarningCode]
    concerns += [f"warning:kk:kk_{code}" for code in WarningCode]
    concerns += [f"mismatch:1:{name}" for name in MATCHED_FIELDS]
    concerns += ["not_found:0", "deceased:1", "without_nik:1", "nik_held", "no_rules"]
    concerns += [f"missing:{question}", f"out_of_range:{question}", f"unknown_level:{question}"]
    for concern in concerns:
        world.aws.cases[case.ref] = replace(case, concerns=(concern,))
        (told,) = sheet(world)["concerns"]
        assert told["sentence"] != WORDS["concerns"]["other"], concern
        assert "{" not in told["sentence"]
        assert "_" not in told["sentence"], concern
