"""Codes into plain Indonesian (rulebook 8): the words are data, this module only fills them in."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from chalicelib.domain.programme import Code, Reason
from chalicelib.domain.strict_json import Node, parse

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from chalicelib.domain.programme import ProgrammeDecision
    from chalicelib.domain.rule_set import Programme, RuleSet

FORMAT = 1
_PLACEHOLDER = re.compile(r"\{([a-z]+)\}", re.ASCII)
_MONTHS = (
    *("Januari", "Februari", "Maret", "April", "Mei", "Juni"),
    *("Juli", "Agustus", "September", "Oktober", "November", "Desember"),
)


class Text(StrEnum):
    """Sentences around the reasons."""

    ELIGIBLE = "eligible"
    NOT_ELIGIBLE = "not_eligible"
    PROVISIONAL = "provisional"
    COUNTED = "counted"
    ESTIMATE = "estimate"
    HEALTH_CONTRIBUTION = "health_contribution"
    APPEAL_UNTIL = "appeal_until"
    APPEAL_HOW = "appeal_how"
    RESTS_ON = "rests_on"
    RAISES = "raises"
    LOWERS = "lowers"
    NO_EFFECT = "no_effect"
    ANOTHER_ANSWER = "another_answer"


# What each template is given, in the order of `Reason.params`; codes not named are given nothing.
_REASON_PARAMS: Mapping[Code, tuple[str, ...]] = {
    Code.DECILE_WITHIN: ("decile", "limit"),
    Code.DECILE_ABOVE: ("decile", "limit"),
    Code.COMPONENTS_LIMITED: ("most",),
    Code.STATE_EMPLOYEE: ("members",),
    Code.STATE_COMPANY: ("members",),
}
_TEXT_PARAMS: Mapping[Text, tuple[str, ...]] = {
    Text.ELIGIBLE: ("programme",),
    Text.NOT_ELIGIBLE: ("programme",),
    Text.COUNTED: ("components",),
    Text.ESTIMATE: ("rupiah",),
    Text.APPEAL_UNTIL: ("date",),
    Text.RESTS_ON: ("answered", "model", "known", "rules"),
    Text.RAISES: ("label", "percent"),
    Text.LOWERS: ("label", "percent"),
    Text.NO_EFFECT: ("label",),
    Text.ANOTHER_ANSWER: ("label", "answer", "decile"),
}


@dataclass(frozen=True, slots=True)
class Words:
    """Templates of one language, every code present and none besides."""

    reasons: Mapping[Code, str]
    texts: Mapping[Text, str]


@dataclass(frozen=True, slots=True)
class DecisionText:
    """One decision as the citizen reads it.

    Attributes:
        sentence: the verdict; when eligible, that no money is promised.
        reasons: (code, sentences) under the label "Alasan".
        estimate: what was counted and the estimated rupiah; empty for a refusal.
        note: that the answer is provisional, or "".
        how_to_appeal: the way to a person; "" when eligible.
    """

    sentence: str
    reasons: tuple[tuple[str, str], ...]
    would_change: tuple[str, ...]
    estimate: tuple[str, ...]
    note: str
    how_to_appeal: str


def load_words(data: bytes) -> Words:
    """Read a words file; a code without words, or words without a code, stop the load.

    Raises:
        ShapeError: codes missing or unknown, or a template that asks for what it is not given.
    """
    fields = parse(data).fields("format language status reasons texts")
    fields["format"].whole(FORMAT, FORMAT)
    reasons = fields["reasons"].fields(" ".join(Code))
    texts = fields["texts"].fields(" ".join(Text))
    return Words(
        reasons={code: _template(reasons[code], _REASON_PARAMS.get(code, ())) for code in Code},
        texts={text: _template(texts[text], _TEXT_PARAMS.get(text, ())) for text in Text},
    )


def reason_sentence(reason: Reason, words: Words) -> str:
    """The sentences of one reason, its numbers filled in."""
    names = _REASON_PARAMS.get(reason.code, ())
    return words.reasons[reason.code].format(**dict(zip(names, reason.params, strict=True)))


def decision_text(
    decision: ProgrammeDecision,
    programme: Programme,
    words: Words,
    appeal_until: date | None = None,
) -> DecisionText:
    """Say one decision in words.

    Args:
        decision: from `decide` or `from_compact`.
        programme: the rules it was made under (`RuleSet.programme`), for names.
        words: from `load_words`.
        appeal_until: last day of the objection period, once it has begun.

    Source: rulebook 8 (wording), 5.3 (objection), 6.1 (a person reviews every refusal).
    """
    verdict = Text.ELIGIBLE if decision.eligible else Text.NOT_ELIGIBLE
    return DecisionText(
        sentence=words.texts[verdict].format(programme=programme.name),
        reasons=tuple(
            (reason.code.value, reason_sentence(reason, words)) for reason in decision.reasons
        ),
        would_change=tuple(reason_sentence(reason, words) for reason in decision.would_change),
        estimate=_estimate(decision, programme, words),
        note=words.texts[Text.PROVISIONAL] if decision.provisional else "",
        how_to_appeal=_how_to_appeal(words, appeal_until) if decision.review else "",
    )


def contribution_sentence(label: str, percent: int, words: Words) -> str:
    """How one answer moves the estimated spending of the family.

    Args:
        label: Indonesian name of the answer, from the model artefact.
        percent: whole percent of spending; above 0 raises it, below 0 lowers it.
        words: from `load_words`.
    """
    if percent == 0:
        return words.texts[Text.NO_EFFECT].format(label=label)
    text = Text.RAISES if percent > 0 else Text.LOWERS
    return words.texts[text].format(label=label, percent=abs(percent))


def another_answer_sentence(label: str, answer: str, decile: int, words: Words) -> str:
    """What a correction of one answer would do to the family's place (for its own appeal).

    Args:
        label: Indonesian name of the answer, from the model artefact.
        answer: the other answer as the form words it.
        decile: the decile it would give, 1 to 10.
        words: from `load_words`.
    """
    return words.texts[Text.ANOTHER_ANSWER].format(label=label, answer=answer, decile=decile)


def rests_on(answered: date, model: str, rules: RuleSet, words: Words) -> str:
    """The data and artefacts that a decision rests on.

    Args:
        answered: the day the family gave its answers.
        model: name of the model as the artefact gives it, with the first digits of its hash.
        rules: the rule set of the decision.
        words: from `load_words`.
    """
    return words.texts[Text.RESTS_ON].format(
        answered=format_date(answered),
        model=model,
        known=format_date(rules.known_on),
        rules=rules.sha256[:8],
    )


def format_date(day: date) -> str:
    """A date as Indonesians write it: "21 November 2026"."""
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def format_number(number: int) -> str:
    """A whole number grouped with dots: "6.300.000"."""
    return f"{number:,}".replace(",", ".")


def format_rupiah(amount: int) -> str:
    """Whole rupiah: "Rp600.000", "-Rp600.000"."""
    return f"{'-' if amount < 0 else ''}Rp{format_number(abs(amount))}"


def _estimate(decision: ProgrammeDecision, programme: Programme, words: Words) -> tuple[str, ...]:
    if not decision.eligible:
        return ()
    if programme.paid == "health_contribution":
        return (words.texts[Text.HEALTH_CONTRIBUTION],)
    sentences = []
    if decision.components:
        names = {rule.code: rule.name for rule in programme.components}
        counted = ", ".join(f"{part.count} {names[part.code]}" for part in decision.components)
        sentences.append(words.texts[Text.COUNTED].format(components=counted))
    rupiah = format_rupiah(decision.rp_per_year)
    return (*sentences, words.texts[Text.ESTIMATE].format(rupiah=rupiah))


def _how_to_appeal(words: Words, until: date | None) -> str:
    first = (
        words.texts[Text.APPEAL_UNTIL].format(date=format_date(until))
        if until
        else words.reasons[Code.APPEAL]
    )
    return f"{first} {words.texts[Text.APPEAL_HOW]}"


def _template(node: Node, given: tuple[str, ...]) -> str:
    template = node.text()
    asked = _PLACEHOLDER.findall(template)
    if set(asked) != set(given) or set("{}") & set(_PLACEHOLDER.sub("", template)):
        node.refuse(f"must use {', '.join(given) or 'no'} placeholders, and no other brace")
    return template
