"""Every function with its memory, time and policy; `.chalice/config.json` is made from this.

Chalice takes a value of the top level where a stage's is missing, and a stage's where a function's
is, so all of them are written out under each function of each stage. To add a function is a line
here; `make pilot` writes the file again.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra import stages

CONFIG = Path(__file__).parent.parent / ".chalice" / "config.json"
API_STAGE = "live"  # of both APIs at the gateway


@dataclass(frozen=True, slots=True)
class Function:
    """What a function gets.

    Attributes:
        name: as Chalice knows it; `api_handler` answers all routes of a surface.
        memory: MB.
        timeout: seconds; a queue hides a message six times as long.
        policy: file in infra/policies, without its ending; none belongs to two functions.
        reserved: executions kept for it and its most at once; None for no such bound.
    """

    name: str
    memory: int
    timeout: int
    policy: str
    reserved: int | None = None


FUNCTIONS = {
    "public": (
        Function("api_handler", 1024, 15, "public_api"),
        Function("check_identity", 512, 30, "check_identity"),
        Function("score_household", 512, 20, "score_household"),
        Function("release_guards", 512, 20, "release_guards"),
        Function("carry_out", 1024, 120, "carry_out"),
        Function("conduct_dispute", 512, 60, "conduct_dispute"),
        Function("relay", 512, 20, "relay"),
        Function("sweep", 512, 60, "sweep"),
        Function("seal_day", 1024, 300, "seal_day"),
        Function("send_visits", 512, 300, "send_visits"),
    ),
    "staff": (Function("api_handler", 1024, 15, "staff_api"),),
    "screening": (Function("screen_evidence", 512, 30, "screen_evidence", reserved=4),),
}


def chalice_stage(pilot: str, surface: str) -> str:
    """Return Chalice's name for a surface of a pilot, e.g. `banyuwangi-staff`."""
    return pilot if surface == "public" else f"{pilot}-{surface}"


def chalice_config(pilots: Iterable[str]) -> dict[str, Any]:
    """Return what Chalice is told of some pilots.

    Args:
        pilots: their names.
    """
    return {
        "version": "2.0",
        "app_name": "tepat",
        "autogen_policy": False,
        "automatic_layer": False,
        "lambda_architecture": "arm64",
        "api_gateway_endpoint_type": "REGIONAL",
        "stages": {
            chalice_stage(pilot, surface): _stage(surface)
            for pilot in sorted(pilots)
            for surface in FUNCTIONS
        },
    }


def _stage(surface: str) -> dict[str, Any]:
    functions = FUNCTIONS[surface]
    api = {"api_gateway_stage": API_STAGE} if functions[0].name == "api_handler" else {}
    return {
        **api,
        "environment_variables": {"TEPAT_SURFACE": surface},
        "lambda_functions": {each.name: _values(each) for each in functions},
    }


def _values(function: Function) -> dict[str, Any]:
    bound = {} if function.reserved is None else {"reserved_concurrency": function.reserved}
    return {
        "lambda_memory_size": function.memory,
        "lambda_timeout": function.timeout,
        **bound,
        "iam_policy_file": f"../infra/policies/{function.policy}.json",
    }


def config_text() -> str:
    """Return the text of `.chalice/config.json`: every pilot of infra/stages, a function a line."""
    return _told(chalice_config(stages.names()), 0) + "\n"


def _told(value: Any, depth: int) -> str:  # noqa: ANN401 - any JSON
    """JSON with one line for an object that holds no other."""
    if not isinstance(value, dict) or not any(isinstance(each, dict) for each in value.values()):
        return json.dumps(value)
    margin = "  " * (depth + 1)
    lines = (f"{margin}{json.dumps(k)}: {_told(v, depth + 1)}" for k, v in value.items())
    return "{\n" + ",\n".join(lines) + "\n" + "  " * depth + "}"


def edited_by_hand() -> str:
    """Return what is wrong with `.chalice/config.json`; "" if it is as it is made."""
    there = CONFIG.read_text("utf-8") if CONFIG.is_file() else ""
    if there == config_text():
        return ""
    return (
        ".chalice/config.json is not what infra/functions.py and infra/stages say. It is made, "
        "never edited: `make pilot` writes it again."
    )
