"""A report about an agent as anybody sends it, and its number."""

from __future__ import annotations

from typing import Any

from chalicelib.domain.registration import Ref
from tests.integration.conftest import Api
from tests.world import VILLAGE

KEY = "report-0000000000000001"
TEXT = "Agen Contoh Namapalsu meminta lima ratus ribu rupiah."
BODY: dict[str, Any] = {"reason": "money_asked", "village": VILLAGE, "text": TEXT}


def send(api: Api, key: str = KEY, **changes: Any) -> tuple[int, Any]:
    code, told, _ = api.post("/v1/reports", {**BODY, **changes}, key=key)
    return code, told


def ref_of(number: str) -> Ref:
    return Ref(VILLAGE, number.replace("-", "")[:10])
