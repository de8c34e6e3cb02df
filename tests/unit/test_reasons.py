"""The words citizens read: complete, short, plain, and true to the numbers."""

from __future__ import annotations

import copy
import json
import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from chalicelib.domain.household import (
    Attending,
    Disability,
    Household,
    Member,
    Occupation,
    Relation,
    Schooling,
    Sex,
)
from chalicelib.domain.programme import Code, Reason, decide, load_rules
from chalicelib.domain.reasons import (
    DecisionText,
    another_answer_sentence,
    contribution_sentence,
    decision_text,
    format_date,
    format_number,
    format_rupiah,
    load_words,
    reason_sentence,
    rests_on,
)
from chalicelib.domain.strict_json import ShapeError

FOLDER = Path(__file__).parents[2] / "chalicelib" / "data"
WORDS_FILE = (FOLDER / "words" / "reasons.id.json").read_bytes()
WORDS = load_words(WORDS_FILE)
DOCUMENT: dict[str, Any] = json.loads(WORDS_FILE)
CURRENT = (FOLDER / "rules" / "current").read_text().strip()
RULES = load_rules((FOLDER / "rules" / f"{CURRENT}.json").read_bytes(), CURRENT)
NOW = (2026, 11)
LABEL = "Bahan bakar utama untuk memasak"

# Words of offices and of statistics that a reader of a refusal should not have to know.
FORBIDDEN = re.compile(
    r"exclusion|inclusion|exclude|error|eligib|PMT|proxy|komponen|algoritma|skor|sistem|koefisien"
    r"|variabel|kamu|Saudara|ditolak|gagal|tidak layak",
    re.IGNORECASE,
)
LONGEST_SENTENCE = 15


def member(**changes: Any) -> Member:
    fields: dict[str, Any] = {
        "relation": Relation.HEAD,
        "birth_month": (1985, 3),
        "sex": Sex.FEMALE,
        "disability": Disability.NONE,
        "pregnant": False,
        "schooling": Schooling.PRIMARY,
        "attending": Attending.NO,
        "occupation": Occupation.LABOURER,
        "has_nik": True,
    }
    return Member(**(fields | changes))


def texts(*members: Member, decile: int, until: date | None = None) -> dict[str, DecisionText]:
    household = Household("3510152004", members, {}, NOW)
    day = date(*NOW, 1)
    return {
        decision.programme: decision_text(
            decision, RULES.programme(decision.programme, day), WORDS, until
        )
        for decision in decide(RULES, household, decile, provisional=True, as_of=NOW)
    }


FOUR_KINDS = (
    member(pregnant=True),
    member(birth_month=(2024, 1)),
    member(disability=Disability.SEVERE),
    member(birth_month=(1950, 1)),
    member(birth_month=(1951, 1)),
)
WORST = (
    member(occupation=Occupation.STATE_EMPLOYEE),
    member(occupation=Occupation.STATE_COMPANY),
    member(birth_month=(2017, 1)),
)


def every_text() -> list[str]:
    said: list[str] = []
    for members, decile in ((FOUR_KINDS, 1), (FOUR_KINDS, 10), (WORST, 10)):
        for text in texts(*members, decile=decile, until=date(2026, 12, 21)).values():
            said += [text.sentence, *(sentence for _, sentence in text.reasons)]
            said += [*text.would_change, *text.estimate, text.note, text.how_to_appeal]
    said += [reason_sentence(Reason(Code.APPEAL), WORDS), RULES.notice]
    said += [contribution_sentence(LABEL, percent, WORDS) for percent in (-35, 0, 120)]
    said.append(another_answer_sentence("Lantai rumah", "keramik", 6, WORDS))
    said.append(rests_on(date(2026, 11, 21), "contoh (3f9a0c1d)", RULES, WORDS))
    return [text for text in said if text]


@pytest.mark.parametrize("part", ["reasons", "texts"])
def test_a_code_without_words_and_words_without_a_code_stop_the_load(part: str) -> None:
    for code in DOCUMENT[part]:
        lacking = copy.deepcopy(DOCUMENT)
        del lacking[part][code]
        with pytest.raises(ShapeError, match=code):
            load_words(json.dumps(lacking).encode())
    surplus = copy.deepcopy(DOCUMENT)
    surplus[part]["because"] = "Karena."
    with pytest.raises(ShapeError, match="because"):
        load_words(json.dumps(surplus).encode())


def test_every_code_a_decision_can_carry_has_a_sentence() -> None:
    assert set(WORDS.reasons) == set(Code)


@pytest.mark.parametrize("template", ["Tanpa angka.", "{decile} {limit} {name}", "{0}", "{decile"])
def test_a_template_that_asks_for_what_it_is_not_given_stops_the_load(template: str) -> None:
    document = copy.deepcopy(DOCUMENT)
    document["reasons"]["decile_above"] = template
    with pytest.raises(ShapeError):
        load_words(json.dumps(document).encode())


def test_a_template_is_text_and_no_more() -> None:
    document = copy.deepcopy(DOCUMENT)
    document["reasons"]["decile_above"] = "X {decile} X {limit} X"
    words = load_words(json.dumps(document).encode())
    assert reason_sentence(Reason(Code.DECILE_ABOVE, (7, 4)), words) == "X 7 X 4 X"


@pytest.mark.parametrize("form", [0, 2])
def test_words_of_another_format_are_refused(form: int) -> None:
    with pytest.raises(ShapeError, match="format"):
        load_words(json.dumps(DOCUMENT | {"format": form}).encode())


@pytest.mark.parametrize("text", sorted(set(every_text())))
def test_sentences_are_short_and_plain(text: str) -> None:
    assert not FORBIDDEN.search(text)
    assert "{" not in text
    assert text[0].isupper()
    assert text.endswith(".")
    for sentence in re.split(r"(?<=[.;:?])\s", text):
        assert len(sentence.split()) <= LONGEST_SENTENCE, sentence


def test_a_refusal_says_why_what_would_change_it_and_how_to_reach_a_person() -> None:
    text = texts(member(), decile=7, until=date(2026, 12, 21))["PKH"]
    assert text.sentence == "Keluarga Anda BELUM LAYAK untuk Program Keluarga Harapan (PKH)."
    assert [code for code, _ in text.reasons] == ["decile_above", "no_component"]
    assert "kelompok 7 dari 10 (desil 7)" in text.reasons[0][1]
    assert "kelompok 1 sampai 4" in text.reasons[0][1]
    assert len(text.would_change) == 2
    assert text.estimate == ()
    assert "ajukan sanggah sampai 21 Desember 2026. Gratis." in text.how_to_appeal
    assert "Anda boleh dibantu agen" in text.how_to_appeal
    assert "bukan komputer" in text.how_to_appeal


def test_the_words_name_every_kind_that_the_rules_ask_for() -> None:
    said = {
        "pregnancy": "ibu hamil",
        "small_child": "anak usia dini",
        "school": "anak sekolah",
        "elderly": "lansia",
        "disability": "disabilitas berat",
    }
    components = RULES.programme("PKH", date(*NOW, 1)).components
    assert {rule.group for rule in components} == said.keys()
    for code in (Code.NO_COMPONENT, Code.REPORT_COMPONENT):
        assert all(name in WORDS.reasons[code] for name in said.values())


def test_without_a_last_day_the_appeal_names_none() -> None:
    text = texts(member(), decile=7)["PKH"].how_to_appeal
    assert text.startswith("Jika data ini tidak sesuai keadaan Anda, ajukan sanggah. Gratis.")


def test_eligible_promises_no_money() -> None:
    text = texts(*FOUR_KINDS, decile=1)["PKH"]
    assert text.sentence.endswith(
        "Ini belum berarti bantuan cair; penyaluran mengikuti kuota dan jadwal."
    )
    assert text.estimate == (
        "Yang dihitung: 1 ibu hamil, 1 anak usia dini, 1 penyandang disabilitas berat, 1 lansia.",
        "Perkiraan bantuan Rp10.800.000 setahun. Ini perkiraan, bukan janji.",
    )
    assert text.note.startswith("Hasil ini sementara.")
    assert text.how_to_appeal == ""


def test_the_health_contribution_names_no_amount() -> None:
    (sentence,) = texts(member(), decile=5)["PBI_JK"].estimate
    assert "Rp" not in sentence
    assert "dibayar negara" in sentence


def test_contributions_say_which_way_and_how_much() -> None:
    raises = contribution_sentence("Jumlah kamar", 12, WORDS)
    assert raises == (
        "Jumlah kamar: dibanding rata-rata, ini menaikkan "
        "perkiraan belanja keluarga Anda sekitar 12 persen."
    )
    assert "menurunkan" in contribution_sentence("Jumlah kamar", -12, WORDS)
    assert "-12" not in contribution_sentence("Jumlah kamar", -12, WORDS)
    assert "menaikkan" in contribution_sentence("Jumlah kamar", 1, WORDS)
    assert contribution_sentence("Jumlah kamar", 0, WORDS).startswith(
        "Jumlah kamar hampir tidak mengubah"
    )


def test_another_answer_is_told_with_its_group() -> None:
    said = another_answer_sentence("Lantai rumah", "keramik", 6, WORDS)
    assert said == "Lantai rumah: jika jawaban yang benar keramik, keluarga Anda masuk kelompok 6."


@pytest.mark.parametrize("params", [(), (7,), (7, 4, 1)])
def test_numbers_that_do_not_fit_the_words_are_never_told(params: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="zip"):
        reason_sentence(Reason(Code.DECILE_ABOVE, params), WORDS)


def test_a_decision_that_is_final_says_nothing_of_provisional() -> None:
    household = Household("3510152004", (member(),), {}, NOW)
    final, *_ = decide(RULES, household, 1, provisional=False, as_of=NOW)
    assert decision_text(final, RULES.programme("PKH", date(*NOW, 1)), WORDS).note == ""


def test_a_label_with_braces_is_only_text() -> None:
    assert contribution_sentence("{percent}", 5, WORDS).startswith("{percent}: dibanding")


def test_the_data_and_artefacts_an_answer_rests_on() -> None:
    assert rests_on(date(2026, 11, 21), "contoh (3f9a0c1d)", RULES, WORDS) == (
        "Jawaban Anda per 21 November 2026; contoh (3f9a0c1d);"
        f" aturan per 21 November 2026 ({CURRENT[:8]})."
    )


def test_dates_numbers_and_rupiah_are_written_as_at_home() -> None:
    assert format_date(date(2026, 11, 21)) == "21 November 2026"
    assert format_date(date(2027, 5, 1)) == "1 Mei 2027"
    assert [format_date(date(2026, month, 1)).split()[1][:3] for month in (1, 8, 12)] == [
        "Jan",
        "Agu",
        "Des",
    ]
    assert format_rupiah(600_000) == "Rp600.000"
    assert format_rupiah(0) == "Rp0"
    assert format_rupiah(-1_500) == "-Rp1.500"
    assert format_number(289_060_513) == "289.060.513"
