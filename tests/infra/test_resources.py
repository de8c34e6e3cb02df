"""The fast tests' resources are those of the template."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import boto3
import pytest
from moto import mock_aws

from infra.resources import create_in
from infra.templates import RESOURCES, of_type, read


@dataclass
class Made:
    session: Any
    environment: dict[str, str]


@pytest.fixture(scope="module")
def made() -> Iterator[Made]:
    with mock_aws():
        session = boto3.Session("test", "test", region_name="ap-southeast-3")
        yield Made(session, create_in(session))


def test_tables_have_the_template_s_keys_and_indexes(made: Made) -> None:
    dynamodb = made.session.client("dynamodb")
    for table in of_type(read(RESOURCES), "AWS::DynamoDB::Table").values():
        wanted = table["Properties"]
        name = wanted["TableName"]["Fn::Sub"].replace("${Stage}", "banyuwangi")
        found = dynamodb.describe_table(TableName=name)["Table"]
        assert found["KeySchema"] == wanted["KeySchema"]
        names = [index["IndexName"] for index in found.get("GlobalSecondaryIndexes", [])]
        assert names == [i["IndexName"] for i in wanted.get("GlobalSecondaryIndexes", [])]
        assert bool(found.get("StreamSpecification")) == ("StreamSpecification" in wanted)
        backups = dynamodb.describe_continuous_backups(TableName=name)
        status = backups["ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"]
        expected = "ENABLED" if "PointInTimeRecoverySpecification" in wanted else "DISABLED"
        assert status["PointInTimeRecoveryStatus"] == expected


def test_queues_send_to_their_dead_letters_after_their_tries(made: Made) -> None:
    sqs = made.session.client("sqs")
    for name in ("CHECK", "SCORE", "RELEASE", "ADOPTION", "DISPUTE"):
        told = sqs.get_queue_attributes(
            QueueUrl=made.environment[f"TEPAT_{name}_QUEUE_URL"], AttributeNames=["All"]
        )["Attributes"]
        assert f"tepat-banyuwangi-{name.lower()}-dead" in told["RedrivePolicy"]
        assert '"maxReceiveCount": 5' in told["RedrivePolicy"]
    url = sqs.get_queue_url(QueueName="tepat-banyuwangi-evidence")["QueueUrl"]
    told = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert '"maxReceiveCount": 3' in told["RedrivePolicy"]


def test_keys_are_of_their_kind(made: Made) -> None:
    kms = made.session.client("kms")
    kinds = {"OPENING": "RSA_2048", "INDEX": "HMAC_256", "SEAL_SIGNING": "ECC_NIST_P256"}
    kinds |= {"IKD": "ECC_NIST_P256"}
    for name, kind in kinds.items():
        key = kms.describe_key(KeyId=made.environment[f"TEPAT_{name}_KEY_ID"])["KeyMetadata"]
        assert key["KeySpec"] == kind


def test_the_environment_has_a_value_for_every_setting(made: Made) -> None:
    assert [name for name, value in made.environment.items() if not value] == []
    assert made.environment["TEPAT_REGION"] == "3510"
