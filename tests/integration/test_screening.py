"""A file that lands in quarantine, the message that tells of it, and what officers may see then.

All of it real but AWS: the queue's event, the dispute in its table, the scanner, the cage.
"""

from __future__ import annotations

import io
import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote_plus

import pytest
from botocore.exceptions import ClientError
from chalice.test import Client

from chalicelib import wiring
from chalicelib.domain import evidence
from chalicelib.domain.dispute import Dispute, Kind
from chalicelib.domain.evidence import PieceState, Why
from tests.disputing import filed, statements
from tests.evidence.photos import jpeg, turned
from tests.evidence.samples import CANARY, EICAR
from tests.integration.conftest import load_app


@dataclass
class Screening:
    """The screening's function, and a dispute with two pieces that may be uploaded."""

    client: Client
    made: Dispute

    def key(self, number: int = 0) -> str:
        return evidence.upload_key(self.made.ref, self.made.evidence[number].piece.id)

    def upload(self, content: bytes, key: str) -> None:
        bucket = wiring.needed("TEPAT_QUARANTINE_BUCKET")
        wiring.client("s3").put_object(Bucket=bucket, Key=key, Body=content)

    def deliver(self, *keys: str, received: int = 1) -> list[Any]:
        """Deliver the bucket's message; what must come again."""
        told = {"Records": [{"s3": {"object": {"key": quote_plus(key)}}} for key in keys]}
        return self.deliver_body(json.dumps(told), received)

    def deliver_body(self, body: str, received: int = 1) -> list[Any]:
        count = {"ApproximateReceiveCount": str(received)}
        event = {"Records": [{"messageId": "m-1", "body": body, "attributes": count}]}
        answer = self.client.lambda_.invoke("screen_evidence", event).payload
        failed: list[Any] = answer["batchItemFailures"]
        return failed

    def piece(self, number: int = 0) -> evidence.Piece:
        (stored,) = wiring.disputes().load([self.made.ref]).values()
        return stored.evidence[number].piece

    def held(self, bucket: str) -> dict[str, bytes]:
        s3, name = wiring.client("s3"), wiring.needed(f"TEPAT_{bucket}_BUCKET")
        keys = [each["Key"] for each in s3.list_objects_v2(Bucket=name).get("Contents", [])]
        return {key: s3.get_object(Bucket=name, Key=key)["Body"].read() for key in keys}


@pytest.fixture
def screening(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Screening]:
    monkeypatch.setenv("TEPAT_CLAMSCAN", shutil.which("clamscan") or "clamscan")
    made, event = filed(Kind.APPEAL)
    assert wiring.disputes().create(made, event, statements(made)) is None
    with Client(load_app("screening", monkeypatch)) as client:
        found = Screening(client, made)
        yield found
        for bucket in ("QUARANTINE", "RELEASED"):
            for key in found.held(bucket):
                wiring.client("s3").delete_object(
                    Bucket=environment[f"TEPAT_{bucket}_BUCKET"], Key=key
                )


def test_a_photo_is_released_upright_and_the_upload_is_gone(
    screening: Screening, log_lines: io.StringIO
) -> None:
    screening.upload(turned(6), screening.key())
    assert screening.deliver(screening.key()) == []
    piece = screening.piece()
    assert (piece.state, piece.pages, piece.tries) == (PieceState.RELEASED, 1, 1)
    released = screening.held("RELEASED")
    assert list(released) == [evidence.page_key(screening.made.ref, piece.id, 1)]
    assert CANARY not in next(iter(released.values()))
    assert not screening.held("QUARANTINE")
    assert not screening.piece(1).settled
    lines = log_lines.getvalue()
    assert "evidence_released" in lines
    assert piece.id not in lines


def test_a_hostile_file_is_refused_and_gone(screening: Screening) -> None:
    screening.upload(jpeg() + EICAR, screening.key())
    assert screening.deliver(screening.key()) == []
    assert (screening.piece().state, screening.piece().why) == (PieceState.REFUSED, Why.VIRUS)
    assert not screening.held("RELEASED")
    assert not screening.held("QUARANTINE")


def test_a_second_use_of_a_grant_changes_nothing(screening: Screening) -> None:
    screening.upload(jpeg(1), screening.key())
    screening.deliver(screening.key())
    before = screening.piece(), screening.held("RELEASED")
    screening.upload(jpeg(2), screening.key())
    assert screening.deliver(screening.key()) == []
    assert (screening.piece(), screening.held("RELEASED")) == before
    assert not screening.held("QUARANTINE")


def test_a_file_of_nobody_is_gone_and_changes_nothing(screening: Screening) -> None:
    before = screening.piece()
    strange = ["3510152004/ABCDEFGH23/" + "0" * 32, "a photo + more.jpg", f"{screening.key()}/1"]
    for key in strange:
        screening.upload(jpeg(), key)
    assert screening.deliver(*strange) == []
    assert screening.piece() == before
    assert not screening.held("QUARANTINE")
    assert not screening.held("RELEASED")


def test_what_breaks_comes_again_and_is_refused_the_third_time(
    screening: Screening, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A scanner that breaks: the queue keeps the message, and at the third nothing is released."""
    monkeypatch.setenv("TEPAT_CLAMSCAN", shutil.which("true") or "true")
    screening.upload(jpeg(), screening.key())
    for received in (1, 2):
        assert screening.deliver(screening.key(), received=received) != []
        assert screening.piece().state is PieceState.SCREENING
        assert screening.held("QUARANTINE")
    assert screening.deliver(screening.key(), received=3) == []
    assert (screening.piece().state, screening.piece().why) == (PieceState.REFUSED, Why.GAVE_UP)
    assert not screening.held("RELEASED")
    assert not screening.held("QUARANTINE")


def test_no_scanner_means_refused(screening: Screening, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEPAT_CLAMSCAN", "/nowhere/clamscan")
    screening.upload(jpeg(), screening.key())
    assert screening.deliver(screening.key()) == []
    assert screening.piece().why == Why.NO_SCANNER


def test_what_is_no_message_of_the_bucket_is_parked(screening: Screening) -> None:
    assert screening.deliver_body(json.dumps({"Event": "s3:TestEvent"})) == []
    for body in ("", "[]", "{}", '{"Records":[{}]}'):
        assert screening.deliver_body(body) != []


def test_the_tests_see_what_is_gone(screening: Screening) -> None:
    screening.upload(b"here", "here")
    assert screening.held("QUARANTINE") == {"here": b"here"}
    with pytest.raises(ClientError):
        wiring.client("s3").get_object(Bucket=wiring.needed("TEPAT_QUARANTINE_BUCKET"), Key="no")
