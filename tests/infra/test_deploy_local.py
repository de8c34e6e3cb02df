"""Which local AWS a deployment goes to, and where the pilot is served meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from infra import deploy_local, smoke, stacks
from infra.local import Ports
from infra.local_aws.server import LocalAws, LocalRunError
from infra.stacks import Change
from tests.local_aws import free_port

GIVEN = {
    "SiteOrigin": "http://127.0.0.1:1",
    "CivilRegistryUrl": "http://127.0.0.1:1/check",
    "IkdIssuer": "http://127.0.0.1:2",
    "IkdClientId": "tepat-local",
    "IkdAlgorithm": "RS256",
}


@contextmanager
def answering(status: int) -> Iterator[int]:
    """A server that answers everything in one way; gives its port."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            return None

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()


def test_the_local_aws_that_runs_is_used(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with answering(200) as port, deploy_local.local_aws(port, tmp_path) as aws:
        assert aws.endpoint == f"http://127.0.0.1:{port}"
    assert f"using the local AWS that runs at {port}" in capsys.readouterr().out


def test_another_program_at_its_port_is_told_with_the_way_out(tmp_path: Path) -> None:
    with (
        answering(404) as port,
        pytest.raises(LocalRunError, match=f"AWS_PORT={port + 1}"),
        deploy_local.local_aws(port, tmp_path),
    ):
        pytest.fail("it is no local AWS")


def test_where_none_runs_one_is_started_and_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    did: list[str] = []
    monkeypatch.setattr(LocalAws, "start", lambda _: did.append("started"))
    monkeypatch.setattr(LocalAws, "stop", lambda _: bool(did.append("stopped")) or True)
    port = free_port()
    with deploy_local.local_aws(port, tmp_path):
        assert did == ["started"]
    assert did == ["started", "stopped"]
    assert f"no local AWS answers at {port}: starting one" in capsys.readouterr().out


def test_ports_that_somebody_else_has_are_gone_round() -> None:
    with answering(200) as taken:
        ports = deploy_local._free(Ports(taken, 4566, taken, taken))
    assert taken not in (ports.site, ports.registry, ports.ikd)
    assert ports.aws == 4566


@pytest.mark.parametrize("well", [True, False])
def test_a_pilot_that_is_served_now_stays_where_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, well: bool
) -> None:
    """What its stack was deployed with may be over: it is asked, with its region."""
    told = [{"ParameterKey": name, "ParameterValue": value} for name, value in GIVEN.items()]
    monkeypatch.setattr(stacks, "describe", lambda *_: {"Parameters": told})
    knocked: list[tuple[str, str]] = []

    def knock(site: str, region: str, _: Any) -> str:
        knocked.append((site, region))
        if not well:
            raise smoke.SmokeError("form: no village of 5271")
        return ""

    monkeypatch.setattr(smoke, "knock", knock)
    aws = LocalAws(Path("-"), 1, tmp_path)
    with answering(200) as port:
        told[1]["ParameterValue"] = f"http://127.0.0.1:{port}/check"
        found = deploy_local.served(aws, "mataram", "5271")
    assert (found is not None) == well
    assert knocked == [(GIVEN["SiteOrigin"], "5271")]


def test_a_pilot_that_was_never_deployed_is_not_served(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stacks, "describe", lambda *_: None)
    assert deploy_local.served(LocalAws(Path("-"), 1, tmp_path), "mataram", "5271") is None


def test_each_stack_s_changes_are_told_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    changes = [Change("Add", "A", "x", False), Change("Modify", "B", "x", False)] * 2
    assert deploy_local.told("tepat-mataram-public", changes)
    assert capsys.readouterr().out == "  tepat-mataram-public: 2 new, 2 changed\n"
