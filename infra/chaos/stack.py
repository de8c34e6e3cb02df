"""A Tepat of its own for a run: local AWS, registry and front, with the fault proxy in between.

Its ports and its folder are its own, so that it disturbs no `make run`. The front and the functions
knock at the proxy; the run itself deploys, breaks and reads past it.
"""

from __future__ import annotations

import json
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import httpx
import uvicorn

from infra import local, local_sandboxes
from infra.build import Package
from infra.chaos.faults import Faults
from infra.chaos.proxy import FaultProxy
from infra.front import front
from infra.local_aws.server import LocalAws, LocalRunError, port_is_free

STAGE: Final = "banyuwangi"
SPARE_FAMILIES: Final = 100  # in the registry, beyond those that are sent
QUEUES: Final = ("Check", "Score", "Release")


@dataclass(frozen=True, slots=True)
class Ports:
    """Loopback ports, four in a row, and the command that takes others."""

    first: int
    named: str = "make chaos CHAOS_PORT=..."

    @property
    def site(self) -> int:
        """Of the front."""
        return self.first

    @property
    def proxy(self) -> int:
        """Of the fault proxy."""
        return self.first + 1

    @property
    def aws(self) -> int:
        """Of the local AWS behind it."""
        return self.first + 2

    @property
    def registry(self) -> int:
        """Of the sandbox civil registry."""
        return self.first + 3

    def check(self) -> None:
        """Raise LocalRunError when one of them is taken."""
        for port in range(self.first, self.first + 4):
            if not port_is_free(port):
                raise LocalRunError(f"Port {port} is taken: {self.named} for others.")


class Stack:
    """The running parts, and how each of them is killed and brought back."""

    def __init__(self, folder: Path, ports: Ports, faults: Faults, families: int) -> None:
        self.folder = folder
        self.ports = ports
        self.faults = faults
        self.site = f"http://127.0.0.1:{ports.site}"
        self.proxy = FaultProxy(ports.proxy, ports.aws, faults)
        self.aws = LocalAws(
            local.KEPT / "aws-venv/bin/python", ports.aws, folder / "aws", seen_at=ports.proxy
        )
        self.parameters: dict[str, str] = {}
        self.functions: dict[str, str] = {}
        self.account = self.aws.account()
        self._families = families
        self._token = local.kept_secret(folder / "registry-token")
        self._registry = ExitStack()

    def client(self, service: str) -> Any:  # noqa: ANN401 - boto3's own
        """A client of a service, past the proxy."""
        return self.account.client(service)

    @contextmanager
    def running(self) -> Iterator[None]:
        """Build, start and deploy all parts; stop them when the block ends."""
        package = local.packaged(STAGE, self.folder)
        with ExitStack() as parts:
            parts.enter_context(self.proxy.serving())
            parts.callback(self.aws.stop)
            self.aws.start()
            parts.callback(self._registry.close)
            self.start_registry()
            parts.enter_context(self._front(package))
            yield

    def start_registry(self) -> None:
        """Start the sandbox civil registry, the first time or again."""
        self._process = self._registry.enter_context(
            local_sandboxes.registry_running(
                STAGE,
                self.ports.registry,
                self._token,
                self.folder,
                families=self._families + SPARE_FAMILIES,
            )
        )

    def kill_registry(self) -> None:
        """End the registry at once."""
        self._process.kill()
        self._process.wait()
        self._registry.close()

    def set_registry_mood(self, **mood: object) -> None:
        """Tell the registry to be slow, wrong or down; see its --help."""
        url = f"http://127.0.0.1:{self.ports.registry}/control"
        httpx.post(url, json=mood, timeout=5, trust_env=False).raise_for_status()

    def power_cut(self) -> None:
        """End the local AWS at once, with every function, and start it from what it has on disk.

        AWS has written what it acknowledges; the local one writes every five seconds. So that the
        same may be asked of both, nothing is acknowledged any more until all that was acknowledged
        before is on disk, and then the power goes: whoever asked in between hears nothing, whether
        it was done or not.
        """
        with self.faults.answers_withheld():
            self.aws.save()
            self.aws.kill_functions()
            self.aws.kill()
            self.aws.start()

    def map_source(self, function: str, *, enabled: bool) -> None:
        """Let a function be woken by its queue or stream, or not."""
        functions = self.client("lambda")
        found = functions.list_event_source_mappings(FunctionName=self.functions[function])
        for mapping in found["EventSourceMappings"]:
            functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=enabled)

    def map_all_sources(self) -> None:
        """Let every function be woken again."""
        for function in ("Relay", "CheckIdentity", "ScoreHousehold", "ReleaseGuards"):
            self.map_source(function, enabled=True)

    def queue_url(self, queue: str) -> str:
        """Address of a queue of work."""
        return self.parameters[f"{queue}QueueUrl"]

    def waiting(self, url: str) -> int:
        """How many messages a queue holds, those under way included."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        told = self.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=names)
        return sum(int(told["Attributes"][name]) for name in names)

    def tick(self, function: str) -> None:
        """Call a scheduled function as the clock does; raises LocalRunError when it fails."""
        said = self.client("lambda").invoke(
            FunctionName=self.functions[function], Payload=json.dumps(TICK)
        )
        if "FunctionError" in said:
            raise LocalRunError(f"{function} failed: {said['Payload'].read().decode()}")

    @contextmanager
    def _front(self, package: Package) -> Iterator[None]:
        given = {
            "SiteOrigin": self.site,
            "CivilRegistryUrl": f"http://127.0.0.1:{self.ports.registry}/check",
            "CivilRegistryToken": self._token,
        }
        deployed = local.deploy_locally(self.aws, STAGE, package, given)
        self.parameters = deployed.parameters
        made = self.client("cloudformation").describe_stack_resources(
            StackName=f"tepat-{STAGE}-public"
        )
        self.functions = {
            r["LogicalResourceId"]: r["PhysicalResourceId"] for r in made["StackResources"]
        }
        local.wake(self.account, STAGE, deployed.backends)
        through = replace(
            deployed.backends,
            public=deployed.backends.public.replace(self.aws.endpoint, self.proxy.url),
            staff=deployed.backends.staff.replace(self.aws.endpoint, self.proxy.url),
        )
        config = uvicorn.Config(
            front(package.site, through),
            host="127.0.0.1",
            port=self.ports.site,
            proxy_headers=False,
            access_log=False,
            log_level="critical",
            timeout_graceful_shutdown=5,
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.05)
        try:
            yield
        finally:
            server.should_exit = True
            thread.join(10)


TICK: Final = {
    "version": "0",
    "id": "tick",
    "detail-type": "Scheduled Event",
    "source": "aws.events",
    "account": "000000000000",
    "time": "2026-11-21T00:00:00Z",
    "region": "ap-southeast-3",
    "resources": [],
    "detail": {},
}


def fresh_folder(folder: Path) -> Path:
    """Empty a folder of the last run; what was built and invented stays."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("aws", "seals"):
        shutil.rmtree(folder / name, ignore_errors=True)
        (folder / name).mkdir()
    for name in (
        *(path.name for path in folder.glob("population-*.jsonl")),
        "receipts.jsonl",
        "ledger.jsonl",
        "cut.jsonl",
        "findings.json",
    ):
        (folder / name).unlink(missing_ok=True)
    return folder
