"""Give a family at the desk a new receipt for its case, by one exact NIK.

Nothing of the case is shown, and the officer's look-up is in the ledger before the answer is
known. The right is limited to a number a day, since a login that searches people is worth money
(security, Aadhaar 2018). The old secret dies with the new one.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass

from chalicelib.domain import audit, blind_keys, receipt, registration
from chalicelib.domain.application import Rules
from chalicelib.domain.errors import Fault, InvalidRequest, NotFound, TooMany, TryAgain, WrongState
from chalicelib.domain.nik import check_nik
from chalicelib.domain.receipt import Receipt
from chalicelib.domain.registration import ENDED_STATES, Ref, Stamp
from chalicelib.usecases.ports import (
    BlindIndex,
    CaseStore,
    Clock,
    Limits,
    Loaded,
    Randomness,
    ReadLedger,
)
from chalicelib.usecases.read_case import record_read

REASONS = ("lost", "stolen", "unreadable")
PER_DAY = 20
"""Look-ups an officer has in a day, found or not: a busy desk replaces a handful of papers, and
twenty numbers a day are too few to go through a list of strangers."""
NOBODY = Ref("0000000000", "2222222222")
"""What a look-up that found nothing is written under: a locator that no case has."""
_TURNS = 3  # a worker may move the case between reading and writing


@dataclass(frozen=True, slots=True)
class Reissue:
    """What the officer sent.

    Attributes:
        key: the form's idempotency key; the new secret is derived from it.
        nik: as typed.
        reason: one of REASONS.
        actor: "staff:<subject>".
    """

    key: str
    nik: str
    reason: str
    actor: str


@dataclass(frozen=True, slots=True)
class Ports:
    """What reissuing needs."""

    clock: Clock
    random: Randomness
    index: BlindIndex
    store: CaseStore
    ledger: ReadLedger
    limits: Limits
    rules: Rules


def reissue(command: Reissue, ports: Ports) -> Receipt:
    """Log the look-up, find the case that holds the NIK, and give it a new secret.

    A repeat of the same request derives the same secret, so it gets the same receipt again; it
    counts as one more use of the day's right all the same. Once another request has replaced that
    receipt, a repeat is refused: the family holds the later one.

    Raises:
        InvalidRequest: the NIK cannot be one.
        TooMany: the officer's day is used up.
        NotFound: no open case holds this NIK; what stands in its place is not told.
        WrongState: what this request once gave was replaced since.
        TryAgain: ledger or store refused for now, and nothing was shown.
    """
    checked = check_nik(command.nik, on=ports.rules.on, areas=ports.rules.areas)
    if checked.errors:
        raise InvalidRequest(*(Fault(f"nik_{code}", "nik") for code in checked.errors))
    now = ports.clock.now_ms()
    day = audit.day_of(now)
    right = f"reissue#{command.actor}#{day}"
    if not ports.limits.take(right, PER_DAY, now + 2 * audit.DAY_MS):
        raise TooMany(Fault("limit_reached", "nik"))
    guard = blind_keys.nik_guard(ports.index.mac, ports.index.version, checked.normalized)
    holder = ports.store.holder(guard)
    ref = NOBODY if holder is None else holder.ref
    reason = f"reissue_{command.reason}" if holder else "reissue_nobody"
    record_read(
        ref.locator,
        command.actor,
        reason,
        clock=ports.clock,
        random=ports.random,
        ledger=ports.ledger,
    )
    for _ in range(_TURNS):
        found = ports.store.load([ref]).get(ref)
        if found is None or found.case.state in ENDED_STATES:
            raise NotFound(Fault("reissue_nobody", "nik"))
        paper = None if found.torn else _give(found, command, ports)
        if paper is not None:
            return paper
    raise TryAgain(Fault("busy"))


def _give(found: Loaded, command: Reissue, ports: Ports) -> Receipt | None:
    """Store the new secret; None when the case was moved meanwhile."""
    mac, case = ports.index.mac, found.case
    own_key = f"{command.actor}|{command.key}"
    seed = f"reissue|{own_key}".encode()
    paper = Receipt(case.ref.locator, receipt.new_secret(mac, case.ref.locator, seed))
    secret = receipt.secret_mac(mac, paper)
    if hmac.compare_digest(case.secret_mac, secret):
        return paper
    own_id = blind_keys.request_id(mac, own_key)
    if own_id in case.reissues:
        raise WrongState(Fault("reissue_outdated", "nik"))
    stamp = Stamp(ports.clock.now_ms(), command.actor, found.vault[0].salt)
    moved, event = registration.reissue(case, secret, own_id, command.reason, stamp)
    return paper if ports.store.change(moved, event) is None else None
