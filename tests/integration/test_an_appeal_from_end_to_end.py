"""A family that got nothing appeals: photos, screening, a visit, two officers, a new decision."""

from __future__ import annotations

import secrets

from chalicelib.domain.dispute import Stage
from chalicelib.domain.evidence import page_key
from tests.desk import locator, register
from tests.integration.region_at_work import (
    PHOTO,
    AtWork,
    acts,
    is_sound,
    region,
    stored,
    uploads,
)
from tests.visiting import POOR, RICH
from tests.world import answers, artefact

__all__ = ["region", "uploads"]  # fixtures
TEXT = "Rumah kami kontrakan, tanpa jamban."


def test_a_refused_family_appeals_is_visited_and_gets_what_it_should(region: AtWork) -> None:
    receipt = register(region.api, answers=answers(artefact()) | RICH)
    assert region.gets(receipt) == set()
    body = {"receipt": receipt, "reason": "data_wrong", "text": TEXT, "photos": [PHOTO]}
    code, filed, _ = region.api.post("/v1/appeals", body, key=secrets.token_urlsafe(24))
    assert code == 201
    number = filed["dispute"]
    region.api.settle()
    assert stored(number).stage is Stage.FILED  # its photo may still be on its way
    region.send_photos(filed)
    (shown,) = region.status(receipt)["disputes"]
    assert (shown["stage"], shown["evidence"][0]["state"]) == ("review", "released")

    first = stored(number)
    (photo,) = first.evidence
    body = region.at_desk(first).get(f"/staff/disputes/{number}")[1]
    assert TEXT in body
    assert f"{page_key(first.ref, photo.piece.id, 1)}?" in body  # a link to the clean copy
    assert "Belum ada hasil pengecekan lapangan" in body
    region.ask_visit(number)
    assert region.status(receipt)["disputes"][0]["stage"] == "visit"
    region.go(POOR)
    there = stored(number)
    assert (there.stage, there.officer != "") == (Stage.REVIEW, True)
    assert "Berbeda" in region.at_desk(there).get(f"/staff/disputes/{number}")[1]

    one, other = region.decide(number, "upheld:checked_differs")
    assert one != other
    (shown,) = region.status(receipt)["disputes"]
    assert (shown["stage"], "diterima" in shown["outcome"]) == ("decided", True)
    assert region.gets(receipt) != set()
    assert acts(number) == [
        *("filed", "screened", "screened", "to_review", "assigned"),
        *("visit_asked", "to_review", "assigned"),
        *("recommended", "assigned", "dispute_decided"),
    ]
    told = acts(locator(receipt))
    assert told[told.index("disputed") :] == ["disputed", "reopened", "decided"]
    assert is_sound()
