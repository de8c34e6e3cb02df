"""Read what a run left behind: tables, queues, status pages, and the ledger by its own verifier."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

import httpx

from chalicelib.adapters import dynamo, registry_items, vault_items
from chalicelib.domain.registration import Registration
from infra import audit_export
from infra.chaos.crowd import Crowd
from infra.chaos.findings import Case, Event, Findings, Sealed, Shown
from infra.chaos.judgement import MOVING
from infra.chaos.stack import QUEUES, STAGE, Stack
from infra.demo import Api, register
from infra.demo import Case as Family
from infra.stages import parameters
from infra.stages import read as read_stage

_AT_ONCE: Final = 4


def read(stack: Stack, crowd: Crowd, families: int) -> Findings:
    """Read everything, once nothing is being written any more.

    Args:
        crowd: whose receipts are asked for, and whose forms are sent once more.
        families: how many were sent.
    """
    again = _sent_again(crowd)
    shown = _shown(crowd)
    states = [dynamo.decode(item) for item in _scan(stack, "Registry")]
    export = stack.folder / "ledger.jsonl"
    export_ledger(stack, export)
    records = [json.loads(line) for line in export.read_text("ascii").splitlines()]
    return Findings(
        families=families,
        refused=dict(crowd.refused),
        printed=_printed(crowd.printed),
        again=again,
        done=[
            (case.receipt, act)
            for case in crowd.cases
            for act, status in case.acts.items()
            if status == httpx.codes.OK
        ],
        shown=shown,
        cases=[
            _case(registry_items.from_item(item))
            for item in states
            if registry_items.is_state(item)
        ],
        sealed=[_sealed(dynamo.decode(item)) for item in _scan(stack, "Vault")],
        guards=[
            (str(item["pk"]), registry_items.guard_from_item(item).ref.locator)
            for item in states
            if item["sk"] == registry_items.GUARD_SK
        ],
        events=[_event(record) for record in records if record["type"] == "event"],
        queued={name.lower(): stack.waiting(stack.queue_url(name)) for name in QUEUES},
        parked=list(_parked(stack)),
        verdict=verdict(export, _published_seals(stack)),
    )


def moving(stack: Stack) -> int:
    """How many cases still wait for a machine."""
    items = (dynamo.decode(item) for item in _scan(stack, "Registry"))
    states = (item["s"] for item in items if registry_items.is_state(item))
    return sum(state in MOVING for state in states)


def export_ledger(stack: Stack, path: Path) -> None:
    """Export the ledger as it stands now."""
    given = parameters(read_stage(STAGE)) | stack.parameters
    with path.open("wb") as out:
        audit_export.write(stack.account, given, time.time_ns() // 1_000_000 + 1, out)


def verdict(export: Path, seals: Path) -> str:
    """What `tepat audit verify` has against an export; "" when it says that it is sound."""
    tepat = Path(sys.executable).with_name("tepat")
    done = subprocess.run(
        [tepat, "audit", "verify", export, "--seals", seals],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode == 0 and "Sound:" in done.stdout:
        return ""
    return f"tepat audit verify ({done.returncode}): {(done.stdout + done.stderr).strip()}"


def _published_seals(stack: Stack) -> Path:
    """Save the newest seal as the site shows it, under its day."""
    seals = stack.folder / "seals"
    latest = httpx.get(f"{stack.site}/audit/latest.json", timeout=30, trust_env=False)
    day = latest.raise_for_status().json()["day"]
    (seals / f"{day[:4]}-{day[4:6]}-{day[6:]}.json").write_bytes(latest.content)
    return seals


def _sent_again(crowd: Crowd) -> dict[int, str]:
    """Every form once more under its key; number of the family -> the receipt told now."""

    def send(case: Family) -> tuple[int, str]:
        return case.number, register(crowd.api, Family(case.number, case.draft)).receipt

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return dict(pool.map(send, crowd.cases))


def _shown(crowd: Crowd) -> dict[str, Shown]:
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        pages = pool.map(lambda case: _page(crowd.api, case.receipt), crowd.cases)
        told = zip((case.receipt for case in crowd.cases), pages, strict=True)
        return {receipt: page for receipt, page in told if page is not None}


def _page(api: Api, receipt: str) -> Shown | None:
    answer = api.post("status", {"receipt": receipt}, "0" * 32)
    if answer is None or answer.status_code != httpx.codes.OK:
        return None
    told = answer.json()
    return Shown(told["state"], {each["programme"]: each["eligible"] for each in told["decisions"]})


def _printed(path: Path) -> list[tuple[int, str]]:
    lines = (json.loads(line) for line in path.read_text("utf-8").splitlines())
    return [(line["family"], line["receipt"]) for line in lines]


def _scan(stack: Stack, table: str) -> Iterator[dict[str, Any]]:
    pages = stack.client("dynamodb").get_paginator("scan")
    for page in pages.paginate(TableName=stack.parameters[f"{table}Table"], ConsistentRead=True):
        yield from page["Items"]


def _case(case: Registration) -> Case:
    return Case(
        locator=case.ref.locator,
        state=case.state.value,
        version=case.version,
        steps=tuple(step.state.value for step in case.steps),
        head=(case.head.seq, case.head.hash.hex()),
        corrections=case.corrections,
        scored=case.scored is not None,
        eligible={each.programme: each.eligible for each in case.decisions},
        held=any(code.startswith("nik_held") for code in case.concerns),
    )


def _sealed(item: dict[str, Any]) -> Sealed:
    locator, vault = vault_items.from_item(item)
    return Sealed(locator, str(item["sk"]), vault.guards)


def _event(record: dict[str, Any]) -> Event:
    return Event(
        chain=record["chain"],
        seq=record["seq"],
        hash=record["hash"],
        act=record["act"],
        actor=record["actor"],
        before=record.get("from", ""),
        after=record.get("to", ""),
    )


def _parked(stack: Stack) -> Iterator[tuple[str, str]]:
    """Take every message out of the dead-letter queues."""
    sqs = stack.client("sqs")
    for name in QUEUES:
        attributes = sqs.get_queue_attributes(
            QueueUrl=stack.queue_url(name), AttributeNames=["RedrivePolicy"]
        )["Attributes"]
        arn = json.loads(attributes["RedrivePolicy"])["deadLetterTargetArn"]
        queue = arn.rpartition(":")[2]
        url = sqs.get_queue_url(QueueName=queue)["QueueUrl"]
        while taken := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
            for message in taken:
                yield queue, json.loads(message["Body"])["locator"]
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
