"""Remove a pilot: what it holds goes to files that are compared, then it is destroyed and shown.

    make remove STAGE=mataram ENDPOINT=local
    python -m infra.remove --stage mataram --out /safe/place

Its apps go first, so that nobody writes any more; until the files are compared nothing that holds
data is touched, and `make deploy` brings the pilot back. It may be run again where it stopped.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from infra import audit_export, remains, stacks, stages, table_files
from infra.account import Account
from infra.build import REGION, SURFACES
from infra.deploy_local import local_aws
from infra.layer import REPO
from infra.local import KEPT
from infra.local_aws.server import LocalRunError

KEEPS = ("registry", "vault", "ledger")  # of the tables; in `ops` everything may vanish
FILES = "files"
FILES_MANIFEST = "files.json"
LEDGER = "audit.jsonl"
KEY_DAYS = 30  # in which a key can still be called back; the longest that AWS waits
Told = Callable[[str], None]


class RemovalError(RuntimeError):
    """The removal stopped; the message says at what, and what is still there."""


def remove(
    account: Account,
    stage_name: str,
    out: Path,
    told: Told,
    edge: Any = None,  # noqa: ANN401 - boto3's client
) -> list[str]:
    """Remove a pilot.

    Args:
        account: where it is.
        stage_name: the pilot.
        out: folder for its data; made, and empty or what an earlier run has written.
        told: hears of each step.
        edge: CloudFormation where the pilot's edge is, if it can have one.

    Returns:
        Ids of the keys that wait for their deletion.

    Raises:
        RemovalError: what was written is not what the tables hold, or something is left.
        StackError: CloudFormation could not delete a stack.
    """
    cloudformation = account.client("cloudformation")
    name = f"tepat-{stage_name}-resources"
    if edge:
        stacks.delete(edge, f"tepat-{stage_name}-edge")
    stack = stacks.describe(cloudformation, name)
    if stack is None and not remains.names(account, stage_name):
        raise RemovalError(f"there is no {stage_name} in this account")
    for surface in reversed(SURFACES):
        stacks.delete(cloudformation, f"tepat-{stage_name}-{surface}")
    told("its apps are gone: nobody reads or writes any more")
    if remains.tables(account, stage_name):
        _export(account, stage_name, out, told)
    keys = _own_keys(cloudformation, name) if stack else []
    _destroy_tables(account, stage_name, told)
    _destroy_buckets(account, stage_name, told)
    for key in keys:
        _schedule(account.client("kms"), key)
    stacks.delete(cloudformation, name)
    _destroy_pools(account, stage_name)
    _destroy_logs(account, stage_name)
    told("queues, alarms, user pool and logs are gone")
    if still := remains.names(account, stage_name):
        raise RemovalError(f"this is still there: {', '.join(still)}")
    return keys


def _export(account: Account, stage_name: str, out: Path, told: Told) -> None:
    """Write tables, files and the auditors' ledger, and compare them with what there is.

    Raises:
        RemovalError: they differ. Nothing was destroyed.
    """
    client = account.client("dynamodb")
    names = {name: f"tepat-{stage_name}-{name}" for name in KEEPS}
    missing = sorted(set(names.values()) - set(remains.tables(account, stage_name)))
    whole = (out / table_files.MANIFEST).is_file()
    if missing and not whole:
        raise RemovalError(f"{', '.join(missing)} is gone, and {out} holds no export of it")
    out.mkdir(parents=True, exist_ok=True)
    out.chmod(0o700)
    try:
        if not whole:
            region = stages.read(stage_name)["region"]
            _write_files(account, stage_name, out)
            _write_ledger(account, stage_name, region, out)
            about = {"stage": stage_name, "region": region, "why": "removed"}
            table_files.write_tables(client, names, out, about)  # its manifest comes last of all
        manifest = table_files.check_files(out)
        for each in manifest.tables:
            if each.table not in missing and (table_files.rows_of(client, each.table) != each.rows):
                raise RemovalError(
                    f"{each.file} is not what {each.table} holds; all is still there.\n"
                    "With another folder (--out) it is written anew."
                )
    except table_files.FilesError as error:
        raise RemovalError(f"{error}; all is still there") from error
    files = _check_files(out)
    _check_ledger(out)
    counts = ", ".join(f"{each.name} {each.items:,}" for each in manifest.tables)
    told(f"written to {out} and compared: items of {counts}; {files:,} files; the ledger verifies")


def _write_files(account: Account, stage_name: str, out: Path) -> None:
    """Copies of evidence that officers saw, and the published seals."""
    s3, hashes = account.client("s3"), {}
    for bucket in remains.buckets(account, stage_name):
        kind = bucket.removeprefix(f"tepat-{stage_name}-").partition("-")[0]
        if kind not in {"released", "site"}:
            continue
        for key in _keys(s3, bucket, "audit/" if kind == "site" else ""):
            content = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
            path = f"{kind}/{key}"
            target = out / FILES / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
            hashes[path] = hashlib.sha256(content).hexdigest()
    (out / FILES_MANIFEST).write_text(json.dumps(hashes, indent=1, sort_keys=True) + "\n")


def _write_ledger(account: Account, stage_name: str, region: str, out: Path) -> None:
    """The ledger as auditors read it, up to this instant: nobody writes any more."""
    tables = ("Registry", "Vault", "Ledger", "Ops")
    given = {f"{name}Table": f"tepat-{stage_name}-{name.lower()}" for name in tables}
    with (out / LEDGER).open("wb") as file:
        now = time.time_ns() // 1_000_000
        audit_export.write(account, given | {"Region": region}, now, file)


def _keys(s3: Any, bucket: str, prefix: str) -> Iterator[str]:  # noqa: ANN401 - boto3's client
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        yield from (each["Key"] for each in page.get("Contents", ()))


def _check_files(out: Path) -> int:
    hashes: dict[str, str] = json.loads((out / FILES_MANIFEST).read_text())
    for path, digest in hashes.items():
        content = (out / FILES / path).read_bytes()
        if hashlib.sha256(content).hexdigest() != digest:
            raise RemovalError(f"{path} is not what was written; all is still there")
    return len(hashes)


def _check_ledger(out: Path) -> None:
    from modelling.audit_verify import verify  # the auditors' own program

    with (out / LEDGER).open("rb") as lines:
        report = verify(lines)
    if not report.sound:
        raise RemovalError(
            f"the ledger does not verify (tepat audit verify {out / LEDGER}); all is still there:\n"
            "call the auditors first, docs/operations.md"
        )


def _own_keys(cloudformation: Any, name: str) -> list[str]:  # noqa: ANN401 - boto3's client
    """Keys that the pilot's own stack made; those that pilots share are none of them."""
    there = cloudformation.describe_stack_resources(StackName=name)["StackResources"]
    return [r["PhysicalResourceId"] for r in there if r["ResourceType"] == "AWS::KMS::Key"]


def _destroy_tables(account: Account, stage_name: str, told: Told) -> None:
    """Tables with their protection and the copies that point in time recovery would keep."""
    client = account.client("dynamodb")
    for table in remains.tables(account, stage_name):
        off = {"PointInTimeRecoveryEnabled": False}
        client.update_continuous_backups(TableName=table, PointInTimeRecoverySpecification=off)
        client.update_table(TableName=table, DeletionProtectionEnabled=False)
        client.get_waiter("table_exists").wait(TableName=table)  # the change takes a moment
        client.delete_table(TableName=table)
        client.get_waiter("table_not_exists").wait(TableName=table)
    told("tables are gone, with what they could be brought back from")


def _destroy_buckets(account: Account, stage_name: str, told: Told) -> None:
    s3 = account.client("s3")
    for bucket in remains.buckets(account, stage_name):
        for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
            held = [*page.get("Versions", ()), *page.get("DeleteMarkers", ())]
            named = [{"Key": each["Key"], "VersionId": each["VersionId"]} for each in held]
            if named:
                failed = s3.delete_objects(Bucket=bucket, Delete={"Objects": named}).get("Errors")
                if failed:
                    raise RemovalError(f"{bucket}: {failed[0]['Code']}; run it again")
        s3.delete_bucket(Bucket=bucket)
    told("buckets are gone, with all versions of what was in them")


def _schedule(kms: Any, key: str) -> None:  # noqa: ANN401 - boto3's client
    if kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"] != "PendingDeletion":
        kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=KEY_DAYS)


def _destroy_pools(account: Account, stage_name: str) -> None:
    client = account.client("cognito-idp")
    for pool in remains.pools(account):
        if pool["Name"] == f"tepat-{stage_name}-staff":
            client.update_user_pool(UserPoolId=pool["Id"], DeletionProtection="INACTIVE")
            client.delete_user_pool(UserPoolId=pool["Id"])


def _destroy_logs(account: Account, stage_name: str) -> None:
    """Groups that a function's last line made anew behind their deletion."""
    for group in remains.of(account, stage_name)["log"]:
        account.client("logs").delete_log_group(logGroupName=group)


def main() -> None:
    """Remove from the command line, once the pilot's name was typed."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        prog="python -m infra.remove",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--stage", required=True)
    parser.add_argument("--endpoint", default="", choices=["", "local"])
    parser.add_argument("--aws-port", type=int, default=4566, help="local: of the local AWS")
    parser.add_argument("--out", type=Path, help="folder for its data (removed/<pilot>)")
    parser.add_argument("--confirm", default="", help="the pilot's name, instead of typing it")
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())  # through every `finally`
    out = (given.out or REPO / "removed" / given.stage).resolve()
    try:
        stages.read(given.stage)
        _confirm(given.stage, given.confirm, out)
        with ExitStack() as until_done:
            if given.endpoint:
                account = until_done.enter_context(local_aws(given.aws_port, KEPT)).account()
                edge = None
            else:
                account = Account(boto3.Session(region_name=REGION))
                edge = boto3.client("cloudformation", region_name="us-east-1")
            keys = remove(account, given.stage, out, lambda step: print(f"  {step}"), edge)
            show(account, given.stage, keys, out)
    except (RemovalError, LocalRunError, stacks.StackError, stages.StageError) as error:
        sys.exit(f"The removal stopped: {error}")
    except (BotoCoreError, ClientError) as error:
        sys.exit(f"The removal stopped, AWS does not answer as it should: {error}")


def _confirm(stage_name: str, typed: str, out: Path) -> None:
    """Have the pilot's name typed.

    Raises:
        RemovalError: it was not.
    """
    if not typed:
        print(f"This destroys {stage_name}: its apps, tables, files, queues, accounts and keys.")
        print(f"Its data are written to {out} before.")
        try:
            typed = input("The pilot's name, to go on: ").strip()
        except EOFError:  # nobody is there to type
            typed = ""
    if typed != stage_name:
        raise RemovalError(f"{typed!r} is not {stage_name!r}; nothing was done")


def show(account: Account, stage_name: str, keys: list[str], out: Path) -> None:
    """Show what is left of a pilot: nothing, but keys that wait for their end."""
    counts = ", ".join(
        f"{len(each)} {kind}s" for kind, each in remains.of(account, stage_name).items()
    )
    print(f"Left of {stage_name}: {counts}.")
    kms = account.client("kms")
    for key in keys:
        told = kms.describe_key(KeyId=key)["KeyMetadata"]
        print(f"  key {key}: {told['KeyState']}, ends {told['DeletionDate']:%Y-%m-%d}")
    print(f"Its data: {out}. What is sealed in it can be opened until its key ends, then never.")


if __name__ == "__main__":
    main()
