"""Two administrators adopt a region's borders through the deployed functions, queues and roles."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator
from itertools import islice
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from chalicelib.adapters import dynamo, registry_items, vault_items
from chalicelib.domain.adoption import FEWEST
from chalicelib.domain.registration import State
from infra.people.forms import families
from tests.local_aws import Tepat
from tests.world import CONSENT, REGION

pytestmark = [pytest.mark.browser, pytest.mark.local_aws, pytest.mark.prove]

WAIT_S = 420  # two delays of the queue, the villages, and a busy machine
PHONE = {"width": 320, "height": 740}
SEED, FIRST = 3510, 60  # of the sandbox registry's people: no other test sends these


@pytest.fixture
def people(tepat: Tepat, chromium: Browser) -> Iterator[dict[str, Page]]:
    """Two administrators, each with a browser of their own, on small phones."""
    contexts: list[BrowserContext] = []
    pages = {}
    for name in ("petugas", "penetap"):
        context = chromium.new_context(viewport=PHONE, base_url=tepat.site)  # type: ignore[arg-type]
        contexts.append(context)
        pages[name] = context.new_page()
    yield pages
    for context in contexts:
        context.close()


@pytest.fixture
def crowd(tepat: Tepat) -> Iterator[str]:
    """Enough decided families: some that registered, the rest copies of them under other numbers.

    A copy has the vault item of its original, under whose salt its next event is committed. All
    copies are taken away at the end.
    """
    known = families(SEED, 250, region=REGION, consent=CONSENT)
    whole = (draft.form for draft in known if draft.form == draft.mended)
    own = [_registered(tepat, form) for form in islice(whole, FIRST, FIRST + 4)]
    dynamodb, given = tepat.aws.account().client("dynamodb"), tepat.deployed.parameters
    registry, vault = given["RegistryTable"], given["VaultTable"]
    made: list[tuple[str, Any]] = []
    items = [dynamo.decode(item) for item in dynamodb.scan(TableName=registry)["Items"]]
    decided = [
        item for item in items if registry_items.is_state(item) and item["s"] == State.DECIDED.value
    ]
    assert decided
    for number in range(FEWEST):
        item = dict(decided[number % len(decided)])
        locator = registry_items.ref_of(item).locator
        other = f"{locator[:4]}ZZ{2000 + number}".replace("0", "A").replace("1", "B")
        sealed = dynamo.key(vault_items.vault_pk(locator), vault_items.REGISTERED)
        found = dynamodb.get_item(TableName=vault, Key=sealed)["Item"]
        found["pk"] = {"S": vault_items.vault_pk(other)}
        item["sk"] = f"R#{other}"
        for table, kept in ((vault, found), (registry, dynamo.encode(item))):
            dynamodb.put_item(TableName=table, Item=kept)
            made.append((table, {"pk": kept["pk"], "sk": kept["sk"]}))
    yield own[0]
    for table, key in made:
        dynamodb.delete_item(TableName=table, Key=key)


def _registered(tepat: Tepat, body: Any) -> str:
    answer = tepat.post("/v1/registrations", body, **{"Idempotency-Key": secrets.token_urlsafe(24)})
    assert answer.status_code == 201, answer.text
    paper: str = answer.json()["receipt"]
    tepat.wait_for(paper, "decided", "needs_correction", "needs_officer", "needs_ground_check")
    return paper


def wait_for(page: Page, text: str) -> None:
    """Load the page again until it says something."""
    end = time.monotonic() + WAIT_S
    while text not in page.locator("main").inner_text():
        assert time.monotonic() < end, page.locator(".lead").inner_text()
        time.sleep(2)
        page.reload()


def sign_in(page: Page, name: str, tepat: Tepat) -> None:
    page.goto("/staff/sign-in")
    page.fill("#username", name)
    page.fill("#password", tepat.passwords[name])
    page.click("button[type=submit]")
    page.wait_for_url(f"{tepat.site}/staff/")
    page.wait_for_load_state()


def fits(page: Page) -> None:
    wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert wide <= 0, page.url


def test_two_adopt_the_regions_own_borders_and_families_are_decided_anew(
    people: dict[str, Page], crowd: str, tepat: Tepat
) -> None:
    proposer, adopter = people["petugas"], people["penetap"]
    sign_in(proposer, "petugas", tepat)
    proposer.goto("/staff/adoptions")
    proposer.get_by_role("button", name="Usulkan dan hitung").click()
    expect(proposer.get_by_role("alert")).to_be_visible()
    fits(proposer)
    proposer.locator("input[name=model]").first.check()
    proposer.locator("input[name=rules]").first.check()
    proposer.get_by_role("button", name="Usulkan dan hitung").click()
    proposer.wait_for_url("**/staff/adoptions/ZZZZ*")
    wait_for(proposer, "Menunggu orang kedua")
    expect(proposer.locator("main")).to_contain_text("Orang lain yang harus memutuskan")
    expect(proposer.get_by_role("button", name="Tetapkan")).to_have_count(0)
    fits(proposer)

    sign_in(adopter, "penetap", tepat)  # just before: who adopts has signed in just now
    adopter.goto(proposer.url)
    adopter.get_by_text("Saya sudah membaca angka").click()
    adopter.get_by_role("button", name="Tetapkan", exact=True).click()
    wait_for(adopter, "Semua keluarga sudah diputuskan ulang")
    fits(adopter)

    table = tepat.deployed.parameters["RegistryTable"]
    items = tepat.aws.account().client("dynamodb").scan(TableName=table)["Items"]
    decoded = [dynamo.decode(item) for item in items]
    cases = [registry_items.from_item(item) for item in decoded if registry_items.is_state(item)]
    decided = [case for case in cases if case.state is State.DECIDED]
    assert len(decided) >= FEWEST
    assert {(case.under, case.provisional) for case in decided} == {(1, False)}
    (region,) = [item for item in decoded if item["pk"] == registry_items.IN_FORCE_PK]
    assert registry_items.in_force_from_item(region).number == 1
    told = tepat.status(crowd)
    if told["state"] == "decided":
        assert any("Hasil ini menggantikan hasil tanggal" in note for note in told["notes"])
    assert _not_delivered(tepat) == 0


def _not_delivered(tepat: Tepat) -> int:
    """Messages of the adoption that no function took or that parked."""
    sqs, url = tepat.aws.account().client("sqs"), tepat.deployed.parameters["AdoptionQueueUrl"]
    dead = url.replace("-adoption", "-adoption-dead")
    told = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["ApproximateNumberOfMessages"])
    return int(told["Attributes"]["ApproximateNumberOfMessages"])
