"""What people and officers do with a case: each deed begins a run, or none."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from chalicelib.domain import receipt
from chalicelib.domain.blind_keys import request_id
from chalicelib.domain.errors import InvalidRequest, NotFound, TooMany, WrongState
from chalicelib.domain.receipt import Receipt
from chalicelib.domain.registration import Ref, WayIn
from chalicelib.usecases.find_case import Caller
from tests.fakes import FakeBlindIndex
from tests.simulation.families import by_agent, families
from tests.simulation.faulty_aws import Dice, Run
from tests.simulation.patrol import REGISTRAR
from tests.simulation.plans import Action
from tests.simulation.region import INDEX_KEY
from tests.simulation.told import Client

if TYPE_CHECKING:
    from tests.simulation.schedule import Schedule

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
CORRECTED_NIKS = tuple(f"351015490385{serial}" for serial in (9901, 9903, 9921, 9922))


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
