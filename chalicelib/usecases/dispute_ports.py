"""What appeals and objections need from outside, besides the store of cases."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from chalicelib.domain.audit import Event
from chalicelib.domain.dispute import Dispute
from chalicelib.domain.registration import Ref, Registration
from chalicelib.usecases.ports import Sealed

if TYPE_CHECKING:  # erasing knows disputes, and no cluster of theirs
    from chalicelib.domain.assignment import Judges
    from chalicelib.domain.cluster_index import Row


@dataclass(frozen=True, slots=True)
class Statement:
    """What somebody wrote, sealed by itself: who may open one part need not open another.

    Attributes:
        part: `CLAIM`, `FILER` or `ANSWER`; sealed in the context "<locator>|<part>".
    """

    part: str
    sealed: Sealed


CLAIM: Final = "claim"  # what the filer wrote; of an objection also whom it names
FILER: Final = "filer"  # who objects: opened by right, with a reason, and never by the family
ANSWER: Final = "answer"  # what the family says to an objection


@dataclass(frozen=True, slots=True)
class Slot:
    """One of the places that a person has for open objections.

    Attributes:
        person: 16 bytes that stand for the person.
        place: from 1 to the region's limit.
        ref: the objection that holds it, or that held it last.
        named: digest of village and name as the person gave them, to know the same family again.
        held: False once its objection has ended.
    """

    person: bytes
    place: int
    ref: Ref
    named: bytes
    held: bool = True


def held_slot(there: Dispute) -> Slot | None:
    """The place that whoever filed a dispute holds by it, to give it up."""
    return Slot(there.person, there.place, there.ref, b"") if there.place else None


@dataclass(frozen=True, slots=True)
class Stands:
    """What stands in the way of a write.

    Attributes:
        dispute: the dispute as it stands, when its condition failed.
        case: the disputed case as it stands, when its condition failed.
        slot: True when another objection of this person has taken the place.
    """

    dispute: Dispute | None = None
    case: Registration | None = None
    slot: bool = False


CaseStep = tuple[Registration, Event]
"""The disputed case as it becomes, and its event: written in the same transaction."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A case of a village and the tags of its head's name."""

    locator: str
    names: bytes


@dataclass(frozen=True, slots=True)
class Opened:
    """A dispute with what was written in it."""

    dispute: Dispute
    statements: Mapping[str, Sealed]


class Traces(Protocol):
    """Rows by which objections of one hand meet (`cluster_index`). All of them may vanish.

    Raises chalicelib.domain.errors.TryAgain when the store refuses for now.
    """

    def keep(self, rows: Sequence[Row]) -> None:
        """Keep rows, all in one write; those that are there are left as they are."""
        ...

    def found(self, names: Collection[str]) -> Mapping[str, Sequence[str]]:
        """What was told under some names (up to 100), in one call."""
        ...


class Disputes(Protocol):
    """Disputes, what was written in them, and the places of those who object.

    Every write is one transaction: the dispute and its event, what was written, the case with its
    event if it changes, the person's place; or nothing. Raises
    chalicelib.domain.errors.TryAgain when the store refuses for now. Sent twice, a write that is
    there already is done.
    """

    def create(
        self,
        dispute: Dispute,
        event: Event,
        statements: Sequence[Statement],
        *,
        case: CaseStep | None = None,
        slot: Slot | None = None,
    ) -> Stands | None:
        """Store a new dispute; None when done."""
        ...

    def change(
        self,
        dispute: Dispute,
        event: Event,
        *,
        statement: Statement | None = None,
        case: CaseStep | None = None,
        gives_up: Slot | None = None,
    ) -> Stands | None:
        """Store a step if the stored version is still `dispute.version - 1`; None when done.

        A register that the step asks to be corrected (`handover.of_dispute`) is handed over in the
        same transaction.

        Args:
            gives_up: the person's place, free again in the same transaction.
        """
        ...

    def forget(
        self,
        dispute: Dispute,
        event: Event,
        parts: Sequence[str],
        *,
        gives_up: Slot | None = None,
    ) -> Stands | None:
        """As `change`, and delete parts of what was written, in the same transaction."""
        ...

    def load(self, refs: Sequence[Ref]) -> Mapping[Ref, Dispute]:
        """Read disputes in one call (up to 60), as last written; missing ones are left out."""
        ...

    def judges(self, cases: Sequence[Ref]) -> Mapping[Ref, Judges]:
        """Who has judged what visits to these families (up to 60) found, in one call.

        It is written with each opinion (`check_ports.GroundChecks.change`); families of whom
        nothing was judged are left out.
        """
        ...

    def slots(self, person: bytes) -> Sequence[Slot]:
        """The places that a person holds or has held, in one call."""
        ...

    def candidates(self, village: str) -> Sequence[Candidate]:
        """The cases of a village that have not ended, with the tags of their heads' names."""
        ...

    def read(self, ref: Ref) -> Opened | None:
        """A dispute, its statements and nothing else, in one call."""
        ...

    def drawn_for(self, region: str, officer: str, limit: int) -> Sequence[Ref]:
        """Disputes that an officer was drawn for, by deadline."""
        ...
