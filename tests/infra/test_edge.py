"""What the edge lets browsers do: our own addresses, and files straight to their two buckets."""

from __future__ import annotations

import re
from pathlib import Path

import boto3
from botocore.config import Config

from frontend.build import ADDRESSES, build
from infra import edge, stages
from infra.build import REGION
from infra.front import Backends, security_headers
from infra.templates import HERE, read

UPLOADS = "https://quarantine.s3.example"
RELEASED = "http://127.0.0.1:4566/released"


BACKENDS = Backends("", "", lambda _: None, uploads=UPLOADS, released=RELEASED)


def directives() -> dict[str, list[str]]:
    policy = security_headers(BACKENDS)["content-security-policy"]
    return {name: rest for name, *rest in (part.split() for part in policy.split(";"))}


def test_files_go_to_their_buckets_and_nothing_else_leaves_the_site() -> None:
    """In the cloud a bucket is a host; locally it is a folder of one, and the host is let in."""
    told = directives()
    assert told["connect-src"] == told["form-action"] == ["'self'", UPLOADS]
    assert told["img-src"] == ["'self'", "data:", "http://127.0.0.1:4566"]
    others = {name: rest for name, rest in told.items() if rest not in (["'self'"], ["'none'"])}
    assert others.keys() == {"connect-src", "form-action", "img-src"}
    assert told["script-src"] == ["'self'"]


def test_every_parameter_of_the_policy_is_declared() -> None:
    declared = read(HERE / "edge.yaml")["Parameters"]
    assert {"UploadUrl", "ReleasedUrl"} <= declared.keys()
    assert not any("${" in word for words in directives().values() for word in words)


def test_a_bucket_s_address_is_the_one_that_aws_names() -> None:
    """What `infra.deploy` gives as UploadUrl, and so what the edge lets in: of the region's own."""
    bucket, regional = "tepat-banyuwangi-quarantine-123456789012", {"addressing_style": "virtual"}
    session = boto3.Session("test", "test", region_name=REGION)
    s3 = session.client("s3", config=Config(s3=regional))
    form = s3.generate_presigned_post(bucket, "key")
    assert form["url"].rstrip("/") == f"https://{bucket}.s3.{REGION}.amazonaws.com"


def test_a_phone_is_asked_where_it_is_on_the_agents_page_alone() -> None:
    resources = read(HERE / "edge.yaml")["Resources"]
    (everywhere, agents) = (
        resources[name]["Properties"]["ResponseHeadersPolicyConfig"]
        for name in ("Headers", "AgentHeaders")
    )
    assert everywhere["Name"] != agents["Name"]
    assert everywhere["SecurityHeadersConfig"] == agents["SecurityHeadersConfig"]
    told = security_headers(BACKENDS), security_headers(BACKENDS, "AgentHeaders")
    differing = {name for name in told[0] if told[0][name] != told[1][name]}
    assert told[0].keys() == told[1].keys()
    assert differing == {"permissions-policy"}
    assert "geolocation=()" in told[0]["permissions-policy"]
    allowed = told[1]["permissions-policy"].replace("geolocation=(self)", "geolocation=()")
    assert allowed == told[0]["permissions-policy"]
    config = resources["Distribution"]["Properties"]["DistributionConfig"]
    asked = [
        each["PathPattern"]
        for each in config["CacheBehaviors"]
        if each["ResponseHeadersPolicyId"] == {"Ref": "AgentHeaders"}
    ]
    assert asked == ["/petugas/*"]
    assert config["DefaultCacheBehavior"]["ResponseHeadersPolicyId"] == {"Ref": "Headers"}


def test_every_file_of_the_site_gets_past_the_edge(tmp_path: Path) -> None:
    """Its function turns all other addresses into the page that says there is no such page."""
    build("3510", tmp_path / "site")
    function = read(HERE / "edge.yaml")["Resources"]["Addresses"]["Properties"]["FunctionCode"]
    passed = re.search(r"if \(/(.*)/\.test\(request\.uri\)\)", function["Fn::Sub"])
    assert passed
    found = (tmp_path / "site").rglob("*.*")
    files = ["/" + path.relative_to(tmp_path / "site").as_posix() for path in found]
    plain = [name for name in files if not name.endswith((".br", ".gz"))]
    assert "/petugas/sw.js" in plain
    pages = {f"/{address}" for address in ADDRESSES} | {"/assets.json"}
    assert [name for name in plain if name not in pages and not re.search(passed[1], name)] == []
    assert not re.search(passed[1], "/petugas/other.js")


def test_the_edge_is_told_every_page() -> None:
    made = dict.fromkeys(read(HERE / "edge.yaml")["Parameters"], "x")
    made |= {"QuarantineBucket": "q", "ReleasedBucket": "r"}
    pages = edge.parameters(stages.read("banyuwangi"), made, "arn")["Pages"].split(",")
    folders = {f"/{address.removesuffix('index.html')}" for address in ADDRESSES}
    assert set(pages) == folders - {"/404.html"}
