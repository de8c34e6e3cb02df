"""The deployed packages on the local AWS: the whole way of a family, restarts, rights."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from infra.chaos.stack import TICK
from infra.people.forms import Draft, families
from tests.local_aws import Tepat, functions_of
from tests.probing import asked_as
from tests.world import CONSENT, REGION

SETTLED = ("needs_correction", "needs_officer", "needs_ground_check", "decided")
SEED = 3510  # of the sandbox registry's people


@pytest.fixture(scope="module")
def drafts() -> Iterator[Draft]:
    """Families that the registry knows and whose form has no fault, each used once."""
    found = families(SEED, 250, region=REGION, consent=CONSENT)
    return (draft for draft in found if draft.form == draft.mended)


def register(tepat: Tepat, draft: Draft) -> str:
    answer = tepat.post(
        "/v1/registrations", draft.form, **{"Idempotency-Key": secrets.token_urlsafe(24)}
    )
    assert answer.status_code == 201, answer.text
    receipt: str = answer.json()["receipt"]
    return receipt


def test_a_registered_family_is_worked_and_told(tepat: Tepat, drafts: Iterator[Draft]) -> None:
    states = set()
    for _ in range(4):
        told = tepat.wait_for(register(tepat, next(drafts)), *SETTLED)
        states.add(told["state"])
        if told["state"] == "decided":
            assert all(decision["reasons"] for decision in told["decisions"])
    assert "decided" in states


def test_a_registration_before_and_after_an_ordered_restart_is_worked(
    tepat: Tepat, drafts: Iterator[Draft]
) -> None:
    before = register(tepat, next(drafts))
    (left,) = (tepat.aws.log.parent / "tmp").iterdir()
    tepat.restart(hard=False)
    after = register(tepat, next(drafts))
    tepat.wait_for(before, *SETTLED)
    tepat.wait_for(after, *SETTLED)
    end = time.monotonic() + 60
    while left.exists():  # what an earlier run left is removed while this one serves
        assert time.monotonic() < end
        time.sleep(0.2)


@pytest.mark.prove
def test_a_registration_before_and_after_a_power_cut_is_worked(
    tepat: Tepat, drafts: Iterator[Draft]
) -> None:
    before = register(tepat, next(drafts))
    tepat.wait_for_checkpoint()
    tepat.restart(hard=True)
    after = register(tepat, next(drafts))
    tepat.wait_for(before, *SETTLED)
    tepat.wait_for(after, *SETTLED)


def test_the_sweep_finds_a_family_whose_message_was_lost(
    tepat: Tepat, drafts: Iterator[Draft]
) -> None:
    account = tepat.aws.account()
    functions, queues = account.client("lambda"), account.client("sqs")
    physical = functions_of(tepat)
    mapping = functions.list_event_source_mappings(FunctionName=physical["CheckIdentity"])
    uuid = mapping["EventSourceMappings"][0]["UUID"]
    queue = tepat.deployed.parameters["CheckQueueUrl"]

    functions.update_event_source_mapping(UUID=uuid, Enabled=False)
    receipt = register(tepat, next(drafts))
    wait_until_sent(queues, queue)
    queues.purge_queue(QueueUrl=queue)
    functions.update_event_source_mapping(UUID=uuid, Enabled=True)
    assert tepat.status(receipt)["state"] == "received"

    backdate_ledger(tepat, receipt.replace("-", "")[:10])
    now = TICK | {"detail": {"days": 2}}
    said = functions.invoke(FunctionName=physical["Sweep"], Payload=json.dumps(now))
    assert "FunctionError" not in said, said["Payload"].read()
    tepat.wait_for(receipt, *SETTLED)


def test_a_finished_day_is_sealed_and_published(tepat: Tepat, drafts: Iterator[Draft]) -> None:
    """With the sealer's real role; the seal is a file on the site."""
    register(tepat, next(drafts))
    dynamodb = tepat.aws.account().client("dynamodb")
    table = tepat.deployed.parameters["LedgerTable"]
    event = dynamodb.scan(TableName=table, Limit=1)["Items"][0]
    before = datetime.now(UTC) - timedelta(days=3)
    shard = event["pk"]["S"].partition("#")[2]
    event |= {"pk": {"S": f"{before:%Y%m%d}#{shard}"}}
    event |= {"at": {"N": str(int(before.timestamp() * 1000))}}
    dynamodb.put_item(TableName=table, Item=event)

    said = (
        tepat.aws.account()
        .client("lambda")
        .invoke(FunctionName=functions_of(tepat)["SealDay"], Payload=json.dumps(TICK))
    )
    assert "FunctionError" not in said, said["Payload"].read()
    answer = tepat.http.get(f"{tepat.site}/audit/latest.json")
    assert answer.status_code == 200
    assert answer.json()


def wait_until_sent(queues: Any, url: str) -> None:
    for _ in range(200):
        told = queues.get_queue_attributes(
            QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"]
        )
        if told["Attributes"]["ApproximateNumberOfMessages"] != "0":
            return
        time.sleep(0.2)
    pytest.fail("the relay sent nothing")


def backdate_ledger(tepat: Tepat, locator: str) -> None:
    """Let the case's event seem 20 minutes old, so that the sweep takes it for stuck."""
    table = tepat.deployed.parameters["LedgerTable"]
    dynamodb = tepat.aws.account().client("dynamodb")
    items = dynamodb.scan(TableName=table)["Items"]
    (event,) = [item for item in items if item["sk"]["S"].startswith(f"{locator}#")]
    event["at"] = {"N": str(int(event["at"]["N"]) - 20 * 60_000)}
    dynamodb.put_item(TableName=table, Item=event)


@pytest.fixture(scope="module")
def probe(tepat: Tepat) -> Any:
    """Calls AWS with the very role of a deployed function: what does its policy allow?"""

    def ask(surface: str, function: str, wanted: dict[str, Any]) -> dict[str, Any]:
        return asked_as(tepat.aws.account(), functions_of(tepat, surface)[function], wanted)

    return ask


def test_the_public_api_may_not_open_delete_or_send(tepat: Tepat, probe: Any) -> None:
    given = tepat.deployed.parameters
    key = {"pk": {"S": "N#1#x"}, "sk": {"S": "G"}}
    opening = {"KeyId": given["OpeningKeyId"], "EncryptionAlgorithm": "RSAES_OAEP_SHA_256"}
    refused = {
        "open": ("kms", "decrypt", opening),
        "delete a guard": (
            "dynamodb",
            "delete_item",
            {"TableName": given["RegistryTable"], "Key": key},
        ),
        "delete an event": (
            "dynamodb",
            "delete_item",
            {"TableName": given["LedgerTable"], "Key": key},
        ),
        "list families": ("dynamodb", "scan", {"TableName": given["RegistryTable"]}),
        "send work": (
            "sqs",
            "send_message",
            {"QueueUrl": given["CheckQueueUrl"], "MessageBody": "x"},
        ),
        "write the site": ("s3", "put_object", {"Bucket": given["SiteBucket"], "Key": "x"}),
    }
    answers = probe("public", "APIHandler", refused)
    assert {name for name, said in answers.items() if "AccessDenied" not in said} == set()
    mac = {"KeyId": given["IndexKeyId"], "Message": "eA==", "MacAlgorithm": "HMAC_SHA_256"}
    assert probe("public", "APIHandler", {"index": ("kms", "generate_mac", mac)}) == {
        "index": "done"
    }


def test_the_staff_api_may_open_but_not_rewrite_the_ledger(tepat: Tepat, probe: Any) -> None:
    given = tepat.deployed.parameters
    opening = {"KeyId": given["OpeningKeyId"], "EncryptionAlgorithm": "RSAES_OAEP_SHA_256"}
    key = {"pk": {"S": "x"}, "sk": {"S": "x"}}
    answers = probe(
        "staff",
        "APIHandler",
        {
            "open": ("kms", "decrypt", opening),
            "delete an event": (
                "dynamodb",
                "delete_item",
                {"TableName": given["LedgerTable"], "Key": key},
            ),
        },
    )
    assert "AccessDenied" not in answers["open"]  # the key was asked; the bytes were nonsense
    assert "AccessDenied" in answers["delete an event"]


UPLOAD = "3510151001/ZZZZ234567/0123456789abcdef0123456789abcdef"  # no case has such a place


def sign(bucket: str, key: str, most: int) -> tuple[str, str, dict[str, Any]]:
    exact = {"key": key, "Content-Type": "image/jpeg"}
    conditions = [{name: value} for name, value in exact.items()]
    conditions += [["content-length-range", 1, most]]
    wanted = {"Bucket": bucket, "Key": key, "Fields": exact, "ExpiresIn": 300}
    return "s3", "generate_presigned_post", wanted | {"Conditions": conditions}


def test_a_browser_sends_evidence_straight_to_quarantine_and_the_screening_hears(
    tepat: Tepat, probe: Any
) -> None:
    """Signed by the public API's own role, from the site's own page."""
    given = tepat.deployed.parameters
    buckets = {"quarantine": given["QuarantineBucket"], "site": given["SiteBucket"]}
    signed = probe(
        "public", "APIHandler", {name: sign(each, UPLOAD, 9) for name, each in buckets.items()}
    )
    form = signed["quarantine"]
    assert form["url"] == given["UploadUrl"]
    page, foreign = {"Origin": tepat.site}, {"Origin": "https://example.org"}
    asking = {"Access-Control-Request-Method": "POST"}
    assert httpx.options(form["url"], headers=page | asking).is_success
    assert httpx.options(form["url"], headers=foreign | asking).status_code == 403

    def send(content: bytes, headers: dict[str, str], to: str = "quarantine") -> httpx.Response:
        fields, files = signed[to]["fields"], {"file": ("a.jpg", content, "image/jpeg")}
        return httpx.post(signed[to]["url"], data=fields, files=files, headers=headers)

    assert send(b"a" * 9, foreign).status_code == 403
    assert send(b"a" * 10, page).status_code == 400  # larger than granted
    assert send(b"a" * 9, {}, to="site").status_code == 403  # not where the role may write
    taken = send(b"a" * 9, page)
    assert taken.status_code == 204
    assert taken.headers["access-control-allow-origin"] == tepat.site
    assert send(b"a" * 9, {"Origin": "null"}).status_code == 204  # a form that no script sent
    wait_until_empty(tepat, given["QuarantineBucket"])  # nobody was granted it: it is deleted


def wait_until_empty(tepat: Tepat, bucket: str) -> None:
    s3 = tepat.aws.account().client("s3")
    for _ in range(300):
        if not s3.list_objects_v2(Bucket=bucket).get("Contents"):
            return
        time.sleep(0.2)
    pytest.fail("the screening left an upload where it was")


def test_who_may_do_what_with_evidence(tepat: Tepat, probe: Any) -> None:
    """That the public API may write uploads is tried above; of keys of items only AWS judges."""
    given = tepat.deployed.parameters
    in_quarantine = {"Bucket": given["QuarantineBucket"], "Key": UPLOAD}
    released = {"Bucket": given["ReleasedBucket"], "Key": f"{UPLOAD}/1.jpg"}
    case = {"pk": {"S": "R#ZZZZ234567"}, "sk": {"S": "0"}}
    wanted = {
        "open an upload": ("s3", "get_object", in_quarantine),
        "release": ("s3", "put_object", released | {"IfNoneMatch": "*"}),
        "look": ("s3", "get_object", released),
        "delete an upload": ("s3", "delete_object", in_quarantine),
        "delete a copy": ("s3", "delete_object", released),
        "read identity": ("dynamodb", "get_item", {"TableName": given["VaultTable"], "Key": case}),
    }
    may = {
        ("screening", "ScreenEvidence"): {"open an upload", "release", "look", "delete an upload"},
        ("staff", "APIHandler"): {"look", "delete a copy"},  # when a family is erased
        ("public", "APIHandler"): set[str](),
    }
    for (surface, function), those in may.items():
        answers = probe(surface, function, wanted)
        refused = {name for name, said in answers.items() if "AccessDenied" in said}
        assert refused == wanted.keys() - those, surface


def test_nobody_resets_the_local_aws_from_a_web_page(tepat: Tepat) -> None:
    for path in ("reset", "config"):
        answer = httpx.post(f"{tepat.aws.endpoint}/_ministack/{path}")
        assert answer.status_code == 403
    health = f"{tepat.aws.endpoint}/_ministack/health"
    assert httpx.get(health).is_success
    foreign = {"Origin": "https://example.org"}
    assert httpx.post(tepat.aws.endpoint, headers=foreign).status_code == 403
    assert httpx.options(tepat.aws.endpoint, headers=foreign).status_code == 403
    assert httpx.get(health, headers={"Host": "example.org"}).status_code == 403
