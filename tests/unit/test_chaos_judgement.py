"""The judgement of `make chaos` on findings made by hand: it is content with what is right only."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from chalicelib.domain.audit import DAY_MS
from chalicelib.usecases.seal_day import seal_day
from infra.chaos.findings import Case, Event, Findings, Sealed, Shown
from infra.chaos.judgement import CHECKS, judge, wrong
from infra.chaos.plan import DEEDS, plan
from infra.chaos.planted import planted, unseen
from infra.chaos.reading import verdict
from tests.ledger_world import START, MemoryFiles, export, make_ledger, seal_ports

DECIDED = ("received", "matched", "decided")
WITHDREW = (*DECIDED, "withdrawn", "released")
CORRECTED = ("received", "needs_correction", "received", *DECIDED[1:])
_ACTS = {"matched": "checked", "needs_correction": "checked", "decided": "decided"}
_ENDS = {"withdrawn": "withdrawn", "released": "guards_released"}
_ACTORS = {
    "checked": "system:check_identity",
    "decided": "system:score_household",
    "guards_released": "system:release_guards",
}


def chain(locator: str, states: tuple[str, ...]) -> list[Event]:
    events: list[Event] = []
    for place, state in enumerate(states):
        act = _ACTS.get(state) or _ENDS.get(state) or ("corrected" if place else "received")
        before = states[place - 1] if place else ""
        actor = _ACTORS.get(act, "citizen")
        events.append(Event(locator, place + 1, f"{locator}{place}", act, actor, before, state))
    return events


def case(locator: str, states: tuple[str, ...], corrections: int = 0) -> Case:
    decided = "decided" in states
    return Case(
        locator=locator,
        state=states[-1],
        version=len(states),
        steps=states,
        head=(len(states), f"{locator}{len(states) - 1}"),
        corrections=corrections,
        scored=decided,
        eligible={"pkh": True} if decided else {},
    )


LIVES = {"AAAABBBBC2": DECIDED, "AAAABBBBC3": WITHDREW, "AAAABBBBC4": CORRECTED}
RECEIPTS = {locator: f"{locator[:4]}-{locator[4:8]}-{locator[8:]}ZZ-YYYY" for locator in LIVES}


def right() -> Findings:
    """Three families: one decided, one that withdrew, one that corrected."""
    first, second, third = LIVES
    return Findings(
        families=3,
        refused={},
        printed=list(enumerate(RECEIPTS.values())),
        again=dict(enumerate(RECEIPTS.values())),
        done=[(RECEIPTS[second], "withdrew"), (RECEIPTS[third], "corrected")],
        shown={
            RECEIPTS[locator]: Shown(states[-1], {} if states is WITHDREW else {"pkh": True})
            for locator, states in LIVES.items()
        },
        cases=[
            case(locator, states, int(states is CORRECTED)) for locator, states in LIVES.items()
        ],
        sealed=[*(Sealed(each, "0", (f"N#{each}",)) for each in LIVES), Sealed(third, "1")],
        guards=[(f"N#{first}", first), (f"N#{third}", third)],
        events=[event for each, states in LIVES.items() for event in chain(each, states)],
        queued={"check": 0, "score": 0},
        parked=[("check-dead", first)],
    )


def spoilt(**changes: Any) -> set[str]:
    return wrong(judge(replace(right(), **changes)))


def cases(change: Callable[[Case], Case | None]) -> list[Case]:
    changed = (change(each) for each in right().cases)
    return [each for each in changed if each is not None]


def test_what_is_right_is_right() -> None:
    assert wrong(judge(right())) == set()


@pytest.mark.parametrize("name", [what for what, _, _ in planted(right())])
def test_a_planted_wrong_is_seen_for_its_reason(name: str) -> None:
    check, found = next((check, found) for what, check, found in planted(right()) if what == name)
    assert check in wrong(judge(found))


def test_planted_wrongs_are_counted_as_seen() -> None:
    assert unseen(right()) == []


def test_a_blind_judgement_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    blind = {check.__name__: [] for check in CHECKS}
    monkeypatch.setattr("infra.chaos.planted.judge", lambda _found: blind)
    assert len(unseen(right())) == len(list(planted(right())))


def test_a_family_without_an_answer() -> None:
    assert spoilt(families=4) == {"every_family_was_answered"}
    told = judge(replace(right(), families=4, refused={3: ("http_409",)}))
    assert told["every_family_was_answered"] == ["family 3 holds no receipt (http_409)"]


def test_two_receipts_for_one_family() -> None:
    more = [*right().printed, (0, "AAAA-BBBB-C3ZZ-YYYY")]
    assert "every_receipt_is_there_once" in spoilt(printed=more)


def test_one_receipt_for_two_families() -> None:
    first = RECEIPTS["AAAABBBBC2"]
    assert "every_receipt_is_there_once" in spoilt(printed=[*right().printed, (7, first)])


def test_a_repeat_that_is_another_registration() -> None:
    assert spoilt(again={**right().again, 0: "ZZZZ-ZZZZ"}) == {"a_repeat_gets_the_same_receipt"}


def test_an_acknowledged_correction_that_is_not_there() -> None:
    done = [(RECEIPTS["AAAABBBBC2"], "corrected")]
    assert spoilt(done=done) == {"what_was_told_done_is_done"}


def test_an_acknowledged_withdrawal_that_is_not_there() -> None:
    done = [(RECEIPTS["AAAABBBBC2"], "withdrew")]
    assert spoilt(done=done) == {"what_was_told_done_is_done"}


def test_a_message_that_is_left() -> None:
    assert spoilt(queued={"check": 1}) == {"everything_settles"}


def test_a_parked_message_of_a_case_that_still_waits() -> None:
    waits = cases(lambda each: replace(each, state="matched"))
    assert "parked_messages_are_explained" in spoilt(cases=waits)
    assert "parked_messages_are_explained" in spoilt(parked=[("check-dead", "ZZZZZZZZZZ")])


def test_a_case_that_was_matched_and_never_scored() -> None:
    unscored = [event for event in right().events if event.act != "decided"]
    assert "scored_once" in spoilt(events=unscored)


def test_a_decided_case_without_its_score() -> None:
    assert "scored_once" in spoilt(cases=cases(lambda each: replace(each, scored=False)))


def test_a_match_that_was_withdrawn_before_its_score_is_right() -> None:
    states = ("received", "matched", "withdrawn", "released")
    locator = "AAAABBBBC3"
    events = [e for e in right().events if e.chain != locator] + chain(locator, states)
    ended = cases(lambda each: case(locator, states) if each.locator == locator else each)
    shown = {**right().shown, RECEIPTS[locator]: Shown("released")}
    assert spoilt(events=events, cases=ended, shown=shown) == set()


def test_a_check_that_counted_twice() -> None:
    twice = ("received", "needs_correction", "needs_correction")
    locator = "AAAABBBBC2"
    events = [e for e in right().events if e.chain != locator] + chain(locator, twice)
    assert "checked_once" in spoilt(events=events)


def test_an_entry_that_does_not_follow_the_one_before() -> None:
    first, *rest = right().events
    assert "one_chain_each" in spoilt(events=[replace(first, after="needs_officer"), *rest])


def test_a_head_that_is_not_the_last_entry() -> None:
    moved = cases(lambda each: replace(each, head=(each.head[0], "0" * 64)))
    assert spoilt(cases=moved) == {"one_chain_each"}
    assert spoilt(cases=cases(lambda each: replace(each, version=9))) == {"one_chain_each"}


def test_a_timeline_that_the_ledger_does_not_tell() -> None:
    assert spoilt(cases=cases(lambda each: replace(each, steps=("received",)))) == {
        "one_chain_each"
    }


def test_a_sealed_identity_that_is_missing() -> None:
    assert "counters_equal_rows" in spoilt(sealed=right().sealed[1:])
    assert "counters_equal_rows" in spoilt(sealed=right().sealed[:-1])


def test_a_sealed_identity_of_nobody() -> None:
    more = [*right().sealed, Sealed("ZZZZZZZZZZ", "1")]
    assert "nothing_else_is_there" in spoilt(sealed=more)


def test_an_ended_case_that_holds_a_number() -> None:
    more = [*right().guards, ("N#x", "AAAABBBBC3")]
    assert spoilt(guards=more) == {"a_live_case_holds_its_guards"}


def test_a_case_held_by_another_needs_no_guards() -> None:
    held = cases(lambda each: replace(each, held=True))
    assert spoilt(cases=held, guards=[]) == set()


def test_a_receipt_that_opens_nothing() -> None:
    assert spoilt(shown={}) == {"the_status_page_is_right"}


def test_a_decision_that_is_shown_otherwise() -> None:
    for eligible in ({}, {"pkh": False}):
        shown = {
            receipt: replace(page, eligible=eligible) for receipt, page in right().shown.items()
        }
        assert spoilt(shown=shown) == {"the_status_page_is_right"}


def test_a_case_that_has_ended_tells_no_decision() -> None:
    shown = {**right().shown, RECEIPTS["AAAABBBBC3"]: Shown("released", {"pkh": True})}
    assert spoilt(shown=shown) == {"the_status_page_is_right"}


def test_a_ledger_that_does_not_verify() -> None:
    assert spoilt(verdict="NOT SOUND: 1 faults.") == {"the_ledger_verifies"}


def test_the_verdict_is_that_of_the_command(tmp_path: Path) -> None:
    ledger, files = make_ledger(1), MemoryFiles()
    seal_day(START + 4 * DAY_MS, seal_ports(ledger, files))
    for path, content in files.files.items():
        if "latest" not in path:
            (tmp_path / Path(path).name).write_bytes(content)
    lines = export(ledger, START + 5 * DAY_MS)
    whole, cut = tmp_path / "ledger.jsonl", tmp_path / "cut.jsonl"
    whole.write_bytes(b"".join(lines))
    event = next(place for place, line in enumerate(lines) if b'"type":"event"' in line)
    cut.write_bytes(b"".join(lines[:event] + lines[event + 1 :]))
    assert verdict(whole, tmp_path) == ""
    assert "NOT SOUND" in verdict(cut, tmp_path)
    assert "(2)" in verdict(tmp_path / "missing", tmp_path)


def test_one_seed_gives_one_plan_that_holds_every_deed() -> None:
    assert plan(1) == plan(1) != plan(2)
    assert {deed.name for deed in plan(1)} == set(DEEDS)
    assert [deed.at for deed in plan(1)] == sorted(deed.at for deed in plan(1))
    assert all(0 < deed.at < 1 for deed in plan(1))
