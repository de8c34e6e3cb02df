"""What `make chaos` asks of the local AWS: a proxy before it, checkpoints, killed functions."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import boto3
import httpx
import pytest

from infra.account import Account
from infra.chaos.faults import Faults
from infra.chaos.proxy import FaultProxy
from infra.local_aws.server import LocalAws
from tests.local_aws import PYTHON, free_port

pytestmark = pytest.mark.local_aws

HANDLER = """
import os, botocore.session
def handle(event, context):
    print("called")
    session = botocore.session.get_session()
    names = session.create_client("sqs").list_queues()["QueueUrls"]
    return {"pid": os.getpid(), "reached": os.environ["AWS_ENDPOINT_URL"], "queues": len(names)}
"""


@pytest.fixture
def proxied(tmp_path: Path) -> Any:
    """A local AWS behind a proxy that lets all pass: (AWS, proxy)."""
    port = free_port()
    proxy = FaultProxy(0, port, Faults(seed=1, rate=0))
    aws = LocalAws(PYTHON, port, tmp_path, seen_at=proxy.server_port)
    with proxy.serving():
        aws.start()
        yield aws, proxy
        aws.stop()


def through(proxy: FaultProxy) -> Account:
    return Account(boto3.Session("test", "test", region_name="ap-southeast-3"), proxy.url)


def test_a_signed_call_passes_the_proxy_and_a_stranger_does_not(proxied: Any) -> None:
    aws, proxy = proxied
    assert through(proxy).client("dynamodb").list_tables()["TableNames"] == []
    assert proxy.faults.requests == {"dynamodb ListTables": 1}
    answer = httpx.post(aws.endpoint, headers={"Host": "example.org"})
    assert answer.status_code == 403


def test_what_was_saved_on_request_survives_a_power_cut(proxied: Any) -> None:
    aws, _ = proxied
    queues = aws.account().client("sqs")
    queues.create_queue(QueueName="kept")
    aws.save()
    aws.kill()
    aws.start()
    assert [url.rpartition("/")[2] for url in queues.list_queues()["QueueUrls"]] == ["kept"]


def test_functions_knock_at_the_proxy_and_come_back_when_killed(proxied: Any) -> None:
    aws, proxy = proxied
    account = aws.account()
    account.client("sqs").create_queue(QueueName="one")
    zipped = BytesIO()
    with ZipFile(zipped, "w") as archive:
        archive.writestr("it.py", HANDLER)
    functions = account.client("lambda")
    role = account.client("iam").create_role(RoleName="r", AssumeRolePolicyDocument="{}")
    account.client("iam").put_role_policy(
        RoleName="r",
        PolicyName="p",
        PolicyDocument='{"Statement":[{"Effect":"Allow","Action":"sqs:*","Resource":"*"}]}',
    )
    functions.create_function(
        FunctionName="it",
        Runtime="python3.11",
        Role=role["Role"]["Arn"],
        Handler="it.handle",
        Code={"ZipFile": zipped.getvalue()},
    )
    functions.get_waiter("function_active_v2").wait(FunctionName="it")

    first = functions.invoke(FunctionName="it")["Payload"].read()
    assert proxy.url.encode() in first
    assert b'"queues": 1' in first
    assert proxy.faults.requests["sqs ListQueues"] == 1
    assert (aws.kill_functions(), aws.kill_functions()) == (1, 0)
    again = [functions.invoke(FunctionName="it")["Payload"].read() for _ in range(2)]
    assert b'"queues": 1' in again[-1]
    assert again[-1] != first  # another process
