"""What a package must hold: that each control can fail, and that this package passes them all."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest

from infra import controls, stages
from infra.build import SURFACES, Package
from infra.controls import CONTROLS, EXCEPTIONS, Built
from infra.template_lint import transformed
from infra.templates import RESOURCES, read


@pytest.fixture(scope="module")
def made(package: Package) -> Built:
    apps = {surface: json.loads(package.template(surface).read_text()) for surface in SURFACES}
    for app in apps.values():  # the session's package is for this machine
        for resource in app["Resources"].values():
            if "Architectures" in resource.get("Properties", {}):
                resource["Properties"]["Architectures"] = ["arm64"]
    after = {surface: transformed(package.template(surface)) for surface in SURFACES}
    days = stages.read("banyuwangi")["retention"]["log_days"]
    return Built(apps, after, read(RESOURCES), days)


@pytest.fixture
def built(made: Built) -> Built:
    """A copy in which a violation may be planted."""
    return copy.deepcopy(made)


def test_the_package_passes_every_control(made: Built) -> None:
    assert controls.faults(made) == {name: [] for name in CONTROLS}


def test_no_more_than_four_controls_are_left_out_each_with_its_reason() -> None:
    assert len(EXCEPTIONS) <= 4
    assert all(len(reason) > 80 for reason in EXCEPTIONS.values())


def properties(built: Built, name: str) -> Any:
    for template in (built.resources, *built.after.values()):
        if name in template["Resources"]:
            return template["Resources"][name]["Properties"]
    raise AssertionError(name)


def app(built: Built, surface: str, name: str) -> Any:
    return built.apps[surface]["Resources"][name]["Properties"]


def mapping(built: Built, function: str, surface: str = "public") -> Any:
    for each in built.after[surface]["Resources"].values():
        if each["Type"] == "AWS::Lambda::EventSourceMapping" and function in json.dumps(
            each["Properties"]["FunctionName"]
        ):
            return each["Properties"]
    raise AssertionError(function)


def role(built: Built, function: str) -> Any:
    for name, each in built.after["public"]["Resources"].items():
        if each["Type"] == "AWS::IAM::Role" and name.startswith(function):
            return each["Properties"]
    raise AssertionError(function)


def statement(built: Built, function: str = "Relay") -> Any:
    return role(built, function)["Policies"][0]["PolicyDocument"]["Statement"][-1]


Plant = Callable[[Built], object]
PLANTED: dict[str, list[tuple[Plant, str]]] = {
    "every function as planned": [
        (lambda b: app(b, "public", "Sweep").update(Timeout=61), "Timeout is 61, not 60"),
        (lambda b: app(b, "staff", "APIHandler").pop("MemorySize"), "MemorySize is None"),
        (lambda b: app(b, "public", "Relay").update(Runtime="python3.12"), "not python3.11"),
        (lambda b: b.apps["public"]["Resources"].pop("Relay"), "public/Relay is missing"),
        (
            lambda b: b.apps["staff"]["Resources"].update(
                Odd=b.apps["public"]["Resources"]["Relay"]
            ),
            "staff/Odd is not in the table",
        ),
    ],
    "no public stage but ours": [
        (
            lambda b: b.after["public"]["Resources"].update(
                Stage={"Type": "AWS::ApiGateway::Stage", "Properties": {"StageName": "Stage"}}
            ),
            "'Stage'",
        ),
    ],
    "gateways regional, throttled, without bytes": [
        (lambda b: app(b, "staff", "RestAPI").pop("MethodSettings"), "is not throttled"),
        (
            lambda b: app(b, "staff", "RestAPI").update(EndpointConfiguration="EDGE"),
            "is not regional",
        ),
    ],
    "queues and streams: in part, dead letters, six times hidden": [
        (lambda b: mapping(b, "CarryOut").pop("FunctionResponseTypes"), "fails its whole batch"),
        (
            lambda b: properties(b, "CheckQueue").update(VisibilityTimeout=179),
            "less than six times 30 s",
        ),
        (lambda b: properties(b, "ScoreQueue").pop("RedrivePolicy"), "parks nothing"),
        (
            lambda b: properties(b, "ScoreQueue")["RedrivePolicy"].update(maxReceiveCount=1),
            "parks nothing",
        ),
        (lambda b: mapping(b, "Relay").update(StartingPosition="LATEST"), "is skipped"),
        (lambda b: mapping(b, "Relay").pop("DestinationConfig"), "goes nowhere"),
        (
            lambda b: mapping(b, "ScreenEvidence", "screening")["ScalingConfig"].update(
                MaximumConcurrency=5
            ),
            "executions reserved",
        ),
    ],
    "tables kept, restorable, protected": [
        (
            lambda b: b.resources["Resources"]["VaultTable"].pop("UpdateReplacePolicy"),
            "goes with its stack",
        ),
        (
            lambda b: properties(b, "LedgerTable").pop("PointInTimeRecoverySpecification"),
            "cannot be restored",
        ),
        (
            lambda b: properties(b, "RegistryTable").update(
                DeletionProtectionEnabled={"Fn::If": ["Protected", False, False]}
            ),
            "can be deleted",
        ),
        (lambda b: properties(b, "OpsTable").pop("SSESpecification"), "is not encrypted"),
        (
            lambda b: properties(b, "OpsTable").pop("TimeToLiveSpecification"),
            "OpsTable goes with its stack",
        ),
    ],
    "keys, buckets, accounts kept and protected": [
        (
            lambda b: b.resources["Resources"]["OpeningKey"].update(DeletionPolicy="Delete"),
            "OpeningKey goes",
        ),
        (lambda b: properties(b, "IndexKey").update(PendingWindowInDays=7), "thirty days"),
        (lambda b: properties(b, "StaffPool").update(MfaConfiguration="OPTIONAL"), "second factor"),
        (lambda b: properties(b, "StaffPool").pop("AdminCreateUserConfig"), "anybody sign up"),
    ],
    "buckets closed and encrypted": [
        (
            lambda b: properties(b, "SiteBucket")["PublicAccessBlockConfiguration"].update(
                BlockPublicAcls=False
            ),
            "made public",
        ),
        (lambda b: properties(b, "ReleasedBucket").pop("BucketEncryption"), "is not encrypted"),
    ],
    "queues encrypted, over TLS only": [
        (lambda b: properties(b, "RelayFailures").pop("SqsManagedSseEnabled"), "is not encrypted"),
        (lambda b: properties(b, "QueuesOverTlsOnly")["Queues"].pop(), "has 0 policies"),
    ],
    "no wide right": [
        (lambda b: statement(b).update(Action="dynamodb:*"), "dynamodb:*"),
        (lambda b: statement(b).update(Resource="*"), "* is not a resource"),
        (
            lambda b: statement(b).update(Resource={"Fn::Sub": "arn:aws:sqs:*:*:tepat-*"}),
            "not a resource of the pilot's own",
        ),
        (lambda b: statement(b).pop("Action"), "['*']"),
        (
            lambda b: role(b, "Relay").update(
                ManagedPolicyArns=["arn:aws:iam::aws:policy/ReadOnlyAccess"]
            ),
            "not ours",
        ),
    ],
    "every log ends in time": [
        (lambda b: properties(b, "RelayLogs").pop("RetentionInDays"), "does not end in time"),
        (lambda b: b.after["public"]["Resources"].pop("RelayLogs"), "public/Relay has no log"),
    ],
    "no secret in a template": [
        (
            lambda b: app(b, "public", "CheckIdentity")["Environment"]["Variables"].update(
                TEPAT_CIVIL_REGISTRY_TOKEN="abc"
            ),
            "can be read",
        ),
        (
            lambda b: b.apps["public"]["Parameters"]["CivilRegistryToken"].pop("NoEcho"),
            "can be read",
        ),
    ],
    "every parameter is given": [
        (
            lambda b: b.apps["staff"]["Parameters"].update(Odd={"Type": "String"}),
            "nobody gives Odd",
        ),
    ],
}


EACH = [(name, *one) for name, planted in PLANTED.items() for one in planted]


def _told_of(each: object) -> str:
    """The same in every process: a function's own address is not."""
    return each[:30] if isinstance(each, str) else ""


@pytest.mark.parametrize(("name", "plant", "said"), EACH, ids=_told_of)
def test_a_violation_is_told_by_its_control(
    built: Built, name: str, plant: Plant, said: str
) -> None:
    plant(built)
    found = {control: told for control, told in controls.faults(built).items() if told}
    assert list(found) == [name]
    assert any(said in fault for fault in found[name]), found


def test_every_control_was_seen_to_fail() -> None:
    assert PLANTED.keys() == CONTROLS.keys()
