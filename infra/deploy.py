"""Deploy a pilot's package: `make deploy STAGE=banyuwangi`, `make deploy ... ENDPOINT=local`.

Four stacks: the resources, and an app for each surface. The local run deploys with the same
functions to the local AWS; only the addresses and the processor differ.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import mimetypes
import os
import signal
import sys
from base64 import b64encode
from collections.abc import Sequence
from pathlib import Path

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from infra import packages, stacks, stages
from infra.account import Account
from infra.build import REGION, SURFACES, Package
from infra.layer import BuildError
from infra.templates import RESOURCES, Template, read

API_STAGE = "live"  # .chalice/config.json, api_gateway_stage


def deploy_resources(
    account: Account,
    stage_name: str,
    given: dict[str, str],
    package: Package | None = None,
    agree: stacks.Agree | None = None,
) -> dict[str, str]:
    """Deploy the pilot's resources.

    Args:
        account: where to.
        stage_name: the pilot.
        given: parameters of resources.yaml.
        package: whose template is deployed; None for the one of this tree.
        agree: is asked before anything changes.

    Returns:
        The stack's outputs and `SealingKey`, the public half of the opening key.
    """
    made = stacks.deploy(
        account.client("cloudformation"),
        f"tepat-{stage_name}-resources",
        read(package.resources if package else RESOURCES),
        {"Stage": stage_name, **given},
        agree=agree,
    )
    key = account.client("kms").get_public_key(KeyId=made["OpeningKeyId"])["PublicKey"]
    return {**made, "SealingKey": b64encode(key).decode()}


def deploy_app(
    account: Account,
    stage_name: str,
    surface: str,
    package: Package,
    given: dict[str, str],
    *,
    agree: stacks.Agree | None = None,
) -> dict[str, str]:
    """Deploy one surface of a pilot; returns the stack's outputs, of an API its `RestAPIId`."""
    bucket = _artefact_bucket(account)
    template: Template = json.loads(package.template(surface).read_text("utf-8"))
    uris = {"CodeUri": package.code(surface), "ContentUri": package.layer(surface)}
    sent = {key: _upload(account, bucket, path) for key, path in uris.items()}
    for resource in template["Resources"].values():
        for key, place in sent.items():
            if key in resource.get("Properties", {}):
                resource["Properties"][key] = place
    url = None
    if len(json.dumps(template, separators=(",", ":"))) > stacks.TEMPLATE_LIMIT:
        url = _template_url(account, bucket, template)
    return stacks.deploy(
        account.client("cloudformation"),
        f"tepat-{stage_name}-{surface}",
        template,
        given,
        url,
        agree=agree,
    )


def upload_site(account: Account, site: Path, bucket: str) -> None:
    """Put the built site into its bucket; pages last, so that they find what they name.

    After them the worker that keeps one of them on phones: it must not keep an old one as new.
    """
    files = [path for path in site.rglob("*") if path.is_file()]
    plain = [path for path in files if path.suffix not in {".br", ".gz"}]  # the edge compresses
    for path in sorted(plain, key=_when):
        key = path.relative_to(site).as_posix()
        account.client("s3").put_object(
            Bucket=bucket,
            Key=key,
            Body=path.read_bytes(),
            ContentType=content_type(path),
            CacheControl=cache_control(key),
        )


def _when(path: Path) -> tuple[bool, bool, str]:
    return path.name == "sw.js", path.suffix == ".html", path.as_posix()


def content_type(path: Path) -> str:
    """Return the media type of a file of the site."""
    kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    text = kind.startswith("text/") or kind in {"application/json", "application/manifest+json"}
    return f"{kind}; charset=utf-8" if text else kind


def cache_control(key: str) -> str:
    """Return how long a file of the site may be kept: names under `a/` carry their hash."""
    return "public, max-age=31536000, immutable" if key.startswith("a/") else "no-cache"


def _artefact_bucket(account: Account) -> str:
    owner = account.client("sts").get_caller_identity()["Account"]
    name = f"tepat-packages-{owner}-{REGION}"
    s3 = account.client("s3")
    try:
        s3.head_bucket(Bucket=name)
    except ClientError:
        s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
        s3.put_public_access_block(
            Bucket=name,
            PublicAccessBlockConfiguration={
                "BlockPublicAcls": True,
                "BlockPublicPolicy": True,
                "IgnorePublicAcls": True,
                "RestrictPublicBuckets": True,
            },
        )
    return name


def _upload(account: Account, bucket: str, path: Path) -> dict[str, str]:
    """Upload under a name that carries the content's hash, once."""
    data = path.read_bytes()
    key = f"{hashlib.sha256(data).hexdigest()}{path.suffix}"
    s3 = account.client("s3")
    try:
        s3.head_object(Bucket=bucket, Key=key)
    except ClientError:
        s3.put_object(Bucket=bucket, Key=key, Body=data)
    return {"Bucket": bucket, "Key": key}


def _template_url(account: Account, bucket: str, template: Template) -> str:
    body = json.dumps(template, separators=(",", ":")).encode()
    key = f"{hashlib.sha256(body).hexdigest()}.json"
    s3 = account.client("s3")
    s3.put_object(Bucket=bucket, Key=key, Body=body)
    return f"{s3.meta.endpoint_url}/{bucket}/{key}"


def ask(name: str, changes: Sequence[stacks.Change]) -> bool:
    """Show what would change in a stack, and ask."""
    show(name, changes)
    try:
        return input(f"Change {name}? [y/N] ").strip().lower() == "y"
    except EOFError:  # nobody is there to answer
        return False


def show(name: str, changes: Sequence[stacks.Change]) -> bool:
    """Show what changes in a stack, without asking."""
    print(f"\n{name}: {len(changes)} changes")
    for each in changes:
        anew = ", made anew" if each.replaced else ""
        print(f"  {each.action.lower():<7}{each.name} ({each.kind}{anew})")
    return True


def _edge_of(stage_name: str) -> dict[str, str]:
    """The pilot's distribution, once there is one: it may then read the site's bucket."""
    client = boto3.client("cloudformation", region_name="us-east-1")
    stack = stacks.describe(client, f"tepat-{stage_name}-edge")
    return {"DistributionArn": stacks.outputs(stack)["DistributionArn"]} if stack else {}


def to_account(
    stage_name: str, asked: dict[str, str], agree: stacks.Agree, *, own_keys: bool = False
) -> None:
    """Deploy to the account of the caller's AWS settings.

    Args:
        stage_name: the pilot.
        asked: parameters that are given by hand.
        agree: is shown what would change in each stack, and says whether to go on.
        own_keys: whether it is to have keys of its own beside an account's shared ones.

    Raises:
        BuildError, infra.stages.StageError, StackError: it stopped; why is told.
    """
    from infra import shared  # it builds on this file

    stage = stages.read(stage_name)
    account = Account(boto3.Session(region_name=REGION))
    package = packages.opened(stage_name)
    packages.refuse_uncommitted(package)
    packages.refuse_a_trial(package, stage)
    common = shared.given_to(account, stage_name, own_keys=own_keys)
    chosen = stages.parameters(stage) | common | _edge_of(stage_name) | asked
    made = deploy_resources(account, stage_name, chosen, package, agree)
    pool = f"https://cognito-idp.{REGION}.amazonaws.com/{made['StaffPoolId']}"
    chosen |= made | {
        "TrustedProxy": "cloudfront",
        "TokenIssuer": pool,
        "JwksUrl": f"{pool}/.well-known/jwks.json",
        "LoginUrl": f"https://{made['StaffDomain']}.auth.{REGION}.amazoncognito.com",
        "UploadUrl": f"https://{made['QuarantineBucket']}.s3.{REGION}.amazonaws.com",
        "ReleasedUrl": f"https://{made['ReleasedBucket']}.s3.{REGION}.amazonaws.com",
    }
    for surface in SURFACES:
        limits = stage["limits"].get(surface, {})  # of its API's gateway, if it has one
        throttle = {f"Throttle{name.title()}": str(most) for name, most in limits.items()}
        given = chosen | throttle
        app = deploy_app(account, stage_name, surface, package, given, agree=agree)
        print(f"{surface}: {app.get('EndpointURL', 'deployed')}")
    upload_site(account, package.site, made["SiteBucket"])


def main() -> None:
    """Deploy from the command line; a fault is told in words."""
    parser = argparse.ArgumentParser(description=__doc__, prog="python -m infra.deploy")
    parser.add_argument("--stage", required=True)
    parser.add_argument("--endpoint", default="", choices=["", "local"])
    parser.add_argument("--yes", action="store_true", help="show what changes, and do not ask")
    parser.add_argument("--scanner", default="", help="ARN of the layer with clamscan; kept later")
    parser.add_argument("--own-keys", action="store_true", help="none of the account's shared ones")
    parser.add_argument("--port", type=int, default=8080, help="local: of the site")
    parser.add_argument("--aws-port", type=int, default=4566, help="local: of the local AWS")
    parser.add_argument("--registry-port", type=int, default=4577, help="local: of the registry")
    parser.add_argument("--ikd-port", type=int, default=4588, help="local: of the IKD")
    given = parser.parse_args()
    if given.endpoint == "local":
        _to_local(given)
        return
    token = os.environ.get("TEPAT_CIVIL_REGISTRY_TOKEN")
    if not token:
        sys.exit("Set TEPAT_CIVIL_REGISTRY_TOKEN; it is a secret and stands in no file.")
    asked = {"CivilRegistryToken": token}
    if given.scanner:
        asked["ScannerLayer"] = given.scanner
    try:
        to_account(given.stage, asked, show if given.yes else ask, own_keys=given.own_keys)
    except (BuildError, stages.StageError, stacks.StackError) as error:
        sys.exit(f"The deployment stopped: {error}")
    except (BotoCoreError, ClientError) as error:
        sys.exit(f"The deployment stopped, AWS does not answer as it should: {error}")
    print("Next, once: make edge; see docs/deploy.md")


def _to_local(given: argparse.Namespace) -> None:
    from infra import deploy_local, local  # both build on this file
    from infra.local_aws.server import LocalRunError
    from infra.smoke import SmokeError

    signal.signal(signal.SIGTERM, lambda *_: sys.exit())  # through every `finally`
    ports = local.Ports(given.port, given.aws_port, given.registry_port, given.ikd_port)
    try:
        deploy_local.run(given.stage, ports)
    except SmokeError as error:
        sys.exit(f"It is deployed, and the walk through it failed at {error}")
    except (BuildError, stages.StageError, stacks.StackError, LocalRunError) as error:
        sys.exit(f"The deployment stopped: {error}")
    except KeyboardInterrupt:
        sys.exit("\nStopped before it was done; the same command goes on.")


if __name__ == "__main__":
    main()
