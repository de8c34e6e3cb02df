"""A report about an agent with a photo: screened, and told to a supervisor drawn from elsewhere."""

from __future__ import annotations

from chalicelib import wiring
from chalicelib.domain.misconduct import Report
from tests.desk import as_officer
from tests.integration.region_at_work import PHOTO, AtWork, acts, is_sound, region, uploads
from tests.integration.report_sending import ref_of, send

__all__ = ["region", "uploads"]  # fixtures
SUPERVISORS = ("petugas", "petugas6", "petugas7")


def now(number: str) -> Report:
    ref = ref_of(number)
    return wiring.reports().load([ref])[ref]


def test_a_report_waits_for_its_photo_and_then_reaches_one_supervisor_from_elsewhere(
    region: AtWork,
) -> None:
    code, told = send(region.api, photos=[PHOTO])
    assert code == 201
    number = told["report"]
    region.api.settle()
    assert now(number).officer == ""  # its photo may still be on its way
    region.send_photos(told)
    assert now(number).officer == "petugas6"  # who works with no agent of that district
    page = f"/staff/reports/{ref_of(number).locator}"
    for officer in SUPERVISORS:
        code, body, _ = as_officer(region.desk, officer, "supervisor").get(page)
        drawn = officer == "petugas6"
        assert (code, "Buka foto 1" in body) == (200 if drawn else 404, drawn)
    desk = as_officer(region.desk, "petugas6", "supervisor")
    sent = {"outcome": "talked_to", "seen": str(now(number).version)}
    assert desk.post(f"{page}/close", **sent)[0] == 303
    shown = region.api.post("/v1/reports/status", {"receipt": number})[1]
    assert (shown["stage"], "ditegur" in shown["outcome"]) == ("closed", True)
    steps = ["reported", "screened", "screened", "assigned", "report_closed"]
    assert acts(ref_of(number).locator) == steps
    assert is_sound()
