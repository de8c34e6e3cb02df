"""The whole of Tepat on this machine, by one command: `make run`.

A real deployment to a local AWS: the packages that go to the cloud run behind API Gateway, from
queues and from the table's stream. Everything it keeps is in `.local/`; Ctrl-C stops it in order.
"""

from __future__ import annotations

import argparse
import json
import secrets
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import uvicorn
from botocore.exceptions import BotoCoreError, ClientError

from infra import deploy, stacks, stages
from infra.account import Account
from infra.build import REGION, SURFACES, Package, build, sources_hash
from infra.front import Backends, Published, front
from infra.layer import REPO, BuildError, this_machine
from infra.local_aws.officers import declare_officers
from infra.local_aws.server import LocalAws, LocalRunError, port_is_free
from infra.local_aws.staff import make_accounts, subjects
from infra.local_sandboxes import ikd_running, ikd_settings, registry_running

KEPT = REPO / ".local"


@dataclass(frozen=True, slots=True)
class Ports:
    """Loopback ports of the four servers."""

    site: int = 8080
    aws: int = 4566
    registry: int = 4577
    ikd: int = 4588


@dataclass(frozen=True, slots=True)
class Deployed:
    """What the front needs of a deployment, and the functions' parameters."""

    backends: Backends
    parameters: dict[str, str]


def run(stage_name: str, ports: Ports, kept: Path = KEPT) -> None:
    """Set up, serve until Ctrl-C or SIGTERM, and stop in order.

    Args:
        stage_name: the pilot.
        ports: where to listen.
        kept: folder for everything that outlives the run.

    Raises:
        LocalRunError: something is missing or taken; the message says what to do.
    """
    _check_ports(ports)
    stage = stages.read(stage_name)
    kept.mkdir(exist_ok=True)
    begun = time.monotonic()
    package = packaged(stage_name, kept)
    aws = LocalAws(kept / "aws-venv/bin/python", ports.aws, folder(kept / "aws"))
    token = kept_secret(kept / "registry-token")
    with registry_running(stage_name, ports.registry, token, kept) as registry, aws_running(aws):
        _say("deploying to the local AWS")
        site = f"http://127.0.0.1:{ports.site}"
        given = {
            "SiteOrigin": site,
            "CivilRegistryUrl": f"http://127.0.0.1:{ports.registry}/check",
            "CivilRegistryToken": token,
            **ikd_settings(ports.ikd),
        }
        deployed = deploy_locally(aws, stage_name, package, given)
        cognito = aws.account().client("cognito-idp")
        pool = deployed.parameters["StaffPoolId"]
        passwords = make_accounts(cognito, pool, kept / "staff.json")
        declare_officers(
            aws.account(), deployed.parameters, stage["region"], subjects(cognito, pool)
        )
        wake(aws.account(), stage_name, deployed.backends)
        with ikd_running(aws.account(), deployed.parameters, ports.ikd, kept) as ikd:
            _say(f"ready in {time.monotonic() - begun:.0f} s")
            _print_welcome(site, passwords)
            beside = {"registry": registry, "ikd": ikd}
            _serve(front(package.site, deployed.backends), ports.site, aws, beside)


def deploy_locally(
    aws: LocalAws,
    stage_name: str,
    package: Package,
    given: dict[str, str],
    agree: stacks.Agree | None = None,
) -> Deployed:
    """Deploy all stacks to a local AWS.

    Args:
        aws: running.
        stage_name: the pilot.
        package: built for this machine.
        given: parameters that differ from the pilot's file.
        agree: is shown what would change in each stack.

    Returns:
        The addresses of the two APIs and all parameters that were given.
    """
    account = aws.account()
    chosen = stages.parameters(stages.read(stage_name)) | {"Protection": "off"} | given
    chosen |= deploy.deploy_resources(account, stage_name, chosen, package, agree)
    chosen |= local_addresses(aws, chosen)
    apis = {}
    for surface in SURFACES:
        made = deploy.deploy_app(account, stage_name, surface, package, chosen, agree=agree)
        if "RestAPIId" in made:
            where = f"{aws.endpoint}/_aws/execute-api/{made['RestAPIId']}"
            apis[surface] = f"{where}/{deploy.API_STAGE}"
    backends = Backends(
        apis["public"],
        apis["staff"],
        _published(account, chosen["SiteBucket"]),
        uploads=chosen["UploadUrl"],
        released=chosen["ReleasedUrl"],
    )
    return Deployed(backends, chosen)


def local_addresses(aws: LocalAws, made: Mapping[str, str]) -> dict[str, str]:
    """Give the parameters that follow from where the local AWS is.

    Args:
        aws: running.
        made: outputs of the pilot's resources.
    """
    pool = made["StaffPoolId"]
    return {
        "TrustedProxy": "forwarded",
        "TokenIssuer": f"https://cognito-idp.{REGION}.amazonaws.com/{pool}",
        "JwksUrl": f"{aws.endpoint}/{pool}/.well-known/jwks.json",
        "LoginUrl": aws.endpoint,
        "UploadUrl": f"{aws.endpoint}/{made['QuarantineBucket']}",
        "ReleasedUrl": f"{aws.endpoint}/{made['ReleasedBucket']}",
        "Clamscan": shutil.which("clamscan") or "/usr/bin/clamscan",
    }


def _published(account: Account, bucket: str) -> Published:
    def read(key: str) -> bytes | None:
        try:
            found: bytes = account.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
        except (ClientError, BotoCoreError):
            return None
        return found

    return read


def wake(account: Account, stage_name: str, backends: Backends) -> None:
    """Start a process of each function on a family's way, so that the first does not wait."""
    stack = account.client("cloudformation").describe_stack_resources(
        StackName=f"tepat-{stage_name}-public"
    )
    names = {r["LogicalResourceId"]: r["PhysicalResourceId"] for r in stack["StackResources"]}
    functions = account.client("lambda")
    nothing = json.dumps({"Records": []})
    with ThreadPoolExecutor() as pool:
        for name in ("Relay", "CheckIdentity", "ScoreHousehold"):
            pool.submit(functions.invoke, FunctionName=names[name], Payload=nothing)
        for address in (f"{backends.public}/v1/form", f"{backends.staff}/staff"):
            pool.submit(httpx.get, address, headers={"Accept": "text/html"}, timeout=30)


def _check_ports(ports: Ports) -> None:
    taken = {
        "the site (make run PORT=...)": ports.site,
        "the local AWS (make run AWS_PORT=...)": ports.aws,
        "the sandbox registry (make run REGISTRY_PORT=...)": ports.registry,
        "the sandbox IKD (make run IKD_PORT=...)": ports.ikd,
    }
    for what, port in taken.items():
        if not port_is_free(port):
            raise LocalRunError(
                f"Port {port} is taken, and {what} needs it.\n"
                "Perhaps `make run` runs already in another window. If not, stop the program\n"
                f"that holds it (`ss -ltnp | grep {port}` names it) or choose another port."
            )


def packaged(stage_name: str, kept: Path) -> Package:
    """Build, unless nothing that a build reads has changed.

    Args:
        stage_name: the pilot.
        kept: folder of the result and of the mark that tells what it was built from.
    """
    out, mark = kept / "package", kept / "package.sources"
    digest = f"{stage_name} {sources_hash()}"
    if mark.is_file() and mark.read_text() == digest:
        return Package(out)
    _say("building the functions and the site")
    package = build(stage_name, out, this_machine())
    mark.write_text(digest)
    return package


def kept_secret(path: Path) -> str:
    """Return a random secret that is made once and kept in a file."""
    if not path.is_file():
        path.touch(0o600)
        path.write_text(secrets.token_urlsafe(24))
    return path.read_text()


def folder(path: Path) -> Path:
    """Return a folder that is there."""
    path.mkdir(parents=True, exist_ok=True)
    return path


@contextmanager
def aws_running(aws: LocalAws) -> Iterator[None]:
    """Start the local AWS, and stop it in order however this ends."""
    _say("starting the local AWS")
    aws.start()
    try:
        yield
    finally:
        print("\nStopping, and saving what the local AWS holds ...", flush=True)
        if not aws.stop():
            print("The local AWS had to be killed; the last seconds may be lost.", flush=True)


def _serve(
    app: object, port: int, aws: LocalAws, beside: Mapping[str, subprocess.Popen[bytes]]
) -> None:
    """Serve the front until a signal, or until a server behind or beside it dies."""
    config = uvicorn.Config(
        app,  # type: ignore[arg-type] # Starlette's own type differs in the scope only
        host="127.0.0.1",
        port=port,
        proxy_headers=False,
        server_header=False,
        access_log=False,
        log_level="warning",
        timeout_graceful_shutdown=5,
    )
    server = uvicorn.Server(config)
    faults: list[str] = []

    def watch() -> None:
        while not server.should_exit:
            time.sleep(0.5)
            if not aws.alive():
                faults.append(f"The local AWS stopped by itself.\n{aws.last_words()}")
            faults.extend(
                f"The sandbox {name} stopped by itself; see .local/{name}.log"
                for name, process in beside.items()
                if process.poll() is not None
            )
            server.should_exit = server.should_exit or bool(faults)

    threading.Thread(target=watch, daemon=True).start()
    try:
        server.run()
    except KeyboardInterrupt:
        pass
    finally:
        server.should_exit = True
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # a second Ctrl-C would cut the saving short
    if faults:
        raise LocalRunError(f"{faults[0]}\nWhat was sent until 5 s ago is kept: `make run` again.")


def _say(what: str) -> None:
    print(f"  {what}", flush=True)


def reviewers(passwords: dict[str, str]) -> str:
    """The other officers who are drawn, each with the password."""
    names = sorted(each for each in passwords if each[:-1] == "petugas" and each[-1].isdecimal())
    return ", ".join(f"{name} ({passwords[name]})" for name in names)


def _print_welcome(site: str, passwords: dict[str, str]) -> None:
    print(
        f"""
  Open   {site}

  Staff  {site}/staff/   user petugas, password {passwords["petugas"]}
  A second administrator user penetap, password {passwords["penetap"]}
  Drawn for disputes     petugas, and {reviewers(passwords)}
  Agents sign in with    user pendamping, password {passwords["pendamping"]}
                         (of half of the districts; of the other half
                         user pendamping2, password {passwords["pendamping2"]})
  Citizens sign in at    {site}/v1/person   (a sandbox IKD: anybody invented, one button)

  Everything is on this machine, in .local/. Ctrl-C stops; the data stays.
  `make demo N=2000`, in another window, sends invented families.
""",
        flush=True,
    )


def main() -> None:
    """Run from the command line; a fault is told in words."""
    parser = argparse.ArgumentParser(description=__doc__, prog="python -m infra.local")
    parser.add_argument("--stage", default="banyuwangi", choices=stages.names())
    parser.add_argument("--port", type=int, default=Ports().site, help="of the site (8080)")
    parser.add_argument("--aws-port", type=int, default=Ports().aws, help="of the local AWS (4566)")
    parser.add_argument("--registry-port", type=int, default=Ports().registry, help="(4577)")
    parser.add_argument("--ikd-port", type=int, default=Ports().ikd, help="(4588)")
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())  # through every `finally`
    try:
        run(given.stage, Ports(given.port, given.aws_port, given.registry_port, given.ikd_port))
    except (LocalRunError, BuildError, stages.StageError, stacks.StackError) as error:
        sys.exit(f"\n{error}")
    except json.JSONDecodeError as error:
        sys.exit(f"\nA file in .local/ cannot be read ({error}); `make clean-data` starts anew.")
    except KeyboardInterrupt:
        sys.exit("\nStopped before it was ready.")


if __name__ == "__main__":
    main()
