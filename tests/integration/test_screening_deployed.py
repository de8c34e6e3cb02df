"""The screening as it is deployed: its own package, its own role, woken by the bucket."""

from __future__ import annotations

import time

import pytest
from botocore.exceptions import ClientError

from chalicelib.adapters.dispute_table import DisputeTable
from chalicelib.adapters.registry_table import Tables
from chalicelib.domain import evidence
from chalicelib.domain.dispute import Dispute, Kind
from chalicelib.domain.evidence import Piece, PieceState, Why
from tests.disputing import filed, statements
from tests.evidence.photos import turned
from tests.evidence.samples import CANARY, EICAR
from tests.local_aws import Tepat

pytestmark = [pytest.mark.local_aws, pytest.mark.xdist_group("local_aws")]

WAITS = 600  # tries, a fifth of a second apart


def test_uploads_become_clean_copies_or_nothing(tepat: Tepat) -> None:
    """One good photo and one with a virus behind it, put into quarantine as a browser would."""
    given, account = tepat.deployed.parameters, tepat.aws.account()
    names = (given[f"{name}Table"] for name in ("Registry", "Vault", "Ledger", "Ops"))
    disputes = DisputeTable(account.client("dynamodb"), Tables(*names))
    made, event = filed(Kind.APPEAL, key="a dispute of the deployed screening")
    assert disputes.create(made, event, statements(made)) is None
    s3 = account.client("s3")
    keys = [evidence.upload_key(made.ref, each.piece.id) for each in made.evidence]
    for key, content in zip(keys, (turned(6), turned(1) + EICAR), strict=True):
        s3.put_object(Bucket=given["QuarantineBucket"], Key=key, Body=content)
    good, bad = settled(disputes, made)
    assert (good.state, good.why, good.pages) == (PieceState.RELEASED, good.why, 1)
    assert (bad.state, bad.why) == (PieceState.REFUSED, Why.VIRUS)
    page = evidence.page_key(made.ref, good.id, 1)
    copy = s3.get_object(Bucket=given["ReleasedBucket"], Key=page)["Body"].read()
    assert evidence.kind_of(copy) is evidence.FileKind.JPEG
    assert CANARY not in copy
    refused = evidence.page_key(made.ref, bad.id, 1)
    for bucket, key in (("Quarantine", keys[0]), ("Quarantine", keys[1]), ("Released", refused)):
        with pytest.raises(ClientError, match="NoSuchKey"):
            s3.get_object(Bucket=given[f"{bucket}Bucket"], Key=key)


def settled(disputes: DisputeTable, made: Dispute) -> list[Piece]:
    for _ in range(WAITS):
        (stored,) = disputes.load([made.ref]).values()
        pieces = [each.piece for each in stored.evidence]
        if all(piece.settled for piece in pieces):
            return pieces
        time.sleep(0.2)
    pytest.fail(f"not screened: {pieces}")
