"""Appeals and objections on a phone with JavaScript: forms, notices, photos, and no word lost."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from healthy_pages import healthy
from phone_photos import is_clean, is_upright, photo
from playwright.sync_api import Page, Route, expect
from pretend_api import PretendApi
from pretend_bucket import Upload
from pretend_disputes import CLAIM, Filed
from sanggah_filling import (
    SENT,
    SMALL,
    TEXT,
    add,
    fill_appeal,
    look_up,
    number_of,
    posts,
    scripted,
    send,
    to_appeal,
)

pytestmark = pytest.mark.browser
MOST = 300_000  # bytes of a photo


@pytest.fixture
def base(pretend: PretendApi) -> str:
    return pretend.base


def test_a_refused_family_appeals_with_three_photos(
    page: Page, pretend: PretendApi, arrived: Callable[[], list[Upload]]
) -> None:
    receipt = pretend.refused_family()
    filed = posts(page, "/v1/appeals")
    to_appeal(page, receipt)
    expect(page.get_by_label("Nomor pendaftaran")).to_have_value(receipt)
    fill_appeal(page, [photo(6), photo(8), photo(3)])
    send(page)
    expect(page.get_by_text(SENT)).to_be_visible(timeout=60_000)
    number = number_of(page)
    key, body = filed[0]
    assert len(filed) == 1
    assert len(key) >= 16
    sent = json.loads(body)
    assert sent["receipt"] == receipt
    assert sent["reason"] == "data_wrong"
    assert sent["text"] == "Motor itu milik tetangga. Saya hanya meminjam."
    uploads = arrived()
    assert [one["size"] for one in sent["photos"]] == [len(one.content) for one in uploads]
    assert {one["type"] for one in sent["photos"]} == {"jpeg"}
    assert len({one.key for one in uploads}) == 3
    for one in uploads:
        assert len(one.content) <= MOST
        assert is_clean(one.content)
        assert is_upright(one.content)
    page.get_by_role("link", name="Lihat status").click()
    expect(page.get_by_label("Nomor pendaftaran")).to_have_value(receipt)
    page.get_by_role("button", name="Lihat status").click()
    expect(page.get_by_text(number)).to_be_visible()
    expect(page.get_by_text("Bukti 3: sedang diperiksa")).to_be_visible()
    expect(page.get_by_text("Petugas Dinas Sosial")).to_be_visible()
    expect(page.get_by_role("link", name="Sanggah hasil ini")).to_have_count(0)
    assert receipt not in page.url
    assert page.evaluate("sessionStorage.length") == 0


def test_text_and_photos_survive_a_page_that_the_camera_put_to_sleep(
    page: Page, pretend: PretendApi
) -> None:
    to_appeal(page, pretend.refused_family())
    fill_appeal(page, [photo(6, SMALL)])
    page.wait_for_function(
        "() => Object.keys(sessionStorage).some((name) => /^tepat.appeal.*1$/.test(name))"
    )
    page.reload()
    expect(page.get_by_label("Ceritakan keadaan")).to_have_value(TEXT)
    expect(page.get_by_label("Jawaban yang tercatat keliru")).to_be_checked()
    expect(page.locator("#foto-1-kata")).to_contain_text("Siap dikirim", timeout=60_000)
    expect(page.locator("#foto-2")).to_be_visible()
    assert page.evaluate("localStorage.length") == 0


def test_what_is_missing_is_told_at_once_and_leads_to_its_field(page: Page) -> None:
    page.goto("/sanggah/hasil/")
    send(page)
    alert = page.get_by_role("alert")
    expect(alert).to_be_focused()
    assert alert.get_by_role("link").all_inner_texts() == [
        "Nomor pendaftaran terdiri dari 24 huruf dan angka.",
        "Apa yang tidak sesuai? Pilih satu jawaban.",
        "Ceritakan keadaan yang sebenarnya: Belum diisi.",
    ]
    page.goto("/sanggah/")
    send(page)
    links = page.get_by_role("alert").get_by_role("link")
    assert links.all_inner_texts()[-2:] == [
        "Centang pernyataan ini untuk mengirim.",
        "Tambahkan paling sedikit satu foto.",
    ]
    links.last.click()
    expect(page.locator("#foto-1")).to_be_focused()


def test_what_the_api_refuses_stands_beside_its_field(page: Page, pretend: PretendApi) -> None:
    error = {"code": "window", "field": "text", "message": "Ceritakan lebih jelas."}
    page.route("**/v1/appeals", lambda route: route.fulfill(status=422, json={"errors": [error]}))
    to_appeal(page, pretend.refused_family())
    fill_appeal(page, [])
    send(page)
    page.get_by_role("alert").get_by_role("link", name="Ceritakan lebih jelas.").click()
    expect(page.get_by_label("Ceritakan keadaan")).to_be_focused()
    expect(page.get_by_label("Ceritakan keadaan")).to_be_enabled()


def fill_objection(page: Page) -> None:
    page.get_by_label("Desa atau kelurahan").select_option("3510152004")
    page.get_by_label("Nama kepala keluarga itu").fill("Pak Invented")
    page.get_by_label("Di mana rumahnya?").fill("Dusun Krajan")
    page.get_by_label("Keluarga ini sudah pindah").check()
    page.get_by_label("Apa yang Anda lihat sendiri?").fill("Rumahnya kosong sejak Juli.")
    page.get_by_label("Saya menyatakan isi ini benar").check()
    add(page, 1, photo(6, SMALL))


def test_a_neighbour_objects_and_the_sign_in_loses_nothing(
    page: Page, pretend: PretendApi, arrived: Callable[[], list[Upload]]
) -> None:
    filed = posts(page, "/v1/objections")
    page.goto("/sanggah/")
    fill_objection(page)
    send(page)
    page.get_by_role("alert").get_by_role("link").click()
    expect(page.get_by_role("link", name="Masuk dengan IKD")).to_be_focused()
    healthy(page)
    page.get_by_role("link", name="Masuk dengan IKD").click()
    expect(page.get_by_label("Apa yang Anda lihat sendiri?")).to_have_value(
        "Rumahnya kosong sejak Juli."
    )
    expect(page.get_by_label("Saya menyatakan isi ini benar")).to_be_checked()
    expect(page.locator("#foto-1-kata")).to_contain_text("Siap dikirim", timeout=60_000)
    send(page)
    expect(page.get_by_text(SENT)).to_be_visible(timeout=60_000)
    number = number_of(page)
    body = json.loads(filed[-1][1])
    assert set(body) == {"village", "name", "place", "reason", "text", "photos"}
    assert filed[0][0] != filed[1][0]  # the first was refused, so this is another request
    assert len(arrived()) == 1
    page.get_by_role("link", name="Lihat status").click()
    page.get_by_role("button", name="Lihat sanggahan saya").click()
    expect(page.get_by_text(number)).to_be_visible()
    healthy(page)
    page.on("dialog", lambda dialog: dialog.accept())
    mine = page.locator(".decision").filter(has_text=number)
    mine.get_by_role("button", name="Cabut sanggahan").click()
    expect(mine.get_by_text("Sanggah dicabut")).to_be_visible()


def accused(pretend: PretendApi) -> tuple[str, Filed]:
    """A family that has been told of an objection."""
    receipt = pretend.refused_family()
    number = f"KX{len(pretend.disputes.filed):08d}"
    body: dict[str, Any] = {"name": "Pak Invented", "text": "Rumahnya kosong."}
    one = Filed(number, "objection", receipt, body, stage="hearing")
    pretend.disputes.filed[number] = one
    return receipt, one


def test_the_family_is_told_of_the_claim_and_answers(
    page: Page, pretend: PretendApi, arrived: Callable[[], list[Upload]]
) -> None:
    receipt, one = accused(pretend)
    look_up(page, receipt)
    letter = page.locator(".letter")
    expect(letter).to_contain_text(CLAIM)
    expect(letter).to_contain_text("Diam tidak berarti mengaku.")
    expect(letter).to_contain_text("Anda boleh menjawab sampai: 4 Desember 2026")
    expect(page.get_by_text("petugas tetap memeriksa. Diam tidak berarti mengaku.")).to_be_visible()
    expect(page.locator("main")).not_to_contain_text("Pak Invented")
    healthy(page)
    page.get_by_role("link", name="Beri jawaban").click()
    expect(page.locator("h1")).to_have_text("Jawaban keluarga Anda")
    expect(page.get_by_text(CLAIM)).to_be_visible()
    page.get_by_label("Apa yang sebenarnya terjadi?").fill("Kami merawat ibu di desa lain.")
    add(page, 1, photo(8, SMALL))
    healthy(page)
    page.get_by_role("button", name="Kirim jawaban").click()
    expect(page.locator("h1")).to_have_text("Jawaban Anda sudah kami terima")
    expect(page.get_by_text(SENT)).to_be_visible(timeout=60_000)
    assert one.answer is not None
    assert one.answer["text"] == "Kami merawat ibu di desa lain."
    assert one.answer["dispute"] == one.number
    assert len(arrived()) == 1
    page.get_by_role("link", name="Lihat status").click()
    page.get_by_role("button", name="Lihat status").click()
    expect(page.get_by_text("Perjalanan pendaftaran Anda")).to_be_visible()
    expect(page.get_by_role("link", name="Beri jawaban")).to_have_count(0)


def test_the_notice_prints_as_a_letter_on_a_sheet_of_its_own(
    page: Page, pretend: PretendApi
) -> None:
    look_up(page, accused(pretend)[0])
    whole = page.pdf(format="A4").count(b"/Type /Page\n")
    page.evaluate(
        """() => { const letter = document.querySelector('.letter');
        document.querySelector('main').replaceChildren(letter); }"""
    )
    assert page.pdf(format="A4").count(b"/Type /Page\n") == 1
    assert whole >= 3  # what comes before it, the letter, what follows
    page.emulate_media(media="print")
    expect(page.locator(".letter")).to_be_visible()
    expect(page.locator("header")).to_be_hidden()


def test_a_family_adds_evidence_and_withdraws(
    page: Page, pretend: PretendApi, arrived: Callable[[], list[Upload]]
) -> None:
    receipt = pretend.refused_family()
    to_appeal(page, receipt)
    fill_appeal(page, [])
    send(page)
    number = number_of(page)
    look_up(page, receipt)
    page.get_by_role("link", name="Tambah bukti").click()
    expect(page.locator("h1")).to_have_text("Tambah bukti")
    page.get_by_role("button", name="Kirim bukti").click()
    expect(page.get_by_role("alert")).to_contain_text("Tambahkan paling sedikit satu foto.")
    add(page, 1, photo(6, SMALL))
    healthy(page)
    page.get_by_role("button", name="Kirim bukti").click()
    expect(page.get_by_text(SENT)).to_be_visible(timeout=60_000)
    assert len(arrived()) == 1
    assert pretend.disputes.filed[number].pieces == [arrived()[0].key.rpartition("/")[2]]
    look_up(page, receipt)
    page.once("dialog", lambda dialog: dialog.dismiss())
    page.get_by_role("button", name="Cabut sanggahan").click()
    assert pretend.disputes.filed[number].stage == "filed"
    page.once("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Cabut sanggahan").click()
    expect(page.get_by_text("Sanggah dicabut")).to_be_visible()
    healthy(page)


def test_who_looked_is_told_by_role_and_reason(page: Page, pretend: PretendApi) -> None:
    page.goto("/siapa/")
    page.get_by_label("Nomor pendaftaran").fill(pretend.refused_family())
    page.get_by_role("button", name="Lihat catatan").click()
    expect(page.get_by_text("Memeriksa sanggahan")).to_be_visible()
    expect(page.get_by_text("20 November 2026")).to_be_visible()
    healthy(page)


def test_every_state_of_the_forms_fits_a_narrow_phone(page: Page, pretend: PretendApi) -> None:
    page.set_viewport_size({"width": 320, "height": 640})
    receipt = pretend.refused_family()
    look_up(page, receipt)
    healthy(page)
    page.get_by_role("link", name="Sanggah hasil ini").click()
    send(page)
    healthy(page)  # with faults
    fill_appeal(page, [photo(6, SMALL), photo(8, SMALL)])
    healthy(page)  # with photos and a preview
    send(page)
    expect(page.get_by_text(SENT)).to_be_visible(timeout=60_000)
    healthy(page)
    look_up(page, receipt)
    healthy(page)
    page.goto("/sanggah/")
    send(page)
    healthy(page)


def test_what_is_filled_in_before_the_script_comes_stays_and_is_kept(
    page: Page, pretend: PretendApi
) -> None:
    """On a slow line the form is there long before its script."""
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/a/sanggah.*.js", hold)
    look_up(page, pretend.refused_family())
    page.get_by_role("link", name="Sanggah hasil ini").click(no_wait_after=True)
    reason, text = page.get_by_label("Jawaban yang tercatat keliru"), page.locator("#text")
    reason.check()
    text.fill("Atap rumah sudah roboh.")
    held.pop().continue_()
    scripted(page)
    for _ in range(2):
        expect(reason).to_be_checked()
        expect(text).to_have_value("Atap rumah sudah roboh.")
        page.unroute_all()
        page.reload()
        scripted(page)
    send(page)
    number_of(page)


def test_the_appeal_works_by_keyboard_alone(page: Page, pretend: PretendApi) -> None:
    to_appeal(page, pretend.refused_family())
    page.get_by_label("Jawaban yang tercatat keliru").focus()
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.type("Atap rumah sudah roboh.")
    page.keyboard.press("Tab")
    expect(page.locator("#foto-1")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    number_of(page)
