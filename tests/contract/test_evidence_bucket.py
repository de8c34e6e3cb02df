"""What every store of evidence promises, and that a grant lets in one file and nothing else.

moto holds no one to a signed policy or link, so those are tried on the local AWS, which does.
"""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import botocore.session
import httpx
import pytest
from botocore.credentials import Credentials
from moto import mock_aws

from chalicelib.adapters.aws import settings
from chalicelib.adapters.evidence_bucket import EvidenceBucket
from chalicelib.adapters.evidence_links import EvidenceLinks
from chalicelib.domain import evidence
from chalicelib.domain.errors import TryAgain
from chalicelib.domain.evidence import FileKind
from chalicelib.domain.registration import Ref
from chalicelib.usecases.evidence_ports import Files
from tests.bench.meter import Meter
from tests.fakes_evidence import FakeFiles
from tests.stores import LOCAL

REGION = "ap-southeast-3"
QUARANTINE, RELEASED = "tepat-tests-quarantine", "tepat-tests-released"
OWNER = Ref("3510152004", "ABCDEFGH23")
PHOTO = b"\xff\xd8\xff a photo"
LARGEST = 1_000


@dataclass
class Stores:
    """The buckets, and a way to put and see what is in them."""

    files: Files
    upload: Callable[[str, bytes], object]
    released: Callable[[str], tuple[bytes, str]]


@pytest.fixture(scope="module")
def moto_endpoint() -> Iterator[None]:
    with mock_aws():
        yield None


@cache
def client_at(endpoint: str | None) -> Any:
    core = botocore.session.get_session()
    core.set_credentials("test", "test")
    made = core.create_client(
        "s3", region_name=REGION, endpoint_url=endpoint, config=settings(validate=True)
    )
    there = {bucket["Name"] for bucket in made.list_buckets()["Buckets"]}
    for bucket in {QUARANTINE, RELEASED} - there:
        where = {"LocationConstraint": REGION}
        made.create_bucket(Bucket=bucket, CreateBucketConfiguration=where)
    return made


@pytest.fixture(params=["fake", "moto", LOCAL])
def stores(request: pytest.FixtureRequest) -> Stores:
    if request.param == "fake":
        fake = FakeFiles()
        return Stores(
            fake,
            fake.quarantine.__setitem__,
            lambda key: (fake.released[key], "image/jpeg"),
        )
    s3 = client_at(request.getfixturevalue(f"{request.param}_endpoint"))

    def read(key: str) -> tuple[bytes, str]:
        found = s3.get_object(Bucket=RELEASED, Key=key)
        return found["Body"].read(), found["ContentType"]

    return Stores(
        EvidenceBucket(s3, QUARANTINE, RELEASED),
        lambda key, content: s3.put_object(Bucket=QUARANTINE, Key=key, Body=content),
        read,
    )


def new_key() -> str:
    return evidence.upload_key(OWNER, uuid4().hex)


def test_an_upload_is_read_no_further_than_it_may_be(stores: Stores) -> None:
    key = new_key()
    stores.upload(key, PHOTO)
    assert stores.files.fetch(key, len(PHOTO)) == PHOTO
    assert stores.files.fetch(key, len(PHOTO) + 50) == PHOTO
    assert stores.files.fetch(key, 4) == PHOTO[:5]  # one more than may be tells that it is larger


def test_an_upload_that_is_gone_is_none(stores: Stores) -> None:
    key = new_key()
    assert stores.files.fetch(key, 10) is None
    stores.upload(key, PHOTO)
    for _ in range(2):
        stores.files.remove(key)
        assert stores.files.fetch(key, 10) is None


def test_a_clean_copy_is_written_once(stores: Stores) -> None:
    key = evidence.page_key(OWNER, uuid4().hex, 1)
    for _ in range(2):
        stores.files.release(key, PHOTO)
    for other in (PHOTO + b"x", PHOTO[:-1], b""):
        with pytest.raises(TryAgain):
            stores.files.release(key, other)
    assert stores.released(key) == (PHOTO, "image/jpeg")


def test_an_answer_that_breaks_off_is_not_taken_for_the_file() -> None:
    class Cut:
        def get_object(self, **_: object) -> object:
            class Body:
                def read(self, most: int) -> bytes:
                    return PHOTO[: min(most, 5)]

            return {"Body": Body(), "ContentLength": len(PHOTO)}

    cut = EvidenceBucket(Cut(), QUARANTINE, RELEASED)  # type: ignore[arg-type]  # only what is used
    with pytest.raises(TryAgain):
        cut.fetch(new_key(), 100)
    assert cut.fetch(new_key(), 4) == PHOTO[:5]


# --- what is signed -------------------------------------------------------------------------------


def links_at(endpoint: str, **more: Any) -> EvidenceLinks:
    return EvidenceLinks(
        lambda: Credentials("test", "test"),
        REGION,
        QUARANTINE,
        f"{endpoint}/{QUARANTINE}",
        f"{endpoint}/{RELEASED}",
        **more,
    )


LINKS = links_at("https://storage.example")


def test_a_grant_says_exactly_what_may_be_sent() -> None:
    key = new_key()
    grant = LINKS.grant(key, FileKind.PNG, LARGEST)
    policy = json.loads(b64decode(grant.fields["policy"]))
    until = datetime.strptime(policy["expiration"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    left = (until - datetime.now(UTC)).total_seconds()
    assert 240 < left <= 300
    assert policy["conditions"][:5] == [
        {"bucket": QUARANTINE},
        {"key": key},
        {"Content-Type": "image/png"},
        {"success_action_status": "201"},
        ["content-length-range", 1, LARGEST],
    ]
    signed = {name for each in policy["conditions"] if isinstance(each, dict) for name in each}
    assert signed - {"bucket"} == grant.fields.keys() - {"policy", "x-amz-signature"}
    assert not any(
        each[0] == "starts-with" for each in policy["conditions"] if isinstance(each, list)
    )


def test_a_browser_without_scripts_is_sent_on() -> None:
    grant = LINKS.grant(new_key(), FileKind.JPEG, 5, after="https://bansos.example/status/")
    assert grant.fields["success_action_redirect"] == "https://bansos.example/status/"
    assert "success_action_status" not in grant.fields


def test_no_configuration_makes_a_grant_or_a_link_live_longer() -> None:
    links = links_at("https://storage.example", grant_s=86_400, link_s=86_400)
    policy = json.loads(b64decode(links.grant(new_key(), FileKind.PDF, 5).fields["policy"]))
    until = datetime.strptime(policy["expiration"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    assert (until - datetime.now(UTC)).total_seconds() <= 300
    assert asked(links.link("k", "bukti-1.jpg"))["X-Amz-Expires"] == "120"


def asked(url: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


def test_a_link_saves_under_our_name_and_is_never_a_page() -> None:
    found = asked(LINKS.link(evidence.page_key(OWNER, "0" * 32, 1), "bukti-1-1.jpg"))
    assert found["response-content-disposition"] == 'attachment; filename="bukti-1-1.jpg"'
    assert found["response-content-type"] == "image/jpeg"
    assert found["response-cache-control"] == "no-store"
    assert int(found["X-Amz-Expires"]) == 120


@pytest.mark.parametrize("name", ["", "a.html", 'a".jpg', "a;b.jpg", "a.jpg\n", "../a.jpg"])
def test_a_name_that_is_not_ours_is_not_signed(name: str) -> None:
    with pytest.raises(ValueError, match="name"):
        LINKS.link("k", name)


def test_signing_asks_nobody(moto_endpoint: None) -> None:
    """Three uploads and a link: no call; the same meter counts a call that is made."""
    del moto_endpoint
    core = botocore.session.Session()
    core.set_credentials("test", "test", "a token")
    meter = Meter()
    core.get_component("event_emitter").register_first("before-send", meter._sent)
    links = replace(LINKS, credentials=core.get_credentials)
    for _ in range(3):
        fields = links.grant(new_key(), FileKind.JPEG, LARGEST).fields
        assert fields["x-amz-security-token"] == "a token"
    assert asked(links.link(new_key(), "bukti-1.jpg"))["X-Amz-Security-Token"] == "a token"
    assert not meter.calls
    core.create_client("s3", region_name=REGION).list_buckets()
    assert meter.calls == {"ListBuckets": 1}


# --- what a store holds a sender to ---------------------------------------------------------------


@pytest.fixture(params=[LOCAL])
def endpoint(request: pytest.FixtureRequest) -> str:
    found: str = request.getfixturevalue(f"{request.param}_endpoint")
    client_at(found)
    return found


def post(grant: Any, content: bytes, **changed: str) -> int:
    fields = {**grant.fields, **changed}
    sent = {name: (None, text) for name, text in fields.items()}
    files = [*sent.items(), ("file", ("IMG_0001.jpg", content, "application/octet-stream"))]
    return httpx.post(grant.url, files=files).status_code


def test_what_was_granted_is_taken(endpoint: str) -> None:
    key = new_key()
    assert post(links_at(endpoint).grant(key, FileKind.JPEG, len(PHOTO)), PHOTO) == 201
    found = client_at(endpoint).get_object(Bucket=QUARANTINE, Key=key)
    assert (found["Body"].read(), found["ContentType"]) == (PHOTO, "image/jpeg")


def test_a_browser_without_scripts_comes_back(endpoint: str) -> None:
    grant = links_at(endpoint).grant(new_key(), FileKind.JPEG, 50, after=f"{endpoint}/back")
    assert post(grant, PHOTO) == 303


def larger_policy(grant: Any) -> dict[str, str]:
    policy = json.loads(b64decode(grant.fields["policy"]))
    assert policy["conditions"][4][0] == "content-length-range"
    policy["conditions"][4][2] = 10**9
    return {"policy": b64encode(json.dumps(policy).encode()).decode()}


REFUSED: dict[str, Callable[[EvidenceLinks, str], int]] = {
    "a larger file": lambda links, key: post(links.grant(key, FileKind.JPEG, 5), PHOTO),
    "an empty file": lambda links, key: post(links.grant(key, FileKind.JPEG, 5), b""),
    "another key": lambda links, key: post(
        links.grant(key, FileKind.JPEG, 50), PHOTO, key=new_key()
    ),
    "a key with more": lambda links, key: post(
        links.grant(key, FileKind.JPEG, 50), PHOTO, key=f"{key}/1.jpg"
    ),
    "another type": lambda links, key: post(
        links.grant(key, FileKind.JPEG, 50), PHOTO, **{"Content-Type": "text/html"}
    ),
    "another end": lambda links, key: post(
        links.grant(key, FileKind.JPEG, 50), PHOTO, success_action_status="200"
    ),
    "a field that was not granted": lambda links, key: post(
        links.grant(key, FileKind.JPEG, 50), PHOTO, acl="public-read"
    ),
    "a grant that is over": lambda links, key: post(
        replace(links, grant_s=-1).grant(key, FileKind.JPEG, 50), PHOTO
    ),
    "a grant that somebody rewrote": lambda links, key: post(
        grant := links.grant(key, FileKind.JPEG, 5), PHOTO, **larger_policy(grant)
    ),
    "a grant by other credentials": lambda links, key: post(
        replace(links, credentials=lambda: Credentials("test", "guessed")).grant(
            key, FileKind.JPEG, 50
        ),
        PHOTO,
    ),
    "another bucket": lambda links, key: post(
        replace(links, upload_url=links.released_url).grant(key, FileKind.JPEG, 50), PHOTO
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_nothing_else_is_taken(name: str, endpoint: str) -> None:
    key = new_key()
    status = REFUSED[name](links_at(endpoint), key)
    assert 400 <= status < 500
    s3 = client_at(endpoint)
    for bucket in (QUARANTINE, RELEASED):
        held = s3.list_objects_v2(Bucket=bucket, Prefix=key).get("Contents", [])
        assert held == []


def test_a_link_shows_the_copy_and_nothing_else(endpoint: str) -> None:
    s3, links = client_at(endpoint), links_at(endpoint)
    key = evidence.page_key(OWNER, uuid4().hex, 1)
    EvidenceBucket(s3, QUARANTINE, RELEASED).release(key, PHOTO)
    url = links.link(key, "bukti-1-1.jpg")
    shown = httpx.get(url)
    assert (shown.status_code, shown.content) == (200, PHOTO)
    assert shown.headers["content-disposition"] == 'attachment; filename="bukti-1-1.jpg"'
    assert shown.headers["content-type"] == "image/jpeg"
    other = evidence.page_key(OWNER, uuid4().hex, 1)
    EvidenceBucket(s3, QUARANTINE, RELEASED).release(other, PHOTO)
    assert httpx.get(url.replace(key, other)).status_code == 403
    assert httpx.get(url.replace("attachment", "inline")).status_code == 403
    assert httpx.get(replace(links, link_s=-5).link(key, "a.jpg")).status_code in (400, 403)
