"""Opening who objected: by right and reason, in the ledger first, counted; else nothing at all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import pytest

from chalicelib.adapters import dispute_items
from chalicelib.domain import hearing
from chalicelib.domain.assignment import Judges, Officer
from chalicelib.domain.audit import Act
from chalicelib.domain.dispute import Dispute
from chalicelib.domain.errors import NotAllowed, NotFound, TepatError, TooMany, TryAgain, WrongState
from chalicelib.domain.registration import Ref, Stamp
from chalicelib.usecases import open_objector
from chalicelib.usecases.interests import interests_of
from chalicelib.usecases.ports import Sealed
from tests.court import NEIGHBOUR, STAFF, Court, officer
from tests.fakes import START, FakeOpener, FakeSealer

ADMIN = "staff:officer-20"
NOTE = "Surat PN Contoh 12/2026"


@dataclass
class Watched(FakeOpener):
    """Opens, and keeps what stood in the ledger each time."""

    acts: list[list[str]] = field(default_factory=list)

    def open(self, sealed: Sealed, context: str) -> bytes:
        assert self.aws is not None
        self.acts.append([event.act for event in self.aws.events.values()])
        return super().open(sealed, context)


@dataclass
class Safe:
    """An objection in an officer's hands, and an administrator who is close to nobody."""

    court: Court = field(default_factory=Court)
    admin: Officer = field(default_factory=lambda: officer(20, roles="region_admin"))

    def __post_init__(self) -> None:
        there = self.court.screen(self.court.object().dispute)
        self.court.conduct(there.ref)
        self.court.world.clock.advance(20 * 86_400_000)
        self.court.conduct(there.ref)
        self.there = self.court.now(there)
        self.opener = Watched(self.court.world.aws)

    def ports(self) -> open_objector.Ports:
        world = self.court.world
        return open_objector.Ports(
            world.clock,
            world.random,
            FakeSealer(),
            self.opener,
            world.store,
            self.court.disputes,
            world.ledger,
            world.ledger,
            world.limits,
            lambda: (*STAFF, self.admin),
            self.court.terms,
        )

    def open(self, actor: str = ADMIN, ref: Ref | None = None) -> open_objector.Objector:
        asked = open_objector.Asked(ref or self.there.ref, actor, "court_order", NOTE)
        return open_objector.open_objector(asked, self.ports())

    def now(self) -> Dispute:
        return self.court.now(self.there)


@pytest.fixture
def safe() -> Safe:
    return Safe()


def refused(safe: Safe, error: type[TepatError], code: str, act: Callable[[], object]) -> None:
    """Refused, and nothing was opened, written or counted."""
    before, reads = safe.now(), len(safe.court.world.aws.events)
    with pytest.raises(error, match=code):
        act()
    assert safe.opener.acts == []
    assert safe.now() == before
    assert len(safe.court.world.aws.events) == reads


def test_the_opening_and_the_read_stand_in_the_ledger_before_anything_is_opened(
    safe: Safe,
) -> None:
    assert safe.there.officer
    found = safe.open()
    assert (found.name, found.nik) == ("Contoh Tetangga", NEIGHBOUR)
    assert [note for _, note in found.openings] == [NOTE]
    for acts in safe.opener.acts:
        assert Act.OBJECTOR_OPENED in acts
        assert Act.READ in acts
    (read,) = safe.court.world.ledger.reads_of(safe.there.ref.locator, 9)
    assert (read.actor, read.reason) == (ADMIN, "objector_court_order")
    kept = safe.now()
    assert (kept.openings[0].actor, kept.openings[0].reason) == (ADMIN, "court_order")
    assert NOTE.encode() not in repr(safe.court.world.aws.events).encode()
    assert dispute_items.dispute_from_item(dispute_items.dispute_to_item(kept)) == kept


def test_each_opening_is_counted_and_a_day_has_three(safe: Safe) -> None:
    assert [len(safe.open().openings) for _ in range(open_objector.PER_DAY)] == [1, 2, 3]
    opened = len(safe.opener.acts)
    with pytest.raises(TooMany):
        safe.open()
    assert (len(safe.opener.acts), len(safe.now().openings)) == (opened, 3)


def test_who_judges_it_or_had_it_opens_nothing(safe: Safe) -> None:
    drawn = f"staff:{safe.there.officer}"
    refused(safe, NotAllowed, "objector_not_by_judge", lambda: safe.open(drawn))
    voted = safe.court.vote(safe.there)
    refused(safe, NotAllowed, "objector_not_by_judge", lambda: safe.open(drawn))
    second = f"staff:{voted.officer}"
    refused(safe, NotAllowed, "objector_not_by_judge", lambda: safe.open(second))


def test_who_opened_it_is_never_drawn_for_it(safe: Safe) -> None:
    safe.open()
    loaded = safe.court.world.store.load([safe.court.case().ref])[safe.court.case().ref]
    interests = interests_of(safe.now(), loaded, (), "", 0)
    assert "officer-20" in interests.acted


def test_who_judged_a_finding_of_the_family_of_late_opens_nothing(safe: Safe) -> None:
    case = safe.court.case().ref
    last = {safe.admin.sub: safe.court.world.clock.now_ms()}
    safe.court.world.aws.judges[case] = Judges(case, 1, last)
    refused(safe, NotAllowed, "objector_close", safe.open)


@pytest.mark.parametrize("close", ["same_village", "no_kin_told", "objector", "nobody"])
def test_who_is_close_or_of_whom_nothing_is_known_opens_nothing(safe: Safe, close: str) -> None:
    changes: dict[str, dict[str, object]] = {
        "same_village": {"village": safe.there.ref.village},
        "no_kin_told": {"kin_at": 0},
        "objector": {"person": safe.there.person},
        "nobody": {"sub": "somebody-else"},
    }
    safe.admin = replace(safe.admin, **changes[close])  # type: ignore[arg-type]
    code = "objector_profile" if close == "nobody" else "objector_close"
    refused(safe, NotAllowed, code, safe.open)


def test_an_appeal_has_no_objector_and_a_number_that_is_none_no_dispute(safe: Safe) -> None:
    appeal = safe.court.appeal().dispute
    refused(safe, WrongState, "objector_none", lambda: safe.open(ref=appeal.ref))
    nowhere = Ref(safe.there.ref.village, "2" * 10)
    refused(safe, NotFound, "dispute_unknown", lambda: safe.open(ref=nowhere))


def test_what_was_written_beside_it_goes_with_the_family_and_that_it_was_opened_stays(
    safe: Safe,
) -> None:
    safe.open()
    forgotten, event = hearing.forget(safe.now(), Stamp(START, "system:erase", b"f" * 16))
    assert [(each.actor, each.note, each.key) for each in forgotten.openings] == [(ADMIN, b"", b"")]
    assert safe.court.disputes.forget(forgotten, event, ()) is None
    assert [note for _, note in safe.open().openings] == ["", NOTE]


def test_without_the_read_in_the_ledger_nothing_is_opened(
    safe: Safe, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(safe.court.world.ledger), "put_read", lambda *_: False)
    with pytest.raises(TryAgain):
        safe.open()
    assert safe.opener.acts == []
