"""A file that lands in quarantine, the message that tells of it, and what officers may see then.

All of it real but AWS: the queue's event, the dispute in its table, the scanner, the cage.
"""

from __future__ import annotations

import io
import json
import shutil
from dataclasses import dataclass

import pytest
from botocore.exceptions import ClientError

from chalicelib import wiring
from chalicelib.domain import evidence
from chalicelib.domain.dispute import Dispute, Kind
from chalicelib.domain.evidence import PieceState, Why
from tests.disputing import filed, statements
from tests.evidence.photos import jpeg, turned
from tests.evidence.samples import CANARY, EICAR
from tests.integration.uploads import Uploads, uploads

__all__ = ["uploads"]  # a fixture


@dataclass
class Screening(Uploads):
    """The screening's function, and a dispute with two pieces that may be uploaded."""

    made: Dispute

    def key(self, number: int = 0) -> str:
        return evidence.upload_key(self.made.ref, self.made.evidence[number].piece.id)

    def piece(self, number: int = 0) -> evidence.Piece:
        (stored,) = wiring.disputes().load([self.made.ref]).values()
        return stored.evidence[number].piece


@pytest.fixture
def screening(uploads: Uploads) -> Screening:
    made, event = filed(Kind.APPEAL)
    assert wiring.disputes().create(made, event, statements(made)) is None
    return Screening(uploads.client, made)


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


def test_a_message_of_a_file_that_is_gone_changes_nothing(screening: Screening) -> None:
    """As when the function is killed after it deleted the upload, and the message comes again."""
    before = screening.piece()
    assert screening.deliver(screening.key()) == []
    assert screening.piece() == before
    assert not screening.held("RELEASED")


def test_a_message_that_comes_again_after_the_copy_was_made_ends_as_the_first_would_have(
    screening: Screening, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The function was killed between the clean copy and the word of it."""
    screening.upload(turned(6), screening.key())
    with monkeypatch.context() as patch:
        patch.setattr("chalicelib.usecases.screen_evidence._released", lambda *_: 1 / 0)
        assert screening.deliver(screening.key()) != []
    assert screening.piece().state is PieceState.SCREENING
    copies = screening.held("RELEASED")
    assert len(copies) == 1
    assert screening.deliver(screening.key(), received=2) == []
    assert (screening.piece().state, screening.piece().tries) == (PieceState.RELEASED, 2)
    assert screening.held("RELEASED") == copies
    assert not screening.held("QUARANTINE")


def test_a_copy_that_differs_from_what_stands_there_is_not_told_of(screening: Screening) -> None:
    """Nobody may have written it but us: the message comes again and is refused in the end."""
    name = evidence.page_key(screening.made.ref, screening.piece().id, 1)
    bucket = wiring.needed("TEPAT_RELEASED_BUCKET")
    wiring.client("s3").put_object(Bucket=bucket, Key=name, Body=b"another")
    screening.upload(jpeg(), screening.key())
    assert screening.deliver(screening.key()) != []
    assert screening.piece().state is PieceState.SCREENING
    assert screening.held("RELEASED") == {name: b"another"}


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
