"""A family as it declared itself, as registers know it and as it was found, line by line.

Words only. A line differs where a register or a visit says otherwise than the family; what a
visit could not see differs in nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from chalicelib.domain.finding import Count, Finding, counts_of
from chalicelib.domain.household import Household
from chalicelib.domain.identity import Outcome
from chalicelib.usecases import show_case
from chalicelib.usecases.read_case import OpenCase

_UNLIKE: Final = frozenset({Outcome.MISMATCH, Outcome.NOT_FOUND, Outcome.DECEASED})

Line = dict[str, Any]
"""group, label, declared, registered, checked, now (what stands since, "" for the same), differs;
of a member also who it is (`show_case.sheet`)."""


@dataclass(frozen=True, slots=True)
class Ports:
    """What the words rest on.

    Attributes:
        words: of the comparison (data/words/review).
        checks: of what a visit asks (data/words/checks).
    """

    words: Mapping[str, Any]
    checks: Mapping[str, Any]
    case: show_case.Ports


def compared(
    opened: OpenCase, declared: Household | None, found: Finding | None, ports: Ports
) -> list[Line]:
    """All lines about a family, people first.

    Args:
        opened: the case as it stands.
        declared: what the family had declared when somebody was asked to go; None for what stands.
        found: what was seen; None when nobody has been there.
    """
    stands = opened.case.household
    told = declared or stands
    if told is None or stands is None:
        return []
    return [
        *_people(opened, ports),
        *_counts(opened, told, found, ports),
        *_head(told, found, ports),
        *_answers(told, stands, found, ports),
    ]


def by_group(lines: Sequence[Line]) -> list[tuple[str, list[Line]]]:
    """The lines under the headings that they stand under, in order."""
    found: dict[str, list[Line]] = {}
    for line in lines:
        found.setdefault(line["group"], []).append(line)
    return list(found.items())


def _people(opened: OpenCase, ports: Ports) -> Iterator[Line]:
    answers = opened.case.identity
    for place, member in enumerate(show_case.members(opened, ports.case)):
        unlike = place < len(answers) and answers[place].outcome in _UNLIKE
        registered = member["outcome"] or ports.words["no_nik"]
        if member["differs"]:
            registered = f"{registered}: {', '.join(member['differs'])}"
        line = _line("people", member["name"] or member["who"], ports)
        yield line | {"member": member, "registered": registered, "differs": unlike}


def _counts(
    opened: OpenCase, declared: Household, found: Finding | None, ports: Ports
) -> Iterator[Line]:
    month = max(declared.as_of, found.month) if found else declared.as_of
    told = counts_of(replace(declared, as_of=month))
    known = sum(answer.outcome is Outcome.CONFIRMED for answer in opened.case.identity)
    for code in Count:
        line = _line("counts", ports.checks["counts"][code], ports)
        if code is Count.PEOPLE:
            line["registered"] = ports.words["in_register"].format(n=known, semua=told[code])
        yield _seen(line, told[code], None if found is None else found.counts.get(code), found)


def _head(declared: Household, found: Finding | None, ports: Ports) -> Iterator[Line]:
    for field in ("schooling", "occupation"):
        words = ports.checks[field]
        told = words[getattr(declared.head, field)]
        seen = getattr(found, field) if found else None
        line = _line("head", ports.checks["head"][field], ports)
        yield _seen(line, told, words[seen] if seen else None, found)


def _answers(
    declared: Household, stands: Household, found: Finding | None, ports: Ports
) -> Iterator[Line]:
    artefact = ports.case.status.artefact("")
    for question in artefact.questions if artefact else ():
        told, now, seen = (
            show_case.answer_text(question, answers)
            for answers in (declared.answers, stands.answers, found.answers if found else {})
        )
        line = _line("answers", question.text, ports)
        line["now"] = now if now != told else ""
        yield _seen(line, told, seen or None, found)


def _line(group: str, label: str, ports: Ports) -> Line:
    line: Line = dict.fromkeys(("declared", "registered", "checked", "now"), "")
    return line | {
        "group": ports.words["groups"][group],
        "label": label,
        "member": None,
        "differs": False,
    }


def _seen(line: Line, told: object, seen: object | None, found: Finding | None) -> Line:
    """The line with what was declared and seen; "" for what could not be seen."""
    line["declared"] = str(told)
    if found is not None and seen is not None:
        line |= {"checked": str(seen), "differs": told != seen}
    return line
