"""Second looks at one's own objection, appeals without a receipt, and appeals by an agent."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import pytest

from chalicelib.domain import dispute
from chalicelib.domain.dispute import (
    OWN_PLACE,
    UNCLEAR,
    UNPROVEN,
    Dispute,
    Kind,
    Outcome,
    Side,
    Stage,
)
from chalicelib.domain.errors import InvalidRequest, NotFound, TepatError, TooMany, WrongState
from chalicelib.domain.registration import Ref
from chalicelib.usecases import (
    review_dispute,
    show_dispute,
)
from chalicelib.usecases.file_outcome_appeal import AGAIN
from chalicelib.usecases.my_objections import my_objections
from chalicelib.usecases.take_part import Party, withdraw
from tests.court import DAY_MS, ELSEWHERE, HEAD, NEIGHBOUR, PHOTO, STAFF, Court
from tests.world import CALLER, VILLAGE

HOMES = {each.sub: each.village[:6] for each in STAFF}


def codes(error: pytest.ExceptionInfo[TepatError]) -> list[str]:
    return [fault.code for fault in error.value.faults]


@dataclass
class Hall(Court):
    """A court in which people come who have signed in."""

    def rejected(self) -> Dispute:
        """An objection that two officers held for unproven, after the family was heard."""
        there = self.object().dispute
        self.conduct(there.ref)
        self.screen(self.now(there))
        self.conduct(there.ref)
        self.world.clock.now += 30 * DAY_MS
        self.conduct(there.ref)
        self.vote(there, Outcome.REJECTED, "claim_unproven")
        return self.vote(there, Outcome.REJECTED, "claim_unproven")

    def mine(self) -> list[Dispute]:
        return my_objections(self.person(NEIGHBOUR), self.world.index.mac, self.disputes)


@pytest.fixture
def hall() -> Hall:
    return Hall()


# --- a second look at an objection ----------------------------------------------------------------


def test_the_objector_asks_once_and_people_from_elsewhere_look(hall: Hall) -> None:
    first = hall.rejected()
    before = len(hall.world.aws.calls)
    again = hall.second(first.ref.locator).dispute
    made = Counter(hall.world.aws.calls[before:])
    assert made == {"BatchGetItem": 1, "TransactWriteItems": 1}
    assert hall.second(first.ref.locator).dispute == again  # the same once more
    with pytest.raises(InvalidRequest) as error:
        hall.second(first.ref.locator, text="Lain.")
    assert codes(error) == ["key_reused"]
    with pytest.raises(WrongState) as other:
        hall.second(first.ref.locator, key="second-000000000000002")
    assert codes(other) == ["appeal_used"]
    hall.conduct(again.ref)
    again = hall.now(again)
    assert (again.stage, again.about, again.follows) == (
        Stage.HEARING,
        first.about,
        first.ref.locator,
    )  # the family is told anew, since the first evidence is there to look at
    assert {each.ref for each in hall.mine()} == {first.ref, again.ref}
    hall.world.clock.now += 30 * DAY_MS
    hall.conduct(again.ref)
    assert HOMES[hall.now(again).officer] == ELSEWHERE
    # Whoever looks again reads the first with its photos; who has nothing to do with it does not.
    there = hall.now(again)
    opened = review_dispute.open_dispute(first.ref, f"staff:{there.officer}", hall.review_ports())
    assert opened.dispute.ref == first.ref
    idle = next(each.sub for each in STAFF if each.sub != there.officer and each.sub not in {
        vote.actor.partition(":")[2] for vote in first.votes})  # fmt: skip
    with pytest.raises(NotFound):
        review_dispute.open_dispute(first.ref, f"staff:{idle}", hall.review_ports())
    for _ in range(2):
        hall.vote(again, Outcome.REJECTED, "claim_unproven")
    with pytest.raises(WrongState) as third:
        hall.second(again.ref.locator, key="second-000000000000003")
    assert codes(third) == ["appeal_used"]


def test_both_read_of_the_second_look_and_neither_who_the_other_is(hall: Hall) -> None:
    first = hall.rejected()
    again = hall.second(first.ref.locator).dispute
    hall.conduct(again.ref)
    shown = hall.show_ports()
    refs = [Ref(VILLAGE, each) for each in hall.case().disputes]
    known = [hall.disputes.load(refs)[ref] for ref in refs]
    family = show_dispute.of_case(hall.case(), known, hall.world.clock.now, shown)
    assert [each["dispute"] for each in family["disputes"]] == [
        first.ref.locator,
        again.ref.locator,
    ]
    for side in (Side.FILER, Side.FAMILY):
        told = show_dispute.told(hall.now(again), side, shown, hall.world.clock.now)
        assert "ditinjau sekali lagi" in told["notes"][0]
        assert "Contoh Tetangga" not in str(told)
        assert HEAD["name"] not in str(told)


@pytest.mark.parametrize(
    ("outcome", "reason", "days", "code"),
    [
        (Outcome.UPHELD, "claim_confirmed", 0, "appeal_upheld"),
        (Outcome.REJECTED, "claim_unproven", 60, "appeal_window_over"),
    ],
)
def test_what_was_upheld_or_is_long_past_is_not_looked_at_again(
    hall: Hall, outcome: Outcome, reason: str, days: int, code: str
) -> None:
    there = hall.object().dispute
    hall.conduct(there.ref)
    hall.screen(hall.now(there))
    hall.conduct(there.ref)
    hall.world.clock.now += 30 * DAY_MS
    hall.conduct(there.ref)
    with pytest.raises(WrongState) as early:
        hall.second(there.ref.locator)
    assert codes(early) == ["outcome_none"]
    hall.vote(there, outcome, reason)
    hall.vote(there, outcome, reason)
    hall.world.clock.now += days * DAY_MS
    with pytest.raises(WrongState) as error:
        hall.second(there.ref.locator)
    assert codes(error) == [code]


def test_nobody_else_asks_for_it(hall: Hall) -> None:
    first = hall.rejected()
    for party in (hall.neighbour("3510152003809904"), hall.family()):
        with pytest.raises(NotFound):
            hall.second(first.ref.locator, party=party)


def test_without_anything_to_look_at_the_family_is_not_accused_again(hall: Hall) -> None:
    there = hall.object().dispute
    hall.conduct(there.ref)
    hall.world.clock.now += 3 * DAY_MS  # the photo never came
    hall.conduct(there.ref)
    for _ in range(2):
        hall.vote(there, Outcome.REJECTED, "claim_unproven")
    again = hall.second(there.ref.locator).dispute
    hall.conduct(again.ref)
    assert hall.now(again).stage is Stage.REVIEW
    assert hall.now(again).concerns == (AGAIN, UNPROVEN)
    assert hall.now(again).answer_by == 0


def test_of_an_unknown_family_too_nobody_looks_again_who_decided(hall: Hall) -> None:
    there = hall.object(name="Tidak Terdaftar").dispute
    hall.conduct(there.ref)
    for _ in range(2):
        hall.vote(there, Outcome.REJECTED, "claim_unproven")
    decided = {vote.actor for vote in hall.now(there).votes}
    again = hall.second(there.ref.locator).dispute
    hall.conduct(again.ref)
    assert hall.now(again).officer
    hall.vote(again, Outcome.REJECTED, "claim_unproven")
    hall.conduct(again.ref)
    drawn = {f"staff:{hall.now(again).officer}", hall.now(again).votes[0].actor}
    assert not drawn & decided


# --- an appeal without a receipt ------------------------------------------------------------------


def test_the_head_who_lost_the_receipt_appeals_and_the_machine_finds_the_family(hall: Hall) -> None:
    filed = hall.own().dispute
    assert (filed.about, filed.kind, filed.place) == ("", Kind.APPEAL, OWN_PLACE)
    assert hall.own().dispute == filed
    hall.conduct(filed.ref)
    there = hall.now(filed)
    assert (there.stage, there.about, there.concerns) == (
        Stage.REVIEW,
        hall.case().ref.locator,
        (),
    )
    assert hall.case().disputes == (filed.ref.locator,)
    for _ in range(2):
        hall.vote(there, Outcome.REJECTED, "data_confirmed")
    other = hall.own(key="own-000000000000000002").dispute  # the outcome's: a third person
    hall.conduct(other.ref)
    assert hall.now(other).follows == filed.ref.locator
    assert HOMES[hall.now(other).officer] == ELSEWHERE


@pytest.mark.parametrize(
    "who",
    [
        {"nik": NEIGHBOUR, "name": "Contoh Tetangga"},
        {"nik": NEIGHBOUR},  # the head's name with another's NIK
        {"name": "Contoh Anaknya"},  # in the family, and not its head
        {"village": "3510152001"},
    ],
    ids=["stranger", "namesake", "member", "other village"],
)
def test_of_whom_nothing_is_found_nothing_is_told_and_an_officer_looks(
    hall: Hall, who: dict[str, str]
) -> None:
    ours = Hall()
    made = []
    for court, more in ((hall, who), (ours, {})):
        before = len(court.world.aws.calls)
        filed = court.own(**more)
        made.append((court.world.aws.calls[before:], filed.uploads, filed.dispute.stage))
        court.conduct(filed.dispute.ref)
    assert made[0] == made[1]  # the same work and the same answer
    there = next(iter(hall.world.aws.disputes.values()))
    assert (there.stage, there.about, there.concerns) == (Stage.REVIEW, "", (UNCLEAR,))
    told = [
        show_dispute.told(next(iter(c.world.aws.disputes.values())), Side.FILER, c.show_ports(), 0)
        for c in (hall, ours)
    ]
    for each in told:
        each.pop("dispute")
    assert told[0] == told[1]
    assert hall.case().disputes == ()


def test_one_own_appeal_at_a_time_beside_three_objections(hall: Hall) -> None:
    filed = hall.own().dispute
    with pytest.raises(WrongState) as error:
        hall.own(key="own-000000000000000002")
    assert codes(error) == ["appeal_open"]
    for number in range(3):
        hall.object(
            f"object-00000000000000{number}", nik=HEAD["nik"], name=f"Keluarga {'abc'[number] * 3}"
        )
    party = Party(CALLER, person=self_of(hall))
    withdraw(filed.ref.locator, party, "withdraw-0000000000001", hall.part_ports())
    assert hall.own(key="own-000000000000000003").dispute.stage is Stage.FILED


def test_one_address_appeals_no_thousands_and_is_told_so_of_appeals(hall: Hall) -> None:
    for number in range(20):
        hall.own(f"351015{10 + number}03809951", key=f"own-{number:018}")
    with pytest.raises(TooMany) as error:
        hall.own("3510152003809955", key="own-999999999999999999")
    assert codes(error) == ["appeals_too_often"]
    assert 0 < (error.value.retry_after or 0) <= 3600


def self_of(hall: Hall) -> bytes:
    return hall.person(HEAD["nik"])


def test_a_result_that_can_no_longer_be_appealed_is_for_the_officers_to_say(hall: Hall) -> None:
    hall.world.clock.now += 90 * DAY_MS
    filed = hall.own().dispute
    hall.conduct(filed.ref)
    assert hall.now(filed).concerns == ("appeal_window_over",)
    assert hall.now(filed).stage is Stage.REVIEW


# --- by an agent ----------------------------------------------------------------------------------


def test_an_agent_appeals_with_the_family_s_agreement_which_the_ledger_commits_to(
    hall: Hall,
) -> None:
    key = "agent-00000000000000001"
    there = hall.appeal_by(hall.receipt, key, PHOTO, agent="pendamping-1").dispute
    event = hall.world.ledger.event(there.ref.locator, there.steps[0].at, 1)
    assert event is not None
    assert event.actor == "agent:pendamping-1"
    told = {"kind": "appeal", "reason": "data_wrong", "pieces": 1, "agreed": "family"}
    assert event.commitment == dispute.audit.commit(there.salt, told)
    shown = show_dispute.told(there, Side.FILER, hall.show_ports(), hall.world.clock.now)
    assert "atas persetujuan keluarga" in shown["notes"][0]
    assert "withdraw" in shown["can"]
