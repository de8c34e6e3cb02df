"""The build of the site: complete, the same each time, in words that people can read."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path

import brotli
import jinja2
import pytest

from frontend.build import ADDRESSES, ASSETS, PAGES, SCRIPTS, build, words_of
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
from tests.unit.page_markup import assert_sound

LONGEST_SENTENCE = 15  # words


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


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_page_is_sound(site: Path, address: str) -> None:
    page = (site / address).read_text("utf-8")
    assert_sound(re.sub(r"<template.*?</template>", "", page, flags=re.DOTALL))
    for part in re.findall(r"<template[^>]*>(.*?)</template>", page, flags=re.DOTALL):
        assert_sound(part)


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


def test_all_templates_are_reached() -> None:
    used = {f"{name}.html" for name in ADDRESSES.values()} | {"scripted.html"}
    assert {path.name for path in PAGES.glob("*.html")} == used
