"""A NIK that another case holds, and that case ends: who waited for it is checked like anybody."""

from __future__ import annotations

from tests.integration.conftest import Api
from tests.world import artefact, form


def registered(api: Api, key: str) -> str:
    code, told, _ = api.post("/v1/registrations", form(artefact()), key=key * 24)
    assert code == 201
    return str(told["receipt"])


def state(api: Api, receipt: str) -> str:
    told: str = api.post("/v1/status", {"receipt": receipt})[1]["state"]
    return told


def test_who_withdraws_and_registers_anew_at_once_is_decided_without_an_officer(
    public_api: Api,
) -> None:
    """Before their numbers were released: the check waits for that, and claims them (ADR 14)."""
    first = registered(public_api, "a")
    public_api.settle()
    leave = {"receipt": first, "agreed": True}
    assert public_api.post("/v1/withdrawals", leave, key="w" * 24)[0] == 200
    second = registered(public_api, "b")
    public_api.settle()
    assert (state(public_api, first), state(public_api, second)) == ("released", "decided")
    third = registered(public_api, "c")  # the second holds the numbers now
    public_api.settle()
    assert state(public_api, third) == "needs_officer"
