"""The bill as one page with charts: no script, nothing beside it, readable in black and white."""

from __future__ import annotations

from html import escape

from infra.cost.bill import MILLION, SERVICES
from infra.cost.operations import Part
from infra.cost.text import MOVES_SHOWN, Told
from modelling import charts
from modelling.charts import Bar

SHOWN = 12
MADE_OF = (
    "List prices of Jakarta in US dollars (infra/prices.json), counts of this code "
    "(infra/counts.json), assumptions of infra/profile.yaml. Never billed by AWS yet."
)


def page(told: Told) -> str:
    """The HTML of it."""
    million = MILLION / told.families
    title = f"Tepat: {told.families:,.0f} families, a year"
    parts = [
        f"<p>{told.stages:,} stages. {MADE_OF}</p>",
        charts.table(
            ("part", "USD a year", "a million families"),
            [
                (part.value, f"{told.year.of(part):,.0f}", f"{told.year.of(part) * million:,.2f}")
                for part in Part
            ],
            caption="The year",
        ),
        _operations(told, million),
        _services(told, million),
        _moves(told),
        _floor(told, million),
        _profile(told),
    ]
    return charts.page(title, parts)


def _operations(told: Told, million: float) -> str:
    shown = [line for line in told.year.lines if line.operation.part is Part.USE]
    bars = [Bar(line.operation.name, line.total * million) for line in shown[:SHOWN]]
    chart = _chart(
        "Use by operation, US dollars a year for a million families",
        "The dearest operations, the dearest first; all are in the table.",
        bars,
    )
    rows = [
        (
            line.operation.name,
            line.operation.part.value,
            f"{line.operation.times:,.0f}",
            f"{line.total:,.0f}",
            f"{line.total * million:,.2f}",
        )
        for line in told.year.lines
    ]
    head = ("operation", "part", "times a year", "USD a year", "a million families")
    return chart + charts.table(head, rows, caption="By operation", text=2)


def _services(told: Told, million: float) -> str:
    by_service = told.year.by_service(Part.USE)
    bars = [Bar(name, usd * million) for name, usd in list(by_service.items())[:SHOWN]]
    title = "Use by service, US dollars a year for a million families"
    return _chart(title, "What AWS would bill, by service, the dearest first.", bars)


def _moves(told: Told) -> str:
    shown = [move for move in told.moves if abs(move.share) >= MOVES_SHOWN]
    rows = [(m.name, m.part.value, f"{m.share:+.0%}", f"{m.usd:+,.0f}") for m in shown]
    head = ("one thing otherwise", "part", "of its part", "USD a year")
    dearer = [m for m in shown if m.part is Part.USE and m.usd > 0][:SHOWN]
    chart = _chart(
        "What makes use dearer, one thing at a time, US dollars a year more",
        "Assumptions and designs otherwise than now, the dearest first; all are in the table.",
        [Bar(m.name, m.usd) for m in dearer],
    )
    return chart + charts.table(head, rows, caption="What moves it by 5 % or more", text=2)


def _floor(told: Told, million: float) -> str:
    rows = [
        (
            each.operation,
            SERVICES[each.unit],
            each.why,
            f"{each.now:.4g}",
            f"{each.least:.4g}",
            f"{each.usd * million:.2f}",
        )
        for each in told.above
    ]
    head = ("operation", "service", "why", "units", "floor", "USD, a million families")
    return charts.table(head, rows, caption="Above the floor", text=3)


def _profile(told: Told) -> str:
    rows = [
        (name, each.unit, each.source, f"{each.value:g}")
        for name, each in told.inputs.profile.items()
    ]
    head = ("assumption", "unit", "from", "value")
    return charts.table(head, rows, caption="Assumed", text=3)


def _chart(title: str, description: str, bars: list[Bar]) -> str:
    drawn = charts.bar_chart(
        bars, title=title, description=description, x_label="USD", x_format=_money
    )
    return f"<h2>{escape(title)}</h2>{drawn}"


def _money(usd: float) -> str:
    return f"{usd:,.1f}"
