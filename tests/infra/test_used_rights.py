"""What functions were seen to ask of AWS is what their policies grant: no less, and no more.

No less: every test fails in which a handler asks for what its policy does not grant
(`tests/rights_watch.py`). No more: `used_rights.json` is what the tests of tests/integration were
seen to use, and whatever is granted beside that fails here: a new right has to be used by a test
that sends the handler on the way that needs it, as a citizen or an officer would.

It is written anew, when a right is added or given up, from

    TEPAT_RECORD_RIGHTS=tests/infra/used_rights.json .venv/bin/python -m pytest -n0 -q \\
        -m "not prove and not local_aws" tests/integration
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from infra.functions import FUNCTIONS
from infra.layer import REPO
from infra.templates import HERE
from tests import rights_watch
from tests.rights import BY_AWS, RECORD, Use, covers, granted, recorded, uses, written


def unused(grants: set[Use]) -> set[Use]:
    return {grant for grant in grants if not any(covers(grant, use) for use in recorded())}


def test_every_right_that_was_used_is_granted() -> None:
    assert rights_watch.ungranted(sorted(recorded())) == []


def test_every_right_that_is_granted_was_used() -> None:
    assert unused(granted()) == set()


def test_every_function_was_seen() -> None:
    every = {each.policy for given in FUNCTIONS.values() for each in given}
    assert {function for function, *_ in recorded()} == every


@pytest.fixture
def policies(tmp_path: Path) -> Path:
    return Path(shutil.copytree(HERE / "policies", tmp_path / "policies"))


def test_a_right_that_nobody_uses_would_be_seen(policies: Path) -> None:
    path = policies / "relay.json"
    document = json.loads(path.read_text())
    document["Statement"][0]["Action"].append("dynamodb:Scan")
    document["Statement"][0]["Resource"] = {"Ref": "VaultTableArn"}
    path.write_text(json.dumps(document))
    assert ("relay", "dynamodb:Scan", "vault", "*") in unused(granted(policies))


def test_a_right_to_more_keys_than_are_used_would_be_seen(policies: Path) -> None:
    path = policies / "sweep.json"
    text = json.loads(path.read_text())
    text["Statement"].append(
        {
            "Sid": "Odd",
            "Effect": "Allow",
            "Action": ["dynamodb:Query"],
            "Resource": {"Fn::Sub": "${RegistryTableArn}/index/by_due"},
            "Condition": {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["ODD#*"]}},
        }
    )
    path.write_text(json.dumps(text))
    assert ("sweep", "dynamodb:Query", "registry/by_due", "ODD#*") in unused(granted(policies))


@pytest.mark.parametrize(
    ("operation", "sent", "wrong"),
    [
        ("PutItem", {"TableName": "tepat-x-ledger", "Item": {"pk": {"S": "SEAL"}}}, True),
        ("PutItem", {"TableName": "tepat-x-ledger", "Item": {"pk": {"S": "20261122#1"}}}, False),
        ("Scan", {"TableName": "tepat-x-registry"}, True),
        ("GetItem", {"TableName": "tepat-x-registry", "Key": {"pk": {"S": "N#v1#x"}}}, False),
        ("GetItem", {"TableName": "tepat-x-registry", "Key": {"pk": {"S": "O#3510"}}}, True),
        ("UpdateItem", {"TableName": "tepat-x-ledger", "Key": {"pk": {"S": "a"}}}, True),
        (
            "TransactWriteItems",
            {"TransactItems": [{"ConditionCheck": {"TableName": "tepat-x-registry", "Key": {}}}]},
            True,
        ),
    ],
)
def test_a_call_beyond_its_rights_is_seen(
    operation: str, sent: dict[str, Any], wrong: bool
) -> None:
    found = list(uses("public_api", "dynamodb", operation, sent))
    assert rights_watch.ungranted(found) == (found if wrong else [])


def test_that_a_file_is_gone_is_told_to_whoever_may_list_its_bucket(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Who may not would be forbidden to read it, and its code would take that for a breakdown."""
    told: list[Use] = []
    monkeypatch.setattr(rights_watch, "SEEN", set())
    monkeypatch.setattr(rights_watch, "_NEW", told)
    monkeypatch.setattr(rights_watch, "_RUNNING", ["staff_api"])
    with mock_aws():
        s3 = boto3.client("s3", "ap-southeast-3")
        where = {"LocationConstraint": "ap-southeast-3"}
        s3.create_bucket(Bucket="tepat-x-released", CreateBucketConfiguration=where)
        told.clear()
        with pytest.raises(ClientError):
            s3.get_object(Bucket="tepat-x-released", Key="gone")
    assert rights_watch.ungranted(told) == [("staff_api", "s3:ListBucket", "released", "*")]


def test_what_aws_does_in_a_function_s_name_is_not_ours_to_use() -> None:
    assert not {use for use in recorded() if use[1] in BY_AWS}
    assert written(recorded()) == RECORD.read_text("utf-8")


def test_a_test_in_which_a_function_goes_too_far_fails(tmp_path: Path) -> None:
    """Seen from outside: a run of one test that lets a handler read a whole table."""
    test = tmp_path / "test_planted.py"
    test.write_text(
        "import boto3, os\n"
        "from moto import mock_aws\n"
        "from chalice import Chalice\n"
        "app = Chalice('x')\n"
        "@app.on_sqs_message(queue='check')\n"
        "def relay(event):\n"
        "    boto3.client('dynamodb', 'ap-southeast-3').list_tables()\n"
        "def test_it():\n"
        "    with mock_aws():\n"
        "        relay({'Records': []}, None)\n"
    )
    command = [sys.executable, "-m", "pytest", "-q", "-n0", "-c", str(REPO / "pyproject.toml")]
    command += ["--rootdir", str(tmp_path), "-p", "tests.rights_watch", str(test)]
    keys = {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x", "PYTHONPATH": str(REPO)}
    done = subprocess.run(
        command, env=os.environ | keys, cwd=REPO, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1, done.stdout + done.stderr
    assert "no policy in infra/policies grants:\nrelay dynamodb:ListTables" in done.stdout


@pytest.mark.prove
def test_what_was_recorded_is_used_still(tmp_path: Path) -> None:
    now = tmp_path / "now.json"
    command = [sys.executable, "-m", "pytest", "-n0", "-q", "-m", "not prove and not local_aws"]
    subprocess.run(
        [*command, "tests/integration"],
        env=os.environ | {"TEPAT_RECORD_RIGHTS": str(now)},
        cwd=REPO,
        check=True,
    )
    told = json.loads(now.read_text())
    uses_now = {(function, *each.split(" ")) for function, those in told.items() for each in those}
    assert recorded() - uses_now == set()
