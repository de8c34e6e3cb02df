"""Two pilots of one account: no role of one reaches anything of the other.

Worked out from what is packaged: every resource that a policy names is resolved as a deployment
does, through parameters and the outputs of the other stack, and matched as IAM matches. What the
local AWS enforces is tried for real in tests/integration/test_second_region.py.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

import pytest

from infra import stages
from infra.build import SURFACES, Package, _copy_tree, _package
from infra.templates import RESOURCES, Template, of_type, read

ACCOUNT, PLACE = "123456789012", "ap-southeast-3"
SERVICES = {
    "AWS::DynamoDB::Table": f"arn:aws:dynamodb:{PLACE}:{ACCOUNT}:table/",
    "AWS::SQS::Queue": f"arn:aws:sqs:{PLACE}:{ACCOUNT}:",
    "AWS::S3::Bucket": "arn:aws:s3:::",
    "AWS::KMS::Key": f"arn:aws:kms:{PLACE}:{ACCOUNT}:key/",
    "AWS::Cognito::UserPool": f"arn:aws:cognito-idp:{PLACE}:{ACCOUNT}:userpool/",
}
NAMED = ("TableName", "QueueName", "BucketName")


@dataclass
class Pilot:
    """A pilot as it would be deployed.

    Attributes:
        apps: its packaged templates, by surface.
        values: of the templates' parameters.
        things: every ARN of its own that holds data or work.
    """

    name: str
    apps: dict[str, Template]
    values: dict[str, str]
    things: set[str]

    def rights(self) -> Iterator[tuple[str, str]]:
        """Yield function and the pattern of each resource that its role names."""
        for surface, app in self.apps.items():
            own = {**self.values, "AWS::StackName": f"tepat-{self.name}-{surface}"}
            for role, described in of_type(app, "AWS::IAM::Role").items():
                for policy in described["Properties"]["Policies"]:
                    for statement in policy["PolicyDocument"]["Statement"]:
                        named = statement["Resource"]
                        for each in named if isinstance(named, list) else [named]:
                            yield f"{surface}/{role}", plain(each, own)


def plain(node: Any, values: dict[str, str]) -> str:
    if isinstance(node, str):
        return node
    if "Ref" in node:
        return values[node["Ref"]]
    return re.sub(r"\$\{([\w:]+)}", lambda found: values[found[1]], node["Fn::Sub"])


def pilot(name: str, apps: dict[str, Template], shared: dict[str, str] | None = None) -> Pilot:
    """Resolve what a deployment of the resources gives to the apps.

    Args:
        shared: the account's keys, if the pilot takes those (docs/adr/0026).
    """
    template = read(RESOURCES)
    values = {
        **stages.parameters(stages.read("mataram") | {"name": name}),
        **(shared or {}),
        "AWS::Partition": "aws",
        "AWS::Region": PLACE,
        "AWS::AccountId": ACCOUNT,
    }
    refs, arns = {}, {}
    for logical, resource in template["Resources"].items():
        kind, properties = resource["Type"], resource.get("Properties", {})
        named = next((properties[each] for each in NAMED if each in properties), None)
        refs[logical] = plain(named, values) if named else f"{name}-{logical}"
        if kind in SERVICES and not (shared and resource.get("Condition") == "OwnKeys"):
            arns[logical] = SERVICES[kind] + refs[logical]
    for output, said in template["Outputs"].items():
        values[output] = exported(said["Value"], values, refs, arns)
    things = set(arns.values()) | {values["RegistryStreamArn"]}
    for logical, table in of_type(template, "AWS::DynamoDB::Table").items():
        indexes = table["Properties"].get("GlobalSecondaryIndexes", [])
        things |= {f"{arns[logical]}/index/{each['IndexName']}" for each in indexes}
    for logical in of_type(template, "AWS::S3::Bucket"):
        things |= {
            f"{arns[logical]}/{key}"
            for key in ("3510/photo.jpg", "audit/2026.json", "ranking/2026.json")
        }
    for surface, app in apps.items():
        for function in of_type(app, "AWS::Serverless::Function"):
            log = f"/aws/lambda/tepat-{name}-{surface}-{function}-AbC123"
            group = f"arn:aws:logs:{PLACE}:{ACCOUNT}:log-group:{log}"
            things |= {group, f"{group}:log-stream:2026"}
    return Pilot(name, apps, values, things)


def exported(node: Any, values: dict[str, str], refs: dict[str, str], arns: dict[str, str]) -> str:
    match node:
        case {"Fn::If": ["OwnKeys", own, other]}:
            return exported(other if "SharedIndexKeyArn" in values else own, values, refs, arns)
        case {"Ref": name}:
            return values[name] if name in values else refs[name]
        case {"Fn::GetAtt": [name, "Arn"]}:
            return arns[name]
        case {"Fn::GetAtt": [name, "StreamArn"]}:
            return f"{arns[name]}/stream/2026-11-22T00:00:00.000"
        case {"Fn::GetAtt": [name, _]}:
            return refs[name]
    return plain(node, values)


def reached(here: Pilot, there: Pilot) -> set[tuple[str, str]]:
    """Every (function, ARN of another pilot) that a right of a pilot's matches."""
    return {
        (function, arn)
        for function, pattern in here.rights()
        for arn in there.things
        if fnmatchcase(arn, pattern)
    }


@pytest.fixture(scope="module")
def two(package: Package, tmp_path_factory: pytest.TempPathFactory) -> tuple[Pilot, Pilot]:
    folder = tmp_path_factory.mktemp("mataram")
    made = {}
    for surface in SURFACES:
        tree = folder / f"{surface}-tree"
        _copy_tree(tree, stages.read("mataram"), surface, "aarch64")
        out = _package(tree, stages.read("mataram"), surface, folder / surface)
        made[surface] = json.loads((out / "sam.json").read_text())
    first = {surface: json.loads(package.template(surface).read_text()) for surface in SURFACES}
    return pilot("banyuwangi", first), pilot("mataram", made)


def test_no_right_of_one_pilot_reaches_anything_of_another(two: tuple[Pilot, Pilot]) -> None:
    one, other = two
    assert reached(one, other) == set()
    assert reached(other, one) == set()
    assert one.things.isdisjoint(other.things)


def test_every_right_reaches_something_of_the_pilot_s_own(two: tuple[Pilot, Pilot]) -> None:
    for each in two:
        matched = {pattern for _, pattern in each.rights()}
        idle = {p for p in matched if not any(fnmatchcase(arn, p) for arn in each.things)}
        assert idle == set()
        assert len(matched) > 20


SHARED = {
    f"Shared{name}Arn": f"arn:aws:kms:{PLACE}:{ACCOUNT}:key/of-all-{name}"
    for name in ("IndexKey", "SealSigningKey", "IkdKey")
}


def test_pilots_that_share_keys_share_those_three_and_nothing_else(
    two: tuple[Pilot, Pilot],
) -> None:
    one, other = (pilot(each.name, each.apps, SHARED) for each in two)
    assert reached(one, other) == reached(other, one) == set()
    common = {pattern for _, pattern in one.rights()} & {p for _, p in other.rights()}
    assert common == set(SHARED.values())
    assert one.values["OpeningKeyArn"] != other.values["OpeningKeyArn"]


def test_a_name_that_begins_another_s_reaches_no_further(two: tuple[Pilot, Pilot]) -> None:
    apps = two[1].apps
    short, long = pilot("ambon", apps), pilot("ambonbaru", apps)
    assert reached(short, long) == reached(long, short) == set()


def test_a_right_to_all_pilots_would_be_seen(two: tuple[Pilot, Pilot]) -> None:
    one, other = two
    app = json.loads(json.dumps(one.apps["public"]))
    roles = of_type(app, "AWS::IAM::Role")
    statement = roles["RelayRole"]["Properties"]["Policies"][0]["PolicyDocument"]["Statement"][-1]
    statement["Resource"] = {"Fn::Sub": f"arn:aws:sqs:{PLACE}:{ACCOUNT}:tepat-*-check"}
    wide = Pilot(one.name, {**one.apps, "public": app}, one.values, one.things)
    arn = f"arn:aws:sqs:{PLACE}:{ACCOUNT}:tepat-mataram-check"
    assert reached(wide, other) == {("public/RelayRole", arn)}


def test_functions_are_told_of_their_own_pilot_alone(two: tuple[Pilot, Pilot]) -> None:
    """No value that a function gets is one of another pilot's: tables, keys, pools, origins."""
    one, other = two
    shared = {"AWS::Partition", "AWS::Region", "AWS::AccountId"}
    by_file = set(stages.parameters(stages.read("mataram"))) - {"Stage"}
    mine = {v for k, v in one.values.items() if k not in shared | by_file}
    theirs = {v for k, v in other.values.items() if k not in shared | by_file}
    assert mine.isdisjoint(theirs)
    own = [stages.parameters(stages.read(name)) for name in ("banyuwangi", "mataram")]
    for name in ("Stage", "Region", "SiteOrigin", "AlarmAddress"):
        assert own[0][name] != own[1][name]


def test_what_speaks_for_itself_lets_no_other_in() -> None:
    """Policies of queues, buckets and keys: services and this account's roles, by their rights."""
    template = read(RESOURCES)
    allowed = []
    for kind in ("AWS::SQS::QueuePolicy", "AWS::S3::BucketPolicy"):
        for resource in of_type(template, kind).values():
            for each in resource["Properties"]["PolicyDocument"]["Statement"]:
                said = each["Fn::If"][1] if "Fn::If" in each else each
                if said["Effect"] == "Allow":
                    allowed.append(said)
    assert {each["Principal"]["Service"] for each in allowed} == {
        "s3.amazonaws.com",
        "cloudfront.amazonaws.com",
    }
    assert all("aws:SourceArn" in json.dumps(each["Condition"]) for each in allowed)
    for key in of_type(template, "AWS::KMS::Key").values():
        (said,) = key["Properties"]["KeyPolicy"]["Statement"]
        # The account's root means its roles, each by its own policy: nobody is let in by name.
        assert said["Principal"]["AWS"]["Fn::Sub"].endswith(":root")
