"""What families, neighbours, officers and machines do in disputes; see `deeds`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from chalicelib.domain import adjudication, dispute
from chalicelib.domain.assignment import Officer, Role
from chalicelib.domain.audit import DAY_MS
from chalicelib.domain.dispute import Dispute, Kind, Outcome, Stage
from chalicelib.domain.errors import (
    InvalidRequest,
    NotAllowed,
    NotFound,
    TooMany,
    WrongState,
)
from chalicelib.domain.evidence import Piece, PieceState
from chalicelib.domain.registration import Ref
from chalicelib.usecases import redraw_disputes, review_dispute, take_part
from chalicelib.usecases.redraw_disputes import Picked
from tests.court import PHOTO, STAFF
from tests.simulation.faulty_aws import Dice, Run
from tests.simulation.plans import Action

if TYPE_CHECKING:
    from tests.simulation.schedule import Schedule

NEIGHBOURS = ("3510152003809903", "3510152003809904")  # invented; both of another village
NAMES = ("Contoh Sumarni", "Bu Sumarni", "Tidak Terdaftar")
SUBJECTS = tuple(f"staff:{officer.sub}" for officer in STAFF)
SUPERVISORS = tuple(each.sub for each in STAFF if "supervisor" in each.roles)
REJECTED = Outcome.REJECTED, "claim_unproven"
VOTES = (
    (Outcome.UPHELD, "claim_confirmed"),
    (Outcome.UPHELD, "record_corrected"),
    REJECTED,
)
SETTLED = (PieceState.RELEASED, PieceState.RELEASED, PieceState.REFUSED)
DAYS = (3, 6, 20, 20)  # past a recommendation's term, past its escalation, past a family's answer


def appeal(at: Schedule, action: Action, dice: Dice) -> Run | None:
    """Appeal one's result, twice under one key now and then, with a photo or none."""
    receipt = _receipt(at, action)
    if receipt is None:
        return None
    key = f"appeal-{at.plan.seed:07}-{action.who}-{dice.below(2)}"
    photos = [PHOTO] * dice.below(2)
    work = lambda: at.region.court.appeal_by(receipt, key, *photos)  # noqa: E731 - runs as it is
    return at.run(str(action), work, filed(at, key), dice)


def object_to(at: Schedule, action: Action, dice: Dice) -> Run:
    """Object to a family, known or not, twice under one key now and then."""
    nik, name = dice.pick(NEIGHBOURS), dice.pick(NAMES)
    key = f"objection-{at.plan.seed:07}-{dice.below(3)}"
    work = lambda: at.region.court.object(key, nik=nik, name=name)  # noqa: E731 - runs as it is
    return at.run(str(action), work, filed(at, key), dice)


def answer(at: Schedule, action: Action, dice: Dice) -> Run | None:
    """Answer an objection, or try to."""
    receipt = _receipt(at, action)
    about = [each for each in at.aws.disputes.values() if each.stage is Stage.HEARING]
    there = dice.pick(about) if about and dice.chance(800) else _some(at, dice)
    if receipt is None or there is None:
        return None
    key = f"answer-{at.plan.seed:07}-{dice.below(2)}"
    number = there.ref.locator
    return at.run(
        str(action),
        lambda: at.region.court.answer_by(receipt, number, key),
        lambda run: expected(at, run),
        dice,
    )


def take_back(at: Schedule, action: Action, dice: Dice) -> Run | None:
    """Withdraw a dispute, as whoever filed it, or as somebody who did not."""
    receipt, there = _receipt(at, action), _some(at, dice)
    if there is None:
        return None
    court = at.region.court
    party = court.neighbour(dice.pick(NEIGHBOURS))
    if receipt is not None and dice.chance(500):
        party = take_part.Party(party.caller, receipt=receipt)
    key = f"second-thoughts-{at.plan.seed:07}"

    def end(run: Run) -> None:
        if expected(at, run):
            at.told.taken_back.add(there.ref)

    number = there.ref.locator
    work = lambda: take_part.withdraw(number, party, key, court.part_ports())  # noqa: E731 - as above
    return at.run(str(action), work, end, dice)


def screen(at: Schedule, action: Action, dice: Dice) -> Run | None:
    """Screen a piece of evidence; the same piece again now and then, with another end."""
    pieces = [
        (ref, each.piece) for ref, there in at.aws.disputes.items() for each in there.evidence
    ]
    if not pieces:
        return None
    waiting = [(ref, piece) for ref, piece in pieces if not piece.settled]
    owner, piece = dice.pick(waiting if waiting and dice.chance(800) else pieces)
    work = screening(at, owner, piece, dice.pick(SETTLED))
    return at.run(str(action), work, at.expect, dice)


def screening(at: Schedule, owner: Ref, piece: Piece, state: PieceState) -> Callable[[], object]:
    """Keep a piece as screened."""
    why = "evidence_broken" if state is PieceState.REFUSED else ""
    done = replace(piece, state=state, why=why, pages=int(not why))
    return lambda: at.region.screen(owner, done)


def vote(at: Schedule, action: Action, dice: Dice) -> Run | None:
    """Recommend or decide, as who was drawn, or as somebody who was not."""
    waiting = [there for there in at.aws.disputes.values() if there.officer]
    if not waiting:
        return None
    there = dice.pick(waiting)
    actor = f"staff:{there.officer}" if dice.chance(800) else dice.pick(SUBJECTS)
    outcome, reason = _opinion(there, dice)
    return at.run(
        str(action),
        lambda: voted(at, there, actor, outcome, reason),
        lambda run: _voted(at, run, there, actor, outcome),
        dice,
    )


def _opinion(there: Dispute, dice: Dice) -> tuple[Outcome, str]:
    """Any opinion; more often one by which something comes of a dispute."""
    if there.votes and dice.chance(600):
        return there.votes[0].outcome, there.votes[0].reason
    if dice.chance(700):
        if there.kind is Kind.OBJECTION and not there.answer_by:
            return REJECTED  # a family that was not heard cannot lose
        if there.attribute:
            return VOTES[0]
    held: tuple[Outcome, str] = dice.pick(VOTES)
    return held


def voted(at: Schedule, there: Dispute, actor: str, outcome: Outcome, reason: str) -> Dispute:
    """Send a vote on a dispute as it was seen."""
    ports = at.region.court.review_ports()
    voting = review_dispute.Voting(there.ref, actor, outcome, reason, there.version)
    if there.stage is Stage.REVIEW:
        return review_dispute.recommend(voting, ports)
    return review_dispute.decide(voting, ports)


def redraw(at: Schedule, action: Action, dice: Dice) -> Run | None:
    """Have two disputes drawn anew, as a supervisor, or as somebody who is drawn from elsewhere."""
    waiting = sorted(
        (each for each in at.aws.disputes.values() if each.stage in dispute.WITH_OFFICER),
        key=lambda there: there.ref.locator,
    )
    if not waiting:
        return None
    before = {there.ref.locator: there for there in (dice.pick(waiting), dice.pick(waiting))}
    picked = [Picked(number, there.ref, there.version) for number, there in before.items()]
    asks = dice.pick(SUPERVISORS)
    court = at.region.court

    def end(run: Run) -> None:
        if expected(at, run):
            at.told.redrawn += [
                (before[each.number], each.officer, asks) for each in run.answer if not each.fault
            ]

    work = lambda: redraw_disputes.redraw(  # noqa: E731 - runs as it is
        picked, f"staff:{asks}", "officer_away", court.redraw_ports()
    )
    return at.run(str(action), work, end, dice)


def days(at: Schedule, _action: Action, dice: Dice) -> None:
    """Days in which no person does anything; the clock's own functions did their work before."""
    at.rest()
    at.aws.now += dice.pick(DAYS) * DAY_MS


def _voted(at: Schedule, run: Run, there: Dispute, actor: str, outcome: Outcome) -> None:
    if expected(at, run):
        at.told.voted.append((there.ref, actor, outcome))


def filed(at: Schedule, key: str) -> Callable[[Run], None]:
    """Keep that a dispute was acknowledged, if it was."""

    def end(run: Run) -> None:
        if expected(at, run):
            at.told.filed.setdefault(run.answer.dispute.ref, key)

    return end


def expected(at: Schedule, run: Run) -> bool:
    """People meet each other, are late, and try what they may not; none of it breaks anything."""
    return at.expect(run, WrongState, NotAllowed, NotFound, TooMany, InvalidRequest)


def _some(at: Schedule, dice: Dice) -> Dispute | None:
    known = sorted(at.aws.disputes.values(), key=lambda there: there.ref.locator)
    return dice.pick(known) if known else None


def _receipt(at: Schedule, action: Action) -> str | None:
    client = next((each for each in at.told.clients if each.number == action.who), None)
    return client.paper.text if client is not None and client.paper is not None else None


def stuck(at: Schedule, there: Dispute) -> bool:
    """Whether a machine could take a dispute further now, and has not."""
    if there.stage is Stage.FILED:
        return dispute.is_screened(there)
    waits = there.stage in dispute.WITH_OFFICER and not there.officer
    if not waits or there.level < dispute.HIGHEST_LEVEL:
        return waits
    elsewhere = there.stage is Stage.SPLIT or adjudication.needs_stranger(there)
    acted = who_acted(at, there.about, {there.ref.locator, there.follows})
    return anybody_may(at, there.ref.village, acted, elsewhere=elsewhere)


def who_acted(at: Schedule, about: str, numbers: set[str]) -> set[str]:
    """Who decided one of these disputes, or something of the family that has a case."""
    disputes = [
        each
        for each in at.aws.disputes.values()
        if each.ref.locator in numbers or (about and each.about == about)
    ]
    checks = [each for each in at.aws.checks.values() if about and each.about == about]
    acted = {vote.actor for each in disputes for vote in each.votes}
    return acted | {opinion.actor for each in checks for opinion in each.opinions}


def anybody_may(at: Schedule, village: str, acted: set[str], *, elsewhere: bool) -> bool:
    """Whether anybody is left who could be drawn; else the region has to find somebody."""

    def may(each: Officer) -> bool:
        here = village[:6] in each.districts
        placed = not here if elsewhere else here or Role.SUPERVISOR in each.roles
        return placed and each.village != village and f"staff:{each.sub}" not in acted

    return any(map(may, at.region.court.staff))
