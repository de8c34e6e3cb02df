"""A second region beside the first on one account: neither reaches the other; and its removal."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from infra import local, local_sandboxes, remains, shared, stacks, table_files
from infra.build import SURFACES, Package
from infra.remove import FILES_MANIFEST, KEEPS, LEDGER, RemovalError, remove
from infra.templates import of_type
from tests.local_aws import STAGE, Tepat
from tests.probing import asked_as

OTHER = "mataram"
FUNCTIONS = {"public": "APIHandler", "staff": "APIHandler", "screening": "ScreenEvidence"}
pytestmark = [pytest.mark.local_aws, pytest.mark.xdist_group("local_aws")]


@pytest.fixture(scope="module")
def common(tepat: Tepat) -> dict[str, str]:
    """Keys of the account, as shared.yaml makes them."""
    kms, keys = tepat.aws.account().client("kms"), of_type(shared.template(), "AWS::KMS::Key")
    return {
        f"Shared{name}Arn": kms.create_key(
            KeySpec=key["Properties"]["KeySpec"], KeyUsage=key["Properties"]["KeyUsage"]
        )["KeyMetadata"]["Arn"]
        for name, key in keys.items()
    }


@pytest.fixture(scope="module")
def mataram(tepat: Tepat, package: Package, common: dict[str, str]) -> Iterator[dict[str, str]]:
    """Parameters of a second pilot, that uses the account's keys.

    The first one's code: rights and names come of parameters.
    """
    given = common | {
        "SiteOrigin": "http://127.0.0.1:1",
        "CivilRegistryUrl": "http://127.0.0.1:1/check",
        "CivilRegistryToken": "token-for-tests",
        **local_sandboxes.ikd_settings(1),
    }
    yield local.deploy_locally(tepat.aws, OTHER, package, given).parameters
    for surface in SURFACES:  # what a failed test has left
        stacks.delete(tepat.aws.account().client("cloudformation"), f"tepat-{OTHER}-{surface}")


def function_of(tepat: Tepat, stage: str, surface: str) -> str:
    client = tepat.aws.account().client("cloudformation")
    return str(
        client.describe_stack_resource(
            StackName=f"tepat-{stage}-{surface}", LogicalResourceId=FUNCTIONS[surface]
        )["StackResourceDetail"]["PhysicalResourceId"]
    )


def reaches(given: dict[str, str]) -> dict[str, Any]:
    """Calls that a function of a pilot makes of its own tables, queues, files and keys."""
    key = {"pk": {"S": "N#1#x"}, "sk": {"S": "G"}}
    mac = {"KeyId": given["IndexKeyId"], "Message": "eA==", "MacAlgorithm": "HMAC_SHA_256"}
    opening = {"KeyId": given["OpeningKeyId"], "EncryptionAlgorithm": "RSAES_OAEP_SHA_256"}
    tables = {
        f"read {name}": ("dynamodb", "get_item", {"TableName": given[f"{name}Table"], "Key": key})
        for name in ("Registry", "Vault", "Ledger", "Ops")
    }
    item = {"TableName": given["RegistryTable"], "Item": key}
    message = {"QueueUrl": given["CheckQueueUrl"], "MessageBody": "x"}
    return tables | {
        "write Registry": ("dynamodb", "put_item", item),
        "read a photo": ("s3", "get_object", {"Bucket": given["ReleasedBucket"], "Key": "x"}),
        "send a photo": ("s3", "put_object", {"Bucket": given["QuarantineBucket"], "Key": "x"}),
        "publish": ("s3", "put_object", {"Bucket": given["SiteBucket"], "Key": "audit/x"}),
        "send work": ("sqs", "send_message", message),
        "digest": ("kms", "generate_mac", mac),
        "open": ("kms", "decrypt", opening),
    }


def test_no_function_reaches_what_is_another_region_s(
    tepat: Tepat, mataram: dict[str, str]
) -> None:
    """Tried both ways with the functions' own roles, on all that each may do at home."""
    account, here = tepat.aws.account(), tepat.deployed.parameters
    homes = {STAGE: (here, mataram), OTHER: (mataram, here)}
    for stage, (own, others) in homes.items():
        for surface in SURFACES:
            function = function_of(tepat, stage, surface)
            abroad = asked_as(account, function, reaches(others))
            assert {name for name, said in abroad.items() if "AccessDenied" not in said} == set()
            if surface != "screening":
                at_home = asked_as(account, function, {"read": reaches(own)["read Registry"]})
                assert at_home == {"read": "done"}, f"{stage}: the probe itself is refused"


def test_two_regions_have_nothing_in_common_but_their_account(
    tepat: Tepat, mataram: dict[str, str]
) -> None:
    here = tepat.deployed.parameters
    ends = ("Table", "TableArn", "QueueUrl", "QueueArn", "Bucket", "BucketArn", "KeyId", "KeyArn")
    found = [name for name in mataram if name.endswith(ends) or name.startswith("Staff")]
    own = [name for name in found if not name.startswith("Shared")]
    assert len(own) > 30
    assert [name for name in own if mataram[name] == here[name]] == []


def test_a_pilot_uses_the_keys_of_the_account_if_it_has_none_of_its_own(
    tepat: Tepat, mataram: dict[str, str], common: dict[str, str]
) -> None:
    """Under its own name: see `test_stages_have_their_own_digests` and the seals' `region`."""
    for name, arn in common.items():
        key = name.removeprefix("Shared").removesuffix("Arn")
        assert (mataram[f"{key}Id"], mataram[f"{key}Arn"]) == (arn, arn)
    asked = {"digest": reaches(mataram)["digest"]}
    at_home = asked_as(tepat.aws.account(), function_of(tepat, OTHER, "public"), asked)
    assert at_home == {"digest": "done"}


def test_a_removed_pilot_leaves_its_data_in_files_and_nothing_else(
    tepat: Tepat, mataram: dict[str, str], common: dict[str, str], tmp_path: Path
) -> None:
    account = tepat.aws.account()
    dynamodb, s3 = account.client("dynamodb"), account.client("s3")
    stale, steps = tmp_path / "stale", list[str]()
    stale.mkdir()
    names = {name: f"tepat-{OTHER}-{name}" for name in KEEPS}
    (stale / FILES_MANIFEST).write_text("{}")
    table_files.write_tables(dynamodb, names, stale, {})
    item = {"pk": {"S": "V#5271011001"}, "sk": {"S": "ZZZZ234567"}, "kept": {"B": b"\x00\xff"}}
    dynamodb.put_item(TableName=mataram["VaultTable"], Item=item)
    dynamodb.update_table(TableName=mataram["VaultTable"], DeletionProtectionEnabled=True)
    for body in (b"first", b"second"):  # two versions
        s3.put_object(Bucket=mataram["ReleasedBucket"], Key="a/b.jpg", Body=body)
    here = remains.of(account, STAGE)
    with pytest.raises(RemovalError, match=r"(?s)vault.* is not what .* holds; all is still there"):
        remove(account, OTHER, stale, steps.append)
    assert len(remains.tables(account, OTHER)) == 4

    out = tmp_path / "data"
    keys = remove(account, OTHER, out, steps.append)

    assert remains.names(account, OTHER) == []
    assert remains.of(account, STAGE) == here  # the first region stands untouched
    states = {
        arn: account.client("kms").describe_key(KeyId=arn)["KeyMetadata"]["KeyState"]
        for arn in (mataram["OpeningKeyArn"], *common.values())
    }
    assert [key for key in keys if key in mataram["OpeningKeyArn"]] == keys
    assert states == {mataram["OpeningKeyArn"]: "PendingDeletion"} | dict.fromkeys(
        common.values(), "Enabled"
    )
    manifest = table_files.check_files(out)
    assert [(each.name, each.items) for each in manifest.tables] == [
        ("registry", 0),
        ("vault", 1),
        ("ledger", 0),
    ]
    (vault,) = (each for each in manifest.tables if each.name == "vault")
    assert list(table_files.items_of(out, vault)) == [item]
    assert (out / "files/released/a/b.jpg").read_bytes() == b"second"
    assert out.stat().st_mode & 0o077 == 0
    assert json.loads((out / LEDGER).read_bytes().splitlines()[-1])["type"] == "end"
    with pytest.raises(ClientError, match="ResourceNotFound"):
        dynamodb.describe_table(TableName=mataram["VaultTable"])
    with pytest.raises(RemovalError, match="there is no mataram"):
        remove(account, OTHER, out, steps.append)
