"""What is done with reports about agents: by nobody in particular, and by supervisors.

See `deeds`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from chalicelib.domain import misconduct, receipt
from chalicelib.domain.audit import DAY_MS
from chalicelib.domain.errors import InvalidRequest, NotAllowed, NotFound, TooMany, WrongState
from chalicelib.domain.evidence import PieceState
from chalicelib.domain.misconduct import Report, Stage
from chalicelib.domain.receipt import Receipt
from chalicelib.usecases.find_case import Caller
from tests.simulation.bureau import SUPERVISORS, may_be_drawn
from tests.simulation.dispute_deeds import SETTLED
from tests.simulation.faulty_aws import Dice, Run
from tests.simulation.plans import Action

if TYPE_CHECKING:
    from tests.simulation.schedule import Schedule

TEXT = "Petugas Namapalsu meminta lima ratus ribu rupiah."
OTHER_TEXT = "Petugas Namapalsu mengancam."
WEEK = 8 * DAY_MS  # more than the five working days that a supervisor has
SWEPT = 12 * DAY_MS  # a sweep looks back a little further
OUTCOMES = ("talked_to", "not_shown")
AT_ONCE = 3
STRANGER = Caller("198.51.100.9")


@dataclass(frozen=True)
class Reported:
    """A report that was acknowledged.

    Attributes:
        paper: the receipt that was shown.
    """

    key: str
    text: str
    photos: int
    paper: Receipt


def report(at: Schedule, action: Action, dice: Dice) -> Run:
    """Report an agent, again under one key at times, and now and then another thing under it."""
    number = dice.below(3)
    text = TEXT if dice.chance(900) else OTHER_TEXT
    return at.run(str(action), *reporting(at, number, text), dice)


def reporting(
    at: Schedule, number: int, text: str
) -> tuple[Callable[[], object], Callable[[Run], object]]:
    """Send a report under the key of that number, and keep what is shown."""
    key, photos = f"report-{at.plan.seed:07}-{number}", number + 1
    at.told.reporting.setdefault(number, set()).add(text)

    def end(run: Run) -> None:
        also = (InvalidRequest,) if len(at.told.reporting[number]) > 1 else ()
        if at.expect(run, TooMany, *also):
            at.told.reported.append(Reported(key, text, photos, run.answer.paper))

    return lambda: at.region.bureau.file(key, text, photos), end


def week(at: Schedule, _action: Action, _dice: Dice) -> None:
    """Eight days in which nobody does anything; what was lost before is still swept after them."""
    if at.aws.now + WEEK - at.rested_at > SWEPT:
        at.rest()
    at.aws.now += WEEK


def unanswered(at: Schedule) -> list[int]:
    """Numbers of those who sent one thing, got no answer, and come again."""
    told = {each.key for each in at.told.reported}
    return [
        number
        for number, texts in at.told.reporting.items()
        if len(texts) == 1 and not any(key.endswith(f"-{number}") for key in told)
    ]


def look(at: Schedule, action: Action, dice: Dice) -> Run | None:
    """Look what became of a report; now and then as somebody who guesses its secret."""
    if not at.told.reported:
        return None
    paper = dice.pick(at.told.reported).paper
    guesses = dice.chance(200)
    if guesses:
        at.told.report_guesses += 1
        text = Receipt(paper.locator, receipt.new_secret(_hash, paper.locator, b"a guess")).text
    else:
        text = paper.text

    def end(run: Run) -> None:
        # Wrong tries shut a number for a while, whoever tries.
        late = (TooMany,) if at.told.report_guesses else ()
        if not at.expect(run, *late, *((NotFound,) if guesses else ())):
            return
        if guesses or run.answer.ref.locator != paper.locator:
            at.wrong("a_wrong_number_opens_no_report", str(action))

    caller = (STRANGER,) if guesses else ()
    return at.run(str(action), lambda: at.region.bureau.look(text, *caller), end, dice)


def screen(at: Schedule, action: Action, dice: Dice) -> Run | None:
    """Screen a photo of a report; the same one again now and then, with another end."""
    pieces = [(ref, each.piece) for ref, there in at.aws.reports.items() for each in there.evidence]
    if not pieces:
        return None
    waiting = [each for each in pieces if not each[1].settled]
    # Of one report, mostly: they are sent together, and are screened at the same time.
    owner, piece = dice.pick(waiting[:AT_ONCE] if waiting and dice.chance(800) else pieces)
    state = dice.pick(SETTLED)
    why = "evidence_broken" if state is PieceState.REFUSED else ""
    done = replace(piece, state=state, why=why, pages=int(not why))
    return at.run(str(action), lambda: at.region.bureau.screen(owner, done), at.expect, dice)


def open_it(at: Schedule, action: Action, dice: Dice) -> Run | None:
    """Open a report, as who was drawn for it, or as another supervisor."""
    there = _with_somebody(at, dice)
    if there is None:
        return None
    sub = there.officer if dice.chance(800) else dice.pick(SUPERVISORS)
    actor, texts = f"staff:{sub}", _texts(at, there)
    at.opening[str(action)] = actor, at.reads_of(actor), frozenset({"Decrypt"})

    def end(run: Run) -> None:
        del at.opening[run.name]
        if not at.expect(run, NotFound):
            return
        shown, told = run.answer
        at.told.shown[run.name] = actor, there.ref.locator
        if shown.officer != sub:
            at.wrong("a_report_is_opened_by_who_was_drawn", f"{run.name} by {sub}")
        if told["text"] not in texts:
            at.wrong("a_report_is_opened_by_who_was_drawn", f"{run.name} shows another text")

    return at.run(str(action), lambda: at.region.bureau.open(there.ref, actor), end, dice)


def close(at: Schedule, action: Action, dice: Dice) -> Run | None:
    """Close a report as it was seen, as who was drawn for it, or as another supervisor."""
    there = _with_somebody(at, dice)
    if there is None:
        return None
    sub = there.officer if dice.chance(800) else dice.pick(SUPERVISORS)
    actor, outcome = f"staff:{sub}", dice.pick(OUTCOMES)

    def end(run: Run) -> None:
        if at.expect(run, WrongState, NotFound, NotAllowed):
            at.told.closed.append((there.ref, actor, outcome))

    work = lambda: at.region.bureau.close(there.ref, actor, outcome, there.version)  # noqa: E731 - runs as it is
    return at.run(str(action), work, end, dice)


def waits(there: Report, now: int) -> bool:
    """Whether a machine could take a report further now, and has not."""
    if there.ended:
        return False
    if there.officer:
        return there.due <= now
    screened = misconduct.is_screened(there) or there.due <= now
    return (there.stage is not Stage.FILED or screened) and bool(may_be_drawn(there))


def _with_somebody(at: Schedule, dice: Dice) -> Report | None:
    drawn = sorted(
        (there for there in at.aws.reports.values() if there.officer),
        key=lambda there: there.ref.locator,
    )
    return dice.pick(drawn) if drawn else None


def _texts(at: Schedule, there: Report) -> set[str]:
    """What may stand in a report: what was acknowledged, or anything while nobody was told."""
    told = {each.text for each in at.told.reported if each.paper.locator == there.ref.locator}
    return told or {TEXT, OTHER_TEXT}


def _hash(_purpose: str, data: bytes) -> bytes:
    return hashlib.sha256(data).digest()
