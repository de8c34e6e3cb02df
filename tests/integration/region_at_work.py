"""A region at work on moto: its officers, its clock, and what those who take part do.

Everything that moves something goes through a deployed handler: families and neighbours by the
public API, agents by their phones, officers by their pages, machines by queue, bucket and clock.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from chalicelib import staff_wiring, wiring
from chalicelib.domain.dispute import Dispute, Stage
from chalicelib.domain.registration import Ref
from infra.chaos.stack import TICK
from infra.local_aws import officers
from modelling.audit_verify import verify
from tests.desk import Desk, as_officer, ledger
from tests.evidence.photos import jpeg
from tests.ikd import SITE
from tests.integration.agent_phone import LIST, Phone, token, visit
from tests.integration.conftest import Api
from tests.integration.ledger_export import exported
from tests.integration.officer_votes import voting
from tests.integration.uploads import Uploads, uploads
from tests.world import VILLAGE

__all__ = ["uploads"]  # a fixture
PHOTO = {"type": "jpeg", "size": 300_000}
AGENTS = ("pendamping", "pendamping2")


@dataclass
class AtWork:
    """A region in which everybody does their part."""

    api: Api
    desk: Desk
    uploads: Uploads

    def tick(self, function: str) -> None:
        """Let a schedule call its function."""
        begin_cold()
        self.api.invoke(function, TICK)

    def status(self, receipt: str) -> Any:
        """What a family reads of itself."""
        return self.api.post("/v1/status", {"receipt": receipt})[1]

    def gets(self, receipt: str) -> set[str]:
        """The programmes that a family is told it gets."""
        told = self.status(receipt)
        assert told["state"] == "decided"
        return {each["programme"] for each in told["decisions"] if each["eligible"]}

    def send_photos(self, filed: Mapping[str, Any], first: int = 1) -> None:
        """Send what was granted, and let the machines go on."""
        for seed, grant in enumerate(filed["uploads"], start=first):
            self.uploads.send(grant, jpeg(seed))
        begin_cold()
        self.api.settle()

    def at_desk(self, there: Dispute) -> Desk:
        """The desk of whoever was drawn for a dispute."""
        assert there.officer
        return as_officer(self.desk, there.officer)

    def ask_visit(self, number: str) -> None:
        """The officer who was drawn asks that somebody goes."""
        there = stored(number)
        desk = self.at_desk(there)
        sent = {"seen": str(there.version)}
        assert desk.post(f"/staff/disputes/{number}/visit", **sent)[0] == 303

    def go(self, found: Mapping[str, Any], **more: Any) -> str:
        """The agent who was drawn for the one visit goes, and sends what is there with a photo.

        Returns:
            Who went.
        """
        self.tick("send_visits")
        who = {sub: Phone(self.api, self.desk, token(sub, "agent")) for sub in AGENTS}
        listed = {sub: phone.get(LIST)[1]["checks"] for sub, phone in who.items()}
        ((sub, (row,)),) = [(sub, rows) for sub, rows in listed.items() if rows]
        seen = {"answers": dict(found), "counts": {"people": 2}, "head": {}} | more
        status, told = who[sub].send(f"/v1/agent/checks/{row['check']}", visit(**seen))
        assert status == 201, told
        self.send_photos(told, first=9)
        return sub

    def decide(self, number: str, vote: str) -> tuple[str, str]:
        """Two officers are drawn one after the other, and vote alike; gives who they were."""
        voted = []
        for step in ("recommend", "decide"):
            there = stored(number)
            desk = self.at_desk(there)
            sent = voting(there, step, vote) | {"kind": there.kind.value}
            assert desk.post(f"/staff/disputes/{number}/vote", **sent)[0] == 303
            voted.append(there.officer)
            self.api.settle()
        assert stored(number).stage is Stage.DECIDED
        return voted[0], voted[1]


@pytest.fixture
def region(
    uploads: Uploads, public_api: Api, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> AtWork:
    """A region whose officers were declared by two administrators."""
    monkeypatch.setenv("TEPAT_SITE_ORIGIN", SITE)
    subjects = {name: name for name in officers.OFFICERS}
    officers.declare_all(subjects, staff_wiring.keep_officers_ports())
    return AtWork(public_api, desk, uploads)


def begin_cold() -> None:
    """Let the next function ask for its key itself: each has a process of its own on AWS."""
    wiring.index.cache_clear()


def stored(number: str) -> Dispute:
    """A dispute as it stands."""
    ref = Ref(VILLAGE, number)
    return wiring.disputes().load([ref])[ref]


def acts(chain: str) -> list[str]:
    """What the ledger tells of a case, a dispute, a report or a visit, in order."""
    own = [each for each in ledger() if each["sk"]["S"].startswith(f"{chain}#")]
    return [each["act"]["S"] for each in sorted(own, key=lambda each: each["sk"]["S"])]


def is_sound() -> bool:
    """Whether the auditors' program finds nothing amiss in the whole ledger."""
    return verify(exported().splitlines(keepends=True)).sound
