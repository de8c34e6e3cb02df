"""Deploy a pilot's edge, one domain for its site and APIs: `make edge STAGE=... ARGS=...`.

What edge.yaml asks for is read off the pilot's file and stacks. Never run against an account yet.
"""

from __future__ import annotations

import argparse
import sys
from urllib.parse import urlsplit

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from frontend.build import ADDRESSES
from infra import stacks, stages
from infra.build import REGION
from infra.deploy import ask, show
from infra.shared import EDGE_REGION
from infra.shared import STACK as SHARED
from infra.templates import HERE, read

Outputs = dict[str, str]


class EdgeError(RuntimeError):
    """Something that the edge stands before is not there yet."""


def parameters(stage: stages.Stage, made: Outputs, certificate: str) -> Outputs:
    """Return the parameters of edge.yaml.

    Args:
        stage: the pilot's file.
        made: outputs of its resources and of the shared stack in us-east-1, and `PublicApi` and
            `StaffApi`, the ids of its APIs.
        certificate: ARN of the domain's certificate, in us-east-1.
    """
    folders = {f"/{address.removesuffix('index.html')}" for address in ADDRESSES} - {"/404.html"}
    buckets = {"Upload": made["QuarantineBucket"], "Released": made["ReleasedBucket"]}
    return {
        "Stage": stage["name"],
        "Domain": urlsplit(stage["origin"]).netloc,
        "CertificateArn": certificate,
        "Pages": ",".join(sorted(folders)),
        "SiteBucket": made["SiteBucket"],
        "SiteBucketRegion": REGION,
        "WebAclArn": made["WebAclArn"],
        "AlarmAddress": stage["alarms"]["address"],
        "BudgetUsd": str(stage["budget"]["usd_a_month"]),
        **{f"{name}Url": f"https://{at}.s3.{REGION}.amazonaws.com" for name, at in buckets.items()},
        **{
            name: f"{made[name]}.execute-api.{REGION}.amazonaws.com"
            for name in ("PublicApi", "StaffApi")
        },
    }


def _made(stage_name: str) -> Outputs:
    """Outputs of what the edge stands before.

    Raises:
        EdgeError: it is not there yet.
    """
    here, there = (boto3.client("cloudformation", region_name=r) for r in (REGION, EDGE_REGION))

    def outputs(client: object, name: str, first: str) -> Outputs:
        stack = stacks.describe(client, name)
        if stack is None:
            raise EdgeError(f"there is no stack {name} yet. First: {first}")
        return stacks.outputs(stack)

    first = f"make deploy STAGE={stage_name}"
    apis = {
        f"{surface.title()}Api": outputs(here, f"tepat-{stage_name}-{surface}", first)["RestAPIId"]
        for surface in ("public", "staff")
    }
    resources = outputs(here, f"tepat-{stage_name}-resources", first)
    return resources | outputs(there, SHARED, "make shared") | apis


def main() -> None:
    """Deploy the edge."""
    parser = argparse.ArgumentParser(description=__doc__, prog="python -m infra.edge")
    parser.add_argument("--stage", required=True)
    parser.add_argument("--certificate", required=True, help="ARN, of us-east-1")
    parser.add_argument("--yes", action="store_true", help="show what changes, and do not ask")
    given = parser.parse_args()
    try:
        chosen = parameters(stages.read(given.stage), _made(given.stage), given.certificate)
        client = boto3.client("cloudformation", region_name=EDGE_REGION)
        name, agree = f"tepat-{given.stage}-edge", show if given.yes else ask
        made = stacks.deploy(client, name, read(HERE / "edge.yaml"), chosen, agree=agree)
    except (EdgeError, stages.StageError, stacks.StackError) as error:
        sys.exit(f"The deployment stopped: {error}")
    except (BotoCoreError, ClientError) as error:
        sys.exit(f"The deployment stopped, AWS does not answer as it should: {error}")
    print(f"Point {chosen['Domain']} at {made['DistributionDomain']}.")
    print(f"Then once more: make deploy STAGE={given.stage}, which lets CloudFront read the site.")


if __name__ == "__main__":
    main()
