"""Find a case by its receipt: one call, the same whether or not the case exists.

A wrong secret and an unknown receipt are told apart by nobody: same answer, same work, one token
taken from the receipt's bucket and one from the caller's (security 2.1).
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from dataclasses import dataclass

from chalicelib.domain import receipt
from chalicelib.domain.errors import Fault, NotFound, TooMany
from chalicelib.domain.receipt import Mac, Receipt
from chalicelib.domain.registration import Ref, Registration, State
from chalicelib.domain.token_bucket import Allowance, allowance
from chalicelib.usecases.ports import BlindIndex, CaseStore, Clock, InForce, Limits

RECEIPT_TRIES = Allowance(capacity=10, refill_ms=60_000)
CALLER_TRIES = Allowance(capacity=60, refill_ms=60_000)
"""Wrong tries: ten for a receipt, sixty for a caller, one more each minute. A whole village may
share a caller's address, so only wrong tries count."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: the network address, as the trusted front saw it."""

    address: str


@dataclass(frozen=True, slots=True)
class Found:
    """The case behind a receipt, and what its region has adopted."""

    case: Registration
    paper: Receipt
    in_force: InForce | None


@dataclass(frozen=True, slots=True)
class Ports:
    """What finding needs. `village_of` gives the village code that a locator carries."""

    clock: Clock
    index: BlindIndex
    store: CaseStore
    limits: Limits
    region: str
    village_of: Callable[[str], str | None]


def find_case(text: str, caller: Caller, ports: Ports) -> Found:
    """Find the case that a receipt opens.

    Raises:
        NotFound: no such receipt, or its secret is wrong, or its case was erased.
        TooMany: too many wrong tries; passes by waiting.
        TryAgain: the store refused for now.
    """
    paper = receipt.parse(text)
    if paper is None:
        raise NotFound(Fault("receipt_unknown", "receipt"))
    village = ports.village_of(paper.locator)
    ref = None if village is None else Ref(village, paper.locator)
    buckets = (f"L#{paper.locator}", f"C#{caller_tag(caller, ports.index.mac)}")
    looked = ports.store.look(ref, buckets, ports.region)
    now = ports.clock.now_ms()
    waits = [
        allowed.wait_ms
        for kind, bucket in zip((RECEIPT_TRIES, CALLER_TRIES), looked.buckets, strict=True)
        if not (allowed := allowance(bucket, now, kind)).ok
    ]
    if waits:
        raise TooMany(Fault("too_many_tries", "receipt"), retry_after=-(-max(waits) // 1000))
    given = receipt.secret_mac(ports.index.mac, paper)
    stored = looked.case.secret_mac if looked.case is not None else bytes(len(given))
    if not hmac.compare_digest(given, stored) or looked.case is None:
        for kind, bucket in zip((RECEIPT_TRIES, CALLER_TRIES), buckets, strict=True):
            ports.limits.spend(bucket, now, capacity=kind.capacity, refill_ms=kind.refill_ms)
        raise NotFound(Fault("receipt_unknown", "receipt"))
    if looked.case.state is State.ERASED:
        raise NotFound(Fault("receipt_unknown", "receipt"))
    return Found(looked.case, paper, looked.in_force)


def caller_tag(caller: Caller, mac: Mac) -> str:
    """A keyed digest: an address is personal data, and the day's key makes it forgettable."""
    return mac("caller", caller.address.encode())[:12].hex()
