"""The random sample: committed to, then drawn, the same for everybody, each equally likely."""

from __future__ import annotations

import hashlib
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain import audit, check_sample, lottery
from chalicelib.domain.audit import Act
from chalicelib.domain.check_sample import Sample
from chalicelib.domain.errors import WrongState
from chalicelib.domain.registration import Ref, Stamp
from tests.fakes import START

REF = Ref("3510", "ZZZY222222")
SEED = bytes(range(32))
OCCASION = "3510 2025-11"
STAMP = Stamp(START, "system:send_visits", b"s" * 16)
FAMILIES = tuple(f"2ABC{number:06}".replace("0", "X").replace("1", "Y") for number in range(50))


def begun() -> Sample:
    return check_sample.begin(REF, OCCASION, SEED, STAMP)[0]


def test_the_seed_is_committed_to_and_not_kept_before_the_draw() -> None:
    sample, event = check_sample.begin(REF, OCCASION, SEED, STAMP)
    assert sample.seed == b""
    assert lottery.opens(sample.commitment, SEED, OCCASION)
    told = {"occasion": OCCASION, "commitment": sample.commitment}
    assert (event.act, event.seq) == (Act.SAMPLE_COMMITTED, 1)
    assert event.commitment == audit.commit(STAMP.salt, told)


def test_the_draw_is_told_so_that_anybody_draws_the_same() -> None:
    drawn, event, chosen = check_sample.draw(begun(), SEED, FAMILIES, 12, STAMP)
    assert (drawn.families, drawn.drawn, len(set(chosen))) == (50, 12, 12)
    assert set(chosen) <= set(FAMILIES)
    told = {
        "occasion": OCCASION,
        "seed": SEED.hex(),
        "population": drawn.population,
        "families": 50,
        "drawn": 12,
    }
    assert event.commitment == audit.commit(drawn.salt, told)
    assert (event.seq, event.prev) == (2, begun().head.hash)
    assert drawn.head == audit.Head(event.seq, event.hash, event.at)
    assert check_sample.again(drawn, reversed(FAMILIES)) == chosen
    with pytest.raises(ValueError, match="another population"):
        check_sample.again(drawn, FAMILIES[1:])


def test_another_seed_or_a_second_draw_is_refused() -> None:
    with pytest.raises(ValueError, match="another seed"):
        check_sample.draw(begun(), bytes(32), FAMILIES, 12, STAMP)
    drawn = check_sample.draw(begun(), SEED, FAMILIES, 12, STAMP)[0]
    with pytest.raises(WrongState, match=r"^sample_drawn$"):
        check_sample.draw(drawn, SEED, FAMILIES, 12, STAMP)


@given(st.sets(st.sampled_from(FAMILIES)), st.integers(0, 60))
def test_never_more_than_there_are(families: set[str], count: int) -> None:
    drawn, _, chosen = check_sample.draw(begun(), SEED, families, count, STAMP)
    assert len(chosen) == drawn.drawn == min(count, len(families))
    assert set(chosen) <= families


def test_one_family_more_or_less_draws_anew() -> None:
    """The draw rests on the population too: nobody aims at it by adding a case."""
    _, _, one = check_sample.draw(begun(), SEED, FAMILIES, 10, STAMP)
    _, _, other = check_sample.draw(begun(), SEED, FAMILIES[:-1], 10, STAMP)
    assert set(one) != set(other)


def test_each_family_is_as_likely_as_any() -> None:
    """Over 2,000 seeds a family of ten is drawn three times in ten (sd of a count: 20.5)."""
    times: Counter[str] = Counter()
    for number in range(2_000):
        seed = number.to_bytes(32, "big")
        sample = check_sample.begin(REF, OCCASION, seed, STAMP)[0]
        times.update(check_sample.draw(sample, seed, FAMILIES[:10], 3, STAMP)[2])
    assert sum(times.values()) == 6_000
    assert all(abs(count - 600) < 4 * 20.5 for count in times.values())


def test_the_population_has_one_name_in_any_order() -> None:
    assert check_sample.population_of(FAMILIES) == check_sample.population_of(FAMILIES[::-1])
    assert check_sample.population_of(FAMILIES) != check_sample.population_of(FAMILIES[1:])
    lines = "".join(f"{family}\n" for family in sorted(FAMILIES))  # what `sort | sha256sum` gives
    assert check_sample.population_of(FAMILIES) == hashlib.sha256(lines.encode()).hexdigest()
