"""The real handlers in process: moto as AWS, Chalice's client as HTTP, a key of the test."""

from __future__ import annotations

import importlib
import io
import json
import logging
import sys
from base64 import b64encode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import boto3
import pytest
from chalice.app import Blueprint
from chalice.test import Client
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from moto import mock_aws
from moto.core import DEFAULT_ACCOUNT_ID
from moto.dynamodb.models import dynamodb_backends

from chalicelib import sign_in_wiring, wiring
from chalicelib.adapters import aws
from chalicelib.adapters.login import Login
from chalicelib.adapters.protection import unlock
from chalicelib.settings import settings
from chalicelib.usecases.ports import Sealed
from infra.resources import create_in
from tests import minted, rights_watch
from tests.canaries import places
from tests.canaries.watch import fail_if_met, watched
from tests.desk import ORIGIN, Desk, PretendLogin, built_pages
from tests.world import DATA, Registry, artefact

PLACE = "ap-southeast-3"
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
WORKERS = (
    ("CHECK", "check_identity"),
    ("SCORE", "score_household"),
    ("RELEASE", "release_guards"),
    ("ADOPTION", "carry_out"),
    ("DISPUTE", "conduct_dispute"),
)
"""The queues, by their names in the environment, and who works at each."""


class LocalOpener:
    """Opens with a key of the test: moto cannot open what was sealed to a KMS key pair."""

    def open(self, sealed: Sealed, context: str) -> bytes:
        return unlock(sealed.blob, self.unwrap(sealed.wrapped_key), "banyuwangi", context)

    def unwrap(self, wrapped: bytes) -> bytes:
        rights_watch.opened()
        oaep = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)
        return KEY.decrypt(wrapped, oaep)


@dataclass
class Api:
    """A surface of the app, called as the gateway calls it."""

    client: Client
    registry: Registry

    def post(
        self, path: str, body: object, *, key: str = "", accept: str = "application/json",
        content_type: str | None = "application/json", **headers: str,
    ) -> tuple[int, Any, Mapping[str, Any]]:  # fmt: skip
        """Post JSON (or raw bytes) and read the JSON answer: (status, body, headers)."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        sent = {"Accept": accept, "X-Forwarded-For": "203.0.113.7", **headers}
        if content_type is not None:
            sent["Content-Type"] = content_type
        if key:
            sent["Idempotency-Key"] = key
        answer = self.client.http.post(path, headers=sent, body=raw)
        text = answer.body.decode()
        is_json = "json" in str(answer.headers.get("Content-Type", ""))
        return answer.status_code, json.loads(text) if is_json else text, answer.headers

    def get(self, path: str, accept: str = "application/json") -> tuple[int, Any]:
        """Get a page or JSON: (status, body)."""
        answer = self.client.http.get(path, headers={"Accept": accept})
        text = answer.body.decode()
        is_json = "json" in str(answer.headers.get("Content-Type", ""))
        return answer.status_code, json.loads(text) if is_json else text

    def settle(self) -> None:
        """Let the stream and the queues do their work until nothing moves."""
        for _ in range(4):
            self._relay()
            if not self.work():
                return

    def work(self) -> bool:
        """Let the queues' functions take what waits there; False when nothing did."""
        took = [self._take(name, function) for name, function in WORKERS]
        return any(took)

    def invoke(self, function: str, event: Mapping[str, Any]) -> Any:
        """Call a function as AWS does; gives what it answers."""
        return self.client.lambda_.invoke(function, event).payload

    def _relay(self) -> None:
        """Tell the relay of all that stands in the registry, as if each had just been written."""
        kept = kept_by_moto(settings().registry_table)
        images = [item.to_json()["Attributes"] for item in kept.all_items()]
        forget_stream(kept)
        self.invoke("relay", {"Records": [{"dynamodb": {"NewImage": image}} for image in images]})

    def _take(self, name: str, function: str) -> bool:
        url, took = wiring.needed(f"TEPAT_{name}_QUEUE_URL"), False
        sqs = wiring.client("sqs")
        ask = {"QueueUrl": url, "MaxNumberOfMessages": 10, "WaitTimeSeconds": 0}
        while messages := sqs.receive_message(**ask).get("Messages"):
            took = True
            records = [{"messageId": m["MessageId"], "body": m["Body"]} for m in messages]
            answer = self.invoke(function, {"Records": records})
            failed = {one["itemIdentifier"] for one in answer["batchItemFailures"]}
            for message in messages:
                if message["MessageId"] not in failed:
                    handle = message["ReceiptHandle"]
                    sqs.delete_message(QueueUrl=url, ReceiptHandle=handle)
        return took


@pytest.fixture(scope="session")
def model_questions() -> list[dict[str, Any]]:
    questions: list[dict[str, Any]] = json.loads(
        (DATA / "models" / f"{artefact().sha256}.json").read_bytes()
    )["questions"]
    return questions


@pytest.fixture(scope="module")
def resources() -> Iterator[dict[str, str]]:
    """Resources in moto, made once for a module: keys and the staff pool take a second."""
    public = KEY.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    with pytest.MonkeyPatch.context() as patch, mock_aws():
        for name, value in {
            "AWS_DEFAULT_REGION": PLACE,
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing",
            "AWS_ACCOUNT_ID_ENDPOINT_MODE": "disabled",
        }.items():
            patch.setenv(name, value)
        patch.delenv("AWS_ENDPOINT_URL", raising=False)
        found = create_in(boto3.Session()) | {
            "TEPAT_SEALING_KEY": b64encode(public).decode(),
            "TEPAT_MODEL": (DATA / "models" / "current").read_text().strip(),
            "TEPAT_RULES": (DATA / "rules" / "current").read_text().strip(),
        }
        for name, value in found.items():
            patch.setenv(name, value)
        yield found
        fail_if_met(places.beside_tables(_own_client))
    _own_client.cache_clear()


@cache
def _own_client(service: str) -> Any:
    """The tests' own clients: to make one takes longer than most tests."""
    return aws.client(service)


@pytest.fixture
def environment(resources: dict[str, str]) -> Iterator[dict[str, str]]:
    """The functions' environment over empty tables."""
    forget()
    for name in ("REGISTRY", "VAULT", "LEDGER", "OPS"):
        empty(resources[f"TEPAT_{name}_TABLE"])
    yield resources
    forget()


@pytest.fixture(autouse=True)
def nobody_is_met(request: pytest.FixtureRequest) -> Iterator[None]:
    """No answer and nothing that is stored may show who was sent; see `tests/canaries`."""
    if "environment" not in request.fixturenames:
        yield
        return
    request.getfixturevalue("environment")
    # Only tables are emptied for each test: what else there is is searched after the last one.
    with watched(_own_client, places.in_tables):
        yield


def empty(table: str) -> None:
    """Forget every item of a table, and its stream."""
    kept = kept_by_moto(table)
    kept.items.clear()
    forget_stream(kept)


def kept_by_moto(table: str) -> Any:
    """A table as moto has it; a scan through boto3 takes far longer than reading it here."""
    return dynamodb_backends[DEFAULT_ACCOUNT_ID][PLACE].tables[table]


def forget_stream(kept: Any) -> None:
    """Nobody reads it here, and moto copies it for each transaction."""
    if kept.stream_shard is not None:
        kept.stream_shard.items.clear()


@pytest.fixture
def public_api(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Api]:
    """The public surface, with a civil registry that answers what the test says."""
    registry = Registry()
    monkeypatch.setattr(wiring, "civil_registry", lambda: registry)
    monkeypatch.setattr(wiring, "opener", LocalOpener)
    with Client(load_app("public", monkeypatch)) as client:
        yield Api(client, registry)


@pytest.fixture(scope="session")
def answer_pages() -> Path:
    """The answer templates, as a built package carries them."""
    return built_pages()


@pytest.fixture
def desk(public_api: Api, answer_pages: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """The staff surface beside the public one, on the same tables."""
    monkeypatch.setenv("TEPAT_STAFF_ORIGIN", ORIGIN)
    monkeypatch.setenv("TEPAT_POOL_ID", "pool-1")
    monkeypatch.setattr(sign_in_wiring, "token_keys", lambda: minted.keys)
    login = PretendLogin(Login("https://login.example", "client-1", ORIGIN))
    monkeypatch.setattr(sign_in_wiring, "login", lambda: login)
    back = ("/staff/agent/callback", "/petugas/")
    phones = PretendLogin(Login("https://login.example", "client-1", ORIGIN, *back), ["agent"])
    monkeypatch.setattr(sign_in_wiring, "agent_login", lambda: phones)
    app = load_app("staff", monkeypatch)
    pages = importlib.import_module("chalicelib.entrypoints.pages")
    assets = json.loads((answer_pages / "assets.json").read_text())
    engine = pages.environment([answer_pages], assets)
    monkeypatch.setattr(pages, "_environment", lambda: engine)
    with Client(app) as client:
        yield Desk(client, login, phones)


@pytest.fixture
def log_lines() -> Iterator[io.StringIO]:
    """Everything that the functions log."""
    kept = io.StringIO()
    handler = logging.StreamHandler(kept)
    handler.setFormatter(logging.getLogger("tepat").handlers[0].formatter)  # whole lines, as sent
    loggers = [logging.getLogger(), logging.getLogger("tepat")]
    for logger in loggers:
        logger.addHandler(handler)
    yield kept
    for logger in loggers:
        logger.removeHandler(handler)


def load_app(surface: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Import app.py anew for a surface, and what registers routes; schemas are as they were."""
    monkeypatch.setenv("TEPAT_SURFACE", surface)
    # A blueprint registers once: Chalice empties what it holds.
    for name, module in list(sys.modules.items()):
        if name == "app" or (name.startswith("chalicelib.entrypoints") and _registers(module)):
            monkeypatch.delitem(sys.modules, name)
    return importlib.import_module("app").app


def _registers(module: ModuleType) -> bool:
    return any(isinstance(value, Blueprint) for value in vars(module).values())


def forget() -> None:
    """Drop what a warm function would keep, so that each test starts cold."""
    ports = [sys.modules[name] for name in sys.modules if name.endswith("_wiring")]
    for holder in (wiring, aws, *ports):
        for value in vars(holder).values():
            if hasattr(value, "cache_clear"):
                value.cache_clear()
    settings.cache_clear()
