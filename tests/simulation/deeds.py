"""What people, officers and machines do in a schedule: each deed begins a run, or none."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from chalicelib.domain import receipt
from chalicelib.domain.adoption import DRIVEN
from chalicelib.domain.audit import DAY_MS
from chalicelib.domain.blind_keys import request_id
from chalicelib.domain.errors import InvalidRequest, NotAllowed, NotFound, TooMany, WrongState
from chalicelib.domain.identity import IdentityAnswer
from chalicelib.domain.receipt import Receipt
from chalicelib.domain.registration import Ref, WayIn
from chalicelib.usecases.find_case import Caller
from chalicelib.usecases.relay import ADOPTION, CHECK, DISPUTE, RELEASE, SCORE
from chalicelib.usecases.sweep import TICK_MS, days_looked_at
from tests.fakes import FakeBlindIndex
from tests.simulation import appeal_deeds, check_deeds, dispute_deeds, report_deeds
from tests.simulation.faulty_aws import Dice, Run
from tests.simulation.patrol import REGISTRAR
from tests.simulation.plans import MINUTE, WAITS, Action, by_agent, families
from tests.simulation.region import INDEX_KEY
from tests.simulation.region_registry import MISMATCH
from tests.simulation.told import Client

if TYPE_CHECKING:
    from tests.simulation.schedule import Schedule

ADMINS = ("staff:admin-1", "staff:admin-2")
OFFICERS = ("staff:officer-1", "staff:officer-1", "staff:officer-1", "staff:officer-2")
STRANGER = Caller("198.51.100.1")
MAC = lru_cache(maxsize=10_000)(FakeBlindIndex(key=INDEX_KEY).mac)
PROPOSAL = {
    "name": "Contoh Tetangga",
    "village": "3510152004",
    "place": "belakang balai desa",
    "reason": "rumah roboh",
    "phone": None,
}
SHOWN_BY = frozenset({"BatchGetItem", "Decrypt"})  # a case
SWEEPS_AT = (1, 3, 12)  # in ticks of the sweep: any, of each quarter of an hour, of each hour
CORRECTED_NIKS = tuple(f"351015490385{serial}" for serial in (9901, 9903, 9921, 9922))

Deed = Callable[["Schedule", Action, Dice], Run | None]


# People


def registering(
    at: Schedule, client: Client
) -> tuple[Callable[[], object], Callable[[Run], object]]:
    """Send the client's form under its key, and keep the receipt that is shown."""

    def end(run: Run) -> None:
        # An erased case does not know its request any more.
        also = (InvalidRequest,) if client.key in at.told.erased_keys else ()
        if at.expect(run, *also):
            client.receipts.append(run.answer.receipt)

    if client.by_agent:
        form, actor = by_agent(families().index(client.family)), f"agent:{REGISTRAR}"
        return lambda: at.region.register(client.key, form, WayIn.AGENT, actor), end
    return lambda: at.region.register(client.key, client.family.form), end


def register(at: Schedule, action: Action, dice: Dice) -> Run:
    """Send, or send again with the same key, whatever was told before."""
    if dice.chance(100):
        at.region.fresh_process()
    return at.run(str(action), *registering(at, _client(at, action)), dice)


def register_anew(at: Schedule, action: Action, dice: Dice) -> Run | None:
    """A family that has withdrawn registers again, under a new key."""
    client = _client(at, action)
    if not client.tried_to_withdraw:
        return None
    fresh = Client(client.number, client.family, f"{client.key}-anew", client.by_agent)
    at.told.clients.append(fresh)
    return at.run(str(action), *registering(at, fresh), dice)


def status(at: Schedule, action: Action, dice: Dice) -> Run | None:
    """Look where the case stands."""
    return _with_receipt(at, action, dice, lambda _, text: at.region.find(text))


def guess(at: Schedule, action: Action, dice: Dice) -> Run | None:
    """Somebody tries a receipt with a secret of their own making."""
    paper = _client(at, action).paper
    if paper is None:
        return None
    at.told.wrong_tries += 1
    secret = receipt.new_secret(_hash, paper.locator, b"a guess")
    text = Receipt(paper.locator, secret).text

    def end(run: Run) -> None:
        if at.expect(run, NotFound, TooMany):
            at.wrong("a_wrong_secret_opens_nothing", str(action))

    return at.run(str(action), lambda: at.region.find(text, STRANGER), end, dice)


def correct(at: Schedule, action: Action, dice: Dice) -> Run | None:
    """Send the one correction; now and then with a NIK that another family holds."""
    change: dict[str, Any] = {"index": 0, "name": "Contoh Betul"}
    if dice.chance(300):
        change["nik"] = dice.pick(CORRECTED_NIKS)
        _client(at, action).corrected_niks.add(change["nik"])

    def done(client: Client) -> None:
        client.corrected = True

    return _with_receipt(
        at,
        action,
        dice,
        lambda client, text: at.region.correct(f"{client.key}-correction", text, change),
        done,
        WrongState,
        InvalidRequest,
    )


def withdraw(at: Schedule, action: Action, dice: Dice) -> Run | None:
    """End the case."""

    def work(client: Client, text: str) -> object:
        client.tried_to_withdraw = True
        return at.region.withdraw(f"{client.key}-withdrawal", text)

    def done(client: Client) -> None:
        client.withdrawn = True

    return _with_receipt(at, action, dice, work, done)


def propose(at: Schedule, action: Action, dice: Dice) -> Run:
    """Propose a neighbour, twice under one key now and then."""
    key = f"proposal-{at.plan.seed}-{dice.below(2)}"

    def end(run: Run) -> None:
        if at.expect(run):
            at.told.proposed.add(key)

    return at.run(str(action), lambda: at.region.propose(key, PROPOSAL), end, dice)


# Officers


def read(at: Schedule, action: Action, dice: Dice) -> Run | None:
    """Open a case."""
    ref = _ref(at, action)
    if ref is None:
        return None
    actor, case = dice.pick(OFFICERS), at.aws.cases[ref]
    at.opening[str(action)] = actor, at.reads_of(actor), SHOWN_BY

    def end(run: Run) -> None:
        del at.opening[run.name]
        if at.expect(run):
            at.told.shown[run.name] = actor, ref.locator

    return at.run(str(action), lambda: at.region.read(case, actor), end, dice)


def reissue(at: Schedule, action: Action, dice: Dice) -> Run | None:
    """Give a new receipt to whoever holds a NIK of the client's family."""
    form = _client(at, action).family.form
    niks = [person["nik"] for person in form["members"] if person["nik"]]
    nik, actor, key = dice.pick(niks), dice.pick(OFFICERS), f"desk-form-{dice.below(3)}"
    at.opening[str(action)] = actor, at.reads_of(actor), SHOWN_BY
    at.told.reissuing = True

    def end(run: Run) -> None:
        del at.opening[run.name]
        if at.expect(run, NotFound, TooMany, WrongState) or isinstance(
            run.failure, NotFound | WrongState
        ):
            at.told.look_ups += 1

    return at.run(str(action), lambda: at.region.reissue(key, nik, actor), end, dice)


def erase(at: Schedule, action: Action, dice: Dice) -> Run | None:
    """Forget a family."""
    ref = _ref(at, action)
    if ref is None:
        return None
    at.told.erased_keys.add(_client(at, action).key)

    def end(run: Run) -> None:
        if at.expect(run):
            at.told.erased.add(ref)

    return at.run(str(action), lambda: at.region.erase(ref, OFFICERS[0]), end, dice)


def suggest(at: Schedule, action: Action, dice: Dice) -> Run:
    """Propose another model and rules, or the region's own borders; twice under a key at times."""
    key, same = f"model-form-{dice.below(2)}-{at.plan.seed}", dice.chance(300)
    actor = dice.pick(ADMINS)

    def end(run: Run) -> None:
        if at.expect(run, WrongState, InvalidRequest):
            at.told.suggested.add(run.answer.ref)

    return at.run(str(action), lambda: at.region.suggest(key, actor, same=same), end, dice)


def adopt(at: Schedule, action: Action, dice: Dice) -> Run | None:
    """Adopt a proposal, whoever may."""
    return _settle(at, action, dice, at.region.adopt)


def settle(at: Schedule, action: Action, dice: Dice) -> Run | None:
    """Adopt a proposal, or refuse it."""
    return _settle(at, action, dice, at.region.refuse if dice.chance(500) else at.region.adopt)


def _settle(
    at: Schedule, action: Action, dice: Dice, work: Callable[[str, str], object]
) -> Run | None:
    numbers = sorted(ref.locator for ref in at.aws.proposals)
    if not numbers:
        return None
    number, actor = dice.pick(numbers), dice.pick(ADMINS)

    def end(run: Run) -> None:
        at.expect(run, WrongState, NotAllowed)

    return at.run(str(action), lambda: work(number, actor), end, dice)


# Machines


def relay(at: Schedule, action: Action, dice: Dice) -> Run | None:
    """Some records of the stream, some of them again; one run at a time, as for a shard."""
    region, stream = at.region, at.aws.stream
    if region.relaying or region.position >= len(stream):
        return None
    start = max(region.position - (dice.below(3) if dice.chance(200) else 0), 0)
    until = region.position + 1 + dice.below(len(stream) - region.position)
    changes = stream[start:until]
    if at.plan.lossy and dice.chance(500):
        region.lost.add(changes.pop(dice.below(len(changes))).ref)
    region.relaying = True

    def end(run: Run) -> None:
        region.relaying = False
        if at.expect(run):
            region.position = until

    return at.run(str(action), lambda: region.relay(changes), end, dice)


def _deliver(name: str) -> Deed:
    """Some messages of a queue, in any order."""

    def deed(at: Schedule, action: Action, dice: Dice) -> Run | None:
        queue = at.region.post[name]
        batch = queue.receive(dice)
        if not batch:
            return None

        def end(run: Run) -> None:
            done = at.expect(run)
            queue.settle(batch, run.answer if done else {each.number for each in batch}, dice)

        return at.run(str(action), lambda: at.region.work(name, batch), end, dice)

    return deed


def carry_out(at: Schedule, action: Action, dice: Dice) -> Run | None:
    """Villages of a proposal, when whatever began before its last step has ended."""
    steps = {
        (ref.locator, proposal.stage)
        for ref, proposal in at.aws.proposals.items()
        if proposal.stage in DRIVEN
    }
    if steps - at.settled:
        at.let_all_end()
        at.settled |= steps
    return _deliver(ADOPTION)(at, action, dice)


def work(at: Schedule, action: Action, dice: Dice) -> Run | None:
    """Whatever there is to do for a machine: the relay, or a queue that holds something."""
    waiting = [name for name, queue in at.region.post.items() if queue.letters]
    if at.region.position < len(at.aws.stream) and not at.region.relaying:
        waiting.append("relay")
    return DEEDS[dice.pick(waiting)](at, action, dice) if waiting else None


def sweep(at: Schedule, action: Action, dice: Dice) -> Run:
    """Look for what got stuck, as in some tick of a day: mostly in one that looks at a day."""
    tick = dice.pick(SWEEPS_AT) * (1 + dice.below(24))
    looked_at = days_looked_at(tick * TICK_MS)
    return at.run(str(action), lambda: at.region.sweep(looked_at), at.expect, dice)


def seal(at: Schedule, action: Action, dice: Dice) -> Run:
    """Seal the finished days."""
    return at.run(str(action), at.region.seal, at.expect, dice)


def _wait(at: Schedule, _action: Action, dice: Dice) -> None:
    if at.plan.adopting:
        at.let_all_end()
    ms = dice.pick(WAITS)
    at.told.went_back |= ms < 0
    at.aws.now += ms


def _calm(at: Schedule, _action: Action, _dice: Dice) -> None:
    """An hour in which nothing goes wrong, so that there is something to compare and to adopt."""
    at.calm()


def _minute(at: Schedule, _action: Action, _dice: Dice) -> None:
    at.let_all_end()
    at.aws.now += MINUTE


def _hours(at: Schedule, _action: Action, _dice: Dice) -> None:
    at.aws.now += 180 * MINUTE


def _midnight(at: Schedule, _action: Action, _dice: Dice) -> None:
    at.aws.now += DAY_MS - at.aws.now % DAY_MS + 90 * MINUTE


def _late(at: Schedule, _action: Action, _dice: Dice) -> None:
    """Messages come again, long after they were worked on."""
    for queue in at.region.post.values():
        queue.come_again()


def _registry(
    *, down: bool | None = None, lies: bool | None = None, says: IdentityAnswer | None = None
) -> Deed:
    """The civil registry goes down or comes back, begins to lie or stops, or knows nobody."""

    def deed(at: Schedule, _action: Action, _dice: Dice) -> None:
        registry = at.region.registry
        registry.down = registry.down if down is None else down
        registry.lies = registry.lies if lies is None else lies
        registry.says = says

    return deed


DEEDS: Mapping[str, Deed] = {
    "register": register,
    "again": register_anew,
    "status": status,
    "wrong": guess,
    "correct": correct,
    "withdraw": withdraw,
    "propose": propose,
    "read": read,
    "reissue": reissue,
    "erase": erase,
    "relay": relay,
    CHECK: _deliver(CHECK),
    SCORE: _deliver(SCORE),
    RELEASE: _deliver(RELEASE),
    ADOPTION: carry_out,
    "suggest": suggest,
    "adopt": adopt,
    "settle": settle,
    "appeal": dispute_deeds.appeal,
    "appeal_by_agent": appeal_deeds.by_agent,
    "appeal_own": appeal_deeds.own,
    "second": appeal_deeds.second,
    "object": dispute_deeds.object_to,
    "answer": dispute_deeds.answer,
    "take_back": dispute_deeds.take_back,
    "screen": dispute_deeds.screen,
    "vote": dispute_deeds.vote,
    "redraw": dispute_deeds.redraw,
    "days": dispute_deeds.days,
    "send": check_deeds.send,
    "month": check_deeds.month,
    "night": check_deeds.night,
    "ask_visit": check_deeds.ask_visit,
    "visit": check_deeds.visit,
    "judge": check_deeds.judge,
    "open_finding": check_deeds.open_finding,
    "roles": check_deeds.roles,
    "report": report_deeds.report,
    "week": report_deeds.week,
    "look": report_deeds.look,
    "report_photo": report_deeds.screen,
    "open_report": report_deeds.open_it,
    "close_report": report_deeds.close,
    DISPUTE: _deliver(DISPUTE),
    "work": work,
    "sweep": sweep,
    "seal": seal,
    "wait": _wait,
    "minute": _minute,
    "calm": _calm,
    "hours": _hours,
    "midnight": _midnight,
    "down": _registry(down=True),
    "up": _registry(down=False),
    "lies": _registry(lies=True),
    "truth": _registry(lies=False),
    "mismatch": _registry(says=MISMATCH),
    "late": _late,
}


def _client(at: Schedule, action: Action) -> Client:
    """The client of that number, as it last registered."""
    return [client for client in at.told.clients if client.number == action.who][-1]


def _ref(at: Schedule, action: Action) -> Ref | None:
    """Where the client's case stands, if it does."""
    own = request_id(MAC, _client(at, action).key)
    return next((case.ref for case in at.aws.cases.values() if case.request_id == own), None)


def _with_receipt(
    at: Schedule,
    action: Action,
    dice: Dice,
    work: Callable[[Client, str], object],
    done: Callable[[Client], object] = lambda _: None,
    *also: type[Exception],
) -> Run | None:
    client = _client(at, action)
    paper = client.paper
    if paper is None:
        return None
    text = paper.text

    def end(run: Run) -> None:
        # Refused once it was replaced, or its case erased; and, after wrong tries, for a while.
        dead = at.told.reissuing or client.key in at.told.erased_keys
        refused = (NotFound, TooMany) if dead else (TooMany,) if at.told.wrong_tries else ()
        if at.expect(run, *refused, *also):
            done(client)

    return at.run(str(action), lambda: work(client, text), end, dice)


def _hash(_purpose: str, data: bytes) -> bytes:
    return hashlib.sha256(data).digest()
