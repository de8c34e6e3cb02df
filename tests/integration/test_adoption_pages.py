"""Proposing and adopting through the staff pages and the deployed handlers, on moto's tables."""

from __future__ import annotations

import hashlib
import os
import re
from typing import Any

import pytest

from chalicelib import wiring
from chalicelib.adapters import dynamo, registry_items
from chalicelib.domain import tokens
from chalicelib.domain.adoption import SETTLED_MS, Stage
from chalicelib.domain.registration import Ref
from tests.adopting import family_form
from tests.desk import Desk, as_officer, later, ledger
from tests.integration.proposing import LEAST, number_of, propose, region
from tests.world import REGION, VILLAGE, artefact

__all__ = ["region"]  # a fixture


def carried_out(region: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the machines work, now and when whatever must settle has settled."""
    region.settle()
    for seconds in (60, 120):
        later(monkeypatch, seconds * SETTLED_MS // 30_000)
        region.settle()


def in_force() -> Any:
    return wiring.proposals().in_force(REGION)


def test_one_proposes_another_adopts_and_every_family_is_decided_anew(
    desk: Desk, region: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    as_officer(desk, "admin-1", "region_admin")
    code, body, _ = desk.get("/staff/adoptions")
    assert code == 200
    assert "Belum ada usulan" in body
    assert "Kuota Program Keluarga Harapan" in body
    code, body, _ = propose(desk, **{"quota.PKH": "dua"})
    assert code == 422
    assert 'value="dua"' in body
    code, _, headers = propose(desk, **{"quota.PKH": "2", "quota.SEMBAKO": ""})
    assert code == 303
    number = number_of(headers)
    assert "Diusulkan" in desk.get(f"/staff/adoptions/{number}")[1]
    carried_out(region, monkeypatch)

    as_officer(desk, "admin-1", "region_admin")
    body = desk.get(f"/staff/adoptions/{number}")[1]
    assert "Menunggu orang kedua" in body
    assert "Orang lain yang harus memutuskan" in body
    assert f"{number}/adopt" not in body
    assert "tidak ditampilkan" in body  # four families: nothing may be told of any group
    assert not re.search(r"<td[^>]*>[1-9]</td>", body)
    assert desk.post(f"/staff/adoptions/{number}/adopt", sure="true")[0] == 403
    assert in_force() is None

    as_officer(desk, "admin-2", "region_admin")
    assert f"/staff/adoptions/{number}/adopt" in desk.get(f"/staff/adoptions/{number}")[1]
    assert desk.post(f"/staff/adoptions/{number}/adopt")[0] == 422
    assert desk.post(f"/staff/adoptions/{number}/adopt", sure="true")[0] == 303
    adopted = in_force()
    assert adopted.number == 1
    assert adopted.lines.keys() == {"PKH"}
    body = desk.get(f"/staff/adoptions/{number}")[1]
    assert "Program Keluarga Harapan (PKH): 2" in body
    assert adopted.manifest in body
    site, path = os.environ["TEPAT_PUBLIC_BUCKET"], f"ranking/{adopted.manifest}.json"
    published = wiring.client("s3").get_object(Bucket=site, Key=path)["Body"].read()
    assert hashlib.sha256(published).hexdigest() == adopted.manifest
    wiring.manifests().publish(adopted.manifest, b"another")  # what is published stays
    assert wiring.client("s3").get_object(Bucket=site, Key=path)["Body"].read() == published
    later(monkeypatch, 300)
    region.settle()
    region.settle()
    as_officer(desk, "admin-2", "region_admin")
    assert "Semua keluarga sudah diputuskan ulang" in desk.get(f"/staff/adoptions/{number}")[1]
    table = wiring.settings().registry_table
    items = map(dynamo.decode, wiring.client("dynamodb").scan(TableName=table)["Items"])
    cases = [registry_items.from_item(item) for item in items if registry_items.is_state(item)]
    assert len(cases) == LEAST
    assert {(case.under, case.provisional) for case in cases} == {(1, False)}
    acts = [e["act"]["S"] for e in ledger() if e["sk"]["S"].startswith(number)]
    assert sorted(acts) == ["adopted", "carried_out", "compared", "frozen", "proposed"]
    assert "penetapan ke-1" in desk.get("/staff/adoptions")[1]


def test_only_who_has_just_signed_in_adopts(
    desk: Desk, region: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = number_of(propose(as_officer(desk, "admin-1", "region_admin"))[2])
    carried_out(region, monkeypatch)
    place = f"/staff/adoptions/{number}/adopt"
    signed_in = wiring.clock.now_ms() // 1000
    for ago, code in ((tokens.FRESH_S + 5, 403), (None, 403), (tokens.FRESH_S - 30, 303)):
        at = None if ago is None else signed_in - ago
        desk.login.told = {"auth_time": at}
        as_officer(desk, "admin-2", "region_admin")
        assert f"{number}/adopt" in desk.get(f"/staff/adoptions/{number}")[1]
        assert (in_force() is None) is True
        answer, body, _ = desk.post(place, sure="true")
        assert answer == code
        assert ("keluar dulu lalu masuk lagi" in body) is (code == 403)
    assert in_force().number == 1


def test_a_family_reads_that_it_was_decided_anew(
    desk: Desk, region: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    form = family_form(artefact(), LEAST, VILLAGE)
    receipt = region.post("/v1/registrations", form, key="r" * 20)[1]["receipt"]
    region.settle()
    assert region.post("/v1/status", {"receipt": receipt})[1]["notes"] == []
    number = number_of(propose(as_officer(desk, "admin-1", "region_admin"))[2])
    carried_out(region, monkeypatch)
    as_officer(desk, "admin-2", "region_admin").post(
        f"/staff/adoptions/{number}/adopt", sure="true"
    )
    later(monkeypatch, 300)
    region.settle()
    told = region.post("/v1/status", {"receipt": receipt})[1]
    (note,) = told["notes"]
    assert "Hasil ini menggantikan hasil tanggal" in note
    assert "Hasil lama: " in note
    titles = [step["title"] for step in told["timeline"]]
    assert titles[-2:] == ["Hasil sudah ada"] * 2
    assert not any(decision["provisional"] for decision in told["decisions"])


def test_a_second_person_refuses_with_a_reason(
    desk: Desk, region: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = number_of(propose(as_officer(desk, "admin-1", "region_admin"))[2])
    place = f"/staff/adoptions/{number}/refuse"
    assert desk.post(place, reason="mistaken")[0] == 409  # not compared yet
    carried_out(region, monkeypatch)
    as_officer(desk, "admin-1", "region_admin")
    assert desk.post(place, reason="mistaken")[0] == 403  # who proposed it
    as_officer(desk, "admin-2", "region_admin")
    assert desk.post(place, reason="because")[0] == 422
    assert desk.post(place, reason="mistaken")[0] == 303
    assert "Salah usul" in desk.get(f"/staff/adoptions/{number}")[1]
    assert desk.post(f"/staff/adoptions/{number}/adopt", sure="true")[0] == 409
    assert in_force() is None


@pytest.mark.parametrize("group", ["reviewer", "supervisor", "auditor", "analyst", "agent"])
def test_only_the_regions_administrator_proposes_and_settles(
    desk: Desk, region: Any, group: str
) -> None:
    number = number_of(propose(as_officer(desk, "admin-1", "region_admin"))[2])
    as_officer(desk, "other", group)
    reads = 200 if group in {"supervisor", "auditor", "analyst"} else 403
    assert desk.get("/staff/adoptions")[0] == reads
    assert desk.get(f"/staff/adoptions/{number}")[0] == reads
    assert propose(desk, "q" * 20)[0] == 403
    assert desk.post(f"/staff/adoptions/{number}/adopt", sure="true")[0] == 403
    assert desk.post(f"/staff/adoptions/{number}/refuse", reason="mistaken")[0] == 403
    found = wiring.proposals().of_region(REGION)
    assert [each.stage for each in found] == [Stage.PROPOSED]


def test_an_analyst_comes_to_the_page_that_is_theirs(desk: Desk) -> None:
    desk.login.groups = ["analyst"]
    desk.sign_in("analyst")
    body = desk.get("/staff/adoptions")[1]
    assert "Daftar tunggu" not in body
    assert "Nomor baru" not in body
    assert desk.get("/staff")[0] == 403


@pytest.mark.parametrize("model", ["", "f" * 64, "../rules/current", "..%2f", "A" * 64, "0" * 65])
def test_what_is_no_model_of_the_package_is_refused_beside_its_field(
    desk: Desk, model: str
) -> None:
    as_officer(desk, "admin-1", "region_admin")
    code, body, _ = propose(desk, model=model)
    assert code == 422
    assert 'href="#model"' in body
    assert not wiring.proposals().of_region(REGION)


@pytest.mark.parametrize("number", ["x", "2222222222", "ZZZZZZZZZZ", "..", "A" * 300])
def test_an_unknown_number_is_not_found(desk: Desk, number: str) -> None:
    as_officer(desk, "admin-1", "region_admin")
    code, body, _ = desk.get(f"/staff/adoptions/{number}")
    assert (code, "Usulan ini tidak ditemukan." in body) == (404, True)
    assert desk.post(f"/staff/adoptions/{number}/adopt", sure="true")[0] == 404


def test_a_form_from_elsewhere_proposes_nothing(desk: Desk) -> None:
    as_officer(desk, "admin-1", "region_admin")
    desk.origin = "https://elsewhere.example"
    assert propose(desk)[0] == 403
    assert not wiring.proposals().of_region(REGION)


def test_a_proposal_comes_back_as_it_was(desk: Desk, region: Any) -> None:
    number = number_of(propose(as_officer(desk, "admin-1", "region_admin"))[2])
    kept = wiring.proposals().load(Ref(REGION, number))
    assert kept is not None
    assert (kept.proposer, kept.villages, kept.left) == ("staff:admin-1", 1, 1)
    again = number_of(propose(desk)[2])
    assert again == number
