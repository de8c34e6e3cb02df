"""Makes what resources.yaml describes straight through the AWS APIs, for the fast tests.

The cloud and the local run deploy resources.yaml with CloudFormation. Tests on moto do not: its
CloudFormation leaves out what matters here (point in time recovery) and takes a second to load.
Both read the same file, so a table changed there is changed in the tests.
"""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Callable
from typing import Any

from infra import stages
from infra.account import Account
from infra.templates import HERE, RESOURCES, Template, of_type, read

STAGE = "banyuwangi"
ACCOUNT = "123456789012"  # moto's account; part of bucket names only


def create_in(
    session: Any,  # noqa: ANN401 - boto3's stubs know services by literal names only
    endpoint_url: str | None = None,
) -> dict[str, str]:
    """Create tables, queues, buckets, keys and the staff pool of resources.yaml.

    Args:
        session: a boto3 session, e.g. inside moto's `mock_aws`.
        endpoint_url: where the API is served, or None for the session's own.

    Returns:
        The environment of the functions (`TEPAT_...`), all surfaces together.
    """
    maker = _Maker(Account(session, endpoint_url))
    for name, resource in maker.template["Resources"].items():
        if resource["Type"] in _MAKERS:
            maker.make(name)
    declared = maker.template["Outputs"]
    outputs = {name: str(maker.value(output["Value"])) for name, output in declared.items()}
    sealing_key = maker.client("kms").get_public_key(KeyId=outputs["OpeningKeyId"])["PublicKey"]
    pool = f"https://cognito-idp.{session.region_name}.amazonaws.com/{outputs['StaffPoolId']}"
    return environment(
        maker.parameters
        | outputs
        | {
            "SealingKey": b64encode(sealing_key).decode(),
            "CivilRegistryToken": "token-for-tests",
            "TrustedProxy": "forwarded",
            "TokenIssuer": pool,
            "JwksUrl": f"{pool}/.well-known/jwks.json",
            "LoginUrl": f"https://{outputs['StaffDomain']}.auth.{session.region_name}.amazoncognito.com",
            "UploadUrl": f"{maker.client('s3').meta.endpoint_url}/{outputs['QuarantineBucket']}",
            "ReleasedUrl": f"{maker.client('s3').meta.endpoint_url}/{outputs['ReleasedBucket']}",
        }
    )


def create_tables(account: Account, stage: str) -> dict[str, str]:
    """Create a pilot's tables alone, empty, as a restore puts rows into them.

    Args:
        account: where none of them is.
        stage: the pilot.

    Returns:
        Those of the template's outputs that are of tables.
    """
    maker = _Maker(account, stage)
    tables = of_type(maker.template, "AWS::DynamoDB::Table")
    for name in tables:
        maker.make(name)
    return {
        name: str(maker.value(output["Value"]))
        for name, output in maker.template["Outputs"].items()
        if name.removesuffix("Arn") in tables or name.endswith("StreamArn")
    }


def environment(given: dict[str, str]) -> dict[str, str]:
    """Work out the functions' environment as the merge templates declare it.

    Args:
        given: values of the templates' parameters; a parameter left out takes its default.

    Returns:
        Variable -> value, all surfaces together; TEPAT_SURFACE is that of the public one.
    """
    variables: dict[str, str] = {}
    for surface in ("screening", "staff", "public"):
        template = read(HERE / f"{surface}.merge.yaml")
        defaults = {k: p.get("Default", "") for k, p in template["Parameters"].items()}
        values = {"AWS::Region": "ap-southeast-3", **defaults, **given}
        declared = [template["Globals"]["Function"]["Environment"]["Variables"]]
        declared += [
            resource.get("Properties", {}).get("Environment", {}).get("Variables", {})
            for resource in template["Resources"].values()
        ]
        for block in declared:
            variables.update({k: str(_plain(v, values)) for k, v in block.items()})
    return variables


def _plain(value: Any, values: dict[str, str]) -> Any:  # noqa: ANN401 - any JSON
    """Resolve `Ref` and `Fn::Sub` against plain values."""
    if isinstance(value, dict) and set(value) == {"Ref"}:
        return values[value["Ref"]]
    if isinstance(value, dict) and set(value) == {"Fn::Sub"}:
        return re.sub(r"\$\{([\w:]+)\}", lambda m: values[m[1]], value["Fn::Sub"])
    return value


class _Maker:
    """Creates resources on demand, so that a reference finds its target made."""

    def __init__(self, account: Account, stage: str = STAGE) -> None:
        self.template: Template = read(RESOURCES)
        declared = self.template["Parameters"].items()
        self.parameters = {
            **{name: str(told["Default"]) for name, told in declared if "Default" in told},
            **stages.parameters(stages.read(stage)),
            "Protection": "off",
            "AlarmTopic": "",
        }
        self.client = account.client
        self._made: dict[str, dict[str, str]] = {}
        self._pseudo = {
            "AWS::AccountId": ACCOUNT,
            "AWS::Region": account.region,
            "AWS::Partition": "aws",
        }

    def make(self, name: str) -> dict[str, str]:
        """Create a resource once; returns its attributes, `Ref` among them."""
        if name not in self._made:
            resource = self.template["Resources"][name]
            properties = self.value(resource["Properties"])
            self._made[name] = _MAKERS[resource["Type"]](self.client, properties)
        return self._made[name]

    def value(self, node: Any) -> Any:  # noqa: ANN401, PLR0911 - any JSON; one return an intrinsic
        """Resolve the intrinsic functions that resources.yaml uses."""
        if isinstance(node, list):
            return [self.value(item) for item in node]
        if not isinstance(node, dict):
            return node
        match node:
            case {"Ref": name}:
                return self._name(name)
            case {"Fn::GetAtt": [name, attribute]}:
                return self.make(name)[attribute]
            case {"Fn::Sub": text}:
                return re.sub(r"\$\{([\w:]+)\}", lambda m: str(self._name(m[1])), text)
            case {"Fn::If": [condition, yes, no]}:
                return self.value(yes if self._holds(condition) else no)
        resolved = {key: self.value(item) for key, item in node.items()}
        return {key: item for key, item in resolved.items() if item is not None}

    def _name(self, name: str) -> Any:  # noqa: ANN401 - AWS::NoValue is None
        if name == "AWS::NoValue":
            return None
        if name in self._pseudo:
            return self._pseudo[name]
        if name not in self.parameters:
            return self.make(name)["Ref"]
        number = self.template["Parameters"].get(name, {}).get("Type") == "Number"
        return int(self.parameters[name]) if number else self.parameters[name]

    def _holds(self, condition: str) -> bool:
        left, right = self.template["Conditions"][condition]["Fn::Equals"]
        return bool(self.value(left) == self.value(right))


_Client = Callable[[str], Any]


def _table(client: _Client, wanted: Template) -> dict[str, str]:
    table = dict(wanted)
    recovery = table.pop("PointInTimeRecoverySpecification", None)
    expiry = table.pop("TimeToLiveSpecification", None)
    encryption = table.pop("SSESpecification")
    table["SSESpecification"] = {"Enabled": encryption["SSEEnabled"]}
    if "StreamSpecification" in table:
        table["StreamSpecification"] = table["StreamSpecification"] | {"StreamEnabled": True}
    dynamodb, name = client("dynamodb"), table["TableName"]
    made = dynamodb.create_table(**table)["TableDescription"]
    if recovery:
        dynamodb.update_continuous_backups(
            TableName=name, PointInTimeRecoverySpecification=recovery
        )
    if expiry:
        dynamodb.update_time_to_live(TableName=name, TimeToLiveSpecification=expiry)
    return {
        "Ref": name,
        "Arn": made["TableArn"],
        "StreamArn": made.get("LatestStreamArn", ""),
    }


def _queue(client: _Client, wanted: Template) -> dict[str, str]:
    attributes = {
        k: json.dumps(v) if isinstance(v, dict) else str(v).lower() if v is True else str(v)
        for k, v in wanted.items()
        if k != "QueueName"
    }
    sqs, name = client("sqs"), wanted["QueueName"]
    url = sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]
    return {"Ref": url, "Arn": arn["QueueArn"], "QueueName": name}


def _bucket(client: _Client, wanted: Template) -> dict[str, str]:
    s3, name = client("s3"), wanted["BucketName"]
    s3.create_bucket(
        Bucket=name, CreateBucketConfiguration={"LocationConstraint": s3.meta.region_name}
    )
    s3.put_public_access_block(
        Bucket=name,
        PublicAccessBlockConfiguration=wanted["PublicAccessBlockConfiguration"],
    )
    if "VersioningConfiguration" in wanted:
        s3.put_bucket_versioning(
            Bucket=name, VersioningConfiguration=wanted["VersioningConfiguration"]
        )
    return {"Ref": name, "Arn": f"arn:aws:s3:::{name}"}


def _key(client: _Client, wanted: Template) -> dict[str, str]:
    made = client("kms").create_key(
        KeySpec=wanted["KeySpec"], KeyUsage=wanted["KeyUsage"], Description=wanted["Description"]
    )["KeyMetadata"]
    return {"Ref": made["KeyId"], "Arn": made["Arn"]}


def _pool(client: _Client, wanted: Template) -> dict[str, str]:
    keep = {"Policies", "AdminCreateUserConfig", "UsernameConfiguration", "AutoVerifiedAttributes"}
    made = client("cognito-idp").create_user_pool(
        PoolName=wanted["UserPoolName"], **{k: v for k, v in wanted.items() if k in keep}
    )["UserPool"]
    return {"Ref": made["Id"], "Arn": made["Arn"]}


def _pool_client(client: _Client, wanted: Template) -> dict[str, str]:
    made = client("cognito-idp").create_user_pool_client(**wanted)["UserPoolClient"]
    return {"Ref": made["ClientId"]}


def _pool_group(client: _Client, wanted: Template) -> dict[str, str]:
    client("cognito-idp").create_group(**wanted)
    return {"Ref": wanted["GroupName"]}


_MAKERS: dict[str, Callable[[_Client, Template], dict[str, str]]] = {
    "AWS::DynamoDB::Table": _table,
    "AWS::SQS::Queue": _queue,
    "AWS::S3::Bucket": _bucket,
    "AWS::KMS::Key": _key,
    "AWS::Cognito::UserPool": _pool,
    "AWS::Cognito::UserPoolClient": _pool_client,
    "AWS::Cognito::UserPoolGroup": _pool_group,
}
