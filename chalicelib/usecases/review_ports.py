"""What the officers of a dispute need from outside: all that they look at, in one call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from chalicelib.domain.dispute import Dispute
    from chalicelib.domain.ground_check import Check
    from chalicelib.domain.registration import Ref
    from chalicelib.usecases.ports import InForce, Loaded, Sealed


@dataclass(frozen=True, slots=True)
class Beside:
    """What is read beside a dispute.

    Attributes:
        case: the disputed case.
        checks: visits that may have been asked for; those that were not are left out.
    """

    case: Ref
    checks: Sequence[Ref] = ()


@dataclass(frozen=True, slots=True)
class Whole:
    """A dispute with what an officer of it may see; never who objected.

    Attributes:
        statements: the claim and the family's answer, sealed.
        loaded: the case, with its vault items.
        in_force: what the region has adopted.
    """

    dispute: Dispute
    statements: Mapping[str, Sealed]
    loaded: Loaded | None = None
    in_force: InForce | None = None
    checks: Mapping[Ref, Check] = field(default_factory=dict)


class Reviews(Protocol):
    """Reads for officers.

    Raises chalicelib.domain.errors.TryAgain when the store refuses for now.
    """

    def read(self, ref: Ref, beside: Beside | None) -> Whole | None:
        """A dispute and what is beside it, as last written, in one call; None for no dispute."""
        ...
