"""Messages that get lost on their way: the sweep finds what waits for them, on every queue.

The registry's stream tells nothing here: only what the sweep sends is worked on.
"""

from __future__ import annotations

from typing import Any

import pytest

from infra.chaos.stack import TICK
from tests.desk import Desk, as_officer, later, ledger, locator
from tests.integration.conftest import Api
from tests.integration.proposing import number_of, propose, region
from tests.integration.sanggah_sending import appeal, settings_of_the_stage, status
from tests.world import artefact, form

__all__ = ["region", "settings_of_the_stage"]  # fixtures
QUARTER_S = 16 * 60  # what waits longer than a quarter of an hour is stuck
DAY_S = 25 * 3_600


def swept(api: Api) -> bool:
    """Let the sweep look at today and yesterday; whether the queues then had anything to do."""
    api.invoke("sweep", TICK | {"detail": {"days": 2}})
    return api.work()


def registered(api: Api, key: str = "family-0000000000000001") -> str:
    code, told, _ = api.post("/v1/registrations", form(artefact()), key=key)
    assert code == 201
    return str(told["receipt"])


def states(receipt: str) -> list[str]:
    """Where the ledger says that a case has been, in order."""
    own = [each for each in ledger() if each["sk"]["S"].startswith(f"{locator(receipt)}#")]
    told = sorted(own, key=lambda each: each["sk"]["S"])
    return [each["to_state"]["S"] for each in told if "to_state" in each]


def test_a_family_whose_every_message_is_lost_is_checked_decided_and_let_go(
    public_api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    receipt = registered(public_api)
    assert not swept(public_api)  # it may still be on its way
    for turn, state in enumerate(("matched", "decided"), start=1):
        later(monkeypatch, turn * QUARTER_S)
        assert swept(public_api)
        assert states(receipt)[-1] == state
    later(monkeypatch, 3 * QUARTER_S)
    assert not swept(public_api)  # it rests

    leave = {"receipt": receipt, "agreed": True}
    assert public_api.post("/v1/withdrawals", leave, key="w" * 24)[0] == 200
    later(monkeypatch, 4 * QUARTER_S)
    assert swept(public_api)
    again = registered(public_api, "family-0000000000000002")
    public_api.settle()
    assert status(public_api, again)["state"] == "decided"  # their numbers are free


def test_a_registry_that_was_down_is_asked_again(
    public_api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    public_api.registry.down = True
    receipt = registered(public_api)
    public_api.settle()
    assert status(public_api, receipt)["state"] == "identity_checking"
    public_api.registry.down = False
    later(monkeypatch, QUARTER_S)
    assert swept(public_api)
    public_api.settle()
    assert status(public_api, receipt)["state"] == "decided"


def test_an_appeal_whose_photos_never_come_goes_to_an_officer_after_a_day(
    public_api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    receipt = registered(public_api)
    public_api.settle()
    assert appeal(public_api, receipt)[0] == 201
    assert not swept(public_api)
    later(monkeypatch, DAY_S)
    assert swept(public_api)
    (shown,) = status(public_api, receipt)["disputes"]
    assert shown["stage"] == "review"


def test_a_proposal_that_nobody_told_the_machines_of_is_compared(
    desk: Desk, region: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = number_of(propose(as_officer(desk, "admin-1", "region_admin"))[2])
    assert "Diusulkan" in desk.get(f"/staff/adoptions/{number}")[1]
    for turn in (1, 2, 3):
        later(monkeypatch, turn * QUARTER_S)
        swept(region)
    as_officer(desk, "admin-1", "region_admin")
    assert "Menunggu orang kedua" in desk.get(f"/staff/adoptions/{number}")[1]
