"""Fills the register form as a person would; every person here is invented (serial 9901 or up)."""

from __future__ import annotations

import itertools

from playwright.sync_api import Page, expect

from frontend.content import read_questions

QUESTIONS = read_questions()
STEPS = sorted({question["step"] for question in QUESTIONS})
_SERIALS = itertools.count(9901)


def fresh_nik(birth: str = "490385") -> str:
    """A NIK nobody else in these tests has; woman, born 9 March 1985, unless told."""
    return f"351015{birth}{next(_SERIALS)}"


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


def contact(page: Page) -> None:
    page.get_by_label("Nomor HP").fill("0812-0000-0000")
    next_page(page)


def head(page: Page, name: str = "Siti Aminah", nik: str | None = None) -> None:
    page.get_by_label("Nama lengkap").fill(name)
    page.get_by_label("NIK").fill(fresh_nik() if nik is None else nik)
    birth(page, "9", "3", "1985")
    page.get_by_label("Perempuan").check()
    next_page(page)
    page.get_by_label("Sekolah tertinggi yang tamat").select_option("primary")
    page.get_by_label("Pekerjaan utama").select_option("labourer")
    choose(page, "Penyandang disabilitas?", "Tidak")
    choose(page, "Sedang hamil atau baru melahirkan?", "Tidak")
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


def to_check_page(page: Page, name: str = "Siti Aminah", nik: str | None = None) -> None:
    """Walk to the check page with one person and every question answered."""
    start(page)
    agree(page)
    address(page)
    contact(page)
    head(page, name, nik)
    next_page(page)  # the list of members
    answers(page)
    expect(page.locator("h1")).to_have_text("Periksa jawaban Anda, lalu kirim")
