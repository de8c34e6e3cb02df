"""What every queue promises: all is sent, ten a call, and nothing personal."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import botocore.session
import pytest
from moto import mock_aws

from chalicelib.adapters.aws import settings
from chalicelib.adapters.public_files import PublicBucket
from chalicelib.adapters.queues import WorkQueue, from_body, to_body
from chalicelib.domain.errors import TryAgain
from chalicelib.domain.registration import Ref
from chalicelib.usecases.ports import Message
from tests.fakes import FakeAws, FakePublicFiles, FakeQueue
from tests.stores import LOCAL

if TYPE_CHECKING:
    from collections.abc import Iterator

MESSAGES = [Message(Ref("3510152004", f"ABCDEFGH{n:02}"), n) for n in range(23)]


def client(service: str, endpoint: str | None) -> Any:
    core = botocore.session.get_session()
    core.set_credentials("test", "test")
    config = settings(validate=True)
    return core.create_client(
        service, region_name="ap-southeast-3", endpoint_url=endpoint, config=config
    )


@pytest.fixture(scope="module")
def moto_endpoint() -> Iterator[None]:
    with mock_aws():
        yield None


@pytest.fixture(params=["moto", LOCAL])
def endpoint(request: pytest.FixtureRequest) -> str | None:
    found: str | None = request.getfixturevalue(f"{request.param}_endpoint")
    return found


@pytest.fixture
def sqs(endpoint: str | None) -> tuple[Any, str]:
    made = client("sqs", endpoint)
    url = made.create_queue(QueueName="tepat-tests-contract")["QueueUrl"]
    return made, url


def test_what_is_delayed_is_not_delivered_yet(sqs: tuple[Any, str]) -> None:
    made, url = sqs
    WorkQueue(made, url).send(MESSAGES[:1], delay_s=600)
    told = made.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert told["ApproximateNumberOfMessagesDelayed"] == "1"
    assert received(made, url) == []
    made.purge_queue(QueueUrl=url)


def received(sqs: Any, url: str) -> list[Message]:
    found = []
    while answer := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        for message in answer:
            found.append(from_body(message["Body"]))
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return sorted(found, key=lambda message: message.version)


def test_all_are_sent_ten_a_call(sqs: tuple[Any, str]) -> None:
    calls: list[str] = []
    made, url = sqs
    made.meta.events.register("before-send", lambda event_name, **_: calls.append(event_name))
    WorkQueue(made, url).send(MESSAGES)
    assert len(calls) == 3
    assert received(made, url) == MESSAGES


def test_sending_nothing_costs_nothing(sqs: tuple[Any, str]) -> None:
    made, url = sqs
    WorkQueue(made, url).send([])
    assert received(made, url) == []


def test_the_fake_sends_all_ten_a_call() -> None:
    aws = FakeAws()
    queue = FakeQueue(aws)
    queue.send(MESSAGES)
    assert queue.sent == MESSAGES
    assert aws.calls == ["SendMessageBatch"] * 3


class Answering:
    """A queue service that answers what it is told."""

    def __init__(self, **answer: object) -> None:
        self.answer = answer

    def send_message_batch(self, **_: object) -> object:
        return self.answer


@pytest.mark.parametrize(("ours", "raised"), [(False, TryAgain), (True, ValueError)])
def test_a_message_that_was_not_taken_is_told(ours: bool, raised: type[Exception]) -> None:
    failed = [{"Id": "0", "SenderFault": ours, "Code": "x"}]
    queue = WorkQueue(Answering(Successful=[], Failed=failed), "url")  # type: ignore[arg-type]  # only what is used
    with pytest.raises(raised):
        queue.send(MESSAGES[:1])


def test_a_message_carries_a_reference_and_a_version_only() -> None:
    body = json.loads(to_body(MESSAGES[1]))
    assert body == {"village": "3510152004", "locator": "ABCDEFGH01", "version": 1}


@pytest.mark.parametrize("body", ["", "{}", "[]", '{"village":"3510152004"}'])
def test_a_foreign_message_is_refused(body: str) -> None:
    with pytest.raises((ValueError, KeyError, TypeError)):
        from_body(body)


def test_a_public_file_is_written_over(endpoint: str | None) -> None:
    s3 = client("s3", endpoint)
    where = {"LocationConstraint": "ap-southeast-3"}
    s3.create_bucket(Bucket="tepat-tests-public-files", CreateBucketConfiguration=where)
    files = PublicBucket(s3, "tepat-tests-public-files")
    for content in (b"{}", b'{"day":"20251121"}'):
        files.put("audit/latest.json", content, "application/json")
    found = s3.get_object(Bucket="tepat-tests-public-files", Key="audit/latest.json")
    assert found["Body"].read() == b'{"day":"20251121"}'
    assert found["ContentType"] == "application/json"


def test_the_fake_files_are_written_over() -> None:
    aws = FakeAws()
    put: Callable[[str, bytes, str], None] = FakePublicFiles(aws).put
    put("audit/latest.json", b"1", "application/json")
    put("audit/latest.json", b"2", "application/json")
    assert aws.files == {"audit/latest.json": (b"2", "application/json")}
