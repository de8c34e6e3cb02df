"""What people and clocks do in a year, and what each time uses: counts, and stated assumptions.

Each operation is one entry of `of_year`; what it uses once is made of the counted steps, of the
requests that lead to it and of the work behind the queues.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Final

from infra.cost import fixed
from infra.cost.inputs import Inputs, Units

GB: Final = 1_000_000_000
KB: Final = 1_000
GIB_MB: Final = 1024
BLOCK: Final = 4096
KIB: Final = 1024
TB: Final = 1_000_000_000_000
LEAST_QUERY: Final = 10_000_000
"""Bytes that Athena bills for a query that reads less."""

_CONFIG = Path(__file__).parents[2] / ".chalice" / "config.json"
_FIRST = "banyuwangi"


class Part(StrEnum):
    """Which total an operation belongs to.

    Use is what is held against the target for a million families; the others are told beside it.
    """

    USE = "use"
    STAGES = "stages"
    EDGE = "edge"
    PEOPLE = "staff identities"


@dataclass(frozen=True, slots=True)
class Operation:
    """Something that is done.

    Attributes:
        times: in a year, in all.
        one: what it uses once.
    """

    name: str
    part: Part
    times: float
    one: Units

    @property
    def units(self) -> Units:
        """What it uses in a year."""
        return {price: self.times * count for price, count in self.one.items()}


def registering(inputs: Inputs) -> list[Operation]:
    """One registration from the form to the decision, in its two operations."""
    batch, log = inputs["batch"], inputs.counts["registration"]
    register = _sum(_request(inputs, "api_ms"), inputs.step("register, 4 members"))
    reads = log["read units, in a batch of five"] - log["read units, check"]
    behind = _sum(
        inputs.step("check"),
        inputs.step("score"),
        {
            "ddb_rru": -log["read units, score"] + reads,
            "kms_request": log["calls to the key service"],
        },
        _queued(inputs, 2),
        _work(inputs, "check_identity", inputs["check_ms"], 1 / batch),
        _work(inputs, "score_household", inputs["score_ms"], 1 / batch),
        _work(inputs, "relay", 2 * inputs["relay_ms"], 2 / batch),
        _logged(4 / batch * log["log, a worker's batch"]),
    )
    return [
        Operation("register", Part.USE, 1, register),
        Operation("check the identity, score and decide", Part.USE, 1, behind),
    ]


def of_year(inputs: Inputs, families: float, stages: float) -> list[Operation]:
    """All that is done in a year.

    Args:
        inputs: counts, prices, assumptions.
        families: who are registered.
        stages: how many deployments they are in.
    """
    return [
        *_of_families(inputs, families),
        *_of_disputes(inputs, families),
        *_of_clocks(inputs, families, stages),
        *_of_storage(inputs, families),
        *_beside(inputs, families, stages),
    ]


def _of_families(inputs: Inputs, families: float) -> list[Operation]:
    registrations = families * inputs["registrations"] * (1 + inputs["retries"])
    looks = families * inputs["look_ups"]
    wrong = _sum(_request(inputs, "look_ms"), inputs.step("status, wrong receipt"))
    return [
        *(Operation(o.name, o.part, registrations, o.one) for o in registering(inputs)),
        Operation(
            "look at the result",
            Part.USE,
            looks * (1 - inputs["wrong_receipts"]),
            _sum(_request(inputs, "look_ms"), inputs.step("status")),
        ),
        Operation("a wrong receipt", Part.USE, looks * inputs["wrong_receipts"], wrong),
    ]


def _of_disputes(inputs: Inputs, families: float) -> list[Operation]:
    photos, kb = inputs["photos"], inputs["photo_kb"]
    screened = _times(
        photos,
        _sum(
            inputs.step("a photo screened"),
            {"s3_put": 1, "sqs_request": 3},
            _work(inputs, "screen_evidence", inputs["screen_ms"], 1, surface="screening"),
        ),
    )
    drawn = _sum(
        inputs.step("an appeal handed over and drawn"),
        _queued(inputs, 3),
        _officers_read(inputs),
        _work(inputs, "conduct_dispute", 3 * inputs["page_ms"], 3 / inputs["batch"]),
    )
    # The village is read whole to find whom a neighbour means.
    village = inputs["village_families"] * inputs.counts["registration"]["state item"] / BLOCK
    objection = _sum(
        _times(4, _request(inputs, "api_ms")),  # three to sign in, one to file
        {"kms_request": 1, "ddb_rru": village},
        inputs.step("an objection filed"),
        inputs.step("a family found and told of an objection"),
        _request(inputs, "api_ms"),
        inputs.step("an objection answered"),
    )
    judged = _sum(
        _times(2 * inputs["staff_requests"], _request(inputs, "page_ms")),
        _times(2, inputs.step("officer's queue, 60 disputes")),
        _times(2, inputs.step("officer opens an appeal")),
        inputs.step("officer recommends"),
        inputs.step("officer upholds"),
        inputs.step("score"),
        {"kms_request": 2, "s3_get": photos * inputs["photo_views"]},
    )
    shown = {"egress_gb": photos * inputs["photo_views"] * kb * KB / GB}
    desk = _sum(_times(3, _request(inputs, "page_ms")), inputs.step("an agent opens a family"))
    visited = _sum(
        _times(inputs["visit_requests"], _request(inputs, "page_ms")),
        inputs.step("a visit asked for and drawn"),
        _officers_read(inputs),
        inputs.step("an agent opens a family"),
        inputs.step("a finding sent"),
        inputs.step("score"),
        screened,
    )
    appeals, objections = families * inputs["appeals"], families * inputs["objections"]
    appeal = _sum(_request(inputs, "api_ms"), inputs.step("an appeal filed, 3 photos"))
    both = appeals + objections
    return [
        Operation("appeal", Part.USE, appeals, appeal),
        Operation("objection", Part.USE, objections, objection),
        Operation("screen photos, hand over, draw", Part.USE, both, _sum(screened, drawn)),
        Operation("two officers judge", Part.USE, both, judged),
        Operation("photos shown to officers", Part.USE, both, shown),
        Operation("a case at the desk", Part.USE, families * inputs["desk_cases"], desk),
        Operation("ground check", Part.USE, families * inputs["visits"], visited),
    ]


def _of_clocks(inputs: Inputs, families: float, stages: float) -> list[Operation]:
    registrations = families * inputs["registrations"]
    state = inputs.counts["registration"]["state item"]
    day = inputs.counts["lasting"]["sweep, a day"]["whole days"]
    events = inputs.counts["lasting"]["ledger, a decided family"]["bytes"]
    read = inputs["region_families"] * state / BLOCK / 2  # no need to be consistent
    # Each village's families are kept as one packed item until all are there, and counted as done.
    villages = inputs["region_families"] / inputs["village_families"]
    packed = inputs["village_families"] * inputs["part_bytes"]
    ranked = {
        "ddb_rru": read + villages * packed / BLOCK,
        "ddb_wru": 2 + villages * 2 * (1 + math.ceil(packed / KIB)),
        "s3_put": 1.0,
        "lambda_gb_s": inputs["region_families"] / inputs["rank_rows"] * memory("carry_out"),
    }
    anew = _sum(inputs.step("score"), _work(inputs, "carry_out", inputs["score_ms"], 1 / 150))
    query = max(LEAST_QUERY, families / stages * inputs["snapshot_bytes"]) / TB
    regions = max(1.0, families / inputs["region_families"])
    return [
        Operation("rank a region", Part.USE, regions * inputs["rankings"], ranked),
        Operation("decide a family anew", Part.USE, families * inputs["new_models"], anew),
        Operation(
            "look for what is stuck", Part.USE, registrations, {"ddb_rru": day * events / BLOCK}
        ),
        Operation("seal the ledger", Part.USE, registrations, {"ddb_rru": events / BLOCK}),
        Operation("dashboards", Part.USE, inputs["dashboards"] * stages, {"athena_tb": query}),
    ]


def _of_storage(inputs: Inputs, families: float) -> list[Operation]:
    disputes = families * (inputs["appeals"] + inputs["objections"])
    held = families * inputs.stored("a decided family") + disputes * inputs.stored("its appeal")
    gb_months = 12 * held / GB
    photos = disputes * inputs["photos"] * inputs["photo_kb"] * KB / GB * inputs["photo_months"]
    return [
        Operation("tables: storage", Part.USE, gb_months, {"ddb_storage_gb_mo": 1}),
        Operation("tables: recovery to any second", Part.USE, gb_months, {"ddb_pitr_gb_mo": 1}),
        Operation("photos: storage", Part.USE, photos, {"s3_gb_mo": 1}),
        Operation("exports", Part.USE, inputs["exports"], {"ddb_rru": held / BLOCK / 2}),
    ]


def _beside(inputs: Inputs, families: float, stages: float) -> list[Operation]:
    visits = families * inputs["registrations"], families * inputs["look_ups"]
    requests = sum(
        count * (1 + inputs[site])
        for count, site in zip(visits, ("site_requests", "look_site_requests"), strict=True)
    )
    sent = sum(
        count * (inputs["answer_bytes"] + inputs[site])
        for count, site in zip(visits, ("site_bytes", "look_site_bytes"), strict=True)
    )
    staff = 12 * families / 1000 * inputs["staff_per_thousand"]
    return [
        Operation("a stage at rest", Part.STAGES, stages, fixed.of_stage(inputs)),
        Operation("shared by all stages", Part.STAGES, 1, fixed.of_account()),
        Operation(
            "CloudFront: requests", Part.EDGE, requests, {"cloudfront_https_request_asia": 1}
        ),
        Operation("CloudFront: bytes", Part.EDGE, sent / GB, {"cloudfront_egress_gb_asia": 1}),
        Operation("staff who sign in", Part.PEOPLE, staff, {"cognito_mau": 1}),
    ]


def _request(inputs: Inputs, time: str) -> Units:
    """One request through the firewall and the gateway to the function of the APIs."""
    cold = inputs["cold_starts"]
    seconds = (inputs[time] + cold * inputs["init_ms"]) / 1000
    return _sum(
        {
            "apigw_rest": 1.0,
            "waf_request": 1.0,
            "lambda_request": 1.0,
            "lambda_gb_s": seconds * memory("api_handler"),
            "kms_request": cold,  # a process derives its index key once
        },
        _logged(inputs.counts["registration"]["log, a request"]),
    )


def _queued(inputs: Inputs, messages: int) -> Units:
    """Sending, receiving and deleting, each once a batch."""
    return {"sqs_request": 3 * messages / inputs["batch"]}


def _work(
    inputs: Inputs, function: str, ms: float, invocations: float, *, surface: str = ""
) -> Units:
    """Work behind a queue: ms of one message, and its share of an invocation."""
    cold = invocations * inputs["cold_starts"] * inputs["init_ms"]
    gb = memory(function, surface)
    return {"lambda_request": invocations, "lambda_gb_s": (ms + cold) / 1000 * gb}


def _officers_read(inputs: Inputs) -> Units:
    """All officers of a region are read to draw one, once a batch."""
    profile = inputs.counts["lasting"]["an officer's profile"]["bytes"]
    return {"ddb_rru": inputs["officers_region"] * profile / BLOCK / inputs["batch"]}


def _logged(size: float) -> Units:
    """Lines of our own: taken in, and kept for three months."""
    return {"logs_ingest_gb": size / GB, "logs_store_gb_mo": 3 * size / GB}


@cache
def _stages() -> dict[str, dict[str, dict[str, dict[str, int]]]]:
    found: dict[str, dict[str, dict[str, dict[str, int]]]] = json.loads(_CONFIG.read_text("utf-8"))[
        "stages"
    ]
    return found


def memory(function: str, surface: str = "") -> float:
    """Memory of a function in GB, as it is deployed."""
    stage = f"{_FIRST}-{surface}" if surface else _FIRST
    return _stages()[stage]["lambda_functions"][function]["lambda_memory_size"] / GIB_MB


def _sum(*several: Units) -> Units:
    found: Units = {}
    for units in several:
        for price, count in units.items():
            found[price] = found.get(price, 0) + count
    return found


def _times(count: float, units: Units) -> Units:
    return {price: count * each for price, each in units.items()}
