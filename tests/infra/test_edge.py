"""What the edge lets browsers do: our own addresses, and files straight to their two buckets."""

from __future__ import annotations

import boto3
from botocore.config import Config

from infra.build import REGION
from infra.front import Backends, security_headers
from infra.templates import HERE, read

UPLOADS = "https://quarantine.s3.example"
RELEASED = "http://127.0.0.1:4566/released"


def directives() -> dict[str, list[str]]:
    backends = Backends("", "", lambda _: None, uploads=UPLOADS, released=RELEASED)
    policy = security_headers(backends)["content-security-policy"]
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
