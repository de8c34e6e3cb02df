"""What is done in a schedule: people, officers, workers and the clock, all from one seed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tests.simulation.families import DECIDED_AT_ONCE, UNSCORABLE, WITH_A_MEMBER, families
from tests.simulation.faulty_aws import Dice, Faults, Trouble, Where, diced, listed, no_faults

MINUTE = 60_000
WAITS = (1_000, 5_000, 30_000, 2 * MINUTE, 10 * MINUTE, 16 * MINUTE, -5 * MINUTE)


@dataclass(frozen=True)
class Action:
    """One thing that happens.

    Attributes:
        place: its number in the plan; it stays when others are taken out.
        who: the client, or 0.
    """

    place: int
    kind: str
    who: int = 0
    dice: int = 0

    def __str__(self) -> str:
        return f"{self.place:02}:{self.kind}{self.who or ''}"


@dataclass(frozen=True)
class Plan:
    """A schedule before it runs.

    Attributes:
        clients: client number from 1 -> which family it is.
        width: how many runs there may be at once.
        visiting: somebody goes and looks; then an agent registers the first client.
        skewed: the machines' clocks differ.
        sticky: how often, in a thousand, the run that made a call makes the next one too.
        lossy: records of the stream may be lost.
        hurried: calls take no time, so that much happens in one millisecond.
        adopting: a model and rules are proposed and adopted meanwhile; then no function lives on
            while time goes by, since none decides that long after it has read (`adoption`).
        impatient: clients who never come back after an answer that they did not get.
        only: exactly these faults, for a plan that was shrunk; None for those of the dice.
    """

    seed: int
    clients: Mapping[int, int]
    actions: tuple[Action, ...]
    per_mille: int
    width: int
    sticky: int = 0
    visiting: bool = False
    skewed: bool = False
    lossy: bool = False
    hurried: bool = False
    adopting: bool = False
    impatient: frozenset[int] = frozenset()
    only: tuple[tuple[Where, Trouble], ...] | None = None

    def faults(self) -> Faults:
        """What happens to each call."""
        if self.only is not None:
            return listed(dict(self.only))
        return diced(self.seed, self.per_mille) if self.per_mille else no_faults


BY_PEOPLE = (
    "register", "again", "status", "wrong", "correct", "withdraw", "read", "read", "reissue",
    "reissue", "erase", "erase", "propose",
)  # fmt: skip
ALWAYS = ("register", "register", "correct", "withdraw")
BY_MACHINES = (
    "work", "work", "work", "work", "work", "work", "work", "relay", "check", "check", "check",
    "score", "score", "release", "sweep", "wait", "wait", "lies", "truth", "down", "up",
    "mismatch", "truth", "late", "late",
)  # fmt: skip

A_DAY_WITHOUT_THE_REGISTRY = [("down", 0), *[("hours", 0), ("sweep", 0)] * 8]
OPENINGS = ("truth", "truth", "lies", "lies", "down")
A_BUSY_DESK = [*[("read", 1)] * 2, *[("reissue", 1)] * 4, *[("read", 1)] * 2]
A_COMPARISON = [
    ("calm", 0), *[("suggest", 0)] * 2, *[("relay", 0), ("adoption", 0), ("minute", 0)] * 2,
    *[("adoption", 0)] * 2, ("late", 0), *[("adoption", 0)] * 3, ("relay", 0), ("minute", 0),
    *[("adoption", 0)] * 2,
]  # fmt: skip
AN_ADOPTION = [
    *[("adopt", 0)] * 3, ("relay", 0), ("minute", 0), *[("adoption", 0)] * 2, ("score", 0),
    *[("late", 0), ("adoption", 0), ("adoption", 0)] * 2, ("settle", 0), ("sweep", 0),
    ("adoption", 0),
]  # fmt: skip
A_DISPUTE = [
    ("calm", 0), ("appeal", 1), ("appeal", 1), ("object", 0), ("object", 0), ("relay", 0),
    *[("screen", 0)] * 5, ("relay", 0), *[("dispute", 0)] * 2, ("relay", 0), *[("answer", 1)] * 2,
    ("answer", 2), ("dispute", 0),
]  # fmt: skip
TWO_PEOPLE = [
    *[("relay", 0), ("dispute", 0), ("vote", 0), ("vote", 0)] * 2, ("late", 0), ("take_back", 1),
    ("days", 0), ("sweep", 0), *[("relay", 0), ("dispute", 0), ("vote", 0)] * 2, ("score", 0),
]  # fmt: skip
TWO_VOTES = [("calm", 0), *[("vote", 0)] * 3] * 2
WITHOUT_A_RECEIPT = [
    ("calm", 0), *[("appeal_own", 1)] * 3, *[("screen", 0)] * 2, ("relay", 0),
    *[("dispute", 0)] * 2, *TWO_VOTES, ("score", 0), *[("appeal_own", 1)] * 2, ("take_back", 1),
    ("appeal_own", 2), ("relay", 0), ("dispute", 0),
]  # fmt: skip
BY_AN_AGENT = [
    ("calm", 0), *[("appeal_by_agent", 1)] * 3, ("relay", 0), ("dispute", 0), *TWO_VOTES,
    *TWO_VOTES, ("score", 0), ("calm", 0), ("appeal_by_agent", 1), *TWO_VOTES,
]  # fmt: skip
A_SECOND_LOOK = [
    ("calm", 0), *[("object", 0)] * 4, *[("screen", 0)] * 2, ("relay", 0), ("dispute", 0),
    ("answer", 1), *TWO_VOTES, *[("second", 0)] * 3, ("screen", 0), ("relay", 0), ("dispute", 0),
    *[("answer", 1)] * 2, *TWO_VOTES, ("days", 0), *TWO_VOTES, ("second", 0),
]  # fmt: skip
A_VISIT = [
    ("calm", 0), *[("send", 0)] * 2, ("minute", 0), *[("visit", 0)] * 4, *[("roles", 0)] * 3,
    ("relay", 0), *[("roles", 0)] * 3, ("hours", 0), ("days", 0), ("send", 0), ("minute", 0),
    *[("visit", 0)] * 4, ("relay", 0), ("score", 0),
]  # fmt: skip
A_MONTH = [
    ("calm", 0), *[("night", 0)] * 2, ("minute", 0), *[("visit", 0)] * 4, ("minute", 0),
    *[("open_finding", 0)] * 2, *[("judge", 0)] * 5, ("relay", 0), ("score", 0),
    *[("month", 0)] * 2, ("minute", 0), *[("visit", 0)] * 4, ("minute", 0),
    *[("judge", 0), ("open_finding", 0), ("judge", 0)] * 3, ("judge", 0), ("relay", 0),
    ("score", 0),
]  # fmt: skip
EARLY = 4  # deeds
A_FINDING = [
    ("calm", 0), ("night", 0), *[("send", 0)] * 2, ("minute", 0), *[("visit", 0)] * 7,
    ("minute", 0), ("open_finding", 0), *[("judge", 0)] * 5,
]  # fmt: skip
MORE_OPINIONS = [
    ("open_finding", 0), *[("judge", 0)] * 4, ("relay", 0), ("score", 0), *[("judge", 0)] * 3,
]  # fmt: skip
A_DOUBT = [
    *[("ask_visit", 0)] * 3, ("send", 0), ("minute", 0), *[("visit", 0)] * 3, ("relay", 0),
    ("dispute", 0),
]  # fmt: skip
A_REPORT = [
    *[("report", 0)] * 3, ("relay", 0), ("minute", 0), *[("report_photo", 0)] * 8, ("relay", 0),
    ("report", 0), *[("dispute", 0)] * 2, ("look", 0), ("relay", 0), ("dispute", 0),
    *[("open_report", 0)] * 2,
]  # fmt: skip
A_LATE_SUPERVISOR = [("week", 0), ("sweep", 0), ("dispute", 0), ("relay", 0), ("dispute", 0)]
AN_END = [
    ("open_report", 0), *[("close_report", 0)] * 3, ("late", 0), ("relay", 0),
    *[("dispute", 0)] * 2, ("look", 0),
]  # fmt: skip
DRAWN_ANEW = [("relay", 0), *[("dispute", 0)] * 2, *[("redraw", 0)] * 2, ("vote", 0), ("redraw", 0)]
A_SEALED_DAY = [("midnight", 0), ("seal", 0), ("seal", 0)]


def _visited(seed: int, kinds: list[tuple[str, int]], clients: dict[int, int]) -> bool:
    """Whether somebody goes and looks in a schedule; then it is put among what happens."""
    dice = Dice(seed, "visits")
    if not dice.chance(340):
        return False
    if dice.chance(600):
        clients[1] = UNSCORABLE
    start = dice.below(len(kinds) - len(clients)) + len(clients) + 1
    kinds[start:start] = [*(A_MONTH if dice.chance(500) else []), *A_VISIT]
    return True


def _reports(dice: Dice) -> list[tuple[str, int]]:
    """Reports about agents, in some schedules."""
    if not dice.chance(200):
        return []
    late = A_LATE_SUPERVISOR * (1 + dice.below(2)) if dice.chance(400) else []
    return [*A_REPORT, *late, *AN_END]


def _findings(dice: Dice) -> list[tuple[str, int]]:
    """Findings that would change a decision, in some schedules."""
    if not dice.chance(200):
        return []
    return [*A_FINDING, *([("week", 0)] if dice.chance(300) else []), *MORE_OPINIONS]


def _appeals(dice: Dice) -> list[tuple[str, int]]:
    """An appeal without a receipt, one by an agent, or a second look, in some schedules."""
    if not dice.chance(360):
        return []
    return dice.pick((*[WITHOUT_A_RECEIPT, BY_AN_AGENT, A_SECOND_LOOK] * 2, BY_AN_AGENT))


def _among(
    actions: tuple[Action, ...], kinds: list[tuple[str, int]], places: range, dice: Dice
) -> tuple[Action, ...]:
    """Put more among what happens, at one of the places; all else keeps its dice and its faults."""
    more = tuple(
        Action(place, kind, who, dice.below(1 << 30))
        for place, (kind, who) in enumerate(kinds, start=len(actions))
    )
    start = dice.pick(places)
    return actions[:start] + more + actions[start:]


def _more(
    seed: int, actions: tuple[Action, ...], clients: dict[int, int]
) -> tuple[tuple[Action, ...], bool]:
    """The same with findings, appeals and reports in some, and whether there are findings."""
    reporting, judging = Dice(seed, "reports"), Dice(seed, "findings")
    appealing = Dice(seed, "appeals")
    anywhere = range(len(clients) + 1, len(actions) + 1)
    found, appealed = _findings(judging), _appeals(appealing)
    if found or appealed:
        clients[1] = judging.pick(DECIDED_AT_ONCE)
    if appealed is WITHOUT_A_RECEIPT:
        clients[1] = WITH_A_MEMBER
    # Early, while there are families that were decided: later most have withdrawn or are erased.
    actions = _among(actions, found, anywhere[: EARLY + 1], judging)
    actions = _among(actions, appealed, anywhere[: EARLY + 1], appealing)
    return _among(actions, _reports(reporting), anywhere, reporting), bool(found)


def plan_of(seed: int) -> Plan:
    """The schedule of a seed."""
    dice = Dice(seed, "plan")
    count = dice.pick((1, 1, 2, 2, 3))
    every = len(families())
    clients = {number: dice.below(every) for number in range(1, count + 1)}
    if count > 1 and dice.chance(500):  # two clients with one number, or one family twice
        pair = dice.pick(((0, 1), (2, 3), (0, 0), (2, 2)))
        clients |= {1: pair[0], 2: pair[1]}
    # A few kinds of deeds a schedule, so that they meet: all kinds at once meet less often.
    deeds = [*ALWAYS, *[dice.pick(BY_PEOPLE) for _ in range(1 + dice.below(3))] * 3]
    kinds: list[tuple[str, int]] = [(dice.pick(OPENINGS), 0)]
    kinds += [("register", who) for who in clients]
    for _ in range(9 + dice.below(15)):
        kind = dice.pick(BY_MACHINES), 0
        if dice.chance(400):
            kind = dice.pick(deeds), 1 + dice.below(count)
        kinds += [kind] * (2 if dice.chance(600) else 1)  # at once: a double click, a message
    if dice.chance(200):
        kinds += A_BUSY_DESK
    if dice.chance(40):
        kinds += A_DAY_WITHOUT_THE_REGISTRY
    if dice.chance(60):
        kinds += A_SEALED_DAY
    adopting = Dice(seed, "adoption")
    if adopts := adopting.chance(200):
        start = adopting.below(len(kinds) - count) + count + 1
        between = [("calm", 0)] if adopting.chance(600) else []
        kinds[start:start] = [*A_COMPARISON, *between, *AN_ADOPTION]
    visits = not adopts and ("seal", 0) not in kinds and _visited(seed, kinds, clients)
    disputing = Dice(seed, "disputes")
    # Days go by in a dispute; that none of them is sealed before the first seal is no schedule.
    if not adopts and ("seal", 0) not in kinds and disputing.chance(300):
        start = disputing.below(len(kinds) - count) + count + 1
        between = [("calm", 0)] if disputing.chance(600) else []
        again = TWO_PEOPLE if disputing.chance(500) else []
        doubt = A_DOUBT if Dice(seed, "doubt").chance(400) else []
        visits |= bool(doubt)
        seen = [("relay", 0), ("dispute", 0), *doubt] if doubt else []
        anew = DRAWN_ANEW if Dice(seed, "drawn anew").chance(250) else []
        kinds[start:start] = [*A_DISPUTE, *between, *seen, *anew, *TWO_PEOPLE, *again]
    actions = tuple(
        Action(place, kind, who, dice.below(1 << 30)) for place, (kind, who) in enumerate(kinds)
    )
    if not adopts and ("seal", 0) not in kinds:
        actions, found = _more(seed, actions, clients)
        visits |= found
    return Plan(
        seed=seed,
        clients=clients,
        actions=actions,
        per_mille=dice.pick((0, 80, 150, 250, 350, 450)),
        width=dice.pick((1, 2, 3, 3, 4, 4)),
        visiting=visits,
        sticky=dice.pick((0, 0, 0, 600)),
        skewed=dice.chance(300) and not adopts,
        lossy=dice.chance(400),
        hurried=dice.chance(300),
        adopting=adopts,
        impatient=frozenset(who for who in clients if dice.chance(300)),
    )
