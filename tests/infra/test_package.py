"""What is deployed: the packaged templates, their roles and the zips."""

from __future__ import annotations

import json
import marshal
import re
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path
from types import CodeType
from typing import Any

import pytest

from chalicelib.domain import adoption, dispute, ground_check, misconduct
from chalicelib.domain.registration import State
from chalicelib.entrypoints import openapi
from chalicelib.usecases.relay import QUEUES
from infra import stages
from infra.build import SURFACES, Package, build, sources_hash
from infra.layer import this_machine
from infra.template_lint import lint
from infra.template_lint import transformed as after_transform
from infra.templates import RESOURCES, of_type, read

RUNTIME = ("boto3", "botocore", "dateutil", "jmespath", "s3transfer", "six", "urllib3")
WORKERS = ("CheckIdentity", "ScoreHousehold", "ReleaseGuards", "CarryOut", "ConductDispute")
APIS = ("public", "staff")
LAMBDA = "AWS::Lambda::Function"
NATIVE = re.compile(
    r"\.so(\.[0-9.]+)?$|/(WHEEL|RECORD|version\.json)$|/sboms/|pypdfium2_raw/.*bindings\."
)
"""Native code, lists that name it, and what was drawn from its headers."""


@pytest.fixture(scope="module")
def packaged(package: Package) -> dict[str, dict[str, Any]]:
    return {name: json.loads(package.template(name).read_text()) for name in SURFACES}


@pytest.fixture(scope="module")
def transformed(package: Package) -> dict[str, dict[str, Any]]:
    return {name: after_transform(package.template(name)) for name in SURFACES}


@pytest.mark.parametrize("surface", SURFACES)
def test_templates_are_valid_before_and_after_the_transform(
    surface: str, package: Package, transformed: dict[str, dict[str, Any]], tmp_path: Path
) -> None:
    # The linter transforms by itself, so this covers the zips' place as well.
    assert lint([package.template(surface)]) == ""
    after = tmp_path / f"{surface}.json"
    after.write_text(json.dumps(transformed[surface]))
    assert lint([after]) == ""


def test_resources_template_is_valid() -> None:
    assert lint([RESOURCES]) == ""


def test_only_the_stage_that_we_named_is_public(transformed: dict[str, dict[str, Any]]) -> None:
    for surface, template in transformed.items():
        named = of_type(template, "AWS::ApiGateway::Stage").values()
        stages_of = [stage["Properties"]["StageName"] for stage in named]
        assert stages_of == (["live"] if surface in APIS else [])


def test_apis_carry_no_binary_types_and_are_throttled(packaged: dict[str, dict[str, Any]]) -> None:
    for surface in APIS:
        api = packaged[surface]["Resources"]["RestAPI"]["Properties"]
        assert api["EndpointConfiguration"] == "REGIONAL"
        assert api["DefinitionBody"]["x-amazon-apigateway-binary-media-types"] == []
        assert api["MethodSettings"][0]["ThrottlingRateLimit"] == {"Ref": "ThrottleRate"}


def test_each_surface_has_its_own_functions(packaged: dict[str, dict[str, Any]]) -> None:
    functions = {
        name: set(of_type(template, "AWS::Serverless::Function"))
        for name, template in packaged.items()
    }
    assert functions["staff"] == {"APIHandler"}
    clocks = {"Sweep", "SealDay", "SendVisits"}
    assert functions["public"] == {"APIHandler", *WORKERS, "Relay", *clocks}
    assert functions["screening"] == {"ScreenEvidence"}


def test_no_citizen_route_on_the_staff_api_nor_the_other_way(
    packaged: dict[str, dict[str, Any]],
) -> None:
    for surface, start in (("public", "/v1/"), ("staff", "/staff")):
        body = packaged[surface]["Resources"]["RestAPI"]["Properties"]["DefinitionBody"]
        assert body["paths"]
        assert all(path.startswith(start) for path in body["paths"])


def test_workers_answer_for_each_message_alone(packaged: dict[str, dict[str, Any]]) -> None:
    resources = packaged["public"]["Resources"] | packaged["screening"]["Resources"]
    for name in (*WORKERS, "ScreenEvidence"):
        events = resources[name]["Properties"]["Events"]
        source = events[f"{name}SqsEventSource"]["Properties"]
        assert source["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
        assert "placeholder" not in json.dumps(source)
        assert source["Queue"]["Fn::Sub"].endswith("QueueArn}")
    relay = resources["Relay"]["Properties"]["Events"]["RelayDynamodbEventSource"]["Properties"]
    assert relay["StartingPosition"] == "TRIM_HORIZON"
    assert relay["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert relay["DestinationConfig"]["OnFailure"]["Type"] == "SQS"
    assert relay["Stream"] == {"Fn::Sub": "${RegistryStreamArn}"}
    passed = {}
    for each in relay["FilterCriteria"]["Filters"]:
        told = json.loads(each["Pattern"])["dynamodb"]
        passed[told["Keys"]["pk"]["S"][0]["prefix"]] = set(told["NewImage"]["s"]["S"])
    kinds = {"V#": State, "P#": adoption.Stage, "D#": dispute.Stage, "M#": misconduct.Stage}
    assert passed == {
        prefix: {moved.value for moved in QUEUES[kind]} for prefix, kind in kinds.items()
    } | {"W#": {stage.value for stage in ground_check.ENDED}}


def test_queues_hide_a_message_six_times_as_long_as_its_worker_may_take(
    packaged: dict[str, dict[str, Any]],
) -> None:
    queues = of_type(read(RESOURCES), "AWS::SQS::Queue")
    pairs = {"CheckIdentity": "CheckQueue", "ScoreHousehold": "ScoreQueue"}
    pairs |= {"ReleaseGuards": "ReleaseQueue", "CarryOut": "AdoptionQueue"}
    pairs |= {"ConductDispute": "DisputeQueue", "ScreenEvidence": "EvidenceQueue"}
    resources = packaged["public"]["Resources"] | packaged["screening"]["Resources"]
    for function, queue in pairs.items():
        timeout = resources[function]["Properties"]["Timeout"]
        properties = queues[queue]["Properties"]
        assert properties["VisibilityTimeout"] >= 6 * timeout
        tries = 3 if queue == "EvidenceQueue" else 5
        assert properties["RedrivePolicy"]["maxReceiveCount"] == tries
        assert properties["RedrivePolicy"]["deadLetterTargetArn"]["Fn::GetAtt"][0] in queues


def test_a_screening_takes_one_file_and_never_waits_for_a_place(
    packaged: dict[str, dict[str, Any]],
) -> None:
    """A message that finds no function free counts as tried; three tries park it unscreened."""
    properties = packaged["screening"]["Resources"]["ScreenEvidence"]["Properties"]
    source = properties["Events"]["ScreenEvidenceSqsEventSource"]["Properties"]
    assert source["BatchSize"] == 1
    at_once = source["ScalingConfig"]["MaximumConcurrency"]
    assert at_once <= properties["ReservedConcurrentExecutions"]


def test_only_the_quarantine_tells_the_screening_and_only_the_site_sends_to_it() -> None:
    resources = read(RESOURCES)["Resources"]
    bucket = resources["QuarantineBucket"]
    (told,) = bucket["Properties"]["NotificationConfiguration"]["QueueConfigurations"]
    assert told["Queue"] == {"Fn::GetAtt": ["EvidenceQueue", "Arn"]}
    policy = resources[bucket["DependsOn"]]["Properties"]
    assert policy["Queues"] == [{"Ref": "EvidenceQueue"}]
    allow, deny = policy["PolicyDocument"]["Statement"]
    assert allow["Action"] == "sqs:SendMessage"
    assert allow["Principal"] == {"Service": "s3.amazonaws.com"}
    source = allow["Condition"]["ArnEquals"]["aws:SourceArn"]["Fn::Sub"]
    assert source.endswith(f":s3:::{bucket['Properties']['BucketName']['Fn::Sub']}")
    assert allow["Condition"]["StringEquals"] == {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}
    protected, over_http, _ = deny["Fn::If"]
    assert (protected, over_http["Effect"]) == ("Protected", "Deny")
    assert over_http["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    (rule,) = bucket["Properties"]["CorsConfiguration"]["CorsRules"]
    assert (rule["AllowedOrigins"], rule["AllowedMethods"]) == ([{"Ref": "SiteOrigin"}], ["POST"])


def test_every_queue_has_one_policy_that_refuses_what_is_not_encrypted_on_its_way() -> None:
    resources = read(RESOURCES)
    named = [
        queue["Ref"]
        for policy in of_type(resources, "AWS::SQS::QueuePolicy").values()
        for queue in policy["Properties"]["Queues"]
    ]
    assert sorted(named) == sorted(of_type(resources, "AWS::SQS::Queue"))


def test_memory_and_timeouts_are_set_for_every_function(
    packaged: dict[str, dict[str, Any]],
) -> None:
    for template in packaged.values():
        for function in of_type(template, "AWS::Serverless::Function").values():
            assert function["Properties"]["MemorySize"] >= 512
            assert function["Properties"]["Timeout"] <= 300


def test_every_log_ends(transformed: dict[str, dict[str, Any]]) -> None:
    for template in transformed.values():
        groups = of_type(template, "AWS::Logs::LogGroup").values()
        assert len(groups) == len(of_type(template, LAMBDA))
        days = stages.read("banyuwangi")["retention"]["log_days"]
        assert {group["Properties"]["RetentionInDays"] for group in groups} == {days}


def test_tables_that_matter_are_kept_and_can_be_restored() -> None:
    tables = of_type(read(RESOURCES), "AWS::DynamoDB::Table")
    assert set(tables) == {"RegistryTable", "VaultTable", "LedgerTable", "OpsTable"}
    for name in ("RegistryTable", "VaultTable", "LedgerTable"):
        table = tables[name]
        assert table["DeletionPolicy"] == table["UpdateReplacePolicy"] == "Retain"
        recovery = table["Properties"]["PointInTimeRecoverySpecification"]
        days = {"Ref": "RecoveryDays"}
        assert recovery == {"PointInTimeRecoveryEnabled": True, "RecoveryPeriodInDays": days}
        assert table["Properties"]["DeletionProtectionEnabled"]["Fn::If"] == [
            "Protected",
            True,
            False,
        ]
    assert all(table["Properties"]["SSESpecification"]["SSEEnabled"] for table in tables.values())


def test_buckets_are_closed_and_encrypted() -> None:
    for bucket in of_type(read(RESOURCES), "AWS::S3::Bucket").values():
        assert all(bucket["Properties"]["PublicAccessBlockConfiguration"].values())
        assert bucket["Properties"]["BucketEncryption"]


def test_two_builds_for_two_processors_differ_in_native_files_only(
    package: Package, tmp_path: Path
) -> None:
    """Two builds of one tree are the same to the byte; layers, fetched once, are proved apart."""
    other = {"x86_64": "aarch64", "aarch64": "x86_64"}[this_machine()]
    foreign = build("banyuwangi", tmp_path / "other", other)
    for surface in SURFACES:
        assert foreign.code(surface).read_bytes() == package.code(surface).read_bytes()
        named = {"x86_64": "x86_64", "aarch64": "arm64"}
        theirs_here = foreign.template(surface).read_text().replace(named[other], "HERE")
        assert theirs_here == package.template(surface).read_text().replace(
            named[this_machine()], "HERE"
        )
        ours, theirs = contents(package.layer(surface)), contents(foreign.layer(surface))
        every = ours.keys() | theirs.keys()
        different = {name for name in every if ours.get(name) != theirs.get(name)}
        assert {name for name in different if not NATIVE.search(name)} == set()
    sites = [
        {f.relative_to(p.site): f.read_bytes() for f in p.site.rglob("*") if f.is_file()}
        for p in (package, foreign)
    ]
    assert sites[0] == sites[1]
    assert len(sources_hash()) == 64


def test_only_the_screening_carries_what_opens_files(package: Package) -> None:
    opening = {"python/PIL/", "python/pypdfium2/"}
    for surface in SURFACES:
        names = contents(package.layer(surface))
        found = {part for part in opening if any(name.startswith(part) for name in names)}
        assert found == (opening if surface == "screening" else set())
        assert any(name.startswith("python/aws_lambda_powertools/") for name in names)


def contents(path: Path) -> dict[str, int]:
    with zipfile.ZipFile(path) as archive:
        return {entry.filename: entry.CRC for entry in archive.infolist()}


def test_byte_code_tells_lines_and_no_columns(package: Package) -> None:
    """Log lines name lines; columns would be a fifth of the zip."""
    with zipfile.ZipFile(package.code("public")) as archive:
        code = marshal.loads(archive.read("chalicelib/settings.pyc")[16:])  # noqa: S302 - our own build, after its header
    functions = [part for part in code.co_consts if isinstance(part, CodeType)]
    places = [place for function in functions for place in function.co_positions()]
    assert any(line for line, *_ in places)
    assert {column for *_, column in places} == {None}


@pytest.mark.parametrize("surface", SURFACES)
def test_no_secret_word_and_no_source_of_the_site_is_packaged(
    surface: str, package: Package
) -> None:
    names = contents(package.code(surface))
    assert not [name for name in names if name.startswith(("infra/", "frontend/", "tests/"))]
    assert not [name for name in names if name.endswith((".py", ".env")) or "/." in name]


IMPORTS = """
import importlib, json
for module in json.loads(sys.argv[1]):
    importlib.import_module(module)
"""
DOCUMENT = """
import json
from chalicelib.entrypoints import openapi
print(json.dumps(openapi.document()))
"""


@pytest.mark.parametrize("surface", SURFACES)
def test_code_and_layer_import_where_nothing_else_is_installed(
    surface: str, package: Package, tmp_path: Path
) -> None:
    names = [name for name in sorted(contents(package.code(surface))) if name.endswith(".pyc")]
    names = [name.removesuffix(".pyc") for name in names if not name.startswith("chalice/")]
    # `app` comes last: it imports its surface alone.
    modules = [name.removesuffix("/__init__").replace("/", ".") for name in names]
    modules.sort(key=lambda module: module == "app")
    _as_deployed(surface, package, tmp_path, IMPORTS, json.dumps(modules))


def test_a_packaged_function_tells_the_whole_openapi_document(
    package: Package, tmp_path: Path
) -> None:
    told = json.loads(_as_deployed("public", package, tmp_path, DOCUMENT))
    assert told == json.loads(json.dumps(openapi.document())), "see `DESCRIBED` of infra.build"


def _as_deployed(surface: str, package: Package, folder: Path, code: str, *told: str) -> str:
    """What a piece of code prints where a surface's zips and what Lambda brings are alone."""
    functions, layer, runtime = folder / "code", folder / "layer", folder / "runtime"
    for target, archive in ((functions, package.code(surface)), (layer, package.layer(surface))):
        with zipfile.ZipFile(archive) as zipped:
            zipped.extractall(target)
    runtime.mkdir()
    installed = Path(sysconfig.get_paths()["purelib"])
    for name in RUNTIME:  # what Lambda itself brings
        source = installed / name
        (runtime / (name if source.is_dir() else f"{name}.py")).symlink_to(
            source if source.is_dir() else source.with_suffix(".py")
        )
    path = f"import sys\nsys.path[:0] = {[str(functions), str(layer / 'python'), str(runtime)]!r}\n"
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", path + code, *told],
        env={"TEPAT_SURFACE": surface, "AWS_DEFAULT_REGION": "ap-southeast-3"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_civil_registry_is_asked_no_more_at_once_than_it_agreed_to(
    packaged: dict[str, dict[str, Any]],
) -> None:
    properties = packaged["public"]["Resources"]["CheckIdentity"]["Properties"]
    source = properties["Events"]["CheckIdentitySqsEventSource"]["Properties"]
    agreed = stages.read("banyuwangi")["civil_registry"]["concurrency"]
    assert source["ScalingConfig"] == {"MaximumConcurrency": agreed}
    # A reserve of its own would turn messages away, and what is turned away counts as tried.
    assert "ReservedConcurrentExecutions" not in properties


def test_a_package_carries_its_own_region_s_villages_alone(package: Package) -> None:
    names = [name for name in contents(package.code("public")) if "/areas/" in name]
    assert sorted(name.rpartition("/")[2] for name in names) == [
        "3510.json",
        "LICENSE.txt",
        "national.json",
        "retired.json",
    ]
