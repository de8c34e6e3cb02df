"""What an officer reads of findings: a list without identity, and one beside what was declared.

Words only; who may see what was settled by `settle_check`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

from chalicelib.domain import check_review, reasons
from chalicelib.domain.check_review import REASONS
from chalicelib.domain.ground_check import Check
from chalicelib.domain.registration import ENDED_STATES
from chalicelib.usecases import (
    compare_household,
    settle_check,
    show_case,
    show_evidence,
    show_status,
)
from chalicelib.usecases.check_ports import AFTER, visit_part
from chalicelib.usecases.read_case import OpenCase
from chalicelib.usecases.settle_check import Listed, OpenFinding


@dataclass(frozen=True, slots=True)
class Ports:
    """What the words rest on.

    Attributes:
        words: of findings (data/words/review).
        officers: how officers are named: "you" and "officer" (data/words/staff, dispute).
        missed: why nobody was met, by code (data/words/checks).
        now: the time (ms, UTC).
    """

    words: Mapping[str, Any]
    officers: Mapping[str, str]
    missed: Mapping[str, str]
    compare: compare_household.Ports
    evidence: show_evidence.Ports
    case: show_case.Ports
    now: Callable[[], int]


def rows(listed: Listed, ports: Ports) -> list[dict[str, Any]]:
    """An officer's list."""
    now = ports.now()
    return [
        {
            "number": check.ref.locator,
            "village": show_case.village_name(check.ref.village, ports.case),
            "why": ports.words["purposes"][check.purpose],
            "turn": ports.words["turns"][check_review.turn(check)],
            "due": reasons.format_date(turn.due.day),
            "late": turn.due.at <= now,
        }
        for check, turn in listed.mine
    ]


def sheet(opened: OpenFinding, viewer: str, ports: Ports) -> dict[str, Any]:
    """Everything about one finding that the officer who opened it may see.

    Args:
        viewer: "staff:<subject>" of the officer.
    """
    check, case, words = opened.check, opened.case, ports.words
    role = check_review.turn(check)
    settled = check_review.outcome(check)
    known = OpenCase(case, opened.identity, None, None, ()) if case else None
    lines = (
        compare_household.compared(known, check.declared, check.finding, ports.compare)
        if known
        else []
    )
    return {
        "number": check.ref.locator,
        "seen": f"{check.version}.{case.version if case else 0}",
        "village": show_case.village_name(check.ref.village, ports.case),
        "why": words["purposes"][check.purpose],
        "turn": words["settled"][settled] if settled else words["turns"][role],
        "due": "" if settled else reasons.format_date(opened.turn.due.day),
        "late": not settled and opened.turn.due.at <= ports.now(),
        "ended": case is None or case.state in ENDED_STATES,
        "address": f"{opened.identity.line}, RT {opened.identity.rt} / RW {opened.identity.rw}"
        if opened.identity
        else "",
        "result_now": _result(_eligible_now(opened), ports),
        "result_found": _result(check.verdict.eligible if check.verdict else None, ports),
        "lines": lines,
        "groups": compare_household.by_group(lines),
        "visited": check.finding is not None,
        "differing": sum(line["differs"] for line in lines),
        "evidence": show_evidence.pieces(check.ref, check.evidence, ports.evidence),
        "told": _told(check, opened.told, ports),
        "steps": _steps(check, ports),
        "opinions": [_opinion(check, place, viewer, ports) for place in range(len(check.opinions))],
        "may_judge": opened.may_judge,
        "role": role.value,
        "choices": [
            (
                words["courses"][course],
                [(f"{course}:{code}", words["reasons"][code]) for code in codes],
            )
            for course, codes in REASONS.items()
        ],
        "letter": _letter(opened, ports),
        "changed": [],
    }


def _eligible_now(opened: OpenFinding) -> Sequence[str] | None:
    decisions = opened.case.decisions if opened.case else ()
    if not decisions:
        return None
    return [each.programme for each in decisions if each.eligible]


def _result(eligible: Sequence[str] | None, ports: Ports) -> str:
    words = ports.words
    if eligible is None:
        return str(words["not_scored"])
    if not eligible:
        return str(words["eligible_none"])
    rules = ports.case.status.rules("")
    names = {each.code: each.name for each in rules.programmes} if rules else {}
    told = ", ".join(names.get(code, code) for code in eligible)
    return str(words["eligible_for"].format(bantuan=told))


def _told(check: Check, told: Mapping[str, Any], ports: Ports) -> list[dict[str, str]]:
    """Place and remark of each visit in order, then what was said to the differences."""
    found = []
    for number in range(len(check.attempts) + 1):
        part = told.get(visit_part(number))
        if part is None:
            continue
        place = part["place"]
        where = (
            ports.words["place"].format(
                lintang=place["lat"], bujur=place["lon"], meter=place["metres"]
            )
            if place
            else ""
        )
        found.append({"text": part["remark"], "place": where, "when": ""})
    if AFTER in told:
        found.append({"text": told[AFTER], "place": "", "when": ports.words["after"]})
    return found


def _steps(check: Check, ports: Ports) -> list[dict[str, str]]:
    words = ports.words
    told = [(check.asked_at, words["asked"])]
    told += [(each.at, f"{words['missed']}: {ports.missed[each.why]}") for each in check.attempts]
    if check.finding is not None:
        told += [(check.finding.taken_at, words["visited"]), (check.received_at, words["received"])]
    told += [(each.at, words["courses"][each.course]) for each in check.opinions]
    return [
        {"at": _moment(at, ports), "step": what} for at, what in sorted(told, key=itemgetter(0))
    ]


def _opinion(check: Check, place: int, viewer: str, ports: Ports) -> dict[str, str]:
    each = check.opinions[place]
    code = each.actor.partition(":")[2][:8]
    own = each.actor == viewer
    return {
        "who": ports.officers["you"] if own else ports.officers["officer"].format(kode=code),
        "course": ports.words["courses"][each.course],
        "reason": ports.words["reasons"].get(each.reason, each.reason),
        "at": _moment(each.at, ports),
    }


def _letter(opened: OpenFinding, ports: Ports) -> str:
    """What the family reads at once when its case is opened again; "" where it has no result."""
    case = opened.case
    if case is None or not case.decisions:
        return ""
    concerns = ports.case.status.concerns
    day = reasons.format_date(show_status.local(case.steps[-1].at, ports.case.status).date())
    told: str = concerns["taken_up_again"]
    return told.format(tanggal=day, sebab=concerns[f"anew.{settle_check.WHY}"])


def _moment(at: int, ports: Ports) -> str:
    return show_status.moment(at, ports.case.status)
