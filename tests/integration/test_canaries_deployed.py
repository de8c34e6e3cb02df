"""Canary families on the deployed packages: the real roles, queues, streams, logs and keys."""

from __future__ import annotations

import html
import json
import re
import secrets
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, urljoin

import httpx
import pytest

from chalicelib.adapters.protection import KmsBlindIndex
from infra.build import SURFACES, Package
from infra.chaos.stack import TICK
from modelling.audit_verify import verify
from tests import local_aws
from tests.canaries import places
from tests.canaries.attack import what_comes_out
from tests.canaries.people import family
from tests.canaries.search import needles, search
from tests.canaries.watch import found_in, told
from tests.local_aws import STAGE, Tepat, functions_of

GONE, STAYS, LATER = family(0), family(1), family(2)
SOUGHT = needles(GONE.canaries, STAYS.canaries, LATER.canaries)
SETTLED = ("needs_correction", "needs_officer", "needs_ground_check", "decided")
LARGEST = 2_000_000  # bytes of a file of the local AWS: larger ones are the functions' zips
pytestmark = [pytest.mark.local_aws, pytest.mark.prove]


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory, package: Package) -> Iterator[Tepat]:
    """A Tepat of its own: other tests change the ledger of the shared one on purpose."""
    with local_aws.running(tmp_path_factory.mktemp("canaries"), package) as running:
        yield running


class Officer:
    """A browser at the desk that signs in at the pool's own page."""

    def __init__(self, tepat: Tepat) -> None:
        self.tepat = tepat
        self.jar: dict[str, str] = {}
        self.sign_in()

    def ask(self, method: str, path: str, **fields: str) -> httpx.Response:
        cookies = "; ".join(f"{name}={value}" for name, value in self.jar.items())
        headers = {"Accept": "text/html", "Cookie": cookies}
        if method == "POST":
            headers["Origin"] = self.tepat.site
        answer = self.tepat.http.request(
            method, f"{self.tepat.site}{path}", headers=headers, data=fields or None
        )
        for cookie in answer.headers.get_list("set-cookie"):
            name, _, rest = cookie.partition("=")
            self.jar[name] = rest.partition(";")[0]
        return answer

    def sign_in(self) -> None:
        address = self.ask("GET", "/staff/sign-in").headers["location"]
        with httpx.Client(timeout=30) as browser:
            page = browser.get(address, follow_redirects=True)
            form = re.search(r"<form[^>]*>", page.text)
            assert form is not None, page.text[:500]
            action = re.search(r'action="([^"]*)"', form[0])
            hidden = dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', page.text))
            fields = {name: html.unescape(value) for name, value in hidden.items()}
            fields |= {"username": "petugas", "password": self.tepat.passwords["petugas"]}
            target = urljoin(str(page.url), html.unescape(action[1]) if action else "")
            answer = browser.post(target, data=fields)
        code = answer.headers["location"].partition("/staff/callback")[2]
        assert self.ask("GET", f"/staff/callback{code}").status_code == 200


def register(tepat: Tepat, body: Any) -> str:
    answer = tepat.post("/v1/registrations", body, **{"Idempotency-Key": secrets.token_urlsafe(24)})
    assert answer.status_code == 201, answer.text
    receipt: str = answer.json()["receipt"]
    return receipt


def mood(tepat: Tepat, mode: str) -> None:
    assert tepat.http.post(f"{tepat.registry}/control", json={"mode": mode}).status_code == 200


def tables_of(tepat: Tepat) -> dict[str, list[dict[str, Any]]]:
    dynamodb = tepat.aws.account().client("dynamodb")
    return {name: places.items_of(dynamodb, name) for name in dynamodb.list_tables()["TableNames"]}


def run(*command: str) -> bytes:
    ran = subprocess.run([sys.executable, "-m", *command], capture_output=True, check=False)
    assert ran.returncode == 0, ran.stderr.decode()
    return ran.stdout


def answers_to_all_that_may_be_asked(tepat: Tepat, officer: Officer) -> list[httpx.Response]:
    """Sent in every place of a request; what comes back may show nobody."""
    found = []
    short = (
        {c.kind: c.text for c in GONE.canaries} | {"NIK": GONE.nik, "name": GONE.name}
    ).values()
    for text in short:
        odd = quote(text)
        around = {"Cookie": f"{odd}={odd}", "User-Agent": odd, "Referer": f"http://x/{odd}"}
        for route in ("registrations", "status", "corrections", "withdrawals", "proposals"):
            path = f"{tepat.site}/v1/{route}?{odd}={odd}"
            headers = {"Idempotency-Key": odd, "Content-Type": "application/json", **around}
            bodies = (text, f'{{"{text}": "{text}"', f'{{"receipt":"{text}"}}')
            found += [
                tepat.http.post(path, content=body.encode(), headers=headers) for body in bodies
            ]
        pages = (f"/v1/{odd}", f"/{odd}/", f"/audit/{odd}.json")
        found += [tepat.http.get(f"{tepat.site}{path}", headers=around) for path in pages]
        pages = (f"/staff/cases/{odd}", f"/staff/{odd}", f"/staff?page={odd}")
        found += [officer.ask("GET", path) for path in pages]
        found.append(officer.ask("POST", "/staff/cases", number=text))
    huge = {"Content-Type": "application/json"}
    body = b'{"members":"' + GONE.nik.encode() * 700_000 + b'"}'
    found.append(tepat.http.post(f"{tepat.site}/v1/registrations", content=body, headers=huge))
    return found


def test_nobody_is_met_anywhere_and_who_is_erased_stays_forgotten(
    fresh: Tepat, tmp_path: Path
) -> None:
    tepat, officer = fresh, Officer(fresh)
    gone = register(tepat, GONE.form)
    held = register(tepat, GONE.form | {"phone": None})
    stays = register(tepat, STAYS.form)
    for paper in (gone, held, stays):
        tepat.wait_for(paper, *SETTLED)
    mood(tepat, "down")
    later = register(tepat, LATER.form)
    tepat.wait_for(later, "identity_checking", "received")
    change = {"receipt": gone, "members": [{"index": 0, "name": STAYS.name}]}
    seen = [tepat.post("/v1/corrections", change, **{"Idempotency-Key": "c" * 24})]
    mood(tepat, "ok")
    place = gone.replace("-", "")[:10]
    shown = officer.ask("GET", f"/staff/cases/{place}?reason=desk")
    assert GONE.form["members"][1]["name"] in shown.text  # whom the officer may see is there
    seen += [officer.ask("GET", "/staff"), officer.ask("GET", "/staff?kind=visit")]
    seen += answers_to_all_that_may_be_asked(tepat, officer)
    functions = tepat.aws.account().client("lambda")
    for name in ("Sweep", "SealDay"):
        functions.invoke(FunctionName=functions_of(tepat)[name], Payload=json.dumps(TICK))
    found = [
        (f"{answer.status_code} to {answer.request.method} {number}", answer)
        for number, answer in enumerate(seen)
    ]
    assert len(found) > 100
    kept = [
        (where, repr(dict(answer.headers)).encode() + b"\n" + answer.content)
        for where, answer in found
    ]
    assert told(found_in(kept)) == ""
    export = ("infra.audit_export", "--stage", STAGE, "--local", _port(tepat), "--minutes-ago", "0")
    ledger = tmp_path / "before.jsonl"
    search_all_that_is_kept(tepat, [("export", run(*export))])
    erase_and_restore(tepat, officer, (place, stays.replace("-", "")[:10]), export, ledger)


def search_all_that_is_kept(tepat: Tepat, more: list[places.Kept]) -> None:
    """Everything that the local AWS keeps, its own files and what it says, and the package."""
    account = tepat.aws.account()
    kept = [*more, *places.everything(account.client)]
    kinds = {place.partition(" ")[0] for place, _ in kept}
    assert kinds >= {"table", "bucket", "log"}, kinds
    lines = b"".join(data for place, data in kept if place.startswith("log "))
    assert lines.count(b'"message":"request"') > 100, "the functions' logs are not there"
    saved = tepat.aws.log.parent / "state"
    files = [tepat.aws.log, *(path for path in saved.rglob("*") if path.is_file())]
    small = [path for path in files if path.stat().st_size < LARGEST]
    assert tepat.aws.log in small
    kept += [(f"file {path.name}", path.read_bytes()) for path in small]
    assert told(found_in(kept)) == ""
    for path in tepat.package.site.rglob("*"):
        if path.is_file():
            assert not search(path.read_bytes(), SOUGHT, depth=2), path.name
    for surface in SURFACES:
        with zipfile.ZipFile(tepat.package.code(surface)) as archive:
            for name in archive.namelist():
                assert not search(archive.read(name), SOUGHT, depth=1), name


def erase_and_restore(
    tepat: Tepat, officer: Officer, cases: tuple[str, str], export: tuple[str, ...], ledger: Path
) -> None:
    """Erase with the staff API's own role; then bring an older copy back, and make it forget."""
    gone, stays = cases
    given, account = tepat.deployed.parameters, tepat.aws.account()
    kms, dynamodb = account.client("kms"), account.client("dynamodb")
    index = KmsBlindIndex(lambda: kms, given["IndexKeyId"], STAGE)

    def unwrap(wrapped: bytes) -> bytes:
        answer = kms.decrypt(
            KeyId=given["OpeningKeyId"],
            CiphertextBlob=wrapped,
            EncryptionAlgorithm="RSAES_OAEP_SHA_256",
        )
        plain: bytes = answer["Plaintext"]
        return plain

    def out_of(tables: dict[str, list[dict[str, Any]]], who: Any, locator: str) -> set[str]:
        items = [item for rows in tables.values() for item in rows]
        return what_comes_out(items, who, locator, unwrap, index.mac)

    def sound() -> bool:
        return verify(run(*export).splitlines(keepends=True)).sound

    old = tables_of(tepat)
    assert out_of(old, GONE, gone) >= {"opened", "salt", "known"}
    path = f"/staff/cases/{gone}/erase"
    erased = officer.ask("POST", path, reason="family_request", sure="true")
    assert erased.status_code == 200, erased.text
    # The same people sent a second form, which stays: what it wanted may still be known.
    assert out_of(tables_of(tepat), GONE, gone) <= {"known"}
    assert sound()
    ledger.write_bytes(run(*export))
    for name, items in tables_of(tepat).items():
        for item in items:
            dynamodb.delete_item(TableName=name, Key={"pk": item["pk"], "sk": item["sk"]})
        for item in old[name]:
            dynamodb.put_item(TableName=name, Item=item)
    assert out_of(tables_of(tepat), GONE, gone) >= {"opened", "salt"}
    said = run("infra.replay_erasures", "--stage", STAGE, "--local", _port(tepat), str(ledger))
    assert b"1 erased again" in said
    assert out_of(tables_of(tepat), GONE, gone) <= {"known"}
    assert "opened" in out_of(tables_of(tepat), STAYS, stays)


def _port(tepat: Tepat) -> str:
    return tepat.aws.endpoint.rpartition(":")[2]
