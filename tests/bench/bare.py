"""What stands around a measured function: its settings, a wire, a civil registry that confirms.

Only names of the function's own modules are touched, and only in the process that measures.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from typing import Any

from tests.bench.functions import ORIGIN
from tests.bench.wire import Items, Wire

NAMES = (
    "STAGE REGISTRY_TABLE VAULT_TABLE LEDGER_TABLE OPS_TABLE OPENING_KEY_ID INDEX_KEY_ID "
    "CIVIL_REGISTRY_TOKEN TRUSTED_PROXY SEAL_SIGNING_KEY_ID PUBLIC_BUCKET "
    "QUARANTINE_BUCKET RELEASED_BUCKET CLAMSCAN"
)


def environment(surface: str, sealing_key: str, model: str, rules: str) -> dict[str, str]:
    """Settings of a function of a surface."""
    queues = ("CHECK", "SCORE", "RELEASE", "ADOPTION", "DISPUTE")
    return {
        **{f"TEPAT_{name}": name.lower() for name in NAMES.split()},
        **{f"TEPAT_{name}_QUEUE_URL": f"https://sqs.example/1/{name}" for name in queues},
        "TEPAT_SURFACE": surface,
        "TEPAT_REGION": "3510",
        "TEPAT_SEALING_KEY": sealing_key,
        "TEPAT_CIVIL_REGISTRY_URL": "https://registry.example",
        "TEPAT_MODEL": model,
        "TEPAT_RULES": rules,
        "TEPAT_STAFF_ORIGIN": ORIGIN,
        "TEPAT_LOGIN_URL": "https://login.example",
        "TEPAT_CLIENT_ID": "client-1",
        "TEPAT_TOKEN_ISSUER": "https://cognito-idp.ap-southeast-3.amazonaws.com/pool-1",
        "TEPAT_JWKS_URL": "https://cognito-idp.example/jwks.json",
        "AWS_DEFAULT_REGION": "ap-southeast-3",
        "AWS_ACCESS_KEY_ID": "x",
        "AWS_SECRET_ACCESS_KEY": "x",
        "PYTHONHASHSEED": "0",
    }


class Stopped:
    """A clock that stands still."""

    def __init__(self, now: int) -> None:
        """Stand at a time (ms)."""
        self.now = now

    def now_ms(self) -> int:
        """The time (ms)."""
        return self.now


def stand_around(items: Items, secrets: Mapping[str, str], now: int, jwks: str) -> Wire:
    """Put the wire in the place of the network, before the function has made a client.

    Args:
        items: what the tables hold.
        secrets: wrapped key -> the key, both base64.
        now: time (ms).
        jwks: the staff pool's keys.
    """
    from chalicelib import wiring
    from chalicelib.adapters import aws

    wire = Wire(items, secrets.__getitem__)
    wire.attach(aws.session())
    clock: Any = Stopped(now)
    wiring.clock = clock
    _stop_at_the_network(wiring, jwks)
    return wire


def _stop_at_the_network(wiring: Any, jwks: str) -> None:
    """The two calls that go elsewhere than to AWS are answered where they would be sent."""
    real_registry = wiring.civil_registry

    def registry() -> Any:
        client = real_registry()
        type(client)._post = lambda _self, body, _until: _all_confirmed(body)
        return client

    wiring.civil_registry = registry
    # Imported here it would be counted for all, and only those who sign in have it by now.
    signing_in: Any = sys.modules.get("chalicelib.sign_in_wiring")
    if signing_in is None:
        return
    real_keys = signing_in.token_keys

    def keys() -> Any:
        found = real_keys()
        found._fetch = lambda _url: jwks.encode()
        return found

    signing_in.token_keys = keys


def _all_confirmed(question: bytes) -> bytes:
    asked = json.loads(question)
    answers = [
        {"ref": person["ref"], "outcome": "confirmed", "fields": []} for person in asked["people"]
    ]
    return json.dumps({"request": asked["request"], "answers": answers}).encode()
