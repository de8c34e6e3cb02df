"""A month's random sample: promised in the ledger, drawn afterwards, visited by who may go."""

from __future__ import annotations

import secrets

import pytest

from chalicelib import wiring
from tests.desk import as_officer, ledger, locator
from tests.integration.agent_phone import LINE, LIST, Phone, bearer, token
from tests.integration.region_at_work import AGENTS, AtWork, region, uploads
from tests.visiting import moment
from tests.world import artefact, child, form, member

__all__ = ["region", "uploads"]  # fixtures


def at(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    """Let it be that hour."""
    now = moment(text)
    monkeypatch.setattr(wiring, "clock", type("Fixed", (), {"now_ms": lambda _: now})())


def registered(region: AtWork, serial: int, agent: str = "") -> str:
    """A decided family, which came by itself or with an agent."""
    body = form(artefact(), member(serial), child(serial + 1), kk=None)
    body["address"] = {"line": LINE, "rt": "017", "rw": "009"}  # the agent who goes will see it
    path, who = "/v1/registrations", {}
    if agent:
        body["way_in"] = "agent"
        path, who = "/v1/agent/registrations", bearer("agent", sub=agent)
    code, told, _ = region.api.post(path, body, key=secrets.token_urlsafe(24), **who)
    assert code == 201, told
    region.api.settle()
    assert region.status(told["receipt"])["state"] == "decided"
    return locator(told["receipt"])


def on_the_list(region: AtWork, agent: str) -> set[str]:
    """Heads of the families that an agent is to visit, each opened."""
    phone = Phone(region.api, region.desk, token(agent, "agent"))
    rows = phone.get(LIST)[1]["checks"]
    return {phone.get(f"{LIST}/{row['check']}")[1]["name"] for row in rows}


def test_a_month_s_sample_is_visited_but_by_nobody_who_registered_the_family(
    region: AtWork, monkeypatch: pytest.MonkeyPatch
) -> None:
    at(monkeypatch, "2026-11-15T02:10:00")
    region.tick("send_visits")
    at(monkeypatch, "2026-11-16T05:00:00")
    near, far = AGENTS  # the first is in charge of the families' district, the other is not
    for serial, agent in ((9951, ""), (9961, near), (9971, far)):
        registered(region, serial, agent)
    region.tick("send_visits")
    assert (on_the_list(region, near), on_the_list(region, far)) == (set(), set())

    at(monkeypatch, "2026-12-01T02:10:00")
    region.tick("send_visits")
    alone, by_near, by_far = (str(member(serial)["name"]) for serial in (9951, 9961, 9971))
    assert on_the_list(region, near) == {alone, by_far}
    assert on_the_list(region, far) == set()
    body = as_officer(region.desk, "petugas", "supervisor").get("/staff/officers")[1]
    assert by_near not in body
    assert "Mendaftarkan keluarga ini: 1 orang" in body
    days = [(each["act"]["S"], each["pk"]["S"].partition("#")[0]) for each in ledger()]
    of_samples = sorted(each for each in days if each[0].startswith("sample_"))
    assert of_samples == [
        ("sample_committed", "20261115"),  # before any of these families was decided
        ("sample_committed", "20261201"),  # the next month's
        ("sample_drawn", "20261201"),
    ]
