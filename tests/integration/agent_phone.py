"""An agent's phone at both surfaces: its token, its list, and the visit that it sends."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from chalicelib import sign_in_wiring, wiring
from tests import minted
from tests.desk import Desk
from tests.integration.conftest import Api

LIST = "/staff/agent/checks"
LINE = "Jalan Kemuning 77"


@dataclass
class Phone:
    """An agent's phone: two surfaces behind one address, one token."""

    api: Api
    desk: Desk
    token: str

    def get(self, path: str) -> tuple[int, Any]:
        headers = {"Accept": "application/json", "Authorization": f"Bearer {self.token}"}
        answer = self.desk.client.http.get(path, headers=headers)
        return answer.status_code, answer.json_body

    def send(self, path: str, body: object, key: str = "") -> tuple[int, Any]:
        status, told, _ = self.api.post(
            path,
            body,
            key=key or secrets.token_urlsafe(24),
            Authorization=f"Bearer {self.token}",
        )
        return status, told


def token(sub: str, *groups: str) -> str:
    now = wiring.clock.now_ms() // 1000
    claims = minted.access(now, sign_in_wiring.pool(), sub=sub, **{"cognito:groups": list(groups)})
    return minted.sign(claims)


def bearer(group: str, **changes: Any) -> dict[str, str]:
    now = wiring.clock.now_ms() // 1000
    claims = minted.access(now, sign_in_wiring.pool(), **{"cognito:groups": [group], **changes})
    return {"Authorization": f"Bearer {minted.sign(claims)}"}


def visit(**changes: Any) -> dict[str, Any]:
    now = datetime.now(tz=UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    place = {"lat": "-8.21234", "lon": "114.36789", "metres": 12}
    seen = {"rooms": 4, "tenure": "rented"}
    return {
        "outcome": "met",
        "taken_at": now,
        "place": place,
        "answers": seen,
        "counts": {"people": 3},
        "head": {"schooling": "bachelor"},
        "photos": [{"type": "jpeg", "size": 200_000}],
    } | changes
