"""The watch tells each leak: in each place, in each answer, in what a test writes."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from chalicelib import wiring
from infra.resources import create_in
from tests.canaries import places
from tests.canaries.answers import SHOWN, Exchange, leaks
from tests.canaries.people import family
from tests.canaries.search import search
from tests.canaries.watch import LOOKED, sought, told, watched

REPO = Path(__file__).parents[2]
A = family(0)
CASE = "/staff/cases/3M3D2W8DAC"


@pytest.fixture
def stage() -> Iterator[dict[str, str]]:
    """The resources of a stage with nothing in them."""
    with pytest.MonkeyPatch.context() as patch, mock_aws():
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            patch.setenv(name, "testing")
        patch.setenv("AWS_DEFAULT_REGION", "ap-southeast-3")
        patch.setenv("AWS_ACCOUNT_ID_ENDPOINT_MODE", "disabled")
        patch.delenv("AWS_ENDPOINT_URL", raising=False)
        made = create_in(boto3.Session())
        for name, value in made.items():
            patch.setenv(name, value)
        wiring.settings.cache_clear()
        yield made
    wiring.settings.cache_clear()


def clients(service: str) -> Any:
    return boto3.client(service)  # type: ignore[call-overload]


def planted_in_a_table(client: Callable[[str], Any]) -> None:
    item = {"pk": {"S": "x"}, "sk": {"S": "x"}, "z": {"B": int(A.nik).to_bytes(7, "big")}}
    client("dynamodb").put_item(TableName=wiring.settings().ops_table, Item=item)


def planted_in_a_key(client: Callable[[str], Any]) -> None:
    item = {"pk": {"S": f"N#{A.nik}"}, "sk": {"S": "G"}}
    client("dynamodb").put_item(TableName=wiring.settings().registry_table, Item=item)


def planted_in_dead_letters(client: Callable[[str], Any]) -> None:
    url = wiring.needed("TEPAT_CHECK_QUEUE_URL") + "-dead"
    client("sqs").send_message(QueueUrl=url, MessageBody=A.name.upper())


def planted_in_an_object(client: Callable[[str], Any]) -> None:
    bucket = wiring.needed("TEPAT_PUBLIC_BUCKET")
    client("s3").put_object(Bucket=bucket, Key="audit/x.json", Body=A.form["kk"].encode())


def planted_in_an_objects_name(client: Callable[[str], Any]) -> None:
    bucket = wiring.needed("TEPAT_PUBLIC_BUCKET")
    client("s3").put_object(Bucket=bucket, Key=f"audit/{A.nik}", Body=b"")


def planted_in_a_log(client: Callable[[str], Any]) -> None:
    logs = client("logs")
    logs.create_log_group(logGroupName="/planted")
    logs.create_log_stream(logGroupName="/planted", logStreamName="s")
    event = {"timestamp": wiring.clock.now_ms(), "message": f"asked for {A.form['phone']}"}
    logs.put_log_events(logGroupName="/planted", logStreamName="s", logEvents=[event])


def planted_in_a_metric(client: Callable[[str], Any]) -> None:
    dimensions = [{"Name": "who", "Value": A.name}]
    data = [{"MetricName": "checked", "Dimensions": dimensions, "Value": 1.0}]
    client("cloudwatch").put_metric_data(Namespace="tepat", MetricData=data)


PLANTED = (
    planted_in_a_table, planted_in_a_key, planted_in_dead_letters, planted_in_an_object,
    planted_in_an_objects_name, planted_in_a_log, planted_in_a_metric,
)  # fmt: skip


@pytest.mark.parametrize("plant", PLANTED)
def test_a_leak_in_each_place_is_told(stage: dict[str, str], plant: Any) -> None:
    with watched(clients):
        pass
    plant(clients)
    with pytest.raises(pytest.fail.Exception, match="a person was met"), watched(clients):
        pass


def exchange(**changes: Any) -> Exchange:
    whole = {"method": "POST", "path": "/v1/status", "sent": b"", "status": 200, "headers": {}}
    return Exchange(**{**whole, "body": b"", **changes})


PAGE = {"Content-Type": "text/html; charset=utf-8"}


@pytest.mark.parametrize(
    ("answer", "met"),
    [
        (exchange(body=A.nik.encode()), True),
        (exchange(headers={"Location": f"/x?nik={A.nik}"}), True),
        (exchange(headers=PAGE, body=A.nik.encode()), True),
        (exchange(headers=PAGE, body=A.nik.encode(), sent=A.nik.encode()), False),
        (exchange(body=A.nik.encode(), sent=A.nik.encode()), True),
        (exchange(path="/v1/new", headers=PAGE, body=A.nik.encode(), sent=A.nik.encode()), True),
        (exchange(method="GET", path=CASE, headers=PAGE, body=A.name.encode()), False),
        (exchange(method="GET", path=CASE, headers=PAGE, body=A.nik.encode()), True),
        (exchange(method="GET", path="/staff", headers=PAGE, body=A.name.encode()), True),
    ],
)  # fmt: skip
def test_an_answer_shows_only_what_is_named(answer: Exchange, met: bool) -> None:
    assert bool(list(leaks(answer, sought()))) is met
    for _, leak in leaks(answer, sought()):
        assert not search(told([("there", leak)]).encode(), sought())


def test_all_kinds_of_places_are_looked_at(stage: dict[str, str]) -> None:
    before = LOOKED.stored
    for plant in PLANTED:
        plant(clients)
    kinds = {place.partition(" ")[0] for place, _ in places.everything(clients)}
    assert kinds == {"table", "queue", "bucket", "log", "metric"}
    with pytest.raises(pytest.fail.Exception), watched(clients):
        pass
    assert LOOKED.stored - before >= len(PLANTED)
    assert all(one.reason for one in SHOWN)


WRITES = {
    "to_standard_output": "print(text)",
    "to_standard_error": "print(text, file=sys.stderr)",
    "to_a_log": "logging.getLogger('x').warning('%s', text)",
    "to_a_descriptor": "os.write(1, text.encode())",
}


def test_a_run_fails_when_a_test_writes_somebody_down(tmp_path: Path) -> None:
    """Each test that does is told by name, and the clean one beside them is not."""
    written = "".join(f"def test_{name}():\n    {line}\n" for name, line in WRITES.items())
    (tmp_path / "test_planted.py").write_text(
        "import logging, os, sys, pytest\n"
        "from tests.canaries.people import family\n"
        "text = family(0).nik[::-1] + '!'\n"
        "@pytest.fixture\ndef ready():\n    print(text)\n"
        "def test_clean():\n    print('nobody')\n"
        "def test_in_a_set_up(ready):\n    pass\n" + written
    )
    command = [sys.executable, "-m", "pytest", "-q", "-rA", "-p", "tests.canaries.watch", "-p"]
    command += ["no:cacheprovider", f"--rootdir={tmp_path}", str(tmp_path)]
    ran = subprocess.run(command, cwd=REPO, capture_output=True, text=True, check=False)
    assert ran.returncode == 1, ran.stdout + ran.stderr
    for name in ("in_a_set_up", *WRITES):
        assert re.search(rf"^(FAILED|ERROR) \S+::test_{name}\b", ran.stdout, re.MULTILINE), name
    assert re.search(r"^PASSED \S+::test_clean\b", ran.stdout, re.MULTILINE)
    told_of = ran.stdout.count("NIK of member 0 (backwards) in captured")
    assert told_of >= len(WRITES) + 1
    assert "outputs" in ran.stdout


def test_a_run_in_which_nobody_is_met_passes(tmp_path: Path) -> None:
    (tmp_path / "test_planted.py").write_text("def test_clean():\n    print('nobody')\n")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "tests.canaries.watch", "-p"]
    command += ["no:cacheprovider", f"--rootdir={tmp_path}", str(tmp_path)]
    ran = subprocess.run(command, cwd=REPO, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "canaries: 1 outputs" in ran.stdout
