"""What a family reads about its case: where it stands, what comes next and by when, and why.

A coarse state, reasons and dates; no name, no NIK (security 2.1). The same body is answered as
JSON and drawn as a page.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from chalicelib.domain import pmt_explain, reasons
from chalicelib.domain.pmt_artefact import Artefact
from chalicelib.domain.pmt_explain import Change
from chalicelib.domain.programme import Code, ProgrammeDecision
from chalicelib.domain.reasons import Words
from chalicelib.domain.registration import IMPORTED_FROM, Registration, State, WayIn
from chalicelib.domain.rule_set import Programme, RuleSet
from chalicelib.domain.working_days import Holidays, deadline, months_later

if TYPE_CHECKING:
    from chalicelib.domain.sanggah_rules import DatedRules

LARGEST = 3  # contributions told each way
OTHER_ANSWERS = 3  # told for a programme that the decile refuses


@dataclass(frozen=True, slots=True)
class Ports:
    """What the words of a status rest on.

    Attributes:
        states: per state its title, what comes next, and the working days it may take.
        concerns: the words of what an officer or the family should see.
        artefact: the model artefact of a hash; None when this stage no longer carries it.
        rules: the rule set of a hash, alike.
        holidays: of the years loaded; working days are counted without them.
        hours_east: of the region, from UTC (WIB 7, WITA 8, WIT 9).
    """

    words: Words
    states: Mapping[str, Mapping[str, Any]]
    concerns: Mapping[str, str]
    artefact: Callable[[str], Artefact | None]
    rules: Callable[[str], RuleSet | None]
    holidays: Holidays
    hours_east: int


def status(case: Registration, ports: Ports) -> dict[str, Any]:
    """Say where a case stands, as the body of the answer (shape: the OpenAPI document)."""
    about = ports.states[case.state]
    body: dict[str, Any] = {
        "state": case.state.value,
        "title": about["title"],
        "next": about["next"],
        "expect_by": expect_by(case.state, case.steps[-1].at, ports),
        "timeline": [
            {"at": moment(step.at, ports), "title": ports.states[step.state]["title"]}
            for step in case.steps
        ],
        "notes": _notes(case, ports),
        "corrections": _corrections(case, ports),
        "decisions": [],
        "contributions": [],
        "model": None,
    }
    if case.state is State.DECIDED:
        body |= _answer(case, ports)
    return body


def expect_by(state: State, since: int, ports: Ports) -> str | None:
    """The day by which the next step should be done, in words; None when nothing is awaited."""
    days = ports.states[state]["working_days"]
    if days is None:
        return None
    start = local(since, ports).date()
    return reasons.format_date(deadline(start, days, ports.holidays))


def in_window(case: Registration, now: int, rules: DatedRules, ports: Ports) -> bool:
    """Whether there is a result, and its window for an appeal is open.

    Args:
        now: ms, UTC.
    """
    if case.state is not State.DECIDED:
        return False
    today, decided = local(now, ports).date(), local(case.steps[-1].at, ports).date()
    return today <= months_later(decided, rules.on(today).window_months)


def _answer(case: Registration, ports: Ports) -> dict[str, Any]:
    answered = local(case.steps[0].at, ports).date()
    rules = ports.rules(case.rules_hash)
    artefact = ports.artefact(case.scored.model_hash) if case.scored else None
    if case.scored is None or rules is None or artefact is None or case.household is None:
        return {}
    model = f"{artefact.name} {artefact.sha256[:8]}"
    rest = reasons.rests_on(answered, model, rules, ports.words)
    largest = pmt_explain.largest(artefact, case.scored, LARGEST)
    effects = [("raises", effect) for effect in largest.raises]
    effects += [("lowers", effect) for effect in largest.lowers]
    month = date(*case.household.as_of, 1)
    # Under the artefact's own borders; those of a ranked region move with everybody in it.
    changes = (
        pmt_explain.changed_by(artefact, case.household, artefact.cutoffs, case.ref.locator)
        if case.provisional
        else ()
    )
    return {
        "decisions": [
            _decision(decision, rules.programme(decision.programme, month), rest, changes, ports)
            for decision in case.decisions
        ],
        "contributions": [
            {
                "direction": direction,
                "sentence": reasons.contribution_sentence(
                    effect.label, effect.percent, ports.words
                ),
            }
            for direction, effect in effects
        ],
        "model": {
            "name": artefact.name,
            "demonstration": artefact.demonstration,
            "notice": artefact.notice,
            "sha256": artefact.sha256,
        },
    }


def _decision(
    decision: ProgrammeDecision,
    programme: Programme,
    rest: str,
    changes: tuple[Change, ...],
    ports: Ports,
) -> dict[str, Any]:
    text = reasons.decision_text(decision, programme, ports.words)
    return {
        "programme": decision.programme,
        "name": programme.name,
        "eligible": decision.eligible,
        "provisional": decision.provisional,
        "sentence": text.sentence,
        "note": text.note,
        "reasons": [{"code": code, "sentence": sentence} for code, sentence in text.reasons],
        "estimate": list(text.estimate),
        "would_change": [*_other_answers(decision, changes, ports), *text.would_change],
        "rests_on": rest,
        "how_to_appeal": text.how_to_appeal,
    }


def _other_answers(
    decision: ProgrammeDecision, changes: tuple[Change, ...], ports: Ports
) -> list[str]:
    """Which other answers would bring the family within the programme's deciles, were they true."""
    limits = [r.params[1] for r in decision.reasons if r.code is Code.DECILE_ABOVE]
    within = [change for change in changes if limits and change.decile <= limits[0]]
    return [
        reasons.another_answer_sentence(change.label, change.value_text, change.decile, ports.words)
        for change in within[:OTHER_ANSWERS]
    ]


def _notes(case: Registration, ports: Ports) -> list[str]:
    """Concerns in words, each once; those that only an officer should see stay out."""
    sentences = []
    if case.way_in is WayIn.IMPORT:
        listed = case.consent.removeprefix(IMPORTED_FROM)
        sentences.append(ports.concerns["imported"].format(daftar=listed))
    for concern in case.concerns:
        code, _, rest = concern.partition(":")
        if code in ("warning", "nik_held", "mismatch", "not_found"):
            continue  # the first two are an officer's; the others stand under "corrections"
        sentences.append(_concern(code, rest, ports))
    return list(dict.fromkeys([*sentences, *_earlier(case, ports)]))


def _earlier(case: Registration, ports: Ports) -> list[str]:
    """That a decision is made anew, why, since when, and what the one before it said."""
    earlier = case.earlier
    if earlier is None:
        return []
    words = ports.concerns
    day = reasons.format_date(local(earlier.at, ports).date())
    why = words[f"anew.{earlier.why or 'adopted'}"]
    if earlier.why and case.state in (State.MATCHED, State.NEEDS_OFFICER):
        return [words["taken_up_again"].format(tanggal=day, sebab=why)]
    if case.state not in (State.DECIDED, State.NEEDS_GROUND_CHECK):
        return []
    if case.state is State.NEEDS_GROUND_CHECK:
        return [words["visit_anew"].format(tanggal=day)]
    rules = ports.rules(earlier.rules_hash)
    names = {each.code: each.name for each in rules.programmes} if rules else {}
    results = [
        words["eligible" if each.eligible else "not_eligible"].format(
            bantuan=names.get(each.programme, each.programme)
        )
        for each in earlier.decisions
    ]
    return [words["decided_anew"].format(tanggal=day, sebab=why, hasil="; ".join(results))]


def _corrections(case: Registration, ports: Ports) -> list[dict[str, str]]:
    """What the family is asked to correct: the field, and what the registry said of it."""
    if case.state is not State.NEEDS_CORRECTION:
        return []
    asked = []
    for concern in case.concerns:
        code, _, rest = concern.partition(":")
        index, _, name = rest.partition(":")
        if code == "mismatch":
            field = "kk" if name == "kk" else f"members.{index}.{name}"
            asked.append({"field": field, "message": _concern(f"{code}.{name}", index, ports)})
        elif code == "not_found":
            message = _concern(code, index, ports)
            asked.append({"field": f"members.{index}.nik", "message": message})
    return asked


def _concern(code: str, about: str, ports: Ports) -> str:
    words = ports.concerns
    if about.isdecimal():
        number = int(about)
        member = words["head"] if number == 0 else words["member"].format(nomor=number + 1)
        return words[code].format(anggota=member)
    return words[code].format(pertanyaan=_question(about, ports))


def _question(field: str, ports: Ports) -> str:
    """The model's own words for a question, or "anggota keluarga" for what members tell."""
    artefact = ports.artefact("")
    labels = {question.code: question.text for question in artefact.questions} if artefact else {}
    return f'"{labels[field]}"' if field in labels else ports.concerns["members"]


def moment(at: int, ports: Ports) -> str:
    """A time in the region's own zone, "21 November 2026, 14.05"."""
    when = local(at, ports)
    return f"{reasons.format_date(when.date())}, {when:%H.%M}"


def local(at: int, ports: Ports) -> datetime:
    """A time (ms, UTC) in the region's own zone."""
    return datetime.fromtimestamp(at / 1000, tz=UTC) + timedelta(hours=ports.hours_east)
