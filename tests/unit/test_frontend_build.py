"""The build of the site: complete, the same each time, in words that people can read."""

from __future__ import annotations

import gzip
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import brotli
import jinja2
import pytest

from chalicelib.domain.areas import Village
from chalicelib.entrypoints import pages
from frontend.build import (
    ADDRESSES,
    ANSWERS,
    ASSETS,
    PAGES,
    SCRIPTS,
    build,
    copy_answers,
    words_of,
)
from frontend.content import (
    LABELLED,
    MODELS,
    ContentError,
    check_labels,
    check_words,
    load,
    read_questions,
    sanggah_labels,
    sanggah_rules,
    texts,
)
from frontend.model_page import REPORT, load_page

LONGEST_SENTENCE = 15  # words
VOID = {"meta", "link", "input", "br", "hr", "img", "path", "rect"}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("site") / "dist"
    build("3510", out)
    return out


@pytest.fixture(scope="module")
def engine(site: Path) -> jinja2.Environment:
    return pages.environment([ANSWERS], json.loads((site / "assets.json").read_text("utf-8")))


def test_the_same_content_gives_the_same_bytes(site: Path, tmp_path: Path) -> None:
    build("3510", tmp_path / "again")
    again = {p.relative_to(tmp_path / "again"): p for p in (tmp_path / "again").rglob("*.*")}
    first = {p.relative_to(site): p for p in site.rglob("*.*")}
    assert first.keys() == again.keys()
    assert all(first[name].read_bytes() == again[name].read_bytes() for name in first)


def test_every_file_lies_encoded_beside_itself(site: Path) -> None:
    for path in site.rglob("*.html"):
        data = path.read_bytes()
        assert brotli.decompress(path.with_name(path.name + ".br").read_bytes()) == data
        assert gzip.decompress(path.with_name(path.name + ".gz").read_bytes()) == data


def test_nothing_comes_from_elsewhere_and_nothing_runs_inline(site: Path) -> None:
    for path in site.rglob("*.html"):
        page = path.read_text("utf-8")
        assert not re.search(r"(?:src|href|action)=[\"'](?:https?:)?//", page)
        assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=", page)


API_LINKS = {"/v1/person"} | {
    f"/v1/person/sign-in?to={to}" for to in ("/sanggah/", "/sanggah/saya/", "/sanggah/tanpa-nomor/")
}


def test_every_link_leads_somewhere(site: Path) -> None:
    for path in site.rglob("*.html"):
        for link in re.findall(r"(?:href|src)=\"(/[^\"#]*)\"", path.read_text("utf-8")):
            if link in API_LINKS:
                continue
            target = site / link.lstrip("/")
            assert target.is_file() or (target / "index.html").is_file(), (path.name, link)


class _Tags(HTMLParser):
    """Checks that tags are closed in order and that ids and labels meet."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.wanted: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            self.open.append(tag)
        for name, value in attrs:
            if name == "id":
                self.ids.append(value or "")
            elif name == "for":
                self.wanted.add(value or "")
            elif name == "aria-describedby":
                self.wanted |= set((value or "").split())

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag


def _sound(page: str) -> None:
    tags = _Tags()
    tags.feed(page)
    assert tags.open == []
    assert len(tags.ids) == len(set(tags.ids)), "an id stands twice"
    assert tags.wanted <= set(tags.ids)


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_page_is_sound(site: Path, address: str) -> None:
    page = (site / address).read_text("utf-8")
    _sound(re.sub(r"<template.*?</template>", "", page, flags=re.DOTALL))
    for part in re.findall(r"<template[^>]*>(.*?)</template>", page, flags=re.DOTALL):
        _sound(part)


def test_sentences_are_short() -> None:
    content = load("3510")
    long = [
        sentence
        for text in texts([content.words, content.labels])
        for sentence in re.split(r"(?<=[.!?:])\s+", text)
        if len(sentence.split()) > LONGEST_SENTENCE
    ]
    assert long == []


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_carries_the_words_it_shows_and_no_others(name: str) -> None:
    script = SCRIPTS[name]
    source = "".join((ASSETS / part).read_text("utf-8") for part in script.parts)
    shown = set(re.findall(r"\bW\.([a-z_]+)\.([a-z_]+)", source))
    carried = words_of(script, load("3510").words)
    nested = {
        (group, word) for group, words in carried.items() if group in _GROUPS for word in words
    }
    assert shown - nested == set()
    unused = {f"{g}.{w}" for g, w in nested - shown if g not in ("faults", "receipt")}
    assert unused == set()


_GROUPS = load("3510").words.keys()


def test_scripts_stay_within_what_a_phone_of_2019_knows() -> None:
    for path in ASSETS.glob("*.js"):
        source = re.sub(r"//.*", "", path.read_text("utf-8"))
        assert not re.search(
            r"\?\.|\?\?|innerHTML|insertAdjacentHTML|document\.write|eval\(", source
        )
        assert not re.search(r"replaceChildren|replaceAll\(|\.at\(|structuredClone", source)


def test_style_has_no_property_that_old_phones_skip() -> None:
    style = (ASSETS / "site.css").read_text("utf-8")
    assert not re.search(r"var\(|[^-]gap:|:is\(|:where\(|:has\(|inset:|url\(", style)


def test_a_value_without_a_label_stops_the_build() -> None:
    labels = {field: {str(v): "x" for v in values} for field, values in LABELLED.items()}
    assert list(check_labels(labels)) == list(LABELLED)
    del labels["relation"]["spouse"]
    with pytest.raises(ContentError, match="spouse"):
        check_labels(labels)


@pytest.mark.parametrize(
    "words", [{"a": ""}, {"a": None}, {"a": []}, {"items": "x"}, {"a": {True: "x"}}]
)
def test_a_missing_or_unreadable_word_stops_the_build(words: object) -> None:
    with pytest.raises(ContentError):
        check_words(words, {})


def test_a_word_that_a_page_asks_for_and_nobody_wrote_stops_the_build(
    engine: jinja2.Environment,
) -> None:
    with pytest.raises(jinja2.UndefinedError):
        engine.from_string("{{ w.home.nothing }}").render()


def test_the_form_asks_what_the_model_asks(site: Path) -> None:
    page = (site / "daftar" / "index.html").read_text("utf-8")
    for question in read_questions():
        assert f'name="answers.{question["code"]}"' in page
        for option in question.get("options", []):
            assert f'value="{option["code"]}"' in page


def test_the_page_of_the_model_tells_the_figures_of_the_model_in_use(site: Path) -> None:
    current = (MODELS / "current").read_text("ascii").strip()
    accuracy = json.loads((MODELS / f"{current}.json").read_bytes())["accuracy"]
    page = (site / "model" / "index.html").read_text("utf-8")

    def percent(permille: int) -> str:
        return f"{permille // 10},{permille % 10} %"

    for side in ("exclusion", "inclusion"):
        low, high = accuracy[f"{side}_at_40_interval_permille"]
        cells = (
            percent(accuracy[f"{side}_at_40_permille"]),
            f"{percent(low)} sampai {percent(high)}",
        )
        assert '<br><span class="small">'.join(cells) in page
    for group in accuracy["groups"]:
        assert f"<td>{percent(group['exclusion_at_40_permille'])}<br>" in page
    for name in ("laporan.html", "laporan.json", "rumus.json"):
        assert f'href="/model/{name}"' in page
    assert (site / "model" / "rumus.json").read_bytes() == (MODELS / f"{current}.json").read_bytes()
    assert (
        json.loads((site / "model" / "laporan.json").read_bytes())["about"]["model_sha256"]
        == current
    )


def test_the_page_of_the_model_is_linked_where_people_read_of_it(
    site: Path, engine: jinja2.Environment
) -> None:
    assert 'href="/model/"' in (site / "data" / "index.html").read_text("utf-8")
    model = {"name": "x", "sha256": "0" * 64, "notice": "", "demonstration": True}
    answer = engine.get_template("status.html").render(title="x", next="y", model=model)
    assert 'href="/model/"' in answer


def report_of(tmp_path: Path, **changes: object) -> Path:
    document = json.loads((REPORT / "report.json").read_bytes())
    (tmp_path / "report.json").write_text(json.dumps({**document, **changes}))
    (tmp_path / "report.html").write_bytes((REPORT / "report.html").read_bytes())
    return tmp_path


def test_a_report_of_another_model_stops_the_build(tmp_path: Path) -> None:
    words = load("3510").words["model"]
    load_page(words, report_of(tmp_path))
    with pytest.raises(ContentError, match="not of the model in use"):
        load_page(words, report_of(tmp_path, about={"model_sha256": "0" * 64}))


def test_a_group_without_words_stops_the_build(tmp_path: Path) -> None:
    with pytest.raises(ContentError, match="rural"):
        load_page(load("3510").words["model"], report_of(tmp_path, by_group=[]))


def test_a_question_without_words_stops_the_build(tmp_path: Path) -> None:
    (tmp_path / "current").write_text("m\n")
    question = {"code": "q", "step": "housing", "kind": "count", "text": ""}
    (tmp_path / "m.json").write_text(json.dumps({"questions": [question]}))
    with pytest.raises(ContentError, match="q"):
        read_questions(tmp_path)
    with pytest.raises(ContentError):
        read_questions(tmp_path / "none")


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


VILLAGES = {"3510152004": Village("3510152004", "Kemiren", "Glagah", 1)}
HOSTILE = '"><script>alert(1)</script>'


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
    _sound(page)


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
    _sound(page)


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
    _sound(page)


@pytest.mark.parametrize(
    ("iso", "written"),
    [("2026-11-21", "21 November 2026"), ("1985-03-09", "9 Maret 1985"), ("", ""), ("x-y", "x-y")],
)
def test_dates_are_written_as_people_read_them(iso: str, written: str) -> None:
    assert pages.long_date(iso) == written


def test_the_forms_of_sanggah_offer_the_reasons_of_the_region(site: Path) -> None:
    rules = sanggah_rules("3510")
    appeal = (site / "sanggah/hasil/index.html").read_text("utf-8")
    objection = (site / "sanggah/index.html").read_text("utf-8")
    offered = re.findall(r'name="reason" value="(\w+)"', appeal)
    own = [code for code in rules.appeal_reasons if code not in rules.misused_identity]
    assert offered == own  # what is somebody else's has a form of its own
    assert rules.misused_identity < set(rules.appeal_reasons)
    assert tuple(re.findall(r'name="reason" value="(\w+)"', objection)) == rules.objection_reasons
    limits = rules.evidence
    assert f'data-count="{limits.at_first}"' in appeal
    assert f'data-least="{limits.objection_pieces}"' in objection


def test_a_reason_of_sanggah_without_words_stops_the_build() -> None:
    rules = sanggah_rules("3510")
    words = {
        "appeal": dict.fromkeys(rules.appeal_reasons, "x"),
        "objection": dict.fromkeys(rules.objection_reasons, "x"),
    }
    labels = sanggah_labels(rules, words)["appeal_reason"]
    assert set(rules.appeal_reasons) - set(labels) == rules.misused_identity
    del words["objection"]["deceased"]
    with pytest.raises(ContentError, match="deceased"):
        sanggah_labels(rules, words)


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
    _sound(page)


@pytest.mark.parametrize("name", ["appealed", "objected", "answered", "added"])
def test_a_plain_page_has_a_form_of_the_bucket_for_each_photo(
    engine: jinja2.Environment, name: str
) -> None:
    page = engine.get_template(f"{name}.html").render(dispute="3M", uploads=[GRANT, GRANT])
    assert page.count('action="https://bucket.example/" enctype="multipart/form-data"') == 2
    for form in re.findall(r"<form[^>]*bucket.*?</form>", page, flags=re.DOTALL):
        assert re.findall(r'name="(\w+)"', form) == ["key", "policy", "file"]  # the file last
    _sound(page)


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
    _sound(page)


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
    _sound(page)


def test_my_objections_and_who_looked_are_pages(engine: jinja2.Environment) -> None:
    mine = {**DISPUTE, "can": ["withdraw"]}
    page = engine.get_template("objections.html").render(objections=[mine], key="k" * 20)
    assert 'action="/v1/disputes/withdrawals"' in page
    assert 'name="receipt"' not in page  # who signed in has none
    _sound(page)
    look = {"who": "Petugas Dinas Sosial", "reason": "Memeriksa", "at": "22 November 2026"}
    page = engine.get_template("looked.html").render(looked=[look])
    assert "Petugas Dinas Sosial" in page
    _sound(page)
    assert "Belum ada petugas" in engine.get_template("looked.html").render(looked=[])


def test_all_templates_are_reached() -> None:
    used = {f"{name}.html" for name in ADDRESSES.values()} | {"scripted.html"}
    assert {path.name for path in PAGES.glob("*.html")} == used
