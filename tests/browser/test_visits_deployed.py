"""An agent's walk on the deployed functions: the pool's own sign-in, a check, the bucket."""

from __future__ import annotations

import json
import secrets

import pytest
from form_filling import known_person
from phone_photos import on_disk, photo
from playwright.sync_api import Browser, Page, expect

from infra.chaos.stack import TICK
from infra.local_aws.officers import declare_officers
from infra.local_aws.staff import subjects
from tests.local_aws import Tepat, functions_of
from tests.world import REGION, artefact, form, member

pytestmark = [pytest.mark.browser, pytest.mark.local_aws, pytest.mark.prove]
PIN = "204719"
LINE = "Jalan Kemuning 77"


@pytest.fixture
def receipt(tepat: Tepat) -> str:
    """A family that cannot be scored, and for which the one agent there is was drawn."""
    account, given = tepat.aws.account(), tepat.deployed.parameters
    sub = subjects(account.client("cognito-idp"), given["StaffPoolId"])["pendamping"]
    declare_officers(account, given, REGION, {"pendamping": sub})
    person = known_person()
    head = member(9901, name=person.name, nik=person.nik, birth_date=person.birth_date)
    body = form(artefact(), head | {"sex": person.sex}, kk=person.kk)
    body["address"] = {"line": LINE, "rt": "017", "rw": "009"}
    del body["answers"]["rooms"]
    answer = tepat.post("/v1/registrations", body, **{"Idempotency-Key": secrets.token_urlsafe(24)})
    assert answer.status_code == 201, answer.text
    paper: str = answer.json()["receipt"]
    tepat.wait_for(paper, "needs_ground_check")
    clock = functions_of(tepat)["SendVisits"]
    told = account.client("lambda").invoke(FunctionName=clock, Payload=json.dumps(TICK))
    assert "FunctionError" not in told
    return paper


def objects(tepat: Tepat) -> list[str]:
    """Keys of all files of evidence: sent, or screened and copied already."""
    bucket = tepat.aws.account().client("s3")
    names = [tepat.deployed.parameters[name] for name in ("QuarantineBucket", "ReleasedBucket")]
    told = [bucket.list_objects_v2(Bucket=name).get("Contents", []) for name in names]
    return [each["Key"] for listed in told for each in listed]


def unlock(page: Page) -> None:
    page.get_by_label("PIN", exact=True).fill(PIN)
    page.get_by_role("button", name="Buka").click()


def test_an_agent_signs_in_visits_and_what_was_found_decides(
    tepat: Tepat, chromium: Browser, receipt: str
) -> None:
    phone = chromium.new_context(viewport={"width": 360, "height": 740}, base_url=tepat.site)
    page = phone.new_page()
    page.goto("/petugas/")
    page.get_by_label("PIN", exact=True).fill(PIN)
    page.get_by_label("Tulis PIN sekali lagi").fill(PIN)
    page.get_by_role("button", name="Simpan PIN").click()
    page.get_by_role("link", name="Masuk").click()
    page.fill("#username", "pendamping")
    page.fill("#password", tepat.passwords["pendamping"])
    page.click("button[type=submit]")
    page.wait_for_url(f"{tepat.site}/petugas/")
    (cookie,) = (each for each in phone.cookies() if each["name"] == "__Host-tepat_agent")
    assert (cookie["httpOnly"], cookie["secure"], cookie["sameSite"]) == (True, True, "Strict")
    unlock(page)
    visit = page.get_by_role("link", name="Kunjungan ").first
    number = visit.inner_text().split()[-1]
    visit.click()
    page.get_by_role("button", name="Buka nama dan alamat").click()
    expect(page.get_by_text(LINE)).to_be_visible()

    page.evaluate("navigator.serviceWorker.ready.then(() => 0)")
    phone.set_offline(True)
    page.reload()
    unlock(page)
    page.get_by_label("Ya, bertemu").check()
    page.get_by_label("Ada berapa ruangan").fill("4")
    page.locator("#foto-1").set_input_files(on_disk(photo(1, (600, 800))))
    expect(page.locator("#foto-1-kata")).to_contain_text("Siap dikirim", timeout=60_000)
    phone.grant_permissions(["geolocation"])
    phone.set_geolocation({"latitude": -8.212341, "longitude": 114.366789, "accuracy": 12})
    page.get_by_role("button", name="Catat lokasi HP ini").click()
    expect(page.get_by_text("ketelitian 12 meter")).to_be_visible()
    page.get_by_role("button", name="Selesai, siap dikirim").click()
    expect(page.get_by_text("tidak bisa diubah")).to_be_visible()
    phone.set_offline(False)
    expect(page.locator("h1")).to_have_text("Kunjungan selesai", timeout=60_000)
    expect(page.get_by_text("Didaftarkan: Tidak dijawab")).to_be_visible()
    expect(page.get_by_text("Ditemukan: 4")).to_be_visible()
    expect(page.get_by_role("button", name="Selesai, hapus dari HP ini")).to_be_visible()
    tepat.wait_for(receipt, "decided")
    assert [key for key in objects(tepat) if f"/{number}/" in key]

    page.get_by_role("link", name="Kunjungan saya").click()
    page.get_by_role("button", name="Keluar dari akun").click()
    unlock(page)  # the pool ends its own sign-in and leads back
    expect(page.get_by_role("link", name="Masuk")).to_be_visible()
    phone.close()
