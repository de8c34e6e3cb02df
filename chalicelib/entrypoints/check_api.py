"""Ground checks over HTTP: what a field officer's phone sends, and what it is answered."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from chalice.app import Request

from chalicelib import check_wiring, wiring
from chalicelib.domain import ground_check
from chalicelib.domain.errors import Fault, NotFound
from chalicelib.domain.evidence import FileKind
from chalicelib.domain.finding import Count, Difference, Finding
from chalicelib.domain.ground_check import Check, Missed
from chalicelib.domain.household import Occupation, Schooling
from chalicelib.domain.pmt import Artefact
from chalicelib.domain.receipt import is_locator
from chalicelib.domain.registration import Ref
from chalicelib.entrypoints import http
from chalicelib.entrypoints.check_schemas import RemarkBody, VisitBody
from chalicelib.entrypoints.http import Answer, Sent
from chalicelib.usecases.carry_out_check import Kept, Visit, findings, remark
from chalicelib.usecases.filing import Photo

MET = "met"
PAGE = "agent"  # never shown: phones ask for JSON


def keep_visit(request: Request, locator: str, officer: str) -> Answer:
    """Keep a visit.

    Raises:
        NotFound, NotAllowed, WrongState, InvalidRequest, TryAgain: as `findings`.
    """
    sent = http.read(request, VisitBody, keyed=True)
    ref = place_of(locator)
    sent.refuse(*_senseless(sent.body))
    kept = findings(_visit(sent, ref, officer), check_wiring.visit_ports())
    return Answer(201, told(kept, wiring.words("checks")), PAGE)


def keep_remark(request: Request, locator: str, officer: str) -> Answer:
    """Keep what whoever went says to the differences.

    Raises:
        NotFound, NotAllowed, WrongState, InvalidRequest, TryAgain: as `remark`.
    """
    sent = http.read(request, RemarkBody, keyed=True)
    ref = place_of(locator)
    sent.refuse()
    check = remark(ref, sent.key, officer, sent.body["text"], check_wiring.visit_ports())
    return Answer(201, {"check": check.ref.locator}, PAGE)


def place_of(locator: str) -> Ref:
    """Where a check is kept.

    Raises:
        NotFound: no check of this region can have that number.
    """
    village = check_wiring.village_of_check(locator) if is_locator(locator) else None
    if village is None:
        raise NotFound(Fault("check_unknown"))
    return Ref(village, locator)


def told(kept: Kept, words: Mapping[str, Any]) -> dict[str, Any]:
    """A kept visit, as its sender is told of it."""
    check = kept.check
    return {
        "check": check.ref.locator,
        "stage": check.stage.value,
        "title": words["stages"][check.stage],
        "attempts_left": kept.attempts_left,
        "uploads": [
            {"piece": each.piece, "url": each.url, "fields": dict(each.fields)}
            for each in kept.uploads
        ],
        "differences": differences(check, words),
    }


def differences(check: Check, words: Mapping[str, Any]) -> list[dict[str, str]]:
    """What was declared otherwise than found, in words."""
    model = wiring.artefact(check.model) or wiring.model()
    return [
        {
            "code": each.field,
            "question": _question(each, model, words),
            "declared": _value(each.field, each.declared, model, words),
            "found": _value(each.field, each.found, model, words),
        }
        for each in ground_check.differences(check)
    ]


def _question(difference: Difference, model: Artefact, words: Mapping[str, Any]) -> str:
    group, _, code = difference.field.partition(".")
    if code:
        text: str = words[group][code]
        return text
    asked = (each.text for each in model.questions if each.code == difference.field)
    return next(asked, difference.field)


def _value(field: str, value: int | str | None, model: Artefact, words: Mapping[str, Any]) -> str:
    if value is None:
        return str(words["no_answer"])
    code = field.partition(".")[2]
    known: dict[str, str] = dict(words.get(code, {}))
    for each in model.questions:
        if each.code == field:
            known = dict(each.options) if each.options else {}
            if each.kind == "yes_no":
                known = dict(words["yes_no"])
    return known.get(str(value), str(value))


def _senseless(body: Mapping[str, Any]) -> list[Fault]:
    """What nobody can have seen at a door that stayed shut."""
    if body.get("outcome") in (MET, None):
        return []
    found = {
        "answers": body.get("answers"),
        "counts": [each for each in (body.get("counts") or {}).values() if each is not None],
        "head": [each for each in (body.get("head") or {}).values() if each is not None],
    }
    return [Fault("visit_nobody_met", field) for field, given in found.items() if given]


def _visit(sent: Sent, ref: Ref, officer: str) -> Visit:
    body = sent.body
    taken_at = int(datetime.fromisoformat(body["taken_at"]).timestamp()) * 1000
    met = body["outcome"] == MET
    head = body["head"]
    seen = Finding(
        taken_at=taken_at,
        answers=body["answers"],
        counts={Count(code): n for code, n in body["counts"].items() if n is not None},
        schooling=Schooling(head["schooling"]) if head["schooling"] else None,
        occupation=Occupation(head["occupation"]) if head["occupation"] else None,
    )
    return Visit(
        ref=ref,
        key=sent.key,
        officer=officer,
        seen=seen if met else None,
        missed=None if met else Missed(body["outcome"]),
        taken_at=taken_at,
        place=body["place"],
        remark=body["remark"].strip(),
        photos=tuple(Photo(FileKind(each["type"]), each["size"]) for each in body["photos"]),
        form=body,
    )
