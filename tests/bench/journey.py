"""Takes a family of four through the real functions over the wire, and keeps what each step needs.

`python -m tests.bench.journey` writes it as JSON: for each function of `functions.py` its settings,
what the tables hold when it is called, and what it is called with. A process that measures a cold
start reads that and does nothing else.
"""

from __future__ import annotations

import json
import os
import sys
from base64 import b64decode, b64encode
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from chalicelib.adapters import dispute_items, dynamo, proposal_items
from chalicelib.domain.adoption import SETTLED_MS, Stage
from chalicelib.domain.dispute import Kind
from tests import disputing
from tests.adopting import example
from tests.bench import bare, functions
from tests.bench.wire import Wire
from tests.minted import access, jwks, sign
from tests.world import DATA, NOW, VILLAGE, artefact, child, form, member

OAEP = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)
KEY = "k" * 32


class Unwrapper(dict[str, str]):
    """Unwraps keys with the private half, and remembers them."""

    def __init__(self) -> None:
        super().__init__()
        self._key = rsa.generate_private_key(65537, 2048)

    def __missing__(self, wrapped: str) -> str:
        opened = b64encode(self._key.decrypt(b64decode(wrapped), OAEP)).decode()
        self[wrapped] = opened
        return opened

    @property
    def public(self) -> str:
        """The public half, as the functions are told it (DER, base64)."""
        der = self._key.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        return b64encode(der).decode()


def family(first: int = 9901) -> dict[str, Any]:
    """The form of a family of four with long names."""
    head = member(first, name="Contoh Sumarni Kusumaningtyas")
    rest = [child(n, name=f"Contoh Muhammad Kurniawan {n}") for n in range(first + 1, first + 4)]
    return form(artefact(), head, *rest)


def settings(surface: str, sealing_key: str) -> dict[str, str]:
    """Settings of a function, with the artefacts in force."""
    model, rules = ((DATA / name / "current").read_text().strip() for name in ("models", "rules"))
    return bare.environment(surface, sealing_key, model, rules)


def begin(surface: str = "public") -> tuple[Wire, Unwrapper]:
    """Make this process a function's: its settings, an empty wire."""
    secrets = Unwrapper()
    os.environ.update(settings(surface, secrets.public))
    return bare.stand_around({}, secrets, NOW, jwks().decode()), secrets


def message_of(wire: Wire, receipt: str, version: int) -> str:
    """What a queue carries about the case."""
    item = wire.items[_state(wire, receipt)]
    village = item["pk"]["S"].removeprefix("V#")
    locator = item["sk"]["S"].removeprefix("R#")
    return json.dumps({"village": village, "locator": locator, "version": version})


def _state(wire: Wire, receipt: str) -> str:
    locator = receipt.replace("-", "")[:10]
    return next(place for place in wire.items if place.endswith(f"|R#{locator}") and "|V#" in place)


def keep() -> dict[str, Any]:
    """The family's way, with what the tables hold at each of its steps."""
    wire, secrets = begin()
    app = functions.handler("public_api")
    received = json.loads(app(functions.register(family(), KEY), None)["body"])
    receipt = received["receipt"]
    held = {"received": dict(wire.items)}
    message = {"received": message_of(wire, receipt, 1)}
    for function, state in (("check_identity", "matched"), ("score_household", "decided")):
        functions.handler(function)(functions.batch(message_of(wire, receipt, len(held))), None)
        held[state] = dict(wire.items)
        message[state] = message_of(wire, receipt, len(held))
    body = json.dumps({"receipt": receipt, "agreed": True})
    app(functions.http("POST", "/v1/withdrawals", body, **{"idempotency-key": "w" * 32}), None)
    held["withdrawn"] = dict(wire.items)
    message["withdrawn"] = message_of(wire, receipt, len(held))
    told = {
        "body": family(9921),
        "receipt": receipt,
        "nik": family()["members"][0]["nik"],
        "image": held["received"][_state(wire, receipt)],
        "cookie": _cookie(),
    }
    before = {"check_identity": "received", "score_household": "matched"}
    before |= {"release_guards": "withdrawn"}
    proposal = example("ZZZZAAAAAA", "staff:admin-1", NOW - SETTLED_MS - 1, Stage.COMPARING)
    item = _on_the_wire(proposal_items.proposal_to_item(proposal))
    held["decided"][f"registry_table|{item['pk']['S']}|{item['sk']['S']}"] = item
    a_village = {"village": VILLAGE, "locator": "ZZZZAAAAAA", "version": proposal.version}
    appeal, _ = disputing.filed(Kind.APPEAL, receipt.replace("-", "")[:10], pieces=0, when=NOW)
    item = _on_the_wire(dispute_items.dispute_to_item(appeal))
    held["decided"][f"registry_table|{item['pk']['S']}|{item['sk']['S']}"] = item
    an_appeal = {"village": VILLAGE, "locator": appeal.ref.locator, "version": 1}
    carried = {"carry_out": json.dumps(a_village), "conduct_dispute": json.dumps(an_appeal)}
    return {
        function: {
            "environment": settings(functions.SURFACE.get(function, "public"), secrets.public),
            "items": held[before.get(function, "decided")],
            "secrets": dict(secrets),
            "now": NOW,
            "jwks": jwks().decode(),
            "told": told
            | {"message": carried.get(function, message[before.get(function, "decided")])},
        }
        for function in functions.HANDLERS
    }


def _on_the_wire(item: dynamo.Item) -> dict[str, Any]:
    """An item as the SDK sends it: bytes in base64."""
    return {
        name: {"B": b64encode(value["B"]).decode()} if "B" in value else value
        for name, value in dynamo.encode(item).items()
    }


def _cookie() -> str:
    """The cookie of a supervisor who is signed in."""
    from chalicelib import sign_in_wiring
    from chalicelib.entrypoints import staff_session

    groups = ["reviewer", "supervisor"]
    token = sign(access(NOW // 1000, sign_in_wiring.pool(), **{"cognito:groups": groups}))
    kept = json.dumps({"token": token, "at": NOW // 1000})
    value = sign_in_wiring.cookies().seal(staff_session.SESSION, kept)
    return f"{staff_session.SESSION}={value}"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(json.dumps(keep()), "utf-8")
