"""What a random call may be, by what it is about: many on few things, so that they meet."""

from __future__ import annotations

from typing import TypeVar

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from chalicelib.domain.registration import Work
from tests.builders import MINUTE, REGION
from tests.faithful.calls import (
    REQUESTS,
    Adopted,
    Again,
    Correct,
    End,
    Heads,
    HolderOf,
    Load,
    Long,
    Look,
    Move,
    Register,
    WaitingFor,
    WaitTogether,
    Zeros,
)
from tests.faithful.calls_adoption import Finish, ReadProposals, Step, Suggest
from tests.faithful.calls_beside import (
    EventOf,
    LastRead,
    Mac,
    OfDay,
    PutFile,
    Read,
    ReadsOf,
    SealAndOpen,
    SealDay,
    Seals,
    Send,
    Sign,
    Spend,
    Take,
)
from tests.faithful.calls_checks import (
    CHECK_STEPS,
    WRITTEN,
    AskCheck,
    CheckAgain,
    ForgetCheck,
    KeepSample,
    MoveCheck,
    ReadChecks,
)
from tests.faithful.calls_disputes import (
    DISPUTES,
    STEPS,
    DisputeAgain,
    FileDispute,
    FindTraces,
    ForgetDispute,
    KeepTraces,
    MoveDispute,
    NameFamilies,
    ReadDisputes,
)
from tests.faithful.calls_edge import Claim, Digits, Named, Oversize
from tests.faithful.calls_officers import (
    PROFILE_STEPS,
    REPORT_STEPS,
    FileReport,
    MoveReport,
    PutProfile,
    ReadProfiles,
    ReadReports,
)
from tests.fakes import START

T = TypeVar("T")

requests = st.integers(0, REQUESTS - 1)
minutes = st.integers(0, 30) | st.integers(950, 970)  # around midnight UTC too
versions = st.sampled_from((0, 0, 0, 1, 2))
regions = st.sampled_from((REGION, REGION, "3511", "35", ""))
names = st.sampled_from(
    ("L#ABCDEFGHJK", "C#1", "#name", ":value", "state", "a b/c.é", "", "x" * 2048)
)
names |= st.sampled_from(("x" * 2049, "é" * 1024, "é" * 1025))
few_names = st.lists(st.sampled_from(("L#ABCDEFGHJK", "C#1", "#name", "")), max_size=3).map(tuple)
actors = st.sampled_from(("staff:a", "staff:ab", "agent:a"))
times = st.sampled_from((START, START + 1, START + MINUTE, START + 5 * MINUTE, 0))
large = st.integers(36, 39).map(lambda digits: 10**digits - 1)
short = st.binary(max_size=4)
contexts = st.sampled_from(("A|0", "A|0", "A|1"))


def few(each: SearchStrategy[T]) -> SearchStrategy[tuple[T, ...]]:
    """One to three of them."""
    return st.lists(each, min_size=1, max_size=3).map(tuple)


cases = st.one_of(
    st.builds(Register, requests, st.integers(0, 2), st.integers(1, 2), minutes),
    st.builds(
        Register, requests, st.integers(0, 2), st.just(2), minutes, st.sampled_from(("none", "one"))
    ),
    st.builds(
        Move,
        requests,
        st.sampled_from(("checked", "unanswered", "unanswered", "decided", "withdrawn")),
        minutes,
        versions,
    ),
    st.builds(Move, requests, st.just("unanswered"), st.integers(0, 4), st.just(0)),
    st.builds(Again, requests),
    st.builds(Correct, requests, requests, st.integers(0, 2), minutes, versions),
    st.builds(End, requests, requests, st.booleans(), minutes, versions),
)
every_case = st.builds(Load, st.just(tuple(range(REQUESTS))))
waits = st.builds(
    WaitTogether,
    few(st.integers(0, 5)),
    st.sampled_from((REGION, REGION, "35")),
    st.integers(4, 6),
    st.integers(1, 3),
)
case_reads = st.one_of(
    every_case,
    st.builds(Load, st.lists(st.integers(-2, REQUESTS - 1), max_size=4).map(tuple)),
    st.builds(Load, st.lists(st.integers(-2, 3), max_size=3).map(tuple), regions),
    st.builds(Look, st.none() | requests, few_names, regions),
    st.builds(HolderOf, st.integers(0, 2), requests),
    st.builds(HolderOf, names),
    st.builds(HolderOf, st.sampled_from(("", "", "C#1"))),
    st.builds(Named, st.just("x"), st.just((511, 512))),
    st.builds(WaitingFor, st.sampled_from(Work), regions, st.integers(-1, 6), st.integers(-1, 3)),
    waits,
    st.builds(Adopted, st.sampled_from((REGION, "3511"))),
)
# one actor's, at two times: each place in a chain is wanted by several
reads_of_one = st.builds(Read, st.just("staff:a"), requests, st.integers(0, 1), st.integers(0, 1))
ledger = st.one_of(
    st.builds(Read, actors, requests, minutes, st.sampled_from((0, 0, 0, 1))),
    reads_of_one,
    st.builds(LastRead, actors, st.integers(0, 1)),
    st.builds(ReadsOf, requests, st.integers(0, 3)),
    st.builds(EventOf, requests, versions),
    st.builds(SealDay, st.integers(0, 1), few(st.integers(0, 2))),
    st.builds(Seals, st.booleans()),
)
events_of_day = st.builds(OfDay, st.just("events"), st.just(0))
whole = st.one_of(
    st.builds(OfDay, st.sampled_from(("events", "states")), st.just(0)),
    st.builds(OfDay, st.sampled_from(("events", "hashes", "states")), st.integers(0, 1)),
    st.builds(Heads),
)
limits = st.one_of(
    st.builds(Spend, st.just("L#ABCDEFGHJK"), few(times), st.sampled_from((1, MINUTE))),
    st.builds(Take, st.just("a"), few(st.tuples(st.integers(0, 3), times))),
    st.builds(Spend, names, few(times | large), st.just(MINUTE) | large, st.just(10) | large),
    st.builds(Take, names, few(st.tuples(st.integers(0, 2) | large, times | large))),
)
others = st.one_of(
    st.builds(Send, st.integers(11, 23)),
    st.builds(Send, st.integers(0, 23), st.integers(1, 3), st.just("ABCDEFGHJK") | names),
    st.builds(
        PutFile, st.sampled_from(("a", "audit/1.json", "a b#:é", "", Long("x" * 1025))), few(short)
    ),
    st.builds(PutFile, st.just("a"), few(short)),
    st.builds(Mac, st.sampled_from(("nik", "kk", "")), short),
    st.builds(
        SealAndOpen,
        short | st.sampled_from((Zeros(65_536), Zeros(65_537))),
        contexts,
        contexts,
        st.sampled_from(("", "", "last byte", "first byte", "cut", "other key", "no key of ours")),
    ),
    st.builds(
        SealAndOpen,
        short,
        st.just("A|0"),
        st.just("A|0"),
        st.sampled_from(("last byte", "other key", "no key of ours")),
    ),
    st.builds(Sign, st.sampled_from((bytes(32), b"d" * 32, b"short"))),
)
numbers = st.integers(0, 1)
proposals = st.one_of(
    st.builds(Suggest, numbers, numbers, minutes),
    st.builds(
        Step,
        numbers,
        st.sampled_from(("freeze", "compared", "compared", "adopt", "adopt")),
        numbers,
        minutes,
        st.sampled_from((0, 0, 0, 1)),
    ),
    st.builds(
        Finish,
        numbers,
        st.integers(0, 2),
        st.integers(0, 2),
        minutes,
        st.sampled_from((0, 0, 0, 1)),
    ),
    st.builds(
        ReadProposals,
        numbers,
        st.sampled_from(("one", "all", "in force", "finished", "parts", "standing", "families")),
        st.sampled_from(("", "", "3511")),
    ),
)
those = st.sampled_from((0, 0, 1, 1, DISPUTES - 1))
steps = st.sampled_from(tuple(STEPS))
# they want one and the same place
of_one_person = st.builds(FileDispute, st.integers(1, 2), minutes, st.just(1))
disputes = st.one_of(
    st.builds(
        FileDispute,
        those,
        minutes,
        st.integers(1, 2),
        st.booleans(),
        st.sampled_from((True, True, False)),
    ),
    of_one_person,
    st.builds(MoveDispute, those, steps, numbers, minutes),
    st.builds(
        MoveDispute,
        those,
        steps,
        st.integers(0, 2),
        minutes,
        versions,
        st.sampled_from(("", "claim", "claim", "answer")),
        st.booleans(),
        st.sampled_from((0, 0, 1, 2)),
    ),
    st.builds(
        MoveDispute,
        those,
        st.sampled_from(("assign", "decide")),
        st.integers(0, 2),
        st.integers(0, 3),
    ),
    st.builds(MoveDispute, st.just(0), st.just("decide"), numbers, minutes),
    st.builds(MoveDispute, those, steps, numbers, minutes, st.just(0), st.just("claim")),
    st.builds(DisputeAgain, those),
    st.builds(
        ForgetDispute,
        those,
        minutes,
        st.sampled_from(((), ("claim",), ("claim",), ("claim", "filer"), ("answer",))),
        versions,
        st.sampled_from((0, 0, 1, 2)),
    ),
    st.builds(ForgetDispute, those, minutes, st.just(("claim",))),
    st.builds(NameFamilies, few(st.booleans()), minutes),
)
dispute_reads = st.builds(
    ReadDisputes,
    st.sampled_from(("some", "one", "judges", "slots", "candidates", "drawn", "drawn", "due")),
    those,
    st.integers(0, 3),
    st.sampled_from((REGION, REGION, "3511")),
)
traces = st.one_of(
    st.builds(KeepTraces, st.sampled_from((((0, 0, 0),), ((0, 0, 1), (1, 1, 1)))), st.just(0)),
    st.builds(
        KeepTraces,
        few(st.tuples(st.sampled_from((0, 0, 1, 2, 3)), st.integers(0, 1), st.integers(0, 9))),
        st.integers(0, 9),
    ),
    st.builds(FindTraces, st.lists(st.integers(0, 5), max_size=3).map(tuple)),
)
check_steps = st.sampled_from(tuple(CHECK_STEPS))
who = st.integers(0, 2)
judged = st.builds(
    MoveCheck,
    numbers,
    st.just("judge"),
    who,
    minutes,
    st.just(0),
    st.just(()),
    st.booleans(),
    st.sampled_from((0, 1, -1)),
)
checks = st.one_of(
    st.builds(AskCheck, numbers, minutes, st.booleans()),
    st.builds(MoveCheck, numbers, check_steps, who, minutes),
    st.builds(
        MoveCheck,
        numbers,
        check_steps,
        who,
        minutes,
        versions,
        st.lists(st.sampled_from(WRITTEN), max_size=2).map(tuple),
        st.booleans(),
        st.sampled_from((None, None, 0, 0, 1, -1)),
    ),
    st.builds(MoveCheck, numbers, st.sampled_from(("find", "judge")), who, st.integers(0, 3)),
    judged,
    st.builds(CheckAgain, numbers),
    st.builds(ForgetCheck, numbers, minutes, versions),
    st.builds(ForgetCheck, numbers, minutes),
    st.builds(KeepSample, st.booleans(), st.integers(0, 3), st.integers(0, 1)),
    st.builds(KeepSample, st.just(True), st.integers(0, 3)),
)
waiting_checks = st.builds(
    ReadChecks, st.sampled_from(("of officer", "unassigned")), numbers, st.sampled_from((9, 1, 0))
)
check_reads = waiting_checks | st.builds(
    ReadChecks,
    st.sampled_from(
        (
            "some",
            "one",
            "about",
            "judges",
            "of officer",
            "unassigned",
            "to settle",
            "review",
            "sample",
        )
    ),
    numbers,
    st.integers(0, 3),
    st.sampled_from((REGION, REGION, "3511")),
)
profiles = st.one_of(
    st.builds(
        PutProfile, numbers, st.sampled_from((*PROFILE_STEPS, "again")), numbers, minutes, versions
    ),
    st.builds(PutProfile, numbers, st.sampled_from(("declare", "again")), numbers, minutes),
)
reports = st.one_of(
    st.builds(FileReport, numbers, minutes),
    st.builds(
        MoveReport, numbers, st.sampled_from((*REPORT_STEPS, "again")), numbers, minutes, versions
    ),
    st.builds(MoveReport, numbers, st.just("assign"), st.just(0), st.integers(0, 3)),
)
profile_reads = st.one_of(
    st.builds(ReadProfiles, st.just("officers"), numbers),
    st.builds(
        ReadProfiles,
        st.sampled_from(("one", "officers", "profiles")),
        numbers,
        st.sampled_from((REGION, REGION, "3511")),
    ),
)
people = profiles | reports
report_reads = st.builds(
    ReadReports,
    st.sampled_from(("some", "one", "look", "drawn", "drawn", "due")),
    numbers,
    st.integers(0, 3),
    st.sampled_from((REGION, REGION, "3511")),
)
edges = st.one_of(
    st.builds(
        Oversize, requests, st.sampled_from(("case", "vault", "event")), st.sampled_from((0, 1, 1))
    ),
    st.builds(Claim, requests, st.sampled_from((97, 98))),
    st.builds(Claim, requests, st.just(2), st.sampled_from((0, 8, 2048, 2049)), st.booleans()),
    st.builds(Digits, requests, st.sampled_from((37, 38, 39)), st.booleans()),
    st.builds(Named, st.sampled_from(("x", "é")), few(st.sampled_from((0, 511, 512, 1022, 1023)))),
    st.builds(Read, actors, requests, minutes, st.just(0), st.just(300_000)),
)
