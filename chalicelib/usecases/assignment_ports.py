"""What drawing officers, and keeping what is known of them, need from outside."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from chalicelib.domain.assignment import Officer
    from chalicelib.domain.audit import Event
    from chalicelib.domain.officer_profile import Profile
    from chalicelib.domain.registration import Ref


class Officers(Protocol):
    """Profiles of those who may be drawn, with their events.

    Raises chalicelib.domain.errors.TryAgain when the store refuses for now.
    """

    def of_region(self, region: str) -> Sequence[Officer]:
        """All officers and agents of a region, as the drawing compares them."""
        ...

    def profiles(self, region: str) -> Sequence[Profile]:
        """The same with what else is kept of them, by account."""
        ...

    def load(self, ref: Ref) -> Profile | None:
        """One profile, as last written."""
        ...

    def put(self, profile: Profile, event: Event) -> Profile | None:
        """Store a step and its event over the version before it; None when done.

        Sent twice, a step that is there already is done.

        Returns:
            The profile that stands there instead, when another step was written meanwhile.
        """
        ...
