"""The same service on a phone that runs no JavaScript: plain forms, answered as pages."""

from __future__ import annotations

import form_filling as fill
import pytest
from playwright.sync_api import Page, expect

from chalicelib.entrypoints.pages import long_date

pytestmark = pytest.mark.browser


def fill_form(page: Page, person: fill.Person, name: str | None = None) -> None:
    page.goto("/daftar/")
    page.get_by_label("Berapa orang dalam keluarga?").fill("1")
    page.get_by_role("button", name="Mulai").click()
    page.get_by_label("Saya setuju").check()
    page.get_by_label("Desa atau kelurahan").select_option("3510152004")
    page.get_by_label("Dusun, jalan, atau nomor rumah").fill("Dusun Krajan")
    page.get_by_label("RT", exact=True).fill("3")
    page.get_by_label("RW", exact=True).fill("1")
    page.locator("#kk").fill(person.kk)
    page.get_by_label("Nama lengkap").fill(person.name if name is None else name)
    page.locator("#members-0-nik").fill(person.nik)
    page.locator("#members-0-birth_date").fill(person.birth_date)
    page.get_by_label({"L": "Laki-laki", "P": "Perempuan"}[person.sex]).check()
    page.locator("#members-0-attending").select_option("no")
    page.locator("#members-0-schooling").select_option("primary")
    page.locator("#members-0-occupation").select_option("labourer")
    fill.choose(page, "Penyandang disabilitas?", "Tidak")
    fill.choose(page, "Sedang hamil atau baru melahirkan?", "Tidak")
    for question in fill.QUESTIONS:
        field = page.locator(f"#answers-{question['code']}")
        if question["kind"] == "count":
            field.fill(str(question["min"] + 1))
        else:
            field.check()


def register(page: Page, person: fill.Person) -> str:
    fill_form(page, person)
    page.get_by_role("button", name="Periksa jawaban").click()
    expect(page.locator("h1")).to_have_text("Periksa jawaban Anda, lalu kirim")
    expect(page.get_by_text("Kemiren, Glagah")).to_be_visible()
    expect(page.get_by_text(long_date(person.birth_date))).to_be_visible()
    page.get_by_role("button", name="Kirim pendaftaran").click()
    expect(page.locator("h1")).to_have_text("Pendaftaran Anda sudah kami terima")
    expect(page.locator(".qr svg")).to_be_visible()
    return "".join(page.locator(".number span").all_inner_texts())


@fill.on_both
def test_a_family_registers_and_looks_up_its_answer(plain_page: Page, person: fill.Person) -> None:
    page = plain_page
    receipt = register(page, person)
    assert len(receipt) == 24
    assert receipt not in page.url
    for _ in range(30):
        page.goto("/status/")
        page.get_by_label("Nomor pendaftaran").fill(receipt.lower())
        page.get_by_role("button", name="Lihat status").click()
        if page.locator(".decision").count():
            break
        page.wait_for_timeout(1000)
    expect(page.locator(".decision").first).to_be_visible()
    expect(page.get_by_text("Alasan").first).to_be_visible()
    assert receipt not in page.url


@fill.on_both
def test_a_mistake_brings_the_form_back_as_it_was(plain_page: Page, person: fill.Person) -> None:
    page = plain_page
    fill_form(page, person, name="")
    page.get_by_role("button", name="Periksa jawaban").click()
    summary = page.get_by_role("alert")
    expect(summary).to_be_visible()
    summary.get_by_role("link").first.click()
    expect(page.locator("#members-0-name")).to_be_focused()
    expect(page.locator("#address-line")).to_have_value("Dusun Krajan")
    expect(page.get_by_label("Desa atau kelurahan")).to_have_value("3510152004")
    assert page.title().startswith("Salah isi: ")
    page.locator("#members-0-name").fill("Siti Aminah")
    page.get_by_role("button", name="Periksa jawaban").click()
    expect(page.locator("h1")).to_have_text("Periksa jawaban Anda, lalu kirim")


@fill.on_both
def test_answers_can_be_changed_before_sending(plain_page: Page, person: fill.Person) -> None:
    page = plain_page
    fill_form(page, person)
    page.get_by_role("button", name="Periksa jawaban").click()
    page.get_by_role("button", name="Ubah jawaban").click()
    page.locator("#address-line").fill("Dusun Kedaleman")
    page.get_by_role("button", name="Periksa jawaban").click()
    expect(page.get_by_text("Dusun Kedaleman")).to_be_visible()


@fill.on_both
def test_an_unknown_receipt_is_told_beside_its_field(plain_page: Page) -> None:
    page = plain_page
    page.goto("/status/")
    page.get_by_label("Nomor pendaftaran").fill("2222-3333-4444-5555-6666-7777")
    page.get_by_role("button", name="Lihat status").click()
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.get_by_role("button", name="Lihat status")).to_be_visible()


@fill.on_both
def test_a_family_withdraws(plain_page: Page, person: fill.Person) -> None:
    page = plain_page
    receipt = register(page, person)
    page.goto("/tarik/")
    page.get_by_label("Nomor pendaftaran").fill(receipt)
    page.get_by_label("Ya, saya ingin menarik").check()
    page.get_by_role("button", name="Tarik pendaftaran").click()
    expect(page.locator("h1")).to_have_text("Pendaftaran sudah ditarik")


@fill.on_both
def test_a_neighbour_is_proposed(plain_page: Page) -> None:
    page = plain_page
    page.goto("/usul/")
    page.get_by_label("Nama kepala keluarga").fill("Pak Slamet")
    page.get_by_label("Desa atau kelurahan").select_option("3510152004")
    page.get_by_label("Di mana rumahnya?").fill("Dusun Krajan, dekat mushola")
    page.get_by_label("Mengapa keluarga ini perlu bantuan?").fill("Rumahnya rusak.\nSakit.")
    page.get_by_role("button", name="Kirim usulan").click()
    expect(page.locator("h1")).to_have_text("Usulan Anda sudah kami terima")
