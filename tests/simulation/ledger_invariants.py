"""What must be true of the ledger, by name: nothing is missing, altered, or written over."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_der_public_key

from chalicelib.domain import audit
from chalicelib.domain.audit import Event
from chalicelib.domain.day_seal import first_seal_prev, merkle_root, seal_record, signed_text
from tests.world import REGION

if TYPE_CHECKING:
    from tests.simulation.schedule import Schedule


def a_change_has_one_event(run: Schedule) -> Iterator[str]:
    """Version, events and head of a case are one; events without a case are none's (5)."""
    counts = Counter(event.chain for event in run.aws.events.values() if event.ref is None)
    for ref, case in ((each.ref, each) for each in _kept(run)):
        if not counts.pop(ref.locator, 0) == case.version == case.head.seq:
            yield f"{ref.locator}: version {case.version}, head {case.head.seq}"
    for locator, count in counts.items():
        yield f"{locator}: {count} events and no case"


def _kept(run: Schedule) -> Iterator[Any]:
    """Everything that has a chain in the ledger."""
    aws = run.aws
    kept = (aws.cases, aws.proposals, aws.disputes, aws.checks, aws.samples, aws.officers)
    for each in (*kept, aws.reports):
        yield from each.values()  # type: ignore[attr-defined]


def chains_verify(run: Schedule) -> Iterator[str]:
    """Every chain runs from its first head to the head that stands with the state (5)."""
    heads = {each.ref.locator: each.head for each in _kept(run)}
    links: dict[str, list[Event]] = {}
    for key, event in run.aws.events.items():
        links.setdefault(event.chain, []).append(event)
        if key != audit.event_key(event):
            yield f"{event.chain}: an event under another key"
    for chain, events in links.items():
        head = audit.first_head(chain)
        for event in sorted(events, key=lambda event: event.seq):
            if (event.seq, event.prev, event.prev_at) != (head.seq + 1, head.hash, head.at):
                yield f"{chain}: broken at {event.seq}"
                break
            record = audit.event_record(event)
            del record["hash"]
            if hashlib.sha256(audit.canonical(record)).digest() != event.hash:
                yield f"{chain}: event {event.seq} is not what its hash says"
            head = audit.Head(event.seq, event.hash, event.at)
        if chain in heads and heads[chain] != head:
            yield f"{chain}: the head is not the last event"


def day_seals_verify(run: Schedule) -> Iterator[str]:
    """Every finished day is sealed, chained and signed, and holds what the seal says (5)."""
    aws = run.aws
    prev = first_seal_prev(REGION)
    days = sorted(aws.sealed_days)
    for number, day in enumerate(days):
        seal = aws.sealed_days[day]
        found = merkle_root(run.region.ledger.day_hashes(day))
        if (seal.prev, (seal.count, seal.root)) != (prev, found):
            yield f"the seal of {day} does not fit its day"
        if number and audit.day_after(days[number - 1]) != day:
            yield f"a day before {day} has no seal"
        key = load_der_public_key(seal.public_key)
        assert isinstance(key, ec.EllipticCurvePublicKey)
        key.verify(seal.signature, signed_text(seal), ec.ECDSA(hashes.SHA256()))
        prev = seal.hash
        name = f"audit/{day[:4]}-{day[4:6]}-{day[6:]}.json"
        if json.loads(aws.files.get(name, (b"{}", ""))[0]) != seal_record(seal):
            yield f"the seal of {day} is not published"
    first, last = (days[0], days[-1]) if days else ("", "")
    for event in aws.events.values():
        day = audit.event_key(event)[0][:8]
        if days and day < first:
            yield f"an event of {day} is before every seal"
    if days and last < audit.day_after(audit.day_of(aws.now - 3_600_000), -1):
        yield f"nothing after {last} is sealed"


def reads_are_in_the_ledger(run: Schedule) -> Iterator[str]:
    """Each time that a case was shown, its entry is there: who, when and which case (5)."""
    for name, (actor, locator) in run.told.shown.items():
        key, digest = run.aws.entries[name]
        event = run.aws.events.get(key)
        if event is None or (event.hash, event.actor, event.ref) != (digest, actor, locator):
            yield f"{name} was shown {locator} and the ledger does not say so"


def each_look_has_an_entry_of_its_own(run: Schedule) -> Iterator[str]:
    """Two looks are two entries, even of one officer at one case in one millisecond (5)."""
    of_entry: dict[tuple[str, str], str] = {}
    for name, (key, _) in run.aws.entries.items():
        other = of_entry.setdefault(key, name)
        if other != name:
            yield f"{other} and {name} share the entry {' '.join(key)}"


def the_ledger_only_grows(run: Schedule) -> Iterator[str]:
    """No entry is ever written over (5)."""
    for key in run.aws.events.overwritten:
        yield f"{key} was written over"
