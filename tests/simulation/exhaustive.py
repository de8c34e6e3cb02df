"""Every call of every handler, with every fault, every two faults, and every other handler beside.

Each handler stands in a story: what has happened before, the handler itself, and what its caller
does after a failure (a client sends again with its key, a queue delivers again).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import groupby

from tests.simulation.check_deeds import SEEN
from tests.simulation.deeds import SWEEPS_AT
from tests.simulation.faulty_aws import TORN, Dice, Trouble, Where, troubles_of
from tests.simulation.plans import WAITS, Action, Plan
from tests.simulation.region import Region
from tests.simulation.schedule import QUEUES, Meanwhile, Schedule
from tests.simulation.told import Result

TRIES = 3
MATCHED = ("register1", "relay", "check", "relay")
ASKED = ("mismatch", "register1", "relay", "check", "truth")
CORRECTED = (*ASKED, "correct1", "relay")
WITHDRAWN = ("register1", "withdraw1", "relay")
PROPOSED = (*MATCHED, "score", "suggest", "relay")
FROZEN = (*PROPOSED, "adoption", "relay", "minute")
READ = (*FROZEN, "adoption", "adoption", "relay", "minute")
COMPARED = (*READ, "adoption")
ADOPTED = (*COMPARED, "adopt", "relay", "minute")
SCORED = (*MATCHED, "score")
OBJECTED = (*SCORED, "object", "screen", "relay")
APPEALED = (*SCORED, "appeal1", "relay")
DRAWN = (*APPEALED, "dispute")
RECOMMENDED = (*DRAWN, "vote", "relay")
OWN_APPEAL = (*SCORED, "appeal_own1", "relay")
UNPROVEN = (*SCORED, "object-unknown", "screen", "relay", "dispute", "vote", "relay", "dispute")
REJECTED = (*UNPROVEN, "vote", "relay")
UNSCORED = (*MATCHED, "score")
SENT = (*UNSCORED, "send")
DIFFERS = (*SCORED, "night", "visit-poor")
REPORTED = ("report", "report_photo", "report_photo")
REPORT_DRAWN = (*REPORTED, "relay", "dispute")
ANEW = (*ADOPTED, "adoption", "adoption", "relay", "minute")


@dataclass(frozen=True)
class Story:
    """A handler, what was before it, and who takes part.

    Attributes:
        clients: client -> family.
        again: what the caller does after a failure; the same thing if empty.
    """

    handler: str
    before: tuple[str, ...]
    clients: Mapping[int, int]
    again: str = ""

    @property
    def plan(self) -> Plan:
        """The story as a plan without faults; the handler comes as often as it may be tried."""
        repeats = (self.again or self.handler,) * (TRIES - 1)
        kinds = (*self.before, self.handler, *repeats)
        return Plan(
            seed=1,
            clients=self.clients,
            actions=tuple(_action(place, kind) for place, kind in enumerate(kinds)),
            per_mille=0,
            width=1,
            only=(),
        )

    @property
    def runs(self) -> frozenset[str]:
        """Names of the runs that are the handler's."""
        return frozenset(str(action) for action in self.plan.actions[len(self.before) :])


ONE: Mapping[int, int] = {1: 2}
NEEDY: Mapping[int, int] = {1: 4}
STORIES: Mapping[str, Story] = {
    "register": Story("register-cold1", (), ONE),
    "register, number held": Story("register2", ("register1",), {1: 0, 2: 1}),
    "register again after withdrawal": Story(
        "again1", (*WITHDRAWN, "release"), ONE, again="register1"
    ),
    "propose": Story("propose", (), ONE),
    "status": Story("status1", ("register1",), ONE),
    "status, wrong secret": Story("wrong1", ("register1",), ONE),
    "correct": Story("correct1", ASKED, {1: 0}),
    "correct, number held": Story(
        "correct-held2", ("register1", "mismatch", "register2", "relay", "check", "truth"),
        {1: 0, 2: 7},
    ),
    "withdraw": Story("withdraw1", ("register1",), ONE),
    "check_identity": Story("check", ("register1", "relay"), ONE),
    "check_identity after a correction": Story("check", CORRECTED, {1: 0}),
    "check_identity, registry down": Story("check", ("down", "register1", "relay"), ONE),
    "check_identity, number held": Story(
        "check", ("register1", "register2", "relay"), {1: 0, 2: 1}
    ),
    "check_identity, number free again": Story(
        "check", ("register1", "withdraw1", "again1", "relay", "release"), ONE
    ),
    "score_household": Story("score", MATCHED, ONE),
    "score_household, answers missing": Story("score", MATCHED, {1: 4}),
    "release_guards": Story("release", WITHDRAWN, ONE),
    "relay": Story("relay", ("register1", "register2", "withdraw1"), {1: 2, 2: 7}),
    "sweep": Story("sweep", ("register1", "register2", "withdraw1", "wait"), {1: 2, 2: 7}),
    "seal_day": Story("seal", ("register1", "midnight"), ONE),
    "read_case": Story("read1", CORRECTED, {1: 0}),
    "reissue": Story("reissue1", ("register1",), {1: 0}),
    "suggest a model": Story("suggest", (*MATCHED, "score"), ONE),
    "carry_out, freeze": Story("adoption", PROPOSED, ONE),
    "carry_out, send villages": Story("adoption", FROZEN, ONE),
    "carry_out, read villages": Story("adoption", (*FROZEN, "adoption"), ONE),
    "carry_out, compare": Story("adoption", READ, ONE),
    "adopt": Story("adopt", COMPARED, ONE),
    "refuse": Story("settle", COMPARED, ONE),
    "carry_out, decide anew": Story("adoption", (*ADOPTED, "adoption"), ONE),
    "carry_out, done": Story("adoption", ANEW, ONE),
    "erase": Story("erase1", CORRECTED, {1: 0}),
    "file_appeal": Story("appeal1", SCORED, ONE),
    "file_objection": Story("object", SCORED, ONE),
    "screen evidence": Story("screen", (*SCORED, "object"), ONE),
    "conduct_dispute, find and tell the family": Story("dispute", OBJECTED, ONE),
    "answer an objection": Story("answer1", (*OBJECTED, "dispute"), ONE),
    "conduct_dispute, hand over and draw": Story("dispute", APPEALED, ONE),
    "recommend": Story("vote", DRAWN, ONE),
    "draw another in an officer's place": Story("redraw", DRAWN, ONE),
    "conduct_dispute, draw another": Story("dispute", RECOMMENDED, ONE),
    "decide": Story("vote", (*RECOMMENDED, "dispute"), ONE),
    "withdraw a dispute": Story("take_back1", (*SCORED, "appeal1"), ONE),
    "erase, an appeal filed": Story("erase1", (*SCORED, "appeal1"), ONE),
    "file_own_appeal": Story("appeal_own1", SCORED, ONE),
    "conduct_dispute, find one's own family and draw": Story("dispute", OWN_APPEAL, ONE),
    "file_appeal, by an agent": Story("appeal_by_agent1", SCORED, ONE),
    "appeal the outcome of an objection": Story("second", REJECTED, ONE),
    "conduct_dispute, a second look": Story("dispute", (*REJECTED, "second", "relay"), ONE),
    "send_visits": Story("send", UNSCORED, NEEDY),
    "ask for a visit in a dispute": Story("ask_visit", DRAWN, ONE),
    "carry_out_check": Story("visit", SENT, NEEDY, again="visit-again"),
    "carry_out_check, nobody met": Story("visit-missed", SENT, NEEDY, again="visit-again"),
    "judge a finding": Story("judge", DIFFERS, {1: 0}),
    "judge a finding, as the second": Story("judge", (*DIFFERS, "judge"), {1: 0}),
    "judge a finding, after two who differ": Story(
        "judge", (*DIFFERS, "judge", "judge-other"), {1: 0}
    ),
    "open_finding": Story("open_finding", DIFFERS, {1: 0}),
    "propose roles": Story("roles-asked", (), ONE),
    "give roles": Story("roles-given", ("roles-asked",), ONE),
    "file_report": Story("report", (), ONE),
    "find_report": Story("look", ("report",), ONE),
    "find_report, wrong secret": Story("look-wrong", ("report",), ONE),
    "screen a photo of a report": Story("report_photo", ("report",), ONE),
    "conduct_reports, draw": Story("dispute", (*REPORTED, "relay"), ONE),
    "conduct_reports, hand on and draw": Story("dispute", (*REPORT_DRAWN, "week", "sweep"), ONE),
    "open_report": Story("open_report", REPORT_DRAWN, ONE),
    "close_report": Story("close_report", REPORT_DRAWN, ONE),
}  # fmt: skip
LONG = ("sweep", "seal_day")
"""Handlers of many reads: their pairs are most of all pairs."""
LONG_BEFORE = frozenset(
    name for name, story in STORIES.items() if set(DIFFERS) <= set(story.before)
)
"""Stories of which most is what was before: a family, its visit and a night."""


def calls_of(story: Story) -> list[tuple[Where, str]]:
    """The calls that the handler makes when nothing goes wrong, in its first run."""
    first = str(story.plan.actions[len(story.before)])
    return [each for each in _history(story, ()) if each[0][0] == first]


def table() -> str:
    """Every handler with its calls by name, as it stands in docs/simulation.md."""
    rows = ["| handler | its calls, in order |", "|---|---|"]
    for name, story in STORIES.items():
        calls = (call for _, call in calls_of(story))
        told = ((call, sum(1 for _ in same)) for call, same in groupby(calls))
        shown = ", ".join(f"{call} x {count}" if count > 1 else call for call, count in told)
        rows.append(f"| {name} | {shown} |")
    return "\n".join(rows)


def single(story: Story) -> Iterator[Plan]:
    """Every call of every run of the handler, with every fault."""
    for where, trouble in _faults(story, _history(story, ())):
        yield replace(story.plan, only=((where, trouble),))


def pairs(story: Story) -> Iterator[Plan]:
    """After every fault, every fault at every later call of the handler or of its repeats."""
    for plan in single(story):
        ((first, _),) = plan.only or ()
        history = _history(story, plan.only or ())
        places = [where for where, _ in history]
        if first not in places:
            continue
        for second in _faults(story, history[places.index(first) + 1 :]):
            yield replace(plan, only=(*(plan.only or ()), second))


STATES: Mapping[str, tuple[str, ...]] = {
    "received": ("register1", "relay"),
    "asked to correct, with a late message": (*ASKED, "late"),
    "corrected": (*CORRECTED, "late"),
    "matched": (*MATCHED, "late"),
    "decided": (*MATCHED, "score", "late"),
    "withdrawn": (*WITHDRAWN, "late"),
    "registered anew, its number held": (*WITHDRAWN, "again1", "relay", "late"),
}
BESIDE = (
    "register1", "again1", "status1", "correct1", "correct-nik1", "withdraw1", "read1",
    "reissue1", "erase1", "relay", "check", "score", "release", "sweep",
)  # fmt: skip


def beside(state: str) -> Iterator[tuple[Plan, Meanwhile]]:
    """In a state, every handler with every other one done between each two of its calls."""
    before = STATES[state]
    for kind in BESIDE:
        if kind == "sweep":  # it changes nothing: what it sends is what comes late
            continue
        story = Story(kind, before, {1: 0})
        plan = replace(story.plan, actions=story.plan.actions[: len(before) + 1])
        for place, other in enumerate(BESIDE, start=len(before) + TRIES):
            for (run, number), call in calls_of(story):
                aside = _action(place, other)
                yield plan, Meanwhile((run, number, False), aside)
                if call == "BatchGetItem":
                    for trouble in TORN:
                        torn = replace(plan, only=(((run, number), trouble),))
                        yield torn, Meanwhile((run, number, True), aside)


def run(plan: Plan, make: Callable[[int], Region] = Region) -> Result:
    """Carry out a plan of this mode."""
    return Schedule(plan, make).go()


def _history(story: Story, only: tuple[tuple[Where, Trouble], ...]) -> list[tuple[Where, str]]:
    schedule = Schedule(replace(story.plan, only=only))
    schedule.aws.history = []
    schedule.go()
    return [each for each in schedule.aws.history if each[0][0] in story.runs]


def _faults(story: Story, history: list[tuple[Where, str]]) -> Iterator[tuple[Where, Trouble]]:
    for where, call in history:
        for trouble in troubles_of(call):
            yield where, trouble


def _proposes_same(dice: Dice, kind: str) -> bool:
    """Take the dice that fall before a person is picked; whether the same model is proposed."""
    if kind == "adopt":
        return dice.below(1) != 0
    return dice.below(2) != 0 or dice.chance(300)


def _action(place: int, name: str) -> Action:
    """An action by its name: kind, what is special about it, and the client."""
    who = int(name[-1]) if name[-1].isdigit() else 0
    kind, _, special = name.rstrip("0123456789").partition("-")
    return Action(place, kind, who, _dice(kind, special))


def _of_checks(kind: str, special: str) -> Callable[[Dice], bool]:
    """Dice of deeds about ground checks and officers (`check_deeds`), in the order they fall."""
    if kind == "ask_visit":
        return lambda dice: dice.below(1) == 0 and dice.chance(900)
    if kind == "open_finding":
        return lambda dice: dice.below(1) == 0 and not dice.chance(450)
    if kind == "judge":
        return lambda dice: (
            dice.below(1) == 0
            and (dice.below(2) == 1) is (special == "other")
            and not dice.chance(450)
        )
    if kind == "roles":  # of one account, the same ones, by different persons
        person = ("asked", "given").index(special)
        return lambda dice: [dice.below(n) for n in (4, 3, 2, 2)] == [0, 0, person, person]
    if special == "again":
        return lambda dice: dice.chance(250)
    missed = special == "missed"
    return lambda dice: (
        dice.below(1) == 0
        and dice.chance(350) is missed
        and dice.below(4) >= 0
        and dice.chance(920)
        and (special != "poor" or dice.below(len(SEEN)) == 0)
    )


SIMPLE: Mapping[str, Callable[[Dice], bool]] = {
    "appeal_own": lambda dice: dice.below(2) == 0 and not dice.chance(400),  # the head
    "second": lambda dice: dice.chance(900) and dice.below(1) == 0 and dice.chance(850),
    "report": lambda dice: dice.below(3) == 1 and dice.chance(900),  # with two photos
    "look": lambda dice: dice.below(1) == 0 and not dice.chance(200),
    "report_photo": lambda dice: dice.chance(800),  # one that waits
    "open_report": lambda dice: dice.below(1) == 0 and dice.chance(800),  # who was drawn
    "close_report": lambda dice: dice.below(1) == 0 and dice.chance(800),
    "wait": lambda dice: dice.pick(WAITS) > 15 * 60_000,
    "sweep": lambda dice: dice.pick(SWEEPS_AT) == max(SWEEPS_AT),  # of an hour: three days
    "relay": lambda dice: not dice.chance(200) and dice.below(9) == 8,  # all
}


SPECIAL: Mapping[str, Callable[[Dice], bool]] = {
    "cold": lambda dice: dice.chance(100),
    "held": lambda dice: dice.chance(300) and dice.below(4) == 0,
    "wrong": lambda dice: dice.below(1) == 0 and dice.chance(200),
    "unknown": lambda dice: dice.below(2) == 0 and dice.below(3) == 2,  # a name of no family
    "nik": lambda dice: dice.chance(300) and dice.below(4) == 3,
}


def _dice(kind: str, special: str) -> int:
    """Dice that fall as the story needs them."""
    wanted: Callable[[Dice], bool] = lambda dice: not dice.chance(300)  # noqa: E731 - the rest below
    if special in SPECIAL:
        wanted = SPECIAL[special]
    elif kind in ("suggest", "adopt"):  # by different persons
        person = ("suggest", "adopt").index(kind)
        wanted = lambda dice: not _proposes_same(dice, kind) and dice.below(2) == person  # noqa: E731
    elif kind == "settle":  # refused, by the second person
        wanted = lambda dice: dice.chance(500) and dice.below(1) == 0 and dice.below(2) == 1  # noqa: E731
    elif kind in QUEUES:  # the whole queue, and nothing of it comes again
        wanted = lambda dice: dice.below(10) > 2 and not any(dice.chance(200) for _ in range(4))  # noqa: E731
    elif kind in ("visit", "judge", "open_finding", "roles", "ask_visit"):
        wanted = _of_checks(kind, special)
    elif kind in SIMPLE:
        wanted = SIMPLE[kind]
    return next(number for number in range(10_000) if wanted(Dice(number)))
