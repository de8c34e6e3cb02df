"""The ledger's own rules: canonical form, commitments, hash chains, where an event is kept.

A registration's changes are one chain, whose head stands with its state and is written in the
same transaction. A staff member's reads are one chain a day. An event holds no personal data:
what a change was about is committed to by an HMAC under the registration's salt, which is erased
with the vault item, so that the chain still verifies and says nothing (architecture, Data).
`docs/audit.md` is the format for outsiders; `tepat audit verify` re-checks it with its own code.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date
from enum import StrEnum
from functools import lru_cache
from typing import Any, Final

SALT_BYTES: Final = 16
DAY_MS: Final = 86_400_000
MAX_CHANGES: Final = 9_999  # the sort key has four digits
MAX_READS: Final = 99_999_999
READS: Final = "reads"
SHARDS: Final = "0123456789abcdef"

FORMAT: Final = 1
READ_FORMAT: Final = 2  # of a read, since it has an id of its own
READ_ID_BYTES: Final = 8
_EPOCH_ORDINAL: Final = date(1970, 1, 1).toordinal()
_SAFE_INT: Final = 2**53 - 1  # beyond it, verifiers in other languages would round
_LOCATOR: Final = re.compile(r"[2-9A-HJKMNP-TV-Z]{10}")
_ACTOR: Final = re.compile(r"citizen|(?:agent|staff|system):(?!.*[0-9]{16})[A-Za-z0-9_-]{1,64}")
_CODE: Final = re.compile(r"[a-z][a-z0-9_]{0,39}")
_SHA256_HEX: Final = re.compile(r"[0-9a-f]{64}")


class Act(StrEnum):
    """What was done. The state before and after stands beside it."""

    RECEIVED = "received"
    PROPOSED = "proposed"
    IMPORTED = "imported"
    CHECKED = "checked"
    NEEDS_CORRECTION = "needs_correction"
    NEEDS_OFFICER = "needs_officer"
    NEEDS_GROUND_CHECK = "needs_ground_check"
    SCORED = "scored"
    DECIDED = "decided"
    CORRECTED = "corrected"
    WITHDRAWN = "withdrawn"
    JOINED = "joined"
    REPLACED = "replaced"
    REFUSED = "refused"
    GUARDS_RELEASED = "guards_released"
    RECEIPT_REISSUED = "receipt_reissued"
    ERASED = "erased"
    READ = "read"
    # of a proposal to adopt a model or rule set (`adoption`)
    FROZEN = "frozen"
    COMPARED = "compared"
    ADOPTED = "adopted"
    CARRIED_OUT = "carried_out"
    # of an appeal or an objection (`dispute`)
    FILED = "filed"
    EVIDENCE_ADDED = "evidence_added"
    SCREENED = "screened"
    LINKED = "linked"
    HEARD = "heard"
    ANSWERED = "answered"
    TO_REVIEW = "to_review"
    ASSIGNED = "assigned"
    REDRAWN = "redrawn"
    ESCALATED = "escalated"
    VISIT_ASKED = "visit_asked"
    RECOMMENDED = "recommended"
    SPLIT = "split"
    DISPUTE_DECIDED = "dispute_decided"
    FLAGGED = "flagged"  # it looks as if one hand made it and others
    OBJECTOR_OPENED = "objector_opened"
    FORGOTTEN = "forgotten"  # what an erased family wrote or showed in it
    # of a case that a dispute is about
    DISPUTED = "disputed"
    REOPENED = "reopened"
    # of a report about an agent or an officer (`misconduct`)
    REPORTED = "reported"
    REPORT_CLOSED = "report_closed"
    # of a ground check (`ground_check`)
    CHECK_ASKED = "check_asked"
    CHECK_ASSIGNED = "check_assigned"
    ATTEMPTED = "attempted"
    CHECK_DONE = "check_done"
    CHECK_REMARKED = "check_remarked"
    CHECK_SETTLED = "check_settled"
    CHECK_CANCELLED = "check_cancelled"
    # of a random sample of families to check (`check_sample`)
    SAMPLE_COMMITTED = "sample_committed"
    SAMPLE_DRAWN = "sample_drawn"
    # of an officer's profile (`officer_profile`)
    PROFILE_DECLARED = "profile_declared"
    ROLES_PROPOSED = "roles_proposed"
    ROLES_GRANTED = "roles_granted"
    ROLES_DROPPED = "roles_dropped"


@dataclass(frozen=True, slots=True)
class Head:
    """The end of a chain: what the next event must follow. Kept with the registration's state.

    Attributes:
        seq: number of the last event; 0 before the first.
        hash: hash of the last event (32 bytes); before the first, a value of the chain's own.
        at: time of the last event, ms UTC; 0 before the first. With `seq` it is the key of that
            event, so that a chain can be walked back without an index.
    """

    seq: int
    hash: bytes
    at: int

    @property
    def day(self) -> str:
        """UTC day of the last event, yyyymmdd."""
        return day_of(self.at)


@dataclass(frozen=True, slots=True)
class Event:
    """One change of a registration, or one read by a member of staff. Holds no personal data.

    Attributes:
        chain: locator of the registration; for a read `<actor>#<yyyymmdd>`.
        seq: place in the chain, from 1.
        prev: hash of the event before (32 bytes); for the first, `first_head(chain).hash`.
        prev_at: time of the event before, ms UTC; 0 for the first.
        at: time, ms UTC; never before `prev_at`.
        actor: "citizen", "agent:<sub>", "staff:<sub>", "system:<function>".
        commitment: HMAC over the details (32 bytes, see `commit`); None for a read.
        hash: SHA-256 of the canonical form of all the other fields (32 bytes).
        ref: for a read, the locator of the registration that was read.
        reason: coded reason, such as the reason of a read.
        from_state: state of the registration before, and `to_state` after.
        model: SHA-256 (hex) of the model artefact in use, and `rules` of the rule set.
        id: for a read, 8 bytes of its own, so that two looks in one millisecond are two; None for
            a change, and for reads of format 1.
    """

    chain: str
    seq: int
    prev: bytes
    prev_at: int
    at: int
    actor: str
    act: Act
    commitment: bytes | None
    hash: bytes
    ref: str | None = None
    reason: str | None = None
    from_state: str | None = None
    to_state: str | None = None
    model: str | None = None
    rules: str | None = None
    id: bytes | None = None


_SCALARS: Final = (str, bool, type(None))
_CANONICAL: Final = json.JSONEncoder(sort_keys=True, separators=(",", ":"))


def canonical(value: object) -> bytes:
    """Write a value in its one form: JSON, keys sorted, no spaces, ASCII.

    Raises:
        TypeError: on anything but text, whole numbers, true/false, null, lists and mappings with
            text keys. A float has no single text form, so it is refused.
        ValueError: on a number that other languages cannot hold exactly.
    """
    return _CANONICAL.encode(_plain(value)).encode("ascii")


def _plain(value: object) -> object:
    if isinstance(value, _SCALARS):
        return value
    if isinstance(value, int):
        if abs(value) > _SAFE_INT:
            raise ValueError("number is too large for a canonical form")
        return value
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if isinstance(value, Mapping):
        if not all(isinstance(key, str) for key in value):
            raise TypeError("keys of a canonical form are text")
        return {
            key: each if isinstance(each, _SCALARS) else _plain(each) for key, each in value.items()
        }
    raise TypeError(f"{type(value).__name__} has no canonical form")


def commit(salt: bytes, details: Mapping[str, object]) -> bytes:
    """Commit to the details of a change: whoever has the salt and the details can check them.

    Args:
        salt: the registration's own 16 random bytes, kept in the vault and erased with it.
        details: what changed; may hold personal data, since nothing of it can be read back.

    Returns:
        HMAC-SHA-256 of the canonical form, 32 bytes.

    Raises:
        ValueError: on a salt of another length.
        TypeError: on details without a canonical form.
    """
    if len(salt) != SALT_BYTES:
        raise ValueError("a salt is 16 bytes")
    return hmac.digest(salt, canonical(details), "sha256")


def day_of(at: int) -> str:
    """UTC day, yyyymmdd, of a time in ms."""
    return _name_of_day(at // DAY_MS)


@lru_cache(maxsize=64)
def _name_of_day(days: int) -> str:
    return date.fromordinal(_EPOCH_ORDINAL + days).strftime("%Y%m%d")


def day_after(day: str, days: int = 1) -> str:
    """The day (yyyymmdd) that comes some days after another; before it, if negative."""
    return date.fromordinal(date.fromisoformat(day).toordinal() + days).strftime("%Y%m%d")


def first_head(chain: str) -> Head:
    """Head of a chain that has no event yet; no two chains begin alike."""
    return Head(0, hashlib.sha256(f"tepat chain {FORMAT}\n{chain}".encode()).digest(), 0)


def read_chain(actor: str, day: str) -> str:
    """Name of the chain of an actor's reads on a UTC day (yyyymmdd)."""
    return f"{actor}#{day}"


def append(
    head: Head,
    *,
    chain: str,
    at: int,
    actor: str,
    act: Act,
    commitment: bytes,
    from_state: str | None = None,
    to_state: str | None = None,
    model: str | None = None,
    rules: str | None = None,
    reason: str | None = None,
) -> tuple[Event, Head]:
    """Make the next event of a registration's chain, and the head to keep with its state.

    Args:
        head: the head that stands with the state; `first_head(chain)` for a new registration.
        chain: locator of the registration.
        at: now, ms UTC. A clock that is behind the last event is moved up to it.
        actor: who did it: "citizen", "agent:<sub>", "staff:<sub>" or "system:<function>".
        act: what was done.
        commitment: result of `commit`.
        from_state: state before; None for a new registration.
        to_state: state after.
        model: SHA-256 (hex) of the model artefact, where it decided.
        rules: SHA-256 (hex) of the rule set, where it decided.
        reason: coded reason, where an officer gave one.

    Raises:
        ValueError: on a field that is not of its shape (so that no personal data slips in), a
            head of another chain, or a chain that is full.
    """
    if not _LOCATOR.fullmatch(chain):
        raise ValueError("a registration's chain is named by its locator")
    if act is Act.READ or len(commitment) != hashlib.sha256().digest_size:
        raise ValueError("a change is not a read, and commits to its details")
    if head.seq >= MAX_CHANGES:
        raise ValueError("the registration's chain is full")
    return _closed(
        head,
        chain=chain,
        at=at,
        actor=actor,
        act=act,
        commitment=commitment,
        reason=reason,
        from_state=from_state,
        to_state=to_state,
        model=model,
        rules=rules,
    )


def append_read(
    head: Head, *, at: int, actor: str, ref: str, reason: str, own_id: bytes
) -> tuple[Event, Head]:
    """Make the next event of an actor's reads of the day; it is written before the data is shown.

    Args:
        head: head of `read_chain(actor, day_of(at))`; `first_head` of it for the day's first read.
        at: now, ms UTC.
        actor: who reads.
        ref: locator of the registration that is read.
        reason: coded reason of the read.
        own_id: 8 random bytes: the same when this read is written again, unlike any other's.

    Raises:
        ValueError: on a field that is not of its shape, a head of another chain (such as
            yesterday's), or a chain that is full.
    """
    day = day_of(at)
    if not _LOCATOR.fullmatch(ref):
        raise ValueError("a read names the locator of what was read")
    if len(own_id) != READ_ID_BYTES:
        raise ValueError("a read has an id of 8 bytes")
    if head.seq and head.day != day:
        raise ValueError("the head is of another day's reads")
    if head.seq >= MAX_READS:
        raise ValueError("the actor's chain of the day is full")
    return _closed(
        head,
        chain=read_chain(actor, day),
        at=at,
        actor=actor,
        act=Act.READ,
        commitment=None,
        ref=ref,
        reason=reason,
        id=own_id,
    )


def _closed(head: Head, **said: Any) -> tuple[Event, Head]:  # noqa: ANN401 - fields of Event
    """The event that follows the head and says this, checked for what both kinds share."""
    said |= {
        "seq": head.seq + 1,
        "prev": head.hash,
        "prev_at": head.at,
        "at": max(said["at"], head.at),
    }
    draft = Event(**said, hash=b"")
    if head.seq == 0 and head != first_head(draft.chain):
        raise ValueError("the first head is of another chain")
    if not _ACTOR.fullmatch(draft.actor):
        raise ValueError("an actor is citizen, agent:, staff: or system: and an id")
    codes = (draft.reason, draft.from_state, draft.to_state)
    if not all(code is None or _CODE.fullmatch(code) for code in codes):
        raise ValueError("reasons and states are codes")
    if not all(sha is None or _SHA256_HEX.fullmatch(sha) for sha in (draft.model, draft.rules)):
        raise ValueError("an artefact is named by its SHA-256")
    body = event_record(draft)
    del body["hash"]
    event = Event(**said, hash=hashlib.sha256(canonical(body)).digest())
    return event, Head(event.seq, event.hash, event.at)


_RECORD_NAMES: Final = {"from_state": "from", "to_state": "to"}
_RECORDED: Final = tuple(
    (field.name, _RECORD_NAMES.get(field.name, field.name)) for field in fields(Event)
)


def event_record(event: Event) -> dict[str, str | int]:
    """The event as it is exported and (without `hash`) hashed: bytes in hex, no empty fields."""
    record: dict[str, str | int] = {"type": "read" if event.act is Act.READ else "event"}
    record["v"] = FORMAT if event.id is None else READ_FORMAT
    for name, shown in _RECORDED:
        value = getattr(event, name)
        if value is not None:
            record[shown] = value.hex() if isinstance(value, bytes) else value
    return record


def shard_of(locator: str) -> str:
    """The hex digit that spreads a day's events over sixteen partitions."""
    return hashlib.sha256(locator.encode()).hexdigest()[0]


def day_partitions(day: str) -> tuple[str, ...]:
    """Partition keys of a day (yyyymmdd) in the order of the seal: sixteen shards, then reads."""
    return (*(f"{day}#{shard}" for shard in SHARDS), f"{day}#{READS}")


def key_of(chain: str, at: int, seq: int) -> tuple[str, str]:
    """Ledger key (pk, sk) of an event, from what the event after it or the head says of it."""
    actor, _, read_day = chain.partition("#")
    if read_day:
        return f"{read_day}#{READS}", f"{actor}#{seq:08}"
    return f"{day_of(at)}#{shard_of(chain)}", f"{chain}#{seq:04}"


def event_key(event: Event) -> tuple[str, str]:
    """Ledger key (pk, sk) under which the event is kept."""
    return key_of(event.chain, event.at, event.seq)
