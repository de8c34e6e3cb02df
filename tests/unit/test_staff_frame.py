"""What every page of the desk says, where it leads back to, and how it hands over a file."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from chalicelib import wiring
from chalicelib.domain.audit import first_head
from chalicelib.domain.errors import Fault, InvalidRequest, NotFound, TepatError, WrongState
from chalicelib.domain.registration import Ref
from chalicelib.domain.tokens import Claims
from chalicelib.entrypoints import staff_frame
from chalicelib.entrypoints.staff_session import Session

CLAIMS = Claims(
    subject="p-1", groups=frozenset({"reviewer"}), session="s-1", expires_at=1_795_230_840
)
WHO = Session(CLAIMS, ("renewed=1", "renewed=2"))
MATTER, CASE = "9K3GZZZZZZ", "9K3GYYYYYY"


def asked(query: dict[str, str] | None) -> Any:
    """A request with what its address says after the path."""
    return SimpleNamespace(query_params=query)


@pytest.fixture
def words(monkeypatch: pytest.MonkeyPatch) -> None:
    told = {"invalid": "Periksa lagi.", "report_moved": "Laporan ini sudah berpindah."}
    monkeypatch.setattr(wiring, "fault_words", lambda: told)


@pytest.mark.parametrize("query", [None, {}, {"told": ""}, {"told": "x"}, {"told": "report"}])
def test_a_page_says_nothing_that_an_address_makes_up(words: None, query: Any) -> None:
    request = asked(query)
    assert staff_frame.told(request) == []


def test_a_page_says_first_why_one_was_led_back_to_it(words: None) -> None:
    request = asked({"told": "report_moved"})
    (told,) = staff_frame.told(request)
    assert told["message"] == "Laporan ini sudah berpindah."


CHANGED = WrongState(Fault("dispute_changed"))
TWO = InvalidRequest(Fault("field_missing", "vote"), Fault("dispute_changed"))


@pytest.mark.parametrize(
    ("error", "seen", "code", "query"),
    [
        (CHANGED, ("7.3",), "dispute_changed", "told=dispute_changed&since=7.3"),
        (WrongState(Fault("finding_changed")), ("7.3",), "finding_changed",
         "told=finding_changed&since=7.3"),
        (CHANGED, ("",), "dispute_changed", "told=dispute_changed"),
        (CHANGED, (), "dispute_changed", "told=dispute_changed"),
        (WrongState(Fault("report_moved")), ("7.3",), "report_moved", "told=report_moved"),
        (TWO, ("7.3",), "dispute_changed, field_missing", "told=field_missing"),
    ],
)  # fmt: skip
def test_a_refused_act_leads_back_and_says_since_when_it_has_changed(
    monkeypatch: pytest.MonkeyPatch, error: TepatError, seen: tuple[str, ...], code: str, query: str
) -> None:
    lines: list[Any] = []
    monkeypatch.setattr(staff_frame, "log", lambda *told, **more: lines.append((told, more)))
    answer = staff_frame.led_back(error, "/staff/disputes/1", WHO, *seen)
    assert answer.status_code == 303
    assert answer.headers["Location"] == f"/staff/disputes/1?{query}"
    assert answer.headers["Set-Cookie"] == ["renewed=1", "renewed=2"]
    assert lines == [(("refused",), {"code": code})]


def test_what_has_changed_is_told_to_whoever_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    ports, own, case = object(), type("Own", (), {}), type("Case", (), {})
    for thing, chain in ((own, MATTER), (case, CASE)):
        thing.ref, thing.head = Ref("3510152004", chain), first_head(chain)  # type: ignore[attr-defined]
    monkeypatch.setattr("chalicelib.review_wiring.changed_ports", lambda: ports)
    monkeypatch.setattr("chalicelib.usecases.what_changed.what_changed", lambda *told: list(told))
    request = asked({"since": "7.3"})
    both = [(MATTER, first_head(MATTER), 7), (CASE, first_head(CASE), 3)]
    looks: Any = staff_frame.changed_since
    assert looks(request, WHO, own, case) == [both, "staff:p-1", ports]
    assert looks(request, WHO, own, None) == [both[:1], "staff:p-1", ports]
    for query in (None, {}, {"since": ""}, {"since": "7"}, {"since": "7.3.1"}, {"since": "7.x"}):
        assert looks(asked(query), WHO, own, case) == []


def test_a_file_is_kept_and_renews_the_idle_time() -> None:
    answer = staff_frame.file("list.csv", "a;b\n", WHO)
    assert answer.body == "\ufeffa;b\n"
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="list.csv"'
    assert answer.headers["Set-Cookie"] == ["renewed=1", "renewed=2"]
    assert answer.headers["Cache-Control"] == "no-store"


MENU = {
    "reviewer": {"reissue", "read", "decide"},
    "supervisor": {
        *("reissue", "read", "decide", "oversee"),
        *("see_adoptions", "see_officers", "see_reports"),
    },
    "region_admin": {
        *("reissue", "read", "oversee", "open_objectors"),
        *("see_adoptions", "see_officers", "see_reports"),
    },
    "auditor": {"read", "see_adoptions", "see_officers"},
    "analyst": {"see_adoptions"},
    "agent": set[str](),
}


@pytest.fixture
def rendered(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, dict[str, Any]]]:
    """What the pages were made of: the template's name, and all that it was given."""
    from chalicelib.entrypoints import pages  # as the frame finds it: other tests load rooms anew

    made: list[tuple[str, dict[str, Any]]] = []

    def render(name: str, **given: Any) -> str:
        made.append((name, given))
        return "<!doctype html>"

    monkeypatch.setattr(pages, "render", render)
    return made


def menu(given: dict[str, Any]) -> dict[str, Any]:
    return {name.removeprefix("may_"): may for name, may in given.items() if "may_" in name}


@pytest.mark.parametrize("group", MENU)
def test_a_page_offers_what_its_reader_may_do_and_nothing_else(
    rendered: list[tuple[str, dict[str, Any]]], group: str
) -> None:
    who = Session(replace(CLAIMS, groups=frozenset({group})), ("renewed=1",))
    answer = staff_frame.page("queue", {"rows": [7]}, who, 200, ("more=1",))
    ((name, given),) = rendered
    everything = set().union(*MENU.values())
    assert menu(given) == {each: each in MENU[group] for each in everything}
    assert (name, given["rows"], given["s"]) == ("staff/queue", [7], wiring.words("staff"))
    assert (given["account"], given["signed_in"]) == ("p-1", True)
    assert (answer.status_code, answer.body) == (200, "<!doctype html>")
    assert answer.headers["Set-Cookie"] == ["renewed=1", "more=1"]


def test_a_page_offers_nothing_to_whoever_is_not_signed_in(
    rendered: list[tuple[str, dict[str, Any]]],
) -> None:
    answer = staff_frame.page("signed_out", {}, None)
    ((_, given),) = rendered
    assert not any(menu(given).values())
    assert (given["account"], given["signed_in"]) == ("", False)
    assert (answer.status_code, answer.headers["Set-Cookie"]) == (200, [])


def test_a_refusal_is_logged_and_shown_as_a_page_of_its_reader(
    monkeypatch: pytest.MonkeyPatch, words: None, rendered: list[tuple[str, dict[str, Any]]]
) -> None:
    lines: list[Any] = []
    monkeypatch.setattr(staff_frame, "log", lambda *told, **more: lines.append((told, more)))
    answer = staff_frame.refused(WrongState(Fault("report_moved")), WHO, ("gone=1",))
    ((name, given),) = rendered
    assert name == "staff/error"
    assert [told["message"] for told in given["errors"]] == ["Laporan ini sudah berpindah."]
    assert (given["account"], menu(given)["decide"]) == ("p-1", True)
    assert answer.status_code == 409
    assert answer.headers["Set-Cookie"] == ["renewed=1", "renewed=2", "gone=1"]
    assert lines == [(("refused",), {"code": "report_moved"})]


@pytest.mark.parametrize("number", ["x", "9K3GZZZZZZ"])
def test_what_no_number_of_the_region_can_name_is_unknown(number: str) -> None:
    with pytest.raises(NotFound) as told:
        staff_frame.kept_at(number, lambda _number: None, "report_unknown")
    assert told.value.faults == (Fault("report_unknown", "number"),)
    assert staff_frame.kept_at(MATTER, lambda _number: "3510152004", "") == Ref(
        "3510152004", MATTER
    )
