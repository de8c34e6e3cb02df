"""What the use cases need from outside, as protocols; adapters and fakes satisfy them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from chalicelib.domain.audit import Event, Head
from chalicelib.domain.identity import IdentityAnswer, IdentityClaim
from chalicelib.domain.registration import Ref, Registration, State, Work

if TYPE_CHECKING:
    from chalicelib.domain.handover import Handover
    from chalicelib.domain.lines import Lines


class Clock(Protocol):
    """The time."""

    def now_ms(self) -> int:
        """Milliseconds since the epoch, UTC."""
        ...


class Randomness(Protocol):
    """Fresh unguessable bytes."""

    def take(self, size: int) -> bytes:
        """Give `size` random bytes."""
        ...


class BlindIndex(Protocol):
    """Keyed digests under a key that never rests outside the key service."""

    version: str
    """Version of the key; part of every guard's key, so that it can be rotated."""

    def mac(self, purpose: str, data: bytes) -> bytes:
        """32 bytes; purposes never collide."""
        ...


@dataclass(frozen=True, slots=True)
class Sealed:
    """Ciphertext and the family's data key, wrapped to the public half of the opening key."""

    blob: bytes
    wrapped_key: bytes


class Sealer(Protocol):
    """Seals with the public key: costs no call, and cannot open."""

    def seal(self, plain: bytes, context: str) -> Sealed:
        """Encrypt; the context (locator and version) is authenticated, so nothing can be moved."""
        ...


class Opener(Protocol):
    """Opens what was sealed: one call to the key service each."""

    def open(self, sealed: Sealed, context: str) -> bytes:
        """Decrypt.

        Raises:
            chalicelib.domain.errors.TryAgain: the key service refused for now.
            ValueError: the sealed bytes or the context are not the ones that were sealed.
        """
        ...


@dataclass(frozen=True, slots=True)
class VaultItem:
    """Sealed identity of a family, as registered or as corrected.

    Attributes:
        salt: 16 bytes under which the case's ledger details are committed.
        guards: keys of the guards that this item's request claimed, to release them later.
        wanted: keys of those that it could not claim, since others held one; claimed all together
            once they are free.
    """

    sealed: Sealed
    salt: bytes
    guards: tuple[str, ...]
    wanted: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds a guard."""

    guard: str
    ref: Ref
    request_id: bytes


@dataclass(frozen=True, slots=True)
class Conflict:
    """Why a transaction changed nothing.

    Attributes:
        case: the state item as it stands, when its condition failed.
        held: guards that another request holds.
    """

    case: Registration | None
    held: tuple[Holder, ...]


Cutoffs = tuple[tuple[int, str], ...]
"""Nine (score, draw) pairs in order: the decile borders of a region."""


@dataclass(frozen=True, slots=True)
class InForce:
    """What a region has adopted. Without it the model and rules that its stage shipped hold.

    Attributes:
        number: of the adoption, from 1.
        model, rules: content hashes.
        key: of the lottery that parts equal scores (ADR 16).
        lines: programme -> where its places end; those without a quota are not in it.
        manifest: SHA-256 of what was published of it.
    """

    number: int
    model: str
    rules: str
    cutoffs: Cutoffs
    key: bytes
    lines: Mapping[str, Lines] = field(default_factory=dict)
    manifest: str = ""

    def place(self, locator: str) -> str:
        """The draw of a family: its place among equal scores, as in the cut-offs."""
        from chalicelib.domain.lottery import draw  # noqa: PLC0415 - only where something is adopted

        return draw(self.key, locator)


@dataclass(frozen=True, slots=True)
class Loaded:
    """A case with its vault items, in order: as registered, then the correction if any."""

    case: Registration
    vault: tuple[VaultItem, ...]

    @property
    def guards(self) -> Sequence[str]:
        """Keys of all guards that the case may hold, each once: a correction may repeat a NIK."""
        own = [guard for item in self.vault for guard in (*item.guards, *item.wanted)]
        return list(dict.fromkeys(own))

    @property
    def torn(self) -> bool:
        """Whether the case was corrected or erased between the reads of its items.

        Items of one call are each read as last written, but not all at one instant (DynamoDB,
        BatchGetItem). An answer about the old identity must not count for the corrected one.
        """
        return self.case.state is not State.ERASED and len(self.vault) != 1 + self.case.corrections


@dataclass(frozen=True, slots=True)
class Bucket:
    """A token bucket: `tokens` left when last written at `at` (ms)."""

    tokens: int
    at: int


@dataclass(frozen=True, slots=True)
class Looked:
    """All that a status look-up needs, from one call."""

    case: Registration | None
    buckets: tuple[Bucket | None, ...]
    in_force: InForce | None


class CaseStore(Protocol):
    """Cases, their vault items, their guards and their ledger events.

    Every write is one transaction: state, vault, guards and exactly one event, or nothing.
    Raises chalicelib.domain.errors.TryAgain when the store refuses for now.
    """

    def create(
        self, case: Registration, vault: VaultItem, event: Event, guards: Sequence[str]
    ) -> Conflict | None:
        """Store a new case; None when done. All that stands in the way is told at once."""
        ...

    def change(
        self,
        case: Registration,
        event: Event,
        *,
        vault: VaultItem | None = None,
        guards: Sequence[str] = (),
    ) -> Conflict | None:
        """Store a changed case if the stored version is still `case.version - 1`; None when done.

        Guards are claimed under the case's own `request_id`.

        `vault` is the correction's item (stored beside the first, never over it). A place that
        the change sets free (`handover.of_case`) is handed over in the same transaction.
        """
        ...

    def erase(self, case: Registration, event: Event, guards: Sequence[str]) -> Conflict | None:
        """Like `change`; the vault items and the case's own guards go in the same transaction."""
        ...

    def release(self, case: Registration, event: Event, guards: Sequence[str]) -> Conflict | None:
        """Like `change`; guards that carry the case's request id go in the same transaction.

        A guard that is gone already is fine; one that another request holds is left alone.
        """
        ...

    def load(self, refs: Sequence[Ref]) -> Mapping[Ref, Loaded]:
        """Read cases with their vault items in one call (up to 30); missing ones are left out."""
        ...

    def load_for_scoring(
        self, refs: Sequence[Ref], region: str
    ) -> tuple[Mapping[Ref, Loaded], InForce | None]:
        """Like `load`, and what the region has adopted, in the same call."""
        ...

    def look(self, ref: Ref | None, buckets: Sequence[str], region: str) -> Looked:
        """Read a case, token buckets and what the region has adopted in one call.

        The same call whether or not the case exists.
        """
        ...

    def holder(self, guard: str) -> Holder | None:
        """Who holds a guard."""
        ...

    def waiting(self, work: Work, region: str, until: int, limit: int) -> Sequence[Ref]:
        """Cases whose work is due by `until` (ms), the longest waiting first."""
        ...


class Handovers(Protocol):
    """What steps have left for others to take up; written by the stores with the step itself.

    Cycles with quota and waiting list, and whoever keeps a register, read it here.
    """

    def of_region(self, region: str, limit: int) -> Sequence[Handover]:
        """What a region's cases and disputes have left, the latest first."""
        ...


class Limits(Protocol):
    """Counters that forget by themselves."""

    def spend(self, bucket: str, now: int, *, capacity: int, refill_ms: int) -> None:
        """Take one token (a wrong try), in one write, whatever is left."""
        ...

    def take(self, name: str, limit: int, until: int) -> bool:
        """Count one use of a limited right; False when `limit` was reached. Kept until `until`."""
        ...


class ReadLedger(Protocol):
    """The chain of what a member of staff looked at on a day."""

    def last_read(self, actor: str, day: str) -> Head:
        """End of the actor's chain of that day (its first head when there is none)."""
        ...

    def put_read(self, event: Event) -> bool:
        """Append; False when another read took that place meanwhile."""
        ...

    def reads_of(self, locator: str, limit: int) -> Sequence[Event]:
        """Who looked at a case, the latest first.

        The index lags behind by moments, so the read that was just written may be missing.
        """
        ...

    def last_states(self, day: str) -> Iterator[tuple[str, State, int]]:
        """Where each case that moved on a day ended that day: (locator, state, at in ms)."""
        ...


@dataclass(frozen=True, slots=True)
class Message:
    """What a queue carries: a reference and a version, never personal data."""

    ref: Ref
    version: int


class Queue(Protocol):
    """A queue of work."""

    def send(self, messages: Sequence[Message], *, delay_s: int = 0) -> None:
        """Send all, ten a call, to be delivered no sooner than so many seconds from now.

        Raises:
            chalicelib.domain.errors.TryAgain: at least one was not taken.
        """
        ...


class CivilRegistry(Protocol):
    """The civil registry (Dukcapil): untrusted input behind a network."""

    def check(self, claims: Sequence[IdentityClaim]) -> Sequence[IdentityAnswer]:
        """Ask for many people at once; same order and length, NOT_CHECKED where unknown."""
        ...


class SignOuts(Protocol):
    """Sign-ins of staff that were ended before their tokens end."""

    def end(self, session: str, until: int) -> None:
        """Let no token of this sign-in in any more; kept until its last one ends (seconds).

        Raises:
            chalicelib.domain.errors.TryAgain: the sign-in still holds.
        """
        ...

    def ended(self, session: str) -> bool:
        """Tell whether a sign-in was ended."""
        ...
