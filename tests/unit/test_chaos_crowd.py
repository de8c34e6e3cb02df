"""The families of `make chaos`: they never give up, and what they are told is written down once."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from infra import demo
from infra.chaos import crowd as crowds
from infra.chaos.crowd import Crowd
from infra.demo import Case
from infra.people.forms import Draft

RECEIPT = "AAAA-BBBB-CCCC-DDDD-EEEE-FFFF"
Answering = Callable[[str, Any, str], httpx.Response | None]


class StubApi:
    """Answers as it is told; None stands for a line that broke in all tries."""

    def __init__(self, answering: Answering) -> None:
        self.answering = answering
        self.sent: list[tuple[str, Any, str]] = []

    def post(self, path: str, body: Any, key: str) -> httpx.Response | None:
        self.sent.append((path, body, key))
        return self.answering(path, body, key)


def family(number: int = 0, key: str = "0" * 32) -> Case:
    return Case(number, Draft(key, {"form": 1}, {"form": "mended"}, (), None))


def crowd_of(answering: Answering, folder: Path) -> Crowd:
    crowd = Crowd(StubApi(answering), folder / "receipts.jsonl")  # type: ignore[arg-type]
    crowd.printed.touch()
    return crowd


def printed(crowd: Crowd) -> list[dict[str, Any]]:
    return [json.loads(line) for line in crowd.printed.read_text().splitlines()]


def after(silences: int, status: int, body: dict[str, Any]) -> Answering:
    """So many broken lines, then always this answer."""
    left = iter([None] * silences)
    return lambda *_: next(left, httpx.Response(status, json=body))


def test_a_family_asks_until_it_is_answered_under_one_key(tmp_path: Path) -> None:
    crowd = crowd_of(after(3, 201, {"receipt": RECEIPT}), tmp_path)
    crowd.come([family()], total=1, seconds=0)
    assert printed(crowd) == [{"family": 0, "receipt": RECEIPT}]
    assert {key for _, _, key in crowd.api.sent} == {"0" * 32}
    assert len(crowd.api.sent) == 4


def test_a_family_that_is_told_no_is_noted_and_asks_no_more(tmp_path: Path) -> None:
    crowd = crowd_of(after(0, 409, {"errors": []}), tmp_path)
    crowd.come([family(7)], total=1, seconds=0)
    assert crowd.refused == {7: ("http_409",)}
    assert printed(crowd) == []
    assert len(crowd.api.sent) == 1


def test_a_mended_form_whose_answer_is_lost_is_sent_again(tmp_path: Path) -> None:
    said = iter(
        [
            httpx.Response(422, json={"errors": [{"code": "nik_length"}]}),
            None,
            httpx.Response(422, json={"errors": [{"code": "nik_length"}]}),
            httpx.Response(201, json={"receipt": RECEIPT}),
        ]
    )
    crowd = crowd_of(lambda *_: next(said), tmp_path)
    crowd.come([family()], total=1, seconds=0)
    assert [line["receipt"] for line in printed(crowd)] == [RECEIPT]


def test_who_leaves_asks_no_more(tmp_path: Path) -> None:
    crowd = crowd_of(lambda *_: crowd.leave.set(), tmp_path)
    crowd.come([family()], total=1, seconds=0)
    assert len(crowd.api.sent) == 1
    assert printed(crowd) == []


def test_families_are_looked_at_until_they_have_seen_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crowds, "_LOOK_EVERY", 0.01)
    states = iter(["received", "matched", "decided"])
    crowd = crowd_of(lambda *_: httpx.Response(200, json={"state": next(states)}), tmp_path)
    crowd.cases.append(Case(0, family().draft, receipt=RECEIPT))
    following = threading.Thread(target=crowd.follow)
    following.start()
    while crowd.still_moving():
        time.sleep(0.01)
    crowd.leave.set()
    following.join()
    assert crowd.cases[0].state == "decided"
    assert len(crowd.api.sent) == 3


def test_an_act_counts_once_it_is_answered_and_is_repeated_under_its_key_until_then() -> None:
    lost = iter([None])

    def answer(path: str, _body: Any, _key: str) -> httpx.Response | None:
        if path == "corrections":
            return next(lost, httpx.Response(200, json={}))
        return httpx.Response(200, json={"state": "needs_correction", "corrections": []})

    api, case = StubApi(answer), Case(0, family(key="0").draft, receipt=RECEIPT)
    demo.look(api, case)  # type: ignore[arg-type]
    assert case.acts == {}
    demo.look(api, case)  # type: ignore[arg-type]
    assert case.acts == {"corrected": 200}
    keys = [key for path, _, key in api.sent if path == "corrections"]
    assert len(keys) == 2
    assert len(set(keys)) == 1
    demo.look(api, case)  # type: ignore[arg-type]
    assert [path for path, _, _ in api.sent].count("corrections") == 2
