"""What the functions answer to a browser without JavaScript: filled in, sound, safely written."""

from __future__ import annotations

import re
from pathlib import Path

import jinja2
import pytest

from chalicelib.domain.areas import Village
from chalicelib.entrypoints import pages
from frontend.build import copy_answers
from frontend.content import read_questions
from tests.unit.page_markup import assert_sound

VILLAGES = {"3510152004": Village("3510152004", "Kemiren", "Glagah", 1)}
HOSTILE = '"><script>alert(1)</script>'
DISPUTE = {
    "dispute": "3M3EKSVTVB",
    "kind": "objection",
    "title": "Keberatan atas kelayakan",
    "stage": "hearing",
    "steps": [{"step": "Keluarga diberi tahu", "at": "22 November 2026"}],
    "next": {"text": "Keluarga boleh menjawab.", "who": "Keluarga", "by": "4 Desember 2026"},
    "notes": [],
    "can": ["answer", "add_evidence", "withdraw"],
    "claim": "Keluarga ini sudah pindah",
    "evidence": [{"piece": "a" * 32, "state": "refused", "why": "Rusak."}],
    "outcome": None,
    "reason": None,
    "letter": None,
}
GRANT = {"piece": "b" * 32, "url": "https://bucket.example/", "fields": {"key": "k", "policy": "p"}}


def test_the_functions_find_what_was_copied(
    site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy_answers(site, tmp_path / "pages")
    monkeypatch.setattr(pages, "_PACKAGED", tmp_path / "pages")
    pages._environment.cache_clear()
    try:
        assert "Usulan Anda sudah kami terima" in pages.render("proposed", received=True)
    finally:
        pages._environment.cache_clear()


def test_what_was_typed_comes_back_as_text(engine: jinja2.Environment) -> None:
    page = engine.get_template("form.html").render(
        values={"members.0.name": HOSTILE, "village": "3510152004"},
        errors=[{"code": "x", "field": "members.0.name", "message": HOSTILE}],
        key="k" * 16,
        members=2,
        villages=VILLAGES,
        questions=read_questions(),
    )
    assert "<script>alert" not in page
    assert 'href="#members-0-name"' in page
    assert '<option value="3510152004" selected>' in page
    assert_sound(page)


def test_the_receipt_page_has_number_square_code_and_spelling(engine: jinja2.Environment) -> None:
    page = engine.get_template("receipt.html").render(
        receipt="ABCD-EFGH-JKMN-PQRS-TVWX-YZ23",
        title="Pendaftaran diterima",
        next="Tunggu.",
        expect_by=None,
        warnings=[],
    )
    assert "<span>ABCD</span>" in page
    assert "<svg viewBox=" in page
    assert "A, B, C, D. E, F, G, H." in page
    assert "Y, Z, angka 2, angka 3." in page
    assert_sound(page)


def test_corrections_are_grouped_by_member_in_a_list_of_their_own() -> None:
    fields = pages._correctable(
        [
            {"field": "members.3.name", "message": "a"},
            {"field": "kk", "message": "b"},
            {"field": "members.1.nik", "message": "c"},
            {"field": "members.3.sex", "message": "d"},
        ]
    )
    assert [field.get("name") for field in fields] == [
        None,
        "members.0.nik",
        "members.1.name",
        "members.1.sex",
    ]
    assert [field.get("first") for field in fields] == [None, True, True, False]


def test_what_all_decisions_say_is_told_once(engine: jinja2.Environment) -> None:
    decision = {"name": "PKH", "eligible": True, "provisional": False, "sentence": "Ya."}
    alike = {"reasons": [], "note": "Catatan.", "how_to_appeal": "Sanggah gratis."}
    page = engine.get_template("status.html").render(
        title="Hasil sudah ada",
        next="Baca.",
        decisions=[
            {**decision, **alike, "rests_on": "Data satu."},
            {**decision, **alike, "rests_on": "Data dua."},
        ],
    )
    assert page.count("Sanggah gratis.") == page.count("Catatan.") == 1
    assert page.count("Data satu.") == page.count("Data dua.") == 1
    assert_sound(page)


@pytest.mark.parametrize(
    ("iso", "written"),
    [("2026-11-21", "21 November 2026"), ("1985-03-09", "9 Maret 1985"), ("", ""), ("x-y", "x-y")],
)
def test_dates_are_written_as_people_read_them(iso: str, written: str) -> None:
    assert pages.long_date(iso) == written


def test_each_form_of_an_answer_has_its_own_key(engine: jinja2.Environment) -> None:
    """Two forms of one page are two requests: one key for both would make the second a repeat."""
    page = engine.get_template("status.html").render(
        title="Hasil sudah ada",
        next="Baca.",
        disputes=[DISPUTE, {**DISPUTE, "dispute": "3M3EKSVTVC", "kind": "appeal"}],
        decisions=[
            {"name": "PKH", "eligible": False, "provisional": True, "sentence": "x", "reasons": []}
        ],
        can=["appeal"],
        receipt="ABCD",
        key="k" * 20,
    )
    keys = re.findall(r'name="key" value="([^"]*)"', page)
    assert len(keys) == len(set(keys)) == 7
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{16,64}", key) for key in keys)
    assert "tidak bisa dipakai. Rusak." in page
    assert_sound(page)


@pytest.mark.parametrize("name", ["appealed", "objected", "answered", "added"])
def test_a_plain_page_has_a_form_of_the_bucket_for_each_photo(
    engine: jinja2.Environment, name: str
) -> None:
    page = engine.get_template(f"{name}.html").render(dispute="3M", uploads=[GRANT, GRANT])
    assert page.count('action="https://bucket.example/" enctype="multipart/form-data"') == 2
    for form in re.findall(r"<form[^>]*bucket.*?</form>", page, flags=re.DOTALL):
        assert re.findall(r'name="(\w+)"', form) == ["key", "policy", "file"]  # the file last
    assert_sound(page)


@pytest.mark.parametrize("form", ["appeal", "objection", "answer"])
def test_a_refused_form_comes_back_as_it_was(engine: jinja2.Environment, form: str) -> None:
    values = {"text": HOSTILE, "receipt": "ABCD", "dispute": "3M", "photos.1.type": "pdf"}
    page = engine.get_template(f"{form}_form.html").render(
        errors=[{"code": "x", "field": "text", "message": "Belum diisi."}],
        values=values,
        villages=VILLAGES,
        key="k" * 20,
    )
    assert "<script>alert" not in page
    assert "Belum diisi." in page
    assert '<option value="pdf" selected>' in page
    assert_sound(page)


def test_a_decision_is_told_with_its_letter(engine: jinja2.Environment) -> None:
    decided = {
        "stage": "decided",
        "next": None,
        "can": [],
        "outcome": "Sanggah tidak diterima",
        "letter": "Hasil keluarga Anda tetap.",
    }
    page = engine.get_template("objections.html").render(
        objections=[DISPUTE | decided], key="k" * 20
    )
    assert "Keputusan: <b>Sanggah tidak diterima</b>" in page
    assert "Hasil keluarga Anda tetap." in page
    assert "<form" not in page
    assert_sound(page)


def test_my_objections_and_who_looked_are_pages(engine: jinja2.Environment) -> None:
    mine = {**DISPUTE, "can": ["withdraw"]}
    page = engine.get_template("objections.html").render(objections=[mine], key="k" * 20)
    assert 'action="/v1/disputes/withdrawals"' in page
    assert 'name="receipt"' not in page  # who signed in has none
    assert_sound(page)
    look = {"who": "Petugas Dinas Sosial", "reason": "Memeriksa", "at": "22 November 2026"}
    page = engine.get_template("looked.html").render(looked=[look])
    assert "Petugas Dinas Sosial" in page
    assert_sound(page)
    assert "Belum ada petugas" in engine.get_template("looked.html").render(looked=[])
