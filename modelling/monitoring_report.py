"""Judge a cycle from its ground checks and tell it: figures, alarms, reasons, nothing small."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass

import numpy as np

from chalicelib.domain.suppression import hide
from modelling import charts
from modelling.monitoring_answers import Agent, Pair, Question, agents, questions
from modelling.monitoring_drift import Drift
from modelling.monitoring_errors import Checks, Share, chance_above, exclusion, inclusion
from modelling.monitoring_multiplicity import benjamini_hochberg
from modelling.stated_settings import as_lines, as_rows, faults, listed, stated, stated_share

ALL = "all regions"
SMALL = "too few"
NOTES = (
    "Errors are of the families the checks were drawn from; who is not registered is in none.",
    "Intervals are 95 % and respect strata, villages and probabilities.",
    "An alarm is a reason to look, never a proof against a family or an agent.",
)


@dataclass(frozen=True, slots=True)
class Limits:
    """What is too few, and from where on it is an alarm."""

    least: float = stated(
        10, "families", "figures that rest on fewer are not told", "usual threshold rule; a setting"
    )
    most_exclusion: float = stated_share(
        0.282,
        "alarm when exclusion error is above this beyond chance",
        "PKH in the Banyuwangi trial after DTSEN; the minister's target is below 0.10",
    )
    most_inclusion: float = stated_share(
        0.398,
        "alarm when inclusion error is above this beyond chance",
        "PKH in the Banyuwangi trial after DTSEN",
    )
    psi_look: float = stated(
        0.10,
        "index",
        "look at a variable whose stability index is at least this, beyond chance",
        "rule of thumb (Siddiqi, Credit Risk Scorecards, 2006)",
    )
    psi_act: float = stated(
        0.25, "index", "act on a variable whose stability index is at least this", "the same"
    )
    false_alarms: float = stated_share(
        0.05,
        "of alarms over regions, variables, or questions at most this share is false; over "
        "agents any false alarm is at most this likely",
        "Benjamini and Hochberg 1995; Holm 1979",
    )
    design_effect: float = stated(
        2.0,
        "times",
        "how many families of a survey of villages tell as much as one drawn alone",
        "assumed: usual for household surveys",
    )

    def faults(self) -> Iterator[str]:
        """What is out of range."""
        yield from faults(self)
        if self.design_effect < 1:
            yield "--design-effect must be 1 or above"
        if self.least < 1:
            yield "--least must be 1 or above"


@dataclass(frozen=True, slots=True)
class RegionErrors:
    """Errors of a region; None where they rest on too few families, or would give others away."""

    region: str
    exclusion: Share | None
    inclusion: Share | None


@dataclass(frozen=True, slots=True)
class Alarm:
    """Something to look at.

    Attributes:
        kind: exclusion, inclusion, drift, question or agent.
        urgent: act rather than look.
        where: the region, variable, question or agent.
        reason: what was found, against which limit.
    """

    kind: str
    urgent: bool
    where: str
    reason: str


@dataclass(frozen=True, slots=True)
class Cycle:
    """All that a cycle's checks tell.

    Attributes:
        checked: families.
        regions: errors by region, all regions last.
        questions, agents, drifts: what was judged; agents only those who alarm.
        untold: kind -> how many questions or agents rest on too few families.
        alarms: with their reasons, the urgent ones first.
    """

    checked: int
    regions: list[RegionErrors]
    questions: list[Question]
    agents: list[Agent]
    drifts: list[Drift]
    untold: dict[str, int]
    alarms: list[Alarm]


def region_errors(checks: Checks, least: int) -> list[RegionErrors]:
    """Exclusion and inclusion error by region and over all; small ones suppressed.

    Suppression is by what each figure rests on: the eligible checked for exclusion, the listed
    checked for inclusion.
    """
    regions = np.array(checks.region)
    names = sorted(set(checks.region))
    bases = {"exclusion": checks.eligible, "inclusion": checks.listed}
    hidden = {
        kind: hide({name: int((base & (regions == name)).sum()) for name in names}, least)
        for kind, base in bases.items()
    }
    everywhere = np.ones(len(checks), dtype=bool)
    made = []
    for name in [*names, ALL]:
        within = everywhere if name == ALL else regions == name
        shares: dict[str, Share | None] = {}
        for kind, judge in (("exclusion", exclusion), ("inclusion", inclusion)):
            small = hidden[kind].total if name == ALL else name in hidden[kind].parts
            shares[kind] = None if small else judge(checks, within)
        made.append(RegionErrors(name, shares["exclusion"], shares["inclusion"]))
    return made


def judge(checks: Checks, pairs: Sequence[Pair], drifts: Sequence[Drift], limits: Limits) -> Cycle:
    """Judge a cycle and raise its alarms.

    Args:
        checks: the families checked.
        pairs: what they declared and what was found; none, if that is not known.
        drifts: how answers have moved; none, if that is not known.
        limits: what is too few, and what alarms.
    """
    least = round(limits.least)
    agent = dict(zip(checks.ids, checks.agent, strict=True))
    region = dict(zip(checks.ids, checks.region, strict=True))
    regions = region_errors(checks, least)
    asked, recorded = questions(pairs, least), agents(pairs, agent, region, least)
    alarms = [
        *_error_alarms(regions, limits),
        *_drift_alarms(drifts, limits),
        *_question_alarms(asked, limits),
        *_agent_alarms(recorded, limits),
    ]
    alarmed = {alarm.where for alarm in alarms if alarm.kind == "agent"}
    return Cycle(
        checked=len(checks),
        regions=regions,
        questions=asked,
        agents=[one for one in recorded if one.name in alarmed],
        drifts=list(drifts),
        untold={
            "questions": len({pair.question for pair in pairs}) - len(asked),
            "agents": len({agent[pair.family] for pair in pairs}) - len(recorded),
        },
        alarms=sorted(alarms, key=lambda alarm: not alarm.urgent),
    )


def as_text(cycle: Cycle, limits: Limits) -> str:
    """Everything as plain tables for a terminal."""
    lines = [f"{cycle.checked:,} families checked, {len(cycle.alarms)} alarms", ""]
    lines += [f"  {'ACT ' if a.urgent else 'look'}  {a.kind}: {a.reason}" for a in cycle.alarms]
    for headers, rows, caption in _tables(cycle, limits):
        lines += ["", caption, "", *charts.aligned(headers, rows)]
    lines += ["", *_untold(cycle), "", "Settings (* changed from the default)", ""]
    lines += [*as_lines(limits), "", *NOTES]
    return "\n".join(lines) + "\n"


def as_json(cycle: Cycle, limits: Limits) -> str:
    """Everything as one JSON object; what is too small is null here as well."""
    document = asdict(cycle) | {
        "settings": [asdict(one) for one in listed(limits)],
        "notes": list(NOTES),
    }
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def as_html(cycle: Cycle, limits: Limits) -> str:
    """One page: alarms, charts of the errors, and every figure in a table."""
    parts = [f"<p>{cycle.checked:,} families checked, {len(cycle.alarms)} alarms.</p>"]
    if cycle.alarms:
        rows = [["act" if a.urgent else "look", a.kind, a.reason] for a in cycle.alarms]
        parts.append(charts.table(["", "kind", "reason"], rows, caption="Alarms", text=3))
    for kind in ("exclusion", "inclusion"):
        told = [(r.region, getattr(r, kind)) for r in cycle.regions]
        bars = [
            charts.Bar(name, one.value, (one.low, one.high))
            for name, one in told
            if one is not None and one.value is not None
        ]
        if bars:
            words = "; ".join(f"{bar.name}: {charts.percent(bar.value)}" for bar in bars)
            parts.append(
                charts.bar_chart(
                    bars,
                    title=f"{kind.capitalize()} error by region",
                    description=f"{words}. Lines are 95 % intervals.",
                    x_label=f"{kind} error",
                )
            )
    parts += [
        charts.table(headers, rows, caption=words)
        for headers, rows, words in _tables(cycle, limits)
    ]
    parts += [f"<p>{line}</p>" for line in (*_untold(cycle), *NOTES)]
    parts.append(charts.table(*as_rows(limits), caption="Settings", text=5))
    return charts.page("Tepat: what the ground checks say", parts)


def _error_alarms(regions: Sequence[RegionErrors], limits: Limits) -> Iterator[Alarm]:
    """Errors above their limit beyond chance, allowing for how many regions there are."""
    judged = [
        (kind, one.region, share, most, chance_above(share, most))
        for one in regions
        for kind, share, most in (
            ("exclusion", one.exclusion, limits.most_exclusion),
            ("inclusion", one.inclusion, limits.most_inclusion),
        )
        if share is not None
    ]
    adjusted = benjamini_hochberg([p for *_, p in judged])
    for (kind, region, share, most, _), q in zip(judged, adjusted, strict=True):
        if q < limits.false_alarms:
            yield Alarm(
                kind,
                urgent=True,
                where=region,
                reason=f"{region}: {_interval(share)}, above {charts.percent(most)} beyond "
                f"chance (adjusted p {q:.2g}, {share.families} families)",
            )


def _drifted(one: Drift, limits: Limits) -> bool:
    return one.psi >= limits.psi_look and one.adjusted < limits.false_alarms


def _drift_alarms(drifts: Sequence[Drift], limits: Limits) -> Iterator[Alarm]:
    """Variables that have moved; a region by itself only if its variable has not in all."""
    everywhere = {one.variable for one in drifts if not one.region and _drifted(one, limits)}
    for one in drifts:
        if not _drifted(one, limits) or (one.region and one.variable in everywhere):
            continue
        place, then, now = one.largest
        yield Alarm(
            "drift",
            urgent=one.psi >= limits.psi_act,
            where=f"{one.variable}, {one.region or ALL}",
            reason=f"{one.variable} in {one.region or ALL}: stability index {one.psi:.2f} "
            f"(limit {limits.psi_look:g}); most of it {place}: {charts.percent(then)} in "
            f"training, {charts.percent(now)} now ({one.families:,} families)",
        )


def _question_alarms(questions: Sequence[Question], limits: Limits) -> Iterator[Alarm]:
    for one in questions:
        if one.adjusted < limits.false_alarms:
            yield Alarm(
                "question",
                urgent=False,
                where=one.name,
                reason=f"{one.name}: {charts.percent(one.poorer / one.families)} of "
                f"{one.families} families declared poorer than found, "
                f"{charts.percent(one.richer / one.families)} richer "
                f"(adjusted p {one.adjusted:.2g})",
            )


def _agent_alarms(agents: Sequence[Agent], limits: Limits) -> Iterator[Alarm]:
    for one in agents:
        if one.adjusted < limits.false_alarms:
            yield Alarm(
                "agent",
                urgent=False,
                where=one.name,
                reason=f"{one.name}: at {charts.percent(one.poorer / one.families)} of "
                f"{one.families} families something was declared poorer than found, "
                f"{charts.percent(one.expected / one.families)} was to be expected of other "
                f"agents there (adjusted p {one.adjusted:.2g})",
            )


def _tables(cycle: Cycle, limits: Limits) -> Iterator[tuple[list[str], list[list[str]], str]]:
    yield (
        ["region", "exclusion", "eligible checked", "inclusion", "listed checked"],
        [[one.region, *_told(one.exclusion), *_told(one.inclusion)] for one in cycle.regions],
        "Errors by region",
    )
    if cycle.drifts:
        yield (
            ["variable", "region", "families", "stability index", "never seen", "adjusted p"],
            [
                [
                    one.variable, one.region or ALL, f"{one.families:,}", f"{one.psi:.3f}",
                    charts.percent(one.strange), f"{one.adjusted:.2g}",
                ]
                for one in cycle.drifts
                if not one.region or _drifted(one, limits)
            ],
            "Drift of answers since training: all regions, and each where it alarms",
        )  # fmt: skip
    if cycle.questions:
        yield (
            ["question", "families", "declared poorer", "declared richer", "adjusted p"],
            [
                [
                    one.name, f"{one.families:,}", charts.percent(one.poorer / one.families),
                    charts.percent(one.richer / one.families), f"{one.adjusted:.2g}",
                ]
                for one in cycle.questions
            ],
            "Declared against found",
        )  # fmt: skip


def _untold(cycle: Cycle) -> Iterator[str]:
    for kind, number in cycle.untold.items():
        if number:
            yield f"{number} {kind} rest on too few families to be told."


def _told(share: Share | None) -> tuple[str, str]:
    if share is None:
        return SMALL, SMALL
    return _interval(share), str(share.families)


def _interval(share: Share) -> str:
    if share.value is None:
        return "-"
    return f"{charts.percent(share.value)} ({100 * share.low:.1f}-{100 * share.high:.1f})"
