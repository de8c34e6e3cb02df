"""Dead letters are looked at without harm, and go back once; what is none of ours stays."""

from __future__ import annotations

import json
from typing import Any

import pytest

from chalicelib import wiring
from infra import dead_letters

STAGE = "banyuwangi"
EVENT = {"Records": [{"s3": {"object": {"key": "a"}}}]}


def work(number: int) -> str:
    return json.dumps({"village": "3510152004", "locator": f"3M2759NK{number:02}", "version": 0})


def counted(name: str) -> int:
    sqs = wiring.client("sqs")
    url = sqs.get_queue_url(QueueName=f"tepat-{STAGE}-{name}")["QueueUrl"]
    told = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"])
    return int(told["Attributes"]["ApproximateNumberOfMessages"])


@pytest.fixture
def sqs(environment: dict[str, str]) -> Any:
    del environment
    return wiring.client("sqs")


def park(sqs: Any, queue: str, *bodies: str) -> None:
    url = sqs.get_queue_url(QueueName=f"tepat-{STAGE}-{queue}-dead")["QueueUrl"]
    for body in bodies:
        sqs.send_message(QueueUrl=url, MessageBody=body)


def test_dead_letters_are_told_and_stay(sqs: Any) -> None:
    park(sqs, "check", *(work(n) for n in range(12)), "not ours", json.dumps(EVENT))
    found = dead_letters.look(sqs, STAGE, "check")
    assert sorted(found.ours) == sorted(work(n) for n in range(12))
    assert (found.count, found.foreign) == (14, 2)
    assert counted("check-dead") == 14


def test_what_is_ours_goes_back_and_nothing_else(sqs: Any) -> None:
    park(sqs, "score", *(work(n) for n in range(12)), "not ours")
    park(sqs, "evidence", json.dumps(EVENT), work(1))
    sent = dead_letters.send_back(sqs, STAGE, "score")
    assert (len(sent.ours), sent.foreign) == (12, 1)
    assert (counted("score"), counted("score-dead")) == (12, 1)
    again = dead_letters.send_back(sqs, STAGE, "score")
    assert (again.ours, again.foreign, counted("score")) == ([], 1, 12)
    sent = dead_letters.send_back(sqs, STAGE, "evidence")
    assert (sent.ours, sent.foreign) == ([json.dumps(EVENT)], 1)
