"""Starts and stops the local AWS as a child process, and says in words what is wrong with it."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

import boto3
import httpx

from infra.account import Account
from infra.build import REGION

SERVE = Path(__file__).with_name("serve.py")
START_LIMIT = 90  # seconds; 100,000 saved items take 3
STOP_LIMIT = 60  # seconds; 100,000 items take 15 to save
CONCURRENCY = "20"  # functions at once, each a process of 50 MB; the front sends 4


class LocalRunError(RuntimeError):
    """The local run cannot go on; the message says why and what to do."""


def child(
    command: Sequence[str], environ: Mapping[str, str], log: IO[Any], cwd: Path | None = None
) -> subprocess.Popen[bytes]:
    """Start a process that ends with this one, whatever ends this one.

    It gets a session of its own, so that Ctrl-C reaches only us and we stop it in order.
    """
    return subprocess.Popen(
        command,
        env=dict(environ),
        stdout=log,
        stderr=subprocess.STDOUT,
        cwd=cwd,
        start_new_session=True,
        preexec_fn=_end_with_parent,  # noqa: PLW1509 - one system call, before any thread is made
    )


def _remove(folders: Sequence[Path]) -> None:
    """Remove what an earlier run left: 30 MB a function, a minute and more of a busy disk."""
    for each in folders:
        shutil.rmtree(each, ignore_errors=True)


def _end_with_parent() -> None:
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG


def stop(process: subprocess.Popen[bytes], limit: float) -> bool:
    """Ask a process to end and wait; returns whether it ended in time by itself."""
    process.terminate()
    try:
        process.wait(limit)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        return False
    return True


def port_is_free(port: int) -> bool:
    """Tell whether nothing listens on a loopback port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


class LocalAws:
    """One ministack with its state in a folder."""

    def __init__(
        self, python: Path, port: int, folder: Path, seen_at: int = 0, *, keeps: bool = True
    ) -> None:
        """Name it; nothing starts yet.

        Args:
            python: interpreter of the environment that requirements-local.txt was installed in.
            port: loopback port.
            folder: keeps state, log and temporary files.
            seen_at: loopback port of a proxy by which functions reach it; 0 for none.
            keeps: whether what it holds outlives it; its checkpoints cost it a tenth of its time.
        """
        self.endpoint = f"http://127.0.0.1:{port}"
        self.log = folder / "aws.log"
        self._python = python
        self._port = port
        self._folder = folder
        self._seen_at = seen_at or port
        self._keeps = keeps
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start and wait until it answers.

        Raises:
            LocalRunError: its environment is missing, the port is taken, or it died.
        """
        if not self._python.is_file():
            raise LocalRunError(f"{self._python} is missing: run `make run`, which sets it up")
        if not port_is_free(self._port):
            raise LocalRunError(
                f"Port {self._port}, meant for the local AWS, is taken by another program.\n"
                f"Stop that program or choose another port: make run AWS_PORT={self._port + 1}"
            )
        temporaries = self._folder / "tmp"
        temporaries.mkdir(parents=True, exist_ok=True)
        left_behind = list(temporaries.iterdir())
        temporary = Path(tempfile.mkdtemp(dir=temporaries))
        with self.log.open("wb") as log:
            self._process = child(
                [str(self._python), "-B", str(SERVE), *self._ports()],
                self._environment(temporary),
                log,
                cwd=self._folder,
            )
        self._wait_until_up()
        threading.Thread(target=_remove, args=(left_behind,), daemon=True).start()

    def _environment(self, temporary: Path) -> dict[str, str]:
        """Nothing of ours is passed on: the functions would see it."""
        return {
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "LANG": "C.UTF-8",
            "HOME": str(self._folder),
            "TMPDIR": str(temporary),
            "BIND_HOST": "127.0.0.1",
            "MINISTACK_HOST": "127.0.0.1",
            "GATEWAY_PORT": str(self._port),
            "MINISTACK_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AUTH": "true",
            "PERSIST_STATE": str(int(self._keeps)),
            "S3_PERSIST": str(int(self._keeps)),
            "STATE_DIR": str(self._folder / "state"),
            "S3_DATA_DIR": str(self._folder / "buckets"),
            "LAMBDA_ACCOUNT_CONCURRENCY": CONCURRENCY,
            "IOT_MTLS_ENABLED": "0",
            "SFTP_ENABLED": "0",
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{self._seen_at}",  # for the functions
        }

    def _ports(self) -> list[str]:
        return ["--port", str(self._port), "--seen-at", str(self._seen_at)]

    def _wait_until_up(self) -> None:
        end = time.monotonic() + START_LIMIT
        while time.monotonic() < end:
            if not self.alive():
                raise LocalRunError(f"The local AWS stopped at its start.\n{self.last_words()}")
            try:
                if httpx.get(f"{self.endpoint}/_ministack/health", timeout=2).is_success:
                    return
            except httpx.TransportError:
                time.sleep(0.1)
        self.stop()
        raise LocalRunError(f"The local AWS did not answer in {START_LIMIT} s; see {self.log}")

    def alive(self) -> bool:
        """Tell whether the process runs."""
        return self._process is not None and self._process.poll() is None

    def last_words(self) -> str:
        """Return the end of its log, for a message to a person."""
        lines = self.log.read_text("utf-8", errors="replace").splitlines()[-8:]
        return "\n".join([*(f"    {line}" for line in lines), f"The whole log: {self.log}"])

    def stop(self) -> bool:
        """Stop and let it save; returns False when it had to be killed."""
        process, self._process = self._process, None
        return process is None or process.poll() is not None or stop(process, STOP_LIMIT)

    def kill(self) -> None:
        """End it at once, as a power cut would."""
        if self._process:
            self._process.kill()
            self._process.wait()
            self._process = None

    def save(self) -> None:
        """Wait for a checkpoint that began after this call.

        Raises:
            LocalRunError: it makes none.
        """
        for _ in range(2):  # one may be under way already
            before, end = self._saved_at(), time.monotonic() + STOP_LIMIT
            while self._saved_at() == before:
                if time.monotonic() > end or not (self._process and self.alive()):
                    raise LocalRunError(f"The local AWS makes no checkpoint.\n{self.last_words()}")
                self._process.send_signal(signal.SIGUSR1)
                time.sleep(0.2)

    def _saved_at(self) -> int:
        saved = self._folder / "state" / "dynamodb.json"
        return saved.stat().st_mtime_ns if saved.is_file() else 0

    def kill_functions(self) -> int:
        """End the processes that run functions, in the middle of what they do, and see them gone.

        Returns:
            How many there were; the next call of a function starts a new one.

        Raises:
            LocalRunError: one outlives its killing.
        """
        workers = self._function_processes()
        for worker in workers:
            with suppress(ProcessLookupError):
                os.kill(worker, signal.SIGKILL)
        end = time.monotonic() + STOP_LIMIT
        while workers & self._function_processes():  # a killed process is listed until it is dead
            if time.monotonic() > end:
                raise LocalRunError(f"Functions outlive their killing; see {self.log}")
            time.sleep(0.05)
        return len(workers)

    def _function_processes(self) -> set[int]:
        if not self._process:
            return set()
        listed = subprocess.run(
            ["ps", "-A", "-o", "pid=,ppid=,stat="], capture_output=True, text=True, check=True
        )
        lines = (line.split() for line in listed.stdout.splitlines())
        return {
            int(pid)
            for pid, parent, state, *_ in lines
            if parent == str(self._process.pid) and not state.startswith("Z")  # dead already
        }

    def account(self) -> Account:
        """Return the account as its root sees it, like a person who deploys."""
        session = boto3.Session("test", "test", region_name=REGION)
        return Account(session, self.endpoint)
