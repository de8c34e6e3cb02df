"""The whole of Tepat on a local AWS, for tests: what `make run` starts, on free ports."""

from __future__ import annotations

import json
import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import uvicorn

from infra import local, local_sandboxes, smoke
from infra.build import Package
from infra.front import front
from infra.layer import REPO
from infra.local_aws.officers import declare_officers
from infra.local_aws.server import LocalAws
from infra.local_aws.staff import make_accounts, subjects
from infra.stacks import Agree

STAGE = "banyuwangi"
FAMILIES = 300  # in the sandbox registry
# Another interpreter with requirements-local.txt may be named.
PYTHON = Path(os.environ.get("TEPAT_AWS_PYTHON", REPO / ".local/aws-venv/bin/python"))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def bare(folder: Path) -> Iterator[LocalAws]:
    """A local AWS with nothing in it."""
    aws = LocalAws(PYTHON, free_port(), folder)
    aws.start()
    try:
        yield aws
    finally:
        aws.stop()


@dataclass
class Tepat:
    """A running Tepat."""

    aws: LocalAws
    package: Package
    site: str
    registry: str
    ikd: str
    passwords: dict[str, str]
    deployed: local.Deployed
    http: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=30))

    def post(self, path: str, body: Any, **headers: str) -> httpx.Response:
        return self.http.post(f"{self.site}{path}", json=body, headers=headers)

    def status(self, receipt: str) -> dict[str, Any]:
        answer = self.post("/v1/status", {"receipt": receipt})
        answer.raise_for_status()
        told: dict[str, Any] = answer.json()
        return told

    def wait_for(self, receipt: str, *states: str, seconds: float = 40) -> dict[str, Any]:
        """Ask until the case is in one of the states; fails with the last answer."""
        end = time.monotonic() + seconds
        while (told := self.status(receipt))["state"] not in states:
            assert time.monotonic() < end, f"after {seconds} s: {told['state']}"
            time.sleep(0.3)
        return told

    def walk(self, first: int) -> str:
        """Walk through it as `make deploy ENDPOINT=local` does; gives the family's receipt.

        Args:
            first: families of the sandbox registry's world that other tests may send.
        """
        given, account = self.deployed.parameters, self.aws.account()
        known = subjects(account.client("cognito-idp"), given["StaffPoolId"])
        declare_officers(account, given, given["Region"], known)
        officers = {who: word for who, word in self.passwords.items() if who.startswith("petugas")}
        there = smoke.There(self.site, given["Region"], first, officers)
        return smoke.walk(there, lambda *_: None)

    def wait_for_checkpoint(self) -> None:
        """Locally durable means: after the next checkpoint."""
        now, saved = time.time(), self.aws.log.parent / "state" / "dynamodb.json"
        while not saved.is_file() or saved.stat().st_mtime <= now:
            assert time.time() < now + 60, "no checkpoint in a minute"
            time.sleep(0.1)
        time.sleep(0.5)  # the other services' files follow at once

    def restart(self, *, hard: bool) -> None:
        """Stop the local AWS in order, or as a power cut would, and start it again."""
        if hard:
            self.aws.kill()
        else:
            assert self.aws.stop()
        self.aws.start()


def functions_of(tepat: Tepat, surface: str = "public") -> dict[str, str]:
    """Physical names of a surface's resources by logical name."""
    stack = (
        tepat.aws.account()
        .client("cloudformation")
        .describe_stack_resources(StackName=f"tepat-{STAGE}-{surface}")
    )
    return {r["LogicalResourceId"]: r["PhysicalResourceId"] for r in stack["StackResources"]}


def _ports(folder: Path) -> list[int]:
    """Free ports, the same at each run in a folder: addresses of queues hold the local AWS's."""
    kept = folder / "ports.json"
    if not kept.is_file():
        kept.write_text(json.dumps([free_port() for _ in range(4)]))
    ports: list[int] = json.loads(kept.read_text())
    return ports


@contextmanager
def running(folder: Path, package: Package, agree: Agree | None = None) -> Iterator[Tepat]:
    """Deploy and serve on free ports; over what an earlier run in the folder has left.

    Args:
        agree: is shown what changes in each stack.
    """
    aws_folder = folder / "aws"
    aws_folder.mkdir(exist_ok=True)
    aws_port, site_port, registry_port, ikd_port = _ports(folder)
    aws = LocalAws(PYTHON, aws_port, aws_folder)
    site, registry = f"http://127.0.0.1:{site_port}", f"http://127.0.0.1:{registry_port}"
    token = local.kept_secret(folder / "registry-token")
    given = {
        "SiteOrigin": site,
        "CivilRegistryUrl": f"{registry}/check",
        "CivilRegistryToken": token,
        **local_sandboxes.ikd_settings(ikd_port),
    }
    with (
        local_sandboxes.registry_running(STAGE, registry_port, token, folder, families=FAMILIES),
        local.aws_running(aws),
    ):
        deployed = local.deploy_locally(aws, STAGE, package, given, agree)
        local.wake(aws.account(), STAGE, deployed.backends)
        passwords = make_accounts(
            aws.account().client("cognito-idp"),
            deployed.parameters["StaffPoolId"],
            folder / "staff.json",
        )
        app = front(package.site, deployed.backends)
        settings = {"port": site_port, "proxy_headers": False, "log_level": "warning"}
        server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", **settings))
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.05)
        ikd = deployed.parameters["IkdIssuer"]
        tepat = Tepat(aws, package, site, registry, ikd, passwords, deployed)
        try:
            with local_sandboxes.ikd_running(aws.account(), deployed.parameters, ikd_port, folder):
                yield tepat
        finally:
            tepat.http.close()
            server.should_exit = True
            thread.join(10)
