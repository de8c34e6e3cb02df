"""The sides that are compared: the fakes, the adapters on moto, the adapters on the local AWS.

Each has every port that a fake stands for, tells which calls of AWS it made, and shows all that is
stored as DynamoDB's own items. moto stands behind the strict fixture, as everywhere; the local AWS
does not, so that it speaks for itself.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

import botocore.session
from moto import mock_aws
from moto.dynamodb.models import dynamodb_backends

from chalicelib.adapters.ground_check_table import GroundCheckTable
from chalicelib.adapters.protection import KmsBlindIndex, KmsOpener, PublicKeySealer
from chalicelib.adapters.public_files import PublicBucket
from chalicelib.adapters.queues import WorkQueue, from_body
from chalicelib.adapters.report_table import ReportTable
from chalicelib.adapters.review_table import ReviewTable
from chalicelib.adapters.signer import KmsSigner
from chalicelib.usecases.adoption_ports import Proposals
from chalicelib.usecases.assignment_ports import Officers
from chalicelib.usecases.check_ports import GroundChecks, Samples
from chalicelib.usecases.dispute_ports import Disputes, Traces
from chalicelib.usecases.ports import (
    BlindIndex,
    InForce,
    Limits,
    Message,
    Opener,
    Queue,
    Sealer,
)
from chalicelib.usecases.report_ports import Reports
from chalicelib.usecases.review_ports import Reviews
from chalicelib.usecases.seal_day import PublicFiles, Signer
from infra.resources import ACCOUNT
from tests.faithful.bare_dynamodb import BareDynamoDb, Items
from tests.faithful.fake_items import FakeItems
from tests.fakes import (
    FakeAws,
    FakeBlindIndex,
    FakeCaseStore,
    FakeLimits,
    FakeOpener,
    FakePublicFiles,
    FakeQueue,
    FakeSealer,
    FakeSigner,
)
from tests.fakes_adoption import FakeProposals
from tests.fakes_checks import FakeGroundChecks
from tests.fakes_disputes import FakeDisputes, FakeTraces
from tests.fakes_ledger import FakeLedger
from tests.fakes_memory import sent_again
from tests.fakes_officers import FakeOfficers
from tests.fakes_reports import FakeReports
from tests.fakes_reviews import FakeReviews
from tests.stores import REGION_NAME, Backend, Ledger, Store, make_backend, patient

T = TypeVar("T")

TABLES = ("registry", "vault", "ledger", "ops")
STAGE = "pilot"


class Checks(GroundChecks, Samples, Protocol):
    """Ground checks and samples, which are one adapter."""


@dataclass
class Ports:
    """Every port that a fake stands for."""

    store: Store
    limits: Limits
    ledger: Ledger
    adopted: Callable[[str, InForce], None]
    proposals: Proposals
    disputes: Disputes
    traces: Traces
    checks: Checks
    reviews: Reviews
    officers: Officers
    reports: Reports
    queue: Queue
    files: PublicFiles
    index: BlindIndex
    sealer: Sealer
    opener: Opener
    signer: Signer


@dataclass
class Side:
    """One side in one example.

    Attributes:
        asked: calls of AWS since it was last emptied, by AWS's names.
        costly: whether looking at all that is stored takes calls.
        losing: whether each answer is lost once, so that the SDK sends the same call again.
        digests: the digests that were given, in the order of their first time.
    """

    name: str
    ports: Ports
    asked: list[str] = field(default_factory=list)
    losing: bool = False
    costly: bool = False
    digests: list[bytes] = field(default_factory=list)

    def start(self, *, known: bool = False) -> None:
        """Empty everything for the next example.

        Args:
            known: nothing was written since all items were last looked at.
        """
        raise NotImplementedError

    def items(self, table: str) -> Items:
        """All that a table holds."""
        raise NotImplementedError

    def messages(self) -> Counter[Message]:
        """All that was sent to the queue in this example."""
        raise NotImplementedError

    def file(self, path: str) -> tuple[bytes, str] | None:
        """A file and its type."""
        raise NotImplementedError


class LosingAws(FakeAws):
    """The fake's memory; an answer may be lost, and the call is sent again."""

    losing = False

    def call(self, name: str, do: Callable[[], T]) -> T:
        answer = super().call(name, do)
        return sent_again(name, answer, do) if self.losing else answer


@dataclass
class Fakes:
    """Which fakes a side is made of: the true ones, or one of them mistaken."""

    aws: type[LosingAws] = LosingAws
    store: type[FakeCaseStore] = FakeCaseStore
    limits: type[FakeLimits] = FakeLimits
    ledger: type[FakeLedger] = FakeLedger
    proposals: type[FakeProposals] = FakeProposals
    disputes: type[FakeDisputes] = FakeDisputes
    traces: type[FakeTraces] = FakeTraces
    checks: type[FakeGroundChecks] = FakeGroundChecks
    reviews: type[FakeReviews] = FakeReviews
    officers: type[FakeOfficers] = FakeOfficers
    reports: type[FakeReports] = FakeReports
    queue: type[FakeQueue] = FakeQueue
    files: type[FakePublicFiles] = FakePublicFiles
    opener: type[FakeOpener] = FakeOpener


class FakeSide(Side):
    """The fakes over one memory."""

    def __init__(self, fakes: Fakes | None = None, name: str = "fake") -> None:
        self._fakes = fakes or Fakes()
        self._title = name
        self.start()

    def start(self, *, known: bool = False) -> None:
        fakes = self._fakes
        self.aws = aws = fakes.aws()
        self._items = FakeItems(aws)
        ports = Ports(
            fakes.store(aws),
            fakes.limits(aws),
            fakes.ledger(aws),
            aws.adopted.__setitem__,
            fakes.proposals(aws),
            fakes.disputes(aws),
            fakes.traces(aws),
            fakes.checks(aws),
            fakes.reviews(aws),
            fakes.officers(aws),
            fakes.reports(aws),
            fakes.queue(aws),
            fakes.files(aws),
            FakeBlindIndex(aws),
            FakeSealer(),
            fakes.opener(aws),
            FakeSigner(aws),
        )
        super().__init__(self._title, ports, asked=aws.calls)

    def __setattr__(self, name: str, value: object) -> None:
        super().__setattr__(name, value)
        if name == "losing":
            self.aws.losing = bool(value)

    def items(self, table: str) -> Items:
        return self._items.of(table)

    def messages(self) -> Counter[Message]:
        queue = self.ports.queue
        assert isinstance(queue, FakeQueue)
        return Counter(queue.sent)

    def file(self, path: str) -> tuple[bytes, str] | None:
        return self.aws.files.get(path)


class RealSide(Side):
    """The adapters over tables, a queue, a bucket and keys somewhere."""

    def __init__(self, name: str, endpoint: str | None, *, strict: bool) -> None:
        self.backend = make_backend(endpoint, strict=strict)
        self._bare = BareDynamoDb(endpoint or "")
        self._sqs = make_backend_client("sqs", endpoint)
        self._s3 = make_backend_client("s3", endpoint)
        self._kms = make_backend_client("kms", endpoint)
        self._queue_url = self._sqs.create_queue(QueueName="tepat-faithful")["QueueUrl"]
        where = {"LocationConstraint": REGION_NAME}
        self._s3.create_bucket(Bucket="tepat-faithful-files", CreateBucketConfiguration=where)
        self._keys = {
            usage: self._kms.create_key(KeySpec=spec, KeyUsage=usage)["KeyMetadata"]["KeyId"]
            for spec, usage in (
                ("HMAC_256", "GENERATE_VERIFY_MAC"),
                ("RSA_2048", "ENCRYPT_DECRYPT"),
                ("ECC_NIST_P256", "SIGN_VERIFY"),
            )
        }
        opening = self._keys["ENCRYPT_DECRYPT"]
        self._sealing_key: bytes = self._kms.get_public_key(KeyId=opening)["PublicKey"]
        self._received: Counter[Message] = Counter()
        self._unheard = False  # whether something was sent since the queue was last emptied
        self._kept: dict[str, set[tuple[str, str]]] = {}
        self._table_names = dict(zip(TABLES, _names(self.backend), strict=True))
        super().__init__(name, self._ports(), costly=endpoint is not None)
        for client in (self.backend.client, self._sqs, self._s3, self._kms):
            self._listen(client)

    def start(self, *, known: bool = False) -> None:
        for table in TABLES:
            self._empty(table, self._kept.get(table, set()) if known else set(self.items(table)))
        self.messages()
        self._received.clear()
        self.digests.clear()
        self.ports = self._ports()
        self.losing = False

    def close(self) -> None:
        """Leave nothing open."""
        self._bare.close()

    def items(self, table: str) -> Items:
        found = self._bare.scan(self._table_names[table])
        self._kept[table] = set(found)
        return found

    def messages(self) -> Counter[Message]:
        losing, self.losing = self.losing, False
        ask = {"QueueUrl": self._queue_url, "MaxNumberOfMessages": 10, "WaitTimeSeconds": 0}
        while self._unheard:
            answer = self._sqs.receive_message(**ask).get("Messages", [])
            self._received.update(from_body(message["Body"]) for message in answer)
            done = [
                {"Id": str(place), "ReceiptHandle": message["ReceiptHandle"]}
                for place, message in enumerate(answer)
            ]
            if done:
                self._sqs.delete_message_batch(QueueUrl=self._queue_url, Entries=done)
            self._unheard = bool(done)
        self.losing = losing
        return Counter(self._received)

    def file(self, path: str) -> tuple[bytes, str] | None:
        found = self._s3.get_object(Bucket="tepat-faithful-files", Key=path)
        return found["Body"].read(), found["ContentType"]

    def _empty(self, table: str, keys: set[tuple[str, str]]) -> None:
        self._bare.delete(self._table_names[table], sorted(keys))

    def _ports(self) -> Ports:
        world, client, tables = self.backend.world(), self.backend.client, self.backend.tables
        kms, keys = (lambda: self._kms), self._keys
        return Ports(
            world.store,
            world.limits,
            world.ledger,
            world.adopted,
            world.proposals,
            world.disputes,
            world.traces,
            GroundCheckTable(client, tables, sleep=lambda _: None, chance=lambda: 0.0),
            ReviewTable(client, tables),
            world.officers,
            ReportTable(client, tables, sleep=lambda _: None, chance=lambda: 0.0),
            WorkQueue(self._sqs, self._queue_url),
            PublicBucket(self._s3, "tepat-faithful-files"),
            KmsBlindIndex(kms, keys["GENERATE_VERIFY_MAC"], STAGE),
            PublicKeySealer(self._sealing_key, STAGE),
            KmsOpener(kms, keys["ENCRYPT_DECRYPT"], STAGE),
            KmsSigner(self._kms, keys["SIGN_VERIFY"]),
        )

    def _listen(self, client: Any) -> None:
        client.meta.events.register_first("before-call.*.*", self._note)
        client.meta.events.register_first("needs-retry.*.*", self._lose)

    def _note(self, model: Any, **_: object) -> None:
        if model.name != "DescribeTable":  # the strict fixture reads a table's schema
            self.asked.append(model.name)
        self._unheard |= model.name == "SendMessageBatch"

    def _lose(self, attempts: int, **_: object) -> int | None:
        """Send it again at once, as when no answer came."""
        return 0 if self.losing and attempts == 1 else None


class MotoSide(RealSide):
    """moto in this process: its memory is looked at and emptied without a call."""

    def __init__(self) -> None:
        super().__init__("moto", None, strict=True)

    def items(self, table: str) -> Items:
        found: Items = {}
        for item in self._table(table).all_items():
            wire = item.to_json()["Attributes"]
            found[wire["pk"]["S"], wire["sk"]["S"]] = wire
        return found

    def _empty(self, table: str, keys: set[tuple[str, str]]) -> None:
        held = self._table(table)
        held.items.clear()
        held.stream_shard = None  # it would be copied with each transaction

    def _table(self, table: str) -> Any:
        return dynamodb_backends[ACCOUNT][REGION_NAME].tables[self._table_names[table]]


def make_backend_client(service: str, endpoint: str | None) -> Any:
    """A client of a stand-in that checks parameters."""
    core = botocore.session.get_session()
    core.set_credentials("test", "test")
    return core.create_client(
        service, region_name=REGION_NAME, endpoint_url=endpoint, config=patient()
    )


def _names(backend: Backend) -> Sequence[str]:
    tables = backend.tables
    return tables.registry, tables.vault, tables.ledger, tables.ops


@contextmanager
def both(endpoint: str) -> Iterator[tuple[RealSide, ...]]:
    """moto and the local AWS at an endpoint."""
    with mock_aws():
        local = RealSide("local", endpoint, strict=False)
        try:
            yield MotoSide(), local
        finally:
            local.close()
