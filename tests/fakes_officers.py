"""Officers' profiles in memory, over what all fakes of a test share (`fakes`)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from chalicelib.adapters import officer_items
from chalicelib.adapters.registry_table import TablesDisagreeError
from chalicelib.domain.assignment import Officer
from chalicelib.domain.audit import Event, event_key
from chalicelib.domain.officer_profile import Profile
from chalicelib.domain.registration import Ref
from tests.fakes_memory import FakeAws
from tests.fakes_refusals import check_event, check_item


@dataclass
class FakeOfficers:
    """Officers' profiles in memory (`assignment_ports.Officers`)."""

    aws: FakeAws = field(default_factory=FakeAws)

    def of_region(self, region: str) -> Sequence[Officer]:
        return [profile.officer for profile in self._items(region)]

    def profiles(self, region: str) -> Sequence[Profile]:
        return sorted(self._items(region), key=lambda profile: profile.officer.sub)

    def load(self, ref: Ref) -> Profile | None:
        return self.aws.call("GetItem", lambda: self.aws.officers.get(ref))

    def put(self, profile: Profile, event: Event) -> Profile | None:
        return self.aws.call("TransactWriteItems", lambda: self._write(profile, event))

    def _items(self, region: str) -> Sequence[Profile]:
        found = self.aws.call("Query", lambda: list(self.aws.officers.values()))
        own = (profile for profile in found if profile.ref.village == region)
        return sorted(own, key=lambda profile: profile.ref.locator)

    def _write(self, profile: Profile, event: Event) -> Profile | None:
        check_item("TransactWriteItems", officer_items.profile_to_item(profile))
        check_event("TransactWriteItems", event)
        there = self.aws.officers.get(profile.ref)
        if (there.version if there else 0) != profile.version - 1:
            if there is None:
                raise TablesDisagreeError("a step of a profile that is not there")
            return None if there.head == profile.head else there
        if event_key(event) in self.aws.events:
            raise TablesDisagreeError("the ledger holds what the registry does not know")
        self.aws.officers[profile.ref] = profile
        self.aws.events[event_key(event)] = event
        return None
