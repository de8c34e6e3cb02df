"""A neighbour objects to what a family gets; it is heard and visited, and its place falls free."""

from __future__ import annotations

import json
from typing import Any

from chalicelib.domain.dispute import Stage
from tests.desk import as_officer, locator, register
from tests.ikd import JSON, Browser
from tests.integration.ikd_phone import ikd, phone
from tests.integration.region_at_work import (
    PHOTO,
    AtWork,
    acts,
    is_sound,
    region,
    stored,
    uploads,
)
from tests.integration.sanggah_sending import KEY, OTHER_KEY, send
from tests.visiting import POOR, RICH
from tests.world import VILLAGE, answers, artefact, child, member

__all__ = ["ikd", "phone", "region", "uploads"]  # fixtures
PEOPLE = member(9955), child(9956)  # not those of whoever signs in
SEEN = "Rumah besar, dua mobil di halaman."
OBJECTION = {
    "village": VILLAGE,
    "name": PEOPLE[0]["name"],
    "place": "Rumah hijau di sebelah musala",
    "reason": "not_poor",
    "text": SEEN,
    "photos": [PHOTO],
}


def mine(phone: Browser) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(phone.get("/v1/objections", JSON)[1])["objections"]
    return found


def test_a_neighbour_objects_the_family_is_heard_and_its_place_falls_free(
    region: AtWork, phone: Browser
) -> None:
    receipt = register(region.api, *PEOPLE, kk=None, answers=answers(artefact()) | POOR)
    had = region.gets(receipt)
    assert had
    phone.sign_in()
    code, filed = send(phone, "/v1/objections", OBJECTION, KEY)
    assert code == 201
    number = filed["dispute"]
    assert region.status(receipt)["disputes"] == []
    region.send_photos(filed)
    assert stored(number).about == locator(receipt)  # found by the name alone
    told = region.status(receipt)
    (heard,) = told["disputes"]
    assert (heard["stage"], heard["can"]) == ("hearing", ["answer", "add_evidence"])
    assert SEEN not in json.dumps(told)

    sent = {"receipt": receipt, "dispute": number, "text": "Milik majikan.", "photos": [PHOTO]}
    code, answered, _ = region.api.post("/v1/disputes/answers", sent, key=OTHER_KEY)
    assert code == 201
    region.send_photos(answered, first=5)
    assert stored(number).stage is Stage.REVIEW
    region.ask_visit(number)
    region.go(RICH)
    region.decide(number, "upheld:checked_differs")
    assert region.gets(receipt) == set()
    assert [each["stage"] for each in mine(phone)] == ["decided"]

    desk = as_officer(region.desk, "penyelia", "supervisor")
    code, body, _ = desk.get("/staff/handovers")
    assert code == 200
    for text in ("Keberatan diterima", locator(receipt), *had):
        assert text in body
    assert acts(number) == [
        *("filed", "screened", "screened", "linked", "heard", "answered", "screened", "screened"),
        *("to_review", "assigned", "visit_asked", "to_review", "assigned"),
        *("recommended", "assigned", "dispute_decided"),
    ]
    assert is_sound()
    # The neighbour's place is free again: whoever objects to the same family anew is heard.
    assert send(phone, "/v1/objections", OBJECTION, "n" * 24)[0] == 201
