"""What a member of staff reads about a case: rows of the queue, and one case as a whole.

Words only; who may see what was settled by `read_case`. Numbers of identity are shown in part:
enough to compare with a card on the desk, too little to copy a list of people.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from chalicelib.domain import pmt_explain, reasons
from chalicelib.domain.areas import Village
from chalicelib.domain.audit import Event
from chalicelib.domain.household import Household, Member
from chalicelib.domain.identity import IdentityAnswer, Outcome, Person
from chalicelib.domain.pmt_artefact import Artefact
from chalicelib.domain.pmt_reads import Question
from chalicelib.domain.registration import Registration
from chalicelib.usecases import show_status
from chalicelib.usecases.ports import InForce
from chalicelib.usecases.read_case import OpenCase
from chalicelib.usecases.review_queue import QueuePage

_CLEAR = 4  # digits shown at both ends of a number
_HELD = "nik_held"


@dataclass(frozen=True, slots=True)
class Ports:
    """What the words rest on.

    Attributes:
        words: those of the staff pages, by code.
        villages: of the region, by code.
        status: what the words that families read rest on.
    """

    words: Mapping[str, Any]
    villages: Mapping[str, Village]
    status: show_status.Ports


def rows(page: QueuePage, ports: Ports) -> list[dict[str, Any]]:
    """The cases of a queue, without identity."""
    return [
        {
            "locator": case.ref.locator,
            "village": village_name(case.ref.village, ports),
            "title": ports.status.states[case.state]["title"],
            "why": [concern["sentence"] for concern in _concerns(case, ports)],
            "due": _due(case, ports),
            "late": case.waiting is not None and case.waiting.due < page.now,
            "way_in": ports.words["ways_in"][case.way_in],
        }
        for case in page.cases
    ]


def sheet(opened: OpenCase, viewer: str, ports: Ports) -> dict[str, Any]:
    """Everything about one case that its reader may see.

    Args:
        viewer: "staff:<subject>" of the reader, told apart from others among the reads.
    """
    case = opened.case
    told = show_status.status(case, ports.status)
    return {
        "locator": case.ref.locator,
        "village": village_name(case.ref.village, ports),
        "title": told["title"],
        "way_in": ports.words["ways_in"][case.way_in],
        "received": show_status.moment(case.steps[0].at, ports.status),
        "due": _due(case, ports),
        "consent": case.consent,
        "concerns": _concerns(case, ports),
        "members": members(opened, ports),
        "family": _family(opened),
        "proposal": opened.proposal,
        "answers": _answers(case.household, ports),
        "score": _score(case, opened.in_force, ports),
        "decisions": told["decisions"],
        "contributions": told["contributions"],
        "model": told["model"],
        "timeline": told["timeline"],
        "reads": [_read(event, viewer, ports) for event in opened.reads],
    }


def masked(number: str | None) -> str:
    """The two ends of a number: "3510********9901"; "" for none."""
    if not number:
        return ""
    hidden = max(len(number) - 2 * _CLEAR, 0)
    return number[:_CLEAR] + "*" * hidden + number[_CLEAR + hidden :]


def village_name(code: str, ports: Ports) -> str:
    """Name of a village with its district; its code where it is of another region."""
    village = ports.villages.get(code)
    return f"{village.name}, {village.district}" if village else code


def _due(case: Registration, ports: Ports) -> str:
    if case.waiting is None:
        return ""
    return reasons.format_date(show_status.local(case.waiting.due, ports.status).date())


def _concerns(case: Registration, ports: Ports) -> list[dict[str, str]]:
    """Each concern once, in words; `case` is the other case's locator where there is one."""
    found: dict[str, dict[str, str]] = {}
    for concern in case.concerns:
        sentence = _sentence(concern, ports)
        code, _, rest = concern.partition(":")
        found[f"{sentence}{rest if code == _HELD else ''}"] = {
            "sentence": sentence,
            "case": rest if code == _HELD else "",
        }
    return list(found.values())


def _sentence(concern: str, ports: Ports) -> str:
    words = ports.words["concerns"]
    code, _, rest = concern.partition(":")
    about, _, detail = rest.partition(":")
    text: str = words.get(code, words["other"])
    if code == "warning":
        kind, _, warning = detail.partition("_")
        warnings = ports.words["warnings"]
        return text.format(
            anggota=_who(about, ports),
            peringatan=warnings.get(warning) or warnings.get(f"{kind}_{warning}") or detail,
        )
    return text.format(
        anggota=_who(about, ports),
        isian=ports.words["fields"].get(detail, detail),
        pertanyaan=_question_text(rest, ports),
    )


def _who(about: str, ports: Ports) -> str:
    words = ports.words["members"]
    if not about.isdecimal():
        return str(words["card"])
    number = int(about)
    return str(words["head"] if number == 0 else words["other"].format(nomor=number + 1))


def members(opened: OpenCase, ports: Ports) -> list[dict[str, Any]]:
    """The people of a case in order, with the civil registry's word on each."""
    household = opened.case.household
    if household is None:
        return []
    people: Sequence[Person | None] = (
        opened.identity.people if opened.identity else [None] * len(household.members)
    )
    answers = opened.case.identity or (None,) * len(household.members)
    return [
        _member(number, member, person, answer, ports)
        for number, (member, person, answer) in enumerate(
            zip(household.members, people, answers, strict=True)
        )
    ]


def _member(
    number: int,
    member: Member,
    person: Person | None,
    answer: IdentityAnswer | None,
    ports: Ports,
) -> dict[str, Any]:
    outcomes, fields = ports.words["outcomes"], ports.words["fields"]
    outcome = answer.outcome if answer else Outcome.NOT_CHECKED
    born = date.fromisoformat(person.birth_date) if person else date(*member.birth_month, 1)
    birth = reasons.format_date(born)
    return {
        "who": _who(str(number), ports),
        "name": person.name if person else "",
        "nik": masked(person.nik) if person else "",
        "has_nik": member.has_nik,
        "born": birth if person else birth.partition(" ")[2],  # the day is identity
        "sex": member.sex.value,
        "relation": member.relation.value,
        "schooling": member.schooling.value,
        "attending": member.attending.value,
        "occupation": member.occupation.value,
        "disability": member.disability.value,
        "pregnant": member.pregnant,
        "outcome": outcomes[outcome] if member.has_nik else "",
        "differs": [fields[name] for name in answer.fields] if answer else [],
    }


def _family(opened: OpenCase) -> dict[str, str] | None:
    identity = opened.identity
    if identity is None:
        return None
    return {
        "kk": masked(identity.kk),
        "phone": identity.phone or "",
        "address": f"{identity.line}, RT {identity.rt} / RW {identity.rw}",
    }


def _answers(household: Household | None, ports: Ports) -> list[dict[str, str]]:
    """The questions of the model in force with what was answered."""
    artefact = ports.status.artefact("")
    if household is None or artefact is None:
        return []
    return [
        {"question": question.text, "answer": answer_text(question, household.answers)}
        for question in artefact.questions
    ]


def answer_text(question: Question, answers: Mapping[str, int | str]) -> str:
    """An answer in the words of its question, "" for none."""
    answer = answers.get(question.code)
    if answer is None:
        return ""
    if question.kind == "yes_no":
        return "Ya" if answer else "Tidak"
    return dict(question.options).get(str(answer), str(answer))


def _question_text(code: str, ports: Ports) -> str:
    """The model's own words for a question; the code where it asks no such thing."""
    artefact = ports.status.artefact("")
    texts = {question.code: question.text for question in artefact.questions} if artefact else {}
    return texts.get(code, code)


def _score(case: Registration, in_force: InForce | None, ports: Ports) -> dict[str, Any] | None:
    """Points and decile; None when the case has no score.

    The region's borders are of one model: a score of another is read off its own model's.
    """
    artefact: Artefact | None = (
        ports.status.artefact(case.scored.model_hash) if case.scored else None
    )
    if case.scored is None or artefact is None:
        return None
    score = case.scored.score
    if in_force is None or in_force.model != case.scored.model_hash:
        decile = pmt_explain.decile(score, case.ref.locator, artefact.cutoffs)
        return {"points": score, "decile": decile, "provisional": True}
    decile = pmt_explain.decile(score, in_force.place(case.ref.locator), in_force.cutoffs)
    return {"points": score, "decile": decile, "provisional": False}


def _read(event: Event, viewer: str, ports: Ports) -> dict[str, str]:
    words = ports.words["case"]
    own = event.actor == viewer
    code = event.actor.partition(":")[2][:8]
    return {
        "at": show_status.moment(event.at, ports.status),
        "who": words["you"] if own else words["officer"].format(kode=code),
        "reason": ports.words["read_reasons"].get(event.reason or "", event.reason or ""),
    }
