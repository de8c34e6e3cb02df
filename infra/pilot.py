"""A deployed pilot, as commands for operators open it."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import boto3

from chalicelib.adapters.registry_table import Tables
from infra import stacks, stages
from infra.account import Account
from infra.build import REGION


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what says which pilot: --stage, and --local for one on a local AWS."""
    parser.add_argument("--stage", required=True, choices=stages.names())
    parser.add_argument("--local", type=int, metavar="PORT", help="of a running local AWS")


def add_endpoint(parser: argparse.ArgumentParser) -> None:
    """Add what says which AWS: the caller's account, or the local one; it is started if need be."""
    parser.add_argument(
        "--endpoint", default="", choices=["", "local"], help="local: on this machine"
    )
    parser.add_argument("--aws-port", type=int, default=4566, help="local: of the local AWS")


@contextmanager
def reached(options: argparse.Namespace) -> Iterator[int | None]:
    """Have the AWS that was named by `add_endpoint`; ends the command in one sentence if not.

    Returns:
        The port of the local AWS, None for the caller's account.
    """
    if not options.endpoint:
        yield None
        return
    from infra.deploy_local import local_aws
    from infra.local import KEPT
    from infra.local_aws.server import LocalRunError

    try:
        with local_aws(options.aws_port, KEPT):
            yield int(options.aws_port)
    except LocalRunError as error:
        sys.exit(str(error))


def opened(stage: str, local_port: int | None) -> tuple[Account, dict[str, str]]:
    """Open a pilot; ends the command in one sentence when it is not there.

    Returns:
        Its account, and the outputs of its resources with the parameters of its stage.
    """
    if local_port:
        session = boto3.Session("test", "test", region_name=REGION)
        account = Account(session, f"http://127.0.0.1:{local_port}")
    else:
        account = Account(boto3.Session(region_name=REGION))
    stack = stacks.describe(account.client("cloudformation"), f"tepat-{stage}-resources")
    if stack is None:
        sys.exit(f"There is no {stage} in this account.")
    return account, stages.parameters(stages.read(stage)) | stacks.outputs(stack)


def tables(given: dict[str, str]) -> Tables:
    """The names of its tables."""
    return Tables(*(given[f"{name}Table"] for name in ("Registry", "Vault", "Ledger", "Ops")))
