"""Random examples: lists of calls, the frequent ones more often, the edges now and then."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from tests.faithful.calls import Call
from tests.faithful.calls_edge import Lost
from tests.faithful.kinds import (
    case_reads,
    cases,
    check_reads,
    checks,
    dispute_reads,
    disputes,
    edges,
    events_of_day,
    every_case,
    judged,
    ledger,
    limits,
    of_one_person,
    others,
    people,
    profile_reads,
    profiles,
    proposals,
    reads_of_one,
    report_reads,
    reports,
    traces,
    waits,
    whole,
)

T = TypeVar("T")

LONGEST = 40  # calls of an example: tables stay far under a hundred items


def often(*kinds: tuple[int, SearchStrategy[T]]) -> SearchStrategy[T]:
    """Each kind as often as its number says; `one | one` would be no more often than `one`."""
    each = [kind for times, kind in kinds for _ in range(times)]
    return st.integers(0, len(each) - 1).flatmap(each.__getitem__)


calls: SearchStrategy[Call] = often(
    (36, cases),
    (8, st.builds(Lost, cases | ledger | limits | proposals | disputes | checks | people)),
    (14, proposals),
    (4, disputes),
    (1, dispute_reads),
    (1, traces),
    (4, checks),
    (2, check_reads),
    (3, people),
    (2, profile_reads | report_reads),
    (20, case_reads),
    (14, ledger),
    (2, whole),  # seventeen queries each
    (12, limits),
    (9, others),
    (6, edges),
)
rooms: Sequence[tuple[int, SearchStrategy[Call]]] = (
    (4, calls),
    (4, often((6, cases), (3, every_case), (1, waits), (2, case_reads))),
    (2, often((4, ledger), (3, reads_of_one), (1, events_of_day))),
    (3, often((1, limits), (1, others), (1, traces))),
    (2, often((4, disputes), (1, dispute_reads))),
    (1, often((2, of_one_person), (2, disputes), (1, dispute_reads))),
    (2, often((4, checks), (1, judged), (1, check_reads))),
    (2, often((3, profiles), (2, profile_reads))),
    (1, often((2, reports), (1, report_reads))),
)
"""What stays among itself for a while goes far: each part of an example is of one of these."""

parts: SearchStrategy[list[Call]] = often(
    *((times, st.lists(room, max_size=LONGEST // 4)) for times, room in rooms)
)
examples: SearchStrategy[list[Call]] = st.lists(parts, min_size=4, max_size=4).map(
    lambda chosen: [call for part in chosen for call in part]
)
"""Four lists in a row: one alone would be short most of the time, and each shrinks to nothing."""
