"""The whole of sanggah on the deployed functions: families, a neighbour, an agent, officers.

A refused family appeals with three photos; a neighbour objects to a family that would get help,
which is told and answers. Both times somebody goes and looks without a line and sends it later, two
officers decide, and the result is reckoned anew on what was seen. The ledger tells it and verifies.
With TEPAT_SCREENS set to a folder, the pages on the way are photographed into it.
"""

from __future__ import annotations

import json
import os
import secrets
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from io import BytesIO
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from phone_photos import on_disk, photo
from playwright.sync_api import Browser, BrowserContext, Page, expect

from chalicelib.adapters import dynamo
from chalicelib.adapters.dispute_table import DisputeTable
from chalicelib.adapters.registry_table import Tables
from chalicelib.domain.dispute import Dispute, Stage
from chalicelib.domain.registration import Ref
from frontend.screens import photograph
from infra.audit_export import write
from infra.chaos.stack import TICK
from infra.local_aws.officers import declare_officers
from infra.local_aws.staff import subjects
from infra.people.forms import families
from modelling.audit_verify import Report, verify
from tests.local_aws import Tepat, functions_of
from tests.world import CONSENT, REGION

pytestmark = [pytest.mark.browser, pytest.mark.local_aws]

SEED, FIRST = 3510, 70  # of the sandbox registry's people: no other test sends these
PHONE = {"width": 360, "height": 740}
DESK = {"width": 1366, "height": 768}
WAIT_S = 180
TOLD = {
    *("filed", "heard", "answered", "to_review", "visit_asked", "recommended", "dispute_decided"),
}
SMALL = (900, 1200)  # of photos: enough for the page to shrink nothing
PIN = "204719"
POOR = (
    *("Kontrak atau sewa", "Tidak ada jamban", "Sungai, danau, kolam, atau irigasi"),
    *("Bukan listrik (pelita, petromaks, obor)", "Kayu bakar, arang, briket, atau minyak tanah"),
    *("Tidak memakai internet di rumah", "Tidak punya"),
)
RICH = (
    *("Milik sendiri", "Kloset leher angsa, dibuang ke saluran limbah kota atau komplek"),
    *("Air kemasan bermerek", "Listrik PLN dengan meteran sendiri", "Gas elpiji atau gas kota"),
    *("Lewat langganan kabel atau Wi-Fi rumah", "Punya, 1 hektare atau lebih"),
)
PLACE = {"latitude": -8.212341, "longitude": 114.366789, "accuracy": 12}

Opens = Callable[[dict[str, int]], Page]


@pytest.fixture(scope="module")
def people(tepat: Tepat) -> Iterator[Any]:
    """Forms of families that nobody has sent."""
    given, cognito = tepat.deployed.parameters, tepat.aws.account().client("cognito-idp")
    declare_officers(tepat.aws.account(), given, REGION, subjects(cognito, given["StaffPoolId"]))
    known = families(SEED, 300, region=REGION, consent=CONSENT)
    whole = (draft.form for draft in known if draft.form == draft.mended)
    return islice(whole, FIRST, None)


@pytest.fixture
def opens(tepat: Tepat, chromium: Browser) -> Iterator[Opens]:
    """A browser of its own for each who takes part."""
    contexts: list[BrowserContext] = []

    def one(size: dict[str, int]) -> Page:
        contexts.append(chromium.new_context(viewport=size, base_url=tepat.site))  # type: ignore[arg-type]
        contexts[-1].set_default_timeout(60_000)
        return contexts[-1].new_page()

    yield one
    for context in contexts:
        context.close()


def shown(page: Page, name: str) -> None:
    """It fits; and it is photographed where somebody wants pictures."""
    assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0, page.url
    if folder := os.environ.get("TEPAT_SCREENS"):
        photograph(page, Path(folder), f"sanggah-{name}")


def registered(tepat: Tepat, people: Iterator[Any], *, gets_help: bool) -> tuple[str, Any]:
    """Receipt and form of a family that was decided; families are sent until one fits."""
    for body in islice(filter(could_get_help, people), 12):
        key = {"Idempotency-Key": secrets.token_urlsafe(24)}
        answer = tepat.post("/v1/registrations", body, **key)
        assert answer.status_code == 201, answer.text
        receipt: str = answer.json()["receipt"]
        settled = "decided", "needs_correction", "needs_officer", "needs_ground_check"
        told = tepat.wait_for(receipt, *settled)
        if told["state"] == "decided" and eligible(told) == gets_help:
            return receipt, body
    pytest.fail("no such family among twelve")


def could_get_help(body: Any) -> bool:
    """Whether house and goods decide: nobody in it earns or studied so much that they do not."""
    head, works = body["members"][0], {member["occupation"] for member in body["members"]}
    owns = any(body["answers"].get(code) for code in ("computer", "laptop", "landline"))
    return head["schooling"] in ("none", "primary") and "state_employee" not in works and not owns


def eligible(told: dict[str, Any]) -> bool:
    return any(decision["eligible"] for decision in told["decisions"])


def wait_until(what: Callable[[], Any]) -> Any:
    end = time.monotonic() + WAIT_S
    while not (found := what()):
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.5)
    return found


def stored(tepat: Tepat, number: str, village: str) -> Dispute:
    table = DisputeTable(tepat.aws.account().client("dynamodb"), tables(tepat))
    (found,) = table.load([Ref(village, number)]).values()
    return found


def visit_for(tepat: Tepat, number: str) -> tuple[str, str]:
    """Number of the visit that was asked for a dispute, and user name of who was drawn to go."""
    dynamodb, table = tepat.aws.account().client("dynamodb"), tables(tepat).registry
    items = [dynamo.decode(item) for item in dynamodb.scan(TableName=table)["Items"]]
    (found,) = (item for item in items if item.get("dl") == number)
    return str(found["sk"]), user_name(tepat, str(found["o"]))


def tables(tepat: Tepat) -> Tables:
    given = tepat.deployed.parameters
    return Tables(*(given[f"{name}Table"] for name in ("Registry", "Vault", "Ledger", "Ops")))


def ledger(tepat: Tepat) -> tuple[Report, dict[str, list[str]]]:
    """What the auditors' program says of the whole ledger, and the acts of each chain."""
    out = BytesIO()
    given = tepat.deployed.parameters | {"Region": REGION}
    write(tepat.aws.account(), given, time.time_ns() // 1_000_000, out)
    lines = out.getvalue().splitlines(keepends=True)
    acts: dict[str, list[str]] = defaultdict(list)
    for record in map(json.loads, lines):
        if record["type"] == "event":
            acts[record["chain"]].append(record["act"])
    return verify(lines), acts


def drawn(tepat: Tepat, number: str, village: str, stage: Stage) -> str:
    """User name of the officer who was drawn for a dispute, once it is in a stage."""

    def officer() -> str:
        there = stored(tepat, number, village)
        return there.officer if there.stage is stage else ""

    return user_name(tepat, wait_until(officer))


def user_name(tepat: Tepat, subject: str) -> str:
    """As who somebody of the staff pool signs in."""
    cognito = tepat.aws.account().client("cognito-idp")
    names = subjects(cognito, tepat.deployed.parameters["StaffPoolId"])
    return next(name for name, sub in names.items() if sub == subject)


def sign_in(page: Page, name: str, tepat: Tepat) -> None:
    page.fill("#username", name)
    page.fill("#password", tepat.passwords[name])
    page.click("button[type=submit]")


def at_desk(opens: Opens, tepat: Tepat, name: str, number: str) -> Page:
    """The drawn officer's browser, with the dispute opened from the queue."""
    page = opens(DESK)
    page.goto("/staff/sign-in")
    sign_in(page, name, tepat)
    page.wait_for_url(f"{tepat.site}/staff/")  # the last of the pages that pass it on
    page.goto("/staff/disputes")
    shown(page, "antrean")
    page.get_by_role("link", name=number).click()
    expect(page.locator("h1")).to_contain_text(number)
    return page


def vote(page: Page, choice: str, button: str) -> None:
    """Choose, read the letter that the family will read, and send it."""
    page.get_by_label("Pendapat dan alasannya").select_option(choice)
    page.get_by_role("button", name="Lihat surat untuk keluarga").click()
    expect(page.locator("h1")).to_have_text("Surat yang akan dibaca keluarga")
    shown(page, f"surat-{button.split(maxsplit=1)[0].lower()}")
    page.get_by_role("button", name=button).click()
    page.wait_for_url("**/staff/disputes")


def look_up(page: Page, receipt: str) -> None:
    page.goto("/status/")
    page.get_by_label("Nomor pendaftaran").fill(receipt)
    page.get_by_role("button", name="Lihat status").click()
    expect(page.get_by_role("button", name="Perbarui")).to_be_visible()


def add_photos(page: Page, *turns: int) -> None:
    for n, turn in enumerate(turns, start=1):
        page.locator(f"#foto-{n}").set_input_files(on_disk(photo(turn, SMALL)))
        expect(page.locator(f"#foto-{n}-kata")).to_contain_text("Siap dikirim", timeout=60_000)


def number_after(page: Page) -> str:
    """The number of what was sent, once its photos are there."""
    expect(page.get_by_text("sudah terkirim.")).to_be_visible(timeout=60_000)
    return page.locator("main b").first.inner_text()


def function(tepat: Tepat, name: str) -> None:
    """Let the clock's function run now instead of within the hour."""
    functions = tepat.aws.account().client("lambda")
    said = functions.invoke(FunctionName=functions_of(tepat)[name], Payload=json.dumps(TICK))
    assert "FunctionError" not in said, said["Payload"].read()


def test_a_refused_family_appeals_and_gets_what_it_should(
    tepat: Tepat, people: Iterator[Any], opens: Opens
) -> None:
    receipt, body = registered(tepat, people, gets_help=False)
    before = ledger(tepat)[0].found
    family = opens(PHONE)
    look_up(family, receipt)
    shown(family, "status-ditolak")
    family.get_by_role("link", name="Sanggah hasil ini").click()
    family.get_by_label("Jawaban yang tercatat keliru").check()
    family.get_by_label("Ceritakan keadaan").fill("Rumah kami kontrakan, tanpa jamban.")
    add_photos(family, 6, 8, 3)
    shown(family, "naik-banding")
    family.get_by_role("button", name="Kirim sanggahan").click(no_wait_after=True)
    number = number_after(family)
    shown(family, "terkirim")

    visited_and_decided(tepat, opens, number, body, POOR)
    look_up(family, receipt)
    expect(family.get_by_text("Sanggah Anda diterima.").first).to_be_visible()
    wait_until(lambda: eligible(tepat.status(receipt)))
    look_up(family, receipt)
    shown(family, "status-sesudah")
    tells_and_verifies(tepat, before, number, receipt)


def visited_and_decided(
    tepat: Tepat, opens: Opens, number: str, body: Any, found: tuple[str, ...]
) -> None:
    """The drawn officer sends somebody, recommends what was found; another one decides."""
    first = drawn(tepat, number, body["village"], Stage.REVIEW)
    desk = at_desk(opens, tepat, first, number)
    shown(desk, "petugas-pertama")
    desk.get_by_role("button", name="Minta pengecekan").click()
    desk.wait_for_url("**/staff/disputes")
    function(tepat, "SendVisits")
    visit, agent = visit_for(tepat, number)
    page = agents_phone(tepat, opens, agent)
    visited(page, visit, body["members"][0]["name"], found)
    first = drawn(tepat, number, body["village"], Stage.REVIEW)
    desk = at_desk(opens, tepat, first, number)
    expect(desk.get_by_text("Berbeda").first).to_be_visible()
    shown(desk, "sesudah-kunjungan")
    vote(desk, "upheld:claim_confirmed", "Kirim saran")
    second = drawn(tepat, number, body["village"], Stage.RECOMMENDED)
    assert second != first
    vote(at_desk(opens, tepat, second, number), "upheld:claim_confirmed", "Putuskan")


def tells_and_verifies(tepat: Tepat, before: int, number: str, receipt: str) -> None:
    """The ledger holds each step in order, and its verifier finds no more than it did before."""
    report, acts = ledger(tepat)
    assert report.found == before
    steps = [act for act in acts[number] if act in TOLD]
    assert steps[0] == "filed"
    assert steps[-4:] == ["visit_asked", "to_review", "recommended", "dispute_decided"]
    case = acts[receipt.replace("-", "")[:10]]
    assert case[case.index("disputed") :] == ["disputed", "reopened", "decided"]


def agents_phone(tepat: Tepat, opens: Opens, agent: str) -> Page:
    """A phone with a PIN on which an agent has signed in."""
    page = opens(PHONE)
    page.goto("/petugas/")
    page.get_by_label("PIN", exact=True).fill(PIN)
    page.get_by_label("Tulis PIN sekali lagi").fill(PIN)
    page.get_by_role("button", name="Simpan PIN").click()
    page.get_by_role("link", name="Masuk").click()
    sign_in(page, agent, tepat)
    page.get_by_label("PIN", exact=True).fill(PIN)
    page.get_by_role("button", name="Buka").click()
    return page


def visited(page: Page, number: str, name: str, found: tuple[str, ...]) -> None:
    """The agent's phone: the list, a line that breaks, the finding, and sent later."""
    visit = page.get_by_role("link", name=number)
    expect(visit).to_be_visible()
    shown(page, "kunjungan-saya")
    visit.click()
    page.get_by_role("button", name="Buka nama dan alamat").click()
    expect(page.get_by_text(name)).to_be_visible()
    page.evaluate("navigator.serviceWorker.ready.then(() => 0)")
    page.context.set_offline(True)
    page.get_by_label("Ya, bertemu").check()
    for answer in found:
        page.get_by_label(answer, exact=True).check()
    page.get_by_label("Ada berapa ruangan").fill("1" if found is POOR else "9")
    add_photos(page, 6)
    page.context.grant_permissions(["geolocation"])
    page.context.set_geolocation(PLACE)  # type: ignore[arg-type]
    page.get_by_role("button", name="Catat lokasi HP ini").click()
    expect(page.get_by_text("ketelitian 12 meter")).to_be_visible()
    shown(page, "kunjungan-tanpa-sinyal")
    page.get_by_role("button", name="Selesai, siap dikirim").click()
    expect(page.get_by_text("tidak bisa diubah")).to_be_visible()
    page.context.set_offline(False)
    expect(page.locator("h1")).to_have_text("Kunjungan selesai", timeout=60_000)
    shown(page, "kunjungan-selesai")


def test_a_neighbour_objects_the_family_is_told_and_answers(
    tepat: Tepat, people: Iterator[Any], opens: Opens
) -> None:
    receipt, body = registered(tepat, people, gets_help=True)
    before = ledger(tepat)[0].found
    neighbour = opens(PHONE)
    neighbour.goto("/sanggah/")
    neighbour.get_by_role("link", name="Masuk dengan IKD").first.click()
    neighbour.locator("button[name=nik]").first.click()
    neighbour.wait_for_url(f"{tepat.site}/sanggah/**")
    neighbour.get_by_label("Desa atau kelurahan").select_option(body["village"])
    neighbour.get_by_label("Nama kepala keluarga itu").fill(body["members"][0]["name"])
    neighbour.get_by_label("Di mana rumahnya?").fill(body["address"]["line"])
    neighbour.get_by_label("Keluarga ini sudah pindah").check()
    neighbour.get_by_label("Apa yang Anda lihat sendiri?").fill("Rumahnya kosong sejak Juli.")
    neighbour.get_by_label("Saya menyatakan isi ini benar").check()
    add_photos(neighbour, 6)
    shown(neighbour, "keberatan")
    neighbour.get_by_role("button", name="Kirim sanggahan").click(no_wait_after=True)
    number = number_after(neighbour)

    family = opens(PHONE)
    wait_until(lambda: stored(tepat, number, body["village"]).stage is Stage.HEARING)
    look_up(family, receipt)
    expect(family.locator(".letter")).to_contain_text("Diam tidak berarti mengaku.")
    expect(family.locator("main")).not_to_contain_text("Rumahnya kosong sejak Juli.")
    shown(family, "diberi-tahu")
    family.get_by_role("link", name="Beri jawaban").click()
    family.get_by_label("Apa yang sebenarnya terjadi?").fill("Kami pindah ke rumah anak.")
    add_photos(family, 8)
    family.get_by_role("button", name="Kirim jawaban").click()
    expect(family.get_by_text("sudah terkirim.")).to_be_visible(timeout=60_000)
    shown(family, "jawaban")

    visited_and_decided(tepat, opens, number, body, RICH)
    look_up(family, receipt)
    expect(family.get_by_text("Keberatan tentang keluarga Anda diterima.").first).to_be_visible()
    wait_until(lambda: (told := tepat.status(receipt))["state"] == "decided" and not eligible(told))
    look_up(family, receipt)
    shown(family, "keberatan-diterima")
    tells_and_verifies(tepat, before, number, receipt)
