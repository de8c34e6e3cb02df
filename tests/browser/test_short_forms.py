"""Status, correction, withdrawal and proposal with JavaScript: answered in place."""

from __future__ import annotations

import json

import form_filling as fill
import pytest
from playwright.sync_api import Page, Route, expect
from pretend_api import receipt_of
from pretend_states import CORRECTION

pytestmark = pytest.mark.browser
UNKNOWN = "2222-3333-4444-5555-6666-7777"


def test_the_number_of_this_tab_is_already_in_the_status_form(page: Page) -> None:
    fill.to_check_page(page)
    page.get_by_role("button", name="Kirim pendaftaran").click()
    expect(page.locator(".number")).to_be_visible()
    number = "-".join(page.locator(".number span").all_inner_texts())
    page.goto("/status/")
    expect(page.get_by_label("Nomor pendaftaran")).to_have_value(number)
    page.get_by_role("button", name="Lihat status").click()
    expect(page.get_by_role("heading", name="Perjalanan pendaftaran Anda")).to_be_visible()
    expect(page.locator("h1")).to_be_focused()
    assert number not in page.url


def test_a_number_of_the_wrong_length_is_not_sent(page: Page) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto("/status/")
    page.get_by_label("Nomor pendaftaran").fill("ABCD")
    page.get_by_role("button", name="Lihat status").click()
    expect(page.get_by_role("alert")).to_contain_text("24 huruf dan angka")
    assert not [url for url in asked if "/v1/" in url]


def test_an_unknown_number_is_told_beside_its_field(page: Page) -> None:
    page.goto("/status/")
    page.get_by_label("Nomor pendaftaran").fill(UNKNOWN)
    page.get_by_role("button", name="Lihat status").click()
    expect(page.get_by_role("alert")).to_be_focused()
    expect(page.get_by_label("Nomor pendaftaran")).to_have_value(UNKNOWN)


def test_no_signal_is_told_and_the_number_stays(page: Page) -> None:
    page.goto("/status/")
    page.route("**/v1/status", lambda route: route.abort())
    page.get_by_label("Nomor pendaftaran").fill(UNKNOWN)
    page.get_by_role("button", name="Lihat status").click()
    expect(page.get_by_role("alert")).to_contain_text("Tidak ada sambungan")
    expect(page.get_by_label("Nomor pendaftaran")).to_have_value(UNKNOWN)


def test_only_what_was_asked_is_corrected(page: Page) -> None:
    sent: list[tuple[str, dict[str, object]]] = []

    def take(route: Route) -> None:
        body = json.loads(route.request.post_data or "{}")
        sent.append((route.request.headers["idempotency-key"], body))
        route.fulfill(json={"state": "received", "title": "Diterima", "next": "Tunggu."})

    page.route("**/v1/status", lambda route: route.fulfill(json=CORRECTION))
    page.route("**/v1/corrections", take)
    page.goto("/perbaiki/")
    page.get_by_label("Nomor pendaftaran").fill(UNKNOWN)
    page.locator("main form button").click()
    fill.birth(page, "10", "3", "1985")
    page.get_by_label("Nama lengkap").fill("Siti Aminah")
    page.get_by_label("Nomor Kartu Keluarga").fill("3510 1501 0120 9901")
    page.get_by_role("button", name="Kirim perbaikan").click()
    expect(page.locator("h1")).to_have_text("Perbaikan sudah kami terima")
    assert len(sent[0][0]) >= 16
    assert sent[0][1] == {
        "receipt": UNKNOWN,
        "members": [{"index": 0, "birth_date": "1985-03-10", "name": "Siti Aminah"}],
        "kk": "3510150101209901",
    }


def test_a_family_withdraws_only_after_ticking_the_box(page: Page) -> None:
    page.route("**/v1/withdrawals", lambda route: route.fulfill(json={"state": "withdrawn"}))
    page.goto("/tarik/")
    page.get_by_label("Nomor pendaftaran").fill(receipt_of("any"))
    page.get_by_role("button", name="Tarik pendaftaran").click()
    expect(page.get_by_role("alert")).to_contain_text("Centang kotak ini")
    page.get_by_label("Ya, saya ingin menarik").check()
    page.get_by_role("button", name="Tarik pendaftaran").click()
    expect(page.locator("h1")).to_have_text("Pendaftaran sudah ditarik")


def test_a_neighbour_is_proposed_in_place(page: Page) -> None:
    page.goto("/usul/")
    page.get_by_label("Nama kepala keluarga").fill("Pak Slamet")
    page.get_by_label("Desa atau kelurahan").select_option("3510152004")
    page.get_by_label("Di mana rumahnya?").fill("Dusun Krajan")
    page.get_by_label("Mengapa keluarga ini perlu bantuan?").fill("Rumahnya rusak.\nSakit.")
    page.get_by_role("button", name="Kirim usulan").click()
    expect(page.locator("h1")).to_have_text("Usulan Anda sudah kami terima")
