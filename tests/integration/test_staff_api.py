"""The staff pages as the gateway calls them: what is shown, what is done, what is written first."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest

from chalicelib import wiring
from chalicelib.domain.errors import Fault, TryAgain
from chalicelib.usecases.reissue import PER_DAY
from tests.desk import CANARY, Desk, locator, reads, register
from tests.minted import SUBJECT
from tests.world import child, member

# --- what is shown --------------------------------------------------------------------------------


def test_the_queue_shows_why_and_by_when_but_nobody(desk: Desk, public_api: Any) -> None:
    register(public_api)
    held = register(public_api, member(9901, name="Contoh Kedua"), kk=None)
    code, body, _ = desk.sign_in("reviewer").get("/staff")
    assert code == 200
    assert locator(held) in body
    assert "NIK atau KK sudah dipakai pendaftaran lain" in body
    assert "Perlu dilihat petugas" in body
    for secret in ("Contoh", CANARY, "9901", "Dusun", "08000000"):
        assert secret not in body
    assert not reads()


def test_the_queue_of_visits_is_another(desk: Desk, public_api: Any) -> None:
    body = {"name": "Contoh Tetangga", "village": "3510152004", "place": "x", "reason": "y"}
    assert public_api.post("/v1/proposals", body, key="p" * 20)[0] == 201
    desk.sign_in("reviewer")
    assert "Tidak ada yang menunggu" in desk.get("/staff")[1]
    visits = desk.get("/staff?kind=visit")[1]
    (place,) = set(re.findall(r"/staff/cases/([2-9A-Z]{10})", visits))
    assert "Contoh Tetangga" not in visits
    assert "Contoh Tetangga" in desk.get(f"/staff/cases/{place}")[1]
    for odd in ("?kind=check", "?kind=x&page=-1", "?page=999999999999", "?page=\u0663"):
        assert desk.get(f"/staff{odd}")[0] == 200


def test_a_case_is_written_to_the_ledger_and_then_shown(desk: Desk, public_api: Any) -> None:
    place = locator(register(public_api))
    code, body, _ = desk.sign_in("reviewer").get(f"/staff/cases/{place}?reason=queue")
    assert code == 200
    assert reads() == [(place, "queue")]
    for shown in (
        "Contoh Sumarni 9901",
        "3510********9901",
        "Dusun Contoh, RT 003 / RW 001",
        "9 Maret 1985",
        "Kepala keluarga",
        "Cocok",
        "Hasil sudah ada",
        "Kelompok (desil)",
        "Siapa yang membuka data ini",
    ):
        assert shown in body
    assert CANARY not in body
    assert "3510150101209901" not in body


@pytest.mark.parametrize("broken", ["last_read", "put_read"])
def test_without_an_entry_in_the_ledger_nothing_is_shown(
    desk: Desk, public_api: Any, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    from chalicelib.adapters.ledger_table import LedgerTable

    def refuse(*_: object) -> None:
        raise TryAgain(Fault("busy"))

    place = locator(register(public_api))
    desk.sign_in("reviewer")
    monkeypatch.setattr(LedgerTable, broken, refuse)
    code, body, _ = desk.get(f"/staff/cases/{place}")
    assert code == 503
    assert "Contoh" not in body
    assert place not in body


def test_who_looked_is_shown_to_the_next_who_looks(desk: Desk, public_api: Any) -> None:
    place = locator(register(public_api))
    desk.sign_in("auditor").get(f"/staff/cases/{place}")
    _, body, _ = desk.sign_in("reviewer").get(f"/staff/cases/{place}?reason=desk")
    assert "Anda. Pemeriksaan" in body
    assert "Anda. Keluarga datang" in body
    assert reads() == [(place, "audit"), (place, "desk")]


def test_an_auditor_sees_the_case_and_who_looked_but_nobody(desk: Desk, public_api: Any) -> None:
    place = locator(register(public_api))
    code, body, _ = desk.sign_in("auditor").get(f"/staff/cases/{place}")
    assert code == 200
    assert "Identitas tidak dibuka" in body
    assert "Maret 1985" in body
    for secret in ("Contoh", "9901", "Dusun", "08000000", "9 Maret 1985"):
        assert secret not in body
    assert reads() == [(place, "audit")]


def test_a_reason_that_nobody_has_is_that_of_the_queue(desk: Desk, public_api: Any) -> None:
    place = locator(register(public_api))
    desk.sign_in("supervisor").get(f"/staff/cases/{place}?reason=curious")
    assert reads() == [(place, "queue")]


def test_a_held_number_leads_to_the_case_that_holds_it(desk: Desk, public_api: Any) -> None:
    first = locator(register(public_api))
    second = locator(register(public_api, member(9901, name="Contoh Kedua"), kk=None))
    _, body, _ = desk.sign_in("reviewer").get(f"/staff/cases/{second}")
    assert f'href="/staff/cases/{first}"' in body


@pytest.mark.parametrize("place", ["2222222222", "ZZZZZZZZZZ", "x", "0000000000", "R%23x"])
def test_a_case_of_another_region_or_of_none_is_unknown(desk: Desk, place: str) -> None:
    code, body, _ = desk.sign_in("reviewer").get(f"/staff/cases/{place}")
    assert code == 404
    assert "Pendaftaran ini tidak ditemukan." in body


def test_a_whole_receipt_typed_at_the_desk_never_gets_into_an_address(
    desk: Desk, public_api: Any
) -> None:
    paper = register(public_api)
    desk.sign_in("reviewer")
    code, _, headers = desk.post("/staff/cases", number=paper.lower())
    assert (code, headers["Location"]) == (303, f"/staff/cases/{locator(paper)}?reason=desk")
    assert desk.post("/staff/cases", number="??")[0] == 404
    assert desk.post("/staff/cases")[0] == 422


# --- what is done ---------------------------------------------------------------------------------


def reissue(desk: Desk, **changes: str) -> tuple[int, str, dict[str, Any]]:
    fields = {"key": "r" * 20, "nik": CANARY, "reason": "lost", "person_present": "true"}
    return desk.post("/staff/reissue", **fields | changes)


def shown_receipt(body: str) -> str:
    groups = re.findall(r"<span>([2-9A-Z]{4})</span>", body)
    return "-".join(groups)


def test_a_new_receipt_opens_the_case_and_the_old_one_dies(desk: Desk, public_api: Any) -> None:
    old = register(public_api)
    code, body, _ = (desk.sign_in("reviewer"), reissue(desk))[1]
    assert code == 201
    new = shown_receipt(body)
    assert public_api.post("/v1/status", {"receipt": new})[0] == 200
    assert public_api.post("/v1/status", {"receipt": old})[0] == 404
    assert reads() == [(locator(old), "reissue_lost")]
    assert shown_receipt(reissue(desk)[1]) == new
    assert CANARY not in body


@pytest.mark.parametrize(
    ("changes", "code", "told"),
    [
        ({"nik": "3510154903859955"}, 404, "Nomor baru tidak dapat diberikan"),
        ({"nik": "351015"}, 422, "NIK harus 16 angka"),
        ({"nik": ""}, 422, "belum diisi"),
        ({"reason": "curious"}, 422, "Pilih salah satu"),
        ({"person_present": ""}, 422, "belum diisi"),
        ({"person_present": "false"}, 422, "Pilih salah satu"),
        ({"key": "short"}, 422, "Kunci kiriman"),
        ({"more": "x"}, 422, "tidak dikenal"),
    ],
)
def test_a_receipt_is_not_given_without_all_of_it(
    desk: Desk, public_api: Any, changes: dict[str, str], code: int, told: str
) -> None:
    old = register(public_api)
    desk.sign_in("reviewer")
    found, body, _ = reissue(desk, **changes)
    assert found == code
    assert told in body
    assert public_api.post("/v1/status", {"receipt": old})[0] == 200


def test_a_form_whose_receipt_was_replaced_since_undoes_nothing(
    desk: Desk, public_api: Any
) -> None:
    register(public_api)
    desk.sign_in("reviewer")
    reissue(desk)
    new = shown_receipt(reissue(desk, key="s" * 20)[1])
    code, body, _ = reissue(desk)
    assert code == 409
    assert "sudah diganti dengan nomor yang lebih baru" in body
    assert public_api.post("/v1/status", {"receipt": new})[0] == 200
    (fresh,) = re.findall(r'name="key" value="([^"]+)"', body)
    assert reissue(desk, key=fresh)[0] == 201  # whoever sends it again means a new one


def test_the_desk_has_a_limit_for_the_day(desk: Desk, public_api: Any) -> None:
    register(public_api)
    desk.sign_in("reviewer")
    for _ in range(PER_DAY):
        assert reissue(desk)[0] == 201
    code, body, _ = reissue(desk)
    assert code == 429
    assert "Batas untuk hari ini" in body


def test_erasing_leaves_nothing_to_open(desk: Desk, public_api: Any) -> None:
    paper = register(public_api)
    place = f"/staff/cases/{locator(paper)}"
    desk.sign_in("supervisor")
    assert "/erase" in desk.get(place)[1]
    assert desk.post(f"{place}/erase", reason="family_request")[0] == 422
    code, body, _ = desk.post(f"{place}/erase", reason="family_request", sure="true")
    assert code == 200
    assert locator(paper) in body
    assert public_api.post("/v1/status", {"receipt": paper})[0] == 404
    after = desk.get(place)[1]
    assert "sudah dihapus" in after
    assert "Contoh" not in after
    assert "/erase" not in after
    tables = wiring.settings()
    vault = wiring.client("dynamodb").scan(TableName=tables.vault_table)["Items"]
    guards = wiring.client("dynamodb").scan(TableName=tables.registry_table)["Items"]
    assert not vault
    assert [item["pk"]["S"][:2] for item in guards] == ["V#"]
    assert register(public_api, member(9901), child(9902))


def test_no_number_gets_into_logs_or_tables(
    desk: Desk, public_api: Any, log_lines: io.StringIO
) -> None:
    place = locator(register(public_api))
    desk.sign_in("supervisor")
    desk.get("/staff")
    desk.get(f"/staff/cases/{place}")
    reissue(desk)
    reissue(desk, nik=CANARY[:15])
    reissue(desk, nik="3510154903859955")
    desk.post(f"/staff/cases/{place}/erase", reason="no_consent", sure="true")
    logged = log_lines.getvalue()
    assert "GET /staff/cases/{locator}" in logged
    for secret in (CANARY, CANARY[:15], "3510154903859955", "Contoh", SUBJECT):
        assert secret not in logged
    names = wiring.settings()
    for table in (names.registry_table, names.ledger_table, names.ops_table, names.vault_table):
        kept = repr(wiring.client("dynamodb").scan(TableName=table)["Items"])
        assert CANARY not in kept
        assert "3510154903859955" not in kept
