"""A field officer's phone over HTTP: the list, one family opened, the visit sent, sent again."""

from __future__ import annotations

import secrets
from typing import Any

import pytest

from chalicelib import check_wiring, sign_in_wiring, wiring
from chalicelib.domain import assignment
from chalicelib.domain.registration import Ref
from chalicelib.usecases import ask_check, send_visits
from tests import minted
from tests.desk import Desk
from tests.integration.agent_phone import LINE, LIST, Phone, token, visit
from tests.integration.conftest import Api
from tests.visiting import officer
from tests.world import VILLAGE, artefact, child, form, member

NAME = "Widyakirana Prabasari"


@pytest.fixture
def phone(public_api: Api, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Phone:
    monkeypatch.setattr(sign_in_wiring, "token_keys", lambda: minted.keys)
    monkeypatch.setenv("TEPAT_UPLOAD_URL", "https://quarantine.example/")
    return Phone(public_api, desk, token("agent-1", "agent"))


def send_somebody(*subs: str) -> send_visits.Done:
    """What the clock does, with these field officers."""
    ask = ask_check.Ports(
        wiring.clock,
        wiring.random,
        wiring.index(),
        wiring.store(),
        wiring.ground_checks(),
        wiring.disputes(),
        wiring.ledger(),
        wiring.terms(),
        wiring.artefact,
        wiring.rule_set,
        "3510",
    )
    mac = wiring.index().mac
    return send_visits.send_visits(
        send_visits.Ports(
            ask,
            wiring.ledger(),
            wiring.ground_checks(),
            lambda: [officer(sub) for sub in subs],
            lambda day: assignment.day_key(mac, day),
            check_wiring.check_rules_today,
            wiring.village_of,
        )
    )


def family(phone: Phone) -> str:
    """A family that cannot be scored, for want of one answer; gives its receipt."""
    body = form(artefact(), member(9951, name=NAME), child(9952, name="Damar Prabasari"), kk=None)
    body["address"] = {"line": LINE, "rt": "017", "rw": "009"}
    del body["answers"]["rooms"]
    status, told, _ = phone.api.post("/v1/registrations", body, key=secrets.token_urlsafe(24))
    assert status == 201
    phone.api.settle()
    receipt: str = told["receipt"]
    return receipt


def state(phone: Phone, receipt: str) -> str:
    found: str = phone.api.post("/v1/status", {"receipt": receipt})[1]["state"]
    return found


def codes(told: Any) -> list[tuple[str, str]]:
    return [(each["code"], each["field"]) for each in told["errors"]]


def test_a_visit_from_the_list_to_the_answer(phone: Phone) -> None:
    receipt = family(phone)
    assert state(phone, receipt) == "needs_ground_check"
    assert send_somebody("agent-1") == send_visits.Done(1, 1)
    status, listed = phone.get(LIST)
    assert status == 200
    (row,) = listed["checks"]
    assert (row["village_name"], row["district_name"]) == ("Kemiren", "Glagah")
    assert row["attempts_left"] == 2
    assert {each["code"] for each in listed["questions"]} == {
        question.code for question in artefact().questions
    }
    assert NAME not in str(listed)
    path = f"{LIST}/{row['check']}"
    status, opened = phone.get(path)
    assert (status, opened["name"], opened["line"]) == (200, NAME, LINE)
    reads = wiring.ledger().reads_of(receipt.replace("-", "")[:10], 9)
    assert [(each.actor, each.reason) for each in reads] == [("agent:agent-1", "visit")]

    body, key = visit(), secrets.token_urlsafe(24)
    status, told = phone.send(f"/v1/agent/checks/{row['check']}", body, key)
    assert (status, told["stage"]) == (201, "done")
    (upload,) = told["uploads"]
    assert upload["url"] == "https://quarantine.example/"
    assert upload["fields"]["key"].endswith(f"{row['check']}/{upload['piece']}")
    shown = {each["code"]: (each["declared"], each["found"]) for each in told["differences"]}
    assert shown["rooms"] == ("Tidak dijawab", "4")
    assert shown["tenure"] == ("Milik sendiri", "Kontrak atau sewa")
    assert shown["counts.people"] == ("2", "3")
    assert shown["head.schooling"] == ("SD atau sederajat", "Sarjana (D4 atau S1)")
    again = phone.send(f"/v1/agent/checks/{row['check']}", body, key)
    assert (again[0], again[1]["differences"]) == (201, told["differences"])
    assert phone.get(LIST)[1]["checks"] == []
    status, refused = phone.get(path)
    assert (status, codes(refused)) == (409, [("check_ended", "")])

    remark = f"/v1/agent/checks/{row['check']}/remarks"
    assert phone.send(remark, {"text": "Kamar baru"})[0] == 201
    assert codes(phone.send(remark, {"text": "Lagi"})[1]) == [("check_remarked", "")]
    phone.api.settle()
    assert state(phone, receipt) == "decided"


def test_nobody_is_told_what_is_not_theirs(phone: Phone) -> None:
    family(phone)
    send_somebody("agent-1")
    number = phone.get(LIST)[1]["checks"][0]["check"]
    path = f"/v1/agent/checks/{number}"
    other = Phone(phone.api, phone.desk, token("agent-2", "agent"))
    assert other.get(LIST)[1]["checks"] == []
    for status, told in (
        other.get(f"{LIST}/{number}"),
        other.send(path, visit()),
        other.send(f"{path}/remarks", {"text": "x"}),
    ):
        assert (status, codes(told)) == (403, [("check_not_yours", "")])
    unknown = number[:-1] + ("2" if number[-1] != "2" else "3")
    for strange in (unknown, "2222222222", "abc", number + "2"):
        assert phone.get(f"{LIST}/{strange}")[0] == 404
        assert phone.send(f"/v1/agent/checks/{strange}", visit())[0] == 404
    for groups in ((), ("reviewer",), ("supervisor", "region_admin")):
        wrong = Phone(phone.api, phone.desk, token("agent-1", *groups))
        assert wrong.get(LIST)[0] == wrong.send(path, visit())[0] == 403
        assert wrong.get(f"{LIST}/{number}")[0] == 403
    nobody = Phone(phone.api, phone.desk, "x.y.z")
    assert nobody.get(LIST)[0] == nobody.send(path, visit())[0] == 401
    (check,) = wiring.ground_checks().load([Ref(VILLAGE, number)]).values()
    assert list(wiring.ledger().reads_of(check.about, 9)) == []


def test_a_desk_that_is_signed_in_is_no_phone(phone: Phone, desk: Desk) -> None:
    desk.sign_in("reviewer")
    assert desk.get(LIST)[0] == 401


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"outcome": "gone"}, [("field_not_an_option", "outcome")]),
        ({"taken_at": "2026-11-22"}, [("taken_at_malformed", "taken_at")]),
        ({"taken_at": "2026-02-30T01:02:03Z"}, [("field_wrong_type", "taken_at")]),
        ({"taken_at": "2099-01-01T00:00:00Z"}, [("taken_in_future", "taken_at")]),
        ({"taken_at": "2020-01-01T00:00:00Z"}, [("taken_too_old", "taken_at")]),
        ({"place": {"lat": "x", "lon": "1.5", "metres": 1}}, [("lat_malformed", "place.lat")]),
        ({"counts": {"people": 41}}, [("field_wrong_type", "counts.people")]),
        ({"answers": {"rooms": 99}}, [("answer_out_of_range", "answers.rooms")]),
        ({"outcome": "not_home"}, [("visit_nobody_met", f) for f in ("answers", "counts", "head")]),
        ({"photos": [{"type": "gif", "size": 1}]}, [("field_not_an_option", "photos.0.type")]),
        ({"photos": [{"type": "jpeg", "size": 1}] * 4}, [("evidence_too_many", "photos")]),
        ({"extra": 1}, [("field_unknown", "")]),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_and_nothing_is_kept(
    phone: Phone, changes: dict[str, Any], found: list[tuple[str, str]]
) -> None:
    receipt = family(phone)
    send_somebody("agent-1")
    number = phone.get(LIST)[1]["checks"][0]["check"]
    status, told = phone.send(f"/v1/agent/checks/{number}", visit(**changes))
    assert (status, codes(told)) == (422, found)
    assert all(each["message"] for each in told["errors"])
    assert state(phone, receipt) == "needs_ground_check"
    assert phone.get(LIST)[1]["checks"][0]["attempts"] == []


def test_nobody_at_home_is_one_attempt_of_two(phone: Phone) -> None:
    family(phone)
    send_somebody("agent-1")
    number = phone.get(LIST)[1]["checks"][0]["check"]
    body = visit(outcome="not_home", answers={}, counts={}, head={}, photos=[])
    status, told = phone.send(f"/v1/agent/checks/{number}", body)
    assert (status, told["stage"], told["attempts_left"]) == (201, "assigned", 1)
    assert told["differences"] == []
    status, told = phone.send(f"/v1/agent/checks/{number}", body)
    assert (status, codes(told)) == (422, [("attempt_too_soon", "taken_at")])
    (row,) = phone.get(LIST)[1]["checks"]
    assert [each["why"] for each in row["attempts"]] == ["not_home"]
