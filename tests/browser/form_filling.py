"""Fills the register form as a person would; every person here is invented (serial 9901 or up)."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from random import SystemRandom

import pytest
from playwright.sync_api import Page, expect

from frontend.content import read_questions
from infra.people import population

QUESTIONS = read_questions()
STEPS = sorted({question["step"] for question in QUESTIONS})
REGION, SEED = "3510", 3510  # of the sandbox registry's people
FAMILIES = 300
ADULTS = ("1970", "2004")  # years of birth
_SERIALS = itertools.count(9901)

on_both = pytest.mark.parametrize(
    "place",
    [
        "pretend",
        pytest.param("tepat", marks=[pytest.mark.local_aws, pytest.mark.xdist_group("local_aws")]),
    ],
    indirect=True,
)


@dataclass(frozen=True)
class Person:
    """The head of a family of one."""

    name: str
    nik: str
    birth_date: str
    sex: str
    kk: str


def invented_person() -> Person:
    """Nobody that any registry knows."""
    return Person("Siti Aminah", f"351015490385{next(_SERIALS)}", "1985-03-09", "P", "")


def known_person() -> Person:
    """Somebody whom the sandbox registry confirms, and whom no other test has taken."""
    return next(_known())


@cache
def _known() -> Iterator[Person]:
    people = [
        Person(
            str(one["name"]),
            str(one["nik"]),
            str(one["birth_date"]),
            str(one["sex"]),
            str(one["kk"]),
        )
        for one in population(SEED, FAMILIES, region=REGION)
        if one["kk"] and not one["deceased"] and ADULTS[0] < str(one["birth_date"])[:4] < ADULTS[1]
    ]
    late = people[len(people) * 2 // 3 :]  # those before are of families that tests send whole
    SystemRandom().shuffle(late)
    return iter(late)


def next_page(page: Page) -> None:
    """Press the page's own button and wait for the next page."""
    page.locator("main form").evaluate("form => form.classList.add('left')")
    page.locator("main form > button").click()
    page.locator("form.left").wait_for(state="detached")


def start(page: Page) -> None:
    page.goto("/daftar/")
    page.get_by_role("button", name="Mulai").click()
    expect(page.locator("h1")).to_have_text("Persetujuan")


def agree(page: Page) -> None:
    page.get_by_label("Saya setuju").check()
    next_page(page)


def address(page: Page) -> None:
    page.get_by_label("Kecamatan").select_option(label="Glagah")
    page.get_by_label("Desa atau kelurahan").select_option(label="Kemiren")
    page.get_by_label("Dusun, jalan, atau nomor rumah").fill("Dusun Krajan")
    page.get_by_label("RT", exact=True).fill("3")
    page.get_by_label("RW", exact=True).fill("1")
    next_page(page)


def contact(page: Page, kk: str = "") -> None:
    page.get_by_label("Nomor Kartu Keluarga").fill(kk)
    page.get_by_label("Nomor HP").fill("0812-0000-0000")
    next_page(page)


def head(page: Page, person: Person) -> None:
    page.get_by_label("Nama lengkap").fill(person.name)
    page.get_by_label("NIK").fill(person.nik)
    year, month, day = person.birth_date.split("-")
    birth(page, day, month, year)
    page.get_by_label({"L": "Laki-laki", "P": "Perempuan"}[person.sex]).check()
    next_page(page)
    page.get_by_label("Sekolah tertinggi yang tamat").select_option("primary")
    page.get_by_label("Pekerjaan utama").select_option("labourer")
    choose(page, "Penyandang disabilitas?", "Tidak")
    if person.sex == "P":
        choose(page, "Sedang hamil atau baru melahirkan?", "Tidak")
    attending = page.get_by_label("Tidak sekolah", exact=True)
    if attending.is_visible():
        attending.check()
    next_page(page)


def birth(page: Page, day: str, month: str, year: str) -> None:
    page.get_by_label("Tanggal", exact=True).fill(day)
    page.get_by_label("Bulan", exact=True).fill(month)
    page.get_by_label("Tahun", exact=True).fill(year)


def choose(page: Page, legend: str, answer: str) -> None:
    page.get_by_role("group", name=legend).get_by_label(answer, exact=True).check()


def answer_page(page: Page) -> None:
    """Answer the questions on this page: the first option, yes, or one more than the least."""
    for question in QUESTIONS:
        field = page.locator(f"#answers-{question['code']}")
        if not field.count():
            continue
        if question["kind"] == "count":
            field.fill(str(question["min"] + 1))
        else:
            field.check()
    next_page(page)


def answers(page: Page) -> None:
    """Answer all questions of the model."""
    for _ in STEPS:
        answer_page(page)


def to_check_page(page: Page, person: Person | None = None) -> None:
    """Walk to the check page with one person and every question answered."""
    person = person or invented_person()
    start(page)
    agree(page)
    address(page)
    contact(page, person.kk)
    head(page, person)
    next_page(page)  # the list of members
    answers(page)
    expect(page.locator("h1")).to_have_text("Periksa jawaban Anda, lalu kirim")
