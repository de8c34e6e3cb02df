"""Officers' profiles through the staff pages and the deployed handlers, on moto's tables."""

from __future__ import annotations

import pytest

from chalicelib import wiring
from chalicelib.domain import assignment, ground_check, tokens
from chalicelib.domain.assignment import Officer
from tests.checking import asked, at
from tests.desk import Desk, as_officer, ledger
from tests.world import REGION, VILLAGE

SUB = "petugas-1"
NIK, SPOUSE, KK = "3510154903859901", "3510151103879902", "3510151503859903"
TOLD = {
    "nik": NIK,
    "kk": KK,
    "phone": "0812 3456 7890",
    "village": VILLAGE,
    "district_351015": "true",
    "kin_niks": f"{SPOUSE}\r\n",
    "kin_told": "true",
}


@pytest.fixture
def admin(desk: Desk) -> Desk:
    return as_officer(desk, "admin-1", "region_admin")


def begin(desk: Desk, **boxes: str) -> str:
    """The address of a new officer's page, with roles proposed."""
    fields = boxes or {"role_reviewer": "true"}
    code, body, headers = desk.post("/staff/officers", sub=SUB, **fields)
    assert code == 303, body
    return str(headers["Location"])


def officer() -> Officer:
    (found,) = wiring.officers().of_region(REGION)
    return found


def test_one_proposes_and_tells_another_gives_the_role(admin: Desk) -> None:
    assert "Belum ada petugas" in admin.get("/staff/officers")[1]
    place = begin(admin)
    body = admin.get(place)[1]
    assert "Diusulkan: Pemeriksa" in body
    assert "Beri tugas" not in body
    assert "Belum ikut diundi" in body
    assert admin.post(f"{place}/grant", roles="reviewer", sure="true")[0] == 403
    assert admin.post(f"{place}/declare", **TOLD)[0] == 303
    assert officer().roles == frozenset()

    as_officer(admin, "admin-2", "region_admin")
    listed = admin.get("/staff/officers")[1]
    assert "Usulan tugas menunggu orang kedua" in listed
    assert SUB[:8] in listed
    assert "Beri tugas" in admin.get(place)[1]
    assert admin.post(f"{place}/grant", roles="reviewer")[0] == 422
    assert admin.post(f"{place}/grant", roles="reviewer", sure="true")[0] == 303
    assert officer().roles == {"reviewer"}
    assert assignment.missing(officer()) == ()
    assert "Lengkap" in admin.get("/staff/officers")[1]
    acts = {e["act"]["S"] for e in ledger()}
    assert acts == {"roles_proposed", "profile_declared", "roles_granted"}


def test_what_was_typed_is_stored_and_shown_nowhere(admin: Desk) -> None:
    place = begin(admin)
    bad = TOLD | {"kin_niks": f"{SPOUSE}\n12345"}
    code, body, _ = admin.post(f"{place}/declare", **bad)
    assert code == 422
    assert "NIK kerabat" in body
    admin.post(f"{place}/declare", **TOLD)
    shown = body + admin.get(place)[1] + admin.get("/staff/officers")[1]
    table = wiring.settings().registry_table
    stored = repr(wiring.client("dynamodb").scan(TableName=table)) + repr(ledger())
    for number in (NIK, SPOUSE, KK, "081234567890", "0812 3456 7890"):
        assert number not in shown
        assert number not in stored
    assert "1 orang dan 0 KK" in admin.get(place)[1]


def test_only_who_has_just_signed_in_gives_a_role(admin: Desk) -> None:
    place = begin(admin)
    now = wiring.clock.now_ms() // 1000
    for ago, code in ((tokens.FRESH_S + 5, 403), (tokens.FRESH_S - 30, 303)):
        admin.login.told = {"auth_time": now - ago}
        as_officer(admin, "admin-2", "region_admin")
        assert admin.post(f"{place}/grant", roles="reviewer", sure="true")[0] == code


def test_a_role_is_dropped_and_proposed_anew(admin: Desk) -> None:
    place = begin(admin)
    assert admin.post(f"{place}/drop")[0] == 303
    assert admin.post(f"{place}/drop")[0] == 409
    assert admin.post(f"{place}/roles", role_agent="true")[0] == 303
    assert admin.post(f"{place}/roles", role_reviewer="true")[0] == 409
    as_officer(admin, "admin-2", "region_admin").post(
        f"{place}/grant", roles="reviewer", sure="true"
    )
    assert officer().roles == frozenset()  # other roles than those that are proposed
    admin.post(f"{place}/grant", roles="agent", sure="true")
    assert officer().roles == {"agent"}
    assert admin.post(f"{place}/roles")[0] == 303
    as_officer(admin, "admin-1", "region_admin").post(f"{place}/grant", sure="true")
    assert officer().roles == frozenset()


def test_nobody_keeps_their_own_profile(admin: Desk) -> None:
    place = begin(admin)
    as_officer(admin, SUB, "region_admin")
    body = admin.get(place)[1]
    assert "Ini profil Anda sendiri" in body
    assert "<form" not in body.partition("<main")[2]
    assert admin.post(f"{place}/declare", **TOLD)[0] == 403
    assert admin.post(f"{place}/grant", roles="reviewer", sure="true")[0] == 403
    assert admin.post("/staff/officers", sub=SUB, role_agent="true")[0] == 403


@pytest.mark.parametrize("group", ["reviewer", "supervisor", "auditor", "analyst", "agent"])
def test_who_else_reads_and_who_does_not(admin: Desk, group: str) -> None:
    place = begin(admin)
    as_officer(admin, "somebody", group)
    may_read = group in ("supervisor", "auditor")
    for address in ("/staff/officers", place):
        code, body, _ = admin.get(address)
        assert code == (200 if may_read else 403)
        assert "<form" not in body.partition("<main")[2]
    assert ("/staff/officers" in admin.get("/staff/")[1]) is may_read
    for end, fields in (
        ("", {"sub": "x", "role_agent": "true"}),
        ("/declare", TOLD),
        ("/roles", {"role_agent": "true"}),
        ("/grant", {"roles": "reviewer", "sure": "true"}),
        ("/drop", {}),
    ):
        assert admin.post((place if end else "/staff/officers") + end, **fields)[0] == 403


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"sub": NIK, "role_agent": "true"}, 422),
        ({"role_agent": "true"}, 422),
        ({"sub": "x", "role_root": "true"}, 422),
        ({"sub": "x", "role_agent": "yes"}, 422),
        ({"sub": "x"}, 409),  # has no role, and is to have none
    ],
)
def test_what_cannot_be_proposed(admin: Desk, fields: dict[str, str], code: int) -> None:
    assert admin.post("/staff/officers", **fields)[0] == code
    assert list(wiring.officers().of_region(REGION)) == []


def test_a_profile_that_is_not_there(admin: Desk) -> None:
    for locator in ("ZZZZZZZZZZ", "x", NIK):
        assert admin.get(f"/staff/officers/{locator}")[0] == 404
        assert admin.post(f"/staff/officers/{locator}/declare", **TOLD)[0] == 404


def test_every_page_tells_whoever_is_signed_in_their_account(admin: Desk) -> None:
    for subject, address in (("petugas-7", "/staff/"), ("petugas-8", "/staff/reissue")):
        body = as_officer(admin, subject, "reviewer").get(address)[1]
        assert subject in body.partition("<footer")[2]


def test_a_form_from_elsewhere_is_refused(admin: Desk) -> None:
    place = begin(admin)
    admin.origin = "https://elsewhere.example"
    assert admin.post(f"{place}/drop")[0] == 403


def test_visits_that_nobody_may_make_are_listed_for_whoever_finds_people(admin: Desk) -> None:
    assert "Kunjungan tanpa petugas" not in admin.get("/staff/officers")[1]
    check, event = asked()
    assert wiring.ground_checks().create(check, event) is None
    called = ground_check.escalate(check, 1, {"kin": 2}, at(5, "system:send_visits"))
    assert wiring.ground_checks().change(*called) is None
    body = admin.get("/staff/officers")[1]
    assert "Kunjungan tanpa petugas" in body
    assert check.ref.locator in body
    assert "Kerabat yang dinyatakan petugas: 2 orang" in body
