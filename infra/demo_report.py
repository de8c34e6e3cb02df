"""The table that ends a demonstration run: what was sent, and what became of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from infra.demo import Case

_MOST_UNKNOWN = 0.2


def report(
    url: str,
    cases: Sequence[Case],
    sample: Sequence[Case],
    outcomes: Mapping[str, int],
    *,
    repeats: Mapping[str, int],
    seconds: tuple[float, float],
) -> str:
    """Tell a run in words and numbers.

    Args:
        url: of the public API; the site stands beside it.
        cases: all that were sent.
        sample: those that were followed.
        outcomes: what the civil registry answered meanwhile, in people.
        repeats: why requests were sent again, and how often.
        seconds: for sending, and for following the sample.
    """
    accepted = [case for case in cases if case.receipt]
    mended = sum(case.mended for case in accepted)
    pace = f"{len(cases) / seconds[0]:.1f} families a second" if seconds[0] > 0 else ""
    taken = {
        "accepted at once": len(accepted) - mended,
        "accepted after mending": mended,
        "not taken": len(cases) - len(accepted),
    }
    lines = ["", *_table(f"Sent {len(cases)} families", taken)]
    lines += _table("Requests sent again, and why", repeats)
    lines += _counted("Refused first, by code (families)", (c for x in cases for c in x.refusals))
    lines += _counted("Taken with a warning (families)", (c for x in cases for c in x.warnings))
    lines += _table("Civil registry's answers (people)", outcomes)
    if outcomes.get("not_found", 0) > sum(outcomes.values()) * _MOST_UNKNOWN:
        lines += [
            "  So many unknown people: the sandbox has another population (another seed or region,",
            "  fewer families than were sent, or a file of an older version). Make it anew:",
            "  .venv/bin/python -m infra.people --help",
            "",
        ]
    lines += _counted(f"States of {len(sample)} followed cases", (c.state or "?" for c in sample))
    lines += _counted("What they did later", (act for case in sample for act in case.acts))
    lines += _decisions(sample)
    lines += [
        "Time",
        f"  sending      {seconds[0]:8.1f} s   {pace}",
        f"  following    {seconds[1]:8.1f} s",
        "",
    ]
    return "\n".join(lines + _next(url, sample))


def _table(title: str, rows: Mapping[str, int]) -> list[str]:
    if not rows:
        return []
    width = max(map(len, rows))
    total = sum(rows.values())
    share = {name: f"{100 * n / total:5.1f} %" if total else "" for name, n in rows.items()}
    return [title, *(f"  {name:{width}} {n:8}   {share[name]}" for name, n in rows.items()), ""]


def _counted(title: str, codes: Iterable[str]) -> list[str]:
    return _table(title, dict(Counter(codes).most_common()))


def _decisions(sample: Sequence[Case]) -> list[str]:
    answers: dict[str, Counter[str]] = {}
    for case in sample:
        for decision in case.seen.get("decisions") or ():
            verdict = "eligible" if decision["eligible"] else "not eligible"
            answers.setdefault(decision["name"], Counter())[verdict] += 1
    if not answers:
        return []
    width = max(map(len, answers))
    lines = ["Decisions on the followed cases", f"  {'':{width}} {'eligible':>9} {'not':>9}"]
    for name, counted in answers.items():
        lines.append(f"  {name:{width}} {counted['eligible']:9} {counted['not eligible']:9}")
    return [*lines, ""]


def _next(url: str, sample: Sequence[Case]) -> list[str]:
    site = url.removesuffix("/").removesuffix("/v1")
    shown: dict[str, Case] = {}
    for case in sample:
        shown.setdefault(case.state, case)
    lines = ["Next"]
    stuck = sum(case.state in {"received", "identity_checking", "matched"} for case in sample)
    if stuck:
        lines.append(
            f"  {stuck} followed cases still wait: look later, and see that the civil registry's"
        )
        lines.append("  sandbox is up and in the mood (GET /health on its port).")
    lines.append(f"  Look one up at {site}/status/ with its receipt (these people are invented):")
    lines += [f"    {case.receipt}   {state}" for state, case in shown.items() if state]
    lines.append(f"  See what waits for an officer at {site}/staff/.")
    lines.append("  Make the registry slow, wrong or down and register again:")
    lines.append("    .venv/bin/python -m infra.sandboxes.civil_registry --help")
    return lines
