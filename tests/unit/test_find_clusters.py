"""Objections of one hand are found by what is stored of them, flagged, and go elsewhere."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from chalicelib.domain import adjudication, cluster_index, clusters
from chalicelib.domain.audit import Act, Event
from chalicelib.domain.clusters import Sent
from chalicelib.domain.dispute import Dispute, Outcome, Stage
from chalicelib.domain.errors import WrongState
from chalicelib.domain.evidence import PieceState
from chalicelib.domain.registration import Stamp
from chalicelib.usecases import review_dispute
from chalicelib.usecases.dispute_pieces import DisputePieces
from chalicelib.usecases.dispute_ports import Stands
from tests.court import DAY_MS, Court
from tests.fakes_disputes import FakeTraces
from tests.unit.planted_clusters import HERE, KINDS, LIMITS, Season, honest_of, mac, sent
from tests.world import VILLAGE, member

PHONE = "Mozilla/5.0 (Linux; Android 9; CPH1923)"
LOOK = "f0e1d2c3b4a59687"
HOUR = 3_600_000


@pytest.fixture
def court() -> Court:
    return Court()


def objection(
    court: Court, number: int, *, look: str = "", device: str = "", **told: str
) -> Dispute:
    """A screened objection of somebody against the family, at a time and place of its own."""
    court.world.clock.advance(2 * HOUR)
    place = "Rumah " + "abcdefghijklmnop"[number]
    key, nik = f"object-{number:016}", f"351015200380{9903 + number:04}"
    there = court.object(key, nik=nik, device=device, **({"place": place} | told)).dispute
    pieces = DisputePieces(court.world.clock, court.disputes)
    for each in there.evidence:
        piece = replace(each.piece, state=PieceState.RELEASED, pages=1, looks=look)
        assert pieces.settle(there.ref, piece)
    return court.now(there)


def cluster_codes(there: Dispute) -> set[str]:
    return {code for code in there.concerns if code.startswith("cluster:")}


def reviewed(court: Court, there: Dispute) -> Dispute:
    """After the family's time to answer has passed, whoever was drawn."""
    court.conduct(there.ref)
    court.world.clock.advance(20 * DAY_MS)
    court.conduct(there.ref)
    return court.now(there)


def is_from_elsewhere(court: Court, there: Dispute) -> bool:
    drawn = {each.sub: each for each in court.staff}[there.officer]
    return VILLAGE[:6] not in {*drawn.districts, drawn.village[:6]}


def test_one_photo_in_two_objections_flags_both_and_takes_them_to_another_district(
    court: Court,
) -> None:
    first = reviewed(court, objection(court, 1, look=LOOK))
    assert cluster_codes(first) == set()
    assert not is_from_elsewhere(court, first)
    alike = f"{int(LOOK, 16) ^ 0b101101:016x}"
    second = objection(court, 2, look=alike)
    court.conduct(second.ref)
    lost = court.now(first)
    assert (cluster_codes(lost), lost.officer) == ({"cluster:photo"}, "")
    court.conduct(first.ref)
    first, second = court.now(first), reviewed(court, second)
    for there in (first, second):
        assert cluster_codes(there) == {"cluster:photo"}
        assert is_from_elsewhere(court, there)
    event = court.world.ledger.event(lost.ref.locator, lost.head.at, lost.head.seq)
    assert event is not None
    assert event.act is Act.FLAGGED


def test_three_people_on_one_device_are_flagged_and_two_are_not(court: Court) -> None:
    made = []
    for number in (1, 2, 3):
        made.append(objection(court, number, device=PHONE))
        court.conduct(made[-1].ref)
        flagged = [cluster_codes(court.now(each)) for each in made]
        assert flagged == [{"cluster:device"} if number == 3 else set()] * number
    other = objection(court, 4, device=f"{PHONE} another")
    court.conduct(other.ref)
    assert cluster_codes(court.now(other)) == set()


def test_a_flag_weighs_nothing_and_two_from_elsewhere_decide_as_always(court: Court) -> None:
    objection(court, 1, look=LOOK)
    court.conduct()
    there = reviewed(court, objection(court, 2, look=LOOK))
    officer = there.officer
    there = court.vote(there)
    assert there.stage is Stage.RECOMMENDED
    assert is_from_elsewhere(court, there)
    assert there.officer != officer
    assert court.vote(there).outcome is Outcome.UPHELD


def test_a_vote_on_what_was_flagged_meanwhile_is_refused(court: Court) -> None:
    first = reviewed(court, objection(court, 1, look=LOOK))
    actor = f"staff:{first.officer}"
    second = objection(court, 2, look=LOOK)
    court.conduct(second.ref)
    with pytest.raises(WrongState):
        voted(court, first, actor)
    assert court.now(first).votes == ()


def voted(court: Court, there: Dispute, actor: str) -> None:
    voting = review_dispute.Voting(
        there.ref, actor, Outcome.UPHELD, "claim_confirmed", there.version
    )
    review_dispute.recommend(voting, court.review_ports())


def test_what_was_kept_to_compare_goes_when_it_was_compared(court: Court) -> None:
    there = objection(court, 1, device=PHONE, place="Jalan Melati 5")
    assert there.device
    assert there.street
    court.conduct(there.ref)
    there = court.now(there)
    assert (there.device, there.street) == (b"", b"")
    unclear = objection(court, 2, device=PHONE, name="Pak Slamet Raharjo")
    court.conduct(unclear.ref)
    assert court.now(unclear).device == b""


def test_rows_and_keys_tell_no_number_name_or_place(court: Court) -> None:
    there = objection(court, 1, look=LOOK, device=PHONE, place="Jalan Melati 5")
    court.conduct(there.ref)
    kept = repr(court.world.aws.traces)
    for told in (PHONE, "Melati", "203.0.113", "3510152003809904", member(9901)["name"]):
        assert told not in kept


def test_done_again_it_changes_nothing_and_a_conflict_comes_again(
    court: Court, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = objection(court, 1, look=LOOK)
    court.conduct()
    second = objection(court, 2, look=LOOK)
    change = court.disputes.change
    once = [True]

    def meanwhile(moved: Dispute, event: Event, **more: Any) -> Stands | None:
        """Somebody writes the first one between the look at it and its flag."""
        if moved.ref == first.ref and once:
            once.clear()
            there = court.now(first)
            stamp = Stamp(court.world.clock.now_ms(), "system:tests", there.salt)
            assert change(*adjudication.escalate(there, 1, stamp, due=there.due)) is None
        return change(moved, event, **more)

    monkeypatch.setattr(court.disputes, "change", meanwhile)
    assert [message.ref for message in court.conduct(second.ref)] == [second.ref]
    assert cluster_codes(court.now(second)) == set()
    court.conduct(second.ref)
    kept = {name: dict(rows) for name, rows in court.world.aws.traces.items()}
    before = dict(court.world.aws.disputes), kept
    court.conduct()
    assert (court.world.aws.disputes, court.world.aws.traces) == before
    assert cluster_codes(court.now(first)) == cluster_codes(court.now(second)) == {"cluster:photo"}


# --- planted clusters among honest objections, by what is stored of them -------------------------


def by_rows(season: Season) -> dict[str, set[str]]:
    """As `Season.flagged`, with nothing but the rows between one objection and the next."""
    traces = FakeTraces()
    found: dict[str, set[str]] = {f"cluster:{kind}": set() for kind in KINDS}
    for new in sorted(season.all, key=lambda each: each.at):
        mine = cluster_index.shortened(new)
        traces.keep(cluster_index.rows(mine, LIMITS, mac))
        kept = traces.found(cluster_index.names(mine, LIMITS, mac))
        others = cluster_index.others(mine, kept, LIMITS, mac)
        for code, members in clusters.flags(mine, others, LIMITS).items():
            found[code] |= members
    return found


def test_planted_clusters_are_found_by_rows_and_false_alarms_are_those_of_the_rule() -> None:
    season = Season(3, honest=400, planted=4)
    found = by_rows(season)
    assert found == {code: season.flagged()[code] for code in found}
    for code, group in season.by_one_hand:
        assert group <= found[code]
    alarms = honest_of(season, set().union(*found.values()))
    assert len(alarms) < season.honest * 5 // 100


def test_a_key_keeps_so_many_rows_and_whoever_comes_next_still_sees_them() -> None:
    traces = FakeTraces()
    for number in range(cluster_index.MOST_ROWS + 5):
        one = sent(f"L{number}", number, device=b"d" * 16)
        traces.keep(cluster_index.rows(one, LIMITS, mac))
    assert {len(rows) for rows in traces.aws.traces.values()} <= {1, cluster_index.MOST_ROWS}
    last = cluster_index.shortened(sent("last", 99, device=b"d" * 16))
    kept = traces.found(cluster_index.names(last, LIMITS, mac))
    assert "cluster:device" in clusters.flags(
        last, cluster_index.others(last, kept, LIMITS, mac), LIMITS
    )


def test_an_objection_with_very_many_photos_stays_within_one_call() -> None:
    many: Sent = sent("L1", looks=tuple(f"{number * 7919:016x}" for number in range(20)))
    assert len(cluster_index.rows(many, LIMITS, mac)) <= cluster_index.MOST_KEYS
    assert len(cluster_index.names(many, LIMITS, mac)) <= 3 * cluster_index.MOST_KEYS <= 100


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (("203.0.113.7", PHONE), ("203.0.113.7", PHONE), True),
        (("203.0.113.7", PHONE), ("203.0.113.8", PHONE), False),
        (("203.0.113.7", PHONE), ("203.0.113.7", "another"), False),
        (("2001:db8:1:2:3:4:5:6", PHONE), ("2001:db8:1:2:9:9:9:9", PHONE), True),
        (("2001:db8:1:2:3:4:5:6", PHONE), ("2001:db8:1:3:3:4:5:6", PHONE), False),
    ],
)
def test_a_device_is_a_network_and_a_browser_together(
    one: tuple[str, str], other: tuple[str, str], same: bool
) -> None:
    assert (clusters.device_tag(mac, *one) == clusters.device_tag(mac, *other)) is same


def test_half_of_a_device_is_none() -> None:
    assert clusters.device_tag(mac, "203.0.113.7", "") == b""
    assert clusters.device_tag(mac, "", PHONE) == b""


OTHER_LOOK = f"{int(LOOK, 16) ^ (2**64 - 1):016x}"  # has no band of bits in common with it


def test_a_row_tells_what_is_compared_under_its_key_and_no_more() -> None:
    """Under these very names, or a later version would not find what an earlier one kept."""
    one = sent("L1", looks=(LOOK, OTHER_LOOK, LOOK))
    plain = f"{HERE}|L1|{one.person[:8].hex()}|{one.at}|"
    shown = dict.fromkeys(clusters.keys(replace(one, looks=()), LIMITS), plain)
    for look in (LOOK, OTHER_LOOK):
        for key in clusters.keys(replace(one, looks=(look,)), LIMITS)[3:]:
            shown[key] = plain + look
    found = cluster_index.rows(one, LIMITS, mac)
    assert [row.told for row in found] == [*shown.values()][: cluster_index.MOST_KEYS]
    assert len(found) == 3 + 2 * (LIMITS.photo_bits + 1)
    for row, key in zip(found, shown, strict=True):
        span = getattr(LIMITS, key.partition("#")[0]).hours * HOUR
        name = mac("cluster", f"{key}|{one.at // span}".encode())[:12].hex()
        assert (row.name, row.locator) == (name, "L1")


@pytest.mark.parametrize("kind", KINDS)
def test_what_may_be_compared_meets_and_is_kept_as_long_as_it_may(kind: str) -> None:
    same = {"device": b"d" * 16, "street": b"s" * 16, "looks": (LOOK,)}
    span = getattr(LIMITS, kind).hours * HOUR
    place = ["hour", "device", "street", "photo"].index(kind)
    one = replace(sent("L1", **same), at=100 * span)
    names = cluster_index.names(one, LIMITS, mac)
    for at, meets in (
        (99 * span - 1, False),
        (99 * span, True),
        (102 * span - 1, True),
        (102 * span, False),
    ):
        row = cluster_index.rows(replace(one, at=at), LIMITS, mac)[place]
        assert (row.name in names) is meets
    for at in (100 * span, 101 * span - 1):
        row = cluster_index.rows(replace(one, at=at), LIMITS, mac)[place]
        assert row.until == 102 * span + DAY_MS  # nobody looks for it after that, and a day


def test_who_shares_several_keys_is_one_with_all_that_is_shared() -> None:
    """Its person shortened, and what is not shared left out; who asks is not among the others."""
    mine = cluster_index.shortened(sent("L1", device=b"d" * 16, looks=(LOOK, OTHER_LOOK)))
    assert mine.person == sent("L1").person[:8]
    whole = sent("L2", 5, device=b"d" * 16, street=mine.street, looks=(OTHER_LOOK, LOOK))
    device = sent("L3", 5, device=b"d" * 16, looks=("0" * 16,))
    street = sent("L4", 5, street=mine.street)
    hour = sent("L5", 5)
    traces = FakeTraces()
    for each in (mine, whole, device, street, hour):
        traces.keep(cluster_index.rows(each, LIMITS, mac))
    kept = traces.found(cluster_index.names(mine, LIMITS, mac))
    first, *rest = cluster_index.others(mine, kept, LIMITS, mac)
    assert sorted(first.looks) == sorted(whole.looks)
    assert replace(first, looks=whole.looks) == cluster_index.shortened(whole)
    shown = (
        replace(device, street=b"", looks=()),
        replace(street, device=b""),
        replace(hour, device=b"", street=b""),
    )
    assert rest == [cluster_index.shortened(each) for each in shown]
