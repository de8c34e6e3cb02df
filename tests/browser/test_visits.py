"""An agent's walk on a phone: PIN, list, a visit or an appeal written without a line, sent once."""

from __future__ import annotations

import json

import pytest
from healthy_pages import healthy
from phone_lock import PIN, unlock
from phone_photos import is_clean, is_upright, on_disk, photo
from playwright.sync_api import BrowserContext, Page, expect
from pretend_api import PretendApi
from pretend_visits import DECLARED, LINE, NAME, NOT_KNOWN, NOT_YOURS, PretendVisits

pytestmark = pytest.mark.browser
OTHER_PIN = "204718"
DAY = 86_400_000  # ms
NUMBER, NEXT, LAST = "V2K7MPQ3XA", "V2K7MPQ3XB", "V2K7MPQ3XC"
RECEIPT, WRONG = "K7M2PQ3XABCD2345EFGH6789", "K7M2PQ3XABCD2345EFGH678A"
TOLD = "Atap rumah kami bocor.\nPenghasilan turun."
PLACE = {"latitude": -8.212341, "longitude": 114.366789, "accuracy": 12}


@pytest.fixture
def base(pretend: PretendApi) -> str:
    return pretend.base


@pytest.fixture
def visits(pretend: PretendApi) -> PretendVisits:
    pretend.visits.reset()
    pretend.bucket.faults.clear()
    return pretend.visits


@pytest.fixture
def agent(page: Page, visits: PretendVisits) -> Page:
    """An agent who made a PIN, signed in and has the list, on a narrow phone."""
    page.set_viewport_size({"width": 320, "height": 640})
    page.goto("/petugas/")
    page.get_by_label("PIN", exact=True).fill("111111")
    page.get_by_role("button", name="Simpan PIN").click()
    expect(page.get_by_text("mudah ditebak")).to_be_visible()
    healthy(page)
    page.get_by_label("PIN", exact=True).fill(PIN)
    page.get_by_label("Tulis PIN sekali lagi").fill(PIN)
    page.get_by_role("button", name="Simpan PIN").click()
    page.get_by_role("link", name="Masuk").click()
    unlock(page)
    expect(page.get_by_role("link", name=NUMBER)).to_be_visible()
    return page


def reload_without_a_line(page: Page) -> None:
    """As after a phone ran out of memory: page, list and draft come from the phone alone."""
    page.evaluate("navigator.serviceWorker.ready.then(() => 0)")
    page.context.set_offline(True)
    page.reload()


def at_rest(page: Page) -> str:
    """Everything that the phone keeps, as text, whatever its kind."""
    told: str = page.evaluate("""async () => {
      const base = await new Promise((done) => {
        const opening = indexedDB.open("petugas");
        opening.onsuccess = () => done(opening.result);
      });
      const box = base.transaction("isi").objectStore("isi");
      const all = (ask) => new Promise((done) => { ask.onsuccess = () => done(ask.result); });
      const [names, values] = [await all(box.getAllKeys()), await all(box.getAll())];
      base.close();
      const text = (value) => value instanceof ArrayBuffer || ArrayBuffer.isView(value)
        ? new TextDecoder("latin1").decode(value)
        : value && typeof value === "object"
          ? Object.entries(value).map(([name, one]) => name + text(one)).join(" ")
          : String(value);
      const kept = names.map((name, n) => name + " " + text(values[n])).join("\\n");
      const tabs = JSON.stringify(Object.assign({}, sessionStorage, localStorage));
      return kept + tabs + document.cookie;
    }""")
    return told


def write_down(page: Page) -> None:
    """A visit at which the family was met, with what the phone's own checks find first."""
    finish = page.get_by_role("button", name="Selesai, siap dikirim")
    finish.click()
    expect(page.get_by_role("alert")).to_be_focused()
    page.get_by_label("Ya, bertemu").check()
    page.get_by_label("Kontrak atau sewa").check()
    page.get_by_label("Ada berapa ruangan").fill("99")
    page.get_by_label("Berapa orang tinggal").fill("3")
    page.get_by_label("Pendidikan terakhir").select_option("bachelor")
    page.locator("#foto-1").set_input_files(on_disk(photo(6)))
    expect(page.locator("#foto-1-kata")).to_contain_text("Siap dikirim", timeout=60_000)
    page.context.grant_permissions(["geolocation"])
    page.context.set_geolocation(PLACE)
    page.get_by_role("button", name="Catat lokasi HP ini").click()
    expect(page.get_by_text("ketelitian 12 meter")).to_be_visible()
    finish.click()
    expect(page.get_by_role("alert")).to_contain_text("Ada berapa ruangan")
    healthy(page)
    page.get_by_label("Ada berapa ruangan").fill("4")
    page.get_by_label("Catatan").fill("Rumah kontrakan,\nkosong di siang hari.")
    expect(page.get_by_text("Tersimpan di HP ini")).to_be_visible()


def arrived_once(visits: PretendVisits, content: bytes) -> None:
    """What was asked for again was the same to the letter; what it says is what was written."""
    (_, key, raw), *again = visits.sent
    assert again
    assert {(each[1], each[2]) for each in again} == {(key, raw)}
    finding = json.loads(raw)
    assert finding["outcome"] == "met"
    assert finding["answers"] == {"tenure": "rented", "rooms": 4}
    assert finding["counts"] == {"people": 3}
    assert finding["head"] == {"schooling": "bachelor"}
    assert finding["place"] == {"lat": "-8.21234", "lon": "114.36679", "metres": 12}
    assert finding["remark"] == "Rumah kontrakan,\nkosong di siang hari."
    assert finding["photos"] == [{"type": "jpeg", "size": len(content)}]
    assert is_clean(content)
    assert is_upright(content)


def test_a_visit_is_written_without_a_line_and_sent_once(
    agent: Page, visits: PretendVisits, pretend: PretendApi
) -> None:
    page, phone = agent, agent.context
    headings = page.locator("main section h2").all_inner_texts()
    villages = ["Kemiren, Glagah", "Bakungan, Glagah"]
    assert headings == [*villages, "Sanggahan untuk keluarga"]
    healthy(page)
    page.get_by_role("link", name=NUMBER).click()
    page.get_by_role("button", name="Buka nama dan alamat").click()
    expect(page.get_by_text(NAME)).to_be_visible()
    assert visits.opened == [NUMBER]

    reload_without_a_line(page)
    unlock(page, OTHER_PIN)
    expect(page.get_by_text("PIN salah")).to_be_visible()
    healthy(page)
    unlock(page)
    expect(page.get_by_text(NAME)).to_be_visible()
    write_down(page)

    page.reload()
    unlock(page)
    expect(page.get_by_label("Ada berapa ruangan")).to_have_value("4")
    expect(page.locator("#foto-1-kata")).to_contain_text("Siap dikirim")
    expect(page.get_by_text("ketelitian 12 meter")).to_be_visible()
    page.get_by_role("button", name="Selesai, siap dikirim").click()
    expect(page.get_by_text("tidak bisa diubah")).to_be_visible()
    healthy(page)
    kept = at_rest(page)
    assert f"isi/{NUMBER}" in kept
    for secret in (NAME, LINE, "answers.tenure", "kontrakan", "-8.2123", "Exif", "JFIF", PIN):
        assert secret not in kept
    assert DECLARED not in page.content()
    assert visits.sent == []

    before = len(pretend.bucket.arrived)
    visits.silent = 1  # it arrives, and the answer is lost on its way
    visits.tokens.clear()  # fifteen minutes are over
    phone.set_offline(False)
    expect(page.get_by_text("Tidak ada sambungan")).to_be_visible()  # it tried by itself
    page.get_by_role("button", name="Kirim sekarang").click()
    expect(page.locator("h1")).to_have_text("Kunjungan selesai")
    expect(page.get_by_text(f"Didaftarkan: {DECLARED}")).to_be_visible()
    healthy(page)
    (upload,) = pretend.bucket.arrived[before:]
    arrived_once(visits, upload.content)
    say_more_and_close(page, visits)


def say_more_and_close(page: Page, visits: PretendVisits) -> None:
    """One remark to the differences; then nothing of the visit is left on the phone."""
    page.get_by_label("Catatan atas perbedaan").fill("Pindah bulan lalu.")
    page.get_by_role("button", name="Kirim catatan").click()
    expect(page.get_by_text("Catatan sudah terkirim")).to_be_visible()
    remarks = [json.loads(raw) for path, _, raw in visits.sent if path.endswith("/remarks")]
    assert remarks == [{"text": "Pindah bulan lalu."}]
    page.get_by_role("button", name="Selesai, hapus dari HP ini").click()
    expect(page.get_by_role("link", name=NEXT)).to_be_visible()
    expect(page.get_by_role("link", name=NUMBER)).to_have_count(0)
    kept = at_rest(page)
    assert not {f"{part}/{NUMBER}" for part in ("isi", "alamat", "foto")} & set(kept.split())


def test_a_refused_finding_holds_up_nothing_and_is_mended(
    agent: Page, visits: PretendVisits, phone: BrowserContext
) -> None:
    page = agent
    visits.refuse.add(NEXT)
    page.goto(f"/petugas/#{LAST}")
    page.get_by_role("button", name="Buka nama dan alamat").click()
    expect(page.get_by_text(NAME)).to_be_visible()
    assert f"alamat/{LAST}" in at_rest(page)
    phone.set_offline(True)
    for number, outcome in ((NEXT, "Tidak ada di rumah"), (LAST, "Rumah tidak ditemukan")):
        page.goto(f"/petugas/#{number}")
        page.get_by_label(outcome).check()
        expect(page.get_by_label("Ada berapa ruangan")).to_be_hidden()
        page.get_by_role("button", name="Selesai, siap dikirim").click()
        expect(page.get_by_text("tidak bisa diubah")).to_be_visible()
        page.get_by_role("link", name="Kunjungan saya").click()
    expect(page.get_by_text("Menunggu dikirim: 2")).to_be_visible()
    visits.signed_in = False  # the sign-in is over: nothing is lost by that
    visits.tokens.clear()
    phone.set_offline(False)
    page.get_by_role("link", name="Masuk").click()
    unlock(page)
    expect(page.get_by_text("Tidak diterima, periksa lagi")).to_be_visible()
    expect(page.get_by_text("Sudah terkirim, baca hasilnya")).to_be_visible()
    healthy(page)
    assert json.loads(visits.kept[LAST][1])["outcome"] == "not_found"
    assert f"alamat/{LAST}" not in at_rest(page)  # though somebody has to go again
    (_, refused, before), *_ = visits.sent
    visits.refuse.clear()
    page.get_by_role("link", name=NEXT).click()
    expect(page.get_by_text(NOT_YOURS)).to_be_visible()
    expect(page.get_by_label("Tidak ada di rumah")).to_be_checked()
    page.get_by_role("button", name="Selesai, siap dikirim").click()
    expect(page.get_by_text("Sisa kesempatan: 1")).to_be_visible()
    key, after = visits.kept[NEXT]
    assert key != refused
    assert json.loads(after)["taken_at"] == json.loads(before)["taken_at"]


def test_what_lies_too_long_is_wiped(agent: Page, visits: PretendVisits) -> None:
    page = agent
    page.clock.install()
    page.goto(f"/petugas/#{NUMBER}")
    page.reload()
    unlock(page)
    page.get_by_role("button", name="Buka nama dan alamat").click()
    expect(page.get_by_text(NAME)).to_be_visible()
    page.get_by_label("Ya, bertemu").check()
    expect(page.get_by_text("Tersimpan di HP ini")).to_be_visible()
    page.clock.fast_forward(7 * DAY + 1000)
    unlock(page)  # left alone, it asks for the PIN by itself
    expect(page.get_by_role("button", name="Buka nama dan alamat")).to_be_visible()
    expect(page.get_by_label("Ya, bertemu")).to_be_checked()
    page.clock.fast_forward(23 * DAY)
    unlock(page)
    expect(page.get_by_label("Ya, bertemu")).not_to_be_checked()


def test_only_what_lies_on_the_phone_is_told_to_be_kept(agent: Page) -> None:
    page = agent
    page.goto(f"/petugas/#{NUMBER}")
    page.get_by_label("Ya, bertemu").check()
    expect(page.get_by_text("Tersimpan di HP ini")).to_be_visible()
    page.evaluate("""() => {
      const seal = crypto.subtle.encrypt.bind(crypto.subtle);
      const waits = new Promise((go) => { window.go = go; });
      crypto.subtle.encrypt = async (...given) => { await waits; return seal(...given); };
    }""")
    page.get_by_label("Catatan").fill("Pagar dikunci.")
    expect(page.get_by_text("Menyimpan di HP ini")).to_be_visible()
    expect(page.get_by_text("Tersimpan di HP ini")).to_have_count(0)
    page.evaluate("window.go()")
    expect(page.get_by_text("Tersimpan di HP ini")).to_be_visible()
    page.evaluate("() => { crypto.subtle.encrypt = async () => { throw new Error('full'); }; }")
    page.get_by_label("Catatan").fill("Pagar dikunci, tetangga tidak tahu.")
    expect(page.get_by_text("Isian terakhir belum tersimpan")).to_be_visible()
    expect(page.get_by_text("Tersimpan di HP ini")).to_have_count(0)
    page.reload()
    unlock(page)
    expect(page.get_by_label("Catatan")).to_have_value("Pagar dikunci.")


def write_appeal(page: Page) -> None:
    """An appeal by keyboard, with what the phone's own checks find first; one figure is wrong."""
    finish = page.get_by_role("button", name="Selesai, siap dikirim")
    finish.press("Enter")
    expect(page.get_by_role("alert")).to_be_focused()
    for fault in ("24 huruf dan angka", "Apa yang tidak sesuai?", "Centang persetujuan keluarga"):
        expect(page.get_by_role("alert")).to_contain_text(fault)
    healthy(page)
    page.get_by_label("Nomor pendaftaran").press_sequentially(WRONG.lower())
    page.get_by_label("Penghasilan kami turun").press("Space")
    page.get_by_label("Ceritakan keadaan").fill(TOLD)
    page.locator("#foto-1").set_input_files(on_disk(photo(6)))
    expect(page.locator("#foto-1-kata")).to_contain_text("Siap dikirim", timeout=60_000)
    expect(page.locator("#foto-2")).to_be_visible()
    page.get_by_label("sudah mendengar isi sanggahan").press("Space")
    expect(page.get_by_text("Tersimpan di HP ini")).to_be_visible()
    healthy(page)


def signed_in_anew(page: Page, visits: PretendVisits, name: str) -> None:
    """Somebody else's name and password, on a phone whose PIN is the same."""
    visits.agent = name
    page.reload()
    unlock(page)


def test_an_appeal_for_a_family_is_written_without_a_line_and_filed_once(
    agent: Page, visits: PretendVisits, pretend: PretendApi
) -> None:
    page, before = agent, len(pretend.bucket.arrived)
    visits.refuse.add(WRONG)
    page.get_by_role("link", name="Tulis sanggahan untuk keluarga").press("Enter")
    expect(page.get_by_role("heading", name="Sanggahan, ")).to_be_focused()
    reload_without_a_line(page)
    unlock(page)
    write_appeal(page)
    page.reload()
    unlock(page)
    expect(page.get_by_label("Ceritakan keadaan")).to_have_value(TOLD)
    expect(page.get_by_label("sudah mendengar isi sanggahan")).to_be_checked()
    page.get_by_role("button", name="Selesai, siap dikirim").click()
    expect(page.get_by_text("tidak bisa diubah")).to_be_visible()
    healthy(page)
    kept = at_rest(page)
    assert "isi/sanggah-" in kept
    for secret in (WRONG, WRONG.lower(), "bocor", "income_changed", "JFIF"):
        assert secret not in kept
    assert visits.sent == []

    visits.agent = "agent-two"  # a lent phone: nothing is filed in another's name
    page.context.set_offline(False)
    expect(page.get_by_text("ditulis dengan akun lain")).to_be_visible()
    assert visits.sent == []

    signed_in_anew(page, visits, "agent-one")
    expect(page.get_by_text(NOT_KNOWN)).to_be_visible()
    page.get_by_label("Nomor pendaftaran").fill(RECEIPT)
    visits.silent = 1  # it arrives, and the answer is lost on its way
    page.get_by_role("button", name="Selesai, siap dikirim").click()
    expect(page.get_by_text("Tidak ada sambungan")).to_be_visible()
    page.get_by_role("button", name="Kirim sekarang").click()
    expect(page.locator("h1")).to_have_text("Sanggahan sudah kami terima")
    (number,) = visits.appeals
    expect(page.get_by_text(number)).to_be_visible()
    healthy(page)
    (upload,) = pretend.bucket.arrived[before:]
    filed_once(visits, upload.content)
    page.get_by_role("button", name="Selesai, hapus dari HP ini").click()
    expect(page.get_by_role("link", name=NEXT)).to_be_visible()
    kept = at_rest(page)
    assert "sanggah-" not in kept
    assert RECEIPT not in kept


def filed_once(visits: PretendVisits, content: bytes) -> None:
    """What was asked for again was the same to the letter; it says what the family said."""
    (_, refused, _), (path, key, raw), *again = visits.sent
    assert path == "/v1/agent/appeals"
    assert key != refused
    assert again
    assert {(each[1], each[2]) for each in again} == {(key, raw)}
    assert json.loads(raw) == {
        "receipt": RECEIPT,
        "reason": "income_changed",
        "text": TOLD,
        "agreed": True,
        "photos": [{"type": "jpeg", "size": len(content)}],
    }
    assert is_clean(content)
