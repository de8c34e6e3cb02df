"""Objections by one hand: planted ones are found, and false alarms are counted."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.domain.clusters import Sent, device_tag, flags, keys, street_tag
from chalicelib.domain.evidence import alike
from chalicelib.domain.sanggah_rules import Together
from tests.unit import planted_clusters
from tests.unit.planted_clusters import (
    DAY,
    HERE,
    HOUR,
    KINDS,
    LIMITS,
    Season,
    honest_of,
    mac,
    sent,
    tag,
)
from tests.world import DATA

THERE = "3510012001"
PHOTO = "f0e1d2c3b4a59687"


def many(count: int, step: int, **other: object) -> list[Sent]:
    return [sent(f"L{n}", n * step, **other) for n in range(count)]


@pytest.mark.parametrize(
    ("kind", "same", "limit"),
    [
        ("device", {"device": tag("one")}, LIMITS.device),
        ("hour", {}, LIMITS.hour),
        ("street", {"street": tag("one")}, LIMITS.street),
    ],
)
def test_enough_people_within_the_span_are_a_cluster(
    kind: str, same: dict[str, object], limit: Together
) -> None:
    span, least = limit.hours * HOUR, limit.least
    code = f"cluster:{kind}"
    group = many(least, span // (least - 1), **same)
    for each in group:  # whichever is looked at
        assert flags(each, group, LIMITS)[code] == {one.locator for one in group}
    assert code not in flags(group[0], group[:-1], LIMITS)
    later = replace(group[-1], at=group[0].at + span + 1)
    assert code not in flags(later, group[:-1], LIMITS)
    one_person = [replace(each, person=tag("one")) for each in group]
    assert code not in flags(one_person[0], one_person, LIMITS)


@pytest.mark.parametrize("order", [1, -1])
def test_a_cluster_is_all_that_lie_in_any_span_with_it(order: int) -> None:
    """Some came a whole span before, some a whole span after: it belongs to both groups."""
    span = LIMITS.device.hours * HOUR
    assert LIMITS.device.least == 3
    times = [-span, 1 - span, 0, span - 1, span]
    group = [sent(f"L{n}", at, device=tag("one")) for n, at in enumerate(times)]
    found = flags(group[2], group[::order], LIMITS)
    assert found == {"cluster:device": {each.locator for each in group}}
    assert flags(group[0], group[::order], LIMITS) == {"cluster:device": {"L0", "L1", "L2"}}


def test_one_photo_in_two_objections_is_a_cluster_whoever_sent_it() -> None:
    one = sent("L1", looks=(PHOTO,), person=tag("me"))
    other = sent("L2", 300 * DAY, looks=("00ff", f"{int(PHOTO, 16) ^ 0b111111:x}"), village=THERE)
    assert flags(one, [other], LIMITS) == {"cluster:photo": {"L1", "L2"}}
    mine = replace(other, person=one.person)
    assert flags(one, [mine], LIMITS) == {"cluster:photo": {"L1", "L2"}}
    seven_bits = replace(other, looks=(f"{int(PHOTO, 16) ^ 0b1111111:x}",))
    assert flags(one, [seven_bits], LIMITS) == {}


def test_the_night_is_no_photo_in_common() -> None:
    dark = [sent(f"L{n}", n * DAY, looks=("0" * 16,)) for n in range(5)]
    assert flags(dark[0], dark, LIMITS) == {}


def test_what_is_not_known_is_not_in_common() -> None:
    unknown = many(12, 3 * HOUR, device=b"", street=b"")
    assert flags(unknown[0], unknown, LIMITS) == {}
    assert keys(unknown[0], LIMITS) == (f"hour#{HERE}",)


def test_other_villages_are_other_hours() -> None:
    apart = [sent(f"L{n}", 0, village=f"35101520{n:02}") for n in range(20)]
    assert flags(apart[0], apart, LIMITS) == {}


@pytest.mark.parametrize(
    "line", ["Jl. Melati No. 5 RT 001 RW 002", "jalan melati 17", "JLN MELATI  blok 3"]
)
def test_a_street_is_one_however_it_is_written(line: str) -> None:
    assert street_tag(mac, HERE, line) == street_tag(mac, HERE, "Jalan Melati")
    assert len(street_tag(mac, HERE, line)) == 16


def test_streets_of_two_villages_and_no_street() -> None:
    assert street_tag(mac, HERE, "Jalan Melati") != street_tag(mac, THERE, "Jalan Melati")
    assert street_tag(mac, HERE, "Jalan Melati") != street_tag(mac, HERE, "Jalan Mawar")
    assert street_tag(mac, HERE, "Gg. 5 No. 3") == street_tag(mac, HERE, "") == b""


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("198.51.100.7", "198.51.100.7"),
        ("2001:db8:1:2:aaaa:bbbb:cccc:dddd", "2001:db8:1:2"),
        ("2001:db8:1:2::9", "2001:db8:1:2"),
    ],
)
def test_a_device_is_its_line_and_its_browser(address: str, network: str) -> None:
    """The form stays as it is: tags are kept, and compared with those of weeks before."""
    assert device_tag(mac, address, "Firefox") == mac("device", f"{network}|Firefox".encode())[:16]
    assert device_tag(mac, "", "Firefox") == device_tag(mac, address, "") == b""


def test_a_street_keeps_the_words_of_its_name() -> None:
    """As above: the form of a tag stays as it is."""
    tagged = street_tag(mac, HERE, "Jl. Raya Melati No. 5")
    assert tagged == mac("street", f"{HERE}|raya melati".encode())[:16]


def test_an_objection_is_kept_under_all_that_others_may_share_with_it() -> None:
    """Rows of weeks before stand under the same keys; a photo has one more than bits may differ."""
    one = sent("L1", looks=(PHOTO, PHOTO, ""))
    borders = [0, 9, 18, 27, 36, 45, 54, 64]  # 64 bits in seven bands
    assert LIMITS.photo_bits + 2 == len(borders)
    bits = f"{int(PHOTO, 16):064b}"[::-1]
    bands = [int(bits[low:high][::-1], 2) for low, high in pairwise(borders)]
    assert keys(one, LIMITS) == (
        f"hour#{HERE}",
        f"device#{one.device.hex()}",
        f"street#{one.street.hex()}",
        *(f"photo#6#{band}#{part:x}" for band, part in enumerate(bands)),
        *(f"photo#6#{band}#0" for band in range(7)),  # of a photo whose looks are not known
    )


LOOKS = st.integers(0, 2**64 - 1).map(lambda number: f"{number:016x}")


@settings(deadline=None)
@given(LOOKS, st.sets(st.integers(0, 63), max_size=8))
def test_photos_that_are_alike_share_a_key(looks: str, turned: set[int]) -> None:
    other = f"{int(looks, 16) ^ sum(1 << bit for bit in turned):016x}"
    one, two = (sent(name, looks=(each,)) for name, each in (("L1", looks), ("L2", other)))
    shared = {key for key in keys(one, LIMITS) if key.startswith("photo")} & {*keys(two, LIMITS)}
    assert shared or not alike(looks, other, LIMITS.photo_bits)


# --- planted clusters among honest objections -----------------------------------------------------


def judge(seasons: int) -> None:
    """Every planted cluster is found whole, and few of the honest are flagged with any."""
    found, planted, alarms, honest = Counter[str](), Counter[str](), Counter[str](), 0
    for seed in range(seasons):
        season = Season(seed)
        flagged = season.flagged()
        for code, group in season.by_one_hand:
            planted[code] += 1
            found[code] += group <= flagged[code]
        honest += season.honest
        alarms.update({code: len(honest_of(season, told)) for code, told in flagged.items()})
        alarms["any"] += len(honest_of(season, set().union(*flagged.values())))
    print(f"\nplanted {dict(planted)}, found {dict(found)}")  # noqa: T201 - the figures of the documents
    print(f"of {honest} honest flagged: {dict(alarms)}")  # noqa: T201 - the figures of the documents
    assert set(planted) == {f"cluster:{kind}" for kind in KINDS}
    assert found == planted
    assert alarms["any"] < honest * 5 // 100


def test_planted_clusters_are_found_and_false_alarms_are_few() -> None:
    judge(1)


@pytest.mark.prove
def test_planted_clusters_of_many_seasons_are_found() -> None:
    judge(20)


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_that_is_not_looked_for_is_missed(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What finds the planted ones is the rule, and not the way they are planted."""
    blind = replace(LIMITS, **{kind: Together(1000, 1)})
    monkeypatch.setattr(planted_clusters, "LIMITS", blind)
    season = Season(0, honest=100)
    assert f"cluster:{kind}" not in season.flagged()


def test_every_cluster_has_its_words() -> None:
    words = json.loads((DATA / "words" / "sanggah.id.json").read_bytes())
    assert list(words["clusters"]) == [f"cluster:{kind}" for kind in KINDS]
