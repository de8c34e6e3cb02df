"""The file of sanggah rules: only the agreed shape, each day one period, each code its words."""

from __future__ import annotations

import copy
import hashlib
import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from chalicelib.domain.rule_set import load_rules
from chalicelib.domain.sanggah_rules import (
    OUTCOMES,
    ClusterLimits,
    DatedRules,
    Evidence,
    SanggahError,
    Standing,
    Terms,
    Together,
    load_sanggah,
)
from chalicelib.domain.strict_json import ShapeError

DATA = Path(__file__).parents[2] / "chalicelib" / "data"
FILE = (DATA / "sanggah" / "default.json").read_bytes()
DOCUMENT: dict[str, Any] = json.loads(FILE)
RULES = load_sanggah(FILE)
TODAY = date(2026, 11, 22)
MIB = 1024 * 1024
PERIOD = ("periods", 0)
TERMS, EVIDENCE, CLUSTERS = (*PERIOD, "terms"), (*PERIOD, "evidence"), (*PERIOD, "clusters")


def load(document: dict[str, Any]) -> DatedRules:
    return load_sanggah(json.dumps(document).encode())


def changed(*path: str | int, value: object) -> dict[str, Any]:
    document = copy.deepcopy(DOCUMENT)
    place: Any = document
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    return document


def periods(*spans: tuple[str, str | None]) -> dict[str, Any]:
    one = DOCUMENT["periods"][0]
    found = [one | {"effective_from": start, "effective_to": end} for start, end in spans]
    return DOCUMENT | {"periods": found}


@pytest.mark.parametrize("path", sorted((DATA / "sanggah").glob("*.json")), ids=lambda p: p.stem)
def test_every_file_that_is_shipped_loads_and_covers_today(path: Path) -> None:
    rules = load_sanggah(path.read_bytes()).on(TODAY)
    shipped = DATA / "rules" / (DATA / "rules" / "current").read_text().strip()
    ruled = load_rules(shipped.with_suffix(".json").read_bytes(), shipped.name)
    assert rules.window_months == ruled.appeal_months  # told in two files, so held together here


def test_the_figures_as_they_are_shipped() -> None:
    rules = RULES.on(TODAY)
    assert (rules.window_months, rules.same_village, rules.most_open_objections) == (1, True, 3)
    assert rules.decided_before_months == 12
    assert (rules.terms.answer, rules.terms.visit, rules.terms.escalate_after) == (10, 14, (0, 5))
    assert (rules.evidence.pieces, rules.evidence.at_first, rules.evidence.bytes) == (
        20,
        3,
        5 << 20,
    )
    assert (rules.clusters.device.least, rules.clusters.photo.least) == (3, 2)
    assert rules.misused_identity == {"asset_not_mine"}
    assert len(RULES.sha256) == 64


def test_where_a_figure_comes_from_is_told() -> None:
    """What the press of another year told is no rule of today, and is marked (rulebook 5.2)."""
    standing = RULES.on(TODAY).standing
    assert standing["window_months"] is Standing.PUBLISHED
    assert standing["same_village"] is standing["terms.visit"] is Standing.REPORTED
    assert standing["terms.answer"] is standing["clusters.device"] is Standing.CHOSEN


def test_what_is_read_is_what_stands_in_the_file() -> None:
    rules, told = load_sanggah(FILE), DOCUMENT["periods"][0]
    assert rules.sha256 == hashlib.sha256(FILE).hexdigest()
    assert (rules.title, rules.sources) == (DOCUMENT["title"], DOCUMENT["sources"])
    assert rules.known_on == date.fromisoformat(DOCUMENT["known_on"])
    (period,) = rules.periods
    assert period.effective_from == date.fromisoformat(told["effective_from"])
    assert period.effective_to is None
    for name in ("window_months", "same_village", "most_open_objections", "decided_before_months"):
        assert getattr(period, name) == told[name]
    for name in ("appeal_reasons", "objection_reasons", "report_reasons", "report_outcomes"):
        assert getattr(period, name) == tuple(told[name])
    assert period.misused_identity == frozenset(told["misused_identity"])
    assert period.decision_reasons == {
        outcome: tuple(codes) for outcome, codes in told["decision_reasons"].items()
    }
    lists = {name: tuple(told["terms"][name]) for name in ("remind_before", "escalate_after")}
    assert period.terms == Terms(**told["terms"] | lists)
    assert period.evidence == Evidence(**told["evidence"])
    kinds = {
        name: Together(**told["clusters"][name]) for name in told["clusters"] if "_" not in name
    }
    assert period.clusters == ClusterLimits(**kinds, photo_bits=told["clusters"]["photo_bits"])


def test_every_figure_has_a_standing_and_nothing_else_has() -> None:
    told = DOCUMENT["periods"][0]
    names = ["window_months", "same_village", "most_open_objections", "decided_before_months"]
    for group in ("terms", "evidence", "clusters"):
        names += [f"{group}.{name}" for name in told[group]]
    wanted = dict.fromkeys(names, Standing.CHOSEN)
    wanted |= dict.fromkeys(told["published"], Standing.PUBLISHED)
    wanted |= dict.fromkeys(told["reported"], Standing.REPORTED)
    assert load_sanggah(FILE).on(TODAY).standing == wanted


@pytest.mark.parametrize("day", [date(2025, 9, 17), date(2025, 1, 1)])
def test_a_day_that_no_period_covers_is_an_error_and_never_a_guess(day: date) -> None:
    with pytest.raises(SanggahError, match=str(day)):
        RULES.on(day)


def test_each_day_has_the_period_that_covers_it() -> None:
    rules = load(periods(("2026-01-01", "2026-06-30"), ("2026-08-01", None)))
    first, second = rules.periods
    assert rules.on(date(2026, 1, 1)) is rules.on(date(2026, 6, 30)) is first
    assert rules.on(date(2026, 8, 1)) is rules.on(date(2036, 8, 1)) is second
    for gap in (date(2025, 12, 31), date(2026, 7, 1), date(2026, 7, 31)):
        with pytest.raises(SanggahError):
            rules.on(gap)


@pytest.mark.parametrize(
    "spans",
    [
        [("2026-01-01", "2026-06-30"), ("2026-06-30", None)],
        [("2026-01-01", None), ("2026-06-30", None)],
        [("2026-06-30", None), ("2026-01-01", "2026-02-01")],
    ],
)
def test_two_rules_for_one_day_are_refused(spans: list[tuple[str, str | None]]) -> None:
    with pytest.raises(ShapeError, match="two rules for"):
        load(periods(*spans))


def test_a_day_may_be_a_period_of_its_own() -> None:
    load(periods(("2026-01-01", "2026-01-01"), ("2026-01-02", None)))
    with pytest.raises(ShapeError, match="before the first"):
        load(periods(("2026-01-01", "2025-12-31")))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("format",), 2),
        (("surprise",), 1),
        (("title",), " "),
        (("known_on",), "2026-02-30"),
        (("periods",), []),
        ((*PERIOD, "effective_from"), None),
        ((*PERIOD, "effective_to"), "someday"),
        ((*PERIOD, "same_village"), 1),
        ((*PERIOD, "window"), 1),
        ((*PERIOD, "appeal_reasons"), []),
        ((*PERIOD, "appeal_reasons"), ["other_reason", "other_reason", "asset_not_mine"]),
        ((*PERIOD, "objection_reasons"), ["Not Poor"]),
        ((*PERIOD, "misused_identity"), []),
        ((*PERIOD, "misused_identity"), ["not_poor"]),
        ((*PERIOD, "decision_reasons", "lapsed"), ["silence"]),
        ((*PERIOD, "decision_reasons", "rejected"), []),
        ((*TERMS, "remind_before"), [1, 3]),
        ((*TERMS, "remind_before"), [3, 3]),
        ((*TERMS, "remind_before"), [6, 5, 4, 3, 2, 1]),
        ((*TERMS, "remind_before"), [251]),
        ((*TERMS, "remind_before"), [1, 0]),
        ((*TERMS, "escalate_after"), [0, 251]),
        ((*TERMS, "escalate_after"), [-1, 5]),
        ((*TERMS, "escalate_after"), [0]),
        ((*TERMS, "escalate_after"), [5, 5]),
        ((*TERMS, "escalate_after"), [0, 5, 9]),
        ((*TERMS, "lapse"), 14),
        ((*EVIDENCE, "at_first"), 21),
        ((*EVIDENCE, "objection_pieces"), 4),
        ((*EVIDENCE, "shrunk_bytes"), 5242881),
        ((*CLUSTERS, "device"), 3),
        ((*CLUSTERS, "name"), {"least": 2, "hours": 1}),
        ((*PERIOD, "published"), {"terms.lapse": "headline-41590"}),
        ((*PERIOD, "published"), {"window_months": "hearsay"}),
        ((*PERIOD, "reported"), {"window_months": "headline-41590"}),
    ],
)
def test_a_field_that_is_not_as_agreed_is_refused(
    path: tuple[str | int, ...], value: object
) -> None:
    with pytest.raises(ShapeError):
        load(changed(*path, value=value))


@pytest.mark.parametrize(
    ("path", "least", "most"),
    [
        ((*PERIOD, "window_months"), 1, 24),
        ((*PERIOD, "most_open_objections"), 1, 8),
        ((*PERIOD, "decided_before_months"), 1, 120),
        ((*TERMS, "screening_hours"), 1, 240),
        ((*TERMS, "answer"), 1, 250),
        ((*TERMS, "visit_attempts"), 1, 10),
        ((*EVIDENCE, "pages"), 1, 100),
        ((*EVIDENCE, "grant_seconds"), 60, 3600),
        ((*EVIDENCE, "link_seconds"), 10, 600),
        ((*EVIDENCE, "dark_below"), 0, 255),
        ((*CLUSTERS, "device", "least"), 2, 1000),
        ((*CLUSTERS, "street", "hours"), 1, 8784),
        ((*CLUSTERS, "photo_bits"), 0, 31),
    ],
    ids=lambda value: ".".join(map(str, value)) if isinstance(value, tuple) else "",
)
def test_a_figure_lies_between_its_bounds(
    path: tuple[str | int, ...], least: int, most: int
) -> None:
    for value in (least, most):
        load(changed(*path, value=value))
    for value in (least - 1, most + 1):
        with pytest.raises(ShapeError, match=f"{path[-1]}: must be a whole number"):
            load(changed(*path, value=value))


FEWEST = {
    "pieces": 1,
    "at_first": 1,
    "objection_pieces": 1,
    "bytes": 100_000,
    "shrunk_bytes": 50_000,
    "pixels": 1_000_000,
    "pages": 1,
    "grant_seconds": 60,
    "link_seconds": 10,
    "dark_below": 0,
    "blur_below": 0,
}
MOST = {
    "pieces": 100,
    "at_first": 100,
    "objection_pieces": 20,
    "bytes": 50 * MIB,
    "shrunk_bytes": 50 * MIB,
    "pixels": 200_000_000,
    "pages": 100,
    "grant_seconds": 3600,
    "link_seconds": 600,
    "dark_below": 255,
    "blur_below": 100_000,
}


def test_the_limits_of_evidence_may_all_be_as_low_or_as_high_as_they_go() -> None:
    for limits in (FEWEST, MOST):
        rules = load(changed(*EVIDENCE, value=limits))
        assert rules.on(TODAY).evidence == Evidence(**limits)


@pytest.mark.parametrize("name", FEWEST)
def test_no_limit_of_evidence_lies_beyond_its_bounds(name: str) -> None:
    for limits, by in ((FEWEST, -1), (MOST, 1)):
        beyond = limits | {name: limits[name] + by}
        with pytest.raises(ShapeError, match=rf"{name}: must be a whole number"):
            load(changed(*EVIDENCE, value=beyond))


def test_what_an_objection_needs_may_be_all_that_is_sent_at_first_and_at_all() -> None:
    load(changed(*EVIDENCE, value=MOST | {"objection_pieces": 3, "at_first": 3, "pieces": 3}))
    for other in ({"objection_pieces": 4}, {"pieces": 2}):
        limits = MOST | {"objection_pieces": 3, "at_first": 3, "pieces": 3} | other
        with pytest.raises(ShapeError, match="must allow at first what is needed"):
            load(changed(*EVIDENCE, value=limits))


@pytest.mark.parametrize("days", [[], [1], [250], [5, 4, 3, 2, 1], [250, 1]])
def test_up_to_five_reminders_in_a_working_year_may_be_sent(days: list[int]) -> None:
    rules = load(changed(*TERMS, "remind_before", value=days))
    assert rules.on(TODAY).terms.remind_before == tuple(days)


@pytest.mark.parametrize("days", [[0, 1], [249, 250]])
def test_each_level_waits_longer_and_no_longer_than_a_working_year(days: list[int]) -> None:
    rules = load(changed(*TERMS, "escalate_after", value=days))
    assert rules.on(TODAY).terms.escalate_after == tuple(days)


def test_a_list_of_codes_has_one_to_forty() -> None:
    codes = [f"code_{number}" for number in range(41)]
    for count in (1, 40):
        rules = load(changed(*PERIOD, "report_outcomes", value=codes[:count]))
        assert rules.on(TODAY).report_outcomes == tuple(codes[:count])
    for wrong in ([], codes):
        with pytest.raises(ShapeError, match="report_outcomes: must be a list of 1 to 40"):
            load(changed(*PERIOD, "report_outcomes", value=wrong))


def test_every_code_has_its_words_and_every_word_its_code() -> None:
    words = json.loads((DATA / "words" / "sanggah.id.json").read_bytes())
    codes: dict[str, set[str]] = {"appeal": set(), "objection": set(), "decision": set()}
    for path in (DATA / "sanggah").glob("*.json"):
        for period in load_sanggah(path.read_bytes()).periods:
            codes["appeal"].update(period.appeal_reasons)
            codes["objection"].update(period.objection_reasons)
            codes["decision"].update(*(period.decision_reasons[outcome] for outcome in OUTCOMES))
    assert {kind: words[kind].keys() for kind in codes} == codes


def test_every_day_from_the_first_on_is_covered() -> None:
    first = RULES.periods[0].effective_from
    for days in range(0, 2000, 50):
        assert RULES.on(first + timedelta(days=days)) is RULES.periods[0]
