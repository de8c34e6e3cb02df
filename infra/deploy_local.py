"""Deploy a pilot's package to the local AWS and walk through it: `make deploy ENDPOINT=local`.

The steps are those of a real account; the local AWS is the one that `make run` has started, or one
of its own for as long as this takes. What was deployed stays in it.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import uvicorn

from infra import local, local_sandboxes, packages, smoke, stacks, stages
from infra.front import front
from infra.layer import this_machine
from infra.local import KEPT, Deployed, Ports
from infra.local_aws.officers import declare_officers
from infra.local_aws.server import LocalAws, LocalRunError, port_is_free
from infra.local_aws.staff import make_accounts, subjects
from infra.stacks import Change

FAMILIES = 2_000  # in a sandbox registry of its own
BEHIND_DEMO = 3_000  # families of the running registry's world that `make demo` may have sent
SPREAD = 1_900  # a walk begins somewhere among so many, so that a second one meets others


def run(stage_name: str, ports: Ports, kept: Path = KEPT, built: Path = packages.BUILT) -> None:
    """Deploy, walk, and tell what was seen.

    Args:
        stage_name: the pilot.
        ports: where the local AWS is, and where the rest is served unless that is taken.
        kept: folder of the local AWS's state and of what goes with it.
        built: folder of all packages.

    Raises:
        BuildError: there is no package, or it was changed.
        LocalRunError: the local AWS cannot be had.
        StackError: CloudFormation refused.
        SmokeError: a step of the walk went wrong.
    """
    begun = time.monotonic()
    stage = stages.read(stage_name)
    package = packages.opened(stage_name, built)
    own = kept / "deploy" / stage_name
    own.mkdir(parents=True, exist_ok=True)
    machine = this_machine()
    commit, _, dirty = packages.origin(package).partition("-")
    commit = f"commit {commit[:12]}{' and changes' if dirty else ''}" if commit else "no commit"
    print(f"  build/{stage_name}, of {commit}: every file is what its report says", flush=True)
    package = packages.for_machine(package, machine, own / "package")
    print(f"  its layers, which hold machine code, are built from the same pins for {machine}")
    with ExitStack() as until_done:
        aws = until_done.enter_context(local_aws(ports.aws, kept))
        running = served(aws, stage_name, stage["region"])
        here = _free(ports)
        token = local.kept_secret(kept / "registry-token")
        if running is None:
            until_done.enter_context(
                local_sandboxes.registry_running(stage_name, here.registry, token, own, FAMILIES)
            )
            given = {
                "SiteOrigin": f"http://127.0.0.1:{here.site}",
                "CivilRegistryUrl": f"http://127.0.0.1:{here.registry}/check",
                **local_sandboxes.ikd_settings(here.ikd),
            }
        else:
            given = running
            print(f"  `make run` serves {stage_name} at {given['SiteOrigin']}: it stays there")
        before = _addresses(aws, stage_name)
        deployed = local.deploy_locally(
            aws, stage_name, package, given | {"CivilRegistryToken": token}, told
        )
        if running is not None and before != _addresses(aws, stage_name):
            raise LocalRunError(
                "it is done, but `make run` still serves the APIs' former addresses: here, not on\n"
                "AWS, an API whose routes changed gets a new one. Stop it, start it again,\n"
                "and this command walks through it."
            )
        passwords = _officers(aws, deployed, stage["region"], kept)
        if running is None:
            local.wake(aws.account(), stage_name, deployed.backends)
            until_done.enter_context(
                local_sandboxes.ikd_running(aws.account(), deployed.parameters, here.ikd, own)
            )
            until_done.enter_context(_serving(package.site, deployed, here.site))
        print(f"  walking through it at {given['SiteOrigin']}", flush=True)
        first = secrets.randbelow(SPREAD) + (0 if running is None else BEHIND_DEMO)
        there = smoke.There(given["SiteOrigin"], stage["region"], first, passwords)
        smoke.walk(there, lambda step, seen: print(f"    {step:<10}{seen}", flush=True))
    print(f"{stage_name} is deployed and was walked through, in {time.monotonic() - begun:.0f} s.")
    if running is None:
        print(f"Next: `make run STAGE={stage_name}` serves it.")


def told(name: str, changes: Sequence[Change]) -> bool:
    """Say what a change set does, in one line; nobody is asked on a local AWS."""
    count = {
        word: sum(each.action == action for each in changes)
        for action, word in (("Add", "new"), ("Modify", "changed"), ("Remove", "gone"))
    }
    print(f"  {name}: {', '.join(f'{n} {word}' for word, n in count.items() if n)}", flush=True)
    return True


@contextmanager
def local_aws(port: int, kept: Path) -> Iterator[LocalAws]:
    """The local AWS that answers at a port, or one of our own for as long as it is needed.

    Raises:
        LocalRunError: something else answers there.
    """
    aws = LocalAws(kept / "aws-venv/bin/python", port, local.folder(kept / "aws"))
    if port_is_free(port):
        print(f"  no local AWS answers at {port}: starting one, with what .local/aws holds")
        with local.aws_running(aws):
            yield aws
        return
    try:
        healthy = httpx.get(f"{aws.endpoint}/_ministack/health", timeout=5).is_success
    except httpx.HTTPError:
        healthy = False
    if not healthy:
        raise LocalRunError(
            f"Port {port} is taken by a program that is no local AWS.\n"
            f"Another port: make deploy ENDPOINT=local AWS_PORT={port + 1}"
        )
    print(f"  using the local AWS that runs at {port}")
    yield aws


def served(aws: LocalAws, stage_name: str, region: str) -> dict[str, str] | None:
    """Where `make run` serves a pilot just now, as parameters of its stacks; None if it does not.

    What a stack was deployed with may long be over, or another pilot's by now: the site must
    answer with this region's villages.
    """
    client = aws.account().client("cloudformation")
    stack = stacks.describe(client, f"tepat-{stage_name}-public") or {}
    given = {one["ParameterKey"]: one["ParameterValue"] for one in stack.get("Parameters", [])}
    names = ("SiteOrigin", "CivilRegistryUrl", "IkdIssuer", "IkdClientId", "IkdAlgorithm")
    if not given.keys() >= set(names):
        return None
    try:
        smoke.knock(given["SiteOrigin"], region, lambda *_: None)
        httpx.get(given["CivilRegistryUrl"].replace("/check", "/health"), timeout=5)
    except (smoke.SmokeError, httpx.HTTPError):
        return None
    return {name: given[name] for name in names}


def _addresses(aws: LocalAws, stage_name: str) -> list[str]:
    """Ids of the pilot's APIs; the local AWS makes an API anew when its routes change."""
    client = aws.account().client("cloudformation")
    there = (stacks.describe(client, f"tepat-{stage_name}-{s}") for s in ("public", "staff"))
    return [stacks.outputs(each)["RestAPIId"] for each in there if each]


def _free(ports: Ports) -> Ports:
    """The ports that were asked for, and free ones for those that somebody else has."""
    return Ports(
        site=_one_free(ports.site),
        aws=ports.aws,
        registry=_one_free(ports.registry),
        ikd=_one_free(ports.ikd),
    )


def _one_free(port: int) -> int:
    return next(each for each in range(port, port + 100) if port_is_free(each))


def _officers(aws: LocalAws, deployed: Deployed, region: str, kept: Path) -> dict[str, str]:
    """Make the officers who decide, with profiles; gives the reviewers' passwords."""
    cognito, pool = aws.account().client("cognito-idp"), deployed.parameters["StaffPoolId"]
    passwords = make_accounts(cognito, pool, kept / "staff.json")
    declare_officers(aws.account(), deployed.parameters, region, subjects(cognito, pool))
    return {name: word for name, word in passwords.items() if name.startswith("petugas")}


@contextmanager
def _serving(site: Path, deployed: Deployed, port: int) -> Iterator[None]:
    """Serve site and APIs from one address, as CloudFront does."""
    settings = {"port": port, "proxy_headers": False, "log_level": "warning", "access_log": False}
    app = front(site, deployed.backends)
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", **settings))  # type: ignore[arg-type]
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        while not server.started:
            time.sleep(0.05)
        yield
    finally:
        server.should_exit = True
        thread.join(10)
