"""The sandbox civil registry and the sandbox IKD beside a Tepat on this machine."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from infra import stages
from infra.account import Account
from infra.layer import REPO
from infra.local_aws.server import LocalRunError, child, stop

FAMILIES = 20_000  # in the sandbox registry


def population(kept: Path, region: str) -> Path:
    """Return the file of a region's invented people."""
    return kept / f"population-{region}.jsonl"


@contextmanager
def registry_running(
    stage_name: str, port: int, token: str, kept: Path, families: int = FAMILIES
) -> Iterator[subprocess.Popen[bytes]]:
    """Run the sandbox civil registry with a population of its own, made once.

    Args:
        stage_name: the pilot, whose region the people live in.
        port: loopback port.
        token: bearer token that callers must show.
        kept: folder of the population file and the log.
        families: how many are invented.
    """
    region = stages.read(stage_name)["region"]
    people = population(kept, region)
    if not people.is_file():
        what = f"{families:,} families for the sandbox civil registry"
        print(f"  inventing {what} (once)", flush=True)
        command = [sys.executable, "-m", "infra.people", "--region", region]
        wanted = ["--families", str(families), "--population", str(people)]
        done = subprocess.run([*command, *wanted], cwd=REPO, capture_output=True, check=False)
        if done.returncode:
            raise LocalRunError(f"The population could not be made:\n{done.stderr.decode()}")
    log = kept / "registry.log"
    command = [sys.executable, "-m", "infra.sandboxes.civil_registry", "--port", str(port)]
    with log.open("wb") as out:
        environ = os.environ | {"TEPAT_CIVIL_REGISTRY_TOKEN": token}
        process = child([*command, "--population", str(people)], environ, out, cwd=REPO)
    try:
        _wait_for("registry", process, port, log)
        yield process
    finally:
        stop(process, 5)


def ikd_settings(port: int) -> dict[str, str]:
    """Give the parameters by which the functions find the sandbox IKD."""
    issuer = f"http://127.0.0.1:{port}"
    return {"IkdIssuer": issuer, "IkdClientId": "tepat-local", "IkdAlgorithm": "RS256"}


@contextmanager
def ikd_running(
    account: Account, parameters: dict[str, str], port: int, kept: Path
) -> Iterator[subprocess.Popen[bytes]]:
    """Run the sandbox IKD, at which the deployment is registered by its own public key.

    Args:
        account: the local AWS, which holds the key.
        parameters: of the deployment.
        port: loopback port; browsers go there too.
        kept: folder of the population, the key's public half and the log.
    """
    key, log = kept / "ikd-client.der", kept / "ikd.log"
    key.write_bytes(account.client("kms").get_public_key(KeyId=parameters["IkdKeyId"])["PublicKey"])
    command = [sys.executable, "-m", "infra.sandboxes.ikd", "--port", str(port)]
    command += ["--client-id", parameters["IkdClientId"], "--client-key", str(key)]
    command += ["--callback", f"{parameters['SiteOrigin']}/v1/person/callback"]
    command += ["--population", str(population(kept, parameters["Region"]))]
    with log.open("wb") as out:
        process = child(command, dict(os.environ), out, cwd=REPO)
    try:
        _wait_for("IKD", process, port, log)
        yield process
    finally:
        stop(process, 5)


def _wait_for(name: str, process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    for _ in range(300):
        if process.poll() is not None:
            raise LocalRunError(f"The sandbox {name} stopped:\n{log.read_text()[-500:]}")
        try:
            httpx.get(f"http://127.0.0.1:{port}/health", timeout=1)
        except httpx.TransportError:
            time.sleep(0.1)
        else:
            return
    raise LocalRunError(f"The sandbox {name} does not answer; see {log}")
