"""A phone that is switched off again and again: nothing lost, nothing doubled, nothing to read."""

from __future__ import annotations

import json
import os
import random
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from phone_lock import PIN, unlock
from phone_photos import on_disk, photo
from playwright.sync_api import Browser, BrowserContext, Page, expect
from playwright.sync_api import Error as Gone
from pretend_api import PretendApi
from pretend_visits import LINE, NAME, row_of

pytestmark = [pytest.mark.browser, pytest.mark.prove]
VISITS, KILLS, SEED = 30, 40, 4711
SIGN_IN = "/staff/agent/sign-in"  # a killed Chromium has not yet written its cookies down
REMARK = "Rumah kontrakan di belakang masjid"
LETTERS = "ABCDEFGHJKMNPQRSTVWXYZ"
NUMBERS = [f"V2K7MPQ3{LETTERS[n // 20]}{LETTERS[n % 20]}" for n in range(VISITS)]


def processes_of(profile: Path) -> list[int]:
    """Those that were started on this profile."""
    found = []
    for folder in Path("/proc").iterdir():
        with suppress(OSError):
            if folder.name.isdecimal() and str(profile) in (folder / "cmdline").read_text():
                found.append(int(folder.name))
    return found


@contextmanager
def switched_on(
    chromium: Browser, base: str, profile: Path
) -> Iterator[tuple[Page, BrowserContext]]:
    """The phone with all that it kept; switched off by a kill, as by a battery taken out."""
    kind = chromium.browser_type
    phone = kind.launch_persistent_context(
        profile,
        executable_path=os.environ.get("TEPAT_CHROMIUM") or "/usr/bin/chromium-headless-shell",
        args=["--no-sandbox", "--disable-gpu"],
        viewport={"width": 360, "height": 740},
        base_url=base,
    )
    try:
        yield phone.pages[0], phone
    finally:
        for pid in processes_of(profile):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        with suppress(Gone):
            phone.close()


def write_all(page: Page, phone: BrowserContext) -> None:
    """Every visit of the list, each with a photo, without a line."""
    page.goto("/petugas/")
    page.get_by_label("PIN", exact=True).fill(PIN)
    page.get_by_label("Tulis PIN sekali lagi").fill(PIN)
    page.get_by_role("button", name="Simpan PIN").click()
    page.get_by_role("link", name="Masuk").click()
    unlock(page)
    expect(page.get_by_role("link", name=NUMBERS[-1])).to_be_visible()
    page.goto(f"/petugas/#{NUMBERS[0]}")
    page.get_by_role("button", name="Buka nama dan alamat").click()
    expect(page.get_by_text(NAME)).to_be_visible()
    phone.set_offline(True)
    shot = on_disk(photo(6, (600, 800)))
    for n, number in enumerate(NUMBERS):
        page.goto(f"/petugas/#{number}")
        expect(page.locator("h1")).to_contain_text(number)
        page.get_by_label("Ya, bertemu").check()
        page.get_by_label("Ada berapa ruangan").fill(str(n % 20 + 1))
        page.get_by_label("Catatan").fill(REMARK)
        page.locator("#foto-1").set_input_files(shot)
        expect(page.locator("#foto-1-kata")).to_contain_text("Siap dikirim")
        page.get_by_role("button", name="Selesai, siap dikirim").click()
        expect(page.get_by_text("tidak bisa diubah")).to_be_visible()


def on_the_disk(profile: Path, text: str) -> list[str]:
    """Files of a switched-off phone in which a text can be read."""
    wanted = (text.encode(), text.encode("utf-16-le"))
    files = [path for path in profile.rglob("*") if path.is_file()]
    return [path.name for path in files if any(each in path.read_bytes() for each in wanted)]


def test_a_phone_that_is_killed_while_it_sends_loses_and_doubles_nothing(
    chromium: Browser, pretend: PretendApi, tmp_path: Path
) -> None:
    dice = random.Random(SEED)  # noqa: S311 - no secret
    visits, bucket = pretend.visits, pretend.bucket
    visits.reset()
    visits.rows = [row_of(number) for number in NUMBERS]
    before = len(bucket.arrived)
    with switched_on(chromium, pretend.base, tmp_path) as (page, phone):
        write_all(page, phone)
    assert on_the_disk(tmp_path, NUMBERS[0])
    for secret in (NAME, LINE, REMARK, PIN, "answers.rooms"):
        assert on_the_disk(tmp_path, secret) == []
    for _ in range(KILLS):
        visits.silent = dice.choice((0, 0, 1))
        bucket.faults[:] = [dice.choice(("", "", "cut", "silent", "expired"))]
        with switched_on(chromium, pretend.base, tmp_path) as (page, _):
            page.goto(SIGN_IN)
            unlock(page)
            page.wait_for_timeout(dice.randrange(400, 1600))
    visits.silent = 0
    bucket.faults.clear()
    with switched_on(chromium, pretend.base, tmp_path) as (page, _):
        page.goto(SIGN_IN)
        unlock(page)
        sent = page.get_by_text("Sudah terkirim, baca hasilnya")
        expect(sent).to_have_count(VISITS, timeout=60_000)
    by_number: dict[str, set[tuple[str, str]]] = {}
    for path, key, raw in visits.sent:
        by_number.setdefault(path.rpartition("/")[2], set()).add((key, raw))
    assert by_number.keys() == set(NUMBERS)
    assert {len(each) for each in by_number.values()} == {1}
    rooms = [json.loads(next(iter(by_number[number]))[1])["answers"]["rooms"] for number in NUMBERS]
    assert rooms == [n % 20 + 1 for n in range(VISITS)]
    arrived = {upload.key for upload in bucket.arrived[before:]}
    assert sorted(key.split("/")[1] for key in arrived) == sorted(NUMBERS)
